//! Appending beside bare rusqlite, and the first page of a long list.
//! The times of one group stand beside each other in one run; the manual's page on performance shows their ratios.

#![allow(clippy::unwrap_used, reason = "a bench that cannot set up has nothing to measure")]

#[path = "made/bare.rs"]
mod bare;
#[path = "made/history.rs"]
mod history;

use std::hint::black_box;
use std::time::Duration;

use backstory::event::NewEvent;
use backstory::session::{ListRequest, Session};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use history::{Dice, open, ours};
use rusqlite::Connection;

fn events(dice: &mut Dice, from: &mut u64, count: usize) -> Vec<NewEvent> {
    (0..count)
        .map(|_| {
            *from += 1;
            let aggregate = dice.below(10_000);
            dice.event(*from, aggregate, (*from <= 10_000).then_some(60))
        })
        .collect()
}

fn appending(c: &mut Criterion) {
    for size in [1_usize, 1_000] {
        let folder = tempfile::tempdir().unwrap();
        let mut group = c.benchmark_group(format!("append {size}"));
        group
            .throughput(Throughput::Elements(size as u64))
            .sample_size(30)
            .measurement_time(Duration::from_secs(8));
        let (mut dice, mut from, mut version) = (Dice(1), 0, 0);
        let mut plain = bare::open(&folder.path().join("plain.db"), bare::PLAIN);
        group.bench_function("bare, text columns", |b| {
            b.iter_batched(
                || events(&mut dice, &mut from, size),
                |events| bare::insert_plain(&mut plain, &events, &mut version),
                BatchSize::PerIteration,
            );
        });
        let (mut dice, mut from, mut version) = (Dice(1), 0, 0);
        let mut same = bare::open(&folder.path().join("same.db"), bare::SCHEMA);
        group.bench_function("bare, this schema", |b| {
            b.iter_batched(
                || events(&mut dice, &mut from, size),
                |events| bare::insert_same(&mut same, &events, &mut version),
                BatchSize::PerIteration,
            );
        });
        let (mut dice, mut from) = (Dice(1), 0);
        let mut store = ours(&folder.path().join("ours.db"));
        group.bench_function("backstory, chain and heads", |b| {
            b.iter_batched(
                || events(&mut dice, &mut from, size),
                |events| store.append(events),
                BatchSize::PerIteration,
            );
        });
        group.finish();
    }
}

fn listing(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wide.db");
    let mut store = ours(&path);
    let mut dice = Dice(3);
    for chunk in 0..100_u64 {
        let mut events: Vec<_> =
            (chunk * 1000..(chunk + 1) * 1000).map(|i| dice.event(i, i, Some(60))).collect();
        if chunk % 10 == 0 {
            let mut rare = dice.event(chunk, chunk, None);
            (rare.aggregate.kind, rare.kind) = ("Rare".to_owned(), "RareSeen".to_owned());
            events.push(rare);
        }
        store.append(events);
    }
    drop(store);
    let mut session = Session::open(&open(&path)).unwrap();
    // What the large batches left out of the indexes.
    session.catch_up(&mut |_, _| true).unwrap();
    let bare = Connection::open(&path).unwrap();
    let mut group = c.benchmark_group("first page of 100,000 aggregates");
    for kind in ["Task", "Rare"] {
        group.bench_function(format!("bare SQL, {kind}"), |b| {
            b.iter(|| {
                let mut statement = bare
                    .prepare_cached("SELECT h.aggregate, a.key, h.type, h.version, h.position, h.first_at, h.last_at, h.label, h.status, h.deleted, h.state, h.error FROM places p CROSS JOIN heads h ON h.generation = p.generation AND h.branch = p.branch AND h.aggregate = p.aggregate CROSS JOIN aggregates a ON a.id = h.aggregate WHERE p.generation = 1 AND p.branch = 1 AND p.type = ?1 ORDER BY p.position DESC LIMIT 50")
                    .unwrap();
                let rows = statement.query_map([kind], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(7)?, row.get::<_, String>(8)?, row.get::<_, String>(10)?))).unwrap();
                black_box(rows.map(Result::unwrap).collect::<Vec<_>>())
            });
        });
        let request = ListRequest { kind: Some(kind.to_owned()), limit: 50, ..ListRequest::default() };
        group.bench_function(format!("backstory, {kind}"), |b| {
            b.iter(|| black_box(session.list(&request).unwrap()));
        });
    }
    group.finish();
}

criterion_group!(store, appending, listing);
criterion_main!(store);
