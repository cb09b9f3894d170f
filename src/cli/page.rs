//! `page`: what is shown, in one HTML file that needs no network.

use std::path::PathBuf;

use serde_json::json;

use super::case::{looks_json, tell_looks};
use super::out::visible;
use super::race::Kept;
use super::{Context, help, md, race};
use crate::error::Result;
use crate::session::{Handed, Matter, ReportRequest, Shape, check_new};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Write the page.
    Write(Box<Write>),
    /// Print this message or the help of the given subcommand(s).
    Help(help::Own),
}

#[derive(clap::Args)]
struct Write {
    /// The file; one that is there is not overwritten.
    file: PathBuf,
    /// Records with their history, each with its slider at this point: Task/42, Task/42@3.
    #[arg(required_unless_present_any = ["diff", "report"], conflicts_with_all = ["diff", "report"])]
    rev: Vec<String>,
    /// What differs between two points.
    #[arg(long, num_args = 2, value_names = ["A", "B"], conflicts_with = "report")]
    diff: Vec<String>,
    /// A report, as of --at or of the head.
    #[arg(long, value_name = "NAME")]
    report: Option<String>,
    /// As of this point.
    #[arg(long, value_name = "REV", requires = "report")]
    at: Option<String>,
    /// The race around these events: its events in lanes, its orders and what they come to.
    #[arg(long, requires = "rev")]
    race: bool,
    /// How far apart two events occurred that overlap, such as `10s` or `5m`.
    #[arg(long, value_name = "TIME", default_value = "60s", requires = "race")]
    within: String,
    /// What is kept of the log's order in every order of the race, as `race` takes it.
    #[arg(long, value_enum, value_delimiter = ',', requires = "race",
        default_values_t = [Kept::Actor, Kept::Command, Kept::Cause, Kept::Seen])]
    keep: Vec<Kept>,
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    match args.what {
        What::Write(args) => write(context, &args),
        What::Help(args) => help::of_own("page", &args),
    }
}

fn write(context: &mut Context, args: &Write) -> Result<()> {
    check_new(&args.file)?;
    let mut session = context.session()?;
    let words: Vec<_> = std::env::args_os().collect();
    let again = md::again(context, &words);
    let points = args.rev.iter().map(|rev| session.resolve(rev, None)).collect::<Result<Vec<_>>>()?;
    let matter = if let [a, b] = args.diff.as_slice() {
        Matter::Diff(session.resolve(a, None)?, session.resolve(b, None)?)
    } else if let Some(name) = &args.report {
        let at = args.at.as_deref().map(|rev| session.resolve(rev, None)).transpose()?;
        Matter::Report(ReportRequest { name: name.clone(), at, after: None, limit: 0, budget: 0 })
    } else if args.race {
        Matter::Race(race::of(&mut session, points, &args.within, &args.keep)?.into(), 0)
    } else {
        Matter::Points(points)
    };
    let handed = session.hand((&matter, &Shape::Page(again)), (&args.file, true), "", &mut |_, _| true)?;
    let Handed::Page(page) = handed else { return Ok(()) };
    let (file, bytes) = (args.file.display().to_string(), page.html.len());
    if context.json {
        return context.out.json(&json!({
            "page": file, "shown": page.shown, "left_out": page.left_out, "looks": looks_json(&page.looks), "bytes": bytes,
        }));
    }
    let left_out = match page.left_out {
        Some(0) => String::new(),
        Some(more) => format!(", {more} left out"),
        None => ", more left out".to_owned(),
    };
    context.out.line(format_args!(
        "{}: {} shown{left_out}; {} KB",
        visible(&file),
        page.shown,
        bytes.div_ceil(1000)
    ))?;
    tell_looks(context, &page.looks)
}
