//! `export`: events out, in log order.

use clap::ValueEnum;

use super::out::Out;
use super::stop::Stop;
use super::{Context, log, tell_misses};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, cloud_event};
use crate::session::{Among, LogRequest, Point, Session, parse_distance, parse_time};

/// How many events are tried between two looks at Ctrl-C.
const BUDGET: usize = 16_384;

#[derive(clap::Args)]
pub struct Args {
    /// backstory's own JSON Lines, or CloudEvents 1.0.
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
    /// Only events for which this jq predicate holds, as in `log --where`.
    #[arg(long, value_name = "JQ")]
    r#where: Option<String>,
    /// Only events of these records: Task/42 Task/43.
    #[arg(long, value_name = "AGGREGATE", num_args = 1..)]
    only: Vec<String>,
    /// Only what occurred at or after this time.
    #[arg(long, value_name = "T")]
    since: Option<String>,
    /// Only what occurred at or before this time; a date means its end.
    #[arg(long, value_name = "T")]
    until: Option<String>,
    /// Within which time before an event somebody else may have set what it overwrote, such as `10s` or `5m`.
    #[arg(long, value_name = "TIME", requires = "where")]
    within: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// One event a line, with its hash; comes back with `import`.
    Jsonl,
    /// One CloudEvents 1.0 object a line.
    Cloudevents,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let mut session = context.session()?;
    if args.r#where.is_some() || !args.only.is_empty() || args.since.is_some() || args.until.is_some() {
        return some(&mut context.out, &mut session, args);
    }
    session.each_event(&mut |event| write(&mut context.out, event, args.format))
}

fn write(out: &mut Out, event: &Event, format: Format) -> Result<()> {
    match format {
        Format::Jsonl => out.kept_json(&event.to_json()),
        Format::Cloudevents => out.kept_json(&cloud_event(event).to_string()),
    }
}

/// A record that is named, and not one of its versions.
fn record(session: &mut Session, text: &str) -> Result<AggregateId> {
    match session.resolve(text, None)? {
        Point::Aggregate { aggregate, .. } if aggregate.to_string() == text => Ok(aggregate),
        _ => Err(Error::usage(format!("{text} is not a record."))
            .hint("Write Task/42; --since and --until narrow the time.")),
    }
}

/// Those that are asked for, as they are stored.
fn some(out: &mut Out, session: &mut Session, args: &Args) -> Result<()> {
    let stop = Stop::listen()?;
    let head = session.tail()?.head;
    let only = args.only.iter().map(|text| record(session, text)).collect::<Result<Vec<_>>>()?;
    let mut request = LogRequest {
        filter: args.r#where.clone(),
        among: (!only.is_empty()).then_some(Among::Chosen(only)),
        since: args.since.as_deref().map(log::since).transpose()?,
        until: args.until.as_deref().map(parse_time).transpose()?,
        within: args.within.as_deref().map(parse_distance).transpose()?,
        up_to_position: Some(head),
        oldest_first: true,
        bare: true,
        stored: true,
        limit: 256,
        budget: BUDGET,
        ..LogRequest::default()
    };
    loop {
        let page = session.log(&request)?;
        page.rows.iter().try_for_each(|row| write(out, &row.event, args.format))?;
        let Some(next) = page.next else { break };
        request.after = Some(next);
        stop.check(|| format!("after position {next} of {head}"))?;
    }
    tell_misses(session)
}
