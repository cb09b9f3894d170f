//! `diff` of two stores.

use std::path::Path;

use serde_json::{Value, json};

use super::super::case;
use super::super::out::{change_line, counted, event_line, progress, visible};
use super::super::stop::Stop;
use super::{Context, Told};
use crate::error::Result;
use crate::event::Event;
use crate::replay::{diff, diff_items};
use crate::session::{Apart, Open, Session};

/// Says where two stores part and how their records differ; of one record alone where one is named.
pub fn run(
    context: &mut Context,
    (a, b): (&Path, &Path),
    from: Option<&str>,
    to: Option<&str>,
) -> Result<()> {
    // Of a case, its store is there as long as the case.
    let ((one, _one), (two, _two)) = (case::store_of(a)?, case::store_of(b)?);
    let open = |path: &Path| Session::open(&Open { path: path.to_owned(), ..context.opening() });
    let (mut one, mut two) = (open(&one)?, open(&two)?);
    if let Some(from) = from {
        return record(context, (&mut one, &mut two), (from, to.unwrap_or(from)));
    }
    let (stop, bar) = (Stop::listen()?, progress("comparing"));
    bar.set_length(one.overview()?.events as u64);
    let apart = one.apart(&mut two, &mut |same| {
        bar.set_position(same as u64);
        !stop.asked()
    })?;
    bar.finish_and_clear();
    let names = (a.display().to_string(), b.display().to_string());
    let names = (names.0.as_str(), names.1.as_str());
    parting(context, &apart, names)?;
    let (mut told, mut alike) = (Told::default(), 0);
    for aggregate in &apart.records {
        match one.record_apart(&mut two, &apart, aggregate)? {
            Some(row) => told.row(context, names, &row)?,
            None => alike += 1,
        }
        stop.check(|| format!("after {} aggregates", told.aggregates + alike))?;
    }
    if apart.parted.is_none() || context.json {
        return Ok(());
    }
    if alike > 0 {
        context.out.line(format_args!(
            "{} with the same events in both, only under other hashes.",
            counted(alike as u64, "aggregate")
        ))?;
    }
    told.end(context, names)
}

/// Where they part.
fn parting(context: &mut Context, apart: &Apart, names: (&str, &str)) -> Result<()> {
    let common = apart.common;
    let Some(parted) = &apart.parted else {
        return if context.json {
            context.out.json(&json!({ "common": common, "parted": null }))
        } else {
            context.out.line(format_args!("Both have the same {}.", counted(common as u64, "event")))
        };
    };
    if context.json {
        let event = |event: &Option<Event>| -> Value {
            event
                .as_ref()
                .map_or(Value::Null, |event| serde_json::from_str(&event.to_json()).unwrap_or_default())
        };
        return context
            .out
            .json(&json!({ "common": common, "parted": { "a": event(&parted.a), "b": event(&parted.b) } }));
    }
    context.out.line(match common {
        0 => "They part at their first event:".to_owned(),
        _ => format!(
            "They have the first {} in common, and part at the next:",
            counted(common as u64, "event")
        ),
    })?;
    for (mark, name, event) in [('<', names.0, &parted.a), ('>', names.1, &parted.b)] {
        let event = event.as_ref().map_or_else(|| "ends there".to_owned(), event_line);
        context.out.line(format_args!("  {mark} {}: {event}", visible(name)))?;
    }
    Ok(())
}

/// One record alone: its states at a point of each.
fn record(
    context: &mut Context,
    (one, two): (&mut Session, &mut Session),
    (from, to): (&str, &str),
) -> Result<()> {
    let (a, b) = (one.state_at(from)?, two.state_at(to)?);
    if context.json {
        return diff(&a.state, &b.state).iter().try_for_each(|change| context.out.json(change));
    }
    diff_items(&a.state, &b.state).iter().try_for_each(|change| context.out.line(change_line(change)))
}
