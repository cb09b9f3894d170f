//! What failed is said; a store that is damaged or not where it was stays so.

use crate::error::{Error, Kind};
use crate::tui::effect::{Failed, Read};
use crate::tui::model::Model;

/// Something failed.
pub fn failed(model: &mut Model, what: &Failed, error: Error) {
    match what {
        Failed::Open => drop(model.broken.lasting.get_or_insert_with(|| error.clone())),
        Failed::Asked(read) if matches!(**read, Read::Marked(..)) => model.mark = None,
        _ => {}
    }
    say(model, error);
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
