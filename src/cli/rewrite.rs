//! `rewrite`: another order, or other events, from a point on; the outcome is a new branch.

use std::io::{self, IsTerminal, Write};
use std::process::Command;

use serde_json::{Value, json};

use super::another::{fate_json, fate_line, tell_reads};
use super::exec::Exec;
use super::out::{change_line, short, visible};
use super::{Actor, Context};
use crate::clock::Clock;
use crate::domain;
use crate::error::{Error, Result};
use crate::event::AggregateId;
use crate::file;
use crate::history::todo;
use crate::session::{Blame, Done, Ends, Final, Judge, Rewritten};

#[derive(clap::Args)]
pub struct Args {
    /// The branch; it stays as it is.
    branch: String,
    /// The first event that may change.
    #[arg(long, value_name = "REV")]
    from: String,
    /// Only the events of this aggregate; the others end where the histories part.
    #[arg(long, value_name = "AGGREGATE")]
    only: Option<AggregateIdArg>,
    /// The new branch's name; else the branch's with `-rewritten`.
    #[arg(long, value_name = "NAME")]
    r#as: Option<String>,
    /// Fold both orders by the rules of this domain too.
    #[arg(long, value_name = "FILE")]
    domain: Option<String>,
    #[command(flatten)]
    exec: Exec,
    /// Print the todo list that changes nothing.
    #[arg(long, conflicts_with = "dry_run")]
    list: bool,
    /// Show what the list leads to, and make no branch.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    actor: Actor,
}

#[derive(Clone)]
struct AggregateIdArg(AggregateId);

impl std::str::FromStr for AggregateIdArg {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        text.parse().map(Self).map_err(|()| format!("{text} is not TYPE/ID"))
    }
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    let mut session = context.session()?;
    session.switch(&args.branch)?;
    let from = session.resolve(&args.from, None)?;
    let only = args.only.as_ref().map(|only| &only.0);
    let rewrite = session.rewrite_from(&args.branch, &from, only)?;
    let list = todo::write(&rewrite.events);
    if args.list {
        return context.out.kept(&list);
    }
    let other = args.domain.as_deref().map(domain::load).transpose()?;
    let text = if io::stdin().is_terminal() { edited(&list)? } else { read()? };
    let steps = todo::parse(&text, &rewrite.events, Clock::System.now())?;
    let name = match (args.dry_run, args.r#as) {
        (true, _) => None,
        (false, Some(name)) => Some(name),
        (false, None) => Some(session.free_branch_name(&format!("{}-rewritten", args.branch))?),
    };
    let programs = other.as_ref().map(|other| args.exec.programs(other)).transpose()?.flatten();
    let other = other.as_ref().map(|domain| Judge { domain, programs: programs.as_ref() });
    let rewritten = session.rewrite_by(&rewrite, &steps, other, name.as_deref(), &args.actor.name())?;
    if context.json { context.out.json(&object(&rewritten)) } else { print(context, &rewritten) }
}

fn read() -> Result<String> {
    file::text_of(io::stdin().lock()).map_err(|error| unread(&error))
}

/// The list as the user's editor leaves it.
fn edited(list: &str) -> Result<String> {
    let editor =
        ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    let editor = editor.ok_or_else(|| {
        Error::refused("There is no editor to write the todo list in.")
            .hint("Set $EDITOR, or hand the list in: backstory rewrite … < list. `--list` prints it.")
    })?;
    let mut file = tempfile::Builder::new().prefix("backstory-todo-").suffix(".txt").tempfile()?;
    file.write_all(list.as_bytes())?;
    file.flush()?;
    // An editor may have arguments: `code --wait`.
    let mut words = editor.split_whitespace();
    let status = Command::new(words.next().unwrap_or_default())
        .args(words)
        .arg(file.path())
        .status()
        .map_err(|error| Error::refused(format!("{editor} cannot be started: {error}.")))?;
    if !status.success() {
        return Err(Error::refused(format!("{editor} ended with an error: nothing is rewritten.")));
    }
    file::text(file.path()).map_err(|error| unread(&error))
}

fn unread(error: &io::Error) -> Error {
    Error::refused(format!("The todo list cannot be read: {error}."))
}

fn print(context: &mut Context, rewritten: &Rewritten) -> Result<()> {
    for (event, ended) in &rewritten.events {
        let how = match &ended.error {
            Some(error) => format!("rejected ({})", visible(error)),
            None if ended.nothing => "nothing changes".to_owned(),
            None => "applied".to_owned(),
        };
        let late = if ended.late { ", late" } else { "" };
        let (name, kind) = (event.aggregate.to_string(), &event.kind);
        context.out.line(format_args!(
            "{}@{}  {}  {}  {how}{late}",
            visible(&name),
            ended.version,
            visible(kind),
            event.occurred_at
        ))?;
    }
    context.out.line("")?;
    tell_reads(context, &rewritten.reads)?;
    for fate in rewritten.fates.iter().filter(|fate| !fate.how.is_as_recorded()) {
        context.out.line(format_args!("decided again: {}", fate_line(fate)))?;
    }
    rewritten.finals.iter().try_for_each(|last| final_state(context, last, rewritten.done))?;
    match &rewritten.branch {
        Some(name) => context.out.line(format_args!(
            "{name} has the new order from #{} on. `backstory -b {name}` opens it.",
            rewritten.fork_position
        )),
        None => context.out.line("A dry run: nothing was written."),
    }
}

/// An aggregate at the end, by both answers.
fn final_state(context: &mut Context, last: &Final, done: Done) -> Result<()> {
    let name = last.aggregate.to_string();
    context.out.line(format_args!("{}: {}", visible(&name), last.events.blame().says(done)))?;
    ends(context, &last.events, last.unverified)?;
    match &last.requests {
        None => context
            .out
            .line("  no request is decided again: no event here came of a command that the domain has")?,
        Some(requests) if *requests == last.events => {
            context.out.line("  the same requests, decided again, end as these events do")?;
        }
        Some(requests) => {
            let says = requests.blame().says(done);
            context.out.line(format_args!("  the same requests, decided again: {says}"))?;
            ends(context, requests, last.unverified)?;
        }
    }
    for refused in &last.refused_by_other {
        context.out.line(format_args!("  the other rules refuse: {}", visible(refused)))?;
    }
    Ok(())
}

fn ends(context: &mut Context, ends: &Ends, unverified: bool) -> Result<()> {
    for change in ends.changes() {
        context.out.line(format_args!("  {}", change_line(&change)))?;
    }
    let Some((original, new)) = ends.original_by_other.as_ref().zip(ends.rewritten_by_other.as_ref()) else {
        return Ok(());
    };
    let unverified = if unverified { " (unverified)" } else { "" };
    for (what, state, mark) in [
        ("original order, these rules", &ends.original, ""),
        ("new order, these rules", &ends.rewritten, ""),
        ("original order, other rules", original, unverified),
        ("new order, other rules", new, unverified),
    ] {
        context.out.line(format_args!("  {what:<28} {}{mark}", short(state, 300)))?;
    }
    Ok(())
}

fn object(rewritten: &Rewritten) -> Value {
    let events = rewritten.events.iter().map(|(event, ended)| {
        json!({
            "aggregate": event.aggregate, "version": ended.version, "type": event.kind,
            "occurred_at": event.occurred_at, "changes": !ended.nothing && ended.error.is_none(),
            "late": ended.late, "error": ended.error,
        })
    });
    let ends = |ends: &Ends| {
        json!({
            "original": ends.original, "rewritten": ends.rewritten,
            "original_by_other": ends.original_by_other, "rewritten_by_other": ends.rewritten_by_other,
            "changes": ends.changes(), "differs_by": match (ends.blame(), rewritten.done) {
                (Blame::Nothing, _) => "nothing",
                (Blame::Rules, _) => "rules",
                (Blame::List, Done::Order) => "order",
                (Blame::List, Done::Without | Done::More) => "events",
                (Blame::Both, Done::Order) => "order and rules",
                (Blame::Both, Done::Without | Done::More) => "events and rules",
            },
        })
    };
    let finals = rewritten.finals.iter().map(|last| {
        let mut line = ends(&last.events);
        line["aggregate"] = json!(last.aggregate);
        line["refused_by_other"] = json!(last.refused_by_other);
        line["requests"] = last.requests.as_ref().map_or(Value::Null, ends);
        if last.unverified {
            line["unverified"] = true.into();
        }
        line
    });
    json!({
        "branch": rewritten.branch, "fork_position": rewritten.fork_position,
        "events": events.collect::<Vec<_>>(), "finals": finals.collect::<Vec<_>>(),
        "requests": rewritten.fates.iter().map(fate_json).collect::<Vec<_>>(), "reads": rewritten.reads,
    })
}
