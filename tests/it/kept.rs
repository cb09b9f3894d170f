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
fn an_import_that_is_killed_leaves_a_whole_store_or_none() {
    let source = Place::empty();
    let line = |n: u32| {
        format!(
            "{{\"aggregate\":\"Doc/{}\",\"type\":\"Saved\",\"data\":{{\"n\":{n}}},\"occurred_at\":\"2019-04-01T00:00:00Z\"}}\n",
            n * 7 % 3_001
        )
    };
    source.file("log.jsonl", (0..12_000).map(line).collect::<String>());
    let (log, begun) = (source.path("log.jsonl").display().to_string(), std::time::Instant::now());
    source.ok(&["import", &log]);
    let (took, all) = (begun.elapsed().as_micros() as u64 / 100, source.ok(&["aggregates", "--json"]));
    let (mut none, mut whole, rounds) = (0, 0, kills(12));
    for round in 0..rounds {
        let place = Place::empty();
        kill_after(&place, &["import", &log], took * (2 * round + 1) / (2 * rounds));
        if place.store().exists() {
            place.ok(&["verify", "--all"]);
            whole += 1;
        } else {
            none += 1;
            // What lies there does not stand in the way, and goes.
            place.ok(&["import", &log]);
            let names = std::fs::read_dir(place.path("")).unwrap().map(|entry| entry.unwrap().file_name());
            let left: Vec<_> =
                names.filter(|name| name.to_string_lossy().starts_with(".backstory")).collect();
            assert!(left.is_empty(), "{left:?}");
        }
        let without_times = |text: &str| text.replace(char::is_numeric, "");
        assert_eq!(without_times(&place.ok(&["aggregates", "--json"])), without_times(&all), "{round}");
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

/// A disk of 3 MB in a namespace of its own, where a script runs; nothing where such a thing cannot be had.
#[cfg(target_os = "linux")]
fn on_a_small_disk(place: &Place, script: &str) -> Option<std::process::Output> {
    let mount = format!("mount -t tmpfs -o size=3m none '{0}' && cd '{0}'", place.path("disk").display());
    std::fs::create_dir(place.path("disk")).unwrap();
    let unshare = |script: &str| {
        let mut command = std::process::Command::new("unshare");
        command
            .args(["-rm", "sh", "-c", script, env!("CARGO_BIN_EXE_backstory")])
            .env("HOME", place.path(""));
        command.env_remove("BACKSTORY_STORE").env("BACKSTORY_CONFIG", place.path("config")).output()
    };
    unshare(&mount).ok().filter(|ran| ran.status.success())?;
    Some(unshare(&format!("{mount} && {script}")).unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_full_disk_it_is_said_what_was_written_and_everything_can_be_read() {
    let place = Place::empty();
    let data = "x".repeat(40);
    let line = |n: u32| {
        format!(
            "{{\"aggregate\":\"Doc/{n}\",\"type\":\"Saved\",\"data\":{{\"text\":\"{data}\"}},\
             \"occurred_at\":\"2019-04-01T00:00:00Z\"}}\n"
        )
    };
    place.file("log.jsonl", (0..60_000).map(line).collect::<String>());
    // The first run fills it; then not a byte is left, and nothing can be made beside the store.
    let script = "\"$0\" init >&2; \"$0\" import ../log.jsonl; echo \"code $?\" >&2; \
                  dd if=/dev/zero of=rest bs=512 2>/dev/null; \
                  \"$0\" fire Task create title=x; echo \"code $?\" >&2; \
                  \"$0\" init -s other.db; echo \"code $?\" >&2; ls >&2; \
                  \"$0\" aggregates --json | tail -1 >&2; \"$0\" verify --all >&2; echo \"code $?\" >&2; \
                  rm rest; \"$0\" verify --all >&2; echo \"code $?\" >&2; \"$0\" export | wc -l";
    let Some(ran) = on_a_small_disk(&place, script) else {
        println!("skipped: no disk can be mounted here");
        return;
    };
    let said = String::from_utf8(ran.stderr).unwrap();
    let kept: usize = String::from_utf8(ran.stdout).unwrap().lines().last().unwrap().trim().parse().unwrap();
    println!("{said}\n{kept}");
    assert!(kept > 0 && kept < 60_000, "{kept}");
    assert!(said.contains("The disk is full"), "{said}");
    assert!(said.contains(&format!("{kept} ")), "it is said how many were appended before: {said}");
    assert!(!said.contains("other.db\n"), "no half of a store is left: {said}");
    assert!(said.contains("\"Doc/"), "the records can be read: {said}");
}

/// Every verb that writes, over the store of [`busy`].
const WRITING: &[&[&str]] = &[
    &["fire", "Task", "create", "title=more"],
    &["fire", "Task/1", "complete"],
    &["import", "more.jsonl"],
    &["branch", "other", "--at", "3"],
    &["branch", "--rename", "what-if", "named"],
    &["branch", "--archive", "what-if"],
    &["merge", "what-if"],
    &["cherry-pick", "what-if:Task/1", "--onto", "main"],
    &["rebase", "what-if"],
    &["revert", "Task/2"],
    &["undo"],
    &["waypoint", "there", "2"],
    &["note", "2", "there it is"],
    &["domain", "set", "again.toml"],
    &["replay"],
    &["replay", "--domain", "again.toml", "--apply"],
    &["work", "--until-empty", "--consent"],
    &["jobs", "skip", "1"],
    &["backup", "copy.db"],
    &["restore", "backup.db"],
    &["init", "--domain", "todo"],
];

/// A store with tasks, a branch with events of its own, jobs that reach out, and the files that verbs read.
fn busy() -> Place {
    let place = Place::empty();
    let todo = include_str!("../../assets/domains/todo.toml");
    let load = "[[reactor]]\nname = \"load\"\non = [\"Task/*\"]\nappend = { file = \"tasks\" }\n";
    place.file("first.toml", format!("{todo}\n{load}"));
    place.file("again.toml", format!("{todo}\n{load}# another text\n"));
    place.ok(&["init", "--domain", "first.toml"]);
    for title in ["one", "two", "three"] {
        place.ok(&["fire", "Task", "create", &format!("title={title}")]);
    }
    place.ok(&["backup", "backup.db"]);
    place.ok(&["branch", "what-if"]);
    place.ok(&["-b", "what-if", "fire", "Task/1", "comment", "text=what if"]);
    place.ok(&["fire", "Task/2", "comment", "text=on main"]);
    let lines = (0..2_500).map(|n| {
        format!(
            "{{\"aggregate\":\"Task/n{}\",\"type\":\"TaskCommented\",\"data\":{{\"text\":\"{n}\"}},\"meta\":{{}},\
             \"occurred_at\":\"2019-04-01T00:00:00Z\"}}\n",
            n % 40
        )
    });
    place.file("more.jsonl", lines.collect::<String>());
    place
}

/// What a kill of every verb that writes leaves: a whole store with everything that was there before. The moment is spread
/// over the time that the verb takes when nobody kills it.
#[test]
fn every_writing_verb_can_be_killed() {
    let pristine = busy();
    let before: Vec<String> = pristine.ok(&["export"]).lines().map(str::to_owned).collect();
    let copy = std::fs::read(pristine.store()).unwrap();
    let rounds = kills(60).div_ceil(WRITING.len() as u64);
    let (mut struck, mut ended) = (0, 0);
    for verb in WRITING {
        let mut took = None;
        for round in 0..=rounds {
            let place = Place::empty();
            std::fs::write(place.store(), &copy).unwrap();
            for name in ["more.jsonl", "again.toml", "backup.db"] {
                std::fs::copy(pristine.path(name), place.path(name)).unwrap();
            }
            if verb[0] == "init" {
                std::fs::remove_file(place.store()).unwrap();
            }
            let begun = std::time::Instant::now();
            let mut child = place.command(verb).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            let Some(took) = took else {
                child.wait().unwrap();
                took = Some(begun.elapsed());
                continue;
            };
            std::thread::sleep(took * (2 * round as u32 - 1) / (2 * rounds as u32));
            let done = child.try_wait().unwrap().is_some();
            let _ = child.kill();
            child.wait().unwrap();
            if done {
                ended += 1;
            } else {
                struck += 1;
            }
            let whole = |name: &str| {
                let ran = place.run(&["-s", name, "verify", "--all"]);
                assert_eq!(ran.code, 0, "{verb:?}, {round} of {rounds}: {name}: {}", ran.err);
            };
            if verb[0] == "init" || verb[0] == "restore" {
                // The old one, the new one, or between two names; never a half.
                let names = ["backstory.db", "backstory.db.before-restore-1"];
                names.iter().filter(|name| place.path(name).exists()).for_each(|name| whole(name));
                continue;
            }
            whole("backstory.db");
            let after = place.ok(&["export"]);
            let after: Vec<&str> = after.lines().collect();
            assert!(
                after.len() >= before.len() && after.iter().zip(&before).all(|(a, b)| a == b),
                "{verb:?}"
            );
            if place.path("copy.db").exists() {
                whole("copy.db");
            }
        }
    }
    println!("{struck} kills struck, {ended} came too late");
}
