//! `rewrite`: another order, or other events, from a point on; the outcome is a new branch.

use std::io::{self, IsTerminal, Write};
use std::process::Command;

use serde_json::{Value, json};

use super::exec::Exec;
use super::out::{change_line, short, visible};
use super::{Actor, Context};
use crate::clock::Clock;
use crate::domain;
use crate::error::{Error, Result};
use crate::event::AggregateId;
use crate::file;
use crate::history::todo;
use crate::session::{Blame, Judge, Rewritten};

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
    for last in &rewritten.finals {
        let name = last.aggregate.to_string();
        context.out.line(format_args!("{}: {}", visible(&name), last.blame().says()))?;
        for change in last.changes() {
            context.out.line(format_args!("  {}", change_line(&change)))?;
        }
        let Some((original, new)) = last.original_by_other.as_ref().zip(last.rewritten_by_other.as_ref())
        else {
            continue;
        };
        let unverified = if last.unverified { " (unverified)" } else { "" };
        for (what, state, mark) in [
            ("original order, these rules", &last.original, ""),
            ("new order, these rules", &last.rewritten, ""),
            ("original order, other rules", original, unverified),
            ("new order, other rules", new, unverified),
        ] {
            context.out.line(format_args!("  {what:<28} {}{mark}", short(state, 300)))?;
        }
        for refused in &last.refused_by_other {
            context.out.line(format_args!("  the other rules refuse: {}", visible(refused)))?;
        }
    }
    match &rewritten.branch {
        Some(name) => context.out.line(format_args!(
            "{name} has the new order from #{} on. `backstory -b {name}` opens it.",
            rewritten.fork_position
        )),
        None => context.out.line("A dry run: nothing was written."),
    }
}

fn object(rewritten: &Rewritten) -> Value {
    let events = rewritten.events.iter().map(|(event, ended)| {
        json!({
            "aggregate": event.aggregate, "version": ended.version, "type": event.kind,
            "occurred_at": event.occurred_at, "changes": !ended.nothing && ended.error.is_none(),
            "late": ended.late, "error": ended.error,
        })
    });
    let finals = rewritten.finals.iter().map(|last| {
        let mut line = json!({
            "aggregate": last.aggregate, "original": last.original, "rewritten": last.rewritten,
            "original_by_other": last.original_by_other, "rewritten_by_other": last.rewritten_by_other,
            "refused_by_other": last.refused_by_other,
            "changes": last.changes(), "differs_by": match last.blame() {
                Blame::Nothing => "nothing",
                Blame::Order => "order",
                Blame::Rules => "rules",
                Blame::Both => "order and rules",
            },
        });
        if last.unverified {
            line["unverified"] = true.into();
        }
        line
    });
    json!({
        "branch": rewritten.branch, "fork_position": rewritten.fork_position,
        "events": events.collect::<Vec<_>>(), "finals": finals.collect::<Vec<_>>(),
    })
}
