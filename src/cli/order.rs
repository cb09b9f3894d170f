//! `order`: an aggregate replayed in another clock's order, beside the log's.

use serde_json::{Value, json};

use super::Context;
use super::another::{fate_json, fate_line, tell_reads};
use super::out::{change_line, visible};
use crate::error::Result;
use crate::replay::Change;
use crate::session::{Decisions, Order, OrderEvent, OrderPlace, Ordered};

#[derive(clap::Args)]
pub struct Args {
    /// The aggregate, up to a version or a time if one is given.
    rev: String,
    /// The clock that puts the events in order.
    #[arg(long, value_enum)]
    by: By,
    /// List what the requests come to that end otherwise in that order, where they are decided again.
    #[arg(long)]
    decide: bool,
}

/// The clocks.
#[derive(Clone, Copy, clap::ValueEnum)]
enum By {
    /// When the producer says it happened.
    Occurred,
    /// When it was received (`meta.received_at`, else as recorded).
    Received,
    /// When the store took it.
    Recorded,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let mut session = context.session()?;
    let point = session.resolve(&args.rev, None)?;
    let (by, name) = match args.by {
        By::Occurred => (Order::Occurred, "occurred"),
        By::Received => (Order::Received, "received"),
        By::Recorded => (Order::Recorded, "recorded"),
    };
    let ordered = session.order(&point, by)?;
    if context.json {
        return context.out.json(&object(&ordered, name));
    }
    print(context, &ordered, name)?;
    requests(context, &ordered, args.decide)
}

fn reference(event: &OrderEvent) -> Value {
    json!({
        "version": event.version, "position": event.position, "type": &*event.kind,
        "occurred_at": event.occurred_at, "hash": event.hash,
    })
}

fn object(ordered: &Ordered, by: &str) -> Value {
    let place = |place: usize| {
        let OrderPlace { log, other, apart } = ordered.place(place)?;
        Some(json!({ "place": place + 1, "log": reference(log), "other": reference(other), "apart": apart }))
    };
    let errors = |errors: &[(OrderEvent, String)]| -> Value {
        errors.iter().map(|(event, error)| json!({ "event": reference(event), "error": error })).collect()
    };
    json!({
        "aggregate": ordered.aggregate, "branch": ordered.branch, "by": by,
        "order": ordered.places().map(|place| place.other.version).collect::<Vec<_>>(),
        "places": (0..ordered.len()).filter_map(place).collect::<Vec<_>>(), "moved": ordered.moved,
        "parts": ordered.parts.and_then(place),
        "meets": ordered.meets.and_then(place),
        "changes": ordered.changes,
        "errors": { "log": errors(&ordered.log_errors), "other": errors(&ordered.other_errors) },
        "requests": ordered.requests.as_ref().map(|requests| json!({
            "changes": requests.changes, "decided": requests.decided, "folded": requests.folded,
            "otherwise": requests.fates.iter().map(fate_json).collect::<Vec<_>>(),
        })),
        "reads": ordered.reads,
    })
}

fn print(context: &mut Context, ordered: &Ordered, by: &str) -> Result<()> {
    let name = ordered.aggregate.to_string();
    let (events, moved) = (ordered.len(), ordered.moved);
    context.out.line(format_args!(
        "{} by the time {by}: {moved} of {events} events stand elsewhere",
        visible(&name)
    ))?;
    let short =
        |event: &OrderEvent| format!("v{} {} {}", event.version, event.occurred_at, visible(&event.kind));
    for (at, place) in ordered.places().enumerate() {
        // What stands where it stood and leads to the same state is only counted.
        if place.log.version == place.other.version && !place.apart && ordered.meets != Some(at) {
            continue;
        }
        let mark = match (ordered.parts, ordered.meets) {
            (Some(first), _) if first == at => "  the states part",
            (_, Some(meets)) if meets == at => "  the same again",
            _ if place.apart => "  apart",
            _ => "",
        };
        let (log, other) = (short(place.log), short(place.other));
        context.out.line(format_args!("{:>6}  {log:<52} | {other}{mark}", at + 1))?;
    }
    for (order, errors) in [("the log's order", &ordered.log_errors), (by, &ordered.other_errors)] {
        for (event, error) in errors {
            context.out.line(format_args!("x by {order}: v{}: {}", event.version, visible(error)))?;
        }
    }
    end(context, "The same events", &ordered.changes)
}

fn end(context: &mut Context, what: &str, changes: &[Change]) -> Result<()> {
    if changes.is_empty() {
        return context.out.line(format_args!("{what} end in the same state."));
    }
    context.out.line(format_args!("{what} end otherwise:"))?;
    changes.iter().try_for_each(|change| context.out.line(format_args!("    {}", change_line(change))))
}

/// The same requests, decided again.
fn requests(context: &mut Context, ordered: &Ordered, decide: bool) -> Result<()> {
    tell_reads(context, &ordered.reads)?;
    let Some(requests) = &ordered.requests else {
        let why = if ordered.moved == 0 {
            "no event stands elsewhere"
        } else {
            "no event from there on came of a command that the domain has"
        };
        return context.out.line(format_args!("The same requests are not decided again: {why}."));
    };
    end(context, "The same requests, decided again,", &requests.changes)?;
    let Decisions { fates, decided, folded, .. } = requests;
    let of = if *folded == 0 {
        String::new()
    } else {
        format!("; {folded} steps without a known command are folded")
    };
    let more = if fates.is_empty() || decide { "" } else { " (--decide lists them)" };
    let otherwise = fates.len();
    context.out.line(format_args!("{otherwise} of {decided} requests come to something else{more}{of}."))?;
    let listed = fates.iter().filter(|_| decide);
    listed.into_iter().try_for_each(|fate| context.out.line(format_args!("    {}", fate_line(fate))))
}
