//! A thread with its own session: reads are latest-wins per kind, writes go in order, the tail is followed.

mod compare;
mod held;
mod inbox;
mod labour;
mod place;
mod scan;
mod survey;
mod swim;
mod write;

pub use inbox::Worker;
pub use labour::{Labour, notice};
pub use write::clash;

use std::collections::VecDeque;
use std::mem::discriminant;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use self::held::{Held, TRY};
use self::inbox::{Shared, Waits};
use super::effect::{Failed, Read, Reply, Write};
use super::question::{Going, Sliced};
use crate::error::{Error, Result};
use crate::event::AggregateId;
use crate::session::{Mark, Open, Session};

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
}

/// Which of the two workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Answers at once, writes, follows the tail.
    Interactive,
    /// Looks through much, a slice at a time.
    Scanner,
}

enum Job {
    Write(Box<Order>),
    Answer(Waits),
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
                    if let Some(waits) = inbox.reads.pop_front() {
                        inbox.running = true;
                        inbox.stop = false;
                        break Some(Job::Answer(waits));
                    }
                    if let Some(question) = self.going.pop_front() {
                        inbox.running = true;
                        break Some(Job::GoOn(question));
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
                Some(Job::Write(order)) => {
                    let may = self.in_place().and_then(|()| self.may_write());
                    if may.as_ref().is_ok_and(|free| !free) {
                        true
                    } else {
                        let heard = self.let_go() && self.write(*order, may.err());
                        self.shared.inbox().writes.pop_front();
                        heard
                    }
                }
                Some(Job::Answer(waits)) => {
                    cold =
                        matches!(&waits, Waits::Read(_, read) if matches!(**read, Read::Moment(..))) || cold;
                    self.answer(waits)
                }
                Some(Job::GoOn(question)) => self.slice(question),
                // Neither is worth keeping a question waiting while another program writes.
                None if self.filling || self.lagging => match self.session.is_free() {
                    Ok(true) if self.filling => self.fill(),
                    Ok(true) => {
                        self.lagging = self.session.keep_up().unwrap_or(false);
                        true
                    }
                    _ => {
                        let inbox = self.shared.inbox();
                        drop(self.shared.wake.wait_timeout(inbox, TRY));
                        true
                    }
                },
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

    /// Writes a part of the heads that the branch lacks, and says how far that is. Where nothing can be written the
    /// list stays as full as it is.
    fn fill(&mut self) -> bool {
        self.filling = false;
        if self.session.filling().ok().flatten().is_none() {
            return true;
        }
        let more = self.session.fill().unwrap_or(false);
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

    fn answer(&mut self, waits: Waits) -> bool {
        // What goes on about a branch that was left is not wanted any more.
        self.going.retain(|question| question.branch == waits.branch());
        match waits {
            Waits::Read(branch, read) => self.answer_read(&branch, *read),
            Waits::Slot(question) => self.slice(question.begin()),
        }
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
        let heard = match question.slice(&mut self.session, &told, &|| shared.inbox().quit) {
            Sliced::On(shown) => {
                self.going.push_back(question);
                !shown || told(None)
            }
            Sliced::Done => told(None),
            Sliced::Failed(error) => told(Some(error)),
        };
        heard && self.tell_misses()
    }

    fn answer_read(&mut self, branch: &str, read: Read) -> bool {
        let failed = Failed::Asked(Box::new(read.clone()));
        if !self.session.is_on(branch).unwrap_or(true) {
            if let Err(error) = self.session.switch(branch) {
                return (self.send)(Some(branch), Reply::Failed(failed, error));
            }
            self.filling = self.role == Role::Interactive;
        }
        let heard = match self.ask(read) {
            Ok(Some(reply)) => self.say(reply),
            Ok(None) => true,
            Err(error) => self.say(Reply::Failed(failed, error)),
        };
        heard && self.tell_misses()
    }

    /// Tells on how many a filter failed.
    fn tell_misses(&mut self) -> bool {
        let sentence = self.session.take_misses().sentence();
        sentence.is_none_or(|sentence| self.say(Reply::Misses(sentence)))
    }

    #[allow(clippy::too_many_lines, reason = "a table of the questions, a line or two each")]
    fn ask(&mut self, read: Read) -> Result<Option<Reply>> {
        let session = &mut self.session;
        Ok(Some(match read {
            Read::Overview => Reply::Overview(session.overview()?),
            Read::List(request, join) => return self.list(request, join),
            Read::Around(request, aggregate) => return scan::around(session, request, &aggregate),
            Read::Rank(request, key) => {
                let rank = session.rank(&request, &key)?;
                Reply::Rank(key, rank)
            }
            Read::Ahead(position, last) => Reply::Ahead(position, last, session.count_behind(position)?),
            Read::Begun(position) => return self.begun(position),
            Read::Effects(hash, position) => return self.effects(hash, position),
            Read::Moment(aggregate, version) => {
                let moment = session.moment(&aggregate, version)?;
                if moment.folding.is_some() {
                    self.again(Read::Moment(aggregate, version));
                }
                Reply::Moment(Box::new(moment))
            }
            Read::Marked(aggregate, version) => Reply::Marked(Box::new(session.moment(&aggregate, version)?)),
            Read::Arrive(aggregate, version) => {
                let moment = session.moment_if_any(&aggregate, version)?;
                if moment.as_ref().is_some_and(|moment| moment.folding.is_some()) {
                    self.again(Read::Moment(aggregate, version));
                }
                Reply::Arrived(moment.map(Box::new))
            }
            Read::At(position, forward) => {
                let moment = match session.event_near(position, forward)? {
                    Some(event) => Some(Box::new(session.moment(&event.aggregate, event.version)?)),
                    None => None,
                };
                Reply::At(position, moment)
            }
            Read::AsOf(aggregate, position) => {
                let version = session.version_at(&aggregate, position)?;
                Reply::AsOf(position, Box::new(session.moment(&aggregate, version)?))
            }
            Read::Window { aggregate, from, to, cell, cells } => {
                let window = session.window(&aggregate, (from, to), cell, cells)?;
                Reply::Window { aggregate, from, to, cell, window }
            }
            Read::StoreWindow { from, to, cell, cells } => {
                let window = session.store_window((from, to), cell, cells)?;
                Reply::StoreWindow { from, to, cell, window }
            }
            Read::Lanes(aggregates) => {
                Reply::Lanes(aggregates.into_iter().map(|of| self.marks(of)).collect::<Result<_>>()?)
            }
            Read::Notes(from, to) => return self.notes(from, to),
            Read::Log(request, join) => return self.log(request, join),
            Read::Blame(aggregate, version) => return self.blame(aggregate, version),
            Read::Compare(asked) => return self.compare(asked),
            Read::Alarms => Reply::Alarms(session.alarms()?),
            Read::Order(point, by) => {
                let found = session.order(&point, by).map(Box::new);
                Reply::Ordered(point, by, found)
            }
            Read::Values(request) => return self.values(request),
            Read::Swim(position) => return self.swim(position),
            Read::SwimStates(aggregates, position) => {
                let moments = session.moments_at(&aggregates, position)?;
                if moments.iter().any(|moment| moment.folding.is_some()) {
                    self.again(Read::SwimStates(aggregates.clone(), position));
                }
                Reply::SwimStates((aggregates, position), moments)
            }
            Read::Catalogue => return self.catalogue(),
            Read::Branches => Reply::Branches(session.branches(true)?),
            Read::Forks(aggregate) => {
                let lanes = session.lanes(&aggregate)?;
                Reply::Forks(aggregate, lanes)
            }
            Read::Waypoints => Reply::Waypoints(session.waypoints()?),
            Read::Reactions(event) => return self.reactions(event),
            Read::Carry(carry, actor) => self.would_carry(carry, &actor),
            Read::TakeBack(again, actor) => {
                let would = if again { session.redo(true, &actor)? } else { session.undo(true, &actor)? };
                Reply::WouldTakeBack(again, Box::new(would))
            }
        }))
    }

    /// The newest events of an aggregate, as the timeline of several shows them.
    fn marks(&mut self, aggregate: AggregateId) -> Result<(AggregateId, Vec<Mark>)> {
        let head = self.session.moment(&aggregate, i64::MAX)?.head;
        let window = self.session.window(&aggregate, ((head - 598).max(1), head.max(1)), 1, 1)?;
        Ok((aggregate, window.marks))
    }

    /// Asks the same once more, where nothing newer of its kind waits: a long fold answers in steps.
    fn again(&self, read: Read) {
        let branch = self.session.branch_name();
        let mut inbox = self.shared.inbox();
        let kind = discriminant(&read);
        if !inbox.reads.iter().any(|waits| waits.ends(branch, kind)) {
            inbox.reads.push_back(Waits::Read(branch.to_owned(), Box::new(read)));
        }
    }
}
