//! What people have: folders, patterns, compressed files, tables of databases, lines of text; and what is no log.

use std::io::Write as _;

use crate::program::Place;
use flate2::write::GzEncoder;

const TABLE: &str = "[import]\ntype = '\"T\"'\nid = '.id'\nevent = '.e // \"x\"'\nat = '.at'\n";

fn gzip(text: &str) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    gzip.finish().unwrap()
}

fn trail(id: &str) -> String {
    format!(
        r#"{{"eventID":"{id}","eventTime":"2023-07-10T11:47:39Z","eventSource":"s3.amazonaws.com","eventName":"PutObject","userIdentity":{{"userName":"ann"}},"requestParameters":{{"bucketName":"logs"}}}}"#
    )
}

#[test]
fn a_trail_is_read_as_it_lies_in_its_bucket() {
    let place = Place::empty();
    let day = "AWSLogs/1/CloudTrail/eu-central-1/2023/07/10";
    let digests = "AWSLogs/1/CloudTrail-Digest/eu-central-1";
    std::fs::create_dir_all(place.path(day)).unwrap();
    std::fs::create_dir_all(place.path(digests)).unwrap();
    place
        .file(&format!("{day}/a.json.gz"), gzip(&format!("{{\"Records\":[{},{}]}}", trail("1"), trail("2"))));
    place.file(&format!("{day}/b.json.gz"), gzip("{\"Records\":null}"));
    place
        .file(&format!("{digests}/d.json.gz"), gzip(r#"{"awsAccountId":"1","logFiles":[{"s3Bucket":"b"}]}"#));
    place.file("AWSLogs/picture.json", b"\x89PNG\r\n\x1a\n");
    place.file("AWSLogs/README.md", "# What this is\n");
    place.file("AWSLogs/README", "What this is, again\n");
    place.file("AWSLogs/notes", "What this is\n");
    let report = place.one(&["import", "AWSLogs", "--map", "cloudtrail"]);
    assert_eq!((&report["records"], &report["appended"], &report["bad"]), (&2.into(), &2.into(), &0.into()));
    let aside: Vec<_> = report["files_left_aside"].as_array().unwrap().iter().collect();
    assert_eq!(aside.len(), 5, "{aside:?}");
    assert!(aside[0]["reason"].as_str().unwrap().contains("there is no Records and no Events"), "{aside:?}");
    assert!(aside[3]["reason"].as_str().unwrap().contains("it is not JSON"), "{aside:?}");
    assert!(aside[4]["reason"].as_str().unwrap().contains("a picture"), "{aside:?}");
    // A pattern that the shell left as it is; what has been read is not read again.
    let said = place.ok(&["import", "AWSLogs/**/*.json*", "--map", "cloudtrail"]);
    assert!(said.contains("2 records: 0 events appended, 2 seen before"), "{said}");
    assert!(said.contains("2 files are no logs and were left aside."), "{said}");
    // One that is asked for by its name is no log either, and that is a mistake.
    let asked = place.run(&["import", &format!("{digests}/d.json.gz"), "--map", "cloudtrail"]);
    assert!(asked.code != 0 && asked.err.contains("there is no Records and no Events"), "{asked:?}");
    assert!(
        place.run(&["import", "none*.json", "--map", "cloudtrail"]).err.contains("no file fits none*.json")
    );
    let event = serde_json::Value::from(trail("3"));
    place.file(
        "lookup.json",
        format!(
            "{{\"Events\": [{{\"EventId\": \"3\", \"CloudTrailEvent\": {event}}}], \"NextToken\": \"x\"}}"
        ),
    );
    let said = place.ok(&["import", "lookup.json", "--map", "cloudtrail"]);
    assert!(said.contains("1 record: 1 event appended"), "{said}");
}

#[test]
fn compressed_and_plain_lines_of_every_kind_are_read() {
    let place = Place::empty();
    place.file("t.toml", TABLE);
    let zst = zstd::encode_all(&b"{\"id\":\"z\",\"at\":\"2024-01-01T00:00:00Z\"}\n"[..], 1).unwrap();
    // Two frames, one behind the other, are one stream.
    let second = zstd::encode_all(&b"{\"id\":\"y\",\"at\":\"2024-01-01T00:00:00Z\"}\n"[..], 1).unwrap();
    place.file("a.jsonl.zst", [zst, second].concat());
    place.file("b.tsv", "id\tat\te\na,b\t2024-01-01T00:00:01Z\tx\n");
    place
        .file("c.log", "at=2024-01-01T00:00:02Z id=c e=\"it, is\"\nat=2024-01-01T00:00:03Z id=c broken=\"\n");
    let ran = place.one(&["import", "a.jsonl.zst", "b.tsv", "c.log", "--map", "t.toml", "--skip-bad"]);
    assert_eq!((&ran["records"], &ran["appended"], &ran["bad"]), (&5.into(), &4.into(), &1.into()), "{ran}");
    assert!(ran["bad_records"][0]["reason"].as_str().unwrap().contains("the quote of broken is not closed"));
    place.file("s.toml", "[import]\ntype = '\"Host\"'\nid = '.host'\nevent = '.app'\nat = '.at'\nactor = '.data.\"u@1\".name'\n");
    place.file(
        "s.log",
        "<34>1 2024-01-01T00:00:00Z web1 sshd 7 - [u@1 name=\"ann\"] in\n<34>Oct 11 22:14:15 web1 old\n",
    );
    let ran = place.one(&["import", "s.log", "--map", "s.toml", "--skip-bad"]);
    assert_eq!((&ran["appended"], &ran["bad"]), (&1.into(), &1.into()), "{ran}");
    assert!(place.ok(&["log", "Host/web1"]).contains("ann"));
}

#[test]
fn tables_and_queries_of_a_database_are_read_and_nothing_is_written() {
    let place = Place::empty();
    place.file("t.toml", TABLE);
    let database = rusqlite::Connection::open(place.path("app.db")).unwrap();
    database
        .execute_batch(
            "CREATE TABLE audit (id TEXT, at TEXT, e TEXT, n INTEGER);
             INSERT INTO audit VALUES ('a', '2024-01-01T00:00:00Z', 'made', 1), ('b', '2024-01-01T00:00:01Z', NULL, 2);
             CREATE TABLE other (x);",
        )
        .unwrap();
    drop(database);
    let before = std::fs::read(place.path("app.db")).unwrap();
    let said = place.ok(&["import", "app.db", "--table", "audit", "--map", "t.toml"]);
    assert!(said.contains("2 records: 2 events appended"), "{said}");
    let sql = "SELECT id || '!' AS id, at FROM audit WHERE n > 1;";
    let said = place.ok(&["import", "app.db", "--query", sql, "--map", "t.toml"]);
    assert!(said.contains("1 record: 1 event appended"), "{said}");
    assert!(place.ok(&["aggregates"]).contains("b!"));
    for (args, why) in [
        (&["--table", "nope"][..], "has no table nope"),
        (&["--query", "DROP TABLE audit"], "does not answer the query"),
        (&["--query", "SELECT 1) ; DELETE FROM audit; --"], "does not answer the query"),
        (&[], "--table NAME says which table is read, of audit, other"),
    ] {
        let ran = place.run(&[&["import", "app.db", "--map", "t.toml"], args].concat());
        assert!(ran.code != 0 && ran.err.contains(why), "{ran:?}");
    }
    let ran = place.run(&["import", "t.toml", "--table", "audit", "--map", "t.toml"]);
    assert!(ran.err.contains("is no SQLite database"), "{ran:?}");
    assert_eq!(std::fs::read(place.path("app.db")).unwrap(), before);
}

#[test]
fn what_cannot_be_read_is_named_with_the_way_round() {
    let place = Place::empty();
    place.file("t.toml", TABLE);
    for (name, bytes, why) in [
        (
            "a.parquet",
            &b"PAR1\x15\x04"[..],
            "it is Parquet, which is not read here: duckdb -json -c \"SELECT * FROM 'a.parquet'\" > rows.json",
        ),
        ("a.avro", b"Obj\x01\x04", "avro-tools tojson a.avro"),
        ("a.evtx", b"ElfFile\0\0", "evtx_dump -o jsonl a.evtx"),
        ("a.xml", b"\n<?xml version=\"1.0\"?><a/>", "it is XML"),
        ("a.pcap", b"\xd4\xc3\xb2\xa1\x02\0", "a packet capture"),
        ("a.xz", b"\xfd7zXZ\0\0", "xz -dc a.xz | backstory import -"),
        ("a.bin", b"ab\0\0", "it is no text, not a log"),
    ] {
        place.file(name, bytes);
        let ran = place.run(&["import", name, "--map", "t.toml"]);
        assert!(ran.code != 0 && ran.err.contains(why), "{name}: {ran:?}");
    }
}
