//! What the whole store makes of the rule in the lab: it is counted, after a pause in which nothing is typed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::domain::Domain;
use crate::error::Result;
use crate::event::{AggregateId, Version};
use crate::journal::Contrasts;
use crate::markdown::Table;
use crate::replay::Change;
use crate::tui::model::Model;
use crate::tui::question::{Lane, Part, Slot};
use crate::tui::rows::Rows;
use crate::tui::screen::Cx;
use crate::tui::text::{count, many};
use crate::tui::view::tables::words;
use crate::tui::worker::SAY;

/// How long nothing is typed before it is counted.
const PAUSE: Duration = Duration::from_millis(250);
/// How long the worker rests meanwhile before it looks whether there is something else to do.
const REST: Duration = Duration::from_millis(10);
/// How many aggregates of each cause are listed.
const LISTED: usize = 500;

/// A row of the list of what differs.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    /// The rule at which states part and the fields, how many aggregates, and how many of them are the same at the head.
    Cause(String, i64, i64),
    /// What one of the rules refuses.
    Error(String),
    /// An aggregate that parts.
    One(One),
    /// So many more.
    More(i64),
}

/// An aggregate that parts.
#[derive(Clone, Debug, PartialEq)]
pub struct One {
    /// Its branch.
    pub branch: String,
    /// Which one.
    pub aggregate: AggregateId,
    /// The version at which it does.
    pub version: Version,
    /// What differs at the head, or where the states meet again until then, where they part.
    pub changes: Vec<Change>,
    /// Whether they meet again.
    pub meets: bool,
}

impl One {
    /// The point where it parts, as a revision.
    pub fn revision(&self) -> String {
        format!("{}:{}@{}", self.branch, self.aggregate, self.version)
    }
}

/// A part of the answer.
#[derive(Debug)]
pub(super) enum Counted {
    /// Aggregates done and of how many.
    Far(i64, i64),
    All(Result<Contrasts>),
}

/// What the whole store makes of the rule.
#[derive(Debug, Default)]
pub struct Store {
    /// The count by a domain's text.
    pub(super) count: Slot<Arc<str>, Counted>,
    /// Aggregates done and of how many, while it is counted.
    far: (i64, i64),
    /// What came of it last.
    pub(super) counted: Option<Result<Contrasts>>,
    /// The rows.
    pub rows: Vec<Row>,
    /// Which of them is selected.
    pub(super) list: Rows,
    /// The count is to end, and to say what it has.
    pub(super) stopped: Arc<AtomicBool>,
}

impl Store {
    /// Takes in what was counted.
    pub(super) fn take_in(&mut self, branch: &str) {
        self.count.take_in(branch);
        match self.count.take() {
            Some(Counted::Far(done, total)) => self.far = (done, total),
            Some(Counted::All(result)) => self.learn(result),
            None => {}
        }
    }

    /// Has it counted by a domain, where that is not done already.
    pub(super) fn count(&mut self, cx: &mut Cx, source: Arc<str>) {
        if self.count.is_asked(&cx.model.branch, &source) {
            return;
        }
        (self.stopped, self.far) = (Arc::default(), (0, 0));
        let (stopped, text) = (Arc::clone(&self.stopped), Arc::clone(&source));
        let is_stopped = move || stopped.load(Ordering::Relaxed);
        let due = Instant::now() + PAUSE;
        cx.ask(&mut self.count, Lane::Long, source, move |session, run| {
            if Instant::now() < due && !is_stopped() {
                std::thread::sleep(REST);
                return Ok(Part::More);
            }
            let mut said = Instant::now();
            let mut goes_on = |done, total| {
                if said.elapsed() >= SAY {
                    said = Instant::now();
                    run.tell(Counted::Far(done, total));
                }
                run.is_wanted() && !is_stopped()
            };
            let domain = Domain::parse("the domain", &text);
            let all = domain.and_then(|domain| session.contrast(&domain, LISTED, &mut goes_on));
            Ok(Part::Whole(Counted::All(all)))
        });
    }

    /// Ends the count; what was counted by then is shown.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// The text is another one, which is not counted.
    pub(super) fn forget(&mut self) {
        self.count.forget();
    }

    /// There is nothing to count.
    pub(super) fn clear(&mut self) {
        self.count.forget();
        self.counted = None;
        self.rows.clear();
    }

    /// What came of a count becomes rows.
    fn learn(&mut self, result: Result<Contrasts>) {
        self.rows.clear();
        for caused in result.iter().flat_map(|all| &all.causes) {
            let cause = &caused.cause;
            let paths = if cause.paths.is_empty() { "no field".to_owned() } else { cause.paths.join(", ") };
            let name = format!("{}.{}: {paths}", cause.aggregate, cause.event);
            self.rows.push(Row::Cause(name, caused.aggregates, caused.met_again));
            self.rows.extend(cause.error.iter().map(|error| Row::Error(error.clone())));
            self.rows.extend(caused.listed.iter().map(|(branch, parted)| {
                let meets = parted.last.is_empty();
                Row::One(One {
                    branch: branch.clone(),
                    aggregate: parted.aggregate.clone(),
                    version: parted.version,
                    changes: if meets { parted.first.clone() } else { parted.last.clone() },
                    meets,
                })
            }));
            let more = caused.aggregates - caused.listed.len() as i64;
            self.rows.extend((more > 0).then_some(Row::More(more)));
        }
        (self.counted, self.list) = (Some(result), Rows::default());
    }

    /// The rows as a table.
    pub fn table(&self, model: &Model) -> Table {
        let mut table = Table::of(&["cause", "branch", "record", "from", "at the end", "what differs"]);
        let mut cause = String::new();
        for row in &self.rows {
            let cells = match row {
                Row::Cause(name, aggregates, met) => {
                    cause.clone_from(name);
                    let met = format!("{} of them the same at the end", count(*met));
                    [
                        cause.clone(),
                        String::new(),
                        many(*aggregates, "record"),
                        String::new(),
                        String::new(),
                        met,
                    ]
                }
                Row::Error(text) => {
                    let [a, b, c, d] = <[String; 4]>::default();
                    [cause.clone(), a, b, c, d, format!("refused: {text}")]
                }
                Row::One(one) => [
                    cause.clone(),
                    one.branch.clone(),
                    one.aggregate.to_string(),
                    format!("v{}", one.version),
                    if one.meets { "the same" } else { "another state" }.to_owned(),
                    one.changes.iter().map(|change| words(model, change)).collect::<Vec<_>>().join("; "),
                ],
                Row::More(more) => {
                    let [a, b, c, d] = <[String; 4]>::default();
                    [cause.clone(), a, format!("{} more", count(*more)), b, c, d]
                }
            };
            table.rows.push(cells.into());
        }
        table
    }

    /// Whether it is being counted.
    pub fn counts(&self) -> bool {
        self.count.waits()
    }

    /// What was counted, where it is about the text that stands there.
    pub fn current(&self) -> Option<&Result<Contrasts>> {
        let asked = self.count.asked().is_some() && self.count.failed().is_none();
        self.counted.as_ref().filter(|_| asked && !self.counts())
    }

    /// The count in words.
    pub fn says(&self) -> String {
        match (self.current(), self.far) {
            (Some(Ok(all)), _) => {
                let stopped = if all.whole { "" } else { " so far: it was stopped" };
                format!("{} of {} differ{stopped}", count(all.differ), count(all.aggregates))
            }
            (Some(Err(error)), _) => error.message().to_owned(),
            (None, (done, total)) if self.counts() && total > 0 => {
                format!("counting, {} % …", done * 100 / total)
            }
            _ if self.counts() => "counting …".to_owned(),
            _ if self.counted.is_some() => "as an earlier text had it".to_owned(),
            _ => String::new(),
        }
    }
}
