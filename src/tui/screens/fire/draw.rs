//! The form of a command beside what it would do, and the last step before it does it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::{Field, Form, Input, What, reason};
use crate::error::Error;
use crate::event::{AggregateId, Event};
use crate::replay::{Change, Op};
use crate::session::{Fired, Reacted, Target, words};
use crate::tui::field::field as typed;
use crate::tui::model::Model;
use crate::tui::model::state::preview;
use crate::tui::paint::change_sign;
use crate::tui::paint::{buttons, popup, put, put_all, span, wrapped};
use crate::tui::text::{cut, pad, width};
use crate::tui::theme::Theme;

/// The most lines that the last step takes for what would be appended.
const MOST: usize = 14;

impl Form {
    /// The fields, and below them what the command would do.
    pub(super) fn draw_form(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        let target = match &self.target {
            Target::Aggregate(aggregate) => aggregate.to_string(),
            Target::New(kind) => format!("a new {kind}"),
        };
        let title = cut(&format!("{} {target}", self.command.name), 70);
        let height = (self.fields.len() as u16 + 17).max(20);
        let inner = popup(model, &title, 92, height, screen, buffer);
        let room = usize::from(inner.width);
        let doc = self.command.doc.iter().flat_map(|doc| wrapped(doc, room, 2, model.look.theme.dim));
        let mut y = put_all(buffer, inner, 0, doc) + 1;
        let names = self.fields.iter().map(|field| width(field.name())).max().unwrap_or(6).min(20);
        // The field in focus stays in sight on a low screen.
        let most = usize::from(inner.height.saturating_sub(y + 6)).max(1);
        let first = (self.focus + 1).saturating_sub(most);
        for (i, field) in self.fields.iter().enumerate().skip(first).take(most) {
            if y < inner.height {
                let line = Rect { y: inner.y + y, height: 1, ..inner };
                draw_field(model, field, i == self.focus, names, line, buffer);
            }
            y += 1;
        }
        y += put_all(
            buffer,
            Rect { y: inner.y + y, height: inner.height.saturating_sub(y), ..inner },
            0,
            self.meanwhile.lines(model, room),
        );
        y += 1;
        let rest = Rect { y: inner.y + y.min(inner.height), height: inner.height.saturating_sub(y), ..inner };
        let lines = self.would_do(model, room);
        put_all(buffer, rest, 0, fitted(model, lines, rest.height.into()));
    }

    fn would_do(&self, model: &Model, room: usize) -> Vec<Line<'static>> {
        let theme = &model.look.theme;
        match (self.shot(model), self.preview.failed(), self.preview.shown()) {
            (Err(problem), ..) => vec![Line::from(span(problem, theme.warning))],
            (_, Some(error), _) | (_, None, Some(Err(error))) => refusal(model, error, room),
            (_, None, None) => vec![Line::from(span("working out what it would do …", theme.dim))],
            (_, None, Some(Ok(fired))) if fired.events.is_empty() => appends(model, fired, room),
            (_, None, Some(Ok(fired))) => {
                let mut lines = appends(model, fired, room);
                lines.push(Line::default());
                lines.push(Line::from(span("AND THEN", theme.hotkey)));
                lines.extend(fired.changes.iter().map(|change| changed(model, change, room)));
                lines
            }
        }
    }

    /// How large the box of the last step is.
    pub(super) fn last_size(&self) -> Option<(u16, u16)> {
        let fired = self.preview.shown()?.as_ref().ok()?;
        let caused: usize = fired.reacted.iter().map(|reacted| 1 + reacted.events.len()).sum();
        let caused = if caused == 0 { 0 } else { caused + 1 };
        let shown = (fired.events.len().min(8) + caused).min(MOST);
        let more =
            self.meanwhile.height() + u16::from(self.filled(&What::At).is_some_and(|at| !at.is_empty()));
        Some((72, shown as u16 + more + if self.fork.is_some() { 13 } else { 11 }))
    }

    /// The last step: where, on what, by whom, which events; and asks.
    pub(super) fn draw_last(&self, model: &Model, fire: bool, screen: Rect, buffer: &mut Buffer) {
        let theme = &model.look.theme;
        let (Some(Ok(fired)), Some((w, h))) = (self.preview.shown(), self.last_size()) else { return };
        let fork = self.fork.as_ref();
        let title = if fork.is_some() { "Fork a branch and append there?" } else { "Append to the log?" };
        let inner = popup(model, title, w, h, screen, buffer);
        let room = usize::from(inner.width);
        let head = match self.seen {
            Some(version) => format!("{} at v{version}", fired.aggregate),
            None => format!("{}, which does not exist yet", fired.aggregate),
        };
        let row = |name: &str, text: String| {
            Line::from(vec![
                span(format!("{name:<8}"), theme.dim),
                span(cut(&text, room.saturating_sub(9)), theme.text),
            ])
        };
        let by = match self.filled(&What::Reason).filter(|reason| !reason.is_empty()) {
            Some(reason) => format!("{} \"{reason}\"", model.actor),
            None => model.actor.clone(),
        };
        let branch = match fork {
            Some(fork) => format!("{}, new: forks {} at {}", fired.branch, model.branch, fork.here),
            None => fired.branch.clone(),
        };
        let mut lines = vec![row("branch", branch)];
        if let Some(fork) = fork.filter(|fork| fork.left > 0) {
            let events = if fork.left == 1 { "event" } else { "events" };
            lines.push(row("", format!("{} later {events} of it not carried over", fork.left)));
        }
        lines.extend([row("head", head), row("actor", by)]);
        lines.extend(self.filled(&What::At).filter(|at| !at.is_empty()).map(|at| row("when", at)));
        lines.extend(self.meanwhile.lines(model, room));
        lines.push(Line::default());
        // Below stand an empty line and the buttons.
        let left = usize::from(inner.height).saturating_sub(lines.len() + 3);
        lines.extend(fitted(model, appends(model, fired, room), left));
        put_all(buffer, inner, 0, lines);
        let line = if self.sent {
            Line::from(span("appending …", theme.warning))
        } else {
            buttons(model, if fork.is_some() { "Fork and fire" } else { "Fire" }, fire)
        };
        put(buffer, inner, inner.height.saturating_sub(2), &line);
    }
}

/// A field: its name, what is filled in, and what belongs into it.
fn draw_field(model: &Model, field: &Field, focused: bool, names: usize, area: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let sign = if focused { model.look.glyphs.selected } else { ' ' };
    let hint = cut(&field.hint(), 26);
    let label = format!("{sign} {}  ", pad(field.name(), names));
    let (left, right) = (width(&label) as u16, width(&hint) as u16);
    put(buffer, area, 0, &Line::from(span(label, if focused { theme.title } else { theme.key })));
    let place = Rect { x: area.x + left, width: area.width.saturating_sub(left + right + 2), ..area };
    match &field.input {
        Input::Text(input) => typed(input, place, theme.text, focused, buffer),
        Input::Choice(choices, chosen) => {
            let choice = |(i, choice): (usize, &String)| match *chosen == Some(i) {
                true if focused => span(format!("[{choice}]"), theme.selected),
                true => span(format!("[{choice}]"), theme.text),
                false => span(format!(" {choice} "), theme.dim),
            };
            put(buffer, place, 0, &choices.iter().enumerate().map(choice).collect());
        }
    }
    let place = Rect { x: area.x + area.width.saturating_sub(right), width: right, ..area };
    put(buffer, place, 0, &Line::from(span(hint, theme.dim)));
}

/// As many lines as there is room for; the last one says how many more there are.
fn fitted(model: &Model, mut lines: Vec<Line<'static>>, room: usize) -> Vec<Line<'static>> {
    if lines.len() > room && room > 0 {
        let more = format!("{} more lines", lines.len() - room + 1);
        lines.truncate(room - 1);
        lines.push(Line::from(span(more, model.look.theme.dim)));
    }
    lines
}

fn refusal(model: &Model, error: &Error, room: usize) -> Vec<Line<'static>> {
    let theme = &model.look.theme;
    let hint = error.hint_text().into_iter().flat_map(|hint| wrapped(hint, room, 2, theme.dim));
    let said = wrapped(reason(error), room, 6, theme.text).chain(hint);
    std::iter::once(Line::from(span("IT REFUSES", theme.warning))).chain(said).collect()
}

/// What would be appended, by the command and by reactors.
fn appends(model: &Model, fired: &Fired, room: usize) -> Vec<Line<'static>> {
    let theme = &model.look.theme;
    if fired.events.is_empty() {
        return vec![Line::from(span("Nothing would change: no event.", theme.warning))];
    }
    let mut out = vec![Line::from(span("IT WOULD APPEND", theme.hotkey))];
    out.extend(fired.events.iter().map(|event| appended(model, event, None, room)));
    if !fired.reacted.is_empty() {
        out.push(Line::from(span("AND REACTORS", theme.hotkey)));
    }
    for reacted in &fired.reacted {
        let (said, style) = reaction(reacted, theme);
        let name = format!("{} {}  ", model.look.glyphs.arrow, cut(&reacted.reactor, 24));
        let said = cut(&said, room.saturating_sub(width(&name)));
        out.push(Line::from(vec![span(name, theme.key), span(said, style)]));
        let event = |event| appended(model, event, Some(&event.aggregate), room);
        out.extend(reacted.events.iter().map(event));
    }
    out
}

/// A field of the state, before and after.
fn changed(model: &Model, change: &Change, room: usize) -> Line<'static> {
    let (sign, style) = change_sign(model, change.op);
    let value = |value| cut(&preview(value, model.look.zone), room / 3);
    let (old, new) = (value(&change.old), value(&change.value));
    let text = match change.op {
        Op::Add => new,
        Op::Remove => old,
        Op::Replace => format!("{old} {} {new}", model.look.glyphs.arrow),
    };
    let name = format!("{sign} {}  ", pad(&change.dotted(), 16));
    Line::from(vec![span(name, style), span(text, model.look.theme.text)])
}

/// An event that would be appended, with its aggregate where that is not the form's own.
fn appended(model: &Model, event: &Event, of: Option<&AggregateId>, room: usize) -> Line<'static> {
    let theme = &model.look.theme;
    let of = of.map_or_else(String::new, |aggregate| format!("{aggregate} "));
    let indent = if of.is_empty() { "" } else { "  " };
    let head = format!("{of}v{} {} ", event.version, event.kind);
    let data = cut(&event.data, room.saturating_sub(width(&head) + 2 + indent.len()));
    Line::from(vec![
        span(format!("{indent}{} ", model.look.glyphs.future), theme.event),
        span(cut(&head, room.saturating_sub(2 + indent.len())), theme.text),
        span(data, theme.dim),
    ])
}

/// What a reactor would do at once, or ask for.
fn reaction(reacted: &Reacted, theme: &Theme) -> (String, Style) {
    let what = reacted.reaction.as_ref().map_or_else(|| reacted.effect.to_owned(), words);
    match &reacted.error {
        Some(error) => (format!("cannot: {error}"), theme.error),
        None if reacted.done => (what, theme.text),
        None => (format!("asks for: {what}"), theme.dim),
    }
}
