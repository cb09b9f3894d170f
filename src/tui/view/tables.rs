//! What the pane in focus shows as a table, for whoever hands it over.

use super::{list, log};
use crate::event::actor_of;
use crate::markdown::Table;
use crate::replay::{Change, Op};
use crate::session::Flag;
use crate::tui::model::state::{Tab, preview};
use crate::tui::model::{Model, Pane};
use crate::tui::text::count;
use crate::tui::update::logs;

/// The visible rows of the pane in focus, where it is a list or a log.
pub fn of_pane(model: &Model) -> Option<Table> {
    match model.focus {
        Pane::List => Some(of_list(model)),
        Pane::State if model.state.tab == Tab::Log => Some(of_log(model)),
        _ => None,
    }
}

/// Whether it is a state that is in focus.
pub fn is_state(model: &Model) -> bool {
    model.focus == Pane::State && model.state.tab == Tab::State
}

fn of_list(model: &Model) -> Table {
    let columns = list::shown_columns(model);
    let mut table = Table::of(&["type", "id", "label", "status"]);
    table.heads.extend(columns.iter().map(|(_, name)| name.clone()));
    table.heads.extend(["version".to_owned(), "changed".to_owned()]);
    let visible = model.list.rows.iter().skip(model.list.top).take(crate::tui::update::list::height(model));
    for row in visible {
        let mut cells = vec![row.aggregate.kind.clone(), row.aggregate.id.clone()];
        cells.extend([row.label.clone(), row.status.clone()]);
        cells.extend(columns.iter().map(|(at, _)| row.columns.get(*at).cloned().unwrap_or_default()));
        cells.extend([count(row.version), model.look.zone.full(row.last_at)]);
        table.rows.push(cells);
    }
    table
}

fn of_log(model: &Model) -> Table {
    let (log, height) = (model.log(), logs::height(model));
    let one = model.cursor.is_one();
    let mut table = Table::of(if one { &[] } else { &["record"] });
    table.heads.extend(["version", "at", "actor", "event", "changes", "flags"].map(str::to_owned));
    let top = log::top(model, height);
    let rows = (top..top + height).map_while(|line| log.place_at(line).and_then(|place| log.row(place)));
    for row in rows {
        let mut cells = if one { Vec::new() } else { vec![row.event.aggregate.to_string()] };
        let changes: Vec<_> = row.changes.iter().map(|change| words(model, change)).collect();
        let flags = row.flags.with(Flag::RejectedByRule, row.error.is_some());
        cells.extend([
            count(row.event.version),
            model.look.zone.full(row.event.occurred_at),
            actor_of(&row.event.meta).unwrap_or_default(),
            row.event.kind.clone(),
            changes.join("; "),
            flags.iter().map(Flag::name).collect::<Vec<_>>().join(", "),
        ]);
        table.rows.push(cells);
    }
    table
}

/// What changed, in a few words.
pub fn words(model: &Model, change: &Change) -> String {
    let value = |value| preview(value, model.look.zone);
    let name = change.dotted();
    match change.op {
        Op::Add => format!("{name}: {}", value(&change.value)),
        Op::Remove => format!("{name}: {} removed", value(&change.old)),
        Op::Replace => format!("{name}: {} → {}", value(&change.old), value(&change.value)),
    }
}
