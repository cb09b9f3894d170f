//! Times as sources write them: read whole, or refused.

mod epoch;
mod fields;

use chrono::format::{Fixed, Item, Numeric, Parsed, StrftimeItems};
use chrono::{FixedOffset, LocalResult, NaiveDateTime, Offset, TimeDelta, TimeZone};
use chrono_tz::{OffsetName, Tz};

use self::epoch::epoch;
use self::fields::{local, read};
use super::notes::Notice;
use super::value::brief;
use crate::event::Time;

/// How times without a format are written besides RFC 3339: with a shorter offset, or in the mapping's zone.
const USUAL: [&str; 4] =
    ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"];
/// No zone moves its clocks by more than this.
const LARGEST_SHIFT: TimeDelta = TimeDelta::hours(26);

/// A time, and what is to be noted of how it was read.
pub type Found = (Time, Option<Notice>);

/// How a mapping's times are written.
pub struct Times {
    /// What is tried, one after the other; where there is none, what is usual is.
    forms: Vec<Form>,
    usual: Vec<Form>,
    zone: Option<Tz>,
}

/// One way to write a time.
pub enum Form {
    /// So many units a second since 1970.
    Epoch { written: String, per_second: i64 },
    /// Fields of a date and a time.
    Fields { written: String, pieces: Vec<Piece> },
}

pub enum Piece {
    /// What chrono reads.
    Items(Vec<Item<'static>>),
    /// A zone's name (`%Z`), which chrono passes over.
    Name,
    /// A fraction of a second, of any length; `dotted` with its separator, and only where there is one.
    Fraction { dotted: bool },
}

impl Form {
    /// Reads a format; `None` where it is none.
    pub fn parse(written: &str) -> Option<Self> {
        let per_second = match written {
            "s" => Some(1),
            "ms" => Some(1_000),
            "us" | "µs" => Some(1_000_000),
            "ns" => Some(1_000_000_000),
            _ => None,
        };
        let written = written.to_owned();
        if let Some(per_second) = per_second {
            return Some(Self::Epoch { written, per_second });
        }
        if !written.contains('%') {
            return None;
        }
        let mut pieces = Vec::new();
        for item in StrftimeItems::new(&written).parse_to_owned().ok()? {
            match (item, pieces.last_mut()) {
                (Item::Fixed(Fixed::TimezoneName), _) => pieces.push(Piece::Name),
                (
                    Item::Fixed(
                        Fixed::Nanosecond | Fixed::Nanosecond3 | Fixed::Nanosecond6 | Fixed::Nanosecond9,
                    ),
                    _,
                ) => pieces.push(Piece::Fraction { dotted: true }),
                // chrono takes the digits of `%f` for a count of nanoseconds.
                (Item::Numeric(Numeric::Nanosecond, _), _) => pieces.push(Piece::Fraction { dotted: false }),
                (item, Some(Piece::Items(items))) => items.push(item),
                (item, _) => pieces.push(Piece::Items(vec![item])),
            }
        }
        Some(Self::Fields { written, pieces })
    }

    /// Whether it leaves no zone open.
    pub fn is_whole(&self) -> bool {
        let said = |written: &str| {
            let written = written.replace("%%", "");
            ["%z", "%:z", "%::z", "%:::z", "%#z", "%+", "%s"].iter().any(|field| written.contains(field))
        };
        match self {
            Self::Epoch { .. } => true,
            Self::Fields { written, .. } => said(written),
        }
    }

    fn written(&self) -> &str {
        match self {
            Self::Epoch { written, .. } | Self::Fields { written, .. } => written,
        }
    }
}

impl Times {
    /// Times in one of these forms, at the clocks of a zone where they name none.
    pub fn new(forms: Vec<Form>, zone: Option<Tz>) -> Self {
        let usual = if forms.is_empty() {
            USUAL.iter().filter_map(|form| Form::parse(form)).collect()
        } else {
            Vec::new()
        };
        Self { forms, usual, zone }
    }

    /// Reads a number: seconds since 1970 where no format is given.
    pub fn number(&self, digits: &str) -> Result<Found, String> {
        if !self.forms.is_empty() {
            return self.text(digits);
        }
        epoch(digits, 1).map(|time| (time, None)).ok_or_else(|| {
            format!("gives {digits}, which is no time in seconds (at_format = \"ms\" reads milliseconds, \"us\" and \"ns\" less)")
        })
    }

    /// Reads a text.
    pub fn text(&self, text: &str) -> Result<Found, String> {
        let text = text.trim();
        if text == Time::UNKNOWN_WORD {
            return Ok((Time::UNKNOWN, None));
        }
        if self.forms.is_empty() {
            return self.usual(text);
        }
        let mut why = None;
        for form in &self.forms {
            match form {
                Form::Epoch { per_second, .. } => {
                    if let Some(time) = epoch(text, *per_second) {
                        return Ok((time, None));
                    }
                }
                Form::Fields { pieces, .. } => match self.fields(text, pieces, true) {
                    Ok(Some(found)) => return Ok(found),
                    Ok(None) => {}
                    Err(reason) => why = Some(reason),
                },
            }
        }
        let why = why.unwrap_or_else(|| {
            let forms: Vec<&str> = self.forms.iter().map(Form::written).collect();
            format!("which is not written as {}", forms.join(" or "))
        });
        Err(format!("gives {}, {why}", brief(&text.into())))
    }

    fn usual(&self, text: &str) -> Result<Found, String> {
        if let Some(time) = Time::parse(text) {
            return Ok((time, None));
        }
        for form in &self.usual {
            if let Form::Fields { pieces, .. } = form
                && let Some(found) = self
                    .fields(text, pieces, false)
                    .map_err(|why| format!("gives {}, {why}", brief(&text.into())))?
            {
                return Ok(found);
            }
        }
        let hint = "at_format names others, such as \"%d/%m/%Y %H:%M\", or \"s\" and \"ms\" since 1970";
        Err(format!("gives {}, which is not an RFC 3339 time ({hint})", brief(&text.into())))
    }

    /// Reads a text that is written in fields; `None` where it is not. Without a zone it is UTC if `bare` times are.
    fn fields(&self, text: &str, pieces: &[Piece], bare: bool) -> Result<Option<Found>, String> {
        let mut parsed = Parsed::new();
        let Some((rest, name)) = read(&mut parsed, text, pieces) else { return Ok(None) };
        if !rest.is_empty() {
            return Ok(None);
        }
        let Some(local) = local(&mut parsed) else { return Ok(None) };
        let offset = parsed.offset().and_then(FixedOffset::east_opt);
        if parsed.timestamp().is_some() {
            return Ok(Some((Time(local.and_utc().timestamp_micros()), None)));
        }
        let found = match (offset, name, self.zone) {
            (Some(offset), ..) => (at(local, offset), None),
            (None, Some(name), zone) => Self::named(local, name, zone)?,
            (None, None, Some(zone)) => by_clock(local, zone),
            (None, None, None) if bare => (Time(local.and_utc().timestamp_micros()), None),
            (None, None, None) => {
                return Err("which names no zone (zone = \"Europe/Berlin\" in the mapping says which is meant, \"UTC\" too)".into());
            }
        };
        Ok(Some(found))
    }

    /// A local time with the name of its zone: one that means one offset, or what the mapping's zone calls it.
    fn named(local: NaiveDateTime, name: &str, zone: Option<Tz>) -> Result<Found, String> {
        if ["UTC", "GMT", "Z"].contains(&name) {
            return Ok((Time(local.and_utc().timestamp_micros()), None));
        }
        if name.contains('/')
            && let Ok(zone) = name.parse::<Tz>()
        {
            return Ok(by_clock(local, zone));
        }
        let Some(zone) = zone else {
            return Err(format!(
                "and {name} is not the name of one zone alone (zone = \"Europe/Berlin\" in the mapping says which is meant)"
            ));
        };
        let called = match zone.offset_from_local_datetime(&local) {
            LocalResult::Single(one) => vec![one],
            LocalResult::Ambiguous(first, second) => vec![first, second],
            LocalResult::None => Vec::new(),
        };
        match called.into_iter().find(|offset| offset.abbreviation() == Some(name)) {
            Some(offset) => Ok((at(local, offset.fix()), None)),
            None => Err(format!("and {zone} is not called {name} then")),
        }
    }
}

fn at(local: NaiveDateTime, offset: FixedOffset) -> Time {
    Time(local.and_utc().timestamp_micros() - i64::from(offset.local_minus_utc()) * 1_000_000)
}

/// The time at which a zone's clocks show this. What they show twice is the first; what they never show is as far
/// behind the change as they say.
fn by_clock(local: NaiveDateTime, zone: Tz) -> Found {
    match zone.offset_from_local_datetime(&local) {
        LocalResult::Single(offset) => (at(local, offset.fix()), None),
        LocalResult::Ambiguous(first, _) => (at(local, first.fix()), Some(Notice::ShownTwice)),
        LocalResult::None => {
            let before = local.checked_sub_signed(LARGEST_SHIFT).unwrap_or(local);
            let offset = zone.offset_from_local_datetime(&before).earliest();
            let offset = offset.unwrap_or_else(|| zone.offset_from_utc_datetime(&before));
            (at(local, offset.fix()), Some(Notice::NeverShown))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, forms: &[&str], zone: &str) -> Result<String, String> {
        let forms = forms.iter().map(|form| Form::parse(form).unwrap()).collect();
        let zone = (!zone.is_empty()).then(|| zone.parse().unwrap());
        let (time, notice) = Times::new(forms, zone).text(text)?;
        Ok(format!("{time}{}", notice.map_or(String::new(), |notice| format!(" {notice:?}"))))
    }

    #[test]
    fn an_offset_is_honoured_however_it_is_written() {
        for (text, form) in [
            ("20/Apr/2026:10:04:03 -0500", "%d/%b/%Y:%H:%M:%S %z"),
            ("2026-04-20 10:04:03-05:00", "%F %T%:z"),
            ("2026-04-20 10:04:03-05", "%F %T%#z"),
            ("2026-04-20T10:04:03-05:00", "%+"),
            ("2026-04-20 15:04:03 UTC", "%F %T %Z"),
            ("2026-04-20 15:04:03GMT", "%F %T%Z"),
            ("2026-04-20T15:04:03Z", "%FT%T%Z"),
            ("2026-04-20 10:04:03 America/Chicago", "%F %T %Z"),
            ("2026-04-20 10:04:03 Etc/GMT+5", "%F %T %Z"),
            ("Mon Apr 20 2026 10:04:03 GMT-0500 (CDT)", "%a %b %d %Y %T GMT%z (%Z)"),
            ("1776697443", "%s"),
        ] {
            assert_eq!(read(text, &[form], ""), Ok("2026-04-20T15:04:03Z".to_owned()), "{text}");
            // The mapping's zone is for times that name none.
            if !form.contains("%Z") {
                assert_eq!(
                    read(text, &[form], "Asia/Tokyo"),
                    Ok("2026-04-20T15:04:03Z".to_owned()),
                    "{text}"
                );
            }
        }
        assert_eq!(read("2026-04-20 -0500", &["%F %z"], ""), Ok("2026-04-20T05:00:00Z".to_owned()));
    }

    #[test]
    fn a_name_of_many_zones_is_refused_unless_the_mapping_says_which() {
        let form = &["%Y-%m-%d %H:%M:%S%.f %Z"];
        let text = "2019-07-26 10:04:05.148 CST";
        assert!(read(text, form, "").unwrap_err().contains("CST is not the name of one zone alone"));
        assert_eq!(read(text, form, "Asia/Shanghai"), Ok("2019-07-26T02:04:05.148Z".to_owned()));
        assert!(
            read(text, form, "America/Chicago")
                .unwrap_err()
                .contains("America/Chicago is not called CST then")
        );
        // The name tells the two apart that a clock shows.
        assert_eq!(
            read("2024-10-27 02:30:00 CEST", form, "Europe/Berlin"),
            Ok("2024-10-27T00:30:00Z".to_owned())
        );
        assert_eq!(
            read("2024-10-27 02:30:00 CET", form, "Europe/Berlin"),
            Ok("2024-10-27T01:30:00Z".to_owned())
        );
    }

    #[test]
    fn a_fraction_has_any_separator_and_any_length() {
        for (text, form, read_as) in [
            ("2024-01-01 10:00:00,1", "%F %T%.f", ".100"),
            ("2024-01-01 10:00:00:123", "%F %T%.3f", ".123"),
            ("2024-01-01 10:00:00.1234567", "%F %T%.f", ".123456"),
            ("2024-01-01 10:00:00", "%F %T%.f", ""),
            ("2024-01-01 10:00:00,148", "%F %T,%f", ".148"),
            ("2024-01-01 10:00:00|00014800000", "%F %T|%f", ".000148"),
            ("20240101100000148", "%Y%m%d%H%M%S%3f", ".148"),
        ] {
            assert_eq!(read(text, &[form], ""), Ok(format!("2024-01-01T10:00:00{read_as}Z")), "{text}");
        }
    }

    #[test]
    fn what_is_left_over_or_missing_is_refused() {
        for (text, form) in [
            ("2024-01-01 10:00:00 x", "%F %T"),
            ("10:00", "%H:%M"),
            ("31/2/2016 7:05", "%d/%m/%Y %H:%M"),
            ("2024-01-01 07", "%F %M"),
        ] {
            assert!(read(text, &[form], "").is_err(), "{text}");
        }
        assert_eq!(read("2024-01-01 07", &["%F %H"], ""), Ok("2024-01-01T07:00:00Z".to_owned()));
        assert_eq!(read("9.3.2016", &["%d.%m.%Y"], ""), Ok("2016-03-09T00:00:00Z".to_owned()));
        assert!(read("yesterday", &[], "").unwrap_err().contains("RFC 3339"));
        assert!(Form::parse("yesterday").is_none() && Form::parse("%Q").is_none());
    }

    #[test]
    fn several_formats_are_tried_in_order() {
        let forms = &["%d/%m/%Y", "%m/%d/%Y %H:%M", "ms"];
        assert_eq!(read("09/03/2016", forms, ""), Ok("2016-03-09T00:00:00Z".to_owned()));
        assert_eq!(read("09/03/2016 07:05", forms, ""), Ok("2016-09-03T07:05:00Z".to_owned()));
        assert_eq!(read("1620225768557", forms, ""), Ok("2021-05-05T14:42:48.557Z".to_owned()));
        assert!(read("soon", forms, "").unwrap_err().contains("%d/%m/%Y or %m/%d/%Y %H:%M or ms"));
    }

    #[test]
    fn usual_times_need_no_format() {
        for text in [
            "2016-03-09T07:05:00.123456789+01:00",
            "2016-03-09 06:05:00.123456+00",
            "2016-03-09T06:05:00,123456Z",
            "2016-03-09T08:05:00.123456+0200",
        ] {
            assert_eq!(read(text, &[], ""), Ok("2016-03-09T06:05:00.123456Z".to_owned()), "{text}");
        }
        assert!(read("2016-03-09 06:05:00", &[], "").unwrap_err().contains("zone = "));
        assert_eq!(read("2016-03-09 06:05:00", &[], "UTC"), Ok("2016-03-09T06:05:00Z".to_owned()));
        assert_eq!(read("unknown", &[], ""), Ok("unknown".to_owned()));
    }

    #[test]
    fn a_clock_that_is_changed_is_decided_by_a_rule() {
        let at = |text| read(text, &["%d.%m.%Y %H:%M"], "Europe/Berlin");
        assert_eq!(at("27.10.2024 01:30"), Ok("2024-10-26T23:30:00Z".to_owned()));
        assert_eq!(at("27.10.2024 02:30"), Ok("2024-10-27T00:30:00Z ShownTwice".to_owned()));
        assert_eq!(at("27.10.2024 03:30"), Ok("2024-10-27T02:30:00Z".to_owned()));
        // 02:30 is never shown: half an hour behind the change, which is 03:30.
        assert_eq!(at("31.03.2024 02:30"), Ok("2024-03-31T01:30:00Z NeverShown".to_owned()));
        // A day that was left out.
        let samoa = read("2011-12-30 12:00", &["%F %H:%M"], "Pacific/Apia");
        assert_eq!(samoa, Ok("2011-12-30T22:00:00Z NeverShown".to_owned()));
    }

    #[test]
    fn a_number_is_seconds_and_says_how_to_read_others() {
        let number = |digits| Times::new(Vec::new(), None).number(digits);
        assert_eq!(number("1.5"), Ok((Time(1_500_000), None)));
        assert!(number("1620225768557").unwrap_err().contains("at_format = \"ms\""));
    }
}
