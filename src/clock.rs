//! The only place that reads the time, so that a test, the demo and an import can fix it.

use std::fs::Metadata;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::event::Time;

/// Where the time comes from.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The machine's own clock.
    System,
    /// A clock that stands still.
    Fixed(Time),
}

impl Clock {
    /// Whether a file has not been written to for so long.
    pub fn is_still(self, file: &Metadata, wait: Duration) -> bool {
        let written = file.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let now = u64::try_from(self.now().0).unwrap_or(0);
        written.is_some_and(|at| at + wait < Duration::from_micros(now))
    }

    /// The time now, to the microsecond.
    pub fn now(self) -> Time {
        match self {
            Self::Fixed(time) => time,
            Self::System => Time(match SystemTime::now().duration_since(UNIX_EPOCH) {
                Ok(after) => after.as_micros() as i64,
                Err(before) => -(before.duration().as_micros() as i64),
            }),
        }
    }
}
