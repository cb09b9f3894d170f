//! The state pane: the state's rows, or the log.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Widget;

use super::{change_sign, change_values, event, failure, log, pane_block, put, span};
use crate::error::Error;
use crate::session::Writer;
use crate::tui::model::state::{GUTTER_FROM, Row, Tab};
use crate::tui::model::{Model, Pane};
use crate::tui::text::{count, cut, many, pad, pad_left, width, wrap};

/// Draws it; with `tabs` its title also names the event pane behind it.
pub fn draw(model: &Model, area: Rect, tabs: bool, buffer: &mut Buffer) {
    let block = pane_block(model, Pane::State, tab_title(model, tabs));
    let inner = block.inner(area);
    block.render(area, buffer);
    match model.state.tab {
        Tab::Log => log::draw(model, inner, buffer),
        Tab::State => rows(model, inner, buffer),
    }
}

/// `2 State Log 9 fields  3 Event`, the front one marked.
pub fn tab_title(model: &Model, tabs: bool) -> Line<'static> {
    let theme = &model.look.theme;
    let tab = |name: &'static str, front: bool, focused: bool| {
        let text = if front { format!("[{name}] ") } else { format!(" {name}  ") };
        span(
            text,
            if front && focused {
                theme.title
            } else if front {
                theme.text
            } else {
                theme.dim
            },
        )
    };
    let state_front = !tabs || model.front == Pane::State;
    let focused = model.focus == Pane::State;
    let mut spans = vec![
        span(" 2 ", theme.dim),
        tab("State", model.state.tab == Tab::State && state_front, focused),
        tab("Log", model.state.tab == Tab::Log && state_front, focused),
    ];
    if tabs {
        spans.push(span("3 ", theme.dim));
        spans.push(tab("Event", model.front == Pane::Event, model.focus == Pane::Event));
    }
    if model.state.tab == Tab::Log && state_front {
        spans.push(span(format!("{} ", log::summary(model)), theme.dim));
    } else if !tabs {
        let fields = model.moment().map(|_| format!("{} ", many(model.state.fields as i64, "field")));
        spans.push(span(fields.unwrap_or_default(), theme.dim));
    }
    Line::from(spans)
}

/// Why there is no state and no event to show.
pub fn unread(model: &Model) -> Option<&Error> {
    let broken = &model.broken;
    broken.moment.as_ref().or(broken.lasting.as_ref().filter(|_| model.moment().is_none()))
}

fn rows(model: &Model, inner: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    if let Some(error) = unread(model) {
        failure(model, error, inner, 1, buffer);
        return;
    }
    let Some(moment) = model.moment() else {
        let text = match &model.moment {
            Some(_) => " …",
            None if model.list.rows.is_empty() => "",
            None => " before the first event of the store",
        };
        put(buffer, inner, 1, &Line::from(span(text, theme.dim)));
        return;
    };
    let names = model
        .state
        .rows
        .iter()
        .map(|row| match row {
            Row::Field { depth, name, .. } => width(name) + 2 * depth + 2,
            Row::Missing { name } => width(name) + 2,
            Row::Changed { name, .. } => width(name),
            _ => 0,
        })
        .max()
        .unwrap_or(0)
        .min(usize::from(inner.width) * 2 / 5)
        .max(8);
    let mut y = 0;
    if let Some(done) = moment.folding {
        let text = format!(" folding: {} of {} events …", count(done), count(moment.version));
        put(buffer, inner, 0, &Line::from(span(text, theme.warning)));
        y = 1;
    } else if let Some(error) = &moment.error {
        let text = format!("{} {}: {error}", model.look.glyphs.error, event::what_failed(moment));
        // The last good state follows: the error takes no more than it needs, and never all of the pane.
        let most = usize::from(inner.height / 3).max(2);
        for line in wrap(&text, usize::from(inner.width.saturating_sub(2)), most) {
            put(buffer, inner, y, &Line::from(span(format!(" {line}"), theme.error)));
            y += 1;
        }
    }
    let height = usize::from(inner.height.saturating_sub(y));
    for (i, row) in model.state.rows.iter().enumerate().skip(model.state.top).take(height) {
        put(buffer, inner, y, &line(model, row, names, usize::from(inner.width)));
        if i == model.state.selected && model.focus == Pane::State {
            buffer.set_style(Rect { y: inner.y + y, height: 1, ..inner }, theme.selected);
        }
        y += 1;
    }
}

fn line(model: &Model, row: &Row, names: usize, room: usize) -> Line<'static> {
    let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
    let values = room.saturating_sub(names + 5);
    match row {
        Row::Heading(text, note) => {
            let fill = room.saturating_sub(width(text) + width(note) + 3);
            Line::from(vec![
                span(format!(" {text}"), theme.hotkey),
                span(" ".repeat(fill), theme.text),
                span(cut(note, room.saturating_sub(4)), theme.dim),
            ])
        }
        Row::Changed { op, name, old, new, .. } => {
            let (sign, style) = change_sign(model, *op);
            let mut spans =
                vec![span(format!(" {sign} "), style), span(format!("{} ", pad(name, names)), style)];
            spans.extend(change_values(model, *op, (old, new), values));
            Line::from(spans)
        }
        Row::Field { depth, name, value, fold, changed, pointer } => {
            let sign = match fold {
                Some(true) => glyphs.open,
                Some(false) => glyphs.closed,
                None => ' ',
            };
            let edge = if *changed {
                span(glyphs.changed.to_string(), theme.changed)
            } else {
                span(" ", theme.text)
            };
            let name = pad(&format!("{}{sign} {name}", "  ".repeat(*depth)), names + 1);
            let style = if value == "null" { theme.dim } else { theme.text };
            let mut spans = vec![edge, span(format!("{name}  "), theme.key)];
            match model.writer(pointer).filter(|_| room >= GUTTER_FROM) {
                Some(writer) => {
                    let writer = set_by(model, writer, values);
                    let values = values.saturating_sub(width(&writer)) + 1;
                    spans.push(span(pad(value, values), style));
                    spans.push(span(writer, theme.dim));
                }
                None => spans.push(span(cut(value, values), style)),
            }
            Line::from(spans)
        }
        Row::Missing { name } => {
            Line::from(span(format!("   {} {}", pad(name, names), glyphs.dash), theme.future))
        }
        Row::Text { depth, line } => {
            Line::from(vec![span("  ".repeat(*depth + 1), theme.text), span(line.clone(), theme.text)])
        }
        Row::Note(text) => Line::from(span(format!("   {text}"), theme.dim)),
    }
}

/// The columns that a value keeps beside who set it, and those of an actor's name.
const VALUE: usize = 24;
const ACTOR: usize = 10;

/// Which version set a field; before it, as far as there is room, who did and when.
fn set_by(model: &Model, writer: &Writer, room: usize) -> String {
    let version = format!(" v{}", writer.version);
    let who = format!(" {}", pad(writer.actor.as_deref().unwrap_or_default(), ACTOR));
    let year = model.moment().and_then(|moment| moment.effective_at).and_then(|at| model.look.zone.year(at));
    let when = format!(" {}", model.look.zone.short(writer.occurred_at, year));
    let spare = room.saturating_sub(VALUE + 4);
    match (width(&who), width(&when)) {
        (who_wide, when_wide) if spare >= who_wide + when_wide => {
            format!("{who}{when}{}", pad_left(&version, 5))
        }
        (who_wide, _) if spare >= who_wide => format!("{who}{}", pad_left(&version, 5)),
        _ => version,
    }
}
