//! The picture of an operation's lanes: events and arrows, both clocks, and the states below.

use std::iter::once;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use serde_json::Value;

use super::Trace;
use crate::event::{Event, Hash, actor_of, reason_of};
use crate::history::swim::NARROWEST;
use crate::session::Lanes;
use crate::tui::areas::WIDE;
use crate::tui::model::Model;
use crate::tui::model::state::preview;
use crate::tui::paint::{change, put, span};
use crate::tui::text::{count, cut, many, pad, pad_left, width};
use crate::tui::zone::gap;

/// Columns that a state needs to be read.
const STATE: u16 = 25;

/// Where the parts stand, and how wide they are: the events above, no more of the height than they need, and the
/// states below.
#[derive(Clone, Copy)]
pub struct Areas {
    /// The headings.
    heads: Rect,
    /// The events.
    pub rows: Rect,
    /// What is said of the selected one.
    said: Rect,
    /// The states of lanes, side by side.
    pub states: Rect,
    /// How many lanes are drawn.
    pub lanes: usize,
    /// The columns of a lane.
    lane: usize,
    /// The columns of an event's type.
    kind: usize,
    /// The columns of a time.
    time: usize,
    /// How many states fit.
    pub columns: usize,
    /// The columns of a state.
    pub column: u16,
}

impl Areas {
    /// Inside a frame over all of the screen but its last line.
    pub fn of(trace: &Trace, screen: Rect) -> Self {
        let inner = Rect::new(1, 1, screen.width.saturating_sub(2), screen.height.saturating_sub(3));
        let most = inner.height.saturating_sub(4) / 2;
        let events = u16::try_from(trace.events()).unwrap_or(u16::MAX).clamp(3, most.max(3));
        let heads = Rect { height: 1, ..inner };
        let rows = Rect { y: inner.y + 1, height: events, ..inner };
        let said = Rect { y: rows.bottom(), height: 1, ..inner };
        let y = said.bottom() + 1;
        let (x, height) = (inner.x + 1, inner.bottom().saturating_sub(y));
        let states = Rect { x, y, width: inner.width.saturating_sub(1), height };
        let time = if screen.width >= WIDE { 20 } else { 15 };
        let clocks = 2 * (time + 7) + 2 + 2;
        let room = usize::from(inner.width).saturating_sub(clocks);
        let events = trace.lanes.shown().into_iter().flat_map(|lanes| &lanes.events);
        let longest = events.map(|event| width(&event.kind)).max().unwrap_or(0);
        let kind = longest.clamp(5, 28).min(room / 2);
        let (all, room) = (trace.width().max(1), room.saturating_sub(kind));
        let lane = (room / all).clamp(NARROWEST, 16).max(all.to_string().len() + 1);
        let lanes = (room / lane).clamp(1, all);
        let kind = kind + room.saturating_sub(lanes * lane);
        let columns = usize::from((states.width / STATE).max(1)).min(all);
        let column = states.width / columns as u16;
        Self { heads, rows, said, states, lanes, lane, kind, time, columns, column }
    }
}

impl Trace {
    /// What the lanes are of, of which so many are drawn.
    pub fn summary(&self, lanes: &Lanes, drawn: usize) -> String {
        let mut text = match &lanes.operation {
            Some(id) => match id.parse::<Hash>() {
                Ok(hash) => format!("operation {}", hash.short()),
                Err(()) => format!("operation {}", cut(id, 36)),
            },
            None => "no operation: causes and effects alone".to_owned(),
        };
        let (events, all) = (many(self.events() as i64, "event"), many(self.width() as i64, "lane"));
        text += &format!(", {events}, {all}");
        if drawn < self.width() {
            text += &format!(", {} to {} drawn", self.drawn.top + 1, self.drawn.top + drawn);
        }
        if lanes.elsewhere > 0 {
            text += &format!(", {} on other branches", count(lanes.elsewhere as i64));
        }
        if self.reads() {
            text += ", reading …";
        } else if !self.is_whole() {
            text += ", stopped here";
        } else if lanes.cut || lanes.more {
            text += &format!("; of more, those around #{} are read", count(self.of));
        }
        text
    }
}

/// What is drawn of lanes that are there.
pub struct Picture<'a> {
    /// What else is shown.
    pub model: &'a Model,
    /// What is selected.
    pub trace: &'a Trace,
    /// The lanes.
    pub lanes: &'a Lanes,
    /// Where they stand.
    pub areas: Areas,
}

impl Picture<'_> {
    /// Draws it inside the frame.
    pub fn draw(&self, buffer: &mut Buffer) {
        let Self { model, trace, lanes, areas } = self;
        put(buffer, areas.heads, 0, &self.heads());
        trace.rows.draw(model, lanes.events.len(), areas.rows, buffer, |row| self.line(row));
        put(buffer, areas.said, 0, &self.said());
        for lane in (trace.shown.top..trace.width()).take(areas.columns) {
            let x = areas.states.x + (lane - trace.shown.top) as u16 * areas.column;
            let area = Rect { x, width: areas.column.saturating_sub(1), ..areas.states };
            let lines = self.state(lane, area.width.into());
            let most = (lines.len() as u16).saturating_sub(area.height);
            let down = trace.down.min(most);
            // The lane's name stays above what is scrolled.
            for (y, at) in (0..area.height).zip(once(0).chain(usize::from(down) + 1..)) {
                let Some(line) = lines.get(at) else { break };
                put(buffer, area, y, line);
            }
            if most > down && area.height > 0 {
                let more = format!("… {} more", lines.len() as u16 - area.height - down + 1);
                let last = Line::from(span(pad(&more, area.width.into()), model.look.theme.dim));
                put(buffer, area, area.height - 1, &last);
            }
        }
    }

    fn heads(&self) -> Line<'static> {
        let (theme, trace, areas) = (&self.model.look.theme, self.trace, self.areas);
        let mut spans = vec![span(" ", theme.dim)];
        for (i, lane) in self.lanes.swim.lanes().iter().enumerate().skip(trace.drawn.top).take(areas.lanes) {
            let name =
                if areas.lane >= 8 { format!("{} {}", i + 1, lane.aggregate) } else { (i + 1).to_string() };
            let style = if i == trace.drawn.selected { theme.hotkey } else { theme.dim };
            spans.push(span(pad(&cut(&name, areas.lane - 1), areas.lane), style));
        }
        spans.push(span(format!("{} ", pad("event", areas.kind)), theme.dim));
        spans.push(span(format!("{}  ", pad("occurred", areas.time + 7)), theme.dim));
        spans.push(span("recorded", theme.dim));
        Line::from(spans)
    }

    fn line(&self, row: usize) -> Line<'static> {
        let (theme, glyphs, areas) = (&self.model.look.theme, &self.model.look.glyphs, self.areas);
        let (events, selected) = (&self.lanes.events, self.trace.rows.selected);
        let (event, future) = (&events[row], row > selected);
        let mut spans = vec![span(" ", theme.dim)];
        let cells = self.lanes.swim.cells(row, Some(selected));
        for cell in cells.into_iter().skip(self.trace.drawn.top).take(areas.lanes) {
            let drawn = cell.text(areas.lane, glyphs.event.is_ascii());
            let arrow = if cell.lit { theme.cursor } else { theme.dim };
            if !cell.lines.node {
                spans.push(span(drawn, arrow));
                continue;
            }
            let (sign, style) = match (row == selected, future) {
                (true, _) => (glyphs.cursor, theme.cursor),
                (_, true) => (glyphs.future, theme.future),
                _ => (glyphs.event, theme.event),
            };
            spans.push(span(sign.to_string(), if cell.lit { theme.cursor } else { style }));
            // What follows the sign is an arrow of this row, in or out.
            spans.push(span(drawn.chars().skip(1).collect::<String>(), arrow));
        }
        let style = if future { theme.dim } else { theme.text };
        spans.push(span(format!("{} ", pad(&event.kind, areas.kind)), style));
        let times = |event: &Event| [event.occurred_at, event.recorded_at];
        let before = row.checked_sub(1).map(|before| times(&events[before]));
        for (i, at) in times(event).into_iter().enumerate() {
            let zone = self.model.look.zone;
            let shown = if areas.time < 20 { zone.seconds(at) } else { zone.full(at) };
            let gap = before.map_or(String::new(), |before| gap(before[i], at));
            spans.push(span(pad(&shown, areas.time), style));
            spans.push(span(pad_left(&gap, 7), if gap.starts_with('-') { theme.warning } else { theme.dim }));
            spans.push(span(if i == 0 { "  " } else { "" }, theme.dim));
        }
        Line::from(spans)
    }

    /// The selected event in words: whose, by whom and why, and what caused it.
    fn said(&self) -> Line<'static> {
        let (theme, selected) = (&self.model.look.theme, self.trace.rows.selected);
        let Some(event) = self.lanes.events.get(selected) else { return Line::default() };
        let cause = match self.lanes.causes.get(selected).and_then(Option::as_ref) {
            Some((position, aggregate)) => format!("caused by #{} {aggregate}", count(*position)),
            None => "no cause in the log".to_owned(),
        };
        let aggregate = cut(&event.aggregate.to_string(), 30);
        let name = format!(" #{} {aggregate} v{} ", count(event.position), event.version);
        let actor = actor_of(&event.meta).map_or_else(String::new, |actor| format!(" by {actor}"));
        let reason = reason_of(&event.meta).map_or_else(String::new, |reason| format!(" \"{reason}\""));
        let room = usize::from(self.areas.said.width).saturating_sub(width(&name) + width(&event.kind));
        let rest = cut(&format!("{actor}  {cause}{reason}"), room);
        Line::from(vec![span(name, theme.title), span(event.kind.clone(), theme.text), span(rest, theme.dim)])
    }

    /// A lane's state at the selected row: what changed first, then all of it.
    fn state(&self, lane: usize, room: usize) -> Vec<Line<'static>> {
        let (theme, zone) = (&self.model.look.theme, self.model.look.zone);
        let there = &self.lanes.swim.lanes()[lane];
        let chosen = if lane == self.trace.drawn.selected { theme.hotkey } else { theme.title };
        let mut out = Vec::new();
        let mut say = |text: &str, style: Style| out.push(Line::from(span(cut(text, room), style)));
        say(&format!("{} {}", lane + 1, there.aggregate), chosen);
        let mut moments = self.trace.moments.shown().into_iter().flatten();
        let Some(moment) = moments.find(|moment| moment.aggregate == there.aggregate) else { return out };
        let moved = there.rows.0 <= self.trace.rows.selected;
        let words = format!("{} {}", moment.label, moment.status);
        match (moment.version, moved) {
            (0, _) => say("before its first event", theme.dim),
            (version, true) => say(&format!("v{version} {words}"), theme.text),
            (version, false) => {
                say(&format!("v{version}, not moved yet"), theme.dim);
                say(&words, theme.dim);
            }
        }
        if let Some(error) = &moment.error {
            say(&format!("{} {error}", self.model.look.glyphs.error), theme.error);
        }
        if moment.folding.is_some() {
            say("folding …", theme.dim);
        }
        if moment.version > 0 && !moment.exists {
            say("does not exist", theme.gone);
        }
        if moved && !moment.changes.is_empty() {
            out.extend(moment.changes.iter().map(|one| {
                let path = cut(&one.dotted(), (room / 2).max(8));
                Line::from(change(self.model, one, &path, room))
            }));
            out.push(Line::default());
        }
        if let Value::Object(fields) = &moment.state {
            let names = fields.keys().map(|key| width(&cut(key, 16))).max().unwrap_or(0);
            let style = if moved { theme.text } else { theme.dim };
            out.extend(fields.iter().map(|(key, value)| {
                let value = cut(&preview(value, zone), room.saturating_sub(names + 2));
                Line::from(vec![span(format!("{}  ", pad(key, names)), theme.key), span(value, style)])
            }));
        }
        out
    }
}
