//! The start screen: the demo, a new store, an import.

use std::path::PathBuf;

use crate::tui::action::Command;
use crate::tui::effect::{Choice, Effect};
use crate::tui::model::{Busy, Model, Stage};
use crate::tui::screens::prompt::Prompt;

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
                let prompt = Prompt::new("new store:", "a file that does not exist yet", "backstory.db");
                model.open(prompt.then(|cx, text| {
                    begin(cx.model, Choice::Create(PathBuf::from(text)), cx.effects);
                }));
            }
            _ => {
                let example = "FILE, or FILE and a mapping: log.zip servicenow";
                model.open(
                    Prompt::new("import:", example, "").then(|cx, text| import(cx.model, text, cx.effects)),
                );
            }
        },
        _ => {}
    }
}

fn import(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    let (file, mapping) = match text.rsplit_once(' ') {
        Some((file, mapping)) if !PathBuf::from(text).exists() => (file.trim(), Some(mapping.to_owned())),
        _ => (text, None),
    };
    begin(model, Choice::Import(PathBuf::from(file), mapping), effects);
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
