//! How far two times lie apart, in words.

use super::Time;

/// A second in microseconds.
pub const SECOND: i64 = 1_000_000;
/// A minute.
pub const MINUTE: i64 = 60 * SECOND;
/// An hour.
pub const HOUR: i64 = 60 * MINUTE;
/// A day.
pub const DAY: i64 = 24 * HOUR;

/// A distance in its largest unit: `3d`, `2h`, `12ms`; never longer than five columns below ten thousand years.
pub fn distance(micros: i64) -> String {
    let n = micros.saturating_abs();
    let (unit, name) = match n {
        0..1_000 => (1, "µs"),
        1_000..SECOND => (1_000, "ms"),
        SECOND..MINUTE => (SECOND, "s"),
        MINUTE..HOUR => (MINUTE, "m"),
        HOUR..DAY => (HOUR, "h"),
        _ if n < 14 * DAY => (DAY, "d"),
        _ if n < 60 * DAY => (7 * DAY, "w"),
        _ if n < 730 * DAY => (30 * DAY, "mo"),
        _ => (365 * DAY, "y"),
    };
    if n == 0 { "0".into() } else { format!("{}{name}", n / unit) }
}

/// Reads a distance: `90s`, `1h30m`, `2d`; nothing where it is none.
pub fn parse(text: &str) -> Option<i64> {
    let (mut total, mut rest) = (0_i64, text.trim());
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, behind) = rest.split_at(end);
        let end = behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(end);
        let unit = match unit {
            "ms" => 1_000,
            "s" => SECOND,
            "m" => MINUTE,
            "h" => HOUR,
            "d" => DAY,
            _ => return None,
        };
        total = total.checked_add(number.parse::<i64>().ok()?.checked_mul(unit)?)?;
        rest = behind;
    }
    Some(total)
}

/// The way from one time to another with its sign: `+3d`, `-2h`; nothing where one of them is not known.
pub fn gap(from: Time, to: Time) -> String {
    if from == Time::UNKNOWN || to == Time::UNKNOWN {
        return String::new();
    }
    let n = to.0.saturating_sub(from.0);
    format!("{}{}", if n < 0 { '-' } else { '+' }, distance(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        Time::parse(text).unwrap()
    }

    #[test]
    fn distances_keep_their_largest_unit() {
        assert_eq!(gap(at("2019-04-21T12:00:00Z"), at("2019-04-24T12:02:11Z")), "+3d");
        assert_eq!(gap(at("2019-04-21T12:00:00Z"), at("2019-04-21T11:58:00Z")), "-2m");
        assert_eq!(
            [distance(0), distance(12_000), distance(20 * DAY), distance(400 * DAY)],
            ["0", "12ms", "2w", "13mo"]
        );
        assert_eq!(distance(i64::MIN), "292471y");
    }

    #[test]
    fn distances_are_read_in_their_units() {
        assert_eq!(parse("1h30m"), Some(90 * MINUTE));
        assert_eq!(parse("10s"), Some(10 * SECOND));
        assert_eq!(parse("250ms"), Some(250_000));
        assert_eq!(parse("0s"), Some(0));
        for wrong in ["", "1", "h", "1x", "99999999999999999999h", "1h3"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
