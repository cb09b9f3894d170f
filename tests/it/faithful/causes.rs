//! Causes by the ids of other systems, the numbers of a source, and what comes again.

use serde_json::{Value, json};

use super::{data, import, mapped};
use crate::program::Place;

const CAUSES: &str = r#"
type = '.stream | split("-")[0]'
id = '.stream | sub("^[^-]*-"; "")'
event = '.type'
key = '.id'
data = '{}'
"#;

fn event(id: &str, stream: &str, kind: &str, cause: &Value, at: u32) -> Value {
    json!({ "id": id, "stream": stream, "type": kind, "cause": cause, "t": at })
}

fn write(place: &Place, name: &str, events: &[Value]) {
    place.file(name, events.iter().map(|event| event.to_string() + "\n").collect::<String>());
}

/// The event of a type.
fn one(place: &Place, kind: &str) -> Value {
    place.json(&["log"]).into_iter().find(|event| event["type"] == kind).unwrap()
}

/// How a revision names it.
fn rev(place: &Place, kind: &str) -> String {
    format!("#{}", one(place, kind)["position"])
}

/// The types of the events in the tree of an event, each with its depth.
fn tree(place: &Place, rev: &str) -> Vec<Value> {
    let rows = place.json(&["trace", rev]);
    rows.iter().map(|row| json!([row["depth"], row["type"]])).collect()
}

fn noted(answer: &Value) -> Vec<(&str, u64, u64)> {
    let note = |note: &'_ Value| (note["count"].as_u64().unwrap(), note["line"].as_u64().unwrap());
    let notes = answer["notes"].as_array().unwrap().iter();
    notes.map(|it| (it["what"].as_str().unwrap(), note(it).0, note(it).1)).collect()
}

#[test]
fn a_cause_is_found_by_its_id_whenever_it_comes_in() {
    let events = [
        event("e1", "order-7", "OrderPlaced", &json!("op"), 1),
        event("e2", "pay-9", "PaymentRequested", &json!("e1"), 2),
        event("e3", "order-7", "OrderPaid", &json!(["", "e2", 17]), 3),
        json!({ "id": 17, "stream": "bank-1", "type": "Booked", "t": 2 }),
    ];
    let expected = [json!([0, "OrderPlaced"]), json!([1, "PaymentRequested"]), json!([2, "OrderPaid"])];
    for (rule, parts) in [
        ("cause = '.cause'\n", vec![&events[..]]),
        ("meta = '{causation_id: .cause}'\n", vec![&events[2..], &events[1..2], &events[..1]]),
    ] {
        let place = mapped(&format!("{CAUSES}{rule}"));
        for (number, part) in parts.into_iter().enumerate() {
            write(&place, "in.jsonl", part);
            let answer = import(&place, "in.jsonl", &[]);
            // What is not there yet is said, and found as soon as it is.
            assert_eq!(noted(&answer), [("no_cause", 1, 1)], "{rule}{number}");
        }
        assert_eq!(tree(&place, &rev(&place, "OrderPaid")), expected);
        let links = place.json(&["links", &rev(&place, "PaymentRequested")]);
        let linked: Vec<Value> = links
            .iter()
            .map(|link| json!([link["link"], link["type"]]))
            .filter(|link| link[0] == "cause" || link[0] == "effect")
            .collect();
        assert_eq!(linked, [json!(["cause", "OrderPlaced"]), json!(["effect", "OrderPaid"])]);
        // What the metadata says stays as it was written.
        assert_eq!(one(&place, "PaymentRequested")["meta"]["causation_id"], "e1");
        assert_eq!(tree(&place, &rev(&place, "Booked")), [json!([0, "Booked"]), json!([1, "OrderPaid"])]);
        place.ok(&["verify", "--all"]);
    }
    let place = mapped(&format!("{CAUSES}cause = '{{a: 1}}'\n"));
    write(&place, "in.jsonl", &events);
    assert!(
        place.refused(1, &["import", "in.jsonl", "--map", "map.toml"]).contains("not an id or a list of ids")
    );
}

fn numbered(id: &str, version: u32) -> Value {
    json!({ "id": id, "v": version, "n": format!("{id}{version}"), "t": 100 - version })
}

fn names(place: &Place) -> Vec<String> {
    data(place).iter().map(|data| data["n"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_numbers_of_a_source_are_the_order_and_what_is_missing_or_late_is_said() {
    let place = mapped("version = '.v'\nkey = '.n'\n");
    write(
        &place,
        "in.jsonl",
        &[numbered("a", 3), numbered("a", 1), numbered("b", 1), numbered("a", 2), numbered("a", 6)],
    );
    assert_eq!(noted(&import(&place, "in.jsonl", &[])), [("gap", 1, 5)]);
    assert_eq!(
        names(&place).iter().filter(|name| name.starts_with('a')).collect::<Vec<_>>(),
        ["a1", "a2", "a3", "a6"]
    );
    // Its predecessors come when it stands in the log: they go to the end.
    write(&place, "in.jsonl", &[numbered("a", 7), numbered("a", 5), numbered("a", 4), numbered("a", 6)]);
    let answer = import(&place, "in.jsonl", &[]);
    assert_eq!((noted(&answer), &answer["seen"]), (vec![("late", 2, 3)], &json!(1)));
    assert_eq!(names(&place)[5..], ["a4", "a5", "a7"]);
    assert_eq!(place.json(&["log", "T/a"])[0]["meta"]["source_version"], 7);
    let mut other = numbered("a", 7);
    other["n"] = json!("other");
    write(&place, "in.jsonl", &[other, numbered("a", 8)]);
    assert_eq!(noted(&import(&place, "in.jsonl", &[])), [("clash", 1, 1)]);
    write(&place, "in.jsonl", &[json!({ "id": "c", "t": 1, "v": "1.5" })]);
    assert!(place.refused(1, &["import", "in.jsonl", "--map", "map.toml"]).contains("not a whole number"));
}

#[test]
fn what_is_late_may_be_refused() {
    let place = mapped("version = '.v'\nkey = '.n'\nlate = \"refuse\"\n");
    write(&place, "in.jsonl", &[numbered("a", 1), numbered("a", 3)]);
    import(&place, "in.jsonl", &[]);
    write(&place, "in.jsonl", &[numbered("a", 4), numbered("a", 2)]);
    let error = place.refused(1, &["import", "in.jsonl", "--map", "map.toml"]);
    assert!(error.contains("in.jsonl:2: its `version` is 2, and 3 has been appended"), "{error}");
    let answer = import(&place, "in.jsonl", &["--skip-bad"]);
    assert_eq!((&answer["appended"], &answer["bad"]), (&json!(1), &json!(1)));
}

#[test]
fn deliveries_that_come_again_are_kept_where_that_is_asked_for() {
    let same = json!({ "id": "a", "t": 1 });
    for (repeats, appended, again) in [("", 1, 0), ("repeats = \"keep\"\n", 3, 1)] {
        let place = mapped(&format!("key = '.id'\n{repeats}"));
        write(&place, "in.jsonl", &[same.clone(), same.clone(), same.clone()]);
        let answer = import(&place, "in.jsonl", &[]);
        assert_eq!(answer["appended"], appended);
        assert_eq!(noted(&answer).first().copied(), (again > 0).then_some(("repeated", 2, 2)));
        // The same file brings nothing new, and one that has grown what it has more.
        assert_eq!(import(&place, "in.jsonl", &[])["appended"], 0);
        write(&place, "in.jsonl", &vec![same.clone(); 4]);
        assert_eq!(import(&place, "in.jsonl", &[])["appended"], again);
    }
}

#[test]
fn an_order_is_any_value_and_reverse_stays_inside_a_file() {
    let files = [("1.jsonl", [3, 2, 1]), ("2.jsonl", [6, 5, 4])];
    for order in ["\"reverse\"", "'[$file, -$index]'", "'.n'"] {
        let place = mapped(&format!("order = {order}\nat = '0'\n"));
        for (name, numbers) in files {
            write(
                &place,
                name,
                &numbers.map(|n| json!({ "id": if n % 2 == 0 { "x" } else { "y" }, "n": n })),
            );
        }
        place.ok(&["import", "1.jsonl", "2.jsonl", "--map", "map.toml"]);
        let numbers: Vec<Value> = data(&place).iter().map(|data| data["n"].clone()).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6], "{order}");
    }
    let place = mapped("order = '{a: 1}'\n");
    write(&place, "in.jsonl", &[json!({ "id": 1, "t": 1 })]);
    assert!(place.refused(1, &["import", "in.jsonl", "--map", "map.toml"]).contains("no place in an order"));
}

#[test]
fn keys_that_need_others_say_so() {
    for (mapping, said) in [
        ("repeats = \"keep\"\n", "`repeats` has no effect without a `key`"),
        ("late = \"refuse\"\n", "`late` has no effect without `version`"),
        ("version = '.v'\norder = \"time\"\n", "`order` has no effect beside `version`"),
        ("carry = true\n", "`carry` has no effect without a `key`"),
    ] {
        let place = mapped(mapping);
        place.file("in.jsonl", "");
        let error = place.refused(1, &["import", "in.jsonl", "--map", "map.toml"]);
        assert!(error.contains(said) && error.contains("map.toml:"), "{mapping}: {error}");
    }
}
