//! Texts that others wrote, on their way in: read once, where they are what they should be.

use std::borrow::Cow;

use jaq_json::Val;

use super::compact::{self, Slips};
use super::state::{MAX_DEPTH, State, measure, utf8, write};
use crate::error::{Error, Result};

impl State {
    /// Reads a text that others wrote: the text as it is kept, what was let through in it, and the value. With `strict`
    /// nothing is let through.
    pub fn read(text: &str, strict: bool) -> Result<(Cow<'_, str>, Slips, Self)> {
        // Most texts need no second look: a key that stands twice is one that the value lacks.
        if let Ok(value) = serde_json::from_str::<Val>(text)
            && let Some((kept, keys)) = compact::plain(text)
            && keys == members_in(&value)
        {
            return Ok((kept, Slips::default(), Self(value)));
        }
        let (kept, slips) = if strict {
            (compact::compact(text)?, Slips::default())
        } else {
            compact::compact_leniently(text)?
        };
        let value = Self::from_compact(&kept, slips)?;
        Ok((kept, slips, value))
    }

    /// The members of an object, each as compact JSON; an error for anything else, and where [`Self::to_json`] is one.
    pub fn members(&self) -> Result<Vec<(String, String)>> {
        measure(&self.0, MAX_DEPTH)?;
        let Val::Obj(map) = &self.0 else { return Err(Error::refused("the result is not an object")) };
        let member = |(key, value): (&Val, &Val)| {
            let mut out = Vec::with_capacity(32);
            write(&mut out, value)?;
            let text = String::from_utf8(out).map_err(|_| super::state::not_text())?;
            Ok((utf8(key)?.to_owned(), text))
        };
        map.iter().map(member).collect()
    }
}

/// How many members all of a value's objects have.
fn members_in(value: &Val) -> usize {
    match value {
        Val::Obj(map) => map.len() + map.values().map(members_in).sum::<usize>(),
        Val::Arr(items) => items.iter().map(members_in).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_at_once_as_in_two_steps() {
        let deep = format!("{}1{}", "[".repeat(101), "]".repeat(101));
        for text in [
            r#"{"a":1,"b":[true,null,"x"]}"#,
            r#" { "a" : 1.50 , "b" : { } } "#,
            r#"{"a":1,"a":2}"#,
            r#"{"a":{"b":1,"c":2},"b":{"b":1,"b":3}}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"a":"\ud800"}"#,
            r#"{"a":12345678901234567890123,"b":1e999}"#,
            r#"{"a":0.1000000000000000055511151231257827}"#,
            "\"only a text\"",
            "3",
            "",
            "{",
            "{} {}",
            &deep,
        ] {
            for strict in [false, true] {
                let at_once = State::read(text, strict);
                let steps = if strict {
                    compact::compact(text).map(|kept| (kept, Slips::default()))
                } else {
                    compact::compact_leniently(text)
                };
                let steps = steps.and_then(|(kept, slips)| {
                    let value = State::from_compact(&kept, slips)?;
                    Ok((kept, slips, value))
                });
                assert_eq!(format!("{at_once:?}"), format!("{steps:?}"), "{text} {strict}");
            }
        }
    }

    #[test]
    fn members_are_what_the_whole_is_written_with() {
        let state = State::from_json(r#"{"a":[1,{"b":"\u00e9\n"}],"c\"":null}"#).unwrap();
        let members: Vec<String> = state
            .members()
            .unwrap()
            .iter()
            .map(|(key, value)| format!("{}:{value}", serde_json::Value::from(key.as_str())))
            .collect();
        assert_eq!(format!("{{{}}}", members.join(",")), state.to_json().unwrap());
        assert!(State::null().members().is_err());
    }
}
