//! Paths as jq writes them.

use std::fmt::Write as _;

/// A path as jq writes it: `.a.b`, `."odd key"`; `.` where it is empty.
pub fn path_of<K: AsRef<str>>(keys: &[K]) -> String {
    let mut text = String::new();
    for key in keys {
        let key = key.as_ref();
        let plain = key
            .chars()
            .enumerate()
            .all(|(i, c)| c == '_' || c.is_ascii_alphabetic() || (i > 0 && c.is_ascii_digit()));
        // Writing to a string cannot fail.
        let _ = if plain && !key.is_empty() {
            write!(text, ".{key}")
        } else {
            write!(text, ".{}", serde_json::Value::String(key.to_owned()))
        };
    }
    if text.is_empty() { ".".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_written_as_jq_reads_them() {
        assert_eq!(path_of(&["a", "b2"]), ".a.b2");
        assert_eq!(path_of(&["a b"]), ".\"a b\"");
        assert_eq!(path_of(&["a", "é", "c"]), ".a.\"é\".c");
        assert_eq!(path_of::<&str>(&[]), ".");
    }
}
