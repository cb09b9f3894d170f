//! What the workers answered: each answer goes to the part of the model that it is about.

mod failed;

use super::{branches, facts, labour, list, rules, seek, timeline};
use crate::error::{Error, Result};
use crate::session::{Imported, Tail};
use crate::tui::effect::{Effect, Reply};
use crate::tui::model::Model;
use crate::tui::model::cursor::{Scope, Seek};
use crate::tui::screens::start::Start;
use crate::tui::text::many;
use crate::tui::{screens, tour};

/// Takes an answer in.
#[allow(clippy::too_many_lines, reason = "a table of the answers, a line or two each")]
pub fn reply(model: &mut Model, reply: Reply, effects: &mut Vec<Effect>) {
    match reply {
        Reply::Tail(new) => tail(model, new, effects),
        Reply::Rewrote(result) => screens::rewrite::rewrote(model, result, effects),
        Reply::Replaying(far) => screens::lab::replaying(model, far),
        Reply::UsedDomain(result) => {
            tour::answered(model);
            rules::used(model, result, effects);
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
        Reply::Taking(progress) => {
            if let Some(source) = &mut model.source {
                source.taking = Some(progress);
            }
        }
        Reply::Taken(result) => taken(model, result, effects),
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

/// A log was read to its end, or cannot be.
fn taken(model: &mut Model, result: Result<Imported>, effects: &mut Vec<Effect>) {
    let Some(source) = &mut model.source else { return };
    source.taking = None;
    let untouched = source.announced;
    let imported = match result {
        Ok(imported) => imported,
        Err(error) => return model.fail(error.at("the log")),
    };
    source.behind = imported.behind.or(source.behind);
    let bad = imported.report.bad_count;
    source.bad += bad;
    if let Some(carried) = &imported.carried_over {
        // They came in beside the log: what is shown of branches was asked for before.
        facts::branches(model, effects);
        facts::waypoints(model, effects);
        match carried.told() {
            Some(told) if carried.lost.is_empty() => model.done(told),
            Some(told) => model.fail(Error::refused(told)),
            None => {}
        }
    }
    if untouched && imported.appended > 0 && !model.in_past() {
        // What came first was selected; who has not gone anywhere yet looks at what is newest.
        model.list.selected = None;
        model.list.pick = true;
        list::reload(model, effects);
    }
    if let Some(first) = imported.report.bad.first() {
        let (file, line, reason) = (&first.file, first.line, &first.reason);
        let many = many(bad as i64, "record");
        model.fail(Error::refused(format!(
            "{many} could not be read, the first one at {file}:{line}: {reason}"
        )));
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
