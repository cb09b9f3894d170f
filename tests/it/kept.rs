//! Stores are made, copied and brought back whole or not at all, whatever happens meanwhile.
#![cfg(unix)]

use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::program::Place;

/// Kills a run of the program after so many tenths of a millisecond.
fn kill_after(place: &Place, args: &[&str], tenths: u64) {
    let mut child = place.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_micros(tenths * 100));
    let _ = child.kill();
    child.wait().unwrap();
}

/// How many kills a test makes: `BACKSTORY_KILLS` says more for a long run.
fn kills(few: u64) -> u64 {
    std::env::var("BACKSTORY_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(few)
}

#[test]
fn an_init_that_is_killed_leaves_a_whole_store_or_none() {
    let (mut none, mut whole) = (0, 0);
    for round in 0..kills(60) {
        let place = Place::empty();
        kill_after(&place, &["init", "--domain", "demo"], round * 67 % 4_000);
        if place.store().exists() {
            place.ok(&["verify"]);
            assert!(place.ok(&["domain", "show"]).contains("[aggregate"), "the domain is part of it");
            whole += 1;
        } else {
            place.ok(&["init", "--domain", "demo"]);
            none += 1;
        }
    }
    println!("{none} kills left nothing, {whole} a whole store");
}

#[test]
fn a_backup_beside_a_writer_ends_and_one_that_is_killed_leaves_none() {
    let place = Place::with("todo");
    place.ok(&["fire", "Task", "create", "title=first"]);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                place.ok(&["fire", "Task/1", "comment", "text=more"]);
            }
        });
        for round in 0..5 {
            let name = format!("backup-{round}.db");
            place.ok(&["backup", &name]);
            place.ok(&["-s", &name, "verify", "--all"]);
        }
        stop.store(true, Ordering::Relaxed);
    });
    let mut whole = 0;
    for round in 0..kills(20) {
        let name = format!("killed-{round}.db");
        kill_after(&place, &["backup", &name], 10 + round * 11 % 300);
        if place.path(&name).exists() {
            place.ok(&["-s", &name, "verify"]);
            whole += 1;
        }
    }
    println!("{whole} backups were whole before they were killed");
    // Two have different ids, and one never overwrites.
    let id = |name: &str| -> String {
        let sql = rusqlite::Connection::open(place.path(name)).unwrap();
        sql.query_row("SELECT id FROM store", [], |row| row.get(0)).unwrap()
    };
    assert_ne!(id("backup-0.db"), id("backup-1.db"));
    assert_ne!(id("backup-0.db"), id("backstory.db"));
    place.refused(1, &["backup", "backup-0.db"]);
}

#[test]
fn a_backup_is_brought_back_only_where_nobody_has_the_store_open() {
    let place = Place::with("todo");
    place.ok(&["fire", "Task", "create", "title=first"]);
    place.ok(&["backup", "backup.db"]);
    place.ok(&["fire", "Task", "create", "title=second"]);
    let sql = place.sql();
    sql.query_row("SELECT count(*) FROM events", [], |_| Ok(())).unwrap();
    let said = place.refused(1, &["restore", "backup.db"]);
    assert!(said.contains("open"), "{said}");
    assert_eq!(place.json(&["aggregates"]).len(), 2, "what is refused changes nothing");
    drop(sql);
    let said = place.ok(&["restore", "backup.db"]);
    assert!(said.contains("before-restore-1"), "{said}");
    assert_eq!(place.json(&["aggregates"]).len(), 1);
    assert_eq!(place.json(&["-s", "backstory.db.before-restore-1", "aggregates"]).len(), 2);
    place.ok(&["verify", "--all"]);
    // Where there is no store it makes one; what is no store is not brought in.
    place.ok(&["-s", "new.db", "restore", "backup.db"]);
    place.ok(&["-s", "new.db", "verify"]);
    place.file("no.txt", "this is no store at all, whatever its name may say");
    place.refused(1, &["restore", "no.txt"]);
    assert_eq!(place.json(&["aggregates"]).len(), 1);
}

#[test]
fn a_full_output_is_said_without_a_doubt_about_what_was_written() {
    if !std::path::Path::new("/dev/full").exists() {
        println!("skipped: there is no /dev/full here");
        return;
    }
    let place = Place::with("todo");
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ran = place
        .command(&["fire", "Task", "create", "title=first"])
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(1));
    assert!(said.contains("#1") && said.contains("was appended"), "{said}");
    assert_eq!(place.json(&["export"]).len(), 1);
}
