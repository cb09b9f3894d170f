//! What a power cut leaves. Every write of a row of verbs is recorded by `strace`; then the disk is put together as it may
//! be at a moment in between: what was not synced is there, is not, or is there by halves, sector by sector, and names
//! follow only as far as their folder was synced. Each such disk has a whole store with everything that a verb said was
//! written. `BACKSTORY_CUTS` says how many cuts a long run makes.
#![cfg(target_os = "linux")]

mod trace;

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};

use crate::program::Place;
use trace::{CALLS, Reader, Step};

/// What a disk writes as a whole.
const SECTOR: usize = 512;

/// A change of a file that the disk may not have yet.
#[derive(Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Size(usize),
}

#[derive(Clone, Default)]
struct File {
    synced: Vec<u8>,
    since: Vec<Change>,
}

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

fn put(content: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    content.resize(content.len().max(end), 0);
    content[at..end].copy_from_slice(bytes);
}

impl File {
    /// What is on the disk: each change kept, lost, or torn; `luck` in 0..=3 says how it goes altogether.
    fn cut(&self, luck: usize, dice: &mut Dice) -> Vec<u8> {
        let mut content = self.synced.clone();
        for change in &self.since {
            let keeps = match luck {
                0 => true,
                1 => false,
                _ => dice.below(2) == 0,
            };
            match change {
                Change::Size(size) if keeps => content.resize(*size, 0),
                Change::Write(at, bytes) if luck == 3 => {
                    for (n, sector) in bytes.chunks(SECTOR).enumerate() {
                        if dice.below(2) == 0 {
                            put(&mut content, at + n * SECTOR, sector);
                        }
                    }
                }
                Change::Write(at, bytes) if keeps => put(&mut content, *at, bytes),
                _ => {}
            }
        }
        content
    }

    fn sync(&mut self) {
        for change in std::mem::take(&mut self.since) {
            match change {
                Change::Write(at, bytes) => put(&mut self.synced, at, &bytes),
                Change::Size(size) => self.synced.resize(size, 0),
            }
        }
    }
}

/// A name that leads to a file, or to none any more.
type Naming = (String, Option<usize>);

/// The folder as programs see it, and as it is on the disk.
#[derive(Default)]
struct Disk {
    files: Vec<File>,
    names: BTreeMap<String, usize>,
    synced_names: BTreeMap<String, usize>,
    since: Vec<Vec<Naming>>,
}

fn name_all(names: &mut BTreeMap<String, usize>, namings: &[Naming]) {
    for (name, file) in namings {
        match file {
            Some(file) => drop(names.insert(name.clone(), *file)),
            None => drop(names.remove(name)),
        }
    }
}

impl Disk {
    fn rename(&mut self, namings: Vec<Naming>) {
        name_all(&mut self.names, &namings);
        self.since.push(namings);
    }

    fn step(&mut self, step: &Step) {
        let known = |name: &String| *self.names.get(name).unwrap_or_else(|| panic!("nobody made {name}"));
        match step {
            Step::Open { name, creates, truncates } => {
                if *creates && !self.names.contains_key(name) {
                    self.files.push(File::default());
                    self.rename(vec![(name.clone(), Some(self.files.len() - 1))]);
                } else if *truncates {
                    let file = known(name);
                    self.files[file].since.push(Change::Size(0));
                }
            }
            Step::Write { name, at, bytes } => {
                let file = known(name);
                self.files[file].since.push(Change::Write(*at, bytes.clone()));
            }
            Step::Truncate { name, size } => {
                let file = known(name);
                self.files[file].since.push(Change::Size(*size));
            }
            Step::Sync { name } => {
                let file = known(name);
                self.files[file].sync();
            }
            Step::SyncFolder => {
                for namings in std::mem::take(&mut self.since) {
                    name_all(&mut self.synced_names, &namings);
                }
            }
            Step::Rename { from, to } => {
                let file = known(from);
                self.rename(vec![(from.clone(), None), (to.clone(), Some(file))]);
            }
            Step::Link { from, to } => {
                let file = known(from);
                self.rename(vec![(to.clone(), Some(file))]);
            }
            Step::Remove { name } => self.rename(vec![(name.clone(), None)]),
        }
    }

    /// Writes what may be on the disk after a cut now.
    fn cut(&self, to: &Place, dice: &mut Dice) {
        let mut names = self.synced_names.clone();
        let kept = match dice.below(3) {
            0 => 0,
            1 => self.since.len(),
            _ => dice.below(self.since.len() + 1),
        };
        for namings in &self.since[..kept] {
            name_all(&mut names, namings);
        }
        let luck = dice.below(4);
        for (name, file) in names {
            to.file(&name, self.files[file].cut(luck, dice));
        }
    }
}

/// Positions and hashes.
type Events = BTreeSet<(i64, Vec<u8>)>;

/// The events of a store, looked at past the program and without touching it.
fn events(place: &Place) -> Events {
    let copy = tempfile::tempdir().unwrap();
    for name in ["backstory.db", "backstory.db-wal"] {
        let _ = std::fs::copy(place.path(name), copy.path().join(name));
    }
    let sql = rusqlite::Connection::open(copy.path().join("backstory.db")).unwrap();
    let mut rows = sql.prepare("SELECT position, hash FROM events").unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

const VERBS: &[&[&str]] = &[
    &["init", "--domain", "first.toml"],
    &["fire", "Task", "create", "title=one"],
    &["fire", "Task", "create", "title=two"],
    &["import", "more.jsonl"],
    &["-s", "made.db", "import", "more.jsonl"],
    &["branch", "what-if"],
    &["-b", "what-if", "fire", "Task/1", "comment", "text=what if"],
    &["fire", "Task/2", "comment", "text=on main"],
    &["backup", "backup.db"],
    &["merge", "what-if"],
    &["undo"],
    &["waypoint", "there", "2"],
    &["note", "2", "there it is"],
    &["domain", "set", "again.toml"],
    &["replay"],
    &["work", "--until-empty", "--consent"],
    &["fire", "Task/1", "complete"],
    &["restore", "backup.db"],
    &["fire", "Task/1", "complete"],
];

/// Writes the files that the verbs read; they are on the disk from the beginning.
fn sources(place: &Place) {
    let todo = include_str!("../../assets/domains/todo.toml");
    let load = "[[reactor]]\nname = \"load\"\non = [\"Task/*\"]\nappend = { file = \"tasks\" }\n";
    place.file("first.toml", format!("{todo}\n{load}"));
    place.file("again.toml", format!("{todo}\n{load}# another text\n"));
    let line = |n: u32| {
        format!(
            "{{\"aggregate\":\"Task/n{}\",\"type\":\"TaskCommented\",\"data\":{{\"text\":\"{n}\"}},\"meta\":{{}},\
             \"occurred_at\":\"2019-04-01T00:00:00Z\"}}\n",
            n % 40
        )
    };
    place.file("more.jsonl", (0..2_500).map(line).collect::<String>());
}

/// Does the verbs and records them: their steps, and after how many of those each ended, with the events by then.
fn recorded() -> (Vec<Step>, Vec<(usize, Events)>) {
    let place = Place::empty();
    sources(&place);
    let trace = tempfile::NamedTempFile::new().unwrap();
    let folder = place.path("").canonicalize().unwrap();
    let mut reader = Reader::of(folder.to_str().unwrap());
    let mut ends = Vec::new();
    for verb in VERBS {
        let plain = place.command(verb);
        let mut traced = Command::new("strace");
        traced.args(["-f", "-qq", "-y", "-xx", "-s", "100000000", "-e", &format!("trace={CALLS}")]);
        // So every byte is seen.
        traced.args(["-e", "inject=copy_file_range,sendfile:error=ENOSYS", "-o"]).arg(trace.path());
        traced.arg(plain.get_program()).args(plain.get_args()).current_dir(&folder);
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => drop(traced.env(name, value)),
                None => drop(traced.env_remove(name)),
            }
        }
        let ran = traced.stdin(Stdio::null()).output().unwrap();
        assert!(ran.status.success(), "{verb:?}: {}", String::from_utf8_lossy(&ran.stderr));
        for line in std::fs::read_to_string(trace.path()).unwrap().lines() {
            reader.read(line);
        }
        ends.push((reader.steps.len(), events(&place)));
    }
    (reader.steps, ends)
}

/// Whether calls can be recorded here.
fn can_record() -> bool {
    Command::new("strace").args(["-o", "/dev/null", "true"]).output().is_ok_and(|ran| ran.status.success())
}

#[test]
fn a_power_cut_leaves_a_whole_store_with_all_that_was_said_to_be_written() {
    if !can_record() {
        println!("skipped: strace cannot be had here");
        return;
    }
    let count = std::env::var("BACKSTORY_CUTS").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    let (steps, ends) = recorded();
    let mut dice = Dice(count as u64);
    // The verbs have their share each, whatever they write.
    let mut cuts: Vec<usize> = Vec::new();
    for n in 0..count {
        let verb = n % ends.len();
        let from = verb.checked_sub(1).map_or(0, |before| ends[before].0);
        cuts.push(from + dice.below(ends[verb].0 - from + 1));
    }
    cuts.sort_unstable();
    let (mut disk, mut done, mut none, mut newer) = (Disk::default(), 0, 0, 0);
    for cut in cuts {
        for step in &steps[done..cut] {
            disk.step(step);
        }
        done = cut;
        let place = Place::empty();
        disk.cut(&place, &mut dice);
        let ended = ends.iter().rposition(|(end, _)| *end <= cut);
        let at = format!("step {cut}, after {:?}", ended.map(|n| VERBS[n]));
        if !place.store().exists() {
            assert_eq!(ended, None, "{at}: there is no store");
            none += 1;
            continue;
        }
        let ran = place.run(&["verify", "--all"]);
        assert_eq!(ran.code, 0, "{at}: {}{}", ran.out, ran.err);
        let found = events(&place);
        let next = ended.map_or(0, |n| n + 1);
        let restored = VERBS.get(next).is_some_and(|verb| verb[0] == "restore") && found == ends[next].1;
        if let Some(ended) = ended {
            assert!(found.is_superset(&ends[ended].1) || restored, "{at}: events are lost");
            newer += usize::from(found.len() > ends[ended].1.len());
        }
        let made = VERBS.iter().position(|verb| verb.contains(&"made.db"));
        assert!(place.path("made.db").exists() || ended < made, "{at}: what was imported is gone");
        if place.path("made.db").exists() {
            place.ok(&["-s", "made.db", "verify", "--all"]);
            assert_eq!(place.ok(&["-s", "made.db", "export"]).lines().count(), 2_500, "{at}");
        }
        if place.path("backup.db").exists() {
            place.ok(&["-s", "backup.db", "verify", "--all"]);
        }
    }
    println!(
        "{count} power cuts in {} steps: {none} before there was a store, {newer} kept more than was said",
        steps.len()
    );
}
