//! Going from burst to burst: events that lie closer together than is usual around them.

use super::{places, time};
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::timeline::Subject;
use crate::tui::question::{Lane, Part};
use crate::tui::timeline::{bursts, points};

/// How many events are looked at at once, always the same ones together: what is usual is what is usual among them.
const STRETCH: i64 = 500;

/// To the start of a burst: events that lie closer together than is usual here. What is loaded may be a part only.
pub fn to(model: &mut Model, forward: bool, effects: &mut Vec<Effect>) {
    let (here, last) = model.cursor.place();
    let loaded = &model.timeline.loaded;
    let aggregate = match &loaded.subject {
        Some(Subject::One(aggregate)) if (loaded.points.len() as i64) < last => Some(aggregate.clone()),
        Some(Subject::Store) => None,
        _ => {
            let found = bursts::beside(&loaded.points, here, forward);
            return at(model, (here, forward), found, effects);
        }
    };
    let mut number = if forward { here.max(0) } else { (here - 2).max(0) } / STRETCH;
    effects.push(model.jump.burst.ask(&model.branch, Lane::Long, (here, forward), move |session, _| {
        // Each stretch begins with the last event of the one before, for the gap behind it.
        let (from, to) = ((number * STRETCH).max(1), ((number + 1) * STRETCH).min(last));
        let stretch = match &aggregate {
            Some(aggregate) => points::of_one(&session.window(aggregate, (from, to), 1, 1)?),
            None => points::of_store(&session.store_window((from, to), 1, 1)?),
        };
        let found = bursts::beside(&stretch, here, forward);
        let end = if forward { (number + 1) * STRETCH >= last } else { number == 0 };
        number += if forward { 1 } else { -1 };
        Ok(if found.is_some() || end { Part::Whole(found) } else { Part::More })
    }));
}

/// The start of the burst beside a place was found, or there is none.
pub fn at(model: &mut Model, from: (i64, bool), found: Option<i64>, effects: &mut Vec<Effect>) {
    let (here, last) = model.cursor.place();
    let (asked, forward) = from;
    if asked != here {
        return;
    }
    match found.or(Some(last).filter(|last| forward && *last > here)) {
        Some(place) => {
            places::leave(model);
            time::go(model, place, effects);
        }
        None if forward => model.tell("no later burst"),
        None => model.tell("no earlier burst"),
    }
}
