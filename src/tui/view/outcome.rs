//! The final states of a rewrite: the original order against the new one, by one set of rules or two.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{full, put, span};
use crate::tui::model::Model;
use crate::tui::model::outcome::{Note, Outcome, Row};
use crate::tui::text::{cut, pad, width, wrap};

/// The least columns that a value is worth; below it the values stand under each other.
const LEAST: usize = 12;
/// The columns where their names have no room.
const SHORT: [&str; 4] = ["original", "new order", "others: old", "others: new"];

/// Draws the table above the last line.
pub fn draw(model: &Model, outcome: &Outcome, screen: Rect, buffer: &mut Buffer) {
    let title =
        format!(" {}: what the new order leads to ", outcome.branch.as_deref().unwrap_or("a dry run"));
    let inner = full(model, title, screen, buffer);
    let height = usize::from(inner.height);
    for (y, line) in lines(model, outcome, usize::from(inner.width), height).iter().take(height).enumerate() {
        put(buffer, inner, y as u16, line);
    }
}

/// The heading and the rows from the selected one on, as many lines as fit.
pub fn lines(model: &Model, outcome: &Outcome, room: usize, height: usize) -> Vec<Line<'static>> {
    let theme = &model.look.theme;
    let name = |row: &Row| match row {
        Row::Field(name, _) => width(name),
        _ => 0,
    };
    let names = outcome.rows.iter().map(name).max().unwrap_or(0).clamp(8, (room / 4).max(8));
    let columns = outcome.columns.len();
    let column = room.saturating_sub(names + 5) / columns.max(1);
    let beside = column >= LEAST;
    let mut out = Vec::new();
    let mut headed = !beside;
    for row in &outcome.rows[outcome.top.min(outcome.rows.len())..] {
        if out.len() >= height {
            break;
        }
        // The columns are named where the states start.
        if !headed && !matches!(row, Row::Note(_)) {
            let mut spans = vec![span(" ".repeat(names + 5), theme.text)];
            let short = outcome.columns.iter().any(|name| width(name) >= column);
            spans.extend(outcome.columns.iter().zip(SHORT).map(|(name, brief)| {
                let name = if short { brief } else { name };
                span(format!("{} ", pad(name, column - 1)), theme.hotkey)
            }));
            out.push(Line::from(spans));
            headed = true;
        }
        match row {
            Row::Note(note) => out.extend(noted(model, note, room)),
            Row::Heading(name, why) => out.push(Line::from(vec![
                span(format!(" {}  ", cut(name, room / 2)), theme.title),
                span(cut(why, room.saturating_sub(width(name) + 3)), theme.dim),
            ])),
            Row::Field(name, values) => out.extend(field(model, outcome, (name, values), names, room)),
            Row::Remark(text) => out.push(Line::from(span(format!("   {text}"), theme.dim))),
        }
    }
    out
}

fn noted(model: &Model, note: &Note, room: usize) -> Vec<Line<'static>> {
    let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
    let (sign, name, text) = match note {
        Note::Nothing(name) => (glyphs.unchanged, name, "changes nothing now".to_owned()),
        Note::Late(name) => (glyphs.late, name, "occurred before its predecessor now".to_owned()),
        Note::Rejected(name, why) => (glyphs.error, name, format!("rejected: {why}")),
    };
    let lines = wrap(&format!("{name}  {text}"), room.saturating_sub(3).max(10), 2);
    let head = |i: usize| if i == 0 { format!(" {sign} ") } else { "   ".to_owned() };
    let line = |(i, line)| Line::from(vec![span(head(i), theme.warning), span(line, theme.text)]);
    lines.into_iter().enumerate().map(line).collect()
}

fn field(
    model: &Model,
    outcome: &Outcome,
    (name, values): (&str, &[String]),
    names: usize,
    room: usize,
) -> Vec<Line<'static>> {
    let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
    let column = room.saturating_sub(names + 5) / values.len().max(1);
    let original = values.first();
    let shown = |value: &String| {
        let style = if Some(value) == original { theme.text } else { theme.changed };
        (if value.is_empty() { glyphs.dash.to_string() } else { value.clone() }, style)
    };
    if column >= LEAST {
        let mut spans = vec![span(format!("   {}  ", pad(name, names)), theme.key)];
        spans.extend(values.iter().map(|value| {
            let (text, style) = shown(value);
            span(format!("{} ", pad(&text, column - 1)), style)
        }));
        return vec![Line::from(spans)];
    }
    let mut out = vec![Line::from(span(format!("   {}", cut(name, room.saturating_sub(3))), theme.key))];
    out.extend(outcome.columns.iter().zip(values).map(|(word, value)| {
        let (text, style) = shown(value);
        let word = format!("     {} ", pad(word, 22.min(room / 2)));
        let left = room.saturating_sub(width(&word));
        Line::from(vec![span(word, theme.dim), span(cut(&text, left), style)])
    }));
    out
}
