//! Logs that a built-in mapping reads are told by what their records have.

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::import::adapter::names_as_rows;
use crate::import::mapping::Mapping;
use crate::import::own;
use crate::jq::{Rule, State};

use super::Sample;

/// So many records decide.
const ASKED: usize = 40;
/// At least this part of them must be known: a log may hold a few other things.
const KNOWN: f64 = 0.8;

/// The rule of each built-in mapping that holds for a record which it knows.
const RECOGNISE: &str = include_str!("../../../assets/recognise.toml");

/// The built-in mapping that knows the records.
pub fn recognised(sample: &Sample) -> Result<Option<&'static str>> {
    let step = (sample.records.len() / ASKED).max(1);
    let some: Vec<State> = sample.records.iter().step_by(step).map(State::from_value).collect();
    let wrong = |name: &str, why: &str| Error::refused(format!("what {name} knows: {why}"));
    let rules: HashMap<String, String> =
        toml::from_str(RECOGNISE).map_err(|error| wrong("each mapping", error.message()))?;
    for name in Mapping::builtin_names().chain(names_as_rows()) {
        let Some(source) = rules.get(name) else { continue };
        let rule = Rule::compile(name, source, &[]).map_err(|mistake| wrong(name, &mistake.message))?;
        let known = some.iter().filter(|record| rule.holds(record, &[]).unwrap_or(false)).count();
        if known as f64 >= KNOWN * some.len() as f64 {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// Whether a record is an event as `export` writes it.
pub fn is_exported(record: &serde_json::Value) -> bool {
    record.get("hash").is_some() && own::exported(&record.to_string()).is_ok()
}
