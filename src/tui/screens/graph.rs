//! The graph of the whole store, over the whole screen: lanes, heads, and what each event is. A stretch of rows around
//! what is visible is kept.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::error::Error;
use crate::event::{Position, actor_of, reason_of};
use crate::session::{GraphLine, GraphPage, GraphRequest};
use crate::tui::action::Command;
use crate::tui::keys::Context;
use crate::tui::model::Model;
use crate::tui::paint::{full, inside, span, waiting};
use crate::tui::question::{Lane, Part, Slot};
use crate::tui::rows::Rows;
use crate::tui::screen::{Cx, Screen};
use crate::tui::text::{cut, many, pad, width};

/// How many rows are asked for at once.
const PAGE: usize = 200;
/// How many rows are kept.
const MOST: usize = 1_200;

/// The graph.
#[derive(Debug)]
pub struct Graph {
    /// What is asked for next.
    wanted: Option<GraphRequest>,
    page: Slot<GraphRequest, GraphPage>,
    /// The lines that are there, the newest first.
    pub lines: Vec<GraphLine>,
    /// Which one is selected.
    pub rows: Rows,
    /// How many lanes the whole graph has.
    lanes: usize,
    /// Whether there may be newer lines above, and older ones below.
    more: (bool, bool),
}

impl Graph {
    /// The graph from the cursor on; newer lines are read above it.
    pub fn at_cursor(model: &Model) -> Self {
        let from = model.position().unwrap_or(i64::MAX).saturating_add(1);
        Self::of(GraphRequest { from, newer: false, limit: PAGE }, (true, true))
    }

    /// The graph at its newest or its oldest end.
    fn end(newest: bool) -> Self {
        let oldest = GraphRequest { from: 0, newer: true, limit: PAGE };
        Self::of(if newest { GraphRequest::newest(PAGE) } else { oldest }, (!newest, newest))
    }

    fn of(request: GraphRequest, more: (bool, bool)) -> Self {
        let (page, rows) = (Slot::default(), Rows::default());
        Self { wanted: Some(request), page, lines: Vec::new(), rows, lanes: 0, more }
    }

    /// The lines that are missing around what is visible.
    fn missing(&self, height: usize) -> Option<GraphRequest> {
        let request =
            |line: &GraphLine, newer| GraphRequest { from: line.event.position, newer, limit: PAGE };
        if self.more.1 && self.rows.top + 2 * height >= self.lines.len() {
            self.lines.last().map(|line| request(line, false))
        } else if self.more.0 && self.rows.top < height {
            self.lines.first().map(|line| request(line, true))
        } else {
            None
        }
    }

    /// Takes lines in; those far from what is visible are let go.
    fn take(&mut self, newer: bool, page: GraphPage) {
        self.lanes = page.width;
        let first = self.lines.is_empty();
        let rows = &mut self.rows;
        if newer {
            self.more.0 = page.next.is_some();
            let n = page.rows.len();
            self.lines.splice(0..0, page.rows);
            rows.selected = if first { n.saturating_sub(1) } else { rows.selected + n };
            rows.top = if first { 0 } else { rows.top + n };
            if self.lines.len() > MOST {
                self.lines.truncate(MOST);
                self.more.1 = true;
            }
        } else {
            self.more.1 = page.next.is_some();
            self.lines.extend(page.rows);
            let over = self.lines.len().saturating_sub(MOST).min(rows.top);
            self.lines.drain(..over);
            (rows.selected, rows.top) = (rows.selected - over, rows.top - over);
            self.more.0 |= over > 0;
        }
    }
}

impl Screen for Graph {
    fn context(&self) -> Context {
        Context::Graph
    }

    fn command(&mut self, cx: &mut Cx, command: Command) {
        match command {
            Command::First | Command::Head => *self = Self::end(command == Command::Head),
            Command::Enter => match self.position() {
                Some(position) => cx.go_to(position),
                None => cx.close(),
            },
            _ if self.moves(cx, command) => {}
            _ => cx.close(),
        }
    }

    fn list(&mut self, screen: Rect) -> Option<(&mut Rows, usize, Rect)> {
        Some((&mut self.rows, self.lines.len(), inside(screen, 0, 0)))
    }

    fn tick(&mut self, cx: &mut Cx) {
        let height = usize::from(inside(cx.area(), 0, 0).height);
        self.page.take_in(&cx.model.branch);
        if let (Some(page), Some(newer)) = (self.page.take(), self.page.asked().map(|asked| asked.newer)) {
            self.take(newer, page);
            self.reveal(cx);
        }
        let free = !self.page.waits() && self.page.failed().is_none();
        let missing = || self.missing(height).filter(|_| free);
        if let Some(request) = self.wanted.or_else(missing) {
            self.wanted = None;
            cx.ask(&mut self.page, Lane::Now, request, move |session, _| {
                session.graph(request).map(Part::Whole)
            });
        }
    }

    fn failed(&self) -> Option<&Error> {
        self.page.failed()
    }

    fn position(&self) -> Option<Position> {
        self.lines.get(self.rows.selected).map(|line| line.event.position)
    }

    fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        let shown = model.branches.iter().filter(|branch| !branch.archived).count() as i64;
        let title = format!(" Graph  {}, the newest event first ", many(shown, "branch"));
        let inner = full(model, title, screen, buffer);
        if self.lines.is_empty() {
            let text = if self.page.waits() { "reading …" } else { "no event yet" };
            waiting(model, text, inner, 1, buffer);
        }
        let lanes = (2 * self.lanes).clamp(2, usize::from(inner.width) / 2);
        self.rows.draw(model, self.lines.len(), inner, buffer, |i| {
            row(model, &self.lines[i], lanes, usize::from(inner.width))
        });
    }
}

fn row(model: &Model, line: &GraphLine, lanes: usize, room: usize) -> Line<'static> {
    let (theme, event) = (&model.look.theme, &line.event);
    let drawn = line.row.text(model.look.glyphs.event.is_ascii());
    let mut spans = vec![
        span(format!(" {} ", pad(drawn.trim_end(), lanes)), theme.event),
        span(format!("{} ", event.hash.short()), theme.dim),
        span(format!("{}  ", pad(&model.look.zone.full(event.occurred_at), 20)), theme.text),
    ];
    if !line.heads.is_empty() {
        spans.push(span(format!("({}) ", cut(&line.heads.join(", "), 30)), theme.head_flag));
    }
    spans.push(span(format!("{} v{} ", cut(&event.aggregate.to_string(), 30), event.version), theme.title));
    spans.push(span(format!("{}  ", event.kind), theme.text));
    let actor = actor_of(&event.meta).unwrap_or_default();
    let reason = reason_of(&event.meta).map_or_else(String::new, |reason| format!(" \"{reason}\""));
    let used: usize = spans.iter().map(|span| width(&span.content)).sum();
    spans.push(span(cut(&format!("{actor}{reason}"), room.saturating_sub(used)), theme.dim));
    Line::from(spans)
}
