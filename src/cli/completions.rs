//! `completions`: for the shell.

use clap::CommandFactory;
use clap_complete::Shell;

use super::Context;
use crate::error::Result;

#[derive(clap::Args)]
pub struct Args {
    /// Which shell.
    shell: Shell,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::Args::command(), "backstory", &mut script);
    context.out.kept(&String::from_utf8_lossy(&script))
}
