//! The log tab: a stretch of rows around the cursor, the chips that narrow it, and which way it runs. There is one for
//! the record shown, or the chosen ones, and one for the whole store: each keeps its own chips and its own rows.

use super::chips::Chips;
use super::timeline::Subject;
use crate::event::{AggregateId, Position, Version};
use crate::session::{Among, Flags, ListRequest, LogRequest, LogRow, Test};
use crate::tui::question::Slot;

/// How many rows are asked for on either side of the cursor.
pub const EACH: usize = 150;

/// How many rows are kept.
const MOST: usize = 1_500;

/// Which rows are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those on either side of a place; they take the place of those that are there.
    Around(i64),
    /// Those before a place, for the front.
    Back(i64),
    /// Those behind a place, for the end.
    Forth(i64),
}

/// Rows of a log in one direction, the oldest first.
#[derive(Debug, Default)]
pub struct Stretch {
    /// The rows.
    pub rows: Vec<LogRow>,
    /// Whether they stand before the place that was asked about.
    pub back: bool,
    /// Whether more follow in that direction.
    pub more: bool,
    /// How many events were looked at for them.
    pub looked: usize,
}

/// How many events the chips take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// So many.
    pub found: usize,
    /// How many were looked at for that.
    pub looked: usize,
}

/// A row that is visible: whose, which version, where in the log.
pub type Visible = (AggregateId, Version, Position);

/// A log.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "what is there, the order and the end are independent")]
pub struct Log {
    /// Whose rows they are.
    pub subject: Option<Subject>,
    /// The rows, oldest first.
    pub rows: Vec<LogRow>,
    /// Whether rows come before the first one.
    pub before: bool,
    /// Whether rows follow the last one.
    pub after: bool,
    /// Where no rows follow: up to which place that is so.
    pub upto: i64,
    /// The newest at the top.
    pub newest_first: bool,
    /// What narrows it.
    pub chips: Chips,
    /// The rows that were asked for, and what the head was.
    pub page: Slot<(LogRequest, Reach, i64), Stretch>,
    /// The flags of visible rows that take a fold, by position.
    pub flags: Slot<Vec<Visible>, Vec<(Position, Flags)>>,
    /// How many rows there are, of what up to which head.
    pub count: Slot<(LogRequest, i64), Counted>,
    /// Somebody stopped the counting: there may be more.
    pub cut_off: bool,
}

impl Log {
    /// Whether rows are looked for rather than read.
    pub fn scans(&self) -> bool {
        self.chips.narrow()
    }

    /// Whether rows are still looked for, or counted.
    pub fn looks(&self) -> bool {
        self.page.waits() || self.count.waits()
    }

    /// Forgets whose rows these are, so that they are asked for again.
    pub fn forget(&mut self) {
        self.subject = None;
        self.page.forget();
        self.count.forget();
        self.flags.forget();
        self.cut_off = false;
    }

    /// Looks no further; what was found stays.
    pub fn stop(&mut self) {
        self.cut_off = self.count.waits();
        self.page.stop();
        self.count.stop();
        (self.before, self.after, self.upto) = (false, false, i64::MAX);
    }

    /// Where a row stands in the history that this is the log of: its version, among several records its position.
    pub fn place(&self, row: &LogRow) -> i64 {
        match self.subject {
            Some(Subject::Store | Subject::Set(_)) => row.event.position,
            _ => row.event.version,
        }
    }

    /// A request for everything of a subject.
    pub fn unnarrowed(&self, subject: &Subject) -> LogRequest {
        LogRequest { chips: Vec::new(), ..self.request(subject, &ListRequest::default()) }
    }

    /// What is asked for of a subject; `list` is what the list shows.
    pub fn request(&self, subject: &Subject, list: &ListRequest) -> LogRequest {
        let listed = self.chips.on().find(|chip| chip.test == Test::Listed);
        let listed = listed.map(|chip| Among::Listed { list: Box::new(list.clone()), not: chip.not });
        LogRequest {
            aggregate: match subject {
                Subject::One(aggregate) => Some(aggregate.clone()),
                Subject::Store | Subject::Set(_) => None,
            },
            among: match subject {
                Subject::Set(chosen) => Some(Among::Chosen(chosen.clone())),
                Subject::Store => listed,
                Subject::One(_) => None,
            },
            chips: self.chips.asked(),
            brief: true,
            flags: Flags::near(),
            ..LogRequest::default()
        }
    }

    /// Whether it is to be counted what a request takes up to a head. What is being counted comes to its end first: it goes
    /// on from there, and a log that grows all the time is counted, too.
    pub fn lacks_count(&self, branch: &str, request: &LogRequest, head: i64) -> bool {
        let same = |(other, _): &(LogRequest, i64)| other == request;
        let counting = self.count.waits() && self.count.asked().is_some_and(same);
        let counted = self.count.is_asked(branch, &(request.clone(), head));
        self.scans() && !self.cut_off && self.upto < i64::MAX && !counting && !counted
    }

    /// Whether the row at a place, if there is one, must be among those that are there.
    pub fn covers(&self, place: i64) -> bool {
        let first = self.rows.first().filter(|_| self.before).map_or(0, |row| self.place(row));
        let last = self.rows.last().filter(|_| self.after).map_or(self.upto, |row| self.place(row));
        place == 0 || (first..=last).contains(&place)
    }

    /// Which rows are lacking, with the cursor at a place and so many rows visible.
    pub fn lacks(&self, here: i64, head: i64, height: usize) -> Option<Reach> {
        if !self.covers(here) && (here <= self.upto || self.after) {
            return Some(Reach::Around(here));
        }
        let i = self.rows.partition_point(|row| self.place(row) <= here);
        match (self.rows.first(), self.rows.last()) {
            (Some(first), _) if self.before && i <= 2 * height => Some(Reach::Back(self.place(first))),
            (_, Some(last)) if self.after && i + 2 * height >= self.rows.len() => {
                Some(Reach::Forth(self.place(last)))
            }
            _ if !self.after && self.upto < head => Some(Reach::Forth(self.upto)),
            _ => None,
        }
    }

    /// Puts rows to those that are there; the first ones of an answer to `reach` may take their place.
    pub fn join(&mut self, stretch: Stretch, reach: Reach, head: i64, first: bool) {
        let Stretch { rows, back, more, .. } = stretch;
        if first && matches!(reach, Reach::Around(_)) {
            self.rows.clear();
            (self.before, self.after, self.upto) = (false, false, head);
        }
        if back {
            self.rows.splice(0..0, rows);
            self.before = more;
        } else {
            self.rows.extend(rows);
            (self.after, self.upto) = (more, head);
        }
    }

    /// Rows far from a place are let go.
    pub fn trim(&mut self, here: i64) {
        if self.rows.len() <= MOST {
            return;
        }
        let spare = self.rows.len() - MOST;
        let i = self.rows.partition_point(|row| self.place(row) <= here);
        if i > self.rows.len() / 2 {
            self.rows.drain(..spare);
            self.before = true;
        } else {
            self.rows.truncate(MOST);
            self.after = true;
        }
    }

    /// The row at a place, or the last one before it, among the rows that are there.
    pub fn index(&self, place: i64) -> Option<usize> {
        self.rows.partition_point(|row| self.place(row) <= place).checked_sub(1)
    }

    /// The place of a row as they stand on the screen.
    pub fn place_at(&self, line: usize) -> Option<i64> {
        let i = if self.newest_first { self.rows.len().checked_sub(line + 1)? } else { line };
        self.rows.get(i).map(|row| self.place(row))
    }

    /// The row at exactly a place.
    pub fn row(&self, place: i64) -> Option<&LogRow> {
        self.index(place).and_then(|i| self.rows.get(i)).filter(|row| self.place(row) == place)
    }

    /// The next matching place in a direction, where it is among the rows that are there.
    pub fn neighbour(&self, place: i64, forward: bool, by: usize) -> Option<i64> {
        let next = self.rows.partition_point(|row| self.place(row) <= place);
        let before = self.rows.partition_point(|row| self.place(row) < place);
        let i = if forward {
            (next + by.saturating_sub(1)).min(self.rows.len().checked_sub(1)?)
        } else {
            before.saturating_sub(by)
        };
        let found = self.place(self.rows.get(i)?);
        (if forward { found > place } else { found < place }).then_some(found)
    }

    /// The matching row nearest to a place at which none stands.
    pub fn nearest(&self, place: i64) -> Option<i64> {
        self.neighbour(place, false, 1).or_else(|| self.neighbour(place, true, 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Chip;
    use crate::tui::question::{Lane, Part};

    fn counting(head: i64) -> (Log, LogRequest) {
        let mut log = Log::default();
        log.chips.add(Chip::only(Test::Text("a".into())));
        let request = log.request(&Subject::Store, &ListRequest::default());
        log.count.ask("main", Lane::Long, (request.clone(), head), |_, _| Ok(Part::More));
        (log, request)
    }

    #[test]
    fn what_is_being_counted_is_not_begun_anew_where_the_log_grows() {
        let (mut log, request) = counting(10);
        log.count.be_answered(Part::SoFar(Counted { found: 1, looked: 4 }));
        log.count.take_in("main");
        assert!(!log.lacks_count("main", &request, 11), "it is counted up to 10 first");
        let other = LogRequest { chips: Vec::new(), ..request.clone() };
        assert!(log.lacks_count("main", &other, 10));
        log.count.be_answered(Part::Whole(Counted { found: 3, looked: 10 }));
        log.count.take_in("main");
        assert!(!log.lacks_count("main", &request, 10) && log.lacks_count("main", &request, 11));
    }

    #[test]
    fn what_was_stopped_says_that_there_may_be_more_until_something_else_is_looked_for() {
        let (mut log, request) = counting(10);
        log.stop();
        assert!(log.cut_off && !log.lacks_count("main", &request, 11));
        log.forget();
        assert!(!log.cut_off);
    }
}
