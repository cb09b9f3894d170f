//! What the bottom line said so far, the newest first.

use crate::tui::menu::{Given, Item, Look, Menu};
use crate::tui::model::{Model, Notice};
use crate::tui::text::wrap;

/// The columns and lines that a message gets.
const WIDE: usize = 90;
const LINES: usize = 12;

/// The messages.
pub fn messages(model: &Model) -> Menu<Given<()>> {
    let entries = model.messages.iter().rev().flat_map(|notice| {
        let (sign, text) = match notice {
            Notice::Done(text) => (model.look.glyphs.check, text.clone()),
            Notice::Told(text) => (model.look.glyphs.unchanged, text.clone()),
            Notice::Failed(error) => ('!', error.to_string().replace("\nhint: ", "  ")),
        };
        let lines = wrap(&text, WIDE, LINES).into_iter().enumerate();
        lines.map(move |(i, line)| format!("{} {line}", if i == 0 { sign } else { ' ' }))
    });
    let items = entries.map(|text| Item::read(text, "")).collect();
    Given::menu(Look { title: "Messages", ..Look::LIST }, items, "nothing was said yet", |_, ()| {})
}
