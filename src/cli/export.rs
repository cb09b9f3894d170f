//! `export`: events out, in log order.

use clap::ValueEnum;

use super::out::Out;
use super::stop::Stop;
use super::{Context, tell_misses};
use crate::error::Result;
use crate::event::{Event, cloud_event};
use crate::session::{LogRequest, Session, parse_distance};

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
    if args.r#where.is_some() {
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

/// Those that a filter takes, as they are stored.
fn some(out: &mut Out, session: &mut Session, args: &Args) -> Result<()> {
    let stop = Stop::listen()?;
    let head = session.tail()?.head;
    let mut request = LogRequest {
        filter: args.r#where.clone(),
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
