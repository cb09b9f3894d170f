//! Chips that are typed: a text that rows show, or a jq expression that holds for them.

use super::prompt::Prompt;
use crate::session::{Chip, Test, check_filter};
use crate::tui::effect::Effect;
use crate::tui::model::chips::Chips;
use crate::tui::model::{Model, Pane};
use crate::tui::update::{browse, list};

/// Asks for a text; it narrows while it is typed.
pub fn text(model: &mut Model) -> Prompt {
    let log = model.in_log();
    let example = if log { "what a row shows" } else { "in id, label, status and columns" };
    if !log {
        browse::focus(model, Pane::List);
    }
    let live = move |model: &mut Model, text: &str, effects: &mut Vec<Effect>| {
        model.chips_mut(log).type_text(text);
        list::look_again(model, log, effects);
    };
    Prompt::new("text /", example, "")
        .about("filters")
        .or_nothing()
        .live(move |cx, text| live(cx.model, text, cx.effects))
        .then(move |cx, _| {
            cx.model.chips_mut(log).typed();
            if !log {
                list::confirm(cx.model, cx.effects);
            }
        })
}

/// Asks for a jq expression.
pub fn jq(model: &mut Model) -> Prompt {
    let log = model.in_log();
    if !log {
        browse::focus(model, Pane::List);
    }
    jq_into(model, log, None, "")
}

/// Asks for another text in the place of a typed one; what cannot be typed is not asked for.
pub fn edit(model: &Model, log: bool, place: usize) -> Option<Prompt> {
    let Chip { test, not, off } = model.chips(log).all().get(place)?.clone();
    let text = match test {
        Test::Text(text) => text,
        Test::Jq(filter) => return Some(jq_into(model, log, Some(place), &filter)),
        _ => return None,
    };
    let line = Prompt::new("text /", "nothing takes it away", &text).about("filters");
    Some(line.or_nothing().then(move |cx, text| {
        let chip = (!text.is_empty()).then(|| Chip { test: Test::Text(text.to_owned()), not, off });
        change(cx.model, log, |chips| chips.replace(place, chip), cx.effects);
    }))
}

/// A line for a jq expression, which becomes a chip, or takes the place of one; what is wrong with it is said, and it is
/// asked for again.
fn jq_into(model: &Model, log: bool, place: Option<usize>, text: &str) -> Prompt {
    jq_line(model, log, text).then(move |cx, text| {
        if let Err(error) = check_filter(text, log) {
            let again = jq_into(cx.model, log, place, text);
            cx.open(again);
            return cx.model.fail(error);
        }
        let test = Test::Jq(text.to_owned());
        change(
            cx.model,
            log,
            |chips| match place.and_then(|place| Some((place, chips.all().get(place)?.clone()))) {
                Some((place, chip)) => chips.replace(place, Some(Chip { test, ..chip })),
                None => chips.add(Chip::only(test)),
            },
            cx.effects,
        );
    })
}

fn jq_line(model: &Model, log: bool, text: &str) -> Prompt {
    let field = model.known_field().unwrap_or_else(|| "priority".to_owned());
    let example = if log {
        format!(
            r#"$changed | index("{field}")   $event.type == "X"   $flags.late   $by["{field}"].actor == "ann""#
        )
    } else {
        format!(r#".{field} == "x"   $event.actor == "ann"   $by["{field}"].actor == "ann""#)
    };
    Prompt::new("jq |", example, text).about("filters")
}

/// Changes the chips of the log or of the list, and looks again.
pub fn change(model: &mut Model, log: bool, with: impl FnOnce(&mut Chips), effects: &mut Vec<Effect>) {
    model.broken.filter = None;
    with(model.chips_mut(log));
    list::look_again(model, log, effects);
    if !log {
        list::confirm(model, effects);
    }
}
