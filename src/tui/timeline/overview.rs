//! The overview: events over the whole span in time as bars, with the window in brackets.

use crate::event::Time;

/// A column of the overview.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// A bar, 0 (nothing) to 8.
    Bar(u8),
    /// The window begins.
    Open,
    /// The window ends.
    Close,
}

/// The columns for `density`, the window from one time to another in brackets.
pub fn columns(density: &[i64], span: (Time, Time), window: Option<(Time, Time)>) -> Vec<Column> {
    let most = density.iter().copied().max().unwrap_or(0).max(1) as f64;
    let mut out: Vec<Column> = density
        .iter()
        .map(|n| match n {
            0 => Column::Bar(0),
            n => Column::Bar(1 + ((*n as f64 + 1.0).ln() / (most + 1.0).ln() * 7.0).round() as u8),
        })
        .collect();
    let Some((from, to)) = window.filter(|_| out.len() > 2) else { return out };
    let last = out.len() - 1;
    let length = span.1.0.saturating_sub(span.0.0).max(1) as f64;
    let column = |at: Time| {
        let share = at.0.saturating_sub(span.0.0) as f64 / length;
        ((share * last as f64).round().max(0.0) as usize).min(last)
    };
    let (mut open, mut close) = (column(from).saturating_sub(1), (column(to) + 1).min(last));
    if close <= open {
        (open, close) = if open + 1 > last { (last - 1, last) } else { (open, open + 1) };
    }
    out[open] = Column::Open;
    out[close] = Column::Close;
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_stands_in_brackets() {
        let shown = columns(&[0, 1, 9, 1, 0, 0], (Time(0), Time(100)), Some((Time(40), Time(60))));
        assert_eq!(shown[1], Column::Open);
        assert_eq!(shown[4], Column::Close);
        assert_eq!(shown[2], Column::Bar(8));
    }

    #[test]
    fn brackets_fit_wherever_the_window_is() {
        for at in [-50, 0, 1, 50, 99, 100, 500] {
            let shown = columns(&[1; 8], (Time(0), Time(100)), Some((Time(at), Time(at))));
            assert_eq!(shown.iter().filter(|c| matches!(c, Column::Open | Column::Close)).count(), 2);
        }
    }
}
