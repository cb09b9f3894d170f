//! The moment that the cursor stands at: asked for wherever the cursor goes, and the newest question wins.

use super::{branches, browse, time};
use crate::error::Result;
use crate::event::{AggregateId, Position, Version};
use crate::session::{Moment, Session};
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::cursor::{Scope, Seek};
use crate::tui::question::{Lane, Part};

/// Asks for an aggregate at a version.
pub fn version(model: &mut Model, aggregate: AggregateId, version: Version, effects: &mut Vec<Effect>) {
    // On a branch that was just gone over to the aggregate may not be there.
    let there = !model.arriving;
    ask(
        model,
        if there { Seek::Version(aggregate, version) } else { Seek::Arrive(aggregate, version) },
        effects,
    );
}

/// Asks for what a place is.
pub fn ask(model: &mut Model, seek: Seek, effects: &mut Vec<Effect>) {
    let of = seek.clone();
    effects.push(model.seek.ask(&model.branch, Lane::Now, seek, move |session, _| {
        let moment = moment(session, &of)?;
        let folding = moment.as_ref().is_some_and(|moment| moment.folding.is_some());
        Ok(if folding { Part::SoFar(moment) } else { Part::Whole(moment) })
    }));
}

fn moment(session: &mut Session, seek: &Seek) -> Result<Option<Moment>> {
    match seek {
        Seek::Version(aggregate, version) => session.moment(aggregate, *version).map(Some),
        Seek::Arrive(aggregate, version) => session.moment_if_any(aggregate, *version),
        Seek::AsOf(aggregate, position) => {
            let version = session.version_at(aggregate, *position)?;
            session.moment(aggregate, version).map(Some)
        }
        Seek::Near(position, forward) => match session.event_near(*position, *forward)? {
            Some(event) => session.moment(&event.aggregate, event.version).map(Some),
            None => Ok(None),
        },
    }
}

/// Shows what was asked for, as far as it is folded.
pub fn tick(model: &mut Model, effects: &mut Vec<Effect>) {
    if !model.seek.take_in(&model.branch) {
        return;
    }
    if let Some(error) = model.seek.failed() {
        model.broken.moment = Some(error.clone());
        model.arriving = false;
    }
    let (Some(moment), Some(seek)) = (model.seek.take(), model.seek.asked().cloned()) else { return };
    match (seek, moment) {
        (Seek::Arrive(..), moment) => branches::arrived(model, moment, effects),
        (Seek::Version(..), Some(moment)) => show(model, moment, effects),
        (Seek::AsOf(_, position), Some(moment)) => {
            if model.cursor.is_whole() && model.cursor.place().0 == position {
                model.cursor.version = moment.version;
                show(model, moment, effects);
            }
        }
        (Seek::Near(position, _), Some(moment)) => near(model, position, moment, effects),
        (Seek::Near(0, _), None) => model.moment = None,
        (_, None) => {}
    }
}

/// The cursor over the whole store stands at the event that was found.
fn near(model: &mut Model, position: Position, moment: Moment, effects: &mut Vec<Effect>) {
    let Scope::Store { position: here, .. } = &mut model.cursor.scope else { return };
    if let Some(event) = moment.event.as_ref().filter(|_| *here == position) {
        *here = event.position;
    }
    model.cursor.aggregate = Some(moment.aggregate.clone());
    model.list.selected = Some(moment.aggregate.clone());
    model.cursor.version = moment.version;
    show(model, moment, effects);
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
