//! `verify`: recompute the whole chain.

use serde_json::json;

use super::Context;
use super::out::progress;
use crate::error::Result;

pub fn run(context: &mut Context) -> Result<()> {
    let mut session = context.session()?;
    let bar = progress("verifying");
    let checked = session.verify(&mut |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
        true
    });
    bar.finish_and_clear();
    let checked = checked?;
    if context.json {
        return context.out.json(&json!({ "ok": true, "events": checked.events, "head": checked.head }));
    }
    let head =
        checked.head.map_or_else(String::new, |head| format!(" The head {head} vouches for all of them."));
    context.out.line(format_args!("{} events, the chain is whole.{head}", checked.events))
}
