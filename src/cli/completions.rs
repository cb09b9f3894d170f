//! `completions`: for the shell; and man pages, for `man`.

use std::path::PathBuf;

use clap::CommandFactory;
use clap_complete::Shell;
use serde_json::json;

use super::{Context, man};
use crate::error::Result;

#[derive(clap::Args)]
pub struct Args {
    /// Which shell.
    #[arg(required_unless_present = "man")]
    shell: Option<Shell>,
    /// Write man pages into this folder instead: one for each verb, and one for each topic of the manual.
    #[arg(long, value_name = "FOLDER", conflicts_with = "shell")]
    man: Option<PathBuf>,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    if let Some(folder) = &args.man {
        let pages = man::write(folder)?;
        let shown = folder.display().to_string();
        return if context.json {
            context.out.json(&json!({ "folder": shown, "pages": pages }))
        } else {
            context.out.line(format_args!("{shown}: {pages} man pages."))
        };
    }
    let Some(shell) = args.shell else { return Ok(()) };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::Args::command(), "backstory", &mut script);
    context.out.kept(&String::from_utf8_lossy(&script))
}
