//! Reactors and jobs: what firing causes, what a worker does of it, and that nothing else causes anything.

use crate::program::Place;
use serde_json::{Value, json};

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
    states(&place, &[("send-it", "done"), ("tell", "done"), ("bill-it", "waiting"), ("tell", "done")]);

    place.ok(&["work", "--until-empty"]);
    assert_eq!(types(&place, "main"), ["Ordered", "Paid", "Sent", "Billed"]);
    let billed = &place.json(&["log", "--limit", "1"])[0];
    assert_eq!(billed["data"]["order"], "Order/1");
    assert_eq!(billed["meta"]["causation_id"], sent["hash"]);
    assert_eq!(billed["meta"]["correlation_id"], fired[0]["hash"], "one operation from end to end");
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
fn a_job_sees_the_state_and_the_rules_of_its_event() {
    let place = shop(
        "[[reactor]]\nname = \"note\"\non = [\"Ordered\"]\nappend = { file = \"notes\", row = '{paid, item}' }\n",
    );
    place.ok(&["fire", "Order", "order", "item=book"]);
    place.ok(&["fire", "Order/1", "pay"]);
    place.file("shop.toml", format!("{SHOP}{REACTORS}"));
    place.ok(&["domain", "set", "shop.toml"]);
    place.ok(&["work", "--until-empty", "--consent"]);
    let line = std::fs::read_to_string(place.path("feeds/notes.jsonl")).unwrap();
    let row: Value = serde_json::from_str(line.trim()).unwrap();
    assert_eq!(row["row"], json!({ "paid": null, "item": "book" }));
}

#[test]
fn a_job_that_fails_waits_longer_each_time_dies_and_can_be_tried_again_or_skipped() {
    let place = shop(OUTSIDE);
    let (address, _requests) =
        server("HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    configure(&place, &format!("[http.shop]\nurl = \"http://{address}/\"\n"));
    place.ok(&["fire", "Order", "order", "item=web"]);
    let said = place.ok(&["work", "--once", "--consent"]);
    assert!(said.contains("load"), "{said}");
    let said = place.refused(1, &["work", "--once"]);
    assert!(said.contains("post failed") && said.contains("503"), "{said}");
    let post =
        |place: &Place| place.json(&["jobs"]).into_iter().find(|job| job["reactor"] == "post").unwrap();
    let mut waits = Vec::new();
    for tries in 1..10 {
        let job = post(&place);
        assert_eq!((&job["state"], &job["tries"]), (&json!("waiting"), &json!(tries)), "{job}");
        assert!(job["error"].as_str().unwrap().contains("503"));
        let waited: i64 = place
            .sql()
            .query_row("SELECT due - ?1 * 0 - created_at FROM jobs WHERE reactor = 'post'", [tries], |row| {
                row.get(0)
            })
            .unwrap();
        waits.push(waited);
        place.change_jobs("UPDATE jobs SET due = created_at WHERE reactor = 'post'");
        place.refused(1, &["work", "--once"]);
    }
    assert!(waits.windows(2).skip(2).all(|pair| pair[0] < pair[1]), "{waits:?}");
    assert_eq!(post(&place)["state"], "dead");
    assert_eq!(place.ok(&["work", "--until-empty"]), "", "nobody tries what is dead");
    let id = post(&place)["job"].to_string();
    place.ok(&["jobs", "retry", &id]);
    assert_eq!((&post(&place)["state"], &post(&place)["tries"]), (&json!("waiting"), &json!(0)));
    place.ok(&["jobs", "skip", &id]);
    assert_eq!(post(&place)["state"], "skipped");
    place.ok(&["work", "--until-empty"]);
    assert_eq!(post(&place)["state"], "skipped");
    place.refused(1, &["jobs", "retry", "99"]);
}

/// A server that gives every request the same answer; its address, and the requests' first lines.
fn server(answer: &'static str) -> (String, std::sync::mpsc::Receiver<String>) {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for caller in listener.incoming() {
            let mut caller = caller.unwrap();
            let mut request = [0; 8192];
            let length = caller.read(&mut request).unwrap();
            let text = String::from_utf8_lossy(&request[..length]).into_owned();
            caller.write_all(answer.as_bytes()).unwrap();
            if sender.send(text.lines().next().unwrap_or_default().to_owned()).is_err() {
                return;
            }
        }
    });
    (address, receiver)
}

/// Writes this machine's configuration.
fn configure(place: &Place, config: &str) {
    std::fs::create_dir_all(place.path("config")).unwrap();
    place.file("config/config.toml", config);
}

#[test]
fn a_redirect_is_a_failure_and_is_not_followed() {
    let place = shop(OUTSIDE);
    let answer =
        "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let (address, requests) = server(answer);
    configure(&place, &format!("[http.shop]\nurl = \"http://{address}/events\"\n"));
    place.ok(&["fire", "Order", "order", "item=web"]);
    place.ok(&["work", "--once", "--consent"]);
    let said = place.refused(1, &["work", "--once"]);
    assert!(said.contains("shop answered 302"), "{said}");
    assert_eq!(requests.recv().unwrap(), "POST /events HTTP/1.1");
    assert!(requests.try_recv().is_err(), "nobody went on to /elsewhere");
}

#[test]
fn a_worker_that_lost_its_lease_cannot_end_the_job() {
    let place = shop(OUTSIDE);
    place.ok(&["fire", "Order", "order", "item=book"]);
    let sql = place.sql();
    // A worker took it and was killed: its lease has run out.
    sql.execute("UPDATE jobs SET state = 'running', tries = 1, token = 1, lease = 1", []).unwrap();
    place.ok(&["work", "--until-empty", "--consent"]);
    let (state, tries, token): (String, i64, i64) = sql
        .query_row("SELECT state, tries, token FROM jobs", [], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
        .unwrap();
    assert_eq!((state.as_str(), tries, token), ("done", 2, 2));
    // One whose lease still runs is left alone.
    place.ok(&["fire", "Order", "order", "item=pen"]);
    let far = i64::MAX;
    sql.execute("UPDATE jobs SET state = 'running', token = 1, lease = ?1 WHERE state = 'waiting'", [far])
        .unwrap();
    assert_eq!(place.ok(&["work", "--once"]), "");
}

#[test]
fn a_loop_is_stopped_and_named() {
    let place = shop(
        "[[reactor]]\nname = \"again\"\non = [\"Sent\"]\nrun = \"sync\"\ncommand = { name = \"send\" }\n",
    );
    place.ok(&["fire", "Order", "order", "item=book"]);
    let said = place.refused(1, &["fire", "Order/1", "pay"]);
    assert!(said.contains("more than 12 times: Paid → send-it → Sent → again → Sent → again"), "{said}");
    assert_eq!(types(&place, "main"), ["Ordered"]);
    // By jobs it goes round, too, and ends in one that is dead.
    let place = shop("[[reactor]]\nname = \"again\"\non = [\"Sent\"]\ncommand = { name = \"send\" }\n");
    place.ok(&["fire", "Order", "order", "item=book"]);
    place.ok(&["fire", "Order/1", "pay"]);
    let ran = place.run(&["work", "--until-empty"]);
    assert_eq!(ran.code, 1, "a job died");
    let path = "Reactors answer one another more than 12 times: Paid → send-it → Sent → again → Sent";
    assert!(ran.out.contains(path), "{}", ran.out);
    let sent = types(&place, "main").iter().filter(|kind| *kind == "Sent").count();
    assert_eq!(sent, 12);
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
fn what_a_reactor_is_called_and_fires_is_looked_up_with_its_line() {
    let place = Place::empty();
    let line = SHOP.lines().count() + 1;
    for (reactor, why) in [
        (
            "name = \"../it\"\non = [\"Paid\"]\nnotify = '1'",
            "a reactor's name has letters, digits, - and _ only",
        ),
        ("name = \"\"\non = [\"Paid\"]\nnotify = '1'", "a reactor's name has letters"),
        (
            "name = \"it\"\non = [\"Paid\"]\ncommand = { name = \"sned\" }",
            "the reactor it fires sned, and no aggregate type whose events it answers has such a command",
        ),
        (
            "name = \"it\"\non = [\"Order/*\"]\ncommand = { name = \"bill\" }",
            "the reactor it fires bill, and no aggregate type",
        ),
        (
            "name = \"it\"\non = [\"Paid\"]\ncommand = { type = \"Bill\", name = \"send\" }",
            "the reactor it fires send at a Bill, which has no such command",
        ),
        (
            "name = \"it\"\nreport = \"none\"\nnotify = '1'",
            "the reactor it sends the report none, and the domain has no such projection",
        ),
    ] {
        place.file("d.toml", format!("{SHOP}[[reactor]]\n{reactor}\n"));
        let said = place.refused(1, &["domain", "check", "d.toml"]);
        assert!(said.contains(&format!("d.toml:{line}:1: {why}")), "{said}");
        place.refused(1, &["init", "--domain", "d.toml"]);
        assert!(!place.store().exists());
        if why.contains("fires") {
            let linted = place.run(&["domain", "lint", "d.toml"]);
            assert_eq!(linted.code, 1);
            assert!(linted.out.contains(&format!("! d.toml:{line}: reactor it: {why}")), "{}", linted.out);
        }
    }
    // Where one of the types has the command, another one need not.
    place.file("d.toml", format!("{SHOP}[[reactor]]\nname = \"it\"\non = [\"*\"]\nwhen = '.paid'\ncommand = {{ name = \"send\" }}\n"));
    place.ok(&["domain", "check", "d.toml"]);
}

#[test]
fn a_store_with_a_name_that_is_refused_today_still_opens_and_reaches_nowhere() {
    let place = shop(OUTSIDE);
    let put = "UPDATE domains SET source = replace(source, 'name = \"load\"', 'name = \"../load\"')";
    let changed = place.sql().execute(put, []).unwrap();
    assert_eq!(changed, 1);
    place.ok(&["fire", "Order", "order", "item=book"]);
    place.refused(1, &["work", "--until-empty", "--consent"]);
    let job = &place.json(&["jobs"])[0];
    assert_eq!((&job["state"], &job["tries"]), (&json!("dead"), &json!(1)), "{job}");
    assert!(!place.path("feeds").exists());
}

#[test]
fn a_circle_through_a_rule_that_may_emit_nothing_is_worth_a_look_only() {
    let place = Place::empty();
    let shop = SHOP.replace("else event(\"Sent\"", "elif .sent then empty else event(\"Sent\"");
    place.file("d.toml", format!("{shop}{REACTORS}[[reactor]]\nname = \"again\"\non = [\"Sent\"]\ncommand = {{ name = \"send\" }}\n"));
    let told = place.ok(&["domain", "check", "d.toml"]);
    let end =
        "the rule of Order send, which may emit nothing, may stop it: Order/Sent → again: send → Order/Sent";
    assert!(told.contains(end), "{told}");
    let linted = place.run(&["domain", "lint", "d.toml"]).out;
    assert!(linted.lines().any(|line| line.starts_with("- ") && line.contains(end)), "{linted}");
}

#[test]
fn a_loop_is_named_before_it_happens() {
    let place = Place::empty();
    let again = "[[reactor]]\nname = \"again\"\non = [\"Sent\"]\ncommand = { name = \"send\" }\n";
    place.file("endless.toml", format!("{SHOP}{REACTORS}{again}"));
    let path = "Order/Sent → again: send → Order/Sent";
    let said = place.refused(1, &["domain", "check", "endless.toml"]);
    assert!(said.contains("in a circle, and nothing stops it") && said.contains(path), "{said}");
    let ran = place.run(&["domain", "lint", "endless.toml", "--json"]);
    let found: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found = found.iter().find(|finding| finding["check"] == "loop").unwrap();
    assert_eq!(
        (ran.code, &found["weight"], &found["subject"]),
        (1, &json!("wrong"), &json!("reactor again"))
    );
    assert_eq!(found["line"], SHOP.lines().count() + REACTORS.lines().count() + 1);
    // Where a condition may end it, it is worth a look.
    place.file("may_end.toml", format!("{SHOP}{REACTORS}{again}when = '.item == \"boomerang\"'\n"));
    let told = place.ok(&["domain", "check", "may_end.toml"]);
    assert!(told.contains(&format!("the `when` of again may stop it: {path}")), "{told}");
    assert_eq!(place.one(&["domain", "check", "may_end.toml"])["loops"][0]["path"], path);
    let told = place.run(&["domain", "lint", "may_end.toml"]).out;
    assert!(told.lines().any(|line| line.starts_with("- ") && line.contains(path)), "{told}");
    for name in ["todo", "subscription", "account", "demo"] {
        assert_eq!(place.one(&["domain", "check", name])["loops"], Value::Null, "{name}");
    }
}

#[test]
fn a_killed_worker_loses_no_job_and_does_none_under_another_key() {
    let place = shop(OUTSIDE);
    for item in 0..40 {
        place.ok(&["fire", "Order", "order", &format!("item=thing {item}")]);
    }
    place.ok(&["work", "--once", "--consent"]);
    let mut rounds = 0;
    while !place.json(&["jobs", "--state", "waiting", "--limit", "1"]).is_empty() && rounds < 60 {
        let mut worker = place.command(&["work", "--until-empty"]);
        let mut worker = worker.stdout(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(10 + rounds * 2));
        worker.kill().unwrap();
        worker.wait().unwrap();
        // Its lease runs out.
        place.change_jobs("UPDATE jobs SET lease = 1 WHERE state = 'running'");
        rounds += 1;
    }
    place.ok(&["work", "--until-empty"]);
    assert!(jobs(&place).iter().all(|(_, state)| state == "done"));
    let lines = std::fs::read_to_string(place.path("feeds/warehouse.jsonl")).unwrap();
    let whole = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let keys: std::collections::BTreeSet<_> =
        whole.map(|row| row["key"].as_str().unwrap().to_owned()).collect();
    assert_eq!(keys.len(), 40);
}

#[test]
fn a_line_that_was_cut_off_swallows_no_other() {
    let place = shop(OUTSIDE);
    std::fs::create_dir(place.path("feeds")).unwrap();
    place.file("feeds/warehouse.jsonl", "{\"key\":\"cut o");
    place.ok(&["fire", "Order", "order", "item=book"]);
    place.ok(&["fire", "Order", "order", "item=pen"]);
    place.ok(&["work", "--until-empty", "--consent"]);
    let lines = std::fs::read_to_string(place.path("feeds/warehouse.jsonl")).unwrap();
    let whole = lines.lines().filter(|line| serde_json::from_str::<Value>(line).is_ok()).count();
    assert_eq!((lines.lines().count(), whole), (3, 2), "{lines}");
}

#[test]
fn a_report_is_mailed_once_at_the_end_of_its_day() {
    use backstory::clock::Clock;
    use backstory::event::Time;
    use backstory::session::{Fire, Local, Open, Session, Target, Worked, create};

    let place = Place::empty();
    let local = Local::read_in(&place.path("config")).unwrap();
    let at = |text: &str| Open {
        path: place.store(),
        branch: "main".into(),
        clock: Clock::Fixed(Time::parse(text).unwrap()),
    };
    let domain = std::rc::Rc::new(backstory::domain::load("todo").unwrap());
    let mut session = create(&at("2019-04-10T10:00:00Z"), Some(&domain)).unwrap();
    let fire = |session: &mut Session, target: Target, command: &str, title: Option<&str>| {
        let params = title.map(|title| ("title".to_owned(), json!(title))).into_iter().collect();
        let fire = Fire {
            target,
            command: command.into(),
            params,
            actor: "mira".into(),
            reason: None,
            at: None,
            expect: None,
            meta: serde_json::Map::new(),
        };
        session.fire(&fire).unwrap()
    };
    let made = fire(&mut session, Target::New("Task".into()), "create", Some("Prepare slides"));
    fire(&mut session, Target::Aggregate(made.aggregate), "complete", None);
    let waiting = session.unconsented(&local).unwrap();
    assert_eq!(waiting[0].reactors, [("daily-recap".to_owned(), "mail")]);
    session.consent(&local, &waiting[0]).unwrap();
    let work = |text: &str| {
        let mut session = Session::open(&at(text)).unwrap();
        let mut done = Vec::new();
        while let Worked::Tried(info) = session.work(&local).unwrap() {
            done.push((info.job.reactor.clone(), info.job.effect.clone().unwrap_or_default()));
        }
        done
    };
    assert_eq!(work("2019-04-10T23:59:59Z").len(), 0, "the day is not over");
    let done = work("2019-04-11T00:30:00Z");
    assert_eq!(done.len(), 1);
    assert_eq!(work("2019-04-11T00:31:00Z").len(), 0, "once");
    let mail = std::fs::read_dir(place.path("outbox")).unwrap().next().unwrap().unwrap();
    let mail = std::fs::read_to_string(mail.path()).unwrap();
    assert!(
        mail.contains("Subject: Completed on 2019-04-10") && mail.contains("1 completed: mira 1"),
        "{mail}"
    );
    assert!(mail.contains("- Prepare slides"), "{mail}");
    // A day on which nothing was recorded asks for nothing; one on which nothing was completed mails nothing.
    assert_eq!(work("2019-04-12T00:30:00Z").len(), 0);
    let mut session = Session::open(&at("2019-04-12T10:00:00Z")).unwrap();
    fire(&mut session, Target::New("Task".into()), "create", Some("Another one"));
    let idle = work("2019-04-13T00:30:00Z");
    assert!(idle[0].1.contains("does not hold"), "{idle:?}");
    assert_eq!(std::fs::read_dir(place.path("outbox")).unwrap().count(), 1);
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
