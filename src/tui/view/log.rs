//! The log tab: a row for each event; the selected row is the cursor.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{put, span};
use crate::event::{Event, Time};
use crate::replay::Op;
use crate::session::LogRow;
use crate::tui::model::state::preview;
use crate::tui::model::{Model, Pane};
use crate::tui::text::{count, cut, pad, pad_left, width};
use crate::tui::zone;

/// What the title says: how many, and what narrows them.
pub fn summary(model: &Model) -> String {
    let log = &model.log;
    let mut out = if log.scans() {
        format!("{} of {}", count(log.rows.len() as i64), count(model.cursor.head))
    } else {
        count(model.cursor.head)
    };
    if log.waiting && log.scans() {
        let _ = write!(out, ", {} looked at …", count(log.scanned as i64));
    }
    if !log.text.is_empty() {
        let _ = write!(out, "  /{}", cut(&log.text, 20));
    }
    if !log.filter.is_empty() {
        let _ = write!(out, "  |{}", cut(&log.filter, 30));
    }
    out
}

/// The first visible row, so that the cursor's row is in sight, as rows stand on the screen.
pub fn top(model: &Model, height: usize) -> usize {
    let n = model.log.rows.len();
    let Some(i) = model.log.index(model.cursor.version) else {
        return if model.log.newest_first { n.saturating_sub(height) } else { 0 };
    };
    let line = if model.log.newest_first { n - 1 - i } else { i };
    line.saturating_sub(height / 2).min(n.saturating_sub(height))
}

/// Draws it.
pub fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let (theme, log) = (&model.look.theme, &model.log);
    let height = usize::from(area.height);
    if log.rows.is_empty() {
        let text = match (log.waiting, log.scans()) {
            (true, _) => " reading …",
            (_, true) => " nothing matches; Esc shows every event",
            _ => " no events",
        };
        put(buffer, area, 1, &Line::from(span(text, theme.dim)));
        return;
    }
    let year = model.moment.as_ref().and_then(|m| m.effective_at).and_then(|at| model.look.zone.year(at));
    let room = usize::from(area.width);
    let digits = count(model.cursor.head).len().max(2);
    let kinds = log.rows.iter().map(|row| width(kind(&row.event, room))).max().unwrap_or(8).min(22);
    let first = top(model, height);
    let n = log.rows.len();
    for line in 0..height {
        let Some(i) = (if log.newest_first {
            (n - 1).checked_sub(first + line)
        } else {
            Some(first + line).filter(|i| *i < n)
        }) else {
            break;
        };
        let row = &log.rows[i];
        let before = i.checked_sub(1).map(|i| log.rows[i].event.occurred_at);
        put(
            buffer,
            area,
            line as u16,
            &self::line(model, row, before, year, digits, kinds, usize::from(area.width)),
        );
        if row.event.version == model.cursor.version {
            let style = if model.focus == Pane::State { theme.selected } else { theme.selected_idle };
            buffer.set_style(Rect { y: area.y + line as u16, height: 1, ..area }, style);
        }
    }
}

/// The event's type; where room is short without the aggregate's type before it.
fn kind(event: &Event, room: usize) -> &str {
    match event.kind.strip_prefix(event.aggregate.kind.as_str()) {
        Some(rest) if room < 70 && !rest.is_empty() => rest,
        _ => &event.kind,
    }
}

fn line(
    model: &Model,
    row: &LogRow,
    before: Option<Time>,
    year: Option<i32>,
    digits: usize,
    kinds: usize,
    room: usize,
) -> Line<'static> {
    let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
    let event = &row.event;
    let future = event.version > model.cursor.version;
    let shade = |style| if future { theme.future } else { style };
    let sign = match (row.error.is_some(), row.flags.late, row.flags.repeated, future) {
        (true, ..) => glyphs.error,
        (_, true, ..) => glyphs.late,
        (_, _, true, _) => glyphs.repeated,
        (_, _, _, true) => glyphs.future,
        _ if row.changes.is_empty() => glyphs.unchanged,
        _ => glyphs.event,
    };
    let warn = row.error.is_some() || row.flags.late || row.flags.repeated;
    let mut spans = vec![
        span(format!(" {sign}"), if warn { theme.warning } else { shade(theme.event) }),
        span(format!("{} ", pad_left(&count(event.version), digits)), shade(theme.text)),
        span(format!("{} ", pad(&model.look.zone.short(event.occurred_at, year), 12)), shade(theme.dim)),
    ];
    if room >= 60 {
        let gap = before.map(|before| zone::gap(before, event.occurred_at)).unwrap_or_default();
        spans.push(span(format!("{} ", pad_left(&gap, 5)), shade(theme.dim)));
    }
    if room >= 44 {
        let meta: serde_json::Value = serde_json::from_str(&event.meta).unwrap_or_default();
        let actor = meta.get("actor").and_then(|actor| actor.as_str()).unwrap_or("");
        spans.push(span(format!("{} ", pad(actor, 9)), shade(theme.key)));
    }
    spans.push(span(format!("{} ", pad(kind(event, room), kinds)), shade(theme.text)));
    let mut left = room.saturating_sub(spans.iter().map(|s| width(&s.content)).sum());
    if let Some(error) = &row.error {
        spans.push(span(cut(error, left), theme.error));
        return Line::from(spans);
    }
    for change in row.changes.iter().take(20) {
        if left < 8 {
            break;
        }
        let name = cut(&change.dotted(), left / 2);
        let new = preview(&change.value, model.look.zone);
        let old = preview(&change.old, model.look.zone);
        let text = match change.op {
            Op::Add => format!("{name} {new}"),
            Op::Remove => format!("{name} {} {}", glyphs.dash, old),
            // In a narrow pane what it became matters more than what it was.
            Op::Replace if left < 28 => {
                format!("{} {} {new}", cut(&change.dotted(), left * 3 / 5), glyphs.arrow)
            }
            Op::Replace => format!("{name} {} {} {new}", cut(&old, left / 3), glyphs.arrow),
        };
        let text = format!("{}  ", cut(&text, left.saturating_sub(2)));
        left = left.saturating_sub(width(&text));
        let style = match change.op {
            Op::Add => theme.added,
            Op::Remove => theme.removed,
            Op::Replace => theme.changed,
        };
        spans.push(span(text, shade(style)));
    }
    Line::from(spans)
}
