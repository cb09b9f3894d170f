//! What the workers answered.

use super::{branches, browse, diff, fire, graph, list, menu, order, rewrite, search, time, undo, waypoints};
use crate::event::AggregateId;
use crate::session::{
    ListPage, ListRequest, LogPage, LogRequest, Mark, Moment, Overview, Point, Tail, Window,
};
use crate::tui::effect::{Effect, Failed, Join, Read, Reply};
use crate::tui::model::cursor::Scope;
use crate::tui::model::list::Then;
use crate::tui::model::overlay::{MenuKind, Overlay};
use crate::tui::model::timeline::{Loaded, Subject};
use crate::tui::model::{Model, Stage};
use crate::tui::timeline::Point as TimelinePoint;

/// Takes an answer in.
#[allow(clippy::too_many_lines, reason = "a table of the answers, a line or two each")]
pub fn reply(model: &mut Model, reply: Reply, effects: &mut Vec<Effect>) {
    match reply {
        Reply::Overview(new) => overview(model, new),
        Reply::Tail(new) => tail(model, new, effects),
        Reply::List { request, join, page, done } => rows(model, &request, join, page, done, effects),
        Reply::Around(request, rows, rank, follows) => {
            if model.list.wants(&request) {
                let height = list::height(model);
                let list = &mut model.list;
                (list.rows, list.before, list.after) = (rows, rank > 0, follows);
                list.rank = Some(rank);
                list.top = list.index().unwrap_or(0).saturating_sub(height / 2);
                list.reveal(height);
            }
        }
        Reply::Rank(key, rank) => {
            if model.list.first_key().as_ref() == Some(&key) {
                model.list.rank = Some(rank);
            }
        }
        Reply::Begun(position, types) => model.list.then = Then::Counted(position, types),
        Reply::Effects(position, count, more) => {
            if model.effects.of.is_some_and(|(of, _)| of == position) {
                model.effects.counted = Some((count, more));
            }
        }
        Reply::Moment(moment) => show(model, *moment, effects),
        Reply::At(position, moment) => {
            if model.cursor.scope == Scope::Store {
                match moment {
                    Some(moment) => {
                        let at = moment.event.as_ref().map(|event| event.position);
                        if let Some(at) = at.filter(|_| model.cursor.position == position) {
                            model.cursor.position = at;
                        }
                        model.cursor.aggregate = Some(moment.aggregate.clone());
                        model.list.selected = Some(moment.aggregate.clone());
                        model.cursor.version = moment.version;
                        show(model, *moment, effects);
                    }
                    None if position == 0 => model.moment = None,
                    None => {}
                }
            }
        }
        Reply::Arrived(moment) => branches::arrived(model, moment, effects),
        Reply::AsOf(position, moment) => {
            if model.cursor.scope == Scope::Store && model.cursor.position == position {
                model.cursor.version = moment.version;
                show(model, *moment, effects);
            }
        }
        Reply::Marked(moment) => {
            if let Some(mark) = &mut model.mark
                && mark.aggregate == moment.aggregate
                && mark.version == moment.version
            {
                mark.state = Some(moment.state);
                browse::rebuild(model);
            }
        }
        Reply::Window { aggregate, from, to, cell, window } => {
            let asked =
                Loaded { subject: Some(Subject::One(aggregate)), from, to, cell, ..Loaded::default() };
            loaded(model, asked, window);
        }
        Reply::StoreWindow { from, to, cell, window } => {
            loaded(
                model,
                Loaded { subject: Some(Subject::Store), from, to, cell, ..Loaded::default() },
                window,
            );
        }
        Reply::Lanes(lanes) => self::lanes(model, lanes, effects),
        Reply::Log { request, join, page, done } => log_rows(model, &request, join, page, done),
        Reply::Found(found, what) => match found {
            Some((aggregate, version, position)) => {
                if model.cursor.scope == Scope::Store {
                    time::go(model, position, effects);
                } else if model.cursor.aggregate.as_ref() == Some(&aggregate) {
                    time::go_version(model, version, effects);
                } else {
                    super::places::leave(model);
                    time::open(model, aggregate, version, version, effects);
                }
            }
            None => model.done(what),
        },
        Reply::Facets(facets) => {
            model.list.facets = Some(facets);
            let new = menu::facets(model);
            if let Some(Overlay::Menu(open)) = model.overlays.last_mut()
                && open.kind == MenuKind::Facets
            {
                open.items = new.items;
                open.empty = "nothing to choose from";
                open.step(0);
            }
        }
        Reply::Resolved(point) => resolved(model, point, effects),
        Reply::Commands(commands, name) => fire::commands(model, commands, name),
        Reply::Preview(number, result) => fire::previewed(model, number, result),
        Reply::Hits { request, page, done } => search::found(model, &request, page, done),
        Reply::Caused(events) => search::caused(model, &events, effects),
        Reply::Writers(request, writes) => search::wrote(model, &request, &writes, effects),
        Reply::Blame(aggregate, version, fields) => {
            let of = Some((model.branch.clone(), aggregate, version));
            if model.blame.of == of {
                model.blame.fields = Some(fields);
            }
        }
        Reply::Compared { asked, differences, done, more } => {
            diff::found(model, &asked, differences, done, more);
        }
        Reply::Ordered(point, by, found) => order::came(model, &point, by, found),
        Reply::Todo { from, rewrite, name } => rewrite::came(model, &from, *rewrite, name),
        Reply::Rewritten(number, plan, result) => rewrite::previewed(model, number, &plan, result),
        Reply::Rewrote(result) => rewrite::done(model, result, effects),
        Reply::Graph(request, page) => graph::came(model, request, page, effects),
        Reply::Branches(all) => branches::known(model, all),
        Reply::FreeName(name) => branches::fork_prompt(model, &name),
        Reply::Forks(aggregate, lanes) => branches::forks(model, &aggregate, lanes),
        Reply::Waypoints(all) => waypoints::known(model, all),
        Reply::Operations(operations) => undo::listed(model, operations),
        Reply::WouldTakeBack(again, undone) => undo::would(model, again, &undone),
        Reply::Filling(left) => branches::filling(model, left, effects),
        Reply::Fired(result) => fire::fired(model, result, effects),
        Reply::Forked(result) => branches::forked(model, result, effects),
        Reply::Wrote(result) => branches::wrote(model, result, effects),
        Reply::Progress(progress) => {
            if let Stage::Start(start) = &mut model.stage
                && let Some(busy) = &mut start.busy
            {
                busy.progress = Some(progress);
            }
        }
        Reply::Opened(result) => match result {
            Ok(()) => effects.extend(super::opened(model)),
            Err(error) => {
                if let Stage::Start(start) = &mut model.stage {
                    start.busy = None;
                }
                model.fail(error);
            }
        },
        Reply::Copied(result) => match result {
            Ok(text) => model.done(text),
            Err(error) => model.fail(error),
        },
        Reply::Failed(what, error) => {
            match what {
                Failed::List => (model.list.waiting, model.list.pick) = (false, false),
                Failed::Log => model.log_mut().waiting = false,
                Failed::Other => (model.timeline.asked, model.arriving) = (None, false),
                Failed::Search => {
                    model.search.waiting = false;
                    if matches!(model.overlays.last(), Some(Overlay::Menu(menu)) if menu.kind == MenuKind::Hits)
                    {
                        model.overlays.pop();
                    }
                }
                Failed::Compare => diff::failed(model),
                Failed::Rewrite => rewrite::failed(model),
                Failed::Open => {}
            }
            model.fail(error);
        }
    }
}

fn overview(model: &mut Model, new: Overview) {
    let follows = model.cursor.scope == Scope::Store && !model.cursor.past();
    if model.cursor.scope == Scope::Store {
        model.cursor.last = new.head;
        if follows {
            model.cursor.position = new.head;
        }
    }
    if let Some(why) = new.read_only.as_ref().filter(|_| model.overview.is_none()) {
        model.done(format!("read-only: {why}"));
    }
    model.overview = Some(new);
    model.behind = 0;
}

/// Others appended: at the head the screen follows, in the past only the counter is raised.
fn tail(model: &mut Model, tail: Tail, effects: &mut Vec<Effect>) {
    let known = model.overview.as_ref().map_or(0, |overview| overview.events);
    if model.in_past() {
        model.behind = (tail.events - known).max(0);
        return;
    }
    effects.push(Effect::Read(Read::Overview));
    list::refresh(model, effects);
    match (model.cursor.scope, model.cursor.aggregate.clone()) {
        (Scope::Store, _) => effects.push(Effect::Read(Read::At(tail.head, false))),
        (Scope::One, Some(aggregate)) => effects.push(Effect::Read(Read::Moment(aggregate, i64::MAX))),
        (Scope::Set, _) => effects.push(Effect::Read(Read::Lanes(model.list.lanes.clone()))),
        (Scope::One, None) => {}
    }
}

/// Shows a moment of the aggregate that the cursor is on.
pub fn show(model: &mut Model, moment: Moment, effects: &mut Vec<Effect>) {
    if model.cursor.aggregate.as_ref() != Some(&moment.aggregate) {
        return;
    }
    let at_head = model.cursor.version >= model.cursor.head;
    model.cursor.head = moment.head;
    if (at_head && moment.version == moment.head && model.cursor.scope == Scope::One)
        || model.cursor.version > moment.head
    {
        model.cursor.version = moment.version;
    }
    if model.moment.as_ref().map(|m| (&m.aggregate, m.version)) != Some((&moment.aggregate, moment.version)) {
        model.event_scroll = 0;
    }
    model.moment = Some(moment);
    browse::rebuild(model);
    fire::moved(model, effects);
    if std::mem::take(&mut model.open_whole) {
        time::whole_store(model, effects);
    }
}

fn rows(
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
    if model.cursor.aggregate.is_none() && model.cursor.scope == Scope::One && !model.list.rows.is_empty() {
        list::select(model, 0, effects);
    }
    list::pick(model, effects);
}

/// Rows far from what is visible are let go, so that walking through a million of them stays small.
fn trim(list: &mut crate::tui::model::list::List) {
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

fn log_rows(model: &mut Model, request: &LogRequest, join: Join, page: LogPage, done: bool) {
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

fn loaded(model: &mut Model, mut asked: Loaded, window: Window) {
    let timeline = &mut model.timeline;
    let Some((subject, _, _, head, _)) =
        timeline.asked.take().filter(|a| Some(&a.0) == asked.subject.as_ref())
    else {
        return;
    };
    let mut running = i64::MIN;
    if subject == Subject::Store {
        for mark in window.store_marks {
            // The store's log is in the order of recording; times may run backwards in it.
            running = running.max(mark.occurred_at.0);
            asked.points.push(TimelinePoint {
                index: mark.position,
                lane: 0,
                at: crate::event::Time(running),
                flags: crate::session::Flags::default(),
            });
            asked.about.push((mark.aggregate, mark.version));
        }
    } else {
        asked.points.extend(window.marks.iter().map(|mark| TimelinePoint {
            index: mark.version,
            lane: 0,
            at: mark.effective_at,
            flags: mark.flags,
        }));
    }
    (asked.edges, asked.density, asked.span, asked.head) = (window.edges, window.density, window.span, head);
    timeline.loaded = asked;
}

/// Several aggregates' events in log order; their places in it are their numbers.
fn lanes(model: &mut Model, lanes: Vec<(AggregateId, Vec<Mark>)>, effects: &mut Vec<Effect>) {
    let names: Vec<_> = lanes.iter().map(|(aggregate, _)| aggregate.clone()).collect();
    if names != model.list.lanes || model.cursor.scope != Scope::Set {
        return;
    }
    let follows = !model.cursor.past() || model.timeline.loaded.subject != Some(Subject::Set(names.clone()));
    let mut events: Vec<_> = lanes
        .into_iter()
        .enumerate()
        .flat_map(|(lane, (aggregate, marks))| {
            marks.into_iter().map(move |mark| (lane, aggregate.clone(), mark))
        })
        .collect();
    events.sort_by_key(|(_, _, mark)| mark.position);
    let mut loaded = Loaded {
        subject: Some(Subject::Set(names)),
        from: 1,
        to: events.len() as i64,
        cell: 1,
        ..Loaded::default()
    };
    let mut running = i64::MIN;
    for ((lane, aggregate, mark), index) in events.into_iter().zip(1..) {
        running = running.max(mark.effective_at.0);
        loaded.points.push(TimelinePoint { index, lane, at: crate::event::Time(running), flags: mark.flags });
        loaded.about.push((aggregate, mark.version));
    }
    loaded.head = loaded.to;
    loaded.span = loaded.points.first().zip(loaded.points.last()).map(|(a, b)| (a.at, b.at));
    if let Some((first, last)) = loaded.span {
        let cells = 120;
        let span = (last.0 - first.0).max(1);
        loaded.density = vec![0; cells];
        for point in &loaded.points {
            let i = (i128::from(point.at.0 - first.0) * (cells as i128 - 1) / i128::from(span)) as usize;
            loaded.density[i.min(cells - 1)] += 1;
        }
    }
    model.cursor.last = loaded.to;
    let here = model.cursor.aggregate.clone();
    let version = model.cursor.version;
    let index = loaded.about.iter().position(|(a, v)| Some(a) == here.as_ref() && *v == version);
    model.timeline.loaded = loaded;
    model.timeline.fit = true;
    let place = match index {
        Some(i) if follows || model.cursor.past() => i as i64 + 1,
        _ => model.cursor.last,
    };
    time::go(model, place, effects);
}

fn resolved(model: &mut Model, point: Point, effects: &mut Vec<Effect>) {
    super::places::leave(model);
    branches::switch(model, point.branch(), effects);
    let whole = std::mem::take(&mut model.open_whole);
    match point {
        Point::Aggregate { aggregate, version, head, .. } => {
            time::open(model, aggregate, version, head, effects);
            // The moment of this version says at which position of the store it is.
            model.open_whole = whole;
        }
        Point::Store { position, .. } => time::open_store(model, position, effects),
    }
    if model.focus == crate::tui::model::Pane::List {
        browse::focus(model, crate::tui::model::Pane::State);
    }
}
