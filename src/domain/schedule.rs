//! When a report is due: at the end of each hour, day, week or month of the domain's zone.

use chrono::{DateTime, Datelike, Duration, Months, NaiveDate, NaiveDateTime, TimeZone, Timelike};
use chrono_tz::Tz;

use crate::event::Time;

/// How often a report is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// At the end of each hour.
    Hour,
    /// At midnight.
    Day,
    /// At midnight before each Monday.
    Week,
    /// At midnight before the first of each month.
    Month,
}

/// A stretch of time that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// When it began.
    pub begin: Time,
    /// When it ended.
    pub end: Time,
    /// The day on which it began, `2019-04-24`.
    pub day: String,
}

impl Every {
    /// The word in a domain file.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "hour" => Some(Self::Hour),
            "day" => Some(Self::Day),
            "week" => Some(Self::Week),
            "month" => Some(Self::Month),
            _ => None,
        }
    }

    /// The newest period that is over at a time, in a zone.
    pub fn last(self, now: Time, zone: Tz) -> Option<Period> {
        let local = now.to_chrono()?.with_timezone(&zone).naive_local();
        let begun = self.begin(local)?;
        let before = self.begin(begun - Duration::seconds(1))?;
        Some(Period {
            begin: utc(before, zone)?,
            end: utc(begun, zone)?,
            day: before.format("%Y-%m-%d").to_string(),
        })
    }

    /// How long a period is at most, in microseconds; one during which clocks are put back is a little longer.
    pub fn length(self) -> i64 {
        let hours = match self {
            Self::Hour => 1,
            Self::Day => 24,
            Self::Week => 7 * 24,
            Self::Month => 31 * 24,
        };
        hours * 3_600_000_000
    }

    /// The period that a time lies in, in a zone.
    pub fn around(self, time: Time, zone: Tz) -> Option<Period> {
        let begun = self.begin(time.to_chrono()?.with_timezone(&zone).naive_local())?;
        let end = match self {
            Self::Hour => begun.checked_add_signed(Duration::hours(1)),
            Self::Day => begun.checked_add_signed(Duration::days(1)),
            Self::Week => begun.checked_add_signed(Duration::days(7)),
            Self::Month => begun.checked_add_months(Months::new(1)),
        };
        Some(Period {
            begin: utc(begun, zone)?,
            end: utc(end?, zone)?,
            day: begun.format("%Y-%m-%d").to_string(),
        })
    }

    /// The period whose end is at a time.
    pub fn ended_at(self, end: Time, zone: Tz) -> Option<Period> {
        self.last(end, zone)
    }

    fn begin(self, at: NaiveDateTime) -> Option<NaiveDateTime> {
        let day = at.date();
        let midnight = |day: NaiveDate| day.and_hms_opt(0, 0, 0);
        match self {
            Self::Hour => day.and_hms_opt(at.hour(), 0, 0),
            Self::Day => midnight(day),
            Self::Week => midnight(day - Duration::days(i64::from(day.weekday().num_days_from_monday()))),
            Self::Month => midnight(day.with_day(1)?),
        }
    }
}

/// A time that a change of clocks leaves out is the first one after it.
fn utc(local: NaiveDateTime, zone: Tz) -> Option<Time> {
    let found = zone.from_local_datetime(&local).earliest();
    let found = found.or_else(|| zone.from_local_datetime(&(local + Duration::hours(1))).earliest());
    found.map(|time: DateTime<Tz>| Time(time.timestamp_micros()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_end_in_their_zone() {
        let at = |text: &str| Time::parse(text).unwrap();
        let last = |every: Every, text: &str| {
            let period = every.last(at(text), chrono_tz::Europe::Berlin).unwrap();
            (period.end, period.day)
        };
        // 00:30 on Wednesday in Berlin.
        let night = "2019-04-23T22:30:00Z";
        assert_eq!(last(Every::Day, night), (at("2019-04-23T22:00:00Z"), "2019-04-23".to_owned()));
        assert_eq!(last(Every::Week, night), (at("2019-04-21T22:00:00Z"), "2019-04-15".to_owned()));
        assert_eq!(last(Every::Month, night), (at("2019-03-31T22:00:00Z"), "2019-03-01".to_owned()));
        assert_eq!(last(Every::Hour, night), (at("2019-04-23T22:00:00Z"), "2019-04-23".to_owned()));
        let ended = Every::Day.ended_at(at("2019-04-23T22:00:00Z"), chrono_tz::Europe::Berlin).unwrap();
        assert_eq!(ended.day, "2019-04-23", "at its very end a period is over");
        for every in [Every::Hour, Every::Day, Every::Week, Every::Month] {
            let around = every.around(at(night), chrono_tz::Europe::Berlin).unwrap();
            let last = every.last(at(night), chrono_tz::Europe::Berlin).unwrap();
            assert!(around.begin <= at(night) && at(night) < around.end, "{around:?}");
            assert_eq!(around.begin, last.end);
            let ended = every.ended_at(around.end, chrono_tz::Europe::Berlin).unwrap();
            assert_eq!(ended, around, "it is the one that is over at its end");
        }
    }
}
