//! The list: selecting, sorting, narrowing, and reading what becomes visible.

use super::{places, rows, seek};
use crate::session::Sort;
use crate::tui::areas::{areas, inner_height};
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::chips::Narrowed;
use crate::tui::model::cursor::{Scope, Seek};
use crate::tui::model::list::Join;

/// Rows in the list's pane: one line is the column heads, and one the chips', where there are some.
pub fn height(model: &Model) -> usize {
    let chips = usize::from(!model.list.chips.all().is_empty());
    inner_height(areas(model).list).saturating_sub(1 + chips).max(1)
}

/// Selects another row.
pub fn step(model: &mut Model, by: isize, effects: &mut Vec<Effect>) {
    let last = model.list.rows.len().saturating_sub(1) as isize;
    let here = match model.list.index() {
        Some(i) => i as isize + by,
        None => model.list.top as isize,
    };
    select(model, here.clamp(0, last) as usize, effects);
}

/// Selects a row by its place among those that are there, and shows its aggregate.
pub fn select(model: &mut Model, index: usize, effects: &mut Vec<Effect>) {
    let Some(row) = model.list.rows.get(index) else { return };
    model.list.pick = false;
    let (aggregate, version) = (row.aggregate.clone(), row.version);
    if model.list.selected.as_ref() != Some(&aggregate) {
        model.list.selected = Some(aggregate.clone());
        if let Scope::Store { position, .. } = model.cursor.scope {
            model.cursor.aggregate = Some(aggregate.clone());
            seek::ask(model, Seek::AsOf(aggregate, position), effects);
        } else {
            if model.cursor.past() {
                places::leave(model);
            }
            super::time::open(model, aggregate, version, version, effects);
        }
    }
    let height = height(model);
    model.list.reveal(height);
}

/// A text or a filter was confirmed: the first hit is selected, where the selected row is not among the hits.
pub fn confirm(model: &mut Model, effects: &mut Vec<Effect>) {
    model.list.pick = model.list.scans() && !model.cursor.is_set();
    pick(model, effects);
}

/// Selects the first hit, where that was asked for and every hit is there.
pub fn pick(model: &mut Model, effects: &mut Vec<Effect>) {
    if !model.list.page.waits() && std::mem::take(&mut model.list.pick) && model.list.index().is_none() {
        select(model, 0, effects);
    }
}

/// Makes sure that the selected aggregate's row is in sight, where it is not among the rows that are there.
pub fn seek(model: &mut Model, effects: &mut Vec<Effect>) {
    let height = height(model);
    let list = &mut model.list;
    match &list.selected {
        Some(_) if list.index().is_some() => list.reveal(height),
        Some(aggregate) if !list.scans() && list.at.is_none() && !list.rows.is_empty() => {
            let aggregate = aggregate.clone();
            rows::ask_around(model, aggregate, effects);
        }
        _ => {}
    }
}

/// Looks once more, as something else is looked for; screens see that by themselves.
pub fn look_again(model: &mut Model, of: Narrowed, effects: &mut Vec<Effect>) {
    match of {
        Narrowed::Log => model.log_mut().forget(),
        Narrowed::List => reload(model, effects),
        Narrowed::Report | Narrowed::Jobs | Narrowed::Races => {}
    }
}

/// Forgets the rows and asks for the first page.
pub fn reload(model: &mut Model, effects: &mut Vec<Effect>) {
    let at = model.cursor.list_at();
    let list = &mut model.list;
    list.at = at;
    // The cursor's record stays in sight, wherever it stands among the rows that come.
    list.moved = true;
    (list.rank, list.before, list.top, list.scanned) = (None, false, 0, 0);
    ask(model, effects);
}

/// Asks for the rows that are there again; the selection and the scroll position stay.
pub fn refresh(model: &mut Model, effects: &mut Vec<Effect>) {
    let at = model.cursor.list_at();
    if model.list.page.waits() && model.list.scans() {
        return;
    }
    if model.list.before && model.list.at == at {
        // In the middle of a long list the first row stays as the anchor, and what follows it is read again.
        let mut request = model.list.request(at);
        request.after = model.list.first_key();
        request.limit = model.list.rows.len().max(1);
        return rows::ask(model, request, Join::Replace, effects);
    }
    model.list.at = at;
    ask(model, effects);
}

fn ask(model: &mut Model, effects: &mut Vec<Effect>) {
    let mut request = model.list.request(model.list.at);
    if !model.list.scans() {
        let seen = model.list.top + 2 * height(model);
        // In the past each row takes a fold, and each step asks anew: little more than what is visible is read.
        request.limit = if request.at.is_some() { seen } else { request.limit.max(seen) };
    }
    // Rows around an aggregate that were asked for before belong to another list.
    model.list.around.forget();
    rows::ask(model, request, Join::Replace, effects);
}

/// The next type tab; before the first one are all types.
pub fn next_type(model: &mut Model, forward: bool, effects: &mut Vec<Effect>) {
    let Some(overview) = &model.overview else { return };
    let mut kinds = vec![None];
    kinds.extend(overview.types.iter().map(|kind| Some(kind.name.clone())));
    let i = kinds.iter().position(|kind| *kind == model.list.kind).unwrap_or(0);
    let n = kinds.len();
    model.list.kind = kinds.swap_remove(if forward { (i + 1) % n } else { (i + n - 1) % n });
    model.list.chips.forget_names();
    reload(model, effects);
}

/// The next order; after the last one the first one turned round.
pub fn next_sort(model: &mut Model, effects: &mut Vec<Effect>) {
    let i = Sort::ALL.iter().position(|sort| *sort == model.list.sort).unwrap_or(0);
    if i + 1 == Sort::ALL.len() {
        model.list.reversed = !model.list.reversed;
    }
    model.list.sort = Sort::ALL[(i + 1) % Sort::ALL.len()];
    let turned = if model.list.reversed { ", turned round" } else { "" };
    model.tell(format!("sorted by {}{turned}", model.list.sort.name()));
    reload(model, effects);
}
