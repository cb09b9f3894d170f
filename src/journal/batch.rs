//! Events on their way into the log: each is chained, applied to its aggregate's state and written; each
//! touched head is written once, at the end.

use std::collections::HashMap;

use super::case::check_came;
use super::project::Keeping;
use super::working::Working;
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, Hash, NewEvent, Position, Time};
use crate::jq::State;
use crate::replay;
use crate::store::{Branch, Chained, MAIN, Place, Store, Transaction, chain_hash, origin_of};

/// The member of an event's metadata that names the event it was carried over from.
pub(super) const ORIGIN: &str = "origin";

/// The aggregates that a batch has touched.
pub(super) type Open = HashMap<AggregateId, Working>;

/// So many bytes of states, as JSON, are kept for the next batch at the most; read, they take some times as much.
const AT_HAND: usize = 4 << 20;
/// What an aggregate takes besides, about.
const ROOM: usize = 256;
/// So many aggregates are kept where nothing of them is folded.
const NAMED: usize = 100_000;

/// A row of events, written when there is a transaction, only computed when there is none.
pub(super) struct Batch<'a> {
    pub store: &'a Store,
    transaction: Option<&'a Transaction<'a>>,
    pub domain: &'a Domain,
    pub branch: &'a Branch,
    tip: Option<(Position, Hash)>,
    last: Position,
    /// When the newest event was recorded, and when the next one is unless something else is said.
    recorded: Time,
    now: Time,
    appended: i64,
    open: Open,
    /// What reactors have not answered yet; `None` where nobody asked for reactors.
    fresh: Option<Vec<Fresh>>,
    /// Where nothing is written: the events so far, for what reactors read of those before one.
    unwritten: Vec<Event>,
    /// Whether states are folded, and heads written; else somebody does it when all is appended.
    folds: bool,
    /// How many aggregates have a row; counted where states are not folded.
    named: i64,
    /// The projections that are kept with the append.
    keeping: Option<Keeping<'a>>,
}

/// An event that was appended just now, between the states around it. Only a batch makes one, so a replay has
/// nothing that a reactor could answer.
pub(super) struct Fresh {
    pub event: Event,
    pub before: State,
    pub after: State,
}

/// A place in a batch.
pub(super) struct Marked {
    aggregate: AggregateId,
    working: Option<Working>,
    /// Everything, where reactors answer: their commands go to other aggregates, too.
    open: Option<HashMap<AggregateId, Working>>,
    end: (Option<(Position, Hash)>, Position, i64),
}

impl<'a> Batch<'a> {
    pub fn new(
        store: &'a Store,
        transaction: Option<&'a Transaction<'a>>,
        domain: &'a Domain,
        branch: &'a Branch,
        now: Time,
    ) -> Result<Self> {
        if let Some(source) = store.belongs_to().filter(|_| branch.id == MAIN) {
            let message = format!("{} holds what {source} says, and nothing else.", branch.name);
            return Err(Error::refused(message).hint(
                "`backstory branch what-if` forks one beside it; with `-b what-if` before the verb it goes there.",
            ));
        }
        Self::delivered(store, transaction, domain, branch, now)
    }

    /// The same for what the source itself brings, where the store belongs to one.
    pub fn delivered(
        store: &'a Store,
        transaction: Option<&'a Transaction<'a>>,
        domain: &'a Domain,
        branch: &'a Branch,
        now: Time,
    ) -> Result<Self> {
        if transaction.is_some() {
            check_came(store, branch)?;
        }
        let last = store.newest_position()?;
        let end = end_of(store, branch)?;
        let (tip, recorded) = end.map_or((None, Time(i64::MIN)), |(tip, at)| (Some(tip), at));
        let keeping = match transaction {
            Some(_) => Keeping::new(store, domain, branch, tip.map_or(0, |tip| tip.0))?,
            None => None,
        };
        let folds = keeping.is_some() || !store.rest_waits();
        let named = if folds { 0 } else { store.aggregate_count()? };
        Ok(Self {
            store,
            transaction,
            domain,
            branch,
            tip,
            last,
            recorded,
            now,
            appended: 0,
            open: Open::new(),
            fresh: None,
            unwritten: Vec::new(),
            folds,
            named,
            keeping,
        })
    }

    /// Goes on with the aggregates as an earlier batch left them; nobody has appended since.
    pub fn going_on(mut self, open: Open) -> Self {
        self.open = open;
        self
    }

    /// Keeps what reactors are to answer, where they are to.
    pub(crate) fn reacting(mut self, react: bool) -> Self {
        // What belongs to a source happened elsewhere.
        let react = react && self.store.belongs_to().is_none();
        self.fresh = react.then(Vec::new);
        self.folds |= react;
        self
    }

    /// What was appended since the last call and a reactor of the domain may answer.
    pub(crate) fn take_fresh(&mut self) -> Vec<Fresh> {
        self.fresh.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The events so far that are in no store.
    pub fn unwritten(&self) -> &[Event] {
        &self.unwritten
    }

    /// The aggregate as it stands now, this batch's events included.
    pub fn working(&mut self, aggregate: &AggregateId) -> Result<&mut Working> {
        if !self.open.contains_key(aggregate) {
            // Where all that have a row are at hand, another one has none.
            let all = !self.folds && self.open.len() as i64 == self.named;
            let row = if all { None } else { self.store.aggregate_row(aggregate)? };
            let working = if self.folds {
                let head = row.map(|row| replay::head(self.store, self.domain, self.branch, row));
                Working::of(row, head.transpose()?.flatten())?
            } else {
                Working::unfolded(self.store, row)?
            };
            self.open.insert(aggregate.clone(), working);
        }
        self.open
            .get_mut(aggregate)
            .ok_or_else(|| Error::damaged(format!("{aggregate} is lost while it is appended to.")))
    }

    /// The batch as it is, to come back to where what follows is refused. Only a batch that writes nothing can.
    pub fn mark(&self, aggregate: &AggregateId) -> Marked {
        Marked {
            aggregate: aggregate.clone(),
            working: self.open.get(aggregate).cloned(),
            open: self.fresh.is_some().then(|| self.open.clone()),
            end: (self.tip, self.last, self.appended),
        }
    }

    /// Forgets what was appended to a mark's aggregate since, and what reactors did about it.
    pub(crate) fn back_to(&mut self, mark: Marked) {
        match (mark.open, mark.working) {
            (Some(open), _) => self.open = open,
            (None, Some(working)) => drop(self.open.insert(mark.aggregate, working)),
            (None, None) => drop(self.open.remove(&mark.aggregate)),
        }
        self.take_fresh();
        (self.tip, self.last, self.appended) = mark.end;
        self.unwritten.retain(|event| event.position <= self.last);
    }

    /// Events from here on are recorded no earlier than this.
    pub(crate) fn recorded_from(&mut self, now: Time) {
        self.now = self.now.max(now);
    }

    /// The chain's end on this branch, this batch's events included.
    pub fn tip(&self) -> Option<Hash> {
        self.tip.map(|(_, hash)| hash)
    }

    /// The position of the next event.
    pub fn next(&self) -> Position {
        self.last + 1
    }

    /// The next free number of a type, where nothing says otherwise; what this batch made counts.
    pub(crate) fn next_id(&self, kind: &str) -> Result<i64> {
        let next = self.store.next_id(kind)?;
        let number = |id: &str| id.bytes().all(|byte| byte.is_ascii_digit()) && !id.starts_with('0');
        let made = self.open.keys().filter(|it| it.kind == kind && it.id.len() < 19 && number(&it.id));
        let largest = made.filter_map(|it| it.id.parse::<i64>().ok()).max().unwrap_or(0);
        Ok(next.max(largest + 1))
    }

    /// Puts one event behind the others. With `strict` an event whose rule fails is refused; without, it is
    /// kept and the aggregate keeps its last good state and the error.
    pub fn append(&mut self, event: NewEvent, recorded_at: Option<Time>, strict: bool) -> Result<Event> {
        // Along a branch nothing is recorded before its parent.
        let recorded = recorded_at.unwrap_or(self.now).max(self.recorded);
        self.recorded = recorded;
        let (position, parent) = (self.next(), self.tip());
        let (transaction, branch) = (self.transaction, self.branch);
        let (domain, folds) = (self.domain, self.folds);
        let about = &event.aggregate.kind;
        let kind = domain.current_name(about, &event.kind);
        let answered = self.fresh.is_some() && domain.reactors_to(about, kind).next().is_some();
        let projected = self.keeping.as_ref().is_some_and(|keeping| keeping.reads(about, kind));
        let working = self.working(&event.aggregate)?;
        let version = working.version + 1;
        let named = i64::from(working.row.is_none());
        if let (Some(transaction), None) = (transaction, working.row) {
            working.row = Some(transaction.add_aggregate(&event.aggregate)?);
        }
        let hash = match (transaction, working.row) {
            (Some(transaction), Some(row)) => {
                let place = Place {
                    position,
                    branch: branch.id,
                    aggregate: row,
                    version,
                    recorded_at: recorded,
                    parent,
                };
                let hash = transaction.insert_event(&event, &place)?;
                if let Some(origin) = origin_of(&event.meta) {
                    transaction.note_origin(origin, position)?;
                }
                hash
            }
            _ => chain_hash(
                parent,
                &Chained {
                    kind: &event.aggregate.kind,
                    id: &event.aggregate.id,
                    version,
                    event: &event.kind,
                    occurred_at: event.occurred_at,
                    recorded_at: recorded,
                    data: &event.data,
                    meta: &event.meta,
                },
            ),
        };
        let event = Event {
            position,
            branch: branch.name.clone(),
            aggregate: event.aggregate,
            version,
            kind: event.kind,
            occurred_at: event.occurred_at,
            recorded_at: recorded,
            data: event.data,
            meta: event.meta,
            parent,
            hash,
        };
        // The states around an event are copied only where somebody looks at them.
        let before = (answered || projected).then(|| working.state.clone());
        if folds {
            working.take(domain, &event, strict)?;
        } else {
            working.version = version;
        }
        if let Some(before) = before {
            let after = working.state.clone();
            if let (true, Some(keeping)) = (projected, &mut self.keeping) {
                keeping.take((self.store, branch), domain, &event, (&before, &after))?;
            }
            if let (true, Some(fresh)) = (answered, &mut self.fresh) {
                fresh.push(Fresh { event: event.clone(), before, after });
            }
        }
        if transaction.is_none() && self.fresh.is_some() {
            self.unwritten.push(event.clone());
        }
        self.last = position;
        self.tip = Some((position, hash));
        self.appended += 1;
        self.named += named;
        Ok(event)
    }

    /// Writes the heads and the branch's tip; answers the positions that were taken.
    pub fn finish(mut self) -> Result<Option<(Position, Position)>> {
        self.write()
    }

    /// The same, with the aggregates as they are then, for the next batch.
    pub fn finish_for_more(mut self) -> Result<(Option<(Position, Position)>, Open)> {
        let span = self.write()?;
        if !self.folds {
            if self.open.len() > NAMED {
                self.open.clear();
            }
            return Ok((span, self.open));
        }
        let size = |open: &Open| open.values().map(|working| working.size + ROOM).sum::<usize>();
        if size(&self.open) > AT_HAND {
            self.open.retain(|_, working| working.dirty);
        }
        if size(&self.open) > AT_HAND {
            self.open.clear();
        }
        for working in self.open.values_mut() {
            working.dirty = false;
            // The state itself is at hand.
            working.head.iter_mut().for_each(|head| head.state = String::new());
        }
        Ok((span, self.open))
    }

    fn write(&mut self) -> Result<Option<(Position, Position)>> {
        let (Some(transaction), Some(tip)) = (self.transaction, self.tip) else { return Ok(None) };
        if self.appended == 0 {
            return Ok(None);
        }
        // In the order of the tables' pages, each of which is then gone to once.
        let mut open: Vec<_> = self.open.iter_mut().filter(|(_, working)| working.dirty).collect();
        open.sort_unstable_by_key(|(_, working)| working.row);
        for (aggregate, working) in open {
            let (Some(row), Some(head)) = (working.row, &mut working.head) else { continue };
            let summary =
                self.domain.summary(&aggregate.kind, &aggregate.id, &working.last_event, &working.state);
            let (named, same) = (head.label == summary.label, head.status == summary.status);
            (head.label, head.status, head.deleted) = (summary.label, summary.status, summary.deleted);
            head.state = working.state.to_json()?;
            working.size = head.state.len();
            if working.own && named {
                let status = (!same).then_some(&*head.status);
                transaction.advance_head(self.branch.id, row, head, status)?;
            } else {
                transaction.put_head(self.branch.id, row, head)?;
            }
            working.own = true;
        }
        transaction.set_tip(self.branch.id, tip, self.appended)?;
        transaction.index_batch(self.branch.id, self.appended)?;
        if let Some(keeping) = self.keeping.take() {
            keeping.finish(transaction, tip.0)?;
        }
        Ok(Some((tip.0 - self.appended + 1, tip.0)))
    }
}

/// The newest event that a branch sees, its own or else the one it forked at, and when it was recorded.
fn end_of(store: &Store, branch: &Branch) -> Result<Option<((Position, Hash), Time)>> {
    let (own, _) = store.tip(branch.id)?;
    let position = own.map_or(branch.fork(), |(position, _)| position);
    if position == 0 {
        return Ok(None);
    }
    let event = store.event_at(position)?.ok_or_else(|| {
        Error::damaged(format!("The event at position {position}, where {} ends, is gone.", branch.name))
    })?;
    // What the branch remembers of its own tip is what the next event is chained to.
    Ok(Some((own.unwrap_or((event.position, event.hash)), event.recorded_at)))
}
