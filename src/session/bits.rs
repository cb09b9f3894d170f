//! Sets of places and of rows. They are numbers without large gaps, except where a store was forged: so what is set takes
//! room, and not how large it is.

use std::collections::BTreeMap;

/// A bit for each place of a log, in words: a million places one after the other take less than half a megabyte.
#[derive(Clone, Debug, Default)]
pub(super) struct Bits(BTreeMap<i64, u64>);

/// The word of a place, and its bit there.
fn at(place: i64) -> (i64, u64) {
    (place.div_euclid(64), 1 << place.rem_euclid(64))
}

impl Bits {
    /// Sets one, or takes it back.
    pub fn set(&mut self, place: i64, on: bool) {
        let (word, bit) = at(place);
        if on {
            *self.0.entry(word).or_default() |= bit;
        } else if let Some(bits) = self.0.get_mut(&word) {
            *bits &= !bit;
        }
    }

    /// Whether it is set.
    pub fn has(&self, place: i64) -> bool {
        let (word, bit) = at(place);
        self.0.get(&word).is_some_and(|bits| bits & bit != 0)
    }

    /// The first one set from a place on, up to another.
    pub fn next(&self, from: i64, to: i64) -> Option<i64> {
        let (first, bit) = at(from);
        let found = self.0.range(first..).find_map(|(word, bits)| {
            let bits = if *word == first { bits & !(bit - 1) } else { *bits };
            (bits != 0).then(|| word * 64 + i64::from(bits.trailing_zeros()))
        });
        found.filter(|found| *found <= to)
    }

    /// The last one set up to a place, down to another.
    pub fn last(&self, from: i64, to: i64) -> Option<i64> {
        let (last, bit) = at(to);
        let found = self.0.range(..=last).rev().find_map(|(word, bits)| {
            let bits = if *word == last { bits & (bit | (bit - 1)) } else { *bits };
            (bits != 0).then(|| word * 64 + 63 - i64::from(bits.leading_zeros()))
        });
        found.filter(|found| *found >= from)
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

    #[test]
    fn places_that_somebody_forged_take_no_room() {
        let mut bits = Bits::default();
        for place in [i64::MIN, -1, 5, i64::MAX - 1, i64::MAX] {
            bits.set(place, true);
        }
        assert_eq!((bits.next(i64::MIN, 0), bits.next(6, i64::MAX)), (Some(i64::MIN), Some(i64::MAX - 1)));
        assert_eq!(
            (bits.last(-9, 4), bits.last(6, i64::MAX), bits.last(6, 9)),
            (Some(-1), Some(i64::MAX), None)
        );
    }
}
