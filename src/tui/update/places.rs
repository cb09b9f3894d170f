//! Leaving a place, and walking back to it.

use super::time;
use super::{seek, timeline};
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::cursor::Scope;
use crate::tui::model::cursor::Seek;
use crate::tui::model::places::Place;

fn here(model: &Model) -> Place {
    let cursor = &model.cursor;
    Place {
        branch: model.branch.clone(),
        scope: cursor.scope,
        aggregate: cursor.aggregate.clone(),
        version: cursor.version,
        lanes: if cursor.is_set() { model.list.lanes.clone() } else { Vec::new() },
    }
}

/// Remembers where the cursor stands, before it jumps.
pub fn leave(model: &mut Model) {
    let place = here(model);
    if place.aggregate.is_some() || matches!(place.scope, Scope::Store { .. }) {
        model.places.leave(place);
    }
}

/// Back to the place before, or forward again.
pub fn walk(model: &mut Model, forward: bool, effects: &mut Vec<Effect>) {
    let now = here(model);
    let place = if forward { model.places.forward(now) } else { model.places.back(now) };
    let Some(place) = place else {
        model.tell(if forward { "no place ahead" } else { "no place before this one" });
        return;
    };
    super::branches::switch(model, &place.branch, effects);
    match (place.scope, place.aggregate) {
        // Another aggregate may be shown there than the one that the position's event is about.
        (Scope::Store { position, .. }, Some(aggregate)) => {
            time::show_store(model, position);
            (model.cursor.aggregate, model.cursor.version) = (Some(aggregate.clone()), place.version);
            model.list.selected = Some(aggregate.clone());
            seek::ask(model, Seek::AsOf(aggregate, position), effects);
        }
        (Scope::Set { .. }, Some(aggregate)) => {
            (model.cursor.scope, model.list.lanes) = (place.scope, place.lanes);
            (model.cursor.aggregate, model.cursor.version) = (Some(aggregate.clone()), place.version);
            model.list.selected = Some(aggregate);
            model.timeline.loaded.subject = None;
            timeline::ask_set(model, effects);
        }
        (Scope::Store { position, .. }, _) => time::open_store(model, position, effects),
        (_, Some(aggregate)) => {
            let head = if model.cursor.aggregate.as_ref() == Some(&aggregate) {
                model.cursor.head
            } else {
                place.version
            };
            time::open(model, aggregate, place.version, head, effects);
        }
        (_, None) => {}
    }
}
