//! What the timeline is drawn from: a part of one history, or several aggregates' events put together.

use crate::error::Result;
use crate::event::{AggregateId, Position, Time};
use crate::session::{Flags, Mark, Session, Window};
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::cursor::Scope;
use crate::tui::model::timeline::{Asked, Loaded, Subject};
use crate::tui::question::{Lane, Part};
use crate::tui::timeline::overview::part;
use crate::tui::timeline::{Point, points};
use crate::tui::update::time;

/// Asks for the events of the chosen set.
pub fn ask_set(model: &mut Model, effects: &mut Vec<Effect>) {
    let set = model.list.lanes.clone();
    let of = set.clone();
    effects.push(model.timeline.set.ask(&model.branch, Lane::Now, of, move |session, _| {
        let marks = |of: &AggregateId| Ok((of.clone(), marks(session, of)?));
        set.iter().map(marks).collect::<Result<_>>().map(Part::Whole)
    }));
}

/// Every event of an aggregate, a stretch after the other.
fn marks(session: &mut Session, aggregate: &AggregateId) -> Result<Vec<Mark>> {
    let head = session.moment(aggregate, i64::MAX)?.head;
    let window = session.window(aggregate, ((head - 598).max(1), head.max(1)), 1, 1)?;
    Ok(window.marks)
}

/// Takes in what was read.
pub fn tick(model: &mut Model, effects: &mut Vec<Effect>) {
    let came = model.timeline.window.take_in(&model.branch) | model.timeline.set.take_in(&model.branch);
    if came {
        let timeline = &model.timeline;
        model.broken.timeline = timeline.window.failed().or(timeline.set.failed()).cloned();
    }
    if let (Some(window), Some(asked)) =
        (model.timeline.window.take(), model.timeline.window.asked().cloned())
    {
        model.timeline.loaded = loaded(asked, window);
    }
    if let Some(set) = model.timeline.set.take() {
        chosen(model, set, effects);
    }
}

fn loaded(asked: Asked, window: Window) -> Loaded {
    let Asked { subject, from, to, head, cell } = asked;
    let (points, about) = if subject == Subject::Store {
        let points = points::of_store(&window);
        (points, window.store_marks.into_iter().map(|mark| (mark.aggregate, mark.version)).collect())
    } else {
        (points::of_one(&window), Vec::new())
    };
    let Window { edges, density, span, .. } = window;
    Loaded { subject: Some(subject), from, to, head, cell, points, about, edges, density, span }
}

/// What is special about events of the whole store came.
pub fn notes(model: &mut Model, of: (Position, Position), found: Vec<(Position, Flags)>) {
    let timeline = &mut model.timeline;
    if timeline.notes_of.as_ref().is_some_and(|(_, from, to, _)| (*from, *to) == of) {
        timeline.notes = found;
    }
}

/// Several aggregates' events in log order; their places in it are their numbers.
fn chosen(model: &mut Model, lanes: Vec<(AggregateId, Vec<Mark>)>, effects: &mut Vec<Effect>) {
    let names: Vec<_> = lanes.iter().map(|(aggregate, _)| aggregate.clone()).collect();
    if names != model.list.lanes || !model.cursor.is_set() {
        return;
    }
    let same = model.timeline.loaded.subject == Some(Subject::Set(names.clone()));
    let follows = same && !model.cursor.past();
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
        loaded.points.push(Point { index, lane, at: Time(running), flags: mark.flags });
        loaded.about.push((aggregate, mark.version));
    }
    loaded.head = loaded.to;
    loaded.span = loaded.points.first().zip(loaded.points.last()).map(|(a, b)| (a.at, b.at));
    if let Some((first, last)) = loaded.span {
        let cells = 120;
        loaded.density = vec![0; cells];
        for point in &loaded.points {
            loaded.density[part(point.at, (first, last), cells)] += 1;
        }
    }
    let here = model.cursor.aggregate.clone();
    let version = model.cursor.version;
    let index = loaded.about.iter().position(|(a, v)| Some(a) == here.as_ref() && *v == version);
    let count = loaded.to;
    model.timeline.loaded = loaded;
    model.timeline.fit = true;
    let place = match index {
        Some(i) if !follows => i as i64 + 1,
        _ => count,
    };
    model.cursor.scope = Scope::Set { index: place, count };
    time::go(model, place, effects);
}
