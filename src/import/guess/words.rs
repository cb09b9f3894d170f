//! Texts as people write them: paths, names, and what sort of thing a value looks like.

/// The words of a name: `sys_updated_by`, `sysUpdatedBy` and `sys-updated-by` have the same ones, in small letters.
pub fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            small = false;
            words.push(String::new());
            continue;
        }
        if (c.is_uppercase() && small) || words.is_empty() {
            words.push(String::new());
        }
        small = c.is_lowercase() || c.is_numeric();
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A name of several words as a type is written: `IncidentReport`.
pub fn type_name(words: &[String]) -> String {
    words
        .iter()
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        })
        .collect()
}

/// What the values of a field look like; each a part of the values, from 0 to 1.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    /// Letters and digits together, or a UUID: a code that somebody gave out.
    pub coded: f64,
    /// Three words and more, beside numbers.
    pub sentence: f64,
    /// An address of mail, `first.last`, two words with capitals, an ARN: somebody.
    pub person: f64,
    /// One word, perhaps in parts joined by `.`, `_`, `-`, `:`, `/`.
    pub word: f64,
    /// The address of a machine.
    pub machine: f64,
    /// The mean length, in characters.
    pub length: f64,
}

impl Look {
    /// Looks at values.
    pub fn at<'a>(values: impl Iterator<Item = &'a str>) -> Self {
        let mut look = Self::default();
        let mut n = 0.0;
        for value in values {
            n += 1.0;
            look.length += value.chars().count() as f64;
            let add = |to: &mut f64, holds: bool| *to += f64::from(u8::from(holds));
            let machine = is_machine(value);
            let (letters, digits) =
                (value.chars().any(char::is_alphabetic), value.chars().any(char::is_numeric));
            let words_of_it =
                value.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).count();
            let person = is_person(value);
            add(&mut look.machine, machine);
            add(&mut look.coded, letters && digits && words_of_it < 3 && !machine && !person);
            add(&mut look.sentence, words_of_it > 2);
            add(&mut look.person, person);
            add(&mut look.word, words_of_it == 1 && letters && !value.contains('@'));
        }
        for part in [
            &mut look.coded,
            &mut look.sentence,
            &mut look.person,
            &mut look.word,
            &mut look.machine,
            &mut look.length,
        ] {
            *part /= f64::max(n, 1.0);
        }
        look
    }
}

fn is_machine(value: &str) -> bool {
    value.parse::<std::net::IpAddr>().is_ok() || value.starts_with("http://") || value.starts_with("https://")
}

fn is_person(value: &str) -> bool {
    if value.contains("://") {
        return false;
    }
    if value
        .split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !value.contains(' '))
    {
        return true;
    }
    if value.starts_with("arn:") {
        return value.contains(":user/") || value.contains(":role/") || value.contains("assumed-role/");
    }
    let parts: Vec<&str> = value.split(' ').collect();
    let name = |part: &&str| {
        let mut letters = part.chars();
        letters.next().is_some_and(char::is_uppercase)
            && letters.all(|c| c.is_lowercase() || c == '-' || c == '\'')
    };
    let small = |part: &str| part.len() > 1 && part.chars().all(char::is_lowercase);
    (parts.len() == 2 && parts.iter().all(name))
        || value.split_once('.').is_some_and(|(first, last)| small(first) && small(last) && first.len() < 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_same_words_however_they_are_joined() {
        for name in ["sys_updated_by", "sysUpdatedBy", "Sys-Updated by"] {
            assert_eq!(words(name), ["sys", "updated", "by"], "{name}");
        }
        assert_eq!(type_name(&words("incident_report")), "IncidentReport");
        assert_eq!(words("eventID"), ["event", "id"]);
    }

    #[test]
    fn a_person_a_code_and_a_sentence_are_told_apart() {
        let look = |value: &str| Look::at([value].into_iter());
        for person in ["ann@example.org", "ana.silva", "Ann Lee", "arn:aws:iam::1:user/ann"] {
            assert!(look(person).person > 0.5, "{person}");
        }
        for code in ["INC0000045", "doc-7", "3f2b8c1e-0000-4a4a-8000-000000000000"] {
            assert!(look(code).coded > 0.5 && look(code).person < 0.5, "{code}");
        }
        assert!(look("the customer called twice").sentence > 0.5);
        assert!(look("10.0.0.7").machine > 0.5);
        assert!(look("task.created").person < 0.5 || look("task.created").word > 0.5);
    }
}
