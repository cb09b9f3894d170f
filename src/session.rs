//! What a user can do, with no terminal: one file per verb, each with its request and its reply.
//! The explorer and the command line both come through here.

mod as_of;
mod bits;
mod blame;
mod branches;
mod carry;
mod case;
mod catalogue;
mod chip;
mod columns;
mod compare;
mod consent;
mod count;
mod crew;
mod declared;
pub mod demo;
mod facts;
mod fields;
mod find;
mod fire;
mod following;
mod graph;
mod grep;
mod grown;
mod handed;
mod import;
mod inputs;
mod jobs;
mod lab;
mod lanes;
mod links;
mod lint;
mod list;
mod log;
mod moment;
mod monitors;
mod narrowing;
mod note;
mod notes;
mod open;
mod order;
mod page;
mod piped;
mod place;
mod point;
mod predicate;
mod race;
mod races;
mod reactions;
mod report;
mod rewrite;
mod rules;
mod scenario;
mod sources;
mod state;
mod swim;
mod timeline;
mod tour;
mod upkeep;
mod values;
mod views;
mod waypoint;
mod who;
mod work;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

pub use crate::journal::{Reacted, Request as Fire, Target, Undone};
pub use crate::outside::Programs;
pub use crate::react::{ExplorerSettings, KeyNames, Local, ThemeName, User, ZoneName};
pub use crate::replay::{Flag, Flags};
pub use crate::seal::Sealed;
pub(crate) use crate::store::is_store;
pub use crate::store::{Job, JobPulse, JobState, Operation};
pub use as_of::LeftOut;
pub use blame::{BlamePage, BlameRequest, FieldBlame, PathWrite, Writer, WritersPage, WritersRequest};
pub use branches::{BranchInfo, Clocks, Forked};
pub use carry::{Carry, CarryEnd, EndField};
pub use case::{CaseHead, CaseRequest, CaseWritten, Looks, OpenedCase, is_case, open_case, read_case_head};
pub use catalogue::Survey;
pub use chip::{Chip, Test};
pub use columns::{Columns, KEY};
pub use compare::{Apart, ComparePage, CompareRequest, CompareRow, EventRef, Parted, Side, Three};
pub use consent::Unconsented;
pub use count::{Begun, Existed};
pub use fields::Fields;
pub use find::{FindPage, FindRequest, Hit, Search};
pub use fire::{CommandInfo, Fired, ParamInfo};
pub use following::Following;
pub use graph::{GraphLine, GraphPage, GraphRequest};
pub use grep::Needle;
pub use grown::rest;
pub use handed::{Handed, Matter, Shape, check_new};
pub use import::{ImportProgress, Imported, import_into};
pub use inputs::Inputs;
pub use jobs::{JobSearch, job_json};
pub use lab::{LabRule, Trial, Tried, Verdict};
pub use lanes::Lane;
pub use links::{Kin, KinPage, KinRequest, Trace, TraceRow};
pub use lint::lint;
pub use list::{Facets, ListPage, ListRequest, ListRow, RowKey, Sort};
pub use log::{Among, EventCounts, FlagCounts, LogPage, LogRequest, LogRow};
pub use moment::Moment;
pub use monitors::{Alarm, MonitorReport};
pub use note::{About, NoteInfo};
pub use notes::Notes;
pub use open::{Open, Overview, Tail, TypeInfo, create, restore};
pub use order::{Decisions, Order, OrderEvent, OrderPlace, Ordered};
pub use page::{Page, PageRequest};
pub use point::Point;
pub use predicate::{FilterOf, Misses, check_filter, filter_words};
pub use race::{
    MatrixSearch, RaceCell, RacePage, RaceRequest, RaceRow, RaceSearch, RaceStep, check_invariant, letter,
};
pub use races::{RacesPage, RacesRequest, RacesSearch, race_json};
pub use reactions::{Answer, Caused, Outcome, particulars, words};
pub use report::{ReportFound, ReportInfo, ReportPage, ReportRequest, ReportRow, ReportRows, ReportSearch};
pub use rewrite::{Blame, Done, Ends, Final, Rewrite, Rewritten};
pub use scenario::{Running, Scenario, ScenarioFile, ScenarioRow, ScenarioStep, StepEnd, TestRequest};
use sources::hashes_in;
pub use sources::{CarriedOver, Checked, LeftAt, Odd, OutOfOrder, Source, Sources, data_folder, events_in};
pub use state::StateAt;
pub use swim::{Lanes, MOST as MOST_IN_LANES};
pub use timeline::{Mark, StoreMark, Window};
pub use tour::{Tour, TourShow, TourStep};
pub use upkeep::{Judge, Verify, read_seal};
pub use values::{Values, ValuesRequest};
pub use views::{View, Views};
pub use waypoint::WaypointInfo;
pub use who::Who;
pub use work::{JobInfo, Worked};

use crate::clock::Clock;
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, Position, Time, Version};
use crate::history::revision;
use crate::journal::Rules;
use crate::replay::{Along, HeadFold, Seen, Timeline};
use crate::store::{Branch, Found, HeadRow, OpenFile, Store};

/// How many aggregates' timelines are kept at hand; and how many bytes all of them may take, those of branches that
/// were left too.
const TIMELINES: usize = 256;
const MEMORY: usize = 8 << 20;

/// How many events one answer folds at most before it says that it is not there yet.
const BUDGET: Version = 20_000;

/// An open store with its domain, on one branch.
pub struct Session {
    store: Store,
    /// The file that it was opened from.
    file: OpenFile,
    rules: Rules,
    branch: Branch,
    clock: Clock,
    timelines: HashMap<i64, Timeline>,
    /// The timelines of other branches, by the branch's row.
    parked: HashMap<i64, HashMap<i64, Timeline>>,
    /// The aggregate last asked for, which is folded further while nothing else is to be done.
    warming: Option<i64>,
    /// The domain that the timelines were folded by.
    folded_by: i64,
    /// Who set what, as far as the aggregate last asked for was walked.
    blaming: Option<blame::Blaming>,
    /// The report last asked for, as far as it was folded.
    reporting: Option<report::Reporting>,
    /// The rule last tried, as far as an aggregate was folded by it.
    trying: Option<lab::Trying>,
    /// The events that monitors count, as far as the log was looked through.
    watching: Option<monitors::Watching>,
    /// When they were last looked at for what goes wrong now.
    watched: Option<Time>,
    /// Since when the domain in use declares what it declares.
    declared: declared::Declared,
    /// What monitors found since somebody asked.
    alarmed: Vec<i64>,
    /// The states along main's log, while projections catch up.
    along: Option<Along>,
    seen_tail: Option<(Tail, Position)>,
    /// On how many filters failed since somebody asked.
    misses: Arc<Misses>,
    /// The near flags of events, and all of them, as far as they were asked for.
    near: facts::Facts,
    folded: facts::Facts,
    /// Which aggregates a list of the past has come by.
    listed: Option<list::Listed>,
    /// Rows of the past that were shown last.
    past_rows: list::PastRows,
    /// What the filters used last take of the log.
    sifted: Vec<log::Sifted>,
    /// Which aggregates are called by a text that is looked for: of which branch, as of which tail.
    called: Vec<((i64, Tail, String), Arc<bits::Bits>)>,
    /// The aggregates that a log is about.
    gathered: Option<log::Gathered>,
    /// How many aggregates each type has, as of a tail.
    counts: (Tail, HashMap<String, i64>),
}

impl Session {
    /// The domain in use; states folded by an earlier one are forgotten.
    fn domain(&mut self) -> Result<Rc<Domain>> {
        let domain = self.rules.current(&self.store)?;
        if self.rules.id() != self.folded_by {
            self.timelines.clear();
            self.parked.clear();
            self.past_rows.clear();
            self.folded_by = self.rules.id();
        }
        Ok(domain)
    }

    /// An event as the domain reads it today.
    fn as_read(&self, event: Event) -> Event {
        match self.rules.known() {
            Some(domain) => domain.as_read(event),
            None => event,
        }
    }

    /// Runs several reads on one unchanging picture of the store: they agree, and take one lock between them.
    fn at_once<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let held = self.store.hold()?;
        let answer = read(self);
        if held {
            self.store.release()?;
        }
        answer
    }

    /// The timeline of an aggregate, grown to its head.
    fn timeline(&mut self, aggregate: &AggregateId, row: i64, head: Version) -> &mut Timeline {
        self.make_room(row);
        let branch = &self.branch;
        let timeline = self
            .timelines
            .entry(row)
            .or_insert_with(|| Timeline::new(aggregate.clone(), row, branch.clone(), head));
        timeline.grow(head);
        timeline
    }

    /// Makes room for an aggregate's timeline: where that is short, all others are forgotten but the one that is warmed.
    fn make_room(&mut self, row: i64) {
        let many = self.timelines.len() >= TIMELINES && !self.timelines.contains_key(&row);
        let all = self.timelines.values().chain(self.parked.values().flat_map(HashMap::values));
        if many || all.map(Timeline::bytes).sum::<usize>() > MEMORY {
            let keep = self.warming;
            self.parked.clear();
            self.timelines.retain(|kept, _| Some(*kept) == keep || *kept == row);
        }
    }

    /// How many bytes the remembered states of all timelines take.
    pub fn keyframe_bytes(&self) -> usize {
        self.timelines.values().map(Timeline::keyframe_bytes).sum()
    }

    /// The states before and after a version, however long that takes.
    fn seek(
        &mut self,
        aggregate: &AggregateId,
        row: i64,
        head: Version,
        version: Version,
    ) -> Result<(Seen, Seen)> {
        self.seek_within(aggregate, row, head, version, Version::MAX)?
            .ok_or_else(|| Error::refused(format!("{aggregate} has no version {version}.")))
    }

    fn seek_within(
        &mut self,
        aggregate: &AggregateId,
        row: i64,
        head: Version,
        version: Version,
        budget: Version,
    ) -> Result<Option<(Seen, Seen)>> {
        let domain = self.domain()?;
        self.timeline(aggregate, row, head);
        let Some(timeline) = self.timelines.get_mut(&row) else { return Ok(None) };
        timeline.seek(&self.store, &domain, version, budget)
    }

    /// An aggregate's row and newest version, where the branch has it.
    fn found(&self, aggregate: &AggregateId) -> Result<Option<(i64, Version)>> {
        let Some(row) = self.store.aggregate_row(aggregate)? else { return Ok(None) };
        let version = self.store.head_version(&self.branch, row)?;
        Ok((version > 0).then_some((row, version)))
    }

    /// An aggregate's row and newest version; an error where it never was.
    fn known(&self, aggregate: &AggregateId) -> Result<(i64, Version)> {
        self.found(aggregate)?.ok_or_else(|| {
            Error::refused(format!("There is no {aggregate} on {}.", self.branch.name))
                .hint("`backstory aggregates` lists what there is.")
        })
    }

    /// The head of an aggregate's row on this branch, folded where it is not written yet.
    fn head_row(&mut self, row: i64) -> Result<Option<HeadRow>> {
        match self.store.head(&self.branch, row)? {
            Found::Head { head, .. } => Ok(Some(*head)),
            Found::MovedOn => {
                let domain = self.domain()?;
                let folded = HeadFold::new(&self.store, &domain, &self.branch).head(row)?;
                Ok(folded.map(|(aggregate, head)| HeadRow { row, id: aggregate.id, head }))
            }
            Found::Nowhere => Ok(None),
        }
    }
}

/// Reads a length of time that a user typed, in microseconds.
pub fn parse_distance(text: &str) -> Result<i64> {
    crate::event::distance::parse(text).ok_or_else(|| {
        Error::usage(format!("{text} is not a length of time.")).hint("Write 10s, 5m, or 1h30m.")
    })
}

/// Reads a time that a user typed.
pub fn parse_time(text: &str) -> Result<crate::event::Time> {
    revision::time(text).ok_or_else(|| {
        Error::usage(format!("{text} is not a time.")).hint("Write 2019-04-24, or 2019-04-24T12:02:11Z.")
    })
}
