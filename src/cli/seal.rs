//! `seal`: signs how far a branch's log has come, for a place that the store's owner cannot change.

use super::Context;
use super::out::visible;
use crate::error::Result;
use crate::session::Local;

#[derive(clap::Args)]
pub struct Args {
    /// Make the key that seals are signed with, and print the public one.
    #[arg(long)]
    init: bool,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let local = Local::read()?;
    if args.init {
        let key = local.make_seal_key()?;
        if context.json {
            return context.out.json(&serde_json::json!({ "key": key }));
        }
        return context.out.line(visible(&key));
    }
    let line = context.session()?.seal(&local)?;
    context.out.line(&line)
}
