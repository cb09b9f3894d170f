//! `trace --lanes`: the events of an operation as lanes, and the state of each lane at the event that was named.

use serde_json::{Value, json};

use super::super::Context;
use super::super::out::{change_line, counted, short, visible};
use crate::error::Result;
use crate::event::distance::gap;
use crate::event::{AggregateId, Event, Position, actor_of};
use crate::history::swim::NARROWEST;
use crate::session::{Lanes, Moment, Session};

/// How many events are read at a time.
const PAGE: usize = 256;
/// How many lanes are drawn beside each other; the line names the aggregate in any case.
const DRAWN: usize = 40;
/// How many characters of a state stand on its line.
const STATE: usize = 300;

pub fn run(context: &mut Context, session: &mut Session, here: Position, ascii: bool) -> Result<()> {
    let mut lanes = session.swim(here)?;
    while !lanes.is_whole() {
        session.swim_on(&mut lanes, PAGE)?;
    }
    if !context.json {
        heading(context, &lanes)?;
    }
    for row in 0..lanes.events.len() {
        if context.json {
            context.out.json(&object(&lanes, row))?;
        } else {
            context.out.line(drawn(&lanes, row, ascii))?;
        }
    }
    context.out.flush()?;
    if !context.json {
        context.out.line(format_args!("\nat #{here}"))?;
    }
    let row = lanes.swim.row_of(here).unwrap_or(0);
    let aggregates: Vec<AggregateId> = lanes.swim.lanes().iter().map(|lane| lane.aggregate.clone()).collect();
    // One lane at a time: a store's worth of states is not held at once.
    for (at, aggregate) in aggregates.iter().enumerate() {
        let mut moment = session.moments_at(std::slice::from_ref(aggregate), here)?;
        while moment.iter().any(|moment| moment.folding.is_some()) {
            moment = session.moments_at(std::slice::from_ref(aggregate), here)?;
        }
        let Some(moment) = moment.pop() else { continue };
        let moved = lanes.swim.lanes()[at].rows.0 <= row;
        state(context, at, here, moved, &moment)?;
    }
    Ok(())
}

fn heading(context: &mut Context, lanes: &Lanes) -> Result<()> {
    let what = match &lanes.operation {
        Some(id) => format!("operation {}", visible(id)),
        None => "no operation: causes and effects alone".to_owned(),
    };
    let cut = if lanes.cut || lanes.more {
        format!("; of more, those around #{} are read", lanes.of)
    } else {
        String::new()
    };
    let elsewhere = match lanes.elsewhere {
        0 => String::new(),
        n => format!(", {n} more on other branches"),
    };
    let (rows, columns) = (lanes.events.len(), lanes.swim.lanes().len());
    let (rows, columns) = (counted(rows as u64, "event"), counted(columns as u64, "lane"));
    context.out.line(format_args!("{what}, {rows}, {columns}{cut}{elsewhere}"))
}

fn drawn(lanes: &Lanes, row: usize, ascii: bool) -> String {
    let event = &lanes.events[row];
    let before = row.checked_sub(1).map(|before| &lanes.events[before]);
    let mark = match (event.position == lanes.of, ascii) {
        (false, _) => ' ',
        (true, true) => '>',
        (true, false) => '▸',
    };
    let cells = lanes.swim.cells(row, None);
    let drawn: String = cells.iter().take(DRAWN).map(|cell| cell.text(NARROWEST, ascii)).collect();
    let since = |time: fn(&Event) -> crate::event::Time| {
        before.map_or_else(String::new, |before| gap(time(before), time(event)))
    };
    let (occurred, recorded) = (event.occurred_at.to_string(), event.recorded_at.to_string());
    let by = actor_of(&event.meta).map_or_else(String::new, |actor| format!("  by {}", visible(&actor)));
    format!(
        "{mark} {drawn} #{:<6} {occurred:<27} {:>6}  {recorded:<27} {:>6}  {}@{}  {}{by}",
        event.position,
        since(|event| event.occurred_at),
        since(|event| event.recorded_at),
        visible(&event.aggregate.to_string()),
        event.version,
        visible(&event.kind),
    )
}

fn object(lanes: &Lanes, row: usize) -> Value {
    let mut value: Value = serde_json::from_str(&lanes.events[row].to_json()).unwrap_or_default();
    value["lane"] = json!(lanes.swim.rows()[row].lane);
    value["cause"] = json!(lanes.causes[row].as_ref().map(|(position, _)| position));
    value["operation"] = json!(lanes.operation);
    value
}

fn state(context: &mut Context, lane: usize, here: Position, moved: bool, moment: &Moment) -> Result<()> {
    if context.json {
        return context.out.json(&json!({
            "lane": lane, "at": here, "aggregate": moment.aggregate, "version": moment.version, "moved": moved,
            "exists": moment.exists, "label": moment.label, "status": moment.status,
            "changes": moment.changes, "state": moment.state, "error": moment.error,
        }));
    }
    let name = moment.aggregate.to_string();
    let said = match (moment.version, moved) {
        (0, _) => "before its first event".to_owned(),
        (version, true) => format!("v{version}"),
        (version, false) => format!("v{version}, not moved yet"),
    };
    context.out.line(format_args!("  {}  {said}", visible(&name)))?;
    if moment.version == 0 {
        return Ok(());
    }
    if moved {
        for change in &moment.changes {
            context.out.line(format_args!("      {}", change_line(change)))?;
        }
    }
    let gone = if moment.exists { "" } else { " does not exist" };
    context.out.line(format_args!("      state{gone} {}", short(&moment.state, STATE)))
}
