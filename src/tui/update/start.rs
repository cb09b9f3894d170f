//! The start screen: the demo, a new store, an import.

use crate::tui::action::Command;
use crate::tui::effect::{Choice, Effect};
use crate::tui::model::overlay::{Overlay, Prompt, Purpose};
use crate::tui::model::{Busy, Model, Stage};

/// Moves and chooses.
pub fn command(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    let Stage::Start(start) = &mut model.stage else { return };
    if let Some(busy) = &mut start.busy {
        // Only an import says how far it is, and only what says so can be stopped.
        if command == Command::Out && busy.progress.is_some() {
            busy.stopping = true;
            effects.push(Effect::StopBegun);
        }
        return;
    }
    match command {
        Command::Up => start.selected = (start.selected + 2) % 3,
        Command::Down => start.selected = (start.selected + 1) % 3,
        Command::Enter => match start.selected {
            0 => begin(model, Choice::Demo, effects),
            1 => {
                let prompt = Prompt::new(Purpose::NewStore, false, "backstory.db");
                model.overlays.push(Overlay::Prompt(Box::new(prompt)));
            }
            _ => model.overlays.push(Overlay::Prompt(Box::new(Prompt::new(Purpose::Import, false, "")))),
        },
        _ => {}
    }
}

/// A click on an offer.
pub fn click(model: &mut Model, y: u16, effects: &mut Vec<Effect>) {
    let size = model.look.size;
    let Stage::Start(start) = &mut model.stage else { return };
    if let Some(offer) = crate::tui::view::start::offer_at(size, y) {
        start.selected = offer;
        command(model, Command::Enter, effects);
    }
}

/// Has it done, and says so meanwhile.
pub fn begin(model: &mut Model, choice: Choice, effects: &mut Vec<Effect>) {
    if let Stage::Start(start) = &mut model.stage {
        let what = match &choice {
            Choice::Demo => "building the demo store …".into(),
            Choice::Create(path) => format!("making {} …", path.display()),
            Choice::Import(path, _) => format!("importing {} …", path.display()),
        };
        (start.busy, start.failed) = (Some(Busy { what, ..Busy::default() }), None);
        effects.push(Effect::Begin(choice));
    }
}
