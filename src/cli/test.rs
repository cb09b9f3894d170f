//! `test` and `check`: history as a regression test.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use clap::ValueEnum;
use serde_json::json;

use super::case::{looks_json, tell_looks};
use super::exec::Exec;
use super::out::{counted, visible};
use super::race::Kept;
use super::{Context, help, race};
use crate::domain;
use crate::error::{Error, Result};
use crate::session::{Handed, Judge, Matter, ScenarioFile, Shape, check_new};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Write what was given, what was done and what came of it: records up to these points, or an order of a race.
    Write(Box<Write>),
    /// Print this message or the help of the given subcommand(s).
    Help(help::Own),
}

#[derive(clap::Args)]
struct Write {
    /// The file; one that is there is not overwritten.
    file: PathBuf,
    /// The records, each up to this point: Task/42, Task/42@3. Of a race, the events to begin with.
    #[arg(required = true)]
    rev: Vec<String>,
    /// Of the race around these events this order, its requests decided again: an end's letter, or a row's name.
    #[arg(long, value_name = "NAME")]
    order: Option<String>,
    /// How far apart two events occurred that overlap, such as `10s` or `5m`.
    #[arg(long, value_name = "TIME", default_value = "60s", requires = "order")]
    within: String,
    /// What is kept of the log's order in every order of the race, as `race` takes it.
    #[arg(long, value_enum, value_delimiter = ',', requires = "order",
        default_values_t = [Kept::Actor, Kept::Command, Kept::Cause, Kept::Seen])]
    keep: Vec<Kept>,
    /// A file of scenarios for `backstory check`, or plain JSON for a suite of one's own.
    #[arg(long, value_enum, default_value_t = Format::Toml)]
    format: Format,
    /// What the file calls the domain: a name, or a file beside it. Without it, the store's domain is written beside it.
    #[arg(long, value_name = "NAME|FILE")]
    domain: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A file of scenarios.
    Toml,
    /// Given, when, then.
    Json,
}

#[derive(clap::Args)]
pub struct Check {
    /// Files of scenarios.
    #[arg(required = true)]
    file: Vec<PathBuf>,
    /// Against this domain in place of the one that a file names.
    #[arg(long, value_name = "NAME|FILE")]
    domain: Option<String>,
    #[command(flatten)]
    exec: Exec,
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    match args.what {
        What::Write(args) => write(context, &args),
        What::Help(args) => help::of_own("test", &args),
    }
}

fn write(context: &mut Context, args: &Write) -> Result<()> {
    check_new(&args.file)?;
    let mut session = context.session()?;
    let points = args.rev.iter().map(|rev| session.resolve(rev, None)).collect::<Result<Vec<_>>>()?;
    let matter = match &args.order {
        None => Matter::Points(points),
        Some(order) => {
            let page = race::of(&mut session, points, &args.within, &args.keep)?;
            let row = race::row(&page, order)?;
            Matter::Race(page.into(), row)
        }
    };
    let shape = Shape::Test(args.domain.clone(), args.format == Format::Json);
    let handed = session.hand((&matter, &shape), (&args.file, true), "", &mut |_, _| true)?;
    let Handed::Test(tests, beside) = handed else { return Ok(()) };
    let (file, looks) = (args.file.display().to_string(), tests.looks());
    if context.json {
        return context.out.json(&json!({
            "test": file, "scenarios": tests.scenario.len(), "domain": tests.domain, "domain_written": beside.is_some(),
            "looks": looks_json(&looks),
        }));
    }
    for scenario in &tests.scenario {
        let differs = scenario.row.is_none();
        let note = if differs { "  (run now, it comes to something else)" } else { "" };
        let steps = counted(scenario.steps.len() as u64, "step");
        context.out.line(format_args!("{}: {}, {steps}{note}", visible(&file), visible(&scenario.name)))?;
    }
    tell_looks(context, &looks)
}

pub fn check(context: &mut Context, args: &Check) -> Result<()> {
    let other = args.domain.as_deref().map(domain::load).transpose()?.map(Rc::new);
    let programs = other.as_ref().map_or(Ok(None), |other| args.exec.programs(other))?;
    let (mut ran, mut failed) = (0, 0);
    for file in &args.file {
        let tests = ScenarioFile::read(file)?;
        // A program only makes states: what a command does is said by the rules of the file's own domain.
        let rules = match &other {
            Some(other) if programs.is_none() => Some(Rc::clone(other)),
            _ => tests.load_domain(file)?,
        };
        let judge = other
            .as_ref()
            .zip(programs.as_ref())
            .map(|(domain, programs)| Judge { domain, programs: Some(programs) });
        for scenario in &tests.scenario {
            let wrong = scenario
                .check(rules.as_ref(), judge.as_ref())
                .map_err(|error| error.at(format!("{}, \"{}\"", file.display(), scenario.name)))?;
            ran += 1;
            failed += u64::from(!wrong.is_empty());
            tell(context, file, &scenario.name, &wrong)?;
        }
    }
    if !context.json {
        context.out.line(format_args!("{} run, {failed} failed", counted(ran, "scenario")))?;
    }
    context.out.flush()?;
    if failed == 0 {
        return Ok(());
    }
    Err(Error::refused(format!("{failed} of {} failed.", counted(ran, "scenario"))))
}

fn tell(context: &mut Context, file: &Path, name: &str, wrong: &[String]) -> Result<()> {
    let file = file.display().to_string();
    if context.json {
        return context.out.json(&json!({
            "file": file, "scenario": name, "ok": wrong.is_empty(), "differs": wrong,
        }));
    }
    if wrong.is_empty() {
        return context.out.line(format_args!("ok      {}: {}", visible(&file), visible(name)));
    }
    context.out.line(format_args!("FAILED  {}: {}", visible(&file), visible(name)))?;
    wrong.iter().try_for_each(|line| context.out.line(format_args!("    {}", visible(line))))
}
