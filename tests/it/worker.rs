//! The worker: what it leaves, how it ends, what it says while it runs, and the reports it makes up for.

mod reports;

use std::io::{BufRead as _, BufReader, Read};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::program::Place;

const SHOP: &str = include_str!("../data/shop.toml");

fn shop(more: &str) -> Place {
    let place = Place::empty();
    place.file("shop.toml", format!("{SHOP}{more}"));
    place.ok(&["init", "--domain", "shop.toml"]);
    place
}

fn configure(place: &Place, config: &str) {
    std::fs::create_dir_all(place.path("config")).unwrap();
    place.file("config/config.toml", config);
}

fn job(place: &Place, reactor: &str) -> Value {
    place.json(&["jobs"]).into_iter().find(|job| job["reactor"] == reactor).unwrap()
}

#[test]
fn a_worker_with_nothing_held_back_ends_well() {
    let place = Place::with("todo");
    for how in ["--until-empty", "--once"] {
        let ran = place.run(&["work", how]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{how}");
    }
    assert_eq!(place.ok(&["jobs", "--state", "dead"]), "No jobs are dead.\n");
    assert_eq!(place.ok(&["jobs"]), "There are no jobs.\n");
}

#[test]
fn a_job_that_dies_of_its_condition_looks_at_it_again() {
    let place = shop(
        "[[reactor]]\nname = \"load\"\non = [\"Ordered\"]\nwhen = 'if .item == \"odd\" then error(\"odd\") else .item == \"book\" end'\nappend = { file = \"orders\" }\n",
    );
    place.ok(&["fire", "Order", "order", "item=odd"]);
    let id = job(&place, "load")["job"].to_string();
    assert_eq!(job(&place, "load")["state"], "dead");
    place.ok(&["jobs", "retry", &id]);
    let said = place.refused(1, &["work", "--until-empty", "--consent"]);
    assert!(said.contains("1 job died.") && said.contains("jobs --state dead"), "{said}");
    assert_eq!(job(&place, "load")["state"], "dead");
    assert!(!place.path("feeds").exists(), "its effect did not come about");
    // One whose condition does not hold any more has nothing to do.
    let rule = "UPDATE jobs SET state = 'waiting', position = 2 WHERE id = ?1";
    place.ok(&["fire", "Order", "order", "item=pen"]);
    place.sql().execute(rule, [&id]).unwrap();
    place.ok(&["work", "--until-empty"]);
    assert!(job(&place, "load")["effect"]["done"].as_str().unwrap().starts_with("nothing"));
    assert!(!place.path("feeds").exists());
}

#[test]
fn what_no_further_try_mends_dies_at_once_and_says_what_to_do() {
    let reactor =
        |name: &str, effect: &str| format!("[[reactor]]\nname = \"{name}\"\non = [\"Ordered\"]\n{effect}\n");
    let place = shop(
        &[
            reactor("bill", "command = { type = \"Bill\", name = \"bill\", params = '{ordre: 1}' }"),
            reactor("mail", "mail = { to = '\"nobody\"', subject = '\"s\"', body = '\"b\"' }"),
            reactor("none", "mail = { to = '[]', subject = '\"s\"', body = '\"b\"' }"),
            reactor("lost", "http = { endpoint = \"lost\" }"),
            reactor("bad", "http = { endpoint = \"bad\" }"),
            reactor("count", "statsd = { metric = '\"a:b\"' }"),
            reactor("half", "statsd = { metric = '\"half\"', value = '0.5' }"),
            reactor("row", "sql = { endpoint = \"warehouse\", table = \"t\", row = '{}' }"),
        ]
        .concat(),
    );
    configure(
        &place,
        "[http.bad]\nurl = \"http://\"\n[statsd]\naddress = \"127.0.0.1:9\"\n[sql.warehouse]\nurl = \"nonsense\"\n",
    );
    place.ok(&["fire", "Order", "order", "item=book"]);
    let said = place.refused(1, &["work", "--until-empty", "--consent"]);
    assert!(said.contains("7 jobs died."), "{said}");
    for (name, why) in [
        ("bill", "bill has no parameter ordre. It takes order."),
        ("mail", "nobody is no mail address"),
        ("lost", "says nothing of [http.lost]. Write [http.lost] url = "),
        ("bad", "bad: "),
        ("count", "is not a metric's name"),
        ("half", "0.5, which is not a whole number"),
        ("row", "backstory jobs retry"),
    ] {
        let job = job(&place, name);
        assert_eq!((&job["state"], &job["tries"]), (&json!("dead"), &json!(1)), "{job}");
        assert!(job["error"].as_str().unwrap().contains(why), "{job}");
    }
    assert!(job(&place, "lost")["error"].as_str().unwrap().contains("backstory jobs retry"));
    assert_eq!(job(&place, "none")["effect"]["done"], "nothing: the mail is to nobody");
    // With what it lacked it is done when it is tried again.
    configure(&place, "[mail]\noutbox = \"~/mails\"\n");
    place.ok(&["fire", "Order", "order", "item=pen"]);
    let once = place.refused(1, &["work", "--once"]);
    assert!(once.contains("of bill is dead: bill has no parameter"), "{once}");
}

#[test]
fn metrics_take_what_their_kind_can_be() {
    let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let metric = |name: &str, kind: &str, value: &str| {
        format!(
            "[[reactor]]\nname = \"{name}\"\non = [\"Ordered\"]\n\
             statsd = {{ metric = '\"{name}\"', kind = \"{kind}\", value = '{value}' }}\n"
        )
    };
    let place = shop(
        &[
            metric("two", "count", "2.0"),
            metric("warm", "gauge", "36.6"),
            metric("cold", "gauge", "0 - 4"),
            metric("took", "time", "1200.0"),
        ]
        .concat(),
    );
    let address = udp.local_addr().unwrap();
    configure(&place, &format!("[statsd]\naddress = \"{address}\"\ntags = false\n"));
    place.ok(&["fire", "Order", "order", "item=book"]);
    place.ok(&["work", "--until-empty", "--consent"]);
    let next = || {
        let mut bytes = [0; 200];
        let length = udp.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).trim().to_owned()
    };
    assert_eq!([next(), next()], ["two:2|c", "warm:36.6|g"]);
    assert_eq!([next(), next()], ["cold:0|g", "cold:-4|g"], "a sign alone would be a change");
    assert_eq!(next(), "took:1200|ms");
}

#[test]
fn folders_of_the_configuration_lie_beside_the_store_or_at_home() {
    let place = shop(
        "[[reactor]]\nname = \"load\"\non = [\"Ordered\"]\nappend = { file = \"orders\" }\n\
         [[reactor]]\nname = \"mail\"\non = [\"Ordered\"]\nmail = { to = '\"a@b.example\"', subject = '\"s\"', body = '\"b\"' }\n",
    );
    configure(&place, "[append]\nfolder = \"~/feeds at home\"\n[mail]\noutbox = \"mails\"\n");
    place.ok(&["fire", "Order", "order", "item=book"]);
    std::fs::create_dir(place.path("aside")).unwrap();
    let store = place.store();
    let ran = place
        .command(&["-s", store.to_str().unwrap(), "work", "--until-empty", "--consent"])
        .current_dir(place.path("aside"))
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    assert!(place.path("feeds at home/orders.jsonl").exists());
    assert_eq!(std::fs::read_dir(place.path("mails")).unwrap().count(), 1);
    assert_eq!(std::fs::read_dir(place.path("aside")).unwrap().count(), 0);

    // A folder for consent that cannot be is named.
    let place = shop("[[reactor]]\nname = \"load\"\non = [\"Ordered\"]\nappend = { file = \"orders\" }\n");
    place.file("taken", "");
    let ran = place
        .command(&["work", "--once", "--consent"])
        .env("BACKSTORY_CONFIG", place.path("taken/config"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(said.contains("taken/config") && !ran.status.success(), "{said}");
}

#[test]
fn what_a_store_holds_does_not_reach_the_terminal_as_it_is() {
    let place = shop(
        "[[reactor]]\nname = \"tell\"\non = [\"Ordered\"]\nrun = \"sync\"\nnotify = '.item'\n\
         [[reactor]]\nname = \"fail\"\non = [\"Ordered\"]\nwhen = 'error(.item)'\nnotify = '.item'\n\
         [[monitor]]\nname = \"\\u001b[31mred\"\non = [\"Ordered\"]\nat_most = 9\nwithin = \"1h\"\n",
    );
    let item = "item=\u{1b}[2Jgone";
    let told = [
        place.ok(&["fire", "Order", "order", item, "--dry-run"]),
        place.ok(&["fire", "Order", "order", item]),
        place.ok(&["jobs"]),
        place.ok(&["show", "1"]),
        place.ok(&["monitors"]),
    ];
    for told in told {
        assert!(!told.contains('\u{1b}') && told.contains('␛'), "{told:?}");
    }
    // A domain's name stands in the question for consent.
    let named = SHOP.replace("name = \"shop\"", "name = \"\\u001b[2Jshop\"");
    place.file(
        "named.toml",
        named + "[[reactor]]\nname = \"load\"\non = [\"Ordered\"]\nappend = { file = \"orders\" }\n",
    );
    place.ok(&["domain", "set", "named.toml"]);
    place.ok(&["fire", "Order", "order", "item=book"]);
    let said = place.refused(1, &["work", "--until-empty"]);
    assert!(!said.contains('\u{1b}') && said.contains("␛[2Jshop"), "{said}");
}

#[test]
fn an_asynchronous_projection_is_followed() {
    let place = Place::empty();
    let domain = "[domain]\nname = \"d\"\n[projection.actors]\non = [\"*\"]\nmode = \"async\"\nkey = '$meta.actor'\n\
                  fold = '.events = (.events // 0) + 1'\n[aggregate.Door.event.Knocked]\napply = '.'\n\
                  [aggregate.Door.command.knock]\ncreates = true\nemit = 'event(\"Knocked\"; {})'\n";
    place.file("d.toml", domain);
    place.ok(&["init", "--domain", "d.toml"]);
    place.ok(&["fire", "Door", "knock"]);
    let rows = |place: &Place| -> i64 {
        place
            .sql()
            .query_row("SELECT json_extract(row, '$.events') FROM projection_actors", [], |r| r.get(0))
            .unwrap()
    };
    place.ok(&["work", "--until-empty"]);
    assert_eq!(rows(&place), 1);
    place.ok(&["fire", "Door", "knock"]);
    place.ok(&["work", "--once"]);
    assert_eq!(rows(&place), 2);
}

/// The lines of a stream, as they come.
fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

fn until(lines: &Receiver<String>, wanted: &str) -> String {
    loop {
        let line = lines.recv_timeout(Duration::from_secs(30)).unwrap_or_else(|_| panic!("no {wanted}"));
        if line.contains(wanted) {
            return line;
        }
    }
}

#[test]
fn a_worker_that_stays_says_what_waits_and_what_monitors_find_and_reads_its_settings_anew() {
    let monitor = "[[monitor]]\nname = \"orders\"\non = [\"Ordered\"]\nat_most = 1\nwithin = \"1h\"\n";
    let place = shop(monitor);
    let mut worker = place.command(&["work"]);
    let mut worker = worker.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (out, err) = (lines(worker.stdout.take().unwrap()), lines(worker.stderr.take().unwrap()));
    let post = "[[reactor]]\nname = \"post\"\non = [\"Ordered\"]\nhttp = { endpoint = \"shop\" }\n";
    place.file("shop.toml", format!("{SHOP}{monitor}{post}"));
    place.ok(&["domain", "set", "shop.toml"]);
    let said = until(&err, "reach out of the store");
    assert!(said.contains("post (http)") && said.contains("work --consent"), "{said}");
    place.ok(&["fire", "Order", "order", "item=book"]);
    // What lacks its settings is dead at once, whoever of the two tries it; with them the one that stays does it.
    place.run(&["work", "--once", "--consent"]);
    let dead = loop {
        if let [dead] = place.json(&["jobs", "--state", "dead"]).as_slice() {
            break dead["job"].to_string();
        }
    };
    configure(&place, "[http.shop]\nurl = \"http://127.0.0.1:9/\"\n");
    place.ok(&["jobs", "retry", &dead]);
    until(&out, "onnection refused");
    place.ok(&["fire", "Order", "order", "item=pen"]);
    let told = until(&out, "orders: 2 since");
    assert!(told.contains("wanted at most 1 within 1h"), "{told}");
    worker.kill().unwrap();
    worker.wait().unwrap();
    let again = err.try_iter().filter(|line| line.contains("reach out")).count();
    assert_eq!(again, 0, "once");
}
