//! The places visited, walked like the pages of a browser.

use crate::event::{AggregateId, Version};

use super::cursor::Scope;
use super::trail::Trail;

/// A place: what the cursor ran over, and where it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// On which branch.
    pub branch: String,
    /// What it ran over, and where it stood in that.
    pub scope: Scope,
    /// The aggregate shown.
    pub aggregate: Option<AggregateId>,
    /// Its version.
    pub version: Version,
    /// The aggregates that were chosen.
    pub lanes: Vec<AggregateId>,
}

/// The walk: places behind, and places ahead after going back.
#[derive(Debug, Default)]
pub struct Places {
    behind: Vec<Place>,
    ahead: Vec<Place>,
    /// The keys that led to what is open above the panes.
    pub trail: Trail,
}

impl Places {
    /// Remembers the place that is left; what was ahead is forgotten.
    pub fn leave(&mut self, place: Place) {
        self.ahead.clear();
        if self.behind.last() != Some(&place) {
            self.behind.push(place);
        }
        // Nobody walks back further than this, and it must not grow all day.
        if self.behind.len() > 500 {
            self.behind.remove(0);
        }
    }

    /// The place before, leaving `here`. Who stands where it was left already goes on to the one before that.
    pub fn back(&mut self, here: Place) -> Option<Place> {
        let place = other(&mut self.behind, &here)?;
        self.ahead.push(here);
        Some(place)
    }

    /// The place after, leaving `here`.
    pub fn forward(&mut self, here: Place) -> Option<Place> {
        let place = other(&mut self.ahead, &here)?;
        self.behind.push(here);
        Some(place)
    }
}

/// The last place that is another one than `here`.
fn other(places: &mut Vec<Place>, here: &Place) -> Option<Place> {
    loop {
        let place = places.pop()?;
        if place != *here {
            return Some(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(version: Version) -> Place {
        Place { branch: "main".into(), scope: Scope::One, aggregate: None, version, lanes: Vec::new() }
    }

    #[test]
    fn walks_back_and_forward_until_a_new_way_is_taken() {
        let mut places = Places::default();
        places.leave(place(1));
        places.leave(place(2));
        assert_eq!(places.back(place(3)), Some(place(2)));
        assert_eq!(places.back(place(2)), Some(place(1)));
        assert_eq!(places.back(place(1)), None);
        assert_eq!(places.forward(place(1)), Some(place(2)));
        places.leave(place(2));
        assert_eq!(places.forward(place(9)), None);
    }
}
