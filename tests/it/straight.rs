//! Events that are appended while the rest of a log is read become what they become when all of it is sorted first.

use std::collections::BTreeMap;
use std::path::PathBuf;

use backstory::clock::Clock;
use backstory::event::{Event, Time};
use backstory::import::{Mapping, Options};
use backstory::session::{ImportProgress, Imported, Open, Session, Verify, create, import_into};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn open(&self, name: &str) -> Open {
        Open { path: self.0.path().join(name), branch: "main".to_owned(), clock: Clock::System }
    }

    fn file(&self, text: &str) -> PathBuf {
        let path = self.0.path().join("log.jsonl");
        std::fs::write(&path, text).unwrap();
        path
    }

    fn options(&self, text: &str, more: &str) -> Options {
        let base = "[import]\ntype = '\"T\"'\nid = '.id'\nevent = '.e // \"x\"'\nat = '.at'\nat_format = \"s\"\ndata = '{n}'\n";
        Options {
            files: vec![self.file(text)],
            mapping: Some(Mapping::parse("m.toml", &format!("{base}{more}")).unwrap()),
            ..Options::default()
        }
    }
}

fn line(n: u64, id: u64, at: u64) -> String {
    format!("{{\"id\": \"a{id}\", \"at\": {at}, \"n\": {n}, \"k\": \"k{n}\"}}\n")
}

fn export(open: &Open) -> Vec<(i64, String, i64, String, String, i64)> {
    let mut events = Vec::new();
    let mut each = |event: &Event| {
        let Event { position, aggregate, version, data, meta, occurred_at, .. } = event.clone();
        events.push((position, aggregate.to_string(), version, data, meta, occurred_at.0));
        Ok(())
    };
    let mut session = Session::open(open).unwrap();
    session.each_event(&mut each).unwrap();
    session.verify(&Verify { all: true, ..Verify::default() }, &mut |_, _| true).unwrap();
    events
}

/// The rows of every table, but for what tells one store from another, and into how many batches a log was cut.
fn tables(open: &Open) -> BTreeMap<String, Vec<String>> {
    let sql = rusqlite::Connection::open(&open.path).unwrap();
    let mut names =
        sql.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'store'").unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let rows = |name: &String| {
        let but = match name.as_str() {
            "sums" => " WHERE name NOT IN ('store', 'operations')",
            "operations" => " WHERE extends IS NULL AND verb <> 'import'",
            _ => "",
        };
        let mut rows = sql.prepare(&format!("SELECT * FROM {name}{but} ORDER BY 1, 2")).unwrap();
        let columns = rows.column_count();
        let row = |row: &rusqlite::Row<'_>| -> rusqlite::Result<String> {
            (0..columns).map(|at| Ok(format!("{:?} ", row.get_ref(at)?))).collect()
        };
        rows.query_map([], row).unwrap().map(Result::unwrap).collect()
    };
    names.iter().map(|name| (name.clone(), rows(name))).collect()
}

/// Imports a log into a store that is made for it, and into one that is there; both must come to the same.
fn both(text: &str, more: &str, skip_bad: bool) -> Imported {
    let folder = Folder::new();
    let options = Options { skip_bad, ..folder.options(text, more) };
    let at = |name| Open { clock: Clock::Fixed(Time(1_790_000_000_000_000)), ..folder.open(name) };
    let (new, old) = (at("new.db"), at("old.db"));
    create(&old, None).unwrap();
    let straight = import_into(&new, &options, &mut |_| true).unwrap();
    let sorted = import_into(&old, &options, &mut |_| true).unwrap();
    assert_eq!(straight, sorted);
    assert!(export(&new) == export(&old), "{more}");
    for ((name, new), (_, old)) in tables(&new).into_iter().zip(tables(&old)) {
        let differ = new.iter().zip(&old).find(|(new, old)| new != old);
        assert!(new.len() == old.len() && differ.is_none(), "{name}: {more}: {differ:?}");
    }
    // Once more brings nothing.
    let again = import_into(&new, &options, &mut |_| true).unwrap();
    assert_eq!((again.appended, again.report.seen), (0, sorted.report.seen + sorted.appended as u64));
    straight
}

#[test]
fn what_is_in_order_or_nearly_or_not_at_all_comes_to_the_same() {
    // In order; with clocks that are a little off; with one record that belongs to the beginning; one thing after another.
    let near = |n: u64| n + (n * 7919) % 50;
    let logs: [&dyn Fn(u64) -> (u64, u64); 4] =
        [&|n| (n % 97, n), &|n| (n % 97, near(n)), &|n| (n % 97, if n == 8_999 { 5 } else { n }), &|n| {
            (n / 1_000, n % 1_000)
        }];
    for log in logs {
        let text: String = (0..9_000).map(|n| line(n, log(n).0, log(n).1)).collect();
        for more in ["", "key = '.k'\n", "order = \"time\"\n", "order = \"reverse\"\n"] {
            assert_eq!(both(&text, more, false).appended, 9_000, "{more}");
        }
    }
}

#[test]
fn every_table_is_the_same_however_a_log_came_in() {
    // Things of three kinds with a status, that name what caused them, and whose rules fail now and then.
    let more = "key = '.k'\ncause = '\"k\\(.n - 3)\"'\nactor = '\"user \\(.n % 7)\"'\n\
                [import.list.T]\nlabel = '.n'\nstatus = 'if .n % 5 == 0 then error(\"no\") else \"s\\(.n % 3)\" end'\n";
    let text: String = (0..9_000).map(|n| line(n, n * n % 997, n)).collect();
    assert_eq!(both(&text, more, false).appended, 9_000);
    // One that is sorted, and one with what was there before.
    let text: String = (0..9_000).map(|n| line(n, n % 97, n / 2)).chain([line(9_000, 4, 7)]).collect();
    assert_eq!(both(&text, more, false).appended, 9_001);
}

#[test]
fn what_comes_again_is_told_wherever_the_first_one_is() {
    // The first is appended by then; it waits; it is the one before.
    let text: String = (0..9_000).map(|n| line(n, n % 97, n)).collect();
    let again = [line(3, 3, 3), line(8_990, 8_990 % 97, 8_990), line(8_990, 8_990 % 97, 8_990)].concat();
    let twice = format!("{text}{again}");
    let imported = both(&twice, "key = '.k'\nskip = '.n == 7'\n", false);
    assert_eq!((imported.report.seen, imported.report.left_out, imported.appended), (3, 1, 8_999));
    assert_eq!(both(&twice, "key = '.k'\nrepeats = \"keep\"\n", false).appended, 9_003);
    // With other content it is bad.
    let clash = format!("{text}{}", line(8_998, 1, 9_000));
    let imported = both(&format!("{clash}not JSON\n"), "key = '.k'\n", true);
    assert_eq!((imported.report.bad_count, imported.appended), (2, 9_000));
    assert!(imported.report.bad[0].reason.contains("a record before it has the key k8998"), "{imported:?}");
}

#[test]
fn a_mistake_at_the_end_leaves_no_store() {
    let folder = Folder::new();
    let text: String = (0..9_000).map(|n| line(n, n % 97, n)).collect();
    let options = folder.options(&format!("{text}not JSON\n"), "");
    let open = folder.open("new.db");
    let error = import_into(&open, &options, &mut |_| true).unwrap_err();
    assert!(error.message().contains("1 record is bad, so nothing was imported"), "{error}");
    assert!(error.message().contains("log.jsonl:9001: "), "{error}");
    let left: Vec<_> =
        std::fs::read_dir(folder.0.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, ["log.jsonl"]);
}

#[test]
fn a_cause_that_is_not_there_is_noted_with_its_line() {
    let text: String = (0..9_000).map(|n| line(n, n % 97, n)).collect();
    let imported = both(
        &text,
        "key = '.k'\ncause = 'if .n % 3000 == 2000 then \"k\\(.n - 1)\" elif .n == 77 then \"gone\" else null end'\n",
        false,
    );
    let notes = &imported.report.notes;
    assert_eq!((notes.len(), notes[0].count, notes[0].line), (1, 1, 78), "{notes:?}");
}

#[test]
fn a_large_log_is_read_on_another_thread_and_comes_to_the_same() {
    let filler = "x".repeat(200);
    let large: String = (0..9_000)
        .map(|n| format!("{{\"id\": \"a{}\", \"at\": {n}, \"n\": \"{n}{filler}\"}}\n", n % 97))
        .collect();
    assert!(large.len() > 1 << 20);
    assert_eq!(both(&large, "", false).appended, 9_000);
    // A mapping of jq that fails somewhere says where.
    let folder = Folder::new();
    let failing = folder.options(&large, "skip = 'if .at == 4321 then error(\"no\") else false end'\n");
    let error = import_into(&folder.open("new.db"), &failing, &mut |_| true).unwrap_err();
    assert!(error.message().contains("log.jsonl:4322: ") && error.message().contains("no"), "{error}");
    // One that is stopped reads no further.
    let mut steps = 0;
    let stopped = import_into(&folder.open("new.db"), &folder.options(&large, ""), &mut |_| {
        steps += 1;
        steps < 3
    });
    assert!(stopped.is_err() && steps == 3);
}

#[test]
fn who_looks_on_sees_events_before_the_end_and_what_is_late_stands_behind() {
    let folder = Folder::new();
    // 9,000 in order, then 500 of other things that belong to the beginning.
    let late = (0..500).map(|n| line(9_000 + n, 100 + n % 97, n));
    let text: String = (0..9_000).map(|n| line(n, n % 97, n)).chain(late).collect();
    let options = Options { reads: backstory::import::Reads::Watched, ..folder.options(&text, "") };
    let open = folder.open("watched.db");
    create(&open, None).unwrap();
    let mut seen = Vec::new();
    let imported = import_into(&open, &options, &mut |at| {
        if let ImportProgress::Staging(_) = at {
            seen.push(Session::open(&open).unwrap().overview().unwrap().events);
        }
        true
    });
    assert_eq!(imported.unwrap().appended, 9_500);
    assert!(seen.iter().any(|events| (1..9_000).contains(events)), "{seen:?}");
    let events = export(&open);
    let times: Vec<i64> = events.iter().map(|event| event.5 / 1_000_000).collect();
    let expected: Vec<i64> = (0..9_000).chain(0..500).collect();
    assert!(times == expected, "the order is another one");
}

#[test]
fn what_is_nearly_in_the_order_of_time_is_seen_before_the_end_too() {
    let folder = Folder::new();
    // Each ten seconds come backwards, of a few things.
    let text: String = (0..9_000).map(|n| line(n, n % 7, n / 10 * 10 + 9 - n % 10)).collect();
    let options =
        Options { reads: backstory::import::Reads::Watched, ..folder.options(&text, "order = \"time\"\n") };
    let (watched, sorted) = (folder.open("watched.db"), folder.open("sorted.db"));
    create(&watched, None).unwrap();
    let mut seen = 0;
    let imported = import_into(&watched, &options, &mut |at| {
        if let ImportProgress::Staging(_) = at {
            seen = Session::open(&watched).unwrap().overview().unwrap().events;
        }
        true
    });
    assert_eq!(imported.unwrap().appended, 9_000);
    assert!(seen >= 4_000, "{seen}");
    import_into(&sorted, &Options { reads: backstory::import::Reads::Once, ..options }, &mut |_| true)
        .unwrap();
    assert!(export(&watched) == export(&sorted), "the order is another one");
}

#[test]
fn an_import_leaves_nothing_to_be_brought_in() {
    let folder = Folder::new();
    let text: String = (0..2_000).map(|n| line(n, n % 97, n)).collect();
    for (name, is_new) in [("new.db", true), ("old.db", false)] {
        let open = folder.open(name);
        if !is_new {
            create(&open, None).unwrap();
        }
        import_into(&open, &folder.options(&text, ""), &mut |_| true).unwrap();
        let store = rusqlite::Connection::open(&open.path).unwrap();
        let left =
            store.query_row("SELECT tip_position - indexed FROM branches", [], |row| row.get::<_, i64>(0));
        assert_eq!(left.unwrap(), 0, "{name}");
    }
}

#[test]
fn what_is_stopped_while_it_is_appended_stays_and_goes_on_in_a_new_store_too() {
    let folder = Folder::new();
    let text: String = (0..9_000).map(|n| line(n, n % 97, 9_000 - n)).collect();
    let (open, options) = (folder.open("new.db"), folder.options(&text, "key = '.k'\norder = \"reverse\"\n"));
    let error =
        import_into(&open, &options, &mut |at| !matches!(at, ImportProgress::Appending(..))).unwrap_err();
    assert!(error.message().starts_with("Stopped after "), "{error}");
    let stayed = export(&open).len();
    assert!((1..9_000).contains(&stayed), "{stayed}");
    assert_eq!(import_into(&open, &options, &mut |_| true).unwrap().appended, 9_000 - stayed);
}

#[test]
fn a_store_that_is_being_made_is_nobodys_and_what_others_made_meanwhile_stays() {
    let folder = Folder::new();
    let text: String = (0..30_000).map(|n| line(n, n % 97, n)).collect();
    let (open, options) = (folder.open("new.db"), folder.options(&text, ""));
    let mut made = false;
    let error = import_into(&open, &options, &mut |at| {
        assert_eq!(open.path.exists(), made, "{at:?}");
        if matches!(at, ImportProgress::Folding(..)) && !made {
            let mut theirs = create(&open, None).unwrap();
            theirs.fork("theirs", None, "ann").unwrap();
            made = true;
        }
        true
    })
    .unwrap_err();
    assert!(made && error.message().contains("exists already"), "{error}");
    assert_eq!(Session::open(&open).unwrap().branches(true).unwrap().len(), 2);
    let mut left: Vec<_> =
        std::fs::read_dir(folder.0.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["log.jsonl", "new.db"]);
}

#[test]
fn what_is_stopped_at_any_step_of_making_a_store_leaves_none() {
    let folder = Folder::new();
    let text: String = (0..9_000).map(|n| line(n, n % 97, n)).collect();
    let (open, options) = (folder.open("new.db"), folder.options(&text, ""));
    let mut steps = 0;
    let mut count = |_| {
        steps += 1;
        true
    };
    import_into(&open, &options, &mut count).unwrap();
    std::fs::remove_file(&open.path).unwrap();
    assert!(steps > 9, "{steps}");
    for stop in 1..=steps {
        let mut step = 0;
        let stopped = import_into(&open, &options, &mut |_| {
            step += 1;
            step < stop
        });
        assert!(stopped.is_err(), "{stop} of {steps}");
        let left: Vec<_> =
            std::fs::read_dir(folder.0.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(left, ["log.jsonl"], "{stop} of {steps}");
    }
}
