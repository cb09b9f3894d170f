//! The domain's reports over the whole screen: they follow the cursor, which moves through time as it does in every pane.
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

use super::chips;
use super::offers::Offers;
use crate::error::Error;
use crate::event::Position;
use crate::markdown::Table;
use crate::session::{
    Matter, Point, ReportFound, ReportInfo, ReportPage, ReportRequest, ReportRow, ReportRows, Session,
};
use crate::tui::action::Command;
use crate::tui::keys::Context;
use crate::tui::model::Model;
use crate::tui::model::chips::{Chips, Narrowed};
use crate::tui::paint::{chip_line, full, inside, put, span, waiting};
use crate::tui::question::{Lane, Pace, Part, Slot};
use crate::tui::rows::Rows;
use crate::tui::screen::{Cx, Screen};
use crate::tui::text::{count, cut, many, pad, width};
use crate::tui::update::browse;

/// How many rows are read of a report at first, and how many more where one comes near the last of them.
const ROWS: usize = 500;

/// How many events are folded before the screen says how far that is.
const STEP: usize = 4_000;

/// The widest that one column gets while another one wants room.
const WIDE: usize = 44;

/// What stands before the reports' names.
const LEAD: &str = " Reports  ";

/// The reports.
#[derive(Debug, Default)]
pub struct Reports {
    /// What reports there are, as of which newest event.
    pub infos: Slot<Position, Vec<ReportInfo>>,
    /// Which one is shown.
    shown: usize,
    /// Its rows as of the cursor, as far as they are folded and looked at.
    pub page: Slot<ReportRows, ReportFound>,
    /// Which one is selected.
    pub rows: Rows,
    /// By which column they are sorted, and whether the largest come first.
    sort: Option<(String, bool)>,
    /// How many are read.
    limit: usize,
    /// The lines that the chips take.
    chips: u16,
}

impl Screen for Reports {
    fn context(&self) -> Context {
        Context::Reports
    }

    fn command(&mut self, cx: &mut Cx, command: Command) {
        match command {
            Command::NextType => self.turn(cx.model, 1),
            Command::PreviousType => self.turn(cx.model, -1),
            Command::Sort => self.next_sort(cx.model),
            Command::Offers => self.offers(cx.model),
            Command::Enter => self.position().into_iter().for_each(|position| cx.go_to(position)),
            Command::Out => cx.close(),
            // Home and End go to the ends of the log, as in every pane.
            Command::First | Command::Head => browse::command(cx.model, command, cx.effects),
            _ if self.moves(cx, command) || chips::command(cx, Narrowed::Report, command) => {}
            through_time => browse::command(cx.model, through_time, cx.effects),
        }
    }

    fn list(&mut self, screen: Rect) -> Option<(&mut Rows, usize, Rect)> {
        let rows = self.page().map_or(0, |page| page.rows.len());
        Some((&mut self.rows, rows, inside(screen, 1 + self.chips, 1)))
    }

    /// On a name in the title to that report, on a row selects it, once more goes to its event.
    fn click(&mut self, cx: &mut Cx, x: u16, y: u16) {
        match self.tab_at(x).filter(|_| y == 0) {
            Some(tab) => self.turn(cx.model, tab as isize - self.shown as isize),
            None => self.select_at(cx, x, y),
        }
    }

    fn tick(&mut self, cx: &mut Cx) {
        self.infos.take_in(&cx.model.branch);
        if self.page.take_in(&cx.model.branch) {
            self.reveal(cx);
        }
        let Some(at) = place(cx.model) else { return };
        let newest = cx.model.overview.as_ref().map_or(0, |overview| overview.head);
        let Some(name) = self.info().map(|info| info.name.clone()) else {
            if !self.infos.is_asked(&cx.model.branch, &newest) {
                self.ask_infos(cx, newest);
            }
            return;
        };
        self.chips = u16::from(!cx.model.rows.report.all().is_empty());
        let height = usize::from(inside(cx.area(), 1 + self.chips, 1).height);
        let (rows, more) = self.page().map_or((0, false), |page| (page.rows.len(), page.more));
        self.limit = self.limit.max(ROWS);
        if more && rows == self.limit && self.rows.top + 2 * height >= rows {
            self.limit += ROWS;
        }
        let report = ReportRequest { name, at: Some(at), after: None, limit: 0, budget: STEP };
        let chips = cx.model.rows.report.asked();
        let wanted = ReportRows { report, chips, sort: self.sort.clone(), limit: self.limit };
        if self.page.is_asked(&cx.model.branch, &wanted) {
            return;
        }
        let (asked, mut pace) = (wanted.clone(), Pace::default());
        let begin = move |session: &mut Session| session.search_report(asked);
        cx.ask_begun(&mut self.page, Lane::Long, wanted, begin, move |search, session, _| {
            session.find_rows(search)?;
            Ok(pace.part(search.is_whole(), || search.found()))
        });
        self.ask_infos(cx, newest);
    }

    fn matter(&self, model: &Model) -> Option<(Matter, String)> {
        let (name, at) = (self.info()?.name.clone(), place(model));
        let of = format!("report {name}");
        Some((Matter::Report(ReportRequest { name, at, after: None, limit: 0, budget: 0 }), of))
    }

    fn failed(&self) -> Option<&Error> {
        self.infos.failed().or(self.page.failed())
    }

    fn position(&self) -> Option<Position> {
        Some(self.page()?.rows.get(self.rows.selected)?.position)
    }

    fn copied(&self, _model: &Model) -> Option<(String, &'static str, String)> {
        let (page, row) = (self.page()?, self.page()?.rows.get(self.rows.selected)?);
        let cells = page.columns.iter().map(|column| plain(row.row.get(column)));
        Some(("the line".to_owned(), "txt", cells.collect::<Vec<_>>().join("  ")))
    }

    fn table(&self, model: &Model) -> Option<Table> {
        let page = self.page()?;
        let cells = |row| page.columns.iter().map(|column| cell(model, row, column, usize::MAX)).collect();
        Some(Table { heads: page.columns.clone(), rows: page.rows.iter().map(cells).collect() })
    }

    fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        let theme = &model.look.theme;
        let inner =
            full(model, self.title(model, usize::from(screen.width.saturating_sub(4))), screen, buffer);
        let say = |buffer: &mut Buffer, text: &str| {
            put(buffer, inner, 1, &Line::from(span(format!(" {text}"), theme.dim)));
        };
        let Some(infos) = self.infos.shown() else { return waiting(model, "looking …", inner, 1, buffer) };
        if infos.is_empty() {
            return say(buffer, "The domain has no projections: [projection.NAME] declares one.");
        }
        let inner = chip_line(model, Narrowed::Report, inner, buffer);
        match self.page() {
            None => waiting(model, "folding …", inner, 1, buffer),
            Some(page) if page.rows.is_empty() && page.folding.is_none() => {
                let narrow = model.rows.report.narrow();
                let none = "There is no row as of here.";
                say(
                    buffer,
                    if narrow { "nothing matches; Backspace takes the newest chip away" } else { none },
                );
            }
            Some(page) => self.table(model, page, inner, buffer),
        }
        put(buffer, inner, inner.height.saturating_sub(1), &self.foot(model));
    }
}

/// Where the cursor is, as reports see it.
fn place(model: &Model) -> Option<Point> {
    // At the head: whatever has come by now.
    let head = || {
        let branch = model.branch.clone();
        model.overview.as_ref().map(|overview| Point::store(branch, overview.head))
    };
    model.point().filter(|_| model.cursor.past()).or_else(head)
}

impl Reports {
    /// The report that is shown.
    fn info(&self) -> Option<&ReportInfo> {
        self.infos.shown()?.get(self.shown)
    }

    fn page(&self) -> Option<&ReportPage> {
        Some(&self.page.shown()?.page)
    }

    fn ask_infos(&mut self, cx: &mut Cx, newest: Position) {
        cx.ask(&mut self.infos, Lane::Now, newest, |session, _| session.reports().map(Part::Whole));
    }

    /// Goes on to the next report, or back to the one before: its columns are others.
    fn turn(&mut self, model: &mut Model, by: isize) {
        let reports = self.infos.shown().map_or(0, Vec::len) as isize;
        if reports > 0 && by != 0 {
            let shown = (self.shown as isize + by).rem_euclid(reports) as usize;
            *self = Self { infos: std::mem::take(&mut self.infos), shown, ..Self::default() };
            model.rows.report = Chips::default();
        }
    }

    /// Sorts by the next column, a number from the largest down; after the last one rows stand as they come.
    fn next_sort(&mut self, model: &mut Model) {
        let Some(page) = self.page() else { return };
        let here =
            self.sort.as_ref().and_then(|(name, _)| page.columns.iter().position(|column| column == name));
        let next = page.columns.get(here.map_or(0, |here| here + 1)).cloned();
        let sort = next.map(|column| (column.clone(), is_numeric(page, &column)));
        model.tell(
            sort.as_ref().map_or("as the rows come".to_owned(), |(name, _)| format!("sorted by {name}")),
        );
        (self.sort, self.rows, self.limit) = (sort, Rows::default(), ROWS);
    }

    /// What the selected row can narrow the others to.
    fn offers(&self, model: &mut Model) {
        let Some(page) = self.page() else { return };
        let Some(row) = page.rows.get(self.rows.selected) else { return };
        let value = |column: &String| row.row.get(column).unwrap_or(&Value::Null);
        let fields: Vec<_> =
            page.columns.iter().map(|column| (column.as_str(), column.clone(), value(column))).collect();
        let title = fields
            .first()
            .map_or(String::new(), |(name, _, value)| format!("{name}: {}", plain(Some(value))));
        Offers::of_row(model, Narrowed::Report, title, &fields);
    }

    /// The reports and the point that is shown, with its time where there is room.
    fn title(&self, model: &Model, room: usize) -> String {
        let at = match self.page() {
            Some(page) if page.position > 0 => format!("as of #{}", count(page.position)),
            _ => String::new(),
        };
        let past = if model.cursor.past() { "  ◀ PAST" } else { "" };
        let names = self.tabs().join(" ");
        let time = self.page().and_then(|page| page.at).map(|at| model.look.zone.full(at));
        let long = time.map(|time| format!("{LEAD}{names}  {at}  {time}{past} "));
        let short = || cut(&format!("{LEAD}{names}  {at}{past} "), room);
        long.filter(|long| width(long) <= room).unwrap_or_else(short)
    }

    /// The names of the reports; the one that is shown stands in brackets.
    fn tabs(&self) -> Vec<String> {
        let names = self.infos.shown().into_iter().flatten().enumerate();
        names
            .map(|(i, info)| if i == self.shown { format!("[{}]", info.name) } else { info.name.clone() })
            .collect()
    }

    /// The report whose name stands in a column of the title, after the frame's corner.
    fn tab_at(&self, x: u16) -> Option<usize> {
        let mut start = 1 + width(LEAD);
        self.tabs().iter().position(|name| {
            let here = (start..start + width(name)).contains(&usize::from(x));
            start += width(name) + 1;
            here
        })
    }

    /// How far the rows are from what was asked for, else what the report is about.
    fn foot(&self, model: &Model) -> Line<'static> {
        let theme = &model.look.theme;
        let page = self.page();
        if let Some(position) = page.and_then(|page| page.folding) {
            return Line::from(span(format!(" folding, as far as #{position} …"), theme.dim));
        }
        if let Some(error) = page.and_then(|page| page.error.as_ref()) {
            return Line::from(span(format!(" stopped: {error}"), theme.error));
        }
        let Some(info) = self.info() else { return Line::default() };
        let behind = info.lag.tip - info.lag.position;
        let text = match (&info.lag.error, behind) {
            (Some(error), _) => return Line::from(span(format!(" the table stopped: {error}"), theme.error)),
            (None, 0) => info.doc.clone().unwrap_or_default(),
            (None, _) if info.lag.building => {
                format!("the table is being built: #{} of #{}", count(info.lag.position), count(info.lag.tip))
            }
            (None, behind) => format!("the table is {} positions behind", count(behind)),
        };
        let many = self.page.shown().map(|found| {
            let of = if found.found == found.looked {
                String::new()
            } else {
                format!(" of {}", count(found.looked as i64))
            };
            let cut = if found.cut { ", the first of them sorted" } else { "" };
            let order = match &self.sort {
                Some((name, true)) => format!(", by {name}, the largest first"),
                Some((name, false)) => format!(", by {name}"),
                None => String::new(),
            };
            format!("{}{of}{cut}{order}  ", many(found.found as i64, "row"))
        });
        Line::from(span(format!(" {}{text}", many.unwrap_or_default()), theme.dim))
    }

    fn table(&self, model: &Model, page: &ReportPage, inner: Rect, buffer: &mut Buffer) {
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
        let area = Rect { y: inner.y + 1, height: inner.height.saturating_sub(2), ..inner };
        self.rows.draw(model, page.rows.len(), area, buffer, |i| {
            let row = &page.rows[i];
            let cells =
                page.columns.iter().zip(&widths).map(|(column, room)| cell(model, row, column, *room));
            line(cells.collect(), theme.text)
        });
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
fn cell(model: &Model, row: &ReportRow, column: &str, room: usize) -> String {
    let value = row.row.get(column);
    let time = value.and_then(Value::as_str).filter(|text| text.contains('T') && text.ends_with('Z'));
    match time.and_then(crate::event::Time::parse) {
        Some(time) => model.look.zone.fitting(time, room),
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
