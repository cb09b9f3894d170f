//! Opening a case, which may come from anybody: it is read line by line into a store of its own, each event is held
//! against its hash, and nothing of it runs.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::{AbsentLine, BesideLine, BranchLine, CaseHead, EndLine, SHAPE};
use crate::clock::Clock;
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::{Hash, NewEvent, Position, Time, Version};
use crate::journal::{By, Came, Laying, Placed};
use crate::jq;
use crate::session::{Open, Session};
use crate::store::Store;

/// How large a line may be, and all of them together, in bytes.
const LINE: u64 = 64 << 20;
const WHOLE: u64 = 1 << 30;

/// An opened case: a store that goes away with it.
#[derive(Debug)]
pub struct OpenedCase {
    /// What it says of itself.
    pub head: CaseHead,
    /// Its store.
    pub store: PathBuf,
    #[allow(dead_code, reason = "kept for what its end does")]
    folder: TempDir,
}

/// What a case says of itself.
pub fn read_case_head(file: &Path) -> Result<CaseHead> {
    let mut lines = Lines::open(file)?;
    lines.head().map_err(|error| error.at(lines.place()))
}

/// Opens a case in a temporary store.
pub fn open_case(file: &Path, clock: Clock) -> Result<OpenedCase> {
    let folder = tempfile::Builder::new().prefix("backstory-case-").tempdir()?;
    let store = folder.path().join("case.db");
    let mut lines = Lines::open(file)?;
    let read = fill(&mut lines, &store, clock);
    let head = read.map_err(|error| error.at(lines.place()))?;
    Ok(OpenedCase { head, store, folder })
}

fn fill(lines: &mut Lines, path: &Path, clock: Clock) -> Result<CaseHead> {
    let head = lines.head()?;
    let (mut domain, mut main) = (Domain::default(), None);
    while let Some(line) = lines.next()? {
        if line.starts_with("{\"domain\":") {
            domain = domain_of(line)?;
            continue;
        }
        main = serde_json::from_str::<BranchLine>(line).ok();
        break;
    }
    let main =
        main.filter(|main| main.parent.is_none()).ok_or_else(|| wrong("its first branch is missing"))?;
    let store = Store::create(path, main.created_at)?;
    let by = By { actor: head.made_by.clone(), now: head.made_at };
    let detail = serde_json::json!({
        "case": head.name, "end": head.end, "redacted": head.redacted, "left_out": head.left_out, "store": head.store,
    });
    let mut laying = Laying::new(&store, &main.branch, (detail, by))?;
    let (mut events, mut ended) = (0, false);
    while let Some(line) = lines.next()? {
        if line.starts_with("{\"end\":") {
            let end: EndLine = read(line)?;
            lines.ends(&end)?;
            ended = true;
            break;
        }
        events += i64::from(piece(&mut laying, line)?);
    }
    if !ended {
        return Err(wrong("it breaks off before its end"));
    }
    if events != head.events {
        return Err(wrong(&format!("it has {events} events, and says that it has {}", head.events)));
    }
    laying.finish(&domain, head.made_at)?;
    store.verify(&mut |_, _| true)?;
    drop(store);
    if !domain.projections.is_empty() {
        let open = Open { path: path.to_owned(), branch: main.branch, clock };
        Session::open(&open)?.catch_up(&mut |_, _| true)?;
    }
    Ok(head)
}

/// A case's rules, which run no program.
fn domain_of(line: &str) -> Result<Domain> {
    #[derive(Deserialize)]
    struct Line {
        domain: String,
    }
    let Line { domain } = read(line)?;
    let domain = Domain::parse("the case's domain", &domain)?;
    domain.without_programs()?;
    Ok(domain)
}

/// Takes a branch, an event, what is left out, a name or a note; whether it was an event.
fn piece(laying: &mut Laying<'_>, line: &str) -> Result<bool> {
    if line.starts_with("{\"position\":") {
        laying.event(&event(line)?)?;
        return Ok(true);
    }
    if line.starts_with("{\"absent\":") {
        let AbsentLine { absent, branch, hash: text } = read(line)?;
        laying.absent(absent, branch.as_deref(), hash(&text)?)?;
    } else if line.starts_with("{\"branch\":") && !line.contains("\"actor\":") {
        let BranchLine { branch, parent, fork, created_at } = read(line)?;
        laying.branch(&Came { name: branch, parent, fork, created_at })?;
    } else {
        beside(laying, &read(line)?)?;
    }
    Ok(false)
}

fn beside(laying: &mut Laying<'_>, line: &BesideLine) -> Result<()> {
    let (aggregate, by) = (line.aggregate(), By { actor: line.actor.clone(), now: line.created_at });
    let branch = line.branch.as_str();
    match (&line.waypoint, line.note, &line.text, line.place) {
        (Some(name), None, None, Some(place)) => {
            laying.waypoint(name, branch, aggregate.as_ref(), place, &by)
        }
        (None, Some(_), Some(text), place) => laying.note(text, branch, aggregate.as_ref(), place, &by),
        _ => Err(wrong("a line is no part of a case")),
    }
}

/// An event as `export` writes it.
#[derive(Deserialize)]
struct EventLine<'a> {
    position: Position,
    branch: String,
    aggregate: String,
    version: Version,
    r#type: String,
    occurred_at: String,
    recorded_at: String,
    #[serde(borrow)]
    data: &'a RawValue,
    #[serde(borrow)]
    meta: &'a RawValue,
    hash: String,
    parent: Option<String>,
}

fn event(line: &str) -> Result<Placed> {
    let line: EventLine<'_> = read(line)?;
    let time =
        |text: &str| Time::parse_occurred(text).ok_or_else(|| wrong(&format!("{text:?} is not a time")));
    let object = |text: &str| {
        let (compact, _) = jq::compact_leniently(text)?;
        if !text.starts_with('{') || compact != text {
            return Err(wrong("an event's data or metadata is not as backstory writes it"));
        }
        Ok(text.to_owned())
    };
    let aggregate = line.aggregate.parse().map_err(|()| wrong("an event is about nothing"))?;
    if line.r#type.is_empty() || line.version < 1 {
        return Err(wrong("an event has no type, or no version"));
    }
    Ok(Placed {
        event: NewEvent {
            aggregate,
            kind: line.r#type,
            occurred_at: time(&line.occurred_at)?,
            data: object(line.data.get())?,
            meta: object(line.meta.get())?,
        },
        position: line.position,
        branch: line.branch,
        version: line.version,
        recorded_at: time(&line.recorded_at)?,
        parent: line.parent.as_deref().map(hash).transpose()?,
        hash: hash(&line.hash)?,
    })
}

fn hash(text: &str) -> Result<Hash> {
    text.parse().map_err(|()| wrong("a hash has not 64 hexadecimal digits"))
}

fn read<'a, T: Deserialize<'a>>(line: &'a str) -> Result<T> {
    serde_json::from_str(line).map_err(|error| wrong(&format!("a line cannot be read ({error})")))
}

fn wrong(what: &str) -> Error {
    Error::damaged(format!("The case is forged or damaged: {what}."))
        .hint("Ask whoever sent it for another copy; nothing of it was kept.")
}

/// The lines of a case.
struct Lines {
    file: PathBuf,
    inner: BufReader<GzDecoder<BufReader<File>>>,
    line: Vec<u8>,
    count: u64,
    total: u64,
    hash: Sha256,
    /// What the hash was before the last line.
    before: Sha256,
}

impl Lines {
    fn open(file: &Path) -> Result<Self> {
        let opened = crate::file::open(file).map_err(|error| Error::from(error).at(file.display()))?;
        Ok(Self {
            file: file.to_owned(),
            inner: BufReader::new(GzDecoder::new(BufReader::new(opened))),
            line: Vec::new(),
            count: 0,
            total: 0,
            hash: Sha256::new(),
            before: Sha256::new(),
        })
    }

    /// Where the last line stands.
    fn place(&self) -> String {
        format!("{}, line {}", self.file.display(), self.count.max(1))
    }

    fn next(&mut self) -> Result<Option<&str>> {
        self.line.clear();
        let read = self.inner.by_ref().take(LINE + 1).read_until(b'\n', &mut self.line);
        let read = read.map_err(|error| {
            let what = if self.count == 0 { "it is not what `case write` writes" } else { "it breaks off" };
            wrong(&format!("{what} ({error})"))
        })? as u64;
        if read == 0 {
            return Ok(None);
        }
        self.count += 1;
        self.total += read;
        if read > LINE || self.total > WHOLE {
            return Err(Error::refused(format!(
                "The case is larger than it may be: {} MB in a line, {} MB in all.",
                LINE >> 20,
                WHOLE >> 20
            ))
            .hint(
                "A case of fewer records is smaller; a whole log is handed over with `export` or `backup`.",
            ));
        }
        self.before.clone_from(&self.hash);
        self.hash.update(&self.line);
        let text = std::str::from_utf8(&self.line).map_err(|_| wrong("a line is not UTF-8"))?;
        Ok(Some(text.trim_end_matches('\n')))
    }

    fn head(&mut self) -> Result<CaseHead> {
        let none = || wrong("it is empty");
        let head: CaseHead = read(self.next()?.ok_or_else(none)?)?;
        if head.case != SHAPE {
            return Err(Error::refused(format!(
                "The case has the shape {}; this program knows {SHAPE}.",
                head.case
            ))
            .hint("A newer backstory opens it."));
        }
        Ok(head)
    }

    /// The last line says how many there are before it, and their hash.
    fn ends(&mut self, end: &EndLine) -> Result<()> {
        let sum = Hash(self.before.clone().finalize().into()).to_string();
        if end.end != self.count - 1 || end.sha256 != sum {
            return Err(wrong("its lines are not those that were written"));
        }
        if self.next()?.is_some() {
            return Err(wrong("something stands behind its end"));
        }
        Ok(())
    }
}
