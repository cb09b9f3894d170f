//! What every verb prints, as Markdown.

use serde_json::Value;

use crate::program::Place;

/// The cells of a table's line.
fn cells(line: &str) -> Vec<String> {
    let line = line.trim_start_matches("| ").trim_end_matches(" |").replace("\\|", "\u{1}");
    line.split(" | ").map(|cell| cell.replace('\u{1}', "\\|")).collect()
}

#[test]
fn a_list_is_a_table_a_state_is_json_and_a_timeline_is_text() {
    let place = Place::demo();
    let rows = place.json(&["aggregates", "--limit", "5"]);
    let page = place.ok(&["aggregates", "--limit", "5", "--format", "md"]);
    let lines: Vec<&str> = page.lines().collect();
    let names: Vec<String> = rows[0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(cells(lines[0]), names);
    for (line, row) in lines[2..7].iter().zip(&rows) {
        let told = cells(line);
        assert_eq!(told[0], row["aggregate"].as_str().unwrap());
        assert_eq!(told.len(), names.len(), "{line}");
    }
    // The line at the end prints it again.
    let again = lines[lines.len() - 2];
    assert!(again.starts_with("backstory -s /") && again.ends_with("aggregates --limit 5"), "{again}");
    let page = place.ok(&["--format", "md", "state", "Task/42@3"]);
    let json = page.split("```json\n").nth(1).unwrap().split("\n```").next().unwrap();
    let state: Value = serde_json::from_str(json).unwrap();
    assert_eq!(state, place.one(&["state", "Task/42@3"])["state"]);
    assert!(page.starts_with("**Task/42** v3 on main"), "{page}");
    let page = place.ok(&["log", "Task/42", "--format=md"]);
    let text = page.split("```text\n").nth(1).unwrap().split("\n```").next().unwrap();
    assert_eq!(format!("{text}\n"), place.ok(&["log", "Task/42"]));
    // Formats of single verbs stay what they are.
    assert_eq!(place.ok(&["catalogue", "--format", "yaml"]), place.ok(&["catalogue", "--format=yaml"]));
    for args in [&["open", "--format", "md"][..], &["--format", "md"], &["log", "--json", "--format", "md"]] {
        assert_eq!(place.run(args).code, 2, "{args:?}");
    }
    assert_eq!(place.run(&["state", "Task/none", "--format", "md"]).out, "");
}

#[test]
fn orders_races_traces_and_replays_are_tables() {
    let place = Place::demo();
    let head = |args: &[&str]| {
        let page = place.ok(&[args, &["--format", "md"]].concat());
        let last = page.rsplit("\n\n").nth(1).unwrap().lines().next().unwrap();
        cells(last)
    };
    let race = place.one(&["race", "Task/42@3"]);
    let page = place.ok(&["race", "Task/42@3", "--format", "md"]);
    for row in race["rows"].as_array().unwrap() {
        assert!(page.contains(&format!("| {} | ", row["name"].as_str().unwrap())), "{page}");
    }
    assert_eq!(head(&["race", "Task/42@3"])[..3], ["name", "end", "order"]);
    assert_eq!(head(&["order", "Subscription/23", "--by", "occurred"]), ["place", "log", "other", "apart"]);
    assert_eq!(head(&["trace", "Task/42@3"])[..2], ["depth", "position"]);
    assert!(head(&["trace", "Task/42@3", "--lanes"]).len() > 2);
    assert_eq!(head(&["replay"])[..2], ["aggregates", "events"]);
}
