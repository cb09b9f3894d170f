//! Where two domains read an event by the same rule.

use super::{Domain, EventType};

impl Domain {
    /// Whether the other domain makes the same of every event of a type, as far as the text of its rule tells.
    pub fn applies_alike(&self, other: &Self, kind: &str, event: &str) -> bool {
        match (self.event(kind, event), other.event(kind, event)) {
            (None, None) => true,
            (Some(own), Some(others)) => {
                own.is_like(others) && self.current_name(kind, event) == other.current_name(kind, event)
            }
            // Merging is what happens without a rule, too.
            (Some(only), None) | (None, Some(only)) => only.only_merges(),
        }
    }
}

impl EventType {
    fn is_like(&self, other: &Self) -> bool {
        let upcast = |event: &Self| event.upcast.as_ref().map(|rule| rule.text.value.clone());
        let reads = upcast(self) == upcast(other)
            && (self.upcast.is_none() || (&self.was, &self.schema) == (&other.was, &other.schema));
        reads && self.apply_text() == other.apply_text() && self.fills_like(other)
    }

    /// Defaults are filled in for a rule alone: what is merged is the data as it stands.
    fn fills_like(&self, other: &Self) -> bool {
        self.apply.is_none() || self.defaults == other.defaults
    }

    fn only_merges(&self) -> bool {
        self.apply.is_none() && !self.evolves()
    }
}
