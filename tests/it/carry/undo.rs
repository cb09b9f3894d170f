//! Taking events and operations back.

use serde_json::{Value, json};

use super::{fire, forked, outcomes, paths, task, tell};
use crate::program::Place;

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
    let balance = |branch: &str| place.one(&["-b", branch, "state", "Account/1"])["state"]["balance"].clone();
    place.ok(&["branch", "copy"]);
    let reverted = place.one(&["revert", "Account/1@2"]);
    assert_eq!(reverted["events"][0]["type"], "Refunded");
    assert_eq!(balance("main"), 7);
    // A refund is not paid twice, unless somebody says so.
    let said = place.run(&["revert", "Account/1@2"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("Refunded #4 takes it back already"), "{}", said.out);
    assert!(said.err.contains("--again"), "{}", said.err);
    let tried = place.json(&["revert", "Account/1@2", "--skip"]);
    assert_eq!((outcomes(&tried), balance("main")), (vec!["taken back"], json!(7)));
    // What takes it back can be taken back, and then it stands again.
    place.ok(&["revert", "Account/1@4"]);
    assert_eq!(balance("main"), 12);
    place.ok(&["revert", "Account/1@2"]);
    assert_eq!(balance("main"), 7);
    place.refused(1, &["revert", "Account/1@2"]);
    place.ok(&["revert", "Account/1@2", "--again"]);
    assert_eq!(balance("main"), 2);
    // Carried over, it takes the same back.
    place.ok(&["-b", "copy", "revert", "Account/1@2"]);
    place.ok(&["branch", "third", "--at", "3"]);
    place.ok(&["cherry-pick", "copy:Account/1@4", "--onto", "third"]);
    assert_eq!(balance("third"), 7);
    let said = place.run(&["-b", "third", "revert", "Account/1@2"]);
    assert!(said.code == 1 && said.out.contains("takes it back already"), "{}", said.out);
    place.ok(&["verify"]);
}

#[test]
fn undo_does_not_take_back_what_somebody_else_took_back() {
    let place = forked();
    fire(&place, "main", &["retitle", "title=Prepare talk"], "2019-04-03T09:00:00Z");
    place.ok(&["revert", "Task/1@3", "--actor", "omar"]);
    let said = place.refused(1, &["undo", "--actor", "nina"]);
    assert!(said.contains("backstory.Reverted #4 takes it back already"), "{said}");
    for _ in 0..2 {
        place.ok(&["undo", "--actor", "omar"]);
        assert_eq!(task(&place, "main")["title"], "Prepare talk");
        place.ok(&["redo", "--actor", "omar"]);
        assert_eq!(task(&place, "main")["title"], "Prepare slides");
    }
}

#[test]
fn a_revert_names_what_changed_the_things_around_a_field() {
    let place = Place::with("");
    tell(&place, "main", "Set", &json!({"c": {"p": 1, "q": 1}, "l": [1, 2]}));
    tell(&place, "main", "Set", &json!({"c": {"p": null}, "l": [1]}));
    tell(&place, "main", "Set", &json!({"c": null, "l": {}}));
    let said = place.run(&["revert", "Page/1@2"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("c: wanted {\"p\":1,\"q\":1}, there is nothing, set by #3"), "{}", said.out);
    assert!(said.out.contains("l: wanted [1,2], there is {}, set by #3"), "{}", said.out);
    // In a list that has become shorter its item has no place to come back to.
    tell(&place, "main", "Set", &json!({"l": [1, 2, 3]}));
    tell(&place, "main", "Set", &json!({"l": [1]}));
    tell(&place, "main", "Set", &json!({"l": []}));
    assert_eq!(paths(&place.json(&["revert", "Page/1@5", "--dry-run"])[0]), ["/l"]);
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
