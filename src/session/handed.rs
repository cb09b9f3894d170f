//! Handing over: what was found becomes a case, a page or a test, in a file that goes to somebody else. Files are written
//! whole, and never over another one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{
    CaseRequest, CaseWritten, Page, PageRequest, Point, RacePage, ReportRequest, ScenarioFile, Session,
    TestRequest, View,
};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Position, Version};
use crate::private;

/// What is handed over.
#[derive(Clone, Debug)]
pub enum Matter {
    /// Records, each up to a point; a point of the whole store is all of its records.
    Points(Vec<Point>),
    /// The record of the event at a position, up to that.
    Event(Position),
    /// Chosen records of this branch as of a position, or up to their heads.
    Set(Vec<AggregateId>, Option<Position>),
    /// What differs between two points.
    Diff(Point, Point),
    /// A report.
    Report(ReportRequest),
    /// A race, and the number of one of its orders.
    Race(Arc<RacePage>, usize),
}

/// What it becomes.
#[derive(Clone, Debug)]
pub enum Shape {
    /// A case: the values that are replaced by tokens, and how lists and logs are narrowed and shown.
    Case(Vec<String>, Option<View>),
    /// A page, with the command line that leads to the same again.
    Page(String),
    /// A test: what it calls the domain, where that is not to be found out; plain JSON, or (`false`) scenarios.
    Test(Option<String>, bool),
}

/// What was written, or would be.
#[derive(Clone, Debug, PartialEq)]
pub enum Handed {
    /// A case.
    Case(CaseWritten),
    /// A page.
    Page(Page),
    /// A test, and the domain's file that is written beside it, where there is one.
    Test(ScenarioFile, Option<PathBuf>),
}

/// Refuses a file that is there already.
pub fn check_new(file: &Path) -> Result<()> {
    if !file.exists() {
        return Ok(());
    }
    Err(Error::refused(format!("{} exists already.", file.display()))
        .hint("What is handed over never overwrites: choose another name."))
}

/// Writes a file that is not there yet, all of it or nothing.
fn write_new(file: &Path, text: &str) -> Result<()> {
    check_new(file)?;
    private::write_new(file, text.as_bytes()).map_err(|error| Error::from(error).at(file.display()))
}

impl Session {
    /// Writes it to a file that is not there yet, or (`false`) only looks at what would be written. `progress` gets how far
    /// that is, and of how much; false stops.
    pub fn hand(
        &mut self,
        (matter, shape): (&Matter, &Shape),
        (file, write): (&Path, bool),
        actor: &str,
        progress: &mut dyn FnMut(i64, i64) -> bool,
    ) -> Result<Handed> {
        if write {
            check_new(file)?;
        }
        match shape {
            Shape::Case(redact, view) => {
                if file.extension().is_none_or(|extension| extension != "case") {
                    return Err(Error::usage(format!("{} is no name of a case.", file.display()))
                        .hint("A case's name ends in .case, so that `backstory FILE.case` opens it."));
                }
                let points = self.points_of(matter)?;
                let request = CaseRequest { points, redact: redact.clone(), view: view.clone() };
                self.write_case(&request, write.then_some(file), actor, progress).map(Handed::Case)
            }
            Shape::Page(again) => {
                let page = self.page_of(matter, again)?;
                if write {
                    write_new(file, &page.html)?;
                }
                Ok(Handed::Page(page))
            }
            Shape::Test(domain, json) => self.test_of(matter, domain.clone(), *json, (file, write)),
        }
    }

    fn page_of(&mut self, matter: &Matter, again: &str) -> Result<Page> {
        match matter {
            Matter::Diff(a, b) => self.page(PageRequest::Diff(a, b), again),
            Matter::Report(request) => self.page(PageRequest::Report(request), again),
            Matter::Race(page, _) => self.page(PageRequest::Race(page), again),
            records => {
                let points = self.points_of(records)?;
                self.page(PageRequest::Records(&points), again)
            }
        }
    }

    fn test_of(
        &mut self,
        matter: &Matter,
        domain: Option<String>,
        json: bool,
        (file, write): (&Path, bool),
    ) -> Result<Handed> {
        let named = match domain {
            Some(name) => Some(name),
            None => self.domain_name()?,
        };
        let beside = named.is_none().then(|| file.with_extension("domain.toml"));
        let called = named.unwrap_or_else(|| {
            let name = beside.as_ref().and_then(|beside| beside.file_name());
            name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
        });
        let tests = if let Matter::Race(page, row) = matter {
            self.write_test(TestRequest::Race(page, *row), &called)?
        } else {
            let points = self.points_of(matter)?;
            self.write_test(TestRequest::Points(&points), &called)?
        };
        if write {
            let text = if json {
                serde_json::to_string_pretty(&tests.to_json()).unwrap_or_default() + "\n"
            } else {
                tests.to_toml()?
            };
            if let Some(beside) = &beside {
                write_new(beside, &self.domain_source()?.unwrap_or_default())?;
            }
            write_new(file, &text)?;
        }
        Ok(Handed::Test(tests, beside))
    }

    /// The records that it is about, each up to a point.
    fn points_of(&mut self, matter: &Matter) -> Result<Vec<Point>> {
        Ok(match matter {
            Matter::Points(points) => points.clone(),
            Matter::Event(position) => vec![self.resolve(&format!("#{position}"), None)?],
            Matter::Diff(a, b) => vec![a.clone(), b.clone()],
            Matter::Report(ReportRequest { at: Some(at), .. }) => vec![at.clone()],
            Matter::Report(_) => vec![self.store_point(self.tail()?.head)],
            Matter::Race(page, _) => {
                let mut last: BTreeMap<&AggregateId, Version> = BTreeMap::new();
                for event in &page.events {
                    let version = last.entry(&event.aggregate).or_default();
                    *version = event.version.max(*version);
                }
                let point = |(aggregate, version): (&AggregateId, Version)| Point::Aggregate {
                    branch: page.branch.clone(),
                    aggregate: aggregate.clone(),
                    version,
                    head: version,
                };
                last.into_iter().map(point).collect()
            }
            Matter::Set(aggregates, at) => {
                let mut points = Vec::new();
                for aggregate in aggregates {
                    let (_, head) = self.known(aggregate)?;
                    let version = at.map_or(Ok(head), |at| self.version_at(aggregate, at))?;
                    if version > 0 {
                        points.push(self.point(aggregate.clone(), version, head));
                    }
                }
                points
            }
        })
    }
}
