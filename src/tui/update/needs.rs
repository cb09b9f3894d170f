//! What the screen lacks after a change: parts of the timeline, of the log and of the list.

use super::{beside, list, logs, rows};
use crate::tui::areas::{areas, timeline_width};
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::cursor::Scope;
use crate::tui::model::list::Join;
use crate::tui::model::timeline::{Asked, Subject, Zoom, cell_for};
use crate::tui::question::{Lane, Part};

/// Single events are read for so many versions at once; more are read as edges of cells.
const SINGLE: i64 = 599;

/// Asks for what is visible and not there.
pub fn collect(model: &mut Model, effects: &mut Vec<Effect>) {
    if !model.is_open() {
        return;
    }
    if model.list.at != model.cursor.list_at() {
        model.list.moved = true;
        list::refresh(model, effects);
    }
    pages(model, effects);
    // On another branch the aggregate may not be there.
    if !model.arriving {
        timeline(model, effects);
        logs::collect(model, effects);
    }
    beside::ask(model, effects);
}

/// The next rows of the list before the last visible one is reached.
fn pages(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.broken.list.is_some() {
        return;
    }
    let height = list::height(model);
    let list = &mut model.list;
    if list.page.waits() || list.rows.is_empty() {
        return;
    }
    let mut request = list.request(list.at);
    if list.after && list.top + 2 * height >= list.rows.len() {
        request.after = list.rows.last().map(|row| row.key.clone());
        rows::ask(model, request, Join::Append, effects);
    } else if list.before && list.top < height {
        request.after = list.first_key();
        request.backwards = true;
        rows::ask(model, request, Join::Prepend, effects);
    }
}

fn timeline(model: &mut Model, effects: &mut Vec<Effect>) {
    let width = timeline_width(&areas(model));
    let (here, last) = model.cursor.place();
    let subject = match (model.cursor.scope, &model.cursor.aggregate) {
        (Scope::Store { .. }, _) => Subject::Store,
        (Scope::One, Some(aggregate)) => Subject::One(aggregate.clone()),
        _ => {
            if model.timeline.fit && model.timeline.loaded.subject.is_some() {
                model.timeline.fit = false;
                model.timeline.fit_to(width, last);
                if let Zoom::Cells(2..) = model.timeline.zoom {
                    model.timeline.zoom = Zoom::Gaps;
                }
            }
            model.timeline.reveal(here, width, last);
            return;
        }
    };
    // Nothing to draw, or a branch that was just gone over to, whose head is not known yet.
    if last == 0 || last == i64::MAX {
        return;
    }
    let timeline = &mut model.timeline;
    let fresh = timeline.loaded.subject.as_ref() == Some(&subject);
    if timeline.fit && (fresh || last > SINGLE) {
        // A long history is fitted without looking; a short one when its gaps are known.
        if fresh && timeline.loaded.head == last {
            timeline.fit = false;
        }
        timeline.fit_to(width, last);
        if !fresh && last > SINGLE {
            timeline.zoom = Zoom::Cells(cell_for((last + i64::from(width) - 1) / i64::from(width.max(1))));
            timeline.fit = false;
        }
    }
    if fresh || timeline.zoom.cell() > 1 {
        timeline.reveal(here, width, last);
    }
    let cell = timeline.zoom.cell();
    let length = i64::from(width).saturating_mul(cell);
    let from = timeline.from.max(1);
    let (need_from, need_to) = if fresh {
        (from.min(here.max(1)), from.saturating_add(length).min(last))
    } else {
        (here.clamp(1, last), here.clamp(1, last))
    };
    let single = cell == 1 || length <= SINGLE || last <= SINGLE;
    let loaded = &timeline.loaded;
    let grain = if single { 1 } else { cell };
    let covered = fresh
        && loaded.head == last
        && loaded.cell == grain
        && loaded.from <= need_from
        && (loaded.to >= need_to || loaded.to >= last);
    if covered {
        return;
    }
    let (from, to) = if last <= SINGLE {
        (1, last)
    } else if single {
        let start = (need_from - (SINGLE - length.min(SINGLE)) / 2).clamp(1, last);
        (start, (start + SINGLE - 1).min(last))
    } else {
        let start = (from - length).max(1);
        let start = (start - 1) / cell * cell + 1;
        (start, from.saturating_add(2 * length).min(last))
    };
    let asked = Asked { subject: subject.clone(), from, to, head: last, cell: grain };
    // What failed stays noted: it would fail again.
    let open = timeline.window.waits() || timeline.window.failed().is_some();
    if open && timeline.window.is_asked(&model.branch, &asked) {
        return;
    }
    let cells = usize::from(width.saturating_sub(16)).max(8);
    effects.push(timeline.window.ask(&model.branch, Lane::Now, asked, move |session, _| {
        let window = match &subject {
            Subject::One(aggregate) => session.window(aggregate, (from, to), grain, cells)?,
            _ => session.store_window((from, to), grain, cells)?,
        };
        Ok(Part::Whole(window))
    }));
}
