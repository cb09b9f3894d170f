//! How a field's values are written as times, if they are.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

use crate::event::Time;

/// Ways to write a time beside RFC 3339; the first that reads all values is taken, of two that do the one that keeps
/// more of them in order.
const FORMATS: [&str; 20] = [
    "%Y-%m-%dT%H:%M:%S%.f%z",
    "%Y-%m-%d %H:%M:%S%.f%z",
    "%Y-%m-%d %H:%M:%S%.f %z",
    "%Y-%m-%d %H:%M:%S%.f UTC",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S%.f",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d/%b/%Y:%H:%M:%S %z",
    "%a, %d %b %Y %H:%M:%S %z",
    "%Y%m%dT%H%M%SZ",
    "%Y-%m-%d",
    "%d.%m.%Y",
    "%m/%d/%Y",
];

/// How a number of 1990 to 2100 is told from any other: the units that epochs come in, and how many make a second.
const EPOCHS: [(&str, i64); 4] = [("s", 1), ("ms", 1_000), ("µs", 1_000_000), ("ns", 1_000_000_000)];
const FIRST_SECOND: f64 = 631_152_000.0;
const LAST_SECOND: f64 = 4_102_444_800.0;

/// How times are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As RFC 3339 says.
    Rfc3339,
    /// In chrono's strftime dialect.
    Format(&'static str),
    /// A number since 1970, so many of which make a second.
    Epoch(&'static str, i64),
}

impl Form {
    /// The form that reads every one of some values; they come in the order in which they stand, to tell a day from a
    /// month.
    pub fn of(values: &[&str]) -> Option<Self> {
        let reads_all =
            |form: &Self| !values.is_empty() && values.iter().all(|value| form.read(value).is_some());
        if reads_all(&Self::Rfc3339) {
            return Some(Self::Rfc3339);
        }
        let epochs = EPOCHS.iter().map(|(unit, per)| Self::Epoch(unit, *per));
        if let Some(epoch) = epochs.into_iter().find(reads_all) {
            return Some(epoch);
        }
        let steps_back = |form: &Self| {
            let times: Vec<_> = values.iter().filter_map(|value| form.read(value)).collect();
            times.windows(2).filter(|pair| pair[1] < pair[0]).count()
        };
        FORMATS.into_iter().map(Self::Format).filter(reads_all).min_by_key(steps_back)
    }

    /// A value as a time.
    pub fn read(self, value: &str) -> Option<Time> {
        match self {
            Self::Rfc3339 => Time::parse(value),
            Self::Epoch(_, per) => {
                let plain = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
                let seconds = value.parse::<f64>().ok().filter(|_| plain)? / per as f64;
                (FIRST_SECOND..LAST_SECOND).contains(&seconds).then(|| Time((seconds * 1e6).round() as i64))
            }
            Self::Format(format) => {
                if let Ok(time) = DateTime::parse_from_str(value, format) {
                    return Some(Time(time.timestamp_micros()));
                }
                if format.ends_with("%z") {
                    return None;
                }
                let local = NaiveDateTime::parse_from_str(value, format).or_else(|_| {
                    NaiveDate::parse_from_str(value, format).map(|day| day.and_time(NaiveTime::MIN))
                });
                local.ok().map(|time| Time(time.and_utc().timestamp_micros()))
            }
        }
    }

    /// Whether it says the hour too.
    pub fn has_hour(self) -> bool {
        !matches!(self, Self::Format(format) if !format.contains("%H"))
    }

    /// What it is called in a reason.
    pub fn shown(self) -> String {
        match self {
            Self::Rfc3339 => "times as in RFC 3339".to_owned(),
            Self::Format(format) => format!("times written as {format}"),
            Self::Epoch(unit, _) => format!("a number of {unit} since 1970"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(values: &[&str]) -> Option<Form> {
        Form::of(values)
    }

    #[test]
    fn a_form_reads_every_value_or_is_none() {
        assert_eq!(form(&["2024-03-01T09:00:00Z", "2024-03-01T09:00:00.5+01:00"]), Some(Form::Rfc3339));
        assert_eq!(form(&["1709280000"]), Some(Form::Epoch("s", 1)));
        assert_eq!(form(&["1709280000123", "1709280000124"]), Some(Form::Epoch("ms", 1_000)));
        assert_eq!(
            form(&["2024-03-01 09:00:00", "2024-03-01 09:00:00.25"]),
            Some(Form::Format("%Y-%m-%d %H:%M:%S%.f"))
        );
        assert_eq!(form(&["2024-03-01T09:00:00Z", "soon"]), None);
        assert_eq!(form(&["17", "18"]), None);
        assert_eq!(form(&[]), None);
    }

    #[test]
    fn a_day_is_told_from_a_month_by_the_values_or_by_their_order() {
        assert_eq!(form(&["29/2/2016 01:16"]), Some(Form::Format("%d/%m/%Y %H:%M")));
        assert_eq!(form(&["02/29/2016 01:16"]), Some(Form::Format("%m/%d/%Y %H:%M")));
        let months = ["01/02/2016 10:00", "01/03/2016 10:00", "02/01/2016 10:00"];
        assert_eq!(form(&months), Some(Form::Format("%m/%d/%Y %H:%M")));
    }
}
