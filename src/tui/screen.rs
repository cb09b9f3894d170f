//! What can be open above the panes. A screen is a component: its state, its keys, its mouse, what it asks and its
//! picture are one file in [`screens`](super::screens). They stand in a stack, and the topmost takes the keys.

use std::any::Any;
use std::fmt::Debug;

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::action::Command;
use super::effect::Effect;
use super::keys::Context;
use super::model::Model;
use super::model::typed::Typed;
use super::question::{Lane, Part, Run, Slot};
use super::rows::{Click, Rows};
use super::update::jump;
use crate::error::{Error, Result};
use crate::event::Position;
use crate::markdown::Table;
use crate::session::{Matter, Session};

/// Something open above the panes.
pub trait Screen: Debug + Any {
    /// Where its keys are looked up.
    fn context(&self) -> Context;

    /// Does what a key of the table says.
    fn command(&mut self, cx: &mut Cx, command: Command);

    /// A key that is no command here.
    fn typed(&mut self, _cx: &mut Cx, _key: KeyEvent) -> Result<()> {
        Ok(())
    }

    /// The text that is being written, where one is.
    fn text(&mut self) -> Option<&mut Typed> {
        None
    }

    /// Whether a letter is a key of this screen though a text is being written.
    fn takes(&self, _letter: char) -> bool {
        false
    }

    /// The text is another one now.
    fn written(&mut self, _cx: &mut Cx) {}

    /// The list that it shows, where it shows one: which row is selected, how many there are, and where they stand.
    fn list(&mut self, _screen: Rect) -> Option<(&mut Rows, usize, Rect)> {
        None
    }

    /// Moves through the list as the keys that every list shares say; whether this was one of them.
    fn moves(&mut self, cx: &Cx, command: Command) -> bool {
        let list = self.list(cx.area());
        list.is_some_and(|(rows, count, area)| rows.command(command, count, area.height.into()))
    }

    /// Keeps the selected row of the list among the visible ones.
    fn reveal(&mut self, cx: &Cx) {
        if let Some((rows, count, area)) = self.list(cx.area()) {
            rows.reveal(count, area.height.into());
        }
    }

    /// A click at a place of the terminal.
    fn click(&mut self, cx: &mut Cx, x: u16, y: u16) {
        self.select_at(cx, x, y);
    }

    /// A click on a row of the list selects it, one on the selected row opens it.
    fn select_at(&mut self, cx: &mut Cx, x: u16, y: u16) {
        let list = self.list(cx.area());
        if list.is_some_and(|(rows, count, area)| rows.click(x, y, count, area) == Click::Again) {
            self.command(cx, Command::Enter);
        }
    }

    /// The wheel.
    fn wheel(&mut self, cx: &mut Cx, by: isize) {
        match self.list(cx.area()) {
            Some((rows, count, area)) => rows.wheel(by, count, area.height.into()),
            None => self.command(cx, if by < 0 { Command::Up } else { Command::Down }),
        }
    }

    /// After whatever happened: takes in what was answered, and asks for what is lacking.
    fn tick(&mut self, _cx: &mut Cx) {}

    /// Its picture. It changes nothing.
    fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer);

    /// The box that it stands in, where a click beside it loses nothing that was typed.
    fn closable(&self, _model: &Model, _screen: Rect) -> Option<Rect> {
        None
    }

    /// Whether it is seen under the one above it.
    fn stays_visible(&self) -> bool {
        false
    }

    /// The page of the manual that helps here.
    fn page(&self) -> Option<&'static str> {
        None
    }

    /// Why it lacks an answer that it waits for.
    fn failed(&self) -> Option<&Error> {
        None
    }

    /// What can be copied of its own, or its selected line: what it is, the ending of a file for it, and the text.
    fn copied(&self, _model: &Model) -> Option<(String, &'static str, String)> {
        None
    }

    /// The position of the event that the selected line is about, in what lists events.
    fn position(&self) -> Option<Position> {
        None
    }

    /// What becomes a case, a page or a test here, where that is not what the panes show; and that in words.
    fn matter(&self, _model: &Model) -> Option<(Matter, String)> {
        None
    }

    /// Whether it is only there to hand over what is below it.
    fn hands_over(&self) -> bool {
        false
    }

    /// What it lists, where that is a table.
    fn table(&self, _model: &Model) -> Option<Table> {
        None
    }
}

/// What a screen acts on while it has a turn.
pub struct Cx<'a> {
    /// Everything else.
    pub model: &'a mut Model,
    /// What is to be done outside.
    pub effects: &'a mut Vec<Effect>,
    closed: bool,
}

impl Cx<'_> {
    /// Asks about the branch that is shown; see [`Slot`].
    pub fn ask<Q, T, F>(&mut self, slot: &mut Slot<Q, T>, lane: Lane, of: Q, question: F)
    where
        Q: PartialEq,
        T: Send + 'static,
        F: FnMut(&mut Session, &Run<T>) -> Result<Part<T>> + Send + 'static,
    {
        self.effects.push(slot.ask(&self.model.branch, lane, of, question));
    }

    /// The same; `begin` makes what `step` keeps from slice to slice.
    pub fn ask_begun<Q, T, S, B, F>(&mut self, slot: &mut Slot<Q, T>, lane: Lane, of: Q, begin: B, step: F)
    where
        Q: PartialEq,
        T: Send + 'static,
        S: 'static,
        B: FnOnce(&mut Session) -> Result<S> + Send + 'static,
        F: FnMut(&mut S, &mut Session, &Run<T>) -> Result<Part<T>> + Send + 'static,
    {
        self.effects.push(slot.ask_begun(&self.model.branch, lane, of, begin, step));
    }

    /// Closes the screen that has the turn, at the end of it.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// Opens another one above it.
    pub fn open(&mut self, screen: impl Screen) {
        self.model.open(screen);
    }

    /// Closes the screen and goes to an event.
    pub fn go_to(&mut self, position: Position) {
        self.close();
        jump::to_position(self.model, position, self.effects);
    }

    /// The terminal without a tour's strip.
    pub fn area(&self) -> Rect {
        Rect::new(0, 0, self.model.look.size.0, self.model.look.size.1)
    }
}

impl Model {
    /// Opens a screen above what is open.
    pub fn open(&mut self, screen: impl Screen) {
        if self.overlays.is_empty() {
            self.places.trail.begin(self.link_to_panes());
        }
        self.overlays.push(Box::new(screen));
    }

    /// Closes every screen of a kind.
    pub fn close<S: Screen>(&mut self) {
        self.overlays.retain(|screen| !(&**screen as &dyn Any).is::<S>());
    }

    /// The topmost screen of a kind, wherever it stands in the stack.
    pub fn screen<S: Screen>(&self) -> Option<&S> {
        self.overlays.iter().rev().find_map(|screen| (&**screen as &dyn Any).downcast_ref())
    }

    /// The same, to be changed.
    pub fn screen_mut<S: Screen>(&mut self) -> Option<&mut S> {
        self.overlays.iter_mut().rev().find_map(|screen| (&mut **screen as &mut dyn Any).downcast_mut())
    }
}

/// What stands in the place of a screen that has its turn.
#[derive(Debug)]
struct Acting(Context);

impl Screen for Acting {
    fn context(&self) -> Context {
        self.0
    }

    fn command(&mut self, _cx: &mut Cx, _command: Command) {}

    fn draw(&self, _model: &Model, _screen: Rect, _buffer: &mut Buffer) {}
}

/// Gives the topmost a turn, where one is open.
pub fn turn<R>(
    model: &mut Model,
    effects: &mut Vec<Effect>,
    act: impl FnOnce(&mut dyn Screen, &mut Cx) -> R,
) -> Option<R> {
    let top = model.overlays.len().checked_sub(1)?;
    turn_of(top, model, effects, act)
}

/// Lets every screen take in what was answered, and ask for what it lacks.
pub fn tick(model: &mut Model, effects: &mut Vec<Effect>) {
    for depth in (0..model.overlays.len()).rev() {
        turn_of(depth, model, effects, Screen::tick);
    }
}

/// While a screen has its turn it is no part of the model: a sign stands in its place, so that what it opens
/// comes above it, and it is gone where somebody cleared the stack meanwhile.
fn turn_of<R>(
    depth: usize,
    model: &mut Model,
    effects: &mut Vec<Effect>,
    act: impl FnOnce(&mut dyn Screen, &mut Cx) -> R,
) -> Option<R> {
    let place = model.overlays.get_mut(depth)?;
    let acting = Box::new(Acting(place.context()));
    let mut screen = std::mem::replace(place, acting);
    let mut cx = Cx { model, effects, closed: false };
    let result = act(&mut *screen, &mut cx);
    let closed = cx.closed;
    // What stood below it may have been closed.
    let mut below = model.overlays.iter().take(depth + 1);
    if let Some(depth) = below.rposition(|place| (&**place as &dyn Any).is::<Acting>()) {
        if closed {
            model.overlays.remove(depth);
        } else {
            model.overlays[depth] = screen;
        }
    }
    Some(result)
}
