//! `import --follow`: one process appends what others write to a log. No test depends on how long anything takes.
#![cfg(unix)]

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use crate::program::Place;

/// It names no delivery: what was read is known by where it stood.
const MAP: &str = "[import]\ntype = '\"T\"'\nid = '.id'\nevent = '\"Seen\"'\nat = '.at'\n";

/// Far more than anything here takes.
const LONG: Duration = Duration::from_secs(120);

fn line(id: &str) -> String {
    format!("{{\"id\":\"{id}\",\"at\":\"2024-01-01T00:00:00Z\"}}\n")
}

fn write(place: &Place, name: &str, text: &str) {
    let mut file = OpenOptions::new().create(true).append(true).open(place.path(name)).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// The ids of all records in the store, in its order.
fn ids(place: &Place) -> Vec<String> {
    let id = |event: &Value| event["aggregate"].as_str().unwrap().trim_start_matches("T/").to_owned();
    place.json(&["log", "--reverse"]).iter().map(id).collect()
}

struct Follower {
    child: Child,
    lines: Receiver<String>,
}

impl Follower {
    fn start(place: &Place, args: &[&str], stdin: Stdio) -> Self {
        let args = [&["import", "--map", "m.toml", "--follow", "--json"], args].concat();
        let mut command = place.command(&args);
        let mut child = command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, lines }
    }

    fn next(&mut self) -> Value {
        let Ok(line) = self.lines.recv_timeout(LONG) else {
            let mut said = String::new();
            self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("it ended: {said}");
        };
        serde_json::from_str(&line).unwrap()
    }

    /// Waits until so many more events were appended.
    fn appended(&mut self, mut count: u64) {
        while count > 0 {
            count -= self.next()["appended"].as_u64().unwrap();
        }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Its last words, and how it ended.
    fn end(mut self) -> (Value, Option<i32>, String) {
        let last = self.lines.iter().last().map_or(Value::Null, |line| serde_json::from_str(&line).unwrap());
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (last, self.child.wait().unwrap().code(), said)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_comes_is_appended_once_through_rotation_and_restarts() {
    let place = Place::empty();
    place.file("m.toml", MAP);
    write(&place, "log.jsonl", &(line("a") + &line("b")));
    let mut follower = Follower::start(&place, &["log.jsonl"], Stdio::null());
    follower.appended(2);
    write(&place, "log.jsonl", &line("c"));
    follower.appended(1);
    // Renamed, with a last word in the old one.
    write(&place, "log.jsonl", &line("d"));
    fs::rename(place.path("log.jsonl"), place.path("log.jsonl.1")).unwrap();
    write(&place, "log.jsonl", &line("e"));
    follower.appended(2);
    // Copied away and cut off. Whoever copies stops nobody from writing: the end of the old one comes first.
    fs::copy(place.path("log.jsonl"), place.path("log.jsonl.2")).unwrap();
    fs::write(place.path("log.jsonl"), line("f!")).unwrap();
    follower.appended(1);
    follower.signal("-TERM");
    let (total, code, said) = follower.end();
    assert_eq!((code, said.as_str()), (Some(0), ""));
    assert_eq!(
        (&total["total"], &total["records"], &total["appended"]),
        (&true.into(), &6.into(), &6.into())
    );
    let kept = fs::read(place.store()).unwrap();
    // Nobody reads while it is written and rotated.
    write(&place, "log.jsonl", &line("g"));
    fs::rename(place.path("log.jsonl"), place.path("log.jsonl.1")).unwrap();
    write(&place, "log.jsonl", &line("h"));
    let mut follower = Follower::start(&place, &["./log.jsonl"], Stdio::null());
    follower.appended(2);
    follower.signal("-INT");
    let (total, code, _) = follower.end();
    assert_eq!((code, &total["records"]), (Some(0), &2.into()), "{total}");
    assert_eq!(ids(&place), ["a", "b", "c", "d", "e", "f!", "g", "h"]);
    // An older store was brought back: what it lacks comes again, as far as it is there.
    fs::write(place.store(), kept).unwrap();
    let mut follower = Follower::start(&place, &["log.jsonl"], Stdio::null());
    follower.appended(1);
    follower.signal("-INT");
    follower.end();
    assert_eq!(ids(&place), ["a", "b", "c", "d", "e", "f!", "h"]);
}

#[test]
fn a_pipe_is_followed_to_its_end_with_a_last_line_that_has_none() {
    let place = Place::empty();
    place.file("m.toml", MAP);
    let mut follower = Follower::start(&place, &["-"], Stdio::piped());
    let mut pipe = follower.child.stdin.take().unwrap();
    pipe.write_all(line("a").as_bytes()).unwrap();
    follower.appended(1);
    pipe.write_all(format!("{}{}", line("b"), line("c").trim_end()).as_bytes()).unwrap();
    drop(pipe);
    let (total, code, said) = follower.end();
    assert_eq!((code, &total["records"], &total["bad"]), (Some(0), &3.into(), &0.into()), "{said}");
    assert_eq!(ids(&place), ["a", "b", "c"]);
    // A document is one when it has ended.
    let mut follower = Follower::start(&place, &["-"], Stdio::piped());
    let mut pipe = follower.child.stdin.take().unwrap();
    pipe.write_all(b"[{\"id\":\"x\",\n\"at\":0},\n").unwrap();
    pipe.flush().unwrap();
    pipe.write_all(b"{\"id\":\"y\",\"at\":1}]").unwrap();
    drop(pipe);
    let (total, code, said) = follower.end();
    assert_eq!((code, &total["appended"]), (Some(0), &2.into()), "{said}");
}

#[test]
fn a_named_pipe_is_a_file_and_a_mapping_too() {
    let place = Place::empty();
    for name in ["log", "map", "guessed"] {
        assert!(Command::new("mkfifo").arg(place.path(name)).status().unwrap().success());
    }
    let put = |name: &str, text: String| {
        let path = place.path(name);
        std::thread::spawn(move || File::create(path).unwrap().write_all(text.as_bytes()).unwrap())
    };
    let writers = [put("log", line("a") + &line("b")), put("map", MAP.to_owned())];
    let said = place.ok(&["import", "log", "--map", "map"]);
    assert!(said.contains("2 records: 2 events appended"), "{said}");
    let guessed = put("guessed", (0..9).map(|n| line(&format!("{}", n % 3))).collect());
    let said = place.ok(&["map", "guessed", "--guess"]);
    assert!(said.contains("guessed from all 9 records") && said.contains("at = '.at'"), "{said}");
    for writer in writers.into_iter().chain([guessed]) {
        writer.join().unwrap();
    }
}

#[test]
fn a_table_is_followed_also_before_its_rows_are_in_the_file() {
    let place = Place::empty();
    place.file("m.toml", MAP);
    let database = rusqlite::Connection::open(place.path("app.db")).unwrap();
    database
        .execute_batch(
            "PRAGMA journal_mode = WAL; CREATE TABLE audit (id TEXT, at TEXT);
             INSERT INTO audit VALUES ('a', '2024-01-01T00:00:00Z')",
        )
        .unwrap();
    let mut follower = Follower::start(&place, &["app.db", "--table", "audit"], Stdio::null());
    follower.appended(1);
    database.execute("INSERT INTO audit VALUES ('b', '2024-01-01T00:00:01Z')", []).unwrap();
    follower.appended(1);
    follower.signal("-INT");
    let (total, code, _) = follower.end();
    assert_eq!((code, &total["appended"], &total["bad"]), (Some(0), &2.into(), &0.into()), "{total}");
    assert_eq!(ids(&place), ["a", "b"]);
}

#[test]
fn a_bad_record_ends_it_unless_it_may_be_left() {
    let place = Place::empty();
    place.file("m.toml", MAP);
    write(&place, "log.jsonl", &line("a"));
    let mut strict = Follower::start(&place, &["log.jsonl"], Stdio::null());
    strict.appended(1);
    write(&place, "log.jsonl", "{\"id\":\"b\"}\n");
    let (_, code, said) = strict.end();
    assert!(code == Some(1) && said.contains("log.jsonl:2: ") && said.contains("--skip-bad"), "{said}");
    let mut lenient = Follower::start(&place, &["log.jsonl", "--skip-bad"], Stdio::null());
    let bad = lenient.next();
    assert_eq!((&bad["records"], &bad["bad"]), (&1.into(), &1.into()), "{bad}");
    write(&place, "log.jsonl", &line("c"));
    lenient.appended(1);
    lenient.signal("-INT");
    assert_eq!(lenient.end().0["bad"], 1);
    assert_eq!(ids(&place), ["a", "c"]);
    assert!(place.refused(1, &["import", "none.jsonl", "--map", "m.toml", "--follow"]).contains("no file"));
    assert!(place.refused(2, &["import", "log.jsonl", "--follow", "--try", "2"]).contains("cannot be used"));
}

const NUMBERED: &str =
    "[import]\ntype = '\"T\"'\nid = '.id'\nevent = '\"Seen\"'\nat = '.at'\nversion = '.v'\nkey = '.v'\n";

fn numbered(version: u32) -> String {
    format!("{{\"id\":\"a\",\"v\":{version},\"at\":\"2024-01-01T00:00:00Z\"}}\n")
}

/// The numbers of the events, in the order of the log.
fn numbers(place: &Place) -> Vec<u64> {
    let number = |event: &Value| event["data"]["v"].as_u64().unwrap();
    place.json(&["log", "--reverse"]).iter().map(number).collect()
}

fn notices(answer: &Value) -> Vec<&str> {
    answer["notes"].as_array().unwrap().iter().map(|note| note["what"].as_str().unwrap()).collect()
}

#[test]
fn what_lacks_its_predecessor_waits_for_it_also_while_nobody_follows() {
    for mode in ["", "mode = \"snapshots\"\n"] {
        let place = Place::empty();
        place.file("m.toml", format!("{NUMBERED}wait = 3600\n{mode}"));
        write(&place, "in.jsonl", &numbered(1));
        let mut follower = Follower::start(&place, &["in.jsonl"], Stdio::null());
        follower.appended(1);
        write(&place, "in.jsonl", &(numbered(4) + &numbered(3)));
        let answer = follower.next();
        assert_eq!((&answer["records"], &answer["waiting"]), (&Value::from(0), &Value::from(2)), "{answer}");
        // They wait in what is noted beside the store.
        follower.signal("-9");
        follower.end();
        assert_eq!(numbers(&place), [1]);
        let mut follower = Follower::start(&place, &["in.jsonl"], Stdio::null());
        write(&place, "in.jsonl", &numbered(2));
        let answer = follower.next();
        assert_eq!((&answer["records"], &answer["appended"]), (&Value::from(3), &Value::from(3)), "{answer}");
        assert_eq!(numbers(&place), [1, 2, 3, 4]);
        assert!(notices(&answer).is_empty(), "{answer}");
        // Where the reading ends, what waits is taken.
        write(&place, "in.jsonl", &numbered(6));
        assert_eq!(follower.next()["waiting"], 1);
        follower.signal("-TERM");
        let (last, code, said) = follower.end();
        assert_eq!((&last["appended"], code), (&Value::from(4), Some(0)), "{said}");
        assert_eq!(numbers(&place), [1, 2, 3, 4, 6]);
    }
}

#[test]
fn what_waited_long_enough_is_taken_as_a_gap_and_what_then_comes_is_late_or_refused() {
    for (late, appended) in [("append", 1), ("refuse", 0)] {
        let place = Place::empty();
        place.file("m.toml", format!("{NUMBERED}wait = 0.3\nlate = \"{late}\"\n"));
        write(&place, "in.jsonl", &numbered(1));
        let mut follower = Follower::start(&place, &["in.jsonl", "--skip-bad"], Stdio::null());
        follower.appended(1);
        write(&place, "in.jsonl", &numbered(3));
        assert_eq!(follower.next()["waiting"], 1);
        let answer = follower.next();
        assert_eq!((&answer["appended"], notices(&answer)), (&Value::from(1), vec!["gap"]), "{answer}");
        write(&place, "in.jsonl", &numbered(2));
        let answer = follower.next();
        assert_eq!(
            (&answer["appended"], &answer["bad"]),
            (&Value::from(appended), &Value::from(1 - appended))
        );
        let end = [1, 3, 2].into_iter().take(2 + appended as usize);
        assert_eq!(numbers(&place), end.collect::<Vec<u64>>());
        follower.signal("-TERM");
        follower.end();
    }
}

#[test]
fn a_log_that_nobody_writes_to_waits_for_nothing() {
    let place = Place::empty();
    place.file("m.toml", NUMBERED);
    write(&place, "in.jsonl", &(numbered(7) + &numbered(9)));
    let file = File::options().append(true).open(place.path("in.jsonl")).unwrap();
    file.set_modified(std::time::SystemTime::now() - Duration::from_secs(60)).unwrap();
    let mut follower = Follower::start(&place, &["in.jsonl"], Stdio::null());
    let answer = follower.next();
    assert_eq!((&answer["appended"], notices(&answer)), (&Value::from(2), vec!["gap"]), "{answer}");
    follower.signal("-TERM");
    follower.end();
}
