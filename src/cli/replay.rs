//! `replay`: build every head again from the log, or see what another domain would make of it.

mod contrast;

use std::rc::Rc;

use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::Context;
use super::domain::{named, told};
use super::exec::Exec;
use super::out::{change_line, progress, visible};
use super::stop::Stop;
use crate::domain;
use crate::error::Result;
use crate::journal::Rebuilt;
use crate::replay::diff;
use crate::session::Session;

#[derive(clap::Args)]
pub struct Args {
    /// Compare with the rules of this domain: where histories part, at which event and by which rule.
    #[arg(long, value_name = "FILE")]
    domain: Option<String>,
    /// List what would differ, and write nothing. With another domain that is so unless it is applied.
    #[arg(long, conflicts_with = "apply")]
    dry_run: bool,
    /// Take the other domain into use and build every head again by it. One that was stopped goes on where it was.
    #[arg(long, requires = "domain")]
    apply: bool,
    /// How many aggregates to list of each cause.
    #[arg(long, value_name = "N", default_value_t = 5, requires = "domain")]
    limit: usize,
    /// Compare this domain with the other one, instead of the one in use.
    #[arg(long, value_name = "FILE", requires = "domain", conflicts_with = "apply")]
    against: Option<String>,
    #[command(flatten)]
    exec: Exec,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let other = args.domain.as_deref().map(domain::load).transpose()?;
    match other {
        Some(other) if args.apply => apply(context, &Rc::new(other)),
        Some(other) => contrast::run(context, &other, args),
        None => again(context, !args.dry_run),
    }
}

/// Moves a bar, and answers whether to go on.
fn moved(bar: &ProgressBar, stop: &Stop, (done, total): (i64, i64)) -> bool {
    bar.set_length(total as u64);
    bar.set_position(done as u64);
    !stop.asked()
}

fn again(context: &mut Context, write: bool) -> Result<()> {
    let mut session = context.session()?;
    let (bar, stop) = (progress("replaying"), Stop::listen()?);
    let rebuilt = session.replay(None, write, &mut |done, total| moved(&bar, &stop, (done, total)));
    bar.finish_and_clear();
    let rebuilt = rebuilt?;
    if write {
        catch_up(&mut session, &stop)?;
    }
    differing(context, &rebuilt)?;
    if context.json {
        return context.out.json(&json!({
            "aggregates": rebuilt.aggregates, "events": rebuilt.events, "differ": rebuilt.differ,
            "errors": rebuilt.errors, "written": write,
        }));
    }
    let did = if write { "heads built again" } else { "nothing was written" };
    context.out.line(format_args!(
        "{} aggregates, {} events: {} differ, {} with a rule error; {did}{}.",
        rebuilt.aggregates,
        rebuilt.events,
        rebuilt.differ,
        rebuilt.errors,
        resumed(&rebuilt)
    ))
}

/// Takes a domain into use: the heads are built by it, then the projections.
pub fn take(context: &mut Context, other: &Rc<domain::Domain>) -> Result<Rebuilt> {
    told(context, &other.loops())?;
    let mut session = context.session()?;
    let (bar, stop) = (progress("replaying"), Stop::listen()?);
    let rebuilt = session.set_domain(other, &mut |done, total| moved(&bar, &stop, (done, total)));
    bar.finish_and_clear();
    let rebuilt = rebuilt?;
    catch_up(&mut session, &stop)?;
    Ok(rebuilt)
}

/// Stopped, it goes on whenever the store is opened.
fn catch_up(session: &mut Session, stop: &Stop) -> Result<()> {
    let bar = progress("projections");
    let done = session.catch_up(&mut |done, total| moved(&bar, stop, (done, total)));
    bar.finish_and_clear();
    done
}

fn apply(context: &mut Context, other: &Rc<domain::Domain>) -> Result<()> {
    let rebuilt = take(context, other)?;
    if context.json {
        return context.out.json(&json!({
            "domain": other.name, "aggregates": rebuilt.aggregates, "events": rebuilt.events,
            "differ": rebuilt.differ, "errors": rebuilt.errors, "resumed": rebuilt.before, "written": true,
        }));
    }
    context.out.line(format_args!(
        "{} is in use: {} aggregates replayed{}, {} differ, {} with a rule error.",
        named(other),
        rebuilt.aggregates,
        resumed(&rebuilt),
        rebuilt.differ,
        rebuilt.errors
    ))
}

/// What had been done when a rebuild by the same rules was cut off.
fn resumed(rebuilt: &Rebuilt) -> String {
    if rebuilt.before == 0 { String::new() } else { format!(" after the {} of the last try", rebuilt.before) }
}

fn differing(context: &mut Context, rebuilt: &Rebuilt) -> Result<()> {
    for differing in &rebuilt.differing {
        let value = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        let changes = diff(&value(&differing.old), &value(&differing.new));
        if context.json {
            context.out.json(
                &json!({ "aggregate": differing.aggregate, "branch": differing.branch, "changes": changes }),
            )?;
            continue;
        }
        let name = differing.aggregate.to_string();
        context.out.line(visible(&name))?;
        for change in &changes {
            context.out.line(format_args!("  {}", change_line(change)))?;
        }
    }
    Ok(())
}
