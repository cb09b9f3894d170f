//! The guided tour: it presses the same keys, as it were, and waits for the answers in between.

use super::jump;
use std::collections::VecDeque;
use std::sync::Arc;

use super::{browse, diff, lab};
use crate::domain::with_apply;
use crate::error::Result;
use crate::session::{LabRule, Tour, TourShow};
use crate::tui::action::Command;
use crate::tui::effect::{Effect, Read, Write};
use crate::tui::model::Model;
use crate::tui::model::lab::{Focus, Lab, Phase};
use crate::tui::model::tour::{Act, Touring};

/// Begins a tour over the store that was just opened.
pub fn opened(model: &mut Model, tour: Arc<Tour>) {
    model.set_tour(Some(Touring::new(tour)));
    enter(model, 0);
}

/// Keys of the tour; `false` where the key is none of its keys.
pub fn command(model: &mut Model, command: Command) -> bool {
    if !matches!(command, Command::TourNext | Command::TourBack | Command::TourLeave) {
        return false;
    }
    let Some(tour) = &model.tour else { return true };
    let (at, last) = (tour.at, tour.tour.steps.len().saturating_sub(1));
    let sent = model.lab().is_some_and(|lab| matches!(lab.phase, Phase::Sent(..)));
    match command {
        Command::TourLeave => {
            model.set_tour(None);
            browse::rebuild(model);
            diff::rebuild(model);
            model.tell("the tour is left; this store stays open");
        }
        // What is being taken into use is waited for.
        _ if sent => {}
        Command::TourNext if at < last => enter(model, at + 1),
        Command::TourBack if at > 0 => enter(model, at - 1),
        _ => {}
    }
    true
}

/// Shows a step: what it needs is done one after the other.
fn enter(model: &mut Model, at: usize) {
    let labs = model.lab().map(Lab::text);
    let (aggregate, version) = (model.cursor.aggregate.clone(), model.cursor.version);
    let Some(tour) = &mut model.tour else { return };
    let mut acts = VecDeque::new();
    while let Some((_, rule)) = tour.replaced.pop_if(|(by, _)| *by >= at) {
        acts.push_back(Act::Restore(rule));
    }
    let back = at < tour.at;
    (tour.at, tour.waiting) = (at, None);
    let Some(step) = tour.step().cloned() else { return };
    let here = aggregate.is_some_and(|aggregate| step.at == format!("{aggregate}@{version}"));
    let open = labs.is_some() && labs.as_deref() == step.rule.as_deref().map(str::trim);
    // A lab that shows the step's rule already goes on being looked at.
    if back || !here || !open {
        acts.push_back(Act::Go(step.at.clone()));
        if let Some(rule) = step.rule {
            acts.extend([Act::Lab, Act::Put(rule.trim().to_owned())]);
        }
    }
    if step.show == TourShow::Store {
        acts.push_back(Act::Store);
    }
    if step.taken {
        acts.push_back(Act::Use);
    }
    if let Some(tour) = &mut model.tour {
        tour.acts = acts;
    }
}

/// Does what can be done by now.
pub fn go_on(model: &mut Model, effects: &mut Vec<Effect>) {
    while let Some(act) = next(model) {
        act_out(model, act, effects);
    }
}

/// The next act, where everything is there that it needs.
fn next(model: &mut Model) -> Option<Act> {
    let tour = model.tour.as_ref().filter(|tour| tour.waiting.is_none())?;
    let cursor = &model.cursor;
    let shown = model.moment.as_ref().is_some_and(|moment| {
        Some(&moment.aggregate) == cursor.aggregate.as_ref()
            && moment.version == cursor.version
            && moment.folding.is_none()
    });
    let counted = || {
        model.lab().is_some_and(|lab| lab.current().is_some() && matches!(lab.store.counted, Some((_, true))))
    };
    let ready = match tour.acts.front()? {
        Act::Restore(_) => true,
        Act::Go(_) => model.overview.is_some(),
        Act::Lab => shown && !model.arriving,
        Act::Put(_) => model.lab().is_some_and(|lab| lab.rule.is_some()),
        // Where the rule is in use already there is nothing to count.
        Act::Store | Act::Use => {
            counted() || model.lab().is_some_and(|lab| lab.current().is_some() && !lab.changed())
        }
    };
    if ready { model.tour.as_mut()?.acts.pop_front() } else { None }
}

fn act_out(model: &mut Model, act: Act, effects: &mut Vec<Effect>) {
    let waits = match &act {
        Act::Restore(rule) => {
            effects.push(Effect::Read(Read::Rule(rule.aggregate.clone(), rule.event.clone())));
            true
        }
        Act::Go(revision) => {
            lab::left(model, effects);
            model.overlays.clear();
            jump::to_revision(model, revision.clone(), None, effects);
            true
        }
        Act::Lab => {
            lab::open(model, effects);
            false
        }
        Act::Put(text) => {
            if let Some(lab) = model.lab_mut() {
                lab.put(text);
            }
            false
        }
        Act::Store => {
            if let Some(lab) = model.lab_mut() {
                lab.focus = Focus::Store;
            }
            false
        }
        Act::Use => take(model, effects),
    };
    if let Some(tour) = model.tour.as_mut().filter(|_| waits) {
        tour.waiting = Some(act);
    }
}

/// Takes the lab's rule into use; answers whether there is anything to wait for.
fn take(model: &mut Model, effects: &mut Vec<Effect>) -> bool {
    let Some(lab) = model.lab().filter(|lab| lab.changed()) else { return false };
    let Some((rule, tried)) = lab.rule.clone().zip(lab.current()) else { return false };
    let source = Arc::from(tried.source.as_str());
    if let Some(tour) = &mut model.tour {
        tour.replaced.push((tour.at, Arc::clone(&rule)));
    }
    lab::sent(model);
    effects.push(Effect::Write(Write::Rule(rule, source)));
    true
}

/// A revision was resolved, or a rule is in use: the next act may follow.
pub fn answered(model: &mut Model) {
    if let Some(tour) = &mut model.tour {
        tour.waiting = None;
    }
}

/// The rule in use came, in whose place an earlier one goes back; `false` where the tour did not ask for it.
pub fn restore(
    model: &mut Model,
    of: &(String, String),
    rule: &Result<Box<LabRule>>,
    effects: &mut Vec<Effect>,
) -> bool {
    let waiting = model.tour.as_ref().and_then(|tour| tour.waiting.as_ref());
    let Some(Act::Restore(earlier)) = waiting.filter(|_| model.lab().is_none_or(|lab| lab.rule.is_some()))
    else {
        return false;
    };
    if *of != (earlier.aggregate.clone(), earlier.event.clone()) {
        return false;
    }
    let back = rule.as_ref().map_err(Clone::clone).and_then(|rule| {
        with_apply(&rule.source, &rule.aggregate, &rule.event, &earlier.text).map(|source| (rule, source))
    });
    match back {
        Ok((rule, source)) => {
            effects.push(Effect::Write(Write::Rule(Arc::new((**rule).clone()), source.into())));
        }
        Err(error) => {
            answered(model);
            model.fail(error);
        }
    }
    true
}
