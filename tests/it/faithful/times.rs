//! A time is read whole or refused, and what is decided about it is said.

use serde_json::{Value, json};

use super::{import, mapped};

/// The times of the events, in the order of the log.
fn times(place: &crate::program::Place) -> Vec<String> {
    let time = |event: &Value| event["occurred_at"].as_str().unwrap().to_owned();
    place.json(&["log", "--reverse"]).iter().map(time).collect()
}

#[test]
fn an_offset_in_a_format_orders_events() {
    let place = mapped("at_format = \"%d/%b/%Y:%H:%M:%S %z\"\norder = \"time\"\n");
    place.file(
        "in.jsonl",
        "{\"id\":\"x\",\"t\":\"20/Apr/2026:10:04:03 -0500\"}\n{\"id\":\"x\",\"t\":\"20/Apr/2026:15:04:02 +0000\"}\n",
    );
    import(&place, "in.jsonl", &[]);
    assert_eq!(times(&place), ["2026-04-20T15:04:02Z", "2026-04-20T15:04:03Z"]);
}

#[test]
fn local_times_are_those_of_the_zone_and_what_was_decided_is_said() {
    let place = mapped("at_format = \"%d.%m.%Y %H:%M:%S\"\nzone = \"Europe/Berlin\"\norder = \"time\"\n");
    let rows = [
        "27.10.2024 01:30:00",
        "27.10.2024 02:30:00",
        "27.10.2024 03:30:00",
        "31.03.2024 02:30:00",
        "27.10.2024 02:10:00",
    ];
    place.file("in.csv", rows.iter().fold("id;t\n".to_owned(), |text, row| text + "1;" + row + "\n"));
    let answer = import(&place, "in.csv", &[]);
    assert_eq!(
        times(&place),
        [
            "2024-03-31T01:30:00Z",
            "2024-10-26T23:30:00Z",
            "2024-10-27T00:10:00Z",
            "2024-10-27T00:30:00Z",
            "2024-10-27T02:30:00Z"
        ]
    );
    assert_eq!(
        answer["notes"],
        json!([
            { "what": "shown_twice", "count": 2, "file": "in.csv", "line": 3 },
            { "what": "never_shown", "count": 1, "file": "in.csv", "line": 5 },
        ])
    );
    let other = mapped("at_format = \"%d.%m.%Y %H:%M:%S\"\nzone = \"Europe/Berlin\"\n");
    other.file("in.csv", "id;t\n1;27.10.2024 02:30:00\n");
    let said = other.ok(&["import", "in.csv", "--map", "map.toml"]);
    assert!(
        said.contains(
            "Local times that the zone's clocks show twice; the first was taken: 1, first in.csv:2."
        ),
        "{said}"
    );
}

#[test]
fn what_the_mapping_says_of_times_is_checked() {
    for (mapping, said) in [
        ("zone = \"Berlin\"\n", "is no time zone"),
        ("at_format = [\"%F\", \"soon\"]\n", "\"soon\" is no format"),
        ("at_format = []\n", "the list is empty"),
        ("at_format = 7\n", "expected a string or a list of strings"),
    ] {
        let place = mapped(mapping);
        place.file("in.csv", "id,t\n");
        let error = place.refused(1, &["import", "in.csv", "--map", "map.toml"]);
        assert!(error.contains(said) && error.contains("map.toml:6:"), "{mapping}: {error}");
    }
}

#[test]
fn epochs_are_numbers_or_texts() {
    let place = mapped("at_format = [\"ms\", \"%F\"]\n");
    place.file("in.jsonl", "{\"id\":1,\"t\":1620225768557}\n{\"id\":1,\"t\":\"1620225768558\"}\n{\"id\":1,\"t\":\"2022-01-01\"}\n");
    import(&place, "in.jsonl", &[]);
    assert_eq!(
        times(&place),
        ["2021-05-05T14:42:48.557Z", "2021-05-05T14:42:48.558Z", "2022-01-01T00:00:00Z"]
    );
    let place = mapped("");
    place.file("in.jsonl", "{\"id\":1,\"t\":1620225768557}\n");
    let error = place.refused(1, &["import", "in.jsonl", "--map", "map.toml"]);
    assert!(error.contains("at_format = \"ms\""), "{error}");
}

#[test]
fn what_has_no_time_is_shown_as_such_and_keeps_its_place() {
    let place = mapped("at = '.t // \"unknown\"'\n");
    let rows = [
        json!({"id": 1, "n": 1}),
        json!({"id": 1, "n": 2, "t": "2024-01-01T00:00:00Z"}),
        json!({"id": 1, "n": 3}),
    ];
    place.file("in.jsonl", rows.iter().map(|row| row.to_string() + "\n").collect::<String>());
    import(&place, "in.jsonl", &[]);
    assert_eq!(super::data(&place).iter().map(|data| data["n"].clone()).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(times(&place), ["unknown", "2024-01-01T00:00:00Z", "unknown"]);
    assert!(place.ok(&["log"]).contains("unknown"));
    // It is no late event, stands at the beginning of time, and goes out and comes in as it is.
    let state = place.one(&["state", "T/1@2023-01-01"]);
    assert_eq!(state["state"]["n"], 1, "{state}");
    let exported = place.ok(&["export"]);
    let copy = crate::program::Place::empty();
    copy.file("all.jsonl", &exported);
    copy.ok(&["import", "all.jsonl"]);
    assert_eq!(copy.ok(&["export"]), exported);
    assert!(!place.ok(&["export", "--format", "cloudevents"]).contains("unknown"));
    place.ok(&["verify"]);
    let place = mapped("at = '\"unknown\"'\norder = \"time\"\n");
    place.file("in.jsonl", "{\"id\":1}\n");
    assert!(place.refused(1, &["import", "in.jsonl", "--map", "map.toml"]).contains("`order` is by time"));
}
