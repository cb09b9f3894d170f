//! `source check` and `source gaps`: what was read against what the source says now, and what came late.

use serde_json::{Value, json};

use super::super::Context;
use super::super::out::{counted, visible};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::session::{Odd, Sources};

#[derive(clap::Subcommand)]
pub enum What {
    /// Read a source again, and name the rows that changed or vanished since; nothing is taken.
    Check {
        /// The source.
        name: String,
    },
    /// Read everything anew in the source's order, and put it in the place of what was read. Branches and waypoints are
    /// carried over.
    Read {
        /// The source.
        name: String,
    },
    /// List what came out of the order of the source's own numbers, with how long it took.
    Gaps {
        /// The source.
        name: String,
    },
}

pub fn run(context: &mut Context, sources: &Sources, what: &What, actor: &str) -> Result<()> {
    match what {
        What::Read { name } => {
            let mut source = sources.named(name)?;
            source.read_anew()?;
            super::take_all(context, &source, actor)
        }
        What::Check { name } => check(context, sources, name),
        What::Gaps { name } => gaps(context, sources, name),
    }
}

fn check(context: &mut Context, sources: &Sources, name: &str) -> Result<()> {
    let checked = sources.named(name)?.check(Clock::System, &mut |_| true)?;
    let (changed, vanished) = (&checked.changed, &checked.vanished);
    if context.json {
        context.out.json(&json!({
            "records": checked.records, "new": checked.new, "changed": changed.0, "vanished": vanished.0,
            "changed_events": changed.1.iter().map(as_json).collect::<Vec<_>>(),
            "vanished_events": vanished.1.iter().map(as_json).collect::<Vec<_>>(),
        }))?;
    } else {
        for (word, (count, odd)) in [("changed", changed), ("vanished", vanished)] {
            for odd in odd {
                let line =
                    format!("{word}  #{} {}@{}  {}", odd.position, odd.aggregate, odd.version, odd.key);
                context.out.line(visible(&line))?;
            }
            if *count > odd.len() as u64 {
                context.out.line(format_args!("and {} more", count - odd.len() as u64))?;
            }
        }
        context.out.line(format_args!(
            "{}: {} not read yet, {} changed, {} vanished.",
            counted(checked.records, "record"),
            checked.new,
            changed.0,
            vanished.0
        ))?;
    }
    if changed.0 + vanished.0 == 0 {
        return Ok(());
    }
    let error = Error::refused(format!("{name} does not say any more what was read of it."));
    Err(error.hint(format!(
        "What was read stays as it is; `backstory source read {name}` reads all of it anew, and carries over what stands \
         beside it."
    )))
}

fn as_json(odd: &Odd) -> Value {
    json!({ "key": odd.key, "aggregate": odd.aggregate, "version": odd.version, "position": odd.position })
}

fn gaps(context: &mut Context, sources: &Sources, name: &str) -> Result<()> {
    let found = sources.named(name)?.out_of_order(Clock::System)?;
    for late in &found {
        if context.json {
            context.out.json(&json!({
                "aggregate": late.aggregate, "version": late.version, "position": late.position, "order": late.order,
                "behind": late.behind, "took_seconds": late.took as f64 / 1e6,
            }))?;
            continue;
        }
        let line = format!(
            "#{} {}@{}  its number {} came when {} was there, {:.1} s after the first one above it",
            late.position,
            late.aggregate,
            late.version,
            late.order,
            late.behind,
            late.took as f64 / 1e6
        );
        context.out.line(visible(&line))?;
    }
    if found.is_empty() && !context.json {
        context.out.line("Everything came in the order of its numbers.")?;
    }
    Ok(())
}
