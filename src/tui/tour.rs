//! The guided tour: it presses the same keys, as it were, and waits for the answers in between. Its text stands in a strip
//! below everything else.

use std::collections::VecDeque;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

use super::action::Command;
use super::areas::LEAST;
use super::effect::Effect;
use super::keys::Context;
use super::model::{Look, Model};
use super::paint::{put, put_all, span, wrapped};
use super::question::{Lane, Part, Slot};
use super::screen;
use super::screens::lab::{self, Focus, Lab};
use super::screens::race::RaceLab;
use super::screens::races::Races;
use super::text::{cut, width};
use super::update::{browse, jump};
use crate::domain::with_apply;
use crate::event::Version;
use crate::session::{LabRule, Tour, TourShow, TourStep};

/// The branch that the steps are on.
const MAIN: &str = "main";

/// How many rows the strip takes at the bottom of a wide screen, and of one that is not.
const STRIP: (u16, u16) = (4, 6);
/// From so many columns on a screen is wide.
const WIDE: u16 = 110;

/// Something that a step does, one after the other, as the answers come in.
#[derive(Clone, Debug, PartialEq)]
enum Act {
    /// Go back to the rule that was in use before a step.
    Restore(Arc<LabRule>),
    /// Put the cursor at a point.
    Go(String),
    /// Open the rule lab there.
    Lab,
    /// Put a text into it.
    Put(String),
    /// Look at the list of the whole store.
    Store,
    /// Take the rule into use.
    Use,
    /// List the races of the record.
    Races,
    /// Open the lab of a race of a kind.
    Race(String),
    /// Open the lab of these versions.
    RaceLab(Vec<Version>),
    /// Keep less of the log's order in it.
    Less,
    /// Select an order in it.
    Order(String),
    /// Ask for the branch that this order becomes.
    Branch,
    /// Make it, by the name that is proposed.
    Make,
}

/// The tour.
#[derive(Debug)]
pub struct Touring {
    tour: Arc<Tour>,
    /// Which of its steps is shown.
    pub at: usize,
    /// What is still to be done for it.
    acts: VecDeque<Act>,
    /// What was begun and is not answered.
    waiting: Option<Act>,
    /// The rule in use, in whose place an earlier one goes back.
    rule: Slot<(), LabRule>,
    /// The rules that steps replaced.
    replaced: Vec<(usize, Arc<LabRule>)>,
}

impl Touring {
    /// The step that is shown.
    pub fn step(&self) -> Option<&TourStep> {
        self.tour.steps.get(self.at)
    }

    /// Draws its strip.
    pub fn draw(&self, model: &Model, area: Rect, buffer: &mut Buffer) {
        let Some(step) = self.step() else { return };
        let theme = &model.look.theme;
        Clear.render(area, buffer);
        let ascii = model.look.glyphs.event.is_ascii();
        let line = if ascii { "=" } else { "━" }.repeat(usize::from(area.width));
        put(buffer, area, 0, &Line::from(span(line, theme.hotkey)));
        let room = usize::from(area.width).saturating_sub(2);
        let place = format!(" Tour {} of {} ", self.at + 1, self.tour.steps.len());
        let keys: Vec<_> =
            model.keys.entries(Context::Tour).filter_map(|(_, entry)| entry.footer.clone()).collect();
        let keys = format!(" {} ", keys.join("  "));
        let title = format!(" {} ", cut(&step.title, room.saturating_sub(width(&place) + width(&keys) + 6)));
        let head = Line::from(vec![span(place, theme.hotkey), span(title, theme.title)]);
        put(buffer, Rect { x: area.x + 2, ..area }, 0, &head);
        let x = area.width.saturating_sub(width(&keys) as u16 + 2);
        put(buffer, Rect { x: area.x + x, ..area }, 0, &Line::from(span(keys, theme.dim)));
        let height = usize::from(area.height).saturating_sub(1);
        let text = wrapped(&step.text, room, height, theme.text);
        put_all(buffer, Rect { x: area.x + 1, ..area }, 1, text);
    }
}

impl Look {
    /// Fits into a terminal of that size; a strip at the bottom is left to the tour where there is one.
    pub fn fit(&mut self, (columns, rows): (u16, u16), tour: bool) {
        let strip = if columns >= WIDE { STRIP.0 } else { STRIP.1 };
        self.strip = if tour && rows >= LEAST.1 + strip { strip } else { 0 };
        self.size = (columns, rows - self.strip);
    }

    /// The whole terminal's columns and rows.
    pub fn terminal(&self) -> (u16, u16) {
        (self.size.0, self.size.1 + self.strip)
    }
}

impl Model {
    /// Begins a tour, or leaves it.
    fn set_tour(&mut self, tour: Option<Touring>) {
        self.tour = tour;
        self.look.fit(self.look.terminal(), self.tour.is_some());
    }
}

/// Begins a tour over the store that was just opened.
pub fn begin(model: &mut Model, tour: Arc<Tour>) {
    let (acts, replaced) = (VecDeque::new(), Vec::new());
    model.set_tour(Some(Touring { tour, at: 0, acts, waiting: None, rule: Slot::default(), replaced }));
    enter(model, 0);
}

/// Keys of the tour; `false` where the key is none of its keys.
pub fn command(model: &mut Model, command: Command) -> bool {
    if !matches!(command, Command::TourNext | Command::TourBack | Command::TourLeave) {
        return false;
    }
    let Some(tour) = &model.tour else { return true };
    let (at, last) = (tour.at, tour.tour.steps.len().saturating_sub(1));
    match command {
        Command::TourLeave => {
            model.set_tour(None);
            browse::rebuild(model);
            model.tell("the tour is left; this store stays open");
        }
        // What is being taken into use is waited for.
        _ if model.screen::<Lab>().is_some_and(Lab::is_sent) => {}
        Command::TourNext if at < last => enter(model, at + 1),
        Command::TourBack if at > 0 => enter(model, at - 1),
        _ => {}
    }
    true
}

/// Shows a step: what it needs is done one after the other.
fn enter(model: &mut Model, at: usize) {
    let labs = model.screen::<Lab>().map(Lab::typed_text);
    let branches: Vec<String> = model.branches.iter().map(|branch| branch.name.clone()).collect();
    let here = model.cursor.aggregate.as_ref().map(|of| format!("{of}@{}", model.cursor.version));
    // A step is on main, wherever one stands.
    let on_main = model.branch == MAIN;
    let Some(tour) = &mut model.tour else { return };
    let mut acts = VecDeque::new();
    while let Some((_, rule)) = tour.replaced.pop_if(|(by, _)| *by >= at) {
        acts.push_back(Act::Restore(rule));
    }
    let back = at < tour.at;
    (tour.at, tour.waiting) = (at, None);
    let Some(step) = tour.step().cloned() else { return };
    let at = if on_main { step.at.clone() } else { format!("{MAIN}:{}", step.at) };
    let made = step.branch.as_ref().filter(|branch| branches.contains(branch));
    let open = labs.is_some() && labs.as_deref() == step.rule.as_deref().map(str::trim);
    // A lab that shows the step's rule already goes on being looked at.
    if step.show == TourShow::Races {
        acts.extend(races(&step, at, made));
    } else if back || !on_main || here.as_ref() != Some(&step.at) || !open {
        acts.push_back(Act::Go(at));
        if let Some(rule) = step.rule {
            acts.extend([Act::Lab, Act::Put(rule.trim().to_owned())]);
        }
    }
    acts.extend((step.show == TourShow::Store).then_some(Act::Store));
    acts.extend(step.taken.then_some(Act::Use));
    tour.acts = acts;
}

/// What leads to the races of a record, into the lab of one, and to a branch of one of its orders, which is made once.
fn races(step: &TourStep, at: String, made: Option<&String>) -> Vec<Act> {
    let revision = made.map_or(at, |branch| format!("{branch}:{}", step.at));
    let mut acts = vec![Act::Go(revision)];
    if made.is_none() {
        acts.push(if step.lab.is_empty() { Act::Races } else { Act::RaceLab(step.lab.clone()) });
        acts.extend(step.race.clone().map(Act::Race));
        acts.extend(step.less.then_some(Act::Less));
        acts.extend(step.order.clone().map(Act::Order));
        acts.extend(step.branch.iter().flat_map(|_| [Act::Branch, Act::Make]));
    }
    acts
}

/// Does the next thing, where that can be done by now; whether it did.
pub fn go_on(model: &mut Model, effects: &mut Vec<Effect>) -> bool {
    restore(model, effects);
    let Some(act) = next(model) else { return false };
    act_out(model, act, effects);
    true
}

/// The next act, where everything is there that it needs.
fn next(model: &mut Model) -> Option<Act> {
    let tour = model.tour.as_ref().filter(|tour| tour.waiting.is_none())?;
    let cursor = &model.cursor;
    let shown = model.moment.as_ref().is_some_and(|moment| {
        Some(&moment.aggregate) == cursor.aggregate.as_ref()
            && moment.version == cursor.version
            && moment.folding.is_none()
    });
    let lab = model.screen::<Lab>();
    let ready = match tour.acts.front()? {
        Act::Restore(_) => true,
        Act::Go(_) => model.overview.is_some(),
        Act::Lab | Act::Races | Act::RaceLab(_) => shown && !model.arriving,
        Act::Race(_) => model.screen::<Races>().is_some_and(Races::is_whole),
        Act::Less | Act::Order(_) | Act::Branch => model.screen::<RaceLab>().is_some_and(RaceLab::is_whole),
        Act::Make => model.context() == Context::Prompt,
        Act::Put(_) => lab.is_some_and(Lab::is_ready),
        // Where the rule is in use already there is nothing to count.
        Act::Store | Act::Use => lab
            .is_some_and(|lab| lab.current().is_some() && (lab.store.current().is_some() || !lab.changed())),
    };
    if ready { model.tour.as_mut()?.acts.pop_front() } else { None }
}

fn act_out(model: &mut Model, act: Act, effects: &mut Vec<Effect>) {
    let waits = match &act {
        Act::Restore(rule) => {
            let (kind, event) = (rule.aggregate.clone(), rule.event.clone());
            if let Some(tour) = &mut model.tour {
                effects.push(tour.rule.ask(&model.branch, Lane::Now, (), move |session, _| {
                    session.rule_of(&kind, &event).map(Part::Whole)
                }));
            }
            true
        }
        Act::Go(revision) => {
            model.overlays.clear();
            jump::to_revision(model, revision.clone(), None, effects);
            true
        }
        Act::Lab => {
            Lab::open(model, effects);
            false
        }
        Act::Put(text) => {
            if let Some(lab) = model.screen_mut::<Lab>() {
                lab.put(text);
            }
            false
        }
        Act::Store => {
            if let Some(lab) = model.screen_mut::<Lab>() {
                lab.focus = Focus::Store;
            }
            false
        }
        Act::Use => take(model, effects),
        Act::Races | Act::Race(_) | Act::RaceLab(_) | Act::Less | Act::Order(_) | Act::Branch | Act::Make => {
            race(model, &act, effects);
            false
        }
    };
    if let Some(tour) = model.tour.as_mut().filter(|_| waits) {
        tour.waiting = Some(act);
    }
}

/// Goes on through the races of a record.
fn race(model: &mut Model, act: &Act, effects: &mut Vec<Effect>) {
    match act {
        Act::Races => Races::open(model),
        Act::Race(kind) => {
            if let Some(races) = model.screen_mut::<Races>() {
                races.select(kind);
            }
            press(model, Command::Enter, effects);
        }
        Act::RaceLab(versions) => {
            if let Some(aggregate) = model.cursor.aggregate.clone() {
                let lab = RaceLab::at(&model.branch, &aggregate, versions);
                model.open(lab);
            }
        }
        Act::Order(name) => {
            if let Some(lab) = model.screen_mut::<RaceLab>() {
                lab.select(name);
            }
        }
        Act::Less => press(model, Command::NextPane, effects),
        Act::Branch => press(model, Command::Fork, effects),
        _ => press(model, Command::Enter, effects),
    }
}

/// Presses a key in the screen that is open.
fn press(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    screen::turn(model, effects, |screen, cx| screen.command(cx, command));
}

/// Takes the lab's rule into use; answers whether there is anything to wait for.
fn take(model: &mut Model, effects: &mut Vec<Effect>) -> bool {
    let lab = model.screen::<Lab>().filter(|lab| lab.changed());
    let Some(Ok((rule, source))) = lab.map(Lab::whole) else { return false };
    if let Some(tour) = &mut model.tour {
        tour.replaced.push((tour.at, Arc::clone(&rule)));
    }
    lab::take(model, &rule, source, effects);
    true
}

/// A revision was resolved, or a rule is in use: the next act may follow.
pub fn answered(model: &mut Model) {
    if let Some(tour) = &mut model.tour {
        tour.waiting = None;
    }
}

/// Where the rule in use has come, an earlier one goes back into its place.
fn restore(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(tour) = &mut model.tour else { return };
    tour.rule.take_in(&model.branch);
    let Some(Act::Restore(earlier)) = &tour.waiting else { return };
    if let Some(rule) = tour.rule.take() {
        match with_apply(&rule.source, &rule.aggregate, &rule.event, &earlier.text) {
            Ok(source) => lab::take(model, &rule, source.into(), effects),
            Err(error) => {
                tour.waiting = None;
                model.fail(error);
            }
        }
    } else if tour.rule.failed().is_some() {
        tour.waiting = None;
    }
}
