//! The timeline pane: overview, notes, lanes, and the knob in the frame.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Widget;

use super::{failure, notes, pane_block, put, span, state, title};
use crate::event::Time;
use crate::session::Flag;
use crate::tui::areas::{Areas, LANES, areas, timeline_width};
use crate::tui::model::cursor::Scope;
use crate::tui::model::timeline::Zoom;
use crate::tui::model::{Model, Pane};
use crate::tui::screens::lab::Lab;
use crate::tui::screens::lab::draw::marks;
use crate::tui::text::{count, cut, middle, pad_left, width};
use crate::tui::theme::Glyphs;
use crate::tui::timeline::overview::overview;
use crate::tui::timeline::{Axis, Mark, Placed, column};

/// Draws it.
pub fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let (theme, timeline) = (&model.look.theme, &model.timeline);
    let look = match (timeline.axis, timeline.zoom) {
        (Axis::Time, _) => "time axis".into(),
        (_, Zoom::Numbers | Zoom::Gaps) => "log order, gaps log-scaled".into(),
        (_, Zoom::Cells(1)) => "log order, an event a cell".into(),
        (_, Zoom::Cells(cell)) => format!("log order, {} events a cell, higher is denser", count(cell)),
    };
    let (_, last) = model.cursor.place();
    let areas = areas(model);
    let w = timeline_width(&areas).min(area.width.saturating_sub(2 + areas.gutter));
    let placed = timeline.placed(w, last);
    let range = model.pinned.as_ref().and_then(|pin| Some((pin, super::pin::range(model, &placed)?)));
    let look = range.map_or(look.clone(), |(pin, range)| format!("{look}, {} {range}", pin.dotted()));
    let look = match model.lanes().len().saturating_sub(LANES) {
        0 => look,
        more => format!("{look}, +{more} more {}", if more == 1 { "branch" } else { "branches" }),
    };
    let far = model.cursor.is_whole() && timeline.noted(w, last).is_none();
    let look = if far { format!("{look}, ! and = from closer up") } else { look };
    let block = pane_block(model, Pane::Timeline, title(model, Pane::Timeline, "Timeline", &look));
    let inner = block.inner(area);
    block.render(area, buffer);
    if let Some(error) = model.broken.timeline.as_ref().or(state::unread(model)) {
        failure(model, error, inner, 0, buffer);
        return;
    }
    if !timeline.is_of(&model.cursor) {
        put(buffer, inner, 0, &Line::from(span(" …", theme.dim)));
        return;
    }
    let rows = Rect { x: inner.x + areas.gutter, width: inner.width.saturating_sub(areas.gutter), ..inner };
    draw_overview(model, inner, &areas, &placed, buffer);
    let gutter = |buffer: &mut Buffer, row: u16, name: &str, style: Style| {
        let room = usize::from(areas.gutter) - 2;
        let text = format!("{} ", pad_left(&middle(name, room), room));
        let name = Rect { width: areas.gutter.min(inner.width), ..inner };
        put(buffer, name, row, &Line::from(span(text, style)));
    };
    gutter(buffer, 1, "notes", theme.dim);
    notes::draw(model, rows, &placed, buffer);
    let names: Vec<String> = match model.cursor.scope {
        Scope::Set { .. } => model.list.lane_names(),
        Scope::Store { .. } => vec!["store".into()],
        Scope::One => {
            vec![model.branch.clone()]
        }
    };
    let first = first_lane(model);
    let lanes = if model.lanes().len() > 1 { &model.lanes()[first..] } else { &[] };
    for (row, lane) in lanes.iter().enumerate().take(LANES) {
        let style = if lane.branch == model.branch { theme.text } else { theme.dim };
        gutter(buffer, row as u16 + 2, &lane.branch, style);
        super::lanes::draw(model, rows, row as u16 + 2, lane, &placed, w, buffer);
    }
    let names = if lanes.is_empty() { names } else { Vec::new() };
    let shown = names.len().max(lanes.len()).min(LANES) as u16;
    for (lane, name) in names.iter().enumerate().take(LANES) {
        let row = lane as u16 + 2;
        let here = model.cursor.aggregate.as_ref().is_some_and(|a| model.list.lanes.get(lane) == Some(a));
        gutter(buffer, row, name, if here || names.len() == 1 { theme.text } else { theme.dim });
        draw_lane(model, rows, row, (names.len() > 1).then_some(lane), &placed, w, buffer);
    }
    let mut next = shown + 2;
    if let Some(pin) = &model.pinned {
        gutter(buffer, next, &pin.dotted(), theme.key);
        super::pin::draw(model, rows, next, &placed, buffer);
        next += 1;
    }
    if let Some(tried) = model.screen::<Lab>().and_then(Lab::shown) {
        gutter(buffer, next, "differs", theme.changed);
        marks(model, tried, rows, next, &placed, buffer);
    }
    next += u16::from(model.screen::<Lab>().is_some());
    if inner.height > next {
        times(model, rows, next, &placed, buffer);
    }
    knob(model, area, &placed, w, buffer);
}

/// The first branch's lane that is shown: the one that the cursor is on is always among them.
pub fn first_lane(model: &Model) -> usize {
    let here = model.lanes().iter().position(|lane| lane.branch == model.branch).unwrap_or(0);
    (here + 1).saturating_sub(LANES)
}

/// Where the overview's bars start, after the gutter, and how many columns they take; the window's brackets have two
/// columns of their own among them.
pub fn bars(model: &Model) -> Option<(u16, u16)> {
    let span = model.timeline.loaded.span?;
    let edge = |time| width(&model.look.zone.edge(time, span)) as u16;
    let (left, right) = (edge(span.0), edge(span.1));
    let room = timeline_width(&areas(model)).saturating_sub(left + right + 4);
    Some((left + 2, room)).filter(|(_, room)| *room >= 4)
}

fn draw_overview(model: &Model, inner: Rect, areas: &Areas, placed: &[Placed], buffer: &mut Buffer) {
    let (theme, glyphs, timeline) = (&model.look.theme, &model.look.glyphs, &model.timeline);
    let label = pad_left("time", usize::from(areas.gutter) - 2);
    put(buffer, inner, 0, &Line::from(span(format!("{label} "), theme.dim)));
    let (Some((first, last)), Some((_, room))) = (timeline.loaded.span, bars(model)) else { return };
    let edge = |time| model.look.zone.edge(time, (first, last));
    let mut spans = vec![span(format!("{} ", edge(first)), theme.dim)];
    let here = model.moment().and_then(|moment| moment.effective_at);
    let window = timeline.window(placed);
    let shown = overview(&timeline.loaded.density, room.into(), (first, last), window, here);
    for (i, level) in shown.bars.iter().enumerate() {
        let style = match shown.here {
            Some(cursor) if i == cursor => theme.cursor,
            Some(cursor) if i < cursor => theme.event,
            _ => theme.future,
        };
        if shown.window.is_some_and(|(open, _)| open == i) {
            spans.push(span("[", theme.hotkey));
        }
        spans.push(match level {
            0 => span(glyphs.unchanged.to_string(), theme.border),
            level => span(glyphs.bars[usize::from((*level).min(8))].to_string(), style),
        });
        if shown.window.is_some_and(|(_, close)| close == i) {
            spans.push(span("]", theme.hotkey));
        }
    }
    spans.push(span(format!(" {}", edge(last)), theme.dim));
    let area = Rect { x: inner.x + areas.gutter, width: inner.width.saturating_sub(areas.gutter), ..inner };
    put(buffer, area, 0, &Line::from(spans));
}

fn draw_lane(
    model: &Model,
    rows: Rect,
    row: u16,
    lane: Option<usize>,
    placed: &[Placed],
    width: u16,
    buffer: &mut Buffer,
) {
    if row >= rows.height {
        return;
    }
    let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
    let (here, last) = model.cursor.place();
    let y = rows.y + row;
    for item in placed {
        let (x, future) = (rows.x + item.x, item.index() > here);
        let style = if future { theme.future } else { theme.event };
        match &item.mark {
            Mark::Event(point) if lane.is_some_and(|lane| lane != point.lane) => {
                let thin = if future { theme.future } else { theme.border };
                buffer.set_string(x, y, glyphs.line.to_string(), thin);
            }
            Mark::Event(point) => {
                let (sign, style) = if point.index == here {
                    (glyphs.cursor, theme.cursor)
                } else if point.flags.has(Flag::Nothing) {
                    (glyphs.unchanged, style)
                } else if future {
                    (glyphs.future, style)
                } else {
                    (glyphs.event, style)
                };
                buffer.set_string(x, y, sign.to_string(), style);
            }
            Mark::Cell { from, to, level, .. } => {
                let inside = (*from..=*to).contains(&here);
                let (sign, style) = if inside {
                    (glyphs.cursor, theme.cursor)
                } else if *from > here {
                    (glyphs.many_future, theme.future)
                } else {
                    (glyphs.bars[usize::from((*level).clamp(1, 8))], theme.event)
                };
                buffer.set_string(x, y, sign.to_string(), style);
            }
            Mark::Number(index) => {
                let own = lane.is_none() || item_lane(model, *index) == lane;
                let text =
                    if own { index.to_string() } else { glyphs.line.to_string().repeat(item.width.into()) };
                let style = if *index == here { theme.cursor } else { theme.dim };
                buffer.set_string(x, y, text, if own { style } else { theme.border });
            }
            Mark::Gap { before, label } => {
                let future = *before >= here;
                let style = if future || lane.is_some() { theme.border } else { theme.event };
                let style = if label.is_some() { theme.dim } else { style };
                buffer.set_string(x, y, gap(glyphs, label.as_deref(), item.width.into()), style);
            }
        }
    }
    let end = placed.last().map(|p| (p.index(), p.x + p.width));
    if let Some((_, x)) = end.filter(|(index, x)| *index >= last && *x <= width) {
        let style = if here >= last { theme.head_flag } else { theme.future };
        buffer.set_string(rows.x + x, y, glyphs.head.to_string(), style);
    }
}

/// The way between two events: a line, or a folded one with its length.
pub fn gap(glyphs: &Glyphs, label: Option<&str>, columns: usize) -> String {
    let dashes = |n: usize, c: char| c.to_string().repeat(n);
    let Some(label) = label else { return dashes(columns, glyphs.line) };
    let label = label.replace('µ', "u");
    let spare = columns.saturating_sub(width(&label));
    format!("{}{label}{}", dashes(spare / 2, glyphs.fold), dashes(spare - spare / 2, glyphs.fold))
}

fn item_lane(model: &Model, index: i64) -> Option<usize> {
    let i = model.timeline.point(index)?;
    Some(model.timeline.loaded.points[i].lane)
}

/// The dates under the events, where there is room for them.
fn times(model: &Model, rows: Rect, row: u16, placed: &[Placed], buffer: &mut Buffer) {
    let zone = model.look.zone;
    let Some((from, to)) = model.timeline.window(placed) else { return };
    let mut free = 0;
    let mut said = String::new();
    let newest = placed.iter().rfind(|item| time_of(model, item).is_some()).map(|item| item.x);
    for item in placed {
        let Some(at) = time_of(model, item) else { continue };
        let text = zone.edge(at, (from, to));
        let long = width(&text) as u16;
        // The newest one ends at the edge, where its event stands.
        let x = if newest == Some(item.x) { item.x.min(rows.width.saturating_sub(long)) } else { item.x };
        let end = x + long;
        if x < free || text == said || end > rows.width {
            continue;
        }
        buffer.set_string(rows.x + x, rows.y + row, &text, model.look.theme.dim);
        free = end + 6;
        said = text;
    }
}

fn time_of(model: &Model, item: &Placed) -> Option<Time> {
    match &item.mark {
        Mark::Event(point) => Some(point.at).filter(|at| at.0 != 0),
        Mark::Cell { .. } => model.timeline.window(std::slice::from_ref(item)).map(|(from, _)| from),
        _ => None,
    }
}

/// The knob in the lower frame, under the cursor, with version and time beside it.
fn knob(model: &Model, area: Rect, placed: &[Placed], w: u16, buffer: &mut Buffer) {
    let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
    let (here, last) = model.cursor.place();
    let at = model.moment().and_then(|moment| moment.event.as_ref()).map(|event| event.occurred_at);
    // A place among chosen aggregates' events is neither a version nor a position.
    let sign = match model.cursor.scope {
        Scope::One => "v",
        Scope::Set { .. } => "",
        Scope::Store { .. } => "#",
    };
    let time = at.filter(|_| here > 0).map(|at| model.look.zone.full(at)).unwrap_or_default();
    let label = format!("{sign}{}/{}  {time} ", count(here), count(last));
    let x = match column(placed, here) {
        Some(x) => x,
        None if here == 0 => 0,
        None => w.saturating_sub(1),
    };
    let gutter = areas(model).gutter;
    let (left, y) = (area.x + 1 + gutter, area.y + area.height - 1);
    let room = area.width.saturating_sub(2 + gutter);
    let label = cut(&label, usize::from(room.saturating_sub(2)));
    let long = width(&label) as u16;
    let style = if model.in_past() { theme.past.bold() } else { theme.cursor };
    if here == 0 {
        buffer.set_string(left.saturating_sub(1), y, format!("{}{label}", glyphs.knob), style);
    } else if x + 1 + long < room {
        buffer.set_string(left + x, y, format!("{}{label}", glyphs.knob), style);
    } else {
        let start = (left + x).saturating_sub(long + 1);
        buffer.set_string(
            start,
            y,
            format!(" {}{}", label.trim_end_matches(' '), " ".repeat(usize::from(label.ends_with(' ')))),
            style,
        );
        buffer.set_string(left + x, y, glyphs.knob.to_string(), style);
    }
}
