//! What the timeline is drawn from: a part of one history, or several aggregates' events put together.

use crate::event::{AggregateId, Position, Time};
use crate::session::{Flags, Mark, Window};
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::cursor::Scope;
use crate::tui::model::timeline::{Loaded, Subject};
use crate::tui::timeline::overview::part;
use crate::tui::timeline::{Point, points};
use crate::tui::update::time;

/// A part of the timeline came.
pub fn loaded(model: &mut Model, mut asked: Loaded, window: Window) {
    model.broken.timeline = None;
    let timeline = &mut model.timeline;
    let Some((subject, _, _, head, _)) =
        timeline.asked.take().filter(|a| Some(&a.0) == asked.subject.as_ref())
    else {
        return;
    };
    if subject == Subject::Store {
        asked.points = points::of_store(&window);
        asked.about = window.store_marks.into_iter().map(|mark| (mark.aggregate, mark.version)).collect();
    } else {
        asked.points = points::of_one(&window);
    }
    (asked.edges, asked.density, asked.span, asked.head) = (window.edges, window.density, window.span, head);
    timeline.loaded = asked;
}

/// What is special about events of the whole store came.
pub fn notes(model: &mut Model, of: (Position, Position), found: Vec<(Position, Flags)>) {
    let timeline = &mut model.timeline;
    if timeline.notes_of.as_ref().is_some_and(|(_, from, to, _)| (*from, *to) == of) {
        timeline.notes = found;
    }
}

/// Several aggregates' events in log order; their places in it are their numbers.
pub fn lanes(model: &mut Model, lanes: Vec<(AggregateId, Vec<Mark>)>, effects: &mut Vec<Effect>) {
    let names: Vec<_> = lanes.iter().map(|(aggregate, _)| aggregate.clone()).collect();
    if names != model.list.lanes || !model.cursor.is_set() {
        return;
    }
    model.broken.timeline = None;
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
