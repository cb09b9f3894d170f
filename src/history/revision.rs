//! The ways to write a point in history: `Task/42@3`, `Task/42@2019-04-20`, `118`, `#118`, `3fa9c1`, `h:1234`.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime};

use crate::event::{AggregateId, Position, Time, Version};

/// A point on an aggregate's own history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Its newest version.
    Head,
    /// A version; 0 is before the first event.
    Version(Version),
    /// So many events back from the head.
    Back(Version),
    /// The last version whose effective time is at most this.
    Time(Time),
}

/// A revision as it was written, before it is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revision {
    /// An aggregate, at a point of its own history.
    Aggregate(AggregateId, When),
    /// A point of the history of the aggregate at hand.
    Here(When),
    /// The event at a position.
    Position(Position),
    /// The event whose hash starts like this, in lower case.
    Hash(String),
    /// The whole store at a time.
    Time(Time),
}

impl Revision {
    /// Reads a revision. An id may hold `@` or end in a space: the caller looks up `exact` first, as an exact id wins.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some((name, suffix)) = text.rsplit_once('@') {
            if name.is_empty() {
                return when(suffix).map(Self::Here);
            }
            if let (Ok(aggregate), Some(when)) = (name.parse(), when(suffix)) {
                return Some(Self::Aggregate(aggregate, when));
            }
        }
        if let Ok(aggregate) = text.parse() {
            return Some(Self::Aggregate(aggregate, When::Head));
        }
        if let Some(digits) = text.strip_prefix("h:") {
            return hash(digits);
        }
        if let Some(back) = text.strip_prefix('-').and_then(number) {
            return Some(Self::Here(When::Back(back)));
        }
        if let Some(position) = number(text.strip_prefix('#').unwrap_or(text)) {
            return Some(Self::Position(position));
        }
        if let Some(time) = time(text) {
            return Some(Self::Time(time));
        }
        if text.bytes().any(|b| b.is_ascii_alphabetic()) { hash(text) } else { None }
    }

    /// The same text read as nothing but an aggregate's id, where it can be one: to the letter, else without the spaces
    /// around it.
    pub fn exact(text: &str) -> impl Iterator<Item = AggregateId> {
        let trimmed = Some(text.trim()).filter(|trimmed| *trimmed != text);
        [Some(text), trimmed].into_iter().flatten().filter_map(|text| text.parse().ok())
    }
}

fn when(text: &str) -> Option<When> {
    if text.is_empty() {
        return Some(When::Head);
    }
    if let Some(back) = text.strip_prefix('-').and_then(number) {
        return Some(When::Back(back));
    }
    let version = text.strip_prefix('v').unwrap_or(text);
    number(version).map(When::Version).or_else(|| time(text).map(When::Time))
}

fn number(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

fn hash(digits: &str) -> Option<Revision> {
    let fits = (2..=64).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    fits.then(|| Revision::Hash(digits.to_ascii_lowercase()))
}

/// A time as people write one: a date (its end, in UTC), or a date and a time, seconds and zone optional.
pub fn time(text: &str) -> Option<Time> {
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        let next = date.checked_add_days(Days::new(1))?.and_hms_opt(0, 0, 0)?;
        return Some(Time(next.and_utc().timestamp_micros() - 1));
    }
    if let Some(time) = Time::parse(text) {
        return Some(time);
    }
    // RFC 3339 with a space for its T, without its seconds, or without its zone.
    let spelled = text.replacen(' ', "T", 1);
    let zoned = ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z"]
        .into_iter()
        .find_map(|form| DateTime::parse_from_str(&spelled, form).ok());
    if let Some(time) = zoned {
        return Some(Time(time.timestamp_micros()));
    }
    if let Some(short) = text.strip_suffix('Z') {
        return naive(short);
    }
    naive(text)
}

fn naive(text: &str) -> Option<Time> {
    let text = text.replace(' ', "T");
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
        .into_iter()
        .find_map(|form| NaiveDateTime::parse_from_str(&text, form).ok())
        .map(|t| Time(t.and_utc().timestamp_micros()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aggregate(text: &str, when: When) -> Option<Revision> {
        text.parse().ok().map(|aggregate| Revision::Aggregate(aggregate, when))
    }

    #[test]
    fn reads_every_way_to_name_a_point() {
        assert_eq!(Revision::parse("Task/42"), aggregate("Task/42", When::Head));
        assert_eq!(Revision::parse("Task/42@3"), aggregate("Task/42", When::Version(3)));
        assert_eq!(Revision::parse("Task/42@v3"), aggregate("Task/42", When::Version(3)));
        assert_eq!(Revision::parse("Task/42@-2"), aggregate("Task/42", When::Back(2)));
        assert_eq!(Revision::parse("Task/a@b@"), aggregate("Task/a@b", When::Head));
        assert_eq!(Revision::parse("Task/a b@c"), aggregate("Task/a b@c", When::Head));
        assert_eq!(Revision::parse("Pod/ns/web@1"), aggregate("Pod/ns/web", When::Version(1)));
        assert_eq!(Revision::parse("118"), Some(Revision::Position(118)));
        assert_eq!(Revision::parse("#118"), Some(Revision::Position(118)));
        assert_eq!(Revision::parse("3fA9c1"), Some(Revision::Hash("3fa9c1".into())));
        assert_eq!(Revision::parse("h:1234"), Some(Revision::Hash("1234".into())));
        assert_eq!(Revision::parse("@3"), Some(Revision::Here(When::Version(3))));
        assert_eq!(Revision::parse("nonsense"), None);
    }

    #[test]
    fn a_bare_date_is_the_end_of_its_day() {
        let end = Time::parse("2019-04-20T23:59:59.999999Z").unwrap();
        assert_eq!(Revision::parse("Task/42@2019-04-20"), aggregate("Task/42", When::Time(end)));
        assert_eq!(time("2019-04-20T10:30Z"), Time::parse("2019-04-20T10:30:00Z"));
        assert_eq!(time("2019-04-20 10:30"), Time::parse("2019-04-20T10:30:00Z"));
        assert_eq!(time("2019-04-20T10:30:00+02:00"), Time::parse("2019-04-20T08:30:00Z"));
    }
}
