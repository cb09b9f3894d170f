//! Reports: they follow the cursor, which moves through time as it does in every pane.

use super::browse;
use crate::session::{Point, ReportInfo, ReportPage, ReportRequest};
use crate::tui::action::Command;
use crate::tui::effect::{Effect, Read};
use crate::tui::model::Model;
use crate::tui::model::overlay::Overlay;
use crate::tui::model::report::Reports;
use crate::tui::view::report::tab_at;

/// Opens them.
pub fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    effects.push(Effect::Read(Read::Reports));
    model.overlays.push(Overlay::Reports(Box::default()));
}

fn shown(model: &mut Model) -> Option<&mut Reports> {
    match model.overlays.last_mut() {
        Some(Overlay::Reports(reports)) => Some(reports),
        _ => None,
    }
}

/// The list of reports came, once more with what changed.
pub fn known(model: &mut Model, infos: Vec<ReportInfo>) {
    if let Some(reports) = shown(model) {
        reports.infos = Some(infos);
    }
}

/// The rows came, as far as they are folded.
pub fn came(model: &mut Model, request: &ReportRequest, page: ReportPage) {
    let height = height(model);
    if let Some(reports) = shown(model) {
        reports.take(request, page);
        let rows = reports.page.as_ref().map_or(0, |page| page.rows.len());
        reports.scroll.reveal(rows, height);
    }
}

/// Where the cursor is, as reports see it.
fn place(model: &Model) -> Option<Point> {
    // At the head: whatever has come by now.
    let head = || {
        let branch = model.branch.clone();
        model.overview.as_ref().map(|overview| Point::store(branch, overview.head))
    };
    model.point().filter(|_| model.cursor.past()).or_else(head)
}

/// Asks for the report as of where the cursor is now, where that was not asked for yet.
pub fn needed(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(at) = place(model) else { return };
    let Some(reports) = shown(model) else { return };
    let Some(request) = reports.request(at).filter(|request| reports.asked.as_ref() != Some(request)) else {
        return;
    };
    reports.asked = Some(request.clone());
    effects.push(Effect::Scan(Read::Report(request)));
    effects.push(Effect::Read(Read::Reports));
}

/// The rows of the table: below the frame and the headings, above what is said of the lag.
fn height(model: &Model) -> usize {
    usize::from(model.look.size.1).saturating_sub(6).max(1)
}

/// A click: on a name in the title to that report, on a row selects it, once more goes to its event.
pub fn click(model: &mut Model, x: u16, y: u16, effects: &mut Vec<Effect>) {
    let height = height(model);
    let Some(reports) = shown(model) else { return };
    if y == 0 {
        if let Some(tab) = tab_at(reports, x) {
            reports.turn(tab as isize - reports.shown as isize);
        }
        return;
    }
    let rows = reports.page.as_ref().map_or(0, |page| page.rows.len());
    // Below the frame and the headings.
    let Some(line) = y.checked_sub(2).map(usize::from).filter(|line| *line < height) else { return };
    let row = reports.scroll.top + line;
    if row >= rows {
        return;
    }
    if row == reports.scroll.selected {
        return command(model, Command::Enter, effects);
    }
    reports.scroll.step(row as isize - reports.scroll.selected as isize, rows, height);
}

/// Moves in the table, to another report, or through time; goes to the event behind a row; closes.
pub fn command(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    let height = height(model);
    let page = (height as isize - 1).max(1);
    let Some(reports) = shown(model) else { return };
    let rows = reports.page.as_ref().map_or(0, |page| page.rows.len());
    match command {
        Command::Up => reports.scroll.step(-1, rows, height),
        Command::Down => reports.scroll.step(1, rows, height),
        Command::PageUp => reports.scroll.step(-page, rows, height),
        Command::PageDown => reports.scroll.step(page, rows, height),
        Command::NextType => reports.turn(1),
        Command::PreviousType => reports.turn(-1),
        Command::Enter => {
            let row = reports.page.as_ref().and_then(|page| page.rows.get(reports.scroll.selected));
            if let Some(position) = row.map(|row| row.position) {
                model.overlays.pop();
                effects.push(Effect::Read(Read::Resolve(format!("#{position}"), None)));
            }
        }
        Command::Out => drop(model.overlays.pop()),
        through_time => browse::command(model, through_time, effects),
    }
}
