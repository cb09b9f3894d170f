//! `monitors`: what came too seldom or too often.

use serde_json::json;

use super::Context;
use super::out::{counted, progress, visible};
use crate::error::{Error, Result};

#[derive(clap::Args)]
pub struct Args {
    /// Only this one.
    name: Option<String>,
    /// Check up to now, not only up to the newest event: a silence that lasts is found, too.
    #[arg(long)]
    now: bool,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let mut session = context.session()?;
    let bar = progress("checking");
    let reports = session.monitors(args.now, &mut |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
        true
    });
    bar.finish_and_clear();
    let reports = reports?;
    if let Some(name) = &args.name
        && reports.iter().all(|report| report.name != *name)
    {
        let names: Vec<_> = reports.iter().map(|report| report.name.as_str()).collect();
        return Err(Error::refused(format!("The domain has no monitor {name}.")).hint(format!(
            "It has {}.",
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        )));
    }
    for report in reports.iter().filter(|report| args.name.as_ref().is_none_or(|name| report.name == *name)) {
        if !context.json {
            context.out.line(format_args!(
                "{}: {}, {}, {}.{}",
                visible(&report.name),
                report.wanted,
                counted(report.events as u64, "event"),
                counted(report.violations.len() as u64, "violation"),
                report.doc.as_deref().map_or_else(String::new, |doc| format!(" {}", visible(doc)))
            ))?;
        }
        if let Some((events, why)) = &report.failed {
            if context.json {
                context.out.json(&json!({ "monitor": report.name, "failed": events, "error": why }))?;
            } else {
                let (events, why) = (counted(*events as u64, "event"), visible(why));
                context
                    .out
                    .line(format_args!("  its `where` fails on {events}, which do not count: {why}"))?;
            }
        }
        for violation in &report.violations {
            if context.json {
                context.out.json(&json!({
                    "monitor": report.name, "from": violation.from.to_string(),
                    "to": violation.to.map(|to| to.to_string()), "count": violation.count,
                    "position": violation.position,
                }))?;
            } else {
                let to = violation.to.map_or_else(|| "still".to_owned(), |to| to.to_string());
                context.out.line(format_args!(
                    "  {} to {to}: {}, behind #{}",
                    violation.from, violation.count, violation.position
                ))?;
            }
        }
    }
    if reports.is_empty() && !context.json {
        context.out.line("The domain has no monitors.")?;
    }
    Ok(())
}
