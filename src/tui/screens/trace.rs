//! The lanes of an operation, over the whole screen: its events from the oldest to the newest, a lane for each
//! aggregate with arrows from causes to effects, and below them where every lane stood at the selected event.

mod draw;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::draw::{Areas, Picture};
use crate::error::Error;
use crate::event::{AggregateId, Event, Position, actor_of, reason_of};
use crate::markdown::Table;
use crate::session::{Lanes, Moment, Session};
use crate::tui::action::Command;
use crate::tui::keys::Context;
use crate::tui::model::Model;
use crate::tui::paint::{full, waiting};
use crate::tui::question::{Lane, Pace, Part, Slot};
use crate::tui::rows::Rows;
use crate::tui::screen::{Cx, Screen};
use crate::tui::text::cut;

/// How many events are read before it is asked whether that is still wanted.
const SLICE: usize = 100;

/// The lanes.
#[derive(Debug)]
pub struct Trace {
    /// The event that they were opened at.
    of: Position,
    /// As far as they are read; asked for again when something was appended.
    lanes: Slot<u64, Lanes>,
    rows: Rows,
    /// The row that was selected when the lanes were last looked at.
    row: usize,
    /// The lanes that are drawn; the selected one stays among them.
    pub drawn: Rows,
    /// The lanes whose states are shown.
    shown: Rows,
    /// How far the states are scrolled.
    down: u16,
    /// Whether somebody chose a row or a lane: what comes moves them no more.
    chose_row: bool,
    chose_lane: bool,
    /// Where some lanes stood right after a position.
    moments: Slot<(Vec<AggregateId>, Position), Vec<Moment>>,
}

impl Trace {
    /// Opens them at the event of the cursor.
    pub fn open(model: &mut Model) {
        let Some(of) = model.position().filter(|position| *position > 0) else {
            model.tell("there is no event here");
            return;
        };
        let (rows, drawn, shown) = Default::default();
        let (lanes, moments) = (Slot::default(), Slot::default());
        let (chose_row, chose_lane) = (false, false);
        model.open(Self { of, lanes, rows, row: 0, drawn, shown, down: 0, chose_row, chose_lane, moments });
    }

    fn is_whole(&self) -> bool {
        self.lanes.shown().is_some_and(Lanes::is_whole)
    }

    /// Whether more of them is to come; what is whole is only looked at again.
    fn reads(&self) -> bool {
        self.lanes.waits() && !self.is_whole()
    }

    fn events(&self) -> usize {
        self.lanes.shown().map_or(0, |lanes| lanes.events.len())
    }

    /// How many lanes there are.
    fn width(&self) -> usize {
        self.lanes.shown().map_or(0, |lanes| lanes.swim.lanes().len())
    }

    /// Selects another lane.
    fn choose(&mut self, lane: usize) {
        self.drawn.selected = lane;
        (self.chose_lane, self.down) = (true, 0);
    }

    /// Takes in what was read; the selected lane is the row's, as long as no other one was chosen.
    fn take_in(&mut self, branch: &str) {
        if self.rows.selected != self.row {
            (self.chose_row, self.chose_lane, self.down) = (true, false, 0);
        }
        self.lanes.take_with(branch, |shown, new, _| {
            // Once more from the start: what is there stays until there is as much.
            let more = shown.as_ref().is_none_or(|shown| new.events.len() >= shown.events.len());
            if more || new.is_whole() {
                *shown = Some(new);
            }
        });
        let Some(lanes) = self.lanes.shown() else { return };
        if !self.chose_row {
            self.rows.selected = lanes.swim.row_of(self.of).unwrap_or(0);
        }
        self.row = self.rows.selected;
        if let Some(row) = lanes.swim.rows().get(self.row).filter(|_| !self.chose_lane) {
            self.drawn.selected = row.lane;
        }
    }

    fn ask(&mut self, cx: &mut Cx) {
        let (of, mut pace) = (self.of, Pace::default());
        let (branch, appended) = (&cx.model.branch, cx.model.appended);
        let begin = move |session: &mut Session| session.swim(of);
        cx.effects.push(self.lanes.ask_begun(
            branch,
            Lane::Long,
            appended,
            begin,
            move |lanes, session, _| {
                session.swim_on(lanes, SLICE)?;
                Ok(pace.part(lanes.is_whole(), || lanes.clone()))
            },
        ));
    }

    /// Asks for the states of the lanes that are shown.
    fn ask_states(&mut self, cx: &mut Cx, columns: usize) {
        let (Some(lanes), Some(at)) = (self.lanes.shown(), self.position()) else { return };
        let shown = lanes.swim.lanes().iter().skip(self.shown.top).take(columns);
        let of = (shown.map(|lane| lane.aggregate.clone()).collect::<Vec<_>>(), at);
        if !self.moments.is_asked(&cx.model.branch, &of) {
            let aggregates = of.0.clone();
            cx.ask(&mut self.moments, Lane::Now, of, move |session, _| {
                let moments = session.moments_at(&aggregates, at)?;
                let folds = moments.iter().any(|moment| moment.folding.is_some());
                Ok(if folds { Part::SoFar(moments) } else { Part::Whole(moments) })
            });
        }
    }
}

impl Screen for Trace {
    fn context(&self) -> Context {
        Context::Trace
    }

    fn command(&mut self, cx: &mut Cx, command: Command) {
        let (lanes, half) = (self.width().max(1), Areas::of(self, cx.area()).states.height / 2);
        match command {
            Command::StepBack => self.command(cx, Command::Up),
            Command::StepForward => self.command(cx, Command::Down),
            Command::NextPane => self.choose((self.drawn.selected + 1) % lanes),
            Command::PreviousPane => self.choose((self.drawn.selected + lanes - 1) % lanes),
            Command::HalfDown => self.down = self.down.saturating_add(half),
            Command::HalfUp => self.down = self.down.saturating_sub(half),
            Command::Enter => self.position().into_iter().for_each(|position| cx.go_to(position)),
            _ if self.moves(cx, command) => {}
            _ if self.reads() && self.lanes.shown().is_some() => self.lanes.stop(),
            _ => cx.close(),
        }
    }

    fn list(&mut self, screen: Rect) -> Option<(&mut Rows, usize, Rect)> {
        let (events, area) = (self.events(), Areas::of(self, screen).rows);
        Some((&mut self.rows, events, area))
    }

    /// A click on a lane's state selects the lane.
    fn click(&mut self, cx: &mut Cx, x: u16, y: u16) {
        let areas = Areas::of(self, cx.area());
        let lane = |x: u16| self.shown.top + usize::from((x - areas.states.x) / areas.column.max(1));
        if !areas.states.contains((x, y).into()) {
            self.select_at(cx, x, y);
        } else if lane(x) < self.width() {
            self.choose(lane(x));
        }
    }

    fn tick(&mut self, cx: &mut Cx) {
        self.take_in(&cx.model.branch);
        self.moments.take_in(&cx.model.branch);
        let grown = || !self.lanes.is_asked(&cx.model.branch, &cx.model.appended);
        if self.lanes.asked().is_none() || (self.is_whole() && !self.lanes.waits() && grown()) {
            self.ask(cx);
        }
        self.reveal(cx);
        let areas = Areas::of(self, cx.area());
        let lanes = self.width();
        self.drawn.reveal(lanes, areas.lanes);
        self.shown.selected = self.drawn.selected;
        self.shown.reveal(lanes, areas.columns);
        self.ask_states(cx, areas.columns);
    }

    fn failed(&self) -> Option<&Error> {
        self.lanes.failed().or(self.moments.failed())
    }

    fn position(&self) -> Option<Position> {
        self.lanes.shown()?.events.get(self.rows.selected).map(|event| event.position)
    }

    fn table(&self, model: &Model) -> Option<Table> {
        let heads = ["position", "occurred", "record", "version", "event", "actor", "reason", "data"];
        let cells = |event: &Event| {
            vec![
                event.position.to_string(),
                model.look.zone.full(event.occurred_at),
                event.aggregate.to_string(),
                event.version.to_string(),
                event.kind.clone(),
                actor_of(&event.meta).unwrap_or_default(),
                reason_of(&event.meta).unwrap_or_default(),
                event.data.clone(),
            ]
        };
        let events = &self.lanes.shown()?.events;
        Some(Table { rows: events.iter().map(cells).collect(), ..Table::of(&heads) })
    }

    fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        let areas = Areas::of(self, screen);
        let summary = self.lanes.shown().map_or_else(String::new, |lanes| self.summary(lanes, areas.lanes));
        let title = format!(" Lanes  {} ", cut(&summary, usize::from(screen.width.saturating_sub(12))));
        let inner = full(model, title, screen, buffer);
        match self.lanes.shown() {
            None => waiting(model, "reading …", inner, 1, buffer),
            Some(lanes) => Picture { model, trace: self, lanes, areas }.draw(buffer),
        }
    }
}
