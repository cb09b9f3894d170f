//! Rewriting history: another order, other events, as a new branch; and what state that gives, by one set of
//! rules or two.

mod tried;

use serde_json::Value;

use self::tried::{Lists, Tried, behind, finals};
use super::{Judge, Point, Session};
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, NewEvent, Position};
use crate::history::todo::{self, Step};
use crate::journal;
use crate::replay::another::{Ended, Fate};
use crate::replay::{Change, Flags, Reducer, diff};

/// How many events a rewrite takes at most: they are all in memory, and in a list for a person.
const MOST: usize = 200_000;

/// The events that a rewrite is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// The branch.
    pub branch: String,
    /// The events from the chosen one on, oldest first.
    pub events: Vec<Event>,
    /// What is special about each, as far as its neighbours tell.
    pub flags: Vec<Flags>,
}

/// What a rewrite leads to.
#[derive(Clone, Debug, PartialEq)]
pub struct Rewritten {
    /// The new branch, where one was made.
    pub branch: Option<String>,
    /// The position behind which the histories part.
    pub fork_position: Position,
    /// What was done to the list.
    pub done: Done,
    /// The events of the new order from there on, and how each ends.
    pub events: Vec<(NewEvent, Ended)>,
    /// How each event of the original order from there on ended.
    pub were: Vec<Ended>,
    /// What each step of the new order comes to where its request is decided again.
    pub fates: Vec<Fate>,
    /// Which of the rules that the events go through read an event's place in the log, and what of it.
    pub reads: Vec<String>,
    /// The aggregates in question and their states at the end.
    pub finals: Vec<Final>,
}

/// What was done to the list of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// They stand in another order.
    Order,
    /// Some were left out, and the others stand as they stood.
    Without,
    /// More than one of these, or events were changed or inserted.
    More,
}

/// An aggregate's states at the end, in the original order and in the new one, by the rules in use and by others.
#[derive(Clone, Debug, PartialEq)]
pub struct Ends {
    /// Original order, rules in use.
    pub original: Value,
    /// New order, rules in use.
    pub rewritten: Value,
    /// Original order, other rules.
    pub original_by_other: Option<Value>,
    /// New order, other rules.
    pub rewritten_by_other: Option<Value>,
}

/// An aggregate at the end.
#[derive(Clone, Debug, PartialEq)]
pub struct Final {
    /// Which one.
    pub aggregate: AggregateId,
    /// Of the same events, folded.
    pub events: Ends,
    /// Of the same requests, decided again; `None` where there is no request that can be.
    pub requests: Option<Ends>,
    /// The first event that the other rules refuse in either order, and why: their states lack it.
    pub refused_by_other: Vec<String>,
    /// Whether the other rules are a program outside: nobody can verify what it makes.
    pub unverified: bool,
}

/// What makes the difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// Neither.
    Nothing,
    /// The list alone.
    List,
    /// The rules alone.
    Rules,
    /// Each of them.
    Both,
}

impl Blame {
    /// The same in words.
    pub fn says(self, done: Done) -> &'static str {
        match (self, done) {
            (Self::Nothing, _) => "the same",
            (Self::List, Done::Order) => "the order makes the difference",
            (Self::List, Done::Without) => "without these events it ends otherwise",
            (Self::List, Done::More) => "the new list makes the difference",
            (Self::Rules, _) => "the rules make the difference",
            (Self::Both, Done::Order) => "the order and the rules make a difference",
            (Self::Both, Done::Without) => "without these events, and by the rules, it ends otherwise",
            (Self::Both, Done::More) => "the new list and the rules make a difference",
        }
    }
}

impl Ends {
    /// What differs between the original order and the new one, by the rules in use.
    pub fn changes(&self) -> Vec<Change> {
        diff(&self.original, &self.rewritten)
    }

    /// Whether the list, or the rules, or both lead to another state.
    pub fn blame(&self) -> Blame {
        let by_other = self.original_by_other.as_ref().is_some_and(|other| *other != self.original);
        match (self.rewritten != self.original, by_other) {
            (false, false) => Blame::Nothing,
            (true, false) => Blame::List,
            (false, true) => Blame::Rules,
            (true, true) => Blame::Both,
        }
    }
}

impl Done {
    /// What a list does, of which the first steps leave everything as it was.
    fn of(events: usize, steps: &[Step]) -> Self {
        let picks: Option<Vec<usize>> = steps
            .iter()
            .map(|step| match step {
                Step::Pick(index) => Some(*index),
                Step::Change(..) | Step::Insert(_) => None,
            })
            .collect();
        match picks {
            Some(picks) if picks.len() == events => Self::Order,
            Some(picks) if picks.is_sorted() => Self::Without,
            _ => Self::More,
        }
    }
}

impl Session {
    /// The events of a branch from a point on: all of them, or with `only` those of one aggregate.
    pub fn rewrite_from(
        &mut self,
        branch: &str,
        from: &Point,
        only: Option<&AggregateId>,
    ) -> Result<Rewrite> {
        let position = self.position_of(from)?.max(1);
        let line = self.store.branch(branch)?;
        let row = match only {
            Some(only) => Some(
                self.store
                    .aggregate_row(only)?
                    .ok_or_else(|| Error::refused(format!("There is no {only}.")))?,
            ),
            None => None,
        };
        let mut events = Vec::new();
        self.store.events_between(&line, (position, Position::MAX), false, &mut |raw| {
            if row.is_none_or(|row| row == raw.aggregate) {
                if events.len() == MOST {
                    return Err(Error::refused(format!("More than {MOST} events follow that point."))
                        .hint("Start later, or name one aggregate: --only TYPE/ID."));
                }
                events.push(self.store.whole(raw)?);
            }
            Ok(true)
        })?;
        if events.is_empty() {
            return Err(Error::refused("No event follows that point: there is nothing to rewrite."));
        }
        let flags = self.on(branch, |session| {
            let flags = |event: &Event| session.near_flags(&event.aggregate, event.version);
            events.iter().map(flags).collect::<Result<_>>()
        })?;
        Ok(Rewrite { branch: branch.to_owned(), events, flags })
    }

    /// What a todo list leads to, and with a name for the new branch, that branch.
    pub fn rewrite(
        &mut self,
        rewrite: &Rewrite,
        steps: &[Step],
        other: Option<&Domain>,
        name: Option<&str>,
        actor: &str,
    ) -> Result<Rewritten> {
        self.rewrite_by(rewrite, steps, other.map(|domain| Judge { domain, programs: None }), name, actor)
    }

    /// The same, where the other rules may be programs outside.
    pub fn rewrite_by(
        &mut self,
        rewrite: &Rewrite,
        steps: &[Step],
        other: Option<Judge<'_>>,
        name: Option<&str>,
        actor: &str,
    ) -> Result<Rewritten> {
        let (by, domain) = (self.by(actor), self.domain()?);
        let line = self.store.branch(&rewrite.branch)?;
        let shared = todo::unchanged(steps);
        if shared == steps.len() && shared == rewrite.events.len() {
            return Err(Error::refused("The list leaves everything as it was: there is nothing to rewrite."));
        }
        let fork = match shared {
            0 => rewrite.events[0].position - 1,
            shared => rewrite.events[shared - 1].position,
        };
        let everything: Vec<_> = (0..rewrite.events.len()).map(Step::Pick).collect();
        let lists = [&everything[shared..], &steps[shared..]];
        let cut = self.cut(&line, rewrite, shared)?;
        let lists = Lists {
            events: lists.map(|steps| todo::arranged(&rewrite.events, steps)),
            fork,
            asked: lists.map(|steps| behind(&cut, steps, shared)),
            asked_from: cut.first().map_or(fork, |first| first.position - 1),
            tail: cut.into_iter().chain(rewrite.events[shared..].iter().cloned()).collect(),
        };
        let new = journal::planned(&rewrite.events, &steps[shared..]);
        let tried = self.tried(&line, Reducer::from(&*domain), &lists)?;
        let by_other = other.map(|other| {
            let tried = other.reducer().and_then(|rules| self.tried(&line, rules, &lists));
            other.given_up().and(tried)
        });
        let by_other = by_other.transpose()?;
        let finals = finals(&tried, by_other.as_ref(), other);
        let branch = match name {
            Some(name) => {
                let events = new.clone();
                journal::rewrite(&self.store, &mut self.rules, &line, fork, name, events, &by)?;
                Some(name.to_owned())
            }
            None => None,
        };
        let Tried { ended: [were, ended], fates, reads, .. } = tried;
        let (events, done) = (new.into_iter().zip(ended).collect(), Done::of(rewrite.events.len(), steps));
        Ok(Rewritten { branch, fork_position: fork, done, events, were, fates, reads, finals })
    }
}
