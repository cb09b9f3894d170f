//! `aggregates`: the list.

use serde::Serialize;

use super::out::{progress, visible};
use super::{Context, tell_misses};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Position, Time, Version};
use crate::session::{ListRequest, ListRow, Point, Session, Sort};

#[derive(clap::Args)]
pub struct Args {
    /// Only this aggregate type.
    r#type: Option<String>,
    /// Only where this jq predicate over the state holds.
    #[arg(long, value_name = "JQ")]
    r#where: Option<String>,
    /// Only where the id, the label or a column contains this text.
    #[arg(long, value_name = "TEXT", default_value = "")]
    text: String,
    /// Only with this status; may be repeated.
    #[arg(long)]
    status: Vec<String>,
    /// The world as of this point: a position, a revision, or a time at which each aggregate stood.
    #[arg(long, value_name = "POINT")]
    at: Option<String>,
    /// At most so many rows.
    #[arg(long, default_value_t = 100)]
    limit: usize,
    /// recent (the newest change first), label, status, id, created (the oldest first) or versions (the most first); of
    /// equals the one seen first comes first, in a descending order last.
    #[arg(long, value_name = "FIELD", default_value = "recent")]
    sort: String,
    /// The order turned round.
    #[arg(long)]
    reverse: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    aggregate: &'a AggregateId,
    branch: &'a str,
    version: Version,
    position: Position,
    label: &'a str,
    status: &'a str,
    first_at: Time,
    last_at: Time,
    deleted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    columns: serde_json::Map<String, serde_json::Value>,
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    let sort = Sort::named(&args.sort).ok_or_else(|| {
        let names: Vec<_> = Sort::ALL.iter().map(|sort| sort.name()).collect();
        Error::usage(format!("The list cannot be sorted by {}.", args.sort))
            .hint(format!("It sorts by {}.", names.join(", ")))
    })?;
    let mut session = context.session()?;
    let request = ListRequest {
        kind: args.r#type,
        text: args.text,
        filter: args.r#where,
        statuses: args.status,
        sort,
        reversed: args.reverse,
        limit: args.limit,
        ..ListRequest::default()
    };
    let rows = rows(&mut session, request, args.at.as_deref())?;
    let overview = session.overview()?;
    for row in rows {
        let listed = overview.types.iter().find(|t| t.name == row.aggregate.kind).map(|t| &t.listed);
        if context.json {
            let names = listed.into_iter().flat_map(|listed| &listed.columns).map(|(name, _)| name.clone());
            let columns = names.zip(row.columns.iter().map(|v| v.clone().into()));
            context.out.json(&Line {
                aggregate: &row.aggregate,
                branch: session.branch_name(),
                version: row.version,
                position: row.position,
                label: &row.label,
                status: &row.status,
                first_at: row.first_at,
                last_at: row.last_at,
                deleted: row.deleted,
                error: row.error.as_deref(),
                columns: columns.collect(),
            })?;
        } else {
            let columns: Vec<_> =
                row.columns.iter().filter(|c| !c.is_empty()).map(|c| visible(c).into_owned()).collect();
            let name = row.aggregate.to_string();
            context.out.line(format_args!(
                "{:<24} v{:<4} {:<12} {}  {}  {}",
                visible(&name),
                row.version,
                visible(&row.status),
                row.last_at,
                visible(&row.label),
                columns.join(" · ")
            ))?;
        }
    }
    tell_misses(&mut session)
}

fn rows(session: &mut Session, mut request: ListRequest, at: Option<&str>) -> Result<Vec<ListRow>> {
    let Some(at) = at else {
        let bar = progress("filling in the branch");
        while let Some((done, of)) = session.filling()? {
            bar.set_length(of as u64);
            bar.set_position(done as u64);
            session.fill()?;
        }
        bar.finish_and_clear();
        return Ok(session.list(&request)?.rows);
    };
    let limit = request.limit;
    let point = session.resolve_here(at)?;
    session.switch(point.branch())?;
    let mut rows = if let Point::Store { time: Some(time), .. } = point {
        session.list_at_time(&request, time)?
    } else {
        request.at = Some(session.position_of(&point)?);
        if request.sort == Sort::Recent && !request.reversed {
            return Ok(session.list(&request)?.rows);
        }
        request.limit = usize::MAX;
        session.list(&request)?.rows
    };
    ListRow::sort(&mut rows, request.sort, request.reversed);
    rows.truncate(limit);
    Ok(rows)
}
