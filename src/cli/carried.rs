//! The table that cherry-pick, revert, rebase and merge print: each unit of events and how it ended.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Context;
use super::another::fate_line;
use super::fire::reacted_line;
use super::out::{event_line, short, visible};
use crate::error::{Error, Result};
use crate::journal::{Carriage, Carried, Clash, Mode, Outcome};
use crate::replay::diff::dotted;
use crate::session::{Carry, CarryEnd, Session};

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

/// Prints how each unit ended, and what the records come to where events were carried over; of a dry run only.
pub fn print_carried(
    context: &mut Context,
    session: &mut Session,
    carry: &Carry,
    carriage: &Carriage,
    mode: Mode,
) -> Result<()> {
    let ends = if mode.dry_run { session.carry_ends(carry, carriage)? } else { Vec::new() };
    print_with(context, carriage, &ends, mode)
}

/// Prints how each unit ended; an error where one was refused and kept the others out.
pub fn print(context: &mut Context, carriage: &Carriage, mode: Mode) -> Result<()> {
    print_with(context, carriage, &[], mode)
}

fn print_with(context: &mut Context, carriage: &Carriage, ends: &[CarryEnd], mode: Mode) -> Result<()> {
    let mut told: HashMap<_, _> = ends.iter().map(|end| (&end.aggregate, end)).collect();
    let mut lines = Vec::new();
    // What a record comes to stands at the last of its units.
    for carried in carriage.units.iter().rev().filter(|_| context.json) {
        let mut line = line(carried);
        line["ends"] = told.remove(carried.unit.aggregate()).map_or(Value::Null, CarryEnd::json);
        lines.push(line);
    }
    lines.iter().rev().try_for_each(|line| context.out.json(line))?;
    if !context.json {
        carriage.units.iter().try_for_each(|carried| row(context, carried))?;
    }
    if mode.dry_run {
        if !context.json {
            tell_ends(context, ends)?;
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

/// The fields that the two answers come to, beside what is there.
fn tell_ends(context: &mut Context, ends: &[CarryEnd]) -> Result<()> {
    let fields: Vec<_> =
        ends.iter().flat_map(|end| end.fields().into_iter().map(move |field| (end, field))).collect();
    if fields.is_empty() {
        return Ok(());
    }
    let cells = |name: &str, [there, events, requests]: [String; 3], mark: &str| {
        format!("{name:<32} {there:<22} {events:<22} {requests:<22} {mark}").trim_end().to_owned()
    };
    context.out.line(cells(
        "WHAT IT COMES TO",
        ["THERE NOW", "SAME EVENTS", "SAME REQUESTS"].map(str::to_owned),
        "",
    ))?;
    for (end, field) in &fields {
        let said =
            |value: &Option<Value>| value.as_ref().map_or_else(|| "–".to_owned(), |value| short(value, 20));
        let requests = field.requests.as_ref().map_or_else(|| "not decided".to_owned(), said);
        let name = format!("{} {}", end.aggregate, dotted(&field.path));
        let mark = if field.differs() { "≠" } else { "" };
        let values = [said(&field.there), said(&field.events), requests];
        context.out.line(cells(&visible(&name), values, mark))?;
    }
    let differ = fields.iter().filter(|(_, field)| field.differs()).count();
    let decided = ends.iter().any(|end| end.requests.is_some());
    let fates = ends.iter().flat_map(|end| &end.fates);
    fates.into_iter().try_for_each(|fate| context.out.line(format_args!("    {}", fate_line(fate))))?;
    context.out.line(match (decided, differ) {
        (false, _) => {
            "No request is decided again: no event came of a command that the domain has.".to_owned()
        }
        (true, 0) => "The same events and the same requests come to the same.".to_owned(),
        (true, 1) => "The same events and the same requests differ in 1 field.".to_owned(),
        (true, many) => format!("The same events and the same requests differ in {many} fields."),
    })
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
