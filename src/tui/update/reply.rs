//! What the workers answered: each answer goes to the part of the model that it is about.

mod failed;
mod rows;
mod timeline;

use super::{branches, browse, carry, diff, labour, list, order, pin, time, trace, types, undo};
use crate::session::{Moment, Overview, Tail};
use crate::tui::effect::{Effect, Read, Reply};
use crate::tui::model::cursor::Scope;
use crate::tui::model::list::Then;
use crate::tui::model::timeline::{Loaded, Subject};
use crate::tui::model::{Model, Stage};
use crate::tui::{screens, tour};

pub use failed::asked;

/// Takes an answer in.
#[allow(clippy::too_many_lines, reason = "a table of the answers, a line or two each")]
pub fn reply(model: &mut Model, reply: Reply, effects: &mut Vec<Effect>) {
    match reply {
        Reply::Overview(new) => overview(model, new, effects),
        Reply::Tail(new) => tail(model, new, effects),
        Reply::List { request, join, page, done } => rows::rows(model, &request, join, page, done, effects),
        Reply::Around(request, rows, rank, follows) => {
            if model.list.wants(&request) {
                model.broken.list = None;
                let height = list::height(model);
                let list = &mut model.list;
                (list.rows, list.before, list.after) = (rows, rank > 0, follows);
                list.rank = Some(rank);
                list.top = list.index().unwrap_or(0).saturating_sub(height / 2);
                list.reveal(height);
            }
        }
        Reply::Rank(key, rank) => {
            if model.list.first_key().as_ref() == Some(&key) {
                model.list.rank = Some(rank);
            }
        }
        Reply::Begun(position, types) => model.list.then = Then::Counted(position, types),
        Reply::Ahead(position, last, count) => {
            if model.ahead.of == Some((position, last)) {
                model.ahead.counted = Some(count);
            }
        }
        Reply::Effects(position, count, more) => {
            if model.effects.of.is_some_and(|(of, _)| of == position) {
                model.effects.counted = Some((count, more));
            }
        }
        Reply::Moment(moment) => show(model, *moment, effects),
        Reply::At(position, moment) => {
            if let Scope::Store { position: here, .. } = &mut model.cursor.scope {
                match moment {
                    Some(moment) => {
                        let at = moment.event.as_ref().map(|event| event.position);
                        if let Some(at) = at.filter(|_| *here == position) {
                            *here = at;
                        }
                        model.cursor.aggregate = Some(moment.aggregate.clone());
                        model.list.selected = Some(moment.aggregate.clone());
                        model.cursor.version = moment.version;
                        show(model, *moment, effects);
                    }
                    None if position == 0 => model.moment = None,
                    None => {}
                }
            }
        }
        Reply::Arrived(moment) => branches::arrived(model, moment, effects),
        Reply::AsOf(position, moment) => {
            if model.cursor.is_whole() && model.cursor.place().0 == position {
                model.cursor.version = moment.version;
                show(model, *moment, effects);
            }
        }
        Reply::Marked(moment) => {
            if let Some(mark) = &mut model.mark
                && mark.aggregate == moment.aggregate
                && mark.version == moment.version
            {
                mark.state = Some(moment.state);
                browse::rebuild(model);
            }
        }
        Reply::Window { aggregate, from, to, cell, window } => {
            let asked =
                Loaded { subject: Some(Subject::One(aggregate)), from, to, cell, ..Loaded::default() };
            timeline::loaded(model, asked, window);
        }
        Reply::StoreWindow { from, to, cell, window } => {
            timeline::loaded(
                model,
                Loaded { subject: Some(Subject::Store), from, to, cell, ..Loaded::default() },
                window,
            );
        }
        Reply::Lanes(lanes) => timeline::lanes(model, lanes, effects),
        Reply::Log { request, join, page, done } => rows::log_rows(model, &request, join, page, done),
        Reply::Notes(of, found) => timeline::notes(model, of, found),
        Reply::Blame(aggregate, version, fields) => {
            let of = Some((model.branch.clone(), aggregate, version));
            if model.blame.of == of {
                model.blame.fields = Some(fields);
            }
        }
        Reply::Compared { asked, differences, done, more } => {
            diff::found(model, &asked, differences, done, more);
        }
        Reply::Alarms(alarms) => model.alarms = alarms,
        Reply::Ordered(point, by, found) => order::came(model, &point, by, found),
        Reply::Rewrote(result) => screens::rewrite::rewrote(model, result, effects),
        Reply::Replaying(far) => screens::lab::replaying(model, far),
        Reply::UsedRule(result) => {
            tour::answered(model);
            screens::lab::used(model, result, effects);
        }
        Reply::Values(request, values) => pin::came(model, &request, values),
        Reply::Swim(lanes) => trace::came(model, *lanes),
        Reply::SwimStates(asked, moments) => trace::states(model, &asked, moments),
        Reply::Catalogue(catalogue, progress, whole) => types::came(model, catalogue, progress, whole),
        Reply::Branches(all) => branches::set(model, all),
        Reply::Forks(aggregate, lanes) => branches::forks(model, &aggregate, lanes),
        Reply::Waypoints(all) => model.waypoints = all,
        Reply::Reactions(position, answers) => model.reactions.known = Some((position, answers)),
        Reply::Worked(info) => labour::worked(model, &info),
        Reply::Alarm(text) => labour::notify(model, &text),
        Reply::JobsChanged(pulse) => labour::changed(model, pulse),
        Reply::Unconsented(held) => labour::held(model, held),
        Reply::WouldCarry(what, tried) => carry::tried(model, &what, tried),
        Reply::WouldTakeBack(again, undone) => undo::would(model, again, &undone),
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
            if let Stage::Start(start) = &mut model.stage
                && let Some(busy) = &mut start.busy
            {
                busy.progress = Some(progress);
            }
        }
        Reply::Opened(result) => match result {
            Ok(()) => effects.extend(super::opened(model)),
            Err(error) => {
                if let Stage::Start(start) = &mut model.stage {
                    (start.busy, start.failed) = (None, Some(error));
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

fn overview(model: &mut Model, new: Overview, effects: &mut Vec<Effect>) {
    let follows = !model.cursor.past();
    if let Scope::Store { position, last } = &mut model.cursor.scope {
        *last = new.head;
        if follows {
            *position = new.head;
        }
    }
    if let Some(why) = new.read_only.as_ref().filter(|_| model.overview.is_none()) {
        model.tell(format!("read-only: {why}"));
    }
    // From here on every append is told of, and followed or counted.
    if model.behind > 0 || model.overview.as_ref().is_none_or(|old| old.branch != new.branch) {
        model.followed = (new.head, new.events);
    }
    let monitors = new.monitors;
    model.overview = Some(new);
    model.behind = 0;
    if monitors == 0 {
        model.alarms.clear();
    } else {
        effects.push(Effect::Scan(Read::Alarms));
    }
}

/// Others appended: at the head the screen follows, in the past only the counter is raised.
fn tail(model: &mut Model, tail: Tail, effects: &mut Vec<Effect>) {
    trace::grown(model, effects);
    // Whichever branch moved on, its lane is longer now.
    model.timeline.lanes_of = None;
    let known = model.followed;
    if known == (tail.head, tail.events) {
        // Only another branch moved on.
        effects.push(Effect::Read(Read::Branches));
        return;
    }
    if model.in_past() {
        model.behind = (tail.events - known.1).max(0);
        return;
    }
    model.followed = (tail.head, tail.events);
    effects.push(Effect::Read(Read::Overview));
    list::refresh(model, effects);
    match (model.cursor.scope, model.cursor.aggregate.clone()) {
        (Scope::Store { .. }, _) => effects.push(Effect::Read(Read::At(tail.head, false))),
        (Scope::One, Some(aggregate)) => effects.push(Effect::Read(Read::Moment(aggregate, i64::MAX))),
        (Scope::Set { .. }, _) => effects.push(Effect::Read(Read::Lanes(model.list.lanes.clone()))),
        (Scope::One, None) => {}
    }
}

/// Shows a moment of the aggregate that the cursor is on.
pub fn show(model: &mut Model, moment: Moment, effects: &mut Vec<Effect>) {
    if model.cursor.aggregate.as_ref() != Some(&moment.aggregate) {
        return;
    }
    model.broken.moment = None;
    let at_head = model.cursor.version >= model.cursor.head;
    model.cursor.head = moment.head;
    if (at_head && moment.version == moment.head && model.cursor.is_one())
        || model.cursor.version > moment.head
    {
        model.cursor.version = moment.version;
    }
    if model.moment.as_ref().map(|m| (&m.aggregate, m.version)) != Some((&moment.aggregate, moment.version)) {
        model.event_scroll = 0;
    }
    model.moment = Some(moment);
    browse::rebuild(model);
    if std::mem::take(&mut model.open_whole) {
        time::whole_store(model, effects);
    }
}
