//! The form of a command beside what it would do, and the last step before it does it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::{popup, put, span};
use crate::error::Error;
use crate::event::{AggregateId, Event};
use crate::replay::Op;
use crate::session::{Fired, Reacted, Target, words};
use crate::tui::model::Model;
use crate::tui::model::form::{Form, Input, What, reason};
use crate::tui::model::overlay::Overlay;
use crate::tui::model::state::preview;
use crate::tui::text::{cut, pad, width, wrap};
use crate::tui::theme::Theme;

/// The most lines that the last step takes for what would be appended.
const MOST: usize = 14;

/// Draws the form.
pub fn draw(model: &Model, form: &Form, screen: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let target = match &form.target {
        Target::Aggregate(aggregate) => aggregate.to_string(),
        Target::New(kind) => format!("a new {kind}"),
    };
    let title = cut(&format!("{} {target}", form.command.name), 70);
    let height = (form.fields.len() as u16 + 17).max(20);
    let inner = popup(model, &title, 92, height, screen, buffer);
    let room = usize::from(inner.width);
    let mut y = 0;
    for line in form.command.doc.iter().flat_map(|doc| wrap(doc, room, 2)) {
        put(buffer, inner, y, &Line::from(span(line, theme.dim)));
        y += 1;
    }
    y += 1;
    let names = form.fields.iter().map(|field| width(field.name())).max().unwrap_or(6).min(20);
    // The field in focus stays in sight on a low screen.
    let most = usize::from(inner.height.saturating_sub(y + 6)).max(1);
    let first = (form.focus + 1).saturating_sub(most);
    for (i, field) in form.fields.iter().enumerate().skip(first).take(most) {
        let focused = i == form.focus;
        let sign = if focused { model.look.glyphs.selected } else { ' ' };
        let kind = match &field.what {
            What::Param(param) if param.optional => format!("{}, optional", param.kind),
            What::Param(param) => param.kind.clone(),
            What::Reason => "why, optional".into(),
            What::Branch => "forked first".into(),
        };
        let kind = cut(&kind, 26);
        let label = format!("{sign} {}  ", pad(field.name(), names));
        let style = if focused { theme.title } else { theme.key };
        put(buffer, inner, y, &Line::from(span(label.clone(), style)));
        let x = inner.x + width(&label) as u16;
        let space = inner.width.saturating_sub(width(&label) as u16 + width(&kind) as u16 + 2);
        let area = Rect { x, y: inner.y + y, width: space, height: 1 };
        match &field.input {
            Input::Text(input) => {
                if y < inner.height {
                    crate::tui::field::field(input, area, theme.text, focused, buffer);
                }
            }
            Input::Choice(choices, chosen) => {
                let mut spans = Vec::new();
                for (i, choice) in choices.iter().enumerate() {
                    let on = *chosen == Some(i);
                    let text = if on { format!("[{choice}]") } else { format!(" {choice} ") };
                    spans.push(span(
                        text,
                        if on && focused {
                            theme.selected
                        } else if on {
                            theme.text
                        } else {
                            theme.dim
                        },
                    ));
                }
                put(buffer, Rect { height: inner.height.saturating_sub(y), ..area }, 0, &Line::from(spans));
            }
        }
        let right =
            Rect { x: inner.x + inner.width - width(&kind) as u16, width: width(&kind) as u16, ..inner };
        put(buffer, right, y, &Line::from(span(kind, theme.dim)));
        y += 1;
    }
    y += 1;
    let rest = Rect { y: inner.y + y.min(inner.height), height: inner.height.saturating_sub(y), ..inner };
    outcome(model, form, rest, buffer);
}

fn outcome(model: &Model, form: &Form, area: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let room = usize::from(area.width);
    let lines = match (&form.problem, &form.preview) {
        (Some(problem), _) => vec![Line::from(span(problem.clone(), theme.warning))],
        (None, None) => vec![Line::from(span("working out what it would do …", theme.dim))],
        (None, Some(Err(error))) => refusal(model, error, room),
        (None, Some(Ok(fired))) => fired_lines(model, fired, room, true),
    };
    for (y, line) in fitted(model, lines, area.height.into()).iter().enumerate() {
        put(buffer, area, y as u16, line);
    }
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
    let mut out = vec![Line::from(span("IT REFUSES", theme.warning))];
    out.extend(wrap(reason(error), room, 6).into_iter().map(|line| Line::from(span(line, theme.text))));
    out.extend(
        error
            .hint_text()
            .into_iter()
            .flat_map(|hint| wrap(hint, room, 2))
            .map(|line| Line::from(span(line, theme.dim))),
    );
    out
}

fn fired_lines(model: &Model, fired: &Fired, room: usize, state: bool) -> Vec<Line<'static>> {
    let (theme, glyphs, zone) = (&model.look.theme, &model.look.glyphs, model.look.zone);
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
        let name = format!("{} {}  ", glyphs.arrow, cut(&reacted.reactor, 24));
        let said = cut(&said, room.saturating_sub(width(&name)));
        out.push(Line::from(vec![span(name, theme.key), span(said, style)]));
        let event = |event| appended(model, event, Some(&event.aggregate), room);
        out.extend(reacted.events.iter().map(event));
    }
    if !state {
        return out;
    }
    out.push(Line::default());
    out.push(Line::from(span("AND THEN", theme.hotkey)));
    for change in &fired.changes {
        let (sign, style) = match change.op {
            Op::Add => (glyphs.added, theme.added),
            Op::Remove => (glyphs.removed, theme.removed),
            Op::Replace => (glyphs.changed, theme.changed),
        };
        let old = cut(&preview(&change.old, zone), room / 3);
        let new = cut(&preview(&change.value, zone), room / 3);
        let text = match change.op {
            Op::Add => new,
            Op::Remove => old,
            Op::Replace => format!("{old} {} {new}", glyphs.arrow),
        };
        out.push(Line::from(vec![
            span(format!("{sign} {}  ", pad(&change.dotted(), 16)), style),
            span(text, theme.text),
        ]));
    }
    out
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

/// The form that the last step is about, and what it would do.
fn asked(model: &Model) -> Option<(&Form, &Fired)> {
    let form = model.overlays.iter().rev().find_map(|overlay| match overlay {
        Overlay::Form(form) => Some(form),
        _ => None,
    })?;
    Some((form, form.preview.as_ref()?.as_ref().ok()?))
}

/// How large the box of the last step is.
pub fn confirm_size(model: &Model) -> Option<(u16, u16)> {
    let (form, fired) = asked(model)?;
    let caused: usize = fired.reacted.iter().map(|reacted| 1 + reacted.events.len()).sum();
    let caused = if caused == 0 { 0 } else { caused + 1 };
    let shown = (fired.events.len().min(8) + caused).min(MOST);
    Some((72, shown as u16 + if form.fork.is_some() { 13 } else { 11 }))
}

/// Draws the last step: where, on what, by whom, which events; and asks.
pub fn confirm(model: &Model, fire: bool, screen: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let (Some((form, fired)), Some((w, h))) = (asked(model), confirm_size(model)) else { return };
    let fork = form.fork.as_ref();
    let title = if fork.is_some() { "Fork a branch and append there?" } else { "Append to the log?" };
    let inner = popup(model, title, w, h, screen, buffer);
    let room = usize::from(inner.width);
    let head = match form.seen {
        Some(version) => format!("{} at v{version}", fired.aggregate),
        None => format!("{}, which does not exist yet", fired.aggregate),
    };
    let row = |name: &str, text: String| {
        Line::from(vec![
            span(format!("{name:<8}"), theme.dim),
            span(cut(&text, room.saturating_sub(9)), theme.text),
        ])
    };
    let reason = form.said(&What::Reason).filter(|reason| !reason.is_empty());
    let by = match reason {
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
    lines.extend([row("head", head), row("actor", by), Line::default()]);
    // Below stand an empty line and the buttons.
    let left = usize::from(inner.height).saturating_sub(lines.len() + 3);
    lines.extend(fitted(model, fired_lines(model, fired, room, false), left));
    for (y, line) in lines.iter().enumerate() {
        put(buffer, inner, y as u16, line);
    }
    let line = if form.sent {
        Line::from(span("appending …", theme.warning))
    } else {
        buttons(model, if fork.is_some() { "Fork and fire" } else { "Fire" }, fire)
    };
    put(buffer, inner, inner.height.saturating_sub(2), &line);
}

/// The button that goes back and the one that does it.
pub fn buttons(model: &Model, does: &str, chosen: bool) -> Line<'static> {
    let theme = &model.look.theme;
    let button = |text: &str, on: bool| {
        span(format!("  {text}  "), if on { theme.selected.reversed() } else { theme.dim })
    };
    Line::from(vec![button("Back", !chosen), span("   ", theme.text), button(does, chosen)])
}
