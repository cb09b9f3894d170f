//! `import`: events of other systems.

use super::Context;
use crate::error::Result;

#[derive(clap::Args)]
pub struct Args {}

pub fn run(_context: &mut Context, _args: Args) -> Result<()> {
    Ok(())
}
