//! Replay with another rule: what differs and why, and the other domain in use.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::program::Place;
use serde_json::{Value, json};

/// A domain file with some rules replaced by others; each text must be there.
fn changed(domain: &str, changes: &[(&str, &str)]) -> String {
    let mut domain = domain.to_owned();
    for (from, to) in changes {
        assert!(domain.contains(from), "no {from} in {domain}");
        domain = domain.replace(from, to);
    }
    domain
}

fn causes(lines: &[Value]) -> Vec<&Value> {
    lines.iter().filter(|line| line.get("cause").is_some()).collect()
}

const BOXES: &str = r#"
[domain]
name = "boxes"
[aggregate.Box.event.Put]
data = { n = "integer" }
apply = '.sum = (.sum // 0) + $data.n | .items += [{ n: $data.n }]'
[aggregate.Box.event.Emptied]
apply = '.sum = 0 | .items = []'
[aggregate.Box.event.Weighed]
apply = '.weighed_at = $at'
[aggregate.Lid.event.Shut]
apply = '.shut = true'
"#;

/// Boxes by their events: `p3` puts 3, `e` empties, `w` weighs; a lid is only shut.
fn boxes(place: &Place, histories: &[(&str, &str)]) {
    let mut lines = String::new();
    for (at, (id, history)) in histories.iter().enumerate() {
        for (second, what) in history.split(' ').enumerate() {
            let kind = match &what[..1] {
                "p" => "Put",
                "e" => "Emptied",
                "w" => "Weighed",
                _ => "Shut",
            };
            let data = what[1..].parse::<i64>().map_or(json!({}), |n| json!({ "n": n }));
            let aggregate = if kind == "Shut" { format!("Lid/{id}") } else { format!("Box/{id}") };
            let line = json!({
                "aggregate": aggregate, "type": kind, "data": data,
                "occurred_at": format!("2024-05-{:02}T10:00:{second:02}Z", at % 27 + 1),
            });
            lines += &format!("{line}\n");
        }
    }
    place.file("boxes.jsonl", lines);
    place.ok(&["import", "boxes.jsonl"]);
}

#[test]
fn a_dry_run_names_the_first_event_that_parts_and_groups_by_rule_and_fields() {
    let place = Place::empty();
    place.file("boxes.toml", BOXES);
    place.ok(&["init", "--domain", "boxes.toml"]);
    boxes(
        &place,
        &[
            ("a", "p1 p2 w"),
            ("b", "w p-3"),
            ("c", "w p5 p-4 e"),
            ("d", "w e w"),
            ("e", "p-1 p-1"),
            ("l", "s"),
        ],
    );
    // A number below nothing counts for its size, and a box that is emptied says so.
    let other = changed(
        BOXES,
        &[
            (".sum = (.sum // 0) + $data.n", ".sum = (.sum // 0) + ($data.n | abs)"),
            (".sum = 0 | .items = []", ".sum = 0 | .items = [] | .emptied = true"),
        ],
    );
    place.file("other.toml", &other);
    let lines = place.json(&["replay", "--domain", "other.toml", "--dry-run"]);
    let cause = |event: &str, path: &str| json!({ "aggregate": "Box", "event": event, "paths": [path], "error": null });
    let found: Vec<_> =
        causes(&lines).into_iter().map(|line| (&line["cause"], &line["aggregates"])).collect();
    assert_eq!(found, [(&cause("Put", "sum"), &json!(3)), (&cause("Emptied", "emptied"), &json!(1))]);
    let one = |id: &str| lines.iter().find(|line| line["aggregate"] == id).unwrap_or(&Value::Null);
    assert_eq!((&one("Box/b")["version"], &one("Box/c")["version"]), (&json!(2), &json!(3)));
    assert_eq!(one("Box/c")["first"], json!([{ "op": "replace", "path": "/sum", "old": 1, "value": 9 }]));
    assert_eq!((one("Box/a"), one("Lid/l")), (&Value::Null, &Value::Null));
    let summary = lines.last().unwrap();
    assert_eq!(
        (&summary["aggregates"], &summary["differ"], &summary["met_again"]),
        (&json!(6), &json!(4), &json!(0))
    );
    let said = place.ok(&["replay", "--domain", "other.toml", "--limit", "1"]);
    assert!(said.contains("Box.Put: sum  (3 aggregates)"), "{said}");
    assert!(said.contains("  Box/b@2 (#5 on main)\n    ~ sum  -3 → 3\n  and 2 more\n"), "{said}");
    assert_eq!(place.one(&["replay", "--dry-run"])["differ"], 0, "nothing was written");
    // States that part and meet again are told apart from those that stay apart.
    place.file("meets.toml", changed(BOXES, &[("{ n: $data.n }", "{ n: $data.n, kept: true }")]));
    let lines = place.json(&["replay", "--domain", "meets.toml"]);
    let summary = lines.last().unwrap();
    assert_eq!((&summary["differ"], &summary["met_again"]), (&json!(3), &json!(1)));
    let found = causes(&lines);
    assert_eq!(found.len(), 1, "places in an array are not told apart: {found:?}");
    assert_eq!(found[0]["cause"]["paths"], json!(["items.*.kept"]));
    // The same domain in other words, and one whose rule fails.
    place.file("same.toml", format!("# said again\n{BOXES}"));
    assert_eq!(place.one(&["replay", "--domain", "same.toml"])["differ"], 0);
    place.file(
        "fails.toml",
        changed(BOXES, &["apply = '.weighed_at = $at'"].map(|from| (from, "apply = 'error(\"no scale\")'"))),
    );
    let lines = place.json(&["replay", "--domain", "fails.toml"]);
    assert_eq!(lines.last().unwrap()["errors"], 4);
    assert!(causes(&lines)[0]["cause"]["error"].as_str().unwrap().contains("no scale"));
}

#[test]
fn a_branch_is_compared_by_its_own_history() {
    let place = Place::with("todo");
    let todo = place.ok(&["domain", "show"]);
    place.ok(&["fire", "Task", "create", "title=One"]);
    place.ok(&["branch", "aside"]);
    place.ok(&["-b", "aside", "fire", "Task/1", "retitle", "title=two"]);
    place.file(
        "loud.toml",
        changed(
            &todo,
            &[("apply = '.title = $data.title'", "apply = '.title = ($data.title | ascii_upcase)'")],
        ),
    );
    let lines = place.json(&["replay", "--domain", "loud.toml"]);
    assert_eq!((&lines[0]["branch"], &lines[0]["version"]), (&json!("aside"), &json!(2)));
    assert_eq!(lines.last().unwrap()["differ"], 1);
}

#[test]
fn a_killed_rebuild_leaves_whole_heads_and_goes_on() {
    let place = Place::empty();
    place.file("boxes.toml", BOXES);
    place.ok(&["init", "--domain", "boxes.toml"]);
    let names: Vec<_> = (0..6_000).map(|id| format!("b{id}")).collect();
    let histories: Vec<_> = names.iter().map(|id| (id.as_str(), "p1 p2 e p4 w")).collect();
    boxes(&place, &histories);
    let other = changed(BOXES, &[("{ n: $data.n }", "{ n: $data.n, kept: true }")]);
    place.file("other.toml", &other);
    let sum = |id: &str| place.one(&["state", id])["state"].clone();
    let before = sum("Box/b17");
    let mut resumed = false;
    // How many heads of the new rules there are so far.
    let sql = place.sql();
    let filled = || -> i64 {
        let count = "SELECT count(*) FROM heads WHERE generation = (SELECT filling FROM generations)";
        sql.query_row(count, [], |row| row.get(0)).unwrap()
    };
    for round in 0..6_u64 {
        let (so_far, start) = (filled(), Instant::now());
        let mut apply = place.command(&["replay", "--domain", "other.toml", "--apply", "--json"]);
        let mut apply = apply.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Struck before it begins, or once it has filled in some more.
        while round != 1 && filled() <= so_far + 200 * round as i64 && apply.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < Duration::from_secs(100), "the rebuild stands still");
            std::thread::sleep(Duration::from_millis(1));
        }
        apply.kill().unwrap();
        apply.wait().unwrap();
        // Half a list is never seen: it is the old one or the new one, as a fresh replay has it.
        let taken = place.ok(&["domain", "show"]) == other;
        assert_eq!(place.one(&["replay", "--dry-run"])["differ"], 0, "round {round}");
        if taken {
            assert_ne!(sum("Box/b17"), before);
            break;
        }
        assert_eq!(sum("Box/b17"), before);
        resumed |= filled() > 0;
        boxes(&place, &[(&format!("new{round}"), "p1 p1")]);
        place.file("more.jsonl", format!("{{\"aggregate\":\"Box/b{}\",\"type\":\"Put\",\"data\":{{\"n\":7}},\"occurred_at\":\"2024-06-01T00:00:{:02}Z\"}}\n", 100 + round, round));
        place.ok(&["import", "more.jsonl"]);
    }
    let answer = place.one(&["replay", "--domain", "other.toml", "--apply"]);
    assert_eq!(answer["written"], true);
    assert!(resumed, "no rebuild was struck in the middle");
    assert_eq!(place.one(&["replay", "--dry-run"])["differ"], 0);
    assert_eq!(sum("Box/b17")["items"], json!([{ "n": 4, "kept": true }]));
    let generations: i64 =
        place.sql().query_row("SELECT count(DISTINCT generation) FROM heads", [], |row| row.get(0)).unwrap();
    assert_eq!(generations, 1, "what was given up is gone");
}
