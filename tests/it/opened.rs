//! Opening a store that came from somebody else: nothing leaves it, nothing hangs, and what is forged is named.
#![cfg(unix)]

use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::program::Place;

const REACTORS: &str = r#"
[[reactor]]
name = "load"
on = ["Order/*"]
append = { file = "warehouse", row = '{type: $event.type}' }

[[reactor]]
name = "thank"
on = ["Ordered"]
mail = { to = '"a@b.example"', subject = '.item', body = '"thanks"' }
"#;

fn shop() -> Place {
    let place = Place::empty();
    place.file("shop.toml", format!("{}{REACTORS}", include_str!("../data/shop.toml")));
    place.ok(&["init", "--domain", "shop.toml"]);
    place
}

fn order(place: &Place) {
    place.ok(&["fire", "Order", "order", "item=book"]);
}

fn work(place: &Place) {
    place.ok(&["work", "--until-empty", "--consent"]);
}

fn lines(path: &Path) -> usize {
    std::fs::read_to_string(path).map_or(0, |text| text.lines().count())
}

/// Work without consent does nothing outside, and says what waits.
#[track_caller]
fn is_held(place: &Place) {
    let said = place.refused(1, &["work", "--until-empty"]);
    assert!(said.contains("load (append)") && said.contains("--consent"), "{said}");
}

#[test]
fn a_link_beside_the_store_leads_nowhere() {
    let place = shop();
    order(&place);
    let mine = place.path("mine.txt");
    place.file("mine.txt", "mine\n");
    let hash = place.json(&["export"])[0]["hash"].as_str().unwrap().to_owned();
    for folder in ["feeds", "outbox"] {
        std::fs::create_dir(place.path(folder)).unwrap();
    }
    symlink(&mine, place.path("feeds/warehouse.jsonl")).unwrap();
    symlink(&mine, place.path(&format!("outbox/{hash}-thank.eml"))).unwrap();
    place.run(&["work", "--until-empty", "--once", "--consent"]);
    for _ in 0..2 {
        place.run(&["work", "--once", "--consent"]);
    }
    assert_eq!(std::fs::read_to_string(&mine).unwrap(), "mine\n");
    let errors: Vec<_> = place.json(&["jobs"]).iter().map(|job| job["error"].to_string()).collect();
    assert!(errors.iter().all(|error| error.contains("is a link, which is not followed")), "{errors:?}");
    // Neither does the folder itself.
    let place = shop();
    order(&place);
    std::fs::create_dir(place.path("elsewhere")).unwrap();
    for folder in ["feeds", "outbox"] {
        symlink(place.path("elsewhere"), place.path(folder)).unwrap();
    }
    for _ in 0..2 {
        place.run(&["work", "--once", "--consent"]);
    }
    assert_eq!(std::fs::read_dir(place.path("elsewhere")).unwrap().count(), 0);
}

#[test]
fn a_copy_a_backup_and_last_nights_file_do_nothing_until_asked() {
    let place = shop();
    order(&place);
    work(&place);
    let feed = place.path("feeds/warehouse.jsonl");
    assert_eq!(lines(&feed), 1);
    order(&place);
    // Last night's file, with a job that waits.
    let last_night = std::fs::read(place.store()).unwrap();
    assert!(!place.path("backstory.db-wal").exists());
    place.ok(&["backup", "backup.db"]);
    work(&place);
    assert_eq!(lines(&feed), 2);
    // A copy, under another name or in another folder, with the same configuration.
    place.file("copy.db", &last_night);
    for store in ["copy.db", "backup.db"] {
        let said = place.refused(1, &["-s", store, "work", "--until-empty"]);
        assert!(said.contains("Their jobs wait"), "{said}");
    }
    // In the very place of the store: the same name, the same place on the disk.
    place.file("backstory.db", &last_night);
    is_held(&place);
    assert_eq!(lines(&feed), 2);
    // Looking at it asks for nothing.
    place.ok(&["aggregates"]);
    place.ok(&["jobs"]);
    // With the backup brought back it is the same.
    place.ok(&["restore", "backup.db"]);
    is_held(&place);
    assert_eq!(lines(&feed), 2);
    work(&place);
    assert_eq!(lines(&feed), 3);
}

#[test]
fn what_waits_says_what_would_leave_and_to_whom() {
    let place = shop();
    order(&place);
    let leaves: Vec<_> = place.json(&["jobs"]).iter().map(|job| job["leaves"].clone()).collect();
    assert_eq!(leaves, ["a mail to a@b.example: book", "a line in warehouse.jsonl: {\"type\":\"Ordered\"}"]);
    assert!(place.ok(&["jobs"]).contains("would send a mail to a@b.example: book"));
    assert!(!place.path("feeds").exists() && !place.path("outbox").exists());
}

#[test]
fn what_is_made_is_its_owner_s_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = shop();
    order(&place);
    work(&place);
    place.ok(&["backup", "backup.db"]);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let mail = std::fs::read_dir(place.path("outbox")).unwrap().next().unwrap().unwrap().path();
    for file in [
        place.store(),
        place.path("backup.db"),
        place.path("feeds/warehouse.jsonl"),
        place.path("config/consent.jsonl"),
        mail,
    ] {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
    for folder in ["feeds", "outbox", "config"] {
        assert_eq!(mode(&place.path(folder)), 0o700, "{folder}");
    }
}

#[test]
fn a_forged_store_is_damaged_with_a_place_and_does_not_hang() {
    let forged = [
        "UPDATE branches SET parent = id WHERE id = 2",
        "UPDATE branches SET parent = 9 WHERE id = 2",
        "UPDATE branches SET parent = 3 WHERE id = 2",
        "UPDATE branches SET parent = 2 WHERE id = 1",
        "UPDATE branches SET parent = NULL WHERE id = 2",
        "UPDATE branches SET fork_position = -5 WHERE id = 2",
        "UPDATE branches SET fork_position = 9223372036854775807 WHERE id = 2",
        "UPDATE branches SET tip_position = 9223372036854775807 WHERE id = 1",
        "UPDATE branches SET fill_from = -9223372036854775807, fill_to = 9223372036854775807 WHERE id = 2",
        "UPDATE branches SET indexed = -9223372036854775807 WHERE id = 1",
        "DELETE FROM branches WHERE id = 1",
        "DELETE FROM branches",
        "DELETE FROM generations",
        "DELETE FROM store",
        "UPDATE generations SET shown = 9223372036854775807",
        "DELETE FROM types",
        "DELETE FROM aggregates",
        "UPDATE heads SET state = '{' WHERE aggregate = 1",
        "UPDATE heads SET version = 9223372036854775807, position = 9223372036854775807",
        "UPDATE domains SET source = '[[['",
        "UPDATE jobs SET domain = 77, position = 9223372036854775807",
        "INSERT INTO jobs (position, reactor, domain, branch, state, due, set_at, created_at) \
         VALUES (1, '../../x', 1, 1, 'waiting', 0, 0, 0)",
        "UPDATE operations SET undoes = id",
        "CREATE TRIGGER t AFTER INSERT ON heads BEGIN INSERT INTO notes VALUES (NULL, 1, 1, 1, 'x', 'x', 1); END",
        "DROP TABLE jobs; CREATE VIEW jobs AS SELECT * FROM events",
        "CREATE TABLE mine (a)",
    ];
    let pristine = shop();
    order(&pristine);
    pristine.ok(&["branch", "what-if"]);
    pristine.ok(&["-b", "what-if", "fire", "Order/1", "pay"]);
    pristine.ok(&["branch", "deeper", "--at", "what-if:Order/1"]);
    let copy = std::fs::read(pristine.store()).unwrap();
    let verbs: &[&[&str]] = &[
        &["verify", "--all"],
        &["aggregates"],
        &["log"],
        &["log", "--graph"],
        &["-b", "what-if", "state", "Order/1"],
        &["-b", "deeper", "aggregates"],
        &["merge", "what-if", "--dry-run"],
        &["diff", "main", "what-if"],
        &["branch"],
        &["jobs"],
        &["op", "log"],
        &["undo", "--dry-run"],
        &["report"],
        &["work", "--once"],
        &["fire", "Order/1", "pay", "--dry-run"],
        &["backup", "out.db"],
    ];
    let (place, mut missed) = (Place::empty(), Vec::new());
    for statement in forged {
        std::fs::write(place.store(), &copy).unwrap();
        let sql = place.sql();
        sql.execute_batch(&format!(
            "PRAGMA foreign_keys = OFF; DROP TRIGGER operations_are_facts_update; {statement}; \
             CREATE TRIGGER operations_are_facts_update BEFORE UPDATE ON operations \
             BEGIN SELECT raise(ABORT, 'what was done is never changed'); END;"
        ))
        .unwrap();
        drop(sql);
        let begun = Instant::now();
        for verb in verbs {
            let ran = place.run(verb);
            assert!(
                (0..=4).contains(&ran.code),
                "{statement}: {verb:?} ended with {}: {}",
                ran.code,
                ran.err
            );
            if ran.err.contains("panicked") {
                missed.push(format!("{statement}: {verb:?}: {}", ran.err));
            }
            if verb[0] == "verify" && ran.code != 4 {
                missed.push(format!("{statement}: {}{}", ran.out, ran.err));
            }
        }
        let _ = std::fs::remove_file(place.path("out.db"));
        assert!(begun.elapsed() < Duration::from_secs(60), "{statement} keeps the program busy");
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn a_file_that_nobody_may_write_to_is_read_with_its_newest_events_and_left_as_it_is() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = shop();
    order(&place);
    // A writer that was cut off: its last event is in the -wal only.
    let sql = place.sql();
    sql.query_row("SELECT count(*) FROM events", [], |_| Ok(())).unwrap();
    order(&place);
    let media = Place::empty();
    for end in ["", "-wal"] {
        let name = format!("backstory.db{end}");
        std::fs::copy(place.path(&name), media.path(&name)).unwrap();
        std::fs::set_permissions(media.path(&name), std::fs::Permissions::from_mode(0o444)).unwrap();
    }
    drop(sql);
    assert!(std::fs::metadata(media.path("backstory.db-wal")).unwrap().len() > 0);
    assert_eq!(media.json(&["export"]).len(), 2);
    media.ok(&["verify", "--all"]);
    let said = media.refused(1, &["fire", "Order", "order", "item=pen"]);
    assert!(said.contains("-wal") && said.contains("can only be read"), "{said}");
    assert!(!media.path("backstory.db-shm").exists(), "nothing is left beside it");
    // Without one, the same.
    let alone = Place::empty();
    place.ok(&["backup", alone.store().to_str().unwrap()]);
    std::fs::set_permissions(alone.store(), std::fs::Permissions::from_mode(0o444)).unwrap();
    assert_eq!(alone.json(&["export"]).len(), 2);
    let beside: Vec<_> =
        std::fs::read_dir(alone.path(".")).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(beside, ["backstory.db"]);
    std::fs::set_permissions(alone.store(), std::fs::Permissions::from_mode(0o644)).unwrap();
    order(&alone);
}

#[test]
fn what_is_secret_is_neither_said_nor_stored() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::empty();
    let post = "[[reactor]]\nname = \"post\"\non = [\"Ordered\"]\nhttp = { endpoint = \"shop\" }\n";
    place.file("shop.toml", format!("{}{post}", include_str!("../data/shop.toml")));
    place.ok(&["init", "--domain", "shop.toml"]);
    order(&place);
    std::fs::create_dir(place.path("config")).unwrap();
    let config = |text: &str| {
        place.file("config/config.toml", text);
    };
    // An address that cannot be is repeated by whoever reads it.
    config(
        "[http.shop]\nurl = \"http://me:hunter22@127.0.0.1:1/x?token=hunter22 y\"\n\
         headers = { Authorization = \"Bearer hunter22\" }\ninsecure = true\n",
    );
    let ran = place.run(&["work", "--until-empty", "--consent"]);
    assert_ne!(ran.code, 0);
    let jobs = place.ok(&["jobs", "--json"]);
    assert!(!format!("{}{}{jobs}", ran.out, ran.err).contains("hunter"), "{}{}{jobs}", ran.out, ran.err);
    // A mistake in the file names the line and the key.
    config("[mail]\nfrom = \"a@b.example\"\nsmtp = smtps://me:hunter22@host\n");
    let said = place.refused(1, &["work", "--once"]);
    assert!(said.contains("line 3, smtp") && !said.contains("hunter"), "{said}");
    // A file that everybody can read is refused with the command that mends it.
    config("[mail]\nsmtp = \"smtps://me:hunter22@host\"\n");
    let file = place.path("config/config.toml");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let said = place.refused(1, &["work", "--once"]);
    assert!(said.contains("chmod 600") && !said.contains("hunter"), "{said}");
    // No password goes out in the open, and no header.
    config(
        "[http.shop]\nurl = \"http://127.0.0.1:1/x\"\nheaders = { Authorization = \"Bearer hunter22\" }\n",
    );
    order(&place);
    place.run(&["work", "--until-empty", "--consent"]);
    let jobs = place.ok(&["jobs", "--json"]);
    assert!(jobs.contains("The headers of shop") && !jobs.contains("hunter"), "{jobs}");
    let mail = "[[reactor]]\nname = \"mail\"\non = [\"Ordered\"]\n\
                mail = { to = '\"a@b.example\"', subject = '\"s\"', body = '\"b\"' }\n";
    place.file("shop.toml", format!("{}{mail}", include_str!("../data/shop.toml")));
    place.ok(&["domain", "set", "shop.toml"]);
    order(&place);
    config("[mail]\nsmtp = \"smtp://me:hunter22@127.0.0.1:1\"\n");
    place.run(&["work", "--until-empty", "--consent"]);
    let jobs = place.ok(&["jobs", "--json"]);
    assert!(jobs.contains("not encrypted") && !jobs.contains("hunter"), "{jobs}");
}

#[test]
fn a_large_value_is_named_and_a_setting_lets_it_be_read() {
    let place = Place::with("");
    let large = "a".repeat(1_500_000);
    place.file(
        "large.jsonl",
        format!(
            "{{\"aggregate\":\"T/1\",\"type\":\"E\",\"occurred_at\":\"2019-01-01T00:00:00Z\",\"data\":{{\"text\":\"{large}\"}}}}\n"
        ),
    );
    place.ok(&["import", "large.jsonl"]);
    for verb in [&["verify"][..], &["log"], &["show", "1"], &["export"]] {
        let ran = place.command(verb).env("BACKSTORY_MAX_VALUE_MB", "1").output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(1), "{verb:?}: {said}");
        assert!(
            said.contains("The event #1 holds more than 1 MB") && said.contains("BACKSTORY_MAX_VALUE_MB"),
            "{said}"
        );
        place.ok(verb);
    }
}

#[test]
fn a_clock_that_was_ahead_is_said_and_holds_up_no_job() {
    let place = shop();
    let open = backstory::session::Open {
        path: place.store(),
        branch: "main".into(),
        clock: backstory::clock::Clock::Fixed(backstory::event::Time::parse("2999-01-01T00:00:00Z").unwrap()),
    };
    let fire = backstory::session::Fire {
        target: backstory::session::Target::New("Order".into()),
        command: "order".into(),
        params: serde_json::json!({ "item": "book" }).as_object().unwrap().clone(),
        actor: "ahead".into(),
        reason: None,
        at: None,
        expect: None,
        seen: backstory::event::Looked::new(),
        meta: serde_json::Map::new(),
    };
    backstory::session::Session::open(&open).unwrap().fire(&fire).unwrap();
    let ran = place.run(&["aggregates"]);
    assert!(ran.err.contains("clock is") && ran.err.contains("behind the newest event"), "{}", ran.err);
    // Jobs that were due then are due now.
    work(&place);
    assert_eq!(lines(&place.path("feeds/warehouse.jsonl")), 1);
}

#[test]
fn a_worker_does_nothing_for_a_file_that_is_not_there_any_more() {
    let place = shop();
    let local = backstory::session::Local::read_in(&place.path("config")).unwrap();
    let open = backstory::session::Open {
        path: place.store(),
        branch: "main".into(),
        clock: backstory::clock::Clock::System,
    };
    let mut session = backstory::session::Session::open(&open).unwrap();
    order(&place);
    for to in session.unconsented(&local).unwrap() {
        session.consent(&local, &to).unwrap();
    }
    std::fs::rename(place.store(), place.path("moved.db")).unwrap();
    let error = session.work(&local).unwrap_err();
    assert!(error.message().contains("is gone"), "{error}");
    assert!(!place.path("feeds").exists());
}
