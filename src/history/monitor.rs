//! Where events came too seldom or too often: stretches of time, found from the times alone.

use crate::event::{Position, Time};

/// A stretch of time in which a bound did not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Violation {
    /// When it began.
    pub from: Time,
    /// When it ended; `None` where it lasts.
    pub to: Option<Time>,
    /// The newest event that counted when it began; 0 where there was none.
    pub position: Position,
    /// How many there were within the time at its worst.
    pub count: usize,
}

/// A clock that stands still outside of some stretches of time, or one that always runs.
#[derive(Clone, Debug, Default)]
pub struct Counting {
    /// The stretches in which time counts, in order, each with what counted before it; none is all of time.
    stretches: Vec<(Time, Time, i64)>,
    always: bool,
}

impl Counting {
    /// Time always counts.
    pub fn always() -> Self {
        Self { stretches: Vec::new(), always: true }
    }

    /// Time counts in these stretches only, which are in order and do not overlap.
    pub fn within(stretches: Vec<(Time, Time)>) -> Self {
        let mut before = 0;
        let counted = stretches.into_iter().map(|(from, to)| {
            let start = before;
            before += to.0 - from.0;
            (from, to, start)
        });
        Self { stretches: counted.collect(), always: false }
    }

    /// Whether it runs at a time.
    pub(crate) fn runs_at(&self, time: Time) -> bool {
        let next = self.stretches.partition_point(|(from, ..)| *from <= time);
        self.always || next.checked_sub(1).is_some_and(|index| time < self.stretches[index].1)
    }

    /// The first time at which so much has counted since another one.
    pub fn behind(&self, time: Time, counted: i64) -> Option<Time> {
        self.time(self.counted(time) + counted)
    }

    /// What has counted up to a time, in microseconds.
    fn counted(&self, time: Time) -> i64 {
        if self.always {
            return time.0;
        }
        let next = self.stretches.partition_point(|(from, ..)| *from <= time);
        next.checked_sub(1).map_or(0, |index| {
            let (from, to, before) = self.stretches[index];
            before + time.min(to).0 - from.0
        })
    }

    /// The first time at which so much has counted; `None` where that is never.
    fn time(&self, counted: i64) -> Option<Time> {
        if self.always {
            return Some(Time(counted));
        }
        let next = self.stretches.partition_point(|(from, to, before)| before + to.0 - from.0 < counted);
        self.stretches.get(next).map(|(from, _, before)| Time(from.0 + (counted - before).max(0)))
    }
}

/// Where fewer than `least` events lie within the time before; `times` in the order of the times, watched from a time
/// (or the first of them, where that is earlier) to another.
pub(crate) fn too_few(
    times: &[(Time, Position)],
    least: usize,
    within: i64,
    clock: &Counting,
    (from, until): (Time, Time),
) -> Vec<Violation> {
    let start = clock.counted(times.first().map_or(from, |(first, _)| from.min(*first)));
    let end = clock.counted(until);
    let counted: Vec<_> = times.iter().map(|(time, _)| clock.counted(*time)).collect();
    let mut found: Vec<Violation> = Vec::new();
    let mut watched = start + within;
    // Enough until the event that is `least` back leaves the window, again enough when one more comes.
    for index in 0..=times.len() {
        let come = counted.get(index).copied().unwrap_or(i64::MAX);
        let leaves = index.checked_sub(least).map_or(start, |oldest| counted[oldest]) + within;
        let from = leaves.max(watched);
        if from < come && from < end {
            let Some(began) = clock.time(from) else { break };
            let position = index.checked_sub(1).map_or(0, |newest| times[newest].1);
            let count = counted[..index].iter().rev().take_while(|at| **at > from - within).count();
            let violation =
                Violation { from: began, to: times.get(index).map(|(time, _)| *time), position, count };
            match found.last_mut() {
                // One event more that is not enough does not end it.
                Some(last) if last.to.is_some_and(|to| to >= began) => {
                    last.to = violation.to;
                    last.count = last.count.min(count);
                }
                _ => found.push(violation),
            }
        }
        watched = watched.max(come.min(end));
    }
    found
}

/// Where more than `most` events lie within the time before; `times` in the order of the times, watched to `until`.
/// What happened while the clock stood still does not count.
pub(crate) fn too_many(
    times: &[(Time, Position)],
    most: usize,
    within: i64,
    clock: &Counting,
    until: Time,
) -> Vec<Violation> {
    let times: Vec<_> = times.iter().copied().filter(|(time, _)| clock.runs_at(*time)).collect();
    let counted: Vec<_> = times.iter().map(|(time, _)| clock.counted(*time)).collect();
    let mut found: Vec<Violation> = Vec::new();
    let mut oldest = 0;
    for (index, &(time, position)) in times.iter().enumerate() {
        while counted[oldest] <= counted[index] - within {
            oldest += 1;
        }
        let count = index + 1 - oldest;
        if count <= most {
            continue;
        }
        // It is over when so many have left the window that no more than `most` are in it.
        let to = clock.time(counted[index - most] + within).filter(|to| *to <= until);
        match found.last_mut() {
            Some(last) if last.to.is_none_or(|ended| ended >= time) => {
                last.count = last.count.max(count);
                last.to = to;
            }
            _ => found.push(Violation { from: time, to, position, count }),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(minutes: &[i64]) -> Vec<(Time, Position)> {
        minutes.iter().enumerate().map(|(index, at)| (Time(*at), index as i64 + 1)).collect()
    }

    /// Minute by minute, counted by hand.
    fn naive(minutes: &[i64], wrong: impl Fn(usize) -> bool, within: i64, from: i64, until: i64) -> Vec<i64> {
        let count = |at: i64| minutes.iter().filter(|m| **m <= at && **m > at - within).count();
        (from..until).filter(|at| wrong(count(*at))).collect()
    }

    fn covered(found: &[Violation], until: i64) -> Vec<i64> {
        found.iter().flat_map(|v| v.from.0..v.to.map_or(until, |to| to.0)).collect()
    }

    #[test]
    fn both_are_what_counting_minute_by_minute_finds() {
        let mut seed = 7_u64;
        for case in 0..200 {
            let mut at = 0;
            let minutes: Vec<i64> = (0..12)
                .map(|_| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    at += (seed >> 33) as i64 % 14;
                    at
                })
                .collect();
            let (bound, within, until) = (1 + case % 3, 10, at + [3, 15][case % 2]);
            let first = Time(minutes[0]);
            let few = too_few(&times(&minutes), bound, within, &Counting::always(), (first, Time(until)));
            let wanted = naive(&minutes, |count| count < bound, within, minutes[0] + within, until);
            assert_eq!(covered(&few, until), wanted, "{minutes:?} {bound}: {few:?}");
            let many = too_many(&times(&minutes), bound, within, &Counting::always(), Time(until));
            let wanted = naive(&minutes, |count| count > bound, within, 0, until);
            assert_eq!(covered(&many, until), wanted, "{minutes:?} {bound}: {many:?}");

            // Open for 20 minutes, closed for 15; what happens while it is closed does not count.
            let hours = Counting::within((0..20).map(|n| (Time(n * 35), Time(n * 35 + 20))).collect());
            let open: Vec<i64> = (0..until).filter(|at| at % 35 < 20).collect();
            let inside: Vec<i64> =
                minutes.iter().filter_map(|at| open.binary_search(at).ok()).map(|at| at as i64).collect();
            let many = too_many(&times(&minutes), bound, within, &hours, Time(until));
            let wanted = naive(&inside, |count| count > bound, within, 0, open.len() as i64);
            let wanted: Vec<i64> = wanted.into_iter().map(|at| open[at as usize]).collect();
            let mut covered = covered(&many, until);
            covered.retain(|at| open.contains(at));
            assert_eq!(covered, wanted, "{minutes:?} {bound}: {many:?}");
        }
    }

    #[test]
    fn what_never_came_is_missed_from_the_start_of_the_watch() {
        let found = too_few(&[], 1, 10, &Counting::always(), (Time(5), Time(100)));
        assert_eq!(found, [Violation { from: Time(15), to: None, position: 0, count: 0 }]);
        let found = too_few(&times(&[50]), 1, 10, &Counting::always(), (Time(5), Time(55)));
        assert_eq!(found, [Violation { from: Time(15), to: Some(Time(50)), position: 0, count: 0 }]);
        assert!(too_few(&[], 1, 10, &Counting::always(), (Time(5), Time(15))).is_empty());
    }

    #[test]
    fn too_many_begins_at_the_event_that_is_one_too_much() {
        let found = too_many(&times(&[0, 1, 2, 3, 30, 31, 32]), 2, 10, &Counting::always(), Time(35));
        let told: Vec<_> =
            found.iter().map(|v| (v.from.0, v.to.map(|to| to.0), v.position, v.count)).collect();
        assert_eq!(told, [(2, Some(11), 3, 4), (32, None, 7, 3)]);
        assert!(too_many(&times(&[0, 10, 20]), 1, 10, &Counting::always(), Time(20)).is_empty());
    }

    #[test]
    fn time_that_does_not_count_is_left_out() {
        let hours = Counting::within(vec![(Time(0), Time(100)), (Time(1_000), Time(1_100))]);
        let seen = times(&[10, 60, 1_010]);
        // 40 to the evening and 10 in the morning are no more than 50.
        assert!(too_few(&seen, 1, 50, &hours, (Time(10), Time(1_050))).is_empty());
        let found = too_few(&seen, 1, 45, &hours, (Time(10), Time(1_050)));
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!((found[0].from, found[0].to), (Time(55), Some(Time(60))));
        assert_eq!((found[1].from, found[1].to), (Time(1_005), Some(Time(1_010))));
    }
}
