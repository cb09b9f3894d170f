//! `diff`: what changed between two points of an aggregate, or of the whole store.

use serde_json::{Value, json};

use super::Context;
use super::out::{change_line, short, visible};
use crate::error::Result;
use crate::replay::Moved;
use crate::session::{CompareRequest, CompareRow, EventRef, Point, Session, Side};

#[derive(clap::Args)]
pub struct Args {
    /// The point before: an aggregate's version, a branch, a time, a position.
    from: String,
    /// The point after; `@5` alone is about the same aggregate.
    to: String,
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
    let mut session = context.session()?;
    let from = session.resolve(&args.from, None)?;
    let here = match &from {
        Point::Aggregate { aggregate, .. } => Some(aggregate.clone()),
        Point::Store { .. } => None,
    };
    let to = session.resolve(&args.to, here.as_ref())?;
    let (from, to) = match (&from, &to) {
        _ if args.all => return compare(context, args, &mut session, from, to),
        (Point::Store { .. }, Point::Store { .. }) => return compare(context, args, &mut session, from, to),
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

fn compare(context: &mut Context, args: &Args, session: &mut Session, a: Point, b: Point) -> Result<()> {
    let mut request = CompareRequest { limit: PAGE, ..CompareRequest::of(a, b) };
    let (mut aggregates, mut only_a, mut only_b) = (0, 0, 0);
    loop {
        let page = session.compare(&request)?;
        for row in &page.rows {
            aggregates += 1;
            only_a += row.a.count;
            only_b += row.b.count;
            if context.json {
                context.out.json(&object(row))?;
            } else {
                print(context, args, row)?;
            }
        }
        context.out.flush()?;
        let Some(next) = page.next else { break };
        request.after = next;
    }
    if context.json {
        return Ok(());
    }
    let (a, b) = (visible(&args.from), visible(&args.to));
    let differ = if aggregates == 1 { "aggregate differs" } else { "aggregates differ" };
    context
        .out
        .line(format_args!("{aggregates} {differ}; events only at {a}: {only_a}, only at {b}: {only_b}."))
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

fn print(context: &mut Context, args: &Args, row: &CompareRow) -> Result<()> {
    let name = row.aggregate.to_string();
    context.out.line(format_args!("{}  differs from v{} on", visible(&name), row.version))?;
    for change in row.changes_by_item() {
        context.out.line(format_args!("    {}", change_line(&change)))?;
    }
    for (mark, point, side) in [('<', &args.from, &row.a), ('>', &args.to, &row.b)] {
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
