//! The catalogue: the list of types, one type's entry, and where they lead.

use super::jump;
use super::list;
use super::menu::item;
use crate::domain::catalogue::Catalogue;
use crate::event::Position;
use crate::tui::action::Command;
use crate::tui::effect::{Effect, Read};
use crate::tui::model::Model;
use crate::tui::model::overlay::{Choice, Item, Menu, MenuKind, Overlay};
use crate::tui::model::scroll::Scroll;
use crate::tui::model::types::{Go, Row, Subject, TypePane, Types};
use crate::tui::text::count;

/// Opens the list of all types.
pub fn picker(model: &mut Model, effects: &mut Vec<Effect>) {
    survey(model, effects);
    let menu = Menu::new(MenuKind::Types, items(model), "reading …");
    model.overlays.push(Overlay::Menu(menu));
}

/// Opens the entry of the event that is shown.
pub fn of_event(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(event) = model.moment.as_ref().and_then(|moment| moment.event.as_ref()) else {
        model.tell("there is no event here");
        return;
    };
    let subject = Subject::Event(event.aggregate.kind.clone(), event.kind.clone());
    survey(model, effects);
    open(model, subject);
}

/// Opens an entry above what is open.
pub fn open(model: &mut Model, subject: Subject) {
    model.overlays.push(Overlay::Type(Box::new(TypePane { subject, scroll: Scroll::default() })));
}

/// Has the log looked at, where that was not done for this branch as it is now.
fn survey(model: &mut Model, effects: &mut Vec<Effect>) {
    let newest = model.overview.as_ref().map_or(0, |overview| overview.head);
    let of = Some((model.branch.clone(), newest));
    if model.types.of != of || model.types.stopped {
        let same = model.types.of.as_ref().is_some_and(|(branch, _)| *branch == model.branch);
        let catalogue = model.types.catalogue.take().filter(|_| same);
        model.types = Types { catalogue, of, reading: true, ..Types::default() };
        effects.push(Effect::Scan(Read::Catalogue));
    }
}

/// A part of the catalogue came.
pub fn came(model: &mut Model, catalogue: Box<Catalogue>, progress: (u64, u64), whole: bool) {
    let types = &mut model.types;
    (types.catalogue, types.progress, types.reading) = (Some(catalogue), progress, !whole);
    let items = items(model);
    if let Some(Overlay::Menu(menu)) = model.overlays.first_mut()
        && menu.kind == MenuKind::Types
    {
        menu.empty =
            if whole && items.is_empty() { "there are no types yet" } else { "no type is called that" };
        menu.refill(items);
    }
}

/// Nothing more is read.
pub fn stopped(model: &mut Model) {
    if model.types.reading {
        (model.types.reading, model.types.stopped) = (false, true);
    }
}

fn items(model: &Model) -> Vec<Item> {
    let mut items = Vec::new();
    for aggregate in model.types.catalogue.iter().flat_map(|catalogue| &catalogue.aggregates) {
        let kind = &aggregate.name;
        let entry = |text: String, n: Option<u64>, subject| {
            let note = n.map_or_else(String::new, |n| count(i64::try_from(n).unwrap_or(i64::MAX)));
            item(text, note, None, Choice::Type(subject))
        };
        items.push(entry(kind.clone(), aggregate.seen, Subject::Aggregate(kind.clone())));
        for event in &aggregate.events {
            let subject = Subject::Event(kind.clone(), event.name.clone());
            let seen = event.seen.as_ref().map_or(0, |seen| seen.events);
            items.push(entry(format!("  {}", event.name), Some(seen), subject));
        }
    }
    items
}

/// How far it is, in words.
pub fn progress(types: &Types) -> String {
    let (done, of) = types.progress;
    let number = |n: u64| count(i64::try_from(n).unwrap_or(i64::MAX));
    match (types.reading, types.stopped) {
        (true, _) => format!("{} of {} events looked at; Esc stops", number(done), number(of)),
        (_, true) => format!("stopped: {} of {} events looked at", number(done), number(of)),
        _ if done == 1 => "the log has 1 event".to_owned(),
        _ => format!("the log has {} events", number(done)),
    }
}

/// The rows of the topmost entry, and how many are visible.
pub fn rows(model: &Model, subject: &Subject) -> (Vec<Row>, usize) {
    let (width, height) = model.look.size;
    let rows = model.types.rows(subject, model.look.zone, usize::from(width.saturating_sub(3)));
    (rows, usize::from(height.saturating_sub(3)).max(1))
}

/// Moves, goes on, goes back.
pub fn command(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    let Some(Overlay::Type(pane)) = model.overlays.last() else { return };
    let (rows, height) = rows(model, &pane.subject);
    let page = height as isize - 1;
    let Some(Overlay::Type(pane)) = model.overlays.last_mut() else { return };
    let here = pane.scroll.selected;
    let mut step = |by| pane.scroll.step(by, rows.len(), height);
    match command {
        Command::Up => step(-1),
        Command::Down => step(1),
        Command::PageUp => step(-page),
        Command::PageDown => step(page),
        Command::First => step(isize::MIN),
        Command::Head => step(isize::MAX),
        Command::NextPane | Command::PreviousPane => {
            let mut links = rows.iter().enumerate().filter(|(_, row)| row.go.is_some()).map(|(i, _)| i);
            let next = if command == Command::NextPane {
                links.find(|i| *i > here)
            } else {
                links.take_while(|i| *i < here).last()
            };
            if let Some(next) = next {
                step(next as isize - here as isize);
            }
        }
        Command::Enter => match rows.get(here).and_then(|row| row.go.clone()) {
            Some(Go::To(subject)) => open(model, subject),
            Some(Go::Event(position)) => leave(model, position, effects),
            None => {}
        },
        _ if model.types.reading => {
            list::stop_scans(model, effects);
            model.tell("stopped; what was counted so far stays");
        }
        _ => drop(model.overlays.pop()),
    }
}

/// A click on a row selects it, one on the selected row follows it.
pub fn click(model: &mut Model, y: u16, effects: &mut Vec<Effect>) {
    let Some(Overlay::Type(pane)) = model.overlays.last_mut() else { return };
    let Some(row) = y.checked_sub(1).map(|y| pane.scroll.top + usize::from(y)) else { return };
    if row == pane.scroll.selected {
        return command(model, Command::Enter, effects);
    }
    pane.scroll.selected = row;
    reveal(model);
}

/// Keeps the selected row among those there are.
fn reveal(model: &mut Model) {
    let Some(Overlay::Type(pane)) = model.overlays.last() else { return };
    let (rows, height) = rows(model, &pane.subject);
    if let Some(Overlay::Type(pane)) = model.overlays.last_mut() {
        pane.scroll.reveal(rows.len(), height);
    }
}

/// To an event in the log, out of everything that is open.
fn leave(model: &mut Model, position: Position, effects: &mut Vec<Effect>) {
    model.overlays.clear();
    jump::to_position(model, position, effects);
}
