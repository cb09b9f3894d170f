//! Events that are appended while the rest of a log is read become what they become when all of it is sorted first.

use std::path::PathBuf;

use backstory::clock::Clock;
use backstory::event::Event;
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

/// Imports a log into a store that is made for it, and into one that is there; both must come to the same.
fn both(text: &str, more: &str, skip_bad: bool) -> Imported {
    let folder = Folder::new();
    let options = Options { skip_bad, ..folder.options(text, more) };
    let (new, old) = (folder.open("new.db"), folder.open("old.db"));
    create(&old, None).unwrap();
    let straight = import_into(&new, &options, &mut |_| true).unwrap();
    let sorted = import_into(&old, &options, &mut |_| true).unwrap();
    assert_eq!(straight, sorted);
    assert!(export(&new) == export(&old), "{more}");
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
fn what_somebody_else_wrote_into_a_store_that_is_being_made_is_never_thrown_away() {
    let in_order: String = (0..30_000).map(|n| line(n, n % 97, n)).collect();
    // What would have thrown it away: a bad record at the end, and one that belongs to the beginning.
    for end in ["not JSON\n".to_owned(), line(30_000, 200, 5)] {
        for does in ["branch", "open"] {
            let folder = Folder::new();
            let options = folder.options(&format!("{in_order}{end}"), "");
            let open = folder.open("new.db");
            let (mut other, mut wrote) = (None, false);
            let error = import_into(&open, &options, &mut |_| {
                if !wrote
                    && Session::open(&open).is_ok_and(|mut session| session.overview().unwrap().events > 0)
                {
                    let mut session = Session::open(&open).unwrap();
                    if does == "branch" {
                        session.fork("theirs", None, "ann").unwrap();
                    } else {
                        other = Some(session);
                    }
                    wrote = true;
                }
                true
            })
            .unwrap_err();
            assert!(wrote && error.message().contains("events were appended"), "{does}: {error}");
            assert!(!export(&open).is_empty());
            let branches = Session::open(&open).unwrap().branches(true).unwrap();
            assert_eq!(branches.len(), if does == "branch" { 2 } else { 1 });
            drop(other);
        }
    }
}
