//! A report over the whole screen, as of the cursor.
//!
//! ```text
//! ╭ Reports  [workload] recap feed  as of #700  10 Apr 2019 ─────────╮
//! │ who      open  urgent                                            │
//! │▸mira        7       0                                            │
//! │ behind by 3 events                                               │
//! ╰──────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use serde_json::Value;

use super::{full, put, span, waiting};
use crate::session::{ReportPage, ReportRow};
use crate::tui::model::Model;
use crate::tui::model::report::Reports;
use crate::tui::text::{count, cut, pad, width};

/// The widest that one column gets while another one wants room.
const WIDE: usize = 44;

/// What stands before the reports' names.
const LEAD: &str = " Reports  ";

/// Draws it above the last line.
pub fn draw(model: &Model, reports: &Reports, screen: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let title = title(model, reports, usize::from(screen.width.saturating_sub(4)));
    let inner = full(model, title, screen, buffer);
    let say = |buffer: &mut Buffer, y: u16, text: &str| {
        put(buffer, inner, y, &Line::from(span(format!(" {text}"), theme.dim)));
    };
    let Some(infos) = &reports.infos else { return waiting(model, "looking …", inner, 1, buffer) };
    if infos.is_empty() {
        return say(buffer, 1, "The domain has no projections: [projection.NAME] declares one.");
    }
    match &reports.page {
        None => waiting(model, "folding …", inner, 1, buffer),
        Some(page) if page.rows.is_empty() && page.folding.is_none() => {
            say(buffer, 1, "There is no row as of here.");
        }
        Some(page) => table(model, reports, page, inner, buffer),
    }
    let last = inner.height.saturating_sub(1);
    put(buffer, inner, last, &foot(model, reports));
}

/// The reports and the point that is shown, with its time where there is room.
fn title(model: &Model, reports: &Reports, room: usize) -> String {
    let at = match &reports.page {
        Some(page) if page.position > 0 => format!("as of #{}", count(page.position)),
        _ => String::new(),
    };
    let past = if model.cursor.past() { "  ◀ PAST" } else { "" };
    let names = tabs(reports).join(" ");
    let time = reports.page.as_ref().and_then(|page| page.at).map(|at| model.look.zone.full(at));
    let long = time.map(|time| format!("{LEAD}{names}  {at}  {time}{past} "));
    let short = || cut(&format!("{LEAD}{names}  {at}{past} "), room);
    long.filter(|long| width(long) <= room).unwrap_or_else(short)
}

/// The names of the reports; the one that is shown stands in brackets.
fn tabs(reports: &Reports) -> Vec<String> {
    let names = reports.infos.iter().flatten().enumerate();
    names
        .map(|(i, info)| if i == reports.shown { format!("[{}]", info.name) } else { info.name.clone() })
        .collect()
}

/// The report whose name stands in a column of the title, after the frame's corner.
pub fn tab_at(reports: &Reports, x: u16) -> Option<usize> {
    let mut start = 1 + width(LEAD);
    tabs(reports).iter().position(|name| {
        let here = (start..start + width(name)).contains(&usize::from(x));
        start += width(name) + 1;
        here
    })
}

/// How far the rows are from what was asked for, else what the report is about.
fn foot(model: &Model, reports: &Reports) -> Line<'static> {
    let theme = &model.look.theme;
    let page = reports.page.as_ref();
    if let Some(position) = page.and_then(|page| page.folding) {
        return Line::from(span(format!(" folding, as far as #{position} …"), theme.dim));
    }
    if let Some(error) = page.and_then(|page| page.error.as_ref()) {
        return Line::from(span(format!(" stopped: {error}"), theme.error));
    }
    let Some(info) = reports.info() else { return Line::default() };
    let behind = info.lag.tip - info.lag.position;
    let text = match (&info.lag.error, behind) {
        (Some(error), _) => return Line::from(span(format!(" the table stopped: {error}"), theme.error)),
        (None, 0) => info.doc.clone().unwrap_or_default(),
        (None, _) if info.lag.building => {
            format!("the table is being built: #{} of #{}", count(info.lag.position), count(info.lag.tip))
        }
        (None, behind) => format!("the table is {} positions behind", count(behind)),
    };
    let more = if page.is_some_and(|page| page.more) { "  (only the first rows are shown)" } else { "" };
    Line::from(span(format!(" {text}{more}"), theme.dim))
}

fn table(model: &Model, reports: &Reports, page: &ReportPage, inner: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let numbers: Vec<_> = page.columns.iter().map(|column| is_numeric(page, column)).collect();
    let widths = widths(page, usize::from(inner.width).saturating_sub(2));
    let line = |cells: Vec<String>, style| {
        let mut text = String::from(" ");
        for ((cell, width), number) in cells.iter().zip(&widths).zip(&numbers) {
            let cell = cut(cell, *width);
            if *number {
                text.push_str(&" ".repeat(width.saturating_sub(self::width(&cell))));
                text.push_str(&cell);
            } else {
                text.push_str(&pad(&cell, *width));
            }
            text.push_str("  ");
        }
        Line::from(span(text, style))
    };
    put(buffer, inner, 0, &line(page.columns.clone(), theme.dim));
    let height = usize::from(inner.height).saturating_sub(2);
    for (i, row) in page.rows.iter().enumerate().skip(reports.scroll.top).take(height) {
        let y = (i - reports.scroll.top) as u16 + 1;
        let cells = page.columns.iter().map(|column| cell(model, row, column)).collect();
        put(buffer, inner, y, &line(cells, theme.text));
        if i == reports.scroll.selected {
            let place = Rect { y: inner.y + y, height: 1, ..inner };
            buffer.set_style(place.intersection(inner), theme.selected);
        }
    }
}

fn is_numeric(page: &ReportPage, column: &str) -> bool {
    let mut values = page.rows.iter().filter_map(|row| row.row.get(column)).filter(|value| !value.is_null());
    let first = values.next();
    first.is_some_and(Value::is_number) && values.all(Value::is_number)
}

/// As wide as what stands in a column; the widest give way where the room is short.
fn widths(page: &ReportPage, room: usize) -> Vec<usize> {
    let wanted = |column: &String| {
        let cells = page.rows.iter().take(100).map(|row| width(&plain(row.row.get(column))));
        cells.chain([width(column)]).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = page.columns.iter().map(wanted).collect();
    let mut most = widths.iter().copied().max().unwrap_or(0);
    while widths.iter().sum::<usize>() + 2 * widths.len() > room && most > 6 {
        most = if most > WIDE { WIDE } else { most - 1 };
        for width in &mut widths {
            *width = (*width).min(most);
        }
    }
    widths
}

/// A cell, with a time in the zone that is shown.
fn cell(model: &Model, row: &ReportRow, column: &str) -> String {
    let value = row.row.get(column);
    let time = value.and_then(Value::as_str).filter(|text| text.contains('T') && text.ends_with('Z'));
    match time.and_then(crate::event::Time::parse) {
        Some(time) => model.look.zone.full(time),
        None => plain(value),
    }
}

fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => {
            items.iter().map(|item| plain(Some(item))).collect::<Vec<_>>().join(", ")
        }
        Some(Value::Object(object)) => {
            let pairs = object.iter().map(|(name, value)| format!("{name} {}", plain(Some(value))));
            pairs.collect::<Vec<_>>().join(", ")
        }
        Some(other) => other.to_string(),
    }
}
