//! Moving in time: steps, bursts, marks, playing, and what the cursor runs over.

use super::{browse, places, search};
use super::{facts, seek, timeline};
use crate::event::{AggregateId, Position, Version};
use crate::tui::areas::{areas, timeline_width};
use crate::tui::effect::Effect;
use crate::tui::model::cursor::Scope;
use crate::tui::model::cursor::Seek;
use crate::tui::model::timeline::Subject;
use crate::tui::model::{MarkedPoint, Model};
use crate::tui::timeline::Mark;

/// Puts the cursor at a place of its scope.
pub fn go(model: &mut Model, place: i64, effects: &mut Vec<Effect>) {
    let (_, last) = model.cursor.place();
    match model.cursor.scope {
        Scope::One => go_version(model, place, effects),
        Scope::Store { position, .. } => {
            // Positions between two events of the branch may be other branches' events.
            let forward = place > position;
            let position = place.clamp(0, last);
            model.cursor.scope = Scope::Store { position, last };
            seek::ask(model, Seek::Near(position, forward), effects);
        }
        Scope::Set { .. } => {
            let index = place.clamp(1.min(last), last);
            model.cursor.scope = Scope::Set { index, count: last };
            let i = usize::try_from(index - 1).unwrap_or(0);
            if let Some((aggregate, version)) = model.timeline.loaded.about.get(i).cloned() {
                model.cursor.aggregate = Some(aggregate.clone());
                model.list.selected = Some(aggregate.clone());
                model.cursor.version = version;
                seek::version(model, aggregate, version, effects);
            }
        }
    }
}

/// Puts the cursor at a version of the aggregate shown.
pub fn go_version(model: &mut Model, version: Version, effects: &mut Vec<Effect>) {
    let Some(aggregate) = model.cursor.aggregate.clone() else { return };
    if !model.cursor.is_one() {
        let i = model.timeline.loaded.about.iter().position(|(a, v)| *a == aggregate && *v == version);
        match i {
            Some(i) => go(model, model.timeline.loaded.points[i].index, effects),
            None => open(model, aggregate, version, model.cursor.head.max(version), effects),
        }
        return;
    }
    model.cursor.version = version.clamp(0, model.cursor.head);
    seek::version(model, aggregate, model.cursor.version, effects);
}

/// Puts the cursor at a row of the log tab.
pub fn go_log(model: &mut Model, place: i64, effects: &mut Vec<Effect>) {
    match model.cursor.scope {
        Scope::Store { .. } => go(model, place, effects),
        Scope::One => go_version(model, place, effects),
        Scope::Set { .. } => {
            let row = model.log().row(place).map(|row| (row.event.aggregate.clone(), row.event.version));
            if let Some((aggregate, version)) = row {
                model.cursor.aggregate = Some(aggregate.clone());
                model.list.selected = Some(aggregate);
                go_version(model, version, effects);
            }
        }
    }
}

/// Steps by so many events.
pub fn step(model: &mut Model, by: i64, effects: &mut Vec<Effect>) {
    let (here, last) = model.cursor.place();
    if model.cursor.aggregate.is_none() && model.cursor.is_one() {
        return;
    }
    if (by > 0 && here >= last) || (by < 0 && here <= i64::from(model.cursor.is_set())) {
        model.tell(if by > 0 {
            "this is the head: the newest event"
        } else {
            "this is before the first event"
        });
        return;
    }
    go(model, here.saturating_add(by), effects);
}

/// Steps by a tenth of the events in the window.
pub fn tenth(model: &mut Model, forward: bool, effects: &mut Vec<Effect>) {
    let placed = model.timeline.placed(timeline_width(&areas(model)), model.cursor.place().1);
    let visible = |p: &crate::tui::timeline::Placed| match p.mark {
        Mark::Event(_) => 1,
        Mark::Cell { from, to, .. } => to - from + 1,
        _ => 0,
    };
    let n = (placed.iter().map(visible).sum::<i64>() / 10).max(1);
    step(model, if forward { n } else { -n }, effects);
}

/// To the newest event, where the cursor follows what is appended.
pub fn head(model: &mut Model, effects: &mut Vec<Effect>) {
    match model.cursor.scope {
        Scope::One => {
            if let Some(aggregate) = model.cursor.aggregate.clone() {
                model.cursor.version = model.cursor.head;
                seek::version(model, aggregate, Version::MAX, effects);
            }
        }
        Scope::Set { count: last, .. } | Scope::Store { last, .. } => go(model, last, effects),
    }
    if model.behind > 0 {
        model.behind = 0;
        facts::overview(model, effects);
        super::list::refresh(model, effects);
    }
}

/// Shows an aggregate at a version, the cursor running over its versions.
pub fn open(
    model: &mut Model,
    aggregate: AggregateId,
    version: Version,
    head: Version,
    effects: &mut Vec<Effect>,
) {
    let other = model.cursor.aggregate.as_ref() != Some(&aggregate) || !model.cursor.is_one();
    model.arriving = false;
    model.cursor.scope = Scope::One;
    model.cursor.version = version;
    model.cursor.head = head;
    model.list.selected = Some(aggregate.clone());
    model.cursor.aggregate = Some(aggregate.clone());
    super::list::seek(model, effects);
    if other {
        model.timeline.fit = true;
        model.event_scroll = 0;
    }
    seek::version(model, aggregate, version, effects);
}

/// Shows the whole store right after a position, and the event there.
pub fn open_store(model: &mut Model, position: Position, effects: &mut Vec<Effect>) {
    show_store(model, position);
    seek::ask(model, Seek::Near(position, false), effects);
}

/// Shows the whole store right after a position; which event is shown with it is for who asks.
pub fn show_store(model: &mut Model, position: Position) {
    let last = model.overview.as_ref().map_or(0, |overview| overview.head);
    if !model.cursor.is_whole() {
        model.timeline.fit = true;
    }
    // The head of a branch that was just gone over to is not known yet.
    model.cursor.scope = Scope::Store { position, last: last.max(position) };
}

/// Between one aggregate and the whole store, at the same moment.
pub fn whole_store(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.cursor.is_whole() {
        if let Some(aggregate) = model.cursor.aggregate.clone() {
            let (version, head) = (model.cursor.version, model.cursor.head);
            open(model, aggregate, version, head.max(version), effects);
        } else {
            model.cursor.scope = Scope::One;
        }
        return;
    }
    let last = model.overview.as_ref().map_or(0, |overview| overview.head);
    // Where the state has not come yet, the log may know where its event stands.
    let here = model.position().or_else(|| model.logged());
    let position = match here.filter(|_| model.cursor.past()) {
        Some(position) => position,
        None if model.cursor.past() => return model.tell("what is here has not come yet"),
        None => last,
    };
    open_store(model, position, effects);
    model.tell("the whole store: the list shows the world as of the cursor");
}

/// The cursor's point as one to compare with.
fn here(model: &Model) -> Option<MarkedPoint> {
    let moment = model.moment()?;
    Some(MarkedPoint {
        branch: model.branch.clone(),
        aggregate: moment.aggregate.clone(),
        version: moment.version,
        position: model.position()?,
        state: Some(moment.state.clone()),
    })
}

/// Sets the mark at the cursor, or takes it away where it stands already.
pub fn mark(model: &mut Model) {
    let Some(here) = here(model) else { return };
    if model.mark.as_ref().is_some_and(|mark| {
        mark.aggregate == here.aggregate && mark.version == here.version && mark.branch == here.branch
    }) {
        model.mark = None;
        model.tell("the mark is gone");
    } else {
        model.tell(format!(
            "mark at {} v{}; move, and the state shows what differs",
            here.aggregate, here.version
        ));
        model.mark = Some(here);
    }
    browse::rebuild(model);
}

/// Swaps cursor and mark.
pub fn swap_mark(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(mark) = model.mark.clone() else {
        model.tell("there is no mark: m sets one");
        return;
    };
    let Some(here) = here(model) else { return };
    let same = here.aggregate == mark.aggregate && here.branch == mark.branch;
    model.mark = Some(here);
    places::leave(model);
    super::branches::switch(model, &mark.branch, effects);
    match model.cursor.scope {
        Scope::Store { .. } => go(model, mark.position, effects),
        Scope::Set { .. } => go_version(model, mark.version, effects),
        Scope::One => {
            let head = if same { model.cursor.head } else { mark.version };
            open(model, mark.aggregate, mark.version, head, effects);
        }
    }
}

/// Starts and stops playing.
pub fn play(model: &mut Model, effects: &mut Vec<Effect>) {
    model.play.running = !model.play.running;
    model.play.from = model.cursor.place().0;
    // At the end there is nothing left to play: it starts over.
    if model.play.running && !model.cursor.past() {
        go(model, 0, effects);
    }
}

/// The next event while playing.
pub fn tick(model: &mut Model, effects: &mut Vec<Effect>) {
    if !model.play.running {
        return;
    }
    let (here, last) = model.cursor.place();
    if here >= last {
        model.play.running = false;
        return;
    }
    if here != model.play.from && search::at_hit(model) {
        model.play.running = false;
        model.tell("stopped where what was searched for turned; space plays on");
        return;
    }
    go(model, here + 1, effects);
    model.play.running = here + 1 < last;
}

/// Looks closer or from further away, at the cursor.
pub fn zoom(model: &mut Model, closer: bool) {
    let width = timeline_width(&areas(model));
    let (here, last) = model.cursor.place();
    let before = crate::tui::timeline::column(&model.timeline.placed(width, last), here);
    model.timeline.zoom = model.timeline.zoom.changed(closer);
    model.timeline.fitted = false;
    // The cursor stays in its column as far as cells allow it.
    let cell = model.timeline.zoom.cell();
    let left = i64::from(before.unwrap_or(width / 2)).saturating_mul(cell);
    model.timeline.from = ((here - left).max(1) - 1) / cell * cell + 1;
    model.timeline.reveal(here, width, last);
}

/// Puts the selected aggregate on the timeline beside the others, or takes it off.
pub fn select_lane(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(aggregate) = model.list.selected.clone() else { return };
    if let Some(i) = model.list.lanes.iter().position(|lane| *lane == aggregate) {
        model.list.lanes.remove(i);
    } else if model.list.lanes.len() >= 6 {
        model.tell("six aggregates are shown beside each other at most");
        return;
    } else {
        let label = model.list.row().map(|row| row.label.clone());
        model.list.called.insert(aggregate.clone(), label.unwrap_or_default());
        model.list.lanes.push(aggregate);
    }
    if model.list.lanes.len() > 1 {
        model.cursor.scope = Scope::Set { index: 0, count: 0 };
        timeline::ask_set(model, effects);
    } else {
        if model.list.lanes.len() == 1 && model.cursor.is_one() {
            model.tell("one aggregate chosen; with a second one both are shown on the timeline");
        }
        single(model, effects);
    }
}

/// Takes every aggregate off.
pub fn clear_lanes(model: &mut Model, effects: &mut Vec<Effect>) {
    model.list.lanes.clear();
    single(model, effects);
}

fn single(model: &mut Model, effects: &mut Vec<Effect>) {
    if !model.cursor.is_set() {
        return;
    }
    model.timeline.loaded.subject = None;
    if let Some(aggregate) = model.cursor.aggregate.clone() {
        let (version, head) = (model.cursor.version, model.cursor.head.max(model.cursor.version));
        open(model, aggregate, version, head, effects);
    } else {
        model.cursor.scope = Scope::One;
    }
}

/// To the nearest event of the lane above or below.
pub fn step_lane(model: &mut Model, by: isize, effects: &mut Vec<Effect>) {
    let Some(Subject::Set(lanes)) = &model.timeline.loaded.subject else { return };
    let lane = model
        .cursor
        .aggregate
        .as_ref()
        .and_then(|here| lanes.iter().position(|lane| lane == here))
        .unwrap_or(0);
    let next = lane.saturating_add_signed(by.signum()).min(lanes.len().saturating_sub(1));
    let (here, _) = model.cursor.place();
    let nearest = model
        .timeline
        .loaded
        .points
        .iter()
        .filter(|point| point.lane == next && next != lane)
        .min_by_key(|point| (point.index - here).abs())
        .map(|point| point.index);
    if let Some(index) = nearest {
        go(model, index, effects);
    }
}
