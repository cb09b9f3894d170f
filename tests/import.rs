//! Imports of small samples, and of the real logs where they are at hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use backstory::import::{Becomes, Known, Mapping, Nothing, Options, Staged, stage};
use backstory::journal::Imported;
use serde_json::Value;

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// The folder of real logs, or a word that the test was skipped.
fn real(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("BACKSTORY_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let path = root.join(folder);
    if !path.is_dir() {
        eprintln!("skipped: {} is not there (BACKSTORY_TEST_DATA names the folder)", path.display());
        return None;
    }
    Some(path)
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

fn options(files: Vec<PathBuf>, mapping: &str) -> Options {
    Options { files, mapping: Some(Mapping::load(mapping).unwrap()), ..Options::default() }
}

fn run(options: &Options) -> Staged {
    stage(options, &Nothing, &mut |_| true).unwrap()
}

fn all(staged: &mut Staged) -> Vec<Imported> {
    let mut events = Vec::new();
    loop {
        let batch = staged.next_batch(10_000).unwrap();
        if batch.is_empty() {
            return events;
        }
        events.extend(batch);
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn servicenow_real() {
    let Some(folder) = real("1-servicenow-incidents") else { return };
    let start = std::time::Instant::now();
    let options = options(vec![folder.join("incident_event_log.zip")], "servicenow");
    let mut last = None;
    let mut staged = stage(&options, &Nothing, &mut |p| {
        if last != Some(p.phase) {
            last = Some(p.phase);
            eprintln!("{:?} {:?}", p.phase, start.elapsed());
        }
        true
    })
    .unwrap();
    eprintln!("staged {:?}", start.elapsed());
    let events = all(&mut staged);
    eprintln!("{} events in {:?}", events.len(), start.elapsed());
    assert_eq!(events.len(), 141_712);
    assert_eq!(staged.report().events, 141_712);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut incidents: BTreeMap<&str, Vec<&Imported>> = BTreeMap::new();
    for event in &events {
        *counts.entry(&event.event.kind).or_default() += 1;
        incidents.entry(&event.event.aggregate.id).or_default().push(event);
    }
    assert_eq!(incidents.len(), 24_918);
    eprintln!("{counts:?}");
    assert_eq!(counts["IncidentOpened"], 24_918);
    assert_eq!(counts.len(), 4);
    for imported in &incidents["INC0000045"] {
        eprintln!(
            "{} {} {} {}",
            imported.event.occurred_at, imported.event.kind, imported.event.data, imported.event.meta
        );
    }
    assert_eq!(json(&incidents["INC0000045"][1].event.data)["incident_state"], "Resolved");
}

#[test]
fn cloudtrail_real() {
    let Some(folder) = real("2-aws-cloudtrail-attack-sim") else { return };
    let mut staged = run(&options(files(&folder, "json"), "cloudtrail"));
    let events = all(&mut staged);
    assert_eq!(events.len(), 2_900);
    let mut aggregates: BTreeMap<String, usize> = BTreeMap::new();
    for event in &events {
        *aggregates.entry(event.event.aggregate.to_string()).or_default() += 1;
    }
    assert!(events.is_sorted_by_key(|event| event.event.occurred_at));
    let mut by: Vec<_> = aggregates.iter().map(|(k, v)| (*v, k)).collect();
    by.sort();
    eprintln!("{} {:?}", by.len(), by.iter().rev().take(60).collect::<Vec<_>>());
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for k in aggregates.keys() {
        *kinds.entry(k.split('/').next().unwrap()).or_default() += 1;
    }
    eprintln!("{kinds:?}");
    for e in
        events.iter().filter(|e| e.event.aggregate.to_string() == std::env::var("AGG").unwrap_or_default())
    {
        eprintln!(
            "{} {} {}",
            e.event.aggregate,
            e.event.kind,
            e.event.data.chars().take(200).collect::<String>()
        );
    }
}

#[test]
fn kubernetes_real() {
    let Some(folder) = real("8-kubernetes-audit") else { return };
    let mut all_files = vec![folder.join("audit2rbac-demo.log")];
    all_files.extend(files(&folder.join("falco"), "json"));
    let mapping = sample("k8s.toml");
    let mut options = options(all_files, mapping.to_str().unwrap());
    options.skip_bad = true;
    let mut staged = run(&options);
    let events = all(&mut staged);
    eprintln!("{:#?} {}", staged.report(), events.len());
    for e in events.iter().step_by(10) {
        eprintln!("{} {} {}", e.event.aggregate, e.event.kind, e.event.meta);
    }
}
