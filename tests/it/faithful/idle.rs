//! Keys of a mapping and options of the command line that would have no effect on what is read, and files without records.

use serde_json::json;

use super::{data, import, mapped};
use crate::program::Place;

const AT: &str = "2024-05-01T09:00:00Z";

/// A key that has an effect in some formats, as a mapping says it.
const KEYS: [(&str, &str); 8] = [
    ("delimiter", "delimiter = \";\"\n"),
    ("quote", "quote = \"'\"\n"),
    ("escape", "escape = '\\'\n"),
    ("header", "header = true\n"),
    ("names", "header = false\nnames = [\"id\", \"t\"]\n"),
    ("encoding", "encoding = \"utf-8\"\n"),
    ("skip_lines", "skip_lines = 0\n"),
    ("strict", "strict = true\n"),
];

/// One record in each format: the format's name, the file's, its text, and which of the keys have an effect in it.
fn formats() -> Vec<(&'static str, &'static str, String, &'static [&'static str])> {
    const JSON: &[&str] = &["encoding", "skip_lines", "strict"];
    const TEXT: &[&str] = &["encoding", "skip_lines"];
    const TABLE: &[&str] = &["delimiter", "quote", "escape", "header", "names", "encoding", "skip_lines"];
    vec![
        ("jsonl", "in.jsonl", format!("{{\"id\":\"1\",\"t\":\"{AT}\"}}\n"), JSON),
        (
            "jsonl",
            "in.log",
            format!("{{\"id\":\"1\",\"t\":\"{AT}\"}}\n{{\"id\":\"2\",\"t\":\"{AT}\"}}\n"),
            JSON,
        ),
        ("json", "in.json", format!("[{{\"id\":\"1\",\"t\":\"{AT}\"}}]\n"), JSON),
        ("logfmt", "in.log", format!("id=1 t={AT} msg=\"a, b\"\n"), TEXT),
        ("syslog", "in.log", format!("<34>1 {AT} web shop 7 42 - it is done\n"), TEXT),
        ("csv", "in.csv", format!("id;t\n1;{AT}\n"), TABLE),
        ("csv", "in.txt", format!("id;t\n1;{AT}\n"), TABLE),
    ]
}

#[test]
fn each_key_has_an_effect_in_a_format_or_is_a_mistake() {
    for (format, file, text, effective) in formats() {
        for (key, said) in KEYS {
            // The format is told by the file, and said.
            for told in [String::new(), format!("format = \"{format}\"\n")] {
                let place = mapped(&format!("{told}{said}"));
                place.file(file, text.clone());
                if effective.contains(&key) {
                    place.one(&["import", file, "--map", "map.toml", "--skip-bad"]);
                    continue;
                }
                let error = place.refused(1, &["import", file, "--map", "map.toml"]);
                let why = format!("`{key}`");
                let named = if key == "names" { "`header`" } else { &why };
                assert!(
                    (error.contains(&why) || error.contains(named)) && error.contains("no effect"),
                    "{format} {file} {said}: {error}"
                );
            }
        }
    }
}

#[test]
fn a_table_that_looks_like_nothing_else_is_one_by_its_keys() {
    let place = mapped("delimiter = \"~\"\n");
    place.file("in.txt", format!("id~t\n1~{AT}\n"));
    assert_eq!(import(&place, "in.txt", &[])["appended"], 1);
    // One that looks like JSON is one where the mapping says so.
    let place = mapped("format = \"csv\"\ndelimiter = \";\"\nheader = false\nnames = [\"id\", \"t\"]\n");
    place.file("in.jsonl", format!("{{}};{AT}\n"));
    import(&place, "in.jsonl", &[]);
    assert_eq!(data(&place), [json!({ "id": "{}", "t": AT })]);
}

#[test]
fn in_a_folder_what_a_key_has_no_effect_on_is_left_aside_by_name() {
    let place = mapped("delimiter = \";\"\n");
    std::fs::create_dir(place.path("in")).unwrap();
    place.file("in/a.csv", format!("id;t\n1;{AT}\n"));
    place.file("in/b.jsonl", format!("{{\"id\":\"2\",\"t\":\"{AT}\"}}\n"));
    let answer = import(&place, "in", &[]);
    assert_eq!(answer["appended"], 1);
    let reason = answer["files_left_aside"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("`delimiter`") && reason.contains("JSON Lines"), "{answer}");
}

fn database(place: &Place) {
    let db = rusqlite::Connection::open(place.path("in.db")).unwrap();
    let sql = format!(
        "CREATE TABLE t(id TEXT, t TEXT, payload TEXT);
         INSERT INTO t VALUES ('1', '{AT}', '[{{\"n\":1}},{{\"n\":2}}]'), ('2', '{AT}', '[]');"
    );
    db.execute_batch(&sql).unwrap();
}

#[test]
fn of_rows_every_key_of_a_text_is_a_mistake_and_records_are_found() {
    for (key, said) in KEYS.into_iter().chain([("format", "format = \"csv\"\n")]) {
        let place = mapped(said);
        database(&place);
        let error = place.refused(1, &["import", "in.db", "--table", "t", "--map", "map.toml"]);
        let key = if key == "names" { "header" } else { key };
        assert!(error.contains(&format!("`{key}` has no effect on the rows")), "{said}: {error}");
    }
    let place = mapped("records = '.id as $id | .t as $t | .payload | fromjson | .[] + {$id, $t}'\n");
    database(&place);
    let answer = import(&place, "in.db", &["--table", "t"]);
    assert_eq!((&answer["appended"], &answer["left_out"]), (&json!(2), &json!(1)), "{answer}");
}

#[test]
fn rows_are_asked_of_databases_only() {
    let place = mapped("");
    place.file("in.json", format!("[{{\"id\":\"1\",\"t\":\"{AT}\"}}]"));
    for rows in [["--table", "t"], ["--query", "SELECT 1"]] {
        for verb in [&["import", "in.json", "--map", "map.toml"][..], &["map", "in.json"]] {
            let error = place.refused(1, &[verb, &rows[..]].concat());
            assert!(error.contains("in.json is no SQLite database in a file"), "{verb:?}: {error}");
        }
    }
}

#[test]
fn a_zone_that_no_time_needs_is_a_mistake() {
    for format in ["\"ms\"", "\"%F %T%z\"", "[\"s\", \"%+\"]", "\"%s\"", "\"%F %T %#z\""] {
        let place = mapped(&format!("zone = \"Europe/Berlin\"\nat_format = {format}\n"));
        place.file("in.csv", format!("id,t\n1,{AT}\n"));
        let error = place.refused(1, &["import", "in.csv", "--map", "map.toml"]);
        assert!(error.contains("map.toml:") && error.contains("`zone` has no effect"), "{format}: {error}");
    }
    let place = mapped("zone = \"Europe/Berlin\"\nat_format = [\"ms\", \"%F %T\", \"%F %T %Z\"]\n");
    place.file("in.csv", "id,t\n1,2024-05-01 09:00:00\n");
    assert_eq!(import(&place, "in.csv", &[])["appended"], 1);
}

#[test]
fn a_file_without_records_is_named() {
    for (file, text) in [("in.jsonl", "\n\n"), ("in.json", "[]"), ("in.csv", "id,t\n")] {
        let place = mapped("");
        place.file(file, text);
        assert_eq!(import(&place, file, &[])["files_without_records"], json!([file]));
        let said = place.ok(&["import", file, "--map", "map.toml"]);
        assert!(said.contains(&format!("{file} has no records.")), "{said}");
    }
}
