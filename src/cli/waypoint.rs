//! `waypoint`: names for points of history.

use serde_json::json;

use super::out::visible;
use super::{Actor, Context, tell_left_out};
use crate::error::{Error, Result};

#[derive(clap::Args)]
pub struct Args {
    /// The name to give; without one, the waypoints are listed. It is used as %NAME wherever a revision is.
    name: Option<String>,
    /// The point that is named.
    rev: Option<String>,
    /// Forget a name.
    #[arg(long, value_name = "NAME", conflicts_with = "name")]
    remove: Option<String>,
    #[command(flatten)]
    actor: Actor,
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    let mut session = context.session()?;
    let actor = args.actor.name();
    if let Some(name) = &args.remove {
        return session.forget_point(name, &actor);
    }
    if let Some(name) = &args.name {
        let rev = args.rev.as_deref().ok_or_else(|| {
            Error::usage("A waypoint needs the point that it names.").hint("backstory waypoint NAME REV")
        })?;
        let point = session.resolve(rev, None)?;
        session.name_point(name, &point, &actor)?;
        return tell_left_out(context, &mut session, &point);
    }
    for waypoint in session.waypoints()? {
        let at = waypoint.at.as_ref().map(|(aggregate, version)| format!("{aggregate}@{version}"));
        if context.json {
            context.out.json(&json!({
                "waypoint": waypoint.name, "branch": waypoint.branch, "at": at,
                "position": waypoint.position, "actor": waypoint.actor, "created_at": waypoint.created_at,
            }))?;
        } else {
            let at = at.unwrap_or_else(|| format!("#{}", waypoint.position));
            context.out.line(format_args!(
                "%{:<20} {}:{}  by {}  {}",
                waypoint.name,
                waypoint.branch,
                visible(&at),
                visible(&waypoint.actor),
                waypoint.created_at
            ))?;
        }
    }
    Ok(())
}
