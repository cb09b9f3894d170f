//! Made-up histories, the same on every machine, and stores filled with them.

#![allow(dead_code, reason = "each bench takes what it needs")]

use std::path::Path;
use std::rc::Rc;

use backstory::clock::Clock;
use backstory::domain::Domain;
use backstory::event::{AggregateId, NewEvent, Time};
use backstory::journal::{Rules, append};
use backstory::session::{Open, create};
use backstory::store::{Branch, Store};

/// The domain, with something behind each rule.
pub fn domain(behind: &str) -> Rc<Domain> {
    let source = format!(
        r#"
[domain]
name = "bench"
[aggregate.Task]
label = '.title'
status = '.status'
[aggregate.Task.event.TaskCreated]
apply = '.title = $data.title | .text = $data.text | .status = "open" | .created_at = $at | .created_by = $meta.actor | .comments = 0 | .tags = {{}}{behind}'
[aggregate.Task.event.TaskCommented]
apply = '.comments += 1 | .last_comment = {{ by: $meta.actor, at: $at, text: $data.text }}{behind}'
[aggregate.Task.event.TaskTagged]
apply = '.tags[$data.tag] = $data.color{behind}'
[aggregate.Rare.event.RareSeen]
apply = '.seen = $at{behind}'
"#
    );
    Rc::new(Domain::parse("bench", &source).unwrap())
}

/// What changes no state, but keeps a rule in the jq engine.
pub const IN_JQ: &str = " | select(true)";

/// The same numbers on every machine.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    pub fn words(&mut self, n: usize) -> String {
        const WORDS: [&str; 8] =
            ["invoice", "customer", "review", "before", "shipment", "because", "warehouse", "label"];
        (0..n).map(|_| WORDS[self.below(8) as usize]).collect::<Vec<_>>().join(" ")
    }

    /// An event; the first one of an aggregate brings a text of so many words.
    pub fn event(&mut self, i: u64, aggregate: u64, first: Option<usize>) -> NewEvent {
        let (kind, data) = match (first, self.below(2)) {
            (Some(words), _) => {
                ("TaskCreated", format!(r#"{{"title":"{}","text":"{}"}}"#, self.words(5), self.words(words)))
            }
            (_, 0) => ("TaskCommented", format!(r#"{{"text":"{}","mentions":["bob"]}}"#, self.words(18))),
            _ => (
                "TaskTagged",
                format!(r#"{{"tag":"t{}","color":"red","source":"{}"}}"#, self.below(16), self.words(6)),
            ),
        };
        NewEvent {
            aggregate: AggregateId::new("Task", aggregate.to_string()),
            kind: kind.to_owned(),
            occurred_at: Time(1_700_000_000_000_000 + i as i64 * 1_000_003),
            data,
            meta: format!(
                r#"{{"actor":"alice","correlation":"{i:032x}","ip":"10.0.0.{}"}}"#,
                self.below(255)
            ),
        }
    }
}

/// A store that takes many events.
pub struct Ours {
    pub store: Store,
    rules: Rules,
    pub branch: Branch,
}

/// How a session opens a store.
pub fn open(path: &Path) -> Open {
    Open { path: path.to_owned(), branch: "main".to_owned(), clock: Clock::System }
}

/// A new store with the domain.
pub fn ours(path: &Path) -> Ours {
    with(path, &domain(""))
}

/// A new store with another one.
pub fn with(path: &Path, domain: &Rc<Domain>) -> Ours {
    drop(create(&open(path), Some(domain)).unwrap());
    again(path)
}

/// A store that is there already, to be written further.
pub fn again(path: &Path) -> Ours {
    on(path, "main")
}

/// The same on another branch.
pub fn on(path: &Path, branch: &str) -> Ours {
    let ours = opened(path, branch);
    ours.store.expect_bulk().unwrap();
    ours
}

/// A store to be written an event at a time while others write too.
pub fn beside(path: &Path) -> Ours {
    opened(path, "main")
}

fn opened(path: &Path, branch: &str) -> Ours {
    let store = Store::open(path).unwrap();
    let branch = store.branch(branch).unwrap();
    Ours { store, rules: Rules::default(), branch }
}

impl Ours {
    pub fn append(&mut self, events: Vec<NewEvent>) {
        self.append_with(events, false);
    }

    /// The same, answered by reactors.
    pub fn append_reacting(&mut self, events: Vec<NewEvent>) {
        self.append_with(events, true);
    }

    fn append_with(&mut self, events: Vec<NewEvent>, react: bool) {
        let now = Time(1_800_000_000_000_000);
        append(&self.store, &mut self.rules, &self.branch, events, None, react, now).unwrap();
    }
}

/// A store of so many events of so many aggregates, in no order: each aggregate's first event stands first.
pub fn fill(path: &Path, events: u64, aggregates: u64) {
    const BATCH: u64 = 20_000;
    let (mut store, mut dice) = (ours(path), Dice(7));
    for from in (0..events).step_by(BATCH as usize) {
        let to = events.min(from + BATCH);
        let batch = (from..to).map(|i| {
            if i < aggregates {
                dice.event(i, i, Some(60))
            } else {
                let aggregate = dice.below(aggregates);
                dice.event(i, aggregate, None)
            }
        });
        store.append(batch.collect());
    }
}
