//! Which pane is where: pure functions of the screen's size, shared by the view and the mouse.

use ratatui::layout::{Constraint, Layout, Rect};

use super::keys::Context;
use super::model::cursor::Scope;
use super::model::state::Tab;
use super::model::{Model, Pane};
use super::text;
use super::view::footer;

/// The least columns and rows that show anything useful.
pub const LEAST: (u16, u16) = (40, 12);
/// From so many columns on, state and event stand side by side.
pub const WIDE: u16 = 110;
/// From so many columns on, log and event stand side by side.
const WIDE_LOG: u16 = 170;
/// How many lanes are shown at most.
pub const LANES: usize = 6;
/// The least and the most columns of the names before the timeline's rows.
const GUTTER: (u16, u16) = (9, 17);

/// Where everything is. A pane without a place is not shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Areas {
    /// The first line.
    pub header: Rect,
    /// The list.
    pub list: Option<Rect>,
    /// State and log.
    pub state: Option<Rect>,
    /// The event.
    pub event: Option<Rect>,
    /// The timeline.
    pub timeline: Option<Rect>,
    /// The last line.
    pub footer: Rect,
    /// The columns of the names before the timeline's rows.
    pub gutter: u16,
    /// State and event share one place as tabs.
    pub tabs: bool,
}

impl Areas {
    /// The area of a pane.
    pub fn of(&self, pane: Pane) -> Option<Rect> {
        match pane {
            Pane::List => self.list,
            Pane::State => self.state,
            Pane::Event => self.event,
            Pane::Timeline => self.timeline,
        }
    }

    /// The pane at a place on the screen.
    pub fn at(&self, x: u16, y: u16) -> Option<Pane> {
        Pane::ALL.into_iter().find(|pane| self.of(*pane).is_some_and(|area| area.contains((x, y).into())))
    }
}

/// Whether the rule lab is open, which has a row of the timeline; also while it has its turn.
fn in_lab(model: &Model) -> bool {
    let labs = [Context::Lab, Context::LabTime, Context::LabStore];
    model.overlays.iter().any(|overlay| labs.contains(&overlay.context()))
}

/// The areas for the model's size and focus.
pub fn areas(model: &Model) -> Areas {
    let (width, height) = model.look.size;
    let screen = Rect::new(0, 0, width, height);
    let lanes = model.list.lanes.len().max(model.lanes().len()).clamp(1, LANES) as u16;
    let pinned = u16::from(model.pinned.is_some()) + u16::from(in_lab(model));
    let room = u16::from(height >= 30);
    let [header, body, timeline, footer] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(4 + lanes + pinned + room),
        Constraint::Length(footer::lines(model)),
    ])
    .areas(screen);
    // A row of the log is long: beside it there is no room for the event on a screen that is not very wide.
    let log = model.state.tab == Tab::Log && width < WIDE_LOG;
    let tabs = width < WIDE || log;
    let mut areas = Areas { header, footer, tabs, gutter: gutter(model), ..Areas::default() };
    if model.maximised {
        let all = Some(Rect { height: body.height + timeline.height, ..body });
        match model.focus {
            Pane::List => areas.list = all,
            Pane::State => areas.state = all,
            Pane::Event => areas.event = all,
            Pane::Timeline => areas.timeline = all,
        }
        return areas;
    }
    areas.timeline = Some(timeline);
    if tabs {
        let [left, right] = Layout::horizontal([
            Constraint::Percentage(narrow_list(model, log && model.front != Pane::Event)),
            Constraint::Fill(1),
        ])
        .areas(body);
        areas.list = Some(left);
        match model.front {
            Pane::Event => areas.event = Some(right),
            _ => areas.state = Some(right),
        }
    } else {
        // A log row is longer than a field.
        let (left, right) = match model.state.tab {
            Tab::Log if model.cursor.is_whole() => (22, 20),
            Tab::Log => (26, 22),
            Tab::State => (32, 28),
        };
        let [left, middle, right] = Layout::horizontal([
            Constraint::Percentage(left),
            Constraint::Fill(1),
            Constraint::Percentage(right),
        ])
        .areas(body);
        (areas.list, areas.state, areas.event) = (Some(left), Some(middle), Some(right));
    }
    areas
}

/// The share of the list beside one other pane. It gives way to a log, except while it is itself in focus on a narrow
/// screen: rows of several records have more in them.
fn narrow_list(model: &Model, log: bool) -> u16 {
    let wide = model.look.size.0 >= WIDE;
    match (log, wide) {
        (_, true) => 26,
        (true, false) if model.focus == Pane::List => 44,
        (true, false) if model.cursor.is_one() => 26,
        (true, false) => 20,
        (false, false) => 44,
    }
}

/// How wide the names before the timeline's rows are: as the longest one needs, where there is room.
fn gutter(model: &Model) -> u16 {
    let longest = match (model.cursor.scope, model.lanes().len()) {
        (Scope::Set { .. }, _) => model.list.lane_names().iter().map(|name| text::width(name)).max(),
        (Scope::Store { .. }, _) => None,
        (Scope::One, 2..) => model.lanes().iter().map(|lane| text::width(&lane.branch)).max(),
        (Scope::One, _) => Some(text::width(&model.branch)),
    };
    let pinned = model.pinned.as_ref().map(|pin| text::width(&pin.dotted()));
    let needed = longest.max(pinned).unwrap_or(0) as u16 + 2;
    needed.clamp(GUTTER.0, (model.look.size.0 / 8).clamp(GUTTER.0, GUTTER.1))
}

/// The rows inside a pane's frame.
pub fn inner_height(area: Option<Rect>) -> usize {
    area.map_or(1, |area| area.height.saturating_sub(2).max(1) as usize)
}

/// The columns of the timeline after its names.
pub fn timeline_width(areas: &Areas) -> u16 {
    // While another pane is alone on the screen the window keeps the width that it comes back with.
    areas.timeline.unwrap_or(areas.header).width.saturating_sub(2 + areas.gutter + 1).max(1)
}
