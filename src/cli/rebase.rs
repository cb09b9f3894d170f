//! `rebase`: a branch's own events on a new branch at another one's head.

use super::carried::{Modes, React, print_carried};
use super::{Actor, Context};
use crate::error::Result;
use crate::session::Carry;

#[derive(clap::Args)]
pub struct Args {
    /// The branch; the new one takes its name, the old one is archived as NAME~N.
    branch: String,
    /// At whose head the new one forks; else its parent's.
    #[arg(long, value_name = "BRANCH")]
    onto: Option<String>,
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
    let carriage = session.rebase(&args.branch, args.onto.as_deref(), mode, &args.actor.name())?;
    let branch = args.branch;
    let carry = match args.onto {
        Some(onto) => Carry::Rebase { branch, onto },
        // To its parent, as a merge goes.
        None => Carry::Merge { branch },
    };
    print_carried(context, &mut session, &carry, &carriage, mode)
}
