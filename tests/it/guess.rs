//! Logs in languages nobody here reads are guessed by what their values do: which record, what happened, when, who.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::program::Place;

/// Numbers that look thrown, and are the same ones each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }
}

/// A time of 2024, so many minutes in.
fn minute(n: u64) -> String {
    format!("2024-{:02}-{:02}T{:02}:{:02}:00Z", 1 + n / 40_320, 1 + n / 1440 % 28, n / 60 % 24, n % 60)
}

fn mapped(place: &Place, file: &str) -> Value {
    place.one(&["map", file])
}

fn answer<'a>(mapped: &'a Value, question: &str) -> &'a str {
    let questions = mapped["questions"].as_array().unwrap();
    let found = questions.iter().find(|asked| asked["question"] == question).unwrap();
    found["answer"].as_str().unwrap_or("")
}

/// JSON Lines: orders of a shop, in Portuguese.
fn orders() -> String {
    let mut dice = Dice(7);
    let mut states = std::collections::HashMap::new();
    let mut text = String::new();
    for n in 0..1_500 {
        let order = format!("P-{:04}", dice.below(200));
        let (event, state) = match states.get(&order) {
            None => ("criou", "aberto"),
            Some(state) => match dice.below(3) {
                0 => ("comentou", *state),
                1 => ("mudou", "em curso"),
                _ => ("fechou", "fechado"),
            },
        };
        states.insert(order.clone(), state);
        let record = json!({
            "quando": minute(n * 11), "quem": dice.one(&["ana.silva", "bruno.costa", "carla.dias"]),
            "o_que": event, "coisa": order, "estado": state,
            "porque": format!("{} {n}", dice.one(&["o cliente pediu outra vez", "ninguem disse qual motivo"])),
        });
        let _ = writeln!(text, "{record}");
    }
    text
}

/// CSV with semicolons: which field of which row was changed, in German, with epochs in milliseconds.
fn changes() -> String {
    let mut dice = Dice(3);
    let mut values = std::collections::HashMap::new();
    let mut text = "lfd;zeitpunkt;art;gegenstand;nummer;bearbeiter;feld;alt;neu\n".to_owned();
    for n in 0..3_000_u64 {
        let (table, row) = (dice.one(&["Auftrag", "Kunde", "Rechnung"]), dice.below(80) + 1);
        let field = dice.one(&["betrag", "stand", "ort"]);
        let new = dice.one(&["10", "20", "30", "offen", "zu", "Bonn", "Ulm"]);
        let old = values.insert((table, row, field), new).unwrap_or("");
        if old == new {
            continue;
        }
        let kind = if old.is_empty() { "gesetzt" } else { "ersetzt" };
        let who = dice.one(&["Anna Vogt", "Bernd Kuhn", "Clara Heine"]);
        let at = 1_704_067_200_000_u64 + n * 60_000;
        let _ = writeln!(text, "{};{at};{kind};{table};{row};{who};{field};{old};{new}", 100_000 + n);
    }
    text
}

/// One JSON list, the newest first: bills in Finnish, with the data in an object of its own and epochs in seconds.
fn bills() -> String {
    let mut dice = Dice(11);
    let mut records: Vec<Value> = (0..1_200_u64)
        .map(|n| {
            json!({
                "tunnus": format!("{:08x}-{:04x}", dice.below(1 << 31), n), "hetki": 1_704_067_200 + n * 300,
                "tapaus": dice.one(&["luotu", "siirretty", "hyvaksytty", "hylatty"]),
                "kohde": { "avain": format!("K{}", dice.below(150)) },
                "tekija": { "nimi": dice.one(&["Matti Virta", "Liisa Koski"]) },
                "tiedot": { "summa": dice.below(999), "paikka": dice.one(&["Oulu", "Turku"]) },
            })
        })
        .collect();
    records.reverse();
    Value::from(records).to_string()
}

#[test]
fn a_log_in_any_language_is_guessed_by_its_values() {
    let place = Place::empty();
    place.file("pedidos.jsonl", orders());
    let mapping = mapped(&place, "pedidos.jsonl");
    for (question, rule) in [
        ("id", ".coisa"),
        ("type", "\"Coisa\""),
        ("event", ".o_que"),
        ("at", ".quando"),
        ("actor", ".quem"),
        ("reason", ".porque"),
    ] {
        assert_eq!(answer(&mapping, question), rule, "{question}");
    }
    let text = mapping["mapping"].as_str().unwrap();
    assert!(text.contains("status = '.estado'"), "{text}");
    // What is read by it: the fields that answer questions are not in the state.
    place.file("map.toml", text);
    place.ok(&["-s", "p.db", "import", "pedidos.jsonl", "--map", "map.toml"]);
    let state = place.one(&["-s", "p.db", "state", "Coisa/P-0007"]);
    let keys: Vec<&str> = state["state"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["estado", "porque"]);
}

#[test]
fn records_that_note_the_change_of_a_field_become_that_change() {
    let place = Place::empty();
    place.file("aenderungen.csv", changes());
    let mapping = mapped(&place, "aenderungen.csv");
    for (question, rule) in [
        ("id", ".nummer"),
        ("type", ".gegenstand"),
        ("event", ".art"),
        ("at", ".zeitpunkt"),
        ("actor", ".bearbeiter"),
        ("key", ".lfd"),
    ] {
        assert_eq!(answer(&mapping, question), rule, "{question}");
    }
    place.file("map.toml", mapping["mapping"].as_str().unwrap());
    place.ok(&["-s", "c.db", "import", "aenderungen.csv", "--map", "map.toml"]);
    let state = place.one(&["-s", "c.db", "state", "Kunde/7"]);
    let keys: std::collections::BTreeSet<&str> =
        state["state"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["betrag", "ort", "stand"].into());
}

#[test]
fn a_document_that_begins_with_the_newest_is_turned_round() {
    let place = Place::empty();
    place.file("tapahtumat.json", bills());
    let mapping = mapped(&place, "tapahtumat.json");
    for (question, rule) in [
        ("id", ".kohde.avain"),
        ("event", ".tapaus"),
        ("at", ".hetki"),
        ("actor", ".tekija.nimi"),
        ("key", ".tunnus"),
    ] {
        assert_eq!(answer(&mapping, question), rule, "{question}");
    }
    let text = mapping["mapping"].as_str().unwrap();
    assert!(text.contains("order = \"reverse\"") && text.contains("data = '.tiedot // {}'"), "{text}");
}

#[test]
fn whole_things_are_told_from_what_happened_to_them() {
    let place = Place::empty();
    let mut dice = Dice(5);
    let mut text = "numero,tila,taso,ryhma,otsikko,paivitetty,tekija\n".to_owned();
    for ticket in 0..120_u64 {
        let (level, group) =
            (dice.one(&["1 - korkea", "2 - matala"]), dice.one(&["tuki", "verkko", "palvelut"]));
        for step in 0..4_u64 {
            let state = ["uusi", "tyossa", "tyossa", "valmis"][step as usize];
            let at = ticket * 30 + step * 240;
            let day = format!("{}/1/2024 {:02}:{:02}", 13 + at / 1440, at / 60 % 24, at % 60);
            let who = format!("Muuttaja {}", dice.below(12));
            let _ = writeln!(
                text,
                "T{ticket:05},{state},{level},{group},laite numero {ticket} on rikki,{day},{who}"
            );
        }
    }
    place.file("tiketit.csv", &text);
    let mapping = mapped(&place, "tiketit.csv");
    assert_eq!(answer(&mapping, "id"), ".numero");
    assert_eq!(answer(&mapping, "at"), ".paivitetty");
    let text = mapping["mapping"].as_str().unwrap();
    assert!(text.contains("mode = \"snapshots\"") && text.contains("at_format = '%d/%m/%Y %H:%M'"), "{text}");
    assert!(text.contains("status = '.tila'") && text.contains("label = '.otsikko'"), "{text}");
}

#[test]
fn a_list_inside_a_document_is_found_and_an_export_needs_no_mapping() {
    let place = Place::empty();
    let pages: Vec<Value> = (0..60)
        .map(|n| json!({ "ref": format!("R{}", n % 9), "verb": (if n % 2 == 0 { "open" } else { "close" }), "at": minute(n as u64) }))
        .collect();
    place.file("page.json", json!({ "object": "list", "inner": { "rows": pages } }).to_string());
    assert_eq!(mapped(&place, "page.json")["list"], ".inner.rows[]");
    place.ok(&["demo", "--build-only", "--store", "demo.db"]);
    place.file("demo.jsonl", place.ok(&["-s", "demo.db", "export"]));
    assert_eq!(mapped(&place, "demo.jsonl"), json!({ "export": true }));
}

#[test]
fn a_log_that_a_built_in_mapping_knows_is_read_by_that() {
    let place = Place::empty();
    let event = json!({ "eventID": "1", "eventTime": "2024-03-01T09:00:00Z", "eventName": "CreateBucket",
        "eventSource": "s3.amazonaws.com", "userIdentity": { "userName": "ann" },
        "requestParameters": { "bucketName": "logs" } });
    place.file("trail.json", json!({ "Records": [event] }).to_string());
    assert_eq!(mapped(&place, "trail.json")["built_in"], "cloudtrail");
}

#[test]
fn what_is_neither_a_file_nor_a_verb_is_said_with_the_verb_that_is_meant() {
    let place = Place::empty();
    let failed = place.refused(2, &["agregates"]);
    assert!(
        failed.contains("There is no file agregates") && failed.contains("`backstory aggregates`"),
        "{failed}"
    );
}

#[test]
fn of_a_database_the_table_is_read_that_says_what_happened_to_what_and_when() {
    let place = Place::empty();
    let database = rusqlite::Connection::open(place.path("app.db")).unwrap();
    database
        .execute_batch(
            "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
             CREATE TABLE moves (nr INTEGER PRIMARY KEY, at TEXT, box TEXT, did TEXT, who TEXT);",
        )
        .unwrap();
    for n in 0..300_u64 {
        let (did, who) =
            (["packed", "moved", "opened"][n as usize % 3], ["ann.lee", "bo.falk"][n as usize / 7 % 2]);
        database
            .execute(
                "INSERT INTO moves VALUES (?, ?, ?, ?, ?)",
                (n as i64, minute(n), format!("B-{:02}", n * 7 % 40), did, who),
            )
            .unwrap();
        database.execute("INSERT INTO users VALUES (?, ?)", (n as i64, format!("user {n}"))).unwrap();
    }
    let mapping = mapped(&place, "app.db");
    for (question, rule) in
        [("id", ".box"), ("event", ".did"), ("at", ".at"), ("actor", ".who"), ("key", ".nr")]
    {
        assert_eq!(answer(&mapping, question), rule, "{question}");
    }
    let refused = place.refused(1, &["map", "app.db", "--table", "nothing"]);
    assert!(refused.contains("nothing"), "{refused}");
}

#[test]
fn a_field_may_be_called_anything() {
    let place = Place::empty();
    let mut text = "When it was,Order | ID,\"what \"\"it\"\" did\",size\n".to_owned();
    for n in 0..200_u64 {
        let did = ["packed", "moved", "sent"][n as usize % 3];
        let _ = writeln!(text, "{},O-{:02},{did},{}", minute(n), n * 7 % 30, n % 11);
    }
    place.file("odd.csv", text);
    let mapping = mapped(&place, "odd.csv");
    assert_eq!(answer(&mapping, "id"), ".\"Order | ID\"");
    place.file("odd.toml", mapping["mapping"].as_str().unwrap());
    place.ok(&["-s", "odd.db", "import", "odd.csv", "--map", "odd.toml"]);
    let state = place.one(&["-s", "odd.db", "state", "Order/O-07"]);
    assert_eq!(state["state"].as_object().unwrap().keys().collect::<Vec<_>>(), ["size"]);
}

#[test]
fn sources_are_listed_renamed_and_forgotten() {
    let place = Place::empty();
    assert!(place.ok(&["source"]).contains("no source yet"));
    place.file("pedidos.jsonl", orders());
    let sources = backstory::session::Sources::within(place.path(".local/share/backstory/sources"));
    let source = sources.read(&[place.path("pedidos.jsonl")], None).unwrap();
    let clock = backstory::clock::Clock::System;
    assert_eq!(source.take_new(clock, "tester", &mut |_| true).unwrap().appended, 1_500);
    assert_eq!(source.take_new(clock, "tester", &mut |_| true).unwrap().report.records, 0);
    let listed = place.one(&["source"]);
    assert_eq!((&listed["source"], &listed["events"]), (&json!("pedidos"), &json!(1_500)));
    place.ok(&["source", "pedidos", "shop"]);
    assert_eq!(place.one(&["source", "shop"])["events"], 1_500);
    // The files open it again, under whatever name; the same name for others gets a number.
    assert_eq!(sources.of_files(&[place.path("pedidos.jsonl")], None).unwrap().unwrap().name, "shop");
    assert_eq!(sources.read(&[place.path("pedidos.jsonl")], None).unwrap().name, "pedidos");
    for name in ["shop", "pedidos"] {
        place.ok(&["source", "--remove", name]);
    }
    assert!(place.ok(&["source"]).contains("no source yet"));
    assert!(place.path("pedidos.jsonl").exists());
    place.refused(2, &["source", "--remove", "../sources"]);
}

#[test]
fn what_only_the_machine_keeps_is_bookkeeping_and_what_goes_up_and_down_is_not() {
    let mut dice = Dice(11);
    let mut counts = std::collections::HashMap::new();
    let mut text = String::new();
    for n in 0..800_u64 {
        let thing = format!("C-{:03}", dice.below(60));
        let times = counts.entry(thing.clone()).or_insert(0);
        *times += 1;
        let record = json!({
            "quando": minute(n * 7), "gravado": minute(n * 7 + 1), "coisa": thing, "vezes": *times,
            "o_que": dice.one(&["mediu", "moveu", "pesou"]), "quem": dice.one(&["ana", "bruno", "carla"]),
            "peso": dice.below(90),
        });
        let _ = writeln!(text, "{record}");
    }
    let place = Place::empty();
    place.file("caixas.jsonl", text);
    let mapping = place.ok(&["map", "caixas.jsonl"]);
    assert!(mapping.contains("quiet = ['gravado', 'vezes']"), "{mapping}");
    // It stands so in the domain that the import brings.
    place.file("caixas.toml", mapping);
    place.ok(&["import", "caixas.jsonl", "--map", "caixas.toml"]);
    assert!(place.ok(&["domain", "show"]).contains(r#"quiet = ["gravado", "vezes"]"#));
    let shown = place.one(&["show", "#800"]);
    let paths: Vec<_> =
        shown["changes"].as_array().unwrap().iter().map(|change| change["path"].as_str().unwrap()).collect();
    assert_eq!(paths.last(), Some(&"/vezes"), "{paths:?}");
}

#[test]
fn five_records_are_enough() {
    let place = Place::empty();
    let lines = [
        r#"{"when": "2024-03-01T09:00:00Z", "who": "ann.lee", "did": "packed", "box": "B-01", "hall": "north"}"#,
        r#"{"when": "2024-03-01T09:05:00Z", "who": "bo.falk", "did": "packed", "box": "B-02", "hall": "north"}"#,
        r#"{"when": "2024-03-01T10:00:00Z", "who": "ann.lee", "did": "moved", "box": "B-01", "hall": "south"}"#,
        r#"{"when": "2024-03-01T11:00:00Z", "who": "ann.lee", "did": "opened", "box": "B-01", "hall": "south"}"#,
        r#"{"when": "2024-03-01T12:00:00Z", "who": "bo.falk", "did": "moved", "box": "B-02", "hall": "south"}"#,
    ];
    place.file("moves.jsonl", lines.join("\n"));
    let mapped = mapped(&place, "moves.jsonl");
    let answers = ["id", "event", "at", "actor"].map(|question| answer(&mapped, question).to_owned());
    assert_eq!(answers, [".box", ".did", ".when", ".who"]);
}

#[test]
fn a_log_whose_records_nothing_names_is_followed_through_rotation() {
    let place = Place::empty();
    let sources = backstory::session::Sources::within(place.path("sources"));
    let line = |n: usize| {
        let (machine, did) = (["press", "mill"][n % 2], ["began", "ended", "stuck"][n % 3]);
        format!("{{\"when\":\"2024-03-01T09:{n:02}:00Z\",\"machine\":\"{machine}\",\"did\":\"{did}\"}}\n")
    };
    let lines = |from: usize, to: usize| (from..to).map(line).collect::<String>();
    place.file("floor.jsonl", lines(0, 20));
    let source = sources.read(&[place.path("floor.jsonl")], None).unwrap();
    let take = || source.take_new(backstory::clock::Clock::System, "ann", &mut |_| true).unwrap();
    assert_eq!(take().appended, 20);
    // Another line stands in the place of each, and nothing tells how far the old file was read.
    place.file("floor.jsonl", lines(20, 50));
    std::fs::write(source.store().with_file_name("read.json"), "lost").unwrap();
    let taken = take();
    assert_eq!(
        (taken.report.records, taken.appended, taken.report.bad_count),
        (30, 30, 0),
        "{:?}",
        taken.report
    );
    std::fs::write(source.store().with_file_name("read.json"), "lost").unwrap();
    assert_eq!((take().appended, take().report.bad_count), (0, 0));
}
