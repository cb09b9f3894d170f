//! Cases: records that go to somebody else in one file, and come back as they were.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::program::Place;

/// The lines of a case.
fn lines(place: &Place, name: &str) -> Vec<String> {
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(place.path(name)).unwrap()).read_to_string(&mut text).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// A case with these lines, and an end that fits them.
fn made(place: &Place, name: &str, lines: &[String]) {
    use sha2::{Digest as _, Sha256};
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let sum: String = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
    zipped(place, name, &format!("{text}{}\n", json!({ "end": lines.len(), "sha256": sum })));
}

fn zipped(place: &Place, name: &str, text: &str) {
    let mut out = GzEncoder::new(std::fs::File::create(place.path(name)).unwrap(), Compression::default());
    out.write_all(text.as_bytes()).unwrap();
    out.finish().unwrap();
}

fn of_case(place: &Place, args: &[&str]) -> Vec<Value> {
    place.json(&[&["-s", "lost.case"], args].concat())
}

/// Without the numbers of notes, which are those of operations in their store.
fn unnumbered(mut values: Vec<Value>) -> Vec<Value> {
    for value in &mut values {
        value.as_object_mut().unwrap().remove("note");
        for note in value["notes"].as_array_mut().into_iter().flatten() {
            note.as_object_mut().unwrap().remove("note");
        }
        let none = value["notes"].is_null();
        value.as_object_mut().unwrap().retain(|name, _| name != "notes" || !none);
    }
    values
}

#[test]
fn a_case_says_what_its_store_says_of_its_records() {
    let place = Place::demo();
    place.ok(&["note", "Task/42@3", "who asked?"]);
    place.ok(&["note", "Task/9@1", "not in the case"]);
    place.ok(&["waypoint", "asked", "Task/42@3"]);
    let written = place.one(&["case", "write", "lost.case", "Task/42", "Task/7@2"]);
    let log = |args: &[&str]| place.json(args);
    let events: Vec<Value> = [log(&["log", "Task/42"]), log(&["log", "Task/7@2"])].concat();
    assert_eq!((&written["events"], &written["records"]), (&json!(events.len()), &json!(2)));
    assert_eq!((&written["beside"], &written["written"]), (&json!(2), &json!(true)));
    let left_out = written["left_out"].as_i64().unwrap();
    assert!(left_out > 100, "{written}");
    // Every reading verb says the same, hashes and positions included.
    for args in [
        &["log", "Task/42"][..],
        &["log", "Task/7"],
        &["state", "Task/42"],
        &["state", "Task/42@2"],
        &["blame", "Task/42"],
        &["diff", "Task/42@1", "Task/42@4"],
        &["find", ".assignee == \"omar\"", "Task/42"],
        &["waypoint"],
    ] {
        let args: Vec<&str> =
            args.iter().map(|arg| if *arg == "Task/7" { "Task/7@2" } else { arg }).collect();
        assert_eq!(unnumbered(of_case(&place, &args)), unnumbered(place.json(&args)), "{args:?}");
    }
    // Whose account an actor is, is left out with it.
    let shown = |mut values: Vec<Value>| {
        values[0]["who"] = Value::Null;
        unnumbered(values)
    };
    assert_eq!(shown(of_case(&place, &["show", "Task/42@3"])), shown(place.json(&["show", "Task/42@3"])));
    let notes = place.json(&["note"])[..1].to_vec();
    assert_eq!(unnumbered(of_case(&place, &["note"])), unnumbered(notes));
    let records: Vec<_> =
        of_case(&place, &["aggregates"]).iter().map(|row| row["aggregate"].clone()).collect();
    assert_eq!((records.len(), of_case(&place, &["log"]).len()), (2, events.len()));
    assert_eq!(of_case(&place, &["log", "--graph"]).len(), events.len());
    let verified = of_case(&place, &["verify", "--all"]).remove(0);
    assert_eq!((&verified["events"], &verified["left_out"]), (&json!(events.len()), &json!(left_out)));
    assert!(place.ok(&["-s", "lost.case", "verify"]).contains(&format!("Left out: {left_out} events")));
    // What is left out is not as if it had never been.
    let said = place.refused(1, &["-s", "lost.case", "show", "1"]);
    assert!(said.contains("The event at position 1 is left out"), "{said}");
    // What is left out is no neighbour.
    assert!(of_case(&place, &["links", "Task/42@3"]).is_empty());
}

#[test]
fn a_case_says_what_it_is_and_is_only_read() {
    let place = Place::demo();
    place.ok(&["case", "write", "lost.case", "Task/42", "Task/7@2"]);
    let head = place.one(&["case", "show", "lost.case"]);
    let at = format!("Task/42@{}", place.json(&["log", "Task/42"]).len());
    assert_eq!((&head["at"], &head["store"]), (&json!(at), &json!("backstory.db")));
    assert_eq!((&head["name"], &head["branch"]), (&json!("lost.case"), &json!("main")));
    let said = place.refused(1, &["case", "write", "lost.case", "Task/42"]);
    assert!(said.contains("exists already"), "{said}");
    place.refused(2, &["case", "write", "lost.zip", "Task/42"]);
    let said = place.refused(1, &["-s", "lost.case", "fire", "Task/42", "comment", "text=x"]);
    assert!(said.contains("It is a case, opened for this command alone."), "{said}");
    assert!(place.json(&["diff", "lost.case", "backstory.db"]).len() > 1);
}

#[test]
fn what_is_changed_on_a_branch_goes_into_the_next_case() {
    let place = Place::demo();
    place.ok(&["note", "Task/42@2", "theirs", "--actor", "nina"]);
    place.ok(&["case", "write", "lost.case", "Task/42"]);
    let main = unnumbered(of_case(&place, &["log"]));
    place.ok(&["-s", "lost.case", "backup", "mine.db"]);
    let mine = |args: &[&str]| place.json(&[&["-s", "mine.db"], args].concat());
    let refused = |args: &[&str]| place.refused(1, &[&["-s", "mine.db"], args].concat());
    let said = refused(&["fire", "Task/42", "comment", "text=x"]);
    assert!(said.contains("main came with the case lost.case, and stays as it is."), "{said}");
    let said = refused(&["undo", "--actor", "tester"]);
    assert!(said.contains("is not undone"), "{said}");
    mine(&["branch", "what-if", "--at", "Task/42@2"]);
    mine(&["-b", "what-if", "fire", "Task/42", "comment", "text=what if"]);
    mine(&["-b", "what-if", "fire", "Task/new", "create", "title=new"]);
    mine(&["note", "Task/42@2", "mine"]);
    mine(&["note", "what-if:Task/new@1", "mine, too"]);
    assert_eq!(mine(&["note"]).len(), 3, "no note takes another one's place");
    place.ok(&["-s", "mine.db", "verify", "--all"]);
    let told = mine(&["diff", "main", "what-if"]);
    assert_eq!(told.len(), 2, "{told:?}");
    mine(&["case", "write", "more.case", "Task/42", "what-if:Task/42", "what-if:Task/new"]);
    let more = |args: &[&str]| place.json(&[&["-s", "more.case"], args].concat());
    assert_eq!(more(&["log", "--reverse"])[1]["notes"][1]["text"], "mine");
    assert_eq!((more(&["note"]).len(), more(&["log"]).len()), (3, main.len()));
    let log = ["-b", "what-if", "log"];
    assert_eq!(unnumbered(more(&log)), unnumbered(mine(&log)));
    assert_eq!(more(&["diff", "main", "what-if"]), told);
    assert_eq!(more(&["-b", "what-if", "aggregates"]).len(), 2);
    let verified = more(&["verify", "--all"]).remove(0);
    let all = of_case(&place, &["verify"]).remove(0);
    assert_eq!(verified["left_out"], all["left_out"]);
    // The whole store is a case, too.
    place.ok(&["case", "write", "all.case", "main"]);
    assert_eq!(place.ok(&["-s", "all.case", "export"]), place.ok(&["export"]));
    place.ok(&["-s", "all.case", "verify", "--all"]);
}

#[test]
fn a_branch_that_forks_where_nothing_is_left_is_chained_all_the_same() {
    let place = Place::demo();
    // The fork is at an event of another record.
    let other = place.json(&["log", "Subscription/23", "--limit", "1"])[0]["position"].to_string();
    place.ok(&["branch", "b", "--at", &other]);
    place.ok(&["-b", "b", "fire", "Task/1", "comment", "text=left out"]);
    place.ok(&["-b", "b", "fire", "Task/42", "comment", "text=on b"]);
    place.ok(&["branch", "empty", "--at", &other]);
    place.ok(&["-b", "empty", "fire", "Task/42", "comment", "text=first of its branch"]);
    place.ok(&["fire", "Task/42", "comment", "text=later on main"]);
    place.ok(&["case", "write", "lost.case", "b:Task/42", "Task/42", "empty:Task/42"]);
    for branch in ["main", "b", "empty"] {
        let args = ["-b", branch, "log", "Task/42"];
        assert_eq!(of_case(&place, &args), place.json(&args), "{branch}");
        let counted = of_case(&place, &["-b", branch, "log"]).len();
        assert_eq!(counted, place.json(&args).len(), "{branch}");
    }
    place.ok(&["-s", "lost.case", "verify", "--all"]);
}

#[test]
fn redacted_values_are_tokens_and_no_hash_tells_them() {
    let place = Place::demo();
    let said = place.ok(&["case", "write", "no.case", "Task/42", "--dry-run"]);
    assert!(said.contains("looks like personal data") && said.contains("nothing was written"), "{said}");
    assert!(!place.path("no.case").exists());
    place.ok(&["note", "Task/42@1", "mira was asked about it"]);
    let told = place.one(&[
        "case",
        "write",
        "lost.case",
        "Task/42",
        "--redact",
        "assignee",
        "title",
        "$meta.actor",
        "$id",
        "--actor",
        "omar",
    ]);
    assert!(told["replaced"].as_i64().unwrap() > 2, "{told}");
    // The domain's text is what it is.
    let mut lines = lines(&place, "lost.case");
    lines.retain(|line| !line.starts_with("{\"domain\""));
    let text = lines.join("\n");
    let real = place.json(&["log", "Task/42", "--reverse"]);
    for event in &real {
        for hash in [&event["hash"], &event["parent"]] {
            assert!(!text.contains(hash.as_str().unwrap()), "a hash tells what was replaced");
        }
        for value in [&event["data"]["title"], &event["data"]["assignee"]] {
            assert!(value.as_str().is_none_or(|value| !text.contains(&format!("\"{value}\""))), "{value}");
        }
        let actor = event["meta"]["actor"].as_str().unwrap();
        assert!(!text.contains(&format!("\"actor\":\"{actor}\"")), "{actor}");
    }
    assert!(!text.contains("Task/42") && text.contains(" was asked about it"), "{text}");
    assert!(!text.contains("mira"), "{text}");
    // The same value is the same token, in data and in the params of the command alike.
    let events = of_case(&place, &["log", "--reverse"]);
    let actors: Vec<_> = events.iter().map(|event| &event["meta"]["actor"]).collect();
    for (at, event) in events.iter().enumerate() {
        for (other, there) in real.iter().zip(&actors) {
            assert_eq!(other["meta"]["actor"] == real[at]["meta"]["actor"], **there == *actors[at]);
        }
        let title = &event["data"]["title"];
        assert_eq!(title.is_null(), real[at]["data"]["title"].is_null());
        if !title.is_null() && !event["meta"]["command"].is_null() {
            assert_eq!(&event["meta"]["command"]["params"]["title"], title);
        }
    }
    assert_eq!(events.len(), real.len());
    assert!(place.ok(&["-s", "lost.case", "verify"]).contains("It is redacted: its hashes were made anew"));
    assert_eq!(place.one(&["case", "show", "lost.case"])["redacted"][1], "title");
}

#[test]
fn what_still_stands_somewhere_is_said_and_a_path_that_is_none_is_refused() {
    let place = Place::demo();
    let told = place.one(&["case", "write", "some.case", "Task/42", "--redact", "$meta.actor"]);
    let still: Vec<_> = told["still"].as_array().unwrap().iter().map(|one| &one["path"]).collect();
    assert!(!still.is_empty(), "{told}");
    for path in ["", "$id.x", "$other"] {
        place.refused(2, &["case", "write", "x.case", "Task/42", "--redact", path]);
    }
}

#[test]
fn a_forged_or_damaged_case_is_refused_with_a_sentence() {
    let place = Place::demo();
    place.ok(&["case", "write", "lost.case", "Task/42"]);
    let whole = lines(&place, "lost.case");
    let body = &whole[..whole.len() - 1];
    let event = body.iter().position(|line| line.starts_with("{\"position\"")).unwrap();
    let absent = body.iter().position(|line| line.starts_with("{\"absent\"")).unwrap();
    let changed = |at: usize, from: &str, to: &str| {
        let mut lines = body.to_vec();
        assert!(lines[at].contains(from), "{from} is not in {}", lines[at]);
        lines[at] = lines[at].replace(from, to);
        lines
    };
    let without = |at: usize| {
        let mut lines = body.to_vec();
        lines.remove(at);
        lines
    };
    let branch = body.iter().position(|line| line.starts_with("{\"branch\"")).unwrap();
    let forged = [
        (changed(event, "\"data\":{", "\"data\":{\"x\":1,"), "is not what its hash says"),
        (changed(event, "\"type\":\"", "\"type\":\"Y"), "is not what its hash says"),
        (changed(event, "\"branch\":\"main\"", "\"branch\":\"other\""), "no branch other"),
        (changed(event, "\"data\":{", "\"data\":{ "), "not as backstory writes it"),
        (without(event), "something between them is missing"),
        (without(absent), "something between them is missing"),
        (without(branch), "first branch is missing"),
        (changed(0, "\"case\":1", "\"case\":2"), "the shape 2"),
        (changed(0, "\"events\":", "\"events\":1"), "and says that it has"),
        (vec![body[0].clone()], "first branch is missing"),
        (vec!["{}".to_owned()], "a line cannot be read"),
        ([body, &["{\"evil\":1}".to_owned()]].concat(), "a line cannot be read"),
    ];
    for (lines, sentence) in forged {
        made(&place, "forged.case", &lines);
        let said = place.run(&["-s", "forged.case", "log"]);
        assert!([1, 4].contains(&said.code) && said.err.contains(sentence), "{sentence}: {}", said.err);
        assert!(said.err.contains("forged.case, line "), "{}", said.err);
    }
    // The hash at the end of what is left out is what the next event is chained to.
    let hash: Value = serde_json::from_str(&body[absent]).unwrap();
    made(&place, "forged.case", &changed(absent, hash["hash"].as_str().unwrap(), &"0".repeat(64)));
    let said = place.refused(4, &["-s", "forged.case", "log"]);
    assert!(said.contains("its parent is not the previous event"), "{said}");
    zipped(&place, "forged.case", &(body.join("\n") + "\n"));
    assert!(place.refused(4, &["-s", "forged.case", "log"]).contains("breaks off before its end"));
    zipped(&place, "forged.case", &(whole.join("\n") + "\n{}\n"));
    assert!(place.refused(4, &["-s", "forged.case", "log"]).contains("something stands behind its end"));
    // Cut off anywhere, or no case at all.
    let bytes = std::fs::read(place.path("lost.case")).unwrap();
    for cut in [0, 1, 10, 100, bytes.len() / 2, bytes.len() - 9, bytes.len() - 1] {
        place.file("forged.case", &bytes[..cut]);
        let said = place.refused(4, &["-s", "forged.case", "log"]);
        assert!(said.contains("The case is forged or damaged"), "{cut}: {said}");
    }
    place.file("forged.case", "just text");
    assert!(place.refused(4, &["-s", "forged.case", "log"]).contains("not what `case write` writes"));
}

#[test]
fn a_small_file_that_becomes_large_is_stopped() {
    let place = Place::demo();
    place.ok(&["case", "write", "lost.case", "Task/42"]);
    let head = lines(&place, "lost.case").remove(0);
    let mut out =
        GzEncoder::new(std::fs::File::create(place.path("bomb.case")).unwrap(), Compression::fast());
    writeln!(out, "{head}").unwrap();
    let blank = vec![b' '; 1 << 20];
    for _ in 0..80 {
        out.write_all(&blank).unwrap();
    }
    out.finish().unwrap();
    let said = place.refused(1, &["-s", "bomb.case", "log"]);
    assert!(said.contains("The case is larger than it may be: 64 MB in a line"), "{said}");
    // Nor does a few bytes' worth of nothing reach beyond what can be counted.
    let mut body = lines(&place, "lost.case");
    body.pop();
    let at = body.iter().position(|line| line.starts_with("{\"absent\"")).unwrap();
    let mut endless: Value = serde_json::from_str(&body[at]).unwrap();
    endless["absent"][1] = i64::MAX.into();
    made(&place, "forged.case", &[&body[..at], &[endless.to_string()], &body[at + 1..]].concat());
    assert!(place.refused(1, &["-s", "forged.case", "log"]).contains("ends where nothing can end"));
}

#[test]
fn a_strangers_rules_run_no_program_and_ask_for_no_job() {
    let place = Place::empty();
    let domain = "[domain]\nname = \"x\"\n[aggregate.T.event.E]\napply = '.n = (.n // 0) + 1'\n\
        [[reactor]]\nname = \"post\"\non = [\"E\"]\nhttp = { endpoint = \"crm\" }\n";
    place.file("x.toml", domain);
    place.ok(&["init", "--domain", "x.toml"]);
    let event = json!({ "aggregate": "T/1", "type": "E", "occurred_at": "2019-01-01T00:00:00Z", "data": {} });
    place.file("e.jsonl", event.to_string());
    place.ok(&["import", "e.jsonl"]);
    place.ok(&["case", "write", "lost.case", "T/1"]);
    assert_eq!(of_case(&place, &["state", "T/1"])[0]["state"], json!({ "n": 1 }));
    assert!(of_case(&place, &["jobs"]).is_empty());
    let mut lines = lines(&place, "lost.case");
    lines.pop();
    let at = lines.iter().position(|line| line.starts_with("{\"domain\"")).unwrap();
    let program = domain.replace("name = \"x\"", "name = \"x\"\nexec = [\"touch\", \"ran\"]");
    lines[at] = json!({ "domain": program }).to_string();
    made(&place, "forged.case", &lines);
    let said = place.run(&["-s", "forged.case", "log"]);
    assert_ne!(said.code, 0, "{}", said.out);
    assert!(!place.path("ran").exists());
}
