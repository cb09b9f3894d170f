//! `log`: events, the newest first.

mod graph;

use super::Context;
use super::out::{change_line, event_line, short, visible};
use crate::error::Result;
use crate::session::{LogRequest, Point, parse_time};

#[derive(clap::Args)]
pub struct Args {
    /// Up to this point: an aggregate, a version, a position, a time. Without it, the whole store.
    rev: Option<String>,
    /// Only what occurred at or after this time.
    #[arg(long, value_name = "T")]
    since: Option<String>,
    /// Only what occurred at or before this time; a date means its end.
    #[arg(long, value_name = "T")]
    until: Option<String>,
    /// Only by this actor.
    #[arg(long)]
    actor: Option<String>,
    /// Only this event type.
    #[arg(long, value_name = "EVENT")]
    r#type: Option<String>,
    /// Only where this jq predicate holds: `.` is the state after, `$before`, `$event`, `$changed`.
    #[arg(long, value_name = "JQ")]
    r#where: Option<String>,
    /// Count the events by the value of a jq expression.
    #[arg(long, value_name = "JQ")]
    count_by: Option<String>,
    /// At most so many.
    #[arg(long)]
    limit: Option<usize>,
    /// The oldest first.
    #[arg(long)]
    reverse: bool,
    /// Draw the graph of all branches, up to the point if one is given.
    #[arg(
        long,
        conflicts_with_all = ["since", "until", "actor", "type", "where", "count_by", "reverse"]
    )]
    graph: bool,
    /// Draw it with ASCII characters.
    #[arg(long, requires = "graph")]
    ascii: bool,
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    if args.graph {
        return graph::run(context, &args);
    }
    let mut session = context.session()?;
    // `--since 2016-03-08` means from the start of that day, as `--until` means to its end.
    let since = args.since.as_deref().map(|text| {
        let time = parse_time(text)?;
        let bare = text.len() == 10;
        Ok::<_, crate::error::Error>(if bare {
            crate::event::Time(time.0 - 86_400_000_000 + 1)
        } else {
            time
        })
    });
    let mut request = LogRequest {
        since: since.transpose()?,
        until: args.until.as_deref().map(parse_time).transpose()?,
        actor: args.actor,
        event: args.r#type,
        filter: args.r#where,
        oldest_first: args.reverse,
        limit: args.limit.unwrap_or(usize::MAX),
        ..LogRequest::default()
    };
    match args.rev.as_deref().map(|rev| session.resolve(rev, None)).transpose()? {
        Some(Point::Aggregate { branch, aggregate, version, .. }) => {
            session.switch(&branch)?;
            request.aggregate = Some(aggregate);
            request.up_to_version = Some(version);
        }
        Some(Point::Store { branch, position }) => {
            session.switch(&branch)?;
            request.up_to_position = Some(position);
        }
        None => {}
    }
    if let Some(by) = args.count_by {
        for (value, count) in session.count_log(&request, &by)?.into_iter().take(request.limit) {
            if context.json {
                context.out.json(&serde_json::json!({ "value": value, "count": count }))?;
            } else {
                context.out.line(format_args!("{count:>8}  {}", short(&value, 100)))?;
            }
        }
        return Ok(());
    }
    // A page at a time, so that the first lines are there at once and `| head` ends it.
    let mut left = request.limit;
    loop {
        request.limit = left.min(256);
        request.budget = 1024;
        let page = session.log(&request)?;
        for row in &page.rows {
            if context.json {
                context.out.line(row.event.to_json())?;
            } else {
                context.out.line(event_line(&row.event))?;
                for change in &row.changes {
                    context.out.line(format_args!("        {}", change_line(change)))?;
                }
                if let Some(error) = &row.error {
                    context.out.line(format_args!("        x {}", visible(error)))?;
                }
            }
        }
        context.out.flush()?;
        left -= page.rows.len();
        match page.next {
            Some(next) if left > 0 => request.after = Some(next),
            _ => return Ok(()),
        }
    }
}
