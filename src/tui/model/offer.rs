//! What can be done with what somebody comes to in a log: the bottom line offers it once, instead of its usual words.
//! What was found says itself how it is walked.

use crate::tui::action::Command;

/// What is stood on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// A value of the state.
    Value,
    /// An event.
    Event,
}

impl Offer {
    /// What can be done with it, each in a word or two.
    pub fn words(self) -> &'static [(Command, &'static str)] {
        use Command as C;
        match self {
            Self::Value => &[
                (C::Pin, "keep it in sight"),
                (C::NextChange, "its next change"),
                (C::PreviousChange, "the one before"),
                (C::Columns, "take it as a column"),
                (C::Copy, "copy"),
            ],
            Self::Event => &[
                (C::NextByActor, "next by the same actor"),
                (C::NextOfType, "next of its type"),
                (C::Trace, "causes and effects"),
                (C::Fork, "branch off here"),
                (C::Copy, "copy"),
            ],
        }
    }
}

/// What was offered.
#[derive(Debug, Default)]
pub struct Offers {
    now: Option<Offer>,
    made: Vec<Offer>,
}

impl Offers {
    /// Offers it, unless that was done before.
    pub fn make(&mut self, offer: Offer) {
        if !self.made.contains(&offer) {
            self.made.push(offer);
            self.now = Some(offer);
        }
    }

    /// What is offered now.
    pub fn now(&self) -> Option<Offer> {
        self.now
    }

    /// Something was done while `what` was offered.
    pub fn end(&mut self, what: Option<Offer>) {
        self.now = self.now.filter(|now| Some(*now) != what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_made_once() {
        let mut offers = Offers::default();
        offers.make(Offer::Value);
        assert_eq!(offers.now(), Some(Offer::Value));
        offers.end(None);
        assert_eq!(offers.now(), Some(Offer::Value));
        offers.end(Some(Offer::Value));
        offers.make(Offer::Value);
        assert_eq!(offers.now(), None);
        offers.make(Offer::Event);
        assert_eq!(offers.now(), Some(Offer::Event));
    }
}
