//! What is not quite JSON is read as others read it, and said; `strict` refuses it.

use serde_json::{Value, json};

use super::{data, import, mapped};

#[test]
fn half_characters_doubled_keys_and_words_are_taken_and_named() {
    let rows = [
        r#"{"id":"a","t":1,"msg":"party \ud83c"}"#,
        r#"{"id":"a","t":2,"msg":"ok"}"#,
        r#"{"id":"x","t":3,"v":1,"id":"a","v":2}"#,
        r#"{"id":"a","t":4,"v":[NaN,-Infinity],"note":"NaN"}"#,
    ];
    let list = format!("[\n{}]", rows.join(",\n"));
    let lines = rows.join("\n");
    // What a rule only hands on is read as it stands.
    let rule = "records = 'if .list then .list[] else . end'\n";
    for (name, content, first, more) in
        [("in.jsonl", &lines, 1, ""), ("in.json", &list, 2, ""), ("in.jsonl", &lines, 1, rule)]
    {
        let place = mapped(more);
        place.file(name, content);
        let answer = import(&place, name, &[]);
        let found = data(&place);
        assert_eq!(found[0]["msg"], "party \u{fffd}");
        assert_eq!(found[2], json!({ "t": 3, "id": "a", "v": 2 }));
        assert_eq!(found[3]["v"], json!([null, null]));
        assert_eq!(found[3]["note"], "NaN");
        let note = |what: &str, line: u64| json!({ "what": what, "count": 1, "file": name, "line": line });
        assert_eq!(
            answer["notes"],
            json!([
                note("half_character", first),
                note("doubled_key", first + 2),
                note("not_a_number", first + 3)
            ])
        );
        place.ok(&["verify"]);
        let strict = mapped(&format!("strict = true\n{more}"));
        strict.file(name, content);
        let answer = import(&strict, name, &["--skip-bad"]);
        // A document cannot be read on behind what is no JSON.
        assert_eq!((&answer["appended"], &answer["bad"]), (&json!(1), &json!(3)), "{answer}");
        assert_eq!(answer["notes"], json!([]));
    }
}

const LONG: &str = r#"{"tx":"0xabc","block":19000000,"value":1000000000000000000000,"rate":12345678901234567.89,"ts":1706000000}"#;

#[test]
fn long_numbers_keep_their_digits_and_do_not_matter_where_they_are_not_used() {
    let place = mapped("id = '.tx'\nat = '.ts'\ndata = '{block}'\n");
    place.file("in.jsonl", LONG);
    let answer = import(&place, "in.jsonl", &[]);
    assert_eq!((&answer["appended"], &answer["notes"]), (&json!(1), &json!([])));
    let more =
        "id = '.value'\nat = '.ts'\nmeta = '{rate, as_text: (.value | tostring), big: (.value > 1e20)}'\n";
    for more in [more.to_owned(), format!("mode = \"snapshots\"\n{more}")] {
        let place = mapped(&more);
        place.file("in.jsonl", LONG);
        let answer = import(&place, "in.jsonl", &[]);
        assert_eq!(answer["notes"][0]["what"], "long_number");
        let exported = place.ok(&["export"]);
        assert!(
            exported.contains(r#""value":1000000000000000000000,"rate":12345678901234567.89,"#),
            "{exported}"
        );
        assert!(
            exported.contains(
                r#""meta":{"rate":12345678901234567.89,"as_text":"1000000000000000000000","big":true}"#
            ),
            "{exported}"
        );
        assert!(place.ok(&["state", "T/1000000000000000000000"]).contains("0xabc"));
        // It goes out and comes in, and rules reckon with it.
        let copy = crate::program::Place::empty();
        copy.file("all.jsonl", &exported);
        copy.ok(&["import", "all.jsonl"]);
        assert_eq!(copy.ok(&["export"]), exported);
        assert_eq!(copy.json(&["aggregates", "--where", ".value > 1e20 and .rate < 1e17"]).len(), 1);
        copy.ok(&["verify", "--all"]);
        copy.ok(&["replay"]);
    }
    let strict = mapped("id = '.tx'\nat = '.ts'\nstrict = true\n");
    strict.file("in.jsonl", LONG);
    let error = strict.refused(1, &["import", "in.jsonl", "--map", "map.toml"]);
    assert!(
        error.contains("in.jsonl:1: .value: 1000000000000000000000 is an integer beyond 64 bits"),
        "{error}"
    );
}

#[test]
fn a_long_number_that_changes_below_a_double_is_a_change() {
    let place = mapped("mode = \"snapshots\"\ndata = '{n}'\n");
    place.file(
        "in.jsonl",
        "{\"id\":1,\"t\":1,\"n\":1000000000000000000000}\n{\"id\":1,\"t\":2,\"n\":1000000000000000000001}\n",
    );
    import(&place, "in.jsonl", &[]);
    let exported = place.ok(&["export"]);
    let datas: Vec<&str> = exported
        .lines()
        .filter_map(|line| line.split("\"data\":").nth(1)?.split(",\"meta\"").next())
        .collect();
    assert_eq!(datas, ["{\"n\":1000000000000000000000}", "{\"n\":1000000000000000000001}"]);
    let _: Value = place.one(&["state", "T/1"]);
}

#[test]
fn what_a_rule_finds_in_a_record_keeps_its_digits_and_its_place() {
    let place = mapped("records = '.list // empty | .[]'\nevent = '\"\\($line) \\($index)\"'\n");
    let line =
        r#"{"list":[{"id":"a","t":1,"n":1000000000000000000000},{"id":"a","t":2,"n":"\ud83c"}],"x":1,"x":2}"#;
    place.file("in.jsonl", format!("{line}\n{{}}\n{line}\n"));
    let answer = import(&place, "in.jsonl", &[]);
    assert_eq!((&answer["appended"], &answer["left_out"]), (&json!(4), &json!(1)), "{answer}");
    let events = place.json(&["log", "--reverse"]);
    let kinds: Vec<&Value> = events.iter().map(|event| &event["type"]).collect();
    assert_eq!(kinds, ["1 1", "1 2", "3 4", "3 5"]);
    assert!(place.ok(&["export"]).contains(r#""n":1000000000000000000000"#));
    let noted = answer["notes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| (note["what"].as_str(), note["count"].as_u64()));
    let noted: Vec<_> = noted.map(|(what, count)| (what.unwrap(), count.unwrap())).collect();
    assert_eq!(noted, [("half_character", 2), ("doubled_key", 2), ("long_number", 2)]);
}
