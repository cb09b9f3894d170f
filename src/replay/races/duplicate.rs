//! An event that came twice, and the second one changed the state.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use super::hunt::{Here, Suspect};
use super::recent::{changed, stake};
use super::{FIELDS, Kind, Racer};
use crate::error::Result;
use crate::event::Time;
use crate::replay::fold::Seen;
use crate::store::links_of;

/// So many events are remembered.
const REMEMBERED: usize = 50_000;

/// The events so far, by type and data.
#[derive(Default)]
pub(super) struct Doubles(HashMap<u64, (Rc<Racer>, Vec<String>)>);

impl Doubles {
    /// Takes the next event, and says whether it is one that was there already: an equal one with the same time or the same
    /// cause changes the state, or one shortly before, where applying it again does not come to the same.
    pub fn next(&mut self, here: &Here<'_, '_>) -> Result<Option<Suspect>> {
        let view = here.shown.view;
        let mut hasher = DefaultHasher::new();
        (view.event, view.data).hash(&mut hasher);
        if self.0.len() >= REMEMBERED {
            self.0.clear();
        }
        let causes = links_of(view.meta).0;
        let earlier = self.0.insert(hasher.finish(), (Rc::clone(&here.racer), causes));
        // A command may say the same twice.
        let Some((first, before)) = earlier.filter(|(first, _)| first.version <= here.head) else {
            return Ok(None);
        };
        let (state, after) = (here.shown.before, &here.shown.seen.state);
        if state == after {
            return Ok(None);
        }
        let at = here.racer.at;
        let same_time = at != Time::UNKNOWN && at == first.at;
        let causes = links_of(view.meta).0;
        let same_cause = !causes.is_empty() && causes == before;
        let why = if same_time {
            "the same event at the same time"
        } else if same_cause {
            "the same event with the same cause"
        } else if here.racer.is_soon_after(&first, here.within) {
            let again = Seen::after(here.rules, after.clone(), here.shown.event);
            if again.state == *after {
                return Ok(None);
            }
            "the same event shortly after, and applying it again is not the same"
        } else {
            return Ok(None);
        };
        let mine = changed(state, after, here.quiet)?;
        let stakes =
            mine.iter().take(FIELDS).map(|change| stake(change, &[state, after])).collect::<Result<_>>()?;
        let note = format!("{why} as v{}", first.version);
        Ok(Some(here.without(Kind::Duplicate, vec![(*first).clone()], stakes, note)))
    }
}
