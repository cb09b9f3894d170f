//! The branches of an aggregate beside each other: each lane from its fork to its head.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::timeline;
use crate::event::Version;
use crate::session::{Flag, Flags, Lane};
use crate::tui::model::Model;
use crate::tui::timeline::{Axis, Mark, Placed, Point, time};

/// Draws one lane in a row.
pub fn draw(
    model: &Model,
    rows: Rect,
    row: u16,
    lane: &Lane,
    placed: &[Placed],
    width: u16,
    buffer: &mut Buffer,
) {
    if row >= rows.height {
        return;
    }
    let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
    let (fork, own) = (lane.from - 1, lane.from..=lane.head);
    let y = rows.y + row;
    let mut end = None;
    for item in in_its_columns(model, lane, placed, width).iter() {
        let x = rows.x + item.x;
        let drawn: Option<(String, Style)> = match &item.mark {
            Mark::Event(point) if own.contains(&point.index) => {
                Some(event(model, lane, point.index, point.flags))
            }
            Mark::Cell { from, to, level, .. } if *from <= lane.head && *to >= lane.from => {
                Some(cell(model, lane, (*from, *to), *level))
            }
            Mark::Event(_) | Mark::Cell { .. } if item.holds(fork) => {
                Some((glyphs.fork.to_string(), theme.border))
            }
            Mark::Number(index) if own.contains(index) => {
                let here = *index == model.cursor.version && on_path(model, lane, *index);
                Some((index.to_string(), if here { theme.cursor } else { theme.dim }))
            }
            Mark::Number(index) if *index == fork => {
                Some((glyphs.line.to_string().repeat(item.width.into()), theme.border))
            }
            Mark::Gap { before, label } if *before >= fork.max(1) && *before < lane.head => {
                let passed = on_path(model, lane, *before) && *before < model.cursor.version;
                Some(gap(model, label.as_ref().filter(|_| *before > fork), item.width.into(), passed))
            }
            _ => None,
        };
        let Some((text, style)) = drawn else { continue };
        buffer.set_string(x, y, text, style);
        if !matches!(item.mark, Mark::Gap { .. }) && item.index() >= lane.head {
            end = Some(item.x + item.width);
        }
    }
    if let Some(x) = end.filter(|x| *x <= width) {
        let at_head = lane.branch == model.branch && model.cursor.version >= lane.head;
        let style = if at_head { theme.head_flag } else { theme.future };
        buffer.set_string(rows.x + x, y, glyphs.head.to_string(), style);
    }
}

/// In log order all lanes share the columns of their versions; on the time axis each event stands at its own time.
fn in_its_columns<'a>(model: &Model, lane: &Lane, placed: &'a [Placed], width: u16) -> Cow<'a, [Placed]> {
    if model.timeline.axis == Axis::Order {
        return Cow::Borrowed(placed);
    }
    let point = |&(index, at): &(Version, _)| Point { index, lane: 0, at, flags: Flags::default() };
    let points: Vec<_> = lane.times.iter().map(point).collect();
    let mut own = model
        .timeline
        .window(placed)
        .map_or_else(Vec::new, |window| time::place_within(&points, window, width));
    // The fork stands where the event is that it forks at.
    if let Some(fork) = placed.iter().find(|item| item.holds(lane.from - 1))
        && let Some(first) = own.first().map(|first| first.x).filter(|first| *first > fork.x)
    {
        let line = Mark::Gap { before: lane.from - 1, label: None };
        own.insert(0, Placed { x: fork.x + 1, width: first - fork.x - 1, mark: line });
        own.insert(0, fork.clone());
    }
    Cow::Owned(own)
}

fn event(model: &Model, lane: &Lane, index: Version, flags: Flags) -> (String, Style) {
    let (theme, glyphs, here) = (&model.look.theme, &model.look.glyphs, model.cursor.version);
    let (sign, style) = if !on_path(model, lane, index) {
        (glyphs.event, theme.dim)
    } else if index == here {
        (glyphs.cursor, theme.cursor)
    } else {
        let style = if index > here { theme.future } else { theme.event };
        let sign = match (flags.has(Flag::Nothing), index > here) {
            (true, _) => glyphs.unchanged,
            (_, true) => glyphs.future,
            (_, false) => glyphs.event,
        };
        (sign, style)
    };
    (sign.to_string(), style)
}

fn cell(model: &Model, lane: &Lane, (from, to): (Version, Version), level: u8) -> (String, Style) {
    let (theme, glyphs, here) = (&model.look.theme, &model.look.glyphs, model.cursor.version);
    let bar = glyphs.bars[usize::from(level.clamp(1, 8))];
    let path = on_path(model, lane, to.min(lane.head));
    let (sign, style) = if path && (from..=to).contains(&here) && on_path(model, lane, here) {
        (glyphs.cursor, theme.cursor)
    } else if path && from > here {
        (glyphs.many_future, theme.future)
    } else {
        (bar, if path { theme.event } else { theme.dim })
    };
    (sign.to_string(), style)
}

fn gap(model: &Model, label: Option<&String>, width: usize, passed: bool) -> (String, Style) {
    let theme = &model.look.theme;
    let style = match label {
        Some(_) => theme.dim,
        None if passed => theme.event,
        None => theme.border,
    };
    (timeline::gap(&model.look.glyphs, label.map(String::as_str), width), style)
}

/// Whether a lane's version is part of the history that the cursor runs along.
fn on_path(model: &Model, lane: &Lane, version: Version) -> bool {
    if version > model.cursor.head {
        return false;
    }
    let mut branch = Some(model.branch.as_str());
    while let Some(name) = branch {
        if model.lanes().iter().any(|other| other.branch == name && other.from <= version) {
            return name == lane.branch && version <= lane.head;
        }
        branch = model.branch_named(name).and_then(|info| info.parent.as_deref());
    }
    false
}
