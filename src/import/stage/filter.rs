//! Tells of most keys that they are new, without a look into the store: a filter as Bloom's, of one size whatever comes.

use std::hash::{BuildHasher as _, RandomState};

/// The lines of the filter, each of 512 bits: 8 MB. Of 10,000,000 keys one in 25 is looked up for nothing.
const LINES: usize = 1 << 17;

/// The bits that a key sets in its line.
const BITS: u32 = 4;

/// Which keys may have been there.
pub(super) struct Filter {
    lines: Vec<[u64; 8]>,
    hasher: RandomState,
}

impl Filter {
    pub fn new() -> Self {
        Self { lines: vec![[0; 8]; LINES], hasher: RandomState::new() }
    }

    /// Takes a key in. False where it was not there before; true where it was, and now and then where it was not.
    pub fn had(&mut self, key: &str) -> bool {
        let hash = self.hasher.hash_one(key);
        let line = &mut self.lines[(hash >> 47) as usize % LINES];
        let mut had = true;
        for bit in (0..BITS).map(|n| (hash >> (9 * n)) as usize % 512) {
            let mask = 1 << (bit % 64);
            had &= line[bit / 64] & mask != 0;
            line[bit / 64] |= mask;
        }
        had
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_was_there_is_never_called_new_and_a_new_one_seldom_old() {
        let mut filter = Filter::new();
        let keys = 0..200_000;
        let wrong = keys.clone().filter(|n| filter.had(&format!("key {n}"))).count();
        assert!(wrong < 2_000, "{wrong}");
        assert!(keys.into_iter().all(|n| filter.had(&format!("key {n}"))));
    }
}
