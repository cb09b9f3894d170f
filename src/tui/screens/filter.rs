//! Chips that are typed: a text that rows show, or a jq expression that holds for them.

use super::prompt::Prompt;
use crate::error::Result;
use crate::session::{Chip, FilterOf, Test, check_filter};
use crate::tui::effect::Effect;
use crate::tui::model::chips::{Chips, Narrowed};
use crate::tui::model::{Model, Pane};
use crate::tui::update::{browse, list};
use crate::tui::words::Words;

/// Asks for a text; it narrows while it is typed.
pub fn text(model: &mut Model, of: Narrowed) -> Prompt {
    let example = match of {
        Narrowed::List => "in id, label, status and columns",
        _ => "what a row shows",
    };
    if of == Narrowed::List {
        browse::focus(model, Pane::List);
    }
    let live = move |model: &mut Model, text: &str, effects: &mut Vec<Effect>| {
        model.chips_mut(of).type_text(text);
        list::look_again(model, of, effects);
    };
    Prompt::new("text /", example, "")
        .about("filters")
        .or_nothing()
        .live(move |cx, text| live(cx.model, text, cx.effects))
        .then(move |cx, _| {
            cx.model.chips_mut(of).typed();
            if of == Narrowed::List {
                list::confirm(cx.model, cx.effects);
            }
        })
}

/// Asks for a jq expression.
pub fn jq(model: &mut Model, of: Narrowed) -> Prompt {
    if of == Narrowed::List {
        browse::focus(model, Pane::List);
    }
    jq_into(model, of, None, "")
}

/// Asks for another text in the place of a typed one; what cannot be typed is not asked for.
pub fn edit(model: &Model, of: Narrowed, place: usize) -> Option<Prompt> {
    let Chip { test, not, off } = model.chips(of).all().get(place)?.clone();
    let text = match test {
        Test::Text(text) => text,
        Test::Jq(filter) => return Some(jq_into(model, of, Some(place), &filter)),
        _ => return None,
    };
    let line = Prompt::new("text /", "nothing takes it away", &text).about("filters");
    Some(line.or_nothing().then(move |cx, text| {
        let chip = (!text.is_empty()).then(|| Chip { test: Test::Text(text.to_owned()), not, off });
        change(cx.model, of, |chips| chips.replace(place, chip), cx.effects);
    }))
}

/// A line for a jq expression, which becomes a chip, or takes the place of one; what is wrong with it is said, and it is
/// asked for again.
fn jq_into(model: &Model, of: Narrowed, place: Option<usize>, text: &str) -> Prompt {
    jq_line(model, of, text).then(move |cx, text| {
        if let Err(error) = check(text, of) {
            let again = jq_into(cx.model, of, place, text);
            cx.open(again);
            return cx.model.fail(error);
        }
        let test = Test::Jq(text.to_owned());
        change(
            cx.model,
            of,
            |chips| match place.and_then(|place| Some((place, chips.all().get(place)?.clone()))) {
                Some((place, chip)) => chips.replace(place, Some(Chip { test, ..chip })),
                None => chips.add(Chip::only(test)),
            },
            cx.effects,
        );
    })
}

/// Whether a text is a filter of something.
fn check(text: &str, of: Narrowed) -> Result<()> {
    match of {
        Narrowed::List => check_filter(text, FilterOf::Records),
        Narrowed::Log => check_filter(text, FilterOf::Events),
        Narrowed::Report | Narrowed::Jobs | Narrowed::Races => check_filter(text, FilterOf::Rows),
    }
}

fn jq_line(model: &Model, of: Narrowed, text: &str) -> Prompt {
    let field = model.known_field().unwrap_or_else(|| "priority".to_owned());
    let (example, words) = match of {
        Narrowed::Log => (
            format!(
                r#"$changed | index("{field}")   $event.type == "X"   $flags.late   $by["{field}"].actor == "ann""#
            ),
            Some(Words::OfEvents),
        ),
        Narrowed::List => (
            format!(r#".{field} == "x"   $event.actor == "ann"   $by["{field}"].actor == "ann""#),
            Some(Words::OfRecords),
        ),
        Narrowed::Report => (".COLUMN > 3   .COLUMN != null".to_owned(), None),
        Narrowed::Jobs => {
            (r#".state == "dead"   .tries > 3   .event == "X"   .error != null"#.to_owned(), None)
        }
        Narrowed::Races => (
            r#".kind == "stale"   .apart < 5   any(.actors[]; . == "ann")   any(.fields[]; .path == "due")"#
                .to_owned(),
            None,
        ),
    };
    let prompt = Prompt::new("jq |", example, text).about("filters");
    match words {
        Some(words) => prompt.completes(words),
        None => prompt,
    }
}

/// Takes the newest chip away; whether there was one.
pub fn drop_last(model: &mut Model, of: Narrowed, effects: &mut Vec<Effect>) -> bool {
    let dropped = model.chips_mut(of).drop_last();
    if dropped {
        model.broken.filter = None;
        list::look_again(model, of, effects);
    }
    dropped
}

/// Changes the chips of something, and looks again.
pub fn change(model: &mut Model, of: Narrowed, with: impl FnOnce(&mut Chips), effects: &mut Vec<Effect>) {
    model.broken.filter = None;
    with(model.chips_mut(of));
    list::look_again(model, of, effects);
    if of == Narrowed::List {
        list::confirm(model, effects);
    }
}
