//! A report that is folded along a branch's log, and remembered at some points of it.

use super::super::as_of::AsOf;
use crate::domain::{Domain, Projection};
use crate::error::{Kind, Result};
use crate::event::{Position, Time};
use crate::journal;
use crate::projection::{Report, take};
use crate::replay::Along;
use crate::store::Branch;

/// How many events lie between two remembered reports, until that makes too many.
const SPACING: Position = 2_000;

/// How many reports are remembered, so that a step back does not begin at the first event.
const FRAMES: usize = 48;

/// A report on its way along a branch's log.
pub struct Reporting {
    pub branch: i64,
    pub name: String,
    pub rules: i64,
    /// Where it is as of a time: what had happened by then.
    pub as_of: Option<AsOf>,
    along: Along,
    pub position: Position,
    pub report: Report,
    pub error: Option<(Position, String)>,
    spacing: Position,
    frames: Vec<(Position, Report)>,
}

impl Reporting {
    pub fn new(branch: &Branch, rules: i64, time: Option<Time>, name: &str) -> Self {
        Self {
            branch: branch.id,
            name: name.to_owned(),
            rules,
            as_of: time.map(AsOf::new),
            along: Along::new(branch.clone()),
            position: 0,
            report: Report::default(),
            error: None,
            spacing: SPACING,
            frames: Vec::new(),
        }
    }

    /// Folds on to a position, or back to it from the frame before; false where the budget was not enough.
    pub fn fold(
        &mut self,
        store: &crate::store::Store,
        domain: &Domain,
        (projection, branch): (&Projection, &Branch),
        to: Position,
        budget: usize,
    ) -> Result<bool> {
        if to < self.position {
            self.frames.retain(|(position, _)| *position <= to);
            (self.position, self.report) = self.frames.last().cloned().unwrap_or_default();
            self.error = self.error.take().filter(|(position, _)| *position <= to);
        }
        if self.error.is_some() {
            return Ok(true);
        }
        let (mut taken, mut whole) = (0, true);
        let Self { along, report, error, frames, spacing, position, as_of, .. } = self;
        store.events_between(branch, (*position + 1, to), false, &mut |raw| {
            if let Some(as_of) = as_of
                && !as_of.has_event(store, branch, raw)?
            {
                *position = raw.position;
                return Ok(true);
            }
            let stepped = along.step(store, domain, raw)?;
            let event = &stepped.event;
            if projection.reads(&event.aggregate.kind, &event.kind) {
                let moment = stepped.moment(domain);
                match take(projection, &moment, event.position, report) {
                    Ok(()) => {}
                    Err(failed) if failed.kind() == Kind::Damaged => return Err(failed),
                    Err(failed) => {
                        *error = Some((event.position, journal::stopped_at(event, &failed)));
                        return Ok(false);
                    }
                }
            }
            *position = event.position;
            if frames.last().map_or(0, |(position, _)| *position) + *spacing <= *position {
                frames.push((*position, report.clone()));
                if frames.len() > FRAMES {
                    *spacing *= 2;
                    let mut keep = false;
                    frames.retain(|_| {
                        keep = !keep;
                        keep
                    });
                }
            }
            taken += 1;
            whole = budget == 0 || taken < budget;
            Ok(whole)
        })?;
        if whole && error.is_none() {
            *position = to;
        }
        Ok(whole || error.is_some())
    }
}
