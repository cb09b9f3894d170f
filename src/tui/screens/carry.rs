//! What carrying events over or taking them back would do: a table in a box, each unit with how it would end, and
//! whether it is to be done. Nothing is written before.

mod table;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use self::table::Table;
use crate::error::Error;
use crate::journal::{Carriage, Carried, Mode, Outcome};
use crate::session::{Carry, CarryEnd, Point};
use crate::tui::action::Command;
use crate::tui::effect::{Effect, Write};
use crate::tui::keys::Context;
use crate::tui::model::Model;
use crate::tui::paint::{buttons, popup, popup_area, put, span};
use crate::tui::question::{Lane, Part, Slot};
use crate::tui::rows;
use crate::tui::screen::{Cx, Screen};
use crate::tui::text::{count, cut, wrap};

/// The columns of its box.
const WIDTH: u16 = 116;
/// The lines of the box above and below the table.
const AROUND: u16 = 7;
/// The columns of the words for how a unit ends.
const WORDS: usize = 15;
/// How many units are listed; of more only those that are refused.
const LISTED: usize = 1_000;

/// What there is to choose beside leaving it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Append all of it.
    All,
    /// Append what is not refused.
    Skip,
    /// Show what taking it back once more would do.
    Again,
}

/// What would be done, how that would end, and the choice.
#[derive(Debug)]
pub struct Carrying {
    carry: Carry,
    /// How each unit would end, and what the records come to.
    tried: Slot<(), (Carriage, Vec<CarryEnd>)>,
    /// Whether the button that appends is chosen.
    yes: bool,
    /// The lines of the table, for so many columns, and the first visible one.
    lines: Vec<Line<'static>>,
    columns: Option<usize>,
    top: usize,
}

impl Carrying {
    /// Not tried yet.
    pub fn new(carry: Carry) -> Self {
        Self { carry, tried: Slot::default(), yes: false, lines: Vec::new(), columns: None, top: 0 }
    }

    /// How many units end in such a way.
    fn ending(&self, is: impl Fn(&Outcome) -> bool) -> usize {
        self.units().iter().filter(|carried| is(&carried.outcome)).count()
    }

    fn applied(&self) -> usize {
        self.ending(|outcome| *outcome == Outcome::Applied)
    }

    fn refused(&self) -> usize {
        self.ending(Outcome::is_refused)
    }

    fn units(&self) -> &[Carried] {
        self.tried.shown().map_or(&[], |(carriage, _)| &carriage.units)
    }

    /// What there is to choose beside leaving it; nothing before it was tried, or where nothing would be done.
    fn step(&self) -> Option<Step> {
        self.tried.shown()?;
        // A rebase makes its branch even where everything is there already.
        let does = self.applied() > 0 || matches!(self.carry, Carry::Rebase { .. });
        match (does, self.refused()) {
            (true, 0) => Some(Step::All),
            (true, _) => Some(Step::Skip),
            (false, _) => {
                let taken = self.ending(|outcome| matches!(outcome, Outcome::TakenBack(_)));
                (taken > 0).then_some(Step::Again)
            }
        }
    }

    /// Presses the button that is chosen.
    fn press(&mut self, cx: &mut Cx) {
        match (self.step().filter(|_| self.yes), &self.carry) {
            (Some(Step::Again), Carry::Revert { event, .. }) => {
                *self = Self::new(Carry::Revert { event: event.clone(), again: true });
            }
            (Some(step), carry) => {
                cx.effects.push(Effect::Write(Write::Carry(carry.clone(), step == Step::Skip)));
                cx.close();
            }
            (None, _) => cx.close(),
        }
    }

    fn size(&self) -> (u16, u16) {
        (WIDTH, (self.lines.len() as u16).clamp(3, 40) + AROUND)
    }

    fn area(&self, screen: Rect) -> Rect {
        let (width, height) = self.size();
        popup_area(width, height, screen)
    }

    fn title(&self, model: &Model) -> String {
        match &self.carry {
            Carry::Pick { event, onto } => {
                format!("Cherry-pick {} of {} onto {onto}", name(event), event.branch())
            }
            Carry::Revert { event, .. } => {
                format!("Revert {} at the head of {}", name(event), event.branch())
            }
            Carry::Merge { branch } => {
                let parent = model.branch_named(branch).and_then(|info| info.parent.as_deref());
                format!("Merge {branch} into {}", parent.unwrap_or("the branch it forks from"))
            }
            Carry::Rebase { branch, onto } => format!("Rebase {branch} onto {onto}"),
        }
    }

    /// What it comes to.
    fn summary(&self, model: &Model, room: usize) -> Line<'static> {
        let theme = &model.look.theme;
        if self.tried.shown().is_none() {
            return Line::from(span("trying it out …", theme.dim));
        }
        let ending = |word| (self.ending(|outcome| outcome.name() == word), word);
        let ends = ["applied", "nothing to do", "already there"].map(ending).into_iter();
        let ends = ends.chain([(self.refused(), "refused")]).filter(|(n, _)| *n > 0);
        let ends: Vec<_> = ends.map(|(n, word)| format!("{} {word}", count(n as i64))).collect();
        let ends = if ends.is_empty() { "it has no events of its own".to_owned() } else { ends.join(", ") };
        let then = match self.step() {
            None | Some(Step::Again) => "nothing would be appended",
            Some(Step::All) => "all together or none; nothing is written yet",
            Some(Step::Skip) => "all or none would be none; nothing is written yet",
        };
        Line::from(span(cut(&format!("a dry run: {ends}; {then}"), room), theme.text))
    }

    fn button(&self, model: &Model) -> Line<'static> {
        let does = match (self.step(), &self.carry) {
            (None, _) => {
                return Line::from(span("  Back  ", model.look.theme.selected.reversed()));
            }
            (Some(Step::All), Carry::Rebase { .. }) => "Rebase".to_owned(),
            (Some(Step::All), _) => format!("Append all {}", self.applied()),
            (Some(Step::Again), _) => "Show taking it back again".to_owned(),
            (Some(Step::Skip), _) => format!("Skip {}, append {}", self.refused(), self.applied()),
        };
        buttons(model, &does, self.yes)
    }

    /// The table for so many columns.
    fn table(&self, model: &Model, room: usize) -> Vec<Line<'static>> {
        let mut table = Table::new(model, room);
        if let Carry::Rebase { branch, onto } = &self.carry {
            let text = format!(
                "{branch} forks again at the head of {onto} and keeps its name; as it was it is archived as {branch}~N."
            );
            table.dim(wrap(&text, room, 3));
            table.lines.push(Line::default());
        }
        let mut left = 0;
        for (i, carried) in self.units().iter().enumerate() {
            if i < LISTED || carried.outcome.is_refused() {
                table.unit(carried);
            } else {
                left += 1;
            }
        }
        if left > 0 {
            table.dim([format!("and {} more, none of them refused", count(left))]);
        }
        table.ends(self.tried.shown().map_or(&[], |(_, ends)| ends));
        table.lines
    }
}

/// An event in words: `Task/42 v3`.
fn name(event: &Point) -> String {
    match event {
        Point::Aggregate { aggregate, version, .. } => format!("{aggregate} v{version}"),
        Point::Store { position, .. } => format!("#{position}"),
    }
}

impl Screen for Carrying {
    fn context(&self) -> Context {
        Context::Carry
    }

    fn command(&mut self, cx: &mut Cx, command: Command) {
        let height = usize::from(self.area(cx.area()).height.saturating_sub(AROUND));
        match command {
            Command::NextPane => self.yes = !self.yes && self.step().is_some(),
            Command::Enter => self.press(cx),
            _ => match rows::lines(command, height) {
                Some(by) => {
                    let most = self.lines.len().saturating_sub(height);
                    self.top = self.top.saturating_add_signed(by).min(most);
                }
                None => cx.close(),
            },
        }
    }

    fn tick(&mut self, cx: &mut Cx) {
        if self.tried.asked().is_none() {
            let (carry, actor) = (self.carry.clone(), cx.model.actor.clone());
            cx.ask(&mut self.tried, Lane::Long, (), move |session, _| {
                let mode = Mode { dry_run: true, ..Mode::default() };
                let carriage = session.carry(&carry, mode, &actor)?;
                let ends = session.carry_ends(&carry, &carriage)?;
                Ok(Part::Whole((carriage, ends)))
            });
        }
        let came = self.tried.take_in(&cx.model.branch);
        // Why it cannot be tried is said in the bottom line.
        if self.tried.failed().is_some() {
            return cx.close();
        }
        let columns = usize::from(self.area(cx.area()).width.saturating_sub(4));
        if came || self.columns != Some(columns) {
            self.lines = self.table(cx.model, columns);
            self.columns = Some(columns);
        }
    }

    fn failed(&self) -> Option<&Error> {
        self.tried.failed()
    }

    fn closable(&self, _model: &Model, screen: Rect) -> Option<Rect> {
        Some(self.area(screen))
    }

    fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        let (width, height) = self.size();
        let inner = popup(model, &self.title(model), width, height, screen, buffer);
        let height = usize::from(inner.height.saturating_sub(AROUND - 2));
        put(buffer, inner, 0, &self.summary(model, inner.width.into()));
        for (y, line) in (2..).zip(self.lines.iter().skip(self.top).take(height)) {
            put(buffer, inner, y, line);
        }
        if self.lines.len() > height {
            let end = (self.top + height).min(self.lines.len());
            let text = format!(" {} to {end} of {} lines ", self.top + 1, self.lines.len());
            let x = inner.x + inner.width.saturating_sub(text.len() as u16);
            buffer.set_string(x, inner.y + inner.height, text, model.look.theme.dim);
        }
        put(buffer, inner, inner.height.saturating_sub(2), &self.button(model));
    }
}
