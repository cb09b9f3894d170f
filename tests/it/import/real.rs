//! The real logs, where they are at hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use backstory::journal::Imported;

use super::{all, options, run, sample};

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

#[test]
fn the_real_incidents_are_all_there() {
    let Some(folder) = real("1-servicenow-incidents") else { return };
    let events = all(&mut run(&options(vec![folder.join("incident_event_log.zip")], "servicenow")));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut incidents: BTreeMap<&str, Vec<&Imported>> = BTreeMap::new();
    for event in &events {
        *counts.entry(&event.event.kind).or_default() += 1;
        incidents.entry(&event.event.aggregate.id).or_default().push(event);
    }
    assert_eq!((events.len(), incidents.len()), (141_712, 24_918));
    let counted: Vec<(&str, usize)> = counts.into_iter().collect();
    assert_eq!(
        counted,
        [
            ("IncidentMoved", 64_033),
            ("IncidentOpened", 24_918),
            ("IncidentTouched", 28_428),
            ("IncidentUpdated", 24_333)
        ]
    );
    assert_eq!(
        incidents["INC0000045"][1].event.data,
        r#"{"incident_state":"Resolved","sys_mod_count":2,"sys_updated_by":"Updated by 642","sys_updated_at":"29/2/2016 08:53"}"#
    );
}

#[test]
fn the_real_trail_is_merged_by_time() {
    let Some(folder) = real("2-aws-cloudtrail-attack-sim") else { return };
    let events = all(&mut run(&options(files(&folder, "json"), "cloudtrail")));
    assert_eq!(events.len(), 2_900);
    assert!(events.is_sorted_by_key(|event| event.event.occurred_at));
    let of = |name: &str| events.iter().filter(|e| e.event.aggregate.to_string() == name).collect::<Vec<_>>();
    let instance = of("Instance/i-0dbc91f429e48eeed");
    assert_eq!(instance[0].event.kind, "ec2:RunInstances");
    assert!(instance.iter().any(|e| e.event.kind == "ssm:SendCommand"));
    assert!(instance.iter().any(|e| e.event.kind == "ec2:TerminateInstances"));
}

#[test]
fn the_real_cluster_audit_has_one_bad_line_and_two_clashes() {
    let Some(folder) = real("8-kubernetes-audit") else { return };
    let mut found = vec![folder.join("audit2rbac-demo.log")];
    found.extend(files(&folder.join("falco"), "json"));
    let mut options = options(found, sample("k8s.toml").to_str().unwrap());
    options.skip_bad = true;
    let staged = run(&options);
    let report = staged.report();
    assert_eq!((report.records, report.events, report.bad_count), (89, 86, 3));
    assert!(report.bad[1].file.ends_with("fal_01_003.json"));
    assert!(report.bad[1].reason.contains("not an audit event"));
    assert!(report.bad[0].reason.contains("with other content"));
}
