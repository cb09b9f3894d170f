//! The state as it would have been: it goes along with a history from a race on, until both are the same again.

use super::{FIELDS, Race, Weight};
use crate::error::Result;
use crate::event::{Time, Version};
use crate::jq::State;
use crate::replay::fold::{Seen, Stored};
use crate::replay::{Reducer, changes};

/// So many go along with a history at a time.
const FOLLOWED: usize = 32;

/// One that goes along.
struct Open {
    race: Race,
    from: Time,
    state: State,
    /// The last event of the command that is as if it had never been: a command's events are one step.
    without: Version,
}

/// Those of a walk.
#[derive(Default)]
pub(super) struct Otherwise(Vec<Open>);

impl Otherwise {
    /// Begins to follow a race from right behind the event where it shows, and tells those that need no following.
    pub fn follow(
        &mut self,
        mut race: Race,
        otherwise: Option<(State, Version)>,
        state: &State,
        found: &mut Vec<Race>,
    ) {
        let (version, from) = race.shows_at().map_or((0, Time::UNKNOWN), |event| (event.version, event.at));
        match otherwise {
            Some((otherwise, without)) if without > version || otherwise != *state => {
                if self.0.len() >= FOLLOWED {
                    race.note += "; it was not followed to the end, where many others were";
                    race.weight = Weight::End;
                    return found.push(race);
                }
                self.0.push(Open { race, from, state: otherwise, without });
            }
            _ => found.push(race),
        }
    }

    /// Takes the next event, and tells the races of which the state is the same again.
    pub fn step(&mut self, rules: Reducer<'_>, event: &Stored<'_>, state: &State, found: &mut Vec<Race>) {
        let mut at = 0;
        while at < self.0.len() {
            let open = &mut self.0[at];
            if event.raw.version > open.without {
                let before = std::mem::take(&mut open.state);
                open.state = Seen::after(rules, before, event).state;
            }
            if event.raw.version >= open.without && open.state == *state {
                let mut done = self.0.swap_remove(at);
                let (from, to) = (done.from, event.raw.occurred_at);
                let known = from != Time::UNKNOWN && to != Time::UNKNOWN;
                done.race.weight = Weight::Meanwhile(known.then(|| to.0.saturating_sub(from.0).max(0)));
                found.push(done.race);
            } else {
                at += 1;
            }
        }
    }

    /// The history ends here.
    pub fn end(self, state: &State, found: &mut Vec<Race>) -> Result<()> {
        for mut open in self.0 {
            open.race.weight = Weight::End;
            open.race.differs = changes(state, &open.state)?;
            open.race.differs.truncate(FIELDS);
            found.push(open.race);
        }
        Ok(())
    }
}
