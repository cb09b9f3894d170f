//! `case`: one file that reopens a finding anywhere.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::out::{counted, progress, visible};
use super::stop::Stop;
use super::{Actor, Context, help};
use crate::error::Result;
use crate::session::{CaseHead, CaseWritten, Handed, Looks, Matter, Shape, Views, is_case, read_case_head};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Write whole records up to these points to a file that `backstory FILE.case` opens anywhere.
    Write(Box<Write>),
    /// Say what a case holds, without opening it.
    Show {
        /// The case.
        file: PathBuf,
    },
    /// Print this message or the help of the given subcommand(s).
    Help(help::Own),
}

#[derive(clap::Args)]
struct Write {
    /// The file; its name ends in .case.
    file: PathBuf,
    /// The records, each up to this point: Task/42, Task/42@3, 118. A branch, or a time, is the whole store.
    #[arg(required = true)]
    rev: Vec<String>,
    /// Replace these values by tokens: assignee, address.street, $meta.actor, $id.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    redact: Vec<String>,
    /// With this view: chips, sort, columns and pinned field, as they were kept under a name.
    #[arg(long, value_name = "NAME")]
    view: Option<String>,
    /// Say what it would hold, and write nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    actor: Actor,
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    match args.what {
        What::Write(args) => write(context, *args),
        What::Show { file } => show(context, &read_case_head(&file)?),
        What::Help(args) => help::of_own("case", &args),
    }
}

fn write(context: &mut Context, args: Write) -> Result<()> {
    let mut session = context.session()?;
    let points = args.rev.iter().map(|rev| session.resolve(rev, None)).collect::<Result<Vec<_>>>()?;
    let view = args.view.as_deref().map(|name| Views::of_user(&context.path())?.named(name)).transpose()?;
    let what = (&Matter::Points(points), &Shape::Case(args.redact.clone(), view));
    let (stop, bar) = (Stop::listen()?, progress("writing"));
    let handed =
        session.hand(what, (&args.file, !args.dry_run), &args.actor.name(), &mut |done, total| {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
            !stop.asked()
        })?;
    bar.finish_and_clear();
    let Handed::Case(written) = handed else { return Ok(()) };
    tell(context, &args.file.display().to_string(), &args.redact, &written)
}

fn tell(context: &mut Context, file: &str, redact: &[String], written: &CaseWritten) -> Result<()> {
    let CaseWritten { events, left_out, records, beside, replaced, still, looks, bytes } = written;
    if context.json {
        let looks = looks_json(looks);
        let still: Vec<_> =
            still.iter().map(|(path, count)| json!({ "path": path, "count": count })).collect();
        return context.out.json(&json!({
            "case": file, "written": *bytes > 0, "events": events, "records": records, "left_out": left_out,
            "beside": beside, "redacted": redact, "replaced": replaced, "still": still, "looks": looks, "bytes": bytes,
        }));
    }
    let out = &mut context.out;
    let size = if *bytes > 0 { format!("; {}", size(*bytes)) } else { "; nothing was written".to_owned() };
    out.line(format_args!(
        "{}: {} of {}, {} left out{size}",
        visible(file),
        counted(*events as u64, "event"),
        counted(*records as u64, "record"),
        counted(*left_out as u64, "event"),
    ))?;
    if !redact.is_empty() {
        let paths = redact.join(", ");
        out.line(format_args!(
            "{} of {} replaced by tokens; its hashes were made anew, and prove nothing any more.",
            counted(*replaced as u64, "value"),
            visible(&paths)
        ))?;
    }
    for (path, count) in still {
        out.line(format_args!("note: what was replaced still stands in {} ({count}).", visible(path)))?;
    }
    tell_looks(context, looks)
}

/// Names what looks like secrets or personal data.
pub fn tell_looks(context: &mut Context, looks: &Looks) -> Result<()> {
    for (path, what, count) in looks.iter() {
        context.out.line(format_args!("note: {} looks like {what} ({count}).", visible(path)))?;
    }
    Ok(())
}

/// The same as JSON.
pub fn looks_json(looks: &Looks) -> Vec<Value> {
    let told = |(path, what, count)| json!({ "path": path, "like": what, "count": count });
    looks.iter().map(told).collect()
}

fn size(bytes: u64) -> String {
    if bytes < 10_000 { format!("{bytes} bytes") } else { format!("{} KB", bytes / 1000) }
}

fn show(context: &mut Context, head: &CaseHead) -> Result<()> {
    if context.json {
        return context.out.json(head);
    }
    let out = &mut context.out;
    out.line(format_args!("{}  by {}  {}", visible(&head.name), visible(&head.made_by), head.made_at))?;
    out.line(format_args!(
        "{} of {}, up to #{}; {} left out",
        counted(head.events as u64, "event"),
        visible(&head.store),
        head.end,
        counted(head.left_out as u64, "event"),
    ))?;
    out.line(format_args!("opens at {}:{}", visible(&head.branch), visible(&head.at)))?;
    if !head.redacted.is_empty() {
        out.line(format_args!(
            "redacted: {}; its hashes were made anew, and prove nothing",
            visible(&head.redacted.join(", "))
        ))?;
    }
    Ok(())
}

/// A store for a verb that takes one by its name: of a case, the one that it is opened in.
pub fn store_of(path: &std::path::Path) -> Result<(PathBuf, Option<crate::session::OpenedCase>)> {
    if !is_case(path) {
        return Ok((path.to_owned(), None));
    }
    let case = crate::session::open_case(path, crate::clock::Clock::System)?;
    Ok((case.store.clone(), Some(case)))
}
