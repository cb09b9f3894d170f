//! The fields of a sample's records, as columns: which value each record has, and what the values look like.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use indexmap::{IndexMap, IndexSet};
use serde_json::Value;

use super::times;
use super::words::Look;
use crate::jq::path_of;

/// A field stands at most so deep.
const DEEPEST: usize = 4;
/// So many fields are measured; a record with more is no log of one kind of thing.
const MOST_FIELDS: usize = 400;
/// So many values of a field are looked at to say what they look like.
const LOOKED_AT: usize = 400;

/// So many fields are asked what stays beside what.
const WITNESSES: usize = 40;
/// Of pairs of records with the same value so many are looked at.
const MOST_PAIRS: usize = 4_000;

/// How people write that there is no value.
const MISSING: [&str; 8] = ["", "?", "-", "NULL", "null", "N/A", "n/a", "\\N"];

/// A record without the field.
pub const NONE: u32 = u32::MAX;

/// One field of the records: what stands at a path, where that is a text, a number or a truth value.
pub struct Field {
    /// The keys that lead to it.
    pub path: Vec<String>,
    /// Which of `values` each record has; [`NONE`] where it has none, null or an empty text.
    pub column: Vec<u32>,
    /// The values, as texts, in the order in which they came.
    pub values: Vec<String>,
    /// How many records have it.
    pub seen: usize,
    /// How many have it as a text.
    pub texts: usize,
    /// Whether its values are numbers, as such or in texts, but for a few.
    pub number: bool,
    /// Whether each is a whole number.
    pub whole: bool,
    /// What its values look like.
    pub look: Look,
    /// How it is written, where every value is a time.
    pub form: Option<times::Form>,
    /// For each record the one before it that has the same value; [`NONE`] where there is none.
    pub previous: Vec<u32>,
}

/// All fields of a sample.
pub struct Fields {
    /// The fields, in the order in which they came.
    pub all: Vec<Field>,
    /// The places of some fields that have a few values each, to see what stays beside what.
    pub witnesses: Vec<usize>,
    /// A number for what each record holds as a whole: equal where it was delivered twice.
    pub contents: Vec<u64>,
}

/// Measures every field of the records.
pub fn measure(records: &[Value]) -> Fields {
    let mut columns: IndexMap<Vec<String>, Column> = IndexMap::new();
    let mut contents = Vec::with_capacity(records.len());
    for (i, record) in records.iter().enumerate() {
        walk(record, &mut Vec::new(), i, &mut columns);
        let mut hasher = DefaultHasher::new();
        record.to_string().hash(&mut hasher);
        contents.push(hasher.finish());
    }
    let all: Vec<Field> =
        columns.into_iter().map(|(path, column)| column.field(path, records.len())).collect();
    let varied = |field: &Field| field.distinct() > 1 && field.coverage() > 0.3 && field.form.is_none();
    let witnesses = (0..all.len()).filter(|i| varied(&all[*i])).take(WITNESSES).collect();
    Fields { all, witnesses, contents }
}

impl Fields {
    /// Whether a field stands right before another one.
    pub fn before(&self, one: &Field, other: &Field) -> bool {
        self.all
            .windows(2)
            .any(|pair| std::ptr::eq(&raw const pair[0], one) && std::ptr::eq(&raw const pair[1], other))
    }

    /// Some fields that have a few values each, without these.
    pub fn witnesses(&self, without: &[&Field]) -> Vec<&Field> {
        let fields = self.witnesses.iter().map(|place| &self.all[*place]);
        fields.filter(|field| !without.iter().any(|other| std::ptr::eq(*other, *field))).collect()
    }
}

#[derive(Default)]
struct Column {
    of_records: Vec<u32>,
    values: IndexSet<String>,
    texts: usize,
    seen: usize,
}

fn walk(value: &Value, path: &mut Vec<String>, record: usize, columns: &mut IndexMap<Vec<String>, Column>) {
    let (text, is_text) = match value {
        Value::Object(members) => {
            if path.len() < DEEPEST {
                for (key, member) in members {
                    path.push(key.clone());
                    walk(member, path, record, columns);
                    path.pop();
                }
            }
            return;
        }
        Value::String(text) if !MISSING.contains(&text.as_str()) => (text.clone(), true),
        Value::Number(number) => (number.to_string(), false),
        Value::Bool(value) => (value.to_string(), false),
        Value::Null | Value::String(_) | Value::Array(_) => return,
    };
    if !columns.contains_key(path) {
        if columns.len() >= MOST_FIELDS || path.is_empty() {
            return;
        }
        columns.insert(path.clone(), Column::default());
    }
    let Some(column) = columns.get_mut(path) else { return };
    column.of_records.resize(record, NONE);
    let (place, _) = column.values.insert_full(text);
    column.of_records.push(place as u32);
    column.seen += 1;
    column.texts += usize::from(is_text);
}

impl Column {
    fn field(self, path: Vec<String>, records: usize) -> Field {
        let mut column = self.of_records;
        column.resize(records, NONE);
        let values: Vec<String> = self.values.into_iter().collect();
        let mut last = vec![NONE; values.len()];
        let previous = column
            .iter()
            .enumerate()
            .map(|(i, value)| {
                last.get_mut(*value as usize).map_or(NONE, |last| std::mem::replace(last, i as u32))
            })
            .collect();
        let some = || values.iter().take(LOOKED_AT).map(String::as_str);
        let form = times::Form::of(&some().collect::<Vec<_>>());
        // What the first values say must hold for all of them.
        let form = form.filter(|form| values.iter().all(|value| form.read(value).is_some()));
        Field {
            look: Look::at(some()),
            form,
            number: values.iter().filter(|value| value.parse::<f64>().is_ok()).count() * 10
                > values.len() * 9,
            whole: values.iter().all(|value| value.parse::<i64>().is_ok()),
            previous,
            path,
            column,
            values,
            seen: self.seen,
            texts: self.texts,
        }
    }
}

impl Field {
    /// The path, as jq writes it.
    pub fn text(&self) -> String {
        path_of(&self.path)
    }

    /// The last key.
    pub fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// The value of a record.
    pub fn value(&self, record: usize) -> Option<&str> {
        self.values.get(*self.column.get(record)? as usize).map(String::as_str)
    }

    /// How many different values there are.
    pub fn distinct(&self) -> usize {
        self.values.len()
    }

    /// Which part of the records has it.
    pub fn coverage(&self) -> f64 {
        part(self.seen, self.column.len())
    }

    /// Pairs of records that have the same value, one after the other.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let pairs = self.previous.iter().enumerate().filter(|(_, before)| **before != NONE);
        pairs.map(|(i, before)| (*before as usize, i))
    }

    /// In which part of the pairs of another field this one stays as it is; of those in which both records have it.
    pub fn stays_within(&self, other: &Field) -> f64 {
        let (mut same, mut both) = (0, 0);
        for (before, after) in other.pairs().take(MOST_PAIRS) {
            let (a, b) = (self.column[before], self.column[after]);
            if a != NONE && b != NONE {
                both += 1;
                same += usize::from(a == b);
            }
        }
        part(same, both)
    }

    /// In which part of the pairs of another field this one, a time or a number, goes one way only.
    pub fn goes_on_within(&self, other: &Field) -> f64 {
        let read = |column: u32| {
            let value = self.values.get(column as usize)?;
            match &self.form {
                Some(form) => Some(form.read(value)?.0 as f64),
                None => value.parse::<f64>().ok(),
            }
        };
        let (mut up, mut down, mut both) = (0, 0, 0);
        for (before, after) in other.pairs().take(MOST_PAIRS) {
            if let (Some(a), Some(b)) = (read(self.column[before]), read(self.column[after])) {
                both += 1;
                up += usize::from(a <= b);
                down += usize::from(a >= b);
            }
        }
        part(up.max(down), both)
    }

    /// For which part of this field's values that come up again another field always has one value.
    pub fn decides(&self, other: &Field) -> f64 {
        // The one value beside each of ours, and whether it came again, and with another one.
        let mut beside: Vec<(u32, bool, bool)> = vec![(NONE, false, false); self.values.len()];
        for (mine, theirs) in self.column.iter().zip(&other.column) {
            let Some(seen) = beside.get_mut(*mine as usize).filter(|_| *theirs != NONE) else { continue };
            *seen = if seen.0 == NONE {
                (*theirs, false, false)
            } else {
                (seen.0, true, seen.2 || seen.0 != *theirs)
            };
        }
        let again = beside.iter().filter(|seen| seen.1).count();
        part(beside.iter().filter(|seen| seen.1 && !seen.2).count(), again)
    }

    /// How much more often than later on the records of another field's value begin with one and the same value.
    pub fn begins(&self, other: &Field) -> f64 {
        let mut firsts = vec![0; self.values.len()];
        let mut later = vec![0; self.values.len()];
        for (record, value) in self.column.iter().enumerate() {
            let known = other.column[record] != NONE && *value != NONE;
            let count = if other.previous[record] == NONE { &mut firsts } else { &mut later };
            if known && let Some(count) = count.get_mut(*value as usize) {
                *count += 1;
            }
        }
        let (first, rest): (usize, usize) = (firsts.iter().sum(), later.iter().sum());
        let most = firsts.iter().zip(&later).max_by_key(|(first, _)| **first);
        most.map_or(0.0, |(often, again)| (part(*often, first) - part(*again, rest)).max(0.0))
    }

    /// Whether its whole numbers count on by one from record to record, as a version or a line's number does.
    pub fn counts_on(&self) -> bool {
        let numbers: Vec<Option<i64>> =
            self.column.iter().map(|value| self.values.get(*value as usize)?.parse().ok()).collect();
        let steps =
            numbers.windows(2).filter(|pair| matches!(pair, [Some(a), Some(b)] if *b == a + 1)).count();
        part(steps, numbers.len().saturating_sub(1)) > 0.8
    }

    /// Whether it holds texts that are no numbers and no times.
    pub fn is_text(&self) -> bool {
        self.texts == self.seen && !self.number && self.form.is_none()
    }

    /// Whether its whole numbers only grow, or only get smaller, as those do that are given out one after the other.
    pub fn rises(&self) -> bool {
        let numbers: Vec<i64> = self.values.iter().filter_map(|value| value.parse().ok()).collect();
        let up = numbers.windows(2).filter(|pair| pair[0] < pair[1]).count();
        self.whole
            && up.max(numbers.len().saturating_sub(1) - up) * 100 >= numbers.len().saturating_sub(1) * 99
    }

    /// Whether its whole numbers leave few gaps, as the ids of a database do.
    pub fn is_dense(&self) -> bool {
        let numbers: Option<Vec<i64>> = self.values.iter().map(|value| value.parse().ok()).collect();
        let Some(numbers) = numbers.filter(|numbers| numbers.len() > 1) else { return false };
        let (Some(least), Some(most)) = (numbers.iter().min(), numbers.iter().max()) else { return false };
        (most - least) as usize <= 4 * numbers.len()
    }
}

/// A part of a whole, from 0 to 1; 0 of nothing.
pub fn part(some: usize, all: usize) -> f64 {
    if all == 0 { 0.0 } else { some as f64 / all as f64 }
}
