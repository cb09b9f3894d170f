//! Rows of a log: asking for them, counting them, and how they join those that are there.

use crate::replay::WITHIN;
use crate::session::{LogRequest, LogRow};
use crate::tui::areas::areas;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::log::{EACH, Log, Reach, Stretch};
use crate::tui::model::state::Tab;
use crate::tui::question::{Lane, Pace, Part};
use crate::tui::view;

/// How many events are looked at in a slice; and where they are only counted.
const BUDGET: usize = 2_000;
const COUNTED: usize = 16_384;

/// How many bytes of rows are taken at once.
const BYTES: usize = 12 << 20;

/// The rows of the log that are visible at once: its chips take one line.
pub fn height(model: &Model) -> usize {
    let area = areas(model).state.map_or(1, |area| area.height.saturating_sub(2)) as usize;
    area.saturating_sub(usize::from(!model.log().chips.all().is_empty())).max(1)
}

/// Asks for what is visible of the log and not there.
pub fn collect(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(subject) = model.log_subject() else { return };
    if model.state.tab != Tab::Log || areas(model).state.is_none() {
        return;
    }
    let (height, (here, head)) = (height(model), model.log_place());
    let (broken, branch) = (model.broken.log.is_some(), model.branch.clone());
    // As of now: while one walks through the log, the records that it is of stay the same.
    let listed = model.list.request(None);
    let log = model.log_mut();
    let other = log.subject.as_ref() != Some(&subject);
    // What failed would fail again: it is asked for as soon as something else is shown.
    if broken && !other {
        return;
    }
    if other {
        log.forget();
        log.rows.clear();
        (log.before, log.after, log.upto) = (false, false, 0);
    }
    let request = log.request(&subject, &listed);
    let reach = if other { Some(Reach::Around(here)) } else { log.lacks(here, head, height) };
    log.subject = Some(subject);
    if log.lacks_count(&branch, &request, head) {
        count(log, &branch, (request.clone(), head), effects);
    }
    if let Some(reach) = reach.filter(|_| !log.page.waits()) {
        ask(log, &branch, (request, reach, head), effects);
    }
    flags(model, height, effects);
}

/// Asks for what takes a fold to know of the visible rows: whether one overwrote what somebody else had just set.
fn flags(model: &mut Model, height: usize, effects: &mut Vec<Effect>) {
    let (top, branch) = (view::log::top(model, height), model.branch.clone());
    let log = model.log_mut();
    let rows = (top..top + height).map_while(|line| log.place_at(line).and_then(|place| log.row(place)));
    let of: Vec<_> =
        rows.map(|row| (row.event.aggregate.clone(), row.event.version, row.event.position)).collect();
    if of.is_empty() || log.page.waits() || log.flags.is_asked(&branch, &of) {
        return;
    }
    let (mut left, mut known, mut pace) = (of.clone(), Vec::new(), Pace::default());
    effects.push(log.flags.ask(&branch, Lane::Long, of, move |session, _| {
        while let Some((aggregate, version, position)) = left.last() {
            let Some(flags) = session.flags(aggregate, *version, WITHIN)? else { break };
            known.push((*position, flags));
            left.pop();
        }
        Ok(pace.part(left.is_empty(), || known.clone()))
    }));
}

/// Asks for rows. Among several records each row takes a fold of its own, and what is looked for may be far away: that
/// is not for the worker that answers at once.
fn ask(log: &mut Log, branch: &str, of: (LogRequest, Reach, i64), effects: &mut Vec<Effect>) {
    let (request, reach, _) = &of;
    // Each row of several records takes a fold of its own: little more than what is visible is read.
    let limit = if request.aggregate.is_none() { EACH / 3 } else { EACH };
    let lane = if log.scans() || request.aggregate.is_none() { Lane::Long } else { Lane::Now };
    let way = |back: bool, place: i64| {
        let after = if back { Some(place) } else { Some(place).filter(|place| *place > 0) };
        let request = LogRequest { oldest_first: !back, after, limit, budget: BUDGET, ..request.clone() };
        (back, request)
    };
    let mut ways = match *reach {
        Reach::Around(place) => vec![way(false, place), way(true, place.saturating_add(1))],
        Reach::Back(place) => vec![way(true, place)],
        Reach::Forth(place) => vec![way(false, place)],
    };
    let mut bytes = 0;
    effects.push(log.page.ask(branch, lane, of, move |session, _| {
        let Some((back, request)) = ways.last_mut() else { return Ok(Part::Whole(Stretch::default())) };
        let back = *back;
        let mut page = session.log(request)?;
        if back {
            page.rows.reverse();
        }
        bytes += page.rows.iter().map(LogRow::weight).sum::<usize>();
        request.limit = request.limit.saturating_sub(page.rows.len());
        request.after = page.next;
        let more = page.next.is_some();
        if !more || request.limit == 0 || bytes >= BYTES {
            (bytes, _) = (0, ways.pop());
        }
        let stretch = Stretch { rows: page.rows, back, more, looked: page.scanned };
        Ok(if ways.is_empty() { Part::Whole(stretch) } else { Part::SoFar(stretch) })
    }));
}

/// Counts what the chips take; where that was done for an earlier head it goes on from there.
fn count(log: &mut Log, branch: &str, of: (LogRequest, i64), effects: &mut Vec<Effect>) {
    let before = log.count.asked().filter(|(request, _)| *request == of.0).map(|(_, head)| *head);
    let known = log.count.answer().copied().zip(before);
    let mut request = LogRequest {
        after: known.map(|(_, head)| head),
        count: true,
        oldest_first: true,
        limit: usize::MAX,
        budget: COUNTED,
        ..of.0.clone()
    };
    let (mut counted, mut pace) = (known.map(|(counted, _)| counted).unwrap_or_default(), Pace::default());
    effects.push(log.count.ask(branch, Lane::Long, of, move |session, _| {
        let page = session.log(&request)?;
        counted.found += page.found;
        counted.looked += page.scanned;
        request.after = page.next;
        Ok(pace.part(page.next.is_none(), || counted))
    }));
}

/// Takes rows in.
pub fn tick(model: &mut Model) {
    let (here, _) = model.log_place();
    for log in [&mut model.own_log, &mut model.store_log] {
        if log.flags.take_in(&model.branch)
            && let Some(known) = log.flags.shown()
        {
            for row in &mut log.rows {
                if let Some((_, flags)) = known.iter().find(|(position, _)| *position == row.event.position) {
                    row.flags = row.flags.and(*flags);
                }
            }
        }
        let mut parts = Vec::new();
        log.page.take_with(&model.branch, |_, stretch, first| parts.push((stretch, first)));
        let Some((_, reach, head)) = log.page.asked().filter(|_| !parts.is_empty()) else {
            log.count.take_in(&model.branch);
            continue;
        };
        let (reach, head) = (*reach, *head);
        for (stretch, first) in parts {
            log.join(stretch, reach, head, first);
        }
        log.trim(here);
        log.count.take_in(&model.branch);
    }
    model.broken.log = model.log().page.failed().or(model.log().count.failed()).cloned();
}
