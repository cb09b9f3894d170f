//! Going to what a revision names, and to a field of the state by its name.

use super::prompt::Prompt;
use crate::tui::areas::{areas, inner_height};
use crate::tui::model::Model;
use crate::tui::screen::Cx;
use crate::tui::text::cut;
use crate::tui::update::{jump, places, time};
use crate::tui::words::Words;

/// How much of a record's name an example shows.
const NAMED: usize = 24;

/// Asks for the revision.
pub fn prompt(model: &Model) -> Prompt {
    let named = model.cursor.aggregate.as_ref().map_or_else(|| "Task/42".to_owned(), ToString::to_string);
    let named = cut(&named, NAMED);
    let example = format!("3   -2   2019-04-20   {named}@3   #118   a hash   %waypoint   branch:{named}");
    Prompt::new("go to @", example, "").about("revisions").completes(Words::Revisions).then(go)
}

/// Asks for a field of the state; the one whose name fits best is selected while it is typed.
pub fn field(model: &Model) -> Prompt {
    let before = model.state.selected;
    Prompt::new("field ;", "a part of its name", "").or_nothing().live(move |cx, text| {
        let state = &mut cx.model.state;
        state.selected = if text.is_empty() { before } else { state.named(text).unwrap_or(before) };
        let height = inner_height(areas(cx.model).state);
        cx.model.state.reveal(height);
    })
}

fn go(cx: &mut Cx, text: &str) {
    let model = &mut *cx.model;
    if model.cursor.is_whole() {
        if let Some(position) = position(text) {
            places::leave(model);
            return time::go(model, position, cx.effects);
        }
        if dated(bare(text)) {
            return jump::to_time(model, model.look.zone.read(bare(text)), cx.effects);
        }
    }
    let here = model.cursor.aggregate.clone();
    jump::to_revision(model, revision(model, text), here, cx.effects);
}

/// A position in the log: `118` or `#118`.
fn position(text: &str) -> Option<i64> {
    let plain = text.trim_start_matches(['@', '#']).replace(',', "");
    plain.parse().ok().filter(|position| *position >= 0)
}

/// What was typed without the sign that the prompt shows already.
fn bare(text: &str) -> &str {
    text.trim_start_matches('@')
}

/// Whether it starts like a date.
fn dated(bare: &str) -> bool {
    let bytes = bare.as_bytes();
    bytes.len() >= 8 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'-'
}

/// What was typed as a revision; a number, a distance or a time alone is about the aggregate shown.
fn revision(model: &Model, text: &str) -> String {
    let bare = bare(text);
    let number = bare.parse::<i64>().is_ok() && bare.len() < 16;
    // Positions are shown with their thousands set apart.
    let grouped = bare.starts_with('#') && bare[1..].chars().all(|c| c.is_ascii_digit() || c == ',');
    if grouped {
        return bare.replace(',', "");
    }
    let text = if number || dated(bare) { format!("@{bare}") } else { text.to_owned() };
    model.look.zone.read(&text)
}
