//! Rows of the list: asking for them, and how they join those that are there.

use super::list;
use crate::error::Result;
use crate::event::AggregateId;
use crate::session::{ListPage, ListRequest, ListRow, Session};
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::list::{Around, Join, List};
use crate::tui::question::{Lane, Part};
use crate::tui::text::cut;

/// How many candidates a scan looks at in a slice.
const BUDGET: usize = 2_000;
/// How many rows a scan keeps; then it stops.
const KEPT: usize = 10_000;
/// How much of a label or of a column a row of the list keeps: more than any screen shows.
const SHOWN: usize = 1_000;
/// How many rows are kept of a list that is walked through.
const MOST: usize = 1_200;
/// How many rows are read on either side of one.
const EACH: usize = 100;

/// Asks for rows of the list: a page by its index, or where it is narrowed those that match, as they are found.
pub fn ask(model: &mut Model, mut request: ListRequest, join: Join, effects: &mut Vec<Effect>) {
    let (list, of) = (&mut model.list, (request.clone(), join));
    if !list.scans() {
        effects.push(list.page.ask(&model.branch, Lane::Now, of, move |session, _| {
            session.list(&request).map(brief).map(Part::Whole)
        }));
        return;
    }
    (request.budget, request.limit) = (BUDGET, BUDGET);
    let mut kept = 0;
    effects.push(list.page.ask(&model.branch, Lane::Long, of, move |session, _| {
        let mut page = brief(session.list(&request)?);
        kept += page.rows.len();
        let whole = page.next.is_none() || kept >= KEPT;
        request.after = page.next.take();
        Ok(if whole { Part::Whole(page) } else { Part::SoFar(page) })
    }));
}

/// Asks for the rows around an aggregate's.
pub fn ask_around(model: &mut Model, aggregate: AggregateId, effects: &mut Vec<Effect>) {
    let request = model.list.request(None);
    let of = (request.clone(), aggregate.clone());
    effects.push(model.list.around.ask(&model.branch, Lane::Now, of, move |session, _| {
        around(session, &request, &aggregate).map(Part::Whole)
    }));
}

/// Rows with as much of long texts as is shown of them.
fn brief(mut page: ListPage) -> ListPage {
    for row in &mut page.rows {
        let texts =
            [&mut row.label, &mut row.status].into_iter().chain(&mut row.columns).chain(&mut row.error);
        for text in texts.filter(|text| text.len() > SHOWN) {
            *text = cut(text, SHOWN);
        }
    }
    page
}

/// The rows before and behind an aggregate's row, and it; nothing where the list does not hold it.
fn around(session: &mut Session, request: &ListRequest, aggregate: &AggregateId) -> Result<Option<Around>> {
    if request.kind.as_ref().is_some_and(|kind| *kind != aggregate.kind) {
        return Ok(None);
    }
    let Some(row) = session.row(request, aggregate)? else { return Ok(None) };
    let beside = |backwards: bool| ListRequest {
        after: Some(row.key.clone()),
        backwards,
        limit: EACH,
        ..request.clone()
    };
    let mut rows: Vec<ListRow> = session.list(&beside(true))?.rows;
    let behind = session.list(&beside(false))?;
    let follows = behind.next.is_some();
    rows.push(row);
    rows.extend(behind.rows);
    let rank = rows.first().map_or(Ok(0), |first| session.rank(request, &first.key))?;
    Ok(Some(Around { rows, rank, follows }))
}

/// Takes rows in.
pub fn tick(model: &mut Model, effects: &mut Vec<Effect>) {
    pages(model, effects);
    if model.list.around.take_in(&model.branch)
        && let Some(Some(Around { rows, rank, follows })) = model.list.around.take()
    {
        model.broken.list = None;
        let height = list::height(model);
        let list = &mut model.list;
        (list.rows, list.before, list.after, list.rank) = (rows, rank > 0, follows, Some(rank));
        list.top = list.index().unwrap_or(0).saturating_sub(height / 2);
        list.reveal(height);
    }
    if model.list.ranking.take_in(&model.branch)
        && model.list.first_key().as_ref() == model.list.ranking.asked()
    {
        model.list.rank = model.list.ranking.take();
    }
    let failed = model.list.page.failed().or(model.list.around.failed());
    model.broken.list = failed.cloned();
}

fn pages(model: &mut Model, effects: &mut Vec<Effect>) {
    let mut parts = Vec::new();
    model.list.page.take_with(&model.branch, |_, page, first| parts.push((page, first)));
    let Some((request, join)) = model.list.page.asked().cloned().filter(|_| !parts.is_empty()) else {
        return;
    };
    let (height, was_empty) = (list::height(model), model.list.rows.is_empty());
    let list = &mut model.list;
    for (page, first) in parts {
        list.total = page.total.unwrap_or(list.total);
        list.join(page, &request, if first { join } else { Join::Append });
        trim(list);
    }
    if let Some(key) = list.first_key().filter(|_| list.before && list.rank.is_none()) {
        let (request, of) = (list.request(list.at), key.clone());
        effects.push(list.ranking.ask(&model.branch, Lane::Now, of, move |session, _| {
            session.rank(&request, &key).map(Part::Whole)
        }));
    }
    list.top = list.top.min(list.rows.len().saturating_sub(height));
    if was_empty || std::mem::take(&mut model.list.moved) {
        model.list.reveal(height);
        list::seek(model, effects);
    }
    // The first rows of a freshly opened store: the first one is shown.
    if model.cursor.aggregate.is_none() && model.cursor.is_one() && !model.list.rows.is_empty() {
        list::select(model, 0, effects);
    }
    list::pick(model, effects);
}

/// Rows far from what is visible are let go, so that walking through a million of them stays small.
fn trim(list: &mut List) {
    if list.rows.len() <= MOST || list.scans() {
        return;
    }
    if list.top > list.rows.len() / 2 {
        let n = list.rows.len() - MOST;
        list.rows.drain(..n);
        list.top = list.top.saturating_sub(n);
        list.before = true;
        list.rank = None;
    } else {
        list.rows.truncate(MOST);
        list.after = true;
    }
}
