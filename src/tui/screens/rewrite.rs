//! Rewriting: the list of the events from the cursor's on, which is edited, what it leads to meanwhile, and the new
//! branch at the end.

mod draw;
mod edit;
mod outcome;
mod todo;

use std::sync::Arc;

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::edit::Edit;
use self::outcome::Outcome;
use self::todo::Todo;
use crate::error::{Error, Result};
use crate::event::AggregateId;
use crate::session::{Point, Rewritten};
use crate::tui::action::Command;
use crate::tui::areas::WIDE;
use crate::tui::effect::{Effect, Plan, Write};
use crate::tui::keys::Context;
use crate::tui::model::Model;
use crate::tui::model::typed::Typed;
use crate::tui::question::{Lane, Part, Slot};
use crate::tui::rows::{Click, Rows};
use crate::tui::screen::{Cx, Screen};
use crate::tui::screens::prompt::Prompt;
use crate::tui::text::count;
use crate::tui::update::branches::{self, read_only};
use crate::tui::update::places;

/// How far a list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// It is being written.
    Written,
    /// Leaving it was asked for once.
    Leaving,
    /// It was sent and is not answered.
    Sent,
}

/// The list beside what it leads to.
#[derive(Debug)]
pub struct Rewriting {
    /// Where it starts.
    from: Point,
    /// The same in words.
    words: String,
    /// Of which aggregate the events are; of every one where none is named.
    only: Option<AggregateId>,
    todo: Slot<(), Todo>,
    rows: Rows,
    /// The domain file by whose rules both orders are folded too.
    rules: Option<String>,
    preview: Slot<(), Result<Rewritten>>,
    /// What the list leads to, or why that cannot be told; an earlier list's until the newest one's is there.
    outcome: Option<Result<Outcome>>,
    /// The event that is being written.
    edit: Option<Edit>,
    phase: Phase,
}

impl Screen for Rewriting {
    fn context(&self) -> Context {
        if self.edit.is_some() { Context::Edit } else { Context::Rewrite }
    }

    fn command(&mut self, cx: &mut Cx, command: Command) {
        if self.phase == Phase::Sent {
            return;
        }
        if self.edit.is_some() {
            return self.edit(cx, command);
        }
        let changed = self.todo.shown().is_some_and(Todo::changed);
        match command {
            Command::MoveUp => self.change(|todo, at| todo.move_by(at, -1)),
            Command::MoveDown => self.change(|todo, at| todo.move_by(at, 1)),
            Command::Drop => self.change(Todo::drop_or_keep),
            Command::Restore => self.change(Todo::restore),
            Command::Select => self.choose(),
            Command::DropRepeated => self.change(Todo::drop_repeated),
            Command::ClockOrder => self.change(Todo::sort_by_clock),
            Command::Change | Command::Insert => self.write(cx, command),
            Command::OtherRules => self.ask_rules(cx),
            Command::NextPane | Command::PreviousPane => {
                if let Some(Ok(outcome)) = &mut self.outcome {
                    outcome.scroll(if command == Command::NextPane { 5 } else { -5 });
                }
            }
            Command::Enter => self.ask_name(cx, changed),
            Command::Out if changed && self.phase != Phase::Leaving => {
                self.phase = Phase::Leaving;
                cx.model.tell("Esc once more leaves this list; nothing of it was written");
            }
            _ if self.moves(cx, command) => {}
            _ => cx.close(),
        }
    }

    fn typed(&mut self, _cx: &mut Cx, key: KeyEvent) -> Result<()> {
        self.edit.as_mut().map_or(Ok(()), |edit| edit.typed(key))
    }

    fn text(&mut self) -> Option<&mut Typed> {
        self.edit.as_mut().map(Edit::text)
    }

    fn list(&mut self, screen: Rect) -> Option<(&mut Rows, usize, Rect)> {
        let items = self.items();
        self.edit.is_none().then(|| (&mut self.rows, items, halves(screen).0))
    }

    /// On a line selects it, once more changes its event.
    fn click(&mut self, cx: &mut Cx, x: u16, y: u16) {
        let list = self.list(cx.area());
        if list.is_some_and(|(rows, count, area)| rows.click(x, y, count, area) == Click::Again) {
            self.command(cx, Command::Change);
        }
    }

    fn tick(&mut self, cx: &mut Cx) {
        self.todo.take_in(&cx.model.branch);
        self.reveal(cx);
        if !self.todo.is_asked(&cx.model.branch, &()) {
            self.ask_events(cx);
        }
        self.preview.take_in(&cx.model.branch);
        let Some(todo) = self.todo.shown_mut() else { return };
        if let Some(result) = self.preview.take() {
            self.outcome = Some(todo.learn(result, cx.model.look.zone));
        }
        if self.preview.is_asked(&cx.model.branch, &()) {
            return;
        }
        if !todo.changed() {
            if self.outcome.take().is_some() {
                todo.forget();
            }
            return;
        }
        let plan = plan(todo, self.rules.clone());
        cx.ask(&mut self.preview, Lane::Long, (), move |session, _| {
            Ok(Part::Whole(plan.carry_out(session, None, "")))
        });
    }

    fn failed(&self) -> Option<&Error> {
        self.todo.failed().or(self.preview.failed())
    }

    fn stays_visible(&self) -> bool {
        true
    }

    fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        self.draw_list(model, screen, buffer);
        if let Some(edit) = &self.edit {
            edit.draw(model, screen, buffer);
        }
    }
}

/// The list and what it leads to, inside a frame over all of the screen but its last line: side by side, or below each
/// other.
fn halves(screen: Rect) -> (Rect, Rect) {
    let inner = Rect {
        x: screen.x + 1,
        y: screen.y + 1,
        width: screen.width.saturating_sub(2),
        height: screen.height.saturating_sub(3),
    };
    if screen.width >= WIDE {
        let list = Rect { width: inner.width / 2, ..inner };
        let x = list.right() + 2;
        (list, Rect { x, width: inner.right().saturating_sub(x), ..inner })
    } else {
        let list = Rect { height: inner.height / 2, ..inner };
        let y = list.bottom() + 1;
        (list, Rect { y, height: inner.bottom().saturating_sub(y), ..inner })
    }
}

fn plan(todo: &Todo, rules: Option<String>) -> Plan {
    Plan { rewrite: Arc::clone(&todo.rewrite), steps: todo.steps(), rules }
}

impl Rewriting {
    /// Opens the list of the events from the cursor's on: of the aggregate shown, or of the whole branch.
    pub fn open(model: &mut Model) {
        let Some(from) = model.point() else { return };
        let only = model.cursor.aggregate.clone().filter(|_| !model.cursor.is_whole());
        let words = format!("{} from {} on", model.branch, model.here());
        model.open(Self {
            from,
            words,
            only,
            todo: Slot::default(),
            rows: Rows::default(),
            rules: None,
            preview: Slot::default(),
            outcome: None,
            edit: None,
            phase: Phase::Written,
        });
    }

    /// How many lines there are.
    fn items(&self) -> usize {
        self.todo.shown().map_or(0, |todo| todo.items.len())
    }

    fn ask_events(&mut self, cx: &mut Cx) {
        let (from, only) = (self.from.clone(), self.only.clone());
        cx.ask(&mut self.todo, Lane::Long, (), move |session, _| {
            let branch = session.branch_name().to_owned();
            let rewrite = session.rewrite_from(&branch, &from, only.as_ref())?;
            let name = session.free_branch_name(&format!("{branch}-rewritten"))?;
            Ok(Part::Whole(Todo::new(rewrite, name)))
        });
    }

    /// Does something to the selected line: what the list leads to is asked for anew then.
    fn change(&mut self, how: impl FnOnce(&mut Todo, usize) -> Option<usize>) {
        let selected = self.todo.shown_mut().and_then(|todo| how(todo, self.rows.selected));
        if let Some(selected) = selected {
            (self.rows.selected, self.phase) = (selected, Phase::Written);
            self.preview.forget();
        }
    }

    /// Chooses the selected line: nothing is asked anew.
    fn choose(&mut self) {
        if let Some(next) = self.todo.shown_mut().and_then(|todo| todo.choose(self.rows.selected)) {
            self.rows.selected = next;
        }
    }

    /// Opens the selected event to be written anew, or another one behind it.
    fn write(&mut self, cx: &Cx, command: Command) {
        let at = self.rows.selected;
        let Some(todo) = self.todo.shown() else { return };
        let said = todo.items.get(at).and_then(|item| todo.said(item));
        self.edit = said.map(|said| match command {
            Command::Change => Edit::change(at, &said),
            _ => Edit::insert(at, &said, &cx.model.actor),
        });
    }

    /// Asks for a domain file, or none.
    fn ask_rules(&self, cx: &mut Cx) {
        let example = "a domain file, or a built-in name: both orders by its rules too; empty is by none";
        let prompt =
            Prompt::new("other rules:", example, self.rules.as_deref().unwrap_or_default()).about("domains");
        cx.open(prompt.or_nothing().then(|cx, file| {
            if let Some(list) = cx.model.screen_mut::<Self>() {
                list.rules = (!file.is_empty()).then(|| file.to_owned());
                list.change(|_, at| Some(at));
            }
        }));
    }

    /// Asks what the new branch is to be called.
    fn ask_name(&self, cx: &mut Cx, changed: bool) {
        let Some(todo) = self.todo.shown().filter(|_| changed) else {
            return cx.model.tell("the list leaves everything as it was: there is nothing to rewrite");
        };
        if let Some(error) = read_only(cx.model) {
            return cx.model.fail(error);
        }
        let example = "gets the new order; what is there stays as it is, u takes it back";
        let prompt = Prompt::new("new branch:", example, &todo.name).proposed();
        cx.open(prompt.then(|cx, name| {
            let Some(list) = cx.model.screen_mut::<Self>() else { return };
            let Some(todo) = list.todo.shown_mut() else { return };
            name.clone_into(&mut todo.name);
            list.phase = Phase::Sent;
            let plan = plan(todo, list.rules.clone());
            cx.effects.push(Effect::Write(Write::Rewrite(plan, name.to_owned())));
        }));
    }

    /// Keys of the event that is written.
    fn edit(&mut self, cx: &mut Cx, command: Command) {
        let Some(edit) = &mut self.edit else { return };
        match command {
            Command::Down | Command::Up => edit.step(command == Command::Down),
            Command::Enter => match (edit.place, edit.event()) {
                (place, Ok(event)) => {
                    self.edit = None;
                    self.change(|todo, _| todo.take(place, event));
                }
                (_, Err(error)) => cx.model.fail(Error::refused(error.message().to_owned())),
            },
            _ => self.edit = None,
        }
    }
}

/// The new branch is there: the explorer goes over to it and shows what came of it. Or it was refused, and the list
/// stays.
pub fn rewrote(model: &mut Model, result: Result<Box<Rewritten>>, effects: &mut Vec<Effect>) {
    let rewritten = match result {
        Ok(rewritten) => rewritten,
        Err(error) => {
            if let Some(list) = model.screen_mut::<Rewriting>() {
                list.phase = Phase::Written;
            }
            return model.fail(error);
        }
    };
    let name = rewritten.branch.clone().unwrap_or_default();
    model.close::<Rewriting>();
    places::leave(model);
    branches::to_head(model, &name, effects);
    model.done(format!(
        "{name} has the new order from #{} on; what was there stays as it is, < goes back",
        count(rewritten.fork_position + 1)
    ));
    model.open(Outcome::of(&rewritten, Vec::new(), model.look.zone));
}
