//! The first pass: every file and every part of one, record by record, each as its mapping makes it of the record alone.
//! What is known of other records is the business of whoever takes them, on another thread where there is much to read.

mod plan;
mod records;

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use plan::Plan;

use super::Stager;
use crate::error::{Error, Result};
use crate::file;
use crate::import::format::Reading;
use crate::import::mapping::{Format, Mapping};
use crate::import::notes::Notice;
use crate::import::record::{Placed, Told};
use crate::import::source::{Found, Source};
use crate::import::{Aside, Phase, own};
use crate::jq::{self, State};
use crate::store::foreign::Bound;

/// So many records, or about so many bytes, are handed over at once, and so often before the reader waits.
const PARCEL: (usize, usize) = (256, 1 << 20);
const PARCELS: usize = 4;
/// Who waits for records asks so often whether to go on: a query may take long to give one.
const ASK: Duration = Duration::from_millis(100);

/// What the reading comes to.
pub(super) enum Read {
    /// So many more bytes there are to read.
    More(u64),
    /// A record.
    Record(Record),
    /// A file that is no log.
    Aside(Aside),
    /// A file was read to its end, with so many records.
    Whole(PathBuf, u64),
}

/// A record by itself.
pub(super) struct Record {
    /// The file, with the member where it is an archive.
    pub file: Arc<str>,
    /// The line on which it starts, from 1.
    pub line: u64,
    /// Its number in its file, from 1.
    pub index: i64,
    /// How many bytes were read until then.
    pub done: u64,
    /// What it becomes, or what is wrong with it.
    pub made: Result<Made>,
}

/// What a record becomes as far as it alone says.
pub(super) enum Made {
    LeftOut,
    /// What another store exported, and what names it where it has no hash.
    Own(Box<own::Exported>, String),
    Placed(Box<Mapped>),
}

/// A record that its mapping places.
pub(super) struct Mapped {
    pub placed: Placed,
    /// Names its delivery.
    pub key: String,
    /// SHA-256 of the record as read.
    pub content: [u8; 32],
    pub said: Said,
    pub notices: Vec<Notice>,
}

/// What happened, as far as the record alone says.
pub(super) enum Said {
    /// All of it.
    Told(Told),
    /// In snapshots that takes the one before it.
    Snapshot(Box<Untold>),
}

/// What a snapshot says.
pub(super) struct Untold {
    /// The record; empty where no rule reads it any more.
    pub text: String,
    /// Its metadata, where no rule of them asks what was before, and what is noted of them.
    pub meta: Option<Result<(String, Vec<Notice>)>>,
}

impl Stager<'_> {
    /// Reads everything, and takes what it comes to.
    pub(super) fn read(&mut self) -> Result<()> {
        let plan = Plan::new(self.options)?;
        self.total = plan.total;
        let mapping = self.options.mapping.as_ref();
        if !plan.is_much() {
            return Reader::new(&plan, mapping, &mut |read| self.take(read)).read();
        }
        // Rules stay on their thread: the reader compiles its own.
        let written = mapping.map(Mapping::written);
        let (send, receive) = sync_channel(PARCELS);
        std::thread::scope(|scope| {
            let plan = &plan;
            // The sender goes with it: where it has ended, nothing more comes.
            let reading = move || read_beside(plan, written, &send);
            let reader =
                std::thread::Builder::new().name("Reader".to_owned()).spawn_scoped(scope, reading)?;
            let taken = self.take_all(&receive);
            // Where enough was taken, the reader finds nobody who takes more, and a query is not answered to its end.
            plan.stopped.store(true, Ordering::Relaxed);
            drop(receive);
            let read = reader
                .join()
                .unwrap_or_else(|_| Err(Error::refused("the reading stopped by a defect of the program")));
            match taken {
                // Enough was taken: how the reading ended says nothing.
                Ok(false) => Ok(()),
                taken => taken.and(read),
            }
        })
    }

    /// Takes what the reader hands over, to its end; `false` where enough was taken.
    fn take_all(&mut self, receive: &Receiver<Vec<Read>>) -> Result<bool> {
        loop {
            match receive.recv_timeout(ASK) {
                Ok(parcel) => {
                    for read in parcel {
                        if !self.take(read)? {
                            return Ok(false);
                        }
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.tell(Phase::Reading, self.done, self.total)?,
                Err(RecvTimeoutError::Disconnected) => return Ok(true),
            }
        }
    }
}

/// Reads on a thread of its own.
fn read_beside(plan: &Plan, mapping: Option<(String, String)>, send: &SyncSender<Vec<Read>>) -> Result<()> {
    let mapping = mapping.map(|(file, text)| Mapping::parse(&file, &text)).transpose()?;
    let (mut parcel, mut bytes) = (Vec::new(), 0);
    jq::with_room(|| {
        let mut give = |read: Read| {
            bytes += read.size();
            parcel.push(read);
            if parcel.len() < PARCEL.0 && bytes < PARCEL.1 {
                return Ok(true);
            }
            bytes = 0;
            Ok(send.send(std::mem::take(&mut parcel)).is_ok())
        };
        Reader::new(plan, mapping.as_ref(), &mut give).read()
    })?;
    // Nobody waits for it where enough was taken.
    let _ = send.send(parcel);
    Ok(())
}

impl Read {
    /// About how many bytes it holds.
    fn size(&self) -> usize {
        match self {
            Self::Record(Record { made: Ok(Made::Placed(mapped)), .. }) => {
                mapped.said.size() + mapped.placed.data.len()
            }
            Self::Record(Record { made: Ok(Made::Own(exported, _)), .. }) => exported.event.data.len(),
            _ => 0,
        }
    }
}

impl Said {
    fn size(&self) -> usize {
        match self {
            Self::Told(told) => told.meta.len(),
            Self::Snapshot(untold) => untold.text.len(),
        }
    }
}

/// Takes what was read; `false` stops the reading.
type Taker<'a> = dyn FnMut(Read) -> Result<bool> + 'a;

struct Reader<'a> {
    plan: &'a Plan,
    mapping: Option<&'a Mapping>,
    give: &'a mut Taker<'a>,
    /// What records are named by, together with their numbers, once one needs it.
    hash: OnceCell<String>,
    /// The file that is read, where that is told by all that it holds.
    path: PathBuf,
    /// How many records of the file were read.
    index: i64,
    /// How many lines stand before the part that is read.
    lines: i64,
    file: Arc<str>,
    file_state: State,
    done: u64,
    read: Vec<(PathBuf, u64)>,
    aside: Option<String>,
}

impl<'a> Reader<'a> {
    fn new(plan: &'a Plan, mapping: Option<&'a Mapping>, give: &'a mut Taker<'a>) -> Self {
        Self {
            plan,
            mapping,
            give,
            hash: OnceCell::new(),
            path: PathBuf::new(),
            index: 0,
            lines: 0,
            file: "".into(),
            file_state: State::null(),
            done: 0,
            read: Vec::new(),
            aside: None,
        }
    }

    fn read(&mut self) -> Result<()> {
        let plan = self.plan;
        for file in &plan.files {
            if let Some(reason) = file.is_odd() {
                (self.give)(Read::Aside(Aside { file: file.path.display().to_string(), reason }))?;
                continue;
            }
            let mut source = Source::open(&file.path, plan.largest)?;
            if let Some(bound) = plan.bound() {
                source = source.within(bound);
            }
            if file::is_stream(&file.path) {
                (self.give)(Read::More(source.size))?;
            }
            self.index = 0;
            self.path.clone_from(&file.path);
            self.hash = self.name_of(&mut source)?;
            if !self.read_file(&mut source, file.found)? || !self.ended(&source, &file.path)? {
                return Ok(());
            }
        }
        self.read_parts()
    }

    fn ended(&mut self, source: &Source, name: &Path) -> Result<bool> {
        self.done += source.size;
        self.read.push((name.to_owned(), self.index as u64));
        (self.give)(Read::Whole(name.to_owned(), self.index as u64))
    }

    /// What records are named by, together with their numbers, where their mapping names them by nothing. Where it names
    /// most of them, a file is not read for it before one has no name.
    fn name_of(&self, source: &mut Source) -> Result<OnceCell<String>> {
        let named = self.mapping.is_some_and(|mapping| mapping.key.is_some());
        if named && self.plan.trying {
            return Ok(String::new().into());
        }
        if named && !self.plan.grows && self.plan.rows.is_none() && !file::is_stream(&self.path) {
            return Ok(OnceCell::new());
        }
        if self.plan.grows {
            source.name_by(&source.name.clone());
        }
        let hash = source.hash()?;
        // Other rows of the same file are other records.
        if let Some(rows) = &self.plan.rows {
            source.name_by(&format!("{hash} {rows:?}"));
        }
        source.hash().map(OnceCell::from)
    }

    fn hash(&self) -> Result<&str> {
        if let Some(hash) = self.hash.get() {
            return Ok(hash);
        }
        let mut source = Source::open(&self.path, self.plan.largest)?;
        if let Some(bound) = self.plan.bound() {
            source = source.within(bound);
        }
        let hash = source.hash()?;
        Ok(self.hash.get_or_init(|| hash))
    }

    /// Reads what files of lines have got.
    fn read_parts(&mut self) -> Result<()> {
        let (plan, own) = (self.plan, Reading::default());
        let reading = self.mapping.map_or(&own, |mapping| &mapping.reading);
        for part in &plan.parts {
            let bound = Bound::Until(Arc::clone(&plan.stopped));
            let (mut source, lines) = Source::part(part, reading, (plan.largest, bound))?;
            source.name_by(&part.name.display().to_string());
            // Of a file that was rotated two parts are read, one after the other.
            let before = self.read.iter().rfind(|(name, _)| *name == part.name);
            self.index = before.map_or(part.records, |(_, records)| *records) as i64;
            (self.lines, self.hash) = (lines, source.hash()?.into());
            if !self.read_file(&mut source, false)? || !self.ended(&source, &part.name)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Reads one file. What was only found, and not asked for, may be something else than a log.
    fn read_file(&mut self, source: &mut Source, was_found: bool) -> Result<bool> {
        let own = Reading { format: Some(Format::Jsonl), ..Reading::default() };
        let reading = self.mapping.map_or(&own, |mapping| &mapping.reading);
        let rows = self.plan.rows.as_ref();
        let mut sink = |found: Found<'_>| match found.text {
            // Nothing else is said of it.
            _ if was_found && self.aside.as_deref() == Some(found.file) => Ok(true),
            Err(reason) if found.alien && was_found => {
                self.aside = Some(found.file.to_owned());
                (self.give)(Read::Aside(Aside { file: found.file.to_owned(), reason }))
            }
            text => {
                let line = found.line.saturating_add_signed(self.lines);
                self.found(&Found { line, text, ..found })
            }
        };
        match rows {
            Some(rows) => {
                reading.heeds_rows()?;
                source.read_rows(rows, &reading.records, &mut sink)
            }
            None => source.read(reading.format, reading, &mut sink),
        }
    }
}
