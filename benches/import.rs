//! Importing logs into new stores, beside bare rusqlite that keeps the same rows: the table of events with its unique
//! index, one transaction, nothing read or mapped. A made-up log of 1,000,000 lines by a mapping that is guessed, one of
//! Kubernetes' audit by the built-in one, and each file that is named behind `--` by what its records tell.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench fails by panicking, and answers on paper"
)]

#[path = "made/bare.rs"]
mod bare;
#[path = "made/history.rs"]
mod history;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use backstory::event::Time;
use backstory::import::guess::{Guess, Reading, Sample};
use backstory::import::{LARGEST_RECORD, Mapping, Options};
use backstory::jq::with_room;
use backstory::session::import_into;
use history::{Dice, open};
use rusqlite::Connection;
use rusqlite::types::ToSqlOutput;

const LINES: u64 = 1_000_000;
const AUDITED: u64 = 200_000;
const TIMES: usize = 3;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let named: Vec<PathBuf> =
        std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).map(Into::into).collect();
    println!("{:<28} {:>9} {:>10} {:>10} {:>6}", "events, of", "number", "a second", "bare", "ratio");
    with_room(|| {
        if named.is_empty() {
            measured(&written(folder.path(), "audit.jsonl", LINES, audit), folder.path(), true);
            measured(&written(folder.path(), "k8s.jsonl", AUDITED, cluster), folder.path(), false);
        }
        for file in &named {
            measured(file, folder.path(), false);
            measured(file, folder.path(), true);
        }
    });
}

/// Imports a file, and keeps the same rows in a bare database, turn about; prints the medians.
fn measured(file: &Path, folder: &Path, guessed: bool) {
    let files = vec![file.to_owned()];
    let sample = Sample::read(&files, None, LARGEST_RECORD).unwrap();
    let guess = || Guess::of("bench", &sample);
    let mapping = match Reading::of("bench", &sample).unwrap() {
        Reading::BuiltIn(name) if !guessed => name.to_owned(),
        _ => {
            let guess = guess();
            let path = folder.join("guessed.toml");
            std::fs::write(&path, guess.toml(&guess.answers)).unwrap();
            path.display().to_string()
        }
    };
    let (mut ours, mut theirs, mut events) = (Vec::new(), Vec::new(), 0);
    for _ in 0..TIMES {
        let path = folder.join("imported.db");
        let mapping = Some(Mapping::load(&mapping).unwrap());
        let options = Options { files: files.clone(), mapping, skip_bad: true, ..Options::default() };
        let start = Instant::now();
        events = import_into(&open(&path), &options, &mut |_| true).unwrap().appended;
        ours.push(start.elapsed().as_secs_f64());
        theirs.push(bare(&path, &folder.join("bare.db")));
        backstory::store::remove(&path);
        backstory::store::remove(&folder.join("bare.db"));
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let name = format!("{}{}", file.file_name().unwrap().display(), if guessed { ", guessed" } else { "" });
    let (of, bare) = (events as f64 / ours, events as f64 / theirs);
    println!("{name:<28} {events:>9} {of:>10.0} {bare:>10.0} {:>6.1}", ours / theirs);
}

/// The seconds that the same rows take alone, from one database to another.
fn bare(from: &Path, to: &Path) -> f64 {
    let from = Connection::open(from).unwrap();
    let to = bare::open(to, bare::SCHEMA);
    let start = Instant::now();
    to.execute_batch("BEGIN").unwrap();
    let mut read = from.prepare("SELECT * FROM events ORDER BY position").unwrap();
    let mut rows = read.query([]).unwrap();
    let marks = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?";
    let mut write = to.prepare(&format!("INSERT INTO events VALUES ({marks})")).unwrap();
    while let Some(row) = rows.next().unwrap() {
        for at in 0..11 {
            write.raw_bind_parameter(at + 1, ToSqlOutput::Borrowed(row.get_ref(at).unwrap())).unwrap();
        }
        write.raw_execute().unwrap();
    }
    to.execute_batch("COMMIT").unwrap();
    start.elapsed().as_secs_f64()
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn written(folder: &Path, name: &str, lines: u64, line: fn(&mut Dice, u64, &mut String)) -> PathBuf {
    let (mut dice, mut text) = (Dice(5), String::new());
    for i in 0..lines {
        line(&mut dice, i, &mut text);
    }
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// A line of a simple audit log, in the order of time.
fn audit(dice: &mut Dice, i: u64, text: &mut String) {
    let at = Time(1_700_000_000_000_000 + i as i64 * 700_000 + dice.below(500_000) as i64);
    let kind = ["invoice", "order", "customer"][dice.below(3) as usize];
    let did = ["create", "update", "update", "approve", "archive"][dice.below(5) as usize];
    let status = ["open", "paid", "late"][dice.below(3) as usize];
    let (id, user, amount, note) =
        (dice.below(30_000), dice.below(200), dice.below(10_000_000), dice.words(3));
    let _ = writeln!(
        text,
        r#"{{"id":"ev-{i:08}","timestamp":"{at}","user":"user{user}@example.com","action":"{kind}.{did}","entity_type":"{kind}","entity_id":"{kind}-{id}","changes":{{"status":"{status}","amount":{},"note":"{note}"}},"ip":"10.0.0.{}"}}"#,
        amount as f64 / 100.0,
        i % 256
    );
}

/// A line of Kubernetes' audit log, as several servers write it: nearly in the order of time.
fn cluster(dice: &mut Dice, i: u64, text: &mut String) {
    let at = Time(1_700_000_000_000_000 + i as i64 * 70_000 + dice.below(300_000) as i64);
    let verb = ["get", "list", "update", "patch", "create"][dice.below(5) as usize];
    let (name, user) = (dice.below(3_000), dice.below(50));
    let _ = writeln!(
        text,
        r#"{{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"{i:08x}-6b2c-4c1e-9d3f-5478e1c1d959","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/default/pods/web-{name}","verb":"{verb}","user":{{"username":"user-{user}","groups":["dev","system:authenticated"]}},"sourceIPs":["10.0.0.1"],"userAgent":"kubectl/v1.29","objectRef":{{"resource":"pods","namespace":"default","name":"web-{name}","apiVersion":"v1"}},"responseStatus":{{"metadata":{{}},"code":200}},"requestReceivedTimestamp":"{at}","stageTimestamp":"{at}","annotations":{{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":""}}}}"#
    );
}
