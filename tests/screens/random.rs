//! Keys, pastes, clicks and sizes at random over stores of several kinds: the explorer draws something harmless after
//! each, and what it wrote is whole. `BACKSTORY_KEYS` says how many a long run presses over each store.

use std::path::Path;

use backstory::session::{Open, Session, Verify, create};
use backstory::visible::is_harmful;
use crossterm::event::{Event, MouseButton, MouseEvent, MouseEventKind};
use crossterm::event::{KeyEvent, KeyModifiers};

use crate::play::{Play, START, open_at};

const HOSTILE: &str = "x\u{1b}]0;t\u{7}\u{9b}31m\u{202e}\u{e0041}日本y";

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn input(&mut self, names: &[String]) -> Event {
        match self.below(40) {
            0 => Event::Resize(20 + self.below(160) as u16, 5 + self.below(60) as u16),
            1 => Event::Paste("paste\t日本\u{1b}[31m\n".repeat(1 + self.below(4_000))),
            2..=5 => {
                let kinds = [
                    MouseEventKind::Down(MouseButton::Left),
                    MouseEventKind::Up(MouseButton::Left),
                    MouseEventKind::Drag(MouseButton::Left),
                    MouseEventKind::ScrollDown,
                    MouseEventKind::ScrollUp,
                ];
                let kind = kinds[self.below(kinds.len())];
                let (column, row) = (self.below(120) as u16, self.below(36) as u16);
                Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
            }
            6..=9 => {
                let letters = ['a', 'e', '1', '.', '/', '日', ' ', '"'];
                let letter = letters[self.below(letters.len())];
                Event::Key(KeyEvent::new(crossterm::event::KeyCode::Char(letter), KeyModifiers::NONE))
            }
            10..=13 => Event::Key(backstory::tui::keys::event("Esc").unwrap()),
            _ => Event::Key(backstory::tui::keys::event(&names[self.below(names.len())]).unwrap()),
        }
    }
}

/// Every key of the table but those that stop the program for the shell.
fn names() -> Vec<String> {
    let table: toml::Table = toml::from_str(include_str!("../../assets/keys.toml")).unwrap();
    let rows = table["key"].as_array().unwrap();
    let keys = rows.iter().flat_map(|row| row["keys"].as_array().unwrap());
    let mut names: Vec<_> = keys.map(|key| key.as_str().unwrap().to_owned()).collect();
    names.sort();
    names.dedup();
    names.retain(|name| name != "C-z");
    names
}

fn pressed(what: &str, seed: u64, build: impl Fn(&Path), whole: bool) {
    let count = std::env::var("BACKSTORY_KEYS").ok().and_then(|text| text.parse().ok()).unwrap_or(250);
    let (names, mut dice, mut quits) = (names(), Dice(seed), 0);
    let mut play = Play::store(&START, &build);
    for _ in 0..count {
        if !play.input(dice.input(&names)) {
            quits += 1;
            check(&play, whole);
            play = Play::store(&START, &build);
            continue;
        }
        harmless(&play, what);
    }
    check(&play, whole);
    println!("{what}: {count} inputs, {quits} times quit");
}

/// What was written is whole.
fn check(play: &Play, whole: bool) {
    if whole && play.path.exists() {
        let mut session = Session::open(&open_at(&play.path)).unwrap();
        session.verify(&Verify { all: true, ..Verify::default() }, &mut |_, _| true).unwrap();
    }
}

#[test]
fn over_the_demo() {
    let demo = Play::demo(&START);
    let bytes = std::fs::read(&demo.path).unwrap();
    pressed("the demo", 3, |path| std::fs::write(path, &bytes).unwrap(), true);
}

#[test]
fn over_an_empty_store_and_over_none() {
    pressed("an empty store", 5, |path| drop(create(&open_at(path), None).unwrap()), true);
    pressed("no store", 7, |_| {}, true);
}

/// A store whose every text is hostile.
fn hostile(path: &Path) {
    let text = serde_json::to_string(HOSTILE).unwrap();
    let name = serde_json::to_string(&format!("{HOSTILE}/{HOSTILE}")).unwrap();
    let line = |n: u32| {
        format!(
            "{{\"aggregate\":{name},\"type\":{text},\"data\":{{{text}:{n}}},\"meta\":{{\"actor\":{text},\"reason\":{text}}},\
             \"occurred_at\":\"2019-04-01T00:00:00Z\"}}\n"
        )
    };
    let file = path.with_extension("jsonl");
    std::fs::write(&file, (1..=3).map(line).collect::<String>()).unwrap();
    let open: Open = open_at(path);
    let options = backstory::import::Options { files: vec![file], ..Default::default() };
    let mut session = create(&open, None).unwrap();
    session.import(&options, &mut |_| true).unwrap();
}

#[test]
fn over_hostile_texts() {
    pressed("hostile texts", 11, hostile, true);
}

#[test]
fn each_key_in_each_pane_over_hostile_texts() {
    let mut play = Play::store(&START, hostile);
    for pane in ["1", "2", "3", "4"] {
        for name in names() {
            if name == "q" || name == "C-c" {
                continue;
            }
            play.keys(&format!("Esc Esc Esc Esc {pane} Down {name}"));
            harmless(&play, &format!("{pane} {name}"));
        }
    }
    // A field's name in the titles and the margin of the timeline.
    play.keys("Esc Esc Esc Esc Home 2 Down p");
    harmless(&play, "a pinned field");
    assert!(play.text().contains("␛]0;t␇"), "{}", play.text());
}

fn harmless(play: &Play, what: &str) {
    let text = play.text();
    let bad = text.chars().find(|c| *c != '\n' && is_harmful(*c));
    assert!(bad.is_none(), "{what}: {bad:?} on\n{text}");
}

#[test]
fn over_a_damaged_store() {
    let demo = Play::demo(&START);
    let mut bytes = std::fs::read(&demo.path).unwrap();
    let (from, to) = (bytes.len() / 2, bytes.len() / 2 + 40_000);
    bytes[from..to].fill(0x5a);
    pressed("a damaged store", 13, |path| std::fs::write(path, &bytes).unwrap(), false);
}
