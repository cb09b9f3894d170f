//! Which states are one: what is kept of many of them is kept once.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::State;

/// What may tell the order of an object's keys, wherever it stands in a rule.
const SIGNS: [&str; 3] = ["..", "\\(", "@"];

/// The same of functions: they go through the values of what they get, or write it as text.
const WORDS: &[&str] = &[
    "add",
    "all",
    "any",
    "first",
    "flatten",
    "foreach",
    "from_entries",
    "fromstream",
    "getpath",
    "implode",
    "isempty",
    "join",
    "keys_unsorted",
    "last",
    "leaf_paths",
    "limit",
    "map",
    "map_values",
    "min_by",
    "max_by",
    "nth",
    "path",
    "paths",
    "pick",
    "recurse",
    "reduce",
    "skip",
    "to_entries",
    "tojson",
    "tostream",
    "tostring",
    "truncate_stream",
    "until",
    "values",
    "walk",
    "while",
    "with_entries",
];

impl State {
    /// A number that is the same for equal states, whatever the order of their keys.
    pub fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        hasher.finish()
    }
}

/// Whether a rule may tell the order of an object's keys, as far as its text tells: better once too often.
pub fn minds_key_order(source: &str) -> bool {
    SIGNS.iter().any(|sign| source.contains(sign))
        || WORDS
            .iter()
            .any(|word| source.match_indices(word).any(|(at, _)| is_call(source, (at, at + word.len()))))
        || source.match_indices("[]").any(|(at, _)| iterates(&source[..at]))
}

/// Whether a word that stands there is a function, and neither a field, a variable, a key nor a part of a longer word.
fn is_call(source: &str, (from, to): (usize, usize)) -> bool {
    let of_word = |c: char| c.is_alphanumeric() || c == '_';
    !source[..from].ends_with(|c: char| of_word(c) || matches!(c, '.' | '$' | '"'))
        && !source[to..].starts_with(|c: char| of_word(c) || c == ':')
}

/// Whether `[]` behind this goes through values, and is no empty array.
fn iterates(before: &str) -> bool {
    before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ')' | ']' | '"' | '?' | '}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_states_have_one_number_however_their_keys_stand() {
        let digest = |json: &str| State::from_json(json).unwrap().digest();
        assert_eq!(digest(r#"{"a":1,"b":{"c":[2],"d":3}}"#), digest(r#"{"b":{"d":3,"c":[2]},"a":1.0}"#));
        assert_ne!(digest(r#"{"a":1,"b":2}"#), digest(r#"{"a":2,"b":1}"#));
    }

    #[test]
    fn what_goes_through_values_minds_how_they_stand_and_what_sets_fields_does_not() {
        for source in [
            ".a = [.b[]]",
            ".a = tojson",
            ".a = \"\\(.b)\"",
            "with_entries(.)",
            ".a |= map(.)",
            "[..]",
            ".[]",
        ] {
            assert!(minds_key_order(source), "{source}");
        }
        for source in [
            ".n += 1",
            ".list = (.list // []) + [$data.x]",
            "if .x == [] then . else .a = $at end",
            "del(.a[0])",
            ".last = {all: .first}",
        ] {
            assert!(!minds_key_order(source), "{source}");
        }
    }
}
