//! Naming the cursor's point, and writing notes on it.

use crate::session::{About, Point};
use crate::tui::effect::{Effect, Write};
use crate::tui::model::Model;
use crate::tui::screens::prompt::Prompt;

/// Asks for a name for the cursor's point, a note on it, or both.
pub fn name(model: &mut Model) {
    let Some(point) = model.point() else { return model.tell("there is no point here to name") };
    let at = format!("{} of {}", model.here(), model.branch);
    let example = format!(
        "asked: a name for {at}   two words or more: a note   %asked and words: both   record: words"
    );
    model.open(Prompt::new("waypoint %name, a note, or both", example, "").then(|cx, text| {
        let Typed { name, note, record } = read(text);
        if let Some(name) = name {
            cx.effects.push(Effect::Write(Write::Name(name, point.clone())));
        }
        if let Some(note) = note {
            cx.effects.push(Effect::Write(Write::Note(note, about(point, record))));
        }
    }));
}

fn about(point: Point, record: bool) -> About {
    match point {
        Point::Aggregate { aggregate, .. } if record => About::Record(aggregate),
        Point::Aggregate { aggregate, version, .. } => About::Version(aggregate, version),
        Point::Store { position, .. } => About::Store(position),
    }
}

/// What was typed.
#[derive(Debug, Default, PartialEq, Eq)]
struct Typed {
    name: Option<String>,
    note: Option<String>,
    /// Whether the note is about the record, and not about the point.
    record: bool,
}

/// One word is a name, words are a note; `%name` before them is both, `record:` means the record.
fn read(text: &str) -> Typed {
    let text = text.trim();
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    if let Some(note) = text.strip_prefix("record:") {
        return Typed { note: some(note), record: true, ..Typed::default() };
    }
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    match first.strip_prefix('%') {
        Some(name) => Typed { name: some(name), note: some(rest), record: false },
        None if rest.is_empty() => Typed { name: some(first), ..Typed::default() },
        None => Typed { note: some(text), ..Typed::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_a_name_and_words_are_a_note() {
        let typed = |name: Option<&str>, note: Option<&str>, record| Typed {
            name: name.map(str::to_owned),
            note: note.map(str::to_owned),
            record,
        };
        assert_eq!(read("asked"), typed(Some("asked"), None, false));
        assert_eq!(read(" %asked "), typed(Some("asked"), None, false));
        assert_eq!(read("why is this?"), typed(None, Some("why is this?"), false));
        assert_eq!(read("%asked why is this?"), typed(Some("asked"), Some("why is this?"), false));
        assert_eq!(read("record: odd"), typed(None, Some("odd"), true));
        assert_eq!(read("record:"), typed(None, None, true));
    }
}
