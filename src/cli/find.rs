//! `find`: every event at which a predicate over the state turned, in log order.

use serde_json::json;

use super::out::{event_line, progress};
use super::stop::Stop;
use super::{Context, tell_misses};
use crate::error::Result;
use crate::event::{AggregateId, Position, Version};
use crate::session::{FindRequest, Hit, Point, Session, parse_distance};

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
    /// A predicate over events instead: `.` is the state after, `$event` the event, `$before` the state before;
    /// `backstory help filters` lists the variables.
    #[arg(long, value_name = "JQ")]
    event: Option<String>,
    /// Within which time before an event somebody else may have set what it overwrote, such as `10s` or `5m`.
    #[arg(long, value_name = "TIME", requires = "event")]
    within: Option<String>,
    /// At most so many.
    #[arg(long)]
    limit: Option<usize>,
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    let mut session = context.session()?;
    let events = args.event.is_some();
    let within = args.within.as_deref().map(parse_distance).transpose()?;
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
    let mut request = FindRequest { predicate, first: args.first, events, within, ..FindRequest::default() };
    if let Some(of) = of {
        let narrowed = narrowed(&mut session, &of)?;
        request = FindRequest {
            aggregate: narrowed.aggregate,
            kind: narrowed.kind,
            up_to_version: narrowed.up_to_version,
            up_to_position: narrowed.up_to_position,
            ..request
        };
    }
    // One aggregate is printed as it is searched; of many, what is found last may stand first in the log.
    let many = request.aggregate.is_none();
    let mut search = session.search(request)?;
    let stop = Stop::listen()?;
    let bar = progress("searching");
    let (mut found, mut left) = (Vec::new(), args.limit.unwrap_or(usize::MAX));
    let stopped = loop {
        let mut page = session.find(&mut search, SLICE)?;
        bar.set_length(page.of as u64);
        bar.set_position(page.done as u64);
        found.append(&mut page.hits);
        if !many && !found.is_empty() {
            bar.suspend(|| print(context, &mut session, &found, &mut left, search.branch()))?;
            found.clear();
        }
        if page.is_last() || left == 0 {
            break Ok(());
        }
        let what = if many { "aggregates" } else { "versions" };
        let asked = stop.check(|| format!("after {} of {} {what}", page.done, page.of));
        if asked.is_err() {
            break asked;
        }
    };
    bar.finish_and_clear();
    found.sort_by_key(|hit| hit.position);
    print(context, &mut session, &found, &mut left, search.branch())?;
    stopped?;
    tell_misses(&mut session)
}

/// Where somebody wants to look.
#[derive(Default)]
pub(super) struct Narrowed {
    pub aggregate: Option<AggregateId>,
    pub kind: Option<String>,
    pub up_to_version: Option<Version>,
    pub up_to_position: Option<Position>,
}

/// What an aggregate, a revision or a type means; the session goes over to its branch.
pub(super) fn narrowed(session: &mut Session, of: &str) -> Result<Narrowed> {
    if !of.contains('/') && !of.starts_with(['%', '#']) {
        return Ok(Narrowed { kind: Some(of.to_owned()), ..Narrowed::default() });
    }
    Ok(match session.resolve_here(of)? {
        Point::Aggregate { branch, aggregate, version, .. } => {
            session.switch(&branch)?;
            Narrowed { aggregate: Some(aggregate), up_to_version: Some(version), ..Narrowed::default() }
        }
        Point::Store { branch, position, .. } => {
            session.switch(&branch)?;
            Narrowed { up_to_position: Some(position), ..Narrowed::default() }
        }
    })
}

fn print(
    context: &mut Context,
    session: &mut Session,
    hits: &[Hit],
    left: &mut usize,
    branch: &str,
) -> Result<()> {
    for hit in hits.iter().take(*left) {
        if let Some(turned) = hit.turned.filter(|_| context.json) {
            context.out.json(&json!({
                "aggregate": hit.aggregate, "branch": branch, "version": hit.version,
                "position": hit.position, "occurred_at": hit.occurred_at, "turned": turned, "hash": hit.hash,
            }))?;
        } else if let Some(event) = session.event(hit.position)? {
            match hit.turned {
                None if context.json => context.out.json_text(&event.to_json())?,
                None => context.out.line(event_line(&event))?,
                Some(turned) => {
                    let mark = if turned { '▴' } else { '▾' };
                    context.out.line(format_args!("{mark} {}", event_line(&event)))?;
                }
            }
        }
    }
    *left = left.saturating_sub(hits.len());
    context.out.flush()
}
