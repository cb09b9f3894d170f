//! Times as jq tells of them: `[year, month from 0, day, hours, minutes, seconds, day of the week, day of the year]`.

use chrono::format::{Parsed, StrftimeItems, parse};
use chrono::{DateTime, Datelike as _, NaiveDate, Timelike as _};
use jaq_json::Val;
use jaq_std::ValT as _;

use super::limits::{fits, work};
use super::value::{Error, V, ValR};

/// Seconds of a day.
const DAY: i64 = 86_400;

/// What a format may make: two letters may stand for a whole date.
fn bound(format: &[u8]) {
    fits(format.len().saturating_mul(32));
    work(format.len() / 4);
}

/// Named time zones are read from the machine's files, and differ from one to the next.
pub(super) fn guard(input: V, format: &V) -> ValR {
    let format = format.as_bytes().unwrap_or_default();
    bound(format);
    if format.contains(&b'Q') {
        return Err(Error::str("time zone names (%Q) are not available"));
    }
    Ok(input)
}

/// `strptime`: what the text does not say is what C's leaves there.
pub(super) fn broken_down(input: &V, format: &V) -> ValR {
    let (Some(text), Some(format)) = (input.as_bytes(), format.as_bytes()) else {
        return Err(Error::str("strptime/1 requires string inputs and arguments"));
    };
    bound(format);
    let (text, format) = (String::from_utf8_lossy(text), String::from_utf8_lossy(format));
    let mut parsed = Parsed::new();
    let fits = || Error::str(format_args!("date \"{text}\" does not match format \"{format}\""));
    parse(&mut parsed, text.trim_end(), StrftimeItems::new(&format)).map_err(|_| fits())?;
    if let Some(stamp) = parsed.timestamp() {
        return Ok(told(DateTime::from_timestamp(stamp, 0).ok_or_else(fits)?, 0.0));
    }
    let day = parsed.to_naive_date().ok();
    let year = day.map(|day| day.year()).or(parsed.year()).unwrap_or(1900);
    let month = day.map(|day| day.month()).or(parsed.month()).unwrap_or(1);
    let hour = parsed.hour_div_12().unwrap_or(0) * 12 + parsed.hour_mod_12().unwrap_or(0);
    let of_month = day.map(|day| day.day()).or(parsed.day()).unwrap_or(0);
    let fields = [year, month as i32 - 1, of_month as i32, hour as i32];
    let fields = fields.map(|field| V::from(field as isize)).into_iter();
    let rest = [parsed.minute().unwrap_or(0), parsed.second().unwrap_or(0)];
    let fields: Vec<V> = fields.chain(rest.map(|field| V::from(field as usize))).collect();
    let days = epoch_days(i64::from(year), i64::from(month) - 1, i64::from(of_month)).ok_or_else(fits)?;
    let of_week = (days + 4).rem_euclid(7) as isize;
    let first = epoch_days(i64::from(year), 0, 1).ok_or_else(fits)?;
    Ok(fields.into_iter().chain([V::from(of_week), V::from((days - first) as isize)]).collect())
}

/// `gmtime`.
pub(super) fn gmtime(input: &V) -> ValR {
    let seconds = input.as_f64().unwrap_or(f64::NAN);
    // A microsecond is as much as a double of today's times tells apart.
    let micros = (seconds * 1e6).round();
    let time = DateTime::from_timestamp_micros(micros as i64).filter(|_| micros.is_finite());
    let time =
        time.ok_or_else(|| Error::str("error converting number of seconds since epoch to datetime"))?;
    Ok(told(time, f64::from(time.timestamp_subsec_micros()) / 1e6))
}

fn told(time: DateTime<chrono::Utc>, part: f64) -> V {
    let second =
        if part > 0.0 { V::from(f64::from(time.second()) + part) } else { V::from(time.second() as usize) };
    let fields = [time.year() as isize, time.month0() as isize, time.day() as isize, time.hour() as isize];
    let day = [time.weekday().num_days_from_sunday() as usize, time.ordinal0() as usize];
    let fields = fields.map(V::from).into_iter().chain([V::from(time.minute() as usize), second]);
    fields.chain(day.map(V::from)).collect()
}

/// The seconds since 1970 of an array of fields, which may go beyond their ranges; those that are not there are 0.
pub(super) fn epoch(input: &V, function: &V) -> ValR {
    let Val::Arr(items) = &input.0 else { return Err(Error::typ(input.clone(), "array")) };
    let mut fields = [0i64; 6];
    for (field, item) in fields.iter_mut().zip(items.iter()) {
        let number = V(item.clone()).as_f64();
        let number = number.ok_or_else(|| {
            let function = String::from_utf8_lossy(function.as_bytes().unwrap_or_default());
            Error::str(format_args!("{function} requires parsed datetime inputs"))
        })?;
        *field = number.floor() as i64;
    }
    let [year, month, day, hour, minute, second] = fields;
    let seconds = || {
        let day = epoch_days(year, month, day)?.checked_mul(DAY)?;
        let hour = hour.checked_mul(3600)?;
        day.checked_add(hour)?.checked_add(minute.checked_mul(60)?)?.checked_add(second)
    };
    seconds()
        .map(|seconds| V::from(seconds as isize))
        .ok_or_else(|| Error::str("invalid gmtime representation"))
}

/// Days since 1970; the month counts from 0.
fn epoch_days(year: i64, month: i64, day: i64) -> Option<i64> {
    let year = year.checked_add(month.div_euclid(12))?;
    let first = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month.rem_euclid(12) as u32 + 1, 1)?;
    i64::from(first.num_days_from_ce() - 719_163).checked_add(day.checked_sub(1)?)
}
