//! Playing the explorer by a script: one input after the other, and a look at what it shows then.

use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyEvent};
use ratatui::Terminal;
use ratatui::backend::Backend;

use super::effect::Effect;
use super::feed::Feed;
use super::model::Model;
use super::worker::{Labour, Worker};
use super::{Explorer, Flow, Message};
use crate::error::{Error, Result};

/// What waits longer than this never ends.
const REST: Duration = Duration::from_secs(180);

/// How long the keys of a link may take.
const PRESSING: Duration = Duration::from_secs(10);

/// How long there is no picture while they are pressed.
const LOOK: Duration = Duration::from_millis(100);

/// Why what a link would do beside showing something is refused.
pub(super) fn only_shows() -> Error {
    Error::refused("A link only shows something: what its keys would do beside that was left out.")
        .hint("Press the last of its keys again to do that yourself.")
}

impl<B: Backend> Explorer<B> {
    /// The model, to look at.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The terminal, to look at.
    pub fn terminal(&self) -> &Terminal<B> {
        &self.terminal
    }

    /// The terminal, to give it another size.
    pub fn terminal_mut(&mut self) -> &mut Terminal<B> {
        &mut self.terminal
    }

    /// Takes one input and waits until nothing is asked or answered any more, for scripts. `false` when it was left.
    pub fn script(&mut self, input: Event) -> Result<bool> {
        let left = matches!(self.take(Message::Input(input))?, Flow::Leave(_));
        self.settle(REST)?;
        Ok(!left)
    }

    /// Presses the keys of a link, each when what the one before asked for is there.
    pub(super) fn press(&mut self, keys: &[KeyEvent]) -> Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        self.pressing = true;
        let end = Instant::now() + PRESSING;
        for key in keys {
            self.settle_seen(end)?;
            self.take(Message::Input(Event::Key(*key)))?;
        }
        self.settle_seen(end)?;
        self.pressing = false;
        Ok(())
    }

    /// Leaves out what a link would do beside showing something.
    pub(super) fn refuse(&mut self, effect: Effect) {
        if let Effect::HandOver(question) = effect {
            question.refuse(only_shows());
        }
        self.model.fail(only_shows());
    }

    /// Waits for what was asked, with a picture now and then; what takes longer goes on while one looks at it.
    fn settle_seen(&mut self, end: Instant) -> Result<()> {
        while self.settle(LOOK).is_err() && Instant::now() < end {
            self.draw()?;
        }
        Ok(())
    }

    /// Waits until both workers are idle and every answer is on the screen.
    pub fn settle(&mut self, limit: Duration) -> Result<()> {
        let end = Instant::now() + limit;
        loop {
            let idle = [&self.interactive, &self.scanner].into_iter().flatten().all(Worker::idle)
                && self.labour.as_ref().is_none_or(Labour::idle)
                && self.feed.as_ref().is_none_or(Feed::idle);
            match self.receive.try_recv() {
                Ok(message) => {
                    if let Flow::Leave(Some(signal)) = self.take(message)? {
                        // It is taken where the explorer can be left.
                        let _ = self.send.send(Message::Signal(signal));
                        break;
                    }
                }
                Err(_) if idle => break,
                Err(_) if Instant::now() > end => {
                    return Err(Error::refused("the workers do not come to rest"));
                }
                Err(_) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        self.draw()
    }
}
