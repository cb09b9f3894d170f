//! Branches: forking, going over to another one, and the lanes of an aggregate.

use super::{browse, list, time};
use super::{facts, seek};
use crate::error::{Error, Kind, Result};
use crate::event::Version;
use crate::session::{BranchInfo, Clocks, Forked, Moment};
use crate::tui::effect::{Effect, Write, Wrote};
use crate::tui::model::cursor::Scope;
use crate::tui::model::cursor::Seek;
use crate::tui::model::timeline::Loaded;
use crate::tui::model::{Beside, Model};
use crate::tui::question::{Lane, Part, Slot};
use crate::tui::screens::fire;
use crate::tui::screens::prompt::Prompt;
use crate::tui::text::count;

/// What a branch is called that nobody named.
pub const FORK_NAME: &str = "what-if";

/// How far a branch's missing heads are written.
pub fn share((done, of): (i64, i64)) -> String {
    format!("{}% filled", if of == 0 { 100 } else { done * 100 / of })
}

/// These are the branches.
pub fn set(model: &mut Model, all: Vec<BranchInfo>) {
    let changed = model.branches.iter().map(|branch| (&branch.name, branch.archived)).collect::<Vec<_>>()
        != all.iter().map(|branch| (&branch.name, branch.archived)).collect::<Vec<_>>();
    model.branches = all;
    if changed {
        model.timeline.lanes.forget();
    }
}

/// How far the missing heads are; when all are there the list is read again.
pub fn filling(model: &mut Model, left: Option<(i64, i64)>, effects: &mut Vec<Effect>) {
    model.filling = left;
    if left.is_none() {
        facts::overview(model, effects);
        facts::branches(model, effects);
        list::refresh(model, effects);
    }
}

/// Asks for a name that no branch has, and then what a branch that forks at the cursor is to be called.
pub fn fork(model: &mut Model, effects: &mut Vec<Effect>) {
    effects.push(model.jump.fork.ask(&model.branch, Lane::Now, (), |session, _| {
        session.free_branch_name(FORK_NAME).map(Part::Whole)
    }));
}

/// Asks what the branch is to be called.
pub fn name_fork(model: &mut Model, name: &str) {
    if let Some(point) = model.point() {
        let example =
            format!("forks at {} of {}: the whole store as it was then", model.here(), model.branch);
        model.open(Prompt::new("new branch:", example, name).proposed().then(|cx, text| {
            cx.effects.push(Effect::Write(Write::Fork(text.to_owned(), point, None)));
        }));
    }
}

/// A branch was forked: the explorer goes on there.
pub fn forked(model: &mut Model, result: Result<Box<Forked>>, effects: &mut Vec<Effect>) {
    match result {
        Ok(forked) => {
            fire::forked(model);
            super::places::leave(model);
            go_over(model, &forked.branch.name, effects);
            model.done(said(&forked, model));
        }
        Err(error) => fire::refused(model, error, effects),
    }
}

fn said(forked: &Forked, model: &Model) -> String {
    let branch = &forked.branch;
    let parent = branch.parent.as_deref().unwrap_or("nothing");
    let place = match branch.fork_at {
        Some(at) => format!("{parent} at #{}, {}", count(branch.fork_position), model.look.zone.full(at)),
        None => format!("{parent} before its first event"),
    };
    let Clocks { later_inside, earlier_outside } = forked.clocks;
    let mut text = format!("{} forks {place}", branch.name);
    if later_inside > 0 {
        text.push_str(&format!("; {later_inside} before it say they happened after it"));
    }
    if earlier_outside > 0 {
        text.push_str(&format!("; {earlier_outside} left behind say they happened before it"));
    }
    text
}

/// Another write was done: the screen follows.
pub fn wrote(model: &mut Model, result: Result<Wrote>, effects: &mut Vec<Effect>) {
    let wrote = match result {
        Ok(wrote) => wrote,
        Err(error) => return model.fail(error),
    };
    let said = match wrote {
        Wrote::Job(info) => return super::labour::put(model, &info),
        Wrote::Renamed(from, to) => {
            if model.branch == from {
                go_over(model, &to, effects);
            }
            format!("{from} is called {to} now")
        }
        Wrote::Archived(name, true) => {
            format!("{name} is archived: nothing of it is lost, x brings it back")
        }
        Wrote::Archived(name, false) => format!("{name} is shown again"),
        Wrote::Carried(carry, carriage) => return super::carry::wrote(model, carry, &carriage, effects),
        Wrote::TookBack(says, branch) => {
            go_over(model, &branch, effects);
            facts::waypoints(model, effects);
            format!("done: {says}")
        }
        Wrote::Named(name) => {
            facts::waypoints(model, effects);
            format!("this point is called %{name}: @ goes to it")
        }
        Wrote::Noted(about) => {
            facts::waypoints(model, effects);
            format!("the note on {about} is written: `:` waypoints lists it")
        }
        Wrote::Unnoted(id) => {
            facts::waypoints(model, effects);
            format!("the note {id} is removed: undo brings it back")
        }
        Wrote::Forgot(name) => {
            facts::waypoints(model, effects);
            format!("%{name} is forgotten")
        }
    };
    facts::branches(model, effects);
    model.done(said);
}

/// Shows another branch from now on. What was read of the one that is left is forgotten; where the cursor stands on
/// the new one is for the caller to say.
pub fn switch(model: &mut Model, name: &str, effects: &mut Vec<Effect>) {
    if model.branch == name {
        return;
    }
    name.clone_into(&mut model.branch);
    forget(model, effects);
}

fn forget(model: &mut Model, effects: &mut Vec<Effect>) {
    model.arriving = false;
    model.timeline.loaded = Loaded::default();
    model.timeline.window.forget();
    model.timeline.lanes.forget();
    (model.timeline.notes, model.timeline.fit) = (Slot::default(), true);
    model.own_log.forget();
    model.store_log.forget();
    model.list.then = Slot::default();
    model.list.lanes.clear();
    (model.beside, model.behind, model.filling) = (Beside::default(), 0, None);
    super::pin::forget(model);
    if model.cursor.is_set() {
        model.cursor.scope = Scope::One;
    }
    facts::overview(model, effects);
    facts::branches(model, effects);
    list::reload(model, effects);
}

/// Goes over to a branch, or looks at this one anew, with the cursor where it stands: at the head it stays there,
/// in the past it goes to the same version or position, or the newest one before it.
pub fn go_over(model: &mut Model, name: &str, effects: &mut Vec<Effect>) {
    let past = model.cursor.past();
    arrive(model, name, past.then_some(model.cursor.version), effects);
}

/// Goes over to a branch's head.
pub fn to_head(model: &mut Model, name: &str, effects: &mut Vec<Effect>) {
    if let Scope::Store { position, last } = &mut model.cursor.scope {
        *position = *last;
    }
    arrive(model, name, None, effects);
}

fn arrive(model: &mut Model, name: &str, version: Option<Version>, effects: &mut Vec<Effect>) {
    let past = model.cursor.past();
    name.clone_into(&mut model.branch);
    forget(model, effects);
    match (model.cursor.scope, model.cursor.aggregate.clone()) {
        (Scope::Store { position, .. }, _) if past => seek::ask(model, Seek::Near(position, false), effects),
        (Scope::Store { .. }, _) => {
            model.cursor.scope = Scope::Store { position: i64::MAX, last: i64::MAX };
            seek::ask(model, Seek::Near(i64::MAX, false), effects);
        }
        (_, Some(aggregate)) => {
            model.arriving = true;
            seek::ask(model, Seek::Arrive(aggregate, version.unwrap_or(Version::MAX)), effects);
        }
        (_, None) => {}
    }
}

/// The aggregate on the branch that was gone over to; where it is not there the first one of the list is shown.
pub fn arrived(model: &mut Model, moment: Option<Moment>, effects: &mut Vec<Effect>) {
    // The cursor may have gone on meanwhile.
    if !std::mem::take(&mut model.arriving) {
        return;
    }
    if let Some(moment) = moment {
        if model.cursor.aggregate.as_ref() == Some(&moment.aggregate) {
            (model.cursor.version, model.cursor.head) = (moment.version, moment.head);
            seek::show(model, moment, effects);
        }
        return;
    }
    if let Some(aggregate) = model.cursor.aggregate.take() {
        model.tell(format!("{aggregate} is not on {}", model.branch));
    }
    (model.moment, model.list.selected) = (None, None);
    (model.cursor.version, model.cursor.head) = (0, 0);
    browse::rebuild(model);
    if !model.list.page.waits() {
        list::select(model, 0, effects);
    }
}

/// Goes over to the branch whose lane is above or below, at the version nearest to the cursor's.
pub fn step_lane(model: &mut Model, by: isize, effects: &mut Vec<Effect>) {
    let lanes = model.lanes();
    let here = lanes.iter().position(|lane| lane.branch == model.branch);
    let next = match here {
        Some(here) => here.saturating_add_signed(by.signum()).min(lanes.len() - 1),
        None => 0,
    };
    if Some(next) != here {
        to_lane(model, next, model.cursor.version, effects);
    }
}

/// Goes over to the branch of a lane, at its version nearest to one.
pub fn to_lane(model: &mut Model, lane: usize, version: Version, effects: &mut Vec<Effect>) {
    let Some(lane) = model.lanes().get(lane) else { return };
    let (branch, version) = (lane.branch.clone(), version.clamp(lane.from, lane.head));
    if branch == model.branch {
        time::go_version(model, version, effects);
        return;
    }
    super::places::leave(model);
    arrive(model, &branch, Some(version), effects);
    model.tell(format!("on {branch} now; < goes back"));
}

/// Why nothing can be written here.
pub fn read_only(model: &Model) -> Option<Error> {
    if let Some(error) = &model.broken.lasting {
        if error.kind() != Kind::Damaged {
            return Some(error.clone());
        }
        let why = "the store cannot be read as a whole: nothing is written to it";
        return Some(Error::refused(why).hint("`backstory verify` tells what is damaged"));
    }
    let why = model.overview.as_ref()?.read_only.clone()?;
    Some(Error::refused(format!("the store is open for reading only: {why}")))
}
