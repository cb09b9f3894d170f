//! Opening a store, what it holds at a glance, and noticing what other processes append.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::Session;
use super::sources::source_of;
use crate::clock::Clock;
use crate::domain::{Domain, Listed};
use crate::error::Result;
use crate::event::{Hash, Position, Time};
use crate::journal::Rules;
use crate::store::{CaseMark, OpenFile, Store};

/// How a session is opened.
#[derive(Clone, Debug)]
pub struct Open {
    /// The store's file.
    pub path: PathBuf,
    /// The branch that is read and written.
    pub branch: String,
    /// Where the time comes from.
    pub clock: Clock,
}

/// An aggregate type and how many aggregates it has on the branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeInfo {
    /// The type's name.
    pub name: String,
    /// How many aggregates, deleted ones too.
    pub aggregates: i64,
    /// How they are shown.
    pub listed: Listed,
}

/// What the header and the start of a screen need to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// The file's name without its folder.
    pub file: String,
    /// The branch.
    pub branch: String,
    /// Events visible on the branch.
    pub events: i64,
    /// The newest event's position on the branch; 0 when there is none.
    pub head: Position,
    /// The newest event's hash.
    pub head_hash: Option<Hash>,
    /// The aggregate types that have aggregates, in name order, then the declared ones without.
    pub types: Vec<TypeInfo>,
    /// Whether the store can only be read, and why.
    pub read_only: Option<String>,
    /// The case that the store was made from, where it was made from one.
    pub case: Option<CaseMark>,
    /// The domain's name, where there is a domain.
    pub domain: Option<String>,
    /// The times of the first and the newest event (`occurred_at`).
    pub span: Option<(Time, Time)>,
    /// How many monitors the domain has.
    pub monitors: usize,
    /// By how many microseconds this machine's clock is behind the newest event, where that is much.
    pub clock_behind: Option<i64>,
}

/// By how much two clocks may differ before it is said, in microseconds: an hour.
const CLOCKS: i64 = 3_600_000_000;

/// What has been appended since the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    /// The newest position now.
    pub head: Position,
    /// Events on the branch now.
    pub events: i64,
}

impl Session {
    /// Opens a store that exists.
    pub fn open(open: &Open) -> Result<Self> {
        Self::over(Store::open(&open.path)?, open)
    }

    /// Opens a store that exists for reading only, beside a session that writes.
    pub fn open_reader(open: &Open) -> Result<Self> {
        Self::over(Store::open_reader(&open.path)?, open)
    }

    /// A session over a store that is open already.
    pub fn over(store: Store, open: &Open) -> Result<Self> {
        let branch = store.branch(&open.branch)?;
        if let Some(source) = source_of(store.path()) {
            store.give_to(source);
        }
        let mut rules = Rules::default();
        // Whoever needs a domain that is broken is told so then.
        let _ = rules.current(&store);
        Ok(Self {
            file: OpenFile::new(store.path()),
            store,
            rules,
            branch,
            clock: open.clock,
            timelines: HashMap::new(),
            parked: HashMap::new(),
            warming: None,
            folded_by: 0,
            blaming: None,
            reporting: None,
            trying: None,
            watching: None,
            watched: None,
            declared: super::declared::Declared::default(),
            alarmed: Vec::new(),
            along: None,
            seen_tail: None,
            misses: std::sync::Arc::default(),
            near: super::facts::Facts::new(),
            folded: super::facts::Facts::new(),
            listed: None,
            past_rows: super::list::PastRows::default(),
            sifted: Vec::new(),
            called: Vec::new(),
            gathered: None,
            counts: Default::default(),
        })
    }

    /// What the store holds at a glance.
    pub fn overview(&mut self) -> Result<Overview> {
        let domain = self.domain()?;
        let mut types = Vec::new();
        for name in self.store.head_types(&self.branch)? {
            types.push(TypeInfo {
                aggregates: self.count_type(&name)?,
                listed: Listed::of(&domain, &name),
                name,
            });
        }
        for (name, _) in &domain.aggregates {
            if types.iter().all(|known| known.name != *name) {
                types.push(TypeInfo { name: name.clone(), aggregates: 0, listed: Listed::of(&domain, name) });
            }
        }
        let tail = self.tail()?;
        if self.seen_tail.is_none() {
            self.seen_tail = Some((tail, self.store.newest_position()?));
        }
        let head = self.store.event_at(tail.head)?;
        let first = self.first_time()?;
        let file = self.store.path().file_name().unwrap_or(self.store.path().as_os_str());
        Ok(Overview {
            file: file.to_string_lossy().into_owned(),
            branch: self.branch.name.clone(),
            events: tail.events,
            head: tail.head,
            head_hash: head.as_ref().map(|event| event.hash),
            types,
            read_only: self.store.read_only().map(str::to_owned),
            case: self.case()?,
            domain: if domain.source.is_empty() { None } else { Some(domain.name.clone()) },
            monitors: domain.monitors.len(),
            span: first.zip(head.map(|event| event.occurred_at)),
            clock_behind: self.clock_behind()?,
        })
    }

    /// When the first event happened that is there.
    fn first_time(&self) -> Result<Option<Time>> {
        let mut first = 1;
        while let Some(absent) = self.store.absent_at(first)? {
            first = absent.last + 1;
        }
        self.store.time_at(first)
    }

    /// By how many microseconds this machine's clock is behind the newest event's time of recording, where that is more
    /// than an hour: either this clock is wrong, or another machine's was.
    pub fn clock_behind(&self) -> Result<Option<i64>> {
        let newest = self.store.event_at(self.store.newest_position()?)?;
        let behind = newest.map_or(0, |event| event.recorded_at.0.saturating_sub(self.clock.now().0));
        Ok((behind > CLOCKS).then_some(behind))
    }

    /// Whether anything was appended since the last call, by anyone, on any branch; `None` when nothing was.
    pub fn poll(&mut self) -> Result<Option<Tail>> {
        let (tail, newest) = (self.tail()?, self.store.newest_position()?);
        if self.seen_tail == Some((tail, newest)) {
            return Ok(None);
        }
        self.seen_tail = Some((tail, newest));
        Ok(Some(tail))
    }

    /// Whether the store can only be read.
    pub fn is_read_only(&self) -> bool {
        self.store.read_only().is_some()
    }

    /// Whether nobody else is writing just now: a write that begins at once need not wait.
    pub fn is_free(&self) -> Result<bool> {
        self.store.is_free()
    }

    /// Does what begins with a write, at once; nothing where another program is writing, and then nothing was done.
    pub fn unless_held<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<Option<T>> {
        self.store.hurry();
        let done = work(self);
        if self.store.was_held() { Ok(None) } else { done.map(Some) }
    }

    /// The next write begins at once, or fails; [`Session::was_held`] tells then that it was for another program.
    pub fn hurry(&self) {
        self.store.hurry();
    }

    /// Whether a write that was not to wait found another program writing: nothing was written.
    pub fn was_held(&self) -> bool {
        self.store.was_held()
    }

    /// How far the branch has come.
    pub fn tail(&self) -> Result<Tail> {
        let row = self.store.branch_row(self.branch.id)?;
        let head = row.tip.map_or(row.fork_position, |(position, _)| position);
        let events = if row.parent.is_none() { row.events } else { self.store.visible_events(row.id)? };
        Ok(Tail { head, events })
    }
}

/// Makes an empty store, with a domain where one is given.
pub fn create(open: &Open, domain: Option<&Rc<Domain>>) -> Result<Session> {
    if let Some(domain) = domain {
        domain.without_programs()?;
    }
    let making = Store::begin(&open.path, open.clock.now())?;
    if let Some(domain) = domain {
        let place = Open { path: making.path().to_owned(), ..open.clone() };
        let mut session = Session::open(&place)?;
        session.set_domain(domain, &mut |_, _| true)?;
        session.catch_up(&mut |_, _| true)?;
    }
    Session::over(making.finish()?, open)
}

/// Puts a copy of a backup in the place of a store; answers where the store is that was there before.
pub fn restore(backup: &Path, path: &Path) -> Result<Option<PathBuf>> {
    Store::restore(backup, path)
}
