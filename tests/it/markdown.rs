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
