//! The demo: a team's story, kept as commands with their times and actors, fired one by one into a new store.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Fire, Open, Target, create};
use crate::clock::Clock;
use crate::domain;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Time, Version};
use crate::journal::Queued;

const STORY: &str = include_str!("../../assets/demo/story.jsonl");

/// A line of the story.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// When it happened.
    at: String,
    /// When it arrived, where that was later: a webhook that was held up, or delivered again.
    received: Option<String>,
    actor: String,
    to: String,
    command: String,
    #[serde(default)]
    params: Map<String, Value>,
    reason: Option<String>,
    /// What its requester had looked at, where that was an older version.
    #[serde(default)]
    seen: BTreeMap<String, Version>,
    /// The event that it answers, as `TYPE/ID@VERSION`.
    cause: Option<String>,
    /// The reactor whose job it was.
    reactor: Option<String>,
    /// The number that the provider gave its webhook.
    number: Option<i64>,
}

/// Builds the demo store at a path where there is none, and answers how many events it has. The same
/// commands at the same times make the same bytes on every machine.
pub fn build(path: &Path) -> Result<usize> {
    let requests = STORY
        .lines()
        .enumerate()
        .map(|(index, line)| read(line).map_err(|error| error.at(format!("story.jsonl:{}", index + 1))))
        .collect::<Result<Vec<_>>>()?;
    // The domain is taken into use when the story is over: what its monitors find in it is history, and no news.
    let end = requests.iter().map(|request| request.now).max().unwrap_or_default();
    // Built beside and put in place when whole: a build that is cut off leaves nothing half done.
    let unfinished = path.with_extension("building");
    let _ = fs::remove_file(&unfinished);
    let open = Open { path: unfinished.clone(), branch: "main".to_owned(), clock: Clock::Fixed(end) };
    let mut session = create(&open, Some(&Rc::new(domain::load("demo")?)))?;
    let events = session.fire_all(&requests)?;
    drop(session);
    fs::rename(&unfinished, path)
        .map_err(|error| Error::refused(format!("{} cannot be made: {error}.", path.display())))?;
    Ok(events)
}

fn read(line: &str) -> Result<Queued> {
    let line: Line = serde_json::from_str(line).map_err(|error| Error::refused(format!("{error}.")))?;
    let named = |name: &str| {
        name.parse::<AggregateId>().map_err(|()| Error::refused(format!("{name} is no record.")))
    };
    let seen = line.seen.iter().map(|(name, version)| Ok((named(name)?, *version))).collect::<Result<_>>()?;
    let place = |cause: &String| {
        let (name, version) = cause.rsplit_once('@').unwrap_or((cause, ""));
        let version = version.parse::<Version>();
        let version = version.map_err(|_| Error::refused(format!("{cause} is not TYPE/ID@VERSION.")))?;
        Ok::<_, Error>((named(name)?, version))
    };
    let cause = line.cause.as_ref().map(place).transpose()?;
    let time = |text: &str| Time::parse(text).ok_or_else(|| Error::refused(format!("{text} is not a time.")));
    let at = time(&line.at)?;
    let received = line.received.as_deref().map(time).transpose()?;
    let mut meta = Map::new();
    if let Some(received) = received {
        meta.insert("received_at".to_owned(), received.to_string().into());
    }
    if let Some(reactor) = line.reactor {
        meta.insert("reactor".to_owned(), json!({ "name": reactor, "depth": 1 }));
    }
    if let Some(number) = line.number {
        meta.insert("source_version".to_owned(), number.into());
    }
    let target = match line.to.parse::<AggregateId>() {
        Ok(aggregate) => Target::Aggregate(aggregate),
        Err(()) => Target::New(line.to),
    };
    let fire = Fire {
        target,
        command: line.command,
        params: line.params,
        actor: line.actor,
        reason: line.reason,
        at: Some(at),
        expect: None,
        seen,
        meta,
    };
    Ok(Queued { request: fire, now: received.unwrap_or(at), cause })
}
