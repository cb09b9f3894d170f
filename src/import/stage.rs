//! The passes of an import: read and map every record, compare snapshots, fix the log's order.

mod compare;
mod files;
mod keys;
mod own;
mod versions;

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::mapping::{Mode, Order};
use super::notes::{self, Notice};
use super::source::Found;
use super::{Bad, Becomes, Known, Note, Options, Phase, Preview, Progress, Report};
use crate::error::{Error, Result};
use crate::event::Time;
use crate::journal::Imported;
use crate::jq::{self, Slips, State};
use crate::store::staging::{Origin, Place, Staging};

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
    files: Vec<String>,
    carried: bool,
    next: i64,
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

    /// What is noted of causes and origins that `known` does not know, when everything has been appended.
    pub fn unknown(&self, known: &mut dyn FnMut(&str) -> Result<bool>) -> Result<Option<Note>> {
        let found = self.staging.unknown(known)?;
        Ok(found.map(|(count, (file, line))| Note {
            notice: Notice::NoCause,
            count,
            file: self.files.get(file as usize).cloned().unwrap_or_default(),
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
    progress: &'a mut dyn FnMut(Progress) -> bool,
    staging: Staging,
    report: Report,
    tried: Vec<Tried>,
    files: Vec<String>,
    sequence: i64,
    index: i64,
    hash: String,
    /// How many lines stand before the part that is read.
    lines: i64,
    file_state: State,
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
    let mut stager = Stager {
        options,
        known,
        progress,
        staging: Staging::open()?,
        report: Report::default(),
        tried: Vec::new(),
        files: Vec::new(),
        sequence: 0,
        index: 0,
        hash: String::new(),
        lines: 0,
        file_state: State::null(),
        done: 0,
        total: 0,
        recorded: known.recorded()?,
    };
    stager.read()?;
    if let Some(mapping) = &options.mapping {
        let (numbered, snapshots) =
            (matches!(mapping.order, Order::Version(_)), mapping.mode == Mode::Snapshots);
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
    /// Takes one record; `false` where enough was read.
    fn take(&mut self, found: &Found<'_>) -> Result<bool> {
        self.sequence += 1;
        self.index += 1;
        self.report.records += 1;
        if self.files.last().is_none_or(|last| last != found.file) {
            self.files.push(found.file.to_owned());
            self.file_state = State::from_value(&found.file.into());
        }
        if self.report.records % STEP == 1 {
            self.tell(Phase::Reading, self.done + found.bytes, self.total)?;
        }
        let file = self.files.len() as i64 - 1;
        let taken = match &found.text {
            Ok(Some(text)) => self.map(text, found.tamed, (file, found.line as i64)),
            Ok(None) => Ok(Taken::LeftOut),
            Err(reason) => Err(Failure::Bad(Error::refused(reason.clone()))),
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
            Err(Failure::Bad(error)) => Some(Becomes::Bad(self.bad(file, found.line, &error))),
            Err(Failure::Fatal(error)) => return Err(error),
        };
        if let Some(first) = self.options.try_first {
            self.tried.push(Tried { sequence: self.sequence, file, line: found.line, becomes });
            return Ok(self.tried.len() < first);
        }
        Ok(self.options.skip_bad || self.report.bad_count < ENOUGH)
    }

    fn map(&mut self, text: &str, tamed: bool, origin: (i64, i64)) -> Result<Taken, Failure> {
        let Some(mapping) = &self.options.mapping else {
            return self.own(text, origin);
        };
        let (text, slips) = if mapping.reading.strict {
            jq::compact(text).map(|text| (text, Slips::default()))
        } else {
            jq::compact_leniently(text)
        }
        .map_err(Failure::Bad)?;
        let content: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        let record = State::from_json(&text).map_err(Failure::Bad)?;
        let mut notices = let_through(slips, tamed);
        let vars = [self.file_state.clone(), number(origin.1), number(self.index)];
        let Some(placed) = mapping.place(&text, &record, &vars, &mut notices).map_err(Failure::Bad)? else {
            return Ok(Taken::LeftOut);
        };
        // What is not used does not matter.
        if slips.digits && jq::compact_leniently(&placed.data).is_ok_and(|(_, slips)| slips.digits) {
            notices.push(Notice::LongNumber);
        }
        let snapshots = mapping.mode == Mode::Snapshots;
        let told = if snapshots {
            None
        } else {
            Some(mapping.tell(&record, &vars, &mut notices).map_err(Failure::Bad)?)
        };
        let name = placed.key.unwrap_or_else(|| format!("{}:{}", self.hash, self.index));
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
            key: &name,
            content,
            origin,
            seen: false,
        };
        let Some((seen, again)) = self.put_down(place, snapshots, mapping.repeats)? else {
            return Ok(Taken::Seen);
        };
        if again && !seen {
            notices.push(Notice::Repeated);
        }
        match told {
            // It is only here to be counted.
            Some(_) if seen => Ok(()),
            Some(told) => {
                self.staging.put_event(self.sequence, &told.kind, &placed.data, &told.meta, Origin::default())
            }
            None => self.staging.put_snapshot(self.sequence, self.index, &text, &placed.data),
        }
        .map_err(Failure::Fatal)?;
        self.note(&notices, origin);
        Ok(if seen { Taken::Seen } else { Taken::Event })
    }

    fn note(&mut self, notices: &[Notice], origin: (i64, i64)) {
        let file = self.files.get(origin.0 as usize).map_or("", String::as_str);
        for notice in notices {
            notes::note(&mut self.report.notes, *notice, file, origin.1 as u64);
        }
    }

    fn finish(mut self) -> Result<Staged> {
        if self.report.bad_count > 0 && !self.options.skip_bad && self.options.try_first.is_none() {
            return Err(self.refusal());
        }
        self.tell(Phase::Sorting, 0, self.report.records)?;
        match &self.options.mapping {
            Some(mapping) => self.staging.arrange_by_time(matches!(mapping.order, Order::By(_)))?,
            None => self.staging.arrange_as_read()?,
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
            let file = self.files.get(tried.file as usize).cloned().unwrap_or_default();
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
        })
    }

    /// Counts a bad record, and answers with what is said of it.
    fn bad(&mut self, file: i64, line: u64, error: &Error) -> String {
        let reason = match error.hint_text() {
            Some(hint) => format!("{} ({hint})", error.message()),
            None => error.message().to_owned(),
        };
        self.report.bad_count += 1;
        if self.report.bad.len() < LISTED {
            let file = self.files.get(file as usize).cloned().unwrap_or_default();
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

/// What is noted of a record that is not quite JSON.
fn let_through(slips: Slips, tamed: bool) -> Vec<Notice> {
    let found = [
        (slips.halves, Notice::HalfCharacter),
        (slips.doubled, Notice::DoubledKey),
        (tamed, Notice::NotANumber),
    ];
    found.into_iter().filter(|(found, _)| *found).map(|(_, notice)| notice).collect()
}

fn number(n: i64) -> State {
    State::from_value(&n.into())
}
