//! The only place that reads the time, so that a test, the demo and an import can fix it.

use std::time::{SystemTime, UNIX_EPOCH};

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
