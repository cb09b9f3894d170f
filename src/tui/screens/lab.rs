//! The rule lab: the rule of the event at the cursor is typed anew, and what that makes of the aggregate shown and of
//! the whole store follows.

pub mod draw;
mod leave;
mod store;

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

pub use self::leave::{replaying, take};
use self::store::Store;
pub use self::store::{One, Row};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Version};
use crate::jq::Mistake;
use crate::markdown::Table;
use crate::session::{LabRule, Trial, Tried, Verdict};
use crate::tui::action::Command;
use crate::tui::areas::areas;
use crate::tui::effect::Effect;
use crate::tui::keys::Context;
use crate::tui::model::Model;
use crate::tui::model::typed::Typed;
use crate::tui::question::{Lane, Part, Slot};
use crate::tui::rows::Click;
use crate::tui::screen::{Cx, Screen};
use crate::tui::update::{browse, jump, places, time};

/// What the keys are about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// The rule is typed.
    #[default]
    Rule,
    /// The cursor runs over the aggregate.
    Time,
    /// The aggregates of the whole store that differ.
    Store,
}

/// How far taking the rule into use is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The rule is typed.
    Typed,
    /// It is being taken into use: aggregates done, and of how many; it was asked to stop.
    Sent(i64, i64, bool),
}

/// Why there is no trial.
#[derive(Debug)]
enum Wrong {
    /// The text is no rule.
    Mistake(Mistake),
    /// It could not be made.
    Problem(Error),
}

impl Wrong {
    fn says(&self) -> &str {
        match self {
            Self::Mistake(mistake) => &mistake.message,
            Self::Problem(error) => error.message(),
        }
    }
}

/// What came of trials: of the newest one, or of an earlier one where something is wrong with that.
#[derive(Debug)]
struct Outcome {
    tried: Option<(AggregateId, Box<Tried>)>,
    wrong: Option<Wrong>,
}

impl Outcome {
    fn of(verdict: Result<Verdict>, aggregate: &AggregateId) -> Self {
        match verdict {
            Ok(Verdict::Tried(tried)) => Self { tried: Some((aggregate.clone(), tried)), wrong: None },
            Ok(Verdict::Mistake(mistake)) => Self { tried: None, wrong: Some(Wrong::Mistake(mistake)) },
            Err(error) => Self { tried: None, wrong: Some(Wrong::Problem(error)) },
        }
    }
}

/// The lab.
#[derive(Debug)]
pub struct Lab {
    /// The aggregate type and the event type of the event that it was opened on.
    of: (String, String),
    /// The rule in use.
    rule: Slot<(), Arc<LabRule>>,
    /// The text in its place.
    input: Typed,
    /// What the keys are about.
    pub focus: Focus,
    /// What came of the text on the aggregate at the cursor, of which this was the head.
    trial: Slot<(Trial, Version), Outcome>,
    /// How far the differences at the cursor are scrolled.
    top: usize,
    /// The whole store.
    pub store: Store,
    phase: Phase,
}

impl Screen for Lab {
    fn context(&self) -> Context {
        match self.focus {
            Focus::Rule => Context::Lab,
            Focus::Time => Context::LabTime,
            Focus::Store => Context::LabStore,
        }
    }

    fn command(&mut self, cx: &mut Cx, command: Command) {
        use Command as C;
        if let Phase::Sent(done, total, _) = self.phase {
            if command == C::Out {
                self.phase = Phase::Sent(done, total, true);
                cx.effects.push(Effect::StopWrite);
            }
            return;
        }
        let places = Places::of(cx.model);
        let page = |area: Rect| area.height.saturating_sub(3).max(1);
        match (self.focus, command) {
            (_, C::NextPane | C::PreviousPane) => self.go_round(command == C::NextPane),
            (_, C::NextChange | C::PreviousChange) => self.go_differing(cx, command == C::NextChange),
            (_, C::UseRule) => self.leaving(cx.model),
            (Focus::Store, C::Out) if self.store.counts() => self.store.stop(),
            (Focus::Rule, C::Out) if self.changed() => self.leaving(cx.model),
            (Focus::Rule, C::Out) => cx.close(),
            (_, C::Out) => self.focus = Focus::Rule,
            (Focus::Time, C::Up) => self.scroll(-1),
            (Focus::Time, C::Down) => self.scroll(1),
            (Focus::Time, C::PageUp) => self.scroll(-(page(places.here) as isize)),
            (Focus::Time, C::PageDown) => self.scroll(page(places.here) as isize),
            (Focus::Time, _) => browse::command(cx.model, command, cx.effects),
            (Focus::Rule, C::PageUp | C::PageDown) => {
                let code = if command == C::PageUp { KeyCode::Up } else { KeyCode::Down };
                for _ in 0..page(places.rule) {
                    let _ = self.input.key(KeyEvent::new(code, KeyModifiers::NONE));
                }
            }
            (Focus::Rule, _) => {}
            (Focus::Store, C::Enter) => {
                if let Some(Row::One(one)) = self.store.rows.get(self.store.list.selected) {
                    jump::to_revision(cx.model, one.revision(), None, cx.effects);
                }
            }
            (Focus::Store, _) => {
                let height = inside(places.store).height.into();
                self.store.list.command(command, self.store.rows.len(), height);
            }
        }
    }

    fn typed(&mut self, _cx: &mut Cx, key: KeyEvent) -> Result<()> {
        self.text().map_or(Ok(()), |text| text.key(key))
    }

    fn text(&mut self) -> Option<&mut Typed> {
        let open = self.focus == Focus::Rule && self.phase == Phase::Typed && self.is_ready();
        open.then_some(&mut self.input)
    }

    /// On a part turns to it, on a row of the whole store selects it, once more goes there.
    fn click(&mut self, cx: &mut Cx, x: u16, y: u16) {
        let places = Places::of(cx.model);
        let parts = [(Focus::Rule, places.rule), (Focus::Time, places.here), (Focus::Store, places.store)];
        let part = parts.into_iter().find(|(_, area)| area.contains((x, y).into()));
        let Some((focus, _)) = part.filter(|_| self.phase == Phase::Typed) else { return };
        let again = self.focus == focus;
        self.focus = focus;
        let clicked = self.store.list.click(x, y, self.store.rows.len(), inside(places.store));
        if again && clicked == Click::Again {
            self.command(cx, Command::Enter);
        }
    }

    fn wheel(&mut self, cx: &mut Cx, by: isize) {
        match self.focus {
            Focus::Rule => {}
            Focus::Time => self.scroll(by),
            Focus::Store => {
                let height = inside(Places::of(cx.model).store).height.into();
                self.store.list.wheel(by, self.store.rows.len(), height);
            }
        }
    }

    fn tick(&mut self, cx: &mut Cx) {
        if self.rule.asked().is_none() {
            let (kind, event) = self.of.clone();
            cx.ask(&mut self.rule, Lane::Now, (), move |session, _| {
                session.rule_of(&kind, &event).map(|rule| Part::Whole(Arc::new(rule)))
            });
        }
        if self.rule.take_in(&cx.model.branch)
            && let Some(rule) = self.rule.shown()
        {
            self.input = Typed::lines(&rule.text);
        }
        if self.rule.failed().is_some() {
            return cx.close();
        }
        self.trial.take_with(&cx.model.branch, |shown, new, _| {
            let tried = new.tried.or_else(|| shown.take().and_then(|old| old.tried));
            *shown = Some(Outcome { tried, ..new });
        });
        self.try_out(cx);
        self.store.take_in(&cx.model.branch);
        if !self.changed() {
            // By the rule in use there is nothing to count.
            self.store.clear();
        } else if let Some(source) = self.current().map(|tried| Arc::from(tried.source.as_str())) {
            self.store.count(cx, source);
        } else if self.wrong().is_some() && !self.trial.is_old() {
            self.store.forget();
        }
    }

    fn stays_visible(&self) -> bool {
        true
    }

    fn table(&self, model: &Model) -> Option<Table> {
        Some(self.store.table(model))
    }

    fn draw(&self, model: &Model, _screen: Rect, buffer: &mut Buffer) {
        self.paint(model, buffer);
    }
}

/// The parts of the lab, which stands in the place of the panes above the timeline.
struct Places {
    /// The rule.
    rule: Rect,
    /// What differs at the cursor.
    here: Rect,
    /// What differs in the whole store.
    store: Rect,
}

impl Places {
    fn of(model: &Model) -> Self {
        let areas = areas(model);
        let y = areas.header.bottom();
        let end = areas.timeline.map_or(areas.footer.y, |timeline| timeline.y);
        let body = Rect { y, height: end.saturating_sub(y), ..areas.header };
        let [rule, right] = Layout::horizontal([Constraint::Percentage(46), Constraint::Fill(1)]).areas(body);
        let [here, store] = Layout::vertical([Constraint::Percentage(42), Constraint::Fill(1)]).areas(right);
        Self { rule, here, store }
    }
}

/// What is inside the frame of a part.
fn inside(area: Rect) -> Rect {
    Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}

impl Lab {
    /// Opens it on the rule of the event at the cursor.
    pub fn open(model: &mut Model, effects: &mut Vec<Effect>) {
        let Some(moment) = model.moment.as_ref() else {
            return model.fail(Error::refused("There is no event here."));
        };
        let Some(event) = &moment.event else {
            let error = Error::refused("Nothing has happened here yet, and so no rule was applied.");
            return model.fail(error.hint("Step to an event: its rule is the one to try others for."));
        };
        let lab = Self::new(moment.aggregate.kind.clone(), event.kind.clone());
        if !model.cursor.is_one() {
            // The rule is seen at work along one aggregate.
            let (aggregate, version, head) = (moment.aggregate.clone(), moment.version, moment.head);
            places::leave(model);
            time::open(model, aggregate, version, head, effects);
        }
        model.maximised = false;
        model.play.running = false;
        model.open(lab);
    }

    fn new(kind: String, event: String) -> Self {
        Self {
            of: (kind, event),
            rule: Slot::default(),
            input: Typed::lines(""),
            focus: Focus::Rule,
            trial: Slot::default(),
            top: 0,
            store: Store::default(),
            phase: Phase::Typed,
        }
    }

    /// Puts another text in the place of the one that was typed.
    pub fn put(&mut self, text: &str) {
        self.input = Typed::lines(text).from_start();
    }

    /// What was typed.
    pub fn typed_text(&self) -> String {
        self.input.text()
    }

    /// Whether the rule in use is known.
    pub fn is_ready(&self) -> bool {
        self.rule.shown().is_some()
    }

    /// Whether the rule is being taken into use.
    pub fn is_sent(&self) -> bool {
        matches!(self.phase, Phase::Sent(..))
    }

    /// Whether it is another rule than the one in use.
    pub fn changed(&self) -> bool {
        self.rule.shown().is_some_and(|rule| rule.text.trim() != self.typed_text().trim())
    }

    /// What the text makes of the aggregate, where that is known and is about this text.
    pub fn current(&self) -> Option<&Tried> {
        self.shown().filter(|_| !self.trial.is_old() && self.wrong().is_none())
    }

    /// What is shown of a trial of this aggregate: an earlier text's, until the newest one's is there.
    pub fn shown(&self) -> Option<&Tried> {
        let (of, tried) = self.trial.shown()?.tried.as_ref()?;
        let (trial, _) = self.trial.asked()?;
        (trial.aggregate == *of).then_some(&**tried)
    }

    fn wrong(&self) -> Option<&Wrong> {
        self.trial.shown()?.wrong.as_ref()
    }

    fn go_round(&mut self, forward: bool) {
        self.focus = match (self.focus, forward) {
            (Focus::Rule, true) | (Focus::Store, false) => Focus::Time,
            (Focus::Time, true) | (Focus::Rule, false) => Focus::Store,
            (Focus::Store, true) | (Focus::Time, false) => Focus::Rule,
        };
    }

    fn scroll(&mut self, by: isize) {
        let most = self.shown().map_or(0, |tried| tried.changes.len().saturating_sub(1));
        self.top = self.top.saturating_add_signed(by).min(most);
    }

    /// Goes to the version before or behind this one at which the states differ or the rule fails.
    fn go_differing(&self, cx: &mut Cx, forward: bool) {
        let version = self.shown().and_then(|tried| draw::step(tried, cx.model.cursor.version, forward));
        match version {
            Some(version) => time::go_version(cx.model, version, cx.effects),
            None if self.changed() => cx.model.tell("no further version differs"),
            None => cx.model.tell("the rule is as it was: no version differs"),
        }
    }

    /// Asks what the text makes of the aggregate, where that is not known.
    fn try_out(&mut self, cx: &mut Cx) {
        let (cursor, typed) = (&cx.model.cursor, self.phase == Phase::Typed);
        let aggregate = cursor.aggregate.clone().filter(|_| typed && !cx.model.arriving);
        let Some((aggregate, rule)) = aggregate.zip(self.rule.shown().cloned()) else { return };
        let trial = Trial { rule, text: self.typed_text(), aggregate, version: cursor.version };
        let of = (trial.clone(), cursor.head);
        if self.trial.is_asked(&cx.model.branch, &of) {
            return;
        }
        if self.trial.asked().is_none_or(|(old, _)| old.version != trial.version) {
            self.top = 0;
        }
        cx.ask(&mut self.trial, Lane::Now, of, move |session, _| {
            let verdict = session.try_rule(&trial);
            let folds = matches!(&verdict, Ok(Verdict::Tried(tried)) if tried.folding.is_some());
            let outcome = Outcome::of(verdict, &trial.aggregate);
            Ok(if folds { Part::SoFar(outcome) } else { Part::Whole(outcome) })
        });
    }
}

#[cfg(test)]
mod tests;
