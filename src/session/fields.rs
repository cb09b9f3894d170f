//! Which fields records have, for those who choose or write one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::Session;
use crate::error::Result;
use crate::store::{HeadOrder, HeadPage};

/// How many records of a type are looked at, of how many types, and at most how many bytes of states of each.
const RECORDS: usize = 128;
const TYPES: usize = 64;
const BYTES: usize = 1 << 20;

/// How many fields are told, of a type or of all, and how many levels deep.
const MOST: usize = 500;
const LEVELS: usize = 3;

/// The fields of each aggregate type, as dotted paths, those that most records have first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(BTreeMap<String, Vec<String>>);

impl Fields {
    /// Those of one type, or of all, each once.
    pub fn of<'a>(&'a self, kind: Option<&'a str>) -> Vec<&'a str> {
        let mut told = HashSet::new();
        let kinds = self.0.iter().filter(|(name, _)| kind.is_none_or(|kind| kind == *name));
        let fields = kinds.flat_map(|(_, fields)| fields.iter().map(String::as_str));
        fields.filter(|field| told.insert(*field)).take(MOST).collect()
    }
}

impl Session {
    /// The fields that the newest records of each type have.
    pub fn fields(&mut self) -> Result<Fields> {
        let mut fields = BTreeMap::new();
        for kind in self.store.head_types(&self.branch)?.into_iter().take(TYPES) {
            let heads = self.store.heads(&HeadPage {
                branch: &self.branch,
                kind: Some(&kind),
                order: HeadOrder::Recent,
                descending: true,
                after: None,
                limit: RECORDS,
                states: true,
            })?;
            let (mut counts, mut bytes) = (BTreeMap::new(), 0);
            for head in heads {
                bytes += head.head.state.len();
                if bytes > BYTES {
                    break;
                }
                // A head that is no JSON is told of elsewhere.
                if let Ok(state) = serde_json::from_str(&head.head.state) {
                    note(&state, "", LEVELS, &mut counts);
                }
            }
            fields.insert(kind, sorted(counts));
        }
        Ok(Fields(fields))
    }
}

fn note(value: &Value, within: &str, levels: usize, counts: &mut BTreeMap<String, usize>) {
    let Value::Object(fields) = value else { return };
    for (name, value) in fields {
        let path = if within.is_empty() { name.clone() } else { format!("{within}.{name}") };
        if levels > 1 {
            note(value, &path, levels - 1, counts);
        }
        *counts.entry(path).or_default() += 1;
    }
}

fn sorted(counts: BTreeMap<String, usize>) -> Vec<String> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    counts.truncate(MOST);
    counts.into_iter().map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_inside_others_are_told_and_the_frequent_ones_first() {
        let mut counts = BTreeMap::new();
        for state in [json!({"b": {"x": {"y": {"z": 1}}}, "a": [{"no": 1}]}), json!({"b": 1}), json!(null)] {
            note(&state, "", LEVELS, &mut counts);
        }
        let fields = Fields([("T".to_owned(), sorted(counts))].into());
        assert_eq!(fields.of(None), ["b", "a", "b.x", "b.x.y"]);
        assert_eq!(fields.of(Some("T")), fields.of(None));
        assert!(fields.of(Some("U")).is_empty());
    }
}
