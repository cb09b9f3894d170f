//! What a large batch leaves out of the indexes is found at the end of the log: the list by every sort, its counts and
//! its places, and events by their hash, are the same before it is brought in and afterwards.

use std::path::Path;
use std::rc::Rc;

use backstory::domain::Domain;
use backstory::event::{AggregateId, Event, NewEvent, Time};
use backstory::journal::{By, Rules, append, fork, rebuild, tidy};
use backstory::store::{Branch, HeadOrder, HeadPage, HeadRow, Store};

const RULES: &str = r#"
[domain]
name = "odd"
[aggregate.A]
label = '.label'
status = 'if .n > 3 then "many" else "few" end'
[aggregate.A.event.Named]
apply = '.label = $data.label | .n = 1'
[aggregate.A.event.Counted]
apply = '.n += 1'
"#;

const ORDERS: [HeadOrder; 6] = [
    HeadOrder::Recent,
    HeadOrder::Label,
    HeadOrder::Status,
    HeadOrder::Created,
    HeadOrder::Versions,
    HeadOrder::Id,
];

struct Log {
    store: Store,
    rules: Rules,
    branch: Branch,
    events: Vec<Event>,
    dice: u64,
}

impl Log {
    fn new(path: &Path) -> Self {
        let store = Store::create(path, Time(0)).unwrap();
        let write = store.write().unwrap();
        write.add_domain(RULES, Time(0)).unwrap();
        write.commit().unwrap();
        let branch = store.branch("main").unwrap();
        Self { store, rules: Rules::default(), branch, events: Vec::new(), dice: 7 }
    }

    fn below(&mut self, n: u64) -> u64 {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.dice >> 33) % n
    }

    /// Appends so many events of two types of aggregates in one batch.
    fn batch(&mut self, count: usize) {
        let events = (0..count).map(|_| {
            let (id, odd) = (self.below(300), self.below(5) == 0);
            let kind = if self.below(4) == 0 { "Named" } else { "Counted" };
            NewEvent {
                aggregate: AggregateId::new(if odd { "B" } else { "A" }, id.to_string()),
                kind: kind.to_owned(),
                occurred_at: Time(self.below(1_000_000) as i64),
                data: format!(r#"{{"label":"l{}"}}"#, self.below(20)),
                meta: "{}".to_owned(),
            }
        });
        let events = events.collect();
        let at = Time(self.events.len() as i64);
        let appended = append(&self.store, &mut self.rules, &self.branch, events, None, false, at).unwrap();
        self.events.extend(appended);
    }

    /// Everything that the indexes answer, on some branches.
    fn answers(&self, branches: &[&Branch]) -> Vec<String> {
        let mut said = Vec::new();
        for branch in branches {
            for order in ORDERS {
                for descending in [false, true] {
                    for kind in [None, Some("A"), Some("B")] {
                        let rows = self.walked(branch, order, descending, kind);
                        let ids: Vec<_> = rows
                            .iter()
                            .map(|row| {
                                format!("{}@{}#{}", row.aggregate(), row.head.version, row.head.position)
                            })
                            .collect();
                        said.push(format!(
                            "{} {order:?} {descending} {kind:?}: {}",
                            branch.name,
                            ids.join(" ")
                        ));
                    }
                }
            }
            said.push(format!("{:?}", ["A", "B"].map(|kind| self.store.count_heads(branch, kind).unwrap())));
        }
        for event in self.events.iter().step_by(7) {
            let found = self.store.find_hash(&event.hash.to_string()[..10], 5).unwrap();
            assert_eq!(found, [(event.position, event.hash)]);
        }
        said
    }

    /// The list, page by page; each row's place is where it stands.
    fn walked(
        &self,
        branch: &Branch,
        order: HeadOrder,
        descending: bool,
        kind: Option<&str>,
    ) -> Vec<HeadRow> {
        let mut rows: Vec<HeadRow> = Vec::new();
        loop {
            let after = rows.last().map(|row| order.key(row));
            let page =
                HeadPage { branch, kind, order, descending, after: after.as_ref(), limit: 70, states: false };
            let more = self.store.heads(&page).unwrap();
            if more.is_empty() {
                break;
            }
            rows.extend(more);
        }
        let page = HeadPage { branch, kind, order, descending, after: None, limit: 1, states: false };
        for (place, row) in rows.iter().enumerate().step_by(41) {
            assert_eq!(self.store.heads_before(&page, &order.key(row)).unwrap(), place as i64, "{order:?}");
        }
        let keys: Vec<_> = rows.iter().map(|row| order.key(row)).collect();
        assert!(keys.windows(2).all(|two| if descending { two[0] > two[1] } else { two[0] < two[1] }));
        rows
    }
}

#[test]
fn what_large_batches_leave_out_is_answered_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::new(&folder.path().join("odd.db"));
    let by = By { actor: "ann".to_owned(), now: Time(0) };
    log.batch(600);
    log.batch(100);
    let early = fork(&log.store, &log.branch.clone(), 400, "early", &by).unwrap();
    log.batch(500);
    let late = fork(&log.store, &log.branch.clone(), 1_000, "late", &by).unwrap();
    log.batch(400);
    let branches = [&log.branch, &early, &late];
    let waiting = log.answers(&branches);
    assert!(tidy(&log.store).unwrap(), "two batches were left out");
    let settled = log.answers(&branches);
    for (waiting, settled) in waiting.iter().zip(&settled) {
        assert_eq!(waiting, settled);
    }
    assert!(!tidy(&log.store).unwrap(), "nothing is left");
}

#[test]
fn a_small_batch_brings_in_what_was_left_before() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log::new(&folder.path().join("odd.db"));
    log.batch(600);
    log.batch(1);
    assert!(!tidy(&log.store).unwrap());
    let before = log.answers(&[&log.branch.clone()]);
    log.batch(300);
    let domain = Domain::parse("odd", RULES).unwrap();
    rebuild(&log.store, &Rc::new(domain), true, &mut |_, _| true).unwrap();
    let rebuilt = log.answers(&[&log.branch.clone()]);
    assert_ne!(before, rebuilt);
    while tidy(&log.store).unwrap() {}
    assert_eq!(log.answers(&[&log.branch.clone()]), rebuilt, "heads built again stand once, not twice");
}
