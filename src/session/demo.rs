//! The demo: a team's story, kept as commands with their times and actors, fired one by one into a new store.

use std::fs;
use std::path::Path;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Fire, Open, Target, create};
use crate::clock::Clock;
use crate::domain;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Looked, Time};

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
    let end = requests.iter().map(|(_, at)| *at).max().unwrap_or_default();
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

fn read(line: &str) -> Result<(Fire, Time)> {
    let line: Line = serde_json::from_str(line).map_err(|error| Error::refused(format!("{error}.")))?;
    let time = |text: &str| Time::parse(text).ok_or_else(|| Error::refused(format!("{text} is not a time.")));
    let at = time(&line.at)?;
    let received = line.received.as_deref().map(time).transpose()?;
    let mut meta = Map::new();
    if let Some(received) = received {
        meta.insert("received_at".to_owned(), received.to_string().into());
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
        seen: Looked::new(),
        meta,
    };
    Ok((fire, received.unwrap_or(at)))
}
