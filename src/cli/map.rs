//! `map`: how a log would be read, guessed from its records.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::Context;
use super::import::Which;
use crate::error::Result;
use crate::import::adapter::known_in;
use crate::import::guess::{Guess, Question, Reading, Sample};
use crate::import::{LARGEST_RECORD, Mapping, name_of};
use crate::visible::visible_lines;

#[derive(clap::Args)]
pub struct Args {
    /// The files, as import takes them.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    rows: Which,
    /// Guess even where a mapping that comes with the program knows the log.
    #[arg(long)]
    guess: bool,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let rows = args.rows.rows();
    let known = if args.guess { None } else { known_in(&args.files, rows.as_ref(), None)? };
    let sample = || Sample::read(&args.files, rows.as_ref(), LARGEST_RECORD);
    let name = name_of(&args.files);
    let reading = match known {
        Some(known) => Reading::Store(Box::new(known)),
        None if args.guess => Reading::Guessed(Box::new(Guess::of(&name, &sample()?))),
        None => Reading::of(&name, &sample()?)?,
    };
    match &reading {
        Reading::Store(known) if context.json => {
            context.out.json(&json!({ "built_in": known.adapter, "mapping": known.adapter }))
        }
        Reading::Store(known) => context.out.line(visible_lines(&known.mapping)),
        Reading::Export if context.json => context.out.json(&json!({ "export": true })),
        Reading::Export => {
            context.out.line("# These are events that backstory exported: they need no mapping.")
        }
        Reading::BuiltIn(known) if context.json => {
            context.out.json(&json!({ "built_in": known, "mapping": known }))
        }
        Reading::BuiltIn(known) => {
            context.out.line(visible_lines(Mapping::builtin_text(known).unwrap_or_default()))
        }
        Reading::Guessed(guess) if context.json => context.out.json(&as_json(guess)),
        Reading::Guessed(guess) => context.out.line(visible_lines(&guess.toml(&guess.answers))),
    }
}

fn as_json(guess: &Guess) -> Value {
    let questions: Vec<Value> = Question::ALL
        .into_iter()
        .map(|question| {
            let rule = guess.answers.rule(question);
            let candidates: Vec<Value> = guess.candidates[question as usize]
                .iter()
                .map(|candidate| {
                    json!({ "rule": candidate.rule, "score": candidate.score, "reason": candidate.reason })
                })
                .collect();
            json!({
                "question": question.key(),
                "answer": Some(rule).filter(|rule| !rule.is_empty()),
                "candidates": candidates,
            })
        })
        .collect();
    json!({
        "built_in": null, "mapping": guess.toml(&guess.answers), "records": guess.records, "whole": guess.whole,
        "list": guess.list, "questions": questions,
    })
}
