//! A question was not answered: whoever waits for the answer is told why, and keeps what it had.

use std::mem::discriminant;

use crate::error::{Error, Kind};
use crate::tui::effect::{Effect, Failed, Read};
use crate::tui::model::Model;
use crate::tui::model::unanswered::Unanswered;
use crate::tui::update::{carry, types};

/// Something failed.
pub fn failed(model: &mut Model, what: Failed, error: Error) {
    if matches!(what, Failed::Open) {
        model.broken.lasting.get_or_insert_with(|| error.clone());
    }
    say(model, error.clone());
    let Failed::Asked(read) = what else { return };
    pane(model, &read, &error);
    overlay(model, &read, &error);
    if let Some(depth) = model.overlays.iter().rposition(|overlay| overlay.waits_for(&read)) {
        model.unanswered = Some(Unanswered { depth, read, error });
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

/// The panes: the part that lacks what was asked for says why.
fn pane(model: &mut Model, read: &Read, _error: &Error) {
    if let Read::Marked(..) = read {
        model.mark = None;
    }
}

/// What is open: nothing more is under way, and an answer that may be a refusal is this one.
fn overlay(model: &mut Model, read: &Read, error: &Error) {
    let error = error.clone();
    match read {
        Read::Catalogue => types::stopped(model),
        Read::Carry(carry, _) => carry::tried(model, carry, Err(error)),
        _ => {}
    }
}

/// What failed is forgotten when it is asked for again, or when who waited for it is gone.
pub fn asked(model: &mut Model, effects: &[Effect]) {
    let Some(failed) = &model.unanswered else { return };
    let again = effects.iter().any(|effect| match effect {
        Effect::Read(read) | Effect::Scan(read) => discriminant(read) == discriminant(&*failed.read),
        _ => false,
    });
    let waits = model.overlays.get(failed.depth).is_some_and(|overlay| overlay.waits_for(&failed.read));
    if again || !waits {
        model.unanswered = None;
    }
}
