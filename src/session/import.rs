//! Importing: staged first and appended then, or appended as it is read; in batches, resumable.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::mpsc::sync_channel;

use super::{CarriedOver, Open, Session};
use crate::domain::{Domain, Listed, with_listed};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Position, Time, Version};
use crate::import::{
    Known, Options, Preview, Progress, Reads, Report, Staged, Straight, Unsorted, comes_straight, stage,
    stage_straight,
};
use crate::journal::{self, Delivery, append_imported, fill_heads};
use crate::replay;
use crate::store::{Branch, Making, Store};

/// How many events the first transaction appends, and how many one appends at the most: each appends twice as many as
/// the one before, so that something stays where not everything can.
const BATCH: (usize, usize) = (1024, 8192);
/// How many batches are got ready while another one is appended.
const READY: usize = 2;

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// What was read.
    pub report: Report,
    /// What the first records become, where only that was asked for.
    pub preview: Vec<Preview>,
    /// How many events were appended.
    pub appended: usize,
    /// How often reactors answered them; `None` where they were not to.
    pub reacted: Option<usize>,
    /// How long after the log was written to last, in microseconds, what it had got was here.
    pub behind: Option<i64>,
    /// What people had put beside the log, where it was read anew.
    pub carried_over: Option<Box<CarriedOver>>,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportProgress {
    /// Reading, mapping and sorting: nothing is appended yet.
    Staging(Progress),
    /// Appending: so many of so many events.
    Appending(u64, u64),
    /// Folding so many of so many aggregates, in a store that is made.
    Folding(u64, u64),
}

struct InStore<'a>(&'a Store, &'a Branch, Rc<Domain>, Time);

impl Known for InStore<'_> {
    fn seen(&self, key: &str) -> Result<Option<[u8; 32]>> {
        self.0.delivered(self.1, key)
    }

    fn is_new(&self) -> Result<bool> {
        Ok(self.0.rest_waits() && self.0.newest_position()? == 0)
    }

    fn now(&self) -> Time {
        self.3
    }

    fn recorded(&self) -> Result<Time> {
        let newest = self.0.newest_of(self.1, Position::MAX)?;
        let event = newest.map_or(Ok(None), |(position, _)| self.0.event_at(position))?;
        Ok(event.map_or(Time(i64::MIN), |event| event.recorded_at))
    }

    fn source_versions(&self, aggregate: &AggregateId) -> Result<BTreeSet<i64>> {
        #[derive(serde::Deserialize)]
        struct Numbered {
            source_version: Option<i64>,
        }
        let mut versions = BTreeSet::new();
        let Some(row) = self.0.aggregate_row(aggregate)? else { return Ok(versions) };
        self.0.events_of(self.1, row, 1, Version::MAX, &mut |raw| {
            let numbered = serde_json::from_str::<Numbered>(raw.meta).ok();
            versions.extend(numbered.and_then(|numbered| numbered.source_version));
            Ok(true)
        })?;
        Ok(versions)
    }

    fn head_state(&self, aggregate: &AggregateId) -> Result<Option<String>> {
        let Some(row) = self.0.aggregate_row(aggregate)? else { return Ok(None) };
        Ok(replay::head(self.0, &self.2, self.1, row)?.map(|(head, _)| head.state))
    }
}

/// Imports into a store, which is made where there is none; after a mistake there is none again.
pub fn import_into(
    open: &Open,
    options: &Options,
    progress: &mut dyn FnMut(ImportProgress) -> bool,
) -> Result<Imported> {
    if !open.path.exists() {
        return import_anew(open, options, progress);
    }
    let mut session = Session::open(open)?;
    if options.reads == Reads::Watched && session.store.newest_position()? == 0 {
        let imported = session.import_straight(options, Unsorted::Behind, progress)?;
        return Ok(imported.unwrap_or_default());
    }
    session.import(options, progress)
}

/// A store that nobody has before all of it is there, and the session that fills it.
struct Anew {
    session: Session,
    making: Making,
}

impl Anew {
    fn begin(open: &Open) -> Result<Self> {
        let making = Store::begin(&open.path, open.clock.now())?;
        let session = Session::open(&Open { path: making.path().to_owned(), ..open.clone() })?;
        session.store.let_rest_wait();
        Ok(Self { session, making })
    }

    fn finish(self) -> Result<()> {
        drop(self.session);
        self.making.finish().map(drop)
    }
}

fn import_anew(
    open: &Open,
    options: &Options,
    progress: &mut dyn FnMut(ImportProgress) -> bool,
) -> Result<Imported> {
    // What cannot be read twice cannot be begun again.
    let piped = options.files.iter().any(|file| crate::file::is_stream(file));
    if !piped && comes_straight(options) {
        let mut anew = Anew::begin(open)?;
        if let Some(imported) = anew.session.import_straight(options, Unsorted::Ends, progress)? {
            anew.finish()?;
            return Ok(imported);
        }
    }
    let mut anew = Anew::begin(open)?;
    let imported = anew.session.import(options, progress);
    let store = &anew.session.store;
    match &imported {
        // What was appended before something went wrong stays, but not where that cannot be made whole.
        Err(_) if store.rest_waits() && store.newest_position()? > 0 => {
            anew.session.bring_in(&mut |_| true)?;
        }
        Ok(_) if options.try_first.is_none() => {}
        _ => return imported,
    }
    anew.finish()?;
    imported
}

impl Session {
    /// Imports files. Everything is read, mapped and sorted before the first append, so that a mistake leaves
    /// the store as it was; after that it is appended in batches, and an import that was cut off goes on when
    /// it is run again. `progress` answers whether to go on.
    pub fn import(
        &mut self,
        options: &Options,
        progress: &mut dyn FnMut(ImportProgress) -> bool,
    ) -> Result<Imported> {
        let domain = self.domain()?;
        let known = InStore(&self.store, &self.branch, domain, self.clock.now());
        let staged = stage(options, &known, &mut |at| progress(ImportProgress::Staging(at)))?;
        let (report, preview) = (staged.report().clone(), staged.preview().to_vec());
        let imported = Imported { report, preview, ..Imported::default() };
        if options.try_first.is_some() {
            return Ok(imported);
        }
        if let Some(mapping) = &options.mapping {
            self.take_list_views(mapping.listed())?;
        }
        self.store.expect_bulk()?;
        let delivery = self.delivery(options);
        self.append(staged, imported, delivery, progress)
    }

    /// The same into an empty store, while the rest is read, as long as what comes is in the order of the log. `None` where
    /// the reading ended because it is not.
    fn import_straight(
        &mut self,
        options: &Options,
        unsorted: Unsorted,
        progress: &mut dyn FnMut(ImportProgress) -> bool,
    ) -> Result<Option<Imported>> {
        if let Some(mapping) = &options.mapping {
            self.take_list_views(mapping.listed())?;
        }
        self.store.expect_bulk()?;
        let (domain, mut delivery, mut appended) = (self.domain()?, self.delivery(options), 0);
        let Self { store, branch, rules, clock, .. } = self;
        let known = InStore(store, branch, domain, clock.now());
        let mut append = |batch: Vec<journal::Imported>| {
            appended += append_imported(store, rules, branch, batch, &mut delivery, clock.now())?;
            Ok(())
        };
        let straight = Straight::new(&mut append, unsorted);
        let mut staging = |at| progress(ImportProgress::Staging(at));
        let staged = match (stage_straight(options, &known, Some(straight), &mut staging), unsorted) {
            (Ok(staged), Unsorted::Ends) if !staged.is_in_order() => return Ok(None),
            (Err(error), Unsorted::Behind) => return Err(cut_off(error, appended)),
            (staged, _) => staged?,
        };
        let imported = Imported { report: staged.report().clone(), appended, ..Imported::default() };
        self.append(staged, imported, delivery, progress).map(Some)
    }

    /// Who delivers, and whether reactors answer.
    fn delivery(&self, options: &Options) -> Delivery {
        let files = options.files.iter().map(|file| file.to_string_lossy().into_owned()).collect();
        let delivery = Delivery::new(self.by(&options.actor), files);
        if options.react { delivery.reacting() } else { delivery }
    }

    /// Appends what was staged, and brings in the indexes that were put off.
    fn append(
        &mut self,
        staged: Staged,
        mut imported: Imported,
        mut delivery: Delivery,
        progress: &mut dyn FnMut(ImportProgress) -> bool,
    ) -> Result<Imported> {
        let total = imported.report.events;
        let mut done = imported.appended as u64;
        let staged = batches(staged, &mut |batch| {
            done += batch.len() as u64;
            let now = self.clock.now();
            let (store, branch) = (&self.store, &self.branch);
            let appended = append_imported(store, &mut self.rules, branch, batch, &mut delivery, now);
            imported.appended += appended.map_err(|error| cut_off(error, imported.appended))?;
            if !progress(ImportProgress::Appending(done, total)) {
                return Err(Error::refused(format!("Stopped after {} events.", imported.appended))
                    .hint("The same import, run again, goes on from here."));
            }
            Ok(())
        })?;
        imported.reacted = delivery.reacted;
        self.bring_in(progress)?;
        let note = staged.unknown(&mut |cause| Ok(self.position_of_name(cause)?.is_some()))?;
        imported.report.notes.extend(note);
        Ok(imported)
    }

    /// Brings in what was put off while events were appended.
    fn bring_in(&mut self, progress: &mut dyn FnMut(ImportProgress) -> bool) -> Result<()> {
        if !self.store.rest_waits() {
            return self.store.index_rest().map(drop);
        }
        let domain = self.domain()?;
        fill_heads(&self.store, &domain, &self.branch, &mut |done, total| {
            progress(ImportProgress::Folding(done, total))
        })
    }

    /// A mapping says how its aggregates are listed: that goes into the domain, for types it does not declare.
    fn take_list_views(&mut self, views: &[Listed]) -> Result<()> {
        let domain = self.domain()?;
        let new: Vec<_> = views.iter().filter(|view| domain.aggregate(&view.kind).is_none()).collect();
        if new.is_empty() {
            return Ok(());
        }
        let mut source = domain.source.clone();
        for view in new {
            source = with_listed(&source, view)?;
        }
        let domain = Rc::new(Domain::parse("the mapping's list view", &source)?);
        self.set_domain(&domain, &mut |_, _| true)?;
        Ok(())
    }
}

impl Session {
    /// The types that the domain in use says how to list (by label, status or columns), where another one does not
    /// declare them at all.
    pub fn list_views_lost_by(&mut self, other: &Domain) -> Result<Vec<String>> {
        let domain = self.domain()?;
        let listed = |kind: &&String| !Listed::of(&domain, kind).is_empty();
        let lost = domain.aggregates.keys().filter(listed).filter(|kind| other.aggregate(kind).is_none());
        Ok(lost.cloned().collect())
    }
}

/// Hands batches over, each while the next ones are got ready on another thread.
fn batches(mut staged: Staged, take: &mut dyn FnMut(Vec<journal::Imported>) -> Result<()>) -> Result<Staged> {
    let mut size = BATCH.0;
    let first = staged.next_batch(size)?;
    if first.len() < size {
        if !first.is_empty() {
            take(first)?;
        }
        return Ok(staged);
    }
    let (send, receive) = sync_channel(READY);
    std::thread::scope(|scope| {
        let ready = std::thread::Builder::new().name("Sorted".to_owned()).spawn_scoped(scope, move || {
            let mut batch = Ok(first);
            while !matches!(&batch, Ok(batch) if batch.is_empty()) {
                let failed = batch.is_err();
                // Where an append failed, nobody waits for more.
                if send.send(batch).is_err() || failed {
                    break;
                }
                size = BATCH.1.min(2 * size);
                batch = staged.next_batch(size);
            }
            staged
        })?;
        let taken = receive.iter().try_for_each(|batch| take(batch?));
        drop(receive);
        let staged =
            ready.join().map_err(|_| Error::refused("the sorting stopped by a defect of the program"));
        taken.and(staged)
    })
}

/// A failure in the middle: what was appended before it stays.
fn cut_off(error: Error, appended: usize) -> Error {
    if appended == 0 {
        return error;
    }
    let hint = error.hint_text().map_or_else(String::new, |hint| format!("{hint} "));
    let message = format!("{appended} events were appended before this: {}", error.message());
    Error::new(error.kind(), message)
        .hint(format!("{hint}They stay; the same import, run again, goes on behind them."))
}
