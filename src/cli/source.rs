//! `source`: the logs that were opened by the names of their files.

use serde_json::json;

use super::Context;
use super::out::visible;
use crate::clock::Clock;
use crate::error::Result;
use crate::session::{Sources, events_in};

#[derive(clap::Args)]
pub struct Args {
    /// The source to show, or to rename; without one all are listed.
    name: Option<String>,
    /// Its new name.
    #[arg(requires = "name")]
    new: Option<String>,
    /// Forget a source and its store; the files that it was read from stay.
    #[arg(long, value_name = "NAME", conflicts_with = "name")]
    remove: Option<String>,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let sources = Sources::of_user()?;
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
                "mapping": source.mapping_name(),
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
