//! Branches beside each other: the graph of the log, what differs between two points, another clock's order.

use crate::program::Place;
use backstory::clock::Clock;
use backstory::event::AggregateId;
use backstory::session::{CompareRequest, GraphRequest, Open, Session};
use serde_json::{Value, json};

impl Place {
    /// Fires a command as one of a few people, at a minute of a day.
    fn fire(&self, branch: &str, aggregate: &str, minute: u32, command: &[&str]) {
        let at = format!("2019-04-01T09:{minute:02}:00Z");
        let mut args = vec!["-b", branch, "fire", aggregate];
        args.extend(command);
        args.extend(["--at", &at, "--actor", "nina"]);
        self.ok(&args);
    }

    fn session(&self, branch: &str) -> Session {
        let open = Open { path: self.store(), branch: branch.to_owned(), clock: Clock::System };
        Session::open(&open).unwrap()
    }
}

/// Two tasks on main; `plan` forks at 2, `spare` forks from `plan` at 5, `idle` at main's head without events.
///
/// ```text
/// 8 Task/1@4 main     ●        (main, idle)
/// 7 Task/3@1 spare    │   ●    (spare)
/// 6 Task/1@4 plan     │ ● │    (plan)
/// 5 Task/1@3 plan     │ ●─╯
/// 4 Task/1@3 main     ● │
/// 3 Task/2@1 main     ● │
/// 2 Task/1@2 main     ●─╯
/// 1 Task/1@1 main     ●
/// ```
fn branches() -> Place {
    let place = Place::with("demo");
    place.fire("main", "Task/1", 1, &["create", "title=Prepare slides", "due_on=2019-04-20"]);
    place.fire("main", "Task/1", 2, &["assign", "assignee=omar"]);
    place.ok(&["branch", "plan"]);
    place.fire("main", "Task/2", 3, &["create", "title=Buy milk"]);
    place.fire("main", "Task/1", 4, &["schedule", "due_on=2019-04-24"]);
    place.fire("plan", "Task/1", 5, &["assign", "assignee=mira"]);
    place.ok(&["-b", "plan", "branch", "spare"]);
    place.fire("plan", "Task/1", 6, &["schedule", "due_on=2019-04-28"]);
    place.fire("spare", "Task/3", 7, &["create", "title=Call home"]);
    place.fire("main", "Task/1", 8, &["complete"]);
    place.ok(&["branch", "idle"]);
    place
}

/// Each row's drawing, position and heads.
fn graph(rows: &[Value]) -> Vec<(String, i64, Value)> {
    let row = |row: &Value| {
        (row["graph"].as_str().unwrap().to_owned(), row["position"].as_i64().unwrap(), row["heads"].clone())
    };
    rows.iter().map(row).collect()
}

#[test]
fn the_graph_draws_every_branch_from_its_fork_to_its_head() {
    let place = branches();
    let drawn: Vec<_> = [
        ("●", 8, json!(["main", "idle"])),
        ("│   ●", 7, json!(["spare"])),
        ("│ ● │", 6, json!(["plan"])),
        ("│ ●─╯", 5, json!([])),
        ("● │", 4, json!([])),
        ("● │", 3, json!([])),
        ("●─╯", 2, json!([])),
        ("●", 1, json!([])),
    ]
    .map(|(graph, position, heads)| (graph.to_owned(), position, heads))
    .into();
    assert_eq!(graph(&place.json(&["log", "--graph"])), drawn);
    // From a point on, as many as wanted: the same rows.
    assert_eq!(graph(&place.json(&["log", "6", "--graph", "--limit", "3"])), drawn[2..5]);

    let text = place.ok(&["log", "--graph"]);
    let first = text.lines().next().unwrap();
    assert!(first.starts_with("●  #8 ") && first.ends_with("on main  (main, idle)"), "{first}");
    assert!(place.ok(&["log", "--graph", "--ascii"]).lines().nth(3).unwrap().starts_with("| *-'  #5 "));
    assert_eq!(place.run(&["log", "--graph", "--actor", "nina"]).code, 2);
}

#[test]
fn an_archived_branch_leaves_the_graph_but_for_what_another_one_sees() {
    let place = branches();
    place.ok(&["branch", "--archive", "plan"]);
    let rows = graph(&place.json(&["log", "--graph"]));
    let drawn: Vec<_> = rows.iter().map(|(drawn, position, _)| (drawn.as_str(), *position)).collect();
    assert_eq!(drawn, [("●", 8), ("│   ●", 7), ("│ ●─╯", 5), ("● │", 4), ("● │", 3), ("●─╯", 2), ("●", 1)]);
    place.ok(&["branch", "--archive", "spare"]);
    assert!(place.json(&["log", "--graph"]).iter().all(|row| row["branch"] == "main"));
}

#[test]
fn pages_of_the_graph_join_in_both_directions() {
    let place = branches();
    place.ok(&["branch", "--archive", "plan"]);
    let mut session = place.session("main");
    let whole = session.graph(GraphRequest::newest(100)).unwrap();
    assert_eq!((whole.rows.len(), whole.next, whole.width), (7, None, 3));
    for limit in 1..5 {
        for newer in [false, true] {
            let mut request = GraphRequest { newer, limit, ..GraphRequest::newest(limit) };
            if newer {
                request.from = 0;
            }
            let mut rows = Vec::new();
            loop {
                let page = session.graph(request).unwrap();
                assert!(page.rows.len() <= limit);
                if newer {
                    rows.splice(0..0, page.rows);
                } else {
                    rows.extend(page.rows);
                }
                let Some(next) = page.next else { break };
                request.from = next;
            }
            assert_eq!(rows, whole.rows);
        }
    }
}

#[test]
fn an_aggregate_has_a_lane_for_every_branch_that_owns_events_of_it() {
    let place = branches();
    let mut session = place.session("spare");
    let mut lanes = |aggregate: &str| -> Vec<_> {
        let lanes = session.lanes(&aggregate.parse::<AggregateId>().unwrap()).unwrap();
        lanes.into_iter().map(|l| (l.branch, l.leaves, l.from - 1, l.head, l.position)).collect()
    };
    let lane = |name: &str, from, fork, last, position| (name.to_owned(), from, fork, last, position);
    assert_eq!(lanes("Task/1"), [lane("main", None, 0, 4, 8), lane("plan", Some(0), 2, 4, 6)]);
    assert_eq!(lanes("Task/3"), [lane("spare", None, 0, 1, 7)]);
    assert_eq!(lanes("Task/9"), []);
    // What is hidden of an archived branch is no part of its lane.
    place.ok(&["branch", "--archive", "plan"]);
    assert_eq!(lanes("Task/1"), [lane("main", None, 0, 4, 8), lane("plan", Some(0), 2, 3, 5)]);
}

/// The comparison's rows without the hashes and times of their events.
fn compared(rows: &[Value]) -> Vec<Value> {
    let side = |events: &Value| -> Value {
        events
            .as_array()
            .unwrap()
            .iter()
            .map(|e| json!([e["version"], e["position"], e["carried"]]))
            .collect()
    };
    let path = |change: &Value| change["path"].clone();
    rows.iter()
        .map(|row| {
            let changes: Value = row["changes"].as_array().unwrap().iter().map(path).collect();
            json!([row["aggregate"], row["diverged"], changes, side(&row["only_a"]), side(&row["only_b"])])
        })
        .collect()
}

#[test]
fn two_branches_differ_from_the_first_event_that_only_one_has() {
    let place = branches();
    let rows = place.json(&["diff", "main", "plan"]);
    let told: Vec<_> = compared(&rows).iter().map(|row| json!([row[0], row[1], row[3], row[4]])).collect();
    assert_eq!(
        told,
        [
            json!(["Task/2", { "version": 1, "a": 3, "b": null }, [[1, 3, null]], []]),
            json!([
                "Task/1",
                { "version": 3, "a": 4, "b": 5 },
                [[3, 4, null], [4, 8, null]],
                [[3, 5, null], [4, 6, null]],
            ]),
        ]
    );
    // Field by field: what `state` shows on each side.
    let state = |branch: &str| place.one(&["-b", branch, "state", "Task/1"])["state"].clone();
    let (main, plan) = (state("main"), state("plan"));
    for change in rows[1]["changes"].as_array().unwrap() {
        let path = change["path"].as_str().unwrap();
        assert_eq!(change["old"], main.pointer(path).cloned().unwrap_or_default());
        assert_eq!(change["value"], plan.pointer(path).cloned().unwrap_or_default());
    }
    assert!(rows[1]["changes"].as_array().unwrap().iter().any(|change| change["path"] == "/due_on"));
    // Events only: nothing that both have, in either direction.
    let back = compared(&place.json(&["diff", "plan", "main"]));
    assert_eq!(back[1][1], json!({ "version": 3, "a": 5, "b": 4 }));
    assert!(place.json(&["diff", "main", "idle"]).is_empty());
}

#[test]
fn branches_of_branches_and_moments_are_compared_too() {
    let place = branches();
    let of = |args: &[&str]| compared(&place.json(args));
    assert_eq!(
        of(&["diff", "plan", "spare"]).iter().map(|row| json!([row[0], row[1]])).collect::<Vec<_>>(),
        [
            json!(["Task/1", { "version": 4, "a": 6, "b": null }]),
            json!(["Task/3", { "version": 1, "a": null, "b": 7 }]),
        ]
    );
    // Two moments of one branch: the events between them.
    let moments = of(&["diff", "2019-04-01T09:02:00Z", "2019-04-01T09:04:00Z"]);
    assert_eq!(
        moments.iter().map(|row| json!([row[0], row[4]])).collect::<Vec<_>>(),
        [json!(["Task/2", [[1, 3, null]]]), json!(["Task/1", [[3, 4, null]]]),]
    );
    // Positions name events; --all means the whole store right after them.
    assert_eq!(of(&["diff", "--all", "2", "4"]), moments);
    assert_eq!(of(&["diff", "--all", "4", "2"])[0][1], json!({ "version": 1, "a": 3, "b": null }));
    // An aggregate beside a branch is that aggregate there.
    let both = place.json(&["diff", "Task/1@2", "plan"]);
    assert_eq!(both, place.json(&["diff", "Task/1@2", "plan:Task/1"]));
    assert!(!both.is_empty());
}

#[test]
fn a_carried_event_is_known_on_both_sides() {
    let place = branches();
    place.ok(&["cherry-pick", "7", "--onto", "main"]);
    let rows = compared(&place.json(&["diff", "main", "spare"]));
    let task = rows.iter().find(|row| row[0] == "Task/3").unwrap();
    assert_eq!((&task[2], &task[3], &task[4]), (&json!([]), &json!([[1, 9, 7]]), &json!([[1, 7, 9]])));
    assert!(place.ok(&["diff", "main", "spare"]).contains("= #7"));
}

#[test]
fn people_read_what_differs_and_the_counts() {
    let place = branches();
    let text = place.ok(&["diff", "main", "plan"]);
    assert!(text.contains("Task/1  differs from v3 on\n"), "{text}");
    assert!(text.contains("    ~ due_on  2019-04-24 → 2019-04-28\n"), "{text}");
    assert!(text.contains("  < main: v3 #4 ") && text.contains("  > plan: not there\n"), "{text}");
    assert!(text.ends_with("2 aggregates differ; events only at main: 3, only at plan: 2.\n"), "{text}");
    assert!(place.ok(&["diff", "main", "idle"]).starts_with("0 aggregates differ"));
}

#[test]
fn a_comparison_goes_on_where_it_stopped() {
    let place = branches();
    // Many windows of events, of aggregates that come again and again.
    let event = |n: i64| {
        let aggregate = format!("Row/{}", n % 300);
        let at = "2019-05-01T00:00:00Z";
        json!({ "aggregate": aggregate, "type": "Seen", "occurred_at": at, "data": { "n": n } }).to_string()
            + "\n"
    };
    place.file("many.jsonl", (0..10_000).map(event).collect::<String>());
    place.ok(&["import", "many.jsonl"]);
    let mut session = place.session("main");
    let point = |session: &mut Session, rev: &str| session.resolve(rev, None).unwrap();
    let (a, b) = (point(&mut session, "main"), point(&mut session, "plan"));
    let whole = CompareRequest::of(a, b);
    let all = session.compare(&whole).unwrap();
    assert_eq!((all.rows.len(), all.next), (302, None));
    let mut request = CompareRequest { limit: 1, events: 1, ..whole };
    let mut names = Vec::new();
    loop {
        let page = session.compare(&request).unwrap();
        assert!(page.rows.iter().all(|row| row.a.only.len() <= 1));
        names.extend(page.rows.into_iter().map(|row| row.aggregate));
        let Some(next) = page.next else { break };
        request.after = next;
    }
    assert_eq!(names, all.rows.into_iter().map(|row| row.aggregate).collect::<Vec<_>>());
}

#[test]
fn items_of_arrays_are_matched_for_people() {
    let place = Place::with("");
    let line = |tags: &[&str]| {
        json!({ "aggregate": "Note/1", "type": "Tagged", "occurred_at": "2019-05-01T00:00:00Z", "data": { "tags": tags } }).to_string()
    };
    place.file("notes.jsonl", [line(&["a", "b", "c"]), line(&["x", "a", "b", "c"])].join("\n"));
    place.ok(&["import", "notes.jsonl"]);
    assert_eq!(place.ok(&["diff", "Note/1@1", "@2"]), "+ tags.0  x\n");
    // The changes in JSON are those that filters see.
    assert_eq!(place.json(&["diff", "Note/1@1", "@2"]).len(), 4);
}

#[test]
fn the_head_beside_two_points_tells_who_moved_what() {
    let place = branches();
    let rows = place.json(&["diff", "Task/1@2", "plan:Task/1@3", "--head"]);
    let moved = |path: &str| rows.iter().find(|row| row["path"] == path).map(|row| row["moved"].clone());
    assert_eq!(moved("/due_on"), Some(json!("only-head")));
    assert_eq!(moved("/assignee"), Some(json!("both-same")));
    let text = place.ok(&["diff", "Task/1@2", "plan:Task/1@3", "--head"]);
    assert!(
        text.contains("due_on  before 2019-04-20  here 2019-04-20  head 2019-04-28  (only the head)"),
        "{text}"
    );
}

/// Two writers whose clocks disagree with the log: the second event happened last.
fn late() -> Place {
    let place = Place::with("");
    let line = |minute: u32, received: u32, data: Value| {
        json!({
            "aggregate": "Note/1", "type": "Set", "occurred_at": format!("2019-05-01T09:{minute:02}:00Z"), "data": data,
            "meta": { "received_at": format!("2019-05-01T10:{received:02}:00Z") },
        })
        .to_string()
    };
    let lines = [
        line(1, 1, json!({ "title": "a" })),
        line(5, 2, json!({ "title": "b" })),
        line(3, 3, json!({ "title": "c", "done": true })),
        line(4, 4, json!({ "note": 1 })),
    ];
    place.file("notes.jsonl", lines.join("\n"));
    place.ok(&["import", "notes.jsonl"]);
    place
}

#[test]
fn another_clocks_order_shows_where_the_states_part() {
    let place = late();
    let ordered = place.one(&["order", "Note/1", "--by", "occurred"]);
    assert_eq!((&ordered["order"], &ordered["moved"]), (&json!([1, 3, 4, 2]), &json!(3)));
    let parts = &ordered["parts"];
    assert_eq!(
        (&parts["place"], &parts["log"]["version"], &parts["other"]["version"]),
        (&json!(2), &json!(2), &json!(3))
    );
    assert_eq!(ordered["meets"], Value::Null);
    assert_eq!(ordered["changes"], json!([{ "op": "replace", "path": "/title", "old": "c", "value": "b" }]));

    let text = place.ok(&["order", "Note/1", "--by", "occurred"]);
    assert!(text.contains("the states part"), "{text}");
    assert!(text.contains("The same events end otherwise:\n    ~ title  c → b\n"), "{text}");
    // In the order in which they came nothing parts.
    for by in ["received", "recorded"] {
        let same = place.one(&["order", "Note/1", "--by", by]);
        assert_eq!((&same["moved"], &same["parts"]), (&json!(0), &Value::Null), "{by}");
        assert!(
            place.ok(&["order", "Note/1", "--by", by]).contains("The same events end in the same state.")
        );
    }
    // Up to a version only what came before it.
    assert_eq!(place.one(&["order", "Note/1@2", "--by", "occurred"])["moved"], 0);
}

#[test]
fn where_no_event_says_when_it_was_received_that_is_when_it_was_recorded() {
    let place = branches();
    let by = |clock| place.one(&["order", "Task/1", "--by", clock]);
    assert_eq!(by("received")["moved"], by("recorded")["moved"]);
    place.refused(2, &["order", "main", "--by", "occurred"]);
    assert_eq!(place.run(&["order", "Task/1"]).code, 2);
}
