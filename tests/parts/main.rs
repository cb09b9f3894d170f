//! What reactors do outside, looked up in the real servers that `.ci/parts` starts: mail, a POST, a metric, a row; and pages,
//! looked at in a real browser.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail loudly")]

#[path = "../support/program.rs"]
mod program;

mod down;
mod page;

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use program::Place;
use serde_json::{Value, json};

const DOMAIN: &str = r#"
[domain]
name = "shop"

[aggregate.Order]
label = '.item'
[aggregate.Order.event.Ordered]
apply = '.item = $data.item | .price = $data.price'
[aggregate.Order.command.order]
creates = true
params = { item = "string", price = "integer" }
emit = 'event("Ordered"; $params)'
"#;

const MAIL: &str = r#"
[[reactor]]
name = "thank"
on = ["Ordered"]
mail = { to = '["ann@example.org", "bob@example.org"]', subject = '"Grüße: \(.item)"', body = '"It costs \(.price).\n.\nThanks."' }
"#;

const POST: &str = r#"
[[reactor]]
name = "post"
on = ["Ordered"]
http = { endpoint = "shop", data = '{item: .item}' }
"#;

const METRIC: &str = r#"
[[reactor]]
name = "sold"
on = ["Ordered"]
statsd = { metric = '"orders"' }

[[reactor]]
name = "worth"
on = ["Ordered"]
statsd = { metric = '"price"', kind = "gauge", value = '.price' }
"#;

const ROW: &str = r#"
[[reactor]]
name = "load"
on = ["Ordered"]
sql = { endpoint = "warehouse", table = "sales.All-Orders", row = '{item: .item, "the \"price\"": .price, at: $at, more: {a: [1, null]}, none: null}' }
"#;

/// A reactor that writes the item alone.
fn load(table: &str) -> String {
    format!(
        "[[reactor]]\nname = \"load\"\non = [\"Ordered\"]\n\
         sql = {{ endpoint = \"warehouse\", table = \"{table}\", row = '{{item: .item}}' }}\n"
    )
}

/// Where a server is, or what it took, as `.ci/parts` says it.
fn part(name: &str) -> String {
    std::env::var(format!("BACKSTORY_PART_{name}")).unwrap_or_else(|_| panic!("run `.ci/parts cargo test …`"))
}

/// The database without encryption.
fn plain() -> String {
    format!("{}?sslmode=disable", part("POSTGRES"))
}

/// A store whose reactors reach out, by this configuration.
fn shop(reactors: &str, config: &str) -> Place {
    let place = Place::empty();
    place.file("shop.toml", format!("{DOMAIN}{reactors}"));
    std::fs::create_dir(place.path("config")).unwrap();
    place.file("config/config.toml", config);
    place.ok(&["init", "--domain", "shop.toml"]);
    place
}

/// Fires a command; answers the event's hash.
fn order(place: &Place, item: &str) -> String {
    let fired = place.json(&["fire", "Order", "order", &format!("item={item}"), "price:=12"]);
    fired[0]["hash"].as_str().unwrap().to_owned()
}

fn work(place: &Place) {
    place.ok(&["work", "--until-empty", "--consent"]);
}

fn jobs(place: &Place) -> Vec<Value> {
    place.json(&["jobs"])
}

/// As if the worker had died between doing a job and saying so.
fn forget_that_it_was_done(place: &Place) {
    let store = rusqlite::Connection::open(place.store()).unwrap();
    let put = "UPDATE jobs SET state = 'waiting', ended_at = NULL, effect = NULL, due = 0";
    assert_eq!(store.execute(put, ()).unwrap(), 1);
}

/// What a server has written down, once it contains something.
fn taken(path: &str, what: &str) -> String {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        if text.contains(what) {
            return text;
        }
        assert!(Instant::now() < end, "no {what} in {path}:\n{text}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn mails(about: &str) -> Vec<String> {
    let new = PathBuf::from(part("MAIL")).join("new");
    let files = std::fs::read_dir(new).into_iter().flatten();
    let texts = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    texts.filter(|text| text.contains(about)).collect()
}

fn posts(key: &str) -> Vec<Value> {
    let text = taken(&part("REQUESTS"), key);
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["key"] == key).collect()
}

fn sql(statement: &str) -> String {
    let output = Command::new(part("PSQL"))
        .args([part("POSTGRES").as_str(), "-v", "ON_ERROR_STOP=1", "-Atc", statement])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
#[ignore = "needs a mail server: .ci/parts starts one"]
fn a_mail_server_gets_the_mail_and_a_second_delivery_has_the_same_id() {
    let config = format!("[mail]\nfrom = \"Shop <shop@example.org>\"\nsmtp = \"smtp://{}\"\n", part("SMTP"));
    let place = shop(MAIL, &config);
    let hash = order(&place, "book");
    work(&place);
    let id = format!("Message-ID: <{hash}.thank@backstory>");
    let mail = mails(&id).pop().unwrap();
    for line in
        ["From: Shop <shop@example.org>", "To: ann@example.org, bob@example.org", "X-RcptTo: ann@example.org"]
    {
        assert!(mail.contains(line), "{line} in\n{mail}");
    }
    assert!(mail.contains("It costs 12.") && mail.contains("Thanks."), "{mail}");
    assert!(!place.path("outbox").exists(), "a server takes the place of the folder");
    forget_that_it_was_done(&place);
    work(&place);
    let both = mails(&id);
    assert_eq!(both.len(), 2, "at least once");
    let date = |mail: &str| mail.lines().find(|line| line.starts_with("Date:")).unwrap().to_owned();
    assert_eq!(date(&both[0]), date(&both[1]), "the same mail");
}

#[test]
#[ignore = "needs an HTTP server: .ci/parts starts one"]
fn an_http_server_gets_a_structured_message_with_its_key() {
    let config = format!(
        "[http.shop]\nurl = \"{}/events\"\nheaders = {{ Authorization = \"Bearer secret\" }}\ninsecure = true\n",
        part("HTTP")
    );
    let place = shop(POST, &config);
    let hash = order(&place, "book");
    work(&place);
    let key = format!("{hash}/post");
    let post = posts(&key).pop().unwrap();
    assert_eq!(post["type"], "application/cloudevents+json");
    assert_eq!(post["who"], "Bearer secret");
    let message: Value = serde_json::from_str(post["body"].as_str().unwrap()).unwrap();
    assert_eq!((&message["specversion"], &message["type"]), (&json!("1.0"), &json!("Ordered")));
    assert_eq!(message["data"], json!({ "item": "book" }));
    for name in ["id", "source", "subject", "time"] {
        assert!(message[name].is_string(), "{name} in {message}");
    }
    forget_that_it_was_done(&place);
    work(&place);
    let both = posts(&key);
    assert_eq!(both.len(), 2, "at least once");
    assert_eq!(both[0], both[1]);
}

#[test]
#[ignore = "needs a StatsD daemon: .ci/parts starts one"]
fn a_metrics_daemon_gets_counts_and_gauges_with_their_tags() {
    let config = format!("[statsd]\naddress = \"{}\"\nprefix = \"shop\"\n", part("STATSD"));
    let place = shop(METRIC, &config);
    let hash = order(&place, "book");
    work(&place);
    taken(&part("METRICS"), &format!("shop.orders:1|c|#event:{hash},reactor:sold"));
    taken(&part("METRICS"), &format!("shop.price:12|g|#event:{hash},reactor:worth"));
}

#[test]
#[cfg_attr(not(feature = "postgres"), ignore = "needs --features postgres")]
#[cfg_attr(feature = "postgres", ignore = "needs a PostgreSQL server: .ci/parts starts one")]
fn a_database_gets_one_row_however_often_it_is_delivered() {
    sql(
        "CREATE SCHEMA sales; CREATE TABLE sales.\"All-Orders\" (item text, \"the \"\"price\"\"\" integer, at timestamptz, more jsonb, none text, \
         backstory_event text, backstory_reactor text)",
    );
    let place = shop(ROW, &format!("[sql.warehouse]\nurl = \"{}\"\n", plain()));
    let hash = order(&place, "it's a \\book");
    work(&place);
    let rows = "SELECT item, \"the \"\"price\"\"\", more->'a'->>0, none IS NULL, backstory_event, backstory_reactor \
                FROM sales.\"All-Orders\"";
    let row = format!("it's a \\book|12|1|t|{hash}|load");
    assert_eq!(sql(rows), row);
    forget_that_it_was_done(&place);
    work(&place);
    assert_eq!(sql(rows), row);
    assert!(jobs(&place)[0]["effect"]["done"].as_str().unwrap().contains("already"), "{:?}", jobs(&place));
}

#[test]
#[cfg_attr(not(feature = "postgres"), ignore = "needs --features postgres")]
#[cfg_attr(feature = "postgres", ignore = "needs a PostgreSQL server: .ci/parts starts one")]
fn workers_that_deliver_the_same_row_at_once_write_one() {
    use backstory::domain::Reaction;
    use backstory::event::{AggregateId, Event, Hash, Time};
    use backstory::react::{Errand, Local, Mark, StoreFile, perform};

    let place = Place::empty();
    std::fs::create_dir(place.path("config")).unwrap();
    place.file("config/config.toml", format!("[sql.warehouse]\nurl = \"{}\"\n", plain()));
    let local = Local::read_in(&place.path("config")).unwrap();
    let (file, effects) = (StoreFile::of("a store".into(), &place.path(".")).unwrap(), Hash([7; 32]));
    local.allow(&file, effects, &Mark { newest: None, worked: 0 }, "shop", Time(0)).unwrap();
    let consent = local.consent(&file, effects, 0, &|_, _| Ok(true)).unwrap().unwrap();
    for (table, rest) in [("bare", ""), ("keyed", ", UNIQUE (backstory_event, backstory_reactor)")] {
        sql(&format!("CREATE TABLE {table} (n integer, backstory_event text, backstory_reactor text{rest})"));
        let row = json!({ "n": 1 }).as_object().unwrap().clone();
        let reaction = Reaction::Sql { endpoint: "warehouse".into(), table: table.into(), row };
        for round in 0..12 {
            let event = Event {
                position: 1,
                branch: "main".into(),
                aggregate: AggregateId::new("Order", "1"),
                version: 1,
                kind: "Ordered".into(),
                occurred_at: Time(0),
                recorded_at: Time(0),
                data: "{}".into(),
                meta: "{}".into(),
                parent: None,
                hash: Hash([round; 32]),
            };
            let errand = Errand {
                event: &event,
                reactor: "load",
                slot: 0,
                reaction: &reaction,
                store: &place.store(),
            };
            let said: Vec<_> = std::thread::scope(|scope| {
                let workers: Vec<_> =
                    (0..6).map(|_| scope.spawn(|| perform(&local, &errand, &consent).unwrap())).collect();
                workers.into_iter().map(|worker| worker.join().unwrap()).collect()
            });
            assert_eq!(said.iter().filter(|said| said.starts_with("a row in")).count(), 1, "{said:?}");
        }
        assert_eq!(sql(&format!("SELECT count(*), count(DISTINCT backstory_event) FROM {table}")), "12|12");
    }
}

#[test]
#[cfg_attr(not(feature = "postgres"), ignore = "needs --features postgres")]
#[cfg_attr(feature = "postgres", ignore = "needs a PostgreSQL server: .ci/parts starts one")]
fn the_connection_to_a_database_is_encrypted_and_its_certificate_checked() {
    sql("CREATE FUNCTION encrypted() RETURNS boolean LANGUAGE sql AS \
         'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'; \
         CREATE TABLE safe (item text, backstory_event text, backstory_reactor text, safe boolean DEFAULT encrypted())");
    let at = |mode: &str, ca: &str| {
        format!("[sql.warehouse]\nurl = \"{}?sslmode={mode}\"\n{ca}", part("POSTGRES"))
    };
    let place = shop(&load("safe"), &at("require", ""));
    order(&place, "book");
    place.refused(1, &["work", "--once", "--consent"]);
    let error = jobs(&place)[0]["error"].to_string();
    assert!(error.contains("UnknownIssuer"), "{error}");
    place.file("config/config.toml", at("require", &format!("ca = \"{}\"\n", part("CA"))));
    work(&place);
    assert_eq!(sql("SELECT item, safe FROM safe"), "book|t");
}
