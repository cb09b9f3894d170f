//! `demo`: a store with a story in it.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Context, open};
use crate::error::{Error, Result};
use crate::session::{Tour, data_folder, demo};

/// A record of the demo with much to see.
const RICH: &str = "Task/42";

/// What is said to whoever opens it.
const WELCOME: &str = "← → replay this record · ? keys · a guided tour: backstory demo --tour";

#[derive(clap::Args)]
pub struct Args {
    /// Stop before the explorer.
    #[arg(long)]
    build_only: bool,
    /// A guided tour: three rules replaced by better ones, over a store of its own that is gone afterwards.
    #[arg(long, conflicts_with = "build_only")]
    tour: bool,
    #[command(flatten)]
    explorer: open::Explorer,
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    if args.tour {
        return tour(context, args.explorer);
    }
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
    if args.build_only { Ok(()) } else { open::explore_at(context, args.explorer, RICH, WELCOME) }
}

/// The explorer over a store that is only there for the tour, or is built where one was named.
fn tour(context: &mut Context, explorer: open::Explorer) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = context.store.take().unwrap_or_else(|| folder.path().join("tour.db"));
    if path.exists() {
        return Err(Error::refused(format!("{} is there already.", path.display()))
            .hint("The tour changes rules: it builds a store of its own. Leave --store out."));
    }
    if !std::io::stdout().is_terminal() {
        return Err(Error::usage("The tour needs a terminal."));
    }
    let tour = Tour::built_in()?;
    tour.build(&path)?;
    context.store = Some(path);
    open::explore_with(context, explorer, Some(Arc::new(tour)), None, None)
}

/// The demo store in the user's data folder.
pub fn default_path() -> Result<PathBuf> {
    let folder = data_folder()?;
    std::fs::create_dir_all(&folder)
        .map_err(|error| Error::refused(format!("{} cannot be made: {error}.", folder.display())))?;
    Ok(folder.join("demo.db"))
}
