//! Pages of the log that a filter narrows.

use super::super::Session;
use super::super::as_of::AsOf;
use super::super::grep::Sieve;
use super::{LogPage, LogRequest, Sifted, positions};
use crate::domain::Domain;
use crate::error::Result;
use crate::event::{AggregateId, Position, Version};

/// So many events of one aggregate are tried before what was taken is shown.
const SLICE: Version = 1_024;

/// So many places of a whole log are looked at at first; then more, since the first rows are there.
const FIRST: usize = 256;
const MORE: usize = 4_096;

/// How many more places than tried events are looked at before an answer: they cost little.
const CHEAP: usize = 16;

/// A page that is being filled.
struct Filling<'a> {
    request: &'a LogRequest,
    sifted: Sifted,
    page: LogPage,
    as_of: Option<AsOf>,
    budget: usize,
}

impl Filling<'_> {
    fn is_full(&self) -> bool {
        self.page.rows.len() >= self.request.limit
    }

    fn left(&self) -> usize {
        self.budget.saturating_sub(self.page.scanned)
    }
}

impl Session {
    /// A page of what a filter takes.
    pub(super) fn filtered_log(
        &mut self,
        domain: &Domain,
        request: &LogRequest,
        filter: &str,
    ) -> Result<LogPage> {
        let mut filling = Filling {
            request,
            sifted: self.take_sifted(request, filter)?,
            page: LogPage::default(),
            as_of: request.as_of.map(AsOf::new),
            budget: if request.budget == 0 { usize::MAX } else { request.budget },
        };
        match &request.aggregate {
            Some(aggregate) if request.oldest_first => self.fill_forwards(domain, &mut filling, aggregate)?,
            Some(aggregate) => self.fill_backwards(domain, &mut filling, aggregate)?,
            None => self.fill_all(domain, &mut filling)?,
        }
        self.keep_sifted(filling.sifted);
        Ok(filling.page)
    }

    /// Of one aggregate, the oldest first: what is taken is shown as it is tried.
    fn fill_forwards(
        &mut self,
        domain: &Domain,
        filling: &mut Filling<'_>,
        aggregate: &AggregateId,
    ) -> Result<()> {
        let (row, to) = self.last_version(filling.request, aggregate)?;
        let mut place = filling.request.after.unwrap_or(0);
        loop {
            let tried = filling.sifted.tried(row).min(to);
            while let Some(version) = filling.sifted.place((place + 1, tried), true) {
                place = version;
                self.take_row(filling, Place::Version(row, version))?;
                if filling.is_full() {
                    filling.page.next = Some(place);
                    return Ok(());
                }
            }
            place = place.max(tried);
            filling.page.next = (tried < to).then_some(place);
            let left = filling.left();
            if tried >= to || left == 0 {
                return Ok(());
            }
            let upto = to.min(tried + SLICE);
            let of = (aggregate.clone(), row);
            filling.page.scanned += filling.sifted.try_to(&self.store, domain, of, upto, left)?;
        }
    }

    /// Of one aggregate, the newest first: that is known once all before it is folded.
    fn fill_backwards(
        &mut self,
        domain: &Domain,
        filling: &mut Filling<'_>,
        aggregate: &AggregateId,
    ) -> Result<()> {
        let (row, to) = self.last_version(filling.request, aggregate)?;
        let place = filling.request.after.map_or(to + 1, |after| after.min(to + 1));
        if filling.sifted.tried(row) < place - 1 {
            let (of, left) = ((aggregate.clone(), row), filling.left());
            filling.page.scanned += filling.sifted.try_to(&self.store, domain, of, place - 1, left)?;
        }
        if filling.sifted.tried(row) < place - 1 {
            filling.page.next = Some(place);
            return Ok(());
        }
        let mut before = place - 1;
        while let Some(version) = filling.sifted.place((1, before), false) {
            self.take_row(filling, Place::Version(row, version))?;
            if filling.is_full() {
                filling.page.next = (version > 1).then_some(version);
                return Ok(());
            }
            before = version - 1;
        }
        Ok(())
    }

    /// Of a whole branch: stretch by stretch each aggregate that has an event there is folded.
    fn fill_all(&mut self, domain: &Domain, filling: &mut Filling<'_>) -> Result<()> {
        let request = filling.request;
        let sieve = self.sieve(domain, request)?;
        let (mut place, mut width, mut looked) = (request.after, FIRST, 0);
        loop {
            let range = positions(request, place);
            let (places, next) = self.places(request, sieve.as_ref(), range, width)?;
            looked += places.len();
            let here = if request.oldest_first { range.0 - 1 } else { range.1.saturating_add(1) };
            for (row, version) in places {
                if !self.try_one(domain, filling, (row, version))? {
                    filling.page.next = Some(here);
                    return Ok(());
                }
            }
            let (mut from, mut to) = match (next, request.oldest_first) {
                (Some(next), true) => (range.0, next),
                (Some(next), false) => (next, range.1),
                (None, _) => range,
            };
            while let Some(position) = filling.sifted.place((from, to), request.oldest_first) {
                self.take_row(filling, Place::Position(position))?;
                if filling.is_full() {
                    filling.page.next = Some(position);
                    return Ok(());
                }
                if request.oldest_first { from = position + 1 } else { to = position - 1 }
            }
            filling.page.next = next;
            if next.is_none() || filling.left() == 0 || looked / CHEAP >= filling.budget {
                return Ok(());
            }
            (place, width) = (next, (width * 4).min(MORE));
        }
    }

    /// The next places that may be wanted: aggregates and versions; and where to go on.
    fn places(
        &self,
        request: &LogRequest,
        sieve: Option<&Sieve>,
        range: (Position, Position),
        width: usize,
    ) -> Result<Places> {
        let mut places = Vec::new();
        if let Some(sieve) = sieve {
            let sifted = self.sift(request, sieve, range, usize::MAX)?;
            for position in sifted.places {
                self.store.places_between(
                    &self.branch,
                    (position, position),
                    false,
                    &mut |(_, row, version)| {
                        places.push((row, version));
                        Ok(false)
                    },
                )?;
            }
            return Ok((places, sifted.place));
        }
        let mut last = None;
        self.store.places_between(&self.branch, range, !request.oldest_first, &mut |(
            position,
            row,
            version,
        )| {
            places.push((row, version));
            last = Some(position);
            Ok(places.len() < width)
        })?;
        let full = places.len() >= width;
        Ok((places, last.filter(|_| full)))
    }

    /// Tries an aggregate's events up to a version at least; false where that takes more than may be looked at.
    fn try_one(
        &self,
        domain: &Domain,
        filling: &mut Filling<'_>,
        (row, version): (i64, Version),
    ) -> Result<bool> {
        if filling.sifted.tried(row) >= version {
            return Ok(true);
        }
        let aggregate = self.store.aggregate_of(row)?;
        if filling.request.kind.as_ref().is_some_and(|kind| *kind != aggregate.kind) {
            return Ok(true);
        }
        let left = filling.left();
        let upto = version.max(filling.sifted.tried(row).saturating_add(filling.sifted.ahead()));
        filling.page.scanned += filling.sifted.try_to(&self.store, domain, (aggregate, row), upto, left)?;
        Ok(filling.sifted.tried(row) >= version)
    }

    /// Takes in the row of a place.
    fn take_row(&mut self, filling: &mut Filling<'_>, place: Place) -> Result<()> {
        let (event, flags) = match place {
            Place::Version(row, version) => {
                (self.store.event_of(&self.branch, row, version)?, filling.sifted.flags(version))
            }
            Place::Position(position) => (self.store.event_at(position)?, filling.sifted.flags(position)),
        };
        let Some(event) = event else { return Ok(()) };
        if self.had_happened(filling.as_of.as_mut(), &event)? {
            if filling.request.count {
                filling.page.found += 1;
            } else {
                let row = self.log_row(event, filling.request, Some(flags))?;
                filling.page.rows.push(row);
            }
        }
        Ok(())
    }
}

/// Aggregates' rows and versions, and the position to go on from.
type Places = (Vec<(i64, Version)>, Option<Position>);

/// Where an event stands.
#[derive(Clone, Copy)]
enum Place {
    Version(i64, Version),
    Position(Position),
}
