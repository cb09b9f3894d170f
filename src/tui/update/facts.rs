//! What is known of the store as a whole: what it holds, its branches, its waypoints, what its monitors say.

use super::{branches, undo};
use crate::session::{EventCounts, LogRequest, Overview};
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::cursor::Scope;
use crate::tui::question::{Lane, Part};

/// Asks what the store holds.
pub fn overview(model: &mut Model, effects: &mut Vec<Effect>) {
    let slot = &mut model.facts.overview;
    effects.push(slot.ask(&model.branch, Lane::Now, (), |session, _| session.overview().map(Part::Whole)));
}

/// Asks for every branch, the archived ones too.
pub fn branches(model: &mut Model, effects: &mut Vec<Effect>) {
    let slot = &mut model.facts.branches;
    effects
        .push(slot.ask(&model.branch, Lane::Now, (), |session, _| session.branches(true).map(Part::Whole)));
}

/// Asks for every waypoint, and every note.
pub fn waypoints(model: &mut Model, effects: &mut Vec<Effect>) {
    let slot = &mut model.facts.waypoints;
    effects.push(slot.ask(&model.branch, Lane::Now, (), |session, _| {
        Ok(Part::Whole((session.waypoints()?, session.written_notes()?)))
    }));
}

/// What is asked anew when there are twice as many events.
fn doublings(model: &Model) -> Option<u32> {
    model.overview.as_ref().map(|overview| overview.events.unsigned_abs().max(1).ilog2())
}

/// Asks which fields records have, where that is not known.
pub fn fields(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(of) = doublings(model) else { return };
    let slot = &mut model.facts.fields;
    if !slot.is_asked(&model.branch, &of) {
        effects.push(slot.ask(&model.branch, Lane::Long, of, |session, _| session.fields().map(Part::Whole)));
    }
}

/// Asks how many events have which type and which actor, where that is not known.
pub fn names(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(of) = doublings(model) else { return };
    let slot = &mut model.facts.names;
    if slot.is_asked(&model.branch, &of) {
        return;
    }
    let mut counts = EventCounts::default();
    effects.push(slot.ask(&model.branch, Lane::Long, of, move |session, _| {
        let whole = session.count_events(&LogRequest::default(), &mut counts)?;
        let names = session.counted_events(&counts)?;
        Ok(if whole { Part::Whole(names) } else { Part::SoFar(names) })
    }));
}

/// Takes in what was answered.
pub fn tick(model: &mut Model, effects: &mut Vec<Effect>) {
    let (facts, branch) = (&mut model.facts, &model.branch);
    facts.overview.take_in(branch);
    facts.branches.take_in(branch);
    facts.waypoints.take_in(branch);
    facts.alarms.take_in(branch);
    facts.undo.take_in(branch);
    facts.fields.take_in(branch);
    facts.names.take_in(branch);
    if let Some(all) = facts.waypoints.take() {
        (model.waypoints, facts.notes) = all;
    }
    if let Some(alarms) = facts.alarms.take() {
        model.alarms = alarms;
    }
    if let Some(all) = model.facts.branches.take() {
        branches::set(model, all);
    }
    if let Some(new) = model.facts.overview.take() {
        set_overview(model, new, effects);
    }
    if let (Some(undone), Some(again)) = (model.facts.undo.take(), model.facts.undo.asked().copied()) {
        undo::propose(model, again, &undone);
    }
}

fn set_overview(model: &mut Model, new: Overview, effects: &mut Vec<Effect>) {
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
    // From here on every append is told of, and followed or counted. In the past it goes on being counted, whyever
    // this was asked; at the head what was not told of yet is still to be followed.
    let left = model.behind > 0 && !model.in_past();
    if left || model.overview.as_ref().is_none_or(|old| old.branch != new.branch) {
        model.followed = (new.head, new.events);
    }
    model.behind = if model.in_past() { (new.events - model.followed.1).max(0) } else { 0 };
    let monitors = new.monitors;
    model.overview = Some(new);
    if monitors == 0 {
        model.alarms.clear();
        return;
    }
    let slot = &mut model.facts.alarms;
    effects.push(slot.ask(&model.branch, Lane::Long, (), |session, _| session.alarms().map(Part::Whole)));
}
