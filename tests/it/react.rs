//! Reactors and jobs: what firing causes, what a worker does of it, and that nothing else causes anything.

mod circles;
mod jobs;

use serde_json::{Value, json};

use crate::program::Place;

const SHOP: &str = include_str!("../data/shop.toml");

const REACTORS: &str = r#"
[[reactor]]
name = "send-it"
on = ["Paid"]
run = "sync"
command = { name = "send" }

[[reactor]]
name = "bill-it"
on = ["Order/Sent"]
command = { type = "Bill", name = "bill", params = '{order: $event.aggregate}' }

[[reactor]]
name = "tell"
on = ["*"]
when = '.paid'
run = "sync"
notify = '"\(.item) is paid"'
"#;

const OUTSIDE: &str = r#"
[[reactor]]
name = "thank"
on = ["Paid"]
mail = { to = '"\($meta.actor)@example.org"', subject = '"Thanks for the \(.item)"', body = '"Paid at \($at)."' }

[[reactor]]
name = "load"
on = ["*"]
append = { file = "warehouse", row = '{type: $event.type, item: .item}' }

[[reactor]]
name = "post"
on = ["Ordered"]
when = '.item == "web"'
http = { endpoint = "shop" }
"#;

fn shop(more: &str) -> Place {
    let place = Place::empty();
    place.file("shop.toml", format!("{SHOP}{REACTORS}{more}"));
    place.ok(&["init", "--domain", "shop.toml"]);
    place
}

fn types(place: &Place, branch: &str) -> Vec<String> {
    let log = place.json(&["-b", branch, "log", "--reverse"]);
    log.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

fn jobs(place: &Place) -> Vec<(String, String)> {
    let mut jobs = place.json(&["jobs"]);
    jobs.reverse();
    let text = |job: &Value, name: &str| job[name].as_str().unwrap().to_owned();
    jobs.iter().map(|job| (text(job, "reactor"), text(job, "state"))).collect()
}

fn states(place: &Place, wanted: &[(&str, &str)]) {
    let wanted: Vec<_> = wanted.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    assert_eq!(jobs(place), wanted);
}

#[test]
fn a_synchronous_command_is_part_of_the_event_and_an_asynchronous_one_follows() {
    let place = shop("");
    place.ok(&["fire", "Order", "order", "item=book"]);
    let fired = place.json(&["fire", "Order/1", "pay"]);
    assert_eq!(fired.len(), 2, "the reactor's event is told too");
    assert_eq!(types(&place, "main"), ["Ordered", "Paid", "Sent"]);
    let sent = &fired[1];
    assert_eq!(sent["meta"]["causation_id"], fired[0]["hash"]);
    assert_eq!(sent["meta"]["correlation_id"], fired[0]["hash"]);
    assert_eq!(sent["meta"]["actor"], "reactor send-it");
    assert_eq!(sent["meta"]["command"]["seen"], json!({ "Order/1": 2 }), "the event that it answers");
    states(&place, &[("send-it", "done"), ("tell", "done"), ("bill-it", "waiting"), ("tell", "done")]);

    place.ok(&["work", "--until-empty"]);
    assert_eq!(types(&place, "main"), ["Ordered", "Paid", "Sent", "Billed"]);
    let billed = &place.json(&["log", "--limit", "1"])[0];
    assert_eq!(billed["data"]["order"], "Order/1");
    assert_eq!(billed["meta"]["causation_id"], sent["hash"]);
    assert_eq!(billed["meta"]["correlation_id"], fired[0]["hash"], "one operation from end to end");
    assert_eq!(billed["meta"]["command"]["seen"], json!({ "Order/1": 3 }));
    assert_eq!(billed["meta"]["reactor"], json!({ "name": "bill-it", "depth": 2 }));
    let job = &place.json(&["jobs", "--state", "done", "--limit", "2"])[1];
    assert_eq!((&job["reactor"], &job["effect"]["events"]), (&json!("bill-it"), &json!([4])));
    place.ok(&["verify"]);
}

#[test]
fn what_a_synchronous_reactor_refuses_is_not_appended() {
    let place = shop("");
    place.ok(&["fire", "Order", "order", "item=bomb"]);
    let said = place.refused(1, &["fire", "Order/1", "pay"]);
    assert!(
        said.contains("The reactor send-it refuses Paid of Order/1: Order send emit: that cannot be sent"),
        "{said}"
    );
    assert_eq!(types(&place, "main"), ["Ordered"]);
    assert!(place.json(&["jobs"]).is_empty());
}

#[test]
fn reactors_rest_on_a_branch_unless_asked_and_a_dry_run_tells_them() {
    let place = shop("");
    place.ok(&["fire", "Order", "order", "item=book"]);
    place.ok(&["branch", "what-if"]);
    let told = place.ok(&["fire", "Order/1", "pay", "--dry-run"]);
    assert!(
        told.contains("→ send-it: command, done") && told.contains("→ bill-it: command, a job"),
        "{told}"
    );
    assert!(place.json(&["jobs"]).is_empty());
    place.ok(&["-b", "what-if", "fire", "Order/1", "pay"]);
    assert_eq!(types(&place, "what-if"), ["Ordered", "Paid"]);
    place.ok(&["-b", "what-if", "fire", "Order", "order", "item=pen"]);
    place.ok(&["-b", "what-if", "fire", "Order/2", "pay", "--react"]);
    assert_eq!(types(&place, "what-if"), ["Ordered", "Paid", "Ordered", "Paid", "Sent"]);
    place.ok(&["work", "--until-empty"]);
    assert_eq!(types(&place, "what-if").last().unwrap(), "Billed", "a job stays on its branch");
    assert_eq!(types(&place, "main"), ["Ordered"]);
    place.ok(&["fire", "Order/1", "pay", "--no-react"]);
    assert_eq!(types(&place, "main"), ["Ordered", "Paid"]);
}

/// The files and jobs that reactors left behind.
fn traces(place: &Place) -> (usize, bool, bool) {
    (place.json(&["jobs"]).len(), place.path("feeds").exists(), place.path("outbox").exists())
}

#[test]
fn no_replay_import_or_carry_over_causes_anything() {
    let place = shop(OUTSIDE);
    place.ok(&["fire", "Order", "order", "item=book", "--no-react"]);
    place.ok(&["branch", "what-if"]);
    place.ok(&["-b", "what-if", "fire", "Order/1", "pay"]);
    place.ok(&["fire", "Order", "order", "item=pen", "--no-react"]);
    place.ok(&["fire", "Order/2", "pay", "--no-react"]);
    place.file("more.jsonl", "{\"aggregate\":\"Order/7\",\"type\":\"Paid\",\"data\":{},\"meta\":{},\"occurred_at\":\"2019-04-01T00:00:00Z\"}\n");
    place.ok(&["import", "more.jsonl"]);
    place.ok(&["merge", "what-if"]);
    place.ok(&["revert", "Order/2"]);
    place.ok(&["undo"]);
    place.ok(&["-b", "what-if", "rebase", "what-if"]);
    for verb in [
        &["replay"][..],
        &["replay", "--dry-run"],
        &["replay", "--domain", "shop.toml"],
        &["domain", "set", "shop.toml"],
        &["verify"],
        &["state", "Order/1"],
        &["diff", "Order/1@1", "Order/1"],
        &["blame", "Order/1"],
        &["find", ".paid"],
        &["find", "--event", "$event.type == \"Paid\""],
        &["log", "--where", ".paid"],
        &["aggregates", "--at", "1"],
        &["order", "Order/1", "--by", "recorded"],
        &["export"],
        &["work", "--until-empty", "--consent"],
    ] {
        place.ok(verb);
    }
    place.command(&["rewrite", "main", "--from", "Order/1@1"]).output().unwrap();
    assert_eq!(traces(&place), (0, false, false));
    // The same store does cause something where a command is fired: the silence above is not an accident.
    place.ok(&["fire", "Order", "order", "item=cup"]);
    place.ok(&["fire", "Order/8", "pay"]);
    place.ok(&["work", "--until-empty"]);
    let (jobs, feeds, outbox) = traces(&place);
    assert!(jobs > 3 && feeds && outbox);
}

#[test]
fn nothing_reaches_out_of_the_store_without_consent_to_that_very_domain() {
    let place = shop(OUTSIDE);
    place.ok(&["fire", "Order", "order", "item=book"]);
    place.ok(&["fire", "Order/1", "pay"]);
    let said = place.refused(1, &["work", "--until-empty"]);
    assert!(
        said.contains("thank (mail), load (append), post (http)") && said.contains("--consent"),
        "{said}"
    );
    assert!(!place.path("feeds").exists());
    // What stays inside needs nobody's consent.
    assert_eq!(types(&place, "main"), ["Ordered", "Paid", "Sent", "Billed"]);
    place.ok(&["work", "--until-empty", "--consent"]);
    let lines = std::fs::read_to_string(place.path("feeds/warehouse.jsonl")).unwrap();
    let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let loaded: Vec<_> = rows.iter().map(|row| row["row"]["type"].as_str().unwrap()).collect();
    assert_eq!(loaded, ["Ordered", "Paid", "Sent", "Billed"]);
    let paid = &place.json(&["log", "--type", "Paid"])[0]["hash"];
    assert_eq!(rows[1]["key"], format!("{}/load", paid.as_str().unwrap()));
    let mail = format!("outbox/{}-thank.eml", paid.as_str().unwrap());
    let mail = std::fs::read_to_string(place.path(&mail)).unwrap();
    assert!(
        mail.contains("To: tester@example.org") && mail.contains("Subject: Thanks for the book"),
        "{mail}"
    );
    assert!(mail.contains(&format!("Message-ID: <{}.thank@backstory>", paid.as_str().unwrap())), "{mail}");

    // A comment leaves consent alone; another template is another effect, and is asked for again.
    place.file("shop.toml", format!("{SHOP}{REACTORS}{OUTSIDE}\n# changed\n"));
    place.ok(&["domain", "set", "shop.toml"]);
    place.ok(&["fire", "Order", "order", "item=pen"]);
    place.ok(&["work", "--until-empty"]);
    let other = OUTSIDE.replace("Thanks for the", "Thank you for the");
    assert_ne!(other, OUTSIDE);
    place.file("shop.toml", format!("{SHOP}{REACTORS}{other}"));
    place.ok(&["domain", "set", "shop.toml"]);
    place.ok(&["fire", "Order", "order", "item=cup"]);
    place.refused(1, &["work", "--until-empty"]);
}

#[test]
fn two_reactors_may_each_make_one_of_a_type_in_a_dry_run_too() {
    let bill = |name: &str| {
        format!(
            "[[reactor]]\nname = \"{name}\"\non = [\"Sent\"]\nrun = \"sync\"\n\
             command = {{ type = \"Bill\", name = \"bill\", params = '{{order: $event.aggregate}}' }}\n"
        )
    };
    let again = "[[reactor]]\nname = \"again\"\non = [\"Ordered\"]\nrun = \"sync\"\nwhen = '.item == \"pair\"'\n\
                 command = { type = \"Order\", name = \"order\", params = '{item: \"second\"}' }\n";
    let place = shop(&format!("{}{}{again}", bill("one"), bill("two")));
    let orders = place.json(&["fire", "Order", "order", "item=pair", "--dry-run"]);
    assert_eq!(orders.iter().map(|event| &event["aggregate"]).collect::<Vec<_>>(), ["Order/1", "Order/2"]);
    place.ok(&["fire", "Order", "order", "item=book"]);
    let shown = |args: &[&str]| -> Vec<Value> {
        place.json(args).into_iter().map(|event| event["aggregate"].clone()).collect()
    };
    let dry = shown(&["fire", "Order/1", "pay", "--dry-run"]);
    assert_eq!(dry, ["Order/1", "Order/1", "Bill/1", "Bill/2"]);
    assert_eq!(shown(&["fire", "Order/1", "pay"]), dry);
}

#[test]
fn show_tells_what_reactors_did_and_what_they_would_do() {
    let place = shop("");
    place.ok(&["fire", "Order", "order", "item=book"]);
    place.ok(&["fire", "Order/1", "pay"]);
    place.ok(&["work", "--until-empty"]);
    let shown = &place.json(&["show", "Order/1@3"])[0]["reactions"];
    assert_eq!((&shown[0]["reactor"], &shown[0]["job"]["state"]), (&json!("bill-it"), &json!("done")));
    assert_eq!(shown[0]["events"][0]["aggregate"], "Bill/1");
    assert_eq!(shown[1]["job"]["effect"]["notify"], "book is paid");
    let told = place.ok(&["show", "Order/1@3"]);
    assert!(told.contains("react bill-it (command)  job 3 done, 1 try → Bill/1 v1 Billed"), "{told}");
    // What nobody was asked for: an import, with a condition that does not hold and one that does.
    place.file("more.jsonl", "{\"aggregate\":\"Order/7\",\"type\":\"Ordered\",\"data\":{\"item\":\"pen\"},\"meta\":{},\"occurred_at\":\"2019-04-01T00:00:00Z\"}\n{\"aggregate\":\"Order/7\",\"type\":\"Paid\",\"data\":{},\"meta\":{},\"occurred_at\":\"2019-04-01T00:00:01Z\"}\n");
    place.ok(&["import", "more.jsonl"]);
    let jobs = place.json(&["jobs"]).len();
    let told = place.ok(&["show", "Order/7@1"]);
    assert!(told.contains("react tell (notify)  no: its condition does not hold"), "{told}");
    let told = place.ok(&["show", "Order/7@2"]);
    assert!(told.contains("react send-it (command)  would fire: send Order/7 {}"), "{told}");
    let shown = &place.json(&["show", "Order/7@2"])[0]["reactions"];
    assert_eq!(shown[1]["would"]["notify"], "pen is paid");
    assert_eq!(place.json(&["jobs"]).len(), jobs, "looking writes nothing");
}
