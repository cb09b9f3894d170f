//! What is found out about what is shown while it stands there: who set the fields, what an event led to, what is
//! counted, the lanes of other branches, the notes of the timeline, the state at the mark.

use super::{browse, pin};
use crate::session::{self, BlameRequest, Existed, Notes};
use crate::tui::areas::{areas, timeline_width};
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::state::Tab;
use crate::tui::model::timeline::Subject;
use crate::tui::question::{Lane, Part};
use crate::tui::screens::lab::Lab;

/// How many fields are blamed.
const FIELDS: usize = 5_000;
/// How many events or aggregates are looked at in a slice.
const SLICE: i64 = 20_000;
/// How many events behind one are looked through for its effects.
const EFFECTS: i64 = 500_000;

/// Takes in what was answered.
pub fn take_in(model: &mut Model) {
    let (beside, branch) = (&mut model.beside, &model.branch);
    beside.blame.take_in(branch);
    beside.effects.take_in(branch);
    beside.reactions.take_in(branch);
    beside.ahead.take_in(branch);
    beside.marked.take_in(branch);
    model.list.then.take_in(branch);
    let timeline = &mut model.timeline;
    timeline.notes.take_in(branch);
    timeline.lanes.take_with(branch, |shown, new, _| {
        // Other lanes may need more columns; the same ones leave the window as it is.
        let names =
            |lanes: &[session::Lane]| lanes.iter().map(|lane| lane.branch.clone()).collect::<Vec<_>>();
        timeline.fit |= new.len() > 1 && names(shown.as_deref().unwrap_or_default()) != names(&new);
        *shown = Some(new);
    });
    if let Some(pin) = &mut model.pinned {
        pin.values.take_in(branch);
    }
    marked(model);
}

/// The state at the mark; where there is none there is no mark.
fn marked(model: &mut Model) {
    let (slot, Some(mark)) = (&mut model.beside.marked, &mut model.mark) else { return };
    let of = (mark.branch.clone(), mark.aggregate.clone(), mark.version);
    if slot.asked() != Some(&of) {
        return;
    }
    if let Some(state) = slot.take() {
        mark.state = Some(state);
        browse::rebuild(model);
    } else if slot.failed().is_some() {
        model.mark = None;
    }
}

/// Asks for what is lacking.
pub fn ask(model: &mut Model, effects: &mut Vec<Effect>) {
    ask_begun(model, effects);
    ask_marked(model, effects);
    // On another branch the aggregate may not be there.
    if model.arriving {
        return;
    }
    ask_lanes(model, effects);
    ask_notes(model, effects);
    ask_ahead(model, effects);
    pin::ask(model, effects);
    // The rule lab covers what these are for, and the scanner counts for it.
    if model.screen::<Lab>().is_none() {
        ask_effects(model, effects);
        ask_reactions(model, effects);
        ask_blame(model, effects);
    }
}

/// How many aggregates of each type there were at the time that the list is as of.
fn ask_begun(model: &mut Model, effects: &mut Vec<Effect>) {
    let list = &mut model.list;
    let Some(at) = list.at.filter(|at| !list.then.is_asked(&model.branch, at)) else { return };
    // From one event to the next only what begins there is counted.
    let known = list.then.shown().filter(|known| known.is_near(at)).cloned();
    let (mut existed, mut after) = (Existed { at, ..Existed::default() }, 0);
    effects.push(list.then.ask(&model.branch, Lane::Long, at, move |session, _| {
        if let Some(known) = &known {
            return session.begun_near(known, at).map(Part::Whole);
        }
        let slice = session.begun(at, after, SLICE)?;
        existed.add(slice.types);
        let Some(next) = slice.next else { return Ok(Part::Whole(std::mem::take(&mut existed))) };
        after = next;
        Ok(Part::More)
    }));
}

fn ask_marked(model: &mut Model, effects: &mut Vec<Effect>) {
    let slot = &mut model.beside.marked;
    let Some(mark) = model.mark.as_ref().filter(|mark| mark.state.is_none()) else { return };
    let of = (mark.branch.clone(), mark.aggregate.clone(), mark.version);
    if slot.waits() && slot.asked() == Some(&of) {
        return;
    }
    let (on, aggregate, version) = of.clone();
    effects.push(slot.ask(&model.branch, Lane::Now, of, move |session, _| {
        let moment = session.on(&on, |session| session.moment(&aggregate, version))?;
        Ok(if moment.folding.is_some() { Part::More } else { Part::Whole(moment.state) })
    }));
}

/// How many events of the branch lie behind the cursor, where positions in between may be other branches'.
fn ask_ahead(model: &mut Model, effects: &mut Vec<Effect>) {
    let (here, last) = model.cursor.place();
    let slot = &mut model.beside.ahead;
    let counts = model.cursor.is_whole() && here < last && model.branches.len() > 1;
    if counts && !slot.is_asked(&model.branch, &(here, last)) {
        effects.push(slot.ask(&model.branch, Lane::Long, (here, last), move |session, _| {
            session.count_behind(here).map(Part::Whole)
        }));
    }
}

/// How many effects the event has that is shown. While others append the count that is there stays until the next one
/// comes.
fn ask_effects(model: &mut Model, effects: &mut Vec<Effect>) {
    let visible = areas(model).event.is_some();
    let Some(event) = model.moment.as_ref().and_then(|moment| moment.event.as_ref()) else { return };
    let newest = model.overview.as_ref().map_or(0, |overview| overview.head);
    let (slot, of) = (&mut model.beside.effects, (event.position, newest));
    if visible && !slot.is_asked(&model.branch, &of) {
        slot.keep_if(|(position, _)| *position == of.0);
        let event = event.clone();
        effects.push(slot.ask(&model.branch, Lane::Long, of, move |session, _| {
            let effects = session.count_effects(&event, EFFECTS)?;
            Ok(Part::Whole((effects, effects == EFFECTS)))
        }));
    }
}

/// What reactors made of the event that is shown.
fn ask_reactions(model: &mut Model, effects: &mut Vec<Effect>) {
    let visible = areas(model).event.is_some();
    let Some(event) = model.moment.as_ref().and_then(|moment| moment.event.as_ref()) else { return };
    let (slot, of) = (&mut model.beside.reactions, (event.position, model.labour.told));
    if visible && !slot.is_asked(&model.branch, &of) {
        slot.keep_if(|(position, _)| *position == of.0);
        let event = event.clone();
        effects.push(slot.ask(&model.branch, Lane::Long, of, move |session, _| {
            Ok(session.reactions(&event)?.map_or(Part::More, Part::Whole))
        }));
    }
}

/// Who set the fields of the state that is shown.
fn ask_blame(model: &mut Model, effects: &mut Vec<Effect>) {
    let visible = model.state.tab == Tab::State && areas(model).state.is_some();
    let Some(moment) = model.moment.as_ref().filter(|moment| moment.folding.is_none()) else { return };
    let (slot, of) = (&mut model.beside.blame, (moment.aggregate.clone(), moment.version));
    if visible && !slot.is_asked(&model.branch, &of) {
        let (aggregate, version) = of.clone();
        let request = BlameRequest { aggregate, version, skip: 0, limit: FIELDS, budget: SLICE };
        effects.push(slot.ask(&model.branch, Lane::Long, of, move |session, _| {
            let page = session.blame(&request)?;
            let fields = page.fields.into_iter().map(|field| (field.path, field.writer));
            Ok(if page.folding.is_some() { Part::More } else { Part::Whole(fields.collect()) })
        }));
    }
}

/// The lanes of the aggregate shown, where there are branches that may have some.
fn ask_lanes(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(aggregate) = model.cursor.aggregate.clone().filter(|_| model.cursor.is_one()) else { return };
    let newest = model.overview.as_ref().map_or(0, |overview| overview.head);
    let (slot, of) = (&mut model.timeline.lanes, (aggregate.clone(), newest));
    if model.branches.len() > 1 && !slot.is_asked(&model.branch, &of) {
        slot.keep_if(|(other, _)| *other == aggregate);
        effects.push(
            slot.ask(&model.branch, Lane::Now, of, move |session, _| {
                session.lanes(&aggregate).map(Part::Whole)
            }),
        );
    }
}

/// What is special about the events of the whole store that are in the window, where these are not too many.
fn ask_notes(model: &mut Model, effects: &mut Vec<Effect>) {
    let (_, last) = model.cursor.place();
    if !model.cursor.is_whole() || model.timeline.loaded.subject != Some(Subject::Store) {
        return;
    }
    let Some((from, to)) = model.timeline.noted(timeline_width(&areas(model)), last) else { return };
    let slot = &mut model.timeline.notes;
    if slot.is_asked(&model.branch, &(from, to, last)) {
        return;
    }
    let (mut notes, mut all) = (Notes::between(from, to), Vec::new());
    effects.push(slot.ask(&model.branch, Lane::Long, (from, to, last), move |session, _| {
        let more = session.notes(&mut notes)?;
        let none = more.is_empty();
        all.extend(more);
        all.sort_unstable_by_key(|(position, _)| *position);
        Ok(match notes.is_done() {
            true => Part::Whole(all.clone()),
            false if none => Part::More,
            false => Part::SoFar(all.clone()),
        })
    }));
}
