//! Times as a person reads them, in the zone that the header names; distances instead of a clock.

use chrono::{DateTime, Datelike, FixedOffset, Local, Offset, TimeZone, Timelike, Utc};

use crate::event::Time;
use crate::event::distance::{DAY, MINUTE, SECOND};
pub use crate::event::distance::{distance, gap};

/// The zone in which times are shown and read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Zone {
    /// Universal time.
    #[default]
    Utc,
    /// The zone of this machine.
    Local,
}

impl Zone {
    /// The other zone.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Utc => Self::Local,
            Self::Local => Self::Utc,
        }
    }

    /// What the header says: `UTC`, or this machine's distance from it at that time.
    pub fn name(self, at: Option<Time>) -> String {
        match self {
            Self::Utc => "UTC".into(),
            Self::Local => match at.and_then(|at| self.at(at)) {
                Some(at) => format!("local {}", at.format("%:z")),
                None => "local".into(),
            },
        }
    }

    fn at(self, time: Time) -> Option<DateTime<FixedOffset>> {
        let utc = time.to_chrono()?;
        Some(match self {
            Self::Utc => utc.fixed_offset(),
            Self::Local => utc.with_timezone(&Local.offset_from_utc_datetime(&utc.naive_utc()).fix()),
        })
    }

    /// `Wed 24 Apr 2019 12:02:11`, with the digits after the second where there are any.
    pub fn long(self, time: Time) -> String {
        self.format(
            time,
            if time.0 % SECOND == 0 { "%a %-d %b %Y %H:%M:%S" } else { "%a %-d %b %Y %H:%M:%S%.6f" },
        )
    }

    /// `24 Apr 2019 12:02:11`.
    pub fn full(self, time: Time) -> String {
        self.format(time, "%-d %b %Y %H:%M:%S")
    }

    /// `24 Apr 12:02:11`.
    pub fn seconds(self, time: Time) -> String {
        self.format(time, "%-d %b %H:%M:%S")
    }

    /// `24 Apr 12:02`, and the year where it is not `year`.
    pub fn short(self, time: Time, year: Option<i32>) -> String {
        let same = year.is_none_or(|year| self.at(time).is_some_and(|at| at.year() == year));
        self.format(time, if same { "%e %b %H:%M" } else { "%e %b %Y" })
    }

    /// As much of a time as has room in so many columns: first the seconds give way, then the year; the hour stays.
    pub fn fitting(self, time: Time, columns: usize) -> String {
        let forms =
            ["%-d %b %Y %H:%M:%S", "%-d %b %Y %H:%M", "%-d %b %H:%M"].map(|form| self.format(time, form));
        let fits = forms.iter().find(|text| text.len() <= columns).or(forms.last());
        fits.cloned().unwrap_or_default()
    }

    /// From one time to another, or until now: the day once where both are on it, and the year where it is not `year`.
    pub fn span(self, (from, to): (Time, Option<Time>), year: Option<i32>) -> String {
        let day = |time: Time| self.at(time).map(|at| at.date_naive());
        let end = |time: Time| {
            self.format(time, if self.year(time) == year { "%-d %b %H:%M" } else { "%-d %b %Y %H:%M" })
        };
        let to = match to {
            None => "still".to_owned(),
            Some(to) if day(from) == day(to) => self.format(to, "%H:%M"),
            Some(to) => end(to),
        };
        format!("{} to {to}", end(from))
    }

    /// `24 Apr 2019 12:02`.
    pub fn minute(self, time: Time) -> String {
        self.format(time, "%e %b %Y %H:%M")
    }

    /// The end of a span: a date, or a time of day where the whole span is short.
    pub fn edge(self, time: Time, (from, to): (Time, Time)) -> String {
        let day = |time| self.at(time).map(|at| at.date_naive());
        let one_day = day(from) == day(to);
        self.format(
            time,
            match to.0 - from.0 {
                ..MINUTE if one_day => "%H:%M:%S",
                MINUTE..DAY if one_day => "%H:%M",
                ..DAY => "%-d %b %H:%M",
                DAY..31_536_000_000_000 => "%-d %b",
                _ => "%b %Y",
            },
        )
    }

    /// `24 Apr 2019`.
    pub fn date(self, time: Time) -> String {
        self.format(time, "%-d %b %Y")
    }

    /// The first and the last moment of a time's day, as the zone has them.
    pub fn day(self, time: Time) -> Option<(Time, Time)> {
        let at = self.at(time)?;
        let since =
            i64::from(at.num_seconds_from_midnight()) * SECOND + i64::from(at.timestamp_subsec_micros());
        let first = time.0 - since;
        Some((Time(first), Time(first + DAY - 1)))
    }

    /// The year of a time.
    pub fn year(self, time: Time) -> Option<i32> {
        self.at(time).map(|at| at.year())
    }

    fn format(self, time: Time, form: &str) -> String {
        self.at(time).map_or_else(|| time.to_string(), |at| at.format(form).to_string())
    }

    /// A time as a revision names it: RFC 3339 in universal time.
    pub fn revision(time: Time) -> String {
        time.to_chrono().map_or_else(
            || time.to_string(),
            |at: DateTime<Utc>| {
                if at.nanosecond() == 0 { at.format("%FT%TZ").to_string() } else { time.to_string() }
            },
        )
    }

    /// A time as somebody types it, for [`Self::read`]: to the digit, in this zone.
    pub fn typed(self, time: Time) -> String {
        self.format(time, if time.0 % SECOND == 0 { "%Y-%m-%d %H:%M:%S" } else { "%Y-%m-%d %H:%M:%S%.6f" })
    }

    /// What was typed after `@`, made universal where it is a bare date or a time without a zone.
    pub fn read(self, typed: &str) -> String {
        let head = typed.rsplit_once('@').map_or(typed, |(_, rest)| rest);
        let text = head.trim();
        let whole_day = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()
            .and_then(|day| day.and_hms_micro_opt(23, 59, 59, 999_999));
        let naive = whole_day.or_else(|| {
            ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
                .iter()
                .find_map(|form| chrono::NaiveDateTime::parse_from_str(text, form).ok())
        });
        let Some(naive) = naive else { return typed.to_owned() };
        let utc = match self {
            Self::Utc => naive.and_utc(),
            Self::Local => match Local.from_local_datetime(&naive).latest() {
                Some(local) => local.with_timezone(&Utc),
                None => naive.and_utc(),
            },
        };
        format!("{}{}", &typed[..typed.len() - head.len()], Time(utc.timestamp_micros()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        Time::parse(text).unwrap()
    }

    #[test]
    fn times_read_as_people_write_them() {
        let time = at("2019-04-24T12:02:11Z");
        assert_eq!(Zone::Utc.long(time), "Wed 24 Apr 2019 12:02:11");
        assert_eq!(Zone::Utc.short(time, Some(2019)), "24 Apr 12:02");
        assert_eq!(Zone::Utc.short(time, Some(2020)), "24 Apr 2019");
        assert_eq!(Zone::Utc.long(Time(1)), "Thu 1 Jan 1970 00:00:00.000001");
        assert_eq!(Zone::revision(time), "2019-04-24T12:02:11Z");
    }

    #[test]
    fn where_room_is_short_the_hour_stays() {
        let (time, later) = (at("2019-04-24T12:02:11Z"), at("2019-04-24T13:05:00Z"));
        let fitting = |columns| Zone::Utc.fitting(time, columns);
        assert_eq!(fitting(20), "24 Apr 2019 12:02:11");
        assert_eq!(fitting(19), "24 Apr 2019 12:02");
        assert_eq!(fitting(16), "24 Apr 12:02");
        assert_eq!(fitting(3), "24 Apr 12:02");
        let span = |to, year| Zone::Utc.span((time, to), Some(year));
        assert_eq!(span(Some(later), 2019), "24 Apr 12:02 to 13:05");
        assert_eq!(span(Some(at("2020-04-25T13:05:00Z")), 2019), "24 Apr 12:02 to 25 Apr 2020 13:05");
        assert_eq!(span(None, 2020), "24 Apr 2019 12:02 to still");
    }

    #[test]
    fn a_bare_date_is_the_end_of_that_day() {
        assert_eq!(Zone::Utc.read("Task/42@2019-04-20"), "Task/42@2019-04-20T23:59:59.999999Z");
        assert_eq!(Zone::Utc.read("@2019-04-20 10:30"), "@2019-04-20T10:30:00Z");
        assert_eq!(Zone::Utc.read("Task/42@3"), "Task/42@3");
    }
}
