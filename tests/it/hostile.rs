//! Input that means harm or is merely odd: it is kept whole, shown harmless, or refused with a sentence.
#![allow(clippy::format_collect, clippy::format_push_string, reason = "short tests read better")]

use std::process::Command;

use crate::program::Place;
use serde_json::{Value, json};

/// A title that would clear the screen, set the window's title, ring, hide itself and turn the text round.
const NASTY: &str =
    "a\u{1b}[2J\u{1b}]0;owned\u{7}b\u{8}\u{9b}31mc\r\nd\u{7f}\u{202e}e\u{85}\u{2066}f\u{0}g\th";

fn import(place: &Place, events: &[Value]) {
    let lines: Vec<String> = events.iter().map(Value::to_string).collect();
    place.file("events.jsonl", lines.join("\n"));
    place.ok(&["import", "events.jsonl"]);
}

fn event(aggregate: &str, kind: &str, data: &Value) -> Value {
    json!({
        "aggregate": aggregate, "type": kind, "occurred_at": "2019-04-01T09:00:00Z", "data": data,
        "meta": { "actor": NASTY, "reason": NASTY },
    })
}

/// What a terminal would act on.
fn harmful(text: &str) -> Option<char> {
    text.chars().find(|c| {
        (c.is_control() && *c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

#[track_caller]
fn harmless(place: &Place, args: &[&str]) -> String {
    let ran = place.run(args);
    for text in [&ran.out, &ran.err] {
        assert_eq!(harmful(text), None, "{args:?} prints {text:?}");
    }
    assert!(!ran.err.contains("panicked"), "{args:?}: {}", ran.err);
    format!("{}{}", ran.out, ran.err)
}

#[test]
fn escape_sequences_never_reach_the_terminal() {
    let place = Place::with("todo");
    let title = json!({ "title": NASTY, NASTY: NASTY });
    import(
        &place,
        &[
            event("Task/1", "TaskCreated", &title),
            event(&format!("Task/{NASTY}"), NASTY, &title),
            event(&format!("{NASTY}/1"), "Odd", &json!({ "a": [NASTY], NASTY: { NASTY: NASTY } })),
            // The rule fails, and its error speaks of the data.
            event("Task/1", "Set", &json!({ "tags": { NASTY: NASTY } })),
            event("Task/1", "TaskTagged", &json!({ "tag": NASTY })),
        ],
    );
    let odd = format!("Task/{NASTY}");
    for args in [
        &["aggregates"][..],
        &["aggregates", "--at", "2"],
        &["log"],
        &["log", "Task/1"],
        &["log", "--count-by", "."],
        &["log", "--count-by", "$event.meta.actor"],
        &["show", "1"],
        &["show", "2"],
        &["show", "3"],
        &["show", "5"],
        &["state", "Task/1"],
        &["state", "2"],
        &["state", "3"],
        &["diff", "Task/1@0", "Task/1"],
        &["diff", "3", "1"],
        &["replay", "--domain", "subscription"],
        &["verify"],
        &["fire", "Task/1", "assign", "assignee=x", "--dry-run"],
        &["import", "events.jsonl", "--try", "3"],
        // Refusals repeat what was asked for.
        &["state", "Task/no\u{1b}[2J"],
        &["state", "no\u{1b}[2J"],
        &["fire", "Task/1", "fly\u{1b}[2J"],
        &["fire", "Task/1", "retitle", "no\u{1b}[2Jt=x"],
        &["fire", "Task/1", "comment", "text\u{1b}[2J"],
        &["fire", "Task/no\u{1b}[2J", "complete"],
        &["log", "--where", "\u{1b}[2J"],
        &["-s", "no\u{1b}[2J.db", "log"],
        &["-b", "no\u{1b}[2J", "log"],
        &["domain", "check", "no\u{1b}[2J.toml"],
    ] {
        harmless(&place, args);
    }
    assert!(harmless(&place, &["state", "Task/1"]).contains("owned"), "it is shown, not dropped");
    assert!(harmless(&place, &["log"]).contains("TaskTagged"));
    // A command fired at such an aggregate answers harmlessly too; the zero byte cannot be an argument.
    let without_zero = odd.replace('\0', "");
    harmless(&place, &["fire", &without_zero, "create", "title=x"]);
}

#[test]
fn json_escapes_what_it_prints_and_loses_nothing() {
    let place = Place::with("todo");
    import(&place, &[event("Task/1", "TaskCreated", &json!({ "title": NASTY }))]);
    for args in [&["aggregates"][..], &["log"], &["show", "1"], &["state", "Task/1"], &["export"]] {
        let mut args = args.to_vec();
        args.push("--json");
        let out = place.ok(&args);
        let raw = out.chars().find(|c| (*c as u32) < 0x20 && *c != '\n');
        assert_eq!(raw, None, "{args:?}: {out:?}");
    }
    assert_eq!(place.one(&["state", "Task/1"])["state"]["title"], NASTY);
    assert_eq!(place.json(&["aggregates"])[0]["label"], NASTY);
    assert_eq!(place.json(&["log"])[0]["meta"]["actor"], NASTY);
}

#[test]
fn a_bad_record_is_reported_harmlessly() {
    let place = Place::empty();
    place.file("bad.jsonl", "{\"aggregate\":\"\u{1b}[2J\",\"type\":\"E\",\"occurred_at\":\"\u{1b}\",\"data\":{}}\n[\"\u{1b}[2J\"]\n");
    place.file(
        "bad2.jsonl",
        r#"{"aggregate":"no[2J","type":"E","occurred_at":"2019-04-01T09:00:00Z","data":{}}"#,
    );
    for args in [
        &["import", "bad.jsonl"][..],
        &["import", "bad2.jsonl"],
        &["import", "bad.jsonl", "--try", "2"],
        &["import", "bad2.jsonl", "--skip-bad"],
    ] {
        harmless(&place, args);
    }
}

#[test]
fn invalid_utf_8_is_refused_with_its_line() {
    let place = Place::empty();
    let mut bytes = event("T/1", "E", &json!({})).to_string().into_bytes();
    bytes.extend(b"\n{\"aggregate\":\"T/2\",\"type\":\"\xff\xfe\",\"occurred_at\":\"2019-01-01T00:00:00Z\",\"data\":{}}\n");
    place.file("bytes.jsonl", bytes);
    let said = place.refused(1, &["import", "bytes.jsonl"]);
    assert!(said.contains("bytes.jsonl:2"), "{said}");
    assert!(!place.store().exists());
    let answer = place.one(&["import", "bytes.jsonl", "--skip-bad"]);
    assert_eq!((&answer["appended"], &answer["bad"]), (&json!(1), &json!(1)));
    place.file("domain.toml", b"[domain]\nname = \"\xff\"\n");
    let said = place.refused(1, &["domain", "check", "domain.toml"]);
    assert!(said.contains("domain.toml"), "{said}");
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_text_are_usage() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let place = Place::with("todo");
    let mut command: Command = place.command(&["fire", "Task", "create"]);
    let output = command.arg(OsStr::from_bytes(b"title=\xff")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(place.one(&["verify"])["events"], 0);
}

#[test]
fn ten_megabytes_in_one_field_come_back() {
    let place = Place::with("todo");
    let long = "0123456789".repeat(1 << 20);
    import(&place, &[event("Task/1", "TaskCreated", &json!({ "title": long }))]);
    let state = place.one(&["state", "Task/1"]);
    assert_eq!(state["state"]["title"].as_str().map(str::len), Some(long.len()));
    assert_eq!(state["state"]["title"], long);
    place.ok(&["fire", "Task/1", "complete"]);
    place.ok(&["verify"]);
    // One line of the log stays a line.
    let lines = place.ok(&["log"]);
    assert!(lines.lines().all(|line| line.len() < 4096), "a log line repeats the whole field");
}

fn nested(levels: usize) -> String {
    format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels))
}

#[test]
fn deeply_nested_json_is_refused_with_a_sentence() {
    let place = Place::with("");
    let line = |data: &str| {
        format!(
            "{{\"aggregate\":\"T/1\",\"type\":\"E\",\"occurred_at\":\"2019-01-01T00:00:00Z\",\"data\":{data}}}\n"
        )
    };
    place.file("fits.jsonl", line(&nested(90)));
    place.ok(&["import", "fits.jsonl"]);
    for levels in [130, 1_000, 200_000] {
        place.file("deep.jsonl", line(&nested(levels)));
        let said = place.refused(1, &["import", "deep.jsonl"]);
        assert!(said.contains("deep.jsonl:1"), "{}", &said[..said.len().min(400)]);
        assert!(said.len() < 2_000, "the refusal repeats the input");
        let arrays = format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        place.file("deep.jsonl", line(&arrays));
        place.refused(1, &["import", "deep.jsonl"]);
    }
    assert_eq!(place.one(&["verify"])["events"], 1);
    let place = Place::with("todo");
    let param = format!("title:={}", nested(5_000));
    let said = place.refused(2, &["fire", "Task", "create", &param]);
    assert!(said.len() < 2_000, "the refusal repeats the input");
}

#[test]
fn numbers_that_would_change_keep_their_digits_where_they_are_imported_and_are_refused_where_they_are_fired()
{
    let place = Place::with("todo");
    for number in ["18446744073709551616", "1e400", "0.1234567890123456789012345"] {
        let line = format!(
            "{{\"aggregate\":\"T/1\",\"type\":\"E\",\"occurred_at\":\"2019-01-01T00:00:00Z\",\"data\":{{\"n\":{number}}}}}"
        );
        place.file("number.jsonl", line);
        place.ok(&["import", "number.jsonl"]);
        assert!(place.ok(&["export"]).contains(&format!("{{\"n\":{number}}}")));
        place.ok(&["state", "T/1"]);
        let said = place.refused(2, &["fire", "Task", "create", "title=a", &format!("priority:={number}")]);
        assert!(said.contains(number), "{said}");
    }
    place.file("number.jsonl", format!("{{\"n\":{}}}", "9".repeat(2000)));
    assert!(place.refused(1, &["import", "number.jsonl"]).contains("more than 1300 digits"));
}

#[test]
fn odd_ids_name_what_they_name() {
    let place = Place::with("todo");
    let long = "x".repeat(10_000);
    let ids =
        ["a/b/c", "a@b", "v@3", "mail@2019-04-20", "two words", "ends@", "-1", "#5", "日本 👩‍👩‍👧 é", "@", &long];
    for id in ids {
        let name = format!("Task/{id}");
        let created = place.one(&["fire", &name, "create", &format!("title={id}")]);
        assert_eq!(created["aggregate"], name);
        place.ok(&["fire", &name, "complete"]);
        let head = place.one(&["state", &name]);
        assert_eq!((&head["aggregate"], &head["version"]), (&json!(name), &json!(2)), "an exact id wins");
        let first = place.one(&["state", &format!("{name}@1")]);
        assert_eq!((&first["aggregate"], &first["version"]), (&json!(name), &json!(1)));
        assert_eq!(place.json(&["log", &name]).len(), 2);
    }
    assert_eq!(place.json(&["aggregates", "Task", "--sort", "id"]).len(), ids.len());
    place.ok(&["aggregates"]);
    place.ok(&["verify"]);
    // Where only the shorter id is, the suffix is a version.
    place.ok(&["fire", "Task/v", "create", "title=v"]);
    assert_eq!(place.one(&["state", "Task/v@1"])["aggregate"], "Task/v");
    assert_eq!(place.one(&["state", "Task/v@3"])["aggregate"], "Task/v@3");
    for name in ["Task/", "/1"] {
        place.refused(2, &["fire", name, "create", "title=x"]);
    }
}

#[test]
fn wide_and_combining_characters_come_back() {
    let place = Place::with("todo");
    let title = "資料を準備する 👩‍👩‍👧‍👦 e\u{301}e\u{301} ﷽ नि 🇯🇵";
    place.ok(&["fire", "Task", "create", &format!("title={title}")]);
    assert_eq!(place.one(&["state", "Task/1"])["state"]["title"], title);
    assert_eq!(place.json(&["aggregates", "--text", "準備"]).len(), 1);
    assert!(place.ok(&["aggregates"]).contains(title));
    assert!(place.ok(&["show", "1"]).contains("資料"));
}

/// A pipe that nobody writes to.
#[cfg(unix)]
fn pipe(place: &Place, name: &str) {
    assert!(Command::new("mkfifo").arg(place.path(name)).status().unwrap().success());
}

#[cfg(unix)]
#[test]
fn what_is_no_file_keeps_nobody_waiting_and_fills_no_memory() {
    let place = Place::with("");
    pipe(&place, "pipe");
    place.file("include.toml", "[domain]\nname = \"x\"\ninclude = [\"/dev/zero\"]\n");
    place.file("include-pipe.toml", "[domain]\nname = \"x\"\ninclude = [\"pipe\"]\n");
    for (args, what) in [
        (&["domain", "set", "pipe"][..], "it is a pipe, not a file"),
        (&["domain", "set", "/dev/zero"], "it is a device, not a file"),
        (&["domain", "set", "."], "it is a folder, not a file"),
        (&["domain", "set", "include.toml"], "include.toml:3:12: the include fails: The domain /dev/zero"),
        (&["domain", "set", "include-pipe.toml"], "it is a pipe, not a file"),
        (&["import", "/dev/zero"], "it is a device, not a file"),
        (&["import", "include.toml", "--map", "/dev/zero"], "it is a device, not a file"),
    ] {
        let said = place.refused(1, args);
        assert!(said.contains(what), "{args:?}: {said}");
    }
    // What is larger than any text that somebody writes is named, too.
    std::fs::File::create(place.path("large.toml")).unwrap().set_len(17 << 20).unwrap();
    assert!(place.refused(1, &["domain", "set", "large.toml"]).contains("larger than 16 MB"));
    std::fs::create_dir_all(place.path("config")).unwrap();
    pipe(&place, "config/config.toml");
    let said = place.run(&["work", "--once"]);
    assert!(said.code != 0 && said.err.contains("it is a pipe, not a file"), "{said:?}");
}

#[test]
fn a_table_of_very_many_columns_is_refused_by_its_header() {
    let place = Place::with("");
    let header: Vec<String> = (0..200_000).map(|n| format!("c{n}")).collect();
    place.file("wide.csv", format!("{}\n1\n", header.join(",")));
    place.file("map.toml", "[import]\ntype = '\"Row\"'\nid = \".c0\"\nevent = '\"Seen\"'\nat = '0'\n");
    let said = place.refused(1, &["import", "wide.csv", "--map", "map.toml"]);
    assert!(said.contains("wide.csv:1: the header names 200000 columns, more than 10000"), "{said}");
}

#[test]
fn a_large_record_is_named_with_its_line_and_can_be_let_in() {
    let place = Place::with("");
    let small = event("Host/a", "Seen", &json!({ "n": 1 })).to_string();
    let large = event("Host/a", "Seen", &json!({ "text": "x".repeat(3 << 20) })).to_string();
    place.file("events.jsonl", format!("{small}\n{large}\n"));
    let said = place.refused(1, &["import", "events.jsonl", "--largest", "2"]);
    assert!(said.contains("events.jsonl:2: the line is larger than 2 MB"), "{said}");
    assert!(said.contains("--largest MB") && !said.contains("damage"), "{said}");
    place.ok(&["import", "events.jsonl", "--largest", "4"]);
    assert_eq!(place.one(&["verify"])["events"], 2);
}
