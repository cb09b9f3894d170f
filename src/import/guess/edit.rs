//! The mapping in use as answers, and its text with some of them answered otherwise: what the questions do not ask for,
//! comments too, stays as it is.

use toml_edit::{DocumentMut, Item, Table, Value};

use super::form::{Answers, Guess, Question};
use super::write::data;
use crate::error::{Error, Result};

/// How a log is read now.
#[derive(Clone, Debug, PartialEq)]
pub struct InUse {
    /// The mapping's text, where it is not what the guess writes.
    text: Option<String>,
    /// What it answers.
    pub answers: Answers,
}

impl Guess {
    /// What a mapping answers.
    pub fn in_use(&self, text: &str) -> Result<InUse> {
        let document = read(text)?;
        let says = |key: &str| document.get("import")?.get(key)?.as_str();
        let mut answers = self.answers.clone();
        for question in Question::ALL {
            answers.set(question, says(question.key()).unwrap_or_default());
        }
        answers.at_format = says("at_format").map(str::to_owned);
        let ours = toml::from_str::<toml::Value>(&self.toml(&answers)).ok();
        let written = ours.is_some() && ours == toml::from_str(text).ok();
        Ok(InUse { text: (!written).then(|| text.to_owned()), answers })
    }

    /// The mapping in use with other answers.
    pub fn mapping(&self, in_use: &InUse, answers: &Answers) -> Result<String> {
        let Some(text) = &in_use.text else { return Ok(self.toml(answers)) };
        let mut document = read(text)?;
        let import = document.get_mut("import").and_then(Item::as_table_mut);
        let import = import.ok_or_else(|| Error::refused("The mapping has no [import]."))?;
        let was = &in_use.answers;
        for question in
            Question::ALL.into_iter().filter(|question| was.rule(*question) != answers.rule(*question))
        {
            put(import, question.key(), answers.rule(question));
        }
        if was.at_format != answers.at_format {
            put(import, "at_format", answers.at_format.as_deref().unwrap_or_default());
        }
        // What the data leaves out is what answers the questions.
        if data(was) != data(answers) && import.get("data").and_then(Item::as_str) == Some(&data(was)) {
            put(import, "data", &data(answers));
        }
        Ok(document.to_string())
    }
}

fn read(text: &str) -> Result<DocumentMut> {
    text.parse()
        .map_err(|error: toml_edit::TomlError| Error::refused(format!("the mapping: {}", error.message())))
}

/// Puts a value in the place of another one; an empty one takes the key away.
fn put(table: &mut Table, key: &str, text: &str) {
    match table.get_mut(key).and_then(Item::as_value_mut) {
        _ if text.is_empty() => drop(table.remove(key)),
        Some(value) => {
            // A comment behind it stays there.
            let decor = value.decor().clone();
            *value = Value::from(text);
            *value.decor_mut() = decor;
        }
        None => drop(table.insert(key, toml_edit::value(text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::guess::Sample;

    fn guess() -> Guess {
        let lines = ["packed", "moved", "moved", "opened", "packed", "moved"];
        let records = lines.iter().enumerate().map(|(n, did)| {
            let (hall, who) = (["north", "south"][n / 3], ["ann.lee", "bo.falk"][n % 2]);
            let at = format!("2024-03-0{}T09:00:00Z", n + 1);
            serde_json::json!({ "at": at, "box": format!("B-0{}", n % 2), "did": did, "hall": hall, "who": who })
        });
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("boxes.jsonl");
        std::fs::write(&file, records.map(|record| format!("{record}\n")).collect::<String>()).unwrap();
        Guess::of("boxes", &Sample::read(&[file], None, 1 << 20).unwrap())
    }

    #[test]
    fn what_the_guess_wrote_is_known_again_and_another_mapping_keeps_what_is_not_asked_for() {
        let guess = guess();
        let mut kept = guess.answers.clone();
        kept.set(Question::Event, ".hall");
        let in_use = guess.in_use(&guess.toml(&kept)).unwrap();
        assert_eq!((in_use.text.as_ref(), in_use.answers.rule(Question::Event)), (None, ".hall"));
        // Somebody edited it.
        let text = guess.toml(&kept).replace("[import]\n", "[import]\nskip = '.did == \"x\"' # noise\n");
        let in_use = guess.in_use(&text).unwrap();
        assert_eq!(guess.mapping(&in_use, &in_use.answers).unwrap(), text);
        let mut other = in_use.answers.clone();
        other.set(Question::Event, ".did");
        other.set(Question::Actor, "");
        let edited = guess.mapping(&in_use, &other).unwrap();
        assert!(
            edited.contains("skip = '.did == \"x\"' # noise") && edited.contains("event = \".did\""),
            "{edited}"
        );
        assert!(!edited.contains("\nactor =") && edited.contains(".did"), "{edited}");
        let again = guess.in_use(&edited).unwrap();
        assert_eq!(again.answers, other);
        // What answers a question is left out of the data, and what no longer does is not.
        assert!(edited.contains(&format!("data = {:?}", data(&other))), "{edited}");
    }
}
