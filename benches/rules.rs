//! Folding events with apply rules, beside parsing the same rows' data and metadata into `serde_json` values.

#![allow(clippy::unwrap_used, reason = "a bench that cannot set up has nothing to measure")]

#[path = "made/history.rs"]
mod history;

use std::hint::black_box;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use backstory::event::Time;
use backstory::jq::{Apply, EventView, Mistake, State, with_room};
use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use history::Dice;

/// The processor time of this thread, where the system tells it: what else runs does not count.
struct ThreadTime;

impl Measurement for ThreadTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
        let nanos = told.and_then(|text| text.split(' ').next()?.parse().ok());
        nanos.map_or_else(
            || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            Duration::from_nanos,
        )
    }
    fn end(&self, start: Duration) -> Duration {
        self.start().saturating_sub(start)
    }
    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }
    fn zero(&self) -> Duration {
        Duration::ZERO
    }
    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }
    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

/// Event type, its data, and its rule as plain operations and as something that takes the engine.
const TYPES: [(&str, &str); 8] = [
    (
        "TaskCreated",
        ". + {title: $data.title, description: $data.description, project: $data.project, \
         priority: $data.priority, due: $data.due, status: \"open\", created_at: $at, created_by: $meta.user, \
         comments: 0, tags: {}}",
    ),
    ("TaskAssigned", ".assignee = $data.assignee | .assigned_by = $meta.user"),
    ("TaskCommented", ".comments += 1 | .last_comment = {by: $meta.user, at: $at, text: $data.text}"),
    ("TaskCompleted", ".status = \"done\" | .completed_at = $at | .completed_by = $meta.user"),
    (
        "TaskReopened",
        ".status = \"open\" | .reopen_reason = $data.reason | .reopened_by = $meta.user | del(.completed_at)",
    ),
    ("PriorityChanged", ".priority = ($data.to // 3) | .priority_why = $data.why"),
    ("TaskTagged", ".tags[$data.tag] = $data.color | .tagged_by = $meta.user"),
    ("EstimateSet", ".points = $data.points | .estimated_by = $meta.user"),
];

struct Row {
    aggregate: usize,
    kind: usize,
    at: i64,
    data: String,
    meta: String,
}

fn rows(events: usize, aggregates: usize) -> Vec<Row> {
    let mut dice = Dice(42);
    let mut started = vec![false; aggregates];
    let mut rows = Vec::with_capacity(events);
    for i in 0..events {
        let aggregate = dice.below(aggregates as u64) as usize;
        let kind =
            if std::mem::replace(&mut started[aggregate], true) { 1 + dice.below(7) as usize } else { 0 };
        let user = ["alice", "bob", "carol"][dice.below(3) as usize];
        let data = match kind {
            0 => format!(
                r#"{{"title":"{}","description":"{}","project":"P-{}","priority":2,"due":"2026-03-04","labels":["a","b"]}}"#,
                dice.words(6),
                dice.words(60),
                dice.below(50)
            ),
            1 => format!(
                r#"{{"assignee":"{user}","previous":"bob","notify":true,"note":"{}"}}"#,
                dice.words(8)
            ),
            2 => format!(r#"{{"text":"{}","mentions":["bob","carol"],"length":25}}"#, dice.words(25)),
            3 => format!(
                r#"{{"resolution":"fixed","took_minutes":{},"note":"{}"}}"#,
                dice.below(90),
                dice.words(6)
            ),
            4 => format!(r#"{{"reason":"{}"}}"#, dice.words(8)),
            5 => format!(r#"{{"from":1,"to":{},"why":"{}"}}"#, dice.below(5), dice.words(5)),
            6 => format!(r#"{{"tag":"t{}","color":"red"}}"#, dice.below(9)),
            _ => format!(r#"{{"points":{},"method":"poker"}}"#, dice.below(21)),
        };
        let meta = format!(
            r#"{{"user":"{user}","correlation_id":"7b0f3e2c-4c55-4c0e-a4d4-{i:012x}","ip":"10.0.0.{}","reason":"{}"}}"#,
            dice.below(255),
            dice.words(3)
        );
        rows.push(Row { aggregate, kind, at: 1_700_000_000_000_000 + i as i64 * 1_000_003, data, meta });
    }
    rows
}

fn fold(rows: &[Row], aggregates: usize, rules: &[Apply]) -> Vec<Option<State>> {
    let mut states: Vec<Option<State>> = (0..aggregates).map(|_| None).collect();
    with_room(|| {
        for (i, row) in rows.iter().enumerate() {
            let event = EventView {
                position: i as i64,
                branch: "main",
                kind: "Task",
                id: "1",
                version: 1,
                event: TYPES[row.kind].0,
                occurred_at: Time(row.at),
                recorded_at: Time(row.at),
                data: &row.data,
                meta: &row.meta,
                defaults: &[],
            };
            let state = states[row.aggregate].take().unwrap_or_else(State::empty);
            states[row.aggregate] = rules[row.kind].apply(state, &event).ok();
        }
    });
    states
}

fn compile(how: fn(&str, &str) -> Result<Apply, Mistake>) -> Vec<Apply> {
    TYPES.iter().filter_map(|(name, source)| how(name, source).ok()).collect()
}

fn benches(c: &mut Criterion<ThreadTime>) {
    for aggregates in [1_000, 100_000] {
        let rows = rows(1_000_000, aggregates);
        let mut group = c.benchmark_group(format!("fold 1,000,000 events of {aggregates} aggregates"));
        group.throughput(Throughput::Elements(rows.len() as u64)).sample_size(10);
        group.measurement_time(Duration::from_secs(6));
        group.bench_function("parse only", |b| {
            b.iter(|| {
                for row in &rows {
                    black_box(serde_json::from_str::<serde_json::Value>(&row.data).ok());
                    black_box(serde_json::from_str::<serde_json::Value>(&row.meta).ok());
                }
            });
        });
        let (bare, engine) = (compile(Apply::compile), compile(Apply::compile_unlowered));
        assert!(bare.len() == 8 && bare.iter().all(Apply::is_bare));
        group.bench_function("bare rules", |b| b.iter(|| black_box(fold(&rows, aggregates, &bare))));
        group.bench_function("the same in jq", |b| b.iter(|| black_box(fold(&rows, aggregates, &engine))));
        group.finish();
    }
}

criterion_group! {
    name = rules;
    config = Criterion::default().with_measurement(ThreadTime);
    targets = benches
}
criterion_main!(rules);
