//! `import`: events of other systems, and of another store.

mod follow;

use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::out::{counted, progress, visible};
use super::{Actor, Context};
use crate::error::{Error, Result};
use crate::event::NewEvent;
use crate::file;
use crate::import::adapter::adapt;
use crate::import::{Becomes, Mapping, Options, Preview, Reads, Report, Rows};
use crate::session::{ImportProgress, Imported, import_into};

#[derive(clap::Args)]
pub struct Args {
    /// The files, folders and patterns: JSON, JSON Lines, CSV, TSV, logfmt or syslog (RFC 5424), plain, .gz, .zst or .zip, or
    /// SQLite databases; `-` is standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// How records become events: a TOML file, or cloudevents, cloudtrail, git, github, k8s-audit, kurrentdb, ocel,
    /// own-edited, papertrail, servicenow, stripe or temporal. Without it the files are backstory's own export.
    #[arg(long, value_name = "NAME|FILE")]
    map: Option<String>,
    #[command(flatten)]
    rows: Which,
    /// Go on: import what the files get as it comes, through rotation and restarts, until Ctrl-C or SIGTERM.
    #[arg(long, conflicts_with = "try")]
    follow: bool,
    /// Count and list bad records, and go on without them.
    #[arg(long)]
    skip_bad: bool,
    /// Show what the first N records become, and append nothing.
    #[arg(long, value_name = "N")]
    r#try: Option<usize>,
    /// Read records of up to so many MB; else of up to 64 MB.
    #[arg(long, value_name = "MB", value_parser = clap::value_parser!(u64).range(1..=900))]
    largest: Option<u64>,
    /// Let the domain's reactors answer the events, as if they were fired.
    #[arg(long, conflicts_with = "try")]
    react: bool,
    #[command(flatten)]
    actor: Actor,
}

/// Which rows are read, of SQLite databases.
#[derive(clap::Args)]
pub struct Which {
    /// Read this table, or view, of a SQLite database, each row as a record.
    #[arg(long, value_name = "NAME", conflicts_with = "query")]
    table: Option<String>,
    /// Read what this SELECT gives of a SQLite database, each row as a record.
    #[arg(long, value_name = "SQL")]
    query: Option<String>,
}

impl Which {
    /// Those that were named.
    pub fn rows(&self) -> Option<Rows> {
        let asked = || self.query.clone().map(Rows::Asked);
        self.table.clone().map(Rows::Of).or_else(asked)
    }
}

/// A mapping as it was named: one that comes through a pipe, such as `<(…)`, is read from there.
pub fn mapping(name: &str) -> Result<Mapping> {
    let path = Path::new(name);
    if name == "-" || !file::is_stream(path) {
        return Mapping::load(name);
    }
    let text = file::stream(path).and_then(file::text_of);
    let text = text.map_err(|error| Error::refused(format!("the mapping {name} cannot be read: {error}")))?;
    Mapping::parse(name, &text)
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    let mapping = args.map.as_deref().map(mapping).transpose()?;
    let trying = args.r#try.is_some();
    let mut options = Options {
        files: args.files,
        mapping,
        skip_bad: args.skip_bad,
        try_first: args.r#try,
        actor: args.actor.name(),
        react: args.react,
        largest: args.largest.map(|mb| mb << 20),
        rows: args.rows.rows(),
        reads: Reads::Once,
        ..Options::default()
    };
    adapt(&mut options)?;
    if args.follow {
        return follow::run(context, options);
    }
    // Trying makes nothing: without a store the first records are tried against an empty one.
    let scratch = if trying && !context.path().exists() { Some(tempfile::tempdir()?) } else { None };
    let mut open = context.opening();
    if let Some(folder) = &scratch {
        open.path = folder.path().join("empty.db");
    }
    let bar = progress("reading");
    let imported = import_into(&open, &options, &mut |at| {
        show(&bar, at);
        true
    });
    bar.finish_and_clear();
    let imported = imported?;
    if trying { print_tried(context, &imported.preview) } else { print_done(context, &imported) }
}

fn show(bar: &ProgressBar, at: ImportProgress) {
    let (step, done, total) = match at {
        ImportProgress::Staging(at) => ("reading", at.done, at.total),
        ImportProgress::Appending(done, total) => ("appending", done, total),
        ImportProgress::Folding(done, total) => ("folding", done, total),
    };
    bar.set_message(step);
    bar.set_length(total);
    bar.set_position(done);
}

fn print_tried(context: &mut Context, preview: &[Preview]) -> Result<()> {
    for tried in preview {
        if context.json {
            let (what, event, reason) = match &tried.becomes {
                Becomes::Event(event) => ("event", event_json(event), None),
                Becomes::Seen => ("seen", Value::Null, None),
                Becomes::LeftOut => ("left out", Value::Null, None),
                Becomes::Bad(reason) => ("bad", Value::Null, Some(reason)),
            };
            context.out.json(&json!({
                "file": tried.file, "line": tried.line, "becomes": what, "event": event, "reason": reason,
            }))?;
            continue;
        }
        let place = format!("{}:{}", tried.file, tried.line);
        let place = visible(&place);
        match &tried.becomes {
            Becomes::Event(event) => {
                let name = event.aggregate.to_string();
                context.out.line(format_args!(
                    "{place}  {}  {}  {}\n    data {}\n    meta {}",
                    event.occurred_at,
                    visible(&name),
                    visible(&event.kind),
                    visible(&event.data),
                    visible(&event.meta)
                ))?;
            }
            Becomes::Seen => context.out.line(format_args!("{place}  is in the store already"))?,
            Becomes::LeftOut => context.out.line(format_args!("{place}  is left out by the mapping"))?,
            Becomes::Bad(reason) => context.out.line(format_args!("{place}  bad: {}", visible(reason)))?,
        }
    }
    Ok(())
}

fn event_json(event: &NewEvent) -> Value {
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    json!({
        "aggregate": event.aggregate, "type": event.kind, "occurred_at": event.occurred_at,
        "data": value(&event.data), "meta": value(&event.meta),
    })
}

/// What an import did, as JSON.
pub fn as_json(imported: &Imported) -> Value {
    let report = &imported.report;
    let bad: Vec<_> = report
        .bad
        .iter()
        .map(|bad| json!({ "file": bad.file, "line": bad.line, "reason": bad.reason }))
        .collect();
    let mut answer = json!({
        "records": report.records, "appended": imported.appended, "seen": report.seen,
        "left_out": report.left_out, "bad": report.bad_count, "bad_records": bad,
    });
    let notes = report.notes.iter().map(
        |note| json!({ "what": note.notice, "count": note.count, "file": note.file, "line": note.line }),
    );
    answer["notes"] = notes.collect();
    let empty: Vec<&Path> = empty(report).collect();
    if !empty.is_empty() {
        answer["files_without_records"] = empty.iter().map(|file| file.display().to_string()).collect();
    }
    if !report.waiting.is_empty() {
        answer["waiting"] = report.waiting.len().into();
    }
    if !report.aside.is_empty() {
        let aside = report.aside.iter().map(|aside| json!({ "file": aside.file, "reason": aside.reason }));
        answer["files_left_aside"] = aside.collect();
    }
    if let Some(times) = imported.reacted {
        answer["reacted"] = times.into();
    }
    answer
}

/// The files that were read to their end, and in which no record stands.
fn empty(report: &Report) -> impl Iterator<Item = &Path> {
    let aside = |file: &Path| report.aside.iter().any(|aside| Path::new(&aside.file) == file);
    report
        .read
        .iter()
        .filter(|(_, records)| *records == 0)
        .map(|(file, _)| file.as_path())
        .filter(move |file| !aside(file))
}

/// Says what an import did.
pub fn print_done(context: &mut Context, imported: &Imported) -> Result<()> {
    if context.json {
        return context.out.json(&as_json(imported));
    }
    let report = &imported.report;
    for bad in &report.bad {
        let line = format!("{}:{}: {}", bad.file, bad.line, bad.reason);
        context.out.line(visible(&line))?;
    }
    for aside in &report.aside {
        let line = format!("{} is left aside: {}", aside.file, aside.reason);
        context.out.line(visible(&line))?;
    }
    for file in empty(report) {
        let line = format!("{} has no records.", file.display());
        context.out.line(visible(&line))?;
    }
    let more = report.bad_count.saturating_sub(report.bad.len() as u64);
    if more > 0 {
        context.out.line(format_args!("and {} more", counted(more, "bad record")))?;
    }
    context.out.line(format_args!(
        "{}: {} appended, {} seen before, {} left out, {} bad.",
        counted(report.records, "record"),
        counted(imported.appended as u64, "event"),
        report.seen,
        report.left_out,
        report.bad_count
    ))?;
    match report.waiting.len() {
        0 => {}
        1 => context.out.line("1 event waits for the one before it, by `version`.")?,
        n => context.out.line(format_args!("{n} events wait for those before them, by `version`."))?,
    }
    for note in &report.notes {
        let line = format!("{}: {}, first {}:{}.", note.notice.says(), note.count, note.file, note.line);
        context.out.line(visible(&line))?;
    }
    match report.aside.len() {
        0 => {}
        1 => context.out.line("1 file is no log and was left aside.")?,
        n => context.out.line(format_args!("{n} files are no logs and were left aside."))?,
    }
    match imported.reacted {
        Some(times) => context.out.line(format_args!("Reactors answered {times} times.")),
        None => Ok(()),
    }
}
