//! Whoever changes a store's tables past the program is found: each column of each table altered, rows exchanged,
//! removed and added. The list is made from the schema, so that a new column is in it by itself.

use crate::program::Place;
use rusqlite::Connection;
use rusqlite::types::Value;

const DOMAIN: &str = r#"
[[reactor]]
name = "load"
on = ["Order/*"]
append = { file = "warehouse", row = '{type: $event.type}' }

[projection.items]
on = ["Ordered"]
key = '.item'
fold = '.orders = (.orders // 0) + 1'
"#;

/// What may be altered and is not found, and why that is right.
const HARMLESS: &[(&str, &str)] = &[
    // A row number that nothing shows and nothing names.
    ("heads", "id"),
];

/// A row that may be added and is not found: nobody reads the list of a generation that is not shown, and the next
/// idle moment drops it.
const UNREAD: &[(&str, &str)] = &[("heads", "generation"), ("places", "generation")];

/// A store in which every table has rows.
fn store() -> Place {
    let place = Place::empty();
    place.file("shop.toml", format!("{}{DOMAIN}", include_str!("../data/shop.toml")));
    place.ok(&["init", "--domain", "shop.toml"]);
    place.ok(&["fire", "Order", "order", "item=book"]);
    place.ok(&["fire", "Order", "order", "item=pen"]);
    place.ok(&["branch", "what-if"]);
    place.ok(&["-b", "what-if", "fire", "Order/1", "pay"]);
    place.ok(&["cherry-pick", "what-if:Order/1", "--onto", "main"]);
    place.ok(&["waypoint", "here", "Order/1@1"]);
    place.ok(&["waypoint", "there", "Order/2@1"]);
    place.ok(&["note", "Order/1@1", "here it is"]);
    place.ok(&["note", "Order/2", "there it is"]);
    let line = |id: &str, cause: &str| {
        format!(
            "{{\"aggregate\":\"Order/{id}\",\"type\":\"Ordered\",\"data\":{{\"item\":\"cup\"}},\
             \"meta\":{{\"causation_id\":\"{cause}\",\"correlation_id\":\"c{id}\"}},\
             \"occurred_at\":\"2019-04-01T00:00:00Z\"}}\n"
        )
    };
    place.file("more.jsonl", line("7", "a") + &line("8", "b"));
    place.ok(&["import", "more.jsonl"]);
    place.ok(&["work", "--once", "--consent"]);
    place.ok(&["replay"]);
    place.ok(&["verify", "--all"]);
    place
}

struct Tamper {
    what: String,
    statement: String,
}

fn columns(sql: &Connection, table: &str) -> Vec<(String, String)> {
    let mut info = sql.prepare(&format!("PRAGMA table_info(\"{table}\")")).unwrap();
    let rows = info.query_map([], |row| Ok((row.get(1)?, row.get(2)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Which row of a table, by its place.
fn nth(sql: &Connection, table: &str, columns: &[(String, String)], at: usize) -> Option<String> {
    let mut rows = sql.prepare(&format!("SELECT * FROM \"{table}\" LIMIT 1 OFFSET {at}")).unwrap();
    let mut rows = rows.query([]).unwrap();
    let row = rows.next().unwrap()?;
    let parts = columns.iter().enumerate().map(|(i, (name, _))| match row.get::<_, Value>(i).unwrap() {
        Value::Null => format!("\"{name}\" IS NULL"),
        Value::Integer(whole) => format!("\"{name}\" = {whole}"),
        Value::Text(text) => format!("\"{name}\" = '{}'", text.replace('\'', "''")),
        Value::Blob(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("\"{name}\" = x'{digits}'")
        }
        Value::Real(real) => format!("\"{name}\" = {real}"),
    });
    Some(parts.collect::<Vec<_>>().join(" AND "))
}

fn other(kind: &str, column: &str) -> String {
    match kind {
        "INTEGER" => format!("ifnull(\"{column}\", 0) + 1"),
        "BLOB" => format!("iif(\"{column}\" = zeroblob(32), x'11', zeroblob(32))"),
        _ => format!("ifnull(\"{column}\", '') || 'x'"),
    }
}

fn cases(sql: &Connection) -> Vec<Tamper> {
    let tables =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let mut tables = sql.prepare(tables).unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut cases = Vec::new();
    for table in &tables {
        let columns = columns(sql, table);
        let (first, second) = (nth(sql, table, &columns, 0), nth(sql, table, &columns, 1));
        let names = columns.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let mut add = |what: String, statement: String| cases.push(Tamper { what, statement });
        for (column, kind) in &columns {
            if HARMLESS.contains(&(table, column)) {
                continue;
            }
            let Some(first) = &first else { continue };
            let set = format!("UPDATE \"{table}\" SET \"{column}\" =");
            add(format!("{table}.{column} altered"), format!("{set} {} WHERE {first}", other(kind, column)));
            add(
                format!("{table}.{column} removed"),
                format!("{set} NULL WHERE \"{column}\" IS NOT NULL AND {first}"),
            );
            if let Some(second) = &second {
                let of = |row: &str| format!("(SELECT \"{column}\" FROM \"{table}\" WHERE {row})");
                add(
                    format!("{table}.{column} exchanged"),
                    format!(
                        "CREATE TEMP TABLE kept AS SELECT {} AS a, {} AS b; \
                         UPDATE \"{table}\" SET \"{column}\" = iif({first}, (SELECT b FROM kept), (SELECT a FROM kept)) \
                         WHERE (({first}) OR ({second})) AND (SELECT a IS NOT b FROM kept)",
                        of(first),
                        of(second)
                    ),
                );
            }
            if UNREAD.contains(&(table, column)) {
                continue;
            }
            // Another row beside the first, which differs from it where it must.
            let values = columns.iter().map(|(name, kind)| {
                let keyed = name == column || matches!(kind.as_str(), "INTEGER") && name == "id";
                if keyed { other(kind, name).replace("+ 1", "+ 1000") } else { format!("\"{name}\"") }
            });
            add(
                format!("a row added to {table} like the first, with another {column}"),
                format!(
                    "INSERT INTO \"{table}\" ({names}) SELECT {} FROM \"{table}\" WHERE {first}",
                    values.collect::<Vec<_>>().join(", ")
                ),
            );
        }
        for (which, row) in [("first", first), ("second", second)] {
            if let Some(row) = row {
                add(
                    format!("the {which} row of {table} removed"),
                    format!("DELETE FROM \"{table}\" WHERE {row}"),
                );
            }
        }
        add(format!("all rows of {table} removed"), format!("DELETE FROM \"{table}\""));
    }
    cases
}

/// Does it as somebody does who takes the triggers away and puts them back; `false` where the table does not allow it
/// or nothing changes.
pub fn tamper(sql: &Connection, statement: &str) -> bool {
    let mut triggers = sql.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").unwrap();
    let triggers: Vec<(String, String)> =
        triggers.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    for (name, _) in &triggers {
        sql.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    let before = sql.total_changes();
    let done = sql.execute_batch(statement).is_ok() && sql.total_changes() > before;
    for (_, statement) in &triggers {
        sql.execute_batch(statement).unwrap();
    }
    done
}

#[test]
fn every_alteration_of_a_table_is_found() {
    let pristine = store();
    pristine.ok(&["backup", "copy.db"]);
    let copy = pristine.path("copy.db");
    let cases = cases(&Connection::open(&copy).unwrap());
    let place = Place::empty();
    let (mut tried, mut missed) = (0, Vec::new());
    for case in &cases {
        std::fs::copy(&copy, place.store()).unwrap();
        let sql = place.sql();
        let done = tamper(&sql, &case.statement);
        drop(sql);
        if !done {
            continue;
        }
        tried += 1;
        let ran = place.run(&["verify", "--all"]);
        assert!(!ran.err.contains("panicked"), "{}: {}", case.what, ran.err);
        if ran.code == 0 {
            missed.push(case.what.clone());
        }
    }
    println!("{} alterations of {} tried, {} not found", tried, cases.len(), missed.len());
    assert!(missed.is_empty(), "not found:\n{}", missed.join("\n"));
    assert!(tried > 250, "{tried} could be tried");
}

#[test]
fn a_log_that_was_made_anew_is_found_by_who_saw_the_other() {
    let place = store();
    let head = place.one(&["verify"])["head"].as_str().unwrap().to_owned();
    place.ok(&["verify", "--expect", &head]);
    place.ok(&["verify", "--all", "--expect", &format!("{head}@6")]);
    let said = place.refused(4, &["verify", "--expect", &format!("{head}@5")]);
    assert!(said.contains("another history"), "{said}");
    // Sealed, by a key that this user has.
    let said = place.refused(1, &["seal"]);
    assert!(said.contains("seal --init"), "{said}");
    let key = place.ok(&["seal", "--init"]);
    assert!(key.starts_with("ssh-ed25519 "), "{key}");
    place.refused(1, &["seal", "--init"]);
    place.file("seal.json", place.ok(&["seal"]));
    let said = place.ok(&["verify", "--seal", "seal.json"]);
    assert!(said.contains("SHA256:") && said.contains("5 events, up to #6"), "{said}");
    place.ok(&["fire", "Order", "order", "item=hat"]);
    place.ok(&["verify", "--seal", "seal.json"]);
    // The same with one word exchanged, every hash recomputed.
    let export = place.ok(&["export"]);
    let lines = export.lines().map(|line| {
        let mut event: serde_json::Value = serde_json::from_str(&line.replace("pen", "pencil")).unwrap();
        event.as_object_mut().unwrap().retain(|name, _| !matches!(name.as_str(), "hash" | "parent"));
        event.to_string() + "\n"
    });
    let forged = Place::empty();
    forged.file("log.jsonl", lines.collect::<String>());
    forged.ok(&["import", "log.jsonl"]);
    forged.ok(&["verify", "--all"]);
    forged.file("seal.json", std::fs::read(place.path("seal.json")).unwrap());
    // Whose key it is must be known: here by a file.
    forged.refused(1, &["verify", "--seal", "seal.json"]);
    forged.file("signer.pub", &key);
    let said = forged.refused(4, &["verify", "--seal", "seal.json", "--signer", "signer.pub"]);
    assert!(said.contains("another history"), "{said}");
    // A seal that was changed is none.
    let text = std::fs::read_to_string(place.path("seal.json")).unwrap();
    place.file("changed.json", text.replace("\"count\":5", "\"count\":4"));
    place.refused(4, &["verify", "--seal", "changed.json"]);
    for wrong in ["", "{}", "null", "{\"tip\":1}"] {
        place.file("wrong.json", wrong);
        let said = place.refused(1, &["verify", "--seal", "wrong.json"]);
        assert!(said.contains("is no seal"), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn a_seal_s_key_is_its_owner_s_alone_and_openssh_checks_its_signature() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = store();
    let key = place.ok(&["seal", "--init"]);
    let mode = std::fs::metadata(place.path("config/seal_key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let seal: serde_json::Value = serde_json::from_str(&place.ok(&["seal"])).unwrap();
    let Ok(mut check) = std::process::Command::new("ssh-keygen")
        .args(["-Y", "verify", "-f", "signers", "-I", "auditor", "-n", "backstory-seal", "-s", "seal.sig"])
        .current_dir(place.path("."))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
    else {
        println!("skipped: there is no ssh-keygen here");
        return;
    };
    place.file("signers", format!("auditor {key}"));
    place.file("seal.sig", seal["signature"].as_str().unwrap());
    let mut line = seal.clone();
    line.as_object_mut().unwrap().remove("signature");
    std::io::Write::write_all(&mut check.stdin.take().unwrap(), format!("{line}\n").as_bytes()).unwrap();
    assert!(check.wait().unwrap().success());
}
