//! Lists to choose from: what stands in them, and what choosing does.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{branches, browse, carry, copy, lab, list, places, types, waypoints};
use crate::error::Result;
use crate::tui::action::Command;
use crate::tui::effect::{Effect, Read};
use crate::tui::keys::Context;
use crate::tui::model::overlay::{Choice, CopyWhat, Item, Menu, MenuKind, Overlay};
use crate::tui::model::{Model, Notice};
use crate::tui::screens::fire::Form;
use crate::tui::text::{count, wrap};

pub(super) fn item(
    text: impl Into<String>,
    note: impl Into<String>,
    checked: Option<bool>,
    choice: Choice,
) -> Item {
    Item { text: text.into(), note: note.into(), checked, choice }
}

/// Every action of the panes, with its keys.
pub fn palette(model: &Model) -> Menu {
    let items = model
        .keys
        .entries(Context::Browse)
        .filter(|(command, _)| *command != Command::Palette)
        .map(|(command, entry)| item(entry.help.clone(), entry.shown(), None, Choice::Do(command)))
        .collect();
    Menu::new(MenuKind::Palette, items, "no action is called that")
}

/// Types, statuses and actors with their counts; those in force are checked.
pub fn facets(model: &Model) -> Menu {
    let list = &model.list;
    let mut items = Vec::new();
    if let Some(facets) = &list.facets {
        items.push(item("type", "", None, Choice::Heading));
        items.push(item("all", "", Some(list.kind.is_none()), Choice::Kind(None)));
        for (name, n) in &facets.types {
            let on = list.kind.as_ref() == Some(name);
            items.push(item(name.clone(), count(*n), Some(on), Choice::Kind(Some(name.clone()))));
        }
        items.push(item("status", "", None, Choice::Heading));
        for (name, n) in &facets.statuses {
            items.push(item(
                name.clone(),
                count(*n),
                Some(list.statuses.contains(name)),
                Choice::Status(name.clone()),
            ));
        }
        items.push(item("actor of the newest event", "", None, Choice::Heading));
        for (name, n) in &facets.actors {
            items.push(item(
                name.clone(),
                count(*n),
                Some(list.actors.contains(name)),
                Choice::Actor(name.clone()),
            ));
        }
    }
    Menu::new(MenuKind::Facets, items, "counting …")
}

/// The extra columns of the types in the list.
pub fn columns(model: &Model) -> Menu {
    let mut names: Vec<&String> = Vec::new();
    for kind in model.overview.iter().flat_map(|overview| &overview.types) {
        let shown = model.list.kind.as_ref().is_none_or(|only| *only == kind.name);
        for name in kind.columns.iter().filter(|_| shown) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let items = names
        .into_iter()
        .map(|name| {
            item(name.clone(), "", Some(!model.list.hidden.contains(name)), Choice::Column(name.clone()))
        })
        .collect();
    Menu::new(MenuKind::Columns, items, "the domain declares no columns for these")
}

/// What the bottom line said, the newest first.
pub fn messages(model: &Model) -> Menu {
    let entries = model.messages.iter().rev().flat_map(|notice| {
        let (sign, text) = match notice {
            Notice::Done(text) => (model.look.glyphs.check, text.clone()),
            Notice::Told(text) => (model.look.glyphs.unchanged, text.clone()),
            Notice::Failed(error) => ('!', error.to_string().replace("\nhint: ", "  ")),
        };
        let lines = wrap(&text, 90, 12);
        lines
            .into_iter()
            .enumerate()
            .map(move |(i, line)| format!("{} {line}", if i == 0 { sign } else { ' ' }))
    });
    let items = entries.map(|text| item(text, "", None, Choice::Nothing)).collect();
    Menu::new(MenuKind::Messages, items, "nothing was said yet")
}

/// What can be copied.
pub fn copy() -> Menu {
    let entry = |text: &str, key: &str, what| item(text, key, None, Choice::Copy(what));
    let items = vec![
        entry("value: the selected field", "v", CopyWhat::Value),
        entry("JSON: the whole state here", "j", CopyWhat::Json),
        entry("jq path of the selected field", "p", CopyWhat::Path),
        entry("event as JSON", "e", CopyWhat::Event),
        entry("command line that opens this screen", "c", CopyWhat::Link),
    ];
    Menu::new(MenuKind::Copy, items, "")
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
        Command::Rename => branches::rename(model),
        Command::Archive => branches::archive(model, effects),
        Command::CherryPick | Command::Merge | Command::Rebase => carry::ask(model, command, effects),
        Command::Forget => waypoints::forget(model, effects),
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
            if kind == MenuKind::Hits && model.search.waiting {
                list::stop_scans(model, effects);
                model.tell("stopped; what was found stays");
            }
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
pub fn typed(model: &mut Model, key: KeyEvent, effects: &mut Vec<Effect>) -> Result<()> {
    let Some(Overlay::Menu(menu)) = model.overlays.last_mut() else { return Ok(()) };
    if menu.kind == MenuKind::Hits
        && !menu.narrowing
        && let KeyCode::Char(c @ ('[' | ']')) = key.code
    {
        model.overlays.pop();
        super::search::step(model, c == ']', effects);
        return Ok(());
    }
    let taken = match key.code {
        _ if !menu.narrows() => return Ok(()),
        KeyCode::Char(_) if key.modifiers.contains(KeyModifiers::CONTROL) => return Ok(()),
        KeyCode::Backspace | KeyCode::Char(_) => menu.typed.key(key),
        _ => return Ok(()),
    };
    if menu.kind == MenuKind::Copy {
        let choice =
            menu.items.iter().find(|item| item.note == menu.typed.text()).map(|item| item.choice.clone());
        menu.typed.clear();
        if let Some(choice) = choice {
            choose(model, choice, effects);
        }
        return Ok(());
    }
    menu.selected = 0;
    menu.step(0);
    taken
}

/// Does what an entry stands for.
pub fn choose(model: &mut Model, choice: Choice, effects: &mut Vec<Effect>) {
    match choice {
        Choice::Heading | Choice::Nothing => {}
        Choice::Do(command) => {
            model.overlays.pop();
            browse::run(model, command, effects);
        }
        Choice::Copy(what) => {
            model.overlays.pop();
            copy::copy(model, what, effects);
        }
        Choice::Type(subject) => types::open(model, subject),
        Choice::Fire(command) => Form::open(model, command),
        Choice::Leave(how) => {
            model.overlays.pop();
            lab::leave(model, how, effects);
        }
        Choice::Branch(name) => {
            model.overlays.pop();
            places::leave(model);
            branches::go_over(model, &name, effects);
        }
        Choice::Carry(what) => {
            model.overlays.pop();
            carry::begin(model, what, effects);
        }
        Choice::Hit(position) => {
            model.overlays.pop();
            super::search::go(model, position, effects);
        }
        Choice::Revision(revision) => {
            model.overlays.pop();
            effects.push(Effect::Read(Read::Resolve(revision, None)));
        }
        Choice::Kind(kind) => {
            model.list.kind = kind;
            model.list.statuses.clear();
            model.list.actors.clear();
            model.overlays.pop();
            model.list.facets = None;
            list::reload(model, effects);
        }
        Choice::Status(name) => {
            toggle(&mut model.list.statuses, name);
            narrowed(model, effects);
        }
        Choice::Actor(name) => {
            toggle(&mut model.list.actors, name);
            narrowed(model, effects);
        }
        Choice::Column(name) => {
            toggle(&mut model.list.hidden, name);
            model.overlays.pop();
        }
    }
}

fn narrowed(model: &mut Model, effects: &mut Vec<Effect>) {
    model.overlays.pop();
    list::look_again(model, false, effects);
}

fn toggle(names: &mut Vec<String>, name: String) {
    match names.iter().position(|other| *other == name) {
        Some(i) => drop(names.remove(i)),
        None => names.push(name),
    }
}
