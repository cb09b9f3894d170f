//! Three questions that people have about a log, each answered from the first screen with few keys, and compared with
//! what is found by going through the log itself.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use backstory::import::{Mapping, Options};
use backstory::session::{LogRequest, import_into};
use chrono::NaiveDateTime;
use serde_json::Value;

use crate::play::{Play, START, Start, open_at, session};

/// Events, by record and version.
type Events = BTreeSet<(String, i64)>;

/// A row of the incidents' table by column.
type Row = HashMap<String, String>;

/// What the mapping leaves out, or counts as bookkeeping.
const ASIDE: [&str; 8] = [
    "number",
    "resolved_by",
    "resolved_at",
    "closed_at",
    "closed_code",
    "sys_mod_count",
    "sys_updated_at",
    "sys_updated_by",
];

/// The archive of the incidents, or a word that the test was skipped.
fn archive() -> Option<PathBuf> {
    let root = std::env::var_os("BACKSTORY_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let path = root.join("1-servicenow-incidents/incident_event_log.zip");
    if path.is_file() {
        return Some(path);
    }
    println!("skipped: {} is not there (BACKSTORY_TEST_DATA names the folder)", path.display());
    None
}

/// Each incident's rows, in the order in which they stand.
fn table(archive: &Path) -> HashMap<String, Vec<Row>> {
    let mut archive = zip::ZipArchive::new(File::open(archive).unwrap()).unwrap();
    let mut reader = csv::Reader::from_reader(archive.by_index(0).unwrap());
    let mut table: HashMap<String, Vec<Row>> = HashMap::new();
    for row in reader.deserialize() {
        let row: Row = row.unwrap();
        table.entry(row["number"].clone()).or_default().push(row);
    }
    table
}

fn at(row: &Row) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(&row["sys_updated_at"], "%d/%m/%Y %H:%M").unwrap()
}

/// Presses keys, and says how many they were.
fn press(play: &mut Play, script: &str) -> usize {
    play.keys(script);
    let parts = script.split('"').enumerate();
    parts
        .map(|(i, part)| if i % 2 == 1 { part.chars().count() } else { part.split_whitespace().count() })
        .sum()
}

/// Every row of the log that is shown, read as far as it goes.
fn shown(play: &mut Play) -> Events {
    assert!(play.explorer.model().log().count.answer().is_some(), "it is counted");
    for key in ["PgUp", "PgDn"] {
        loop {
            let log = play.explorer.model().log();
            let (more, before) =
                if key == "PgUp" { (log.before, log.rows.len()) } else { (log.after, log.rows.len()) };
            if !more {
                break;
            }
            while play.explorer.model().log().rows.len() == before {
                play.keys(key);
            }
        }
    }
    let log = play.explorer.model().log();
    let rows = log.rows.iter().map(|row| (row.event.aggregate.id.clone(), row.event.version)).collect();
    assert_eq!(log.rows.len(), log.count.answer().unwrap().found);
    rows
}

/// Who set the priority of the incidents of a caller, on the day of an event, to something else than it was: nothing
/// before they were opened.
fn priorities(table: &HashMap<String, Vec<Row>>, caller: &str, day: &Row) -> Events {
    let mut found = Events::new();
    for (id, rows) in table.iter().filter(|(_, rows)| rows.last().unwrap()["caller_id"] == caller) {
        for (i, row) in rows.iter().enumerate() {
            let before = i.checked_sub(1).map(|before| &rows[before]["priority"]);
            if before != Some(&row["priority"]) && at(row).date() == at(day).date() {
                found.insert((id.clone(), i as i64 + 1));
            }
        }
    }
    found
}

/// Where somebody set a field that somebody else had set at most a minute before, to another value.
fn overwritten(table: &HashMap<String, Vec<Row>>) -> Events {
    let mut found = Events::new();
    for (id, rows) in table {
        let mut setters: HashMap<&str, &Row> = HashMap::new();
        for (i, row) in rows.iter().enumerate() {
            for (name, value) in row.iter().filter(|(name, _)| !ASIDE.contains(&name.as_str())) {
                let former = i.checked_sub(1).map_or("?", |before| rows[before][name].as_str());
                if former == value {
                    continue;
                }
                let last = setters.insert(name, row).filter(|_| former != "?");
                let by = |row: &Row| row["sys_updated_by"].clone();
                if last.is_some_and(|last| {
                    let apart = (at(row) - at(last)).num_seconds();
                    by(last) != "?" && by(row) != "?" && by(last) != by(row) && (0..=60).contains(&apart)
                }) {
                    found.insert((id.clone(), i as i64 + 1));
                }
            }
        }
    }
    found
}

#[test]
fn questions_about_the_incidents_take_few_keys() {
    let Some(archive) = archive() else { return };
    let table = table(&archive);
    let mut play = Play::store(&START, |path| {
        let options = Options {
            files: vec![archive.clone()],
            mapping: Some(Mapping::load("servicenow").unwrap()),
            ..Options::default()
        };
        assert_eq!(import_into(&open_at(path), &options, &mut |_| true).unwrap().appended, 141_712);
    });
    // Where did two people overwrite one another within a minute?
    let keys = press(&mut play, r#"t s & / "over" Enter Enter"#);
    assert!(keys <= 14, "{keys}");
    let expected = overwritten(&table);
    assert_eq!(shown(&mut play), expected);
    play.sees(&format!("{} of 141,712", expected.len()));

    // Who changed the priority of this caller's incidents that day? From the record that is listed first.
    let mut play = play.reopened_anew(&START);
    let id = play.explorer.model().list.selected.clone().unwrap().id;
    let newest = table[&id].last().unwrap();
    let keys = press(&mut play, r#"= 1 = t = d & / "pr" Enter Enter"#);
    assert!(keys <= 12, "{keys}");
    assert_eq!(shown(&mut play), priorities(&table, &newest["caller_id"], newest));
    // And from an event at which it was changed.
    let mut play = play.reopened_anew(&Start { at: Some("Incident/INC0027865@7"), ..START });
    let keys = press(&mut play, r#"; "ca" Enter = t = d = 3"#);
    assert!(keys <= 12, "{keys}");
    let expected = priorities(&table, "Caller 1393", &table["INC0027865"][6]);
    assert_eq!(expected.len(), 4);
    assert_eq!(shown(&mut play), expected);
    for actor in ["Updated by 960", "Updated by 354"] {
        play.sees(actor);
    }
}

#[test]
fn which_subscriptions_were_charged_twice_takes_few_keys() {
    let mut play = Play::demo(&START);
    let keys = press(&mut play, r#"t s & / "repe" Enter Enter & / "paid" Enter Enter"#);
    assert!(keys <= 20, "{keys}");
    let mut seen: HashSet<(String, Value)> = HashSet::new();
    let mut expected = Events::new();
    let request = LogRequest { oldest_first: true, limit: 10_000, ..LogRequest::default() };
    for row in session(&play).log(&request).unwrap().rows {
        let (id, data) = (row.event.aggregate.id.clone(), serde_json::from_str(&row.event.data).unwrap());
        if row.event.kind == "InvoicePaid" && !seen.insert((id.clone(), data)) {
            expected.insert((id, row.event.version));
        }
    }
    assert!(expected.len() > 5, "{expected:?}");
    assert_eq!(shown(&mut play), expected);
}
