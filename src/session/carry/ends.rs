//! What records come to where events are carried over: by the same events, and by the same requests.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Carry, Session};
use crate::error::Result;
use crate::event::{AggregateId, Position, Unit};
use crate::journal::{Carriage, Outcome};
use crate::replay::another::{Answer, Bases, Deeds, Fate, causes};
use crate::replay::diff;
use crate::store::Branch;

/// What a record comes to on the branch that events are carried over to.
#[derive(Clone, Debug, PartialEq)]
pub struct CarryEnd {
    /// Which record.
    pub aggregate: AggregateId,
    /// Its state there as it is.
    pub there: Value,
    /// The same with the events folded behind it.
    pub events: Value,
    /// The same with the requests decided again behind it; `None` where no event came of a request that the domain has.
    pub requests: Option<Value>,
    /// The requests that come to something else than they did at home.
    pub fates: Vec<Fate>,
}

/// A field of a record that one of the answers changes; `None` where it is not there.
#[derive(Clone, Debug, PartialEq)]
pub struct EndField {
    /// Where: a JSON Pointer.
    pub path: String,
    /// What stands there now.
    pub there: Option<Value>,
    /// What the same events come to.
    pub events: Option<Value>,
    /// What the same requests come to; `None` outside where none is decided.
    pub requests: Option<Option<Value>>,
}

impl EndField {
    /// Whether the two answers differ in it.
    pub fn differs(&self) -> bool {
        self.requests.as_ref().is_some_and(|requests| *requests != self.events)
    }
}

impl CarryEnd {
    /// The fields that one of the answers changes.
    pub fn fields(&self) -> Vec<EndField> {
        let answers = [Some(&self.events), self.requests.as_ref()];
        let changes = answers.into_iter().flatten().flat_map(|answer| diff(&self.there, answer));
        let paths: BTreeSet<String> = changes.map(|change| change.path).collect();
        let at = |state: &Value, path: &str| state.pointer(path).cloned();
        paths
            .into_iter()
            .map(|path| EndField {
                there: at(&self.there, &path),
                events: at(&self.events, &path),
                requests: self.requests.as_ref().map(|requests| at(requests, &path)),
                path,
            })
            .collect()
    }

    /// It as JSON.
    pub fn json(&self) -> Value {
        let differs = self.requests.as_ref().map(|requests| diff(&self.events, requests));
        json!({
            "there": self.there, "events": self.events, "requests": self.requests,
            "differs": differs.unwrap_or_default(),
        })
    }
}

impl Session {
    /// What the records come to, by both answers, where a dry run carried units over; what is there already is left out of both.
    /// Nothing where events are taken back.
    pub fn carry_ends(&mut self, carry: &Carry, carriage: &Carriage) -> Result<Vec<CarryEnd>> {
        let Some((source, target)) = self.ways(carry)? else { return Ok(Vec::new()) };
        let domain = self.domain()?;
        let carried = carriage.units.iter().filter(|carried| carried.outcome != Outcome::AlreadyThere);
        let units: Vec<Unit> = carried.map(|carried| carried.unit.clone()).collect();
        let aggregates = units.iter().map(|unit| unit.aggregate().clone()).collect();
        let start = self.bases(&target, Position::MAX, (&*domain).into(), &aggregates)?;
        let deeds = Deeds::new((&*domain).into(), &units, causes(&self.store, &source, &units)?);
        let order: Vec<usize> = (0..deeds.len()).collect();
        let (mut events, mut requests) = (start.clone(), start.clone());
        deeds.take_all(&order, Answer::Events, &mut events);
        let went = deeds.take_all(&order, Answer::Requests, &mut requests);
        let mut fates = BTreeMap::<&AggregateId, Vec<Fate>>::new();
        for (deed, went) in deeds.iter().zip(went).filter(|(_, went)| !went.how.is_as_recorded()) {
            fates.entry(deed.aggregate()).or_default().push(deed.fate(went.how));
        }
        let decides = deeds.requests() > 0;
        let value = |bases: &Bases, aggregate: &AggregateId| match bases.get(aggregate) {
            Some(base) if !base.state.is_null() => base.state.to_value(),
            _ => Ok(json!({})),
        };
        let end = |aggregate: &AggregateId| {
            Ok(CarryEnd {
                there: value(&start, aggregate)?,
                events: value(&events, aggregate)?,
                requests: decides.then(|| value(&requests, aggregate)).transpose()?,
                fates: fates.get(aggregate).cloned().unwrap_or_default(),
                aggregate: aggregate.clone(),
            })
        };
        aggregates.iter().map(end).collect()
    }

    /// From which branch to which events are carried over.
    fn ways(&self, carry: &Carry) -> Result<Option<(Branch, Branch)>> {
        let branch = |name: &str| self.store.branch(name);
        Ok(match carry {
            Carry::Pick { event, onto } => Some((branch(event.branch())?, branch(onto)?)),
            Carry::Rebase { branch: of, onto } => Some((branch(of)?, branch(onto)?)),
            Carry::Merge { branch: of } => {
                let of = branch(of)?;
                let parent = self.store.branch_row(of.id)?.parent;
                let parent = parent.map(|parent| self.store.branch_row(parent)).transpose()?;
                let parent = parent.map(|row| self.store.with_ancestors(&row)).transpose()?;
                parent.map(|parent| (of, parent))
            }
            Carry::Revert { .. } => None,
        })
    }
}
