//! Another clock's order: asking for it, and the keys of the two orders beside each other.

use super::jump;
use crate::error::Result;
use crate::session::{Order, Ordered, Point};
use crate::tui::action::Command;
use crate::tui::effect::{Effect, Read};
use crate::tui::model::Model;
use crate::tui::model::order::Orders;
use crate::tui::model::overlay::Overlay;

/// Opens it for the aggregate that is shown, with all its events.
pub fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(aggregate) = model.cursor.aggregate.clone() else { return };
    let head = model.cursor.head;
    let point = Point::Aggregate { branch: model.branch.clone(), aggregate, version: head, head };
    ask(Orders::new(point, Order::Occurred), model, effects);
}

fn ask(orders: Orders, model: &mut Model, effects: &mut Vec<Effect>) {
    effects.push(Effect::Scan(Read::Order(orders.point.clone(), orders.by)));
    model.overlays.push(Overlay::Order(Box::new(orders)));
}

/// The rows of the table: below the frame and the headings, above what is said of the end.
fn height(model: &Model, orders: &Orders) -> usize {
    usize::from(model.look.size.1).saturating_sub(4 + orders.ends.len()).max(1)
}

/// The orders came.
pub fn came(model: &mut Model, point: &Point, by: Order, found: Result<Box<Ordered>>) {
    let Some(Overlay::Order(orders)) = model.overlays.last_mut() else { return };
    if orders.point == *point && orders.by == by {
        orders.take(found);
    }
    reveal(model, 0);
}

fn reveal(model: &mut Model, by: isize) {
    let height = match model.overlays.last() {
        Some(Overlay::Order(orders)) => height(model, orders),
        _ => return,
    };
    if let Some(Overlay::Order(orders)) = model.overlays.last_mut() {
        let places = orders.places();
        orders.scroll.step(by, places, height);
    }
}

/// Moves, takes the next clock, goes to the selected event, closes.
pub fn command(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    let page = match model.overlays.last() {
        Some(Overlay::Order(orders)) => (height(model, orders) as isize - 1).max(1),
        _ => return,
    };
    let Some(Overlay::Order(orders)) = model.overlays.last_mut() else { return };
    match command {
        Command::Up | Command::StepBack => reveal(model, -1),
        Command::Down | Command::StepForward => reveal(model, 1),
        Command::PageUp => reveal(model, -page),
        Command::PageDown => reveal(model, page),
        Command::First => reveal(model, isize::MIN),
        Command::Head => reveal(model, isize::MAX),
        Command::NextPane => orders.other = !orders.other,
        Command::ClockOrder => {
            let mut next = Orders::new(orders.point.clone(), orders.next());
            next.other = orders.other;
            model.overlays.pop();
            ask(next, model, effects);
        }
        Command::Enter => {
            if let Some(position) = orders.selected() {
                model.overlays.pop();
                jump::to_position(model, position, effects);
            }
        }
        _ => drop(model.overlays.pop()),
    }
}
