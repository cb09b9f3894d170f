//! Rows of the list and of the log: how they join those that are there.

use crate::session::{ListPage, ListRequest, LogPage, LogRequest};
use crate::tui::effect::{Effect, Join, Read};
use crate::tui::model::Model;
use crate::tui::model::list::List;
use crate::tui::update::list;

/// Rows of the list came.
pub fn rows(
    model: &mut Model,
    request: &ListRequest,
    join: Join,
    page: ListPage,
    done: bool,
    effects: &mut Vec<Effect>,
) {
    // What a scan found just before it was stopped comes too late.
    let stopped = model.list.scans() && !model.list.waiting;
    if stopped || !model.list.wants(request) {
        return;
    }
    model.broken.list = None;
    let height = list::height(model);
    let list = &mut model.list;
    let first = list.rows.is_empty();
    list.waiting = !done;
    list.total = page.total.unwrap_or(list.total);
    list.scanned = if join == Join::Replace { page.scanned } else { list.scanned + page.scanned };
    let more = page.next.is_some() && !list.scans();
    match join {
        Join::Replace if request.after.is_some() => {
            list.rows.truncate(1);
            list.rows.extend(page.rows);
            list.after = more;
        }
        Join::Replace => {
            list.rows = page.rows;
            (list.before, list.after) = (false, more);
        }
        Join::Append => {
            list.rows.extend(page.rows);
            list.after = more;
        }
        Join::Prepend => {
            let n = page.rows.len();
            list.rows.splice(0..0, page.rows);
            list.top += n;
            list.before = more;
            list.rank = None;
        }
    }
    trim(list);
    if list.before
        && list.rank.is_none()
        && let Some(key) = list.first_key()
    {
        effects.push(Effect::Read(Read::Rank(list.request(list.at), key)));
    }
    list.top = list.top.min(list.rows.len().saturating_sub(height));
    if first || std::mem::take(&mut model.list.moved) {
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
    const MOST: usize = 1_200;
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

/// Rows of the log came.
pub fn log_rows(model: &mut Model, request: &LogRequest, join: Join, page: LogPage, done: bool) {
    model.broken.log = None;
    let log = if request.aggregate.is_none() { &mut model.store_log } else { &mut model.own_log };
    let stopped = log.scans() && !log.waiting;
    if stopped || !log.wants(request) {
        return;
    }
    log.waiting = !done;
    log.scanned = if join == Join::Replace { page.scanned } else { log.scanned + page.scanned };
    log.after = done && page.next.is_some();
    if join == Join::Append {
        log.rows.extend(page.rows);
    } else {
        log.start = request.after.unwrap_or(0);
        log.rows = page.rows;
    }
}
