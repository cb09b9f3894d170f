//! Flags, `$by`, `$previous` and `$changed` beside a naive fold of this test's own, over random histories with a branch.

use std::collections::{BTreeMap, HashMap};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use super::drawn::{RULES, drawn, lines};
use crate::program::Place;

/// What of an event the test keeps.
#[derive(Clone, Debug)]
struct Told {
    position: i64,
    aggregate: String,
    version: i64,
    kind: String,
    at: i64,
    time: String,
    actor: Option<String>,
    data: Value,
    meta: Value,
    hash: String,
}

impl Told {
    fn of(event: &Value) -> Self {
        let text = |name: &str| event[name].as_str().unwrap().to_owned();
        Self {
            position: event["position"].as_i64().unwrap(),
            aggregate: text("aggregate"),
            version: event["version"].as_i64().unwrap(),
            kind: text("type"),
            at: chrono::DateTime::parse_from_rfc3339(&text("occurred_at")).unwrap().timestamp(),
            time: text("occurred_at"),
            actor: event["meta"]["actor"].as_str().map(str::to_owned),
            data: event["data"].clone(),
            meta: event["meta"].clone(),
            hash: text("hash"),
        }
    }
}

/// Everything at the ends of a state, by dotted path; an empty container is an end.
fn leaves(path: &str, value: &Value, out: &mut BTreeMap<String, Value>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            fields.iter().for_each(|(key, value)| leaves(&below(key), value, out));
        }
        _ if path.is_empty() => {}
        _ => {
            out.insert(path.to_owned(), value.clone());
        }
    }
}

fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (key, value) in patch {
        let fields = target.as_object_mut().unwrap();
        if value.is_null() {
            fields.shift_remove(key);
        } else {
            merge(fields.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}

/// What the naive fold says of an event.
#[derive(Debug, Default, PartialEq)]
struct Naive {
    flags: Vec<&'static str>,
    by: Value,
    previous: Value,
    changed: Vec<String>,
}

/// The near flags of an event behind others.
fn near(event: &Told, before: &[Told], all: &HashMap<String, Told>) -> Vec<&'static str> {
    let mut flags = Vec::new();
    flags.extend(before.last().filter(|last| event.at < last.at).map(|_| "late"));
    let same =
        |earlier: &Told| (&earlier.kind, earlier.data.to_string()) == (&event.kind, event.data.to_string());
    flags.extend(before.iter().any(same).then_some("repeated"));
    let number = |event: &Told| event.meta["source_version"].as_i64();
    if let Some(own) = number(event) {
        let numbers: Vec<i64> = before.iter().filter_map(number).collect();
        flags.extend(numbers.iter().max().filter(|newest| own > *newest + 1).map(|_| "gap"));
        flags.extend(numbers.contains(&own).then_some("clash"));
    }
    let cause = event.meta["causation_id"].as_str().and_then(|hash| all.get(hash));
    let early = cause.filter(|cause| cause.position > event.position || event.at < cause.at);
    flags.extend(early.map(|_| "before_cause"));
    let moved_on = |(aggregate, seen): (&String, &Value)| {
        let on = |other: &&Told| other.position < event.position && other.aggregate == *aggregate;
        seen.as_u64().is_some_and(|seen| (all.values().filter(on).count() as u64) > seen)
    };
    let seen = event.meta["command"]["seen"].as_object();
    flags.extend(seen.is_some_and(|seen| seen.iter().any(moved_on)).then_some("stale"));
    flags
}

/// The state that an event leads to; none where its rule fails.
fn after(state: &Value, event: &Told) -> Option<Value> {
    let mut next = if state.is_null() { json!({}) } else { state.clone() };
    let tags = next["tags"].as_array().cloned().unwrap_or_default();
    match event.kind.as_str() {
        "Tagged" => next["tags"] = std::iter::once(event.data["tag"].clone()).chain(tags).collect(),
        "Untagged" if tags.is_empty() => return None,
        "Untagged" => next["tags"] = tags[1..].into(),
        "Gone" => next = Value::Null,
        _ => merge(&mut next, &event.data),
    }
    Some(next)
}

/// The ends of a state, and who set each.
#[derive(Default)]
struct Walk {
    state: Value,
    ends: BTreeMap<String, Value>,
    setters: BTreeMap<String, Told>,
}

/// Whether something stands below a path.
fn filled(ends: &BTreeMap<String, Value>, path: &str) -> bool {
    ends.keys().any(|key| key.starts_with(&format!("{path}.")))
}

impl Walk {
    /// Who had set each field before the next event. Lists are no part of it: the histories of [`drawn`] put their items at
    /// the front, where this comparison would go by places.
    fn by(&self) -> Value {
        let told = self.setters.iter().filter(|(path, _)| *path != "tags").map(|(path, setter)| {
            let (actor, at) = (&setter.actor, &setter.time);
            (
                path.clone(),
                json!({ "actor": actor, "at": at, "version": setter.version, "type": setter.kind }),
            )
        });
        Value::Object(told.collect())
    }

    /// Goes over an event: its folded flags, and the fields that it changed.
    fn step(&mut self, event: &Told) -> (Vec<&'static str>, Vec<String>) {
        let next = after(&self.state, event);
        let failed = next.is_none();
        let next = next.unwrap_or_else(|| self.state.clone());
        let held = |state: &Value| if state.is_null() { json!({}) } else { state.clone() };
        let mut flags = Vec::new();
        flags.extend((!failed && held(&self.state) == held(&next)).then_some("nothing"));
        let mut is = BTreeMap::new();
        leaves("", &held(&next), &mut is);
        let was = std::mem::replace(&mut self.ends, is.clone());
        let just_before = |setter: &Told| {
            (0..=60).contains(&(event.at - setter.at))
                && setter.actor.is_some()
                && event.actor.is_some()
                && setter.actor != event.actor
                && event.meta["causation_id"] != setter.hash.as_str()
        };
        // A container that is empty on one side is no field where the other side has some in it.
        let undone = was.iter().filter(|(path, value)| is.get(*path) != Some(value) && *path != "tags");
        let mut undone = undone.filter(|(path, _)| !filled(&is, path));
        let setters = &self.setters;
        let overwrote = undone.any(|(path, _)| setters.get(path).is_some_and(just_before));
        flags.extend(overwrote.then_some("overwrote"));
        flags.extend(failed.then_some("rejected_by_rule"));
        let gone = was.keys().filter(|path| !is.contains_key(*path) && !filled(&is, path));
        let differs = is.iter().filter(|(path, value)| was.get(*path) != Some(value) && !filled(&was, path));
        let changed = gone.chain(differs.map(|(path, _)| path)).filter(|path| *path != "tags");
        let mut changed: Vec<String> = changed.cloned().collect();
        changed.sort();
        self.setters.retain(|path, _| is.contains_key(path));
        let set = is.iter().filter(|(path, value)| was.get(*path) != Some(value));
        self.setters.extend(set.map(|(path, _)| (path.clone(), event.clone())));
        self.state = next;
        (flags, changed)
    }
}

/// What is to be seen of one aggregate's events, worked out as the definitions say it.
fn naive(events: &[Told], all: &HashMap<String, Told>) -> Vec<Naive> {
    let mut walk = Walk { state: json!({}), ..Walk::default() };
    let mut told = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let before = &events[..index];
        let (mut flags, by) = (near(event, before, all), walk.by());
        let (folded, changed) = walk.step(event);
        flags.extend(folded);
        let previous = before.last().map_or(Value::Null, |last| {
            json!({ "type": last.kind, "version": last.version, "actor": last.actor, "at": last.time })
        });
        told.push(Naive { flags, by, previous, changed });
    }
    told
}

/// A branch's log as the program prints it, and what is to be seen there by position.
struct Seen<'a> {
    place: &'a Place,
    branch: &'a str,
    events: Vec<Value>,
    wanted: BTreeMap<i64, Naive>,
}

fn position(event: &Value) -> i64 {
    event["position"].as_i64().unwrap()
}

fn names(event: &Value) -> Vec<String> {
    event["flags"].as_object().unwrap().keys().cloned().collect()
}

impl Seen<'_> {
    fn log(&self, args: &[&str]) -> Vec<Value> {
        let mut all = vec!["-b", self.branch, "log"];
        all.extend(args);
        self.place.json(&all)
    }

    fn flags(&self) {
        for event in &self.events {
            let wanted = &self.wanted[&position(event)];
            // What befalls the tags is not followed here.
            let mut seen = names(event);
            if event["type"] != "Set" {
                seen.retain(|name| name != "overwrote" || wanted.flags.contains(&"overwrote"));
            }
            assert_eq!(seen, wanted.flags, "{event} on {}", self.branch);
        }
        for event in self.log(&[]) {
            let near = ["late", "repeated", "gap", "clash", "before_cause", "stale"];
            let mut wanted = self.wanted[&position(&event)].flags.clone();
            wanted.retain(|name| near.contains(name));
            assert_eq!(names(&event), wanted, "{event} on {}", self.branch);
        }
    }

    /// The same by a filter, whichever way the log runs, of all and of one.
    fn filters(&self) {
        for flag in [
            "late",
            "stale",
            "overwrote",
            "nothing",
            "rejected_by_rule",
            "clash",
            "gap",
            "before_cause",
            "repeated",
        ] {
            let filter = format!("$flags.{flag}");
            for doc in [None, Some("Doc/0")] {
                let of = self.events.iter().filter(|event| doc.is_none_or(|doc| event["aggregate"] == doc));
                let of: Vec<&Value> = of.collect();
                if of.is_empty() {
                    continue;
                }
                let wanted: Vec<i64> =
                    of.into_iter().filter(|event| event["flags"][flag] == true).map(position).collect();
                let mut args = vec!["--where", &filter];
                args.extend(doc);
                let mut down: Vec<i64> = self.log(&args).iter().map(position).collect();
                down.reverse();
                args.push("--reverse");
                let up: Vec<i64> = self.log(&args).iter().map(position).collect();
                assert_eq!((&up, &down), (&wanted, &wanted), "{filter} of {doc:?} on {}", self.branch);
            }
        }
    }

    fn variables(&self) {
        let shown = self.log(&[
            "--count-by",
            "{at: $event.position, by: $by, one: $by[\"c.d\"], previous: $previous, changed: $changed, last: $previous.version}",
        ]);
        assert_eq!(shown.len(), self.events.len());
        for shown in shown {
            let shown = &shown["value"];
            let wanted = &self.wanted[&shown["at"].as_i64().unwrap()];
            let mut by = shown["by"].as_object().unwrap().clone();
            by.retain(|path, _| !path.starts_with("tags"));
            assert_eq!(sorted(&by), sorted(wanted.by.as_object().unwrap()), "{shown} on {}", self.branch);
            assert_eq!(shown["one"], wanted.by.get("c.d").cloned().unwrap_or_default());
            for name in ["type", "version", "actor", "at"] {
                assert_eq!(shown["previous"][name], wanted.previous[name], "{name} in {shown}");
            }
            assert_eq!(shown["last"], wanted.previous["version"]);
            let changed = shown["changed"].as_array().unwrap().iter().filter_map(Value::as_str);
            let mut changed: Vec<&str> = changed.filter(|path| !path.starts_with("tags")).collect();
            changed.sort_unstable();
            assert_eq!(changed, wanted.changed, "{shown} on {}", self.branch);
        }
    }
}

fn compare(place: &Place, branch: &str) {
    let events = place.json(&["-b", branch, "log", "--reverse", "--flags"]);
    let told = |event: &Value| (event["hash"].as_str().unwrap().to_owned(), Told::of(event));
    let all: HashMap<String, Told> = events.iter().map(told).collect();
    let mut wanted = BTreeMap::new();
    for doc in ["Doc/0", "Doc/1"] {
        let own: Vec<Told> = events.iter().filter(|event| event["aggregate"] == doc).map(Told::of).collect();
        wanted.extend(own.iter().map(|event| event.position).zip(naive(&own, &all)));
    }
    let seen = Seen { place, branch, events, wanted };
    seen.flags();
    seen.filters();
    seen.variables();
}

fn sorted(fields: &Map<String, Value>) -> BTreeMap<&String, &Value> {
    fields.iter().collect()
}

#[test]
fn flags_and_who_set_what_agree_with_a_naive_fold() {
    let mut runner = TestRunner::new(Config { cases: 12, max_shrink_iters: 20, ..Config::default() });
    let parts = (
        prop::collection::vec(drawn(), 1..25),
        prop::collection::vec(drawn(), 1..25),
        prop::collection::vec(drawn(), 1..12),
        any::<prop::sample::Index>(),
    );
    runner
        .run(&parts, |(first, second, own, at)| {
            let place = Place::empty();
            place.file("rules.toml", RULES);
            place.ok(&["init", "--domain", "rules.toml"]);
            let (mut clock, mut numbers) = (0, [0, 0]);
            place.ok(&["import", place.file("first.jsonl", lines(&first, &mut clock, &mut numbers, &[]))]);
            let hashes = |branch: &str| -> Vec<String> {
                let events = place.json(&["-b", branch, "log", "--reverse"]);
                events.iter().map(|event| event["hash"].as_str().unwrap().to_owned()).collect()
            };
            let known = hashes("main");
            place.ok(&[
                "import",
                place.file("second.jsonl", lines(&second, &mut clock, &mut numbers, &known)),
            ]);
            let fork = (at.index(first.len() + second.len()) + 1).to_string();
            place.ok(&["branch", "other", "--at", &format!("#{fork}")]);
            let text = lines(&own, &mut clock, &mut numbers, &hashes("other"));
            place.ok(&["-b", "other", "import", place.file("own.jsonl", text)]);
            compare(&place, "main");
            compare(&place, "other");
            Ok(())
        })
        .unwrap();
}
