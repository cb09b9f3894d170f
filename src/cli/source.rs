//! `source`: the logs that were opened by the names of their files.

mod check;

use serde_json::json;

use super::import::{as_json, mapping, print_done};
use super::out::visible;
use super::{Actor, Context};
use crate::clock::Clock;
use crate::error::Result;
use crate::import::Mapping;
use crate::session::{Source, Sources, events_in};

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    what: Option<check::What>,
    /// The source to show, or to rename; without one all are listed.
    name: Option<String>,
    /// Its new name.
    #[arg(requires = "name")]
    new: Option<String>,
    /// Read it anew by another mapping: a TOML file, or one that is built in. Branches and waypoints are carried over.
    #[arg(long, value_name = "NAME|FILE", requires = "name", conflicts_with = "new")]
    map: Option<String>,
    /// Forget a source and its store; the files that it was read from stay.
    #[arg(long, value_name = "NAME", conflicts_with = "name")]
    remove: Option<String>,
    #[command(flatten)]
    actor: Actor,
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    let sources = Sources::of_user()?;
    if let Some(what) = &args.what {
        return check::run(context, &sources, what, &args.actor.name());
    }
    if let (Some(name), Some(map)) = (&args.name, &args.map) {
        return read_by(context, &sources, (name, map), &args.actor.name());
    }
    match (&args.remove, &args.name, &args.new) {
        (Some(name), ..) => return sources.remove(name),
        (None, Some(name), Some(new)) => return sources.rename(name, new),
        _ => {}
    }
    let listed = match &args.name {
        Some(name) => vec![sources.named(name)?],
        None => sources.list()?,
    };
    for source in &listed {
        let events = events_in(source, Clock::System);
        let store = source.store().display().to_string();
        let files: Vec<String> = source.files().iter().map(|file| file.display().to_string()).collect();
        if context.json {
            context.out.json(&json!({
                "source": source.name, "events": events, "files": files, "read_by": source.told(), "store": store,
                "mapping": source.mapping_name(), "adapter": source.adapter(),
            }))?;
            continue;
        }
        let events = events.map_or_else(|| "no store".to_owned(), |n| format!("{n} events"));
        context.out.line(format_args!(
            "{:<24} {events:>14}  {}\n    from  {}\n    store {}",
            visible(&source.name),
            visible(source.told()),
            visible(&files.join(", ")),
            visible(&store)
        ))?;
    }
    if listed.is_empty() && !context.json {
        context
            .out
            .line(format_args!("There is no source yet: backstory FILE opens a log and makes one."))?;
    }
    Ok(())
}

/// Reads a source anew by another mapping.
fn read_by(context: &mut Context, sources: &Sources, (name, map): (&str, &str), actor: &str) -> Result<()> {
    let mut source = sources.named(name)?;
    let text = match Mapping::builtin_text(map) {
        Some(text) => text.to_owned(),
        None => mapping(map)?.written().1,
    };
    source.read_by(&text, format!("read by {}", Mapping::parse(map, &text)?.name))?;
    take_all(context, &source, actor)
}

/// Reads what is to be read anew, and says what came of what was put beside it.
fn take_all(context: &mut Context, source: &Source, actor: &str) -> Result<()> {
    let imported = source.take_new(Clock::System, actor, &mut |_| true)?;
    let carried = imported.carried_over.as_deref().cloned().unwrap_or_default();
    if context.json {
        let mut answer = as_json(&imported);
        answer["carried_over"] = json!({
            "branches": carried.branches, "events": carried.events, "waypoints": carried.waypoints,
            "lost": carried.lost, "kept_as": carried.kept_as,
        });
        return context.out.json(&answer);
    }
    print_done(context, &imported)?;
    carried.told().map_or(Ok(()), |told| context.out.line(visible(&told)))
}
