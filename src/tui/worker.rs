//! A thread with its own session, and the contract of those who ask it.
//!
//! - **The newest question of a slot wins.** An older one is not answered any more: it is left out where it waits, and
//!   ends at its next slice where it runs. A slot that is dropped takes its question along.
//! - **Long questions go in slices.** After a slice a question stands behind the others that wait, so that a search
//!   through a million events keeps nobody waiting for longer than a slice.
//! - **Only the branch that is shown is asked about.** A question about another branch drops every older one, and what
//!   is still answered about the branch that was left is dropped by its slot.
//! - **Writes go in order**, before questions, each on the branch and with the head that was seen when it was asked
//!   for; while another program writes they wait, and questions go on. What was asked for is written or refused even
//!   where the explorer is left meanwhile.
//! - **A failure comes back** to the slot that asked. A panic is one: the question fails, the session is opened anew,
//!   and the next question is answered.
//!
//! There are two of these threads, because one question may take long inside a single slice (one very long aggregate):
//! the interactive one answers what the next picture needs, writes, and looks twice a second whether others appended;
//! the scanner looks through much. Which of them a question is for is said by its [`Lane`](super::question::Lane).
//!
//! # Why it is so
//!
//! The first worker took questions of an enum and answered with another one. A newer question took the place of one of
//! the same kind that waited, and each answer went through one long `match` into whatever part of the model it was
//! about. That came to 52 kinds of questions and 72 kinds of answers, and each of these faults, one after the other:
//!
//! - An answer came late, and was shown beside what had been asked since: a pane showed another record than the
//!   cursor's, and a scan that was stopped went on when its last rows came.
//! - A failure was told somewhere else than where it was asked, and a damaged store looked like an empty one. Whatever
//!   was open waited for ever.
//! - A panic in one question ended the thread. All that was left to say was to leave and to open the store again.
//! - A write that waited for another program kept every question waiting behind it.
//!
//! None of them was a mistake of one screen: nothing tied an answer to its question. So a question now *is* the thing
//! that the answer lands in. A screen keeps a [`Slot`](super::question::Slot) and asks with a closure; the worker knows
//! no question by name, and 23 kinds of replies are left: how writes ended, and what nobody asked for. Worker,
//! questions and replies went from 2,520 lines to 1,739, while the screens of the explorer became files of their own.
//! What the contract above says was learned like this:
//!
//! - **Whether anybody waits is asked before each slice**, and not told by a message: the slot holds the only strong
//!   pointer to where answers go. A screen that is closed cannot forget to stop what it asked for.
//! - **Slices, and not priorities.** Over 500,000 events the catalogue takes 1.5 s and its longest slice 10 ms; lint
//!   takes 4.0 s and 96 ms, monitors 13.3 s and 103 ms (`cargo bench --bench scale -- explore`). What needs more than
//!   some milliseconds in one slice belongs to the scanner: the next picture must not wait for it.
//! - **A write is tried every 15 ms** while another program writes, and fails after 20 seconds; in between questions
//!   are answered. Filling and tidying up do not even begin then.
//! - **A session that met a panic is thrown away.** What it was in the middle of is not known; to open another one
//!   takes some milliseconds.
//!
//! What it costs: a closure that is sent away owns what it reads, so a question copies its request. A question that
//! never ends its slice keeps its thread, and nobody can stop it: each loop inside of one asks
//! [`is_wanted`](super::question::Run::is_wanted).
//!
//! ## What a change must keep
//!
//! Each sentence of the contract is a test beside this file, over a real store and without a terminal:
//! `the_newest_question_of_a_slot_wins_and_a_dropped_one_ends`, `a_long_question_keeps_nobody_waiting`,
//! `a_question_about_another_branch_drops_the_older_ones`,
//! `writes_go_in_order_before_questions_and_even_where_nobody_waits_any_more`,
//! `a_write_carries_the_head_that_was_seen`, `a_failure_and_a_panic_come_back_and_the_next_question_is_answered`. In a
//! real terminal: `while_another_program_writes_everything_but_the_write_goes_on`; over a broken store:
//! `a_damaged_store_never_looks_like_an_empty_one`.

mod held;
mod inbox;
mod labour;
mod place;
#[cfg(test)]
mod tests;
mod write;

pub use inbox::Worker;
pub use labour::{Labour, notice};
pub use write::clash;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use self::held::{Held, TRY};
use self::inbox::Shared;
use super::effect::{Failed, Reply, Write};
use super::question::{Going, Question, Sliced};
use crate::error::{Error, Result};
use crate::session::{Open, Session};

/// How often the store is asked whether others appended.
const TAIL: Duration = Duration::from_millis(500);

/// How often it is said how far the missing heads are written.
pub const SAY: Duration = Duration::from_millis(100);

/// A write, the branch it is meant for, and who asks for it.
#[derive(Clone)]
pub struct Order {
    /// The branch.
    pub branch: String,
    /// Who.
    pub actor: String,
    /// What.
    pub write: Write,
    /// Why it must not be done, where that is known already.
    pub refused: Option<Error>,
}

/// Which of the two workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Answers at once, writes, follows the tail.
    Interactive,
    /// Looks through much, a slice at a time.
    Scanner,
}

impl Role {
    /// A session for it.
    fn open(self, open: &Open) -> Result<Session> {
        match self {
            Self::Interactive => Session::open(open),
            Self::Scanner => Session::open_reader(open),
        }
    }
}

enum Job {
    Write(Box<Order>),
    Answer(Question),
    GoOn(Going),
}

struct Loop<'a> {
    role: Role,
    open: Open,
    session: Session,
    shared: &'a Shared,
    send: &'a dyn Fn(Option<&str>, Reply) -> bool,
    polled: Instant,
    /// The branch may lack heads.
    filling: bool,
    /// There may be something to keep up with.
    lagging: bool,
    said: Instant,
    /// Questions that are answered in slices.
    going: VecDeque<Going>,
    /// While another program writes.
    held: Option<Held>,
    /// Why nothing is written: the file is not where it was.
    lost: Option<Error>,
}

impl Loop<'_> {
    fn run(&mut self) {
        let mut cold = false;
        loop {
            let job = {
                let mut inbox = self.shared.inbox();
                inbox.running = false;
                loop {
                    if inbox.quit && inbox.writes.is_empty() {
                        return;
                    }
                    let wait = self
                        .held
                        .map_or(Duration::ZERO, |held| held.next.saturating_duration_since(Instant::now()));
                    if let Some(order) = inbox.writes.front().filter(|_| wait.is_zero()) {
                        break Some(Job::Write(Box::new(order.clone())));
                    }
                    if let Some(question) = inbox.questions.pop_front() {
                        inbox.running = true;
                        break Some(Job::Answer(question));
                    }
                    if let Some(question) = self.going.pop_front() {
                        inbox.running = true;
                        break Some(Job::GoOn(question));
                    }
                    if std::mem::take(&mut inbox.look) {
                        self.polled = Instant::now().checked_sub(TAIL).unwrap_or(self.polled);
                        inbox.running = true;
                        break None;
                    }
                    inbox.running = self.filling;
                    if cold
                        || self.filling
                        || self.lagging
                        || (self.role == Role::Interactive && self.polled.elapsed() >= TAIL)
                    {
                        break None;
                    }
                    inbox = match self.role {
                        Role::Interactive => {
                            let left = TAIL.saturating_sub(self.polled.elapsed());
                            let left = if wait.is_zero() { left } else { left.min(wait) };
                            self.shared
                                .wake
                                .wait_timeout(inbox, left)
                                .map_or_else(|e| e.into_inner().0, |ok| ok.0)
                        }
                        Role::Scanner => {
                            self.session.rest();
                            self.shared.wake.wait(inbox).unwrap_or_else(PoisonError::into_inner)
                        }
                    };
                }
            };
            let heard = match job {
                Some(Job::Write(order)) => self.next_write(*order),
                Some(Job::Answer(question)) => {
                    cold = true;
                    self.answer(question)
                }
                Some(Job::GoOn(question)) => self.slice(question),
                None if self.filling => self.fill(),
                None if self.lagging => {
                    let behind = self.later(Session::keep_up);
                    self.lagging = behind.unwrap_or(true);
                    true
                }
                None => {
                    cold = cold && self.session.warm().unwrap_or(false);
                    true
                }
            };
            if !heard || !self.follow() {
                return;
            }
        }
    }

    /// Sends a reply that is about the session's branch.
    fn say(&self, reply: Reply) -> bool {
        (self.send)(Some(self.session.branch_name()), reply)
    }

    /// Does a part of what may be done later, which is not worth keeping a question waiting: nothing while another
    /// program writes. Whether there is more of it.
    fn later(&mut self, work: impl FnOnce(&mut Session) -> Result<bool>) -> Option<bool> {
        let more = self.session.unless_held(work).unwrap_or(Some(false));
        if more.is_none() {
            let inbox = self.shared.inbox();
            drop(self.shared.wake.wait_timeout(inbox, TRY));
        }
        more
    }

    /// Writes a part of the heads that the branch lacks, and says how far that is. Where nothing can be written the
    /// list stays as full as it is.
    fn fill(&mut self) -> bool {
        if self.session.filling().ok().flatten().is_none() {
            self.filling = false;
            return true;
        }
        let Some(more) = self.later(Session::fill) else { return true };
        let left = self.session.filling().ok().flatten();
        self.filling = more && left.is_some();
        if self.filling && self.said.elapsed() < SAY {
            return true;
        }
        self.said = Instant::now();
        self.say(Reply::Filling(left))
    }

    /// Tells what others appended, about twice a second.
    fn follow(&mut self) -> bool {
        if self.role == Role::Scanner || self.polled.elapsed() < TAIL {
            return true;
        }
        self.polled = Instant::now();
        if self.in_place().is_err() {
            return self.tell_lost();
        }
        if self.lost.take().is_some() && !self.say(Reply::Returned) {
            return false;
        }
        self.lagging = true;
        // What an ancestor appended may have moved heads on that this branch has not written yet.
        // Where nothing can be written there is nothing to do about it.
        self.filling =
            !self.session.is_read_only() && self.session.filling().is_ok_and(|left| left.is_some());
        match self.session.poll() {
            Ok(Some(tail)) => self.say(Reply::Tail(tail)),
            Ok(None) => true,
            Err(error) => self.say(Reply::Failed(Failed::Tail, error)),
        }
    }

    fn answer(&mut self, question: Question) -> bool {
        // What goes on about a branch that was left is not wanted any more.
        self.going.retain(|going| going.branch == question.branch);
        self.slice(question.begin())
    }

    /// Goes on with a question; where it has more to do it waits behind the others then.
    fn slice(&mut self, mut question: Going) -> bool {
        if !question.is_wanted() {
            return true;
        }
        if !self.session.is_on(&question.branch).unwrap_or(true) {
            if let Err(error) = self.session.switch(&question.branch) {
                question.fail(error.clone());
                return (self.send)(Some(&question.branch), Reply::Answered(Some(error)));
            }
            self.filling = self.role == Role::Interactive;
        }
        let (shared, send, branch) = (self.shared, self.send, question.branch.clone());
        let told = |failure| send(Some(&branch), Reply::Answered(failure));
        let ends = || shared.inbox().quit;
        let slice = AssertUnwindSafe(|| question.slice(&mut self.session, &told, &ends));
        let sliced = catch_unwind(slice).unwrap_or_else(|_| {
            let error = Error::refused("this question met a defect of the program and was not answered")
                .hint("nothing is lost; other questions are answered");
            question.fail(error.clone());
            Sliced::Panicked(error)
        });
        let heard = match sliced {
            Sliced::On(shown) => {
                self.going.push_back(question);
                !shown || told(None)
            }
            Sliced::Done => told(None),
            Sliced::Failed(error) => told(Some(error)),
            // What the session was in the middle of is not known.
            Sliced::Panicked(error) => match self.role.open(&self.open) {
                Ok(session) => {
                    self.session = session;
                    told(Some(error))
                }
                Err(why) => {
                    told(Some(error));
                    (self.send)(None, Reply::Failed(Failed::Open, why));
                    return false;
                }
            },
        };
        heard && self.tell_misses()
    }

    /// Tells on how many a filter failed.
    fn tell_misses(&mut self) -> bool {
        let sentence = self.session.take_misses().sentence();
        sentence.is_none_or(|sentence| self.say(Reply::Misses(sentence)))
    }
}
