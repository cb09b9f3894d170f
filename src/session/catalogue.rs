//! The catalogue of a store: what its domain declares beside what its log shows, in one pass over the branch.

use std::collections::HashMap;
use std::rc::Rc;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::Session;
use crate::domain::catalogue::{AttributeEntry, Catalogue, EventSeen, LogSeen, ValuesSeen};
use crate::domain::{Domain, sketch};
use crate::error::Result;
use crate::event::{AggregateId, Position, Version};
use crate::replay::Names;
use crate::store::{RawEvent, Store};

/// How many members of the metadata are looked at.
const MEMBERS: usize = 64;

/// How many of the newest events, and of an aggregate's own, tell what happens to it.
const NEWEST: Position = 20_000;
const OWN: Version = 500;

/// A pass over a branch's log that is under way.
pub struct Survey {
    domain: Rc<Domain>,
    branch: String,
    /// The last position looked at, and the last there is.
    at: Position,
    end: Position,
    done: u64,
    of: u64,
    /// The aggregate types, and which of them each aggregate's row is of.
    kinds: IndexMap<String, u64>,
    rows: HashMap<i64, usize>,
    names: Names,
    /// By aggregate type and stored name.
    events: IndexMap<(usize, i64), EventSeen>,
    metadata: IndexMap<String, ValuesSeen>,
}

impl Survey {
    /// Takes note of an event.
    fn note(&mut self, store: &Store, raw: &RawEvent<'_>) -> Result<()> {
        let kind = if let Some(kind) = self.rows.get(&raw.aggregate) {
            *kind
        } else {
            let entry = self.kinds.entry(store.aggregate_of(raw.aggregate)?.kind);
            let index = entry.index();
            *entry.or_default() += 1;
            self.rows.insert(raw.aggregate, index);
            index
        };
        let name = self.names.event(store, raw.kind)?;
        // What a damaged log holds may not be JSON: `verify` tells.
        let object = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
        let seen = self
            .events
            .entry((kind, raw.kind))
            .or_insert_with(|| EventSeen::new(raw.position, raw.occurred_at));
        let kind = self.kinds.get_index(kind).map_or("", |(kind, _)| kind);
        // One that cannot be read in today's shape breaks the schema as it is.
        let data = self.domain.upcast(kind, name, raw.data, raw.meta).ok().flatten();
        let data = object(data.as_deref().unwrap_or(raw.data));
        seen.note(raw.position, raw.occurred_at, &data, self.domain.event(kind, name));
        for (member, value) in &object(raw.meta) {
            if self.metadata.len() < MEMBERS && !self.metadata.contains_key(member) {
                self.metadata.insert(member.clone(), ValuesSeen::default());
            }
            if let Some(seen) = self.metadata.get_mut(member) {
                seen.note(value);
            }
        }
        self.done += 1;
        Ok(())
    }

    /// How many events were looked at.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// How many there are.
    pub fn of(&self) -> u64 {
        self.of
    }

    /// Whether all were looked at.
    pub fn is_whole(&self) -> bool {
        self.at >= self.end
    }

    /// A first domain file from what was seen so far.
    pub fn sketch(&self, name: &str) -> String {
        sketch(name, &self.catalogue(), &self.domain)
    }

    /// The domain beside what was seen so far.
    pub fn catalogue(&self) -> Catalogue {
        let mut catalogue = Catalogue::of(&self.domain);
        catalogue.seen = Some(LogSeen { branch: self.branch.clone(), events: self.done });
        for (kind, count) in &self.kinds {
            catalogue.aggregate(kind).seen = Some(*count);
        }
        for ((kind, event), seen) in &self.events {
            let (Some((kind, _)), Some(name)) = (self.kinds.get_index(*kind), self.names.known(*event))
            else {
                continue;
            };
            let today = self.domain.current_name(kind, name);
            let entry = catalogue.aggregate(kind).event(today);
            if today != name {
                entry.seen_as.push((name.to_owned(), seen.events));
            }
            match &mut entry.seen {
                Some(known) => known.add(seen),
                none => *none = Some(seen.clone()),
            }
        }
        for entry in catalogue.aggregates.iter_mut().flat_map(|aggregate| &mut aggregate.events) {
            let members = entry.seen.as_ref().map(|seen| seen.members.clone()).unwrap_or_default();
            for (name, values) in members {
                match entry.attributes.iter_mut().find(|attribute| attribute.name == name) {
                    Some(attribute) => attribute.seen = Some(values),
                    None => entry.attributes.push(AttributeEntry {
                        name,
                        seen: Some(values),
                        ..AttributeEntry::default()
                    }),
                }
            }
        }
        for (name, values) in &self.metadata {
            catalogue.meta(name).seen = Some(values.clone());
        }
        catalogue
    }
}

impl Session {
    /// What the store's domain declares, beside nothing seen.
    pub fn catalogue(&mut self) -> Result<Catalogue> {
        Ok(Catalogue::of(&*self.domain()?))
    }

    /// Begins a pass over this branch as it is now; [`Session::survey_more`] goes on with it.
    pub fn survey(&mut self) -> Result<Survey> {
        let tail = self.tail()?;
        Ok(Survey {
            domain: self.domain()?,
            branch: self.branch.name.clone(),
            at: 0,
            end: tail.head,
            done: 0,
            of: tail.events as u64,
            kinds: IndexMap::new(),
            rows: HashMap::new(),
            names: Names::default(),
            events: IndexMap::new(),
            metadata: IndexMap::new(),
        })
    }

    /// Looks at the newest events, and at the newest of one aggregate: enough to say what happens to it.
    pub(super) fn survey_newest(&mut self, aggregate: &AggregateId) -> Result<Survey> {
        let mut survey = self.survey()?;
        survey.at = (survey.end - NEWEST).max(0);
        let before = survey.at;
        if let Some(row) = self.store.aggregate_row(aggregate)? {
            let head = self.store.head_version(&self.branch, row)?;
            self.store.events_of(&self.branch, row, head - OWN + 1, head, &mut |raw| {
                if raw.position <= before {
                    survey.note(&self.store, raw)?;
                }
                Ok(true)
            })?;
        }
        self.survey_more(&mut survey, NEWEST as usize)?;
        Ok(survey)
    }

    /// Looks at `budget` more events.
    pub fn survey_more(&mut self, survey: &mut Survey, budget: usize) -> Result<()> {
        let mut left = budget;
        let range = (survey.at + 1, survey.end);
        self.store.events_between(&self.branch, range, false, &mut |raw| {
            survey.note(&self.store, raw)?;
            survey.at = raw.position;
            left -= 1;
            Ok(left > 0)
        })?;
        if left > 0 {
            survey.at = survey.end;
        }
        Ok(())
    }
}
