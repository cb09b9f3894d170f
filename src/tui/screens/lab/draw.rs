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

use super::{Focus, Lab, Phase, Places, Row, Wrong};
use crate::event::Version;
use crate::replay::diff::dotted;
use crate::replay::{Change, Op};
use crate::session::Tried;
use crate::tui::areas::areas;
use crate::tui::model::Model;
use crate::tui::model::state::preview;
use crate::tui::paint::{border_set, change_sign, change_values, put, put_all, span, wrapped};
use crate::tui::rows::Rows;
use crate::tui::text::{count, cut, pad, safe, width};
use crate::tui::timeline::{Mark, Placed};
use crate::tui::view::footer;

impl Lab {
    pub(super) fn paint(&self, model: &Model, buffer: &mut Buffer) {
        let places = Places::of(model);
        self.draw_rule(model, places.rule, buffer);
        self.draw_here(model, places.here, buffer);
        self.draw_store(model, places.store, buffer);
        footer::draw(model, areas(model).footer, buffer);
    }

    /// The rule, and below it what is wrong with it.
    fn draw_rule(&self, model: &Model, area: Rect, buffer: &mut Buffer) {
        let theme = &model.look.theme;
        let focused = self.focus == Focus::Rule && self.phase == Phase::Typed;
        let rule = self.rule.shown();
        let title = rule
            .map_or_else(|| "Rule".to_owned(), |rule| format!("Rule of {}.{}", rule.aggregate, rule.event));
        let note = if self.changed() { "not in use" } else { "in use" };
        let inner = frame(model, &title, note, focused, area, buffer);
        if rule.is_none() {
            return put(buffer, inner, 0, &Line::from(span("reading …", theme.dim)));
        }
        let room = usize::from(inner.width);
        let (said, style) = self.below(model);
        let said: Vec<_> = wrapped(&said, room, 3, style).collect();
        let height = inner.height.saturating_sub(said.len() as u16 + 1).max(1);
        let text = Rect { height, ..inner };
        if self.typed_text().trim().is_empty() {
            let hint = "There is no rule: the data is merged into the state. Type one.";
            let lines = wrapped(hint, room.saturating_sub(2), 4, theme.dim);
            put_all(buffer, Rect { x: text.x + 2, ..text }, 0, lines);
        }
        self.draw_text(text, theme.text, theme.error, focused, buffer);
        put_all(buffer, inner, height + 1, said);
    }

    /// What is said below the rule.
    fn below(&self, model: &Model) -> (String, Style) {
        let theme = &model.look.theme;
        if let Phase::Sent(done, total, stopping) = self.phase {
            let far = if total > 0 { format!(", {} %", done * 100 / total) } else { String::new() };
            let word = if stopping { "stopping" } else { "taking it into use" };
            return (format!("{word}: {} of {}{far} …", count(done), count(total)), theme.hotkey);
        }
        match self.wrong() {
            Some(Wrong::Mistake(mistake)) => {
                let text = self.typed_text();
                let before = text.get(..mistake.span.start).unwrap_or_default();
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
                (format!("{line}:{column}: {}", mistake.message), theme.error)
            }
            Some(Wrong::Problem(problem)) => (problem.message().to_owned(), theme.error),
            None => {
                let said = "`.` is the state, $event the event, $data its data, $meta who and why, $at when";
                (said.to_owned(), theme.dim)
            }
        }
    }

    /// The text with its long lines wrapped, the mistake underlined and the caret where it is.
    fn draw_text(&self, area: Rect, style: Style, wrong: Style, focused: bool, buffer: &mut Buffer) {
        let room = usize::from(area.width).max(2);
        let caret = self.input.caret();
        let mistake = match self.wrong() {
            // What is missing at the end is underlined behind it.
            Some(Wrong::Mistake(mistake)) => mistake.span.start..mistake.span.end.max(mistake.span.start + 1),
            _ => 0..0,
        };
        let (mut y, mut at) = (0_usize, 0_usize);
        let mut cells: Vec<(usize, usize, String, bool)> = Vec::new();
        let mut caret_at = (0, 0);
        for (number, line) in self.input.rows().iter().enumerate() {
            let mut x = 0;
            for (i, c) in line.chars().enumerate() {
                let shown = safe(c.encode_utf8(&mut [0; 4]));
                let columns = width(&shown);
                if x + columns > room {
                    (x, y) = (0, y + 1);
                }
                if caret == (number, i) {
                    caret_at = (x, y);
                }
                cells.push((x, y, shown, mistake.contains(&at)));
                (x, at) = (x + columns, at + c.len_utf8());
            }
            if caret.0 == number && caret.1 >= line.chars().count() {
                if x >= room {
                    (x, y) = (0, y + 1);
                }
                caret_at = (x, y);
            }
            if mistake.contains(&at) {
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
    fn draw_here(&self, model: &Model, area: Rect, buffer: &mut Buffer) {
        let theme = &model.look.theme;
        let event = model.moment.as_ref().and_then(|moment| moment.event.as_ref());
        let kind = event.map_or("before the first event", |event| &event.kind);
        let title = format!("v{} {kind}", model.cursor.version);
        let tried = self.shown();
        let note = tried.map_or_else(String::new, |tried| {
            if self.wrong().is_some() {
                return "as an earlier text had it".to_owned();
            }
            let far = tried.folding.map_or_else(String::new, |at| format!(", folded to v{} …", count(at)));
            format!("{} of {} differ{far}", count(length(&tried.differing)), count(tried.head))
        });
        let inner = frame(model, &title, &note, self.focus == Focus::Time, area, buffer);
        let Some(tried) = tried else {
            let word = if matches!(self.wrong(), Some(Wrong::Mistake(_))) { "" } else { "folding …" };
            return put(buffer, inner, 0, &Line::from(span(word, theme.dim)));
        };
        let (room, stale) = (usize::from(inner.width), self.current().is_none());
        let refused = tried.error.as_ref().map(|error| format!("this rule refuses the event: {error}"));
        let mut lines: Vec<_> = refused.iter().flat_map(|text| wrapped(text, room, 3, theme.error)).collect();
        match tried.exists {
            (true, false) => lines.push(Line::from(span("it is gone by this rule", theme.removed))),
            (false, true) => lines.push(Line::from(span("it is there again by this rule", theme.added))),
            _ => {}
        }
        if tried.changes.is_empty() && lines.is_empty() {
            let text = if self.changed() || stale {
                "the same state by both rules here"
            } else {
                "the rule is as it is in use: type another one"
            };
            lines.extend(wrapped(text, room, 3, theme.dim));
        }
        lines.extend(changes(model, &tried.changes[self.top.min(tried.changes.len())..], room));
        put_all(buffer, inner, 0, lines);
        if stale {
            buffer.set_style(inner, theme.dim);
        }
    }

    /// What differs in the whole store.
    fn draw_store(&self, model: &Model, area: Rect, buffer: &mut Buffer) {
        let (theme, store) = (&model.look.theme, &self.store);
        let focused = self.focus == Focus::Store;
        let inner = frame(model, "Whole store", &store.says(), focused, area, buffer);
        let room = usize::from(inner.width);
        if store.rows.is_empty() {
            let text = match (store.current(), self.changed()) {
                (_, false) => "what another rule changes in every aggregate is counted while you type",
                (Some(_), _) => "nothing differs",
                _ => "",
            };
            put_all(buffer, inner, 0, wrapped(text, room, 3, theme.dim));
            return;
        }
        // Without the focus no row is the selected one.
        let list = if focused { store.list } else { Rows { selected: usize::MAX, ..store.list } };
        list.draw(model, store.rows.len(), inner, buffer, |i| store_row(model, &store.rows[i], room));
        if store.current().is_none() {
            buffer.set_style(inner, theme.dim);
        }
    }
}

/// The frame of a part; what is inside.
fn frame(model: &Model, title: &str, note: &str, focused: bool, area: Rect, buffer: &mut Buffer) -> Rect {
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

fn length(stretches: &[(Version, Version)]) -> i64 {
    stretches.iter().map(|(first, last)| last - first + 1).sum()
}

fn changes(model: &Model, changes: &[Change], room: usize) -> Vec<Line<'static>> {
    let names = changes.iter().map(|change| width(&dotted(&change.path))).max().unwrap_or(0);
    let names = names.clamp(4, (room / 3).max(4));
    let line = |change: &Change| {
        let (sign, style) = change_sign(model, change.op);
        let value = |value| preview(value, model.look.zone);
        let mut spans = vec![span(format!("{sign} {} ", pad(&dotted(&change.path), names)), style)];
        let left = room.saturating_sub(names + 3);
        spans.extend(change_values(model, change.op, (&value(&change.old), &value(&change.value)), left));
        Line::from(spans)
    };
    changes.iter().map(line).collect()
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
            let mut left = room.saturating_sub(width(&head));
            let mut spans = vec![span(head, if one.meets { theme.dim } else { theme.text })];
            for (change, said) in one.changes.iter().zip(says(&one.changes, model)) {
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
pub(super) fn says(changes: &[Change], model: &Model) -> Vec<String> {
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

/// The version before or behind one at which the states differ or the rule fails.
pub(super) fn step(tried: &Tried, from: Version, forward: bool) -> Option<Version> {
    let all = tried.differing.iter().chain(&tried.failing);
    if forward {
        all.filter(|(_, last)| *last > from).map(|(first, _)| (*first).max(from + 1)).min()
    } else {
        all.filter(|(first, _)| *first < from).map(|(_, last)| (*last).min(from - 1)).max()
    }
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
