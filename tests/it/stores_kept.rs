//! Another program's store while that program goes on: what is new is taken, what changed behind one's back is named, and a
//! day's work leaves its file as it was.

use backstory::clock::Clock;
use backstory::session::{Source, Sources};

use crate::program::Place;
use crate::stores::{change, database, events, files, opened};

/// One more event of Rails Event Store, with a number.
fn publish(number: i64) -> String {
    format!(
        "INSERT INTO event_store_events VALUES ({number}, 'e{number}', 'OrderPaid', '{{}}', '{{\"n\": {number}}}',
           '2026-11-27 00:00:00', NULL);
         INSERT INTO event_store_events_in_streams (stream, position, event_id, created_at)
           VALUES ('Order$1', {number}, 'e{number}', '2026-11-27 00:00:00');"
    )
}

#[track_caller]
fn took(source: &Source, appended: usize, records: u64) {
    let taken = source.take_new(Clock::System, "tester", &mut |_| true).unwrap();
    assert_eq!((taken.appended, taken.report.records, taken.report.bad_count), (appended, records, 0));
}

#[test]
fn only_what_is_behind_what_was_read_is_read_and_what_stands_before_it_is_found_all_the_same() {
    let place = Place::empty();
    let path = database(&place, "rails_event_store-json");
    let source = opened(&place, &path);
    took(&source, 0, 0);
    change(&path, &publish(10));
    took(&source, 1, 1);
    // A number that was left open until then: everything is looked at.
    change(&path, &publish(7));
    took(&source, 1, 7);
    // A link of an old event into another stream is no other event.
    change(
        &path,
        "INSERT INTO event_store_events_in_streams (stream, position, event_id, created_at)
         SELECT 'Late$1', NULL, event_id, created_at FROM event_store_events WHERE id = 1",
    );
    took(&source, 0, 0);
    let orders: Vec<_> = events(&place, &source)
        .iter()
        .map(|event| event["meta"]["source"]["order"].as_i64().unwrap())
        .collect();
    assert_eq!(orders, [1, 2, 3, 4, 5, 10, 7]);
    let late = source.out_of_order(Clock::System).unwrap();
    assert_eq!((late.len(), late[0].order, late[0].behind, late[0].position), (1, 7, 10, 7));
    assert!(late[0].took >= 0);
    let named = source.check(Clock::System, &mut |_| true).unwrap();
    assert_eq!((named.records, named.new, named.changed.0, named.vanished.0), (7, 0, 0, 0));
}

#[test]
fn what_changed_or_vanished_behind_one_s_back_is_named_and_nothing_is_taken() {
    let place = Place::empty();
    let path = database(&place, "audited-json");
    let home = place.path("data");
    let sources = Sources::within(home.join("backstory/sources"));
    let source = sources.read(std::slice::from_ref(&path), None).unwrap();
    took(&source, 6, 6);
    let verb = |args: &[&str]| {
        let ran = place.command(args).env("XDG_DATA_HOME", &home).output().unwrap();
        (ran.status.code(), String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap())
    };
    let name = "audited-json";
    let (code, out, _) = verb(&["source", "check", name]);
    assert_eq!((code, out.as_str()), (Some(0), "6 records: 0 not read yet, 0 changed, 0 vanished.\n"));
    let (_, out, _) = verb(&["source", "gaps", name]);
    assert_eq!(out, "Everything came in the order of its numbers.\n");
    change(
        &path,
        "UPDATE audits SET audited_changes = '{\"title\": [1, 2]}' WHERE id = 2; DELETE FROM audits WHERE id = 3;
         INSERT INTO audits SELECT 9, auditable_id, auditable_type, associated_id, associated_type, user_id, user_type,
           username, action, audited_changes, 9, comment, remote_address, request_uuid, created_at FROM audits WHERE id = 6",
    );
    let (code, out, err) = verb(&["source", "check", name]);
    assert_eq!(code, Some(1));
    assert!(out.contains("changed  #2 Task/1@2  audits:2"), "{out}");
    assert!(out.contains("vanished  #3 Task/2@1  audits:3"), "{out}");
    assert!(out.ends_with("6 records: 1 not read yet, 1 changed, 1 vanished.\n"), "{out}");
    assert!(err.contains("does not say any more what was read of it"), "{err}");
    let (_, json, _) = verb(&["source", "check", name, "--json"]);
    assert!(json.contains("\"changed\":1,\"vanished\":1"), "{json}");
    assert_eq!(events(&place, &source).len(), 6);
    // A source can still be shown and renamed.
    assert_eq!(verb(&["source", name, "other"]).0, Some(0));
    assert!(verb(&["source"]).1.contains("other"));
}

#[test]
fn a_day_s_work_over_a_store_leaves_its_file_as_it_was() {
    let place = Place::empty();
    let path = database(&place, "rails_event_store-yaml");
    change(&path, "PRAGMA journal_mode = WAL");
    let before = files(&place.path("."));
    let source = opened(&place, &path);
    let store = source.store().display().to_string();
    for verb in [
        &["aggregates"][..],
        &["log"],
        &["log", "--graph"],
        &["show", "1"],
        &["state", "Order/1"],
        &["diff", "Order/1@1", "Order/1@2"],
        &["blame", "Order/1"],
        &["find", ".order_id == 1"],
        &["trace", "1"],
        &["links", "1"],
        &["races"],
        &["order", "Order/1", "--by", "occurred"],
        &["branch", "what-if"],
        &["-b", "what-if", "fire", "Order/1", "OrderPaid", "order_id:=1"],
        &["diff", "main:Order/1", "what-if:Order/1"],
        &["waypoint", "here", "2"],
        &["note", "1", "looked at"],
        &["catalogue"],
        &["verify", "--all"],
        &["replay"],
        &["export"],
        &["backup", "copy.bak"],
        &["op", "log"],
        &["undo", "--dry-run"],
    ] {
        let args = [&["-s", &store], verb].concat();
        let ran = place.run(&args);
        assert!((0..=1).contains(&ran.code) && !ran.err.contains("panicked"), "{verb:?}: {ran:?}");
    }
    std::fs::remove_file(place.path("copy.bak")).unwrap();
    assert_eq!(files(&place.path(".")), before);
}

#[test]
fn a_store_that_is_read_keeps_its_program_waiting_for_nothing() {
    let place = Place::empty();
    let path = database(&place, "rails_event_store-json");
    for number in 100..1300 {
        change(&path, &publish(number));
    }
    let sources = Sources::within(place.path("sources"));
    let source = sources.read(std::slice::from_ref(&path), None).unwrap();
    let (program, mut written) = (rusqlite::Connection::open(&path).unwrap(), 0);
    program.busy_timeout(std::time::Duration::ZERO).unwrap();
    let taken = source.take_new(Clock::System, "tester", &mut |_| {
        if written < 3 {
            written += 1;
            program.execute_batch(&publish(5000 + written)).unwrap();
        }
        true
    });
    // What is written before the rows were put aside is among them.
    let appended = taken.unwrap().appended;
    assert_eq!(written, 3);
    let rest = source.take_new(Clock::System, "tester", &mut |_| true).unwrap();
    assert_eq!((appended + rest.appended, rest.report.bad_count), (1208, 0));
}

#[test]
fn read_anew_what_came_late_stands_in_its_place_and_what_was_put_beside_it_stays() {
    let place = Place::empty();
    let path = database(&place, "rails_event_store-json");
    let home = place.path("data");
    let sources = Sources::within(home.join("backstory/sources"));
    let source = sources.read(std::slice::from_ref(&path), None).unwrap();
    took(&source, 5, 5);
    for number in [10, 7] {
        change(&path, &publish(number));
        source.take_new(Clock::System, "tester", &mut |_| true).unwrap();
    }
    let store = source.store().display().to_string();
    place.ok(&["-s", &store, "branch", "what-if"]);
    place.ok(&["-s", &store, "-b", "what-if", "fire", "Order/1", "OrderPaid", "n:=1"]);
    place.ok(&["-s", &store, "note", "2", "looked at"]);
    let verb = |args: &[&str]| {
        let ran = place.command(args).env("XDG_DATA_HOME", &home).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
        String::from_utf8(ran.stdout).unwrap()
    };
    let said = verb(&["source", "read", &source.name]);
    assert!(said.contains("7 records: 7 events appended"), "{said}");
    assert!(said.contains("Carried over: 1 branch, 1 event on it, 1 note."), "{said}");
    let read = sources.named(&source.name).unwrap();
    let orders: Vec<_> = events(&place, &read)
        .iter()
        .map(|event| event["meta"]["source"]["order"].as_i64().unwrap())
        .collect();
    assert_eq!(orders, [1, 2, 3, 4, 5, 7, 10]);
    assert_eq!(read.out_of_order(Clock::System).unwrap(), []);
    assert_eq!(sources.list().unwrap().len(), 1);
    took(&read, 0, 0);
}

#[test]
fn a_table_that_grows_a_column_and_one_that_is_empty_are_read_on() {
    let place = Place::empty();
    let path = database(&place, "rails_event_store-json");
    change(&path, "DELETE FROM event_store_events; DELETE FROM event_store_events_in_streams");
    let source = opened(&place, &path);
    assert_eq!(source.adapter(), Some("rails_event_store"));
    change(&path, &publish(1));
    took(&source, 1, 1);
    change(&path, "ALTER TABLE event_store_events ADD COLUMN region TEXT DEFAULT 'eu'");
    took(&source, 0, 0);
    let more = publish(2).replace("NULL);\n", "NULL, 'us');\n");
    change(&path, &more);
    took(&source, 1, 1);
    let checked = source.check(Clock::System, &mut |_| true).unwrap();
    assert_eq!((checked.records, checked.changed.0, checked.vanished.0), (2, 0, 0));
    // How it is read can be mended like any log.
    let (guess, in_use) = source.guess().unwrap();
    assert!(guess.mapping(&in_use, &in_use.answers).unwrap().contains("[store.tables.links]"));
    let tried = source.try_mapping(source_mapping(&source).as_str(), 1).unwrap();
    assert_eq!(tried.len(), 1);
}

fn source_mapping(source: &Source) -> String {
    std::fs::read_to_string(source.mapping_name().unwrap()).unwrap()
}

#[test]
fn a_row_that_is_too_large_is_named_and_the_others_are_read() {
    let place = Place::empty();
    let path = database(&place, "audited-json");
    change(
        &path,
        "INSERT INTO audits SELECT 7, auditable_id, auditable_type, associated_id, associated_type, user_id, user_type,
           username, action, 'x' || hex(zeroblob(40000000)), 9, comment, remote_address, request_uuid, created_at
         FROM audits WHERE id = 6",
    );
    let sources = Sources::within(place.path("sources"));
    let source = sources.read(&[path], None).unwrap();
    let taken = source.take_new(Clock::System, "tester", &mut |_| true).unwrap();
    assert_eq!((taken.appended, taken.report.bad_count), (6, 1));
    assert!(taken.report.bad[0].reason.contains("is larger than 64 MB"), "{:?}", taken.report.bad);
}
