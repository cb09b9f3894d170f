//! What is read of events by those who go over them: the rest is not made.

use super::flags::{Flag, Flags};
use crate::domain::PREVIOUS;
use crate::event::distance::SECOND;
use crate::jq::{Need, Reads};

/// How long before an event somebody else may have set a field, for that to be overwritten; in microseconds.
pub const WITHIN: i64 = 60 * SECOND;

/// What is read of events: the rest is not made.
#[derive(Clone, Debug)]
pub struct Needs {
    pub(super) state: bool,
    pub(super) before: bool,
    pub(super) changed: bool,
    pub(super) flags: Flags,
    /// Those of them that a rule reads in `$flags`.
    pub(super) told: Flags,
    pub(super) previous: Vec<String>,
    pub(super) by: Need,
    pub(super) within: i64,
}

impl Needs {
    /// The flags of each event.
    pub fn of_flags(flags: Flags, within: i64) -> Self {
        let by = Need::Fields(Vec::new());
        let (told, previous) = (Flags::default(), Vec::new());
        Self { state: false, before: false, changed: false, flags, told, previous, by, within }
    }

    /// What some rules read.
    pub fn of<'r>(rules: impl IntoIterator<Item = &'r Reads>, within: i64) -> Self {
        let mut needs = Self::of_flags(Flags::default(), within);
        for reads in rules {
            needs.state |= reads.input();
            needs.before |= !reads.need("$before").is_nothing();
            needs.changed |= !reads.need("$changed").is_nothing();
            needs.told = needs.told.and(match reads.need("$flags") {
                Need::Whole => Flags::all(),
                Need::Fields(names) => Flag::ALL
                    .into_iter()
                    .filter(|flag| names.iter().any(|name| name == flag.name()))
                    .collect(),
            });
            needs.previous.extend(match reads.need("$previous") {
                Need::Whole => PREVIOUS.iter().map(|&name| name.to_owned()).collect(),
                Need::Fields(names) => names,
            });
            needs.by = std::mem::replace(&mut needs.by, Need::Whole).and(reads.need("$by"));
        }
        needs.flags = needs.told;
        needs
    }

    /// With these flags, whoever reads them.
    #[must_use]
    pub fn with_flags(self, flags: Flags) -> Self {
        Self { flags: self.flags.and(flags), ..self }
    }

    /// With the states, whoever reads them.
    #[must_use]
    pub fn of_states(self) -> Self {
        Self { state: true, ..self }
    }

    /// With the states before, too.
    #[must_use]
    pub fn of_befores(self) -> Self {
        Self { before: true, ..self }
    }

    /// Whether nothing is read that takes more than an event and the states around it.
    pub fn is_plain(&self) -> bool {
        !self.changed && self.flags.is_empty() && self.previous.is_empty() && self.by.is_nothing()
    }

    /// Whether it takes states.
    pub fn folds(&self) -> bool {
        self.state || self.keeps_before() || self.blames() || self.flags.has(Flag::RejectedByRule)
    }

    pub(super) fn keeps_before(&self) -> bool {
        self.before || self.changes() || self.flags.has(Flag::Nothing)
    }

    /// Whether the fields that an event changed are named.
    pub(super) fn changes(&self) -> bool {
        self.changed || self.previous.iter().any(|name| name == "changed")
    }

    pub(super) fn blames(&self) -> bool {
        !self.by.is_nothing() || self.flags.has(Flag::Overwrote)
    }
}
