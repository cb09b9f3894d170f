//! Races in the explorer: the list, the lab of one, and an order of it that becomes a branch; by key scripts.

use std::path::Path;
use std::rc::Rc;

use crate::play::{Play, START, Start, open_at};
use backstory::domain::Domain;
use backstory::import;
use backstory::session::{create, import_into};
use base64::Engine;

const RULES: &str = r#"
[domain]
name = "incidents"
[aggregate.Inc.event.Opened]
[aggregate.Inc.event.Assigned]
[aggregate.Inc.event.Closed]
[aggregate.Inc.command.assign]
params = { to = "string" }
emit = 'if .state == "closed" then error("it is closed") else event("Assigned"; {assignee: $params.to}) end'
[aggregate.Inc.command.close]
emit = 'if .assignee == null then error("nobody did it") else event("Closed"; {state: "closed"}) end'
"#;

/// Ann and Bob assign the same incident, ann closes it; what bob did came late.
const LOG: &str = r#"
{"aggregate":"Inc/7","type":"Opened","occurred_at":"2024-01-01T00:00:00Z","data":{"state":"new"},"meta":{"actor":"ann"}}
{"aggregate":"Inc/7","type":"Assigned","occurred_at":"2024-01-01T01:00:00Z","data":{"assignee":"ann"},"meta":{"actor":"ann","command":{"name":"assign","params":{"to":"ann"},"part":1,"of":1}}}
{"aggregate":"Inc/7","type":"Assigned","occurred_at":"2024-01-01T01:00:30Z","data":{"assignee":"bob"},"meta":{"actor":"bob","command":{"name":"assign","params":{"to":"bob"},"part":1,"of":1,"seen":{"Inc/7":1}}}}
{"aggregate":"Inc/7","type":"Closed","occurred_at":"2024-01-01T01:00:20Z","data":{"state":"closed"},"meta":{"actor":"ann","command":{"name":"close","params":{},"part":1,"of":1}}}
{"aggregate":"Inc/8","type":"Opened","occurred_at":"2024-01-01T02:00:00Z","data":{"state":"new"},"meta":{"actor":"ann"}}
"#;

pub fn incidents(size: (u16, u16)) -> Play {
    let build = |path: &Path| {
        let open = open_at(path);
        create(&open, Some(&Rc::new(Domain::parse("incidents.toml", RULES).unwrap()))).unwrap();
        let file = path.with_extension("jsonl");
        std::fs::write(&file, LOG.trim_start()).unwrap();
        let options = import::Options { files: vec![file], ..import::Options::default() };
        import_into(&open, &options, &mut |_| true).unwrap();
    };
    Play::store(&Start { at: Some("Inc/7"), size, ..START }, build)
}

#[test]
fn the_races_of_a_record_and_of_the_store_are_listed_the_worst_first() {
    let mut play = incidents((120, 36));
    play.keys("X");
    play.until("lost-update 1");
    play.sees("disorder 1");
    insta::assert_snapshot!("races_of_a_record", play.text());
    play.keys("t");
    play.until("the whole store");
    play.sees("Inc/7");
    play.keys("- -");
    play.sees("within 1h");
    play.keys("t Esc");
    play.lacks("Races");
    let mut play = incidents((80, 24));
    play.keys("X");
    play.until("lost-update 1");
    insta::assert_snapshot!("races_narrow", play.text());
}

#[test]
fn the_lab_tries_every_order_walks_it_and_makes_it_a_branch() {
    let mut play = incidents((120, 36));
    play.keys("X");
    play.until("lost-update 1");
    play.keys("Enter");
    play.until("3 orders");
    play.sees("as it happened");
    insta::assert_snapshot!("race_lab", play.text());
    play.keys("Tab");
    play.until("6 orders");
    play.keys("Tab Tab");
    play.sees("kept: nothing");
    play.keys("Tab");
    play.until("3 orders");
    play.keys("Down");
    play.until("HERE 3/3");
    insta::assert_snapshot!("race_lab_walked", play.text());
    play.keys("Left");
    play.sees("HERE 2/3");
    play.keys("b");
    play.until("new branch:");
    play.keys("Enter");
    play.until("main-reordered");
    play.sees("what the new order leads to");
}

#[test]
fn the_lab_has_room_in_a_small_terminal() {
    let mut play = incidents((80, 24));
    play.keys("X");
    play.until("lost-update 1");
    play.keys("Enter");
    play.until("3 orders");
    insta::assert_snapshot!("race_lab_narrow", play.text());
    play.keys("Home Enter");
    play.lacks("Race lab");
}

/// What the terminal got to copy last.
fn copied(play: &Play) -> String {
    let sent = String::from_utf8(play.out.0.lock().unwrap().clone()).unwrap();
    let encoded = sent.rsplit("\x1b]52;c;").next().unwrap().trim_end_matches('\x07');
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(encoded).unwrap()).unwrap()
}

#[test]
fn chips_narrow_the_races_as_everywhere() {
    let mut play = incidents((120, 36));
    play.keys("X");
    play.until("lost-update 1");
    play.keys("= Enter");
    play.until("⟨kind = lost-update⟩");
    play.lacks("disorder 1");
    assert_eq!(play.explorer.model().search.hits.len(), 1, "what is listed is walked");
    play.keys("Backspace");
    play.until("disorder 1");
    play.keys("/ \"seen\" Enter");
    play.until("⟨seen⟩");
    play.lacks("disorder 1");
    play.keys("Backspace |").types(r#"any(.actors[]; . == "bob")"#).keys("Enter &");
    play.sees("Narrow the races");
    play.sees("  edit-war");
}

#[test]
fn the_lab_takes_an_invariant_and_hands_an_order_over() {
    let mut play = incidents((120, 36));
    play.keys("X");
    play.until("lost-update 1");
    play.keys("Enter");
    play.until("3 orders");
    play.lacks("BREAKS");
    play.keys("|").types(r#".["Inc/7"].assignee != "bob""#).keys("Enter");
    play.until("BREAKS");
    play.sees("3 orders");
    play.keys("| C-u").types(".[").keys("Enter");
    play.sees("The invariant is not jq at column");
    play.keys("C-u Enter");
    play.until("as it happened");
    play.lacks("BREAKS");
    play.keys("Down y v");
    let copied = copied(&play);
    assert!(copied.starts_with("backstory -s "), "{copied}");
    assert!(
        copied.contains("race Inc/7@2 Inc/7@3 --within 60000ms --keep actor,command,cause,seen\n"),
        "{copied}"
    );
    assert!(copied.contains("same requests: "), "{copied}");
}
