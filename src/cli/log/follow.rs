//! `log --follow`: after the newest events each new one, as whoever writes appends it.

use std::io::Write as _;
use std::time::Duration;

use super::super::out::visible;
use super::super::stop::Stop;
use super::super::{Context, tell_misses};
use super::{BUDGET, BUDGET_BARE, Beside, print};
use crate::error::{Error, Kind, Result};
use crate::event::Position;
use crate::session::{LogRequest, Point, Session};

/// How long it looks away while nothing comes.
const IDLE: Duration = Duration::from_millis(200);

/// How many of the events that are there already are shown.
const OLD: usize = 10;

#[derive(clap::Args)]
pub struct Follow {
    /// Go on: print each event that fits as it is appended, below the newest ten (or --limit) that are there.
    #[arg(long, conflicts_with_all = ["count_by", "reverse", "graph"])]
    follow: bool,
    /// Wait for the first event that fits and is still to come, print it, and end.
    #[arg(long, conflicts_with_all = ["count_by", "reverse", "graph", "limit"])]
    first: bool,
}

impl Follow {
    /// Whether events that are still to come are asked for.
    pub fn is_given(&self) -> bool {
        self.follow || self.first
    }

    /// Prints what is there, then what comes, until somebody stops it.
    pub fn run(
        &self,
        context: &mut Context,
        session: &mut Session,
        mut request: LogRequest,
        (rev, limit): (Option<&str>, Option<usize>),
    ) -> Result<()> {
        let stop = Stop::listen()?;
        let beside = Beside::of(session, &request)?;
        let mut seen = session.tail()?.head;
        if let Some(rev) = rev {
            check_head(session, rev, seen)?;
        }
        (request.as_of, request.up_to_version, request.up_to_position) = (None, None, Some(seen));
        request.budget = if request.bare { BUDGET_BARE } else { BUDGET };
        if !self.first {
            request.limit = limit.unwrap_or(OLD);
            old(context, session, request.clone(), &beside, &stop)?;
            tell_misses(session)?;
        }
        request.oldest_first = true;
        let mut told = false;
        loop {
            if let Some(tail) = session.poll()?.filter(|tail| tail.head > seen) {
                request.up_to_position = Some(tail.head);
                request.after = Some(session.log_place(&request, seen)?);
                if self.come(context, session, &mut request, &beside, &stop)? {
                    return Ok(());
                }
                seen = tail.head;
                // A filter that fails would wait in silence for ever.
                if let Some(sentence) = session.take_misses().sentence().filter(|_| !told) {
                    let _ = writeln!(std::io::stderr(), "note: {}.", visible(&sentence));
                    told = true;
                }
            }
            check(&stop)?;
            std::thread::sleep(IDLE);
        }
    }

    /// Prints what came since the last look; whether that was all that is waited for.
    fn come(
        &self,
        context: &mut Context,
        session: &mut Session,
        request: &mut LogRequest,
        beside: &Beside,
        stop: &Stop,
    ) -> Result<bool> {
        request.limit = if self.first { 1 } else { 256 };
        loop {
            let page = session.log(request)?;
            page.rows.iter().try_for_each(|row| print(context, row, beside))?;
            context.out.flush()?;
            if self.first && !page.rows.is_empty() {
                return Ok(true);
            }
            if page.next.is_none() {
                return Ok(false);
            }
            request.after = page.next;
            check(stop)?;
        }
    }
}

/// Prints the newest events that are there, the oldest of them first, so that what comes goes on below.
fn old(
    context: &mut Context,
    session: &mut Session,
    mut request: LogRequest,
    beside: &Beside,
    stop: &Stop,
) -> Result<()> {
    let (most, mut rows) = (request.limit, Vec::new());
    while rows.len() < most {
        request.limit = (most - rows.len()).min(256);
        let mut page = session.log(&request)?;
        rows.append(&mut page.rows);
        let Some(next) = page.next else { break };
        request.after = Some(next);
        check(stop)?;
    }
    rows.iter().rev().try_for_each(|row| print(context, row, beside))?;
    context.out.flush()
}

/// Refuses a point of the past: nothing is appended there. A head may have moved on since it was looked at.
fn check_head(session: &mut Session, rev: &str, head: Position) -> Result<()> {
    let (at_head, whole) = match session.resolve_here(rev)? {
        Point::Aggregate { aggregate, version, head, .. } => (version == head, aggregate.to_string()),
        Point::Store { branch, position, time, .. } => (time.is_none() && position >= head, branch),
    };
    if at_head {
        return Ok(());
    }
    Err(Error::usage(format!("{rev} is in the past, where no event comes any more."))
        .hint(format!("`backstory log {whole} --follow` follows what comes.")))
}

/// Ends it where somebody wants that, once all that was found is printed.
fn check(stop: &Stop) -> Result<()> {
    if stop.asked() {
        return Err(Error::new(Kind::Interrupted, "Stopped."));
    }
    Ok(())
}
