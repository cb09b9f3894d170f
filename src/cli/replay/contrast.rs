//! What another domain would make of the history, by cause: the rule at which states part, and the fields.

use serde_json::{Value, json};

use super::{Args, moved};
use crate::cli::Context;
use crate::cli::out::{change_line, progress, visible};
use crate::cli::stop::Stop;
use crate::domain::{self, Domain};
use crate::error::Result;
use crate::replay::{Caused, Parted};
use crate::session::Judge;

pub fn run(context: &mut Context, other: &Domain, args: &Args) -> Result<()> {
    let old = args.against.as_deref().map(domain::load).transpose()?;
    let programs = args.exec.programs(other)?;
    let olds = old.as_ref().map(|old| args.exec.programs(old)).transpose()?.flatten();
    let mut session = context.session()?;
    let new = Judge { domain: other, programs: programs.as_ref() };
    let old = old.as_ref().map(|domain| Judge { domain, programs: olds.as_ref() });
    let (bar, stop) = (progress("comparing"), Stop::listen()?);
    let all = session.contrast_by(old, new, args.limit, &mut |done, total| moved(&bar, &stop, (done, total)));
    bar.finish_and_clear();
    let all = all?;
    let unverified = |kind: &str| new.is_unverified(kind) || old.is_some_and(|old| old.is_unverified(kind));
    for caused in &all.causes {
        let unverified = unverified(&caused.cause.aggregate);
        if context.json {
            as_json(context, caused, unverified)?;
        } else {
            as_text(context, caused, unverified)?;
        }
    }
    let programs = programs.is_some() || olds.is_some();
    if context.json {
        return context.out.json(&marked(
            json!({
                "aggregates": all.aggregates, "events": all.events, "differ": all.differ, "met_again": all.met_again,
                "errors": all.errors, "whole": all.whole, "written": false,
            }),
            programs,
        ));
    }
    if programs {
        context.out.line("unverified: states were made by a program outside, and never become heads.")?;
    }
    let stopped = if all.whole { "" } else { " Stopped: what follows was not compared." };
    context.out.line(format_args!(
        "{} aggregates, {} events: {} differ, {} differ only on the way, {} with a rule error; nothing was \
         written.{stopped}",
        all.aggregates, all.events, all.differ, all.met_again, all.errors
    ))
}

/// Each listed aggregate, then the cause with its counts.
fn as_json(context: &mut Context, caused: &Caused, unverified: bool) -> Result<()> {
    for (branch, parted) in &caused.listed {
        let line = json!({
            "aggregate": parted.aggregate, "branch": branch, "version": parted.version,
            "position": parted.position, "event": parted.event, "first": parted.first, "error": parted.error,
            "changes": parted.last,
        });
        context.out.json(&marked(line, unverified))?;
    }
    let line =
        json!({ "cause": caused.cause, "aggregates": caused.aggregates, "met_again": caused.met_again });
    context.out.json(&marked(line, unverified))
}

/// Says so where a program outside had a part in it.
fn marked(mut line: Value, unverified: bool) -> Value {
    if unverified {
        line["unverified"] = true.into();
    }
    line
}

fn as_text(context: &mut Context, caused: &Caused, unverified: bool) -> Result<()> {
    let cause = &caused.cause;
    let paths = cause.paths.join(", ");
    context.out.line(format_args!(
        "{}.{}: {}  ({} {}{})",
        visible(&cause.aggregate),
        visible(&cause.event),
        visible(if paths.is_empty() { "no field" } else { &paths }),
        caused.aggregates,
        if caused.aggregates == 1 { "aggregate" } else { "aggregates" },
        if unverified { ", unverified" } else { "" }
    ))?;
    if let Some(error) = &cause.error {
        context.out.line(format_args!("  one of the rules fails: {}", visible(error)))?;
    }
    for (branch, parted) in &caused.listed {
        one(context, branch, parted)?;
    }
    let more = caused.aggregates - caused.listed.len() as i64;
    if more > 0 { context.out.line(format_args!("  and {more} more")) } else { Ok(()) }
}

fn one(context: &mut Context, branch: &str, parted: &Parted) -> Result<()> {
    let at = format!("{}@{}", parted.aggregate, parted.version);
    let meets = if parted.last.is_empty() { ", the same again at the head" } else { "" };
    context.out.line(format_args!(
        "  {} (#{} on {}){meets}",
        visible(&at),
        parted.position,
        visible(branch)
    ))?;
    for change in &parted.first {
        context.out.line(format_args!("    {}", change_line(change)))?;
    }
    Ok(())
}
