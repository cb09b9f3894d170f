//! One step of an order, ready to be taken in any of them.

use super::{Answer, Base, Bases, Cause, Ended, Fate, How, Went};
use crate::domain::{Domain, Emitted};
use crate::error::Error;
use crate::event::{AggregateId, Event, Time, Unit, Version};
use crate::jq::{EventView, Need};
use crate::replay::Reducer;
use crate::replay::decide::{Decided, Request, is_same};

/// A step: the events of one command, or one event without a command.
pub struct Deed<'a> {
    rules: Reducer<'a>,
    unit: &'a Unit,
    request: Option<Request<'a>>,
    /// The events as they are read today.
    read: Vec<Event>,
    causes: Vec<Cause>,
}

/// The steps of an order, as the log has them.
pub struct Deeds<'a>(Vec<Deed<'a>>);

impl<'a> Deeds<'a> {
    /// Units with their causes, which may be fewer.
    pub fn new(rules: Reducer<'a>, units: &'a [Unit], causes: Vec<Vec<Cause>>) -> Self {
        let causes = causes.into_iter().chain(std::iter::repeat_with(Vec::new));
        Self(units.iter().zip(causes).map(|(unit, causes)| Deed::new(rules, unit, causes)).collect())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Deed<'a>> {
        self.0.iter()
    }

    /// One of them.
    pub fn get(&self, index: usize) -> Option<&Deed<'a>> {
        self.0.get(index)
    }

    /// Which of the rules that its events go through read an event's place in the log, which another order leaves behind.
    pub fn reads_of_place(&self) -> Vec<String> {
        let mut reads: Vec<_> = self
            .0
            .iter()
            .flat_map(|deed| deed.unit.events.iter().map(|event| (deed.rules.domain, event)))
            .filter_map(|(domain, event)| reads_of_place(domain, &event.aggregate.kind, &event.kind))
            .collect();
        reads.sort_unstable();
        reads.dedup();
        reads
    }

    /// Whether one of the rules may tell the order of a state's keys.
    pub fn minds_key_order(&self) -> bool {
        self.0.iter().any(|deed| deed.rules.domain.minds_key_order(&deed.aggregate().kind))
    }

    /// How many requests can be decided again.
    pub fn requests(&self) -> usize {
        self.0.iter().filter(|deed| deed.is_request()).count()
    }

    /// Takes all of them in an order, each onto its aggregate.
    pub fn take_all(&self, order: &[usize], answer: Answer, bases: &mut Bases) -> Vec<Went> {
        let mut course = Course::new(self, answer, std::mem::take(bases));
        let all = order.iter().filter_map(|index| course.take(*index)).collect();
        *bases = course.bases;
        all
    }
}

/// An order that is gone through step by step.
pub struct Course<'d, 'a> {
    deeds: &'d Deeds<'a>,
    answer: Answer,
    hows: Vec<Option<How>>,
    /// Where the aggregates stand.
    pub bases: Bases,
}

impl<'d, 'a> Course<'d, 'a> {
    /// Nothing taken yet.
    pub fn new(deeds: &'d Deeds<'a>, answer: Answer, bases: Bases) -> Self {
        Self { deeds, answer, hows: vec![None; deeds.len()], bases }
    }

    /// Takes a step, if there is one of this index.
    pub fn take(&mut self, index: usize) -> Option<Went> {
        let deed = self.deeds.get(index)?;
        let missing = deed.causes.iter().find_map(|cause| {
            let of = self.deeds.get(cause.deed)?;
            match self.hows.get(cause.deed)? {
                Some(how) if of.brings(how, cause.part) => None,
                how => Some(lacks(of.aggregate(), of.unit.events.get(cause.part)?.version, how.is_some())),
            }
        });
        let base = self.bases.entry(deed.unit.aggregate().clone()).or_default();
        let went = deed.take(self.answer, base, missing);
        self.hows[index] = Some(went.how.clone());
        Some(went)
    }
}

impl<'a> Deed<'a> {
    /// A unit by these rules.
    pub fn new(rules: Reducer<'a>, unit: &'a Unit, causes: Vec<Cause>) -> Self {
        let first = &unit.events[0];
        let request =
            Request::of(rules.domain, &first.aggregate.kind, &first.meta).filter(|_| unit.is_whole());
        let read = |event: &Event| rules.domain.as_read(event.clone());
        let read = if request.is_some() { unit.events.iter().map(read).collect() } else { Vec::new() };
        Self { rules, unit, request, read, causes }
    }

    /// What it is made of.
    pub fn unit(&self) -> &'a Unit {
        self.unit
    }

    /// Whether it is a request that can be decided again.
    pub fn is_request(&self) -> bool {
        self.request.is_some()
    }

    /// What it was caused by, as far as that is among the steps.
    pub fn causes(&self) -> &[Cause] {
        &self.causes
    }

    /// Takes it onto its aggregate. A request with a missing cause is not made.
    pub fn take(&self, answer: Answer, base: &mut Base, missing: Option<String>) -> Went {
        match &self.request {
            Some(request) if answer == Answer::Requests => match missing {
                Some(why) => Went { how: How::Withdrawn(why), events: Vec::new() },
                None => self.decide(request, base),
            },
            _ => Went { events: self.fold_all(base), how: How::Folded },
        }
    }

    /// Folds its events.
    pub fn fold_all(&self, base: &mut Base) -> Vec<Ended> {
        let fold = |event: &Event| {
            let view = EventView { version: base.version + 1, ..self.rules.domain.view(event) };
            self.apply(&view, base).0
        };
        self.unit.events.iter().map(fold).collect()
    }

    /// Applies an event; the state stays where that fails.
    fn apply(&self, view: &EventView<'_>, base: &mut Base) -> (Ended, Option<Error>) {
        let before = base.state.clone();
        let (state, error) = self.rules.apply_or_keep(before.clone(), view);
        let known = view.occurred_at != Time::UNKNOWN;
        let ended = Ended {
            version: view.version,
            nothing: error.is_none() && state == before,
            late: known && base.last_at.is_some_and(|last| view.occurred_at < last),
            error: error.as_ref().map(|error| error.message().to_owned()),
        };
        *base = Base { state, version: view.version, last_at: Some(view.occurred_at) };
        (ended, error)
    }

    fn decide(&self, request: &Request<'_>, base: &mut Base) -> Went {
        let first = &self.unit.events[0];
        let asked = (&first.aggregate, first.branch.as_str());
        let emitted = match request.on(asked, first.occurred_at, (&base.state, base.version)) {
            Decided::Refused(why) => return Went { how: How::Refused(why), events: Vec::new() },
            Decided::Events(emitted) if emitted.is_empty() => {
                return Went { how: How::Nothing, events: Vec::new() };
            }
            Decided::Events(emitted) => emitted,
        };
        let (mut now, mut events) = (base.clone(), Vec::with_capacity(emitted.len()));
        for (part, one) in emitted.iter().enumerate() {
            // An event that is recorded is that event.
            let own = self.unit.events.get(part).filter(|_| self.is_own(part, one));
            let event = own.cloned().unwrap_or_else(|| self.made(request, (part, emitted.len()), one));
            let view = EventView { version: now.version + 1, ..self.rules.domain.view(&event) };
            let (ended, error) = self.apply(&view, &mut now);
            // As when it is fired: all of its events come to be, or none.
            if let Some(error) = error {
                return Went { how: How::Refused(error.message().to_owned()), events: Vec::new() };
            }
            events.push(ended);
        }
        *base = now;
        let same = emitted.len() == self.read.len()
            && emitted.iter().enumerate().all(|(part, one)| self.is_own(part, one));
        let kinds = || emitted.iter().map(|one| one.kind.clone()).collect();
        Went { how: if same { How::Applied } else { How::Otherwise(kinds()) }, events }
    }

    fn is_own(&self, part: usize, emitted: &Emitted) -> bool {
        self.read.get(part).is_some_and(|own| is_same(emitted, &own.kind, &own.data))
    }

    /// An event that is not recorded, as the request would have made it: it stands where the recorded ones stand.
    fn made(&self, request: &Request<'_>, (part, of): (usize, usize), emitted: &Emitted) -> Event {
        let last = self.unit.events.len() - 1;
        let stand = &self.unit.events[part.min(last)];
        let (kind, data) = (emitted.kind.clone(), emitted.data.clone());
        Event { kind, data, meta: request.meta_of((part + 1, of), emitted), ..stand.clone() }
    }

    /// Whether the event at a place of it came to be: an event of its type, and as many of that type before it.
    pub fn brings(&self, how: &How, part: usize) -> bool {
        match how {
            How::Folded | How::Applied => true,
            How::Otherwise(kinds) => self.read.get(part).is_some_and(|own| {
                let before = self.read[..part].iter().filter(|other| other.kind == own.kind).count();
                kinds.iter().filter(|kind| **kind == own.kind).count() > before
            }),
            How::Nothing | How::Refused(_) | How::Withdrawn(_) => false,
        }
    }

    /// What is told of it, where it ends so.
    pub fn fate(&self, how: How) -> Fate {
        let events = &self.unit.events;
        Fate {
            aggregate: self.aggregate().clone(),
            versions: (events[0].version, events[events.len() - 1].version),
            command: self
                .request
                .as_ref()
                .and(self.unit.command.as_ref())
                .map(|command| command.name.clone()),
            kinds: events.iter().map(|event| self.name_today(event).to_owned()).collect(),
            how,
        }
    }

    fn name_today<'e>(&'e self, event: &'e Event) -> &'e str {
        self.rules.domain.current_name(&event.aggregate.kind, &event.kind)
    }

    /// Of which aggregate it is.
    pub fn aggregate(&self) -> &'a AggregateId {
        self.unit.aggregate()
    }
}

/// Why a request is not made, where an event that caused it has not come to be; `went` says whether its step stands before.
pub fn lacks(aggregate: &AggregateId, version: Version, went: bool) -> String {
    let why = if went { "does not come to be" } else { "stands behind it" };
    format!("its cause {aggregate}@{version} {why}")
}

/// What an event has by its place in the log.
const PLACE: [&str; 3] = ["version", "position", "recorded_at"];

/// What the rule of an event type reads of an event's place in the log, which another order leaves behind.
pub fn reads_of_place(domain: &Domain, kind: &str, event: &str) -> Option<String> {
    let fields: Vec<_> = match domain.event(kind, event)?.apply().ok()??.reads().need("$event") {
        Need::Whole => vec!["$event"],
        Need::Fields(fields) => {
            PLACE.into_iter().filter(|place| fields.iter().any(|field| field == place)).collect()
        }
    };
    let name = domain.current_name(kind, event);
    (!fields.is_empty()).then(|| format!("{kind} {name} reads {}", fields.join(", ")))
}
