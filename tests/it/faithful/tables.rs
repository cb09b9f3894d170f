//! CSV: no row disappears in another one, and every dialect can be said.

use serde_json::{Value, json};

use super::{data, import, mapped};

/// A table of ids, read: the ids that came in, and the lines that are bad with what is said of them.
fn read(mapping: &str, content: impl AsRef<[u8]>) -> (Vec<String>, Vec<(u64, String)>) {
    let place = mapped(mapping);
    place.file("in.csv", content);
    let answer = import(&place, "in.csv", &["--skip-bad"]);
    let ids = data(&place).iter().map(|data| data["id"].as_str().unwrap().to_owned()).collect();
    let bad = answer["bad_records"].as_array().unwrap().iter();
    let bad = bad.map(|bad| (bad["line"].as_u64().unwrap(), bad["reason"].as_str().unwrap().to_owned()));
    (ids, bad.collect())
}

fn ids(count: usize) -> Vec<String> {
    (1..=count).map(|id| id.to_string()).collect()
}

const AT: &str = "2024-01-01T00:00:00Z";

#[test]
fn a_quote_that_is_never_closed_hides_no_row() {
    for end in ["\n", "\r\n", "\r"] {
        let rows =
            ["id,t,note", "1,AT,plain", "2,AT,\"5 inch", "3,AT,x", "4,AT,\"a", "b\"", "5,AT,\"y\"", ""];
        let text = rows.join(end).replace("AT", AT);
        let (found, bad) = read("", &text);
        // The quote of line 3 ends on line 5, where text follows it.
        assert_eq!(found, ["1", "3", "4", "5"], "{end:?}");
        assert_eq!(bad, [(3, "there is text behind a closing quote".to_owned())], "{end:?}");
        let rows = ["id,t,note", "1,AT,plain", "2,AT,\"5 inch", "3,AT,x", "4,AT,y", "5,AT,z"];
        let (found, bad) = read("", rows.join(end).replace("AT", AT));
        assert_eq!(found, ["1", "3", "4", "5"], "{end:?}");
        assert_eq!(bad, [(3, "the quote that is opened on line 3 is never closed".to_owned())], "{end:?}");
    }
}

#[test]
fn without_skip_bad_nothing_is_imported() {
    let place = mapped("");
    place.file("in.csv", format!("id,t,note\n1,{AT},a\n2,{AT},\"b\nc\n"));
    let error = place.refused(1, &["import", "in.csv", "--map", "map.toml"]);
    assert!(error.contains("in.csv:3: the quote that is opened on line 3 is never closed"), "{error}");
    assert!(!place.store().exists());
}

#[test]
fn quotes_that_are_never_closed_do_not_read_a_file_for_ever() {
    let lines = format!("x\",{AT},\"y\n").repeat(5_000);
    let (found, bad) = read("", format!("id,t,note\n1,{AT},a\n{lines}"));
    assert_eq!((found, bad.len()), (ids(1), 100));
}

#[test]
fn ragged_rows_are_named_with_their_lines() {
    for end in ["\n", "\r\n", "\r"] {
        let rows = ["id,t,note", "1,AT,\"two", "lines\"", "2,AT", "", "3,AT,x,y", "4,AT,"];
        let (found, bad) = read("", rows.join(end).replace("AT", AT));
        assert_eq!(found, ["1", "4"], "{end:?}");
        let bad: Vec<(u64, &str)> = bad.iter().map(|(line, why)| (*line, why.as_str())).collect();
        assert_eq!(
            bad,
            [(4, "it has 2 fields, the header has 3"), (6, "it has 4 fields, the header has 3")],
            "{end:?}"
        );
    }
}

#[test]
fn each_dialect_is_told_or_said() {
    let cases = [
        ("", "sep=;\r\nid;t;note\r\n1;AT;a,b\r\n2;AT;\"c;d\"\r\n"),
        ("", "id|t|note\n1|AT|a\n2|AT|b,c\n"),
        ("delimiter = \";\"\n", "id;t;a,b,c,d\n1;AT;x\n2;AT;y\n"),
        ("delimiter = \"\\t\"\n", "id\tt\n1\tAT\n2\tAT\n"),
        ("quote = \"'\"\n", "id,t,note\n1,AT,'a,b'\n2,AT,'it''s \"'\n"),
        ("quote = \"\"\n", "id,t,note\n1,AT,\"a\n2,AT,b\"\n"),
        ("escape = '\\'\n", "id,t,note\n1,AT,\"say \\\"hi\\\" now\"\n2,AT,\"a\\\",b\"\n"),
        ("header = false\nnames = [\"id\", \"t\"]\n", "1,AT\n2,AT\n"),
        ("skip_lines = 2\n", "Report of \"May\nmade today\nid,t\n1,AT\n2,AT\n"),
        ("", "\u{feff}id,t\n1,AT\n\n2,AT"),
    ];
    for (mapping, text) in cases {
        let (found, bad) = read(mapping, text.replace("AT", AT));
        assert_eq!((found, bad), (ids(2), Vec::new()), "{mapping}{text}");
    }
}

#[test]
fn fields_are_what_stands_between_the_quotes() {
    let place = mapped("escape = '\\'\n");
    let text = "id,t,a,b,c\r\n1,AT,\"x\\\"y\",\"C:\\\\dir\\new\",\"l1\r\nl2\"\r\n2,AT, sp ,\"\"\"q\"\"\",5\" disk\r\n";
    place.file("in.csv", text.replace("AT", AT));
    import(&place, "in.csv", &[]);
    let fields: Vec<Value> =
        data(&place).iter().map(|data| json!([data["a"], data["b"], data["c"]])).collect();
    assert_eq!(fields, [json!(["x\"y", "C:\\dir\\new", "l1\r\nl2"]), json!([" sp ", "\"q\"", "5\" disk"])]);
}

#[test]
fn a_name_that_stands_twice_gets_a_number() {
    let place = mapped("");
    place.file("in.csv", format!("id,t,t,\"t\",t_2\n1,{AT},x,y,z\n"));
    import(&place, "in.csv", &[]);
    assert_eq!(data(&place), [json!({ "id": "1", "t": AT, "t_3": "x", "t_4": "y", "t_2": "z" })]);
}

#[test]
fn other_encodings_are_read_and_what_is_none_is_bad() {
    let latin = [b"id,t,n\n1,".as_slice(), AT.as_bytes(), b",caf\xe9\n"].concat();
    let place = mapped("encoding = \"windows-1252\"\n");
    place.file("in.csv", &latin);
    import(&place, "in.csv", &[]);
    assert_eq!(data(&place)[0]["n"], "café");
    // A file that marks itself needs no word.
    let wide: Vec<u8> =
        format!("\u{feff}id;t\r\né;{AT}\r\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(read("", &wide), (vec!["é".to_owned()], Vec::new()));
    let (found, bad) = read("encoding = \"windows-1252\"\n", &wide);
    assert!(found.is_empty() && bad[0].1.contains("the mark of UTF-16LE"), "{bad:?}");
    let (found, bad) =
        read("encoding = \"shift_jis\"\n", [format!("id,t\n1,{AT}\n").as_bytes(), b"\xff,x\n"].concat());
    assert_eq!((found, bad), (ids(1), vec![(3, "the field \"id\" is not Shift_JIS".to_owned())]));
    let lines = [format!("{{\"id\":\"1\",\"t\":\"{AT}\"}}\r").as_bytes(), b"{\"id\":\"\xff\"}\r"].concat();
    let place = mapped("");
    place.file("in.jsonl", lines);
    let answer = import(&place, "in.jsonl", &["--skip-bad"]);
    assert_eq!((&answer["appended"], &answer["bad_records"][0]["line"]), (&json!(1), &json!(2)));
}

#[test]
fn records_are_found_in_rows_as_in_documents() {
    let rule = ".id as $id | .log | fromjson | .[] | {id: $id, t: .ts}";
    let mapping = format!("records = '{rule}'\nat = '.t / 1000'\n");
    let place = mapped(&mapping);
    place.file("in.csv", "id,log\n2,\"[{\"\"ts\"\": 1620225768557}, {\"\"ts\"\": 1620225800000}]\"\n3,[]\n");
    let answer = import(&place, "in.csv", &[]);
    // A row without a record is counted, too.
    assert_eq!(
        (&answer["records"], &answer["appended"], &answer["left_out"]),
        (&json!(3), &json!(2), &json!(1))
    );
    let place = mapped(&mapping);
    place.file(
        "in.jsonl",
        "{\"id\":\"2\",\"log\":\"[{\\\"ts\\\": 1620225768557},{\\\"ts\\\": 1620225800000}]\"}\n",
    );
    assert_eq!(import(&place, "in.jsonl", &[])["appended"], 2);
    let (found, bad) = read("records = '.nothing.here[]'\n", format!("id,t\n1,{AT}\n2,{AT}\n"));
    assert!(found.is_empty() && bad.len() == 2 && bad[0].1.contains("`records`"), "{bad:?}");
}

#[test]
fn an_empty_cell_is_nobody_and_no_reason() {
    let place = mapped("actor = '.who'\nreason = '.why'\nmeta = '{correlation_id: .op, ip: .ip}'\n");
    place.file("in.csv", format!("id,t,who,why,op,ip\n1,{AT},,,,\n1,{AT},mira,fix,o1,10.0.0.1\n"));
    import(&place, "in.csv", &[]);
    let metas: Vec<Value> =
        place.json(&["log", "--reverse"]).iter().map(|event| event["meta"].clone()).collect();
    assert_eq!(metas[0], json!({ "ip": "" }));
    assert_eq!(
        metas[1],
        json!({ "actor": "mira", "reason": "fix", "correlation_id": "o1", "ip": "10.0.0.1" })
    );
}

#[test]
fn a_key_without_effect_is_a_mistake() {
    let cases = [
        ("format = \"jsonl\"\ndelimiter = \";\"\n", "`delimiter` has no effect with format = \"jsonl\""),
        ("names = [\"a\"]\n", "`names` has no effect"),
        ("header = false\n", "`names` must say"),
        ("quote = \"\"\nescape = '\\'\n", "`escape` has no effect"),
        ("delimiter = \";;\"\n", "one ASCII character"),
        ("delimiter = \"'\"\nquote = \"'\"\n", "another character"),
        ("encoding = \"klingon\"\n", "is no encoding"),
        ("format = \"papertrail\"\nrecords = '.[]'\n", "`records` has no effect"),
    ];
    for (mapping, said) in cases {
        let place = mapped(mapping);
        place.file("in.csv", format!("id,t\n1,{AT}\n"));
        let error = place.refused(1, &["import", "in.csv", "--map", "map.toml"]);
        assert!(error.contains(said) && error.contains("map.toml:"), "{mapping}: {error}");
    }
    let place = mapped("format = \"papertrail\"\nencoding = \"windows-1252\"\n");
    place.file("in.db", b"SQLite format 3\0");
    let error = place.refused(1, &["import", "in.db", "--map", "map.toml"]);
    assert!(error.contains("`encoding` has no effect"), "{error}");
}

#[test]
fn every_format_gives_the_same_events_and_counts_its_records() {
    let rows = format!(
        "{{\"id\":\"1\",\"t\":\"{AT}\"}}\n{{\"id\":\"2\",\"t\":\"{AT}\"}}\n{{\"id\":\"x\",\"t\":\"never\"}}\n"
    );
    let list = format!("[{}]", rows.trim().replace('\n', ",\r\n"));
    let table = format!("id,t\n1,{AT}\n2,{AT}\nx,never\n");
    for (name, content) in [("a.jsonl", &rows), ("a.json", &list), ("a.csv", &table)] {
        let place = mapped("skip = '.id == \"2\"'\n");
        place.file(name, content);
        let answer = import(&place, name, &["--skip-bad"]);
        let counts = ["records", "appended", "left_out", "bad"].map(|count| answer[count].as_u64().unwrap());
        assert_eq!(counts, [3, 1, 1, 1], "{name}");
        assert_eq!(import(&place, name, &["--skip-bad"])["seen"], 1, "{name}");
        let said = place.ok(&["import", name, "--map", "map.toml", "--skip-bad"]);
        assert!(said.contains("3 records: 0 events appended, 1 seen before, 1 left out, 1 bad."), "{said}");
    }
}
