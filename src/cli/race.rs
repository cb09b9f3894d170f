//! `race`: all orders of the events that overlap, and what each of them comes to.

use clap::ValueEnum;
use serde_json::{Value, json};

use super::another::{fate_json, fate_line, tell_reads};
use super::out::{change_line, progress, visible};
use super::stop::Stop;
use super::{Context, matrix};
use crate::error::{Error, Result};
use crate::event::{Event, actor_of};
use crate::replay::lattice::{Bound, Count, Keep};
use crate::session::{Point, RaceCell, RacePage, RaceRequest, RaceRow, Session, letter, parse_distance};

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    matrix: Option<Sub>,
    /// The events to begin with: those of the same records that overlap with them are taken too.
    #[arg(value_name = "REV", required = true)]
    revs: Vec<String>,
    /// How far apart two events occurred that overlap, such as `10s` or `5m`.
    #[arg(long, value_name = "TIME", default_value = "60s")]
    within: String,
    /// What is kept of the log's order in every order that is tried.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Kept::Actor, Kept::Command, Kept::Cause, Kept::Seen])]
    keep: Vec<Kept>,
    /// What is to hold behind each step: jq over the records' states by their names, such as `.["Task/42"].n >= 0`.
    #[arg(long, value_name = "JQ")]
    invariant: Option<String>,
}

#[derive(clap::Subcommand)]
enum Sub {
    /// Which event types of an aggregate type may change places, and which may not.
    Matrix(matrix::Args),
}

/// What can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kept {
    /// The steps of one actor stay in their order.
    Actor,
    /// The events of one command stay together.
    Command,
    /// A cause stays before its effect.
    Cause,
    /// What a requester had seen stays before the request.
    Seen,
    /// Nothing.
    None,
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    if let Some(Sub::Matrix(args)) = args.matrix {
        return matrix::run(context, &args);
    }
    let mut session = context.session()?;
    let request = RaceRequest {
        chosen: args.revs.iter().map(|rev| session.resolve(rev, None)).collect::<Result<_>>()?,
        within: parse_distance(&args.within)?,
        keep: keep(&args.keep)?,
        invariant: args.invariant,
    };
    let page = tried(&mut session, &request)?;
    if context.json { context.out.json(&object(&page)) } else { print(context, &page) }
}

/// All orders, tried to the end.
fn tried(session: &mut Session, request: &RaceRequest) -> Result<RacePage> {
    let mut search = session.race(request)?;
    let (stop, bar) = (Stop::listen()?, progress("trying orders"));
    let page = loop {
        let page = search.go_on()?;
        bar.set_length(page.progress.1 as u64);
        bar.set_position(page.progress.0 as u64);
        if page.is_last() {
            break page;
        }
        stop.check(|| format!("at {} of {}", page.progress.0, page.progress.1))?;
    };
    bar.finish_and_clear();
    Ok(page)
}

/// What is kept.
fn keep(kept: &[Kept]) -> Result<Keep> {
    let keeps = |one: Kept| kept.contains(&one);
    if keeps(Kept::None) && kept.len() > 1 {
        return Err(Error::usage("--keep none goes with nothing else."));
    }
    Ok(Keep {
        actor: keeps(Kept::Actor),
        command: keeps(Kept::Command),
        cause: keeps(Kept::Cause),
        seen: keeps(Kept::Seen),
    })
}

/// All orders of the events around chosen ones.
pub fn of(session: &mut Session, chosen: Vec<Point>, within: &str, kept: &[Kept]) -> Result<RacePage> {
    let (within, keep) = (parse_distance(within)?, keep(kept)?);
    tried(session, &RaceRequest { chosen, within, keep, invariant: None })
}

/// The number of the row of that name: an end's letter, or what a row is called.
pub fn row(page: &RacePage, name: &str) -> Result<usize> {
    let called = |row: &RaceRow| {
        row.name == name || row.orders.is_some() && row.end.is_some_and(|end| letter(end) == name)
    };
    page.rows.iter().position(called).ok_or_else(|| {
        let names: Vec<_> = page.rows.iter().map(|row| row.name.as_str()).collect();
        Error::usage(format!("There is no order {name} of this race."))
            .hint(format!("There is {}; or the letter of an end.", names.join(", ")))
    })
}

fn print(context: &mut Context, page: &RacePage) -> Result<()> {
    head(context, page)?;
    for event in &page.events {
        context.out.line(format_args!("  {}", event_line(page, event)))?;
    }
    context.out.line("")?;
    context.out.line(page.summary())?;
    context.out.line(format_args!(
        "{:<14} {:<3} {:<32} {:<32} {:>8}  SWAP",
        "ORDER", "END", "SAME EVENTS", "SAME REQUESTS", "ORDERS"
    ))?;
    for row in &page.rows {
        context.out.line(line(page, row))?;
    }
    for row in page.rows.iter().filter(|row| row.orders.is_some() || row.end.is_none()) {
        detail(context, page, row)?;
    }
    if page.requests.0 == 0 {
        context
            .out
            .line("No request is decided again: no event here came of a command that the domain has.")?;
    } else if page.requests.1 > 0 {
        let folded = page.requests.1;
        context.out.line(format_args!(
            "{folded} steps came of no command that the domain has: they are folded in both."
        ))?;
    }
    tell_reads(context, &page.reads)
}

fn head(context: &mut Context, page: &RacePage) -> Result<()> {
    let records: Vec<_> =
        page.records.iter().map(|(name, _)| visible(&name.to_string()).into_owned()).collect();
    let kept = page.keep.names();
    let kept = if kept.is_empty() { "nothing".to_owned() } else { kept.join(", ") };
    let (events, steps) = (page.events.len(), page.steps.len());
    context.out.line(format_args!("{}: {events} events, {steps} steps; kept: {kept}", records.join(", ")))?;
    if page.cut {
        context
            .out
            .line("More events overlap than these: the window is cut. A shorter --within takes fewer.")?;
    }
    match page.bound {
        None => Ok(()),
        Some(bound) => context.out.line(format_args!("Not every order was tried: {}.", bound.says())),
    }
}

fn event_line(page: &RacePage, event: &Event) -> String {
    let name = if page.records.len() > 1 { format!("{} ", event.aggregate) } else { String::new() };
    let actor = actor_of(&event.meta).unwrap_or_else(|| "–".to_owned());
    let line = format!("{name}v{} {} {} {}", event.version, actor, event.kind, event.occurred_at);
    visible(&line).into_owned()
}

fn line(page: &RacePage, row: &RaceRow) -> String {
    let (end, events, requests) = (row.end_letter(), row.events_brief(), row.requests_brief());
    let (orders, swap) = (page.orders_of(row), page.swap(row));
    let line = format!("{:<14} {end:<3} {events:<32} {requests:<32} {orders:>8}  {swap}", row.name);
    visible(&line).into_owned()
}

/// The steps of an order, without what stands where it stands in the log at the beginning and at the end.
fn order(page: &RacePage, row: &RaceRow) -> String {
    let mut moved =
        row.order.iter().enumerate().filter(|(place, step)| place != *step).map(|(place, _)| place);
    let Some(first) = moved.next() else { return "the log's order".to_owned() };
    let last = moved.next_back().unwrap_or(first);
    let steps = row.order.iter().skip(first).take(last + 1 - first).map(|step| page.step_name(*step));
    let before = (first > 0).then(|| "…".to_owned());
    let behind = (last + 1 < row.order.len()).then(|| "…".to_owned());
    let all: Vec<_> = before.into_iter().chain(steps).chain(behind).collect();
    format!("the order {}", all.join(" "))
}

/// What differs at an end, and which requests come to something else, in its order.
fn detail(context: &mut Context, page: &RacePage, row: &RaceRow) -> Result<()> {
    let nothing =
        row.events.changes.is_empty() && row.requests.as_ref().is_none_or(|cell| cell.changes.is_empty());
    if nothing && row.fates.is_empty() {
        return Ok(());
    }
    let end = row.end.map_or_else(|| row.name.clone(), letter);
    context.out.line(format_args!("{end}: in {}", visible(&order(page, row))))?;
    let cells = [("the same events", Some(&row.events)), ("the same requests", row.requests.as_ref())];
    for (what, cell) in cells.into_iter().filter_map(|(what, cell)| Some((what, cell?))) {
        for (name, changes) in &cell.changes {
            for change in changes {
                let name = if page.records.len() > 1 { format!("{} ", visible(name)) } else { String::new() };
                context.out.line(format_args!("    {what:<18} {name}{}", change_line(change)))?;
            }
        }
    }
    row.fates.iter().try_for_each(|fate| context.out.line(format_args!("    {}", fate_line(fate))))
}

/// A number where JSON has it exactly, else its digits, or that there are more.
fn count_json(orders: Count) -> Value {
    match orders.known().and_then(|orders| u64::try_from(orders).ok()) {
        Some(orders) => orders.into(),
        None => orders.to_string().into(),
    }
}

fn object(page: &RacePage) -> Value {
    let events = page.events.iter().map(|event| {
        json!({
            "aggregate": event.aggregate, "version": event.version, "position": event.position,
            "type": event.kind, "actor": actor_of(&event.meta), "occurred_at": event.occurred_at, "hash": event.hash,
        })
    });
    let named = |step: &usize| {
        let events = page.steps.get(*step).and_then(|range| page.events.get(range.clone()));
        let names =
            events.into_iter().flatten().map(|event| format!("{}@{}", event.aggregate, event.version));
        names.collect::<Vec<_>>()
    };
    let cell = |cell: &RaceCell| {
        let changes: serde_json::Map<_, _> =
            cell.changes.iter().map(|(name, changes)| (name.clone(), json!(changes))).collect();
        json!({ "changes": changes, "breaks": cell.breaks })
    };
    let rows = page.rows.iter().map(|row| {
        json!({
            "name": row.name, "end": row.end.map(letter), "order": row.order.iter().map(named).collect::<Vec<_>>(),
            "events": cell(&row.events), "requests": row.requests.as_ref().map(cell),
            "otherwise": row.fates.iter().map(fate_json).collect::<Vec<_>>(),
            "orders": row.orders.map(count_json), "inversions": row.swaps.len(),
            "swaps": row.swaps.iter().map(|(late, early)| [named(late), named(early)]).collect::<Vec<_>>(),
            "seed": row.seed,
        })
    });
    json!({
        "branch": page.branch, "records": page.records.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        "events": events.collect::<Vec<_>>(), "kept": page.keep.names(), "cut": page.cut,
        "exact": page.bound.is_none(), "bound": page.bound.map(Bound::says),
        "orders": count_json(page.orders), "decided": page.requests.0, "folded": page.requests.1,
        "rows": rows.collect::<Vec<_>>(), "reads": page.reads,
    })
}
