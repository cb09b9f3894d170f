//! A question to the store, and the slot that its answer lands in.
//!
//! A screen asks with a closure over the session, which a worker runs away from the screen. The answer comes back
//! typed, into the slot that asked: what was shown before stays until then, so that nothing flickers, and a failure
//! lands there too. A newer question of a slot takes the place of an older one, and a slot that is dropped, as its
//! screen was closed, takes its question along: the worker looks before each slice whether anybody still waits.
//!
//! ```text
//!  screen ── ask(slot, lane, of, closure) ──► worker: a slice, and another one, while the slot waits
//!     ▲                                          │
//!     └──── take_in at a tick ◄── slot ◄─────────┘  so far / whole / failed
//! ```

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::effect::Effect;
use crate::error::{Error, Result};
use crate::session::Session;

/// Which worker answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// The one that answers at once, and writes: for what takes some milliseconds, however large the store is.
    Now,
    /// The one that looks through much, a slice at a time, and folds what may be long.
    Long,
}

/// What a slice of a question led to.
#[derive(Debug)]
pub enum Part<T> {
    /// Nothing that could be shown: it goes on.
    More,
    /// The answer as far as it has come: it goes on.
    SoFar(T),
    /// The answer.
    Whole(T),
}

/// Says after which slices of a question an answer is worth what it costs to make and to show: after the first one and
/// every few behind it.
#[derive(Debug, Default)]
pub struct Pace(usize);

impl Pace {
    /// What a slice led to.
    pub fn part<T>(&mut self, whole: bool, answer: impl FnOnce() -> T) -> Part<T> {
        const FEW: usize = 8;
        self.0 += 1;
        match (whole, self.0 % FEW) {
            (true, _) => Part::Whole(answer()),
            (false, 1) => Part::SoFar(answer()),
            (false, _) => Part::More,
        }
    }
}

type Answers<T> = Mutex<VecDeque<Result<Part<T>>>>;

fn locked<T>(answers: &Answers<T>) -> MutexGuard<'_, VecDeque<Result<Part<T>>>> {
    answers.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The run of a question, for a slice that takes long itself.
pub struct Run<'a, T> {
    answers: &'a Weak<Answers<T>>,
    told: &'a dyn Fn(Option<Error>) -> bool,
    ends: &'a dyn Fn() -> bool,
}

impl<T> Run<'_, T> {
    /// Whether somebody still waits for the answer; where nobody does, the slice is to end.
    pub fn is_wanted(&self) -> bool {
        self.answers.strong_count() > 0 && !(self.ends)()
    }

    /// Says how far it is, in the middle of a slice.
    pub fn tell(&self, so_far: T) {
        if let Some(answers) = self.answers.upgrade() {
            locked(&answers).push_back(Ok(Part::SoFar(so_far)));
            (self.told)(None);
        }
    }
}

/// What became of a slice, for the worker.
pub enum Sliced {
    /// It goes on; whether there is something to be seen already.
    On(bool),
    /// It is answered.
    Done,
    /// It cannot be answered.
    Failed(Error),
    /// It met a defect of the program.
    Panicked(Error),
}

trait Work {
    fn is_wanted(&self) -> bool;
    fn slice(
        &mut self,
        session: &mut Session,
        told: &dyn Fn(Option<Error>) -> bool,
        ends: &dyn Fn() -> bool,
    ) -> Sliced;
    fn fail(&self, error: Error);
}

struct Asked<T, S, B, F> {
    answers: Weak<Answers<T>>,
    begin: Option<B>,
    /// What is kept from slice to slice.
    state: Option<S>,
    step: F,
}

impl<T, S, B, F> Asked<T, S, B, F>
where
    B: FnOnce(&mut Session) -> Result<S>,
    F: FnMut(&mut S, &mut Session, &Run<T>) -> Result<Part<T>>,
{
    fn part(&mut self, session: &mut Session, run: &Run<T>) -> Result<Part<T>> {
        if let Some(begin) = self.begin.take() {
            self.state = Some(begin(session)?);
        }
        match &mut self.state {
            Some(state) => (self.step)(state, session, run),
            None => Ok(Part::More),
        }
    }

    fn put(&self, answer: Result<Part<T>>) {
        if let Some(answers) = self.answers.upgrade() {
            locked(&answers).push_back(answer);
        }
    }
}

impl<T, S, B, F> Work for Asked<T, S, B, F>
where
    B: FnOnce(&mut Session) -> Result<S>,
    F: FnMut(&mut S, &mut Session, &Run<T>) -> Result<Part<T>>,
{
    fn is_wanted(&self) -> bool {
        self.answers.strong_count() > 0
    }

    fn slice(
        &mut self,
        session: &mut Session,
        told: &dyn Fn(Option<Error>) -> bool,
        ends: &dyn Fn() -> bool,
    ) -> Sliced {
        let answers = self.answers.clone();
        let part = self.part(session, &Run { answers: &answers, told, ends });
        let sliced = match &part {
            Ok(Part::More) => return Sliced::On(false),
            Ok(Part::SoFar(_)) => Sliced::On(true),
            Ok(Part::Whole(_)) => Sliced::Done,
            Err(error) => Sliced::Failed(error.clone()),
        };
        self.put(part);
        sliced
    }

    fn fail(&self, error: Error) {
        self.put(Err(error));
    }
}

type Begin = Box<dyn FnOnce() -> Box<dyn Work> + Send>;

/// A question on its way to a worker.
pub struct Question {
    /// The branch that it is about.
    pub branch: String,
    is_wanted: Box<dyn Fn() -> bool + Send>,
    begin: Begin,
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Question about {}", self.branch)
    }
}

impl Question {
    /// Whether anybody waits for the answer.
    pub fn is_wanted(&self) -> bool {
        (self.is_wanted)()
    }

    /// It is not to be answered.
    pub fn refuse(self, error: Error) {
        (self.begin)().fail(error);
    }

    /// Begins with it, on the thread that answers it: what it keeps from slice to slice stays there.
    pub fn begin(self) -> Going {
        Going { branch: self.branch, work: (self.begin)() }
    }
}

/// A question that is being answered.
pub struct Going {
    /// The branch that it is about.
    pub branch: String,
    work: Box<dyn Work>,
}

impl Going {
    /// Whether anybody waits for the answer.
    pub fn is_wanted(&self) -> bool {
        self.work.is_wanted()
    }

    /// Goes on with it. `told` wakes whoever waits, `ends` says whether the worker is to end.
    pub fn slice(
        &mut self,
        session: &mut Session,
        told: &dyn Fn(Option<Error>) -> bool,
        ends: &dyn Fn() -> bool,
    ) -> Sliced {
        self.work.slice(session, told, ends)
    }

    /// It cannot be answered.
    pub fn fail(&self, error: Error) {
        self.work.fail(error);
    }
}

/// What a screen knows of a question: `Q` tells one question from another, `T` is the answer.
pub struct Slot<Q, T> {
    /// What was asked last, and about which branch.
    asked: Option<(String, Q)>,
    shown: Option<T>,
    /// Whether what is shown answers what was asked last.
    fresh: bool,
    failed: Option<Error>,
    waits: Option<Arc<Answers<T>>>,
}

impl<Q, T> Default for Slot<Q, T> {
    fn default() -> Self {
        Self { asked: None, shown: None, fresh: false, failed: None, waits: None }
    }
}

impl<Q: fmt::Debug, T> fmt::Debug for Slot<Q, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot")
            .field("asked", &self.asked)
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}

impl<Q: PartialEq, T> Slot<Q, T> {
    /// Asks; an older question of this slot is not answered any more.
    pub fn ask<F>(&mut self, branch: &str, lane: Lane, of: Q, mut question: F) -> Effect
    where
        T: Send + 'static,
        F: FnMut(&mut Session, &Run<T>) -> Result<Part<T>> + Send + 'static,
    {
        self.ask_begun(branch, lane, of, |_| Ok(()), move |(), session, run| question(session, run))
    }

    /// Asks; `begin` makes what `step` keeps from slice to slice, and that never leaves the worker.
    pub fn ask_begun<S, B, F>(&mut self, branch: &str, lane: Lane, of: Q, begin: B, step: F) -> Effect
    where
        T: Send + 'static,
        S: 'static,
        B: FnOnce(&mut Session) -> Result<S> + Send + 'static,
        F: FnMut(&mut S, &mut Session, &Run<T>) -> Result<Part<T>> + Send + 'static,
    {
        let waits = Arc::default();
        let answers = Arc::downgrade(&waits);
        let counted = answers.clone();
        (self.asked, self.waits) = (Some((branch.to_owned(), of)), Some(waits));
        (self.fresh, self.failed) = (false, None);
        let question = Question {
            branch: branch.to_owned(),
            is_wanted: Box::new(move || counted.strong_count() > 0),
            begin: Box::new(move || Box::new(Asked { answers, begin: Some(begin), state: None, step })),
        };
        Effect::Ask(lane, question)
    }

    /// Whether this is what was asked last, answered or not.
    pub fn is_asked(&self, branch: &str, of: &Q) -> bool {
        self.asked.as_ref().is_some_and(|(on, asked)| on == branch && asked == of)
    }

    /// Takes in what has been answered; whether there was something. What is about another branch than `branch` is
    /// not wanted any more, and forgotten with its question.
    pub fn take_in(&mut self, branch: &str) -> bool {
        self.take_with(branch, |shown, new, _| *shown = Some(new))
    }

    /// The same, where answers are put together: `join` gets what is shown, a new part, and whether it is the first
    /// one of its question.
    pub fn take_with(&mut self, branch: &str, mut join: impl FnMut(&mut Option<T>, T, bool)) -> bool {
        let Some(waits) = &self.waits else { return false };
        if self.asked.as_ref().is_some_and(|(on, _)| on != branch) {
            (self.asked, self.waits) = (None, None);
            return false;
        }
        let answers = std::mem::take(&mut *locked(waits));
        let came = !answers.is_empty();
        for answer in answers {
            match answer {
                Ok(Part::More) => {}
                Ok(Part::SoFar(new)) => join(&mut self.shown, new, !std::mem::replace(&mut self.fresh, true)),
                Ok(Part::Whole(new)) => {
                    join(&mut self.shown, new, !std::mem::replace(&mut self.fresh, true));
                    self.waits = None;
                }
                Err(error) => (self.failed, self.waits) = (Some(error), None),
            }
        }
        came
    }

    /// Answers as a worker would, for tests.
    #[cfg(test)]
    pub fn be_answered(&self, part: Part<T>) {
        if let Some(waits) = &self.waits {
            locked(waits).push_back(Ok(part));
        }
    }

    /// What is shown: the answer, or an older one while the answer is awaited.
    pub fn shown(&self) -> Option<&T> {
        self.shown.as_ref()
    }

    /// The answer to what was asked last, and nothing older.
    pub fn answer(&self) -> Option<&T> {
        self.shown.as_ref().filter(|_| self.fresh)
    }

    /// The answer, where it is one to this question.
    pub fn answer_to(&self, of: &Q) -> Option<&T> {
        self.answer().filter(|_| self.asked() == Some(of))
    }

    /// Lets what is shown go before something else is asked, unless that is about the same.
    pub fn keep_if(&mut self, same: impl FnOnce(&Q) -> bool) {
        if self.asked().is_some_and(|asked| !same(asked)) {
            self.shown = None;
        }
    }

    /// What is shown, to be changed.
    pub fn shown_mut(&mut self) -> Option<&mut T> {
        self.shown.as_mut()
    }

    /// Takes away what is shown, for something that is to be done once with an answer.
    pub fn take(&mut self) -> Option<T> {
        self.shown.take()
    }

    /// What was asked last.
    pub fn asked(&self) -> Option<&Q> {
        self.asked.as_ref().map(|(_, of)| of)
    }

    /// Why there is no answer to what was asked last.
    pub fn failed(&self) -> Option<&Error> {
        self.failed.as_ref()
    }

    /// Whether an answer, or the rest of it, is awaited.
    pub fn waits(&self) -> bool {
        self.waits.is_some()
    }

    /// Whether what is shown answers an older question.
    pub fn is_old(&self) -> bool {
        self.shown.is_some() && !self.fresh
    }

    /// Waits no longer; what came stays.
    pub fn stop(&mut self) {
        self.waits = None;
    }

    /// Is to be asked anew at the next occasion; what came stays until then.
    pub fn forget(&mut self) {
        (self.asked, self.waits, self.failed) = (None, None, None);
    }
}

#[cfg(test)]
mod tests;
