//! Remembered states, so that a seek folds a few events and not all.

use crate::event::Version;

/// How many events lie between two keyframes, until the budget makes it more.
const SPACING: Version = 300;

/// States as compact JSON, within a budget of bytes.
#[derive(Clone, Debug)]
pub struct Keyframes {
    spacing: Version,
    budget: usize,
    bytes: usize,
    frames: Vec<(Version, Box<str>)>,
}

impl Default for Keyframes {
    fn default() -> Self {
        Self::with_budget(8 << 20)
    }
}

impl Keyframes {
    /// None yet, at most so many bytes of them.
    pub(crate) fn with_budget(budget: usize) -> Self {
        Self::every(SPACING, budget)
    }

    /// The same, so many events apart at first.
    pub(crate) fn every(spacing: Version, budget: usize) -> Self {
        Self { spacing, budget, bytes: 0, frames: Vec::new() }
    }

    /// Whether the state after this version is one to remember.
    pub(crate) fn wants(&self, version: Version) -> bool {
        version % self.spacing == 0 && self.frames.last().is_none_or(|(last, _)| *last < version)
    }

    /// Remembers a state. Over the budget every second one is forgotten, and they lie twice as far apart.
    pub fn put(&mut self, version: Version, state: String) {
        self.bytes += state.len();
        self.frames.push((version, state.into_boxed_str()));
        while self.bytes > self.budget && self.frames.len() > 1 {
            self.spacing *= 2;
            let spacing = self.spacing;
            self.frames.retain(|(version, _)| version % spacing == 0);
            self.bytes = self.frames.iter().map(|(_, state)| state.len()).sum();
        }
    }

    /// The newest remembered state at or before a version.
    pub fn before(&self, version: Version) -> Option<(Version, &str)> {
        let after = self.frames.partition_point(|(at, _)| *at <= version);
        self.frames[..after].last().map(|(version, state)| (*version, &**state))
    }

    /// How many bytes the states take.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_thins_them_out_evenly() {
        let mut keyframes = Keyframes::with_budget(1000);
        for version in (1..=30_000).filter(|v| v % 300 == 0) {
            if keyframes.wants(version) {
                keyframes.put(version, "x".repeat(100));
            }
        }
        assert!(keyframes.bytes() <= 1000);
        let (at, _) = keyframes.before(29_999).unwrap();
        assert!(29_999 - at < keyframes.spacing && at % keyframes.spacing == 0, "{at}");
        assert_eq!(keyframes.before(10), None);
    }
}
