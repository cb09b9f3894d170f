//! The keys of the panes.

use super::{branches, burst, carry, jump, list, pin, places, search, time, undo, waypoints};
use crate::tui::action::Command;
use crate::tui::areas::{areas, inner_height};
use crate::tui::effect::Effect;
use crate::tui::keys::Context;
use crate::tui::menu::Menu;
use crate::tui::model::chips::Narrowed;
use crate::tui::model::offer::Offer;
use crate::tui::model::state::{Shown, Tab};
use crate::tui::model::{Model, Pane};
use crate::tui::screens::branches::Branches;
use crate::tui::screens::chips::ChipList;
use crate::tui::screens::compare::Compare;
use crate::tui::screens::copy::copy_link;
use crate::tui::screens::fire::Commands;
use crate::tui::screens::graph::Graph;
use crate::tui::screens::help::Help;
use crate::tui::screens::hits::Hits;
use crate::tui::screens::jobs::Jobs;
use crate::tui::screens::lab::Lab;
use crate::tui::screens::listed::listed;
use crate::tui::screens::make_domain::MakeDomain;
use crate::tui::screens::mapping::Mapping;
use crate::tui::screens::messages::messages;
use crate::tui::screens::monitors::Monitors;
use crate::tui::screens::offers::Offers;
use crate::tui::screens::operations::Operations;
use crate::tui::screens::palette::Palette;
use crate::tui::screens::races::Races;
use crate::tui::screens::reports::Reports;
use crate::tui::screens::rewrite::Rewriting;
use crate::tui::screens::trace::Trace;
use crate::tui::screens::views::{self, ViewList};
use crate::tui::screens::waypoints::Waypoints;
use crate::tui::screens::{catalogue, filter, goto};
use crate::tui::timeline::Axis;

/// Does what a key of the panes says.
#[allow(clippy::too_many_lines, reason = "a table of the keys, a line or two each")]
pub fn command(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    use Command as C;
    if !matches!(
        command,
        C::Slower | C::Faster | C::Play | C::Zone | C::Help | C::Axis | C::ZoomIn | C::ZoomOut
    ) {
        model.play.running = false;
    }
    match command {
        C::StepBack => time::step(model, -1, effects),
        C::StepForward => time::step(model, 1, effects),
        C::TenthBack => time::tenth(model, false, effects),
        C::TenthForward => time::tenth(model, true, effects),
        C::BurstBack => burst::to(model, false, effects),
        C::BurstForward => burst::to(model, true, effects),
        C::First => {
            places::leave(model);
            time::go(model, i64::from(model.cursor.is_set()), effects);
        }
        C::Head => {
            places::leave(model);
            time::head(model, effects);
        }
        C::Play => time::play(model, effects),
        C::Slower | C::Faster => {
            model.play.speed = model.play.speed.changed(command == C::Faster);
            model.tell(format!("speed {}", model.play.speed.name()));
        }
        C::GoTo => {
            let prompt = goto::prompt(model);
            model.open(prompt);
        }
        C::WholeStore => {
            places::leave(model);
            time::whole_store(model, effects);
        }
        C::Mark => time::mark(model),
        C::SwapMark => time::swap_mark(model, effects),
        C::NextByActor
        | C::PreviousByActor
        | C::NextOfType
        | C::PreviousOfType
        | C::NextOfOperation
        | C::PreviousOfOperation => jump::kin(model, command, effects),
        C::Effects => jump::effects(model, effects),
        C::Cause => jump::cause(model, effects),
        C::Find => search::prompt(model),
        C::Hits => model.open(Menu::new(Hits::default())),
        C::NextHit | C::PreviousHit => search::step(model, command == C::NextHit, effects),
        C::Pin => pin::pin(model),
        C::NextChange | C::PreviousChange => pin::step(model, command == C::NextChange, effects),
        C::Axis => {
            model.timeline.axis = if model.timeline.axis == Axis::Order { Axis::Time } else { Axis::Order };
        }
        C::ZoomIn | C::ZoomOut => time::zoom(model, command == C::ZoomIn),
        C::ZoomFit => model.timeline.fit = true,
        C::Fire => Commands::open(model),
        C::Undo | C::Redo => undo::ask(model, command == C::Redo, effects),
        C::Operations => model.open(Menu::new(Operations::default())),
        C::Fork => branches::fork(model, effects),
        C::Branches => model.open(Branches::menu(model)),
        C::Alarms => model.open(Menu::new(Monitors::default())),
        C::Diff => Compare::two(model),
        C::ThreeWay => Compare::three(model),
        C::Reports => model.open(Reports::default()),
        C::ClockOrder => Races::open(model),
        C::Rewrite => Rewriting::open(model),
        C::Lab => Lab::open(model, effects),
        C::MakeDomain => MakeDomain::open(model),
        C::Mapping if model.source.is_some() => model.open(Mapping::default()),
        C::Mapping => model.tell("this store is read from no log: backstory FILE opens one"),
        C::CherryPick | C::Revert | C::Merge | C::Rebase => carry::ask(model, command, None),
        C::Graph => model.open(Graph::at_cursor(model)),
        C::Catalogue => catalogue::Listed::open(model, effects),
        C::Trace => Trace::open(model),
        C::Jobs => model.open(Jobs::default()),
        C::Waypoint => waypoints::name(model),
        C::Waypoints => model.open(Menu::new(Waypoints::default())),
        C::Up | C::Down | C::HalfUp | C::HalfDown | C::PageUp | C::PageDown => {
            let page = inner_height(areas(model).of(model.focus)) as isize;
            let by = match command {
                C::Up => -1,
                C::Down => 1,
                C::HalfUp => -(page / 2).max(1),
                C::HalfDown => (page / 2).max(1),
                C::PageUp => -(page - 1).max(1),
                _ => (page - 1).max(1),
            };
            vertical(model, by, effects);
        }
        C::Enter => enter(model, effects),
        C::Out => out(model, effects),
        C::NextPane | C::PreviousPane => {
            let i = Pane::ALL.iter().position(|pane| *pane == model.focus).unwrap_or(0);
            focus(model, Pane::ALL[if command == C::NextPane { (i + 1) % 4 } else { (i + 3) % 4 }]);
        }
        C::PaneList => focus(model, Pane::List),
        C::PaneState => focus(model, Pane::State),
        C::PaneEvent => focus(model, Pane::Event),
        C::PaneTimeline => focus(model, Pane::Timeline),
        C::PlaceBack | C::PlaceForward => places::walk(model, command == C::PlaceForward, effects),
        C::StateLog => {
            model.state.tab = if model.state.tab == Tab::State { Tab::Log } else { Tab::State };
            focus(model, Pane::State);
        }
        C::Fold => {
            model.state.only_changes = !model.state.only_changes;
            (model.state.selected, model.state.top) = (0, 0);
            rebuild(model);
        }
        C::Maximise => model.maximised = !model.maximised,
        C::Zone => {
            model.look.zone = model.look.zone.other();
            rebuild(model);
        }
        C::TextFilter => {
            let prompt = filter::text(model, model.narrowed());
            model.open(prompt);
        }
        C::Field => {
            model.state.tab = Tab::State;
            focus(model, Pane::State);
            let prompt = goto::field(model);
            model.open(prompt);
        }
        C::JqFilter => {
            let prompt = filter::jq(model, model.narrowed());
            model.open(prompt);
        }
        C::Chips => ChipList::open(model, model.narrowed()),
        C::Offers => Offers::open(model),
        C::DropChip => drop_chip(model, effects),
        C::KeepView => views::keep(model),
        C::Views => model.open(Menu::new(ViewList::default())),
        C::PreviousType | C::NextType => list::next_type(model, command == C::NextType, effects),
        C::Sort if model.in_log() => model.log_mut().newest_first = !model.log().newest_first,
        C::Sort => list::next_sort(model, effects),
        C::Columns => model.open(listed(model)),
        C::Select => time::select_lane(model, effects),
        C::CopyLink => copy_link(model, effects),
        C::Messages => model.open(messages(model)),
        C::Palette => model.open(Menu::new(Palette::default())),
        C::Help => model.open(Help::of(Context::Browse, None)),
        C::Mouse => {
            model.look.mouse = !model.look.mouse;
            effects.push(Effect::Mouse(model.look.mouse));
            model.tell(if model.look.mouse {
                "the mouse is on"
            } else {
                "the mouse is off: the terminal selects text"
            });
        }
        C::Quit
        | C::Copy
        | C::Complete
        | C::Rename
        | C::Archive
        | C::Forget
        | C::Drop
        | C::DropRepeated
        | C::Restore
        | C::MoveUp
        | C::MoveDown
        | C::Change
        | C::Negate
        | C::Insert
        | C::OtherRules
        | C::UseRule
        | C::TourNext
        | C::TourBack
        | C::TourLeave
        | C::Consent
        | C::Retry
        | C::Skip
        | C::Keep => {}
    }
}

/// Gives a pane the focus, and its place where two share one.
pub fn focus(model: &mut Model, pane: Pane) {
    model.focus = pane;
    if matches!(pane, Pane::State | Pane::Event) {
        model.front = pane;
    }
    match pane {
        Pane::State if model.state.tab == Tab::State => model.offer(Offer::Value),
        Pane::Event => model.offer(Offer::Event),
        _ => {}
    }
}

/// Moves up or down in the pane in focus.
pub fn vertical(model: &mut Model, by: isize, effects: &mut Vec<Effect>) {
    let height = inner_height(areas(model).of(model.focus));
    match model.focus {
        Pane::List => list::step(model, by, effects),
        Pane::State if model.state.tab == Tab::State => {
            model.state.select(by);
            model.state.reveal(height);
        }
        Pane::State => {
            let (log, (here, _)) = (model.log(), model.log_place());
            let forward = (by > 0) != log.newest_first;
            let lost = || if log.row(here).is_none() { log.nearest(here) } else { None };
            if let Some(place) = log.neighbour(here, forward, by.unsigned_abs()).or_else(lost) {
                time::go_log(model, place, effects);
            }
        }
        Pane::Event => {
            model.event_scroll = model.event_scroll.saturating_add_signed(by as i16);
        }
        Pane::Timeline => {
            if model.cursor.is_set() {
                time::step_lane(model, by, effects);
            } else if model.lanes().len() > 1 {
                branches::step_lane(model, by, effects);
            } else {
                list::step(model, by, effects);
            }
        }
    }
}

fn enter(model: &mut Model, effects: &mut Vec<Effect>) {
    match model.focus {
        Pane::List => {
            places::leave(model);
            focus(model, Pane::State);
        }
        Pane::State if model.state.tab == Tab::Log => enter_log(model, effects),
        Pane::State => {
            if model.state.toggle() {
                rebuild(model);
            } else if pin::is_selected(model) {
                pin::history(model, effects);
            } else {
                jump::writer(model, effects);
            }
        }
        Pane::Event => catalogue::Entry::of_event(model, effects),
        Pane::Timeline => focus(model, Pane::Event),
    }
}

/// From a row of the log to its event; in the whole store to that event's aggregate.
fn enter_log(model: &mut Model, effects: &mut Vec<Effect>) {
    let (log, (here, _)) = (model.log(), model.log_place());
    match log.row(here).map(|row| (row.event.aggregate.clone(), row.event.version)) {
        Some((aggregate, version)) if model.cursor.is_whole() => {
            places::leave(model);
            time::open(model, aggregate, version, version, effects);
            model.tell("this event's aggregate; < goes back to the whole store");
        }
        Some(_) => focus(model, Pane::Event),
        None => {
            if let Some(place) = log.nearest(here) {
                time::go_log(model, place, effects);
            }
        }
    }
}

fn out(model: &mut Model, effects: &mut Vec<Effect>) {
    let scanning = model.search.found.waits()
        || (model.list.page.waits() && model.list.scans())
        || (model.log().looks() && model.log().scans());
    if scanning {
        model.search.found.stop();
        model.list.page.stop();
        model.own_log.stop();
        model.store_log.stop();
        model.tell("stopped; what was found stays");
    } else if model.maximised {
        model.maximised = false;
    } else {
        match model.focus {
            Pane::Event | Pane::Timeline => focus(model, Pane::State),
            Pane::State => focus(model, Pane::List),
            Pane::List if !model.list.lanes.is_empty() => time::clear_lanes(model, effects),
            Pane::List if model.cursor.is_whole() && !model.cursor.past() => {
                time::whole_store(model, effects);
            }
            Pane::List => {}
        }
    }
}

/// Takes the newest chip of the pane away; in the list, where there is none, all types are shown.
fn drop_chip(model: &mut Model, effects: &mut Vec<Effect>) {
    let of = model.narrowed();
    if !filter::drop_last(model, of, effects) {
        if of == Narrowed::List && model.list.kind.take().is_some() {
            list::reload(model, effects);
        } else {
            model.tell("nothing narrows this pane");
        }
    }
}

/// Prepares the state's rows again, from the moment, the mark, the zone and the width.
pub fn rebuild(model: &mut Model) {
    let areas = areas(model);
    let Some(moment) = &model.moment else { return };
    let since_mark = model.mark.as_ref().filter(|mark| {
        mark.aggregate == moment.aggregate
            && (mark.version != moment.version || mark.branch != model.branch)
            && mark.state.is_some()
    });
    let (changes, heading);
    if let Some(mark) = since_mark {
        let state = mark.state.clone().unwrap_or_default();
        changes = crate::replay::diff(&state, &moment.state);
        let arrow = model.look.glyphs.arrow;
        let branch = if mark.branch == model.branch { String::new() } else { format!("{} ", mark.branch) };
        let from = format!("MARK {branch}v{} {arrow} v{}", mark.version, moment.version);
        heading = (from, plural(changes.len(), "change"));
    } else {
        changes = moment.changes.clone();
        let by = moment.event.as_ref().map_or("before the first event".into(), |event| event.kind.clone());
        heading = ("CHANGED".into(), by);
    }
    let gone = serde_json::Value::Null;
    let quiet = model.quiet(&moment.aggregate.kind).to_vec();
    let shown = Shown {
        quiet: &quiet,
        aggregate: &moment.aggregate,
        state: if moment.exists || moment.version == 0 { &moment.state } else { &gone },
        changes: &changes,
        heading,
        zone: model.look.zone,
        width: areas.state.map_or(40, |area| area.width.saturating_sub(2)) as usize,
    };
    model.state.rebuild(&shown);
    model.state.reveal(inner_height(areas.state));
}

/// `1 change`, `2 changes`.
pub fn plural(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

/// Does an entry of the palette, which is closed by then.
pub fn run(model: &mut Model, chosen: Command, effects: &mut Vec<Effect>) {
    match chosen {
        Command::Quit => effects.push(Effect::Quit),
        Command::Palette => {}
        other => command(model, other, effects),
    }
}
