//! Every format of input, mutilated and cut off: what was read is an event, was seen, was left out or is bad, and where it
//! is simple to count what stands in an input, no more and no less was read.

use std::io::{Read as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use backstory::import::{Mapping, Nothing, Options, Report, Rows, stage};
use serde_json::{Value, json};

use super::{Dice, mutilated, runs};
use crate::program::Place;

const MAP: &str = "[import]\ntype = '\"T\"'\nid = '.id // \"none\" | tostring'\nevent = '.e // \"x\" | tostring'\n\
                   at = '.at // \"unknown\"'\n";

/// Reads files, and sees that the numbers agree with each other and with what comes out.
fn read(files: Vec<PathBuf>, mapping: &str, rows: Option<Rows>) -> Result<Report, String> {
    let mapping = Some(Mapping::parse("map.toml", mapping).unwrap());
    let options = Options { files, mapping, rows, skip_bad: true, ..Options::default() };
    let mut staged = stage(&options, &Nothing, &mut |_| true).map_err(|error| error.to_string())?;
    let report = staged.report().clone();
    assert_eq!(report.records, report.events + report.seen + report.left_out + report.bad_count);
    let mut events = 0;
    loop {
        let batch = staged.next_batch(1000).unwrap();
        if batch.is_empty() {
            break;
        }
        events += batch.len() as u64;
    }
    assert_eq!(events, report.events);
    Ok(report)
}

/// Tries mutilated inputs; names those at which something did not hold.
fn tried(name: &str, input: &[u8], each: impl Fn(&[u8])) {
    let (mut dice, mut missed) = (Dice(name.bytes().map(u64::from).sum()), Vec::new());
    let many = runs(40);
    for run in 0..many {
        // The first one is whole.
        let input = if run == 0 { input.to_vec() } else { mutilated(&mut dice, input) };
        if catch_unwind(AssertUnwindSafe(|| each(&input))).is_err() {
            missed.push(String::from_utf8_lossy(&input).chars().take(600).collect::<String>());
        }
    }
    println!("{name}: {many} inputs, {} missed", missed.len());
    assert!(missed.is_empty(), "{name}: {missed:#?}");
}

/// The lines of a text that hold something; `None` where it is no text.
fn lines(input: &[u8]) -> Option<u64> {
    let binary = input.contains(&0) || input.starts_with(&[0xff]) || input.starts_with(&[0xfe]);
    let lines = input.split(|byte| matches!(byte, b'\n' | b'\r'));
    (!binary).then(|| lines.filter(|line| !line.trim_ascii().is_empty()).count() as u64)
}

fn records() -> Vec<Value> {
    let record = |n: usize| {
        json!({ "id": format!("r-{}", n % 4), "e": (["made", "sent"][n % 2]), "at": format!("2024-01-{:02}T00:00:00Z", n + 1),
                "data": { "n": n, "text": "ä \"quoted\" \\ 資料" } })
    };
    (0..12).map(record).collect()
}

fn jsonl() -> Vec<u8> {
    records().iter().map(|record| format!("{record}\n")).collect::<String>().into_bytes()
}

#[test]
fn lines_of_every_kind() {
    let place = Place::empty();
    let log: String = (1..12)
        .map(|n| format!("at=2024-01-{n:02}T00:00:00Z id=r-{} e=made text=\"a b \\\" c\" n={n}\n", n % 3))
        .collect();
    let sys: String = (1..12)
        .map(|n| {
            format!("<34>1 2024-01-{n:02}T00:00:00Z web{} sshd 7 - [u@1 name=\"an\\]n\"] in {n}\n", n % 3)
        })
        .collect();
    for (format, input) in [("jsonl", jsonl()), ("logfmt", log.into_bytes()), ("syslog", sys.into_bytes())] {
        let file = place.path(&format!("in.{format}"));
        tried(format, &input, |input| {
            std::fs::write(&file, input).unwrap();
            let report = read(vec![file.clone()], &format!("{MAP}format = \"{format}\"\n"), None).unwrap();
            if let Some(lines) = lines(input) {
                assert_eq!(report.records, lines, "{report:?}");
            }
        });
    }
}

#[test]
fn tables() {
    let place = Place::empty();
    for (name, comma) in [("in.csv", ","), ("in.tsv", "\t")] {
        let quoted: String = (1..12)
            .map(|n| {
                [
                    format!("r-{}", n % 3),
                    format!("2024-01-{n:02}T00:00:00Z"),
                    format!("\"a {comma}\"\"b\"\"\n\""),
                ]
            })
            .map(|row| row.join(comma) + "\n")
            .collect();
        let plain = quoted.replace(&format!(" {comma}"), "").replace(['"'], "").replace("\n\n", "\n");
        let file = place.path(name);
        for (kind, text) in [("quoted", quoted), ("plain", plain)] {
            let input = format!("id{comma}at{comma}text\n{text}");
            tried(&format!("{name} {kind}"), input.as_bytes(), |input| {
                std::fs::write(&file, input).unwrap();
                let report = read(vec![file.clone()], &format!("{MAP}format = \"csv\"\n"), None).unwrap();
                // A header that cannot be read is said of the whole file.
                if report.bad.iter().any(|bad| bad.line == 1 && bad.reason.starts_with("the header")) {
                    return assert_eq!(report.records, 1);
                }
                // What is in no quotes is a row a line, behind the header.
                if let Some(lines) = lines(input).filter(|_| !input.contains(&b'"')) {
                    assert_eq!(report.records, lines.saturating_sub(1), "{report:?}");
                }
            });
        }
    }
}

#[test]
fn documents() {
    let place = Place::empty();
    let file = place.path("in.json");
    let inside = json!({ "Records": records() }).to_string();
    let list = Value::from(records()).to_string();
    for (name, more, input) in [("list", "", list), ("inside", "records = '.Records[]'\n", inside)] {
        tried(name, input.as_bytes(), |input| {
            std::fs::write(&file, input).unwrap();
            let report = read(vec![file.clone()], &format!("{MAP}format = \"json\"\n{more}"), None).unwrap();
            match serde_json::from_slice::<Value>(input).map(|document| match more {
                "" => document,
                _ => document.get("Records").cloned().unwrap_or_default(),
            }) {
                Ok(Value::Array(records)) => assert_eq!(report.records, records.len() as u64, "{report:?}"),
                Ok(_) => {}
                // What is broken is said somewhere, unless it is only lenient JSON.
                Err(_) => assert!(report.bad_count > 0 || !report.notes.is_empty() || report.records > 0),
            }
        });
    }
}

fn zip(plain: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in ["a.jsonl", "b.jsonl"] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(plain).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(plain).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn compressed() {
    let place = Place::empty();
    let map = format!("{MAP}format = \"jsonl\"\n");
    let read = |name: &str, bytes: Vec<u8>| {
        std::fs::write(place.path(name), bytes).unwrap();
        read(vec![place.path(name)], &map, None).unwrap()
    };
    let zst = |plain: &[u8]| zstd::encode_all(plain, 1).unwrap();
    // What is inside is mutilated.
    tried("inside of .gz .zst .zip", &jsonl(), |plain| {
        let Some(lines) = lines(plain) else { return };
        assert_eq!(read("in.jsonl.gz", gzip(plain)).records, lines);
        assert_eq!(read("in.jsonl.zst", zst(plain)).records, lines);
        assert_eq!(read("in.zip", zip(plain)).records, 2 * lines);
    });
    // What is outside is: as much is read as can be unpacked, and what cannot be is said.
    let unpacked = |name: &str, bytes: &[u8]| {
        let mut plain = Vec::new();
        let read = match name {
            "in.jsonl.gz" => flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut plain).map(drop),
            _ => zstd::Decoder::new(bytes).and_then(|mut zst| zst.read_to_end(&mut plain)).map(drop),
        };
        read.ok().and_then(|()| lines(&plain))
    };
    for (name, magic, whole) in [
        ("in.jsonl.gz", &[0x1f, 0x8b][..], gzip(&jsonl())),
        ("in.jsonl.zst", &[0x28, 0xb5, 0x2f, 0xfd], zst(&jsonl())),
    ] {
        tried(name, &whole, |bytes| {
            let report = read(name, bytes.to_vec());
            match unpacked(name, bytes).filter(|_| bytes.starts_with(magic)) {
                Some(lines) => assert_eq!(report.records, lines, "{report:?}"),
                None => {
                    assert!(report.bad_count > 0 || bytes.is_empty() || lines(bytes).is_some(), "{report:?}");
                }
            }
        });
    }
    tried("in.zip", &zip(&jsonl()), |bytes| {
        let report = read("in.zip", bytes.to_vec());
        assert!(report.records == 24 || report.bad_count > 0 || bytes.is_empty(), "{report:?}");
    });
}

#[test]
fn databases() {
    let place = Place::empty();
    let path = place.path("whole.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    database.execute_batch("CREATE TABLE log (id TEXT, e TEXT, at TEXT, n)").unwrap();
    for record in records() {
        let text = |key: &str| record[key].as_str().unwrap().to_owned();
        database
            .execute(
                "INSERT INTO log VALUES (?1, ?2, ?3, ?4)",
                (text("id"), text("e"), text("at"), record["data"].to_string()),
            )
            .unwrap();
    }
    drop(database);
    let (file, whole) = (place.path("in.db"), std::fs::read(&path).unwrap());
    tried("sqlite", &whole, |bytes| {
        std::fs::write(&file, bytes).unwrap();
        // What SQLite refuses is an error of the whole; it says so, and nothing is appended.
        match read(vec![file.clone()], MAP, Some(Rows::Of("log".to_owned()))) {
            Ok(report) if bytes == whole => assert_eq!(report.records, 12),
            Ok(report) => assert!(report.records <= 12 || report.bad_count > 0, "{report:?}"),
            Err(said) => assert!(bytes != whole && said.len() > 10, "{said}"),
        }
    });
}

#[test]
fn versions_of_papertrail() {
    let place = Place::empty();
    let file = place.path("versions.jsonl");
    let yaml = "---\nid: 1\ntitle: 'one: two'\ndone: false\nat: !ruby/object:ActiveSupport::TimeWithZone\n  utc: 2024-01-01 \
                00:00:00.000000000 Z\ntags: !ruby/set\n  hash:\n    a: true\n\"\":\nprice: !ruby/object:BigDecimal 18:0.1e1\n";
    tried("papertrail", yaml.as_bytes(), |yaml| {
        let row = |n: usize, event: &str, object: Value| {
            json!({ "id": n, "item_type": "Task", "item_id": n % 2, "event": event, "object": object,
                    "created_at": format!("2024-01-{:02} 00:00:00", n + 1) })
            .to_string()
                + "\n"
        };
        let object = Value::from(String::from_utf8_lossy(yaml).into_owned());
        let rows: Vec<String> = (0..8)
            .map(|n| if n < 2 { row(n, "create", Value::Null) } else { row(n, "update", object.clone()) })
            .collect();
        std::fs::write(&file, rows.concat()).unwrap();
        let report = read(vec![file.clone()], Mapping::builtin_text("papertrail").unwrap(), None).unwrap();
        assert_eq!(report.records, 8, "{report:?}");
    });
}

#[test]
fn folders() {
    let place = Place::empty();
    let folder = place.path("logs");
    std::fs::create_dir(&folder).unwrap();
    tried("folder", &jsonl(), |input| {
        let files = [("a.jsonl", input.to_vec()), ("b.jsonl.gz", gzip(input)), ("c.jsonl", jsonl())];
        for (name, bytes) in files {
            std::fs::write(folder.join(name), bytes).unwrap();
        }
        let report = read(vec![folder.clone()], &format!("{MAP}format = \"jsonl\"\n"), None).unwrap();
        assert_eq!(report.read.len(), 3);
        if let Some(lines) = lines(input) {
            assert_eq!((report.records, report.aside.len()), (2 * lines + 12, 0), "{report:?}");
        } else {
            assert!(report.records >= 12);
        }
    });
}
