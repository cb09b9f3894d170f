//! What a request wants of an event, told from the event as it is stored: everything but its filter, which takes a state.

use std::sync::Arc;

use super::super::chip::{Chip, Test};
use super::super::grep::Needle;
use super::{LogRequest, Session};
use crate::error::Result;
use crate::event::{AggregateId, Event, Time, actor_of};
use crate::replay::Shown;
use crate::session::bits::Bits;
use crate::session::{ListRequest, RowKey};

/// An event, under the names that the domain gives it today.
pub struct Seen<'a> {
    pub kind: &'a str,
    pub event: &'a str,
    pub occurred_at: Time,
    pub data: &'a str,
    pub meta: &'a str,
    /// The row of its aggregate, where a request asks for it.
    pub row: i64,
}

impl<'a> Seen<'a> {
    /// One of a walk.
    pub fn of(shown: &Shown<'a>) -> Self {
        let (raw, view) = (shown.event.raw, shown.view);
        Self {
            kind: view.kind,
            event: view.event,
            occurred_at: raw.occurred_at,
            data: raw.data,
            meta: raw.meta,
            row: raw.aggregate,
        }
    }

    /// One that was read whole; `today` is what the domain makes of it, where that is something else.
    pub fn read(stored: &'a Event, today: Option<&'a Event>, row: i64) -> Self {
        let today = today.unwrap_or(stored);
        Self {
            kind: &today.aggregate.kind,
            event: &today.kind,
            occurred_at: today.occurred_at,
            data: &stored.data,
            meta: &stored.meta,
            row,
        }
    }
}

/// A text, and where it is looked for.
struct Text {
    needle: Needle,
    /// Not in the type's name.
    content_only: bool,
    /// The aggregates that are called so.
    named: Option<Arc<Bits>>,
}

impl Text {
    fn is_in(&self, event: &Seen<'_>) -> bool {
        self.needle.is_in(event.data.as_bytes())
            || self.needle.is_in(event.meta.as_bytes())
            || !self.content_only && self.needle.is_in(event.event.as_bytes())
            || self.named.as_ref().is_some_and(|named| named.has(event.row))
    }
}

/// Aggregates that a log is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Among {
    /// Some that were chosen.
    Chosen(Vec<AggregateId>),
    /// Those of a list.
    Listed {
        /// Which list.
        list: Box<ListRequest>,
        /// All but those.
        not: bool,
    },
}

/// The rows of some aggregates, or of all but those.
pub struct Rows {
    rows: Arc<Bits>,
    not: bool,
}

impl Rows {
    /// Whether an aggregate's is one of them.
    pub fn take(&self, row: i64) -> bool {
        self.rows.has(row) != self.not
    }
}

/// What is tried on an event as it is stored.
enum Plain {
    Kind(String),
    Event(Vec<String>),
    Actor(Vec<String>),
    Since(Time),
    Until(Time),
    Text(Text),
    Among(Rows),
}

impl Plain {
    fn holds(&self, event: &Seen<'_>) -> bool {
        match self {
            Self::Kind(kind) => kind == event.kind,
            Self::Event(names) => names.iter().any(|name| name == event.event),
            Self::Actor(names) => actor_of(event.meta).is_some_and(|actor| names.contains(&actor)),
            Self::Since(at) => event.occurred_at >= *at,
            Self::Until(at) => event.occurred_at <= *at,
            Self::Text(text) => text.is_in(event),
            Self::Among(rows) => rows.take(event.row),
        }
    }
}

/// Everything but the filter that a request asks for; what costs least is tried first.
#[derive(Default)]
pub struct Wanted(Vec<(Plain, bool)>);

impl Wanted {
    /// Whether the request wants an event, whatever its filter says.
    pub fn takes(&self, event: &Seen<'_>) -> bool {
        self.0.iter().all(|(test, not)| test.holds(event) != *not)
    }

    /// Whether the rows of aggregates are asked for.
    pub fn needs_rows(&self) -> bool {
        let needs = |(test, _): &(Plain, bool)| match test {
            Plain::Among(_) => true,
            Plain::Text(text) => text.named.is_some(),
            _ => false,
        };
        self.0.iter().any(needs)
    }
}

impl Session {
    /// What a request wants, whose chips need no state any more.
    pub(super) fn tests(&mut self, request: &LogRequest) -> Result<Wanted> {
        let mut tests: Vec<(Plain, bool)> = Vec::new();
        let mut only = |test: Option<Plain>| tests.extend(test.map(|test| (test, false)));
        only(request.kind.clone().map(Plain::Kind));
        only(request.event.clone().map(|name| Plain::Event(vec![name])));
        only(request.since.map(Plain::Since));
        only(request.until.map(Plain::Until));
        only(self.among(request).map(Plain::Among));
        only(request.actor.clone().map(|name| Plain::Actor(vec![name])));
        if let Some(needle) = Needle::of(request) {
            let (content_only, named) = (request.content_only, self.named(request)?);
            only(Some(Plain::Text(Text { needle, content_only, named })));
        }
        for Chip { test, not, .. } in &request.chips {
            let test = match test {
                Test::Event(names) => Plain::Event(names.clone()),
                Test::Actor(names) => Plain::Actor(names.clone()),
                Test::Since(at) => Plain::Since(*at),
                Test::Until(at) => Plain::Until(*at),
                Test::Text(text) => {
                    let request = LogRequest { text: text.clone(), any_case: true, ..request.clone() };
                    let (needle, named) = (Needle::any_case(text), self.named(&request)?);
                    Plain::Text(Text { needle, content_only: false, named })
                }
                // What takes a state is in the filter, a status is refused, and the listed ones are resolved.
                Test::Jq(_)
                | Test::Status(_)
                | Test::Flag(_)
                | Test::Changed(_)
                | Test::Is(..)
                | Test::Listed => {
                    continue;
                }
            };
            tests.push((test, *not));
        }
        Ok(Wanted(tests))
    }

    /// The aggregates whose id or label has a request's text, where a log of several is looked through as a row shows it.
    pub(super) fn named(&mut self, request: &LogRequest) -> Result<Option<Arc<Bits>>> {
        if request.aggregate.is_some() || !request.any_case || request.text.is_empty() {
            return Ok(None);
        }
        let of = (self.branch.id, self.tail()?, request.text.clone());
        if let Some((_, rows)) = self.called.iter().find(|(known, _)| *known == of) {
            return Ok(Some(Arc::clone(rows)));
        }
        let (needle, mut rows) = (Needle::any_case(&request.text), Bits::default());
        self.store.each_called(&self.branch, &mut |row, id, label| {
            if needle.is_in(id.as_bytes()) || needle.is_in(label.as_bytes()) {
                rows.set(row, true);
            }
        })?;
        let rows = Arc::new(rows);
        self.called.insert(0, (of, Arc::clone(&rows)));
        self.called.truncate(CALLED);
        Ok(Some(rows))
    }

    /// The aggregates that a request is about, or that it is not about, once they are gathered.
    pub(super) fn among(&self, request: &LogRequest) -> Option<Rows> {
        let among = request.among.as_ref()?;
        self.gathered.as_ref().filter(|gathered| gathered.among == *among).map(|gathered| Rows {
            rows: Arc::clone(&gathered.rows),
            not: matches!(among, Among::Listed { not: true, .. }),
        })
    }

    /// Looks for the aggregates that a request is about, over at most so many; `false` where that takes more, and how
    /// many were looked at.
    pub(super) fn gather(&mut self, request: &LogRequest, budget: usize) -> Result<(bool, usize)> {
        let Some(among) = &request.among else { return Ok((true, 0)) };
        let of = (self.branch.id, self.tail()?, self.rules.id());
        let mut gathered = match self.gathered.take().filter(|there| there.among == *among && there.of == of)
        {
            Some(gathered) => gathered,
            None => Gathered { among: among.clone(), of, rows: Arc::default(), after: None, whole: false },
        };
        if gathered.whole {
            self.gathered = Some(gathered);
            return Ok((true, 0));
        }
        let after = gathered.after.take();
        let mut found = Vec::new();
        let mut looked = 0;
        match among {
            Among::Chosen(chosen) => {
                for aggregate in chosen {
                    found.extend(self.store.aggregate_row(aggregate)?);
                }
            }
            Among::Listed { list, .. } => {
                let limit = if budget == 0 { usize::MAX } else { budget };
                let page = self.list(&ListRequest { after, limit, budget, ..(**list).clone() })?;
                looked = page.scanned;
                found.extend(page.rows.iter().map(|row| row.number));
                gathered.after = page.next;
            }
        }
        let rows = Arc::make_mut(&mut gathered.rows);
        for row in found {
            rows.set(row, true);
        }
        let whole = gathered.after.is_none();
        gathered.whole = whole;
        self.gathered = Some(gathered);
        Ok((whole, looked))
    }
}

/// So many texts are remembered with who is called so.
const CALLED: usize = 4;

/// Aggregates that a log is about, as far as they were looked for.
#[derive(Debug)]
pub struct Gathered {
    among: Among,
    /// Of which branch, which tail and which rules.
    of: (i64, crate::session::Tail, i64),
    rows: Arc<Bits>,
    /// The row of a list to go on behind.
    after: Option<RowKey>,
    whole: bool,
}
