//! Sets of places and of rows, which are numbers without large gaps.

/// A bit for each place of a log: a million places take 125 kB.
#[derive(Debug, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    /// Sets one, or takes it back.
    pub fn set(&mut self, place: i64, on: bool) {
        let (word, bit) = (place as usize / 64, place as usize % 64);
        if word >= self.0.len() {
            if !on {
                return;
            }
            self.0.resize(word + 1, 0);
        }
        self.0[word] = self.0[word] & !(1 << bit) | u64::from(on) << bit;
    }

    /// Whether it is set.
    pub fn has(&self, place: i64) -> bool {
        self.0.get(place as usize / 64).is_some_and(|word| word >> (place as usize % 64) & 1 == 1)
    }

    /// The first one set from a place on, up to another.
    pub fn next(&self, from: i64, to: i64) -> Option<i64> {
        let mut word = from.max(0) as usize / 64;
        let mut rest = self.0.get(word)? & (u64::MAX << (from.max(0) as usize % 64));
        while rest == 0 {
            word += 1;
            rest = *self.0.get(word)?;
        }
        let found = (word * 64) as i64 + i64::from(rest.trailing_zeros());
        (found <= to).then_some(found)
    }

    /// The last one set up to a place, down to another.
    pub fn last(&self, from: i64, to: i64) -> Option<i64> {
        let to = to.min(self.0.len() as i64 * 64 - 1);
        if to < from.max(0) {
            return None;
        }
        let mut word = to as usize / 64;
        let mut rest = self.0[word] & (u64::MAX >> (63 - to as usize % 64));
        while rest == 0 {
            word = word.checked_sub(1)?;
            rest = self.0[word];
        }
        let found = (word * 64) as i64 + 63 - i64::from(rest.leading_zeros());
        (found >= from).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_are_set_are_found_from_either_side() {
        let places = [0, 1, 63, 64, 200, 4_095];
        let mut bits = Bits::default();
        bits.set(9, false);
        for place in places {
            bits.set(place, true);
        }
        bits.set(64, false);
        let wanted = [0, 1, 63, 200, 4_095];
        let (mut up, mut down) = (Vec::new(), Vec::new());
        let mut from = 0;
        while let Some(found) = bits.next(from, 5_000) {
            up.push(found);
            from = found + 1;
        }
        let mut to = 5_000;
        while let Some(found) = bits.last(0, to) {
            down.insert(0, found);
            to = found - 1;
        }
        assert_eq!((up.as_slice(), down.as_slice()), (&wanted[..], &wanted[..]));
        assert_eq!((bits.next(64, 199), bits.last(64, 199), bits.last(5, -1)), (None, None, None));
        assert!(bits.has(200) && !bits.has(64) && !bits.has(100_000));
    }
}
