//! Two orders of an aggregate's events side by side, over the whole screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{change_sign, change_values, full, put, span, waiting};
use crate::event::Event;
use crate::session::{OrderPlace, Ordered};
use crate::tui::model::Model;
use crate::tui::model::order::{End, Orders, name};
use crate::tui::model::state::preview;
use crate::tui::text::{count, cut, pad, width, wrap};

/// Draws it above the last line.
pub fn draw(model: &Model, orders: &Orders, screen: Rect, buffer: &mut Buffer) {
    let by = name(orders.by);
    let summary = match &orders.found {
        Some(Ok(ordered)) => {
            let (moved, all) = (count(ordered.moved as i64), count(ordered.places.len() as i64));
            format!("{}  {moved} of {all} events stand elsewhere", ordered.aggregate)
        }
        _ => String::new(),
    };
    let title = format!(" Order by the time {by}  {summary} ");
    let inner = full(model, cut(&title, usize::from(screen.width.saturating_sub(4))), screen, buffer);
    match &orders.found {
        None => waiting(model, "replaying …", inner, 1, buffer),
        Some(Err(_)) => refused(model, orders, inner, buffer),
        Some(Ok(ordered)) => table(model, orders, ordered, inner, buffer),
    }
}

fn refused(model: &Model, orders: &Orders, inner: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let Some(error) = orders.problem() else { return };
    let room = usize::from(inner.width.saturating_sub(2));
    let lines = wrap(error.message(), room, 4);
    for (y, line) in lines.iter().enumerate() {
        put(buffer, inner, y as u16 + 1, &Line::from(span(format!(" {line}"), theme.warning)));
    }
    let text = format!(" X goes on to the next clock: {}", name(orders.next()));
    put(buffer, inner, lines.len() as u16 + 2, &Line::from(span(text, theme.dim)));
}

/// The columns of an event on either side, and of its place.
fn columns(ordered: &Ordered, room: usize) -> (usize, usize) {
    let place = count(ordered.places.len() as i64).len().max(2);
    (place, room.saturating_sub(place + 8) / 2)
}

fn table(model: &Model, orders: &Orders, ordered: &Ordered, inner: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let room = usize::from(inner.width);
    let (place, column) = columns(ordered, room);
    let heading = |text: &str, on: bool| span(pad(text, column), if on { theme.hotkey } else { theme.dim });
    let by = format!("by the time {}", name(orders.by));
    let head = Line::from(vec![
        span(" ".repeat(place + 2), theme.text),
        heading("in the log's order", !orders.other),
        span("     ", theme.text),
        heading(&by, orders.other),
    ]);
    put(buffer, inner, 0, &head);
    let below = orders.ends.len().min(usize::from(inner.height).saturating_sub(2));
    let height = usize::from(inner.height).saturating_sub(1 + below);
    for (i, at) in ordered.places.iter().enumerate().skip(orders.scroll.top).take(height) {
        let y = (i - orders.scroll.top) as u16 + 1;
        put(buffer, inner, y, &row(model, orders, ordered, i, at, room));
        if i == orders.scroll.selected {
            let x = if orders.other { place + 2 + column + 5 } else { place + 2 };
            let side = Rect { x: inner.x + x as u16, width: column as u16, y: inner.y + y, height: 1 };
            buffer.set_style(side.intersection(inner), theme.selected);
        }
    }
    let y = inner.height.saturating_sub(below as u16);
    for (i, end) in orders.ends.iter().take(below).enumerate() {
        put(buffer, inner, y + i as u16, &end_line(model, ordered, end, room));
    }
}

fn row(
    model: &Model,
    orders: &Orders,
    ordered: &Ordered,
    i: usize,
    at: &OrderPlace,
    room: usize,
) -> Line<'static> {
    let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
    let (place, column) = columns(ordered, room);
    let moved = at.log.version != at.other.0.version;
    let event = |event: &Event, errors: &[(Event, String)]| {
        let failed = errors.iter().any(|(other, _)| other.version == event.version);
        let sign = if failed { glyphs.error } else { ' ' };
        let version = format!("v{}", event.version);
        let (zone, time) = (model.look.zone, orders.time(event));
        let at = if column < 44 { pad(&zone.seconds(time), 15) } else { pad(&zone.full(time), 20) };
        let text = format!("{version:<4}{sign} {at}  {}", event.kind);
        let style = match (failed, moved) {
            (true, _) => theme.error,
            (false, true) => theme.changed,
            (false, false) => theme.text,
        };
        span(pad(&text, column), style)
    };
    let (sign, style) = match (ordered.parts, ordered.meets) {
        (Some(first), _) if first == i => ("≠", theme.warning),
        (_, Some(meets)) if meets == i => ("=", theme.added),
        _ if at.apart => ("≠", theme.dim),
        _ => (" ", theme.dim),
    };
    let number = count(i as i64 + 1);
    let fill = " ".repeat(place.saturating_sub(width(&number)));
    Line::from(vec![
        span(format!(" {fill}{number} "), theme.dim),
        event(&at.log, &ordered.log_errors),
        span(format!("  {sign}  "), style),
        event(&at.other.0, &ordered.other_errors),
    ])
}

fn end_line(model: &Model, ordered: &Ordered, end: &End, room: usize) -> Line<'static> {
    let theme = &model.look.theme;
    match end {
        End::Heading(text) => {
            let parts = ordered.parts.map_or_else(String::new, |place| match ordered.meets {
                Some(meets) => {
                    format!("  the states part at {}, the same again from {} on", place + 1, meets + 1)
                }
                None => format!("  the states part at {} and stay apart", place + 1),
            });
            Line::from(vec![
                span(format!(" {text}"), theme.hotkey),
                span(cut(&parts, room.saturating_sub(width(text) + 1)), theme.dim),
            ])
        }
        End::Change(index) => {
            let Some(change) = ordered.changes.get(*index) else { return Line::default() };
            let (sign, style) = change_sign(model, change.op);
            let head = format!(" {sign} {}  ", pad(&change.dotted(), 20.min(room / 3)));
            let values = room.saturating_sub(width(&head) + 1);
            let [old, new] = [&change.old, &change.value].map(|value| preview(value, model.look.zone));
            let mut spans = vec![span(head, style)];
            spans.extend(change_values(model, change.op, (&old, &new), values));
            Line::from(spans)
        }
        End::Failed(text) => {
            let text = format!(" {} {text}", model.look.glyphs.error);
            Line::from(span(cut(&text, room), theme.error))
        }
    }
}
