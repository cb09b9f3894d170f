//! What was typed at prompts before.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How many inputs of a prompt are kept.
const MOST: usize = 50;

/// What was typed at each prompt, the newest last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Inputs(BTreeMap<String, Vec<String>>);

impl Inputs {
    /// Keeps an input; one that was typed before is the newest now.
    pub fn keep(&mut self, prompt: &str, text: &str) {
        let before = self.0.entry(prompt.to_owned()).or_default();
        before.retain(|other| other != text);
        before.push(text.to_owned());
        let spare = before.len().saturating_sub(MOST);
        before.drain(..spare);
    }

    /// What was typed at a prompt, the newest last.
    pub fn of(&self, prompt: &str) -> &[String] {
        self.0.get(prompt).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_kept_once_and_not_for_ever() {
        let mut inputs = Inputs::default();
        for n in 0..60 {
            inputs.keep("jq |", &format!(".n == {n}"));
        }
        inputs.keep("jq |", ".n == 20");
        assert_eq!(inputs.of("jq |").len(), MOST);
        assert_eq!(inputs.of("jq |").last().unwrap(), ".n == 20");
        assert!(inputs.of("find").is_empty());
    }
}
