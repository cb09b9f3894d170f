//! The catalogue of a store: what its domain declares beside what its log shows, in one pass over the branch.

use std::collections::HashMap;
use std::rc::Rc;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::Session;
use crate::domain::catalogue::{AttributeEntry, Catalogue, EventSeen, LogSeen, ValuesSeen};
use crate::domain::{Domain, sketch};
use crate::error::Result;
use crate::event::Position;
use crate::replay::Names;

/// How many members of the metadata are looked at.
const MEMBERS: usize = 64;

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

    /// Looks at `budget` more events.
    pub fn survey_more(&mut self, survey: &mut Survey, budget: usize) -> Result<()> {
        let mut left = budget;
        let Survey { domain, at, end, done, kinds, rows, names, events, metadata, .. } = survey;
        let store = &self.store;
        store.events_between(&self.branch, (*at + 1, *end), false, &mut |raw| {
            let kind = if let Some(kind) = rows.get(&raw.aggregate) {
                *kind
            } else {
                let entry = kinds.entry(store.aggregate_of(raw.aggregate)?.kind);
                let index = entry.index();
                *entry.or_default() += 1;
                rows.insert(raw.aggregate, index);
                index
            };
            let name = names.event(store, raw.kind)?;
            // What a damaged log holds may not be JSON: `verify` tells.
            let object = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
            let seen = events
                .entry((kind, raw.kind))
                .or_insert_with(|| EventSeen::new(raw.position, raw.occurred_at));
            let kind = kinds.get_index(kind).map_or("", |(kind, _)| kind);
            // One that cannot be read in today's shape breaks the schema as it is.
            let data = domain.upcast(kind, name, raw.data, raw.meta).ok().flatten();
            let data = object(data.as_deref().unwrap_or(raw.data));
            seen.note(raw.position, raw.occurred_at, &data, domain.event(kind, name));
            for (member, value) in &object(raw.meta) {
                if metadata.len() < MEMBERS && !metadata.contains_key(member) {
                    metadata.insert(member.clone(), ValuesSeen::default());
                }
                if let Some(seen) = metadata.get_mut(member) {
                    seen.note(value);
                }
            }
            *at = raw.position;
            *done += 1;
            left -= 1;
            Ok(left > 0)
        })?;
        if left > 0 {
            *at = *end;
        }
        Ok(())
    }
}
