//! The first line: store, branch, what the cursor is on and where, how many, live or not, the zone.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{put, span};
use crate::tui::model::Model;
use crate::tui::model::cursor::Scope;
use crate::tui::model::source::{SourceLine, percent};
use crate::tui::text::{count, cut, many, width};

/// How many aggregates there are, or were then.
fn items(model: &Model) -> String {
    let types = model.overview.iter().flat_map(|overview| &overview.types);
    match model.list.at {
        None => many(types.map(|kind| kind.aggregates).sum(), "item"),
        Some(at) => match model.list.existed(at, None) {
            Some(items) => format!("{} items then", count(items)),
            None => "… items then".into(),
        },
    }
}

/// A time between clocks, in what is largest of it.
fn hours(micros: i64) -> String {
    let hours = micros / 3_600_000_000;
    if hours < 48 { format!("{hours} h") } else { format!("{} days", count(hours / 24)) }
}

/// How far the log is read that the store is read from.
fn reading(source: &SourceLine) -> Option<String> {
    source.taking.map(|progress| format!("reading {} %", percent(progress)))
}

/// What a store of another program is called, with what reads it.
fn title(source: &SourceLine, arrow: &str) -> String {
    let title = source.log.title();
    source.log.adapter().map_or(title.clone(), |adapter| format!("{} {arrow} {adapter}", cut(&title, 20)))
}

/// That main of such a store is only read, and how soon what the program writes is here.
fn kept_up(source: &SourceLine, and: &str) -> String {
    let behind = source.behind.map(|micros| format!("{and} +{:.1} s", micros as f64 / 1e6));
    format!("read only{}  ", behind.unwrap_or_default())
}

/// Draws the line that says what was made of a log which was just opened.
fn announce(model: &Model, source: &SourceLine, area: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let events = model.overview.as_ref().map_or(0, |overview| overview.events);
    let mut right = vec![span("M", theme.hotkey), span(" mend ", theme.dim)];
    if let Some(reading) = reading(source) {
        right.insert(0, span(format!("{reading}  "), theme.warning));
    } else if source.bad > 0 {
        right.insert(0, span(format!("{} bad  ", count(source.bad as i64)), theme.error));
    }
    let right = Line::from(right);
    let mut left = vec![
        span(format!(" {}  ", cut(&source.log.title(), usize::from(area.width) / 3)), theme.title),
        span(format!("{}  ", many(events, "event")), theme.text),
    ];
    let used = left.iter().map(|s| width(&s.content)).sum::<usize>() + right.width();
    left.push(span(cut(source.log.told(), usize::from(area.width).saturating_sub(used + 2)), theme.dim));
    put(buffer, area, 0, &Line::from(left));
    let w = (right.width() as u16).min(area.width);
    put(buffer, Rect { x: area.x + area.width - w, width: w, ..area }, 0, &right);
}

/// Draws it.
pub fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    if let Some(source) = model.source.as_ref().filter(|source| source.announced) {
        return announce(model, source, area, buffer);
    }
    let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
    let overview = model.overview.as_ref();
    let named = model.store.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("…");
    let file = overview.map_or(named, |overview| overview.file.as_str());
    let ascii = glyphs.event.is_ascii();
    let title = model.source.as_ref().map(|source| title(source, if ascii { "->" } else { "→" }));
    let case = overview.and_then(|overview| overview.case.as_ref()).map(|case| {
        format!("case {}{}", case.name, if case.redacted.is_empty() { "" } else { ", redacted" })
    });
    let file = case.as_deref().or(title.as_deref()).unwrap_or(file);
    // Where there is little room the place and whether it is the present matter most.
    let narrow = area.width < 60;
    let longest = if area.width >= 100 { 44 } else { 24 };
    let mut left = vec![
        span(format!(" {} ", cut(file, if narrow { 10 } else { longest })), theme.title),
        span(format!("{} {}  ", glyphs.branch, cut(&model.branch, if narrow { 6 } else { 16 })), theme.dim),
    ];
    let (here, head) = model.cursor.place();
    let place = match model.cursor.scope {
        Scope::Store { .. } => format!("#{}/{}", count(here), count(head)),
        Scope::Set { .. } => format!("{} aggregates  {here}/{head}", model.list.lanes.len()),
        Scope::One => format!("v{here}/{head}"),
    };
    let nowhere = model.cursor.aggregate.is_none() && (model.cursor.is_one() || overview.is_none());
    let flag = if nowhere {
        span("", theme.dim)
    } else if model.in_past() {
        let behind = model.behind_cursor().filter(|_| !narrow);
        let behind = behind.map_or_else(String::new, |n| format!(", {} behind", count(n)));
        span(format!(" {} PAST {place}{behind} ", glyphs.past), theme.past_flag)
    } else {
        span(format!("{place} HEAD"), theme.head_flag)
    };
    let foreign = model.source.as_ref().filter(|source| source.log.adapter().is_some());
    let mut right = Vec::new();
    if model.play.running {
        right.push(span(format!("{} {}  ", glyphs.play, model.play.speed.name()), theme.hotkey));
    }
    if let Some(reading) = model.source.as_ref().and_then(reading) {
        right.push(span(format!("{reading}  "), theme.warning));
    }
    match model.labour.pulse.dead {
        0 => {}
        1 => right.push(span("1 job failed  ", theme.error)),
        n => right.push(span(format!("{} jobs failed  ", count(n)), theme.error)),
    }
    let held: i64 = model.labour.held.iter().map(|domain| domain.waiting).sum();
    if held > 0 {
        right.push(span(format!("{} {} held  ", glyphs.held, many(held, "effect")), theme.warning));
    }
    if let Some(behind) = overview.and_then(|overview| overview.clock_behind) {
        right.push(span(format!("clock {} behind  ", hours(behind)), theme.warning));
    }
    if let Some(hits) = model.search.words(model.position()).filter(|_| area.width >= 70) {
        right.push(span(format!("{hits}  "), theme.hotkey));
    }
    if area.width >= 100 && overview.is_some() {
        right.push(span(format!("{}  ", items(model)), theme.dim));
    }
    if let Some(word) = model.broken.word() {
        right.push(span(format!(" {word} "), theme.error.reversed()));
        right.push(span("  ", theme.text));
    } else if overview.is_some_and(|overview| overview.read_only.is_some()) {
        right.push(span("read-only  ", theme.warning));
    } else if model.behind > 0 {
        right.push(span(format!("{} +{} since  ", glyphs.live, count(model.behind)), theme.warning));
    } else if let Some(source) = foreign.filter(|_| model.branch == "main") {
        right.push(span(kept_up(source, if ascii { "," } else { " ·" }), theme.warning));
    } else {
        right.push(span(format!("{} live  ", glyphs.live), theme.added));
    }
    let at = model.moment.as_ref().and_then(|moment| moment.effective_at);
    if !narrow {
        right.push(span(format!("{} ", model.look.zone.name(at)), theme.text));
    }
    // Two columns after the name, and two before what stands at the right.
    let used: usize =
        left.iter().chain(&right).map(|s| width(&s.content)).sum::<usize>() + width(&flag.content) + 4;
    let room = usize::from(area.width).saturating_sub(used);
    if let Some(aggregate) = &model.cursor.aggregate {
        let name = aggregate.to_string();
        let label =
            model.moment.as_ref().filter(|m| m.aggregate == *aggregate).map_or("", |m| m.label.as_str());
        let name = cut(&name, room.min(40));
        let rest = room.saturating_sub(width(&name) + 3);
        left.push(span(name.clone(), theme.text));
        if !label.is_empty() && label != aggregate.id && rest > 4 {
            left.push(span(format!(" \"{}\"", cut(label, rest)), theme.title));
        }
        left.push(span("  ", theme.text));
    }
    left.push(flag);
    put(buffer, area, 0, &Line::from(left));
    let right = Line::from(right);
    let w = (right.width() as u16).min(area.width);
    put(buffer, Rect { x: area.x + area.width - w, width: w, ..area }, 0, &right);
}
