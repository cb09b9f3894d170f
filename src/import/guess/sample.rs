//! The records that a guess looks at: the first ones of each file, found also where a document holds them in a list.

use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde_json::Value;

use super::form::{Candidate, Guess, Question};
use super::times;
use crate::error::{Error, Result};
use crate::file;
use crate::import::files;
use crate::import::format::{Reading, Records};
use crate::import::mapping::Format;
use crate::import::ocel;
use crate::import::source::{Found, Source};
use crate::store::foreign::{self, Bound, Rows};

/// So many records are looked at, over all files.
const MOST_RECORDS: usize = 20_000;
/// And so many bytes of them, which somebody waits for: as values they take ten times as much.
const MOST_BYTES: usize = 8 << 20;
/// Of each file at least so many, however many files there are.
const LEAST_OF_A_FILE: usize = 50;
/// So many files are opened.
const MOST_FILES: usize = 400;
/// A list of records stands at most so deep in a document.
const DEEPEST_LIST: usize = 3;
/// Of each table of a database so many rows are looked at.
const TRIED: usize = 500;
/// To tell what a database holds, its machine takes so many steps for a table, and for all of them.
const STEPS: u64 = 20_000_000;
const ALL_STEPS: u64 = 10 * STEPS;
/// The part of a document's text that its list of records makes up at least.
const MOSTLY: f64 = 0.6;

/// Some of a log's records, as they stand in it.
pub struct Sample {
    /// The records.
    pub records: Vec<Value>,
    /// The place in `names` of the file that each of them is from.
    pub files: Vec<usize>,
    /// The files, as they are shown.
    pub names: Vec<String>,
    /// The rule that finds the records in a document, such as `.Records[]`; `None` where each document is one.
    pub list: Option<String>,
    /// Whether these are all records there are.
    pub whole: bool,
    /// Which rows they are, of a SQLite database.
    pub rows: Option<Rows>,
    /// How many could not be read, and the first reason.
    pub bad: (u64, Option<String>),
}

impl Sample {
    /// Reads the first records of files, in their order; of a SQLite database the rows that are named, or else those of
    /// the table which looks most like a log.
    pub fn read(files: &[PathBuf], rows: Option<&Rows>, largest: u64) -> Result<Self> {
        let listed = files::listed(files)?.into_iter().filter(|file| file.is_odd().is_none());
        let files: Vec<PathBuf> = listed.map(|file| file.path).collect();
        if rows.is_none()
            && let [file] = files.as_slice()
            && !file::is_stream(file)
            && Source::open(file, largest)?.is_sqlite()?
        {
            return match ocel::query(file, &Bound::steps(STEPS))? {
                Some(_) => Self::of_ocel(file, largest),
                None => Self::of_best_table(file, largest),
            };
        }
        let step = files.len().div_ceil(MOST_FILES).max(1);
        let chosen: Vec<&PathBuf> = files.iter().step_by(step).collect();
        let share = (MOST_RECORDS / chosen.len().max(1)).max(LEAST_OF_A_FILE);
        let mut taken = Taken { whole: step == 1, ..Taken::default() };
        for path in chosen {
            taken.file(Source::open(path, largest)?, rows, share)?;
        }
        if taken.documents.is_empty() {
            let mut error = Error::refused("There is no record in it that can be read.");
            if let Some(reason) = &taken.bad.1 {
                error = Error::refused(format!("No record of it can be read: {reason}."));
            }
            return Err(error);
        }
        Ok(Self { rows: rows.cloned(), ..taken.sample() })
    }

    fn of_table(file: &Path, table: &str, bound: &Bound, largest: u64) -> Result<Self> {
        let mut taken = Taken { whole: true, ..Taken::default() };
        let rows = Rows::Of(table.to_owned());
        taken.file(Source::open(file, largest)?.within(bound.clone()), Some(&rows), TRIED)?;
        Ok(taken.sample())
    }

    fn of_ocel(file: &Path, largest: u64) -> Result<Self> {
        let mut taken = Taken::default();
        taken.whole =
            Source::open(file, largest)?.read(Some(Format::Ocel), &Reading::default(), &mut |found| {
                Ok(taken.take(&found, MOST_RECORDS))
            })?;
        Ok(taken.sample())
    }

    /// The rows of the table that says best what happened to what, and when.
    fn of_best_table(file: &Path, largest: u64) -> Result<Self> {
        let mut best: Option<(f64, String)> = None;
        let (tables, mut left, mut too_much) = (foreign::tables(file)?, ALL_STEPS, None);
        for table in &tables {
            let bound = Bound::steps(STEPS.min(left));
            let sample = Self::of_table(file, table, &bound, largest);
            left -= STEPS.min(left) - bound.left();
            let sample = match sample {
                Ok(sample) => sample,
                Err(error) => {
                    too_much = too_much.or(bound.is_reached().then_some(error));
                    continue;
                }
            };
            let guess = Guess::of(table, &sample);
            let score = |question: Question| {
                let path = |best: &&Candidate| best.rule.starts_with('.');
                guess.candidates[question as usize].first().filter(path).map_or(0.0, |best| best.score)
            };
            let at = score(Question::At);
            let whole = at + score(Question::Id) + score(Question::Event);
            if at > 0.0 && best.as_ref().is_none_or(|(best, _)| whole > *best) {
                best = Some((whole, table.clone()));
            }
        }
        let Some((_, table)) = best else {
            let none = format!("No table of {} has times: {}.", file.display(), tables.join(", "));
            return Err(too_much.unwrap_or_else(|| {
                Error::refused(none).hint("Ask for rows that have: backstory FILE --query \"SELECT …\"")
            }));
        };
        Self::read(&[file.to_owned()], Some(&Rows::Of(table)), largest)
    }
}

#[derive(Default)]
struct Taken {
    documents: Vec<Value>,
    files: Vec<usize>,
    names: Vec<String>,
    bytes: usize,
    whole: bool,
    bad: (u64, Option<String>),
}

impl Taken {
    fn file(&mut self, mut source: Source, rows: Option<&Rows>, share: usize) -> Result<()> {
        let most = self.documents.len() + share;
        let mut sink = |found: Found<'_>| Ok(self.take(&found, most));
        let whole = match rows {
            Some(rows) => source.read_rows(rows, &Records::Whole, &mut sink)?,
            None => source.read(None, &Reading::default(), &mut sink)?,
        };
        self.whole &= whole;
        Ok(())
    }

    /// Takes one document, where there are not so many yet.
    fn take(&mut self, found: &Found<'_>, most: usize) -> bool {
        let Some(text) = found.text.clone().transpose() else { return true };
        match text.as_ref().map(|text| serde_json::from_str::<Value>(text)) {
            Ok(Ok(document)) => {
                if self.names.last().is_none_or(|last| last != found.file) {
                    self.names.push(found.file.to_owned());
                }
                self.bytes += text.map_or(0, str::len);
                self.documents.push(document);
                self.files.push(self.names.len() - 1);
            }
            Ok(Err(error)) => self.is_bad(error.to_string()),
            Err(reason) => self.is_bad(reason.clone()),
        }
        self.documents.len() < most && self.bytes < MOST_BYTES
    }

    fn is_bad(&mut self, reason: String) {
        self.bad.0 += 1;
        self.bad.1.get_or_insert(reason);
    }

    fn sample(self) -> Sample {
        let single = self.names.len() == self.documents.len();
        let (mut records, mut files) = (self.documents, self.files);
        let list = single.then(|| list_in(&records)).flatten();
        if let Some(list) = &list {
            let mut inside = Vec::new();
            for (document, file) in records.into_iter().zip(files) {
                if let Some(Value::Array(items)) = under(document, list) {
                    inside.extend(items.into_iter().map(|item| (item, file)));
                }
            }
            let whole = inside.len() <= MOST_RECORDS;
            inside.truncate(MOST_RECORDS);
            (records, files) = inside.into_iter().unzip();
            let list = Some(format!("{}[]", crate::jq::path_of(list)));
            return Sample {
                records,
                files,
                names: self.names,
                list,
                whole: self.whole && whole,
                rows: None,
                bad: self.bad,
            };
        }
        Sample { records, files, names: self.names, list: None, whole: self.whole, rows: None, bad: self.bad }
    }
}

/// What stands under keys, one in the other.
fn under(document: Value, keys: &[String]) -> Option<Value> {
    keys.iter().try_fold(document, |mut at, key| at.get_mut(key).map(Value::take))
}

#[derive(Default)]
struct List {
    bytes: usize,
    items: usize,
    timed: usize,
}

/// The list that the documents mostly consist of, where what is in it has times; documents that have it empty count.
fn list_in(documents: &[Value]) -> Option<Vec<String>> {
    let mut lists: IndexMap<Vec<String>, List> = IndexMap::new();
    let mut total = 0;
    for document in documents {
        total += document.to_string().len();
        gather(document, &mut Vec::new(), &mut lists);
    }
    let (path, list) = lists.into_iter().max_by_key(|(_, list)| list.bytes)?;
    let mostly = list.bytes as f64 >= MOSTLY * total as f64;
    (mostly && list.timed * 2 >= list.items).then_some(path)
}

fn gather(value: &Value, path: &mut Vec<String>, lists: &mut IndexMap<Vec<String>, List>) {
    let Value::Object(members) = value else { return };
    for (key, member) in members {
        path.push(key.clone());
        match member {
            Value::Array(items) if items.iter().all(Value::is_object) && !items.is_empty() => {
                let list = lists.entry(path.clone()).or_default();
                list.items += items.len();
                list.bytes += member.to_string().len();
                list.timed += items.iter().filter(|item| has_time(item)).count();
            }
            Value::Object(_) if path.len() < DEEPEST_LIST => gather(member, path, lists),
            _ => {}
        }
        path.pop();
    }
}

fn has_time(item: &Value) -> bool {
    item.as_object().is_some_and(|members| {
        members.values().any(|member| match member {
            Value::String(text) => times::Form::of(&[text]).is_some(),
            Value::Number(number) => times::Form::of(&[&number.to_string()]).is_some(),
            _ => false,
        })
    })
}
