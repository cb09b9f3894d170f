//! Which field answers which question: each candidate is weighed by what its values do, and says so.

mod weigh;

use super::changes::{self, Change};
use super::fields::{Field, Fields};
use super::form::{Answers, Candidate, Guess, Order, Question};
use super::sample::Sample;
use super::shown;
use super::words::{type_name, words};
use super::write;
use crate::import::mapping::Mode;
use weigh::Weight;

/// A candidate that weighs less answers nothing by itself; the form still lists it.
const ENOUGH: f64 = 0.55;
/// What can be said without a field weighs.
const JUST_ENOUGH: f64 = 0.56;
/// So many candidates are listed for a question.
const LISTED: usize = 6;
/// In snapshots at least this part of the fields stays from one record to the next about the same thing.
const STAYS: f64 = 0.6;
/// A record that is the whole of a thing has so many fields at least.
const WHOLE: usize = 5;
/// Words in the names of files that say nothing of what the records are about.
const NO_THINGS: [&str; 12] = [
    "log", "logs", "event", "events", "audit", "history", "export", "data", "dump", "trail", "changes",
    "records",
];

/// The fields that answer questions by themselves.
#[derive(Default)]
pub struct Roles<'a> {
    /// Whether a field is taken is asked in this order.
    taken: Vec<(Question, &'a Field)>,
    /// Where the records are changes of single fields, the fields that say so.
    pub change: Option<Change<'a>>,
    /// Whether each record is the whole thing as it then was.
    pub snapshots: bool,
}

impl<'a> Roles<'a> {
    /// The field that answers a question.
    pub fn of(&self, question: Question) -> Option<&'a Field> {
        self.taken.iter().find(|(taken, _)| *taken == question).map(|(_, field)| *field)
    }

    /// Whether a field answers one.
    pub fn has(&self, field: &Field) -> bool {
        let change = self.change.iter().flat_map(|change| [change.name, change.old, change.new]);
        self.taken.iter().map(|(_, taken)| *taken).chain(change).any(|taken| std::ptr::eq(taken, field))
    }

    /// The fields that answer questions which the state need not repeat.
    pub fn used(&self) -> impl Iterator<Item = &'a Field> + '_ {
        self.taken.iter().filter(|(question, _)| *question != Question::Reason).map(|(_, field)| *field)
    }
}

/// Ranks the fields for each question and takes the best.
pub fn answer(name: &str, sample: &Sample, fields: &Fields) -> Guess {
    let mut roles = Roles::default();
    let mut candidates: [Vec<Candidate>; 7] = std::array::from_fn(|_| Vec::new());
    // What is decided first is a help for what comes later: what happens to a thing changes while the thing stays.
    for question in [
        Question::Id,
        Question::At,
        Question::Key,
        Question::Type,
        Question::Event,
        Question::Actor,
        Question::Reason,
    ] {
        let mut ranking: Vec<(&Field, Weight)> = fields
            .all
            .iter()
            .filter(|field| !roles.has(field))
            .filter_map(|field| Some((field, weigh::weigh(question, field, fields, &roles)?)))
            .collect();
        ranking.sort_by(|a, b| b.1.score.total_cmp(&a.1.score));
        if let Some((field, _)) = ranking.first().filter(|(_, weight)| weight.score > ENOUGH) {
            roles.taken.push((question, field));
        }
        if question == Question::Type {
            roles.change = changes::find(fields, &roles);
            roles.snapshots = roles.change.is_none() && are_whole(fields, &roles);
        }
        candidates[question as usize] = ranking
            .into_iter()
            .take(LISTED)
            .map(|(field, weight)| Candidate {
                rule: write::rule(question, field),
                reason: weight.reason,
                score: weight.score,
                format: field.form.as_ref().and_then(|form| form.written).map(str::to_owned),
            })
            .collect();
    }
    let mode = if roles.snapshots { Mode::Snapshots } else { Mode::Events };
    add_fixed(&mut candidates, name, mode, &roles);
    let answers = answers(sample, &roles, mode, &candidates);
    Guess {
        name: name.to_owned(),
        list: sample.list.clone(),
        shown: shown::guess(fields, &roles, &answers),
        types: roles.of(Question::Type).map_or_else(Vec::new, |field| field.values.clone()),
        candidates,
        answers,
        records: sample.records.len(),
        whole: sample.whole,
    }
}

fn answers(sample: &Sample, roles: &Roles<'_>, mode: Mode, candidates: &[Vec<Candidate>; 7]) -> Answers {
    let at = roles.of(Question::At);
    let rules = Question::ALL.map(|question| {
        let enough = |best: &&Candidate| best.score > ENOUGH;
        let best = candidates[question as usize].iter().find(enough);
        best.map_or_else(String::new, |best| best.rule.clone())
    });
    Answers {
        rules,
        at_format: at.and_then(|at| at.form.as_ref()?.written).map(str::to_owned),
        order: at.map_or(Order::Source, |at| order(at, roles.of(Question::Id), sample)),
        mode,
        data: roles.change.map(|change| change.rule()).or_else(|| write::payload(sample, roles)),
    }
}

/// What can be said where no field answers: a type for all, an event for all, the file as the thing itself.
fn add_fixed(candidates: &mut [Vec<Candidate>; 7], name: &str, mode: Mode, roles: &Roles<'_>) {
    let mut add = |question: Question, rule: &str, reason: &str| {
        let score = JUST_ENOUGH;
        candidates[question as usize].push(Candidate {
            rule: rule.to_owned(),
            reason: reason.to_owned(),
            score,
            format: None,
        });
        candidates[question as usize].sort_by(|a, b| b.score.total_cmp(&a.score));
    };
    add(Question::Id, write::FILE_ID, "each file is one thing's history");
    add(Question::Key, write::PLACE_KEY, "nothing in the records names it: its place in the file does");
    let thing = roles.of(Question::Id).map_or_else(|| "File".to_owned(), |id| thing(id, name));
    add(Question::Type, &format!("\"{thing}\""), "all records are about the same kind of thing");
    match mode {
        Mode::Snapshots => {
            add(Question::Event, write::CREATED_OR_CHANGED, "each record is the whole thing as it then was");
        }
        Mode::Events => add(Question::Event, "\"Recorded\"", "nothing in the records says what happened"),
    }
}

/// What the things are called: after the field that names them, else after the log.
fn thing(id: &Field, log: &str) -> String {
    let named = |name: &str| -> Vec<String> {
        let mut words = words(name);
        while words.len() > 1 && words.last().is_some_and(|last| weigh::ID_WORDS.contains(&last.as_str())) {
            words.pop();
        }
        words.retain(|word| !weigh::ID_WORDS.contains(&word.as_str()));
        words
    };
    let mut found =
        id.path.iter().rev().map(|key| named(key)).find(|words| !words.is_empty()).unwrap_or_default();
    if found.is_empty() {
        found = words(log);
        found.retain(|word| !NO_THINGS.contains(&word.as_str()) && word.chars().any(char::is_alphabetic));
        found.truncate(2);
    }
    let name = type_name(&found).replace(['/', '"', '\\'], "");
    if name.is_empty() { "Record".to_owned() } else { name }
}

/// Whether each record is the whole thing as it then was: then most fields stay from one to the next.
fn are_whole(fields: &Fields, roles: &Roles<'_>) -> bool {
    let Some(id) = roles.of(Question::Id) else { return false };
    let data: Vec<&Field> = fields
        .all
        .iter()
        .filter(|field| !roles.has(field) && field.coverage() > 0.5 && field.distinct() > 1)
        .collect();
    let stays: f64 = data.iter().map(|field| field.stays_within(id)).sum();
    let again = id.pairs().count();
    again * 10 > id.seen && data.len() >= WHOLE && stays >= STAYS * data.len() as f64
}

/// The order inside a thing's history: as the records stand, backwards, or by their times where neither holds.
fn order(at: &Field, id: Option<&Field>, sample: &Sample) -> Order {
    let Some(form) = &at.form else { return Order::Source };
    let times: Vec<_> = at.values.iter().map(|value| form.read(value)).collect();
    let time = |record: usize| times.get(at.column[record] as usize).copied().flatten();
    let (mut up, mut down) = (0, 0);
    let mut see = |before: usize, after: usize| {
        if let (Some(before), Some(after)) = (time(before), time(after)) {
            up += usize::from(after > before);
            down += usize::from(after < before);
        }
    };
    match id {
        Some(id) => id.pairs().for_each(|(before, after)| see(before, after)),
        None => (1..sample.records.len()).for_each(|after| see(after - 1, after)),
    }
    match (up, down) {
        (_, 0) => Order::Source,
        (0, _) => Order::Reverse,
        _ => Order::Time,
    }
}
