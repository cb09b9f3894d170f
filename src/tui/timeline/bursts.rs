//! Bursts: events that lie closer together than is usual around them.

use super::Point;

/// A burst begins behind a gap so many times as long as the usual one.
const LONGER: i64 = 3;
/// A shorter gap than this, in microseconds, ends no burst.
const LEAST: i64 = 1_000_000;

/// The start of the burst behind a place, or of the one that a place is in or behind; `points` are in order, and what
/// comes before the first of them is not known unless it is the first event of all.
pub fn beside(points: &[Point], here: i64, forward: bool) -> Option<i64> {
    let gap = |pair: &[Point]| pair[1].at.0.saturating_sub(pair[0].at.0);
    let mut gaps: Vec<i64> = points.windows(2).map(gap).collect();
    gaps.sort_unstable();
    let usual = gaps.get(gaps.len() / 2).copied().unwrap_or(0);
    let long = usual.saturating_mul(LONGER).max(LEAST);
    let first = points.first().filter(|point| point.index == 1).map(|point| point.index);
    let later = points.windows(2).filter(|pair| gap(pair) > long).map(|pair| pair[1].index);
    let mut starts = first.into_iter().chain(later);
    if forward { starts.find(|start| *start > here) } else { starts.rfind(|start| *start < here) }
}
