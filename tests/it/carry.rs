//! Carrying events over, taking them back, and the operation log, on the command line.

use crate::program::Place;
use serde_json::{Value, json};

/// A store with one task, and a branch from its second event on.
fn forked() -> Place {
    let place = Place::with("demo");
    fire(&place, "main", &["create", "title=Prepare slides", "due_on=2019-04-20"], "2019-04-01T09:00:00Z");
    fire(&place, "main", &["assign", "assignee=omar"], "2019-04-02T09:00:00Z");
    place.ok(&["branch", "what-if"]);
    place
}

fn fire(place: &Place, branch: &str, command: &[&str], at: &str) {
    let mut args = vec!["-b", branch, "fire", "Task/1"];
    args.extend(command);
    args.extend(["--at", at, "--actor", "nina"]);
    place.ok(&args);
}

fn outcomes(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["outcome"].as_str().unwrap()).collect()
}

fn task(place: &Place, branch: &str) -> Value {
    place.one(&["-b", branch, "state", "Task/1"])["state"].clone()
}

#[test]
fn a_merge_fires_each_command_again_on_the_parents_head() {
    let place = forked();
    fire(&place, "what-if", &["retitle", "title=Prepare talk"], "2019-04-03T09:00:00Z");
    fire(&place, "what-if", &["assign", "assignee=eve"], "2019-04-04T09:00:00Z");
    fire(&place, "what-if", &["complete"], "2019-04-05T09:00:00Z");
    fire(&place, "main", &["assign", "assignee=eve"], "2019-04-06T09:00:00Z");

    let tried = place.json(&["merge", "what-if", "--dry-run"]);
    assert_eq!(outcomes(&tried), ["applied", "nothing to do", "applied"]);
    assert_eq!(place.one(&["verify"])["events"], 6, "a dry run writes nothing");

    let merged = place.json(&["merge", "what-if"]);
    let new = &merged[0]["events"][0];
    assert_eq!(new["meta"]["origin"], merged[0]["origins"][0]);
    assert_eq!((&new["branch"], &new["occurred_at"]), (&json!("main"), &json!("2019-04-03T09:00:00Z")));
    assert_eq!(new["meta"]["actor"], "nina");
    assert_eq!(task(&place, "main")["completed_at"], "2019-04-05T09:00:00Z");
    assert_eq!(task(&place, "main")["title"], "Prepare talk");
    assert_eq!(
        outcomes(&place.json(&["merge", "what-if"])),
        ["already there", "nothing to do", "already there"]
    );
    place.ok(&["verify"]);
}

#[test]
fn one_refused_unit_keeps_all_out_unless_it_is_skipped() {
    let place = forked();
    fire(&place, "what-if", &["retitle", "title=Prepare talk"], "2019-04-03T09:00:00Z");
    fire(&place, "what-if", &["comment", "text=hello"], "2019-04-04T09:00:00Z");
    fire(&place, "main", &["delete"], "2019-04-04T10:00:00Z");
    fire(&place, "main", &["restore"], "2019-04-04T11:00:00Z");
    place.ok(&["branch", "other", "--at", "1"]);
    // On a branch on which the task is deleted its title cannot be changed.
    fire(&place, "other", &["delete"], "2019-04-05T09:00:00Z");
    let before = place.one(&["verify"])["events"].clone();
    let said = place.refused(1, &["cherry-pick", "what-if:Task/1@3", "what-if:Task/1@4", "--onto", "other"]);
    assert!(said.contains("refused"), "{said}");
    assert_eq!(place.one(&["verify"])["events"], before);
    let args = ["cherry-pick", "what-if:Task/1@3", "what-if:Task/1@2", "--onto", "other", "--skip"];
    let skipped = place.json(&args);
    assert!(outcomes(&skipped).contains(&"rejected"), "{skipped:?}");
    assert!(skipped[0]["reason"].as_str().unwrap().len() > 5);
}

#[test]
fn events_without_a_command_are_checked_field_by_field() {
    let place = Place::with("");
    let event = |number: i64, data: Value| {
        json!({ "aggregate": "Host/a", "type": "Changed", "occurred_at": format!("2024-01-0{number}T00:00:00Z"),
                "data": data, "meta": { "actor": "ops" } })
        .to_string()
    };
    let import = |branch: &str, name: &str, number: i64, data: Value| {
        let file = place.file(name, event(number, data)).to_owned();
        place.ok(&["-b", branch, "import", &file]);
    };
    import("main", "1.jsonl", 1, json!({ "disk": 10, "owner": "ann" }));
    place.ok(&["branch", "copy"]);
    import("copy", "2.jsonl", 2, json!({ "disk": 20 }));
    import("copy", "3.jsonl", 3, json!({ "owner": "bob" }));
    import("main", "4.jsonl", 4, json!({ "disk": 30 }));
    let tried = place.json(&["merge", "copy", "--dry-run"]);
    assert_eq!(outcomes(&tried), ["conflict", "applied"]);
    let field = &tried[0]["fields"][0];
    assert_eq!(
        (&field["path"], &field["wanted"], &field["there"]),
        (&json!("/disk"), &json!(20), &json!(30))
    );
    assert_eq!(field["writer"]["position"], 4);
    let said = place.refused(1, &["merge", "copy"]);
    assert!(said.contains("--skip"), "{said}");
    place.ok(&["merge", "copy", "--skip"]);
    assert_eq!(place.one(&["state", "Host/a"])["state"], json!({ "disk": 30, "owner": "bob" }));
}

#[test]
fn a_rebase_takes_the_name_and_archives_the_old_branch() {
    let place = forked();
    fire(&place, "what-if", &["complete"], "2019-04-05T09:00:00Z");
    fire(&place, "main", &["retitle", "title=Prepare talk"], "2019-04-06T09:00:00Z");
    assert!(place.refused(1, &["rebase", "main", "--onto", "what-if"]).contains("protected"));
    place.ok(&["rebase", "what-if"]);
    assert_eq!(task(&place, "what-if")["title"], "Prepare talk");
    assert_eq!(task(&place, "what-if")["completed_at"], "2019-04-05T09:00:00Z");
    assert_eq!(task(&place, "what-if~1")["title"], "Prepare slides");
    let all = place.json(&["branch", "--all"]);
    let old = all.iter().find(|branch| branch["branch"] == "what-if~1").unwrap();
    assert_eq!(old["archived"], true);
    place.ok(&["verify"]);
}

#[test]
fn a_revert_restores_what_the_event_changed_and_nothing_else() {
    let place = forked();
    fire(&place, "main", &["retitle", "title=Prepare talk"], "2019-04-03T09:00:00Z");
    fire(&place, "main", &["tag", "tag=talk"], "2019-04-04T09:00:00Z");
    let reverted = place.json(&["revert", "Task/1@2", "--actor", "eve"]);
    let event = &reverted[0]["events"][0];
    assert_eq!(event["type"], "backstory.Reverted");
    assert_eq!(event["meta"]["actor"], "eve");
    assert_eq!(task(&place, "main")["assignee"], Value::Null);
    assert_eq!(task(&place, "main")["title"], "Prepare talk");
    // The second retitle stands on the first: taking the first back is refused, naming it.
    fire(&place, "main", &["retitle", "title=Prepare keynote"], "2019-04-05T09:00:00Z");
    let said = place.run(&["revert", "Task/1@3"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("title: wanted Prepare slides, there is Prepare keynote"), "{}", said.out);
    assert!(said.out.contains("TaskRetitled"), "{}", said.out);
    place.ok(&["revert", "Task/1@1", "--dry-run"]);
    assert_eq!(place.one(&["replay"])["differ"], 0);
}

#[test]
fn a_domain_says_how_an_event_is_taken_back() {
    let place = Place::empty();
    let domain = r#"
[domain]
name = "money"
[aggregate.Account.event.Opened]
[aggregate.Account.event.Paid]
apply = '.balance = (.balance // 0) + $data.amount'
revert = 'event("Refunded"; {amount: $event.data.amount})'
[aggregate.Account.event.Refunded]
apply = '.balance -= $data.amount'
[aggregate.Account.command.open]
creates = true
emit = 'event("Opened"; {})'
[aggregate.Account.command.pay]
params = { amount = "number" }
emit = 'event("Paid"; $params)'
"#;
    let file = place.file("money.toml", domain);
    place.ok(&["init", "--domain", file]);
    place.ok(&["fire", "Account/1", "open"]);
    place.ok(&["fire", "Account/1", "pay", "amount:=5"]);
    place.ok(&["fire", "Account/1", "pay", "amount:=7"]);
    let reverted = place.one(&["revert", "Account/1@2"]);
    assert_eq!(reverted["events"][0]["type"], "Refunded");
    assert_eq!(place.one(&["state", "Account/1"])["state"]["balance"], 7);
}

#[test]
fn undo_takes_back_what_the_same_actor_did_last() {
    let place = forked();
    fire(&place, "main", &["retitle", "title=Prepare talk"], "2019-04-03T09:00:00Z");
    place.ok(&["fire", "Task/1", "assign", "assignee=eve", "--actor", "omar"]);
    let said = place.one(&["undo", "--actor", "nina", "--dry-run"]);
    assert_eq!((&said["verb"], &said["written"]), (&json!("fire"), &json!(false)));
    assert!(said["does"].as_str().unwrap().contains("#3"));
    place.ok(&["undo", "--actor", "nina"]);
    assert_eq!(task(&place, "main")["title"], "Prepare slides");
    assert_eq!(task(&place, "main")["assignee"], "eve", "what omar did stands");
    place.ok(&["redo", "--actor", "nina"]);
    assert_eq!(task(&place, "main")["title"], "Prepare talk");
    assert!(place.refused(1, &["redo", "--actor", "nina"]).contains("nothing to redo"));
    place.ok(&["undo", "--actor", "nina"]);
    assert_eq!(task(&place, "main")["title"], "Prepare slides");
    let log = place.json(&["op", "log"]);
    let verbs: Vec<_> = log.iter().take(3).map(|op| op["verb"].as_str().unwrap()).collect();
    assert_eq!(verbs, ["undo", "redo", "undo"]);
    place.ok(&["verify"]);
}

#[test]
fn undo_knows_forks_names_archives_rebases_and_waypoints() {
    let place = forked();
    let eve = |args: &[&str]| {
        let mut args = args.to_vec();
        args.extend(["--actor", "eve"]);
        place.ok(&args)
    };
    let names = || -> Vec<String> {
        place.json(&["branch"]).iter().map(|b| b["branch"].as_str().unwrap().to_owned()).collect()
    };
    eve(&["branch", "idea"]);
    eve(&["branch", "--rename", "idea", "plan"]);
    eve(&["branch", "--archive", "plan"]);
    assert_eq!(names(), ["main", "what-if"]);
    eve(&["undo"]);
    assert_eq!(names(), ["main", "what-if", "plan"]);
    eve(&["undo"]);
    assert_eq!(names(), ["main", "what-if", "idea"]);
    eve(&["undo"]);
    assert_eq!(names(), ["main", "what-if"]);
    eve(&["redo"]);
    eve(&["redo"]);
    assert_eq!(names(), ["main", "what-if", "plan"]);

    fire(&place, "plan", &["complete"], "2019-04-05T09:00:00Z");
    fire(&place, "main", &["retitle", "title=Prepare talk"], "2019-04-06T09:00:00Z");
    eve(&["rebase", "plan"]);
    assert_eq!(task(&place, "plan")["title"], "Prepare talk");
    eve(&["undo"]);
    assert_eq!(task(&place, "plan")["title"], "Prepare slides");
    eve(&["redo"]);
    assert_eq!(task(&place, "plan")["title"], "Prepare talk");

    eve(&["waypoint", "asked", "Task/1@2"]);
    eve(&["undo"]);
    assert!(place.refused(1, &["state", "%asked"]).contains("no waypoint"));
    eve(&["redo"]);
    assert_eq!(place.one(&["state", "%asked"])["version"], 2);
}

#[test]
fn what_cannot_be_undone_says_why() {
    let place = forked();
    fire(&place, "main", &["retitle", "title=Prepare talk"], "2019-04-03T09:00:00Z");
    place.ok(&["fire", "Task/1", "retitle", "title=Prepare keynote", "--actor", "omar"]);
    let said = place.refused(1, &["undo", "--actor", "nina"]);
    assert!(said.contains("title: wanted Prepare slides") && said.contains("TaskRetitled"), "{said}");
    let line = json!({ "aggregate": "Host/a", "type": "Seen", "occurred_at": "2024-01-01T00:00:00Z", "data": {}, "meta": {} });
    let file = place.file("one.jsonl", line.to_string());
    place.ok(&["import", file, "--actor", "eve"]);
    let said = place.refused(1, &["undo", "--actor", "eve"]);
    assert!(said.contains("facts of another system"), "{said}");
    assert!(place.refused(1, &["undo", "--actor", "nobody"]).contains("nothing to undo"));
}
