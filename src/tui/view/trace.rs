//! The lanes of an operation, over the whole screen: events and arrows, both clocks, and each lane's state below.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use serde_json::Value;

use super::{change_sign, change_values, full, put, span, waiting};
use crate::event::{Event, Hash, Time, actor_of, reason_of};
use crate::session::{Lanes, Moment};
use crate::tui::areas::{TraceAreas, trace_areas};
use crate::tui::model::Model;
use crate::tui::model::state::preview;
use crate::tui::model::trace::Trace;
use crate::tui::text::{count, cut, pad, pad_left, width};
use crate::tui::zone::gap;

/// Draws it above the last line.
pub fn draw(model: &Model, trace: &Trace, screen: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let areas = trace_areas(trace, model.look.size);
    let summary = summary(trace, areas.lanes);
    let title = format!(" Lanes  {} ", cut(&summary, usize::from(screen.width.saturating_sub(12))));
    let inner = full(model, title, screen, buffer);
    let Some(lanes) = &trace.lanes else {
        return waiting(model, "reading …", inner, 1, buffer);
    };
    put(buffer, areas.heads, 0, &heads(model, trace, lanes, &areas));
    for y in 0..areas.rows.height {
        let row = trace.rows.top + usize::from(y);
        if row >= trace.height() {
            break;
        }
        put(buffer, areas.rows, y, &line(model, trace, lanes, row, &areas));
        if row == trace.rows.selected {
            let area = Rect { y: areas.rows.y + y, height: 1, ..areas.rows };
            buffer.set_style(area, theme.selected);
        }
    }
    put(buffer, areas.said, 0, &said(model, trace, lanes, usize::from(areas.said.width)));
    for (i, lane) in lanes.swim.lanes().iter().enumerate().skip(trace.shown.top).take(areas.columns) {
        let x = areas.states.x + (i - trace.shown.top) as u16 * areas.column;
        let area = Rect { x, width: areas.column.saturating_sub(1), ..areas.states };
        let lines = state(model, trace, lanes, i, trace.moment(&lane.aggregate), area.width.into());
        let most = (lines.len() as u16).saturating_sub(area.height);
        let down = trace.down.min(most);
        // The lane's name stays above what is scrolled.
        for (y, at) in (0..area.height).zip(std::iter::once(0).chain(usize::from(down) + 1..)) {
            let Some(line) = lines.get(at) else { break };
            put(buffer, area, y, line);
        }
        if most > down && area.height > 0 {
            let more = format!("… {} more", lines.len() as u16 - area.height - down + 1);
            let last = Line::from(span(pad(&more, area.width.into()), theme.dim));
            put(buffer, area, area.height - 1, &last);
        }
    }
}

/// What the lanes are of.
fn summary(trace: &Trace, drawn: usize) -> String {
    let Some(lanes) = &trace.lanes else { return String::new() };
    let mut text = match &lanes.operation {
        Some(id) => match id.parse::<Hash>() {
            Ok(hash) => format!("operation {}", hash.short()),
            Err(()) => format!("operation {}", cut(id, 36)),
        },
        None => "no operation: causes and effects alone".to_owned(),
    };
    let counted = |n: usize, word| format!(", {} {word}{}", count(n as i64), if n == 1 { "" } else { "s" });
    text += &counted(trace.height(), "event");
    text += &counted(trace.width(), "lane");
    if drawn < trace.width() {
        text += &format!(", {} to {} drawn", trace.drawn.top + 1, trace.drawn.top + drawn);
    }
    if lanes.elsewhere > 0 {
        text += &format!(", {} on other branches", count(lanes.elsewhere as i64));
    }
    if trace.reads() {
        text += ", reading …";
    } else if trace.stopped {
        text += ", stopped here";
    } else if lanes.cut || lanes.more {
        text += &format!("; of more, those around #{} are read", count(trace.of));
    }
    text
}

fn heads(model: &Model, trace: &Trace, lanes: &Lanes, areas: &TraceAreas) -> Line<'static> {
    let theme = &model.look.theme;
    let mut spans = vec![span(" ", theme.dim)];
    for (i, lane) in lanes.swim.lanes().iter().enumerate().skip(trace.drawn.top).take(areas.lanes) {
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

fn line(model: &Model, trace: &Trace, lanes: &Lanes, row: usize, areas: &TraceAreas) -> Line<'static> {
    let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
    let (event, selected) = (&lanes.events[row], trace.rows.selected);
    let future = row > selected;
    let mut spans = vec![span(" ", theme.dim)];
    let cells = lanes.swim.cells(row, Some(selected));
    for cell in cells.into_iter().skip(trace.drawn.top).take(areas.lanes) {
        let drawn = cell.text(areas.lane, glyphs.event.is_ascii());
        let arrow = if cell.lit { theme.cursor } else { theme.dim };
        if !cell.lines.node {
            spans.push(span(drawn, arrow));
            continue;
        }
        let (sign, style) = if row == selected {
            (glyphs.cursor, theme.cursor)
        } else if future {
            (glyphs.future, if cell.lit { theme.cursor } else { theme.future })
        } else {
            (glyphs.event, if cell.lit { theme.cursor } else { theme.event })
        };
        spans.push(span(sign.to_string(), style));
        // What follows the sign is an arrow of this row, in or out.
        spans.push(span(drawn.chars().skip(1).collect::<String>(), arrow));
    }
    let before = row.checked_sub(1).map(|before| &lanes.events[before]);
    let style = if future { theme.dim } else { theme.text };
    spans.push(span(format!("{} ", pad(&event.kind, areas.kind)), style));
    let clock = |time: fn(&Event) -> Time| {
        let (zone, at) = (model.look.zone, time(event));
        let shown = if areas.time < 20 { zone.seconds(at) } else { zone.full(at) };
        (pad(&shown, areas.time), before.map_or(String::new(), |before| gap(time(before), at)))
    };
    for (i, (at, gap)) in
        [clock(|event| event.occurred_at), clock(|event| event.recorded_at)].into_iter().enumerate()
    {
        let backwards = gap.starts_with('-');
        spans.push(span(at, style));
        spans.push(span(pad_left(&gap, 7), if backwards { theme.warning } else { theme.dim }));
        spans.push(span(if i == 0 { "  " } else { "" }, theme.dim));
    }
    Line::from(spans)
}

/// The selected event in words: whose, by whom and why, and what caused it.
fn said(model: &Model, trace: &Trace, lanes: &Lanes, room: usize) -> Line<'static> {
    let theme = &model.look.theme;
    let Some(event) = lanes.events.get(trace.rows.selected) else { return Line::default() };
    let cause = match lanes.causes.get(trace.rows.selected).and_then(Option::as_ref) {
        Some((position, aggregate)) => format!("caused by #{} {aggregate}", count(*position)),
        None => "no cause in the log".to_owned(),
    };
    let name =
        format!(" #{} {} v{} ", count(event.position), cut(&event.aggregate.to_string(), 30), event.version);
    let actor = actor_of(&event.meta).map_or_else(String::new, |actor| format!(" by {actor}"));
    let reason = reason_of(&event.meta).map_or_else(String::new, |reason| format!(" \"{reason}\""));
    let used = width(&name) + width(&event.kind);
    let rest = cut(&format!("{actor}  {cause}{reason}"), room.saturating_sub(used));
    Line::from(vec![span(name, theme.title), span(event.kind.clone(), theme.text), span(rest, theme.dim)])
}

/// A lane's state at the selected row: what changed first, then all of it.
fn state(
    model: &Model,
    trace: &Trace,
    lanes: &Lanes,
    lane: usize,
    moment: Option<&Moment>,
    room: usize,
) -> Vec<Line<'static>> {
    let (theme, zone, row) = (&model.look.theme, model.look.zone, trace.rows.selected);
    let there = &lanes.swim.lanes()[lane];
    let name = format!("{} {}", lane + 1, there.aggregate);
    let chosen = lane == trace.drawn.selected;
    let mut out = vec![Line::from(span(cut(&name, room), if chosen { theme.hotkey } else { theme.title }))];
    let Some(moment) = moment else { return out };
    let moved = there.rows.0 <= row;
    let mut say = |text: String, style: Style| out.push(Line::from(span(cut(&text, room), style)));
    match (moment.version, moved) {
        (0, _) => say("before its first event".to_owned(), theme.dim),
        (version, true) => say(format!("v{version} {} {}", moment.label, moment.status), theme.text),
        (version, false) => {
            say(format!("v{version}, not moved yet"), theme.dim);
            say(format!("{} {}", moment.label, moment.status), theme.dim);
        }
    }
    if let Some(error) = &moment.error {
        say(format!("{} {error}", model.look.glyphs.error), theme.error);
    }
    if moment.folding.is_some() {
        say("folding …".to_owned(), theme.dim);
    }
    if moment.version > 0 && !moment.exists {
        say("does not exist".to_owned(), theme.gone);
    }
    if moved {
        for change in &moment.changes {
            let (sign, style) = change_sign(model, change.op);
            let head = format!("{sign} {}  ", cut(&change.dotted(), (room / 2).max(8)));
            let [old, new] = [&change.old, &change.value].map(|value| preview(value, zone));
            let mut spans = vec![span(head.clone(), style)];
            spans.extend(change_values(model, change.op, (&old, &new), room.saturating_sub(width(&head))));
            out.push(Line::from(spans));
        }
        if !moment.changes.is_empty() {
            out.push(Line::default());
        }
    }
    if let Value::Object(fields) = &moment.state {
        let names = fields.keys().map(|key| width(&cut(key, 16))).max().unwrap_or(0);
        let style = if moved { theme.text } else { theme.dim };
        for (key, value) in fields {
            let value = cut(&preview(value, zone), room.saturating_sub(names + 2));
            out.push(Line::from(vec![span(format!("{}  ", pad(key, names)), theme.key), span(value, style)]));
        }
    }
    out
}
