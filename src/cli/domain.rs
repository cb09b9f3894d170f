//! `domain`: show, change or check the domain.

mod lint;

use std::rc::Rc;

use clap::Subcommand;
use serde_json::json;

use super::catalogue::surveyed;
use super::out::visible;
use super::{Context, help, replay};
use crate::domain::{self, Loop};
use crate::error::{Error, Result};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Print the domain in the store.
    Show,
    /// Take a domain into use: a file, or todo, subscription, account or demo. Every head is built again by its rules.
    Set {
        /// The TOML file or the built-in name.
        file: String,
    },
    /// Check a domain file alone; needs no store.
    Check {
        /// The TOML file or the built-in name.
        file: String,
    },
    /// Print a first domain file from what is in the log, ready to be edited.
    Sketch {
        /// What the domain is called.
        #[arg(long, default_value = "sketch")]
        name: String,
    },
    /// Show what is odd about a domain. Fails where something is wrong.
    Lint(lint::Args),
    /// Print this message or the help of the given subcommand(s).
    Help(help::Own),
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    match args.what {
        What::Show => show(context),
        What::Set { file } => set(context, &file),
        What::Check { file } => check(context, &file),
        What::Sketch { name } => sketch(context, &name),
        What::Lint(args) => lint::run(context, &args),
        What::Help(args) => help::of_own("domain", &args),
    }
}

fn show(context: &mut Context) -> Result<()> {
    let source = context.session()?.domain_source()?;
    if context.json {
        return context.out.json(&json!({ "source": source }));
    }
    match source {
        Some(source) => context.out.kept(&source),
        None => {
            Err(Error::refused("The store has no domain.").hint("`backstory domain set FILE` gives it one."))
        }
    }
}

/// Says which reactors answer one another in a circle.
pub fn told(context: &mut Context, loops: &[Loop]) -> Result<()> {
    for found in loops.iter().filter(|_| !context.json) {
        let (end, path) = (found.end(), visible(&found.path));
        context.out.line(format_args!("Reactors go round, and {}: {path}", visible(&end)))?;
    }
    Ok(())
}

/// The domain, by its name where it has one.
pub fn named(domain: &domain::Domain) -> String {
    if domain.name.is_empty() { "The domain".to_owned() } else { format!("The domain {}", domain.name) }
}

fn set(context: &mut Context, file: &str) -> Result<()> {
    let domain = Rc::new(domain::load(file)?);
    let lost = context.session()?.list_views_lost_by(&domain)?;
    let rebuilt = replay::take(context, &domain)?;
    if context.json {
        let mut answer = json!({
            "domain": domain.name, "aggregates": rebuilt.aggregates, "differ": rebuilt.differ, "errors": rebuilt.errors,
        });
        if !lost.is_empty() {
            answer["unlisted"] = json!(lost);
        }
        return context.out.json(&answer);
    }
    if !lost.is_empty() {
        context.out.line(format_args!(
            "It does not say how {} is listed: the label, status and columns of the domain before are gone. They come back \
             with [aggregate.{}] in the file, or with an import by the same mapping.",
            visible(&lost.join(", ")),
            visible(&lost[0])
        ))?;
    }
    context.out.line(format_args!(
        "{} is in use: {} aggregates replayed, {} differ, {} with a rule error.",
        named(&domain),
        rebuilt.aggregates,
        rebuilt.differ,
        rebuilt.errors
    ))
}

fn sketch(context: &mut Context, name: &str) -> Result<()> {
    let source = surveyed(&mut context.session()?)?.sketch(name);
    if context.json {
        return context.out.json(&json!({ "source": source }));
    }
    context.out.kept(&source)
}

fn check(context: &mut Context, file: &str) -> Result<()> {
    let domain = domain::load(file)?;
    let events: usize = domain.aggregates.values().map(|a| a.events.len()).sum();
    let commands: usize = domain.aggregates.values().map(|a| a.commands.len()).sum();
    let (endless, loops): (Vec<_>, Vec<_>) = domain.loops().into_iter().partition(Loop::is_endless);
    if !endless.is_empty() {
        let paths: Vec<_> = endless.iter().map(|found| format!("\n  {}", found.path)).collect();
        return Err(Error::refused(format!(
            "{file}: reactors answer one another in a circle, and nothing stops it:{}",
            paths.concat()
        ))
        .hint("Give one of them a `when` that does not hold the second time."));
    }
    if context.json {
        let mut answer = json!({
            "ok": true, "domain": domain.name, "aggregates": domain.aggregates.len(), "events": events, "commands": commands,
        });
        if !loops.is_empty() {
            let told = loops.iter().map(|found| json!({ "path": found.path, "end": found.end() }));
            answer["loops"] = told.collect();
        }
        return context.out.json(&answer);
    }
    told(context, &loops)?;
    context.out.line(format_args!(
        "{file} is in order: {} aggregate types, {events} event types, {commands} commands.",
        domain.aggregates.len()
    ))
}
