//! Tells of keys that they are new, without a look into a table.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

/// The hashes of so many keys are at hand, some 75 MB; those that come behind them are looked up.
const AT_HAND: usize = 1 << 22;

/// Which keys this run has had.
#[derive(Default)]
pub(super) struct Fresh {
    hashes: HashSet<u64>,
    hasher: RandomState,
}

impl Fresh {
    /// Takes a key in. False where it was not there before; true where it may have been.
    pub fn had(&mut self, key: &str) -> bool {
        let hash = self.hasher.hash_one(key);
        self.hashes.len() >= AT_HAND || !self.hashes.insert(hash)
    }
}
