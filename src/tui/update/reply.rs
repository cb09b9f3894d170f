//! What the workers answered: each answer goes to the part of the model that it is about.

mod failed;

use super::{branches, facts, labour, list, seek, timeline};
use crate::session::Tail;
use crate::tui::effect::{Effect, Reply};
use crate::tui::model::Model;
use crate::tui::model::cursor::{Scope, Seek};
use crate::tui::screens::start::Start;
use crate::tui::{screens, tour};

/// Takes an answer in.
#[allow(clippy::too_many_lines, reason = "a table of the answers, a line or two each")]
pub fn reply(model: &mut Model, reply: Reply, effects: &mut Vec<Effect>) {
    match reply {
        Reply::Tail(new) => tail(model, new, effects),
        Reply::Rewrote(result) => screens::rewrite::rewrote(model, result, effects),
        Reply::Replaying(far) => screens::lab::replaying(model, far),
        Reply::UsedRule(result) => {
            tour::answered(model);
            screens::lab::used(model, result, effects);
        }
        Reply::Worked(info) => labour::worked(model, &info),
        Reply::Alarm(text) => labour::notify(model, &text),
        Reply::JobsChanged(pulse) => labour::changed(model, pulse),
        Reply::Unconsented(held) => labour::held(model, held),
        Reply::Filling(left) => branches::filling(model, left, effects),
        Reply::Misses(sentence) => failed::filter(model, sentence),
        Reply::Held(held) => model.held = held,
        // The loop has dealt with it.
        Reply::Replaced(_) => {}
        Reply::Returned => {
            model.broken.lasting = None;
            model.done("the store's file is in its place again");
        }
        Reply::Fired(result) => screens::fire::fired(model, result, effects),
        Reply::Forked(result) => branches::forked(model, result, effects),
        Reply::Wrote(result) => branches::wrote(model, result, effects),
        Reply::Progress(progress) => {
            if let Some(start) = model.screen_mut::<Start>() {
                start.progress(progress);
            }
        }
        Reply::Opened(result) => match result {
            Ok(()) => effects.extend(super::opened(model)),
            Err(error) => {
                if let Some(start) = model.screen_mut::<Start>() {
                    start.fail(error);
                }
            }
        },
        Reply::Copied(result) => match result {
            Ok(text) => model.done(text),
            Err(error) => model.fail(error),
        },
        Reply::Answered(failure) => {
            if let Some(error) = failure {
                failed::say(model, error);
            }
        }
        Reply::Failed(what, error) => failed::failed(model, what, error),
    }
}

/// Others appended: at the head the screen follows, in the past only the counter is raised.
fn tail(model: &mut Model, tail: Tail, effects: &mut Vec<Effect>) {
    model.appended += 1;
    // Whichever branch moved on, its lane is longer now.
    model.timeline.lanes.forget();
    let known = model.followed;
    if known == (tail.head, tail.events) {
        // Only another branch moved on.
        return facts::branches(model, effects);
    }
    if model.in_past() {
        model.behind = (tail.events - known.1).max(0);
        return;
    }
    model.followed = (tail.head, tail.events);
    facts::overview(model, effects);
    list::refresh(model, effects);
    match (model.cursor.scope, model.cursor.aggregate.clone()) {
        (Scope::Store { .. }, _) => seek::ask(model, Seek::Near(tail.head, false), effects),
        (Scope::One, Some(aggregate)) => seek::version(model, aggregate, i64::MAX, effects),
        (Scope::Set { .. }, _) => timeline::ask_set(model, effects),
        (Scope::One, None) => {}
    }
}
