//! What is typed into an event that is written.

use crossterm::event::{KeyCode, KeyEvent};

use crate::error::Result;
use crate::tui::model::Model;
use crate::tui::model::overlay::Overlay;

/// A key that is typed into the field in focus; Enter ends a field of one line.
pub fn typed(model: &mut Model, key: KeyEvent) -> Result<()> {
    let Some(Overlay::Edit(edit)) = model.overlays.last_mut() else { return Ok(()) };
    let mut taken = Ok(());
    match edit.fields.get_mut(edit.focus) {
        Some(field) if !field.input.is_tall() && key.code == KeyCode::Enter => edit.step(true),
        Some(field) if !field.input.is_tall() && matches!(key.code, KeyCode::Up | KeyCode::Down) => {
            edit.step(key.code == KeyCode::Down);
        }
        Some(field) => taken = field.input.key(key),
        None => {}
    }
    edit.check();
    taken
}
