//! Branches beside each other: the graph of the log, what differs between two points, another clock's order.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail loudly")]

#[path = "support/program.rs"]
mod program;

use backstory::clock::Clock;
use backstory::event::AggregateId;
use backstory::session::{GraphRequest, Open, Session};
use program::Place;
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
        lanes.into_iter().map(|l| (l.branch, l.from, l.fork, l.last, l.position)).collect()
    };
    let lane = |name: &str, from, fork, last, position| (name.to_owned(), from, fork, last, position);
    assert_eq!(lanes("Task/1"), [lane("main", None, 0, 4, 8), lane("plan", Some(0), 2, 4, 6)]);
    assert_eq!(lanes("Task/3"), [lane("spare", None, 0, 1, 7)]);
    assert_eq!(lanes("Task/9"), []);
    // What is hidden of an archived branch is no part of its lane.
    place.ok(&["branch", "--archive", "plan"]);
    assert_eq!(lanes("Task/1"), [lane("main", None, 0, 4, 8), lane("plan", Some(0), 2, 3, 5)]);
}
