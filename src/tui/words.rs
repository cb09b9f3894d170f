//! What a word that is being typed may become: a field, a variable, a waypoint.

use super::model::Model;
use crate::session::filter_words;
use crate::visible::is_harmful;

/// Which words there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// Those of a filter over events.
    OfEvents,
    /// Those of a filter over records.
    OfRecords,
    /// Waypoints and branches.
    Revisions,
}

impl Words {
    /// All of them, as far as they are known.
    pub fn all(self, model: &Model) -> Vec<String> {
        if self == Self::Revisions {
            let waypoints = model.waypoints.iter().map(|waypoint| format!("%{}", waypoint.name));
            return waypoints
                .chain(model.branches.iter().map(|branch| format!("{}:", branch.name)))
                .collect();
        }
        let of_events = self == Self::OfEvents;
        let one = model.cursor.aggregate.as_ref().filter(|_| model.cursor.is_one());
        let kind = if of_events { one.map(|one| &one.kind) } else { model.list.kind.as_ref() };
        let kind = kind.map(String::as_str);
        let plain = |part: &str| {
            part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                && !part.starts_with(|c: char| c.is_ascii_digit())
        };
        let mut words = filter_words(of_events);
        for field in model.fields(kind) {
            if field.split('.').all(plain) {
                words.push(format!(".{field}"));
                words.extend(of_events.then(|| format!("$before.{field}")));
            }
            // A stranger's names may be anything: what cannot be shown as it is is not typed either.
            words.extend((!field.chars().any(is_harmful)).then(|| field.to_owned()));
        }
        words
    }
}

/// The word that ends at the caret, as far as it can name something.
pub fn word(before_caret: &str) -> &str {
    let names = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '%' | ':');
    let start = before_caret.char_indices().rev().take_while(|(_, c)| names(*c)).last();
    start.map_or("", |(at, _)| &before_caret[at..])
}

/// Which of the words begin with what is typed; nothing where nothing is.
pub fn fitting(mut words: Vec<String>, typed: &str) -> Vec<String> {
    words.retain(|word| !typed.is_empty() && word.starts_with(typed) && word != typed);
    words
}

/// What all of them begin with.
pub fn common(words: &[String]) -> &str {
    let Some((first, rest)) = words.split_first() else { return "" };
    let same = |other: &String| {
        let pairs = first.char_indices().zip(other.chars());
        pairs.take_while(|((_, a), b)| a == b).last().map_or(0, |((at, c), _)| at + c.len_utf8())
    };
    &first[..rest.iter().map(same).min().unwrap_or(first.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_at_the_caret_becomes_what_fits() {
        assert_eq!(word(".a == 1 and .prio"), ".prio");
        assert_eq!(word("$changed | index(\"pri"), "pri");
        assert_eq!(word("\u{201c}$by"), "$by");
        assert_eq!(word("x "), "");
        let words = || [".priority", ".problem", "$before.priority"].map(str::to_owned).to_vec();
        assert_eq!(fitting(words(), ".pr"), [".priority", ".problem"]);
        assert!(fitting(words(), "").is_empty() && fitting(words(), ".problem").is_empty());
        assert_eq!(common(&fitting(words(), ".p")), ".pr");
        assert_eq!(common(&["äb", "äc"].map(str::to_owned)), "ä");
        assert_eq!(common(&["abc".to_owned()]), "abc");
    }
}
