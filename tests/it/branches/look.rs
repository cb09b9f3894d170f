//! What a look at a branch sees: its log, every state, blame, a comparison with another branch, the list.

use std::collections::{BTreeMap, BTreeSet};

use backstory::session::{BlameRequest, CompareRequest, ListRequest, LogRequest, Point, Side, Sort};
use serde_json::{Value, json};

use super::{Line, World, note};

/// What blame tells apart: a field with its value, a tag wherever it stands.
fn leaf(path: &str, value: &Value) -> String {
    let place = if path.starts_with("/tags/") { "/tags/-" } else { path };
    format!("{place} {value}")
}

fn leaves(state: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (key, value) in state.as_object().into_iter().flatten() {
        match value.as_array() {
            Some(items) if !items.is_empty() => {
                found.extend(items.iter().map(|item| leaf(&format!("/{key}/-"), item)));
            }
            _ if value.as_object().is_some_and(|fields| !fields.is_empty()) => {
                let fields = value.as_object().unwrap().iter();
                found.extend(fields.map(|(inner, value)| leaf(&format!("/{key}/{inner}"), value)));
            }
            _ => {
                found.insert(leaf(&format!("/{key}"), value));
            }
        }
    }
    found
}

impl World {
    pub(super) fn look(&mut self, branch: usize, filled: bool) {
        let line = self.lines[branch % self.lines.len()].clone();
        let session = &mut self.session;
        session.switch(&line.name).unwrap();
        let all = LogRequest { oldest_first: true, limit: usize::MAX, ..LogRequest::default() };
        let rows = session.log(&all).unwrap().rows;
        let log: Vec<_> = rows.iter().map(|row| (row.event.position, row.event.version)).collect();
        let wanted: Vec<_> = line.events.iter().map(|seen| (seen.position, seen.version)).collect();
        assert_eq!(log, wanted, "the log of {}", line.name);
        let newest = session.log(&LogRequest { limit: 3, ..LogRequest::default() }).unwrap().rows;
        let newest: Vec<_> = newest.iter().map(|row| row.event.position).collect();
        let wanted: Vec<_> = line.events.iter().rev().take(3).map(|seen| seen.position).collect();
        assert_eq!(newest, wanted, "the newest of {}", line.name);
        for seen in &line.events {
            let at = session.state(&note(seen.note), seen.version).unwrap();
            let shown = if seen.state.is_null() { json!({}) } else { seen.state.clone() };
            assert_eq!(at.state, shown, "{}@{} on {}", seen.note, seen.version, line.name);
            assert_eq!(at.exists, !seen.state.is_null());
            assert_eq!(at.position, Some(seen.position));
            let Point::Aggregate { version, .. } = session.resolve(&seen.position.to_string(), None).unwrap()
            else {
                panic!("a position names an event");
            };
            assert_eq!(version, seen.version);
        }
        for (number, seen) in line.heads() {
            let row = session.row(&ListRequest::default(), &note(number)).unwrap().unwrap();
            assert_eq!((row.version, row.position), (seen.version, seen.position));
            assert_eq!(row.label, seen.state["title"].as_str().unwrap_or("untitled"));
        }
        self.blame(&line);
        self.compare(&line, branch + 1);
        let session = &mut self.session;
        if filled {
            while session.fill().unwrap() {}
            assert_eq!(session.filling().unwrap(), None);
            let overview = session.overview().unwrap();
            assert_eq!(overview.events, line.events.len() as i64, "events of {}", line.name);
            self.list(&line);
        }
    }

    /// Who set what, at every version: a field by its value before, a tag by whether it was there before.
    fn blame(&mut self, line: &Line) {
        for number in 0..5 {
            let mut writers: BTreeMap<String, i64> = BTreeMap::new();
            let mut version = 0;
            for seen in line.events.iter().filter(|seen| seen.note == number) {
                version = seen.version;
                let leaves = leaves(&seen.state);
                writers.retain(|leaf, _| leaves.contains(leaf));
                for leaf in leaves {
                    writers.entry(leaf).or_insert(seen.position);
                }
                let request =
                    BlameRequest { aggregate: note(number), version, skip: 0, limit: 99, budget: 0 };
                let page = self.session.blame(&request).unwrap();
                let told: BTreeMap<_, _> = page
                    .fields
                    .iter()
                    .filter(|field| !field.path.is_empty())
                    .map(|field| (leaf(&field.path, &field.value), field.writer.position))
                    .collect();
                assert_eq!(told, writers, "blame of {number}@{version} on {}", line.name);
            }
            // And back over it, which goes on from what is remembered.
            if version > 1 {
                let request =
                    BlameRequest { aggregate: note(number), version: 1, skip: 0, limit: 99, budget: 0 };
                let first = self.session.blame(&request).unwrap().fields;
                assert!(first.iter().all(|field| field.writer.version == 1), "{number}@1 on {}", line.name);
            }
        }
    }

    /// A line beside another one: each note from the first event on that only one of them has.
    fn compare(&mut self, line: &Line, other: usize) {
        let other = self.lines[other % self.lines.len()].clone();
        let point = |line: &Line| Point::store(&*line.name, i64::MAX);
        let page = self.session.compare(&CompareRequest::of(point(line), point(&other))).unwrap();
        assert_eq!(page.next, None);
        let mut told: Vec<_> = page.rows.iter().collect();
        told.sort_by_key(|row| row.aggregate.id.clone());
        let positions = |line: &Line, note: usize| -> Vec<i64> {
            line.events.iter().filter(|seen| seen.note == note).map(|seen| seen.position).collect()
        };
        let shown = |line: &Line, note: usize| {
            let state = line.newest(note).map_or(Value::Null, |seen| seen.state.clone());
            if state.is_null() { json!({}) } else { state }
        };
        let mut told = told.into_iter();
        for number in 0..5 {
            let (a, b) = (positions(line, number), positions(&other, number));
            let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
            if a.len() == same && b.len() == same {
                continue;
            }
            let row = told.next().unwrap();
            let only = |side: &Side| side.only.iter().map(|event| event.position).collect::<Vec<_>>();
            assert_eq!((&row.aggregate, row.version), (&note(number), same as i64 + 1));
            assert_eq!((only(&row.a), only(&row.b)), (a[same..].to_vec(), b[same..].to_vec()));
            assert_eq!((row.a.first, row.b.first), (a.get(same).copied(), b.get(same).copied()));
            assert_eq!((&row.a.state, &row.b.state), (&shown(line, number), &shown(&other, number)));
        }
        assert!(told.next().is_none(), "{} and {}", line.name, other.name);
    }

    fn list(&mut self, line: &Line) {
        let heads = line.heads();
        for sort in Sort::ALL {
            for reversed in [false, true] {
                let mut rows = Vec::new();
                let mut request = ListRequest { sort, reversed, limit: 2, ..ListRequest::default() };
                loop {
                    let page = self.session.list(&request).unwrap();
                    assert_eq!(page.total, Some(heads.len() as i64), "{sort:?} on {}", line.name);
                    request.after = page.rows.last().map(|row| row.key.clone());
                    rows.extend(page.rows.into_iter().map(|row| row.aggregate.id));
                    if page.next.is_none() || request.after.is_none() {
                        break;
                    }
                }
                let mut wanted: Vec<_> = heads.keys().map(ToString::to_string).collect();
                if sort == Sort::Recent && !reversed {
                    wanted.sort_by_key(|id| -heads[&id.parse().unwrap()].position);
                } else {
                    rows.sort();
                }
                assert_eq!(rows, wanted, "{sort:?} {reversed} on {}", line.name);
            }
        }
    }
}
