//! An aggregate's events in another clock's order beside the log's, over the whole screen.
//!
//! ```text
//! ╭ Order by the time occurred  Sub/1  2 of 3 events stand elsewhere ╮
//! │   in the log's order             by the time occurred            │
//! │ 1 v1   1 Apr 2019  Created       v1   1 Apr 2019  Created        │
//! │ 2 v2   3 Apr 2019  Paid       ≠ ▒v3   2 Apr 2019  Failed▒▒▒▒▒▒▒▒ │
//! │ AT THE END  the states part at 2 and stay apart                  │
//! ╰──────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::error::{Error, Result};
use crate::event::Position;
use crate::markdown::Table;
use crate::replay::Change;
use crate::session::{Order, OrderEvent, OrderPlace, Ordered, Point};
use crate::tui::action::Command;
use crate::tui::keys::Context;
use crate::tui::model::Model;
use crate::tui::paint::{change, full, inside, put, span, waiting};
use crate::tui::question::{Lane, Part, Slot};
use crate::tui::rows::{Click, Rows};
use crate::tui::screen::{Cx, Screen};
use crate::tui::text::{count, cut, pad, pad_left, width, wrap};
use crate::tui::update::races;

/// How many differences at the end are shown.
const ENDS: usize = 6;
/// How many rules that failed in one of the orders only are named of each.
const FAILED: usize = 2;
/// The columns between the two sides.
const BETWEEN: usize = 5;

/// The clocks, in the order in which they take turns.
const CLOCKS: [(Order, &str); 3] =
    [(Order::Occurred, "occurred"), (Order::Received, "received"), (Order::Recorded, "recorded")];

/// The two orders.
#[derive(Debug)]
pub struct Orders {
    /// Which aggregate, and up to which version.
    point: Point,
    /// By which of the clocks.
    clock: usize,
    /// The orders, or why there are none by this clock.
    found: Slot<usize, Result<Ordered>>,
    /// The rules that failed in one of the orders only.
    failed: Vec<String>,
    rows: Rows,
    /// Whether the other order's side is selected.
    other: bool,
}

impl Orders {
    /// Opens it for the aggregate that is shown, with all its events.
    pub fn open(model: &mut Model) {
        let Some(aggregate) = model.cursor.aggregate.clone() else { return };
        let head = model.cursor.head;
        let point = Point::Aggregate { branch: model.branch.clone(), aggregate, version: head, head };
        model.open(Self::by(point, 0, false));
    }

    fn by(point: Point, clock: usize, other: bool) -> Self {
        let (failed, rows) = (Vec::new(), Rows::default());
        Self { point, clock, found: Slot::default(), failed, rows, other }
    }

    fn next(&self) -> usize {
        (self.clock + 1) % CLOCKS.len()
    }

    fn ordered(&self) -> Option<&Ordered> {
        self.found.shown()?.as_ref().ok()
    }

    /// Works out what is shown of the orders; the place where the states part is selected.
    fn take(&mut self) {
        let Some(ordered) = self.ordered() else { return };
        let selected = ordered.parts.unwrap_or(0);
        let by = CLOCKS[self.clock].1;
        let mut failed = alone(&ordered.log_errors, &ordered.other_errors, "in the log's order");
        failed.extend(alone(&ordered.other_errors, &ordered.log_errors, by));
        (self.failed, self.rows.selected) = (failed, selected);
    }

    /// Where the places stand: below the frame and the headings, above what is said of the end.
    fn area(&self, screen: Rect) -> Rect {
        let end = |changes: &[Change]| 1 + changes.len().min(ENDS);
        let ends = self.ordered().map_or(0, |ordered| {
            let requests = ordered.requests.as_ref().map_or(0, |requests| end(&requests.changes));
            end(&ordered.changes) + requests + self.failed.len()
        });
        inside(screen, 1, ends as u16)
    }

    /// The columns of a place's number.
    fn numbers(&self) -> usize {
        self.ordered().map_or(0, |ordered| count(ordered.len() as i64).len().max(2))
    }

    /// The columns of an event on either side.
    fn columns(&self, area: Rect) -> usize {
        usize::from(area.width).saturating_sub(self.numbers() + 3 + BETWEEN) / 2
    }

    /// The part of the area where one of the sides stands.
    fn side(&self, area: Rect, other: bool) -> Rect {
        let columns = self.columns(area);
        let left = self.numbers() + 2 + if other { columns + BETWEEN } else { 0 };
        Rect { x: area.x + left as u16, width: columns as u16, ..area }.intersection(area)
    }

    fn row(&self, model: &Model, ordered: &Ordered, i: usize, columns: usize) -> Line<'static> {
        let theme = &model.look.theme;
        let Some(OrderPlace { log, other, apart }) = ordered.place(i) else { return Line::default() };
        let moved = log.version != other.version;
        let event = |event: &OrderEvent, errors: &[(OrderEvent, String)]| {
            let failed = errors.iter().any(|(other, _)| other.version == event.version);
            let sign = if failed { model.look.glyphs.error } else { ' ' };
            let version = format!("v{}", event.version);
            let zone = model.look.zone;
            let at = if columns < 44 {
                pad(&zone.seconds(event.time), 15)
            } else {
                pad(&zone.full(event.time), 20)
            };
            let text = format!("{version:<4}{sign} {at}  {}", event.kind);
            let style = match (failed, moved) {
                (true, _) => theme.error,
                (false, true) => theme.changed,
                (false, false) => theme.text,
            };
            span(pad(&text, columns), style)
        };
        let (sign, style) = match (ordered.parts, ordered.meets) {
            (Some(first), _) if first == i => ("≠", theme.warning),
            (_, Some(meets)) if meets == i => ("=", theme.added),
            _ if apart => ("≠", theme.dim),
            _ => (" ", theme.dim),
        };
        Line::from(vec![
            span(format!(" {} ", pad_left(&count(i as i64 + 1), self.numbers())), theme.dim),
            event(log, &ordered.log_errors),
            span(format!("  {sign}  "), style),
            event(other, &ordered.other_errors),
        ])
    }

    /// What is said of the end.
    fn ends(&self, model: &Model, ordered: &Ordered, room: usize) -> Vec<Line<'static>> {
        let theme = &model.look.theme;
        let same = if ordered.changes.is_empty() { "the same" } else { "another" };
        let head = format!(" AT THE END  the same events: {same} state");
        let parts = ordered.parts.map_or_else(String::new, |place| match ordered.meets {
            Some(meets) => {
                format!("  the states part at {}, the same again from {} on", place + 1, meets + 1)
            }
            None => format!("  the states part at {} and stay apart", place + 1),
        });
        let parts = span(cut(&parts, room.saturating_sub(width(&head))), theme.dim);
        let changes = |changes: &[Change]| -> Vec<Line<'static>> {
            let line = |one: &Change| {
                let path = pad(&one.dotted(), 20.min(room / 3));
                let spans = change(model, one, &path, room.saturating_sub(2));
                [Span::raw(" ")].into_iter().chain(spans).collect()
            };
            changes.iter().take(ENDS).map(line).collect()
        };
        let failed = self.failed.iter().map(|text| {
            let text = format!(" {} {text}", model.look.glyphs.error);
            Line::from(span(cut(&text, room), theme.error))
        });
        let mut lines = vec![Line::from(vec![span(head, theme.hotkey), parts])];
        lines.extend(changes(&ordered.changes));
        if let Some(requests) = &ordered.requests {
            let same = if requests.changes.is_empty() { "the same" } else { "another" };
            let head = format!(" AT THE END  the same requests: {same} state");
            let otherwise = requests.fates.len();
            let more = format!("  {otherwise} of {} come to something else", requests.decided);
            let more = span(cut(&more, room.saturating_sub(width(&head))), theme.dim);
            lines.push(Line::from(vec![span(head, theme.hotkey), more]));
            lines.extend(changes(&requests.changes));
        }
        lines.extend(failed);
        lines
    }

    fn draw_places(&self, model: &Model, ordered: &Ordered, screen: Rect, inner: Rect, buffer: &mut Buffer) {
        let theme = &model.look.theme;
        let area = self.area(screen);
        let by = format!("by the time {}", CLOCKS[self.clock].1);
        for (other, text) in [(false, "in the log's order"), (true, &by)] {
            let style = if other == self.other { theme.hotkey } else { theme.dim };
            put(buffer, Rect { y: inner.y, ..self.side(area, other) }, 0, &Line::from(span(text, style)));
        }
        let (side, columns) = (self.side(area, self.other), self.columns(area));
        self.rows
            .draw_part(model, ordered.len(), area, side, buffer, |i| self.row(model, ordered, i, columns));
        for (y, line) in (area.bottom() - inner.y..).zip(self.ends(model, ordered, inner.width.into())) {
            put(buffer, inner, y, &line);
        }
    }
}

/// The rules that failed in one order and not in the other one.
fn alone(errors: &[(OrderEvent, String)], others: &[(OrderEvent, String)], order: &str) -> Vec<String> {
    let alone = |event: &OrderEvent| others.iter().all(|(other, _)| other.version != event.version);
    let alone = errors.iter().filter(|(event, _)| alone(event)).take(FAILED);
    alone.map(|(event, why)| format!("{order} v{} {}: {why}", event.version, event.kind)).collect()
}

impl Screen for Orders {
    fn context(&self) -> Context {
        Context::Order
    }

    fn command(&mut self, cx: &mut Cx, command: Command) {
        match command {
            Command::StepBack => self.command(cx, Command::Up),
            Command::StepForward => self.command(cx, Command::Down),
            Command::NextPane => self.other = !self.other,
            Command::ClockOrder => *self = Self::by(self.point.clone(), self.next(), self.other),
            Command::Enter => {
                let Some(position) = self.position() else { return };
                cx.go_to(position);
                races::leave(cx.model);
            }
            _ if self.moves(cx, command) => {}
            _ => cx.close(),
        }
    }

    fn list(&mut self, screen: Rect) -> Option<(&mut Rows, usize, Rect)> {
        let (places, area) = (self.ordered().map_or(0, Ordered::len), self.area(screen));
        Some((&mut self.rows, places, area))
    }

    /// A click on the other side selects that first.
    fn click(&mut self, cx: &mut Cx, x: u16, y: u16) {
        let area = self.area(cx.area());
        let other = self.side(area, true).x <= x;
        if other == self.other {
            self.select_at(cx, x, y);
        } else if let Some((rows, places, area)) = self.list(cx.area())
            && rows.click(x, y, places, area) != Click::Beside
        {
            self.other = other;
        }
    }

    fn tick(&mut self, cx: &mut Cx) {
        if !self.found.is_asked(&cx.model.branch, &self.clock) {
            let (point, by) = (self.point.clone(), CLOCKS[self.clock].0);
            cx.ask(&mut self.found, Lane::Long, self.clock, move |session, _| {
                Ok(Part::Whole(session.order(&point, by)))
            });
        }
        if self.found.take_in(&cx.model.branch) {
            self.take();
        }
        self.reveal(cx);
    }

    fn failed(&self) -> Option<&Error> {
        self.found.failed()
    }

    fn position(&self) -> Option<Position> {
        let place = self.ordered()?.place(self.rows.selected)?;
        Some(if self.other { place.other.position } else { place.log.position })
    }

    fn table(&self, model: &Model) -> Option<Table> {
        let ordered = self.ordered()?;
        let by = format!("by the time {}", CLOCKS[self.clock].1);
        let event = |event: &OrderEvent| {
            format!("v{} {} {}", event.version, model.look.zone.full(event.time), event.kind)
        };
        let cells = |(at, place): (usize, OrderPlace)| {
            let sign = match (ordered.parts, ordered.meets) {
                (_, Some(meets)) if meets == at => "the same again",
                _ if place.apart => "another state",
                _ => "",
            };
            vec![(at + 1).to_string(), event(place.log), sign.to_owned(), event(place.other)]
        };
        let mut table = Table::of(&["place", "in the log's order", "", &by]);
        table.rows.extend(ordered.places().enumerate().map(cells));
        Some(table)
    }

    fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        let theme = &model.look.theme;
        let summary = self.ordered().map_or_else(String::new, |ordered| {
            let (moved, all) = (count(ordered.moved as i64), count(ordered.len() as i64));
            format!("{}  {moved} of {all} events stand elsewhere", ordered.aggregate)
        });
        let title = format!(" Order by the time {}  {summary} ", CLOCKS[self.clock].1);
        let inner = full(model, cut(&title, usize::from(screen.width.saturating_sub(4))), screen, buffer);
        match self.found.shown() {
            None => waiting(model, "replaying …", inner, 1, buffer),
            Some(Ok(ordered)) => self.draw_places(model, ordered, screen, inner, buffer),
            Some(Err(error)) => {
                let lines = wrap(error.message(), usize::from(inner.width.saturating_sub(2)), 4);
                let next = format!("X goes on to the next clock: {}", CLOCKS[self.next()].1);
                let lines = lines.into_iter().map(|line| span(format!(" {line}"), theme.warning));
                let lines = lines.chain([Span::raw(""), span(format!(" {next}"), theme.dim)]);
                for (y, line) in (1..).zip(lines) {
                    put(buffer, inner, y, &Line::from(line));
                }
            }
        }
    }
}
