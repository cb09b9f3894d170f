//! Times in fields: what a format says is taken out of a text.

use chrono::format::{Parsed, parse_and_remainder};
use chrono::{NaiveDateTime, NaiveTime};

use super::Piece;

/// Reads the pieces from a text: what is left of it, and the name of a zone.
pub fn read<'t>(parsed: &mut Parsed, text: &'t str, pieces: &[Piece]) -> Option<(&'t str, Option<&'t str>)> {
    let (mut rest, mut name) = (text, None);
    for piece in pieces {
        match piece {
            Piece::Items(items) => rest = parse_and_remainder(parsed, rest, items.iter()).ok()?,
            Piece::Name => {
                let start = rest.trim_start();
                let mut place = false;
                let end = start.find(|letter: char| {
                    // Behind a slash a name may have more: Etc/GMT+5, America/Port-au-Prince.
                    place |= letter == '/';
                    !(letter.is_ascii_alphabetic()
                        || "/_".contains(letter)
                        || (place && (letter.is_ascii_digit() || "+-".contains(letter))))
                });
                let (found, behind) = start.split_at(end.unwrap_or(start.len()));
                if found.is_empty() {
                    return None;
                }
                (name, rest) = (Some(found), behind);
            }
            Piece::Fraction { dotted } => {
                let digits = if *dotted { rest.strip_prefix(['.', ',', ':']) } else { Some(rest) };
                let digits =
                    digits.filter(|digits| digits.starts_with(|letter: char| letter.is_ascii_digit()));
                match digits {
                    Some(digits) => {
                        let end =
                            digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
                        let nanos = format!("{:0<9}", &digits[..end.min(9)]).parse().ok()?;
                        parsed.set_nanosecond(nanos).ok()?;
                        rest = &digits[end..];
                    }
                    None if *dotted => {}
                    None => return None,
                }
            }
        }
    }
    Some((rest, name))
}

/// The clock's time in what was read: midnight where only a day was, a whole hour where no minutes were.
pub fn local(parsed: &mut Parsed) -> Option<NaiveDateTime> {
    let hour = parsed.hour_mod_12().is_some() || parsed.hour_div_12().is_some();
    if hour && parsed.minute().is_none() {
        parsed.set_minute(0).ok()?;
    }
    if parsed.nanosecond().is_some() && parsed.second().is_none() && parsed.timestamp().is_none() {
        return None;
    }
    if !hour && parsed.minute().is_none() && parsed.second().is_none() && parsed.timestamp().is_none() {
        return Some(parsed.to_naive_date().ok()?.and_time(NaiveTime::MIN));
    }
    parsed.to_naive_datetime_with_offset(0).ok()
}
