//! `merge`: a branch's own events at its parent's head.

use super::carried::{Modes, React, print_carried};
use super::{Actor, Context};
use crate::error::Result;
use crate::session::Carry;

#[derive(clap::Args)]
pub struct Args {
    /// The branch whose events are carried over.
    branch: String,
    #[command(flatten)]
    modes: Modes,
    #[command(flatten)]
    react: React,
    #[command(flatten)]
    actor: Actor,
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    let mut session = context.session()?;
    let mode = args.react.with(args.modes.mode());
    let carriage = session.merge(&args.branch, mode, &args.actor.name())?;
    print_carried(context, &mut session, &Carry::Merge { branch: args.branch }, &carriage, mode)
}
