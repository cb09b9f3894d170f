//! A monitor: how often something must happen, or may at most, within a time.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, TimeZone, Weekday};
use chrono_tz::Tz;
use serde::Deserialize;
use toml::Spanned;

use super::Lazy;
use super::form::lazy;
use super::moment::{Moment, compiled};
use super::reactor::Pattern;
use super::source::{Origin, Spot};
use crate::error::{Error, Result};
use crate::event::Time;
use crate::event::distance::{MINUTE, parse};
use crate::jq::Rule;

/// How often something must happen, or may.
#[derive(Debug)]
pub struct Monitor {
    /// Its name.
    pub name: String,
    /// What it watches over.
    pub doc: Option<String>,
    /// The events that count.
    pub on: Vec<Pattern>,
    filter: Option<Lazy<Rule>>,
    pub(super) spot: Spot,
    /// How many of them.
    pub bound: Bound,
    /// Within which time, in microseconds.
    pub within: i64,
    /// The hours in which time counts; without them it always does.
    pub hours: Option<Hours>,
}

/// How many events there are to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// So many or more.
    AtLeast(usize),
    /// So many or fewer.
    AtMost(usize),
}

/// The hours of a week in which time counts, in a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    first: Weekday,
    last: Weekday,
    from: NaiveTime,
    to: NaiveTime,
    zone: Tz,
}

/// `[[monitor]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MonitorTable {
    name: String,
    doc: Option<String>,
    on: Vec<String>,
    #[serde(rename = "where")]
    filter: Option<Spanned<String>>,
    at_least: Option<usize>,
    at_most: Option<usize>,
    within: Spanned<String>,
    hours: Option<Spanned<String>>,
}

pub(super) fn monitor(origin: &Origin, table: Spanned<MonitorTable>, zone: Tz) -> Result<Monitor> {
    let at = table.span().start;
    let table = table.into_inner();
    let name = table.name;
    let bound = match (table.at_least, table.at_most) {
        (Some(least), None) if least > 0 => Bound::AtLeast(least),
        (Some(_), None) => {
            let why = format!(
                "at_least = 0 always holds: the monitor {name} says at_least = 1 or more, or at_most"
            );
            return Err(origin.mistake(at, &why));
        }
        (None, Some(most)) => Bound::AtMost(most),
        _ => return Err(origin.mistake(at, &format!("the monitor {name} has either at_least or at_most"))),
    };
    let within = minutes(table.within.get_ref())
        .ok_or_else(|| origin.mistake(table.within.span().start, "a time is written 30m, 1h, 2d or 1h30m"))?
        * MINUTE;
    let hours = match &table.hours {
        None => None,
        Some(text) => Some(
            Hours::parse(text.get_ref(), zone)
                .ok_or_else(|| origin.mistake(text.span().start, "hours are written Mon-Fri 09:00-17:00"))?,
        ),
    };
    let on = table.on.iter().map(|text| Pattern::parse(text)).collect();
    let filter = table.filter.map(|text| lazy(origin, format!("monitor {name} where"), text));
    Ok(Monitor { name, doc: table.doc, on, filter, spot: origin.spot(at), bound, within, hours })
}

/// `1h30m` in minutes; nothing where it is nothing or no time.
fn minutes(text: &str) -> Option<i64> {
    let minutes = parse(text)? / MINUTE;
    // A century is enough, and far from any overflow; what is less than a minute is no time to count in.
    (parse(text)? % MINUTE == 0 && (1..=100 * 366 * 24 * 60).contains(&minutes)).then_some(minutes)
}

impl Monitor {
    /// Whether an event counts.
    pub fn counts(&self, moment: &Moment<'_>) -> Result<bool> {
        moment.holds(self.filter.as_ref())
    }

    /// Whether another one of the name finds the same.
    pub fn counts_as(&self, other: &Self) -> bool {
        let filter = |monitor: &Self| monitor.filter.as_ref().map(|rule| rule.text.value.clone());
        (&self.name, &self.on, self.bound, self.within, self.hours, filter(self))
            == (&other.name, &other.on, other.bound, other.within, other.hours, filter(other))
    }

    /// Whether events of this type may count.
    pub fn reads(&self, aggregate: &str, event: &str) -> bool {
        self.on.iter().any(|pattern| pattern.matches(aggregate, event))
    }

    /// How many events there are to be, in words.
    pub fn wanted(&self) -> String {
        let (minutes, mut within) = (self.within / MINUTE, String::new());
        for (length, unit) in [(24 * 60, 'd'), (60, 'h'), (1, 'm')] {
            let count = if length == 24 * 60 {
                minutes / length
            } else {
                minutes % (length * if length == 60 { 24 } else { 60 }) / length
            };
            if count > 0 {
                within.push_str(&format!("{count}{unit}"));
            }
        }
        match self.bound {
            Bound::AtLeast(least) => format!("at least {least} within {within}"),
            Bound::AtMost(most) => format!("at most {most} within {within}"),
        }
    }

    /// Which events count.
    pub(super) fn rule(&self) -> Option<&Lazy<Rule>> {
        self.filter.as_ref()
    }

    pub(super) fn check(&self) -> Option<(&Lazy<Rule>, Option<Error>)> {
        self.filter.as_ref().map(|rule| (rule, compiled(rule).err()))
    }
}

impl Hours {
    /// Reads `Mon-Fri 09:00-17:00`.
    pub fn parse(text: &str, zone: Tz) -> Option<Self> {
        let (days, times) = text.trim().split_once(' ')?;
        let (first, last) = days.split_once('-').unwrap_or((days, days));
        let (from, to) = times.trim().split_once('-')?;
        let time = |text: &str| match text.trim() {
            "24:00" => NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999),
            text => NaiveTime::parse_from_str(text, "%H:%M").ok(),
        };
        let (from, to) = (time(from)?, time(to)?);
        let hours = Self { first: first.parse().ok()?, last: last.parse().ok()?, from, to, zone };
        (from < to).then_some(hours)
    }

    fn is_open(&self, day: NaiveDate) -> bool {
        let (day, first) = (day.weekday(), self.first.num_days_from_monday());
        let since = |weekday: Weekday| (weekday.num_days_from_monday() + 7 - first) % 7;
        since(day) <= since(self.last)
    }

    /// When a day's hours begin and end; `None` where the day has none.
    fn of(&self, day: NaiveDate) -> Option<(Time, Time)> {
        if !self.is_open(day) {
            return None;
        }
        let at = |time: NaiveTime| {
            let local = day.and_time(time);
            // An hour that a change of clocks leaves out begins at its end.
            let found = self.zone.from_local_datetime(&local).earliest();
            found.or_else(|| self.zone.from_local_datetime(&(local + Duration::hours(1))).earliest())
        };
        let micros = |time: DateTime<Tz>| Time(time.timestamp_micros());
        Some((micros(at(self.from)?), micros(at(self.to)?)))
    }

    /// The stretches of time that count between two times, in order.
    pub fn between(&self, from: Time, to: Time) -> Vec<(Time, Time)> {
        let day = |time: Time| time.to_chrono().map(|utc| utc.with_timezone(&self.zone).date_naive());
        let (Some(first), Some(last)) = (day(from), day(to)) else { return Vec::new() };
        let days = first.iter_days().take_while(|day| *day <= last);
        days.filter_map(|day| self.of(day))
            .map(|(begin, end)| (begin.max(from), end.min(to)))
            .filter(|(begin, end)| begin < end)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        Time::parse(text).unwrap()
    }

    #[test]
    fn hours_are_a_weeks_in_their_zone_and_follow_its_clocks() {
        let hours = Hours::parse("Mon-Fri 09:00-17:00", chrono_tz::Europe::Berlin).unwrap();
        // 2019-03-29 is a Friday; the clocks went forward on the 31st.
        let open = hours.between(at("2019-03-29T12:00:00Z"), at("2019-04-01T23:00:00Z"));
        let wanted = [
            (at("2019-03-29T12:00:00Z"), at("2019-03-29T16:00:00Z")),
            (at("2019-04-01T07:00:00Z"), at("2019-04-01T15:00:00Z")),
        ];
        assert_eq!(open, wanted);
        let night = Hours::parse("Sat-Mon 00:00-24:00", Tz::UTC).unwrap();
        let days: Vec<_> = night.between(at("2019-03-29T00:00:00Z"), at("2019-04-05T00:00:00Z"));
        assert_eq!(days.len(), 3, "Saturday, Sunday and Monday");
        assert!(Hours::parse("Mon-Fri 17:00-09:00", Tz::UTC).is_none());
        assert!(Hours::parse("Mon-Foo 09:00-17:00", Tz::UTC).is_none());
    }

    #[test]
    fn times_are_read_in_days_hours_and_minutes() {
        assert_eq!(minutes("1h30m"), Some(90));
        assert_eq!(minutes("2d"), Some(2_880));
        for wrong in ["", "1", "h", "1x", "0m", "99999999999999999999h"] {
            assert_eq!(minutes(wrong), None, "{wrong}");
        }
    }
}
