//! Blame beside the fold, searches beside a replay and beside a bare scan of the same columns.
//! The times of one group stand beside each other in one run; the manual's page on performance shows their ratios.

#![allow(clippy::unwrap_used, reason = "a bench that cannot set up has nothing to measure")]

#[path = "made/history.rs"]
mod history;

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use backstory::event::AggregateId;
use backstory::jq::{EventView, State};
use backstory::replay::{HeadFold, Reducer};
use backstory::session::{BlameRequest, FindRequest, LogRequest, Session};
use backstory::store::RawEvent;
use criterion::{Criterion, criterion_group, criterion_main};
use history::{Dice, domain, fill, open, ours};
use rusqlite::Connection;

fn session(path: &Path) -> Session {
    Session::open(&open(path)).unwrap()
}

fn blaming(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.db");
    let mut store = ours(&path);
    let (mut dice, length) = (Dice(4), 100_000_u64);
    for chunk in 0..length / 10_000 {
        store.append(
            (chunk * 10_000..(chunk + 1) * 10_000)
                .map(|i| dice.event(i, 7, (i == 0).then_some(60)))
                .collect(),
        );
    }
    let domain = domain("");
    let mut group = c.benchmark_group("100,000 events of one aggregate");
    group.sample_size(10).measurement_time(Duration::from_secs(8));
    let kinds: Vec<String> = (1..=3).map(|row| store.store.type_name(row).unwrap_or_default()).collect();
    group.bench_function("fold in place", |b| {
        b.iter(|| {
            let mut state = Some(State::empty());
            let each = &mut |raw: &RawEvent<'_>| {
                let event = EventView {
                    position: raw.position,
                    branch: "main",
                    kind: "Task",
                    id: "7",
                    version: raw.version,
                    event: &kinds[raw.kind as usize - 1],
                    occurred_at: raw.occurred_at,
                    recorded_at: raw.recorded_at,
                    data: raw.data,
                    meta: raw.meta,
                    defaults: &[],
                };
                state = Some(Reducer::from(&*domain).apply(state.take().unwrap(), &event)?);
                Ok(true)
            };
            store.store.events_of(&store.branch, 1, 1, i64::MAX, each).unwrap();
            black_box(state)
        });
    });
    group.bench_function("fold, as a replay does", |b| {
        b.iter(|| black_box(HeadFold::new(&store.store, &domain, &store.branch).head(1).unwrap()));
    });
    let request = BlameRequest {
        aggregate: AggregateId::new("Task", "7"),
        version: i64::MAX,
        skip: 0,
        limit: usize::MAX,
        budget: 0,
    };
    group.bench_function("blame", |b| {
        b.iter_batched(
            || session(&path),
            |mut session| black_box(session.blame(&request).unwrap()),
            criterion::BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn finding(c: &mut Criterion) {
    for (aggregates, count) in [(1_000_u64, 100_000_u64), (100_000, 400_000)] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wide.db");
        fill(&path, count, aggregates);
        let mut group = c.benchmark_group(format!("{count} events of {aggregates} aggregates"));
        group.sample_size(10).measurement_time(Duration::from_secs(10));
        let mut session = session(&path);
        group.bench_function("replay", |b| {
            b.iter(|| black_box(session.replay(None, false, &mut |_, _| true).unwrap()));
        });
        for (name, predicate, events) in
            [("find", ".comments > 2", false), ("find, over events", ".data.tag == \"t3\"", true)]
        {
            let request = FindRequest { predicate: predicate.to_owned(), events, ..FindRequest::default() };
            group.bench_function(name, |b| {
                b.iter(|| {
                    let mut search = session.search(request.clone()).unwrap();
                    let mut hits = 0;
                    loop {
                        let page = session.find(&mut search, usize::MAX).unwrap();
                        hits += page.hits.len();
                        if page.is_last() {
                            break black_box(hits);
                        }
                    }
                });
            });
        }
        group.finish();
    }
}

fn grepping(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let mut store = ours(&path);
    let (mut dice, length) = (Dice(6), 1_000_000_u64);
    for chunk in 0..length / 10_000 {
        let events = (chunk * 10_000..(chunk + 1) * 10_000).map(|i| {
            let aggregate = if i < 10_000 { i } else { dice.below(10_000) };
            let mut event = dice.event(i, aggregate, (i < 10_000).then_some(60));
            if i == length - 100 {
                r#"{"text":"a needle in it"}"#.clone_into(&mut event.data);
            }
            event
        });
        store.append(events.collect());
    }
    drop(store);
    let mut session = session(&path);
    let bare = Connection::open(&path).unwrap();
    bare.execute_batch("PRAGMA cache_size = -8000;").unwrap();
    let mut group = c.benchmark_group("1,000,000 events");
    group.sample_size(10).measurement_time(Duration::from_secs(20));
    let finder = memchr::memmem::Finder::new("no such text");
    group.bench_function("bare memmem", |b| {
        b.iter(|| {
            let mut statement =
                bare.prepare_cached("SELECT data, meta FROM events ORDER BY position DESC").unwrap();
            let mut rows = statement.query([]).unwrap();
            let mut hits = 0;
            while let Some(row) = rows.next().unwrap() {
                let bytes = |column| row.get_ref(column).unwrap().as_bytes().unwrap();
                hits += usize::from(finder.find(bytes(0)).is_some() || finder.find(bytes(1)).is_some());
            }
            black_box(hits)
        });
    });
    let request = |text: &str, limit| LogRequest {
        text: text.to_owned(),
        content_only: true,
        bare: true,
        limit,
        ..LogRequest::default()
    };
    group.bench_function("log --grep, a whole scan", |b| {
        b.iter(|| black_box(session.log(&request("no such text", usize::MAX)).unwrap()));
    });
    group.bench_function("log --grep, a recent hit", |b| {
        b.iter(|| black_box(session.log(&request("a needle", 1)).unwrap()));
    });
    group.finish();
}

criterion_group!(search, blaming, finding, grepping);
criterion_main!(search);
