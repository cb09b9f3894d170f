//! The working states of many aggregates that are walked at once, in log order: those lately touched at hand, the
//! others written out, so that memory is bounded by what is needed again.

use std::collections::HashMap;
use std::mem;

use crate::error::Result;
use crate::event::Version;
use crate::jq::State;

/// So many states are at hand, and as many again that were so before.
const HOT: usize = 8_192;

/// Beyond so many states written out, those that no event follows are looked for and dropped.
const MANY: usize = 20_000;

/// An aggregate's state, and what the walk knows of it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The state after the version.
    pub state: State,
    /// The newest version passed.
    pub version: Version,
    /// What was said of the state.
    pub holds: bool,
    /// Whether a rule has failed on it: its states are then copied before each event.
    pub careful: bool,
}

impl Default for Entry {
    fn default() -> Self {
        Self { state: State::empty(), version: 0, holds: false, careful: false }
    }
}

/// An entry whose state is written out.
struct Cold {
    state: Box<str>,
    version: Version,
    holds: bool,
    careful: bool,
}

/// The states by aggregate row.
pub struct Working {
    hot: HashMap<i64, Entry>,
    warm: HashMap<i64, Entry>,
    cold: HashMap<i64, Cold>,
    most: usize,
    many: usize,
}

impl Default for Working {
    fn default() -> Self {
        Self::with_room(HOT, MANY)
    }
}

impl Working {
    /// None yet; so many at hand, and so many written out before some are dropped.
    pub fn with_room(most: usize, many: usize) -> Self {
        Self { hot: HashMap::new(), warm: HashMap::new(), cold: HashMap::new(), most, many }
    }

    /// An aggregate's entry, a new one where it has none. `ended` says whether no event follows a version.
    pub fn entry(
        &mut self,
        row: i64,
        ended: &mut dyn FnMut(i64, Version) -> Result<bool>,
    ) -> Result<&mut Entry> {
        if !self.hot.contains_key(&row) {
            let entry = self.take(row)?;
            if self.hot.len() >= self.most {
                self.cool(ended)?;
            }
            self.hot.insert(row, entry);
        }
        Ok(self.hot.entry(row).or_default())
    }

    /// Forgets an aggregate.
    pub fn drop(&mut self, row: i64) {
        self.hot.remove(&row);
    }

    fn take(&mut self, row: i64) -> Result<Entry> {
        if let Some(entry) = self.warm.remove(&row) {
            return Ok(entry);
        }
        match self.cold.remove(&row) {
            Some(Cold { state, version, holds, careful }) => {
                Ok(Entry { state: State::from_json(&state)?, version, holds, careful })
            }
            None => Ok(Entry::default()),
        }
    }

    fn cool(&mut self, ended: &mut dyn FnMut(i64, Version) -> Result<bool>) -> Result<()> {
        let warm = mem::replace(&mut self.warm, mem::take(&mut self.hot));
        let full = self.cold.len() + warm.len() > self.many;
        for (row, Entry { state, version, holds, careful }) in warm {
            if !(full && ended(row, version)?) {
                let state = state.to_json()?.into_boxed_str();
                self.cold.insert(row, Cold { state, version, holds, careful });
            }
        }
        if full {
            // What is left is needed; it is looked through again when it has doubled.
            self.many = self.many.max(self.cold.len() * 2);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cools_comes_back_as_it_was_and_what_ended_is_dropped() {
        let mut working = Working::with_room(2, 4);
        for version in 1..=3 {
            for row in 0..20 {
                let entry = working.entry(row, &mut |row, _| Ok(row % 2 == 1)).unwrap();
                if row % 2 == 0 {
                    assert_eq!(entry.version, version - 1, "{row}");
                    assert_eq!(entry.holds, version > 1);
                }
                entry.version = version;
                entry.holds = true;
                entry.state = State::from_json(&format!(r#"{{"row":{row}}}"#)).unwrap();
            }
        }
        assert!(working.hot.len() + working.warm.len() <= 4);
        let odd = working.cold.keys().filter(|row| *row % 2 == 1).count();
        assert!(odd < 10, "some that ended are gone: {odd}");
        assert_eq!(working.entry(4, &mut |_, _| Ok(false)).unwrap().state.to_json().unwrap(), r#"{"row":4}"#);
    }
}
