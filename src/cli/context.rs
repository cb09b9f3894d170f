//! What every verb is given: the store, the branch, and where it prints.

use std::io::Write as _;
use std::path::PathBuf;

use super::out::{self, Out};
use super::user;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::session::{LeftOut, Open, OpenedCase, Point, Session, is_case, open_case};

/// What every verb is given.
pub struct Context {
    pub store: Option<PathBuf>,
    pub branch: String,
    pub json: bool,
    pub out: Out,
    /// The case that the store was opened from; the store goes away with it.
    pub case: Option<OpenedCase>,
}

impl Context {
    /// Opens the case in its own store, where the store that was named is a case. What a verb alone would change of it
    /// would be gone with it: for a verb it can only be read.
    pub fn open_case(&mut self, changes: bool) -> Result<()> {
        let Some(path) = self.store.as_ref().filter(|path| is_case(path)) else { return Ok(()) };
        let case = open_case(path, Clock::System)?;
        if !changes {
            let mut permissions = std::fs::metadata(&case.store)?.permissions();
            permissions.set_readonly(true);
            std::fs::set_permissions(&case.store, permissions)?;
        }
        self.store = Some(case.store.clone());
        self.case = Some(case);
        Ok(())
    }

    /// The store's file: as given, else the one in this folder, else the user's.
    pub fn path(&self) -> PathBuf {
        let here = PathBuf::from("backstory.db");
        let users = || user().store.clone().filter(|_| !here.exists());
        self.store.clone().or_else(users).unwrap_or(here)
    }

    pub fn opening(&self) -> Open {
        Open { path: self.path(), branch: self.branch.clone(), clock: Clock::System }
    }

    pub fn session(&self) -> Result<Session> {
        let session = Session::open(&self.opening())?;
        if let Some(behind) = session.clock_behind()? {
            let minutes = behind / 60_000_000;
            let line = format!(
                "note: This machine's clock is {} h {} min behind the newest event; what is recorded now gets that \
                 event's time.",
                minutes / 60,
                minutes % 60
            );
            // Who closed it does not want to know.
            let _ = writeln!(std::io::stderr(), "{line}");
        }
        Ok(session)
    }
}

/// Says what is left out of a time where a position had to stand for it.
pub fn tell_left_out(context: &mut Context, session: &mut Session, point: &Point) -> Result<()> {
    let Point::Store { position, .. } = point else { return Ok(()) };
    if context.json {
        return Ok(());
    }
    let LeftOut { events, first } = session.left_out(point)?;
    if events == 0 {
        return Ok(());
    }
    context.out.line(format_args!(
        "note: {events} of the events that had happened by then stand behind #{position} in the log, from #{first} on: \
         they are left out."
    ))
}

/// Says on how many a filter failed; it is a mistake where that were all.
pub fn tell_misses(session: &mut Session) -> Result<()> {
    let misses = session.take_misses();
    match misses.sentence() {
        Some(sentence) if misses.is_all() => Err(Error::refused(format!("{sentence}."))
            .hint("A field that may be missing is asked for with ?, as in (.tags // [])[] or .count? > 3.")),
        Some(sentence) => {
            // Who closed it does not want to know.
            let _ = writeln!(std::io::stderr(), "note: {}.", out::visible(&sentence));
            Ok(())
        }
        None => Ok(()),
    }
}
