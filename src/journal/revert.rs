//! Taking events back: by the event's own `revert` rule, else by a patch that restores the fields it changed.

use serde_json::{Map, Value, json};

use super::Rules;
use super::attempt::{Attempt, Carriage, Clash, Mode, Outcome, Span, all_or_none};
use super::batch::Batch;
use super::operation::{By, note};
use super::taken::{REVERTS, taken_back};
use super::writer::{States, Touched};
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{Event, NewEvent, Unit};
use crate::replay::{Change, Op, REVERTED, diff, patch};
use crate::store::{Branch, Store, Transaction};

/// How events are taken back.
pub struct How<'a> {
    /// What is done with what is refused.
    pub mode: Mode,
    /// Why; else the events say which one they take back.
    pub reason: Option<&'a str>,
    /// Who, and when.
    pub by: &'a By,
}

/// Takes units back on a branch, each its last event first, all in one transaction.
pub fn revert(
    store: &Store,
    rules: &mut Rules,
    branch: &Branch,
    units: Vec<Unit>,
    how: &How<'_>,
) -> Result<Carriage> {
    if how.mode.dry_run {
        return store.snapshot(|store| {
            let domain = rules.current(store)?;
            Ok(revert_in(None, store, &domain, branch, units, how)?.0)
        });
    }
    let transaction = store.write()?;
    let domain = rules.current(&transaction)?;
    let (carriage, span) = revert_in(Some(&transaction), store, &domain, branch, units, how)?;
    if carriage.written {
        let taken: Vec<_> = carriage.units.iter().flat_map(|c| &c.unit.events).map(|e| e.position).collect();
        note(&transaction, how.by, "revert", branch.id, span, &json!({ "positions": taken }))?;
        transaction.commit()?;
    }
    Ok(carriage)
}

/// The same inside a larger write.
pub(super) fn revert_in(
    transaction: Option<&Transaction<'_>>,
    store: &Store,
    domain: &Domain,
    branch: &Branch,
    units: Vec<Unit>,
    how: &How<'_>,
) -> Result<(Carriage, Span)> {
    all_or_none(units, how.mode, transaction, |transaction| {
        Ok(Reverter::new(Batch::new(store, transaction, domain, branch, how.by.now)?, how))
    })
}

struct Reverter<'a> {
    batch: Batch<'a>,
    states: States<'a>,
    done: Touched,
    /// What this run has appended.
    fresh: Vec<Event>,
    how: &'a How<'a>,
}

impl<'a> Attempt<'a> for Reverter<'a> {
    fn batch(&mut self) -> &mut Batch<'a> {
        &mut self.batch
    }

    fn into_batch(self) -> Batch<'a> {
        self.batch
    }

    fn one(&mut self, unit: &Unit) -> Result<(Outcome, Vec<Event>)> {
        if let Some(taker) = self.taker(unit)? {
            return Ok((Outcome::TakenBack(Box::new(taker)), Vec::new()));
        }
        let mut appended = Vec::new();
        for event in unit.events.iter().rev() {
            let (before, after) = self.states.around(event)?;
            let after = after.state.to_value()?;
            let here = self.batch.working(&event.aggregate)?.state.to_value()?;
            let rule = self.batch.domain.event(&event.aggregate.kind, &event.kind);
            let own = rule.is_some_and(crate::domain::EventType::has_revert);
            let news = if own {
                self.batch.domain.revert(event, &here, &before, &after)?
            } else {
                let changes = diff(&before, &after);
                let clashes = self.clashes(event, &changes, (&before, &after), &here)?;
                if !clashes.is_empty() {
                    return Ok((Outcome::Conflict(clashes), Vec::new()));
                }
                if changes.is_empty() {
                    continue;
                }
                let data = json!({ "patch": patch::inverse(&changes) }).to_string();
                vec![crate::domain::Emitted { kind: REVERTED.to_owned(), data, schema: None }]
            };
            for new in news {
                let new = NewEvent {
                    aggregate: event.aggregate.clone(),
                    kind: new.kind,
                    occurred_at: self.how.by.now,
                    data: new.data,
                    meta: self.meta(event, new.schema),
                };
                appended.push(self.batch.append(new, None, true)?);
            }
            let now = self.batch.working(&event.aggregate)?.state.to_value()?;
            if let Some(last) = appended.last() {
                self.done.note(last, &diff(&here, &now));
            }
        }
        self.fresh.extend(appended.iter().cloned());
        let outcome = if appended.is_empty() { Outcome::NothingToDo } else { Outcome::Applied };
        Ok((outcome, appended))
    }
}

impl<'a> Reverter<'a> {
    fn new(batch: Batch<'a>, how: &'a How<'a>) -> Self {
        let states = States::new(batch.store, batch.domain, batch.branch.clone());
        Self { batch, states, done: Touched::default(), fresh: Vec::new(), how }
    }

    /// The event that takes a unit back already, unless it is to be taken back once more.
    fn taker(&self, unit: &Unit) -> Result<Option<Event>> {
        let (store, branch) = (self.batch.store, self.batch.branch);
        for event in &unit.events {
            if !branch.sees(store.owner_of(event.position)?, event.position) {
                return Err(Error::refused(format!("#{} is not part of {}.", event.position, branch.name)));
            }
            if self.how.mode.again {
                continue;
            }
            if let Some(taker) = taken_back(store, branch, event, &self.fresh)? {
                return Ok(Some(taker));
            }
        }
        Ok(None)
    }

    /// The fields that something later has changed too, or what they stood in.
    fn clashes(
        &mut self,
        event: &Event,
        changes: &[Change],
        (before, after): (&Value, &Value),
        here: &Value,
    ) -> Result<Vec<Clash>> {
        let mut clashes: Vec<Clash> = Vec::new();
        for change in changes {
            let now = here.pointer(&change.path);
            let left = (change.op != Op::Remove).then_some(&change.value);
            let path = match moved_parent(change, after, here) {
                Some(parent) => parent,
                None if now != left => change.path.as_str(),
                None => continue,
            };
            if clashes.iter().any(|clash| clash.path == path) {
                continue;
            }
            let writer = match self.done.writer(&event.aggregate, path) {
                Some(writer) => Some(writer.clone()),
                None => self.states.writer(&event.aggregate, path)?,
            };
            let (theirs, ours) = (before.pointer(path).cloned(), here.pointer(path).cloned());
            clashes.push(Clash { path: path.to_owned(), theirs, ours, made: None, writer });
        }
        Ok(clashes)
    }

    fn meta(&self, event: &Event, schema: Option<Value>) -> String {
        let mut meta = Map::new();
        meta.insert("actor".to_owned(), self.how.by.actor.clone().into());
        let reason = self
            .how
            .reason
            .map_or_else(|| format!("takes back {} #{}", event.kind, event.position), str::to_owned);
        meta.insert("reason".to_owned(), reason.into());
        meta.insert(REVERTS.to_owned(), event.hash.to_string().into());
        if let Some(schema) = schema {
            meta.insert("schema".to_owned(), schema);
        }
        Value::Object(meta).to_string()
    }
}

/// The outermost value around a changed path that is not what it was after the event: gone, of another kind or,
/// where an item was taken out, of another length: it would come back at the place of another one.
fn moved_parent<'c>(change: &'c Change, after: &Value, here: &Value) -> Option<&'c str> {
    let path = change.path.as_str();
    let last = path.rfind('/').filter(|_| change.op == Op::Remove);
    let mut ends = path.match_indices('/').map(|(at, _)| at);
    let moved = ends.find(|&end| match (after.pointer(&path[..end]), here.pointer(&path[..end])) {
        (Some(Value::Object(_)), Some(Value::Object(_))) => false,
        (Some(Value::Array(was)), Some(Value::Array(now))) => last == Some(end) && was.len() != now.len(),
        _ => true,
    });
    moved.map(|end| &path[..end])
}
