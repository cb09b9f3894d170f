//! A page: what is shown, in one HTML file that needs no network and no program. Its script and its style are allowed by
//! their hashes, and nothing else is: a content security policy forbids every request. Text from data is escaped, or is
//! JSON in which nothing can end the script that it stands in.

mod delta;
mod html;
mod record;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    CompareRequest, CompareRow, EventRef, Looks, Point, RacePage, RaceRow, ReportRequest, ReportRow, Session,
};
use crate::error::{Error, Result};
use crate::replay::Change;
use html::{Html, escaped};

const STYLE: &str = include_str!("../../assets/page/page.css");
const SCRIPT: &str = include_str!("../../assets/page/page.js");

/// How many records a page of a diff tells of, and how many rows one of a report.
const RECORDS: usize = 500;
const ROWS: usize = 5_000;

/// What a page is of.
#[derive(Clone, Copy, Debug)]
pub enum PageRequest<'a> {
    /// Records, each with its history up to its head; the slider stands at the point.
    Records(&'a [Point]),
    /// What differs between two points.
    Diff(&'a Point, &'a Point),
    /// A report.
    Report(&'a ReportRequest),
    /// A race.
    Race(&'a RacePage),
}

/// A page, and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The HTML.
    pub html: String,
    /// How many events, records or rows it shows.
    pub shown: usize,
    /// How many of them are left out, where there are more than fit; `None` where that is not known.
    pub left_out: Option<usize>,
    /// Fields that look like secrets or personal data.
    pub looks: Looks,
}

impl Session {
    /// Makes a page. `again` is the command line that makes it again.
    pub fn page(&mut self, request: PageRequest<'_>, again: &str) -> Result<Page> {
        let (mut body, mut looks) = (Html::default(), Looks::default());
        let (title, shown, left_out) = match request {
            PageRequest::Records(points) => self.records(points, &mut body, &mut looks)?,
            PageRequest::Diff(a, b) => self.difference(a, b, &mut body, &mut looks)?,
            PageRequest::Report(report) => self.report_table(report, &mut body, &mut looks)?,
            PageRequest::Race(page) => race(page, &mut body, &mut looks),
        };
        let overview = self.overview()?;
        let case = overview.case.map(|case| case.name);
        let from = format!(
            "{} {}, {}",
            case.as_ref().map_or("store", |_| "case"),
            case.as_deref().unwrap_or(&overview.file),
            self.clock.now()
        );
        Ok(Page { html: whole(&title, &from, &body.text(), again), shown, left_out, looks })
    }

    fn records(
        &mut self,
        points: &[Point],
        body: &mut Html,
        looks: &mut Looks,
    ) -> Result<(String, usize, Option<usize>)> {
        let (mut titles, mut events) = (Vec::new(), 0);
        for point in points {
            let Point::Aggregate { branch, aggregate, version, .. } = point else {
                return Err(Error::usage("A page is of records, and not of the whole store.")
                    .hint("Write Task/42, or --diff A B for what differs between two points of the store."));
            };
            let record = self.on(branch, |session| session.record_data(aggregate, *version))?;
            titles.push(record.title());
            events += record.events.len();
            record.look(looks);
            body.raw(&record.section());
        }
        Ok((titles.join(", "), events, Some(0)))
    }

    fn difference(
        &mut self,
        a: &Point,
        b: &Point,
        body: &mut Html,
        looks: &mut Looks,
    ) -> Result<(String, usize, Option<usize>)> {
        let (from, to) = (named(a), named(b));
        let title = format!("{from} and {to}");
        if let (Point::Aggregate { .. }, Point::Aggregate { .. }) = (a, b) {
            let changes = self.diff_by_item(a, b)?;
            changed(body, &changes);
            look(&changes, looks);
            return Ok((title, changes.len(), Some(0)));
        }
        let request = CompareRequest { limit: RECORDS, ..CompareRequest::of(a.clone(), b.clone()) };
        let page = self.compare(&request)?;
        for row in page.rows.iter().take(RECORDS) {
            body.heading(2, &row.aggregate.to_string());
            body.dim(&format!("differs from v{} on", row.version));
            let changes = row.changes_by_item();
            changed(body, &changes);
            look(&changes, looks);
            sides(body, row, (&from, &to));
        }
        if page.rows.is_empty() {
            body.line("Nothing differs.");
        }
        let shown = page.rows.len().min(RECORDS);
        let rest = page.rows.len() - shown;
        Ok((title, shown, page.next.is_none().then_some(rest)))
    }

    fn report_table(
        &mut self,
        request: &ReportRequest,
        body: &mut Html,
        looks: &mut Looks,
    ) -> Result<(String, usize, Option<usize>)> {
        let report = self.report(&ReportRequest { limit: ROWS, budget: 0, ..request.clone() })?;
        let columns: Vec<&str> = report.columns.iter().map(String::as_str).collect();
        let cells = |row: &ReportRow| -> Vec<String> {
            columns.iter().map(|name| row.row.get(name).map_or_else(String::new, text_of)).collect()
        };
        let all: Vec<Vec<String>> = report.rows.iter().map(cells).collect();
        if let Some(at) = report.at {
            body.dim(&format!("as of #{}, {at}", report.position));
        }
        if let Some(error) = &report.error {
            body.line(error);
        }
        body.table(&columns, &all);
        report.rows.iter().for_each(|row| looks.look("", &row.row));
        Ok((format!("report {}", request.name), all.len(), (!report.more).then_some(0)))
    }
}

/// A point, as people write it.
fn named(point: &Point) -> String {
    match point {
        Point::Aggregate { branch, aggregate, version, .. } => format!("{branch}:{aggregate}@{version}"),
        Point::Store { branch, time: Some(time), .. } => format!("{branch} at {time}"),
        Point::Store { branch, position, .. } => format!("{branch} at #{position}"),
    }
}

fn changed(body: &mut Html, changes: &[Change]) {
    let cells = |change: &Change| vec![change.dotted(), text_of(&change.old), text_of(&change.value)];
    body.table(&["field", "before", "after"], &changes.iter().map(cells).collect::<Vec<_>>());
}

fn look(changes: &[Change], looks: &mut Looks) {
    for change in changes {
        let path = format!(".{}", change.dotted());
        looks.look(&path, &change.old);
        looks.look(&path, &change.value);
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What each side has that the other has not.
fn sides(body: &mut Html, row: &CompareRow, (a, b): (&str, &str)) {
    for (name, side) in [(a, &row.a), (b, &row.b)] {
        body.heading(3, &format!("only at {name}: {} events", side.count));
        let cells = |event: &EventRef| {
            let actor = event.actor.clone().unwrap_or_default();
            let (version, at) = (format!("v{}", event.version), event.occurred_at.to_string());
            vec![version, at, actor, event.r#type.clone(), event.hash.short()]
        };
        let rows: Vec<_> = side.only.iter().map(cells).collect();
        if !rows.is_empty() {
            body.table(&["version", "when", "by", "what", "hash"], &rows);
        }
    }
}

/// A race: its events in lanes, and what its orders come to.
fn race(page: &RacePage, body: &mut Html, looks: &mut Looks) -> (String, usize, Option<usize>) {
    let names: Vec<String> = page.records.iter().map(|(name, _)| name.to_string()).collect();
    body.line(&page.summary());
    if page.cut {
        body.line("More events overlap than these: the window is cut.");
    }
    lanes(page, body);
    for event in &page.events {
        looks.look("", &serde_json::from_str(&event.data).unwrap_or_default());
    }
    body.heading(2, "Orders");
    let cells = |row: &RaceRow| {
        let steps = row.order.iter().map(|step| page.step_name(*step)).collect::<Vec<_>>().join(" ");
        let (events, requests) = (row.events_brief(), row.requests_brief());
        vec![row.name.clone(), row.end_letter(), steps, events, requests, page.orders_of(row), page.swap(row)]
    };
    let head = ["order", "end", "steps", "same events", "same requests", "orders", "swap"];
    body.table(&head, &page.rows.iter().map(cells).collect::<Vec<_>>());
    for row in page.rows.iter().filter(|row| row.orders.is_some() || row.end.is_none()) {
        let of = [("the same events", Some(&row.events)), ("the same requests", row.requests.as_ref())];
        for (what, cell) in of.into_iter().filter_map(|(what, cell)| Some((what, cell?))) {
            for (name, changes) in &cell.changes {
                body.heading(3, &format!("{}: {what}, {name}", row.end_letter()));
                changed(body, changes);
            }
        }
        for fate in &row.fates {
            let says = fate.how.more().map_or_else(String::new, |says| format!(": {says}"));
            let what = fate.command.clone().unwrap_or_else(|| fate.kinds.join(", "));
            body.line(&format!("{}: {} {what} {}{says}", row.end_letter(), fate.aggregate, fate.how.name()));
        }
    }
    (format!("race of {}", names.join(", ")), page.rows.len(), Some(0))
}

/// The events of a race, each in the lane of whoever it is by.
fn lanes(page: &RacePage, body: &mut Html) {
    body.heading(2, "Events");
    let lanes = page.lanes.0.iter().max().map_or(1, |last| last + 1);
    let who = |lane: usize| page.lanes.1.get(lane).cloned().flatten().unwrap_or_else(|| "–".to_owned());
    let head: Vec<String> =
        ["step", "when"].map(str::to_owned).into_iter().chain((0..lanes).map(who)).collect();
    let mut rows = Vec::new();
    for (step, range) in page.steps.iter().enumerate() {
        for event in page.events.get(range.clone()).unwrap_or_default() {
            let lane = page.lanes.0.get(step).copied().unwrap_or(0);
            let mut row = vec![page.step_name(step), event.occurred_at.to_string()];
            row.resize(2 + lanes, String::new());
            row[2 + lane] = format!("{} {}", event.kind, event.data);
            rows.push(row);
        }
    }
    body.table(&head.iter().map(String::as_str).collect::<Vec<_>>(), &rows);
}

fn whole(title: &str, from: &str, body: &str, again: &str) -> String {
    let allowed = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let (script, style) = (allowed(SCRIPT), allowed(STYLE));
    let (title, from, again) = (escaped(title), escaped(from), escaped(again));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src {script}; \
         style-src {style}; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<p class=\"dim\">{from}</p>\n{body}\
         <pre class=\"dim\">{again}</pre>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )
}
