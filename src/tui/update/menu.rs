//! Lists to choose from: what stands in them, and what choosing does.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{carry, list, types};
use crate::error::Result;
use crate::tui::action::Command;
use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::overlay::{Choice, Item, MenuKind, Overlay};

pub(super) fn item(
    text: impl Into<String>,
    note: impl Into<String>,
    checked: Option<bool>,
    choice: Choice,
) -> Item {
    Item { text: text.into(), note: note.into(), checked, choice }
}

/// Moves, chooses, closes.
pub fn command(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    let lines = model.look.size.1;
    let Some(Overlay::Menu(menu)) = model.overlays.last_mut() else { return };
    let page = crate::tui::view::menu::page(menu, lines);
    match command {
        Command::Up => menu.step(-1),
        Command::Down => menu.step(1),
        Command::PageUp => menu.step(-page),
        Command::PageDown => menu.step(page),
        Command::First => menu.step(-(menu.items.len() as isize)),
        Command::Head => menu.step(menu.items.len() as isize),
        Command::TextFilter => menu.narrowing = true,
        Command::Copy => {
            if let Some(item) = menu.chosen() {
                let line = format!("{}  {}", item.text.trim(), item.note.trim());
                effects.push(Effect::Copy("the line".into(), "txt", line.trim().to_owned()));
            }
        }
        Command::Enter if menu.narrowing => menu.narrowing = false,
        Command::Out if menu.narrowing || (!menu.typed.is_empty() && !menu.kind.is_picker()) => {
            menu.narrowing = false;
            menu.typed.clear();
            menu.step(0);
        }
        Command::Enter => {
            if let Some(choice) = menu.chosen().map(|item| item.choice.clone()) {
                choose(model, choice, effects);
            }
        }
        _ => {
            let kind = menu.kind;
            if kind == MenuKind::Types && model.types.reading {
                list::stop_scans(model, effects);
                model.tell("stopped; what was counted so far stays");
                return;
            }
            model.overlays.pop();
        }
    }
}

/// Narrows the list; in the copy menu the letters choose.
pub fn typed(model: &mut Model, key: KeyEvent) -> Result<()> {
    let Some(Overlay::Menu(menu)) = model.overlays.last_mut() else { return Ok(()) };
    let taken = match key.code {
        _ if !menu.narrows() => return Ok(()),
        KeyCode::Char(_) if key.modifiers.contains(KeyModifiers::CONTROL) => return Ok(()),
        KeyCode::Backspace | KeyCode::Char(_) => menu.typed.key(key),
        _ => return Ok(()),
    };
    menu.selected = 0;
    menu.step(0);
    taken
}

/// Does what an entry stands for.
pub fn choose(model: &mut Model, choice: Choice, effects: &mut Vec<Effect>) {
    match choice {
        Choice::Heading => {}
        Choice::Type(subject) => types::open(model, subject),
        Choice::Carry(what) => {
            model.overlays.pop();
            carry::begin(model, what, effects);
        }
    }
}
