//! The keys of an operation's lanes, and what is read for them.

use super::jump;
use crate::event::{AggregateId, Position};
use crate::session::{Lanes, Moment};
use crate::tui::action::Command;
use crate::tui::areas::{TraceAreas, trace_areas};
use crate::tui::effect::{Effect, Read};
use crate::tui::model::Model;
use crate::tui::model::overlay::Overlay;
use crate::tui::model::trace::Trace;

/// Opens them at the event of the cursor.
pub fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(position) = model.position().filter(|position| *position > 0) else {
        model.tell("there is no event here");
        return;
    };
    model.overlays.push(Overlay::Trace(Box::new(Trace::of(position))));
    effects.push(Effect::Scan(Read::Swim(position)));
}

fn shown(model: &mut Model) -> Option<(&mut Trace, TraceAreas)> {
    let size = model.look.size;
    match model.overlays.last_mut() {
        Some(Overlay::Trace(trace)) => {
            let areas = trace_areas(trace, size);
            Some((trace, areas))
        }
        _ => None,
    }
}

/// Moves through the rows and lanes, goes to the selected event, stops, closes.
pub fn command(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    let Some((trace, areas)) = shown(model) else { return };
    let page = isize::from(areas.rows.height.max(2) as i16) - 1;
    match command {
        Command::Up | Command::StepBack => trace.step(-1),
        Command::Down | Command::StepForward => trace.step(1),
        Command::PageUp => trace.step(-page),
        Command::PageDown => trace.step(page),
        Command::First => trace.step(isize::MIN),
        Command::Head => trace.step(isize::MAX),
        Command::NextPane => trace.choose((trace.drawn.selected + 1) % trace.width().max(1)),
        Command::PreviousPane => {
            let lanes = trace.width().max(1);
            trace.choose((trace.drawn.selected + lanes - 1) % lanes);
        }
        Command::HalfDown => trace.down = trace.down.saturating_add(areas.states.height / 2),
        Command::HalfUp => trace.down = trace.down.saturating_sub(areas.states.height / 2),
        Command::Enter => {
            if let Some(position) = trace.position() {
                close(model, effects);
                jump::to_position(model, position, effects);
            }
        }
        _ if trace.reads() && trace.lanes.is_some() => {
            trace.stopped = true;
            super::list::stop_scans(model, effects);
        }
        _ => close(model, effects),
    }
}

fn close(model: &mut Model, effects: &mut Vec<Effect>) {
    let reads = shown(model).is_some_and(|(trace, _)| trace.reads());
    model.overlays.pop();
    if reads {
        super::list::stop_scans(model, effects);
    }
}

/// A click: on a row, or on a lane's state.
pub fn click(model: &mut Model, x: u16, y: u16) {
    let Some((trace, areas)) = shown(model) else { return };
    let at = (x, y).into();
    if areas.rows.contains(at) {
        let row = trace.rows.top + usize::from(y - areas.rows.y);
        if row < trace.height() {
            trace.step(row as isize - trace.rows.selected as isize);
        }
    } else if areas.states.contains(at) && areas.column > 0 {
        let lane = trace.shown.top + usize::from((x - areas.states.x) / areas.column);
        if lane < trace.width() {
            trace.choose(lane);
        }
    }
}

/// A part of the lanes came.
pub fn came(model: &mut Model, lanes: Lanes) {
    if let Some((trace, _)) = shown(model) {
        trace.take(lanes);
    }
}

/// The log has grown: what is whole may not be so any more.
pub fn grown(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some((trace, _)) = shown(model).filter(|(trace, _)| !trace.reads() && !trace.stopped) {
        effects.push(Effect::Scan(Read::Swim(trace.of)));
    }
}

/// The states of lanes came.
pub fn states(model: &mut Model, asked: &(Vec<AggregateId>, Position), moments: Vec<Moment>) {
    if let Some((trace, _)) = shown(model).filter(|(trace, _)| trace.asked.as_ref() == Some(asked)) {
        trace.moments = moments;
    }
}

/// Nothing more comes.
pub fn stopped(model: &mut Model) {
    if let Some((trace, _)) = shown(model) {
        trace.stopped = true;
    }
}

/// Keeps what is selected in sight, and asks for the states of the lanes that are shown.
pub fn needed(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some((trace, areas)) = shown(model) else { return };
    let (rows, lanes) = (trace.height(), trace.width());
    trace.rows.reveal(rows, areas.rows.height.into());
    trace.drawn.reveal(lanes, areas.lanes);
    trace.shown.selected = trace.drawn.selected;
    trace.shown.reveal(lanes, areas.columns);
    let wanted = trace.wants(areas.columns);
    if let Some(wanted) = wanted.filter(|wanted| trace.asked.as_ref() != Some(wanted)) {
        trace.asked = Some(wanted.clone());
        effects.push(Effect::Read(Read::SwimStates(wanted.0, wanted.1)));
    }
}
