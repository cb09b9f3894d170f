//! Looking whether the store's file is still in its place: before each write, and each time the tail is looked at.

use super::Loop;
use crate::error::{Error, Result};
use crate::session::{Open, Session};
use crate::tui::effect::{Failed, Reply};

/// The branch that every store has.
const MAIN: &str = "main";

impl Loop<'_> {
    /// Nothing is written where the file is not what its name leads to any more.
    pub fn in_place(&mut self) -> Result<()> {
        if self.session.is_in_place()? {
            return Ok(());
        }
        Err(Error::refused("Another file is in the place of the store that was open: nothing was written.")
            .hint("It is opened now: look at it, and try again there."))
    }

    /// Says why the file is not in its place, once; another one there is opened anew. `false` when nobody listens.
    pub fn tell_lost(&mut self) -> bool {
        self.filling = false;
        self.lagging = false;
        let found = match self.session.is_in_place() {
            Ok(true) => return true,
            Ok(false) => self.another(),
            Err(error) => Err(error),
        };
        match found {
            Ok(branch) => (self.send)(None, Reply::Replaced(branch)),
            Err(error) if self.lost.as_ref().is_some_and(|told| told.message() == error.message()) => true,
            Err(error) => {
                self.lost = Some(error.clone());
                (self.send)(None, Reply::Failed(Failed::Open, error))
            }
        }
    }

    /// The branch to show of the file that is there now, where that is a store: the same, or the one that every store has.
    fn another(&self) -> Result<String> {
        let branch = self.session.branch_name().to_owned();
        let on = |branch: String| Open { branch, ..self.open.clone() };
        let (here, main) = (on(branch.clone()), on(MAIN.to_owned()));
        let opened = Session::open_reader(&here).map(|_| branch);
        opened.or_else(|_| Session::open_reader(&main).map(|_| MAIN.to_owned()))
    }
}
