//! The list of the commands that may be fired here.

use super::branches::read_only;
use crate::session::CommandInfo;
use crate::tui::effect::{Effect, Read};
use crate::tui::model::Model;
use crate::tui::model::overlay::{Choice, Item, Menu, MenuKind, Overlay};

/// Opens the list of commands.
pub fn start(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(error) = read_only(model) {
        model.fail(error);
        return;
    }
    model.overlays.push(Overlay::Menu(Menu::new(MenuKind::Commands, Vec::new(), "asking the domain …")));
    effects.push(Effect::Read(Read::Commands(model.cursor.aggregate.clone())));
}

/// The commands came.
pub fn commands(model: &mut Model, commands: Vec<CommandInfo>, free_name: String) {
    model.free_name = free_name;
    let here = model.cursor.aggregate.clone();
    let declared = model.overview.as_ref().is_none_or(|overview| overview.domain.is_some());
    let Some(Overlay::Menu(menu)) =
        model.overlays.last_mut().filter(|o| matches!(o, Overlay::Menu(m) if m.kind == MenuKind::Commands))
    else {
        return;
    };
    let heading = |text: String| Item { text, note: String::new(), checked: None, choice: Choice::Heading };
    let mut items = Vec::new();
    let (creating, changing): (Vec<_>, Vec<_>) = commands.into_iter().partition(|command| command.creates);
    if let Some(here) = here.filter(|_| !changing.is_empty()) {
        items.push(heading(format!("on {here}")));
    }
    for (i, command) in changing.into_iter().chain(creating.iter().cloned()).enumerate() {
        if command.creates && !items.iter().any(|item| item.text == "something new") {
            items.push(heading("something new".into()));
        }
        let _ = i;
        let params: Vec<_> = command
            .params
            .iter()
            .map(|p| if p.optional { format!("[{}]", p.name) } else { p.name.clone() })
            .collect();
        let name =
            if command.creates { format!("{} {}", command.kind, command.name) } else { command.name.clone() };
        let text = if params.is_empty() { name } else { format!("{name} {}", params.join(" ")) };
        items.push(Item {
            text,
            note: command.doc.clone().unwrap_or_default(),
            checked: None,
            choice: Choice::Fire(command),
        });
    }
    menu.items = items;
    menu.empty = if declared {
        "the domain declares no command that may be fired here"
    } else {
        "the store has no domain yet, which would declare commands: backstory domain set FILE"
    };
    menu.selected = 0;
    menu.step(0);
}
