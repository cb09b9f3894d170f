//! Reports: what the domain's projections show, at the head, at any earlier point, and on any branch.

mod narrowed;
mod reporting;

use serde_json::Value;

pub(super) use reporting::Reporting;

pub use narrowed::{ReportFound, ReportRows, ReportSearch};

use super::as_of::AsOf;
use super::columns::{Columns, KEY};
use super::{Point, Session};
use crate::domain::{Domain, Projection, list_key};
use crate::error::{Error, Kind, Result};
use crate::event::{Position, Time};
use crate::journal::{self, Lag};
use crate::jq::State;
use crate::projection::{Report, take};
use crate::replay::Along;
use crate::store::{Branch, KeptRow, MAIN};

/// A projection, and how far its table is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportInfo {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub doc: Option<String>,
    /// Whether every event has a row of its own: the newest come first then.
    pub is_list: bool,
    /// How far its table is behind main.
    pub lag: Lag,
}

/// Which report is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRequest {
    /// The projection's name.
    pub name: String,
    /// As of which point; `None` is the head of this branch.
    pub at: Option<Point>,
    /// Rows behind this key: of a list the older ones.
    pub after: Option<String>,
    /// At most so many.
    pub limit: usize,
    /// Fold no more than this many events before answering how far that came; 0 is no bound.
    pub budget: usize,
}

/// A row of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportRow {
    /// Its key.
    pub key: String,
    /// The position of the event that last changed it.
    pub position: Position,
    /// The row, an object.
    pub row: Value,
}

/// Rows of a report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReportPage {
    /// The columns, where the rows are as they are shown.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<ReportRow>,
    /// The position that they are as of.
    pub position: Position,
    /// When the event at that position happened.
    pub at: Option<Time>,
    /// Whether there are more.
    pub more: bool,
    /// How far the fold has come, where it has not reached the point yet: ask again to go on.
    pub folding: Option<Position>,
    /// Why the rows are of an earlier point than was asked for.
    pub error: Option<String>,
}

impl ReportPage {
    /// The same without rows and columns.
    fn empty(&self) -> Self {
        Self { rows: Vec::new(), columns: Vec::new(), error: self.error.clone(), ..*self }
    }
}

impl Session {
    /// Takes some events into the projection that is furthest behind; false where all are up to date.
    pub fn project(&mut self) -> Result<bool> {
        if self.store.read_only().is_some() {
            return Ok(false);
        }
        let more = journal::project(&self.store, &mut self.rules, &mut self.along)?;
        if !more {
            self.along = None;
        }
        Ok(more)
    }

    /// The projections of the domain, and how far each is.
    pub fn reports(&mut self) -> Result<Vec<ReportInfo>> {
        let domain = self.domain()?;
        let lags = journal::lags(&self.store, &mut self.rules)?;
        let infos = domain.projections.values().zip(lags).map(|(projection, lag)| ReportInfo {
            name: projection.name.clone(),
            doc: projection.doc.clone(),
            is_list: projection.is_list(),
            lag,
        });
        Ok(infos.collect())
    }

    /// The columns of a report, before any row was seen.
    pub fn report_columns(&mut self, name: &str) -> Result<Columns> {
        let domain = self.domain()?;
        domain.projections.get(name).map(Columns::new).ok_or_else(|| no_report(&domain, name))
    }

    /// Rows of a report as they are shown, under the columns that these rows have, the key among them.
    pub fn report(&mut self, request: &ReportRequest) -> Result<ReportPage> {
        let mut columns = self.report_columns(&request.name)?;
        let mut page = self.report_rows(request)?;
        columns.see(&page.rows);
        page.columns = columns.names();
        if page.columns.iter().any(|name| name == KEY) {
            for row in &mut page.rows {
                let key = Value::String(row.key.clone());
                row.row.as_object_mut().map(|row| row.entry(KEY).or_insert(key));
            }
        }
        Ok(page)
    }

    /// Rows of a report. At main's head they come from the projection's table; anywhere else they are folded.
    pub fn report_rows(&mut self, request: &ReportRequest) -> Result<ReportPage> {
        let domain = self.domain()?;
        let Some(projection) = domain.projections.get(&request.name) else {
            return Err(no_report(&domain, &request.name));
        };
        let (branch, position) = self.report_place(request.at.as_ref())?;
        let time = match request.at {
            Some(Point::Store { time, .. }) => time,
            _ => None,
        };
        let table = self.store.projections()?.into_iter().find(|table| {
            table.shown
                && table.name == projection.name
                && table.domain == self.rules.id()
                && branch.id == MAIN
                && time.is_none()
        });
        let mut page = match table {
            // Rows of a list are never changed: its table answers for every earlier point, too.
            Some(table) if table.position >= position || table.error.is_some() && projection.is_list() => {
                if table.position > position && !projection.is_list() {
                    self.folded(&domain, projection, (&branch, position, None), request)?
                } else {
                    let mut page = self.kept(&table.table, projection, position, request)?;
                    page.position = position.min(table.position);
                    page.error = table.error.filter(|_| table.position < position);
                    page
                }
            }
            _ if projection.is_list() => {
                self.listed(&domain, projection, (&branch, position, time), request)?
            }
            _ => self.folded(&domain, projection, (&branch, position, time), request)?,
        };
        page.at = time.map_or_else(|| self.store.time_at(page.position), |time| Ok(Some(time)))?;
        Ok(page)
    }

    fn report_place(&self, at: Option<&Point>) -> Result<(Branch, Position)> {
        let (branch, position) = match at {
            None => (self.branch.clone(), Position::MAX),
            // What had happened by a time may stand anywhere in the log.
            Some(Point::Store { branch, time: Some(_), .. }) => (self.store.branch(branch)?, Position::MAX),
            Some(Point::Store { branch, position, .. }) => (self.store.branch(branch)?, *position),
            Some(Point::Aggregate { branch, aggregate, version, .. }) => {
                let branch = self.store.branch(branch)?;
                let row = self.store.aggregate_row(aggregate)?.unwrap_or_default();
                let event = self.store.event_of(&branch, row, *version)?;
                (branch, event.map_or(0, |event| event.position))
            }
        };
        let newest = self.store.newest_of(&branch, position)?.map_or(0, |(position, _)| position);
        Ok((branch, newest))
    }

    /// Rows of a table.
    fn kept(
        &self,
        table: &str,
        projection: &Projection,
        position: Position,
        request: &ReportRequest,
    ) -> Result<ReportPage> {
        let backwards = projection.is_list();
        let start = backwards.then(|| list_key(position + 1));
        let from = request.after.clone().or(start);
        let limit = request.limit.saturating_add(1);
        let mut rows = self.store.projected_rows(table, from.as_deref(), backwards, limit)?;
        let more = rows.len() > request.limit;
        rows.truncate(request.limit);
        let row = |kept: KeptRow| {
            Ok(ReportRow {
                row: State::from_json(&kept.row)?.to_value()?,
                key: kept.key,
                position: kept.position,
            })
        };
        let rows = rows.into_iter().map(row).collect::<Result<_>>()?;
        Ok(ReportPage { rows, more, ..ReportPage::default() })
    }

    /// Rows of a list, worked out event by event from a point back. Where a rule fails the rows are those before, as in
    /// a table that stopped there; then all of the log is looked through for the first failure.
    fn listed(
        &self,
        domain: &Domain,
        projection: &Projection,
        (branch, position, time): (&Branch, Position, Option<Time>),
        request: &ReportRequest,
    ) -> Result<ReportPage> {
        let mut as_of = time.map(AsOf::new);
        let before = request.after.as_deref().and_then(|key| key.parse::<Position>().ok());
        let mut along = Along::new(branch.clone());
        let mut page = ReportPage { position, ..ReportPage::default() };
        let store = &self.store;
        let range = (1, before.map_or(position, |before| before - 1));
        store.events_between(branch, range, true, &mut |raw| {
            if let Some(as_of) = &mut as_of
                && !as_of.has_event(store, branch, raw)?
            {
                return Ok(true);
            }
            let stepped = along.step(store, domain, raw)?;
            let event = &stepped.event;
            if !projection.reads(&event.aggregate.kind, &event.kind) {
                return Ok(true);
            }
            let moment = stepped.moment(domain);
            let mut one = Report::default();
            match take(projection, &moment, event.position, &mut one) {
                Ok(()) => {}
                Err(failed) if failed.kind() == Kind::Damaged => return Err(failed),
                Err(failed) => {
                    let error = Some(journal::stopped_at(event, &failed));
                    page = ReportPage { position: event.position - 1, error, ..ReportPage::default() };
                    return Ok(true);
                }
            }
            for (key, projected) in one.rows {
                if page.rows.len() == request.limit {
                    page.more = true;
                    return Ok(page.error.is_some());
                }
                let row = projected.row.to_value()?;
                page.rows.push(ReportRow { key, position: projected.position, row });
            }
            Ok(true)
        })?;
        Ok(page)
    }

    /// Rows folded up to a point, from the nearest report that is remembered.
    fn folded(
        &mut self,
        domain: &Domain,
        projection: &Projection,
        (branch, position, time): (&Branch, Position, Option<Time>),
        request: &ReportRequest,
    ) -> Result<ReportPage> {
        let rules = self.rules.id();
        let same = |known: &Reporting| {
            (known.branch, known.rules, known.as_of.as_ref().map(AsOf::time), known.name.as_str())
                == (branch.id, rules, time, request.name.as_str())
        };
        let mut reporting = match self.reporting.take() {
            Some(known) if same(&known) => known,
            _ => Reporting::new(branch, rules, time, &request.name),
        };
        let there = reporting.fold(&self.store, domain, (projection, branch), position, request.budget)?;
        let mut page = ReportPage {
            position: reporting.position,
            folding: (!there).then_some(reporting.position),
            error: reporting.error.as_ref().map(|(_, why)| why.clone()),
            ..ReportPage::default()
        };
        let after = |key: &String| request.after.as_ref().is_none_or(|after| key > after);
        for (key, projected) in reporting.report.rows.iter().filter(|(key, _)| after(key)) {
            if page.rows.len() == request.limit {
                page.more = true;
                break;
            }
            let row = projected.row.to_value()?;
            page.rows.push(ReportRow { key: key.clone(), position: projected.position, row });
        }
        self.reporting = Some(reporting);
        Ok(page)
    }
}

fn no_report(domain: &Domain, name: &str) -> Error {
    let names: Vec<_> = domain.projections.keys().map(String::as_str).collect();
    Error::refused(format!("The domain has no projection {name}.")).hint(if names.is_empty() {
        "It has none: [projection.NAME] declares one.".to_owned()
    } else {
        format!("It has {}.", names.join(", "))
    })
}
