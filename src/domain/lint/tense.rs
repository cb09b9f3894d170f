//! Whether an event's name tells what happened.

/// Words, one list: what is past tense though it does not end in -ed, and with a dash what does and is not.
const WORDS: &str = include_str!("../../../assets/words/past.txt");

const PREFIXES: &[&str] = &["re", "un", "over", "under", "out", "mis", "pre", "fore", "up", "with"];

/// Whether a name has a word in the past tense: `TaskCompleted`, `invoice.paid`, `payment_failed_twice`. A name
/// without Latin letters is not judged.
pub fn is_past(name: &str) -> bool {
    let words = words(name);
    words.is_empty() || words.iter().any(|word| past(word))
}

fn past(word: &str) -> bool {
    let listed = |wanted: &str| {
        let lines = WORDS.lines().filter(|line| !line.starts_with('#'));
        lines.flat_map(str::split_whitespace).any(|known| known == wanted)
    };
    if word.ends_with("ed") {
        return word.len() > 3 && !listed(&format!("-{word}")) || listed(word);
    }
    let stripped = PREFIXES.iter().filter_map(|prefix| word.strip_prefix(prefix));
    listed(word) || stripped.filter(|rest| rest.len() > 2).any(listed)
}

/// The words of `TaskCompleted`, `task.completed`, `task_completed`, `HTTPRequestSent`, in lower case.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut inside = false;
    let characters: Vec<char> = name.chars().collect();
    for (at, &c) in characters.iter().enumerate() {
        if !c.is_ascii_alphabetic() {
            inside = false;
            continue;
        }
        let next_is_small = characters.get(at + 1).is_some_and(char::is_ascii_lowercase);
        let after_small = at > 0 && characters[at - 1].is_ascii_lowercase();
        let starts = c.is_ascii_uppercase() && (after_small || next_is_small);
        match words.last_mut() {
            Some(word) if inside && !starts => word.push(c.to_ascii_lowercase()),
            _ => words.push(c.to_ascii_lowercase().to_string()),
        }
        inside = true;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_past_where_one_of_its_words_is() {
        for name in [
            "TaskCompleted",
            "invoice.paid",
            "payment_failed_twice",
            "MailResent",
            "HTTPRequestSent",
            "OrderOverridden",
            "PriceSet",
            "Shed",
            "AnsweredByPhone",
            "задача",
        ] {
            assert!(is_past(name), "{name}");
        }
        for name in ["TaskUpdate", "CreateUser", "DataFeed", "LoginSucceed", "Red", "Invoice", "Rewind"] {
            assert!(!is_past(name), "{name}");
        }
    }
}
