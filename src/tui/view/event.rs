//! The event pane: what happened, when, by whom and why, its data, the rule that ran, cause and effects.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Widget;
use serde_json::Value;

use super::{failure, pane_block, put, span, state, title};
use crate::event::{AggregateId, Position, Time};
use crate::session::{About, Flag, Moment, Outcome};
use crate::tui::model::state::preview;
use crate::tui::model::{Model, Pane};
use crate::tui::text::{count, cut, pad, width, wrap};
use crate::tui::zone;

/// Draws it; with `tabs` its title also names the state pane behind it.
pub fn draw(model: &Model, area: Rect, tabs: bool, buffer: &mut Buffer) {
    let place = model.moment().and_then(|moment| moment.event.as_ref()).map_or(String::new(), |event| {
        format!("v{} #{} {}", count(event.version), count(event.position), event.hash.short())
    });
    let head = if tabs {
        state::tab_title(model, true)
    } else {
        title(model, Pane::Event, "Event", &cut(&place, usize::from(area.width).saturating_sub(14)))
    };
    let block = pane_block(model, Pane::Event, head);
    let inner = block.inner(area);
    block.render(area, buffer);
    if let Some(error) = state::unread(model) {
        failure(model, error, inner, 1, buffer);
        return;
    }
    let lines = match model.moment() {
        Some(moment) => lines(model, moment, usize::from(inner.width), tabs.then_some(place)),
        None if model.moment.is_some() => vec![Line::default(), Line::from(span(" …", model.look.theme.dim))],
        None => Vec::new(),
    };
    let most = (lines.len() as u16).saturating_sub(inner.height);
    let scroll = model.event_scroll.min(most);
    for (y, line) in lines.iter().skip(usize::from(scroll)).take(usize::from(inner.height)).enumerate() {
        put(buffer, inner, y as u16, line);
    }
    if most > scroll {
        let more = format!(" {} more lines ", most - scroll);
        let x = inner.x + inner.width.saturating_sub(more.len() as u16);
        buffer.set_string(x, area.y + area.height - 1, more, model.look.theme.dim);
    }
}

fn lines(model: &Model, moment: &Moment, room: usize, place: Option<String>) -> Vec<Line<'static>> {
    let (theme, zone) = (&model.look.theme, model.look.zone);
    let Some(event) = &moment.event else {
        return vec![Line::default(), Line::from(span(" before the first event", theme.dim))];
    };
    let meta: Option<Value> = serde_json::from_str(&event.meta).ok();
    let unread_meta = meta.is_none();
    let meta = meta.unwrap_or_default();
    let meta_text = |key: &str| meta.get(key).and_then(Value::as_str);
    let mut out = Vec::new();
    let command = meta.get("command").and_then(|command| command.get("name")).and_then(Value::as_str);
    let mut head = vec![span(format!(" {}", cut(&event.kind, room.saturating_sub(2))), theme.title)];
    if let Some(command) = command {
        head.push(span(format!(" ({})", cut(command, 24)), theme.dim));
    }
    out.push(Line::from(head));
    if let Some(place) = place {
        out.push(Line::from(span(format!(" {place}"), theme.dim)));
    }
    for line in moment.doc.iter().flat_map(|doc| wrap(doc, room.saturating_sub(2), 3)) {
        out.push(Line::from(span(format!(" {line}"), theme.dim)));
    }
    out.push(Line::default());
    out.push(Line::from(span(format!(" {}", zone.long(event.occurred_at)), theme.text)));
    if let Some(before) = moment.previous_at {
        let text = format!(" {} since v{}", zone::gap(before, event.occurred_at), event.version - 1);
        out.push(Line::from(span(text, theme.dim)));
    }
    let received = meta_text("received_at").and_then(Time::parse);
    let lag = received.unwrap_or(event.recorded_at).0 - event.occurred_at.0;
    if lag.abs() >= 60_000_000 && received.is_some() && event.occurred_at != Time::UNKNOWN {
        let word = if lag > 0 { "after it happened" } else { "before it happened" };
        out.push(Line::from(span(format!(" arrived {} {word}", zone::distance(lag)), theme.dim)));
    }
    let actor = meta_text("actor").unwrap_or("nobody named");
    let mut by = vec![span(" by ", theme.dim), span(cut(actor, 30), theme.key)];
    if let Some(reason) = meta_text("reason") {
        by.push(span(format!(" \"{}\"", cut(reason, room.saturating_sub(actor.len() + 8))), theme.text));
    }
    out.push(Line::from(by));
    // Whoever is gone is known by the name of the account that stayed.
    if let Some(who) = moment.who.as_ref().filter(|who| who.deleted) {
        let name = cut(&format!("{}, {}", who.label, who.status), room.saturating_sub(5));
        out.push(Line::from(span(format!("    {name}"), theme.dim)));
    }
    marks(model, moment, room, &mut out);
    written(model, event.position, &moment.aggregate, room, &mut out);
    out.push(Line::default());
    match serde_json::from_str(&event.data) {
        Ok(data) => pairs(model, "data", Some(data), &[], room, &mut out),
        Err(_) => raw(model, "data", &event.data, room, &mut out),
    }
    if let Some(stored) = &moment.stored {
        let text = format!("stored as {} {}", stored.kind, stored.data);
        for line in wrap(&text, room.saturating_sub(3), 6) {
            out.push(Line::from(span(format!("   {line}"), theme.dim)));
        }
    }
    let known = ["actor", "reason", "command", "correlation_id", "causation_id"];
    if unread_meta {
        raw(model, "meta", &event.meta, room, &mut out);
    } else {
        pairs(model, "meta", Some(meta), &known, room, &mut out);
    }
    out.push(Line::from(span(" rule", theme.hotkey)));
    match &moment.rule {
        Some(rule) => {
            for line in wrap(rule, room.saturating_sub(3), 12) {
                out.push(Line::from(span(format!("   {line}"), theme.text)));
            }
        }
        None => {
            for line in wrap("none: the data was merged into the state", room.saturating_sub(3), 3) {
                out.push(Line::from(span(format!("   {line}"), theme.dim)));
            }
        }
    }
    out.push(Line::default());
    out.extend(cause_and_effects(model, moment, room));
    reactions(model, event.position, room, &mut out);
    out
}

/// The event's cause, and how many effects it has, on one line where there is room.
fn cause_and_effects(model: &Model, moment: &Moment, room: usize) -> Vec<Line<'static>> {
    let theme = &model.look.theme;
    let cause = match &moment.cause {
        Some((aggregate, version)) => cut(&format!("{aggregate} v{version}"), room.saturating_sub(8)),
        None => model.look.glyphs.dash.to_string(),
    };
    // What reactors appended is listed below, maybe before it is counted.
    let answers = moment.event.as_ref().map_or(&[][..], |event| model.reactions(event.position));
    let listed: usize = answers.iter().map(|answer| answer.events.len()).sum();
    let effects = match model.beside.effects.shown().map(|&(n, more)| (n.max(listed as i64), more)) {
        Some((n, more)) => format!("{}{}", count(n), if more { "+" } else { "" }),
        None => "…".to_owned(),
    };
    let fits = width(&cause) + width(&effects) + 18 <= room;
    let mut first = vec![span(" cause ", theme.hotkey), span(cause, theme.text)];
    let second =
        vec![span(if fits { "  effects " } else { " effects " }, theme.hotkey), span(effects, theme.text)];
    if fits {
        first.extend(second);
        return vec![Line::from(first)];
    }
    vec![Line::from(first), Line::from(second)]
}

/// The reactors that answer the event, and what each did or would do.
fn reactions(model: &Model, position: Position, room: usize, out: &mut Vec<Line<'static>>) {
    let theme = &model.look.theme;
    let answers = model.reactions(position);
    if answers.is_empty() {
        return;
    }
    out.push(Line::default());
    out.push(Line::from(span(" reactors", theme.hotkey)));
    for answer in answers {
        let style = match &answer.outcome {
            Outcome::Job(job) => crate::tui::screens::jobs::style(model, job.state),
            Outcome::Would(_) => theme.text,
            Outcome::WouldFail(_) => theme.error,
            Outcome::Not => theme.dim,
        };
        let name = span(format!("   {}", cut(&answer.reactor, room.saturating_sub(14))), theme.key);
        out.push(Line::from(vec![name, span(format!("  {}", answer.effect.unwrap_or("")), theme.dim)]));
        for line in wrap(&answer.said(), room.saturating_sub(6), 4) {
            out.push(Line::from(span(format!("     {line}"), style)));
        }
    }
}

fn marks(model: &Model, moment: &Moment, room: usize, out: &mut Vec<Line<'static>>) {
    let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
    let event_at = moment.event.as_ref().map(|event| event.occurred_at);
    let mut say = |glyph: char, text: String, style| {
        for (i, line) in wrap(&text, room.saturating_sub(4), 16).into_iter().enumerate() {
            let head = if i == 0 { glyph } else { ' ' };
            out.push(Line::from(span(format!(" {head} {line}"), style)));
        }
    };
    for flag in moment.flags.iter().filter(|flag| *flag != Flag::RejectedByRule) {
        let by = moment.previous_at.zip(event_at).filter(|(before, at)| flag == Flag::Late && before > at);
        let by =
            by.map(|(before, at)| format!(" by {}", zone::distance(before.0 - at.0))).unwrap_or_default();
        let style = if flag == Flag::Nothing { theme.dim } else { theme.warning };
        say(glyphs.flag(flag), format!("{}: {}{by}", flag.name(), flag.says()), style);
    }
    if let Some(error) = &moment.error {
        let what = what_failed(moment);
        say(glyphs.error, format!("{what}, the state is the last good one: {error}"), theme.error);
    }
}

/// What people wrote about the event, and about its record.
fn written(model: &Model, at: Position, of: &AggregateId, room: usize, out: &mut Vec<Line<'static>>) {
    let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
    for note in &model.facts.notes {
        let (here, on) = match &note.about {
            About::Version(..) => (note.position == Some(at), String::new()),
            About::Record(about) => (about == of && note.branch == model.branch, format!("on {about}: ")),
            About::Store(_) => continue,
        };
        if !here {
            continue;
        }
        let said = note.text.lines().flat_map(|line| wrap(line, room.saturating_sub(4), 8));
        for (i, line) in said.enumerate() {
            let head = if i == 0 { glyphs.note } else { ' ' };
            out.push(Line::from(span(format!(" {head} {line}"), theme.text)));
        }
        let by = format!("{on}{}, {}", note.actor, model.look.zone.full(note.created_at));
        out.push(Line::from(span(format!("   {}", cut(&by, room.saturating_sub(4))), theme.dim)));
    }
}

/// What is to blame where an event could not be applied: its rule, or what is stored of it.
pub fn what_failed(moment: &Moment) -> &'static str {
    let json = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    match &moment.event {
        Some(event) if !json(&event.data) => "its data is not JSON",
        Some(event) if !json(&event.meta) => "its metadata is not JSON",
        _ => "its rule failed",
    }
}

/// A text that should be JSON and is not, as it is stored.
fn raw(model: &Model, name: &str, text: &str, room: usize, out: &mut Vec<Line<'static>>) {
    let theme = &model.look.theme;
    let note = span("  as stored, not JSON", theme.dim);
    out.push(Line::from(vec![span(format!(" {name}"), theme.hotkey), note]));
    for line in wrap(text, room.saturating_sub(4), 30) {
        out.push(Line::from(span(format!("   {line}"), theme.text)));
    }
}

fn pairs(
    model: &Model,
    name: &str,
    value: Option<Value>,
    skip: &[&str],
    room: usize,
    out: &mut Vec<Line<'static>>,
) {
    let theme = &model.look.theme;
    let Some(Value::Object(fields)) = value else { return };
    let fields: Vec<_> = fields.iter().filter(|(key, _)| !skip.contains(&key.as_str())).collect();
    if fields.is_empty() {
        if name == "data" {
            out.push(Line::from(vec![span(" data ", theme.hotkey), span("{}", theme.dim)]));
        }
        return;
    }
    out.push(Line::from(span(format!(" {name}"), theme.hotkey)));
    let names = fields.iter().map(|(key, _)| width(&cut(key, 18))).max().unwrap_or(0);
    for (key, value) in fields.into_iter().take(200) {
        let shown = preview(value, model.look.zone);
        let columns = room.saturating_sub(names + 6).max(8);
        for (i, line) in wrap(&shown, columns, 6).into_iter().enumerate() {
            let key = if i == 0 { pad(key, names) } else { " ".repeat(names) };
            out.push(Line::from(vec![span(format!("   {key}  "), theme.key), span(line, theme.text)]));
        }
    }
}
