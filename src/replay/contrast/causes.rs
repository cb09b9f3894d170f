//! Why states part, as a few groups: the rule at which they did, and the fields that it made differ.

use indexmap::IndexMap;
use serde::Serialize;

use super::Parted;
use crate::replay::diff::dotted;

/// Beyond so many different causes the fields are not told apart any more: keys may be data.
const CAUSES: usize = 500;

/// What made states part.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Cause {
    /// The aggregate type of the rule.
    pub aggregate: String,
    /// The event type of the rule.
    pub event: String,
    /// The fields that differ behind it; `*` stands for any place in an array.
    pub paths: Vec<String>,
    /// What one of the rules refused.
    pub error: Option<String>,
}

/// A cause and the aggregates that it parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Caused {
    /// What made the states part.
    pub cause: Cause,
    /// How many aggregates.
    pub aggregates: i64,
    /// How many of them have the same state again at their head.
    pub met_again: i64,
    /// The first of them, each with its branch.
    pub listed: Vec<(String, Parted)>,
}

/// Aggregates that part, by cause.
#[derive(Debug)]
pub struct Causes {
    most: usize,
    found: IndexMap<Cause, Caused>,
}

impl Causes {
    /// None yet; of each at most so many aggregates are kept.
    pub fn new(most: usize) -> Self {
        Self { most, found: IndexMap::new() }
    }

    /// Takes an aggregate in.
    pub fn note(&mut self, branch: &str, parted: Parted) {
        let mut cause = parted.cause();
        if self.found.len() >= CAUSES && !self.found.contains_key(&cause) {
            (cause.paths, cause.error) = (vec!["…".to_owned()], None);
        }
        let caused = self.found.entry(cause).or_insert_with_key(|cause| Caused {
            cause: cause.clone(),
            aggregates: 0,
            met_again: 0,
            listed: Vec::new(),
        });
        caused.aggregates += 1;
        caused.met_again += i64::from(parted.last.is_empty());
        if caused.listed.len() < self.most {
            caused.listed.push((branch.to_owned(), parted));
        }
    }

    /// All of them, the one that parts the most aggregates first.
    pub(crate) fn most_first(self) -> Vec<Caused> {
        let mut found: Vec<_> = self.found.into_values().collect();
        found.sort_by_key(|caused| -caused.aggregates);
        found
    }
}

impl Parted {
    /// What made the states part.
    pub fn cause(&self) -> Cause {
        let mut paths: Vec<_> = self.first.iter().map(|change| anywhere(&change.path)).collect();
        paths.sort();
        paths.dedup();
        Cause {
            aggregate: self.aggregate.kind.clone(),
            event: self.event.clone(),
            paths,
            error: self.error.clone(),
        }
    }
}

/// A path in which places in arrays are not told apart.
fn anywhere(path: &str) -> String {
    let place = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = path.split('/').map(|part| if place(part) { "*" } else { part });
    let path = dotted(&parts.collect::<Vec<_>>().join("/"));
    if path.is_empty() { ".".to_owned() } else { path }
}
