//! The questions of a mapping, the candidates for each, and what was answered.

use super::write;
use crate::domain::Listed;
use crate::import::mapping::Mode;

/// What a mapping must or may say of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Which record of the other system it is about: its id.
    Id,
    /// What kind of thing that is: the aggregate's type.
    Type,
    /// What happened.
    Event,
    /// When it happened.
    At,
    /// Who did it.
    Actor,
    /// Why.
    Reason,
    /// Which delivery it is: what is there twice under one name was delivered twice.
    Key,
}

impl Question {
    /// All of them, in the order in which they are asked.
    pub const ALL: [Self; 7] =
        [Self::Id, Self::Type, Self::Event, Self::At, Self::Actor, Self::Reason, Self::Key];

    /// The key of the mapping that answers it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Type => "type",
            Self::Event => "event",
            Self::At => "at",
            Self::Actor => "actor",
            Self::Reason => "reason",
            Self::Key => "key",
        }
    }

    /// As a person would ask it.
    pub fn asked(self) -> &'static str {
        match self {
            Self::Id => "Which record is it about?",
            Self::Type => "What kind of thing is that?",
            Self::Event => "What happened?",
            Self::At => "When?",
            Self::Actor => "Who did it?",
            Self::Reason => "Why?",
            Self::Key => "Which delivery is it?",
        }
    }

    /// Whether a mapping can do without.
    pub fn may_be_empty(self) -> bool {
        matches!(self, Self::Actor | Self::Reason | Self::Key)
    }
}

/// One possible answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The rule: jq over the record.
    pub rule: String,
    /// Why it may be right.
    pub reason: String,
    /// How well it fits, where 1 is a good fit.
    pub score: f64,
    /// How times are written in it, where that is not RFC 3339 and it answers when.
    pub format: Option<String>,
}

/// In which order a thing's records stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As they happened.
    Source,
    /// In none: their times say it.
    Time,
    /// The newest first.
    Reverse,
}

/// What was answered, which is all that a mapping needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// The rule for each question, in the order of [`Question::ALL`]; empty where there is no answer.
    pub rules: [String; 7],
    /// How times are written, where that is not RFC 3339.
    pub at_format: Option<String>,
    /// The order of the events inside an aggregate.
    pub order: Order,
    /// What a record is.
    pub mode: Mode,
    /// The rule for an event's data; `None` for the record without what the questions take from it.
    pub data: Option<String>,
}

impl Answers {
    /// The rule that answers a question; empty where none does.
    pub fn rule(&self, question: Question) -> &str {
        &self.rules[question as usize]
    }

    /// Without a key that only says where a record stands: a row of lines that grows is known by that and by what it says,
    /// also when another line has come to stand in its place.
    #[must_use]
    pub fn without_place(mut self) -> Self {
        if self.rule(Question::Key) == write::PLACE_KEY {
            self.set(Question::Key, "");
        }
        self
    }

    /// Answers a question by one of its candidates.
    pub fn choose(&mut self, question: Question, candidate: &Candidate) {
        self.set(question, &candidate.rule);
        if question == Question::At {
            self.at_format.clone_from(&candidate.format);
        }
    }

    /// A rule as it is typed: behind the one that answers when, `as` and how times are written.
    pub fn typed(&self, question: Question) -> String {
        let rule = self.rule(question);
        match self.at_format.as_ref().filter(|_| question == Question::At) {
            Some(format) => format!("{rule} as {format}"),
            None => rule.to_owned(),
        }
    }

    /// Answers a question by what was typed.
    pub fn type_in(&mut self, question: Question, text: &str) {
        let timed = text.rsplit_once(" as ").filter(|(_, format)| !format.trim_start().starts_with('$'));
        if question != Question::At {
            return self.set(question, text.trim());
        }
        self.set(question, timed.map_or(text, |(rule, _)| rule).trim());
        self.at_format = timed.map(|(_, format)| format.trim().to_owned());
    }

    /// Answers a question otherwise.
    pub fn set(&mut self, question: Question, rule: &str) {
        rule.clone_into(&mut self.rules[question as usize]);
    }
}

/// How a log is read, guessed from a sample of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    /// What the log is called.
    pub name: String,
    /// The rule that finds the records in a document.
    pub list: Option<String>,
    /// For each question what may answer it, the best first.
    pub candidates: [Vec<Candidate>; 7],
    /// The best answers.
    pub answers: Answers,
    /// How lists show the records.
    pub shown: Listed,
    /// The types that `type` gives, where that is a field; else the one type.
    pub types: Vec<String>,
    /// How many records were looked at, and whether these are all.
    pub records: usize,
    /// Whether these are all records there are.
    pub whole: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_times_are_written_is_typed_behind_the_rule() {
        let mut answers = Answers {
            rules: Default::default(),
            at_format: Some("ms".into()),
            order: Order::Source,
            mode: Mode::default(),
            data: None,
        };
        answers.set(Question::At, ".t");
        assert_eq!(answers.typed(Question::At), ".t as ms");
        answers.type_in(Question::At, ".day as %d.%m.%Y");
        assert_eq!((answers.rule(Question::At), answers.at_format.as_deref()), (".day", Some("%d.%m.%Y")));
        answers.type_in(Question::At, ".a as $x | $x.at");
        assert_eq!((answers.rule(Question::At), answers.at_format.as_deref()), (".a as $x | $x.at", None));
        answers.type_in(Question::Id, ".a as b");
        assert_eq!(answers.rule(Question::Id), ".a as b");
    }
}
