//! `report` and `feed`: what the domain's projections show.

use serde_json::{Map, Value, json};

use super::Context;
use super::out::visible;
use crate::error::{Error, Result};
use crate::session::{ReportPage, ReportRequest, Session};

/// How many rows are read at a time.
const PAGE: usize = 500;

#[derive(clap::Args)]
pub struct Args {
    /// The projection's name; without it, the projections are listed.
    name: Option<String>,
    #[command(flatten)]
    shape: Shape,
    /// Print CSV.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
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
    let mut session = context.session()?;
    catch_up(&mut session)?;
    match args.name {
        Some(name) => print(context, &mut session, name, &args.shape, args.csv),
        None => list(context, &mut session),
    }
}

/// The activity feed: the projection `feed`, the newest first.
pub fn feed(context: &mut Context, args: FeedArgs) -> Result<()> {
    let mut session = context.session()?;
    catch_up(&mut session)?;
    let shape = Shape { limit: args.shape.limit.or(Some(50)), ..args.shape };
    print(context, &mut session, "feed".to_owned(), &shape, false)
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
        context.out.line(format_args!("{:<16} {}", info.name, visible(doc)))?;
        if let Some(error) = &lag.error {
            context.out.line(format_args!("{:16} stands at #{}: {}", "", lag.position, visible(error)))?;
        }
    }
    if reports.is_empty() && !context.json {
        context.out.line("The domain has no projections.")?;
    }
    Ok(())
}

fn print(context: &mut Context, session: &mut Session, name: String, shape: &Shape, csv: bool) -> Result<()> {
    let at = shape.at.as_deref().map(|at| session.resolve(at, None)).transpose()?;
    let mut left = shape.limit.unwrap_or(usize::MAX);
    let mut request = ReportRequest { name, at, after: None, limit: PAGE.min(left), budget: 0 };
    let mut printer = None;
    loop {
        let page = session.report(&request)?;
        if context.json {
            for row in &page.rows {
                context.out.json(&json!({ "key": row.key, "position": row.position, "row": row.row }))?;
            }
        } else {
            let printer = printer.get_or_insert_with(|| Printer::new(&page, csv));
            printer.print(context, &page)?;
        }
        left -= page.rows.len();
        if let Some(error) = page.error {
            return Err(Error::refused(format!("The rows are as of #{}: {error}", page.position)));
        }
        if !page.more || left == 0 {
            break;
        }
        request.after = page.rows.last().map(|row| row.key.clone());
        request.limit = PAGE.min(left);
    }
    Ok(())
}

/// A table for people, or CSV; both take their columns from the first page.
struct Printer {
    columns: Vec<String>,
    widths: Vec<usize>,
    csv: bool,
    begun: bool,
}

impl Printer {
    fn new(page: &ReportPage, csv: bool) -> Self {
        let columns = page.columns.clone();
        let width = |column: &String| {
            let cells = page.rows.iter().map(|row| cell(row.row.get(column)).chars().count());
            cells.chain([column.chars().count()]).max().unwrap_or(0).min(48)
        };
        let widths = columns.iter().map(width).collect();
        Self { columns, widths, csv, begun: false }
    }

    fn print(&mut self, context: &mut Context, page: &ReportPage) -> Result<()> {
        if !self.begun {
            self.begun = true;
            self.line(context, &self.columns)?;
        }
        for row in &page.rows {
            let cells: Vec<_> = self.columns.iter().map(|column| cell(row.row.get(column))).collect();
            self.line(context, &cells)?;
        }
        Ok(())
    }

    fn line(&self, context: &mut Context, cells: &[String]) -> Result<()> {
        if self.csv {
            let mut writer = csv::Writer::from_writer(Vec::new());
            let wrong = |error: &dyn std::fmt::Display| Error::refused(format!("No CSV: {error}."));
            writer.write_record(cells).map_err(|error| wrong(&error))?;
            let line = writer.into_inner().map_err(|error| wrong(&error))?;
            return context.out.raw(&String::from_utf8_lossy(&line));
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
