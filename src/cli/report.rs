//! `report` and `feed`: what the domain's projections show.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::Context;
use super::out::visible;
use crate::domain::list_key;
use crate::error::{Error, Result};
use crate::event::Position;
use crate::journal::Lag;
use crate::session::{Columns, KEY, ReportPage, ReportRequest, ReportRow, Session};

/// How many rows are read at a time.
const PAGE: usize = 500;

/// How far a column of a table is made wider for its cells.
const WIDE: usize = 48;

#[derive(clap::Args)]
pub struct Args {
    /// The projection's name; without it, the projections are listed.
    name: Option<String>,
    #[command(flatten)]
    shape: Shape,
    /// Print CSV.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Put a ' before cells that a spreadsheet would run as a formula.
    #[arg(long, requires = "csv")]
    safe: bool,
}

#[derive(clap::Args)]
pub struct Shape {
    /// As of this point: a position, a time, a hash, an aggregate's version.
    #[arg(long, value_name = "POINT")]
    at: Option<String>,
    /// At most so many rows.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

#[derive(clap::Args)]
pub struct FeedArgs {
    #[command(flatten)]
    shape: Shape,
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    if args.name.is_none() && (args.csv || args.shape.at.is_some() || args.shape.limit.is_some()) {
        return Err(Error::usage("--csv, --at and --limit are for one report.")
            .hint("Name it: `backstory report` lists what there is."));
    }
    let mut session = context.session()?;
    catch_up(&mut session)?;
    match args.name {
        Some(name) => print(context, &mut session, name, &args.shape, form(args.csv, args.safe)),
        None => list(context, &mut session),
    }
}

/// The activity feed: the projection `feed`, the newest first.
pub fn feed(context: &mut Context, args: FeedArgs) -> Result<()> {
    let mut session = context.session()?;
    catch_up(&mut session)?;
    let shape = Shape { limit: args.shape.limit.or(Some(50)), ..args.shape };
    print(context, &mut session, "feed".to_owned(), &shape, Form::Table)
}

/// Projections that are behind catch up first; on main's head the tables answer.
fn catch_up(session: &mut Session) -> Result<()> {
    while session.project()? {}
    Ok(())
}

fn list(context: &mut Context, session: &mut Session) -> Result<()> {
    let reports = session.reports()?;
    for info in &reports {
        let lag = &info.lag;
        if context.json {
            context.out.json(&json!({
                "name": info.name, "doc": info.doc, "position": lag.position, "tip": lag.tip,
                "building": lag.building, "error": lag.error,
            }))?;
            continue;
        }
        let doc = info.doc.as_deref().unwrap_or_default();
        context.out.line(format_args!("{:<16} {:<20} {}", info.name, come(lag), visible(doc)))?;
        if let Some(error) = &lag.error {
            context.out.line(format_args!("{:16} stands at #{}: {}", "", lag.position, visible(error)))?;
        }
    }
    if reports.is_empty() && !context.json {
        context.out.line("The domain has no projections.")?;
    }
    Ok(())
}

/// How far a projection's table has come.
fn come(lag: &Lag) -> String {
    if lag.position < lag.tip {
        format!("up to #{} of #{}", lag.position, lag.tip)
    } else {
        "up to date".to_owned()
    }
}

fn print(
    context: &mut Context,
    session: &mut Session,
    name: String,
    shape: &Shape,
    form: Form,
) -> Result<()> {
    let at = shape.at.as_deref().map(|at| session.resolve_here(at)).transpose()?;
    let limit = shape.limit.unwrap_or(usize::MAX);
    let mut request = ReportRequest { name, at, after: None, limit: 0, budget: 0 };
    let seen = Seen::of(session, &mut request, limit)?;
    let printer = Printer::new(&seen, form);
    if !context.json && !printer.columns.is_empty() {
        printer.line(context, &printer.columns)?;
    }
    each_page(session, &mut request, limit, |page| {
        page.rows.iter().try_for_each(|row| {
            if context.json {
                let row = json!({ "key": row.key, "position": row.position, "row": row.row });
                return context.out.json(&row);
            }
            let cells: Vec<_> = printer.columns.iter().map(|column| cell_of(row, column)).collect();
            printer.line(context, &cells)
        })?;
        Ok(true)
    })?;
    seen.stopped.map_or(Ok(()), |(position, error)| {
        Err(Error::refused(format!("The rows are as of #{position}: {error}")))
    })
}

/// Hands on the rows of a report, a page at a time and at most so many, while that answers true.
fn each_page(
    session: &mut Session,
    request: &mut ReportRequest,
    limit: usize,
    mut page: impl FnMut(&ReportPage) -> Result<bool>,
) -> Result<()> {
    let mut left = limit;
    loop {
        request.limit = PAGE.min(left);
        let found = session.report_rows(request)?;
        left -= found.rows.len();
        if !page(&found)? || !found.more || left == 0 {
            return Ok(());
        }
        request.after = found.rows.last().map(|row| row.key.clone());
    }
}

/// What all the rows of a report show before the first is printed: what only a late one has is a column, too.
#[derive(Clone)]
struct Seen {
    columns: Columns,
    widths: HashMap<String, usize>,
    /// Where a rule failed, and why.
    stopped: Option<(Position, String)>,
}

impl Seen {
    /// Looks through the rows. Of a list whose rule failed only those before the failure are shown, whatever came behind
    /// it: the request is for them then.
    fn of(session: &mut Session, request: &mut ReportRequest, limit: usize) -> Result<Self> {
        let columns = session.report_columns(&request.name)?;
        let is_list = columns.is_list();
        let nothing = Self { columns, widths: HashMap::new(), stopped: None };
        let mut seen = nothing.clone();
        each_page(session, &mut request.clone(), limit, |page| {
            seen.see(page);
            Ok(!is_list || seen.stopped.is_none())
        })?;
        if let (true, Some((position, _))) = (is_list, &seen.stopped) {
            request.after = Some(list_key(position + 1));
            seen = Self { stopped: seen.stopped, ..nothing };
            each_page(session, &mut request.clone(), limit, |page| {
                seen.see(page);
                Ok(true)
            })?;
        }
        Ok(seen)
    }

    fn see(&mut self, page: &ReportPage) {
        if let (Some(error), None) = (&page.error, &self.stopped) {
            self.stopped = Some((page.position, error.clone()));
        }
        self.columns.see(&page.rows);
        for row in &page.rows {
            for column in row.row.as_object().into_iter().flat_map(Map::keys).map(String::as_str).chain([KEY])
            {
                let width = cell_of(row, column).chars().count().min(WIDE);
                match self.widths.get_mut(column) {
                    Some(widest) => *widest = width.max(*widest),
                    None => drop(self.widths.insert(column.to_owned(), width)),
                }
            }
        }
    }
}

/// How rows are printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A table for people.
    Table,
    /// CSV, with every value as it is.
    Csv,
    /// CSV of which a spreadsheet runs nothing.
    SafeCsv,
}

fn form(csv: bool, safe: bool) -> Form {
    match (csv, safe) {
        (false, _) => Form::Table,
        (true, false) => Form::Csv,
        (true, true) => Form::SafeCsv,
    }
}

/// A cell that no spreadsheet takes for a formula; a number stays one.
fn unformulated(cell: &str) -> String {
    let leads = cell.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r', '|']);
    if leads && cell.parse::<f64>().is_err() { format!("'{cell}") } else { cell.to_owned() }
}

/// A table for people, or CSV.
struct Printer {
    columns: Vec<String>,
    widths: Vec<usize>,
    form: Form,
}

impl Printer {
    fn new(seen: &Seen, form: Form) -> Self {
        let columns = seen.columns.names();
        let width = |name: &String| seen.widths.get(name).copied().unwrap_or(0).max(name.chars().count());
        let widths = columns.iter().map(width).collect();
        Self { columns, widths, form }
    }

    fn line(&self, context: &mut Context, cells: &[String]) -> Result<()> {
        if self.form != Form::Table {
            let mut writer = csv::Writer::from_writer(Vec::new());
            let wrong = |error: &dyn std::fmt::Display| Error::refused(format!("No CSV: {error}."));
            let safe = self.form == Form::SafeCsv;
            writer
                .write_record(cells.iter().map(|cell| if safe { unformulated(cell) } else { cell.clone() }))
                .map_err(|error| wrong(&error))?;
            let line = writer.into_inner().map_err(|error| wrong(&error))?;
            return context.out.kept(&String::from_utf8_lossy(&line));
        }
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(&self.widths) {
            let pad = width.saturating_sub(cell.chars().count());
            line.push_str(&visible(cell));
            line.push_str(&" ".repeat(pad + 2));
        }
        context.out.line(line.trim_end())
    }
}

/// A row's cell in a column; the key is one where the row has no other of that name.
fn cell_of(row: &ReportRow, column: &str) -> String {
    match row.row.get(column) {
        None if column == KEY => row.key.clone(),
        value => cell(value),
    }
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(object)) => pairs(object),
        Some(other) => other.to_string(),
    }
}

/// An object of counts, `mira 3, omar 1`.
fn pairs(object: &Map<String, Value>) -> String {
    let pairs: Vec<_> = object.iter().map(|(name, value)| format!("{name} {}", cell(Some(value)))).collect();
    pairs.join(", ")
}
