//! The table that cherry-pick, revert, rebase and merge print: each unit of events and how it ended.

use serde_json::{Value, json};

use super::Context;
use super::fire::reacted_line;
use super::out::{event_line, short, visible};
use crate::error::{Error, Result};
use crate::journal::{Carriage, Carried, Clash, Mode, Outcome};

#[derive(clap::Args)]
pub struct Modes {
    /// Show how each would end, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Leave out what is refused; without it, one that is refused keeps all of them out.
    #[arg(long)]
    skip: bool,
}

impl Modes {
    pub fn mode(&self) -> Mode {
        Mode { dry_run: self.dry_run, skip: self.skip, ..Mode::default() }
    }
}

#[derive(clap::Args)]
pub struct React {
    /// Let the domain's reactors answer the events where they are now, as if they were fired there.
    #[arg(long)]
    react: bool,
}

impl React {
    pub fn with(&self, mode: Mode) -> Mode {
        Mode { react: self.react, ..mode }
    }
}

/// Prints how each unit ended; an error where one was refused and kept the others out.
pub fn print(context: &mut Context, carriage: &Carriage, mode: Mode) -> Result<()> {
    for carried in &carriage.units {
        if context.json {
            context.out.json(&line(carried))?;
        } else {
            row(context, carried)?;
        }
    }
    if mode.dry_run {
        if !context.json {
            context.out.line("A dry run: nothing was written.")?;
        }
        return Ok(());
    }
    if carriage.is_refused() && !carriage.written && !mode.skip {
        let refused: Vec<_> = carriage.units.iter().filter(|carried| carried.outcome.is_refused()).collect();
        let error = Error::refused(format!(
            "{} of {} were refused: nothing was written.",
            refused.len(),
            carriage.units.len()
        ));
        let taken = refused.iter().any(|carried| matches!(carried.outcome, Outcome::TakenBack(_)));
        return Err(error.hint(if taken {
            "--skip leaves those out; --again takes back once more what is taken back already."
        } else {
            "--skip leaves those out."
        }));
    }
    if !context.json && !carriage.written {
        context.out.line("Nothing to do: nothing was written.")?;
    }
    Ok(())
}

fn row(context: &mut Context, carried: &Carried) -> Result<()> {
    let reason =
        carried.outcome.reason().map_or_else(String::new, |reason| format!(" ({})", visible(&reason)));
    let command =
        carried.unit.command.as_ref().map_or_else(String::new, |c| format!("  ({})", visible(&c.name)));
    for (index, event) in carried.unit.events.iter().enumerate() {
        let outcome = if index == 0 { carried.outcome.name() } else { "" };
        context.out.line(format_args!("{outcome:<13}{reason} {}{command}", event_line(event)))?;
    }
    if let Outcome::Conflict(clashes) = &carried.outcome {
        for clash in clashes {
            context.out.line(format_args!("    {}", sentence(clash)))?;
        }
    }
    for event in &carried.events {
        context.out.line(format_args!("           -> {}", event_line(event)))?;
    }
    for reacted in &carried.reacted {
        context.out.line(format_args!("        {}", reacted_line(reacted)))?;
        for event in &reacted.events {
            context.out.line(format_args!("           -> {}", event_line(event)))?;
        }
    }
    Ok(())
}

/// `priority: wanted high, there is low, set by #12 3fa9c1aa`.
pub fn sentence(clash: &Clash) -> String {
    let value = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), |v| short(v, 60));
    let path = clash.path.trim_start_matches('/').replace('/', ".");
    let path = if path.is_empty() { ".".to_owned() } else { visible(&path).into_owned() };
    let writer =
        clash.writer.as_ref().map_or_else(String::new, |event| format!(", set by {}", event_line(event)));
    let made = clash
        .made
        .as_ref()
        .map_or_else(String::new, |made| format!("; the event would make it {} there", short(made, 60)));
    format!("{path}: wanted {}, there is {}{writer}{made}", value(&clash.theirs), value(&clash.ours))
}

fn line(carried: &Carried) -> Value {
    let fields = match &carried.outcome {
        Outcome::Conflict(clashes) => clashes.iter().map(field).collect(),
        _ => Vec::new(),
    };
    let event =
        |event: &crate::event::Event| serde_json::from_str::<Value>(&event.to_json()).unwrap_or_default();
    json!({
        "outcome": carried.outcome.name(),
        "aggregate": carried.unit.aggregate(),
        "command": carried.unit.command.as_ref().map(|command| &command.name),
        "origins": carried.unit.origins(),
        "positions": carried.unit.events.iter().map(|event| event.position).collect::<Vec<_>>(),
        "reason": carried.outcome.reason(),
        "fields": fields,
        "events": carried.events.iter().map(event).collect::<Vec<_>>(),
        "reacted": carried.reacted.iter().map(|reacted| json!({
            "reactor": reacted.reactor, "effect": reacted.effect, "done": reacted.done, "error": reacted.error,
            "events": reacted.events.iter().map(event).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

fn field(clash: &Clash) -> Value {
    json!({
        "path": clash.path, "wanted": clash.theirs, "there": clash.ours, "made": clash.made,
        "writer": clash.writer.as_ref().map(|event| json!({ "position": event.position, "hash": event.hash })),
    })
}
