//! Inputs that somebody mutilated: whatever stands in a domain, a mapping, an import, a revision or a store's file, the
//! answer is a result or a sentence, never a panic. `BACKSTORY_FUZZ` says how many inputs a long run tries.

mod formats;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use backstory::clock::Clock;
use backstory::domain::Domain;
use backstory::import::{Mapping, Options};
use backstory::session::{ListRequest, Open, Session, Verify, create};

use crate::program::Place;

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n.max(1)
    }
}

/// What readers stumble over, put in anywhere.
const TOKENS: &[&[u8]] = &[
    b"\"",
    b"'",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\n",
    b"\\u0000",
    b"\\",
    b"=",
    b",",
    b":",
    b"99999999999999999999",
    b"-1",
    b"1e999",
    b"null",
    b"\xff",
    b"\xe2\x80\xae",
    b"\x00",
    b"'''",
    b"error(1)",
    b"reduce ",
    b"..",
    b"9223372036854775807",
];

/// A copy with a few things exchanged, taken out, doubled or put in.
fn mutilated(dice: &mut Dice, input: &[u8]) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(bytes.len());
        let end = (at + 1 + dice.below(40)).min(bytes.len());
        match dice.below(6) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << dice.below(8),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let piece = bytes[at..end].to_vec();
                let to = dice.below(bytes.len());
                drop(bytes.splice(to..to, piece));
            }
            3 => bytes.truncate(at),
            _ => {
                let token = TOKENS[dice.below(TOKENS.len())];
                drop(bytes.splice(at..at, token.iter().copied()));
            }
        }
    }
    bytes
}

/// How many inputs are tried of each kind.
fn runs(few: usize) -> usize {
    std::env::var("BACKSTORY_FUZZ").ok().and_then(|text| text.parse().ok()).unwrap_or(few)
}

/// Tries mutilated copies of some inputs; names those at which the program panicked.
fn tried(name: &str, few: usize, inputs: &[Vec<u8>], each: impl Fn(&[u8])) {
    let mut dice = Dice(11);
    let mut panicked = Vec::new();
    for run in 0..runs(few) {
        let input = mutilated(&mut dice, &inputs[run % inputs.len()]);
        if catch_unwind(AssertUnwindSafe(|| each(&input))).is_err() {
            panicked.push(String::from_utf8_lossy(&input).chars().take(400).collect::<String>());
        }
    }
    println!("{name}: {} inputs, {} panics", runs(few), panicked.len());
    assert!(panicked.is_empty(), "{name}: {panicked:#?}");
}

#[test]
fn domains_and_mappings() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    let read = |folder: &str| -> Vec<Vec<u8>> {
        let mut files: Vec<_> =
            std::fs::read_dir(root.join(folder)).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        files.iter().map(|file| std::fs::read(file).unwrap()).collect()
    };
    tried("domains", 400, &read("domains"), |input| {
        if let Ok(text) = std::str::from_utf8(input) {
            let _ = Domain::parse("fuzzed", text).map(|domain| domain.loops());
        }
    });
    tried("mappings", 400, &read("mappings"), |input| {
        if let Ok(text) = std::str::from_utf8(input)
            && text.contains('\n')
        {
            let _ = Mapping::load(text);
        }
    });
}

#[test]
fn imports_and_revisions() {
    let place = Place::with("todo");
    let open = Open { path: place.path("fuzzed.db"), branch: "main".into(), clock: Clock::System };
    place.ok(&["fire", "Task", "create", "title=one"]);
    place.ok(&["fire", "Task/1", "comment", "text=two"]);
    let lines = place.ok(&["export"]).into_bytes();
    let mut session = create(&open, None).unwrap();
    let file = place.path("in.jsonl");
    let session = std::cell::RefCell::new(&mut session);
    tried("imports", 150, &[lines], |input| {
        std::fs::write(&file, input).unwrap();
        let options = Options { files: vec![file.clone()], skip_bad: true, ..Options::default() };
        let _ = session.borrow_mut().import(&options, &mut |_| true);
    });
    let revisions = ["Task/1@2", "Task/1@2019-04-20T12:00Z", "#1", "h:12ab", "%w", "main:Task/1@-1", "1"];
    let revisions: Vec<_> = revisions.iter().map(|text| text.as_bytes().to_vec()).collect();
    tried("revisions", 2_000, &revisions, |input| {
        let _ = session.borrow_mut().resolve(&String::from_utf8_lossy(input), None);
    });
    let whole = Verify { all: true, ..Verify::default() };
    session.borrow_mut().verify(&whole, &mut |_, _| true).unwrap();
}

#[test]
fn stores() {
    let place = Place::with("todo");
    for title in ["one", "two"] {
        place.ok(&["fire", "Task", "create", &format!("title={title}")]);
    }
    place.ok(&["branch", "what-if"]);
    place.ok(&["-b", "what-if", "fire", "Task/1", "complete"]);
    let pristine = std::fs::read(place.store()).unwrap();
    let path = place.path("fuzzed.db");
    tried("stores", 150, &[pristine], |input| {
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(place.path(&format!("fuzzed.db{end}")));
        }
        std::fs::write(&path, input).unwrap();
        let open = Open { path: path.clone(), branch: "main".into(), clock: Clock::System };
        let Ok(mut session) = Session::open(&open) else { return };
        let _ = session.overview();
        let _ = session.list(&ListRequest::default());
        let _ = session.branches(true);
        let _ = session.verify(&Verify { all: true, ..Verify::default() }, &mut |_, _| true);
        let _ = session.switch("what-if").and_then(|()| session.overview().map(|_| ()));
    });
}
