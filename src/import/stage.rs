//! The passes of an import: read and map every record, compare snapshots, fix the log's order. Where the records stand in
//! that order already, their events go straight to whoever appends them.

mod compare;
mod fresh;
mod keys;
mod own;
mod read;
mod straight;
mod versions;
mod waits;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use self::fresh::Fresh;
use self::read::{Made, Mapped, Read, Record, Said};
use super::mapping::{Mapping, Mode, Order};
use super::notes::{self, Notice};
use super::{Bad, Becomes, Known, Note, Options, Phase, Preview, Progress, Report};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Time};
use crate::journal::Imported;
use crate::jq::State;
use crate::store::staging::{Origin, Place, Staging};

pub use straight::{Straight, Unsorted, comes_straight};

/// Bad records that are listed one by one.
const LISTED: usize = 100;
/// Bad records after which an import that tolerates none stops reading.
const ENOUGH: u64 = 20;
/// Records between two reports of progress.
const STEP: u64 = 1000;

/// Everything an import will append, sorted, and nothing of it appended yet.
pub struct Staged {
    staging: Staging,
    report: Report,
    preview: Vec<Preview>,
    files: Vec<Arc<str>>,
    carried: bool,
    next: i64,
    in_order: bool,
}

impl Staged {
    /// What the records came to.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The next events, at most `count`, in the order of the log; empty at the end.
    pub fn next_batch(&mut self, count: usize) -> Result<Vec<Imported>> {
        let ready = self.staging.ready(self.next, count)?;
        self.next += ready.len() as i64;
        let carried = self.carried;
        let imported = ready.into_iter().map(|ready| Imported {
            event: ready.event,
            key: ready.key,
            content: ready.content,
            recorded_at: ready.recorded_at,
            carried,
            expect_hash: ready.hash,
        });
        Ok(imported.collect())
    }

    /// Whether all of them were in the order of the log, where they were appended as they were read.
    pub fn is_in_order(&self) -> bool {
        self.in_order
    }

    /// What is noted of causes and origins that `known` does not know, when everything has been appended.
    pub fn unknown(&self, known: &mut dyn FnMut(&str) -> Result<bool>) -> Result<Option<Note>> {
        let found = self.staging.unknown(known)?;
        Ok(found.map(|(count, (file, line))| Note {
            notice: Notice::NoCause,
            count,
            file: named(&self.files, file),
            line: line as u64,
        }))
    }

    /// What the first records become, in the order they were read; empty unless that was asked for.
    pub fn preview(&self) -> &[Preview] {
        &self.preview
    }
}

/// Why a record was not taken: it is bad, or the import itself cannot go on.
enum Failure {
    Bad(Error),
    Fatal(Error),
}

enum Taken {
    Event,
    Seen,
    LeftOut,
}

/// One of the first records: its number in the run, where it stands, and what is known of its fate.
struct Tried {
    sequence: i64,
    file: i64,
    line: u64,
    becomes: Option<Becomes>,
}

struct Stager<'a> {
    options: &'a Options,
    known: &'a dyn Known,
    /// Whether the store has nothing, and gets nothing before the end.
    is_new: bool,
    progress: &'a mut dyn FnMut(Progress) -> bool,
    /// Where events go as long as they are in the order of the log.
    straight: Option<Straight<'a>>,
    /// Whether all of them were.
    in_order: bool,
    staging: Staging,
    fresh: Fresh,
    report: Report,
    tried: Vec<Tried>,
    files: Vec<Arc<str>>,
    /// The newest objects of aggregates, where snapshots are compared as they come.
    newest: HashMap<AggregateId, State>,
    sequence: i64,
    /// How many bytes were read, of how many.
    done: u64,
    total: u64,
    /// When the newest event that keeps its time of recording was recorded.
    recorded: Time,
}

/// Reads, maps and sorts; appends nothing. `progress` answers whether to go on.
pub fn stage(
    options: &Options,
    known: &dyn Known,
    progress: &mut dyn FnMut(Progress) -> bool,
) -> Result<Staged> {
    stage_straight(options, known, None, progress)
}

/// The same where events that come in the order of the log are appended at once, to a store that has none yet. What is
/// staged is what came out of order.
pub fn stage_straight<'a>(
    options: &'a Options,
    known: &'a dyn Known,
    straight: Option<Straight<'a>>,
    progress: &'a mut dyn FnMut(Progress) -> bool,
) -> Result<Staged> {
    let straight = straight.and_then(|straight| straight.over(options));
    let mut stager = Stager {
        options,
        known,
        is_new: straight.is_none() && known.is_new()?,
        progress,
        straight,
        in_order: true,
        staging: Staging::open()?,
        fresh: Fresh::default(),
        report: Report::default(),
        tried: Vec::new(),
        files: Vec::new(),
        newest: HashMap::new(),
        sequence: 0,
        done: 0,
        total: 0,
        recorded: known.recorded()?,
    };
    stager.again()?;
    stager.read()?;
    if let Some(mapping) = &options.mapping {
        let numbered = matches!(mapping.order, Order::Version(_));
        let snapshots = mapping.mode == Mode::Snapshots && !mapping.order.is_read();
        if numbered || snapshots {
            stager.staging.arrange()?;
        }
        if numbered {
            stager.versions(mapping)?;
        }
        if snapshots {
            stager.compare(mapping)?;
        }
    }
    stager.finish()
}

impl Stager<'_> {
    /// Takes what the reading came to; `false` where enough was read.
    fn take(&mut self, read: Read) -> Result<bool> {
        match read {
            Read::More(bytes) => self.total += bytes,
            Read::Record(record) => return self.record(record),
            Read::Aside(aside) => self.report.aside.push(aside),
            Read::Whole(file, records) => self.report.read.push((file, records)),
        }
        Ok(true)
    }

    fn record(&mut self, record: Record) -> Result<bool> {
        self.sequence += 1;
        self.report.records += 1;
        if self.files.last().is_none_or(|last| *last != record.file) {
            self.files.push(Arc::clone(&record.file));
        }
        self.done = record.done;
        if self.report.records % STEP == 1 {
            self.tell(Phase::Reading, self.done, self.total)?;
        }
        let file = self.files.len() as i64 - 1;
        let origin = (file, record.line as i64);
        let taken = match record.made {
            Ok(Made::Placed(mapped)) => self.mapped(*mapped, origin, record.index),
            Ok(Made::Own(exported, key)) => self.own(*exported, key, origin),
            Ok(Made::LeftOut) => Ok(Taken::LeftOut),
            Err(error) => Err(Failure::Bad(error)),
        };
        let becomes = match taken {
            Ok(Taken::Event) => None,
            Ok(Taken::Seen) => {
                self.report.seen += 1;
                Some(Becomes::Seen)
            }
            Ok(Taken::LeftOut) => {
                self.report.left_out += 1;
                Some(Becomes::LeftOut)
            }
            Err(Failure::Bad(error)) => Some(Becomes::Bad(self.bad(file, record.line, &error))),
            Err(Failure::Fatal(error)) => return Err(error),
        };
        if let Some(first) = self.options.try_first {
            self.tried.push(Tried { sequence: self.sequence, file, line: record.line, becomes });
            return Ok(self.tried.len() < first);
        }
        Ok(self.goes_on() && (self.options.skip_bad || self.report.bad_count < ENOUGH))
    }

    fn mapped(&mut self, mapped: Mapped, origin: (i64, i64), index: i64) -> Result<Taken, Failure> {
        let Some(mapping) = &self.options.mapping else { return Ok(Taken::LeftOut) };
        let Mapped { placed, key, content, said, mut notices } = mapped;
        let snapshots = matches!(said, Said::Snapshot(_));
        let place = Place {
            sequence: self.sequence,
            aggregate: &placed.aggregate,
            at: placed.at,
            order: &placed.order,
            version: placed.version,
            // Where the newest stands first in a file, what stands later is earlier, in ties of the time too.
            rank: match mapping.order {
                Order::Reverse => (origin.0 << 40) - self.sequence,
                _ => self.sequence,
            },
            key: &key,
            content,
            origin,
            seen: false,
        };
        let Some(put) = self.put_down(place, snapshots, mapping.repeats)? else {
            return Ok(Taken::Seen);
        };
        if put.again && !put.seen {
            notices.push(Notice::Repeated);
        }
        match said {
            // It is only here to be counted.
            Said::Told(_) if put.seen => Ok(()),
            Said::Told(told) => {
                let place = Place { key: &put.key, ..place };
                self.event(&place, (told.kind, placed.data, told.meta), Origin::default())
            }
            Said::Snapshot(untold) if mapping.order.is_read() => {
                let place = Place { seen: put.seen, ..place };
                self.compare_now(mapping, &place, index, (*untold, &placed.data))?;
                Ok(())
            }
            Said::Snapshot(untold) => {
                self.staging.put_snapshot(self.sequence, index, &untold.text, &placed.data)
            }
        }
        .map_err(Failure::Fatal)?;
        self.note(&notices, origin);
        Ok(if put.seen { Taken::Seen } else { Taken::Event })
    }

    fn note(&mut self, notices: &[Notice], origin: (i64, i64)) {
        let file = self.files.get(origin.0 as usize).map_or("", |file| file);
        for notice in notices {
            notes::note(&mut self.report.notes, *notice, file, origin.1 as u64);
        }
    }

    fn finish(mut self) -> Result<Staged> {
        if self.report.bad_count > 0 && !self.options.skip_bad && self.options.try_first.is_none() {
            return Err(self.refusal());
        }
        self.tell(Phase::Sorting, 0, self.report.records)?;
        if let Some(straight) = self.straight.take().filter(|_| self.in_order) {
            straight.finish()?;
        }
        match &self.options.mapping {
            None | Some(Mapping { order: Order::Log, .. }) => self.staging.arrange_as_read()?,
            Some(mapping) => self.staging.arrange_by_time(matches!(mapping.order, Order::By(_)))?,
        }
        let report = &mut self.report;
        report.events = report.records - report.seen - report.left_out - report.bad_count;
        let mut preview = Vec::with_capacity(self.tried.len());
        for tried in self.tried {
            let becomes = match tried.becomes {
                Some(becomes) => becomes,
                None => match self.staging.event_of(tried.sequence)? {
                    Some(ready) => Becomes::Event(ready.event),
                    None => continue,
                },
            };
            let file = named(&self.files, tried.file);
            preview.push(Preview { file, line: tried.line, becomes });
        }
        let carried = self.options.mapping.as_ref().is_some_and(|mapping| mapping.carry);
        Ok(Staged {
            staging: self.staging,
            report: self.report,
            preview,
            files: self.files,
            carried,
            next: 0,
            in_order: self.in_order,
        })
    }

    /// Counts a bad record, and answers with what is said of it.
    fn bad(&mut self, file: i64, line: u64, error: &Error) -> String {
        let reason = match error.hint_text() {
            Some(hint) => format!("{} ({hint})", error.message()),
            None => error.message().to_owned(),
        };
        self.report.bad_count += 1;
        if !self.options.skip_bad {
            // Nothing of it is to stay.
            self.straight = None;
        }
        if self.report.bad.len() < LISTED {
            let file = named(&self.files, file);
            self.report.bad.push(Bad { file, line, reason: reason.clone() });
        }
        reason
    }

    fn refusal(&self) -> Error {
        let mut message = match self.report.bad_count {
            1 => "1 record is bad, so nothing was imported:".to_owned(),
            n => format!("{n} records are bad, so nothing was imported:"),
        };
        for bad in self.report.bad.iter().take(ENOUGH as usize) {
            let _ = write!(message, "\n  {}:{}: {}", bad.file, bad.line, bad.reason);
        }
        if self.report.bad_count >= ENOUGH {
            message.push_str("\n  and there may be more");
        }
        Error::refused(message).hint("--skip-bad imports the others, --try 5 shows what the first become")
    }

    fn tell(&mut self, phase: Phase, done: u64, total: u64) -> Result<()> {
        let progress = Progress { phase, done: done.min(total), total, records: self.report.records };
        if (self.progress)(progress) {
            return Ok(());
        }
        Err(Error::refused("the import was stopped before the first event was appended"))
    }
}

/// What a file is called.
fn named(files: &[Arc<str>], file: i64) -> String {
    files.get(file as usize).map_or_else(String::new, ToString::to_string)
}

fn number(n: i64) -> State {
    State::from_value(&n.into())
}
