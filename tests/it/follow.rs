//! `log --follow`: one process reads what others append. No test depends on how long anything takes.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use crate::program::Place;

const DOMAIN: &str = r#"
[domain]
name = "notes"

[aggregate.Task.event.Added]
apply = '.text = $data.text'
[aggregate.Task.event.Noted]
apply = '.text = $data.text'
[aggregate.Task.command.add]
creates = true
params = { text = "string" }
emit = 'event("Added"; $params)'
[aggregate.Task.command.note]
params = { text = "string" }
emit = 'event("Noted"; $params)'
"#;

/// Far more than anything here takes.
const LONG: Duration = Duration::from_secs(120);

/// A store with Task/1 and Task/2, and so many notes on the first.
fn noted(notes: usize) -> Place {
    let place = Place::empty();
    place.file("notes.toml", DOMAIN);
    place.ok(&["init", "--domain", "notes.toml"]);
    place.ok(&["fire", "Task", "add", "text=one"]);
    place.ok(&["fire", "Task", "add", "text=two"]);
    for note in 0..notes {
        fire(&place, "Task/1", &format!("old {note}"));
    }
    place
}

fn fire(place: &Place, task: &str, text: &str) {
    place.ok(&["fire", task, "note", &format!("text={text}")]);
}

/// A process that follows, and its lines as they come.
struct Follower {
    child: Child,
    lines: Receiver<String>,
}

impl Follower {
    fn start(place: &Place, args: &[&str]) -> Self {
        let args = [&["log", "--json"], args].concat();
        let mut child = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            // Where nobody waits for the lines any more the pipe is closed.
            out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { child, lines }
    }

    /// The text of the next event.
    fn next(&self) -> String {
        let line = self.lines.recv_timeout(LONG).unwrap();
        let event: Value = serde_json::from_str(&line).unwrap();
        event["data"]["text"].as_str().unwrap().to_owned()
    }

    /// Its exit code and what it said, once it has ended.
    fn end(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (self.child.wait().unwrap().code(), said)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn what_is_appended_comes_below_what_is_there() {
    let place = noted(12);
    let (ten, two) =
        (Follower::start(&place, &["--follow"]), Follower::start(&place, &["--follow", "--limit", "2"]));
    for note in 2..12 {
        assert_eq!(ten.next(), format!("old {note}"));
    }
    assert_eq!((two.next(), two.next()), ("old 10".into(), "old 11".into()));
    fire(&place, "Task/1", "new");
    assert_eq!((ten.next(), two.next()), ("new".into(), "new".into()));
    // Several at once, and none of them twice.
    place.file(
        "more.jsonl",
        (0..600)
            .map(|n| {
                format!(r#"{{"aggregate":"Task/2","type":"Noted","occurred_at":"2030-01-01T00:00:00Z","data":{{"text":"many {n}"}}}}"#) + "\n"
            })
            .collect::<String>(),
    );
    place.ok(&["import", "more.jsonl"]);
    for n in 0..600 {
        assert_eq!(two.next(), format!("many {n}"));
    }
    fire(&place, "Task/1", "last");
    assert_eq!(two.next(), "last");
}

#[test]
fn what_comes_is_filtered_as_what_is_there() {
    let place = noted(1);
    let follow = |filter: &[&str]| {
        let follower = Follower::start(&place, &[filter, &["--follow"]].concat());
        // It has begun once it shows what is there.
        while follower.next() != "old 0" {}
        follower
    };
    let followers = [
        follow(&["--type", "Noted"]),
        follow(&["--actor", "tester"]),
        follow(&["--grep", "old"]),
        follow(&["--where", ".text | test(\"old\")"]),
        follow(&["Task/1"]),
        follow(&["Task/1", "--where", ".text | test(\"old\")"]),
        follow(&["main", "--type", "Noted", "--grep", "old"]),
    ];
    place.ok(&["fire", "Task", "add", "text=neither", "--actor", "other"]);
    place.ok(&["branch", "aside"]);
    place.ok(&["-b", "aside", "fire", "Task/1", "note", "text=old, aside"]);
    for follower in &followers {
        assert!(follower.lines.try_recv().is_err());
    }
    for round in 1..4 {
        fire(&place, "Task/1", &format!("old {round}"));
        for follower in &followers {
            assert_eq!(follower.next(), format!("old {round}"));
        }
    }
    let aside = Follower::start(&place, &["aside", "--follow", "--limit", "1"]);
    assert_eq!(aside.next(), "old, aside");
    place.ok(&["-b", "aside", "fire", "Task/1", "note", "text=old, again"]);
    assert_eq!(aside.next(), "old, again");
}

#[test]
fn the_first_that_comes_ends_it_and_none_that_was_there() {
    let place = noted(3);
    for wait in
        [&["--first"][..], &["Task/2", "--follow", "--first"], &["Task/2", "--first", "--grep", "done"]]
    {
        fire(&place, "Task/2", "done before");
        let args = [wait, &["--where", ".text | test(\"done\")"]].concat();
        let mut follower = Follower::start(&place, &args);
        // It says nothing before the first, so that nobody knows when it begins to wait.
        let mut tries = 0;
        while follower.child.try_wait().unwrap().is_none() {
            fire(&place, "Task/2", "still open");
            fire(&place, "Task/2", "done now");
            tries += 1;
            assert!(tries < 2_000, "it still waits");
        }
        assert_eq!(follower.next(), "done now");
        assert!(follower.lines.recv_timeout(LONG).is_err(), "more than one");
        assert_eq!(follower.end(), (Some(0), String::new()));
    }
}

#[test]
fn a_filter_that_fails_on_what_comes_is_told_once() {
    let place = noted(1);
    let mut follower = Follower::start(
        &place,
        &["--follow", "--where", ".text | if test(\"new\") then error(\"no\") else true end"],
    );
    while follower.next() != "old 0" {}
    for _ in 0..2 {
        fire(&place, "Task/1", "new");
        fire(&place, "Task/1", "old");
        assert_eq!(follower.next(), "old");
    }
    follower.child.kill().unwrap();
    let (_, said) = follower.end();
    assert_eq!(said.matches("note: The filter fails on ").count(), 1, "{said}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_and_a_closed_pipe_end_it_without_a_word() {
    let place = noted(1);
    let follower = Follower::start(&place, &["--follow"]);
    while follower.next() != "old 0" {}
    let id = follower.child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(follower.end(), (Some(130), String::new()));

    let args = ["log", "--follow", "--limit", "1"];
    let mut child = place.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(line.contains("Noted"), "{line}");
    drop(out);
    fire(&place, "Task/1", "unread");
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said), (Some(0), String::new()));
}

#[test]
fn what_cannot_be_followed_is_refused() {
    let place = noted(2);
    for more in [&["--count-by", ".text"][..], &["--reverse"], &["--graph"]] {
        for follow in ["--follow", "--first"] {
            let said = place.refused(2, &[&["log", follow], more].concat());
            assert!(said.contains("cannot be used with"), "{said}");
        }
    }
    place.refused(2, &["log", "--first", "--limit", "3"]);
    for (past, whole) in [("Task/1@1", "Task/1"), ("1", "Task/1"), ("2016-03-08", "main")] {
        let said = place.refused(2, &["log", past, "--follow"]);
        assert!(said.contains(&format!("hint: `backstory log {whole} --follow`")), "{said}");
    }
    place.refused(2, &["log", "--follow", "--where", ".text |"]);
    // On everything that is there, it is a mistake as without following.
    place.refused(1, &["log", "--follow", "--where", ".text[]"]);
}
