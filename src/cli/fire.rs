//! `fire`: a command.

use serde_json::{Map, Value};

use super::out::{change_line, event_line, visible};
use super::{Context, actor};
use crate::domain::Reaction;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Version};
use crate::session::{Fire, Reacted, Target, parse_time};

#[derive(clap::Args)]
pub struct Args {
    /// An aggregate (Task/42), or a type (Task) for a command that creates one.
    target: String,
    /// The command's name.
    command: String,
    /// Its parameters: key=text, or key:=JSON for what is not a string.
    #[arg(value_name = "KEY=VALUE")]
    params: Vec<String>,
    /// Who fires it; else $`BACKSTORY_ACTOR`, else the login name.
    #[arg(long)]
    actor: Option<String>,
    /// Why.
    #[arg(long)]
    reason: Option<String>,
    /// When it happened; else now.
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// The version that you saw; another one is a conflict (exit code 3).
    #[arg(long, value_name = "N")]
    expect: Option<i64>,
    /// A version that you had looked at, of this aggregate or another one: it is noted, and refuses nothing. As often as you like.
    #[arg(long, value_name = "AGGREGATE@N", value_parser = looked)]
    seen: Vec<(AggregateId, Version)>,
    /// Show what it would do, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Let the domain's reactors answer on a branch that is not main, too.
    #[arg(long, conflicts_with = "no_react")]
    react: bool,
    /// Let no reactor answer.
    #[arg(long)]
    no_react: bool,
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    let target = match args.target.parse() {
        Ok(aggregate) => Target::Aggregate(aggregate),
        Err(()) if args.target.contains('/') => {
            return Err(Error::usage(format!("{} is not TYPE/ID.", args.target)));
        }
        Err(()) => Target::New(args.target),
    };
    let fire = Fire {
        target,
        command: args.command,
        params: params(&args.params)?,
        actor: actor(args.actor),
        reason: args.reason,
        at: args.at.as_deref().map(parse_time).transpose()?,
        expect: args.expect,
        seen: args.seen.into_iter().collect(),
        meta: Map::new(),
    };
    let mut session = context.session()?;
    let react = args.react || (session.is_live() && !args.no_react);
    let fired = if args.dry_run {
        session.preview_reacting(&fire, react)?
    } else {
        session.fire_reacting(&fire, react)?
    };
    if let (Some(first), Some(last), false) = (fired.events.first(), fired.events.last(), args.dry_run) {
        let (first, last) = (first.position, last.position);
        context.out.done(if first == last {
            format!("The event #{first} was appended")
        } else {
            format!("The events #{first} to #{last} were appended")
        });
    }
    let caused = fired.reacted.iter().flat_map(|reacted| &reacted.events);
    for event in fired.events.iter().chain(caused) {
        if context.json {
            context.out.json_text(&event.to_json())?;
        } else {
            context.out.line(event_line(event))?;
        }
    }
    if !context.json {
        for change in &fired.changes {
            context.out.line(format_args!("        {}", change_line(change)))?;
        }
        for reacted in &fired.reacted {
            context.out.line(format_args!("        {}", reacted_line(reacted)))?;
        }
        if fired.events.is_empty() {
            context.out.line("Nothing changes: no event.")?;
        } else if args.dry_run {
            context.out.line("A dry run: nothing was written.")?;
        }
    }
    Ok(())
}

/// An aggregate with its version, which stands behind the last `@`.
fn looked(text: &str) -> std::result::Result<(AggregateId, Version), String> {
    let place = text.rsplit_once('@').and_then(|(aggregate, version)| {
        Some((aggregate.parse().ok()?, version.parse().ok().filter(|version| *version >= 0)?))
    });
    place.ok_or_else(|| "write TYPE/ID@VERSION, as in Task/42@19".to_owned())
}

fn params(given: &[String]) -> Result<Map<String, Value>> {
    let mut params = Map::new();
    for param in given {
        let (key, value) = param.split_once('=').ok_or_else(|| {
            Error::usage(format!("{param} is not KEY=VALUE."))
                .hint("Write title=text, or amount:=12.5 for JSON.")
        })?;
        let (key, value) = match key.strip_suffix(':') {
            Some(key) => {
                let text = crate::jq::compact(value)
                    .map_err(|error| Error::usage(format!("{key} is not JSON: {}", error.message())))?;
                let value = serde_json::from_str(&text)
                    .map_err(|error| Error::usage(format!("{key} is not JSON: {error}.")))?;
                (key, value)
            }
            None => (key, Value::String(value.to_owned())),
        };
        if params.insert(key.to_owned(), value).is_some() {
            return Err(Error::usage(format!("{key} is given twice.")));
        }
    }
    Ok(params)
}

/// What a reactor did, or asked for, in a line.
pub(super) fn reacted_line(reacted: &Reacted) -> String {
    let what = match (&reacted.error, &reacted.reaction) {
        (Some(error), _) => format!("cannot: {error}"),
        (None, Some(Reaction::Notify(text))) => text.clone(),
        (None, _) if reacted.done => format!("{}, done", reacted.effect),
        (None, _) => format!("{}, a job", reacted.effect),
    };
    format!("→ {}: {}", visible(&reacted.reactor), visible(&what))
}
