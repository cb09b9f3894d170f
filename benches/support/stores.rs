//! Stores to measure: tasks with the texts that such logs hold.
#![allow(dead_code, clippy::unwrap_used, reason = "each bench uses a part")]

use std::path::Path;
use std::rc::Rc;

use backstory::clock::Clock;
use backstory::domain::Domain;
use backstory::event::{AggregateId, NewEvent, Time};
use backstory::journal::{Rules, append};
use backstory::session::{Open, create};
use backstory::store::{Branch, Store};

pub const DOMAIN: &str = r#"
[domain]
name = "bench"
[aggregate.Task]
label = '.title'
status = '.status'
[aggregate.Task.event.TaskCreated]
apply = '.title = $data.title | .text = $data.text | .status = "open" | .created_at = $at | .created_by = $meta.actor | .comments = 0 | .tags = {}'
[aggregate.Task.event.TaskCommented]
apply = '.comments += 1 | .last_comment = { by: $meta.actor, at: $at, text: $data.text }'
[aggregate.Task.event.TaskTagged]
apply = '.tags[$data.tag] = $data.color'
[aggregate.Task.event.EngineTouched]
apply = 'reduce (1, 2) as $i (.; .touched = $i)'
[aggregate.Rare.event.RareSeen]
apply = '.seen = $at'
"#;

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

    pub fn event(&mut self, i: u64, aggregate: u64, first: bool) -> NewEvent {
        let (kind, data) = match (first, self.below(2)) {
            (true, _) => {
                ("TaskCreated", format!(r#"{{"title":"{}","text":"{}"}}"#, self.words(5), self.words(60)))
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

pub struct Ours {
    pub store: Store,
    pub rules: Rules,
    pub branch: Branch,
}

pub fn ours(path: &Path) -> Ours {
    let open = Open { path: path.to_owned(), branch: "main".to_owned(), clock: Clock::System };
    drop(create(&open, Some(&Rc::new(Domain::parse("bench", DOMAIN).unwrap()))).unwrap());
    let store = Store::open(path).unwrap();
    store.expect_bulk().unwrap();
    let branch = store.branch("main").unwrap();
    Ours { store, rules: Rules::default(), branch }
}

impl Ours {
    pub fn append(&mut self, events: Vec<NewEvent>) {
        append(&self.store, &mut self.rules, &self.branch, events, None, Time(1_800_000_000_000_000))
            .unwrap();
    }
}
