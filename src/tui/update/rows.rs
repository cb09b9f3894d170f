//! Rows of the list: asking for them, and how they join those that are there.

use super::list;
use crate::error::Result;
use crate::event::AggregateId;
use crate::session::{ListPage, ListRequest, ListRow, Session};
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::list::{Around, Join, PAGE, Rows};
use crate::tui::question::{Lane, Part, Run};
use crate::tui::text::cut;

/// How many candidates a scan looks at in a slice.
const BUDGET: usize = 2_000;
/// How many rows are kept of those that a scan finds: it counts the others, and they are looked for where one comes to them.
const KEPT: usize = 10_000;
/// How much of a label or of a column a row of the list keeps: more than any screen shows.
const SHOWN: usize = 1_000;
/// How many rows are kept of a list that is walked through.
const MOST: usize = 1_200;
/// How many rows are read on either side of one.
const EACH: usize = 100;

/// Asks for rows of the list: a page by its index, or where it is narrowed those that match, as they are found.
pub fn ask(model: &mut Model, request: ListRequest, join: Join, effects: &mut Vec<Effect>) {
    let (list, of) = (&mut model.list, (request.clone(), join));
    if list.scans() {
        effects.push(list.page.ask(&model.branch, Lane::Long, of, scan(request, join)));
        return;
    }
    effects.push(list.page.ask(&model.branch, Lane::Now, of, move |session, _| {
        let page = brief(session.list(&request)?);
        Ok(Part::Whole(Rows { more: page.next.is_some(), page, beyond: 0 }))
    }));
}

/// Looks for rows, a slice at a time: all of them, or as many as a page has where they join others.
fn scan(
    mut request: ListRequest,
    join: Join,
) -> impl FnMut(&mut Session, &Run<Rows>) -> Result<Part<Rows>> + Send + 'static {
    let (mut kept, mut beyond) = (0, 0);
    (request.budget, request.limit) = (BUDGET, BUDGET);
    move |session, _| {
        let mut page = session.list(&request)?;
        if kept < KEPT {
            kept += page.rows.len();
            page = brief(page);
        } else {
            beyond += page.rows.len();
            page.rows.clear();
        }
        request.after = page.next.take();
        let joins = join != Join::Replace;
        let whole = request.after.is_none() || (joins && kept >= PAGE);
        let rows = Rows { page, more: beyond > 0 || (joins && request.after.is_some()), beyond };
        Ok(if whole { Part::Whole(rows) } else { Part::SoFar(rows) })
    }
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
    for (rows, first) in parts {
        list.total = rows.page.total.unwrap_or(list.total);
        if join == Join::Replace {
            list.scanned = if first { rows.page.scanned } else { list.scanned + rows.page.scanned };
            list.hits = if first { 0 } else { list.hits };
        }
        let again = join == Join::Replace && !first;
        list.join(rows, &request, if again { Join::Append } else { join });
        list.trim(if list.scans() { 2 * KEPT } else { MOST });
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
