//! Text that comes in one go, pasted or typed faster than the screen is drawn: it goes where typed keys go.

use crate::error::Result;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::typed::Typed;
use crate::tui::screen;

/// Characters typed in one go: as many as there is room for.
pub fn write(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    put(model, effects, |typed| typed.write(text));
}

/// Pasted text, whole or not at all.
pub fn paste(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    put(model, effects, |typed| typed.paste(text));
}

fn put(model: &mut Model, effects: &mut Vec<Effect>, how: impl FnOnce(&mut Typed) -> Result<()>) {
    let taken = screen::turn(model, effects, |screen, cx| {
        let taken = screen.text().map_or(Ok(()), how);
        screen.written(cx);
        taken
    });
    // What was not taken, or not whole, is told.
    if let Some(Err(error)) = taken {
        model.fail(error);
    }
}
