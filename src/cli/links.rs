//! `links`: where one can go from an event: causes, effects, and neighbours with something in common.

use serde_json::{Map, Value};

use super::Context;
use super::out::event_line;
use crate::error::{Error, Result};
use crate::event::{Event, Position};
use crate::session::{Kin, KinRequest, Session};

#[derive(clap::Args)]
pub struct Args {
    /// The event: Task/42@3, 118, the start of a hash.
    rev: String,
    /// Neighbours in the event's own aggregate only.
    #[arg(long)]
    here: bool,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let mut session = context.session()?;
    let position = event_position(&mut session, &args.rev)?;
    let Some(event) = session.event(position)? else { return Ok(()) };
    if let Some(cause) = session.cause(&event)? {
        print(context, "cause", &cause)?;
    }
    let mut after = 0;
    loop {
        let effects = session.effects(&event, after, 256)?;
        let Some(last) = effects.last() else { break };
        after = last.position;
        for effect in &effects {
            print(context, "effect", effect)?;
        }
    }
    let kins = [(Kin::Operation, "operation"), (Kin::Actor, "actor"), (Kin::Type, "type")];
    for (kin, name) in kins {
        for (forwards, way) in [(false, "previous"), (true, "next")] {
            let aggregate = args.here.then(|| event.aggregate.clone());
            let request = KinRequest { of: position, kin, forwards, aggregate, after: None, budget: 0 };
            if let Some(found) = session.kin(&request)?.found {
                print(context, &format!("{way} {name}"), &found)?;
            }
        }
    }
    Ok(())
}

/// The position of the event that a revision names; the session goes over to its branch.
pub fn event_position(session: &mut Session, rev: &str) -> Result<Position> {
    let point = session.resolve(rev, None)?;
    session.switch(point.branch())?;
    match session.position_of(&point)? {
        0 => Err(Error::refused(format!("{rev} is before the first event."))),
        position => Ok(position),
    }
}

fn print(context: &mut Context, link: &str, event: &Event) -> Result<()> {
    if !context.json {
        return context.out.line(format_args!("{link:<18} {}", event_line(event)));
    }
    let mut line = Map::from_iter([("link".to_owned(), Value::from(link))]);
    if let Ok(Value::Object(event)) = serde_json::from_str(&event.to_json()) {
        line.extend(event);
    }
    context.out.json(&line)
}
