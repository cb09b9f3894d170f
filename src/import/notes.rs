//! What an import notes: where it decided, or was lenient, and the first place of each kind.

use serde::Serialize;

/// Something that a person should know of a record that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// Its local time is one that the zone's clocks show twice.
    ShownTwice,
    /// Its local time is one that the zone's clocks never show.
    NeverShown,
    /// Events before it, by its source's numbers, are missing.
    Gap,
    /// It came in when its successor had been appended.
    Late,
    /// Another event of its aggregate has the same number in its source.
    Clash,
    /// It was delivered before, and kept.
    Repeated,
    /// It names a cause or an origin that the log does not have.
    NoCause,
    /// It has half a character, which became U+FFFD.
    HalfCharacter,
    /// It has a key twice; the last value was taken.
    DoubledKey,
    /// It has `NaN` or an infinity, which became null.
    NotANumber,
    /// Its data has a number of more digits than a rule reckons with.
    LongNumber,
}

impl Notice {
    /// What is said of one record or of several, before their number.
    pub fn says(self) -> &'static str {
        match self {
            Self::Gap => "Events whose predecessor, by `version`, is missing; they were taken",
            Self::Late => {
                "Events that came in when a later `version` had been appended; they stand at the end"
            }
            Self::Clash => {
                "Events with a `version` that another event of the same aggregate has, too; both were taken"
            }
            Self::Repeated => "Deliveries that came again and were kept",
            Self::NoCause => {
                "Events that name a cause or an origin which is not in the log; when it comes in it will be found"
            }
            Self::HalfCharacter => "Records with half a character (a lone surrogate), which became U+FFFD",
            Self::DoubledKey => "Records with a key that stands twice; its last value was taken",
            Self::NotANumber => "Records with NaN or an infinity, which became null",
            Self::LongNumber => {
                "Records with numbers of more digits than a double holds; rules reckon with doubles, the data keeps the digits"
            }
            Self::ShownTwice => "Local times that the zone's clocks show twice; the first was taken",
            Self::NeverShown => {
                "Local times that the zone's clocks skip; they were taken as if the clock had not been changed"
            }
        }
    }
}

/// How often something was noted, and where first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What.
    pub notice: Notice,
    /// How many records.
    pub count: u64,
    /// The file of the first, with the member where it is an archive.
    pub file: String,
    /// Its line, from 1.
    pub line: u64,
}

/// Notes one more of a kind.
pub fn note(notes: &mut Vec<Note>, notice: Notice, file: &str, line: u64) {
    match notes.iter_mut().find(|note| note.notice == notice) {
        Some(note) => note.count += 1,
        None => notes.push(Note { notice, count: 1, file: file.to_owned(), line }),
    }
}
