//! `branch`: the lines of history; forking, renaming, archiving.

use serde_json::{Value, json};

use super::out::visible;
use super::{Actor, Context, tell_left_out};
use crate::error::Result;
use crate::session::{BranchInfo, Clocks};

#[derive(clap::Args)]
pub struct Args {
    /// The branch to fork; without a name, the branches are listed.
    name: Option<String>,
    /// Fork right after this point, of any branch; else at the head of the branch that -b names.
    #[arg(long, value_name = "REV", requires = "name")]
    at: Option<String>,
    /// Give a branch another name.
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], conflicts_with_all = ["name", "archive", "restore"])]
    rename: Option<Vec<String>>,
    /// Hide a branch; its events stay.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["name", "restore"])]
    archive: Option<String>,
    /// Show an archived branch again.
    #[arg(long, value_name = "NAME", conflicts_with = "name")]
    restore: Option<String>,
    /// List the archived branches too.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    actor: Actor,
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    let mut session = context.session()?;
    let actor = args.actor.name();
    if let Some(names) = &args.rename {
        session.rename_branch(&names[0], &names[1], &actor)?;
        return done(context, &format!("{} is {} now.", names[0], names[1]), &json!({ "branch": names[1] }));
    }
    if let Some(name) = args.archive.as_ref().or(args.restore.as_ref()) {
        let archived = args.archive.is_some();
        session.archive_branch(name, archived, &actor)?;
        let text = if archived {
            format!("{name} is archived. `backstory branch --restore {name}` brings it back.")
        } else {
            format!("{name} is back.")
        };
        return done(context, &text, &json!({ "branch": name, "archived": archived }));
    }
    let Some(name) = &args.name else {
        for branch in session.branches(args.all)? {
            if context.json {
                context.out.json(&line(&branch))?;
            } else {
                context.out.line(row(&branch, branch.name == context.branch))?;
            }
        }
        return Ok(());
    };
    let at = args.at.as_deref().map(|rev| session.resolve(rev, None)).transpose()?;
    let forked = session.fork(name, at.as_ref(), &actor)?;
    if context.json {
        let mut value = line(&forked.branch);
        value["clocks"] = json!({
            "later_inside": forked.clocks.later_inside, "earlier_outside": forked.clocks.earlier_outside,
        });
        return context.out.json(&value);
    }
    let place = place(&forked.branch);
    context.out.line(format_args!("{name} forks {place}. `backstory -b {name}` opens it."))?;
    if let Some(at) = &at {
        tell_left_out(context, &mut session, at)?;
    }
    disagreement(context, forked.clocks)
}

fn done(context: &mut Context, text: &str, value: &Value) -> Result<()> {
    if context.json { context.out.json(value) } else { context.out.line(visible(text)) }
}

fn disagreement(context: &mut Context, clocks: Clocks) -> Result<()> {
    let Clocks { later_inside, earlier_outside } = clocks;
    if later_inside > 0 {
        context.out.line(format_args!(
            "note: {later_inside} of the events just before the fork say that they happened after it."
        ))?;
    }
    if earlier_outside > 0 {
        context.out.line(format_args!(
            "note: {earlier_outside} of the events just behind the fork, which the branch lacks, say that they \
             happened before it."
        ))?;
    }
    Ok(())
}

fn line(branch: &BranchInfo) -> Value {
    json!({
        "branch": branch.name, "parent": branch.parent, "fork_position": branch.fork_position,
        "fork_at": branch.fork_at, "events": branch.events, "head": branch.head,
        "last_activity": branch.last_activity, "archived": branch.archived,
        "filling": branch.filling.map(|(done, of)| json!({ "done": done, "of": of })),
    })
}

fn place(branch: &BranchInfo) -> String {
    let parent = branch.parent.as_deref().unwrap_or("nothing");
    match branch.fork_at {
        Some(at) => format!("from {parent} at #{} ({at})", branch.fork_position),
        None => format!("from {parent} before its first event"),
    }
}

fn row(branch: &BranchInfo, here: bool) -> String {
    let mark = if here { '*' } else { ' ' };
    let from = if branch.parent.is_some() { place(branch) } else { String::new() };
    let archived = if branch.archived { "  archived" } else { "" };
    let filling = branch.filling.map_or_else(String::new, |(done, of)| {
        format!("  list {}% filled", if of == 0 { 100 } else { done * 100 / of })
    });
    let name = visible(&branch.name).into_owned();
    let last = branch.last_activity;
    format!("{mark} {name:<20} {:>8} events  {last}  {from}{archived}{filling}", branch.events)
}
