//! Projections: tables that equal a fresh fold whatever was appended how, at the head, in the past and on branches.

use std::collections::BTreeMap;

use crate::program::Place;
use serde_json::{Value, json};

fn report(place: &Place, args: &[&str]) -> BTreeMap<String, Value> {
    let mut all = vec!["report"];
    all.extend(args);
    let rows = place.json(&all);
    rows.iter().map(|row| (row["key"].as_str().unwrap().to_owned(), row["row"].clone())).collect()
}

/// What the workload is, counted from the tasks' states by hand.
fn counted(place: &Place, args: &[&str]) -> BTreeMap<String, (i64, i64)> {
    let mut all = vec!["aggregates", "Task", "--limit", "1000"];
    all.extend(args);
    let mut counts = BTreeMap::new();
    for task in place.json(&all) {
        let id = task["aggregate"].as_str().unwrap();
        let rev = format!("{id}@{}", task["version"]);
        let state = place.one(&["state", &rev])["state"].clone();
        let open = state["completed_at"].is_null() && state["deleted_at"].is_null();
        if let (true, Some(who)) = (open, state["assignee"].as_str()) {
            let count: &mut (i64, i64) = counts.entry(who.to_owned()).or_default();
            count.0 += 1;
            count.1 += i64::from(state["priority"] == "high");
        }
    }
    counts
}

fn workload(place: &Place, args: &[&str]) -> BTreeMap<String, (i64, i64)> {
    let mut all = vec!["workload"];
    all.extend(args);
    let rows = report(place, &all);
    rows.into_iter()
        .map(|(who, row)| (who, (row["open"].as_i64().unwrap(), row["urgent"].as_i64().unwrap())))
        .collect()
}

#[test]
fn the_demos_reports_are_what_a_count_by_hand_finds() {
    let place = Place::demo();
    assert_eq!(workload(&place, &[]), counted(&place, &[]));
    let at = ["--at", "700"];
    assert_eq!(workload(&place, &at), counted(&place, &at), "in the past");
    assert_ne!(workload(&place, &at), workload(&place, &[]));

    let mut done: BTreeMap<String, i64> = BTreeMap::new();
    for event in place.json(&["log", "--type", "TaskCompleted", "--limit", "10000"]) {
        *done.entry(event["occurred_at"].as_str().unwrap()[..10].to_owned()).or_default() += 1;
    }
    let recap = report(&place, &["recap"]);
    let told: BTreeMap<_, _> =
        recap.iter().map(|(day, row)| (day.clone(), row["completed"].as_i64().unwrap())).collect();
    assert_eq!(told, done);
    let by: i64 = recap
        .values()
        .flat_map(|row| row["by"].as_object().unwrap().values())
        .map(|n| n.as_i64().unwrap())
        .sum();
    assert_eq!(by, done.values().sum::<i64>());

    let mut paid: BTreeMap<String, f64> = BTreeMap::new();
    for event in place.json(&["log", "--type", "InvoicePaid", "--limit", "10000"]) {
        let rev = format!("{}@{}", event["aggregate"].as_str().unwrap(), event["version"]);
        let state = place.one(&["state", &rev])["state"].clone();
        let key = format!(
            "{} {}",
            &event["occurred_at"].as_str().unwrap()[..7],
            state["currency"].as_str().unwrap()
        );
        *paid.entry(key).or_default() += event["data"]["amount"].as_f64().unwrap();
    }
    let revenue = report(&place, &["revenue"]);
    assert_eq!(revenue.len(), paid.len());
    for (key, sum) in paid {
        assert!((revenue[&key]["paid"].as_f64().unwrap() - sum).abs() < 0.001, "{key}");
    }

    let failed = place.json(&["log", "--type", "InvoiceFailed", "--limit", "10000"]);
    let rows = place.json(&["report", "failed_payments"]);
    assert_eq!(rows.len(), failed.len());
    assert_eq!(rows[0]["position"], failed[0]["position"], "the newest first");
    let feed = place.json(&["feed", "--limit", "3"]);
    assert_eq!(feed.len(), 3);
    let csv = place.ok(&["report", "revenue", "--csv", "--limit", "1"]);
    assert!(csv.starts_with("month,currency,paid,invoices\n2019-"), "{csv}");
}

#[test]
fn a_projection_follows_appends_branches_merges_and_a_new_declaration() {
    let place = Place::with("todo");
    place.ok(&["fire", "Task", "create", "title=One"]);
    place.ok(&["fire", "Task/1", "assign", "assignee=mira"]);
    let kept: i64 = place
        .sql()
        .query_row("SELECT position FROM projections WHERE name = 'workload' AND shown", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kept, 2, "the append's own transaction keeps it");
    let who: String =
        place.sql().query_row("SELECT who FROM projection_workload", [], |row| row.get(0)).unwrap();
    assert_eq!(who, "mira", "columns are columns for people with sqlite3");

    place.ok(&["branch", "what-if"]);
    place.ok(&["-b", "what-if", "fire", "Task/1", "assign", "assignee=omar"]);
    place.ok(&["fire", "Task/1", "prioritise", "priority=high"]);
    let on = |place: &Place, branch: &str| {
        let rows = place.json(&["-b", branch, "report", "workload"]);
        rows.iter().map(|row| (row["key"].clone(), row["row"]["urgent"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(on(&place, "main"), [(json!("mira"), json!(1))]);
    assert_eq!(on(&place, "what-if"), [(json!("omar"), json!(0))]);
    place.ok(&["merge", "what-if"]);
    assert_eq!(on(&place, "main"), [(json!("omar"), json!(1))]);
    place.ok(&["fire", "Task/1", "complete"]);
    assert_eq!(on(&place, "main"), []);
    assert_eq!(place.json(&["feed"]).len(), 5);
    assert_eq!(place.json(&["-b", "what-if", "feed"]).len(), 3);

    // What is declared today has its rows from day one, and what is not declared any more is gone.
    place.file(
        "new.toml",
        "[domain]\nname = \"new\"\n[projection.actors]\non = [\"*\"]\nmode = \"async\"\nkey = '$meta.actor'\n\
         fold = '.events = (.events // 0) + 1'\n",
    );
    place.ok(&["domain", "set", "new.toml"]);
    assert_eq!(report(&place, &["actors"])["tester"]["events"], 5);
    let said = place.refused(1, &["report", "workload"]);
    assert!(said.contains("no projection workload") && said.contains("actors"), "{said}");
    assert!(place.sql().prepare("SELECT * FROM projection_workload").is_err());

    // Whoever only asks what would differ does not even bring up what lies behind.
    place.file(
        "more.jsonl",
        "{\"aggregate\":\"Box/1\",\"type\":\"Put\",\"data\":{},\"occurred_at\":\"2019-04-01T00:00:00Z\"}\n",
    );
    place.ok(&["import", "more.jsonl"]);
    let come = || -> i64 {
        place.sql().query_row("SELECT position FROM projections", [], |row| row.get(0)).unwrap()
    };
    let before = come();
    place.ok(&["replay", "--dry-run"]);
    assert_eq!(come(), before);
    place.ok(&["replay"]);
    assert_eq!(come(), before + 1);
}

#[test]
fn a_rule_that_fails_stops_the_projection_there_and_says_so() {
    let place = Place::empty();
    place.file(
        "d.toml",
        "[domain]\nname = \"d\"\n[projection.sum]\non = [\"*\"]\nkey = '\"all\"'\nfold = '.n = (.n // 0) + $data.n'\n",
    );
    place.ok(&["init", "--domain", "d.toml"]);
    let line = |id: i64, n: Value| {
        json!({ "aggregate": format!("Box/{id}"), "type": "Put", "data": { "n": n }, "meta": {},
                "occurred_at": format!("2019-04-01T00:00:{id:02}Z") })
        .to_string()
            + "\n"
    };
    place.file(
        "one.jsonl",
        line(1, json!(1)) + &line(2, json!(2)) + &line(3, json!("three")) + &line(4, json!(4)),
    );
    place.ok(&["import", "one.jsonl"]);
    let ran = place.run(&["report", "sum", "--json"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("\"n\":3"), "{}", ran.out);
    assert!(ran.err.contains("as of #2") && ran.err.contains("Put #3 of Box/3"), "{}", ran.err);
    let listed = place.ok(&["report"]);
    assert!(listed.contains("stands at #2"), "{listed}");
}

#[test]
fn a_killed_rebuild_and_killed_appends_leave_rows_that_equal_a_fresh_fold() {
    let place = Place::demo();
    let domain = place.ok(&["domain", "show"]);
    for round in 0..12_u64 {
        // Another text each time: every projection is built again, and somebody appends meanwhile.
        place.file("d.toml", format!("{domain}\n# {round}\n"));
        let mut set = place.command(&["domain", "set", "d.toml"]);
        let mut set =
            set.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        let mut fire = place.command(&["fire", "Task", "create", &format!("title=Round {round}")]);
        let mut fire =
            fire.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(20 + round * 25));
        set.kill().unwrap();
        fire.kill().unwrap();
        set.wait().unwrap();
        fire.wait().unwrap();
    }
    place.ok(&["fire", "Task/7", "comment", "text=after all that"]);
    let kept: Vec<_> = ["workload", "recap", "revenue"].map(|name| report(&place, &[name])).into();
    place.ok(&["branch", "fresh"]);
    let fresh: Vec<_> =
        ["workload", "recap", "revenue"].map(|name| report(&place, &["-b", "fresh", name])).into();
    assert_eq!(kept, fresh, "a branch's report is folded, not kept");
    assert_eq!(place.one(&["replay", "--dry-run"])["differ"], 0);
}

/// A store with a projection and a log of boxes, each `Put` with its data.
fn boxes(projection: &str, data: impl Iterator<Item = Value>) -> Place {
    let place = Place::empty();
    place.file(
        "d.toml",
        format!("[domain]\nname = \"d\"\n[projection.boxes]\non = [\"Put\"]\n{projection}\n"),
    );
    place.ok(&["init", "--domain", "d.toml"]);
    let lines = data.enumerate().map(|(at, data)| {
        let line = json!({ "aggregate": format!("Box/{at}"), "type": "Put", "data": data, "meta": {},
                           "occurred_at": "2019-04-01T00:00:00Z" });
        format!("{line}\n")
    });
    place.file("log.jsonl", lines.collect::<String>());
    place.ok(&["import", "log.jsonl"]);
    place
}

#[test]
fn columns_that_sqlite_cannot_tell_apart_are_refused_in_the_file() {
    let place = Place::empty();
    for (columns, column, why) in [
        ("[\"n\", \"N\"]", 17, "the column N is there already"),
        ("[\"Key\"]", 12, "a column cannot be called Key"),
        ("[\"n\", \"ROW\"]", 17, "a column cannot be called ROW"),
        ("[\"position\"]", 12, "a column cannot be called position"),
    ] {
        place.file("d.toml", format!("[projection.p]\non = [\"*\"]\nrow = '{{}}'\ncolumns = {columns}\n"));
        let said = place.refused(1, &["init", "--domain", "d.toml"]);
        assert!(said.contains(&format!("d.toml:4:{column}: {why}")), "{said}");
        assert!(!place.store().exists());
    }
    // A store that has such a one already is read all the same.
    let place = boxes("row = '{n: $data.n}'\ncolumns = [\"n\", \"m\"]", (0..2).map(|n| json!({ "n": n })));
    let put = "UPDATE domains SET source = replace(source, '\"m\"', '\"N\"')";
    place.sql().execute(put, []).unwrap();
    place.sql().execute_batch("DELETE FROM projections; DROP TABLE projection_boxes;").unwrap();
    assert_eq!(place.json(&["report", "boxes"]).len(), 2);
}

#[test]
fn what_only_a_late_row_has_is_a_column_too() {
    let late = |n: usize| if n == 620 { json!({ "n": n, "late": "here" }) } else { json!({ "n": n }) };
    let place =
        boxes("key = '$data.n | tostring | \"000\"[:3 - length] + .'\nrow = '$data'", (0..650).map(late));
    let csv = place.ok(&["report", "boxes", "--csv"]);
    assert!(csv.starts_with("key,n,late\n000,0,\n"), "{}", &csv[..40]);
    assert!(csv.contains("\n620,620,here\n"));
    assert_eq!(csv.lines().count(), 651);
    let table = place.ok(&["report", "boxes"]);
    assert_eq!(table.lines().next().unwrap().split_whitespace().collect::<Vec<_>>(), ["key", "n", "late"]);
}

#[test]
fn a_rows_key_is_shown_where_nothing_else_tells_it() {
    let both = |n: usize| json!({ "who": if n.is_multiple_of(2) { "mira" } else { "omar" } });
    let count = "key = '$data.who'\nfold = '.n = (.n // 0) + 1'";
    let place = boxes(&format!("{count}\ncolumns = [\"n\"]"), (0..3).map(both));
    assert_eq!(place.ok(&["report", "boxes", "--csv"]), "key,n\nmira,2\nomar,1\n");
    assert_eq!(place.json(&["report", "boxes"])[0]["row"], json!({ "n": 2 }), "the row itself is as it was");
    let place = boxes(&format!("{count}\ncolumns = [\"n\", \"key\"]"), (0..3).map(both));
    assert_eq!(place.ok(&["report", "boxes", "--csv"]), "n,key\n2,mira\n1,omar\n");
    let demo = Place::demo();
    for (name, first) in [("workload", "who"), ("recap", "day"), ("revenue", "month"), ("feed", "at")] {
        let csv = demo.ok(&["report", name, "--csv", "--limit", "3"]);
        assert!(csv.starts_with(first), "{csv}");
    }
}

#[test]
fn a_list_that_fails_on_a_branch_shows_what_was_before() {
    let values = [json!(1), json!(2), json!("three"), json!(4), json!("five"), json!(6)];
    let place = boxes("row = '{n: ($data.n + 1)}'", values.into_iter().map(|n| json!({ "n": n })));
    place.ok(&["branch", "aside"]);
    for branch in ["main", "aside"] {
        let ran = place.run(&["-b", branch, "report", "boxes", "--csv"]);
        assert_eq!((ran.code, ran.out.as_str()), (1, "n\n3\n2\n"), "{branch}: {}", ran.err);
        assert!(ran.err.contains("as of #2") && ran.err.contains("Put #3 of Box/2"), "{}", ran.err);
        let ran = place.run(&["-b", branch, "report", "boxes", "--json", "--limit", "1"]);
        assert_eq!(ran.out.lines().count(), 1, "{branch}");
        assert!(ran.out.contains("\"n\":3"), "{branch}: {}", ran.out);
    }
}

#[test]
fn the_list_of_reports_says_how_far_each_has_come() {
    let place = Place::with("todo");
    place.ok(&["fire", "Task", "create", "title=One"]);
    let listed = place.ok(&["report"]);
    assert!(listed.lines().all(|line| line.contains("up to date")), "{listed}");
    let place = boxes("row = '{n: ($data.n + 1)}'", [json!({ "n": "one" }), json!({ "n": 2 })].into_iter());
    let listed = place.ok(&["report"]);
    assert!(listed.contains("boxes            up to #0 of #2"), "{listed}");
    let ran = place.run(&["report", "boxes"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""), "no row, no line");
    for args in [&["report", "--csv"][..], &["report", "--at", "1"]] {
        assert_eq!(place.run(args).code, 2, "{args:?}");
    }
}

#[test]
fn a_table_that_somebody_dropped_is_built_again() {
    let place = boxes("row = '$data'", (0..3).map(|n| json!({ "n": n })));
    assert_eq!(place.json(&["report", "boxes"]).len(), 3);
    place.sql().execute("DROP TABLE projection_boxes", []).unwrap();
    let said = place.refused(1, &["report", "boxes"]);
    assert!(said.contains("no such table: projection_boxes") && said.contains("backstory replay"), "{said}");
    place.ok(&["replay"]);
    assert_eq!(place.json(&["report", "boxes"]).len(), 3);
}
