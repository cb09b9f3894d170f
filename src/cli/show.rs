//! `show`: one event, what it changed, and the rule that ran.

use serde_json::{Value, json};

use super::out::{change_line, event_line, visible};
use super::{Context, note};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, Version};
use crate::replay::WITHIN;
use crate::session::{About, Answer, NoteInfo, Outcome, Point, Session, particulars};

#[derive(clap::Args)]
pub struct Args {
    /// The event: Task/42@3, 118, the start of a hash.
    rev: String,
    /// Print the event as the log has it, under the name and in the shape in which it was written.
    #[arg(long)]
    raw: bool,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let mut session = context.session()?;
    let Point::Aggregate { branch, aggregate, version, .. } = session.resolve(&args.rev, None)? else {
        return Err(Error::usage(format!("{} names a moment of the whole store, not an event.", args.rev)));
    };
    session.switch(&branch)?;
    let mut moment = session.moment(&aggregate, version)?;
    while moment.folding.is_some() {
        moment = session.moment(&aggregate, version)?;
    }
    let Some(event) = &moment.event else {
        if version == 0 {
            return Err(Error::refused(format!("{} is before the first event of {aggregate}.", args.rev)));
        }
        let gone = format!("{aggregate}@{version} is not in the log: the store is damaged.");
        return Err(Error::refused(gone).hint("`backstory verify` says what does not hold."));
    };
    let flags = loop {
        if let Some(flags) = session.flags(&aggregate, version, WITHIN)? {
            break flags;
        }
    };
    let answers = loop {
        if let Some(answers) = session.reactions(event)? {
            break answers;
        }
    };
    if args.raw {
        let stored = moment.stored.as_deref().unwrap_or(event);
        return if context.json { context.out.json_text(&stored.to_json()) } else { raw(context, stored) };
    }
    let notes = notes(&mut session, &branch, &aggregate, version)?;
    if context.json {
        let event: Value = serde_json::from_str(&event.to_json()).unwrap_or_default();
        let mut told = json!({
            "event": event,
            "who": moment.who,
            "changes": moment.changes,
            "rule": moment.rule,
            "error": moment.error,
            "flags": flags,
            "reactions": answers.iter().map(reaction).collect::<Vec<_>>(),
        });
        if !notes.is_empty() {
            told["notes"] = notes.iter().map(note::object).collect();
        }
        return context.out.json(&told);
    }
    let out = &mut context.out;
    out.line(event_line(event))?;
    if let Some(doc) = &moment.doc {
        out.line(format_args!("  {}", visible(doc)))?;
    }
    if let Some(who) = &moment.who {
        out.line(format_args!("by    {} ({})", visible(&who.label), visible(&who.status)))?;
    }
    out.line(format_args!("data  {}", visible(&event.data)))?;
    out.line(format_args!("meta  {}", visible(&event.meta)))?;
    out.line(format_args!("hash  {}", event.hash))?;
    if let Some(parent) = event.parent {
        out.line(format_args!("from  {parent}"))?;
    }
    if let Some(stored) = &moment.stored {
        out.line(format_args!("old   stored as {}; --raw prints it", visible(&stored.kind)))?;
    }
    match &moment.rule {
        Some(rule) => out.line(format_args!("rule  {}", visible(rule)))?,
        None => out.line("rule  none: the data is merged into the state")?,
    }
    for flag in flags.iter() {
        out.line(format_args!("flag  {}: {}", flag.name(), flag.says()))?;
    }
    if let Some(error) = &moment.error {
        out.line(format_args!("error {}", visible(error)))?;
    }
    for change in &moment.changes {
        out.line(format_args!("  {}", change_line(change)))?;
    }
    for note in &notes {
        out.line(format_args!("note  on {}", visible(&note.about.to_string())))?;
        note::lines(out, note, 6)?;
    }
    for answer in &answers {
        let effect = answer.effect.unwrap_or("not in the domain");
        let (name, said) = (visible(&answer.reactor), answer.said());
        out.line(format_args!("react {name} ({effect})  {}", visible(&said)))?;
    }
    Ok(())
}

/// What people wrote about the event, and about its record.
fn notes(
    session: &mut Session,
    branch: &str,
    aggregate: &AggregateId,
    version: Version,
) -> Result<Vec<NoteInfo>> {
    let position = session.state(aggregate, version)?.position;
    let mut notes = session.written_notes()?;
    notes.retain(|note| match &note.about {
        About::Record(of) => of == aggregate && note.branch == branch,
        About::Version(..) => note.position == position,
        About::Store(_) => false,
    });
    Ok(notes)
}

/// What came of the event for a reactor, or would.
fn reaction(answer: &Answer) -> Value {
    let mut told = json!({
        "reactor": answer.reactor, "effect": answer.effect, "run": if answer.sync { "sync" } else { "async" },
        "job": null, "would": null, "error": null,
        "events": answer.events.iter().map(|event| json!({
            "aggregate": event.aggregate, "version": event.version, "type": event.kind, "position": event.position,
        })).collect::<Vec<_>>(),
    });
    match &answer.outcome {
        Outcome::Job(job) => told["job"] = crate::session::job_json(job),
        Outcome::Would(reaction) => told["would"] = particulars(reaction),
        Outcome::WouldFail(error) => told["error"] = error.as_str().into(),
        Outcome::Not => {}
    }
    told
}

/// What the event's row holds, and nothing that was made of it.
fn raw(context: &mut Context, event: &Event) -> Result<()> {
    let out = &mut context.out;
    out.line(event_line(event))?;
    out.line(format_args!("data  {}", visible(&event.data)))?;
    out.line(format_args!("meta  {}", visible(&event.meta)))?;
    out.line(format_args!("hash  {}", event.hash))
}
