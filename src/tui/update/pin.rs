//! The pinned field: its row on the timeline, and the events that changed it.

use super::{jump, list};
use crate::replay::diff::dotted;
use crate::session::{Chip, LogRequest, Test, Values, ValuesRequest};
use crate::tui::areas::{areas, timeline_width};
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::chips::Narrowed;
use crate::tui::model::pin::Pin;
use crate::tui::model::state::{Row, Tab};
use crate::tui::question::{Lane, Pace};

/// Pins the selected field, or lets it go.
pub fn pin(model: &mut Model) {
    let pointer = model.state.rows.get(model.state.selected).and_then(Row::pointer).map(str::to_owned);
    match pointer {
        Some(pointer) if model.pinned.as_ref().is_none_or(|pin| pin.path != pointer) => {
            model.done(format!(
                "{} has its row on the timeline; v and V go to its changes, Enter lists them",
                dotted(&pointer)
            ));
            model.pinned = Some(Pin::new(pointer));
        }
        _ => {
            model.pinned = None;
            model.tell("no field is pinned: p in the state pins the selected one");
        }
    }
}

/// Whether the field that is selected in the state is the pinned one.
pub fn is_selected(model: &Model) -> bool {
    let selected = model.state.rows.get(model.state.selected).and_then(Row::pointer);
    model.pinned.as_ref().is_some_and(|pin| selected == Some(pin.path.as_str()))
}

/// The log, narrowed to the changes of the pinned field.
pub fn history(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(field) = model.pinned.as_ref().map(Pin::dotted) else { return };
    model.state.tab = Tab::Log;
    model.log_mut().chips.add(Chip::only(Test::Changed(field)));
    list::look_again(model, Narrowed::Log, effects);
}

/// To the next or the previous event that changed the pinned field.
pub fn step(model: &mut Model, forward: bool, effects: &mut Vec<Effect>) {
    let (Some(pin), Some(aggregate)) = (&model.pinned, model.cursor.aggregate.clone()) else {
        model.tell("no field is pinned: p in the state pins the selected one");
        return;
    };
    let path = pin.dotted();
    let request = LogRequest {
        aggregate: Some(aggregate),
        oldest_first: forward,
        after: Some(model.cursor.version),
        chips: vec![Chip::only(Test::Changed(path.clone()))],
        ..LogRequest::default()
    };
    let none = format!("no {} change of {path}", if forward { "later" } else { "earlier" });
    jump::to_first(model, request, none, effects);
}

/// Asks for what the pinned field was in each cell of the timeline, where that is not known yet.
pub fn ask(model: &mut Model, effects: &mut Vec<Effect>) {
    let (Some(pin), Some(aggregate)) = (&model.pinned, &model.cursor.aggregate) else { return };
    let placed = model.timeline.placed(timeline_width(&areas(model)), model.cursor.place().1);
    let places = placed.iter().filter_map(|item| model.pinned_place(item));
    let mut places: Vec<_> = places.collect();
    places.dedup();
    let request = ValuesRequest {
        aggregate: aggregate.clone(),
        path: pin.path.clone(),
        places,
        by_position: model.cursor.is_whole(),
    };
    let Some(pin) = model.pinned.as_mut().filter(|_| !request.places.is_empty()) else { return };
    if pin.values.is_asked(&model.branch, &request) {
        return;
    }
    let (of, mut values, mut pace) = (request.clone(), Values::default(), Pace::default());
    effects.push(pin.values.ask(&model.branch, Lane::Long, of, move |session, _| {
        let whole = !session.values(&request, &mut values)?;
        Ok(pace.part(whole, || (request.clone(), values.clone())))
    }));
}

/// What is known is of another branch.
pub fn forget(model: &mut Model) {
    if let Some(pin) = &mut model.pinned {
        *pin = Pin::new(std::mem::take(&mut pin.path));
    }
}
