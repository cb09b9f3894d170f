//! Random trees of branches against a naive model in which every branch is a full copied list of events.

mod carry;
mod look;

use std::collections::BTreeMap;
use std::rc::Rc;

use backstory::clock::Clock;
use backstory::domain::Domain;
use backstory::event::{AggregateId, NewEvent, Time};
use backstory::journal::Mode;
use backstory::session::{Fire, Open, Point, Session, Target, Verify, create};
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
            seen: backstory::event::Looked::new(),
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
