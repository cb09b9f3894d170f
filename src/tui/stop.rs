//! Stopping for a while, as the terminal's own key has other programs do, and going on.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::backend::{Backend, ClearType};

use super::{Explorer, Flow, lost, terminal};
use crate::error::Result;

/// Whether a key is the one that stops. In raw mode the terminal hands it over like any other.
fn stops(key: KeyEvent) -> bool {
    key.code == KeyCode::Char('z') && key.modifiers == KeyModifiers::CONTROL
}

impl<B: Backend> Explorer<B> {
    /// The key that stops was pressed: everything that the shell started together is asked to stop, this too.
    pub(super) fn stop_key(&mut self, key: KeyEvent) -> bool {
        let pressed = stops(key) && key.kind == KeyEventKind::Press;
        if pressed && terminal::has_shell() {
            terminal::stop_group();
        } else if pressed {
            self.model.tell("there is no shell below to go back to: q leaves");
            self.dirty = true;
        }
        pressed
    }

    /// Stops with the terminal given back until somebody has it go on. Without a shell nobody could.
    pub(super) fn stop(&mut self) -> Result<Flow> {
        if terminal::has_shell() {
            terminal::stop(self.model.look.mouse)?;
            self.draw_anew()?;
        }
        Ok(Flow::On)
    }

    /// It goes on after it was stopped from outside, with whatever the terminal shows now.
    pub(super) fn continued(&mut self) -> Result<Flow> {
        terminal::take_back(self.model.look.mouse)?;
        self.draw_anew()?;
        Ok(Flow::On)
    }

    /// Nothing of what was drawn is on the screen any more.
    fn draw_anew(&mut self) -> Result<()> {
        self.terminal.backend_mut().clear_region(ClearType::All).map_err(lost)?;
        // The picture to compare with is an empty one.
        self.terminal.swap_buffers();
        self.dirty = true;
        Ok(())
    }
}
