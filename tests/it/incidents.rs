//! Blame, find, forks and a merge over the real incident log, beside a naive search in its table.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use backstory::clock::Clock;
use backstory::event::AggregateId;
use backstory::import::{Mapping, Options};
use backstory::journal::Mode;
use backstory::replay::{Flag, Flags, Trail};
use backstory::session::{
    BlameRequest, FindRequest, ListRequest, LogRequest, Open, Session, Verify, WritersPage, WritersRequest,
    import_into, parse_time,
};
use serde_json::Value;

/// The columns that the mapping leaves out.
const LEFT_OUT: [&str; 5] = ["number", "resolved_by", "resolved_at", "closed_at", "closed_code"];

/// The table: each incident's rows, and in which order rows of all incidents stand.
struct Table {
    columns: Vec<String>,
    rows: HashMap<String, Vec<Vec<String>>>,
    ids: Vec<String>,
}

impl Table {
    /// The table of the archive, or a word that the test was skipped.
    fn read() -> Option<(PathBuf, Self)> {
        let root = std::env::var_os("BACKSTORY_TEST_DATA")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
        let path = root.join("1-servicenow-incidents/incident_event_log.zip");
        let Ok(file) = File::open(&path) else {
            eprintln!("skipped: {} is not there (BACKSTORY_TEST_DATA names the folder)", path.display());
            return None;
        };
        let mut archive = zip::ZipArchive::new(file).unwrap();
        let mut reader = csv::Reader::from_reader(archive.by_index(0).unwrap());
        let columns: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        let mut table = Self { columns, rows: HashMap::new(), ids: Vec::new() };
        for row in reader.records() {
            let row: Vec<String> = row.unwrap().iter().map(str::to_owned).collect();
            let rows = table.rows.entry(row[0].clone()).or_default();
            if rows.is_empty() {
                table.ids.push(row[0].clone());
            }
            rows.push(row);
        }
        Some((path, table))
    }

    /// The rows, from 1, of an incident that changed a column, up to a row.
    fn writes(&self, id: &str, column: usize, up_to: usize) -> Vec<i64> {
        let rows = &self.rows[id];
        let value = |row: usize| if row == 0 { "?" } else { rows[row - 1][column].as_str() };
        (1..=up_to).filter(|&row| value(row) != value(row - 1)).map(|row| row as i64).collect()
    }
}

/// The same numbers on every machine.
fn dice(state: &mut u64, below: usize) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize % below
}

#[test]
fn blame_find_forks_and_merges_agree_with_the_table() {
    let Some((archive, table)) = Table::read() else { return };
    let folder = tempfile::tempdir().unwrap();
    let open = Open { path: folder.path().join("incidents.db"), branch: "main".into(), clock: Clock::System };
    let mapping = Some(Mapping::load("servicenow").unwrap());
    let options = Options { files: vec![archive], mapping, ..Options::default() };
    assert_eq!(import_into(&open, &options, &mut |_| true).unwrap().appended, 141_712);
    let mut session = Session::open(&open).unwrap();
    flags(&mut session, &table);
    blames(&mut session, &table);
    finds(&mut session, &table);
    for day in ["2016-04-10", "2016-07-01"] {
        forks(&mut session, &table, day);
    }
    drop(session);
    merges(&open);
}

/// When a row says that it was updated, in microseconds.
fn updated(text: &str) -> i64 {
    let time = chrono::NaiveDateTime::parse_from_str(text, "%d/%m/%Y %H:%M").unwrap();
    time.and_utc().timestamp_micros()
}

/// A branch forked at the end of a day holds for every incident the state of that moment.
fn forks(session: &mut Session, table: &Table, day: &str) {
    let at = table.columns.iter().position(|name| name == "sys_updated_at").unwrap();
    let end = parse_time(day).unwrap().0;
    let point = session.resolve(day, None).unwrap();
    let name = format!("at-{day}");
    session.fork(&name, Some(&point), "tester").unwrap();
    session.switch(&name).unwrap();
    while session.fill().unwrap() {}
    let mut then = HashMap::new();
    for (id, rows) in &table.rows {
        let version = rows.iter().take_while(|row| updated(&row[at]) <= end).count();
        if version > 0 {
            then.insert(id.clone(), version);
        }
    }
    assert!(then.len() > 1_000 && session.overview().unwrap().types[0].aggregates == then.len() as i64);
    let mut request = ListRequest { limit: 5_000, ..ListRequest::default() };
    let mut listed = HashMap::new();
    loop {
        let page = session.list(&request).unwrap();
        request.after.clone_from(&page.next);
        listed.extend(page.rows.into_iter().map(|row| (row.aggregate.id, row.version as usize)));
        if request.after.is_none() {
            break;
        }
    }
    assert_eq!(listed, then, "the list of {name}");
    for (id, version) in then {
        let row = &table.rows[&id][version - 1];
        let state = session.state(&AggregateId::new("Incident", id.clone()), version as i64).unwrap();
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let found: HashMap<String, String> = state
            .state
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.clone(), text(value)))
            .collect();
        let columns = table.columns.iter().zip(row);
        let wanted: HashMap<String, String> = columns
            .filter(|(name, value)| !LEFT_OUT.contains(&name.as_str()) && *value != "?")
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        assert_eq!(found, wanted, "{id} on {name}");
    }
    session.switch("main").unwrap();
}

/// A merge of a thousand events onto a main that moved on is killed again and again: it is there as a whole, or
/// not at all.
fn merges(open: &Open) {
    let folder = open.path.parent().unwrap();
    let note = |number: usize, text: &str| {
        serde_json::json!({
            "aggregate": format!("Note/{number}"), "type": "NoteTaken", "occurred_at": "2017-03-01T00:00:00Z",
            "data": { "text": text, "number": number }, "meta": { "actor": "tester" },
        })
    };
    let import = |branch: &str, file: &str, lines: Vec<String>| {
        let path = folder.join(file);
        std::fs::write(&path, lines.join("\n")).unwrap();
        let open = Open { branch: branch.into(), ..open.clone() };
        import_into(&open, &Options { files: vec![path], ..Options::default() }, &mut |_| true).unwrap()
    };
    Session::open(open).unwrap().fork("notes", None, "tester").unwrap();
    let on_branch = (0..1_000).map(|number| note(number, "on the branch").to_string()).collect();
    assert_eq!(import("notes", "branch.jsonl", on_branch).appended, 1_000);
    import("main", "main.jsonl", (2_000..2_100).map(|number| note(number, "on main").to_string()).collect());
    let before = Session::open(open).unwrap().overview().unwrap().events;
    let mut whole = false;
    for round in 0..60_u64 {
        let mut merge = Command::new(env!("CARGO_BIN_EXE_backstory"))
            .args(["-s", open.path.to_str().unwrap(), "merge", "notes", "--json"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(5 + round * 15));
        merge.kill().unwrap();
        merge.wait().unwrap();
        let mut session = Session::open(open).unwrap();
        let events = session.overview().unwrap().events;
        assert!(events == before || events == before + 1_000, "{} of 1,000 are there", events - before);
        whole = events > before;
        if whole {
            break;
        }
    }
    let mut session = Session::open(open).unwrap();
    if !whole {
        // Each one was killed in time: this one is let go on.
        assert!(session.merge("notes", Mode::default(), "tester").unwrap().written);
    }
    let merged = session.merge("notes", Mode::default(), "tester").unwrap();
    assert!(merged.units.iter().all(|unit| unit.outcome.name() == "already there"));
    assert_eq!(session.verify(&Verify::default(), &mut |_, _| true).unwrap().events, 141_712 + 2_100);
}

/// The near flags are what the table's numbers and times say, counted here by themselves.
fn flags(session: &mut Session, table: &Table) {
    let column = |name: &str| table.columns.iter().position(|column| column == name).unwrap();
    let (number, at) = (column("sys_mod_count"), column("sys_updated_at"));
    let (mut counts, mut with_gap) = ([0_i64; 3], 0);
    for rows in table.rows.values() {
        let numbers: Vec<i64> = rows.iter().map(|row| row[number].parse().unwrap()).collect();
        let before = |index: usize| &numbers[..index];
        let gaps = (1..rows.len()).filter(|&i| numbers[i] > before(i).iter().max().unwrap() + 1).count();
        let clashes = (1..rows.len()).filter(|&i| before(i).contains(&numbers[i])).count();
        let late = rows.windows(2).filter(|pair| updated(&pair[1][at]) < updated(&pair[0][at])).count();
        for (count, more) in counts.iter_mut().zip([gaps, clashes, late]) {
            *count += more as i64;
        }
        with_gap += i64::from(gaps > 0);
    }
    assert_eq!((with_gap, counts), (9_254, [14_892, 5, 1]));
    let mut count = |by: &str| -> i64 {
        let request = LogRequest { filter: Some(by.to_owned()), ..LogRequest::default() };
        let counted = session.count_log(&request, "1", &mut |_| Ok(())).unwrap();
        counted.first().map_or(0, |(_, count)| *count)
    };
    assert_eq!(["gap", "clash", "late"].map(|flag| count(&format!("$flags.{flag}"))), counts);
    assert_eq!(count("$flags.repeated"), 0);
    let request = LogRequest { filter: Some("$flags.gap".to_owned()), ..LogRequest::default() };
    let incidents = session.count_log(&request, "$event.aggregate", &mut |_| Ok(())).unwrap();
    assert_eq!(incidents.len() as i64, with_gap);
    // The same as the rows of a log show it.
    let mut request = LogRequest { bare: true, limit: 20_000, flags: Flags::near(), ..LogRequest::default() };
    let mut seen = [0_i64; 3];
    loop {
        let page = session.log(&request).unwrap();
        for (seen, flag) in seen.iter_mut().zip([Flag::Gap, Flag::Clash, Flag::Late]) {
            *seen += page.rows.iter().filter(|row| row.flags.has(flag)).count() as i64;
        }
        let Some(next) = page.next else { break };
        request.after = Some(next);
    }
    assert_eq!(seen, counts);
}

fn blames(session: &mut Session, table: &Table) {
    let mut state = 1;
    for _ in 0..1_000 {
        let id = &table.ids[dice(&mut state, table.ids.len())];
        let version = 1 + dice(&mut state, table.rows[id].len());
        let mut expected: Vec<(String, i64)> = Vec::new();
        for (column, name) in table.columns.iter().enumerate() {
            if !LEFT_OUT.contains(&name.as_str()) && table.rows[id][version - 1][column] != "?" {
                let last = *table.writes(id, column, version).last().unwrap();
                expected.push((format!("/{name}"), last));
            }
        }
        let aggregate = AggregateId::new("Incident", id.clone());
        let request = BlameRequest {
            aggregate: aggregate.clone(),
            version: version as i64,
            skip: 0,
            limit: usize::MAX,
            budget: 0,
        };
        let fields = session.blame(&request).unwrap().fields;
        let mut found: Vec<_> = fields.into_iter().map(|field| (field.path, field.writer.version)).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{id} at {version}");

        let column = loop {
            let column = dice(&mut state, table.columns.len());
            if !LEFT_OUT.contains(&table.columns[column].as_str()) {
                break column;
            }
        };
        let request = WritersRequest {
            aggregate,
            version: version as i64,
            trail: Trail::parse(&table.columns[column]),
            limit: usize::MAX,
            budget: 0,
        };
        let WritersPage { writes, next, folding } = session.writers(&request).unwrap();
        assert_eq!((next, folding), (None, None));
        let mut naive = table.writes(id, column, version);
        naive.reverse();
        let found: Vec<_> = writes.iter().map(|write| write.writer.version).collect();
        assert_eq!(found, naive, "{} of {id} at {version}", table.columns[column]);
    }
}

fn finds(session: &mut Session, table: &Table) {
    let column = table.columns.iter().position(|name| name == "reopen_count").unwrap();
    let mut turns = HashMap::new();
    for (id, rows) in &table.rows {
        let mut reopened = false;
        for (version, row) in (1_i64..).zip(rows) {
            let now = row[column].parse::<i64>().unwrap() > 0;
            if now != reopened {
                turns.insert((id.clone(), version), now);
            }
            reopened = now;
        }
    }
    assert!(turns.len() > 200, "the log has incidents that were opened again: {}", turns.len());
    for first in [false, true] {
        let request = FindRequest {
            predicate: ".reopen_count > 0".into(),
            kind: Some("Incident".into()),
            first,
            ..FindRequest::default()
        };
        let mut search = session.search(request).unwrap();
        let mut hits = Vec::new();
        loop {
            let page = session.find(&mut search, 10_000).unwrap();
            assert!(page.hits.is_sorted_by_key(|hit| hit.position));
            hits.extend(page.hits.clone());
            if page.is_last() {
                break;
            }
        }
        let found: HashMap<_, _> =
            hits.into_iter().map(|hit| ((hit.aggregate.id, hit.version), hit.turned.unwrap())).collect();
        if first {
            let mut expected: HashMap<&String, i64> = HashMap::new();
            for ((id, version), turned) in turns.iter().filter(|(_, turned)| **turned) {
                assert!(turned);
                let earliest = expected.entry(id).or_insert(*version);
                *earliest = (*earliest).min(*version);
            }
            let expected: HashMap<_, _> =
                expected.into_iter().map(|(id, version)| ((id.clone(), version), true)).collect();
            assert_eq!(found, expected);
        } else {
            assert_eq!(found, turns);
        }
    }
}
