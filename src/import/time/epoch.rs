//! Times that are counts since 1970.

use crate::event::Time;

/// Seconds from 1970 to the years 1 and 10000: RFC 3339 can write what lies between.
const YEARS: std::ops::Range<i64> = -62_135_596_800..253_402_300_800;

/// So many units since 1970, digit by digit: a double would lose the last of nanoseconds. What lies below the
/// microsecond is cut off of whole units, and rounded in what was calculated.
pub fn epoch(digits: &str, per_second: i64) -> Option<Time> {
    let expanded;
    let plain = if digits.contains(['e', 'E']) {
        expanded = format!("{}", digits.parse::<f64>().ok().filter(|number| number.is_finite())?);
        &expanded
    } else {
        digits
    };
    let (negative, plain) = plain.strip_prefix('-').map_or((false, plain), |rest| (true, rest));
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let all = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 25 || !all(whole) || !all(fraction) {
        return None;
    }
    let parts: i128 = format!("{whole}{:0<9}", &fraction[..fraction.len().min(9)]).parse().ok()?;
    let parts = if negative { -parts } else { parts };
    // Billionths of a unit to microseconds.
    let (unit, half) = (i128::from(per_second) * 1_000, i128::from(!fraction.is_empty()));
    let micros = (parts + half * unit / 2).div_euclid(unit);
    let micros = i64::try_from(micros).ok()?;
    YEARS.contains(&micros.div_euclid(1_000_000)).then_some(Time(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_keep_every_digit() {
        for (digits, per_second, read_as) in [
            ("1620225768", 1, "2021-05-05T14:42:48Z"),
            ("1620225768.557001", 1, "2021-05-05T14:42:48.557001Z"),
            ("1620225768557", 1_000, "2021-05-05T14:42:48.557Z"),
            ("1620225768557001", 1_000_000, "2021-05-05T14:42:48.557001Z"),
            ("1620225768557001999", 1_000_000_000, "2021-05-05T14:42:48.557001Z"),
            ("-1", 1, "1969-12-31T23:59:59Z"),
            ("-1", 1_000_000_000, "1969-12-31T23:59:59.999999Z"),
            ("1.6202257685e9", 1, "2021-05-05T14:42:48.500Z"),
            ("1.9999999", 1, "1970-01-01T00:00:02Z"),
        ] {
            assert_eq!(epoch(digits, per_second).unwrap().to_string(), read_as, "{digits}");
        }
        for digits in ["", "-", "1e999", "12:00", "0x10", "1620225768557", "99999999999999999999999999"] {
            assert!(epoch(digits, 1).is_none(), "{digits}");
        }
    }
}
