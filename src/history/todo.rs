//! The todo list of a rewrite: a line for each event, as `git rebase -i` has one for each commit.

use std::collections::HashSet;
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, Hash, NewEvent, Time, Unit, actor_of, units};

/// What becomes of the events, in the new order. An event that no line names is dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// An event as it is; its place in the original list.
    Pick(usize),
    /// An event with something else in it.
    Change(usize, NewEvent),
    /// An event that never was.
    Insert(NewEvent),
}

const HELP: &str = "\
# A line is an event, the oldest first. Move lines; delete a line, or write drop, to leave its event out.
#   pick HASH                     the event as it is
#   drop HASH                     without it
#   change HASH {\"data\": {…}}     with other data; \"type\", \"meta\" and \"occurred_at\" may be given too
#   insert {\"aggregate\": \"Task/42\", \"type\": \"TaskRetitled\", \"data\": {…}, \"occurred_at\": \"…\"}
# The outcome is a new branch; what is there stays as it is.
";

/// The list that changes nothing: every event picked, with what helps to tell them apart.
pub fn write(events: &[Event]) -> String {
    let mut text = String::new();
    let digits = unique_digits(events);
    for event in events {
        let hash = &event.hash.to_string()[..digits];
        let actor = actor_of(&event.meta).map_or_else(String::new, |actor| format!(" by {actor}"));
        let line = format!(
            "pick {hash} {}@{} {} {} {}{actor}",
            event.aggregate, event.version, event.kind, event.data, event.occurred_at
        );
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", line.replace(['\n', '\r'], " "));
    }
    text + "\n" + HELP
}

/// How many digits tell the hashes apart, at least eight.
fn unique_digits(events: &[Event]) -> usize {
    let unique = |digits: usize| {
        let mut seen = HashSet::new();
        events.iter().all(|event| seen.insert(event.hash.to_string()[..digits].to_owned()))
    };
    (8..64).step_by(4).find(|digits| unique(*digits)).unwrap_or(64)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    aggregate: Option<String>,
    r#type: Option<String>,
    data: Option<Box<RawValue>>,
    meta: Option<Box<RawValue>>,
    occurred_at: Option<String>,
}

/// The parts of an event as somebody wrote them, one by one.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    /// `TYPE/ID`.
    pub aggregate: &'a str,
    /// The event type.
    pub kind: &'a str,
    /// A time.
    pub occurred_at: &'a str,
    /// A JSON object.
    pub data: &'a str,
    /// A JSON object.
    pub meta: &'a str,
}

impl Draft<'_> {
    /// The event, where every part is what it has to be.
    pub fn event(&self) -> Result<NewEvent> {
        if self.kind.is_empty() {
            return Err(Error::usage("An event needs a type."));
        }
        Ok(NewEvent {
            aggregate: aggregate(self.aggregate)?,
            kind: self.kind.to_owned(),
            occurred_at: time(self.occurred_at)?,
            data: object(self.data, "data")?,
            meta: object(self.meta, "meta")?,
        })
    }
}

/// Reads a list back; `now` is the time of inserted events that name none.
pub fn parse(text: &str, events: &[Event], now: Time) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    let mut named = HashSet::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let place = format!("line {} of the todo list", number + 1);
        step(line, events, now, &mut named, &mut steps).map_err(|error| error.at(place))?;
    }
    Ok(steps)
}

fn step(
    line: &str,
    events: &[Event],
    now: Time,
    named: &mut HashSet<usize>,
    steps: &mut Vec<Step>,
) -> Result<()> {
    let (verb, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    if matches!(verb, "insert" | "i") {
        steps.push(Step::Insert(inserted(rest, now)?));
        return Ok(());
    }
    let (hash, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let index = find(events, hash)?;
    if !named.insert(index) {
        return Err(Error::usage(format!("{hash} stands in the list twice.")));
    }
    match verb {
        "pick" | "p" => steps.push(Step::Pick(index)),
        "drop" | "d" => {}
        "change" | "c" => steps.push(Step::Change(index, changed(&events[index], rest.trim())?)),
        _ => {
            return Err(Error::usage(format!("{verb} is no word of a todo list."))
                .hint("The words are pick, drop, change and insert."));
        }
    }
    Ok(())
}

fn find(events: &[Event], hash: &str) -> Result<usize> {
    let starts = |event: &&Event| !hash.is_empty() && event.hash.to_string().starts_with(hash);
    let mut found = events.iter().enumerate().filter(|(_, event)| starts(event));
    match (found.next(), found.next()) {
        (Some((index, _)), None) => Ok(index),
        (None, _) => Err(Error::usage(format!("{hash:?} is the hash of none of the events."))),
        _ => Err(Error::usage(format!("{hash} is the start of more than one hash."))),
    }
}

fn read(text: &str) -> Result<Written> {
    serde_json::from_str(text).map_err(|error| {
        Error::usage(format!("This is not a JSON object with the parts of an event: {error}."))
    })
}

fn object(json: &str, what: &str) -> Result<String> {
    let text = crate::jq::compact(json)?.into_owned();
    if text.starts_with('{') { Ok(text) } else { Err(Error::usage(format!("{what} is not an object."))) }
}

fn aggregate(text: &str) -> Result<AggregateId> {
    text.parse().map_err(|()| Error::usage(format!("{text} is not TYPE/ID.")))
}

fn time(text: &str) -> Result<Time> {
    Time::parse_occurred(text)
        .or_else(|| super::revision::time(text))
        .ok_or_else(|| Error::usage(format!("{text} is not a time.")))
}

fn changed(event: &Event, text: &str) -> Result<NewEvent> {
    let written = read(text)?;
    if written.aggregate.is_some() {
        return Err(Error::usage(
            "A change leaves the aggregate as it is: drop the event and insert another.",
        ));
    }
    Ok(NewEvent {
        aggregate: event.aggregate.clone(),
        kind: written.r#type.unwrap_or_else(|| event.kind.clone()),
        occurred_at: written.occurred_at.map_or(Ok(event.occurred_at), |text| time(&text))?,
        data: written.data.map_or(Ok(event.data.clone()), |raw| object(raw.get(), "data"))?,
        meta: written.meta.map_or(Ok(event.meta.clone()), |raw| object(raw.get(), "meta"))?,
    })
}

fn inserted(text: &str, now: Time) -> Result<NewEvent> {
    let written = read(text)?;
    let needs = |what: &str| Error::usage(format!("An inserted event needs {what}."));
    let aggregate = written.aggregate.ok_or_else(|| needs("\"aggregate\""))?;
    Ok(NewEvent {
        aggregate: self::aggregate(&aggregate)?,
        kind: written.r#type.ok_or_else(|| needs("\"type\""))?,
        occurred_at: written.occurred_at.map_or(Ok(now), |text| time(&text))?,
        data: written.data.map_or(Ok("{}".to_owned()), |raw| object(raw.get(), "data"))?,
        meta: written.meta.map_or(Ok("{}".to_owned()), |raw| object(raw.get(), "meta"))?,
    })
}

/// The events in the order of the steps, those of one command together. What was never recorded, or not so, is no request.
pub fn arranged(events: &[Event], steps: &[Step]) -> Vec<Unit> {
    let (mut all, mut picked) = (Vec::new(), Vec::new());
    for step in steps {
        if let Step::Pick(index) = step {
            picked.push(events[*index].clone());
            continue;
        }
        all.extend(units(std::mem::take(&mut picked)));
        all.push(Unit { events: vec![stepped(events, step)], command: None });
    }
    all.extend(units(picked));
    all
}

/// The requests in the order of the steps, each as a whole: it stands where the first of its events stands, and is made though
/// others of them were left out or stand apart from it. What is no request, and one with an event that was changed, is taken event
/// by event.
pub fn requested(events: &[Event], steps: &[Step], is_request: &dyn Fn(&Unit) -> bool) -> Vec<Unit> {
    let all = units(events.to_vec());
    let of: Vec<usize> = all.iter().enumerate().flat_map(|(n, unit)| vec![n; unit.events.len()]).collect();
    let changed = |step: &Step| if let Step::Change(index, _) = step { Some(of[*index]) } else { None };
    let changed: HashSet<usize> = steps.iter().filter_map(changed).collect();
    let requests: Vec<bool> =
        all.iter().enumerate().map(|(n, unit)| !changed.contains(&n) && is_request(unit)).collect();
    let (mut requested, mut made) = (Vec::new(), HashSet::new());
    for step in steps {
        match step {
            Step::Pick(index) if requests[of[*index]] => {
                let unit = of[*index];
                requested.extend(made.insert(unit).then(|| all[unit].clone()));
            }
            Step::Pick(index) => requested.push(Unit::single(events[*index].clone())),
            Step::Change(..) | Step::Insert(_) => {
                requested.push(Unit { events: vec![stepped(events, step)], command: None });
            }
        }
    }
    requested
}

/// The event that a step leads to.
fn stepped(events: &[Event], step: &Step) -> Event {
    match step {
        Step::Pick(index) => events[*index].clone(),
        Step::Change(index, new) => {
            let NewEvent { aggregate, kind, occurred_at, data, meta } = new.clone();
            Event { aggregate, kind, occurred_at, data, meta, ..events[*index].clone() }
        }
        Step::Insert(new) => {
            let NewEvent { aggregate, kind, occurred_at, data, meta } = new.clone();
            let (branch, hash, recorded_at) = (String::new(), Hash([0; 32]), occurred_at);
            let (position, version, parent) = (0, 0, None);
            Event {
                position,
                branch,
                aggregate,
                version,
                kind,
                occurred_at,
                recorded_at,
                data,
                meta,
                parent,
                hash,
            }
        }
    }
}

/// How many steps at the start leave everything as it was.
pub fn unchanged(steps: &[Step]) -> usize {
    steps.iter().enumerate().take_while(|(index, step)| **step == Step::Pick(*index)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events() -> Vec<Event> {
        let event = |number: u8| Event {
            position: i64::from(number),
            branch: "main".to_owned(),
            aggregate: AggregateId::new("Task", "1"),
            version: i64::from(number),
            kind: "Put".to_owned(),
            occurred_at: Time(i64::from(number)),
            recorded_at: Time(0),
            data: "{}".to_owned(),
            meta: r#"{"actor":"nina"}"#.to_owned(),
            parent: None,
            hash: Hash([number; 32]),
        };
        vec![event(1), event(2), event(3)]
    }

    #[test]
    fn the_list_as_it_is_written_changes_nothing() {
        let steps = parse(&write(&events()), &events(), Time(0)).unwrap();
        assert_eq!(steps, [Step::Pick(0), Step::Pick(1), Step::Pick(2)]);
        assert_eq!(unchanged(&steps), 3);
    }

    #[test]
    fn lines_are_moved_dropped_changed_and_inserted() {
        let text = "pick 0101\n# a word\n\np 0303 what follows is for people\nd 0202\n\
                    insert {\"aggregate\": \"Task/2\", \"type\": \"Put\", \"data\": {\"a\": 1}}";
        let steps = parse(text, &events(), Time(9)).unwrap();
        assert_eq!(steps[..2], [Step::Pick(0), Step::Pick(2)]);
        let Step::Insert(new) = &steps[2] else { panic!("{steps:?}") };
        assert_eq!((new.data.as_str(), new.occurred_at), (r#"{"a":1}"#, Time(9)));
        assert_eq!(unchanged(&steps), 1);
        let changed = parse(r#"change 0202 {"data": {"a": 2}}"#, &events(), Time(0)).unwrap();
        assert!(matches!(&changed[0], Step::Change(1, new) if new.data == r#"{"a":2}"# && new.kind == "Put"));
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        for (text, what) in [
            ("pick 0101\nkeep 0202", "line 2"),
            ("pick 99", "none of the events"),
            ("pick 0101\npick 0101", "twice"),
            ("change 0101 {\"dat\": 1}", "unknown field"),
            ("change 0101 {\"data\": 1}", "not an object"),
            ("insert {\"type\": \"Put\"}", "aggregate"),
        ] {
            let error = parse(text, &events(), Time(0)).unwrap_err();
            assert!(error.message().contains(what), "{error}");
        }
    }
}
