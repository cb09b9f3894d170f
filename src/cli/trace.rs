//! `trace`: the tree of causes and effects that an event is part of; with `--lanes` the lanes of its operation.

mod lanes;

use serde_json::{Map, Value};

use super::Context;
use super::links::event_position;
use super::out::{event_line, visible};
use crate::error::Result;

#[derive(clap::Args)]
pub struct Args {
    /// The event: Task/42@3, 118, the start of a hash.
    rev: String,
    /// A lane for each aggregate of the event's operation, with arrows from causes to effects, and each one's state there.
    #[arg(long)]
    lanes: bool,
    /// Draw the lanes in ASCII.
    #[arg(long, requires = "lanes")]
    ascii: bool,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let mut session = context.session()?;
    let here = event_position(&mut session, &args.rev)?;
    if args.lanes {
        return lanes::run(context, &mut session, here, args.ascii);
    }
    let mut trace = session.trace(here)?;
    loop {
        let rows = session.trace_on(&mut trace, 256)?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            let (depth, event) = (row.depth, row.event);
            if context.json {
                let mut line = Map::from_iter([("depth".to_owned(), Value::from(depth))]);
                if let Ok(Value::Object(event)) = serde_json::from_str(&event.to_json()) {
                    line.extend(event);
                }
                context.out.json(&line)?;
                continue;
            }
            let mark = if event.position == here { '▸' } else { ' ' };
            let branch = if event.branch == session.branch_name() {
                String::new()
            } else {
                format!("  on {}", visible(&event.branch))
            };
            context.out.line(format_args!("{mark} {}{}{branch}", "  ".repeat(depth), event_line(&event)))?;
        }
        context.out.flush()?;
    }
}
