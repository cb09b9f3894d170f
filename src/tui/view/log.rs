//! The log tab: a row for each event; the selected row is the cursor.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use serde_json::Value;

use super::{chip_line, failure, put, span};
use crate::domain::is_quiet;
use crate::event::{Event, Time};
use crate::replay::diff::dotted;
use crate::replay::{Change, Op};
use crate::session::{Chip, Flag, Flags, LogRow, Test};
use crate::tui::model::chips::Narrowed;
use crate::tui::model::cursor::Scope;
use crate::tui::model::pin::Pin;
use crate::tui::model::state::preview;
use crate::tui::model::{Model, Pane};
use crate::tui::text::{count, cut, differing, many, pad, pad_left, width, wrap};
use crate::tui::zone::{self, distance};

/// What the title says: how many, of how many, and how far that was looked for.
pub fn summary(model: &Model) -> String {
    let log = model.log();
    let all = match (model.cursor.scope, &model.overview) {
        (Scope::Store { .. }, Some(overview)) => overview.events,
        _ => model.cursor.place().1,
    };
    if !log.scans() {
        return many(all, "event");
    }
    let Some(counted) = log.count.shown() else { return format!("… of {}", count(all)) };
    let more = if log.cut_off { "+" } else { "" };
    let mut out = format!("{}{more} of {}", count(counted.found as i64), count(all));
    if log.looks() {
        let share = (100 * counted.looked as i64 / all.max(1)).min(99);
        let _ = write!(out, " {} {share} %", model.look.glyphs.dash);
    }
    out
}

/// The first visible row, so that the cursor's row is in sight, as rows stand on the screen.
pub fn top(model: &Model, height: usize) -> usize {
    let log = model.log();
    let n = log.rows.len();
    let Some(i) = log.index(model.log_place().0) else {
        return if log.newest_first { n.saturating_sub(height) } else { 0 };
    };
    let line = if log.newest_first { n - 1 - i } else { i };
    line.saturating_sub(height / 2).min(n.saturating_sub(height))
}

/// Draws it.
pub fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let (theme, log) = (&model.look.theme, model.log());
    let area = chip_line(model, Narrowed::Log, area, buffer);
    let height = usize::from(area.height);
    if let Some(error) = &model.broken.log {
        failure(model, error, area, 1, buffer);
        return;
    }
    if log.rows.is_empty() {
        let text = match (log.page.waits(), log.scans()) {
            (true, _) => " reading …",
            (_, true) => " nothing matches; Backspace takes the newest chip away",
            _ => " no events",
        };
        for (y, line) in (1..).zip(wrap(text, usize::from(area.width), 3)) {
            put(buffer, area, y, &Line::from(span(line, theme.dim)));
        }
        return;
    }
    let (here, _) = model.log_place();
    let shape = Shape::of(model, usize::from(area.width), height);
    let first = top(model, height);
    let n = log.rows.len();
    for line in 0..height {
        let Some(i) = (if log.newest_first {
            (n - 1).checked_sub(first + line)
        } else {
            Some(first + line).filter(|i| *i < n)
        }) else {
            break;
        };
        let row = &log.rows[i];
        let before = i.checked_sub(1).map(|i| log.rows[i].event.occurred_at);
        let stood = shape.stood.then(|| log.rows.get(i + 1)).map(|next| stood(model, row, next));
        let drawn = self::line(model, row, (before, stood), &shape);
        put(buffer, area, line as u16, &drawn);
        if log.place(row) == here {
            let style = if model.focus == Pane::State { theme.selected } else { theme.selected_idle };
            buffer.set_style(Rect { y: area.y + line as u16, height: 1, ..area }, style);
        }
    }
}

/// The columns that what changed has at least, where there are more than that.
const CHANGES: usize = 40;

/// The columns of how long a value stood.
const STOOD: usize = 5;

/// How wide the parts of a row are.
struct Shape {
    room: usize,
    year: Option<i32>,
    /// Whether times say year and minute, as the rows are of several years and there is room.
    long_times: bool,
    digits: usize,
    /// Which aggregate it is; only in the log of the whole store.
    whose: usize,
    /// Whether one type is all there is, so that the id says it.
    one_type: bool,
    actor: usize,
    kind: usize,
    /// Whether rows say how long what they set stood: all of them are changes of one field.
    stood: bool,
}

impl Shape {
    fn of(model: &Model, room: usize, height: usize) -> Self {
        let log = model.log();
        let whole = !model.cursor.is_one();
        let year = model.moment().and_then(|m| m.effective_at).and_then(|at| model.look.zone.year(at));
        // A scan may have found many thousand rows: those near the visible ones say how wide the columns are.
        let middle = log.index(model.log_place().0).unwrap_or(0);
        let rows = || log.rows.iter().skip(middle.saturating_sub(2 * height)).take(4 * height);
        let longest = |of: &dyn Fn(&LogRow) -> usize| rows().map(of).max().unwrap_or(0);
        let kinds = model.overview.iter().flat_map(|overview| &overview.types);
        let one_type = kinds.filter(|kind| kind.aggregates > 0).count() == 1;
        let versions = if whole { longest(&|row| count(row.event.version).len()) } else { 0 };
        let actors = longest(&|row| width(&cut(&actor(row), 16))).max(if whole { 0 } else { 9 });
        let mut on = log.chips.on();
        let history =
            matches!((on.next(), on.next()), (Some(Chip { test: Test::Changed(_), not: false, .. }), None));
        let mut shape = Self {
            room,
            stood: history && !whole && room >= 60,
            year,
            long_times: room >= 90 && rows().any(|row| model.look.zone.year(row.event.occurred_at) != year),
            digits: if whole { versions } else { count(model.cursor.head).len() }.max(2),
            whose: 0,
            one_type,
            actor: if room >= 44 { actors.min((room / 5).max(9)) } else { 0 },
            kind: longest(&|row| width(kind(&row.event, room, whole))).min(22),
        };
        if !whole && room >= 2 * CHANGES {
            // What changed has its columns before the type is written out.
            let before = shape.digits + if shape.long_times { 18 } else { 13 } + 10 + shape.actor;
            shape.kind = shape.kind.min(room.saturating_sub(before + CHANGES)).max(8);
        }
        if whole {
            shape.whose = longest(&|row| width(&cut(&shape.whose(row), 24))).min(room / 5).max(6);
            // On a narrow screen actor and values matter more than the type.
            shape.kind = shape.kind.min(if room < 70 { room / 8 } else { room / 6 });
        }
        shape
    }

    fn whose(&self, row: &LogRow) -> String {
        if self.one_type { row.event.aggregate.id.clone() } else { row.event.aggregate.to_string() }
    }
}

fn actor(row: &LogRow) -> String {
    crate::event::actor_of(&row.event.meta).unwrap_or_default()
}

/// The event's type; beside the aggregate, or where room is short, without the aggregate's type before it.
fn kind(event: &Event, room: usize, whole: bool) -> &str {
    match event.kind.strip_prefix(event.aggregate.kind.as_str()) {
        Some(rest) if (whole || room < 70) && !rest.is_empty() => rest,
        _ => &event.kind,
    }
}

/// How long what a row set stood: until the next row, or until now.
fn stood(model: &Model, row: &LogRow, next: Option<&LogRow>) -> String {
    match next {
        Some(next) => distance(next.event.occurred_at.0.saturating_sub(row.event.occurred_at.0)),
        None if model.log().after => String::new(),
        None => "still".into(),
    }
}

fn line(
    model: &Model,
    row: &LogRow,
    (before, stood): (Option<Time>, Option<String>),
    shape: &Shape,
) -> Line<'static> {
    let (theme, glyphs, room) = (&model.look.theme, &model.look.glyphs, shape.room);
    let event = &row.event;
    let future = model.log().place(row) > model.log_place().0;
    let shade = |style| if future { theme.future } else { style };
    let flags = row.flags.with(Flag::RejectedByRule, row.error.is_some());
    let noted: Flags = flags.iter().filter(|flag| *flag != Flag::Nothing).collect();
    let sign = match (glyphs.flags(noted), future) {
        (Some(sign), _) => sign,
        (None, true) => glyphs.future,
        (None, false) if row.changes.is_empty() => glyphs.unchanged,
        (None, false) => glyphs.event,
    };
    let time = if shape.long_times {
        format!("{} ", pad(&model.look.zone.minute(event.occurred_at), 17))
    } else {
        format!("{} ", pad(&model.look.zone.short(event.occurred_at, shape.year), 12))
    };
    let warn = !noted.is_empty();
    let mut spans = vec![
        span(format!(" {sign}"), if warn { theme.warning } else { shade(theme.event) }),
        span(format!("{} ", pad_left(&count(event.version), shape.digits)), shade(theme.text)),
        span(time, shade(theme.dim)),
    ];
    if shape.whose > 0 {
        spans.push(span(format!("{} ", pad(&shape.whose(row), shape.whose)), shade(theme.text)));
    } else if room >= 60 {
        let gap = before.map(|before| zone::gap(before, event.occurred_at)).unwrap_or_default();
        spans.push(span(format!("{} ", pad_left(&gap, 5)), shade(theme.dim)));
    }
    if shape.actor > 0 {
        spans.push(span(format!("{} ", pad(&actor(row), shape.actor)), shade(theme.key)));
    }
    spans.push(span(format!("{} ", pad(kind(event, room, shape.whose > 0), shape.kind)), shade(theme.text)));
    let taken = |spans: &[Span]| spans.iter().map(|s| width(&s.content)).sum::<usize>();
    let aside = stood.as_ref().map_or(0, |_| STOOD + 1);
    let left = room.saturating_sub(taken(&spans) + aside);
    if let Some(error) = &row.error {
        spans.push(span(cut(error, left), theme.error));
    } else {
        changes(model, row, left, future, &mut spans);
    }
    if let Some(stood) = stood {
        let fill = room.saturating_sub(taken(&spans) + aside);
        spans.push(span(format!("{} {}", " ".repeat(fill), pad_left(&stood, STOOD)), shade(theme.dim)));
    }
    Line::from(spans)
}

/// The changed fields, old and new, as far as there is room: those that the chips are about and the pinned one come first.
fn changes(model: &Model, row: &LogRow, mut left: usize, future: bool, spans: &mut Vec<Span<'static>>) {
    let (theme, glyphs, log) = (&model.look.theme, &model.look.glyphs, model.log());
    let pinned = model.pinned.as_ref().map(Pin::dotted);
    let sought = |change: &&Change| {
        pinned.as_ref().is_some_and(|field| is_in(field, &change.dotted()))
            || log.chips.on().any(|chip| match &chip.test {
                Test::Text(text) => {
                    let text = text.to_lowercase();
                    let holds =
                        |value: &Value| preview(value, model.look.zone).to_lowercase().contains(&text);
                    holds(&change.value)
                        || holds(&change.old)
                        || change.dotted().to_lowercase().contains(&text)
                }
                Test::Jq(filter) => mentions(filter, &change.dotted()),
                Test::Changed(field) => is_in(field, &change.dotted()),
                Test::Is(pointer, _) => is_in(&dotted(pointer), &change.dotted()),
                _ => false,
            })
    };
    let quiet = model.quiet(&row.event.aggregate.kind);
    let first = row.changes.iter().filter(sought);
    let others = row.changes.iter().filter(|change| !sought(change));
    for change in first.chain(others).take(20) {
        if left < 8 {
            break;
        }
        let name = cut(&change.dotted(), left / 2);
        let new = preview(&change.value, model.look.zone);
        let old = preview(&change.old, model.look.zone);
        let text = match change.op {
            Op::Add => format!("{name} {new}"),
            Op::Remove => format!("{name} {} {}", glyphs.dash, old),
            // In a narrow pane what it became matters more than what it was.
            Op::Replace
                if left < 28 && differing(&old, &new, left.saturating_sub(width(&name) + 3)).is_none() =>
            {
                format!("{} {} {new}", cut(&change.dotted(), left * 3 / 5), glyphs.arrow)
            }
            Op::Replace => match differing(&old, &new, left.saturating_sub(width(&name) + 3)) {
                Some([begins, from, to, ends]) => {
                    format!("{name} {begins}[{from} {} {to}]{ends}", glyphs.arrow)
                }
                None => format!("{name} {} {} {new}", cut(&old, left / 3), glyphs.arrow),
            },
        };
        let text = format!("{}  ", cut(&text, left.saturating_sub(2)));
        left = left.saturating_sub(width(&text));
        let style = match change.op {
            _ if is_quiet(quiet, &change.dotted()) => theme.dim,
            Op::Add => theme.added,
            Op::Remove => theme.removed,
            Op::Replace => theme.changed,
        };
        spans.push(span(text, if future { theme.future } else { style }));
    }
}

/// Whether a change is one of a field or of something inside it.
fn is_in(field: &str, changed: &str) -> bool {
    changed.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether a filter names a field: as a word of its own, not as a part of a longer one.
fn mentions(filter: &str, field: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let mut places = filter.match_indices(field);
    places.any(|(at, _)| {
        !part(filter[..at].chars().next_back()) && !part(filter[at + field.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn a_field_is_named_as_a_whole_word() {
        assert!(mentions(r#"any($changed[]; . == "priority")"#, "priority"));
        assert!(mentions(".priority", "priority"));
        assert!(!mentions(".priority_confirmation", "priority"));
    }
}
