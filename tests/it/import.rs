//! Imports of small samples, and of the real logs where they are at hand.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod bad;
mod real;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use backstory::clock::Clock;
use backstory::error::Result;
use backstory::event::{AggregateId, Event};
use backstory::import::{Known, Mapping, Nothing, Options, Staged, stage};
use backstory::journal::Imported;
use backstory::session::{Open, Session, import_into};
use serde_json::Value;

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
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

/// A file in a folder that goes away with the test.
fn file(folder: &tempfile::TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

const PLAIN: &str = "[import]\ntype = '\"T\"'\nid = '.id'\nat = '.at'\nevent = '.event // \"E\"'\n";

fn plain(files: Vec<PathBuf>, more: &str) -> Options {
    let mapping = Mapping::parse("plain.toml", &format!("{PLAIN}{more}")).unwrap();
    Options { files, mapping: Some(mapping), ..Options::default() }
}

fn line(id: &str, at: u32) -> String {
    format!("{{\"id\":\"{id}\",\"at\":\"2019-04-01T00:00:{at:02}Z\"}}\n")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(bytes).unwrap();
    gz.finish().unwrap()
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A store that has seen what an import brought.
#[derive(Default)]
struct Before {
    seen: BTreeMap<String, [u8; 32]>,
    states: BTreeMap<String, String>,
}

impl Known for Before {
    fn seen(&self, key: &str) -> Result<Option<[u8; 32]>> {
        Ok(self.seen.get(key).copied())
    }

    fn head_state(&self, aggregate: &AggregateId) -> Result<Option<String>> {
        Ok(self.states.get(&aggregate.to_string()).cloned())
    }
}

fn before(events: &[Imported]) -> Before {
    Before { seen: events.iter().map(|e| (e.key.clone(), e.content)).collect(), ..Before::default() }
}

#[test]
fn snapshots_become_what_changed() {
    let mut staged = run(&options(vec![sample("incidents.csv")], "servicenow"));
    let events = all(&mut staged);
    let of = |id: &str| -> Vec<&Imported> { events.iter().filter(|e| e.event.aggregate.id == id).collect() };
    let one = of("INC1");
    let kinds: Vec<&str> = one.iter().map(|e| e.event.kind.as_str()).collect();
    assert_eq!(kinds, ["IncidentOpened", "IncidentMoved", "IncidentTouched", "IncidentUpdated"]);
    assert_eq!(
        one[0].event.data,
        r#"{"incident_state":"New","active":true,"reassignment_count":0,"reopen_count":0,"sys_mod_count":0,"made_sla":true,"caller_id":"Caller 1","sys_updated_by":"Updated by 1","sys_updated_at":"29/2/2016 01:23","subcategory":"Subcategory 1","priority":"3 - Moderate","assignment_group":"Group 1","knowledge":true,"u_priority_confirmation":false}"#
    );
    assert_eq!(json(&one[1].event.data)["assigned_to"], "Resolver 2");
    // A change into `?` takes the field away, and nobody is known to have made it.
    assert_eq!(json(&one[3].event.data)["assigned_to"], Value::Null);
    assert_eq!(one[3].event.meta, r#"{"source_version":3}"#);
    assert_eq!(one[1].event.meta, r#"{"actor":"Updated by 2","source_version":1}"#);
    // The second update of INC1 runs back in time, and still stands after the first, before what INC2 did later.
    let order: Vec<&str> = events.iter().map(|e| e.event.aggregate.id.as_str()).collect();
    assert_eq!(order, ["INC1", "INC1", "INC1", "INC1", "INC2"]);
    assert_eq!(json(&of("INC2")[0].event.data)["u_symptom"], "Symptom 2, \"odd\"");
}

#[test]
fn importing_again_adds_nothing_and_goes_on_where_it_ended() {
    let options = options(vec![sample("incidents.csv")], "servicenow");
    let events = all(&mut run(&options));
    let mut again = stage(&options, &before(&events), &mut |_| true).unwrap();
    assert_eq!((again.report().seen, again.report().events), (5, 0));
    assert!(all(&mut again).is_empty());
    // Killed after three: what was seen is still what the next snapshot is compared with.
    let mut resumed = stage(&options, &before(&events[..3]), &mut |_| true).unwrap();
    assert_eq!(all(&mut resumed), events[3..]);
}

#[test]
fn a_snapshot_is_compared_with_what_the_store_has() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "a.jsonl", "{\"id\":\"1\",\"at\":\"2019-04-01T00:00:00Z\",\"a\":1,\"b\":2}\n");
    let mut options = plain(vec![path], "mode = \"snapshots\"\ndata = 'del(.id, .at)'\n");
    let states = BTreeMap::from([("T/1".to_owned(), r#"{"a":1,"c":3}"#.to_owned())]);
    let known = Before { states, ..Before::default() };
    let events = all(&mut stage(&options, &known, &mut |_| true).unwrap());
    assert_eq!(events[0].event.data, r#"{"b":2,"c":null}"#);
    options.mapping = Some(Mapping::parse("m.toml", &format!("{PLAIN}key = '.id'\n")).unwrap());
    let known = Before { seen: BTreeMap::from([("1".to_owned(), [0; 32])]), ..Before::default() };
    let error = stage(&options, &known, &mut |_| true).err().unwrap();
    assert!(error.message().contains("imported before, with other content"), "{error}");
}

#[test]
fn a_trail_is_merged_by_time_under_its_resources() {
    let events = all(&mut run(&options(vec![sample("trail.json")], "cloudtrail")));
    let told: Vec<String> =
        events.iter().map(|e| format!("{} {} {}", e.event.aggregate, e.event.kind, e.key)).collect();
    assert_eq!(
        told,
        [
            "Bucket/papers s3:CreateBucket E1",
            "Secret/db-password secretsmanager:GetSecretValue E3",
            "Bucket/papers s3:DeleteBucket E2"
        ]
    );
    let meta = json(&events[2].event.meta);
    assert_eq!((&meta["actor"], &meta["reason"]), (&"mira".into(), &"Access Denied".into()));
    assert_eq!((&meta["correlation_id"], &meta["ip"]), (&"R2".into(), &"10.0.0.1".into()));
    assert_eq!(json(&events[1].event.meta)["actor"], "admin/i-1");
    assert_eq!(events[0].event.data, r#"{"request":{"bucketName":"papers","acl":"private"}}"#);
    assert_eq!(json(&events[2].event.data)["refused"]["code"], "AccessDenied");
}

#[test]
fn cloud_events_are_read() {
    let mut options = options(vec![sample("cloudevents.json")], "cloudevents");
    options.skip_bad = true;
    let mut staged = run(&options);
    let bad = &staged.report().bad;
    assert_eq!(bad.len(), 1);
    assert_eq!(bad[0].line, 8);
    assert!(bad[0].reason.contains("version 1.0"), "{}", bad[0].reason);
    let events = all(&mut staged);
    let told: Vec<String> =
        events.iter().map(|e| format!("{} {} {}", e.event.aggregate, e.event.kind, e.event.data)).collect();
    assert_eq!(
        told,
        [
            r#"orders/4711 OrderPlaced {"total":12.5}"#,
            r#"Order/4711 OrderPhotographed {"data_base64":"AAEC"}"#,
            r#"Source/urn:clock Ticked {"data":[1,2]}"#
        ]
    );
    assert_eq!(json(&events[0].event.meta)["tenant"], "north");
    assert_eq!(events[0].event.occurred_at.to_string(), "2024-01-02T03:04:05.678Z");
    assert_eq!(events[0].key, "https://example.org/shop/orders 1");
}

#[test]
fn the_order_of_a_source_is_kept_sorted_or_turned() {
    let folder = tempfile::tempdir().unwrap();
    let text = [line("a", 5), line("a", 3), line("b", 4), line("a", 9)].concat();
    let path = file(&folder, "a.jsonl", text);
    let seconds = |more: &str| -> Vec<String> {
        let events = all(&mut run(&plain(vec![path.clone()], more)));
        events
            .iter()
            .map(|e| format!("{}{}", e.event.aggregate.id, &e.event.occurred_at.to_string()[18..19]))
            .collect()
    };
    assert_eq!(seconds("order = \"source\"\n"), ["b4", "a5", "a3", "a9"]);
    assert_eq!(seconds("order = \"time\"\n"), ["a3", "b4", "a5", "a9"]);
    assert_eq!(seconds("order = \"reverse\"\n"), ["b4", "a9", "a3", "a5"]);
}

#[test]
fn containers_hold_the_same_records() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [line("a", 1), line("b", 2)].concat();
    let array = format!("[\n{},\n{}]", line("a", 1), line("b", 2));
    let csv = "\u{feff}id;at\r\na;2019-04-01T00:00:01Z\r\nb;2019-04-01T00:00:02Z\r\n";
    let files = [
        file(&folder, "plain.json", &lines),
        file(&folder, "array.json", &array),
        file(&folder, "two.json.gz", gzip(array.as_bytes())),
        file(&folder, "lines", gzip(lines.as_bytes())),
        file(&folder, "table.csv", csv),
        file(
            &folder,
            "one.zip",
            zip(&[("b.csv", b"id,at\nb,2019-04-01T00:00:02Z\n"), ("a.jsonl", line("a", 1).as_bytes())]),
        ),
        file(&folder, "packed.zip", zip(&[("x.json.gz", &gzip(lines.as_bytes()))])),
    ];
    for path in files {
        let events = all(&mut run(&plain(vec![path.clone()], "")));
        let ids: Vec<&str> = events.iter().map(|e| e.event.aggregate.id.as_str()).collect();
        assert_eq!(ids, ["a", "b"], "{}", path.display());
        assert!(events[0].key.ends_with(":1") && events[0].key.len() == 66);
    }
    let nested = file(&folder, "nested.json", format!("{{\"x\":[1],\"log\":{{\"list\":{array}}}}}"));
    for records in [".log.list[]", ".log | .list | .[]"] {
        let events = all(&mut run(&plain(vec![nested.clone()], &format!("records = '{records}'\n"))));
        assert_eq!(events.len(), 2, "{records}");
    }
}

fn open(folder: &tempfile::TempDir, name: &str) -> Open {
    Open { path: folder.path().join(name), branch: "main".into(), clock: Clock::System }
}

fn export(open: &Open) -> Vec<Event> {
    let mut events = Vec::new();
    let mut each = |event: &Event| {
        events.push(event.clone());
        Ok(())
    };
    Session::open(open).unwrap().each_event(&mut each).unwrap();
    events
}

#[test]
fn an_export_comes_back_with_its_hashes_and_only_where_it_fits() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to, other) = (open(&folder, "from.db"), open(&folder, "to.db"), open(&folder, "other.db"));
    let incidents = options(vec![sample("incidents.csv")], "servicenow");
    let trail = options(vec![sample("trail.json")], "cloudtrail");
    assert_eq!(import_into(&from, &incidents, &mut |_| true).unwrap().appended, 5);
    assert_eq!(import_into(&from, &trail, &mut |_| true).unwrap().appended, 3);
    assert_eq!(import_into(&from, &incidents, &mut |_| true).unwrap().appended, 0);
    let events = export(&from);
    let lines = |events: &[Event]| -> String {
        events.iter().map(|event| event.to_json() + "\n").collect::<Vec<String>>().concat()
    };
    let own = |name: &str, events: &[Event]| Options {
        files: vec![file(&folder, name, lines(events))],
        ..Options::default()
    };
    // First a part, then all of it: what is there already is skipped.
    assert_eq!(import_into(&to, &own("part.jsonl", &events[..3]), &mut |_| true).unwrap().appended, 3);
    assert_eq!(import_into(&to, &own("all.jsonl", &events), &mut |_| true).unwrap().appended, 5);
    assert_eq!(export(&to), events);
    // Elsewhere its first event has no parent to follow.
    import_into(&other, &trail, &mut |_| true).unwrap();
    let before = export(&other);
    let error = import_into(&other, &own("all.jsonl", &events), &mut |_| true).unwrap_err();
    assert!(error.message().contains("hash"), "{error}");
    assert_eq!(export(&other), before);
}

#[test]
fn an_import_can_be_stopped() {
    let error = stage(&options(vec![sample("incidents.csv")], "servicenow"), &Nothing, &mut |_| false);
    assert!(error.err().unwrap().message().contains("stopped"));
}

#[test]
fn a_mapping_says_how_lists_show_its_aggregates() {
    let views = Mapping::load("servicenow").unwrap().listed().to_vec();
    assert_eq!(views[0].kind, "Incident");
    assert_eq!(views[0].status.as_deref(), Some(".incident_state"));
    let headings: Vec<&str> = views[0].columns.iter().map(|(heading, _)| heading.as_str()).collect();
    assert_eq!(headings, ["caller", "priority", "assignment group", "assignee"]);
    for name in Mapping::builtin_names() {
        assert!(Mapping::load(name).is_ok(), "{name}");
    }
}
