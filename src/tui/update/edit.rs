//! What is typed into an event that is written.

use crossterm::event::{KeyCode, KeyEvent};

use super::prompt;
use crate::tui::model::Model;
use crate::tui::model::overlay::Overlay;

/// A key that is typed into the field in focus; Enter ends a field of one line.
pub fn typed(model: &mut Model, key: KeyEvent) {
    let Some(Overlay::Edit(edit)) = model.overlays.last_mut() else { return };
    match edit.fields.get_mut(edit.focus) {
        Some(field) if !field.tall && key.code == KeyCode::Enter => edit.step(true),
        Some(field) if !field.tall && matches!(key.code, KeyCode::Up | KeyCode::Down) => {
            edit.step(key.code == KeyCode::Down);
        }
        Some(field) => prompt::edit(&mut field.input, key),
        None => {}
    }
    edit.check();
}

/// Pasted text goes into the field in focus; only a tall one keeps its lines.
pub fn paste(model: &mut Model, text: &str) {
    let Some(Overlay::Edit(edit)) = model.overlays.last_mut() else { return };
    if let Some(field) = edit.fields.get_mut(edit.focus) {
        let text = if field.tall { text.replace('\r', "\n") } else { text.replace(['\r', '\n'], " ") };
        field.input.insert_str(text);
    }
    edit.check();
}
