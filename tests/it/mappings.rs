//! The mappings that come with the program, on a small file of each system, and on real ones where they are at hand.

use std::path::{Path, PathBuf};

use backstory::import::guess::{Reading, Sample};
use backstory::import::{LARGEST_RECORD, Mapping, Nothing, Options, Report, stage};
use serde_json::{Value, json};

use crate::program::Place;

fn sample(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/mappings").join(name).display().to_string()
}

/// A place with a store of what a sample becomes.
fn imported(mapping: &str, files: &[&str], counts: (u64, u64)) -> Place {
    let place = Place::empty();
    let files: Vec<String> = files.iter().map(|file| sample(file)).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let ran = place.one(&[&["import", "--map", mapping], &files[..]].concat());
    assert_eq!(
        (ran["records"].as_u64(), ran["appended"].as_u64()),
        (Some(counts.0), Some(counts.1)),
        "{ran}"
    );
    assert_eq!(ran["bad"], 0, "{ran}");
    place
}

/// Type, actor and reason of each event of an aggregate, the oldest first.
fn told(place: &Place, aggregate: &str) -> Vec<Value> {
    let mut events = place.json(&["log", aggregate]);
    events.sort_by_key(|event| event["version"].as_i64());
    events
        .iter()
        .map(|event| json!([event["type"], event["meta"]["actor"], event["meta"]["reason"]]))
        .collect()
}

#[test]
fn stripe_is_read_from_pages_and_webhooks() {
    let place = imported("stripe", &["stripe.json", "stripe-webhooks.jsonl"], (5, 4));
    let types: Vec<Value> = told(&place, "invoice/in_1").into_iter().map(|event| event[0].clone()).collect();
    assert_eq!(types, ["invoice.created", "invoice.finalized", "invoice.paid"]);
    assert_eq!(place.one(&["state", "invoice/in_1@2"])["state"]["status"], "open");
    assert_eq!(place.one(&["state", "balance/eur"])["state"]["available"], 7);
}

#[test]
fn a_cluster_is_read_by_its_objects() {
    let place = imported("k8s-audit", &["k8s-audit.jsonl"], (5, 4));
    assert_eq!(
        told(&place, "configmaps/shop/web"),
        [
            json!(["create configmaps", "ann", null]),
            json!(["patch configmaps", "bob", null]),
            json!(["delete configmaps", "eve", "Forbidden"])
        ]
    );
    let state = &place.one(&["state", "configmaps/shop/web"])["state"];
    assert_eq!(state["object"], json!({"data": {"size": "2"}, "metadata": {"uid": "u"}}));
    assert_eq!(state["refused"]["code"], 403);
    assert_eq!(told(&place, "path//healthz").len(), 1);
}

#[test]
fn a_run_of_a_workflow_is_one_aggregate() {
    let place = imported("temporal", &["temporal.json"], (4, 4));
    assert_eq!(
        told(&place, "Workflow/pay-7/temporal"),
        [
            json!(["WorkflowExecutionStarted", "cli@ann", null]),
            json!(["ActivityTaskScheduled", null, null]),
            json!(["ActivityTaskFailed", "worker@1", "no money"]),
            json!(["WorkflowExecutionFailed", null, "no money"])
        ]
    );
    let state = &place.one(&["state", "Workflow/pay-7/temporal"])["state"];
    assert_eq!(
        (&state["type"], &state["status"], &state["input"]),
        (&json!("Pay"), &json!("Failed"), &json!([{"amount": 5}]))
    );
    assert_eq!(state["activities"]["2"]["status"], "Failed");
    assert_eq!(state["activities"]["2"]["activityType"]["name"], "Charge");
}

#[test]
fn what_is_said_of_a_pull_request_stands_in_its_history() {
    let place = imported("github", &["github.jsonl"], (5, 5));
    assert_eq!(
        told(&place, "PullRequest/shop/web#7"),
        [
            json!(["pull_request.opened", "ann", null]),
            json!(["pull_request_review.submitted", "bob", "looks right"]),
            json!(["issue_comment.created", "ann", "thanks"]),
            json!(["pull_request.closed", "bob", null])
        ]
    );
    let state = &place.one(&["state", "PullRequest/shop/web#7"])["state"];
    assert_eq!((&state["merged"], &state["review"]["state"]), (&json!(true), &json!("approved")));
    assert_eq!(told(&place, "Branch/shop/web:main"), [json!(["push", "bob", "A title (#7)"])]);
}

#[test]
fn a_file_of_a_repository_has_its_commits() {
    let place = imported("git", &["git.jsonl"], (3, 3));
    assert_eq!(
        told(&place, "File/README.md"),
        [
            json!(["FileAdded", "Ann <ann@example.org>", "Begin"]),
            json!(["FileChanged", "Bob <bob@example.org>", "Say more\n\nAt length."]),
            json!(["FileDeleted", "Ann <ann@example.org>", "Gone"])
        ]
    );
    assert_eq!(place.one(&["state", "File/README.md"])["state"], json!({"commit": "cc33", "exists": false}));
}

#[test]
fn a_stream_is_an_aggregate_of_its_category() {
    let place = imported("kurrentdb", &["kurrentdb.json"], (2, 2));
    let types: Vec<Value> = told(&place, "cart/7").into_iter().map(|event| event[0].clone()).collect();
    assert_eq!(types, ["CartOpened", "ItemAdded"]);
    let state = &place.one(&["state", "cart/7"])["state"];
    assert_eq!(*state, json!({"owner": "ann", "item": "pen", "count": 2}));
    assert_eq!(place.json(&["log", "cart/7", "--where", "$event.meta.correlation_id == \"c1\""]).len(), 1);
}

#[test]
fn what_a_mapping_reads_is_recognised() {
    for (file, mapping) in [
        ("stripe.json", "stripe"),
        ("stripe-webhooks.jsonl", "stripe"),
        ("k8s-audit.jsonl", "k8s-audit"),
        ("temporal.json", "temporal"),
        ("github.jsonl", "github"),
        ("git.jsonl", "git"),
        ("kurrentdb.json", "kurrentdb"),
    ] {
        let sample = Sample::read(&[sample(file).into()], None, LARGEST_RECORD).unwrap();
        assert_eq!(Reading::of("log", &sample).unwrap(), Reading::BuiltIn(mapping), "{file}");
    }
}

/// What a folder of real data comes to, or a word that the test was skipped.
fn real(folder: &str, mapping: &str) -> Option<Report> {
    let root = std::env::var_os("BACKSTORY_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let path = root.join(folder);
    if !path.is_dir() {
        println!("skipped: {} is not there (BACKSTORY_TEST_DATA names the folder)", path.display());
        return None;
    }
    let mapping = Some(Mapping::load(mapping).unwrap());
    let options = Options { files: vec![path], mapping, skip_bad: true, ..Options::default() };
    Some(stage(&options, &Nothing, &mut |_| true).unwrap().report().clone())
}

#[test]
fn the_real_files_are_read_whole() {
    // Records, events, seen before, bad, files left aside. What is bad is so: examples that were edited and kept their
    // ids, a line that is no event. A page that holds nothing counts as a record left out.
    for (folder, mapping, counts) in [
        ("3-stripe-billing-event-pages", "stripe", [328, 300, 3, 6, 3]),
        ("5-temporal-workflow-histories", "temporal", [1908, 1908, 0, 0, 2]),
        ("6-github-webhook-payloads", "github", [190, 190, 0, 0, 2]),
        ("8-kubernetes-audit", "k8s-audit", [89, 86, 0, 3, 3]),
    ] {
        let Some(report) = real(folder, mapping) else { return };
        let told = [report.records, report.events, report.seen, report.bad_count, report.aside.len() as u64];
        let why = report
            .bad
            .iter()
            .map(|bad| format!("{}:{}: {}\n", bad.file, bad.line, bad.reason))
            .collect::<String>();
        assert_eq!(told, counts, "{folder}: {why}{:?}", report.aside);
    }
}
