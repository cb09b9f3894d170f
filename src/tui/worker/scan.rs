//! Long questions, answered a slice at a time: rows that match, events that match, the next event like one.

use std::mem::{Discriminant, discriminant};

use super::{Loop, Role};
use crate::error::Result;
use crate::event::{AggregateId, Event, Hash, Position, Version};
use crate::session::{BlameRequest, Notes, Values, ValuesRequest};
use crate::tui::effect::{Read, Reply};

/// How many fields are blamed.
const FIELDS: usize = 5_000;
/// How many aggregates or events a count looks at before it looks whether it is still wanted.
const SLICE: i64 = 20_000;
/// How many events behind one are looked through for its effects.
const EFFECTS: i64 = 500_000;
/// How many slices of a search are shown at once.
const TOGETHER: usize = 8;

impl Loop<'_> {
    /// Between two slices of a scan: answers questions of other kinds, and tells whether the scan goes on.
    pub fn goes_on(&mut self, kind: Discriminant<Read>) -> bool {
        if self.role == Role::Interactive {
            return true;
        }
        loop {
            let other = {
                let mut inbox = self.shared.inbox();
                let branch = self.session.branch_name();
                if inbox.stop || inbox.quit || inbox.reads.iter().any(|waits| waits.ends(branch, kind)) {
                    return false;
                }
                inbox.reads.pop_front()
            };
            let Some(waits) = other else { return true };
            if !self.answer(waits) {
                return false;
            }
        }
    }

    /// Counts the aggregates that there were right after a position.
    pub fn begun(&mut self, position: Position) -> Result<Option<Reply>> {
        let kind = discriminant(&Read::Begun(position));
        let mut types: Vec<(String, i64)> = Vec::new();
        let mut after = 0;
        loop {
            let slice = self.session.begun(position, after, SLICE)?;
            for (name, count) in slice.types {
                match types.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, sum)) => *sum += count,
                    None => types.push((name, count)),
                }
            }
            match slice.next {
                None => return Ok(Some(Reply::Begun(position, types))),
                Some(next) => after = next,
            }
            if !self.goes_on(kind) {
                return Ok(None);
            }
        }
    }

    /// Counts the events that name one as their cause, as far as a count goes.
    pub fn effects(&mut self, cause: Hash, position: Position) -> Result<Option<Reply>> {
        let effects = self.session.count_effects(cause, EFFECTS)?;
        Ok(Some(Reply::Effects(position, effects, effects == EFFECTS)))
    }

    /// What is special about events of the whole log; what is found is told as it is found.
    pub fn notes(&mut self, from: Position, to: Position) -> Result<Option<Reply>> {
        let kind = discriminant(&Read::Notes(from, to));
        let (mut notes, mut all) = (Notes::between(from, to), Vec::new());
        loop {
            let more = self.session.notes(&mut notes)?;
            let told = more.is_empty() && !notes.is_done();
            all.extend(more);
            all.sort_unstable_by_key(|(position, _)| *position);
            let reply = Reply::Notes((from, to), all.clone());
            if notes.is_done() {
                return Ok(Some(reply));
            }
            if (!told && !self.say(reply)) || !self.goes_on(kind) {
                return Ok(None);
            }
        }
    }

    /// What reactors made of an event; a long fold goes on in slices.
    pub fn reactions(&mut self, event: Box<Event>) -> Result<Option<Reply>> {
        let asked = Read::Reactions(event);
        let (kind, Read::Reactions(event)) = (discriminant(&asked), asked) else { return Ok(None) };
        loop {
            if let Some(answers) = self.session.reactions(&event)? {
                return Ok(Some(Reply::Reactions(event.position, answers)));
            }
            if !self.goes_on(kind) {
                return Ok(None);
            }
        }
    }

    /// What a field was, place by place.
    pub fn values(&mut self, request: ValuesRequest) -> Result<Option<Reply>> {
        let kind = discriminant(&Read::Values(request.clone()));
        let mut values = Values::default();
        for slice in 1_usize.. {
            if !self.session.values(&request, &mut values)? {
                break;
            }
            let shown = slice % TOGETHER > 0 || self.say(Reply::Values(request.clone(), values.clone()));
            if !shown || !self.goes_on(kind) {
                return Ok(None);
            }
        }
        Ok(Some(Reply::Values(request, values)))
    }

    /// Who last set each field at a version.
    pub fn blame(&mut self, aggregate: AggregateId, version: Version) -> Result<Option<Reply>> {
        let kind = discriminant(&Read::Blame(aggregate.clone(), version));
        let request = BlameRequest { aggregate, version, skip: 0, limit: FIELDS, budget: SLICE };
        loop {
            let page = self.session.blame(&request)?;
            if page.folding.is_none() {
                let fields =
                    page.fields.into_iter().map(|field| (field.path, field.writer.version)).collect();
                return Ok(Some(Reply::Blame(request.aggregate, version, fields)));
            }
            if !self.goes_on(kind) {
                return Ok(None);
            }
        }
    }
}
