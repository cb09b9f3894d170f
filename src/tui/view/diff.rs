//! A comparison over the whole screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line as Drawn;

use super::state::{change_sign, change_values};
use super::{full, put, span, waiting};
use crate::replay::Moved;
use crate::tui::effect::Comparison;
use crate::tui::model::Model;
use crate::tui::model::diff::{BESIDE, Diff, Line};
use crate::tui::text::{count, cut, pad, width};

/// Draws it above the last line.
pub fn draw(model: &Model, diff: &Diff, screen: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let what = match (&diff.asked, &model.cursor.aggregate) {
        (Comparison::Three(..), Some(aggregate)) => format!("{aggregate}"),
        (Comparison::Store(..), _) => "whole store".into(),
        _ => "two states".into(),
    };
    let mut title = format!(" Diff  {what}  {} ", diff.summary());
    if matches!(diff.asked, Comparison::Three(..)) {
        title = format!("{title} {} ", legend(model));
    }
    let inner = full(model, cut(&title, usize::from(screen.width.saturating_sub(4))), screen, buffer);
    let room = usize::from(inner.width);
    let names = names(diff, room);
    put(buffer, inner, 0, &heading(model, diff, names, room));
    if diff.lines.is_empty() {
        waiting(model, "comparing …", inner, 2, buffer);
    }
    let height = usize::from(inner.height).saturating_sub(1);
    for (i, line) in diff.lines.iter().enumerate().skip(diff.scroll.top).take(height) {
        let y = (i - diff.scroll.top) as u16 + 1;
        put(buffer, inner, y, &drawn(model, line, names, room));
        if i == diff.scroll.selected {
            buffer.set_style(Rect { y: inner.y + y, height: 1, ..inner }, theme.selected);
        }
    }
}

/// The columns of the paths.
fn names(diff: &Diff, room: usize) -> usize {
    let name = |line: &Line| match line {
        Line::Change { name, .. } | Line::Three { name, .. } => width(name),
        _ => 0,
    };
    diff.lines.iter().map(name).max().unwrap_or(0).clamp(10, (room * 3 / 10).max(10))
}

/// The columns of each of three values.
fn third(names: usize, room: usize) -> usize {
    room.saturating_sub(names + 8) / 3
}

/// Who moved a field away from the state before.
fn legend(model: &Model) -> String {
    let glyphs = &model.look.glyphs;
    format!("{} here {} head = both ! apart", glyphs.cursor, glyphs.head)
}

fn heading(model: &Model, diff: &Diff, names: usize, room: usize) -> Drawn<'static> {
    let theme = &model.look.theme;
    if let (Comparison::Three(..), [before, here, head]) = (&diff.asked, &diff.names[..]) {
        let columns = third(names, room);
        if room < BESIDE {
            return Drawn::from(span(" by field: before, here, head", theme.dim));
        }
        let mut spans = vec![span(" ".repeat(names + 7), theme.text)];
        spans.extend([before, here, head].map(|name| span(format!("{} ", pad(name, columns)), theme.hotkey)));
        return Drawn::from(spans);
    }
    let arrow = format!(" {} ", model.look.glyphs.arrow);
    let names = diff.names.join(&arrow);
    Drawn::from(span(format!(" {}", cut(&names, room.saturating_sub(1))), theme.hotkey))
}

fn sign(model: &Model, open: Option<bool>) -> char {
    let glyphs = &model.look.glyphs;
    match open {
        Some(true) => glyphs.open,
        Some(false) => glyphs.closed,
        None => ' ',
    }
}

fn drawn(model: &Model, line: &Line, names: usize, room: usize) -> Drawn<'static> {
    let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
    match line {
        Line::Heading(name, note, _) => {
            let name = cut(name, room * 2 / 3);
            let note = cut(note, room.saturating_sub(width(&name) + 4));
            Drawn::from(vec![span(format!(" {name}  "), theme.title), span(note, theme.dim)])
        }
        Line::Change { op, name, old, new, open, .. } => {
            let (mark, style) = change_sign(model, *op);
            let head = format!(" {} {mark} {}  ", sign(model, *open), pad(name, names));
            let mut spans = vec![span(head, style)];
            spans.extend(change_values(model, *op, (old, new), room.saturating_sub(names + 7)));
            Drawn::from(spans)
        }
        Line::Three { name, values, moved, open, .. } => {
            let (mark, moves) = match moved {
                Moved::OnlyHere => (glyphs.cursor, [false, true, false]),
                Moved::OnlyHead => (glyphs.head, [false, false, true]),
                Moved::BothSame => ('=', [false, true, true]),
                Moved::BothDifferently => ('!', [false, true, true]),
            };
            let style = if *moved == Moved::BothDifferently { theme.warning } else { theme.changed };
            let head = format!(" {} {mark} {}  ", sign(model, *open), pad(name, names));
            let mut spans = vec![span(head, style)];
            for (value, moved) in values.iter().flatten().zip(moves) {
                let value = if value.is_empty() { glyphs.dash.to_string() } else { value.clone() };
                let style = if moved { style } else { theme.text };
                spans.push(span(format!("{} ", pad(&value, third(names, room))), style));
            }
            Drawn::from(spans)
        }
        Line::Part(word, side, text) => {
            let style = [theme.removed, theme.added, theme.text][(*side).min(2)];
            Drawn::from(vec![span(format!("    {}  ", pad(word, 7)), theme.dim), span(text.clone(), style)])
        }
        Line::Only(side, text, position) => {
            let (mark, style) = if *side == 0 { ('<', theme.removed) } else { ('>', theme.added) };
            Drawn::from(vec![
                span(format!("   {mark} "), style),
                span(format!("#{} ", count(*position)), theme.dim),
                span(text.clone(), theme.text),
            ])
        }
        Line::Note(text) => Drawn::from(span(format!("   {text}"), theme.dim)),
    }
}
