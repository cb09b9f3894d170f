//! `demo`: a store with a story in it.

use std::path::PathBuf;

use etcetera::BaseStrategy;

use super::{Context, open};
use crate::error::{Error, Result};
use crate::session::demo;

#[derive(clap::Args)]
pub struct Args {
    /// Stop before the explorer.
    #[arg(long)]
    build_only: bool,
    #[command(flatten)]
    explorer: open::Explorer,
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    let path = match context.store.take() {
        Some(path) => path,
        None => default_path()?,
    };
    context.store = Some(path.clone());
    if !path.exists() {
        let events = demo::build(&path)?;
        if context.json {
            context
                .out
                .json(&serde_json::json!({ "store": path.display().to_string(), "events": events }))?;
        } else if args.build_only {
            context.out.line(format_args!("{}: the demo store, {events} events.", path.display()))?;
        }
    } else if args.build_only {
        context.out.line(format_args!("{}: the demo store is there already.", path.display()))?;
    }
    if args.build_only { Ok(()) } else { open::explore(context, args.explorer) }
}

/// The user's data folder.
pub fn default_path() -> Result<PathBuf> {
    let strategy = etcetera::choose_base_strategy().map_err(|_| {
        Error::refused("There is no home folder to put the demo in.").hint("Name a file: demo --store FILE.")
    })?;
    let folder = strategy.data_dir().join("backstory");
    std::fs::create_dir_all(&folder)
        .map_err(|error| Error::refused(format!("{} cannot be made: {error}.", folder.display())))?;
    Ok(folder.join("demo.db"))
}
