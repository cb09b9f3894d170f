//! The keys of the graph of the whole store.

use crate::session::{GraphPage, GraphRequest};
use crate::tui::action::Command;
use crate::tui::effect::{Effect, Read};
use crate::tui::model::Model;
use crate::tui::model::graph::Graph;
use crate::tui::model::overlay::Overlay;

/// The rows between the frame's lines.
fn height(model: &Model) -> usize {
    usize::from(model.look.size.1.saturating_sub(3)).max(1)
}

/// Opens it at the cursor.
pub fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    let (graph, request) = Graph::at(model.position().unwrap_or(i64::MAX));
    model.overlays.push(Overlay::Graph(Box::new(graph)));
    effects.push(Effect::Read(Read::Graph(request)));
}

/// Moves, goes to the selected event, closes.
pub fn command(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    let height = height(model);
    let Some(Overlay::Graph(graph)) = model.overlays.last_mut() else { return };
    let page = height as isize - 1;
    match command {
        Command::Up => graph.step(-1, height),
        Command::Down => graph.step(1, height),
        Command::PageUp => graph.step(-page, height),
        Command::PageDown => graph.step(page, height),
        Command::First | Command::Head => {
            let (new, request) = Graph::end(command == Command::Head);
            **graph = new;
            effects.push(Effect::Read(Read::Graph(request)));
        }
        Command::Enter => {
            let revision = graph.rows.get(graph.selected).map(|line| format!("#{}", line.event.position));
            model.overlays.pop();
            effects.extend(revision.map(|revision| Effect::Read(Read::Resolve(revision, None))));
            return;
        }
        _ => {
            model.overlays.pop();
            return;
        }
    }
    more(model, effects);
}

fn more(model: &mut Model, effects: &mut Vec<Effect>) {
    let height = height(model);
    if let Some(Overlay::Graph(graph)) = model.overlays.last_mut()
        && let Some(request) = graph.wants(height)
    {
        effects.push(Effect::Read(Read::Graph(request)));
    }
}

/// Rows came.
pub fn came(model: &mut Model, request: GraphRequest, page: GraphPage, effects: &mut Vec<Effect>) {
    let height = height(model);
    if let Some(Overlay::Graph(graph)) = model.overlays.last_mut() {
        graph.take(request, page, height);
    }
    more(model, effects);
}
