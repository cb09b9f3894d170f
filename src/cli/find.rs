//! `find`: every event at which a predicate over the state turned, in log order.

use serde_json::json;

use super::Context;
use super::out::{event_line, progress};
use super::stop::Stop;
use crate::error::Result;
use crate::session::{FindRequest, Hit, Point};

/// How many events are searched between two looks at Ctrl-C.
const SLICE: usize = 4096;

#[derive(clap::Args)]
pub struct Args {
    /// The predicate over the state, such as `.reopen_count > 0`.
    #[arg(value_name = "JQ", required_unless_present = "event")]
    predicate: Option<String>,
    /// Only this aggregate (up to a revision of it), or this aggregate type.
    #[arg(value_name = "AGGREGATE|TYPE")]
    of: Option<String>,
    /// Only the first event of each aggregate at which it turned true.
    #[arg(long)]
    first: bool,
    /// A predicate over events instead: `.` is the event, `$before` and `$after` the states around it.
    #[arg(long, value_name = "JQ")]
    event: Option<String>,
    /// At most so many.
    #[arg(long)]
    limit: Option<usize>,
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    let mut session = context.session()?;
    let events = args.event.is_some();
    let (predicate, of) = match (args.event, args.predicate, args.of) {
        // With --event the first word by its place says where to search.
        (Some(_), Some(_), Some(more)) => {
            return Err(crate::error::Error::usage(format!(
                "{more} is one argument too many beside --event."
            )));
        }
        (Some(predicate), None, of) | (Some(predicate), of, None) => (predicate, of),
        (None, predicate, of) => (predicate.unwrap_or_default(), of),
    };
    let mut request = FindRequest { predicate, first: args.first, events, ..FindRequest::default() };
    match of {
        Some(of) if of.contains('/') || of.starts_with(['%', '#']) => match session.resolve(&of, None)? {
            Point::Aggregate { branch, aggregate, version, .. } => {
                session.switch(&branch)?;
                (request.aggregate, request.up_to_version) = (Some(aggregate), Some(version));
            }
            Point::Store { branch, position } => {
                session.switch(&branch)?;
                request.up_to_position = Some(position);
            }
        },
        kind => request.kind = kind,
    }
    let mut search = session.search(request)?;
    let stop = Stop::listen()?;
    let bar = progress("searching");
    let mut left = args.limit.unwrap_or(usize::MAX);
    loop {
        let page = session.find(&mut search, SLICE)?;
        bar.set_length(page.of as u64);
        bar.set_position(page.done as u64);
        if !page.hits.is_empty() {
            // The lines and the bar share a terminal.
            bar.suspend(|| {
                page.hits.iter().take(left).try_for_each(|hit| print(context, hit, search.branch()))?;
                context.out.flush()
            })?;
            left = left.saturating_sub(page.hits.len());
        }
        if page.is_last() || left == 0 {
            bar.finish_and_clear();
            return Ok(());
        }
        stop.check(|| format!("at {} of {}", page.done, page.of)).inspect_err(|_| bar.finish_and_clear())?;
    }
}

fn print(context: &mut Context, hit: &Hit, branch: &str) -> Result<()> {
    let event = &hit.event;
    match hit.turned {
        Some(turned) if context.json => context.out.json(&json!({
            "aggregate": event.aggregate, "branch": branch, "version": event.version,
            "position": event.position, "occurred_at": event.occurred_at, "turned": turned, "hash": event.hash,
        })),
        None if context.json => context.out.line(event.to_json()),
        Some(turned) => {
            context.out.line(format_args!("{} {}", if turned { '▴' } else { '▾' }, event_line(event)))
        }
        None => context.out.line(event_line(event)),
    }
}
