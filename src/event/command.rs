//! A command as the events that came of it remember it, and what its requester had looked at.

use std::collections::BTreeMap;

use memchr::memmem;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{AggregateId, Version};

/// What somebody had looked at before asking for something: aggregates, and the version of each then.
pub type Looked = BTreeMap<AggregateId, Version>;

/// The command in an event's metadata.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Recorded {
    /// Its name.
    pub name: String,
    /// Its parameters.
    pub params: Map<String, Value>,
    /// Which of its events this is, from 1.
    pub part: u64,
    /// How many events came of it.
    pub of: u64,
}

impl Recorded {
    /// The command that an event's metadata names; `None` where it names none, or only a part of one.
    pub fn of(meta: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Told {
            command: Recorded,
        }
        memmem::find(meta.as_bytes(), b"\"command\"")?;
        serde_json::from_str::<Told>(meta).ok().map(|told| told.command)
    }
}

/// What the requester of an event's command had looked at, as its metadata has it (`command.seen`); what cannot be read there
/// was not seen.
pub fn seen_of(meta: &str) -> Looked {
    #[derive(Deserialize)]
    struct Told {
        command: Command,
    }
    #[derive(Deserialize)]
    struct Command {
        seen: Map<String, Value>,
    }
    if memmem::find(meta.as_bytes(), b"\"seen\"").is_none() {
        return Looked::new();
    }
    let told = serde_json::from_str::<Told>(meta).map(|told| told.command.seen).unwrap_or_default();
    told.iter().filter_map(|(name, version)| Some((name.parse().ok()?, version.as_i64()?))).collect()
}

/// The same as it is written.
pub fn seen_json(seen: &Looked) -> Value {
    seen.iter().map(|(aggregate, version)| (aggregate.to_string(), Value::from(*version))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_reads_back_as_written_and_what_is_no_place_was_not_seen() {
        let seen: Looked = [("Task/a@1".parse().unwrap(), 0), ("Pod/x/y".parse().unwrap(), 19)].into();
        let meta = format!(r#"{{"command":{{"seen":{}}}}}"#, seen_json(&seen));
        assert_eq!(seen_of(&meta), seen);
        assert_eq!(Recorded::of(&meta), None, "a command without a name is none");
        let odd = r#"{"command":{"seen":{"Task":1,"Task/1":"2","Task/2":3}}}"#;
        assert_eq!(seen_of(odd).into_iter().collect::<Vec<_>>(), [("Task/2".parse().unwrap(), 3)]);
        for meta in ["{}", "seen", r#"{"command":"seen"}"#, r#"{"seen":{"Task/1":1}}"#] {
            assert_eq!(seen_of(meta), Looked::new(), "{meta}");
        }
    }
}
