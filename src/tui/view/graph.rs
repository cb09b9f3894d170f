//! The graph of the whole store, over the whole screen: lanes, heads, and what each event is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{full, put, span, waiting};
use crate::event::{actor_of, reason_of};
use crate::session::GraphLine;
use crate::tui::model::Model;
use crate::tui::model::graph::Graph;
use crate::tui::text::{cut, many, pad, width};

/// Draws it above the last line.
pub fn draw(model: &Model, graph: &Graph, screen: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let shown = model.branches.iter().filter(|branch| !branch.archived).count() as i64;
    let title = format!(" Graph  {}, the newest event first ", many(shown, "branch"));
    let inner = full(model, title, screen, buffer);
    if graph.rows.is_empty() {
        let text = if graph.asked.is_some() { "reading …" } else { "no event yet" };
        waiting(model, text, inner, 1, buffer);
    }
    let lanes = (2 * graph.lanes).clamp(2, usize::from(inner.width) / 2);
    for (i, line) in graph.rows.iter().enumerate().skip(graph.top).take(inner.height.into()) {
        let y = (i - graph.top) as u16;
        put(buffer, inner, y, &row(model, line, lanes, usize::from(inner.width)));
        if i == graph.selected {
            buffer.set_style(Rect { y: inner.y + y, height: 1, ..inner }, theme.selected);
        }
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
