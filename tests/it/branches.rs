//! Random trees of branches against a naive model in which every branch is a full copied list of events.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use backstory::clock::Clock;
use backstory::domain::Domain;
use backstory::event::{AggregateId, NewEvent, Time};
use backstory::journal::{Carriage, Mode};
use backstory::replay::diff;
use backstory::session::{
    BlameRequest, CompareRequest, Fire, ListRequest, LogRequest, Open, Point, Session, Side, Sort, Target,
    Verify, create,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::teller::Teller;

const START: i64 = 1_554_109_200_000_000;

const DOMAIN: &str = r#"
[domain]
name = "notes"

[aggregate.Note]
label  = '.title // "untitled"'
status = 'if .closed then "closed" else "open" end'

[aggregate.Note.event.Made]
apply = '.title = $data.title'
[aggregate.Note.event.Titled]
apply = '.title = $data.title'
[aggregate.Note.event.Tagged]
apply = '.tags = (.tags // []) + [$data.tag]'
[aggregate.Note.event.Closed]
apply = '.closed = true'
[aggregate.Note.event.Counted]
apply = '.n += 1'
[aggregate.Note.event.Copied]
apply = '.copy = .title'
[aggregate.Note.event.Gone]
apply = 'null'

[aggregate.Note.command.make]
creates = true
params  = { title = "string" }
emit    = 'event("Made"; $params)'
[aggregate.Note.command.title]
params = { title = "string" }
emit   = 'if .title == $params.title then empty else event("Titled"; $params) end'
[aggregate.Note.command.tag]
params = { tag = "string" }
emit   = 'if ((.tags // []) | index($params.tag)) != null then empty else event("Tagged"; $params) end'
[aggregate.Note.command.close]
emit = 'if .closed then error("it is closed") else event("Closed"; {}) end'
"#;

/// One event of the model: what it is about, its version, its position, and the state it leads to.
#[derive(Clone, Debug)]
struct Seen {
    note: usize,
    version: i64,
    position: i64,
    /// Null where the note is gone.
    state: Value,
    /// The line that owns it.
    owner: usize,
    /// The position of the event that was there first.
    origin: i64,
    came: Came,
}

/// Where an event came from.
#[derive(Clone, Copy, Debug)]
enum Came {
    /// A command and its value.
    Fired(usize, usize),
    /// Another system, as one of the facts below.
    Fact(usize, usize),
    /// It takes back the event that was first at this position.
    Taking(i64),
}

/// What other systems tell of notes: an event type and its data. Without a rule of its own data is merged.
fn told(fact: usize, value: usize) -> (&'static str, Value) {
    match fact {
        0 => ("Set", json!({ "title": format!("value {value}") })),
        1 => ("Set", json!({ "title": format!("value {value}"), "due": value % 2 })),
        2 => ("Set", json!({ "c": { "p": value } })),
        3 => ("Set", json!({ "c": { "p": null } })),
        4 => ("Set", json!({ "c": { "q": value % 2 } })),
        5 => ("Set", json!({ "c": value % 2 })),
        6 => ("Set", json!({ "due": null, "c": null })),
        7 => ("Counted", json!({})),
        8 => ("Copied", json!({})),
        _ => ("Gone", json!({})),
    }
}

/// The state that a fact leads to.
fn after_fact(state: &Value, fact: usize, value: usize) -> Value {
    let mut state = if state.is_null() { json!({}) } else { state.clone() };
    match told(fact, value) {
        ("Set", data) => json_patch::merge(&mut state, &data),
        ("Counted", _) => state["n"] = json!(state["n"].as_i64().unwrap_or(0) + 1),
        ("Copied", _) => state["copy"] = state["title"].clone(),
        _ => return Value::Null,
    }
    state
}

/// Every place of a state that holds something without parts.
fn places(state: &Value, path: &str, found: &mut BTreeMap<String, Value>) {
    match state {
        Value::Object(fields) if !fields.is_empty() => {
            fields.iter().for_each(|(key, value)| places(value, &format!("{path}/{key}"), found));
        }
        Value::Array(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(at, value)| places(value, &format!("{path}/{at}"), found));
        }
        _ if path.is_empty() => {}
        _ => drop(found.insert(path.to_owned(), state.clone())),
    }
}

#[derive(Clone, Debug)]
struct Line {
    /// Which line it is, whatever its name.
    id: usize,
    name: String,
    events: Vec<Seen>,
}

impl Line {
    fn newest(&self, note: usize) -> Option<&Seen> {
        self.events.iter().rev().find(|seen| seen.note == note)
    }

    /// The state before one of its events.
    fn before(&self, seen: &Seen) -> Value {
        let mut earlier = self.events.iter().rev().filter(|other| other.position < seen.position);
        earlier.find(|other| other.note == seen.note).map_or(Value::Null, |other| other.state.clone())
    }

    /// Whether an event that takes another one back stands behind it.
    fn is_taken_back(&self, seen: &Seen) -> bool {
        let later = self.events.iter().filter(|later| later.position > seen.position);
        let mut takers =
            later.filter(|later| matches!(later.came, Came::Taking(first) if first == seen.origin));
        takers.any(|taker| !self.is_taken_back(taker))
    }

    fn heads(&self) -> BTreeMap<usize, &Seen> {
        self.events.iter().map(|seen| (seen.note, seen)).collect()
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// On a branch, at a note: a command and a value for its parameter.
    Fire(usize, usize, usize, usize),
    /// On a branch, about a note: what another system tells.
    Tell(usize, usize, usize, usize),
    /// From a branch, at a place of its history.
    Fork(usize, usize),
    /// Write some of the heads that a branch lacks.
    Fill(usize),
    /// Look at a branch as it is.
    Look(usize),
    /// Carry one event of a branch over to another.
    Pick(usize, usize, usize),
    /// Carry what a branch owns over to the one it forks from.
    Merge(usize),
    /// The same to a new branch.
    Rebase(usize, usize),
    /// Take an event of a branch back.
    Revert(usize, usize),
    /// Build every head again.
    Replay,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..8usize, 0..5usize, 0..4usize, 0..4usize).prop_map(|(b, n, c, v)| Step::Fire(b, n, c, v)),
        8 => (0..8usize, 0..5usize, 0..10usize, 0..4usize).prop_map(|(b, n, f, v)| Step::Tell(b, n, f, v)),
        3 => (0..8usize, 0..64usize).prop_map(|(b, at)| Step::Fork(b, at)),
        1 => (0..8usize).prop_map(Step::Fill),
        2 => (0..8usize).prop_map(Step::Look),
        2 => (0..8usize, 0..64usize, 0..8usize).prop_map(|(b, at, to)| Step::Pick(b, at, to)),
        1 => (0..8usize).prop_map(Step::Merge),
        1 => (0..8usize, 0..8usize).prop_map(|(b, onto)| Step::Rebase(b, onto)),
        2 => (0..8usize, 0..64usize).prop_map(|(b, at)| Step::Revert(b, at)),
        1 => Just(Step::Replay),
    ]
}

const SKIP: Mode = Mode { dry_run: false, skip: true, react: false, again: false };

/// The state that a command leads to; `Ok(None)` where it changes nothing, an error where it is refused.
fn follows(line: &Line, note: usize, command: usize, value: usize) -> Result<Option<Value>, ()> {
    let text = json!(format!("value {value}"));
    let here = line.newest(note).map_or(Value::Null, |seen| seen.state.clone());
    let mut state = if here.is_null() { json!({}) } else { here.clone() };
    match (["make", "title", "tag", "close"][command], here.is_null()) {
        ("make", true) => state["title"] = text,
        ("make", false) | (_, true) => return Err(()),
        ("title", _) if state["title"] == text => return Ok(None),
        ("title", _) => state["title"] = text,
        ("tag", _) => {
            let mut tags = state["tags"].as_array().cloned().unwrap_or_default();
            if tags.contains(&text) {
                return Ok(None);
            }
            tags.push(text);
            state["tags"] = json!(tags);
        }
        _ if state["closed"] == json!(true) => return Err(()),
        _ => state["closed"] = json!(true),
    }
    Ok(Some(state))
}

/// A state with the top fields that differ between two others taken from the second of them: what an event
/// does elsewhere that leads from one to the other. Tags are taken one by one.
fn moved(here: &Value, from: &Value, to: &Value) -> Value {
    if here == from {
        return to.clone();
    }
    if to.is_null() || from.is_null() {
        return to.clone();
    }
    let mut state = here.clone();
    for change in diff(from, to) {
        let top = change.path.split('/').nth(1).unwrap().to_owned();
        match (top.as_str(), to.get(&top)) {
            ("tags", Some(tags)) if state["tags"].is_array() => {
                let (old, new) =
                    (from["tags"].as_array().cloned().unwrap_or_default(), tags.as_array().unwrap());
                let mut tags = state["tags"].as_array().cloned().unwrap();
                let common = old.len().min(new.len());
                tags.splice(..common, new[..common].iter().cloned());
                tags.drain(common..old.len().min(tags.len()).max(common));
                let more: Vec<_> = new[common..].to_vec();
                tags.splice(common..common, more);
                state["tags"] = json!(tags);
            }
            (_, Some(value)) if [&state[&top], &from[&top], value].iter().all(|it| it.is_object()) => {
                state[&top] = moved(&state[&top], &from[&top], value);
            }
            (_, Some(value)) => state[&top] = value.clone(),
            (_, None) => {
                state.as_object_mut().unwrap().remove(&top);
            }
        }
    }
    state
}

/// What was carried over has changed a place only from what it was at home to what it became there.
fn nothing_is_lost(home: [&Value; 2], there: [&Value; 2]) {
    let of = |states: [&Value; 2]| {
        states.map(|state| {
            let mut found = BTreeMap::new();
            places(state, "", &mut found);
            // An empty object holds nothing that could be lost where it is filled.
            found.retain(|_, value| *value != json!({}));
            found
        })
    };
    let ([was, wanted], [now, made]) = (of(home), of(there));
    for path in now.keys().chain(made.keys()).filter(|path| now.get(*path) != made.get(*path)) {
        assert_eq!(now.get(path), was.get(path), "{path} is lost: {home:?} on {there:?}");
        assert_eq!(made.get(path), wanted.get(path), "{path} is made up: {home:?} on {there:?}");
    }
    for path in was.keys().chain(wanted.keys()).filter(|path| was.get(*path) != wanted.get(*path)) {
        assert_eq!(made.get(path), wanted.get(path), "{path} is not carried: {home:?} on {there:?}");
    }
}

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

fn note(number: usize) -> AggregateId {
    AggregateId::new("Note", number.to_string())
}

struct World {
    session: Session,
    teller: Teller,
    lines: Vec<Line>,
    last: i64,
}

impl World {
    fn fire(&mut self, branch: usize, number: usize, command: usize, value: usize) {
        let branch = branch % self.lines.len();
        self.session.switch(&self.lines[branch].name.clone()).unwrap();
        let (name, key) = [("make", "title"), ("title", "title"), ("tag", "tag"), ("close", "")][command];
        let text = format!("value {value}");
        let params =
            if key.is_empty() { Map::new() } else { Map::from_iter([(key.to_owned(), json!(text))]) };
        let fired = self.session.fire(&Fire {
            target: Target::Aggregate(note(number)),
            command: name.to_owned(),
            params,
            actor: "mira".to_owned(),
            reason: None,
            // Two events that agree in everything, the parent too, are one and have one hash.
            at: Some(Time(START + self.last)),
            expect: None,
            meta: Map::new(),
        });
        let Some(state) = follows(&self.lines[branch], number, command, value).unwrap_or_default() else {
            assert!(fired.map_or(true, |fired| fired.events.is_empty()));
            return;
        };
        let fired = fired.unwrap();
        assert_eq!(fired.events.len(), 1);
        assert_eq!(fired.events[0].position, self.last + 1);
        assert_eq!(fired.state, state);
        self.take(branch, number, state, None, Came::Fired(command, value));
    }

    fn tell(&mut self, branch: usize, number: usize, fact: usize, value: usize) {
        let branch = branch % self.lines.len();
        let (kind, data) = told(fact, value);
        let at = Time(START + self.last);
        let event = NewEvent {
            aggregate: note(number),
            kind: kind.to_owned(),
            occurred_at: at,
            data: data.to_string(),
            meta: "{}".to_owned(),
        };
        self.teller.tell(&self.lines[branch].name, event);
        let here = self.lines[branch].newest(number).map_or(Value::Null, |seen| seen.state.clone());
        self.take(branch, number, after_fact(&here, fact, value), None, Came::Fact(fact, value));
    }

    /// An event that the program has appended to a line.
    fn take(&mut self, branch: usize, note: usize, state: Value, origin: Option<i64>, came: Came) {
        self.last += 1;
        let line = &mut self.lines[branch];
        let version = line.newest(note).map_or(0, |seen| seen.version) + 1;
        let (position, owner) = (self.last, line.id);
        let origin = origin.unwrap_or(position);
        line.events.push(Seen { note, version, position, state, owner, origin, came });
    }

    /// What carrying events of one line over to another does, in the model; the program has done it already.
    fn carried(&mut self, source: &Line, target: usize, carriage: &Carriage, events: &[Seen]) {
        assert_eq!(carriage.units.len(), events.len());
        for (unit, seen) in carriage.units.iter().zip(events) {
            let line = self.lines[target].clone();
            let said = unit.outcome.name();
            if line.events.iter().any(|there| there.origin == seen.origin) {
                assert_eq!(said, "already there");
                continue;
            }
            if let Came::Fired(command, value) = seen.came {
                match follows(&line, seen.note, command, value) {
                    Err(()) => assert_eq!(said, "rejected"),
                    Ok(None) => assert_eq!(said, "nothing to do"),
                    Ok(Some(state)) => {
                        assert_eq!(said, "applied");
                        self.take(target, seen.note, state, Some(seen.origin), seen.came);
                    }
                }
                continue;
            }
            let before = source.before(seen);
            let here = line.newest(seen.note).map_or(Value::Null, |there| there.state.clone());
            if here == before {
                assert_eq!(said, "applied");
            }
            let made = match seen.came {
                Came::Fact(fact, value) => after_fact(&here, fact, value),
                _ if said == "applied" => moved(&here, &before, &seen.state),
                _ => here.clone(),
            };
            if said == "applied" {
                nothing_is_lost([&before, &seen.state], [&here, &made]);
                self.take(target, seen.note, made, Some(seen.origin), seen.came);
            } else if said == "already there" {
                // A record that is gone and one without fields have the same fields: none.
                let fields = |state: &Value| if state.is_null() { json!({}) } else { state.clone() };
                assert_eq!(fields(&made), fields(&here));
            } else {
                assert!(["conflict", "rejected"].contains(&said), "{said}");
                assert_ne!(here, before);
            }
        }
    }

    fn pick(&mut self, from: usize, at: usize, to: usize) {
        let (from, to) = (from % self.lines.len(), to % self.lines.len());
        let source = self.lines[from].clone();
        if source.events.is_empty() {
            return;
        }
        let seen = source.events[at % source.events.len()].clone();
        self.session.switch(&source.name).unwrap();
        let point = self.session.resolve(&seen.position.to_string(), None).unwrap();
        self.session.switch(&self.lines[to].name.clone()).unwrap();
        let carriage = self.session.cherry_pick(&[point], SKIP, "mira").unwrap();
        self.carried(&source, to, &carriage, &[seen]);
    }

    fn merge(&mut self, branch: usize) {
        let source = self.lines[branch % self.lines.len()].clone();
        let merged = self.session.merge(&source.name, SKIP, "mira");
        if source.id == 0 {
            merged.unwrap_err();
            return;
        }
        let own: Vec<_> = source.events.iter().filter(|seen| seen.owner == source.id).cloned().collect();
        let parent = self.parent(&source);
        self.carried(&source, parent, &merged.unwrap(), &own);
    }

    /// The line that owns the event that a line forks at.
    fn parent(&self, line: &Line) -> usize {
        let fork = line.events.iter().rev().find(|seen| seen.owner != line.id);
        let owner = fork.map_or(0, |seen| seen.owner);
        self.lines.iter().position(|line| line.id == owner).unwrap()
    }

    fn rebase(&mut self, branch: usize, onto: usize) {
        let (branch, onto) = (branch % self.lines.len(), onto % self.lines.len());
        let source = self.lines[branch].clone();
        let target = self.lines[onto].clone();
        self.session.switch("main").unwrap();
        let rebased = self.session.rebase(&source.name, Some(&target.name), SKIP, "mira");
        if source.id == 0 || branch == onto {
            rebased.unwrap_err();
            return;
        }
        let own: Vec<_> = source.events.iter().filter(|seen| seen.owner == source.id).cloned().collect();
        let id = self.lines.len();
        self.lines[branch] = Line { id, name: source.name.clone(), events: target.events };
        let old = (1..).map(|n| format!("{}~{n}", source.name));
        let old = old.into_iter().find(|name| self.lines.iter().all(|line| line.name != *name)).unwrap();
        self.carried(&source, branch, &rebased.unwrap(), &own);
        self.lines.push(Line { name: old, ..source });
    }

    fn revert(&mut self, branch: usize, at: usize) {
        let branch = branch % self.lines.len();
        let line = self.lines[branch].clone();
        if line.events.is_empty() {
            return;
        }
        let seen = line.events[at % line.events.len()].clone();
        self.session.switch(&line.name).unwrap();
        let point = self.session.resolve(&seen.position.to_string(), None).unwrap();
        let reason = format!("after {}", self.last);
        let carriage = self.session.revert(&[point], SKIP, Some(&reason), "mira").unwrap();
        let said = carriage.units[0].outcome.name();
        let newest = line.newest(seen.note).unwrap();
        let before = line.before(&seen);
        assert_eq!(said == "taken back", line.is_taken_back(&seen));
        if newest.position == seen.position && before != seen.state {
            assert_eq!(said, "applied");
        }
        if said == "applied" {
            let state = moved(&newest.state, &seen.state, &before);
            self.take(branch, seen.note, state, None, Came::Taking(seen.origin));
        }
    }

    fn fork(&mut self, branch: usize, at: usize) {
        if self.lines.len() >= 12 {
            return;
        }
        let branch = branch % self.lines.len();
        let from = self.lines[branch].clone();
        let at = at % (from.events.len() + 1);
        let name = format!("line-{}", self.lines.len());
        let position = if at == 0 { 0 } else { from.events[at - 1].position };
        let point = Point::store(&*from.name, position);
        let forked = self.session.fork(&name, Some(&point), "mira").unwrap();
        assert_eq!(forked.branch.fork_position, position);
        self.lines.push(Line { id: self.lines.len(), name, events: from.events[..at].to_vec() });
    }

    fn look(&mut self, branch: usize, filled: bool) {
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

fn agrees(steps: &[Step]) {
    let folder = tempfile::tempdir().unwrap();
    let open =
        Open { path: folder.path().join("s.db"), branch: "main".into(), clock: Clock::Fixed(Time(START)) };
    let domain = Rc::new(Domain::parse("notes.toml", DOMAIN).unwrap());
    let session = create(&open, Some(&domain)).unwrap();
    let main = Line { id: 0, name: "main".to_owned(), events: Vec::new() };
    let teller = Teller::of(&open.path);
    let mut world = World { session, teller, lines: vec![main], last: 0 };
    for step in steps {
        match *step {
            Step::Fire(branch, number, command, value) => world.fire(branch, number, command, value),
            Step::Tell(branch, number, fact, value) => world.tell(branch, number, fact, value),
            Step::Fork(branch, at) => world.fork(branch, at),
            Step::Fill(branch) => {
                let name = world.lines[branch % world.lines.len()].name.clone();
                world.session.switch(&name).unwrap();
                world.session.fill().unwrap();
            }
            Step::Look(branch) => world.look(branch, false),
            Step::Pick(branch, at, to) => world.pick(branch, at, to),
            Step::Merge(branch) => world.merge(branch),
            Step::Rebase(branch, onto) => world.rebase(branch, onto),
            Step::Revert(branch, at) => world.revert(branch, at),
            Step::Replay => assert_eq!(world.session.replay(None, true, &mut |_, _| true).unwrap().differ, 0),
        }
    }
    // A second program sees the same, with nothing remembered; and then with every head written.
    drop(world.session);
    world.session = Session::open(&open).unwrap();
    for filled in [false, true] {
        for branch in 0..world.lines.len() {
            world.look(branch, filled);
        }
    }
    assert_eq!(world.session.replay(None, false, &mut |_, _| true).unwrap().differ, 0);
    assert_eq!(
        world.session.verify(&Verify { all: true, ..Verify::default() }, &mut |_, _| true).unwrap().events,
        world.last
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_branch_reads_like_a_copied_list(steps in prop::collection::vec(step(), 1..60)) {
        agrees(&steps);
    }
}
