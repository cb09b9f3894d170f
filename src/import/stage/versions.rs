//! The numbers that a source gives to its events: what is missing, came late, or stands twice.

use std::collections::BTreeSet;

use super::super::mapping::{Late, Mapping};
use super::super::{Becomes, Notice};
use super::waits::Held;
use super::{STEP, Stager};
use crate::error::{Error, Result};
use crate::event::AggregateId;
use crate::store::staging::Numbered;

impl Stager<'_> {
    /// Looks through the new records, aggregate by aggregate in the order of their numbers.
    pub(super) fn versions(&mut self, mapping: &Mapping) -> Result<()> {
        let mut aggregate: Option<AggregateId> = None;
        let (mut known, mut stored, mut held) = (BTreeSet::new(), None, Held::default());
        let mut done = 0;
        loop {
            let numbered = self.staging.numbered(done, STEP as usize)?;
            let Some((last, _)) = numbered.last() else { return Ok(()) };
            done = *last;
            for (_, one) in numbered {
                if aggregate.as_ref() != Some(&one.aggregate) {
                    known = self.known.source_versions(&one.aggregate)?;
                    stored = known.last().copied();
                    held = self.held(&one.aggregate);
                    aggregate = Some(one.aggregate.clone());
                }
                self.version(mapping, &one, (&mut known, stored), &mut held)?;
            }
        }
    }

    fn version(
        &mut self,
        mapping: &Mapping,
        one: &Numbered,
        (known, stored): (&mut BTreeSet<i64>, Option<i64>),
        held: &mut Held,
    ) -> Result<()> {
        let version = one.version;
        // What the store has stays where it is; what comes behind it is in the order of its numbers.
        if let Some(newest) = stored.filter(|newest| version < *newest && !known.contains(&version)) {
            if mapping.late == Late::Refuse {
                let why = format!("its `version` is {version}, and {newest} has been appended");
                return self.refused((one.sequence, one.origin), &Error::refused(why));
            }
            self.note(&[Notice::Late], one.origin);
        } else if known.contains(&version) {
            self.note(&[Notice::Clash], one.origin);
        } else if known.last().map_or(version > 1, |last| version > last + 1) {
            if self.keeps_back(mapping, one, held)? {
                return Ok(());
            }
            self.note(&[Notice::Gap], one.origin);
        }
        known.insert(version);
        Ok(())
    }

    /// Makes a bad record of one that had been taken.
    pub(super) fn refused(&mut self, (sequence, origin): (i64, (i64, i64)), error: &Error) -> Result<()> {
        self.staging.remove(sequence)?;
        let reason = self.bad(origin.0, origin.1 as u64, error);
        if let Some(tried) = self.tried.iter_mut().find(|tried| tried.sequence == sequence) {
            tried.becomes = Some(Becomes::Bad(reason));
        }
        Ok(())
    }
}
