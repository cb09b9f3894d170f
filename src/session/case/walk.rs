//! Going through the log for a case: what was chosen, and between that what is left out.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::Looks;
use super::redact::Redactor;
use super::write::Part;
use crate::error::Result;
use crate::event::{Event, Hash, Position};
use crate::store::Store;

/// Looks for what still stands in an event, and for what looks like something.
pub(super) fn look(event: &Event, redactor: &Redactor, looks: &mut Looks, still: &mut BTreeMap<String, u64>) {
    for (name, text) in [("", &event.data), ("$meta", &event.meta)] {
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        looks.look(name, &value);
        if !redactor.is_idle() {
            stands(name, &value, redactor, still);
        }
    }
}

fn stands(path: &str, value: &Value, redactor: &Redactor, still: &mut BTreeMap<String, u64>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                stands(&format!("{path}.{key}"), value, redactor, still);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| stands(path, item, redactor, still)),
        Value::String(text) if redactor.knows(text) => {
            *still.entry(path.trim_start_matches('.').to_owned()).or_default() += 1;
        }
        _ => {}
    }
}

/// A piece of the log.
pub(super) enum Piece {
    Event(Event),
    /// What is left out: first, last, the branch's row where the case has it, the last one's hash.
    Absent(Position, Position, Option<i64>, Hash),
}

/// Goes through the log up to the part's end: what was chosen, and between that what is left out.
pub(super) fn each(store: &Store, part: &Part, take: &mut dyn FnMut(Piece) -> Result<()>) -> Result<()> {
    let mut gap: Option<(Position, Position, Option<i64>, Hash)> = None;
    let mut known = store.absents()?.into_iter().peekable();
    let mut wanted = part.positions.iter().peekable();
    let mut names: HashMap<i64, Option<i64>> = HashMap::new();
    let mut extend = |gap: &mut Option<(Position, Position, Option<i64>, Hash)>,
                      (first, last, branch, hash): (Position, Position, i64, Hash),
                      take: &mut dyn FnMut(Piece) -> Result<()>| {
        let branch =
            *names.entry(branch).or_insert_with(|| part.branches.contains_key(&branch).then_some(branch));
        match gap {
            // A branch is chained to what stands where it forks.
            Some(open) if open.2 == branch && !part.forks.contains(&open.1) => {
                (open.1, open.3) = (last, hash);
                Ok(())
            }
            _ => {
                let before = gap.replace((first, last, branch, hash));
                before.map_or(Ok(()), |(first, last, branch, hash)| {
                    take(Piece::Absent(first, last, branch, hash))
                })
            }
        }
    };
    store.log_between((1, part.end()), &mut |raw| {
        while let Some(absent) = known.next_if(|absent| absent.last < raw.position) {
            extend(&mut gap, (absent.first, absent.last, absent.branch, absent.last_hash), take)?;
        }
        if wanted.next_if(|position| **position == raw.position).is_none() {
            extend(&mut gap, (raw.position, raw.position, raw.branch, raw.hash), take)?;
            return Ok(true);
        }
        if let Some((first, last, branch, hash)) = gap.take() {
            take(Piece::Absent(first, last, branch, hash))?;
        }
        take(Piece::Event(store.whole(raw)?))?;
        Ok(true)
    })
}
