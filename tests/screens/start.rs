//! Where there is little to show: the start screen, an import, an empty store, a small terminal, hostile titles.

use backstory::session::{Fire, Session, Target, create, demo};
use crossterm::event::Event;

use crate::play::{Play, START, Start, open_at};

#[test]
fn the_start_screen_offers_a_demo() {
    let mut play = Play::store(&START, |_| {});
    insta::assert_snapshot!(play.text());
    play.keys("Enter");
    play.until("346 items");
}

#[test]
fn an_import_says_how_far_it_is_and_can_be_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("demo.db");
    demo::build(&store).unwrap();
    let mut lines = String::new();
    let mut session = Session::open(&open_at(&store)).unwrap();
    session
        .each_event(&mut |event| {
            lines.push_str(&event.to_json());
            lines.push('\n');
            Ok(())
        })
        .unwrap();
    let log = |name: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, &lines).unwrap();
        path.display().to_string()
    };
    let mut play = Play::store(&START, |_| {});
    play.keys("Up Enter").types(&log("waits.jsonl")).keys("Enter");
    play.until("records read");
    play.sees("opening");
    play.sees("Esc stops it");
    play.keys("Esc");
    play.until("stopped before the first event was appended");
    assert!(!play.path.exists());
    // Once more, to the end.
    play.keys("Enter").types(&log("log.jsonl")).keys("Enter");
    play.until("346 items");
}

#[test]
fn an_empty_store_says_what_to_do() {
    let mut play = Play::store(&START, |path| drop(create(&open_at(path), None).unwrap()));
    play.sees("nothing here yet");
    play.keys("Left Right Home End t t m ' a s { } + - 0 x Enter Esc y v f Esc");
    play.sees("todo.db");
}

#[test]
fn a_small_terminal_is_told() {
    let mut play = Play::demo(&Start { size: (30, 8), ..START });
    play.sees("40×12");
    play.explorer.terminal_mut().backend_mut().resize(120, 36);
    play.input(Event::Resize(120, 36));
    play.sees("Timeline");
}

#[test]
fn hostile_titles_never_reach_the_terminal_raw() {
    let long = "9".repeat(10_000);
    let mut play = Play::store(&START, |path| {
        let domain = backstory::domain::load("todo").unwrap();
        let mut session = create(&open_at(path), Some(&std::rc::Rc::new(domain))).unwrap();
        for (id, title) in [
            ("esc", "\u{1b}[31mred\u{1b}]0;owned\u{7} \u{9b}2J"),
            ("wide", "漢字かな 👩‍👩‍👧 e\u{301} x"),
            ("bidi", "\u{202e}gnihtemos\u{200b}"),
            (long.as_str(), "a long id"),
        ] {
            let params = serde_json::json!({ "title": title });
            session
                .fire(&Fire {
                    target: Target::Aggregate(backstory::event::AggregateId::new("Task", id)),
                    command: "create".into(),
                    params: params.as_object().unwrap().clone(),
                    actor: "m\u{1b}[0mira".into(),
                    reason: Some("\u{1b}c".into()),
                    at: None,
                    expect: None,
                    seen: backstory::event::Looked::new(),
                    meta: serde_json::Map::new(),
                })
                .unwrap();
        }
    });
    for keys in ["", "Down", "Down", "Down", "s", "y", "Esc", "f", "Esc", "/ \"a\"", "Enter", ":", "Esc"] {
        play.keys(keys);
        let text = play.text();
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        assert!(!text.contains(['\u{202e}', '\u{200b}']), "{text:?}");
        // Frames stand in their columns whatever the width of what is between them.
        let right = |line: &String| backstory::tui::text::width(line);
        assert!(play.lines()[1..24].iter().all(|line| right(line) == 120), "{text}");
    }
}
