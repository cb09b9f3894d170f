//! A question was not answered: whoever waits for the answer is told why, and keeps what it had.

use crate::error::{Error, Kind};
use crate::tui::effect::{Effect, Failed, Read};
use crate::tui::model::Model;
use crate::tui::update::lab;

/// Something failed.
pub fn failed(model: &mut Model, what: Failed, error: &Error, effects: &mut Vec<Effect>) {
    if matches!(what, Failed::Open) {
        model.broken.lasting.get_or_insert_with(|| error.clone());
    }
    say(model, error.clone());
    let Failed::Asked(read) = what else { return };
    match *read {
        Read::Rule(kind, event) => lab::came(model, &(kind, event), Err(error.clone())),
        Read::Try(trial) => lab::tried(model, *trial, Err(error.clone()), effects),
        Read::Count(number, _) => lab::counted(model, number, Err(error.clone())),
    }
}

/// Says why something was not answered; a store that is damaged stays so.
pub fn say(model: &mut Model, error: Error) {
    if error.kind() == Kind::Damaged {
        model.broken.lasting.get_or_insert_with(|| error.clone());
    }
    model.fail(error);
}

/// A filter failed. It is said once: lists are asked for again and again.
pub fn filter(model: &mut Model, sentence: String) {
    if model.broken.filter.as_ref() != Some(&sentence) {
        model.broken.filter = Some(sentence.clone());
        model.fail(Error::refused(sentence));
    }
}
