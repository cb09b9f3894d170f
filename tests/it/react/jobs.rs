//! What a worker does of jobs: what it sees, how they fail, what a lost or killed worker leaves.

use serde_json::{Value, json};

use super::{OUTSIDE, REACTORS, SHOP, jobs, shop};
use crate::program::Place;

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
            seen: backstory::event::Looked::new(),
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
    assert_eq!(work("2019-04-11T00:30:00Z").len(), 1);
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
