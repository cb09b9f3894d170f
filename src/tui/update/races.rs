//! From the list of races on: into the lab of one of them, to the order of another clock, and away.

use crate::replay::races::Race;
use crate::tui::model::Model;
use crate::tui::screens::order::Orders;
use crate::tui::screens::race::RaceLab;
use crate::tui::screens::races::Races;

/// Opens the lab of a race, where events up to so many microseconds apart overlap.
pub fn lab(model: &mut Model, race: &Race, within: i64) {
    let lab = RaceLab::of(&model.branch, race, within);
    model.open(lab);
}

/// Opens the record that is shown in the order of another clock.
pub fn orders(model: &mut Model) {
    if model.cursor.aggregate.is_none() {
        return model.tell("a record's events have an order: select one");
    }
    Orders::open(model);
}

/// Somebody goes to an event: the list, and what was opened from it, is not what is looked at any more.
pub fn leave(model: &mut Model) {
    model.close::<Races>();
    model.close::<RaceLab>();
}
