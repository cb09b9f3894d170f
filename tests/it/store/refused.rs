//! What is no store, no whole one, a newer one, or one that may not be written to, is refused with a sentence.

use std::fs;

use rusqlite::Connection;

use super::small;
use crate::program::Place;

#[test]
fn a_newer_store_is_refused_and_left_alone() {
    let place = small();
    place.sql().pragma_update(None, "user_version", 99).unwrap();
    let before = fs::read(place.store()).unwrap();
    for verb in [&["aggregates"][..], &["verify"], &["fire", "Task/1", "complete"]] {
        let said = place.refused(1, verb);
        assert!(said.contains("was written by a newer backstory") && said.contains("99"), "{said}");
    }
    assert_eq!(fs::read(place.store()).unwrap(), before);
}

#[test]
fn what_is_no_store_is_refused_with_a_sentence() {
    let place = Place::empty();
    place.file("notes.txt", "this is a text file, and a fairly long one\n");
    place.file("empty.db", "");
    fs::create_dir(place.path("folder")).unwrap();
    Connection::open(place.path("foreign.db"))
        .unwrap()
        .execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
        .unwrap();
    for (name, code, sentence) in [
        ("notes.txt", 1, "is not a backstory store"),
        ("empty.db", 1, "is not a backstory store"),
        ("folder", 1, "is a folder, not a store"),
        ("foreign.db", 1, "This SQLite file is not a backstory store"),
        ("nothing.db", 1, "There is no store at nothing.db"),
    ] {
        for verb in [&["aggregates"][..], &["verify"], &["fire", "Task/1", "complete"], &["log"]] {
            let mut args = vec!["-s", name];
            args.extend(verb);
            let said = place.refused(code, &args);
            assert!(said.contains(sentence), "{name}: {said}");
            assert!(said.contains("hint: ") || name == "folder", "{name}: {said}");
        }
    }
    assert!(!place.path("nothing.db").exists());
    assert_eq!(fs::read(place.path("empty.db")).unwrap(), b"");
}

#[test]
fn a_truncated_store_is_refused_with_a_sentence() {
    let place = Place::demo();
    let whole = fs::read(place.store()).unwrap();
    for part in [100, 4096, 10_000, whole.len() / 2, whole.len() - 4096] {
        let name = format!("cut{part}.db");
        fs::write(place.path(&name), &whole[..part]).unwrap();
        for verb in [&["verify"][..], &["aggregates", "--limit", "1000"], &["log"]] {
            let mut args = vec!["-s", &name];
            args.extend(verb);
            let ran = place.run(&args);
            assert!(!ran.err.contains("panicked") && ran.code != 101, "{args:?}: {}", ran.err);
            if verb[0] == "verify" {
                assert!(matches!(ran.code, 1 | 4), "{args:?} ended with {}: {}", ran.code, ran.err);
                assert!(ran.err.starts_with("backstory: "), "{}", ran.err);
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn a_read_only_store_is_read_and_refuses_to_be_written() {
    use std::os::unix::fs::PermissionsExt;
    let place = small();
    let folder = place.path("");
    let mode =
        |path: &std::path::Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let before = fs::read(place.store()).unwrap();
    mode(&place.store(), 0o444);
    mode(&folder, 0o555);
    let root = fs::File::create(place.path("probe")).is_ok();
    let list = place.json(&["aggregates"]);
    let fire = place.run(&["fire", "Task/1", "complete"]);
    mode(&folder, 0o755);
    assert_eq!(list.len(), 3);
    if root {
        eprintln!("skipped in part: root may write anywhere, so a read-only folder means nothing");
        return;
    }
    assert_eq!(fire.code, 1);
    assert!(fire.err.contains("can only be read"), "{}", fire.err);
    assert_eq!(fs::read(place.store()).unwrap(), before);
}
