//! `open`: the explorer.

use std::path::PathBuf;

use super::Context;
use crate::error::Result;

#[derive(clap::Args, Default)]
pub struct Args {
    /// The store's file.
    store: Option<PathBuf>,
    #[command(flatten)]
    explorer: Explorer,
}

/// How the explorer starts and looks.
#[derive(clap::Args, Default)]
pub struct Explorer {
    /// Open at this point: Task/42@3, 118, a hash, a time.
    #[arg(long, value_name = "REV")]
    at: Option<String>,
    /// Who fires commands.
    #[arg(long)]
    actor: Option<String>,
    /// The colours: dark, light or none.
    #[arg(long, env = "BACKSTORY_THEME", value_name = "NAME")]
    theme: Option<String>,
    /// Leave the mouse to the terminal.
    #[arg(long)]
    no_mouse: bool,
    /// Draw with ASCII characters only.
    #[arg(long)]
    ascii: bool,
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    if let Some(store) = args.store {
        context.store = Some(store);
    }
    explore(context, args.explorer)
}

/// Opens the explorer on the context's store.
pub fn explore(_context: &mut Context, _explorer: Explorer) -> Result<()> {
    Ok(())
}
