//! The race lab: its first answer for twelve events of two actors, and the whole of it over 114 keystrokes of two writers at once.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench fails by panicking, and answers on paper"
)]

use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use backstory::clock::Clock;
use backstory::domain::Domain;
use backstory::event::{AggregateId, Looked, Time, Version};
use backstory::import;
use backstory::replay::lattice::Keep;
use backstory::session::{Fire, Open, Point, RacePage, RaceRequest, Session, Target, create, import_into};
use serde_json::{Map, json};

const EVENTS: Version = 12;

const TASKS: &str = r#"
[domain]
name = "tasks"
[aggregate.Task.event.Assigned]
[aggregate.Task.event.Counted]
[aggregate.Task.command.assign]
params = { to = "string" }
emit = 'if .to == $params.to then empty else event("Assigned"; {to: $params.to}) end'
[aggregate.Task.command.count]
emit = 'if (.n // 0) > 9 then error("that is enough") else event("Counted"; {n: ((.n // 0) + 1)}) end'
[aggregate.Task.command.create]
creates = true
emit = 'event("Counted"; {n: 0})'
"#;

const TEXTS: &str = r#"
[domain]
name = "texts"
[aggregate.Doc.event.Typed]
apply = '.text = reduce $data.patches[] as $p (.text // ""; .[:$p[0]] + $p[2] + .[$p[0] + $p[1]:])'
"#;

const MAPPING: &str = r#"
[import]
type = '"Doc"'
id = '"1"'
event = '"Typed"'
key = '.n | tostring'
at = '.time'
data = '{patches}'
actor = '"writer \(.agent)"'
cause = '[.parents[] | tostring]'
"#;

fn at(path: &Path, seconds: i64) -> Open {
    let clock = Clock::Fixed(Time(1_700_000_000_000_000 + seconds * 1_000_000));
    Open { path: path.to_owned(), branch: "main".to_owned(), clock }
}

fn store(path: &Path, rules: &str) {
    let domain = Rc::new(Domain::parse("the bench's domain", rules).unwrap());
    create(&at(path, 0), Some(&domain)).unwrap();
}

/// Twelve events, by two actors in turn, a second apart.
fn tasks(path: &Path) {
    store(path, TASKS);
    let aggregate = AggregateId::new("Task", "1");
    for n in 0..EVENTS {
        let (command, params) = match n {
            0 => ("create", Map::new()),
            n if n % 3 == 0 => ("count", Map::new()),
            n => ("assign", [("to".to_owned(), json!(format!("writer {n}")))].into_iter().collect()),
        };
        let fire = Fire {
            target: Target::Aggregate(aggregate.clone()),
            command: command.to_owned(),
            params,
            actor: ["ann", "bob"][(n % 2) as usize].to_owned(),
            reason: None,
            at: None,
            expect: None,
            seen: Looked::new(),
            meta: Map::new(),
        };
        Session::open(&at(path, n)).unwrap().fire(&fire).unwrap();
    }
}

fn texts(path: &Path) {
    store(path, TEXTS);
    let mapping = Some(import::Mapping::parse("map.toml", MAPPING).unwrap());
    let files = vec!["tests/data/concurrent.jsonl".into()];
    let options = import::Options { files, mapping, ..import::Options::default() };
    import_into(&at(path, 0), &options, &mut |_| true).unwrap();
}

/// How long the first answer and the last one took.
fn lab(path: &Path, of: &str, versions: &[Version], keep: Keep) -> (Duration, Duration, RacePage) {
    let point = |version: &Version| Point::Aggregate {
        branch: "main".to_owned(),
        aggregate: of.parse().unwrap(),
        version: *version,
        head: *version,
    };
    let chosen = versions.iter().map(point).collect();
    let request = RaceRequest { chosen, within: 60_000_000, keep, invariant: None };
    let mut session = Session::open(&at(path, 0)).unwrap();
    let start = Instant::now();
    let mut search = session.race(&request).unwrap();
    let mut page = search.go_on().unwrap();
    let first = start.elapsed();
    while !page.is_last() {
        page = search.go_on().unwrap();
    }
    (first, start.elapsed(), page)
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tasks.db");
    tasks(&path);
    let (mut firsts, mut wholes) = (Vec::new(), Vec::new());
    for _ in 0..21 {
        let (first, whole, page) = lab(&path, "Task/1", &[1, EVENTS], Keep::default());
        assert_eq!((page.events.len(), page.bound), (EVENTS as usize, None));
        firsts.push(first);
        wholes.push(whole);
    }
    firsts.sort();
    wholes.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!("12 events of two actors: first answer {:.1} ms, all {:.1} ms", ms(firsts[10]), ms(wholes[10]));
    let path = folder.path().join("texts.db");
    texts(&path);
    for (kept, actor) in [("cause, actor", true), ("cause", false)] {
        let keep = Keep { actor, command: false, cause: true, seen: false };
        let (first, whole, page) = lab(&path, "Doc/1", &[1, 112], keep);
        let (events, summary) = (page.events.len(), page.summary());
        println!(
            "{events} keystrokes of two writers, kept {kept}: first answer {:.0} ms, all {:.1} s ({summary})",
            ms(first),
            whole.as_secs_f64()
        );
    }
    let keep = Keep { actor: false, command: false, cause: false, seen: false };
    let (_, whole, page) = lab(&path, "Doc/1", &[1, 112], keep);
    println!("the same, nothing kept: all {:.1} s ({})", whole.as_secs_f64(), page.summary());
}
