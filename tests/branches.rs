//! Random trees of branches against a naive model in which every branch is a full copied list of events.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail loudly")]

use std::collections::BTreeMap;
use std::rc::Rc;

use backstory::clock::Clock;
use backstory::domain::Domain;
use backstory::event::{AggregateId, Time};
use backstory::session::{Fire, ListRequest, LogRequest, Open, Point, Session, Sort, Target, create};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

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
    state: Value,
}

#[derive(Clone, Debug)]
struct Line {
    name: String,
    events: Vec<Seen>,
}

impl Line {
    fn newest(&self, note: usize) -> Option<&Seen> {
        self.events.iter().rev().find(|seen| seen.note == note)
    }

    fn heads(&self) -> BTreeMap<usize, &Seen> {
        self.events.iter().map(|seen| (seen.note, seen)).collect()
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// On a branch, at a note: a command and a value for its parameter.
    Fire(usize, usize, usize, usize),
    /// From a branch, at a place of its history.
    Fork(usize, usize),
    /// Write some of the heads that a branch lacks.
    Fill(usize),
    /// Look at a branch as it is.
    Look(usize),
    /// Build every head again.
    Replay,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..8usize, 0..5usize, 0..4usize, 0..4usize).prop_map(|(b, n, c, v)| Step::Fire(b, n, c, v)),
        3 => (0..8usize, 0..64usize).prop_map(|(b, at)| Step::Fork(b, at)),
        1 => (0..8usize).prop_map(Step::Fill),
        2 => (0..8usize).prop_map(Step::Look),
        1 => Just(Step::Replay),
    ]
}

fn note(number: usize) -> AggregateId {
    AggregateId::new("Note", number.to_string())
}

struct World {
    session: Session,
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
            at: None,
            expect: None,
            meta: Map::new(),
        });
        let before = self.lines[branch].newest(number).cloned();
        let mut state = before.as_ref().map_or(json!({}), |seen| seen.state.clone());
        let exists = before.is_some();
        let had_tag = state["tags"].as_array().is_some_and(|tags| tags.contains(&json!(text)));
        let expected = match name {
            "make" if !exists => Some("title"),
            "title" if exists && state["title"] != json!(text) => Some("title"),
            "tag" if exists && !had_tag => Some("tag"),
            "close" if exists && state["closed"] != json!(true) => Some("close"),
            _ => None,
        };
        match expected {
            Some("title") => state["title"] = json!(text),
            Some("tag") => {
                let mut tags = state["tags"].as_array().cloned().unwrap_or_default();
                tags.push(json!(text));
                state["tags"] = json!(tags);
            }
            Some(_) => state["closed"] = json!(true),
            None => {
                assert!(fired.is_err() || fired.unwrap().events.is_empty());
                return;
            }
        }
        let fired = fired.unwrap();
        self.last += 1;
        assert_eq!(fired.events.len(), 1);
        assert_eq!(fired.events[0].position, self.last);
        assert_eq!(fired.state, state);
        let version = before.map_or(0, |seen| seen.version) + 1;
        self.lines[branch].events.push(Seen { note: number, version, position: self.last, state });
    }

    fn fork(&mut self, branch: usize, at: usize) {
        if self.lines.len() >= 8 {
            return;
        }
        let branch = branch % self.lines.len();
        let from = self.lines[branch].clone();
        let at = at % (from.events.len() + 1);
        let name = format!("line-{}", self.lines.len());
        let position = if at == 0 { 0 } else { from.events[at - 1].position };
        let point = Point::Store { branch: from.name.clone(), position };
        let forked = self.session.fork(&name, Some(&point), "mira").unwrap();
        assert_eq!(forked.branch.fork_position, position);
        self.lines.push(Line { name, events: from.events[..at].to_vec() });
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
            assert_eq!(at.state, seen.state, "{}@{} on {}", seen.note, seen.version, line.name);
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
            assert_eq!(row.label, seen.state["title"].as_str().unwrap());
        }
        if filled {
            while session.fill().unwrap() {}
            assert_eq!(session.filling().unwrap(), None);
            let overview = session.overview().unwrap();
            assert_eq!(overview.events, line.events.len() as i64, "events of {}", line.name);
            self.list(&line);
        }
    }

    fn list(&mut self, line: &Line) {
        let heads = line.heads();
        for sort in Sort::ALL {
            for reversed in [false, true] {
                let mut rows = Vec::new();
                let mut request = ListRequest { sort, reversed, limit: 2, ..ListRequest::default() };
                loop {
                    let page = self.session.list(&request).unwrap();
                    assert_eq!(page.total, heads.len() as i64, "{sort:?} on {}", line.name);
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
    let main = Line { name: "main".to_owned(), events: Vec::new() };
    let mut world = World { session, lines: vec![main], last: 0 };
    for step in steps {
        match *step {
            Step::Fire(branch, number, command, value) => world.fire(branch, number, command, value),
            Step::Fork(branch, at) => world.fork(branch, at),
            Step::Fill(branch) => {
                let name = world.lines[branch % world.lines.len()].name.clone();
                world.session.switch(&name).unwrap();
                world.session.fill().unwrap();
            }
            Step::Look(branch) => world.look(branch, false),
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
    assert_eq!(world.session.verify(&mut |_, _| true).unwrap().events, world.last);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_branch_reads_like_a_copied_list(steps in prop::collection::vec(step(), 1..60)) {
        agrees(&steps);
    }
}
