//! The passes of an import: read and map every record, compare snapshots, fix the log's order.

mod compare;

use std::fmt::Write as _;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::format::Records;
use super::mapping::{Format, Mode, Order};
use super::source::{Found, LARGEST_RECORD, Source};
use super::{Aside, Bad, Becomes, Known, Options, Phase, Preview, Progress, Report, files, own};
use crate::error::{Error, Result};
use crate::event::{Hash, Time};
use crate::journal::Imported;
use crate::jq::{self, State};
use crate::store::staging::{Origin, Place, Put, Staging};

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
        let imported = ready.into_iter().map(|ready| Imported {
            event: ready.event,
            key: ready.key,
            content: ready.content,
            recorded_at: ready.recorded_at,
            expect_hash: ready.hash,
        });
        Ok(imported.collect())
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
        file_state: State::null(),
        done: 0,
        total: 0,
        recorded: known.recorded()?,
    };
    stager.read()?;
    if let Some(mapping) = &options.mapping
        && mapping.mode == Mode::Snapshots
    {
        stager.compare(mapping)?;
    }
    stager.finish()
}

impl Stager<'_> {
    fn read(&mut self) -> Result<()> {
        // A name that is wrong shows before the first of many files is read.
        let files = files::listed(&self.options.files)?;
        for file in files.iter().filter(|file| file.path.as_path() != Path::new("-")) {
            let found = std::fs::metadata(&file.path).map_err(|error| {
                Error::refused(format!("{} cannot be read: {error}", file.path.display()))
            })?;
            self.total += found.len();
        }
        for file in &files {
            if let Some(reason) = file.is_odd() {
                self.report.aside.push(Aside { file: file.path.display().to_string(), reason });
                continue;
            }
            let mut source = Source::open(&file.path, self.options.largest.unwrap_or(LARGEST_RECORD))?;
            if file.path.as_path() == Path::new("-") {
                self.total += source.size;
            }
            self.index = 0;
            self.hash = match &self.options.rows {
                None => source.hash.clone(),
                // Other rows of the same file are other records.
                Some(rows) => Hash(Sha256::digest(format!("{} {rows:?}", source.hash)).into()).to_string(),
            };
            if !self.read_file(&mut source, file.found)? {
                break;
            }
            self.done += source.size;
        }
        Ok(())
    }

    /// Reads one file. What was only found, and not asked for, may be something else than a log.
    fn read_file(&mut self, source: &mut Source, was_found: bool) -> Result<bool> {
        let (plain, options) = (Records::Whole, self.options);
        let (format, records) = match &options.mapping {
            Some(mapping) => (mapping.format, &mapping.records),
            None => (Some(Format::Jsonl), &plain),
        };
        let mut sink = |found: Found<'_>| match found.text {
            // Nothing else is said of it.
            _ if was_found && self.report.aside.last().is_some_and(|aside| aside.file == found.file) => {
                Ok(true)
            }
            Err(reason) if found.alien && was_found => {
                self.report.aside.push(Aside { file: found.file.to_owned(), reason });
                Ok(true)
            }
            text => self.take(&Found { text, ..found }),
        };
        match &options.rows {
            Some(rows) => source.read_rows(rows, &mut sink),
            None => source.read(format, records, &mut sink),
        }
    }

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
            Ok(text) => self.map(text, (file, found.line as i64)),
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

    fn map(&mut self, text: &str, origin: (i64, i64)) -> Result<Taken, Failure> {
        let text = jq::compact(text).map_err(Failure::Bad)?;
        let content: [u8; 32] = Sha256::digest(text.as_bytes()).into();
        let Some(mapping) = &self.options.mapping else {
            return self.own(&text, content, origin);
        };
        let record = State::from_json(&text).map_err(Failure::Bad)?;
        let vars = [self.file_state.clone(), number(origin.1), number(self.index)];
        let Some(placed) = mapping.place(&text, &record, &vars).map_err(Failure::Bad)? else {
            return Ok(Taken::LeftOut);
        };
        let snapshots = mapping.mode == Mode::Snapshots;
        let told = if snapshots { None } else { Some(mapping.tell(&record, &vars).map_err(Failure::Bad)?) };
        let key = placed.key.unwrap_or_else(|| format!("{}:{}", self.hash, self.index));
        let seen = self.seen(&key, content)?;
        if seen && !snapshots {
            return Ok(Taken::Seen);
        }
        // Where the newest stands first, what stands later is earlier, in ties of the time too.
        let (order, rank) = match mapping.order {
            Order::Source => (0, self.sequence),
            Order::Time => (placed.at.0, self.sequence),
            Order::Reverse => (0, -self.sequence),
        };
        let place = Place {
            sequence: self.sequence,
            aggregate: &placed.aggregate,
            at: placed.at,
            order,
            rank,
            key: &key,
            content,
            origin,
            seen,
        };
        if !self.put(&place)? {
            return Ok(Taken::Seen);
        }
        match told {
            Some(told) => {
                self.staging.put_event(self.sequence, &told.kind, &placed.data, &told.meta, Origin::default())
            }
            None => self.staging.put_snapshot(self.sequence, self.index, &text, &placed.data),
        }
        .map_err(Failure::Fatal)?;
        Ok(if seen { Taken::Seen } else { Taken::Event })
    }

    /// An event that another store exported; its hash there is its key.
    fn own(&mut self, text: &str, content: [u8; 32], origin: (i64, i64)) -> Result<Taken, Failure> {
        let (mut event, mut from) = own::read(text).map_err(Failure::Bad)?;
        let key = from.hash.map_or_else(|| format!("{}:{}", self.hash, self.index), |h| format!("event:{h}"));
        if self.seen(&key, content)? {
            return Ok(Taken::Seen);
        }
        if let Some(recorded) = from.recorded_at {
            if recorded >= self.recorded && (from.hash.is_some() || recorded <= self.known.now()) {
                self.recorded = recorded;
            } else if from.hash.is_some() {
                return Err(Failure::Bad(late(recorded, self.recorded)));
            } else {
                from.recorded_at = None;
                event.meta = own::with_recorded(&event.meta, recorded);
            }
        }
        let place = Place {
            sequence: self.sequence,
            aggregate: &event.aggregate,
            at: event.occurred_at,
            order: 0,
            rank: self.sequence,
            key: &key,
            content,
            origin,
            seen: false,
        };
        if !self.put(&place)? {
            return Ok(Taken::Seen);
        }
        self.staging
            .put_event(self.sequence, &event.kind, &event.data, &event.meta, from)
            .map_err(Failure::Fatal)?;
        Ok(Taken::Event)
    }

    /// Whether the store has the record.
    fn seen(&self, key: &str, content: [u8; 32]) -> Result<bool, Failure> {
        match self.known.seen(key).map_err(Failure::Fatal)? {
            None => Ok(false),
            Some(same) if same == content => Ok(true),
            Some(_) => Err(Failure::Bad(Error::refused(format!(
                "a record with the key {key} was imported before, with other content"
            )))),
        }
    }

    /// Puts a place down; `false` where this run has the record already.
    fn put(&mut self, place: &Place<'_>) -> Result<bool, Failure> {
        match self.staging.put(place).map_err(Failure::Fatal)? {
            Put::Added => Ok(true),
            Put::Same => Ok(false),
            Put::Clash => Err(Failure::Bad(Error::refused(format!(
                "a record before it has the key {} too, with other content",
                place.key
            )))),
        }
    }

    fn finish(mut self) -> Result<Staged> {
        if self.report.bad_count > 0 && !self.options.skip_bad && self.options.try_first.is_none() {
            return Err(self.refusal());
        }
        self.tell(Phase::Sorting, 0, self.report.records)?;
        match self.options.mapping {
            Some(_) => self.staging.arrange_by_time()?,
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
        Ok(Staged { staging: self.staging, report: self.report, preview, next: 0 })
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

fn late(recorded: Time, newest: Time) -> Error {
    Error::refused(format!(
        "it was recorded at {recorded}, before the event that it follows ({newest}), so it cannot keep its hash"
    ))
    .hint("without `hash` it is recorded now, and the old time goes to `meta.recorded_at`")
}

fn number(n: i64) -> State {
    State::from_value(&n.into())
}
