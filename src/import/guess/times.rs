//! How a field's values are written as times, if they are.

use std::rc::Rc;

use crate::event::Time;
use crate::import::time::{Form as Written, Times};

/// Ways to write a time beside those that need no format; the first that reads all values is taken, of two that do the
/// one that keeps more of them in order.
const FORMATS: [&str; 20] = [
    "%Y-%m-%dT%H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M:%S%.f %#z",
    "%Y-%m-%d %H:%M:%S%.f %Z",
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

/// The units that numbers since 1970 come in.
const EPOCHS: [&str; 4] = ["s", "ms", "us", "ns"];
/// A number is a time where it is one of 1990 to 2100, in microseconds.
const FIRST: Time = Time(631_152_000_000_000);
const LAST: Time = Time(4_102_444_800_000_000);

/// How times are written.
#[derive(Clone)]
pub struct Form {
    /// The format of a mapping; `None` for RFC 3339, which needs none.
    pub written: Option<&'static str>,
    times: Rc<Times>,
}

impl Form {
    fn new(written: Option<&'static str>) -> Self {
        let forms = written.and_then(Written::parse).into_iter().collect();
        Self { written, times: Rc::new(Times::new(forms, None)) }
    }

    /// The form that reads every one of some values; they come in the order in which they stand, to tell a day from a
    /// month.
    pub fn of(values: &[&str]) -> Option<Self> {
        // Nothing that is a time is that short, and most fields hold something else.
        if values.iter().any(|value| value.len() < 8 || !value.bytes().any(|byte| byte.is_ascii_digit())) {
            return None;
        }
        let reads_all =
            |form: &Self| !values.is_empty() && values.iter().all(|value| form.read(value).is_some());
        let certain = [None].into_iter().chain(EPOCHS.into_iter().map(Some)).map(Self::new);
        if let Some(form) = certain.into_iter().find(reads_all) {
            return Some(form);
        }
        let steps_back = |form: &Self| {
            let times: Vec<_> = values.iter().filter_map(|value| form.read(value)).collect();
            times.windows(2).filter(|pair| pair[1] < pair[0]).count()
        };
        FORMATS.into_iter().map(|format| Self::new(Some(format))).filter(reads_all).min_by_key(steps_back)
    }

    /// A value as a time.
    pub fn read(&self, value: &str) -> Option<Time> {
        let (time, _) = self.times.text(value).ok().filter(|(time, _)| *time != Time::UNKNOWN)?;
        (!self.is_epoch() || (FIRST..LAST).contains(&time)).then_some(time)
    }

    /// Whether it says the hour too.
    pub fn has_hour(&self) -> bool {
        self.written.is_none_or(|format| format.contains("%H") || self.is_epoch())
    }

    /// What it is called in a reason.
    pub fn shown(&self) -> String {
        match self.written {
            None => "times as in RFC 3339".to_owned(),
            Some(unit) if self.is_epoch() => format!("a number of {unit} since 1970"),
            Some(format) => format!("times written as {format}"),
        }
    }

    fn is_epoch(&self) -> bool {
        self.written.is_some_and(|written| EPOCHS.contains(&written))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The format of some values: empty where they need none.
    fn form(values: &[&str]) -> Option<&'static str> {
        Form::of(values).map(|form| form.written.unwrap_or_default())
    }

    #[test]
    fn a_form_reads_every_value_or_is_none() {
        assert_eq!(form(&["2024-03-01T09:00:00Z", "2024-03-01T09:00:00.5+01:00"]), Some(""));
        assert_eq!(form(&["1709280000"]), Some("s"));
        assert_eq!(form(&["1709280000123", "1709280000124"]), Some("ms"));
        assert_eq!(form(&["2024-03-01 09:00:00", "2024-03-01 09:00:00.25"]), Some("%Y-%m-%d %H:%M:%S%.f"));
        assert_eq!(form(&["2024-03-01T09:00:00Z", "soon"]), None);
        assert_eq!(form(&["17", "18"]), None);
        assert_eq!(form(&[]), None);
    }

    #[test]
    fn a_day_is_told_from_a_month_by_the_values_or_by_their_order() {
        assert_eq!(form(&["29/2/2016 01:16"]), Some("%d/%m/%Y %H:%M"));
        assert_eq!(form(&["02/29/2016 01:16"]), Some("%m/%d/%Y %H:%M"));
        let months = ["01/02/2016 10:00", "01/03/2016 10:00", "02/01/2016 10:00"];
        assert_eq!(form(&months), Some("%m/%d/%Y %H:%M"));
    }
}
