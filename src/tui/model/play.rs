//! Playing: the cursor runs by itself.

use std::time::Duration;

use super::Model;

/// How fast the cursor runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speed {
    /// As far apart as the events occurred, long gaps folded.
    Original,
    /// One event in a second.
    Half,
    /// Two events in a second.
    #[default]
    One,
    /// Two times that.
    Two,
    /// Four times.
    Four,
    /// Eight times.
    Eight,
    /// Sixteen times.
    Sixteen,
    /// Thirty-two times.
    ThirtyTwo,
}

impl Speed {
    const ALL: [Self; 8] = [
        Self::Original,
        Self::Half,
        Self::One,
        Self::Two,
        Self::Four,
        Self::Eight,
        Self::Sixteen,
        Self::ThirtyTwo,
    ];

    /// The word on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Original => "original pace",
            Self::Half => "½×",
            Self::One => "1×",
            Self::Two => "2×",
            Self::Four => "4×",
            Self::Eight => "8×",
            Self::Sixteen => "16×",
            Self::ThirtyTwo => "32×",
        }
    }

    /// The next speed up or down; the fastest and the slowest stay.
    #[must_use]
    pub fn changed(self, faster: bool) -> Self {
        let i = Self::ALL.iter().position(|speed| *speed == self).unwrap_or(2);
        let next = if faster { (i + 1).min(Self::ALL.len() - 1) } else { i.saturating_sub(1) };
        Self::ALL[next]
    }

    /// How long an event stays, when so many microseconds lie between it and the next one.
    pub fn stay(self, gap: i64) -> Duration {
        match self {
            Self::Original => Duration::from_micros(gap.clamp(30_000, 2_000_000) as u64),
            Self::Half => Duration::from_secs(1),
            Self::One => Duration::from_millis(500),
            Self::Two => Duration::from_millis(250),
            Self::Four => Duration::from_millis(125),
            Self::Eight => Duration::from_millis(62),
            Self::Sixteen => Duration::from_millis(31),
            Self::ThirtyTwo => Duration::from_millis(16),
        }
    }
}

/// Whether the cursor runs, and how fast.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Play {
    /// Where it began.
    pub from: i64,
    /// The speed, kept over pauses.
    pub speed: Speed,
    /// Whether it runs.
    pub running: bool,
}

impl Model {
    /// How long the event at the cursor lasted until the next one, in microseconds.
    pub fn gap(&self) -> i64 {
        let moment = self.moment.as_ref();
        moment.and_then(|m| Some(m.next_at?.0 - m.effective_at?.0)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speeds_end_at_both_ends() {
        assert_eq!(Speed::ThirtyTwo.changed(true), Speed::ThirtyTwo);
        assert_eq!(Speed::Half.changed(false), Speed::Original);
        assert_eq!(Speed::Original.changed(false), Speed::Original);
        assert_eq!(Speed::Original.stay(86_400_000_000), Duration::from_secs(2));
    }
}
