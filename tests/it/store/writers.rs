//! Many programs write one store, and some of them die of it: nothing is lost, nothing is there twice.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use backstory::clock::Clock;
use backstory::event::Time;
use backstory::session::{Open, Point, Session};
use rusqlite::params;
use serde_json::{Value, json};

use super::{export, small};
use crate::program::Place;

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

/// Between a look at whether the store is free and the write itself another program may begin.
#[test]
fn a_write_that_is_not_to_wait_is_not_made_where_another_program_is_writing() {
    let place = small();
    let clock = Clock::Fixed(Time::parse("2019-05-02T09:00:00Z").unwrap());
    let open = Open { path: place.store(), branch: "main".to_owned(), clock };
    let mut session = Session::open(&open).unwrap();
    let name = |session: &mut Session, name: &str| session.name_point(name, &Point::store("main", 1), "mira");
    let sql = place.sql();
    sql.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(!session.is_free().unwrap());
    assert!(session.unless_held(|session| name(session, "one")).unwrap().is_none());
    session.hurry();
    assert!(name(&mut session, "two").is_err() && session.was_held());
    sql.execute_batch("ROLLBACK").unwrap();
    // Nothing is left of it, and what follows begins at once.
    assert!(!session.was_held() && session.is_free().unwrap());
    assert!(session.unless_held(|session| name(session, "one")).unwrap().is_some());
    name(&mut session, "two").unwrap();
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
