//! What the store promises: an append-only log without gaps, chained, safe under many writers and sudden death.
#![allow(clippy::format_collect, clippy::format_push_string, reason = "short tests read better")]

mod refused;
mod writers;

use backstory::clock::Clock;
use backstory::event::Time;
use backstory::session::{Fire, Open, Session, Target};
use rusqlite::Connection;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::program::Place;

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
        seen: backstory::event::Looked::new(),
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
            seen: backstory::event::Looked::new(),
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
