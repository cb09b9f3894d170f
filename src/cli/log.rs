//! `log`: events, the newest first.

mod follow;
mod graph;

use std::collections::HashMap;

use super::out::{change_line, event_line, progress, short, visible};
use super::stop::Stop;
use super::{Context, note, tell_misses};
use crate::error::Result;
use crate::event::{Event, Position, Time};
use crate::session::{
    Flag, Flags, LogRequest, LogRow, Needle, NoteInfo, Point, Session, parse_distance, parse_time,
};

/// How many events are looked at before what was found is printed: with what they changed, and without.
const BUDGET: usize = 1024;
const BUDGET_BARE: usize = 16_384;

#[derive(clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Args {
    /// Up to this point: an aggregate, a version, a position, a time. Without it, the whole store.
    rev: Option<String>,
    /// Only what occurred at or after this time.
    #[arg(long, value_name = "T")]
    since: Option<String>,
    /// Only what occurred at or before this time; a date means its end.
    #[arg(long, value_name = "T")]
    until: Option<String>,
    /// Only by this actor.
    #[arg(long)]
    actor: Option<String>,
    /// Only this event type.
    #[arg(long, value_name = "EVENT")]
    r#type: Option<String>,
    /// Only where this jq predicate holds: `.` is the state after; `backstory help filters` lists the variables.
    #[arg(long, value_name = "JQ")]
    r#where: Option<String>,
    /// With all flags, also those that take a fold, as `overwrote`.
    #[arg(long)]
    flags: bool,
    /// Within which time before an event somebody else may have set what it overwrote, such as `10s` or `5m`.
    #[arg(long, value_name = "TIME")]
    within: Option<String>,
    /// Only with this text in their data or metadata, each shown with the place where it stands.
    #[arg(long, value_name = "TEXT")]
    grep: Option<String>,
    /// The text whatever its case, also in types, ids and labels.
    #[arg(long, short, requires = "grep")]
    ignore_case: bool,
    /// Count the events by the value of a jq expression.
    #[arg(long, value_name = "JQ")]
    count_by: Option<String>,
    /// At most so many.
    #[arg(long)]
    limit: Option<usize>,
    /// The oldest first.
    #[arg(long)]
    reverse: bool,
    /// Draw the graph of all branches, up to the point if one is given.
    #[arg(
        long,
        conflicts_with_all = ["since", "until", "actor", "type", "where", "grep", "count_by", "reverse"]
    )]
    graph: bool,
    /// Draw it with ASCII characters.
    #[arg(long, requires = "graph")]
    ascii: bool,
    #[command(flatten)]
    follow: follow::Follow,
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    if args.graph {
        return graph::run(context, &args);
    }
    let mut session = context.session()?;
    let request = request(context, &mut session, &args)?;
    if args.follow.is_given() {
        return args.follow.run(context, &mut session, request, (args.rev.as_deref(), args.limit));
    }
    if let Some(by) = args.count_by {
        let stop = Stop::listen()?;
        let mut looked = |events: usize| stop.check(|| format!("after {events} events"));
        for (value, count) in session.count_log(&request, &by, &mut looked)?.into_iter().take(request.limit) {
            if context.json {
                context.out.json(&serde_json::json!({ "value": value, "count": count }))?;
            } else {
                context.out.line(format_args!("{count:>8}  {}", short(&value, 100)))?;
            }
        }
        return tell_misses(&mut session);
    }
    list(context, &mut session, request)
}

/// From when on: `--since 2016-03-08` means from the start of that day, as `--until` means to its end.
pub(super) fn since(text: &str) -> Result<Time> {
    let time = parse_time(text)?;
    let bare = text.len() == 10;
    Ok(if bare { Time(time.0 - 86_400_000_000 + 1) } else { time })
}

/// What the options ask for, on the branch of the point that is named.
fn request(context: &Context, session: &mut Session, args: &Args) -> Result<LogRequest> {
    let mut request = LogRequest {
        since: args.since.as_deref().map(since).transpose()?,
        until: args.until.as_deref().map(parse_time).transpose()?,
        actor: args.actor.clone(),
        event: args.r#type.clone(),
        filter: args.r#where.clone(),
        within: args.within.as_deref().map(parse_distance).transpose()?,
        flags: if args.flags { Flags::all() } else { Flags::near() },
        oldest_first: args.reverse,
        limit: args.limit.unwrap_or(usize::MAX),
        bare: context.json || args.grep.is_some(),
        content_only: !args.ignore_case,
        any_case: args.ignore_case,
        text: args.grep.clone().unwrap_or_default(),
        ..LogRequest::default()
    };
    match args.rev.as_deref().map(|rev| session.resolve_here(rev)).transpose()? {
        Some(Point::Aggregate { branch, aggregate, version, .. }) => {
            session.switch(&branch)?;
            request.aggregate = Some(aggregate);
            request.up_to_version = Some(version);
        }
        Some(Point::Store { branch, position, time }) => {
            session.switch(&branch)?;
            request.as_of = time;
            request.up_to_position = time.is_none().then_some(position);
        }
        None => {}
    }
    Ok(request)
}

/// Prints what is asked for, a page at a time, so that the first lines are there at once and `| head` ends it.
fn list(context: &mut Context, session: &mut Session, mut request: LogRequest) -> Result<()> {
    let beside = Beside::of(session, &request)?;
    let searches = beside.needle.is_some() || request.filter.is_some();
    let stop = searches.then(Stop::listen).transpose()?;
    let bar = if searches { progress("searching") } else { indicatif::ProgressBar::hidden() };
    let total = if searches { session.overview()?.events } else { 0 };
    bar.set_length(total as u64);
    let (mut left, mut looked) = (request.limit, 0);
    request.budget = if request.bare { BUDGET_BARE } else { BUDGET };
    loop {
        request.limit = left.min(256);
        let page = session.log(&request)?;
        looked += page.scanned;
        bar.set_position(looked as u64);
        bar.suspend(|| {
            page.rows.iter().try_for_each(|row| print(context, row, &beside))?;
            context.out.flush()
        })?;
        left -= page.rows.len();
        match page.next {
            Some(next) if left > 0 => request.after = Some(next),
            _ => break,
        }
        if let Some(stop) = &stop {
            stop.check(|| format!("after {looked} of {total} events"))?;
        }
    }
    bar.finish_and_clear();
    tell_misses(session)
}

/// What is shown beside an event: where a text stands in it, and what people wrote about it.
struct Beside {
    needle: Option<Needle>,
    notes: HashMap<Position, Vec<NoteInfo>>,
}

impl Beside {
    fn of(session: &mut Session, request: &LogRequest) -> Result<Self> {
        Ok(Self { needle: Needle::of(request), notes: session.notes_of_events()? })
    }
}

fn print(context: &mut Context, row: &LogRow, beside: &Beside) -> Result<()> {
    let notes = beside.notes.get(&row.event.position).map_or(&[][..], Vec::as_slice);
    if context.json {
        let mut line = row.event.to_json_with("flags", &row.flags);
        if !notes.is_empty() {
            let notes: Vec<_> = notes.iter().map(note::object).collect();
            line.pop();
            line = format!("{line},\"notes\":{}}}", serde_json::Value::from(notes));
        }
        return context.out.json_text(&line);
    }
    // That nothing changed is plain to see.
    let noted: Flags = row.flags.iter().filter(|flag| *flag != Flag::Nothing).collect();
    if noted.is_empty() {
        context.out.line(event_line(&row.event))?;
    } else {
        context.out.line(format_args!("{}  [{}]", event_line(&row.event), noted.names()))?;
    }
    if let Some((name, place)) = beside.needle.as_ref().and_then(|needle| excerpt(&row.event, needle)) {
        context.out.line(format_args!("        {name} {}", visible(&place)))?;
    }
    for change in &row.changes {
        context.out.line(format_args!("        {}", change_line(change)))?;
    }
    if let Some(error) = &row.error {
        context.out.line(format_args!("        x {}", visible(error)))?;
    }
    notes.iter().try_for_each(|note| note::lines(&mut context.out, note, 8))
}

/// Where in an event a text stands, with a little of what is around it.
fn excerpt(event: &Event, needle: &Needle) -> Option<(&'static str, String)> {
    let (name, text, found) = [("data", &event.data), ("meta", &event.meta)]
        .into_iter()
        .find_map(|(name, text)| Some((name, text, needle.find(text)?)))?;
    let before = text[..found.start].char_indices().rev().nth(39).map_or(0, |(at, _)| at);
    let after = text[found.end..].char_indices().nth(40).map_or(text.len(), |(at, _)| found.end + at);
    let cut = |cut: bool| if cut { "…" } else { "" };
    Some((name, format!("{}{}{}", cut(before > 0), &text[before..after], cut(after < text.len()))))
}
