//! Any sequence of appends, seeks and diffs agrees with a fold written here the naive way.
#![allow(clippy::format_collect, clippy::format_push_string, reason = "short tests read better")]

use std::collections::HashMap;
use std::fs;
use std::rc::Rc;

use backstory::clock::Clock;
use backstory::domain::Domain;
use backstory::event::{AggregateId, Time};
use backstory::import::Options;
use backstory::replay::{Change, Op, diff_items};
use backstory::session::{Fire, ListRequest, LogRequest, Open, Point, Session, Target, Verify, create};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Rules of every kind that the naive fold below has twins of: some run lowered, some in jq, one fails at times.
const RULES: &str = r#"
[domain]
name = "odd"
[aggregate.A.event.Put]
data = { x = "any?" }
apply = '.x = $data.x | .at = $at | .by = $meta.actor'
[aggregate.A.event.Counted]
data = { by = "integer = 1" }
apply = '.n += $data.by'
[aggregate.A.event.Noted]
apply = '.notes += [$data.x]'
[aggregate.A.event.Dropped]
apply = 'del(.x)'
[aggregate.A.event.Sorted]
apply = '.keys = (keys | sort) | .long = (.notes // [] | length)'
[aggregate.A.event.Picky]
apply = 'if .n == 2 then error("two is too many") else .picked = true end'
[aggregate.A.event.Gone]
apply = 'null'
[aggregate.A.command.add]
params = { by = "integer" }
emit = 'if $params.by < 0 then error("down") elif $params.by == 0 then empty else event("Counted"; $params), (if $params.by > 3 then event("Noted"; {x: $params.by}) else empty end) end'
"#;

#[derive(Clone, Debug)]
enum Step {
    /// An event of another system: aggregate, event type, its `x`, minutes from the start.
    Event(usize, usize, Value, i64),
    /// A command that adds.
    Add(usize, i64),
    /// The state at a version, the diff from another, and the world at a position, as parts of what there is.
    Look(usize, u16, u16, u16),
}

const KINDS: [&str; 8] = ["Put", "Counted", "Noted", "Dropped", "Sorted", "Picky", "Gone", "Unknown"];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-5i64..5).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no others", |f| f.is_finite()).prop_map(Value::from),
        "[a-c\"\\\\/~é\u{1b} ]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-c/~]{0,2}", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (0..3usize, 0..KINDS.len(), value(), -100..100i64).prop_map(|(a, k, x, at)| Step::Event(a, k, x, at)),
        2 => (0..3usize, -1..6i64).prop_map(|(a, by)| Step::Add(a, by)),
        3 => (0..3usize, any::<u16>(), any::<u16>(), any::<u16>()).prop_map(|(a, v, w, p)| Step::Look(a, v, w, p)),
    ]
}

/// RFC 7396.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let target = target.as_object_mut().unwrap();
    for (key, value) in patch {
        if value.is_null() {
            target.shift_remove(key);
        } else {
            merge(target.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

/// What an event makes of a state; `None` where its rule fails.
fn apply(rules: bool, state: &Value, kind: &str, data: &Value, at: &str) -> Option<Value> {
    // What is gone is nothing to the next rule, as before the first event.
    let mut next = if state.is_null() { json!({}) } else { state.clone() };
    if !rules || kind == "Unknown" {
        merge(&mut next, data);
        return Some(next);
    }
    match kind {
        "Put" => {
            next["x"] = data["x"].clone();
            next["at"] = at.into();
            next["by"] = "mira".into();
        }
        "Counted" => {
            let by = data.get("by").map_or(1, |by| by.as_i64().unwrap());
            match next.get("n") {
                None | Some(Value::Null) => next["n"] = by.into(),
                // Merged data may have put anything here; the tests' data never does.
                Some(n) => next["n"] = (n.as_i64().unwrap() + by).into(),
            }
        }
        "Noted" => {
            let mut notes = next.get("notes").and_then(Value::as_array).cloned().unwrap_or_default();
            notes.push(data["x"].clone());
            next["notes"] = notes.into();
        }
        "Dropped" => {
            next.as_object_mut().unwrap().shift_remove("x");
        }
        "Sorted" => {
            let mut keys: Vec<String> = next.as_object()?.keys().cloned().collect();
            keys.sort();
            next["keys"] = keys.into();
            next["long"] = next.get("notes").and_then(Value::as_array).map_or(0, Vec::len).into();
        }
        "Picky" => {
            if next.get("n").and_then(Value::as_i64) == Some(2) {
                return None;
            }
            next["picked"] = true.into();
        }
        "Gone" => next = Value::Null,
        _ => unreachable!(),
    }
    Some(next)
}

/// The whole history, kept the simplest way: every state of every aggregate.
struct Naive {
    rules: bool,
    states: HashMap<usize, Vec<Value>>,
    /// Which aggregate and version stands at each position.
    log: Vec<(usize, usize)>,
}

impl Naive {
    fn take(&mut self, aggregate: usize, kind: &str, data: &Value, at: &str) {
        let states = self.states.entry(aggregate).or_insert_with(|| vec![json!({})]);
        let last = states.last().unwrap();
        let next = apply(self.rules, last, kind, data, at).unwrap_or_else(|| last.clone());
        states.push(next);
        self.log.push((aggregate, states.len() - 1));
    }

    fn head(&self, aggregate: usize) -> usize {
        self.states.get(&aggregate).map_or(0, |states| states.len() - 1)
    }

    fn shown(&self, aggregate: usize, version: usize) -> Value {
        let state = self.states[&aggregate][version].clone();
        if state.is_null() { json!({}) } else { state }
    }
}

/// Undoes nothing and redoes all: the changes, applied to the old state, must lead to the new one.
fn patched(mut state: Value, changes: &[Change]) -> Value {
    // Removals come from the end, so that an array's places stay what they were.
    let (removed, other): (Vec<_>, Vec<_>) = changes.iter().partition(|change| change.op == Op::Remove);
    for change in other.into_iter().chain(removed.into_iter().rev()) {
        if change.path.is_empty() {
            state = change.value.clone();
            continue;
        }
        let (parent, key) = change.path.rsplit_once('/').unwrap();
        let key = key.replace("~1", "/").replace("~0", "~");
        match state.pointer_mut(parent).unwrap() {
            Value::Object(fields) => match change.op {
                Op::Remove => assert_eq!(fields.shift_remove(&key).as_ref(), Some(&change.old)),
                Op::Add => assert_eq!(fields.insert(key, change.value.clone()), None),
                Op::Replace => {
                    assert_eq!(fields.insert(key, change.value.clone()).as_ref(), Some(&change.old));
                }
            },
            Value::Array(items) => match change.op {
                Op::Remove => assert_eq!(items.remove(key.parse().unwrap()), change.old),
                Op::Add => items.push(change.value.clone()),
                Op::Replace => items[key.parse::<usize>().unwrap()] = change.value.clone(),
            },
            other => panic!("{} leads into {other}", change.path),
        }
    }
    state
}

const START: i64 = 1_554_109_200_000_000;

fn id(aggregate: usize) -> AggregateId {
    AggregateId::new("A", ["1", "b/@2", "ü"][aggregate])
}

fn agrees(rules: bool, steps: &[Step]) {
    let folder = tempfile::tempdir().unwrap();
    let open =
        Open { path: folder.path().join("s.db"), branch: "main".into(), clock: Clock::Fixed(Time(START)) };
    let domain = rules.then(|| Rc::new(Domain::parse("odd.toml", RULES).unwrap()));
    let mut session = create(&open, domain.as_ref()).unwrap();
    let mut naive = Naive { rules, states: HashMap::new(), log: Vec::new() };
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::Event(aggregate, kind, x, minutes) => {
                let at = Time(START + minutes * 60_000_000).to_string();
                // The counter stays a small number; everything else may be anything.
                let data =
                    if KINDS[*kind] == "Counted" { json!({}) } else { json!({ "x": x, "y": { "z": x } }) };
                let line = json!({
                    "aggregate": id(*aggregate), "type": KINDS[*kind], "occurred_at": at, "data": data,
                    "meta": { "actor": "mira", "delivery": number },
                });
                let file = folder.path().join("event.jsonl");
                fs::write(&file, line.to_string()).unwrap();
                let options = Options { files: vec![file], ..Options::default() };
                assert_eq!(session.import(&options, &mut |_| true).unwrap().appended, 1);
                naive.take(*aggregate, KINDS[*kind], &data, &at);
            }
            Step::Add(aggregate, by) => add(&mut session, &mut naive, *aggregate, *by),
            Step::Look(aggregate, version, other, position) => {
                look(&mut session, &naive, *aggregate, (*version, *other, *position));
            }
        }
    }
    whole(&mut session, &naive);
    // A second program sees the same, with nothing remembered.
    drop(session);
    let mut session = Session::open(&open).unwrap();
    whole(&mut session, &naive);
    assert_eq!(session.replay(None, false, &mut |_, _| true).unwrap().differ, 0);
    assert_eq!(
        session.verify(&Verify { all: true, ..Verify::default() }, &mut |_, _| true).unwrap().events,
        naive.log.len() as i64
    );
}

fn add(session: &mut Session, naive: &mut Naive, aggregate: usize, by: i64) {
    let fire = Fire {
        target: Target::Aggregate(id(aggregate)),
        command: "add".to_owned(),
        params: Map::from_iter([("by".to_owned(), json!(by))]),
        actor: "mira".to_owned(),
        reason: None,
        at: None,
        expect: Some(naive.head(aggregate) as i64),
        seen: backstory::event::Looked::new(),
        meta: Map::new(),
    };
    let exists = naive.head(aggregate) > 0 && !naive.states[&aggregate].last().unwrap().is_null();
    let fired = session.fire(&fire);
    if !naive.rules || !exists || by < 0 {
        fired.unwrap_err();
        return;
    }
    let at = Time(START).to_string();
    let mut wanted = 0;
    if by > 0 {
        naive.take(aggregate, "Counted", &json!({ "by": by }), &at);
        wanted += 1;
    }
    if by > 3 {
        naive.take(aggregate, "Noted", &json!({ "x": by }), &at);
        wanted += 1;
    }
    let fired = fired.unwrap();
    assert_eq!(fired.events.len(), wanted);
    assert_eq!(fired.state, naive.shown(aggregate, naive.head(aggregate)));
    assert_eq!(patched(fired.before, &fired.changes), fired.state);
}

fn look(session: &mut Session, naive: &Naive, aggregate: usize, (version, other, position): (u16, u16, u16)) {
    let head = naive.head(aggregate);
    if head == 0 {
        session.state(&id(aggregate), 1).unwrap_err();
        return;
    }
    let (version, other) = (usize::from(version) % (head + 1), usize::from(other) % (head + 1));
    let at = session.state(&id(aggregate), version as i64).unwrap();
    assert_eq!(at.state, naive.shown(aggregate, version), "{} at {version}", id(aggregate));
    assert_eq!(at.exists, version > 0 && !naive.states[&aggregate][version].is_null());
    let point = |version: usize| Point::Aggregate {
        branch: "main".to_owned(),
        aggregate: id(aggregate),
        version: version as i64,
        head: head as i64,
    };
    let changes = session.diff(&point(version), &point(other)).unwrap();
    assert_eq!(patched(naive.shown(aggregate, version), &changes), naive.shown(aggregate, other));
    let position = usize::from(position) % naive.log.len() + 1;
    let request = ListRequest { at: Some(position as i64), limit: 10, ..ListRequest::default() };
    let mut rows: Vec<_> = session
        .list(&request)
        .unwrap()
        .rows
        .into_iter()
        .map(|row| (row.aggregate.id, row.version as usize))
        .collect();
    let mut then = HashMap::new();
    for (aggregate, version) in &naive.log[..position] {
        then.insert(id(*aggregate).id, *version);
    }
    let mut then: Vec<_> = then.into_iter().collect();
    rows.sort();
    then.sort();
    assert_eq!(rows, then, "the world at {position}");
}

fn whole(session: &mut Session, naive: &Naive) {
    let page =
        session.log(&LogRequest { oldest_first: true, limit: usize::MAX, ..LogRequest::default() }).unwrap();
    assert_eq!(page.rows.len(), naive.log.len());
    for (row, (aggregate, version)) in page.rows.iter().zip(&naive.log) {
        assert_eq!((&row.event.aggregate, row.event.version), (&id(*aggregate), *version as i64));
        let before = naive.shown(*aggregate, version - 1);
        let after = naive.shown(*aggregate, *version);
        assert_eq!(row.changes, diff_items(&before, &after), "{} at {version}", id(*aggregate));
    }
    for &aggregate in naive.states.keys() {
        for version in (0..=naive.head(aggregate)).rev() {
            let state = session.state(&id(aggregate), version as i64).unwrap().state;
            assert_eq!(state, naive.shown(aggregate, version), "{} at {version}", id(aggregate));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn with_rules(steps in prop::collection::vec(step(), 1..30)) {
        agrees(true, &steps);
    }

    #[test]
    fn without_a_domain(steps in prop::collection::vec(step(), 1..30)) {
        agrees(false, &steps);
    }
}

/// Enough events for many keyframes, sought in an order that no cache likes.
#[test]
fn a_long_history_is_sought_at_random() {
    let folder = tempfile::tempdir().unwrap();
    let open =
        Open { path: folder.path().join("s.db"), branch: "main".into(), clock: Clock::Fixed(Time(START)) };
    let domain = Rc::new(Domain::parse("odd.toml", RULES).unwrap());
    let mut session = create(&open, Some(&domain)).unwrap();
    let mut naive = Naive { rules: true, states: HashMap::new(), log: Vec::new() };
    let mut lines = String::new();
    let at = Time(START).to_string();
    for number in 0..2_000 {
        let kind = ["Put", "Counted", "Picky", "Dropped", "Put", "Unknown", "Sorted"][number % 7];
        let data = if kind == "Counted" {
            json!({ "by": 2 })
        } else {
            json!({ "x": number, "y": { "z": [number] } })
        };
        let line = json!({ "aggregate": id(0), "type": kind, "occurred_at": at, "data": data, "meta": { "actor": "mira" } });
        lines += &format!("{line}\n");
        naive.take(0, kind, &data, &at);
    }
    let file = folder.path().join("events.jsonl");
    fs::write(&file, lines).unwrap();
    session.import(&Options { files: vec![file], ..Options::default() }, &mut |_| true).unwrap();
    let mut version = 1_999usize;
    for _ in 0..300 {
        version = (version * 1_103 + 12_345) % 2_001;
        let state = session.state(&id(0), version as i64).unwrap().state;
        assert_eq!(state, naive.shown(0, version), "at {version}");
    }
}
