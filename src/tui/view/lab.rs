//! The rule lab above the timeline: the rule, what differs at the cursor, what differs in the whole store.
//!
//! ```text
//! ╭ Rule of Task.TaskCompleted ──╮╭ v4 TaskCompleted  3 of 6 differ ──────────╮
//! │.completed_at = $at█          ││~ completed_at  null → 24 Apr 12:02:11    │
//! │                              │╰──────────────────────────────────────────╯
//! │                              │╭ Whole store  12 of 340 differ ───────────╮
//! │1:5 there is no function `x`  ││Task.TaskCompleted: completed_at  12      │
//! ╰──────────────────────────────╯╰──────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Widget};

use super::{border_set, change_sign, change_values, footer, put, span};
use crate::event::Version;
use crate::replay::diff::dotted;
use crate::replay::{Change, Op};
use crate::session::Tried;
use crate::tui::areas::{areas, lab_areas};
use crate::tui::model::Model;
use crate::tui::model::lab::{Focus, Lab, Phase, Row};
use crate::tui::model::state::preview;
use crate::tui::text::{count, cut, pad, safe, width, wrap};
use crate::tui::timeline::{Mark, Placed};

/// Draws it.
pub fn draw(model: &Model, lab: &Lab, buffer: &mut Buffer) {
    let places = lab_areas(model);
    editor(model, lab, places.rule, buffer);
    here(model, lab, places.here, buffer);
    store(model, lab, places.store, buffer);
    footer::draw(model, areas(model).footer, buffer);
}

fn block(model: &Model, title: &str, note: &str, focused: bool, area: Rect, buffer: &mut Buffer) -> Rect {
    let theme = &model.look.theme;
    Clear.render(area, buffer);
    let room = usize::from(area.width).saturating_sub(4);
    let title = cut(title, room);
    let left = room.saturating_sub(width(&title) + 2);
    let mut spans = vec![span(format!(" {title} "), if focused { theme.title } else { theme.text })];
    if left > 6 && !note.is_empty() {
        spans.push(span(format!(" {} ", cut(note, left - 1)), theme.dim));
    }
    let block = Block::bordered()
        .border_set(border_set(model))
        .border_style(if focused { theme.focus } else { theme.border })
        .title(Line::from(spans));
    let inner = block.inner(area);
    block.render(area, buffer);
    inner
}

/// The rule, and below it what is wrong with it.
fn editor(model: &Model, lab: &Lab, area: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let focused = lab.focus == Focus::Rule && matches!(lab.phase, Phase::Typed);
    let title = lab
        .rule
        .as_ref()
        .map_or_else(|| "Rule".to_owned(), |rule| format!("Rule of {}.{}", rule.aggregate, rule.event));
    let note = if lab.changed() { "not in use" } else { "in use" };
    let inner = block(model, &title, note, focused, area, buffer);
    if lab.rule.is_none() {
        return put(buffer, inner, 0, &Line::from(span("reading …", theme.dim)));
    }
    let room = usize::from(inner.width);
    let (said, style) = below(model, lab);
    let said = wrap(&said, room, 3);
    let height = inner.height.saturating_sub(said.len() as u16 + 1).max(1);
    let text = Rect { height, ..inner };
    if lab.text().trim().is_empty() {
        let hint = "There is no rule: the data is merged into the state. Type one.";
        for (y, line) in wrap(hint, room.saturating_sub(2), 4).iter().enumerate() {
            put(buffer, Rect { x: text.x + 2, ..text }, y as u16, &Line::from(span(line.clone(), theme.dim)));
        }
    }
    rule(lab, text, theme.text, theme.error, focused, buffer);
    for (y, line) in said.into_iter().enumerate() {
        put(buffer, inner, height + 1 + y as u16, &Line::from(span(line, style)));
    }
}

/// What is said below the rule.
fn below(model: &Model, lab: &Lab) -> (String, Style) {
    let theme = &model.look.theme;
    if let Phase::Sent(done, total, stopping) = lab.phase {
        let far = if total > 0 { format!(", {} %", done * 100 / total) } else { String::new() };
        let word = if stopping { "stopping" } else { "taking it into use" };
        return (format!("{word}: {} of {}{far} …", count(done), count(total)), theme.hotkey);
    }
    if let Some(mistake) = &lab.mistake {
        let text = lab.text();
        let before = text.get(..mistake.span.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        return (format!("{line}:{column}: {}", mistake.message), theme.error);
    }
    if let Some(problem) = &lab.problem {
        return (problem.message().to_owned(), theme.error);
    }
    let said = "`.` is the state, $event the event, $data its data, $meta who and why, $at when";
    (said.to_owned(), theme.dim)
}

/// The text with its long lines wrapped, the mistake underlined and the caret where it is.
fn rule(lab: &Lab, area: Rect, style: Style, wrong: Style, focused: bool, buffer: &mut Buffer) {
    let room = usize::from(area.width).max(2);
    let caret = lab.input.caret();
    let mistake = lab.mistake.as_ref().map(|mistake| {
        // What is missing at the end is underlined behind it.
        let span = &mistake.span;
        if span.is_empty() { span.start..span.end + 1 } else { span.clone() }
    });
    let (mut y, mut at) = (0_usize, 0_usize);
    let mut cells: Vec<(usize, usize, String, bool)> = Vec::new();
    let mut caret_at = (0, 0);
    for (number, line) in lab.input.rows().iter().enumerate() {
        let mut x = 0;
        for (i, c) in line.chars().enumerate() {
            let shown = safe(c.encode_utf8(&mut [0; 4]));
            if x + width(&shown) > room {
                (x, y) = (0, y + 1);
            }
            if caret == (number, i) {
                caret_at = (x, y);
            }
            let bad = mistake.as_ref().is_some_and(|span| span.contains(&at));
            let columns = width(&shown);
            cells.push((x, y, shown, bad));
            (x, at) = (x + columns, at + c.len_utf8());
        }
        if caret.0 == number && caret.1 >= line.chars().count() {
            if x >= room {
                (x, y) = (0, y + 1);
            }
            caret_at = (x, y);
        }
        if mistake.as_ref().is_some_and(|span| span.contains(&at)) {
            cells.push((x, y, " ".to_owned(), true));
        }
        (y, at) = (y + 1, at + 1);
    }
    let height = usize::from(area.height).max(1);
    let top = (caret_at.1 + 1).saturating_sub(height);
    let place = |(x, y): (usize, usize)| {
        let row = y.checked_sub(top).filter(|row| *row < height)?;
        (x < room).then(|| (area.x + x as u16, area.y + row as u16))
    };
    for (x, y, text, bad) in cells {
        if let Some((x, y)) = place((x, y)) {
            let style = if bad { wrong.add_modifier(Modifier::UNDERLINED) } else { style };
            buffer.set_string(x, y, text, style);
        }
    }
    if let Some((x, y)) = place(caret_at).filter(|_| focused) {
        buffer.set_style(Rect { x, y, width: 1, height: 1 }, Style::new().reversed());
    }
}

/// What differs at the cursor, from the rules in use to this one.
fn here(model: &Model, lab: &Lab, area: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let kind =
        model.moment.as_ref().and_then(|moment| moment.event.as_ref()).map(|event| event.kind.as_str());
    let title = format!("v{} {}", model.cursor.version, kind.unwrap_or("before the first event"));
    let tried = lab.shown();
    let wrong = lab.mistake.is_some() || lab.problem.is_some();
    let note = tried.map_or_else(String::new, |tried| {
        if wrong {
            return "as an earlier text had it".to_owned();
        }
        let far = tried.folding.map_or_else(String::new, |at| format!(", folded to v{} …", count(at)));
        format!("{} of {} differ{far}", count(length(&tried.differing)), count(tried.head))
    });
    let inner = block(model, &title, &note, lab.focus == Focus::Time, area, buffer);
    let room = usize::from(inner.width);
    let stale = lab.current().is_none();
    let mut lines = Vec::new();
    match tried {
        None => lines.push(Line::from(span(if lab.mistake.is_some() { "" } else { "folding …" }, theme.dim))),
        Some(tried) => {
            if let Some(error) = &tried.error {
                let wrapped = wrap(&format!("this rule refuses the event: {error}"), room, 3);
                lines.extend(wrapped.into_iter().map(|line| Line::from(span(line, theme.error))));
            }
            match tried.exists {
                (true, false) => lines.push(Line::from(span("it is gone by this rule", theme.removed))),
                (false, true) => lines.push(Line::from(span("it is there again by this rule", theme.added))),
                _ => {}
            }
            if tried.changes.is_empty() && lines.is_empty() {
                let text = if lab.changed() || stale {
                    "the same state by both rules here"
                } else {
                    "the rule is as it is in use: type another one"
                };
                lines.extend(wrap(text, room, 3).into_iter().map(|line| Line::from(span(line, theme.dim))));
            }
            lines.extend(changes(model, &tried.changes[lab.top.min(tried.changes.len())..], room));
        }
    }
    for (y, line) in lines.iter().take(inner.height.into()).enumerate() {
        put(buffer, inner, y as u16, line);
    }
    if stale && tried.is_some() {
        buffer.set_style(inner, theme.dim);
    }
}

fn length(stretches: &[(Version, Version)]) -> i64 {
    stretches.iter().map(|(first, last)| last - first + 1).sum()
}

fn changes(model: &Model, changes: &[Change], room: usize) -> Vec<Line<'static>> {
    let name = |change: &Change| dotted(&change.path);
    let names =
        changes.iter().map(|change| width(&name(change))).max().unwrap_or(0).clamp(4, (room / 3).max(4));
    let line = |change: &Change| {
        let (sign, style) = change_sign(model, change.op);
        let value = |value| preview(value, model.look.zone);
        let mut spans = vec![span(format!("{sign} {} ", pad(&name(change), names)), style)];
        let left = room.saturating_sub(names + 3);
        spans.extend(change_values(model, change.op, (&value(&change.old), &value(&change.value)), left));
        Line::from(spans)
    };
    changes.iter().map(line).collect()
}

/// What differs in the whole store.
fn store(model: &Model, lab: &Lab, area: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let focused = lab.focus == Focus::Store;
    let inner = block(model, "Whole store", &lab.store.says(), focused, area, buffer);
    let (room, height) = (usize::from(inner.width), usize::from(inner.height));
    if lab.store.rows.is_empty() {
        let text = match (&lab.store.counted, lab.changed()) {
            (_, false) => "what another rule changes in every aggregate is counted while you type",
            (Some((_, true)), _) => "nothing differs",
            _ => "",
        };
        for (y, line) in wrap(text, room, 3).into_iter().enumerate() {
            put(buffer, inner, y as u16, &Line::from(span(line, theme.dim)));
        }
        return;
    }
    let scroll = lab.store.scroll;
    for (y, row) in lab.store.rows.iter().enumerate().skip(scroll.top).take(height) {
        let at = (y - scroll.top) as u16;
        put(buffer, inner, at, &store_row(model, row, room));
        if focused && y == scroll.selected {
            buffer.set_style(Rect { y: inner.y + at, height: 1, ..inner }, theme.selected);
        }
    }
    if !matches!(&lab.store.counted, Some((_, true))) {
        buffer.set_style(inner, theme.dim);
    }
}

fn store_row(model: &Model, row: &Row, room: usize) -> Line<'static> {
    let theme = &model.look.theme;
    match row {
        Row::Cause(name, aggregates, met) => {
            let met = if *met > 0 { format!(", {} meet again", count(*met)) } else { String::new() };
            let number = format!("  {}{met}", count(*aggregates));
            let name = cut(name, room.saturating_sub(width(&number)));
            Line::from(vec![span(name, theme.hotkey), span(number, theme.dim)])
        }
        Row::Error(error) => Line::from(span(cut(&format!("  refused: {error}"), room), theme.error)),
        Row::One(one) => {
            let on = if one.branch == model.branch { String::new() } else { format!(" on {}", one.branch) };
            let head = cut(&format!("  {}@{}{on}  ", one.aggregate, one.version), room);
            let changes = &one.changes;
            let mut left = room.saturating_sub(width(&head));
            let mut spans = vec![span(head, if one.meets { theme.dim } else { theme.text })];
            for (change, said) in changes.iter().zip(says(changes, model)) {
                let text = cut(&format!("{said}  "), left);
                left = left.saturating_sub(width(&text));
                let style = change_sign(model, change.op).1;
                spans.push(span(text, if one.meets { theme.dim } else { style }));
            }
            Line::from(spans)
        }
        Row::More(more) => Line::from(span(format!("  and {} more", count(*more)), theme.dim)),
    }
}

/// What differs, in a few words each.
pub fn says(changes: &[Change], model: &Model) -> Vec<String> {
    let value = |value: &serde_json::Value| preview(value, model.look.zone);
    let words = |change: &Change| match (change.op, change.path.is_empty()) {
        (_, true) if change.value.is_null() => "gone".to_owned(),
        (_, true) => "there again".to_owned(),
        (Op::Remove, _) => dotted(&change.path),
        (Op::Add, _) => format!("{} {}", dotted(&change.path), value(&change.value)),
        (Op::Replace, _) => {
            let arrow = model.look.glyphs.arrow;
            format!("{} {} {arrow} {}", dotted(&change.path), value(&change.old), value(&change.value))
        }
    };
    let line = |change: &Change| format!("{} {}", change_sign(model, change.op).0, words(change));
    changes.iter().map(line).collect()
}

/// The row of the timeline that marks the versions whose state differs, and those whose event the rule refuses.
pub fn marks(model: &Model, tried: &Tried, rows: Rect, row: u16, placed: &[Placed], buffer: &mut Buffer) {
    if row >= rows.height {
        return;
    }
    let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
    for item in placed {
        let (from, to) = match &item.mark {
            Mark::Event(point) => (point.index, point.index),
            Mark::Cell { from, to, .. } => (*from, *to),
            _ => continue,
        };
        let meets =
            |all: &[(Version, Version)]| all.iter().any(|(first, last)| *first <= to && *last >= from);
        let sign = match (meets(&tried.failing), meets(&tried.differing)) {
            (true, _) => (glyphs.error, theme.error),
            (_, true) => (glyphs.changed, theme.changed),
            _ => continue,
        };
        buffer.set_string(rows.x + item.x, rows.y + row, sign.0.to_string(), sign.1);
    }
}
