//! `diff`: what changed between two points of an aggregate, of the whole store, or between two stores.

mod stores;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Context;
use super::out::{change_line, short, visible};
use crate::error::Result;
use crate::replay::Moved;
use crate::session::{CompareRequest, CompareRow, EventRef, Point, Session, Side, is_case, is_store};

#[derive(clap::Args)]
pub struct Args {
    /// The point before: an aggregate's version, a branch, a time, a position; or a store's file.
    #[arg(required_unless_present = "with")]
    from: Option<String>,
    /// The point after, where `@5` alone is about the same aggregate; or the other store's file.
    #[arg(required_unless_present = "with")]
    to: Option<String>,
    /// Compare with the same branch of another store; a record that is named is compared alone.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["all", "head"])]
    with: Option<PathBuf>,
    /// Compare the whole store as it was at the two points.
    #[arg(long)]
    all: bool,
    /// Show the aggregate's head beside the two points, and which of them moved what.
    #[arg(long, conflicts_with = "all")]
    head: bool,
}

/// How many aggregates are compared at a time.
const PAGE: usize = 64;

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let (from, to) = (args.from.as_deref(), args.to.as_deref());
    if let Some(other) = &args.with {
        let path = context.path();
        return stores::run(context, (&path, other), from, to);
    }
    let (Some(from), Some(to)) = (from, to) else { return Ok(()) };
    if [from, to].into_iter().all(|name| is_store(Path::new(name)) || is_case(Path::new(name))) {
        return stores::run(context, (Path::new(from), Path::new(to)), None, None);
    }
    points(context, args, (from, to))
}

/// What differs between two points of this store.
fn points(context: &mut Context, args: &Args, names: (&str, &str)) -> Result<()> {
    let mut session = context.session()?;
    let from = session.resolve(names.0, None)?;
    let here = match &from {
        Point::Aggregate { aggregate, .. } => Some(aggregate.clone()),
        Point::Store { .. } => None,
    };
    let to = session.resolve(names.1, here.as_ref())?;
    let (from, to) = match (&from, &to) {
        _ if args.all => return compare(context, names, &mut session, from, to),
        (Point::Store { .. }, Point::Store { .. }) => return compare(context, names, &mut session, from, to),
        // An aggregate beside the whole store is that aggregate there.
        (Point::Aggregate { aggregate, .. }, Point::Store { .. }) => {
            let to = session.at_point(aggregate, &to)?;
            (from, to)
        }
        (Point::Store { .. }, Point::Aggregate { aggregate, .. }) => {
            (session.at_point(aggregate, &from)?, to)
        }
        _ => (from, to),
    };
    if args.head {
        return three(context, &mut session, &from, &to);
    }
    if context.json {
        return session.diff(&from, &to)?.iter().try_for_each(|change| context.out.json(change));
    }
    let changes = session.diff_by_item(&from, &to)?;
    changes.iter().try_for_each(|change| context.out.line(change_line(change)))
}

fn compare(
    context: &mut Context,
    names: (&str, &str),
    session: &mut Session,
    a: Point,
    b: Point,
) -> Result<()> {
    let mut request = CompareRequest { limit: PAGE, ..CompareRequest::of(a, b) };
    let mut told = Told::default();
    loop {
        let page = session.compare(&request)?;
        page.rows.iter().try_for_each(|row| told.row(context, names, row))?;
        context.out.flush()?;
        let Some(next) = page.next else { break };
        request.after = next;
    }
    told.end(context, names)
}

/// How many aggregates were told of, and how many events only one side has.
#[derive(Default)]
struct Told {
    aggregates: i64,
    only_a: i64,
    only_b: i64,
}

impl Told {
    fn row(&mut self, context: &mut Context, names: (&str, &str), row: &CompareRow) -> Result<()> {
        self.aggregates += 1;
        self.only_a += row.a.count;
        self.only_b += row.b.count;
        if context.json { context.out.json(&object(row)) } else { print(context, names, row) }
    }

    fn end(&self, context: &mut Context, (a, b): (&str, &str)) -> Result<()> {
        if context.json {
            return Ok(());
        }
        let Self { aggregates, only_a, only_b } = self;
        let differ = if *aggregates == 1 { "aggregate differs" } else { "aggregates differ" };
        let (a, b) = (visible(a), visible(b));
        context
            .out
            .line(format_args!("{aggregates} {differ}; events only at {a}: {only_a}, only at {b}: {only_b}."))
    }
}

fn object(row: &CompareRow) -> Value {
    json!({
        "aggregate": row.aggregate,
        "diverged": { "version": row.version, "a": row.a.first, "b": row.b.first },
        "changes": row.changes(),
        "only_a": row.a.only,
        "only_b": row.b.only,
    })
}

fn print(context: &mut Context, names: (&str, &str), row: &CompareRow) -> Result<()> {
    let name = row.aggregate.to_string();
    context.out.line(format_args!("{}  differs from v{} on", visible(&name), row.version))?;
    for change in row.changes_by_item() {
        context.out.line(format_args!("    {}", change_line(&change)))?;
    }
    for (mark, point, side) in [('<', names.0, &row.a), ('>', names.1, &row.b)] {
        let Side { version, only, .. } = side;
        if *version == 0 {
            context.out.line(format_args!("  {mark} {}: not there", visible(point)))?;
        }
        for event in only {
            context.out.line(format_args!("  {mark} {}: {}", visible(point), event_line(event)))?;
        }
    }
    Ok(())
}

fn event_line(event: &EventRef) -> String {
    let mut line = format!(
        "v{} #{} {}  {}  {}",
        event.version,
        event.position,
        event.hash.short(),
        event.occurred_at,
        visible(&event.r#type)
    );
    if let Some(actor) = &event.actor {
        line += &format!("  by {}", visible(actor));
    }
    if let Some(carried) = event.carried {
        line += &format!("  = #{carried}");
    }
    line
}

fn three(context: &mut Context, session: &mut Session, from: &Point, to: &Point) -> Result<()> {
    for path in session.three_way(from, to)?.paths {
        if context.json {
            context.out.json(&json!({
                "path": path.path, "before": path.before, "here": path.here, "head": path.head,
                "moved": path.moved,
            }))?;
            continue;
        }
        let value = |value: &Option<Value>| value.as_ref().map_or("–".to_owned(), |value| short(value, 40));
        let moved = match path.moved {
            Moved::OnlyHere => "only here",
            Moved::OnlyHead => "only the head",
            Moved::BothSame => "both, alike",
            Moved::BothDifferently => "both, differently",
        };
        let (before, here, head) = (value(&path.before), value(&path.here), value(&path.head));
        context.out.line(format_args!(
            "{}  before {before}  here {here}  head {head}  ({moved})",
            visible(&path.dotted())
        ))?;
    }
    Ok(())
}
