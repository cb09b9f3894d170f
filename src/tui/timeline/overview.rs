//! The overview: events over the whole span in time as bars, and which of them the window shows.

use crate::event::Time;

/// The overview's columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// A bar each, 0 (nothing) to 8.
    pub bars: Vec<u8>,
    /// The first and the last bar that the window shows.
    pub window: Option<(usize, usize)>,
    /// The bar that the cursor stands in.
    pub here: Option<usize>,
}

/// Which of so many equal parts of a span of time a time falls into.
pub fn part(at: Time, (first, last): (Time, Time), parts: usize) -> usize {
    let length = i128::from(last.0) - i128::from(first.0) + 1;
    let passed = (i128::from(at.0) - i128::from(first.0) + 1).clamp(1, length.max(1));
    let before = (passed * parts as i128 + length.max(1) - 1) / length.max(1) - 1;
    (before.max(0) as usize).min(parts.saturating_sub(1))
}

/// `density`, counts over equal parts of a span of time, as so many columns; and where the window from one time to
/// another and the cursor stand among them.
pub fn overview(
    density: &[i64],
    columns: usize,
    span: (Time, Time),
    window: Option<(Time, Time)>,
    here: Option<Time>,
) -> Overview {
    let (parts, last) = (density.len().max(1), columns.saturating_sub(1));
    // A part always falls into one column, so that an event is one bar however many columns there are.
    let column = |part: usize| (part * last / (parts - 1).max(1)).min(last);
    let mut counts = vec![0_i64; columns];
    for (part, n) in density.iter().enumerate() {
        if let Some(count) = counts.get_mut(column(part)) {
            *count = (*count).max(*n);
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0).max(1) as f64;
    let bar = |n: &i64| match n {
        0 => 0,
        n => 1 + ((*n as f64 + 1.0).ln() / (most + 1.0).ln() * 7.0).round() as u8,
    };
    let place = |at: Time| column(part(at, span, parts));
    let window = window.filter(|_| columns > 0).map(|(from, to)| (place(from), place(to.max(from))));
    Overview { bars: counts.iter().map(bar).collect(), window, here: here.map(place) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_covers_its_events() {
        let (span, window) = ((Time(0), Time(99)), Some((Time(20), Time(60))));
        let shown = overview(&[0, 1, 9, 1, 0, 0], 6, span, window, Some(Time(99)));
        assert_eq!(shown.bars, [0, 3, 8, 3, 0, 0]);
        assert_eq!((shown.window, shown.here), (Some((1, 3)), Some(5)));
    }

    #[test]
    fn the_window_is_found_wherever_it_is() {
        for at in [-50, 0, 1, 50, 99, 100, 500] {
            let shown = overview(&[1; 8], 8, (Time(0), Time(100)), Some((Time(at), Time(at))), None);
            assert!(shown.window.is_some_and(|(from, to)| from == to && to < 8));
        }
        let whole = overview(&[1; 8], 8, (Time(0), Time(100)), Some((Time(0), Time(100))), None);
        assert_eq!(whole.window, Some((0, 7)));
    }

    #[test]
    fn an_event_is_one_bar_in_any_width() {
        for columns in 1..40 {
            let shown = overview(&[1, 0, 0, 0, 0, 0, 1], columns, (Time(0), Time(70)), None, None);
            assert_eq!(shown.bars.iter().filter(|bar| **bar > 0).count(), columns.min(2), "{columns}");
        }
    }
}
