//! `domain lint`: what is odd about a domain, by its text, by trial and by the log.

use std::cell::Cell;

use crate::cli::Context;
use crate::cli::out::{progress, visible};
use crate::cli::stop::Stop;
use crate::domain;
use crate::domain::lint::{Finding, Weight};
use crate::error::{Error, Result};
use crate::session::lint;

#[derive(clap::Args)]
pub struct Args {
    /// A TOML file or a built-in name, by its text alone; without it the store's domain, with what its log shows.
    file: Option<String>,
    /// Hold the file against the store's log too.
    #[arg(long)]
    log: bool,
}

/// Lists the findings; those that are wrong make it fail.
pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let file = args.file.as_deref().map(domain::load_unchecked).transpose()?;
    let mut stopped = Ok(());
    let findings = match &file {
        Some(domain) if !args.log => lint(domain),
        other => {
            let mut session = context.session()?;
            let (stop, bar) = (Stop::listen()?, progress("folding"));
            let came = Cell::new((0, 0));
            let findings = session.lint(other.as_ref(), &mut |done, total| {
                came.set((done, total));
                bar.set_length(total as u64);
                bar.set_position(done as u64);
                stop.check(String::new).is_ok()
            });
            bar.finish_and_clear();
            if came.get().0 < came.get().1 {
                stopped = stop.check(|| format!("after {} of {} aggregates", came.get().0, came.get().1));
            }
            findings?
        }
    };
    print(context, &findings)?;
    stopped?;
    let wrong = findings.iter().filter(|finding| finding.weight == Weight::Wrong).count();
    if wrong == 0 {
        Ok(())
    } else {
        let mistakes = if wrong == 1 { "1 mistake".to_owned() } else { format!("{wrong} mistakes") };
        Err(Error::refused(format!("{mistakes} among {} findings.", findings.len())))
    }
}

fn print(context: &mut Context, findings: &[Finding]) -> Result<()> {
    for finding in findings {
        if context.json {
            context.out.json(finding)?;
            continue;
        }
        let mark = if finding.weight == Weight::Wrong { '!' } else { '-' };
        context.out.line(format_args!(
            "{mark} {}:{}: {}: {} [{}]",
            visible(&finding.file),
            finding.line,
            visible(&finding.subject),
            visible(&finding.message),
            finding.check
        ))?;
        context.out.line(format_args!("    {}", visible(&finding.advice)))?;
    }
    if findings.is_empty() && !context.json {
        context.out.line("Nothing odd was found.")?;
    }
    Ok(())
}
