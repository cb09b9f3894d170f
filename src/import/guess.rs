//! A mapping guessed from what the records hold: what repeats, what is written as a time, who appears again. Names of
//! fields only settle ties, so that a log in a language nobody here reads is guessed as well.
//!
//! A [`Sample`] is read, each of its fields is measured (`fields`), each question of a mapping gets its candidates,
//! best first and with their reasons (`roles`), and an answer to all of them is written as TOML (`write`).

mod changes;
mod edit;
mod fields;
mod form;
mod known;
mod roles;
mod sample;
mod shown;
mod times;
mod words;
mod write;

pub use edit::InUse;
pub use form::{Answers, Candidate, Guess, Question};
pub use sample::Sample;

use super::adapter::Known;
use crate::error::Result;

/// So many records are asked whether they are another store's export.
const ASKED: usize = 20;

/// How a log is to be read, as far as its records tell.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading {
    /// As what another store exported.
    Export,
    /// By a mapping that comes with the program, which knows such logs.
    BuiltIn(&'static str),
    /// By a mapping that was guessed.
    Guessed(Box<Guess>),
    /// By an adapter, which knows such a store.
    Store(Box<Known>),
}

impl Reading {
    /// Tells how a sample is to be read. `name` is what the log is called, such as its file without the ending.
    pub fn of(name: &str, sample: &Sample) -> Result<Self> {
        if sample.records.iter().take(ASKED).all(known::is_exported) {
            return Ok(Self::Export);
        }
        if let Some(known) = known::recognised(sample)? {
            return Ok(Self::BuiltIn(known));
        }
        Ok(Self::Guessed(Box::new(Guess::of(name, sample))))
    }

    /// What is told of it in a line: by which mapping, or which fields answer what.
    pub fn told(&self) -> String {
        match self {
            Self::Export => "exported by backstory".to_owned(),
            Self::BuiltIn(known) => format!("read as {known}"),
            Self::Guessed(guess) => guess.told(&guess.answers),
            Self::Store(known) => known.told(),
        }
    }
}

impl Guess {
    /// Which rules answer the questions that matter most, in a line.
    pub fn told(&self, answers: &Answers) -> String {
        let told = [Question::Id, Question::Event, Question::At, Question::Actor].map(|question| {
            let rule = answers.rule(question);
            // What follows a path in the rule is about the exceptions.
            let short = write::path_in(rule).or_else(|| rule.split(" | ").next()).unwrap_or(rule);
            (!short.is_empty()).then(|| format!("{} {short}", question.key()))
        });
        told.into_iter().flatten().collect::<Vec<_>>().join("  ")
    }

    /// Guesses how a sample's records become events, whether a built-in mapping knows them or not.
    pub fn of(name: &str, sample: &Sample) -> Self {
        roles::answer(name, sample, &fields::measure(&sample.records))
    }
}
