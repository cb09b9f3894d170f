//! What the store promises: an append-only log without gaps, chained, safe under many writers and sudden death.
#![allow(clippy::format_collect, clippy::format_push_string, reason = "short tests read better")]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::program::Place;
use backstory::clock::Clock;
use backstory::event::Time;
use backstory::session::{Fire, Open, Session, Target};
use rusqlite::{Connection, params};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A store with three tasks and nine events.
fn small() -> Place {
    let place = Place::with("todo");
    for title in ["Prepare slides", "Buy milk", "Book flights"] {
        place.ok(&["fire", "Task", "create", &format!("title={title}"), "--at", "2019-04-01T09:00:00Z"]);
    }
    for id in ["1", "2", "3"] {
        let task = format!("Task/{id}");
        place.ok(&["fire", &task, "tag", "tag=talk", "--reason", "sorting", "--at", "2019-04-02T09:00:00Z"]);
        place.ok(&["fire", &task, "comment", "text=Ünïcode \"quoted\" 日本", "--at", "2019-04-01T08:00:00Z"]);
    }
    place
}

fn export(place: &Place) -> Vec<Value> {
    place.ok(&["export"]).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn micros(value: &Value) -> i64 {
    backstory::event::Time::parse(value.as_str().unwrap()).unwrap().0
}

#[test]
fn the_log_refuses_update_delete_and_replace() {
    let place = small();
    let sql = place.sql();
    let before = place.ok(&["export"]);
    for statement in [
        "UPDATE events SET data = '{}' WHERE position = 3",
        "UPDATE events SET recorded_at = recorded_at + 1",
        "DELETE FROM events WHERE position = 9",
        "DELETE FROM events",
        "INSERT OR REPLACE INTO events SELECT * FROM events WHERE position = 3",
        "REPLACE INTO events SELECT 100, branch, aggregate, version, type, occurred_at, recorded_at, data, meta, parent, hash FROM events WHERE position = 3",
        "INSERT INTO events SELECT * FROM events WHERE position = 3",
    ] {
        let error = sql.execute_batch(statement).unwrap_err().to_string();
        assert!(error.contains("append-only"), "{statement}: {error}");
    }
    assert_eq!(place.ok(&["export"]), before);
}

#[test]
fn places_in_the_log_have_no_gaps_and_time_does_not_run_back() {
    let place = small();
    place.refused(1, &["fire", "Task/1", "retitle", "title="]);
    place.ok(&["fire", "Task/1", "tag", "tag=talk"]);
    place.ok(&["fire", "Task/1", "complete", "--at", "1999-01-01T00:00:00Z"]);
    let events = export(&place);
    assert_eq!(events.len(), 10, "neither what is refused nor what changes nothing takes a place");
    let mut versions = std::collections::HashMap::<String, i64>::new();
    let mut recorded = i64::MIN;
    for (at, event) in events.iter().enumerate() {
        assert_eq!(event["position"], json!(at + 1));
        let version = versions.entry(event["aggregate"].to_string()).or_default();
        *version += 1;
        assert_eq!(event["version"], json!(*version));
        assert!(micros(&event["recorded_at"]) >= recorded);
        recorded = micros(&event["recorded_at"]);
    }
    assert_eq!(events[9]["occurred_at"], "1999-01-01T00:00:00Z", "occurred_at is the producer's word");
}

#[test]
fn recorded_at_stands_still_where_the_clock_runs_back() {
    let place = small();
    // A clock that was far ahead once.
    let clock = Clock::Fixed(Time::parse("2999-01-01T00:00:00Z").unwrap());
    let open = Open { path: place.store(), branch: "main".into(), clock };
    let mut session = Session::open(&open).unwrap();
    let fire = Fire {
        target: Target::Aggregate("Task/2".parse().unwrap()),
        command: "complete".into(),
        params: serde_json::Map::new(),
        actor: "ahead".into(),
        reason: None,
        at: None,
        expect: None,
        meta: serde_json::Map::new(),
    };
    session.fire(&fire).unwrap();
    place.ok(&["fire", "Task/1", "complete"]);
    let events = export(&place);
    assert_eq!(events[9]["recorded_at"], "2999-01-01T00:00:00Z");
    assert_eq!(events[10]["recorded_at"], "2999-01-01T00:00:00Z");
    place.ok(&["verify"]);
}

#[test]
fn an_old_time_of_recording_is_kept_only_where_it_fits() {
    let place = small();
    let first = export(&place).remove(0);
    let line = |aggregate: &str, hash: bool| {
        let mut event = first.clone();
        let fields = event.as_object_mut().unwrap();
        fields.retain(|name, _| {
            hash || !matches!(name.as_str(), "position" | "branch" | "version" | "hash" | "parent")
        });
        fields.insert("aggregate".into(), json!(aggregate));
        fields.insert("recorded_at".into(), json!("2001-02-03T04:05:06Z"));
        event.to_string()
    };
    // With a hash it cannot come in at all: line 2, and nothing of the file is there.
    place.file("kept.jsonl", format!("{}\n{}\n", line("Task/8", false), line("Task/9", true)));
    let said = place.refused(1, &["import", "kept.jsonl"]);
    assert!(said.contains("kept.jsonl:2: it was recorded at 2001-02-03T04:05:06Z, before"), "{said}");
    assert_eq!(export(&place).len(), 9);
    // Without one it is recorded now, and says when it was.
    place.file("old.jsonl", line("Task/8", false));
    place.ok(&["import", "old.jsonl"]);
    let events = export(&place);
    assert_eq!(events[9]["meta"]["recorded_at"], "2001-02-03T04:05:06Z");
    assert!(micros(&events[9]["recorded_at"]) >= micros(&events[8]["recorded_at"]));
    place.ok(&["verify"]);
}

#[test]
fn two_branches_grow_by_clocks_that_differ() {
    let place = small();
    place.ok(&["branch", "ahead"]);
    let fire = |branch: &str, at: &str, task: &str| {
        let clock = Clock::Fixed(Time::parse(at).unwrap());
        let open = Open { path: place.store(), branch: branch.into(), clock };
        let fire = Fire {
            target: Target::Aggregate(task.parse().unwrap()),
            command: "complete".into(),
            params: serde_json::Map::new(),
            actor: "tester".into(),
            reason: None,
            at: None,
            expect: None,
            meta: serde_json::Map::new(),
        };
        Session::open(&open).unwrap().fire(&fire).unwrap();
    };
    fire("ahead", "2999-01-01T00:00:00Z", "Task/1");
    fire("main", "2998-01-01T00:00:00Z", "Task/2");
    let log = place.json(&["log", "--graph"]);
    assert!(!log.is_empty());
    let at = |branch: &str| place.json(&["-b", branch, "export"]).pop().unwrap()["recorded_at"].clone();
    assert_eq!((at("ahead"), at("main")), (json!("2999-01-01T00:00:00Z"), json!("2998-01-01T00:00:00Z")));
    place.ok(&["verify"]);
}

/// The chain as the documentation of the schema tells it, from the tables alone.
fn recompute(sql: &Connection) -> Vec<(String, String)> {
    let mut statement = sql
        .prepare(
            "SELECT a.type, a.key, e.version, t.name, e.occurred_at, e.recorded_at, e.data, e.meta, hex(e.hash), hex(e.parent)
             FROM events e JOIN aggregates a ON a.id = e.aggregate JOIN types t ON t.id = e.type ORDER BY e.position",
        )
        .unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut parent = "0".repeat(64);
    let mut out = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let text = |at| row.get::<_, String>(at).unwrap();
        let number = |at| row.get::<_, i64>(at).unwrap();
        let place = json!([text(0), text(1), number(2), text(3), number(4), number(5)]);
        let bytes = format!("backstory-event-1\n{parent}\n{place}\n{}\n{}\n", text(6), text(7));
        let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let stored_parent = text(9).to_lowercase();
        let shown = if stored_parent.is_empty() { "0".repeat(64) } else { stored_parent };
        assert_eq!(shown, parent);
        out.push((text(8).to_lowercase(), hash.clone()));
        parent = hash;
    }
    out
}

#[test]
fn anyone_can_recompute_the_chain() {
    let place = small();
    let chain = recompute(&place.sql());
    assert_eq!(chain.len(), 9);
    for (stored, computed) in &chain {
        assert_eq!(stored, computed);
    }
    let answer = place.one(&["verify"]);
    assert_eq!(answer, json!({ "ok": true, "events": 9, "head": chain[8].1, "all": false, "seals": [] }));
}

#[test]
fn the_log_can_be_read_with_sqlite_alone() {
    let place = small();
    let row: (i64, String, String, String) = place
        .sql()
        .query_row(
            "SELECT position, aggregate, type, occurred_at FROM log WHERE version = 3 LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )
        .unwrap();
    assert_eq!(row, (5, "Task/1".into(), "TaskCommented".into(), "2019-04-01T08:00:00.000000Z".into()));
}

#[test]
fn many_processes_append_at_once_and_nothing_is_lost() {
    const PROCESSES: usize = 4;
    const FIRES: usize = 12;
    let place = Place::with("todo");
    place.ok(&["fire", "Task/shared", "create", "title=shared"]);
    let acknowledged: Vec<Value> = thread::scope(|scope| {
        let writers: Vec<_> = (0..PROCESSES)
            .map(|writer| {
                let place = &place;
                scope.spawn(move || {
                    let mut seen = Vec::new();
                    for fire in 0..FIRES {
                        let text = format!("text={writer}.{fire}");
                        seen.push(place.one(&["fire", "Task/shared", "comment", &text]));
                        if fire % 4 == 0 {
                            // New aggregates take the next number, allocated under the lock.
                            seen.push(place.one(&[
                                "fire",
                                "Task",
                                "create",
                                &format!("title={writer}.{fire}"),
                            ]));
                        }
                    }
                    seen
                })
            })
            .collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    let events = export(&place);
    assert_eq!(events.len(), 1 + acknowledged.len());
    for (at, event) in events.iter().enumerate() {
        assert_eq!(event["position"], json!(at + 1));
    }
    for event in &acknowledged {
        let position = event["position"].as_u64().unwrap() as usize;
        assert_eq!(
            events[position - 1],
            *event,
            "an acknowledged event is in the log as it was acknowledged"
        );
    }
    let shared: Vec<_> = events.iter().filter(|event| event["aggregate"] == "Task/shared").collect();
    let versions: Vec<_> = shared.iter().map(|event| event["version"].as_u64().unwrap()).collect();
    assert_eq!(versions, (1..=(PROCESSES * FIRES + 1) as u64).collect::<Vec<_>>());
    let state = place.one(&["state", "Task/shared"]);
    assert_eq!(state["state"]["comments"].as_array().unwrap().len(), PROCESSES * FIRES);
    let numbered = place.json(&["aggregates", "Task", "--limit", "1000"]).len();
    assert_eq!(numbered, 1 + PROCESSES * 3);
    place.ok(&["verify"]);
    assert_eq!(place.json(&["replay", "--dry-run"]).pop().unwrap()["differ"], 0);
}

#[test]
fn a_conflict_names_the_event_that_won() {
    let place = small();
    place.ok(&["fire", "Task/1", "complete", "--actor", "omar"]);
    let said = place.refused(3, &["fire", "Task/1", "delete", "--expect", "3", "--actor", "nina"]);
    assert!(said.contains("Task/1 is at version 4, not at 3"), "{said}");
    assert!(said.contains("TaskCompleted #10 by omar came first"), "{said}");
    assert_eq!(export(&place).len(), 10);
    let said = place.refused(3, &["fire", "Task/1", "delete", "--expect", "9"]);
    assert!(said.contains("not yet at 9"), "{said}");
    place.ok(&["fire", "Task/1", "delete", "--expect", "4"]);
}

#[test]
fn of_writers_that_saw_the_same_version_exactly_one_wins() {
    let place = small();
    let codes: Vec<i32> = thread::scope(|scope| {
        let place = &place;
        let racers: Vec<_> = (0..6)
            .map(|racer| {
                scope.spawn(move || {
                    place
                        .run(&["fire", "Task/1", "retitle", &format!("title=by {racer}"), "--expect", "3"])
                        .code
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == 3).count(), 5, "{codes:?}");
    assert_eq!(export(&place).len(), 10);
}

/// A shell that fires command after command, each as soon as the one before is acknowledged.
#[cfg(unix)]
#[test]
fn kill_9_loses_no_acknowledged_event() {
    let place = Place::with("todo");
    place.ok(&["fire", "Task/1", "create", "title=t"]);
    let mut acknowledged: Vec<Value> = Vec::new();
    for round in 0..25u64 {
        // Killed at another moment each time: before the open, in the write, after the commit.
        let text = format!("text={round}");
        let mut child = place
            .command(&["fire", "Task/1", "comment", &text, "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_micros(2_000 + round * 1_700));
        child.kill().unwrap();
        let mut out = String::new();
        child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        child.wait().unwrap();
        acknowledged.extend(out.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()));
    }
    survived(&place, &acknowledged);
    place.ok(&["fire", "Task/1", "complete"]);
}

/// An import appends batch after batch: killed in the middle, it is resumed by running it again.
#[cfg(unix)]
#[test]
fn a_killed_import_leaves_a_whole_log_and_goes_on() {
    const EVENTS: usize = 20_000;
    let place = Place::with("");
    let mut lines = String::new();
    for at in 0..EVENTS {
        let line = json!({
            "aggregate": format!("Thing/{}", at % 300), "type": "Counted", "occurred_at": "2019-04-01T09:00:00Z",
            "data": { "n": at, "pad": "x".repeat(60) },
        });
        lines += &format!("{line}\n");
    }
    place.file("many.jsonl", lines);
    let mut killed_inside = 0;
    let mut before = 0;
    for round in 0..6 {
        let mut child = place.command(&["import", "many.jsonl"]).stdout(Stdio::null()).spawn().unwrap();
        // Wait for the first batches of this round, then strike.
        let start = Instant::now();
        let count =
            || -> i64 { place.sql().query_row("SELECT count(*) FROM events", [], |row| row.get(0)).unwrap() };
        while count() < before + 1000 * (round % 2 + 1) && child.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < Duration::from_secs(100), "the import stands still");
            thread::sleep(Duration::from_millis(3));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let after = count();
        assert!(after >= before, "an append that was visible is gone");
        killed_inside += usize::from(after > before && (after as usize) < EVENTS);
        before = after;
        if round == 1 {
            place.ok(&["verify"]);
        }
    }
    assert!(killed_inside > 0, "no round was struck in the middle");
    let answer = place.one(&["import", "many.jsonl"]);
    assert_eq!(answer["appended"].as_u64().unwrap() + answer["seen"].as_u64().unwrap(), EVENTS as u64);
    let events = export(&place);
    assert_eq!(events.len(), EVENTS);
    for (at, event) in events.iter().enumerate() {
        assert_eq!(event["data"]["n"], json!(at), "each record once and in order");
    }
    place.ok(&["verify"]);
    assert_eq!(place.json(&["replay", "--dry-run"]).pop().unwrap()["differ"], 0);
}

fn survived(place: &Place, acknowledged: &[Value]) {
    let events = export(place);
    for event in acknowledged {
        let position = event["position"].as_u64().unwrap() as usize;
        assert_eq!(events.get(position - 1), Some(event), "an acknowledged event is gone");
    }
    place.ok(&["verify"]);
    assert_eq!(place.json(&["replay", "--dry-run"]).pop().unwrap()["differ"], 0);
}

/// Changes the log as somebody with sqlite3 and bad intentions would.
fn tamper(place: &Place, statements: &str) {
    let sql = place.sql();
    let mut triggers = sql.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").unwrap();
    let triggers: Vec<(String, String)> =
        triggers.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    for (name, _) in &triggers {
        sql.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    sql.execute_batch(statements).unwrap();
    for (_, statement) in &triggers {
        sql.execute_batch(statement).unwrap();
    }
}

#[test]
fn verify_names_the_first_position_that_was_altered() {
    let cases = [
        ("data", "UPDATE events SET data = '{\"tag\":\"TALK\"}' WHERE position = 4", 4),
        ("meta", "UPDATE events SET meta = replace(meta, 'tester', 'nobody') WHERE position = 4", 4),
        ("type", "UPDATE events SET type = (SELECT id FROM types WHERE name = 'TaskCreated') WHERE position = 4", 4),
        ("a type's name", "UPDATE types SET name = 'TaskTugged' WHERE name = 'TaskTagged'", 4),
        ("an aggregate's name", "UPDATE aggregates SET key = '9' WHERE key = '2'", 2),
        ("occurred_at", "UPDATE events SET occurred_at = occurred_at + 1 WHERE position = 4", 4),
        ("recorded_at", "UPDATE events SET recorded_at = recorded_at + 1 WHERE position = 4", 4),
        ("recorded_at backwards", "UPDATE events SET recorded_at = 0 WHERE position = 4", 4),
        ("version", "UPDATE events SET version = 7 WHERE position = 4", 4),
        ("aggregate", "UPDATE events SET aggregate = 3, version = 9 WHERE position = 4", 4),
        ("parent", "UPDATE events SET parent = (SELECT hash FROM events WHERE position = 1) WHERE position = 4", 4),
        ("no parent", "UPDATE events SET parent = NULL WHERE position = 4", 4),
        ("hash", "UPDATE events SET hash = zeroblob(32) WHERE position = 4", 4),
        ("the last event's hash", "UPDATE events SET hash = zeroblob(32) WHERE position = 9", 9),
        ("the first event", "UPDATE events SET data = '{\"title\":\"x\"}' WHERE position = 1", 1),
        ("two of them", "UPDATE events SET data = '{}' WHERE position IN (8, 6)", 6),
        ("removed in the middle", "DELETE FROM events WHERE position = 4", 4),
        ("the first removed", "DELETE FROM events WHERE position = 1", 1),
        (
            "removed in the middle, the rest moved up",
            "DELETE FROM events WHERE position = 4; UPDATE events SET position = position - 1 WHERE position > 4",
            4,
        ),
        (
            "order",
            "UPDATE events SET position = -4 WHERE position = 4; UPDATE events SET position = 4 WHERE position = 5;
             UPDATE events SET position = 5 WHERE position = -4",
            4,
        ),
        ("cut off", "DELETE FROM events WHERE position > 7", 8),
        (
            "cut off, the branch's tip fixed up",
            "DELETE FROM events WHERE position > 7;
             UPDATE branches SET tip_position = 7, tip_hash = (SELECT hash FROM events WHERE position = 7), events = 7",
            8,
        ),
        ("all cut off", "DELETE FROM events", 1),
        ("a branch that is none", "UPDATE events SET branch = 5 WHERE position = 4", 4),
        ("not text", "UPDATE events SET data = CAST(x'ff' AS TEXT) WHERE position = 4", 4),
    ];
    let pristine = small();
    pristine.ok(&["verify"]);
    for (what, statements, position) in cases {
        let place = Place::empty();
        pristine.ok(&["backup", place.store().to_str().unwrap()]);
        tamper(&place, statements);
        let said = place.refused(4, &["verify"]);
        assert!(said.contains(&format!("at position {position}:")), "{what}: {said}");
    }
}

#[test]
fn verify_sees_a_list_that_is_behind_and_replay_mends_it() {
    let place = small();
    tamper(
        &place,
        "DELETE FROM heads WHERE aggregate = 2; UPDATE heads SET state = '{}' WHERE aggregate = 1",
    );
    let answer = place.json(&["replay"]).pop().unwrap();
    assert_eq!((&answer["differ"], &answer["written"]), (&json!(2), &json!(true)));
    assert_eq!(place.json(&["replay", "--dry-run"]).pop().unwrap()["differ"], 0);
    assert_eq!(place.json(&["aggregates"]).len(), 3);
    place.ok(&["verify"]);
}

#[test]
fn a_newer_store_is_refused_and_left_alone() {
    let place = small();
    place.sql().pragma_update(None, "user_version", 99).unwrap();
    let before = fs::read(place.store()).unwrap();
    for verb in [&["aggregates"][..], &["verify"], &["fire", "Task/1", "complete"]] {
        let said = place.refused(1, verb);
        assert!(said.contains("was written by a newer backstory") && said.contains("99"), "{said}");
    }
    assert_eq!(fs::read(place.store()).unwrap(), before);
}

#[test]
fn what_is_no_store_is_refused_with_a_sentence() {
    let place = Place::empty();
    place.file("notes.txt", "this is a text file, and a fairly long one\n");
    place.file("empty.db", "");
    fs::create_dir(place.path("folder")).unwrap();
    Connection::open(place.path("foreign.db"))
        .unwrap()
        .execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
        .unwrap();
    for (name, code, sentence) in [
        ("notes.txt", 1, "is not a backstory store"),
        ("empty.db", 1, "is not a backstory store"),
        ("folder", 1, "is a folder, not a store"),
        ("foreign.db", 1, "This SQLite file is not a backstory store"),
        ("nothing.db", 1, "There is no store at nothing.db"),
    ] {
        for verb in [&["aggregates"][..], &["verify"], &["fire", "Task/1", "complete"], &["log"]] {
            let mut args = vec!["-s", name];
            args.extend(verb);
            let said = place.refused(code, &args);
            assert!(said.contains(sentence), "{name}: {said}");
            assert!(said.contains("hint: ") || name == "folder", "{name}: {said}");
        }
    }
    assert!(!place.path("nothing.db").exists());
    assert_eq!(fs::read(place.path("empty.db")).unwrap(), b"");
}

#[test]
fn a_truncated_store_is_refused_with_a_sentence() {
    let place = Place::demo();
    let whole = fs::read(place.store()).unwrap();
    for part in [100, 4096, 10_000, whole.len() / 2, whole.len() - 4096] {
        let name = format!("cut{part}.db");
        fs::write(place.path(&name), &whole[..part]).unwrap();
        for verb in [&["verify"][..], &["aggregates", "--limit", "1000"], &["log"]] {
            let mut args = vec!["-s", &name];
            args.extend(verb);
            let ran = place.run(&args);
            assert!(!ran.err.contains("panicked") && ran.code != 101, "{args:?}: {}", ran.err);
            if verb[0] == "verify" {
                assert!(matches!(ran.code, 1 | 4), "{args:?} ended with {}: {}", ran.code, ran.err);
                assert!(ran.err.starts_with("backstory: "), "{}", ran.err);
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn a_read_only_store_is_read_and_refuses_to_be_written() {
    use std::os::unix::fs::PermissionsExt;
    let place = small();
    let folder = place.path("");
    let mode =
        |path: &std::path::Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let before = fs::read(place.store()).unwrap();
    mode(&place.store(), 0o444);
    mode(&folder, 0o555);
    let root = fs::File::create(place.path("probe")).is_ok();
    let list = place.json(&["aggregates"]);
    let fire = place.run(&["fire", "Task/1", "complete"]);
    mode(&folder, 0o755);
    assert_eq!(list.len(), 3);
    if root {
        eprintln!("skipped in part: root may write anywhere, so a read-only folder means nothing");
        return;
    }
    assert_eq!(fire.code, 1);
    assert!(fire.err.contains("can only be read"), "{}", fire.err);
    assert_eq!(fs::read(place.store()).unwrap(), before);
}

#[test]
fn a_writer_waits_for_another_and_a_reader_does_not() {
    let place = small();
    let sql = place.sql();
    sql.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(place.json(&["aggregates"]).len(), 3);
    let mut child = place
        .command(&["fire", "Task/1", "complete", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "it writes in spite of the lock");
    sql.execute("COMMIT", params![]).unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["position"], 10);
}

#[test]
fn two_programs_may_create_the_same_store_at_once() {
    for _ in 0..4 {
        let place = Place::empty();
        let codes: Vec<i32> = thread::scope(|scope| {
            let place = &place;
            let makers: Vec<_> = (0..3).map(|_| scope.spawn(move || place.run(&["init"]).code)).collect();
            makers.into_iter().map(|maker| maker.join().unwrap()).collect()
        });
        assert!(codes.iter().all(|code| *code < 2) && codes.contains(&0), "{codes:?}");
        place.ok(&["verify"]);
    }
}
