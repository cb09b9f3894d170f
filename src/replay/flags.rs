//! Flags: facts about an event that nobody wrote down. They are worked out from the events of its aggregate before it,
//! and are stored nowhere: the same events and rules have the same flags.
//!
//! *Near* flags need the event's neighbours and what its metadata names, no state: they stand wherever the event is
//! shown. *Folded* ones need the states around it, and stand where a fold runs anyway.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use memchr::memmem;
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use super::Stored;
use crate::error::Result;
use crate::event::{Position, Recorded, Time, seen_of};
use crate::store::{Branch, RawEvent, Store, links_of};

/// Beyond so many events of one aggregate repeated ones are looked for among the newest only.
const REMEMBERED: usize = 1_000_000;

/// A fact about an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// It occurred before its predecessor.
    Late,
    /// An earlier event of its aggregate has the same type and data.
    Repeated,
    /// Its source numbers its events, and events before it are missing.
    Gap,
    /// An earlier event of its aggregate has the same number in its source.
    Clash,
    /// It stands, or occurred, before the event that caused it.
    BeforeCause,
    /// What its requester had looked at had moved on when it was written.
    Stale,
    /// It changed nothing.
    Nothing,
    /// It set a field, to another value, that somebody else had set just before.
    Overwrote,
    /// A reactor's command that came behind other events, and would have been decided otherwise right behind the event that it
    /// answers.
    OldReaction,
    /// Its rule failed.
    RejectedByRule,
}

impl Flag {
    /// All of them, the near ones first.
    pub const ALL: [Self; 10] = [
        Self::Late,
        Self::Repeated,
        Self::Gap,
        Self::Clash,
        Self::BeforeCause,
        Self::Stale,
        Self::Nothing,
        Self::Overwrote,
        Self::OldReaction,
        Self::RejectedByRule,
    ];

    /// What it is called, in filters and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Repeated => "repeated",
            Self::Gap => "gap",
            Self::Clash => "clash",
            Self::BeforeCause => "before_cause",
            Self::Stale => "stale",
            Self::Nothing => "nothing",
            Self::Overwrote => "overwrote",
            Self::OldReaction => "old_reaction",
            Self::RejectedByRule => "rejected_by_rule",
        }
    }

    /// What it means, behind its name.
    pub fn says(self) -> &'static str {
        match self {
            Self::Late => "it occurred before its predecessor",
            Self::Repeated => "an earlier event has the same type and data",
            Self::Gap => "by the numbers of its source, events before it are missing",
            Self::Clash => "an earlier event has the same number in its source",
            Self::BeforeCause => "it stands, or occurred, before the event that caused it",
            Self::Stale => "what its requester had looked at had moved on when it was written",
            Self::Nothing => "it changed nothing",
            Self::Overwrote => "it set a field, to another value, that somebody else had set just before",
            Self::OldReaction => {
                "it would have been decided otherwise right behind the event that it answers"
            }
            Self::RejectedByRule => "its rule failed",
        }
    }

    /// Whether it takes no state to know it.
    pub fn is_near(self) -> bool {
        !matches!(self, Self::Nothing | Self::Overwrote | Self::OldReaction | Self::RejectedByRule)
    }

    fn bit(self) -> u16 {
        1 << self as u8
    }
}

/// What is special about an event. In JSON an object with `true` behind the name of each flag, as `$flags` in a filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flags(u16);

impl Flags {
    /// All that there are.
    pub fn all() -> Self {
        Flag::ALL.into_iter().collect()
    }

    /// The near ones.
    pub fn near() -> Self {
        Flag::ALL.into_iter().filter(|flag| flag.is_near()).collect()
    }

    /// Whether it is among them.
    pub fn has(self, flag: Flag) -> bool {
        self.0 & flag.bit() != 0
    }

    /// The same with one more, if it is so.
    #[must_use]
    pub fn with(self, flag: Flag, is: bool) -> Self {
        if is { Self(self.0 | flag.bit()) } else { self }
    }

    /// Those that are among both.
    #[must_use]
    pub fn only(self, wanted: Self) -> Self {
        Self(self.0 & wanted.0)
    }

    /// Those that are among one or both.
    #[must_use]
    pub fn and(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Flag> {
        Flag::ALL.into_iter().filter(move |flag| self.has(*flag))
    }

    /// Their names with commas between them.
    pub fn names(self) -> String {
        self.iter().map(Flag::name).collect::<Vec<_>>().join(", ")
    }
}

impl FromIterator<Flag> for Flags {
    fn from_iter<I: IntoIterator<Item = Flag>>(flags: I) -> Self {
        flags.into_iter().fold(Self::default(), |flags, flag| flags.with(flag, true))
    }
}

impl Serialize for Flags {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for flag in self.iter() {
            map.serialize_entry(flag.name(), &true)?;
        }
        map.end()
    }
}

/// What is known of an aggregate's events so far, for the near flags of the next one.
#[derive(Clone, Debug, Default)]
pub struct Near {
    last: Option<Time>,
    seen: HashSet<u64>,
    /// The numbers that the source gave: the first and the last of each stretch without a gap.
    numbers: BTreeMap<i64, i64>,
}

impl Near {
    /// The near flags of the aggregate's next event; its cause is looked up on the branch.
    pub fn next(&mut self, store: &Store, branch: &Branch, event: &Stored<'_>) -> Result<Flags> {
        let stale = is_stale(store, branch, event)?;
        let (name, event) = (event.event, event.raw);
        let mut flags = Flags::default()
            .with(Flag::Stale, stale)
            .with(Flag::Late, self.is_late(event.occurred_at))
            .with(Flag::Repeated, self.is_repeated(name, event.data));
        if let Some(number) = number_of(event.meta) {
            let newest = self.numbers.last_key_value().map(|(_, last)| *last);
            let gap = newest.is_some_and(|newest| number > newest.saturating_add(1));
            flags = flags.with(Flag::Gap, gap).with(Flag::Clash, !self.put(number));
        }
        if memmem::find(event.meta.as_bytes(), b"\"causation_id\"").is_some() {
            flags = flags.with(Flag::BeforeCause, is_before_cause(store, branch, event)?);
        }
        Ok(flags)
    }

    /// What happened nobody knows when is neither late nor early.
    fn is_late(&mut self, at: Time) -> bool {
        let known = (at != Time::UNKNOWN).then_some(at);
        let late = self.last.zip(known).is_some_and(|(last, at)| at < last);
        self.last = known.or(self.last);
        late
    }

    fn is_repeated(&mut self, kind: &str, data: &str) -> bool {
        let mut hasher = DefaultHasher::new();
        (kind, data).hash(&mut hasher);
        if self.seen.len() >= REMEMBERED {
            self.seen.clear();
        }
        !self.seen.insert(hasher.finish())
    }

    /// Takes a number in; false where it is known.
    fn put(&mut self, number: i64) -> bool {
        let before = self.numbers.range(..=number).next_back().map(|(first, last)| (*first, *last));
        if before.is_some_and(|(_, last)| number <= last) {
            return false;
        }
        let first = match before {
            Some((first, last)) if last.saturating_add(1) == number => first,
            _ => number,
        };
        // The stretch behind it may begin right there.
        let last = number.checked_add(1).and_then(|next| self.numbers.remove(&next)).unwrap_or(number);
        self.numbers.insert(first, last);
        true
    }

    /// About how many bytes it takes.
    pub fn bytes(&self) -> usize {
        // A hash in a table that is not full, and a stretch in a tree.
        self.seen.len() * 16 + self.numbers.len() * 32
    }
}

/// The number that its source gave an event.
fn number_of(meta: &str) -> Option<i64> {
    #[derive(Deserialize)]
    struct Numbered {
        source_version: Option<serde_json::Value>,
    }
    memmem::find(meta.as_bytes(), b"\"source_version\"")?;
    serde_json::from_str::<Numbered>(meta).ok()?.source_version?.as_i64()
}

/// Where the first of the events stands that an event names as its cause, and that the log has.
pub(super) fn cause_of(store: &Store, branch: &Branch, meta: &str) -> Result<Option<Position>> {
    for cause in links_of(meta).0 {
        if let Some(position) = store.named_event(branch, &cause)? {
            return Ok(Some(position));
        }
    }
    Ok(None)
}

fn is_before_cause(store: &Store, branch: &Branch, event: &RawEvent<'_>) -> Result<bool> {
    let Some(position) = cause_of(store, branch, event.meta)? else { return Ok(false) };
    let at = store.time_at(position)?.unwrap_or(Time::UNKNOWN);
    let known = at != Time::UNKNOWN && event.occurred_at != Time::UNKNOWN;
    Ok(position > event.position || known && event.occurred_at < at)
}

/// Whether one of the aggregates that the requester of an event had looked at had moved on by then. The events of one command
/// were decided at once, before the first of them.
fn is_stale(store: &Store, branch: &Branch, event: &Stored<'_>) -> Result<bool> {
    let seen = seen_of(event.raw.meta);
    if seen.is_empty() {
        return Ok(false);
    }
    let part = Recorded::of(event.raw.meta).and_then(|command| i64::try_from(command.part).ok());
    let part = part.unwrap_or(1).max(1);
    for (aggregate, version) in seen {
        let head = if aggregate == *event.aggregate {
            event.raw.version.saturating_sub(part)
        } else {
            let row = store.aggregate_row(&aggregate)?.unwrap_or_default();
            store.version_at(branch, row, event.raw.position.saturating_sub(part))?
        };
        if version < head {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether an event names another one, by its position, among its causes.
pub(super) fn is_caused_by(store: &Store, branch: &Branch, meta: &str, cause: Position) -> Result<bool> {
    if memmem::find(meta.as_bytes(), b"\"causation_id\"").is_none() {
        return Ok(false);
    }
    for name in links_of(meta).0 {
        if store.named_event(branch, &name)? == Some(cause) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_came_are_known_whatever_their_order() {
        let mut near = Near::default();
        for number in [0, 1, 5, 3, 2, 9, 4, i64::MAX, i64::MIN] {
            assert!(near.put(number), "{number}");
        }
        for number in [0, 1, 2, 3, 4, 5, 9, i64::MAX, i64::MIN] {
            assert!(!near.put(number), "{number}");
        }
        assert!(near.put(8) && near.put(6) && near.put(7));
        assert_eq!(
            near.numbers.into_iter().collect::<Vec<_>>(),
            [(i64::MIN, i64::MIN), (0, 9), (i64::MAX, i64::MAX)]
        );
    }

    #[test]
    fn every_flag_is_one_of_the_two_kinds_and_has_a_bit_of_its_own() {
        assert_eq!(Flags::all().iter().collect::<Vec<_>>(), Flag::ALL);
        assert_eq!(Flags::near().iter().count(), 6);
        let flags: Flags = [Flag::Gap, Flag::Late].into_iter().collect();
        assert_eq!(flags.names(), "late, gap");
        assert_eq!(serde_json::to_string(&flags).unwrap(), r#"{"late":true,"gap":true}"#);
    }
}
