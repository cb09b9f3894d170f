//! Carrying events over and taking them back, in the model beside the program.

use std::collections::BTreeMap;

use backstory::journal::Carriage;
use backstory::replay::diff;
use serde_json::{Value, json};

use super::{Came, Line, SKIP, Seen, World, after_fact, follows};

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

impl World {
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

    pub(super) fn pick(&mut self, from: usize, at: usize, to: usize) {
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

    pub(super) fn merge(&mut self, branch: usize) {
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

    pub(super) fn rebase(&mut self, branch: usize, onto: usize) {
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

    pub(super) fn revert(&mut self, branch: usize, at: usize) {
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
}
