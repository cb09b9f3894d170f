//! A comparison over the whole screen: two states, three states, or two points of the whole store.
//!
//! ```text
//! ╭ Diff  two states  2 differences ─────────────────────────────────╮
//! │ Task/42 v2 → head v6                                             │
//! │   ~ title      Book flights → Book flights to Oslo               │
//! │ ▸ + comments.0 booked, and the hotel …                           ▐
//! ╰──────────────────────────────────────────────────────────────────╯
//! ```

mod lines;

use std::collections::HashSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line as Drawn;

use self::lines::{Found, Leads, Line, third};
use crate::error::{Error, Result};
use crate::event::Position;
use crate::markdown::Table;
use crate::session::{CompareRequest, Matter, Point, Session};
use crate::tui::action::Command;
use crate::tui::keys::Context;
use crate::tui::model::cursor::Scope;
use crate::tui::model::{MarkedPoint, Model};
use crate::tui::paint::{full, inside, put, span, waiting};
use crate::tui::question::{Lane, Part, Slot};
use crate::tui::rows::Rows;
use crate::tui::screen::{Cx, Screen};
use crate::tui::text::{cut, pad};

/// How many aggregates are answered with at a time.
const PAGE: usize = 50;
/// How many positions are looked at before it is asked whether that is still wanted.
const BUDGET: usize = 20_000;
/// How many events of each side are named.
const EVENTS: usize = 5;
/// How many aggregates are listed; then it stops.
const KEPT: usize = 2_000;
/// From so many columns on, three states stand beside each other.
const BESIDE: usize = 64;

/// What is compared.
#[derive(Clone, Debug)]
enum Of {
    /// Two states of aggregates.
    Two(Point, Point),
    /// An aggregate's state at a point, at another one, and at the head.
    Three(Point, Point),
    /// Two points of the whole store.
    Store(CompareRequest),
}

/// The comparison.
#[derive(Debug)]
pub struct Compare {
    of: Of,
    /// The points in words.
    names: Vec<String>,
    found: Slot<(), Found>,
    lines: Vec<Line>,
    /// How many columns the lines are prepared for; `None` where they are to be prepared again.
    columns: Option<usize>,
    rows: Rows,
    /// Which differences are unfolded, by their numbers.
    open: HashSet<usize>,
}

impl Compare {
    /// The mark and the cursor, or without a mark the cursor and the head.
    pub fn two(model: &mut Model) {
        let Some(here) = model.point() else { return };
        if model.mark.is_none() && !model.cursor.past() {
            model.tell("this is the head: go back, or set a mark with m, to have something to compare with");
            return;
        }
        let on = |branch: &str| if branch == model.branch { String::new() } else { format!("{branch}:") };
        let here_name = model.here();
        let (a, b, names) = match (model.cursor.scope, &model.mark) {
            (Scope::Store { .. }, Some(MarkedPoint { branch, position, .. })) => {
                let name = format!("{}#{position}", on(branch));
                (Point::store(branch, *position), here, [name, here_name])
            }
            (Scope::Store { last: position, .. }, None) => {
                let head = Point::store(&*model.branch, position);
                (here, head, [here_name, format!("head #{position}")])
            }
            (_, Some(MarkedPoint { branch, aggregate, version, .. })) => {
                let name = format!("{}{aggregate} v{version}", on(branch));
                let (branch, aggregate, version) = (branch.clone(), aggregate.clone(), *version);
                (Point::Aggregate { branch, aggregate, version, head: version }, here, [name, here_name])
            }
            (_, None) => {
                let head = at(&here, model.cursor.head);
                (here, head, [here_name, format!("head v{}", model.cursor.head)])
            }
        };
        let bounds = |request| CompareRequest { limit: PAGE, budget: BUDGET, events: EVENTS, ..request };
        let whole = model.cursor.is_whole();
        let of = if whole { Of::Store(bounds(CompareRequest::of(a, b))) } else { Of::Two(a, b) };
        model.open(Self::new(of, names.into()));
    }

    /// Before the event at the cursor, at the cursor, and at the head.
    pub fn three(model: &mut Model) {
        let (Some(aggregate), version) = (model.cursor.aggregate.clone(), model.cursor.version) else {
            return;
        };
        if version == 0 {
            model.tell("this is before the first event");
            return;
        }
        let head = model.cursor.head;
        let here = Point::Aggregate { branch: model.branch.clone(), aggregate, version, head };
        let before = at(&here, version - 1);
        let names =
            vec![format!("before v{}", version - 1), format!("here v{version}"), format!("head v{head}")];
        model.open(Self::new(Of::Three(before, here), names));
    }

    fn new(of: Of, names: Vec<String>) -> Self {
        let (found, rows) = (Slot::default(), Rows::default());
        Self { of, names, found, lines: Vec::new(), columns: None, rows, open: HashSet::new() }
    }

    /// Unfolds the value of the selected line or folds it, or goes to the event that the line leads to.
    fn enter(&mut self, cx: &mut Cx) {
        match self.lines.get(self.rows.selected).map_or(Leads::Nowhere, |line| line.leads) {
            Leads::Nowhere => {}
            Leads::To(position) => cx.go_to(position),
            Leads::Unfolds(number) => {
                if !self.open.remove(&number) {
                    self.open.insert(number);
                }
                self.columns = None;
            }
        }
    }

    fn title(&self, model: &Model) -> String {
        let summary = match self.found.shown() {
            Some(found) => found.summary(self.found.waits()),
            None if self.found.failed().is_some() => String::new(),
            None => "comparing …".to_owned(),
        };
        let glyphs = &model.look.glyphs;
        match &self.of {
            Of::Store(_) => format!(" Diff  whole store  {summary} "),
            Of::Three(_, Point::Aggregate { aggregate, .. }) => {
                // Who moved a field away from the state before.
                let legend = format!("{} here {} head = both ! apart", glyphs.cursor, glyphs.head);
                format!(" Diff  {aggregate}  {summary}  {legend} ")
            }
            _ => format!(" Diff  two states  {summary} "),
        }
    }

    fn heading(&self, model: &Model, room: usize) -> Drawn<'static> {
        let theme = &model.look.theme;
        if let (Of::Three(..), [before, here, head]) = (&self.of, &self.names[..]) {
            if room < BESIDE {
                return Drawn::from(span(" by field: before, here, head", theme.dim));
            }
            let paths = self.found.shown().map_or(0, |found| found.paths(room));
            let mut spans = vec![span(" ".repeat(paths + 7), theme.text)];
            let column = third(paths, room);
            spans.extend(
                [before, here, head].map(|name| span(format!("{} ", pad(name, column)), theme.hotkey)),
            );
            return Drawn::from(spans);
        }
        let arrow = format!(" {} ", model.look.glyphs.arrow);
        let names = cut(&self.names.join(&arrow), room.saturating_sub(1));
        Drawn::from(span(format!(" {names}"), theme.hotkey))
    }
}

impl Of {
    /// A slice of the answer.
    fn slice(&mut self, kept: &mut usize, session: &mut Session) -> Result<Part<Found>> {
        Ok(match self {
            Self::Two(a, b) => Part::Whole(Found::Two(session.diff_by_item(a, b)?)),
            Self::Three(before, here) => Part::Whole(Found::Three(session.three_way(before, here)?.paths)),
            Self::Store(request) => {
                let page = session.compare(request)?;
                *kept += page.rows.len();
                let more = page.next.is_some() && *kept >= KEPT;
                let rows = page.rows.into_iter().map(|row| (row.changes_by_item(), row)).collect();
                let found = Found::Store(rows, more);
                match page.next.filter(|_| !more) {
                    Some(next) => {
                        request.after = next;
                        Part::SoFar(found)
                    }
                    None => Part::Whole(found),
                }
            }
        })
    }
}

/// The same aggregate at another version.
fn at(point: &Point, version: i64) -> Point {
    match point.clone() {
        Point::Aggregate { branch, aggregate, head, .. } => {
            Point::Aggregate { branch, aggregate, version, head }
        }
        store @ Point::Store { .. } => store,
    }
}

/// The same aggregate at its head.
fn head_of(point: &Point) -> Point {
    match point {
        Point::Aggregate { head, .. } => at(point, *head),
        Point::Store { .. } => point.clone(),
    }
}

impl Screen for Compare {
    fn context(&self) -> Context {
        Context::Diff
    }

    fn command(&mut self, cx: &mut Cx, command: Command) {
        match command {
            Command::Enter => self.enter(cx),
            _ if self.moves(cx, command) => {}
            _ if self.found.waits() && !self.lines.is_empty() => {
                self.found.stop();
                cx.model.tell("stopped; what was found stays");
            }
            _ => cx.close(),
        }
    }

    fn list(&mut self, screen: Rect) -> Option<(&mut Rows, usize, Rect)> {
        Some((&mut self.rows, self.lines.len(), inside(screen, 1, 0)))
    }

    fn tick(&mut self, cx: &mut Cx) {
        if self.found.asked().is_none() {
            let (mut of, mut kept) = (self.of.clone(), 0);
            cx.ask(&mut self.found, Lane::Long, (), move |session, _| of.slice(&mut kept, session));
        }
        let came = self.found.take_with(&cx.model.branch, Found::join);
        let columns = usize::from(inside(cx.area(), 1, 0).width);
        if came || self.columns != Some(columns) {
            let (found, waits) = (self.found.shown(), self.found.waits());
            self.lines =
                found.map_or_else(Vec::new, |found| found.lines(cx.model, &self.open, columns, waits));
            self.columns = Some(columns);
            self.reveal(cx);
        }
    }

    fn matter(&self, _model: &Model) -> Option<(Matter, String)> {
        let (a, b) = match &self.of {
            Of::Two(a, b) => (a.clone(), b.clone()),
            Of::Three(a, here) => (a.clone(), head_of(here)),
            Of::Store(request) => (request.a.clone(), request.b.clone()),
        };
        let of = [self.names.first(), self.names.last()].into_iter().flatten().cloned().collect::<Vec<_>>();
        Some((Matter::Diff(a, b), of.join(" and ")))
    }

    fn table(&self, model: &Model) -> Option<Table> {
        Some(self.found.shown()?.table(model, &self.names))
    }

    fn failed(&self) -> Option<&Error> {
        self.found.failed()
    }

    fn position(&self) -> Option<Position> {
        match self.lines.get(self.rows.selected)?.leads {
            Leads::To(position) => Some(position),
            _ => None,
        }
    }

    fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        let title = cut(&self.title(model), usize::from(screen.width.saturating_sub(4)));
        let inner = full(model, title, screen, buffer);
        put(buffer, inner, 0, &self.heading(model, inner.width.into()));
        if self.lines.is_empty() {
            waiting(model, "comparing …", inner, 2, buffer);
        }
        self.rows
            .draw(model, self.lines.len(), inside(screen, 1, 0), buffer, |i| self.lines[i].drawn.clone());
    }
}
