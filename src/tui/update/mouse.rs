//! The mouse: click, drag the knob, wheel.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::{branches, browse, jump, list, logs, time};
use crate::tui::action::Command;
use crate::tui::areas::{areas, timeline_width};
use crate::tui::effect::Effect;
use crate::tui::model::cursor::Scope;
use crate::tui::model::state::Tab;
use crate::tui::model::{Model, Pane};
use crate::tui::screen;
use crate::tui::screens::chips::ChipList;
use crate::tui::timeline::{column, hit};
use crate::tui::view::timeline::first_lane;
use crate::tui::view::{closable, footer};

/// Does what the mouse did.
pub fn mouse(model: &mut Model, event: MouseEvent, effects: &mut Vec<Effect>) {
    let (x, y) = (event.column, event.row);
    let wheel = match event.kind {
        MouseEventKind::ScrollUp => -1,
        MouseEventKind::ScrollDown => 1,
        _ => 0,
    };
    if event.kind == MouseEventKind::Down(MouseButton::Left) {
        let word = footer::command_at(model, x, y);
        let beside = || closable(model).is_some_and(|area| !area.contains((x, y).into()));
        if let Some(command) = word.or_else(|| beside().then_some(Command::Out)) {
            model.notice = None;
            return super::command_for(model, command, effects);
        }
    }
    let turn = screen::turn(model, effects, |screen, cx| match event.kind {
        MouseEventKind::Down(MouseButton::Left) => screen.click(cx, x, y),
        _ if wheel != 0 => screen.wheel(cx, wheel),
        _ => {}
    });
    if turn.is_some() {
        return;
    }
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => press(model, x, y, effects),
        MouseEventKind::Drag(MouseButton::Left) if model.timeline.dragging => knob(model, x, effects),
        MouseEventKind::Up(_) => model.timeline.dragging = false,
        _ if wheel != 0 => match areas(model).at(x, y) {
            Some(Pane::Timeline) => time::step(model, wheel as i64, effects),
            Some(Pane::List) => scroll_list(model, wheel * 3),
            Some(pane) => {
                let focus = std::mem::replace(&mut model.focus, pane);
                browse::vertical(model, wheel, effects);
                model.focus = focus;
            }
            None => {}
        },
        _ => {}
    }
}

fn scroll_list(model: &mut Model, by: isize) {
    let most = model.list.rows.len().saturating_sub(list::height(model));
    model.list.top = model.list.top.saturating_add_signed(by).min(most);
}

fn press(model: &mut Model, x: u16, y: u16, effects: &mut Vec<Effect>) {
    model.notice = None;
    let areas = areas(model);
    let Some((pane, area)) = areas.at(x, y).and_then(|pane| Some((pane, areas.of(pane)?))) else { return };
    let line = usize::from(y.saturating_sub(area.y + 1));
    model.play.running = false;
    if y == area.y && areas.tabs && matches!(pane, Pane::State | Pane::Event) {
        // The frame's top line carries the tabs: its right half is the event.
        browse::focus(model, if x >= area.x + area.width * 3 / 5 { Pane::Event } else { Pane::State });
        return;
    }
    browse::focus(model, pane);
    // A line of chips stands above the rows, where there are some.
    let head = usize::from(!model.chips(model.narrowed()).all().is_empty());
    match pane {
        Pane::List if line < head => ChipList::open(model, model.narrowed()),
        Pane::List if line > head => {
            let index = model.list.top + line - head - 1;
            list::select(model, index, effects);
        }
        Pane::State if y == area.y => {
            model.state.tab = if model.state.tab == Tab::State { Tab::Log } else { Tab::State };
        }
        Pane::State if model.state.tab == Tab::State => {
            let index = model.state.top + line;
            if index < model.state.rows.len() {
                let again = model.state.selected == index;
                let by = index as isize - model.state.selected as isize;
                model.state.select(by);
                if again && model.state.toggle() {
                    browse::rebuild(model);
                }
            }
        }
        Pane::State if line < head => ChipList::open(model, model.narrowed()),
        Pane::State => {
            let top = crate::tui::view::log::top(model, logs::height(model));
            if let Some(place) = model.log().place_at(top + line - head) {
                time::go_log(model, place, effects);
            }
        }
        Pane::Timeline => {
            if y == area.y + 1 {
                overview(model, x.saturating_sub(area.x + 1 + areas.gutter), effects);
            } else if let Some(lane) = other_lane(model, line) {
                let (left, width) = (area.x + 1 + areas.gutter, timeline_width(&areas));
                let placed = model.timeline.placed(width, model.cursor.head);
                if let Some(version) = hit(&placed, x.saturating_sub(left)) {
                    branches::to_lane(model, lane, version, effects);
                }
            } else if y > area.y {
                model.timeline.dragging = true;
                knob(model, x, effects);
            }
        }
        _ => {}
    }
}

/// The lane of another branch in a line of the timeline: the lanes follow the overview and the notes.
fn other_lane(model: &Model, line: usize) -> Option<usize> {
    let lane = first_lane(model) + line.checked_sub(2)?;
    model.lanes().get(lane).filter(|there| there.branch != model.branch).map(|_| lane)
}

/// Moves the cursor to the event nearest to a column; past the edges it goes on by one cell.
fn knob(model: &mut Model, x: u16, effects: &mut Vec<Effect>) {
    let areas = areas(model);
    let Some(area) = areas.timeline else { return };
    let width = timeline_width(&areas);
    let left = area.x + 1 + areas.gutter;
    let (here, last) = model.cursor.place();
    let placed = model.timeline.placed(width, last);
    let cell = model.timeline.zoom.cell();
    let target = if x < left && column(&placed, here) == Some(0) {
        Some(here - cell)
    } else if x >= left + width {
        Some(here + cell)
    } else {
        hit(&placed, x.saturating_sub(left))
    };
    if let Some(target) = target.filter(|target| *target != here) {
        time::go(model, target, effects);
    }
}

/// A click on the overview goes to that time.
fn overview(model: &mut Model, x: u16, effects: &mut Vec<Effect>) {
    let Some((first, last)) = model.timeline.loaded.span else { return };
    let Some((start, width)) = crate::tui::view::timeline::bars(model) else { return };
    let share = f64::from(x.saturating_sub(start)) / f64::from(width.saturating_sub(1).max(1));
    let at = first.0 + ((last.0 - first.0) as f64 * share.clamp(0.0, 1.0)) as i64;
    let loaded = &model.timeline.loaded;
    let (_, newest) = model.cursor.place();
    let whole = loaded.points.len() as i64 >= newest;
    if whole {
        let i = loaded.points.partition_point(|point| point.at.0 <= at);
        let index = loaded.points.get(i.saturating_sub(1)).map_or(0, |point| point.index);
        time::go(model, index, effects);
        return;
    }
    let at = crate::event::Time(at);
    match (model.cursor.scope, model.cursor.aggregate.clone()) {
        (Scope::One, Some(aggregate)) => {
            jump::to_revision(model, format!("@{at}"), Some(aggregate), effects);
        }
        (Scope::Store { .. }, _) => jump::to_time(model, at.to_string(), effects),
        _ => {}
    }
}
