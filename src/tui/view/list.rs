//! The list pane.

use std::collections::HashSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::Widget;

use super::{chip_line, failure, pane_block, put, span, title};
use crate::event::Time;
use crate::session::ListRow;
use crate::tui::model::chips::Narrowed;
use crate::tui::model::{Model, Pane};
use crate::tui::text::{count, cut, pad, pad_left, width, wrap};
use crate::tui::update::branches::share;
use crate::tui::zone;

/// Draws it.
pub fn draw(model: &Model, area: Rect, buffer: &mut Buffer) {
    let (theme, glyphs, list) = (&model.look.theme, &model.look.glyphs, &model.list);
    let kind = list.kind.as_deref().unwrap_or("List");
    let unread = model.broken.of(&model.broken.list).filter(|_| list.rows.is_empty());
    let total = list.all().filter(|_| unread.is_none()).map_or_else(|| "…".to_owned(), count);
    let mut counts = if list.scans() {
        let more = if list.page.waits() {
            format!(", {} looked at …", count(list.scanned as i64))
        } else {
            String::new()
        };
        format!("{} of {}{more}", count(list.hits as i64), total)
    } else {
        let number = list.number().map(|n| format!("{}/", count(n))).unwrap_or_default();
        format!("{number}{total}")
    };
    if list.at.is_some() {
        counts.push_str(" then");
    }
    if let Some(left) = model.filling {
        counts = format!("{counts}, {}", share(left));
    }
    let block = pane_block(model, Pane::List, title(model, Pane::List, &cut(kind, 16), &counts));
    let inner = block.inner(area);
    block.render(area, buffer);
    let inner = chip_line(model, Narrowed::List, inner, buffer);
    let columns = shown_columns(model);
    let shape = Shape::of(model, usize::from(inner.width), &columns);
    put(buffer, inner, 0, &heads(model, &shape, &columns));
    if let Some(error) = unread {
        failure(model, error, inner, 2, buffer);
        return;
    }
    if list.rows.is_empty() {
        let text = match (list.page.waits(), list.scans(), list.at) {
            (true, ..) => "reading …",
            (_, true, _) => "nothing matches; Backspace takes the newest chip away",
            (_, _, Some(_)) => "nothing existed yet",
            _ if model.overview.as_ref().is_some_and(|overview| overview.domain.is_some()) => {
                "nothing here yet: f fires a command that creates something, `backstory import FILE` brings a log in"
            }
            _ => {
                "nothing here yet: `backstory import FILE` brings a log in; with a domain, \
                 `backstory domain set FILE`, f fires commands"
            }
        };
        for (y, line) in (2..).zip(wrap(text, usize::from(inner.width.saturating_sub(2)), 8)) {
            put(buffer, inner, y, &Line::from(span(format!(" {line}"), theme.dim)));
        }
        return;
    }
    let now = model.moment().and_then(|moment| moment.effective_at);
    let height = usize::from(inner.height.saturating_sub(1));
    for (i, row) in list.rows.iter().skip(list.top).take(height).enumerate() {
        let selected = list.selected.as_ref() == Some(&row.aggregate);
        let line = self::row(model, row, &shape, &columns, now, selected);
        let y = i as u16 + 1;
        put(buffer, inner, y, &line);
        if selected {
            let style = if model.focus == Pane::List { theme.selected } else { theme.selected_idle };
            buffer.set_style(Rect { y: inner.y + y, height: 1, ..inner }, style);
        }
    }
    // A thumb in the frame says where in the whole list the rows stand.
    if let Some((rank, total)) = if list.before { list.rank } else { Some(0) }.zip(list.all()) {
        let first = rank + list.top as i64;
        if !list.scans() && total > height as i64 {
            let y = (first * (height as i64 - 1) / (total - height as i64).max(1))
                .min(height as i64 - 1)
                .max(0) as u16;
            let thumb = if glyphs.event.is_ascii() { "#" } else { "┃" };
            buffer.set_string(area.x + area.width - 1, inner.y + 1 + y, thumb, theme.dim);
        }
    }
}

/// The extra columns that are shown, as their places in a row: only where one type is chosen or all types agree.
pub fn shown_columns(model: &Model) -> Vec<(usize, String)> {
    let kinds = || model.overview.iter().flat_map(|overview| &overview.types);
    let only = model.list.kind.as_ref();
    let mut with = kinds().filter(|kind| only.is_none_or(|only| *only == kind.name) && kind.aggregates > 0);
    match (with.next(), with.next()) {
        (Some(kind), None) => {
            let names = kind.listed.columns.iter().enumerate();
            names
                .filter(|(_, (name, _))| !model.list.hidden.contains(name))
                .map(|(i, (name, _))| (i, name.clone()))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// How wide the parts of a row are.
struct Shape {
    label: usize,
    id: usize,
    status: usize,
    version: usize,
    columns: Vec<usize>,
    /// There is only room for a sign and a name; with the id before it, where labels are alike.
    tight: Option<bool>,
}

impl Shape {
    fn of(model: &Model, room: usize, columns: &[(usize, String)]) -> Self {
        let rows = || model.list.rows.iter().skip(model.list.top).take(200);
        let longest =
            |of: &dyn Fn(&ListRow) -> usize, most: usize| rows().map(of).max().unwrap_or(0).min(most);
        let version = longest(&|row| count(row.version).len(), 9).max(2);
        let status = longest(&|row| width(&cut(&row.status, 14)), 14);
        // Mark, gaps, version and age take what they take.
        let mut left = room.saturating_sub(2 + 1 + version + 1 + 5 + 1);
        // Without room for the word a sign stands for it.
        let status = if left >= 24 + status { status } else { 0 };
        left = left.saturating_sub(if status == 0 { 2 } else { 0 });
        left = left.saturating_sub(if status > 0 { status + 1 } else { 0 });
        // All rows that are there, not only the visible ones: the column stays while they scroll.
        let all = &model.list.rows;
        let named = all.iter().any(|row| !row.label.is_empty() && row.label != row.aggregate.id);
        let id = all.iter().map(|row| width(&cut(&row.aggregate.id, 14))).max().unwrap_or(0);
        // What records are called is often alike: the id tells them apart, as long as there is room for a word beside it.
        let labels: HashSet<&str> = all.iter().map(|row| row.label.as_str()).collect();
        let alike = labels.len() < all.len();
        if id > 0 && left < id.max(8) {
            let label = room.saturating_sub(4);
            let tight = Some(!named || alike);
            return Self { label, id: 0, status: 0, version: 0, columns: Vec::new(), tight };
        }
        let id = if named && left >= id + if alike { 8 } else { 20 } { id } else { 0 };
        left = left.saturating_sub(if id > 0 { id + 1 } else { 0 });
        let mut widths = Vec::new();
        for (i, name) in columns {
            let w = longest(&|row| row.columns.get(*i).map_or(0, |text| width(&cut(text, 16))), 16)
                .max(name.len().min(10));
            if left < 18 + w + 1 {
                break;
            }
            left -= w + 1;
            widths.push(w);
        }
        Self { label: left, id, status, version, columns: widths, tight: None }
    }
}

fn heads(model: &Model, shape: &Shape, columns: &[(usize, String)]) -> Line<'static> {
    let mut text = String::from("  ");
    if shape.id > 0 {
        text.push_str(&pad("id", shape.id));
        text.push(' ');
    }
    if shape.status == 0 {
        text.push_str("  ");
    }
    let sort = format!("by {}{}", model.list.sort.name(), if model.list.reversed { " (turned)" } else { "" });
    text.push_str(&pad(&sort, shape.label));
    text.push(' ');
    if shape.status > 0 {
        text.push_str(&pad("status", shape.status));
        text.push(' ');
    }
    for (w, (_, name)) in shape.columns.iter().zip(columns) {
        text.push_str(&pad(name, *w));
        text.push(' ');
    }
    if shape.tight.is_none() {
        text.push_str(&pad_left("v", shape.version));
        text.push_str(&pad_left("age", 6));
    }
    Line::from(span(text, model.look.theme.dim))
}

fn row(
    model: &Model,
    row: &ListRow,
    shape: &Shape,
    columns: &[(usize, String)],
    now: Option<Time>,
    selected: bool,
) -> Line<'static> {
    let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
    let lane = model.list.lanes.contains(&row.aggregate);
    let sign = match (selected, lane) {
        (_, true) => '*',
        (true, false) => glyphs.selected,
        (false, false) => ' ',
    };
    let style: Style = if row.deleted { theme.gone } else { theme.text };
    let mut spans = vec![span(format!("{sign} "), if lane { theme.hotkey } else { theme.focus })];
    if shape.id > 0 {
        spans.push(span(format!("{} ", pad(&row.aggregate.id, shape.id)), theme.dim));
    }
    let name = match (row.label.as_str(), shape.tight) {
        ("", _) => row.aggregate.id.clone(),
        (label, Some(true)) => format!("{} {label}", row.aggregate.id),
        (label, _) => label.to_owned(),
    };
    let label = if row.error.is_some() { format!("{} {name}", glyphs.error) } else { name };
    if shape.status == 0 {
        spans.push(span(format!("{} ", status_sign(model, row)), status_style(model, row)));
    }
    let shown = cut(&label, shape.label);
    let fill = " ".repeat(shape.label.saturating_sub(width(&shown)) + 1);
    spans.push(span(shown, if row.error.is_some() { theme.error } else { style }));
    spans.push(span(fill, theme.text));
    if shape.status > 0 {
        spans.push(span(format!("{} ", pad(&row.status, shape.status)), status_style(model, row)));
    }
    for (w, (i, _)) in shape.columns.iter().zip(columns) {
        let text = row.columns.get(*i).map_or("", String::as_str);
        spans.push(span(format!("{} ", pad(text, *w)), theme.dim));
    }
    if shape.tight.is_some() {
        return Line::from(spans);
    }
    spans.push(span(pad_left(&count(row.version), shape.version), theme.dim));
    // Ages are relative to the cursor: what is later has a plus.
    let age = match now {
        Some(now) if [now, row.last_at].contains(&Time::UNKNOWN) => String::new(),
        Some(now) if row.last_at > now => format!("+{}", zone::distance(row.last_at.0 - now.0)),
        Some(now) => zone::distance(now.0 - row.last_at.0),
        None => String::new(),
    };
    spans.push(span(pad_left(&age, 6), theme.dim));
    Line::from(spans)
}

/// What stands for a status where there is no room for its word.
fn status_sign(model: &Model, row: &ListRow) -> char {
    let glyphs = &model.look.glyphs;
    if row.deleted {
        glyphs.gone
    } else if finished(&row.status) {
        glyphs.check
    } else {
        glyphs.event
    }
}

/// Whether a status is one of the usual words for: nothing is left to do.
fn finished(status: &str) -> bool {
    const WORDS: [&str; 6] = ["done", "closed", "resolved", "completed", "finished", "paid"];
    WORDS.iter().any(|word| status.eq_ignore_ascii_case(word))
}

/// The same status always has the same tint, whatever the domain calls it.
fn status_style(model: &Model, row: &ListRow) -> Style {
    let theme = &model.look.theme;
    if row.deleted {
        return theme.dim;
    }
    let tints = [theme.event, theme.added, theme.changed, theme.key, theme.removed];
    let sum = row.status.bytes().fold(7_usize, |sum, b| sum.wrapping_mul(31).wrapping_add(b.into()));
    match row.status.to_lowercase().as_str() {
        "active" => theme.added,
        "open" | "new" | "pending" => theme.event,
        _ if finished(&row.status) => theme.added,
        _ => tints[sum % tints.len()],
    }
}
