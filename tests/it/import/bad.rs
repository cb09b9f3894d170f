//! Bad records, broken files and mistakes in a mapping are named, and nothing else is lost.

use backstory::import::{Becomes, Mapping, Nothing, stage};

use super::{PLAIN, all, file, gzip, line, plain, run, zip};

#[test]
fn bad_records_are_named_and_nothing_else_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let deep = format!(
        "{{\"id\":\"d\",\"at\":\"2019-04-01T00:00:00Z\",\"x\":{}1{}}}\n",
        "[".repeat(5000),
        "]".repeat(5000)
    );
    let mut bytes = line("a", 1).into_bytes();
    bytes.extend(b"{\"id\":\"\xff\"}\n\n{\"id\":\n");
    bytes.extend(deep.as_bytes());
    bytes.extend(b"{\"id\":\"n\",\"at\":\"2019-04-01T00:00:00Z\",\"n\":123456789012345678901234567890}\n");
    bytes.extend(b"{\"id\":\"t\",\"at\":\"yesterday\"}\n{\"at\":\"2019-04-01T00:00:00Z\"}\n[1]\n");
    bytes.extend(line("z", 2).as_bytes());
    let path = file(&folder, "bad.jsonl", bytes);
    let mut options = plain(vec![path], "");
    let error = stage(&options, &Nothing, &mut |_| true).err().unwrap();
    assert!(error.message().starts_with("6 records are bad, so nothing was imported:"), "{error}");
    assert!(error.message().contains("bad.jsonl:2: it is not UTF-8: byte 8 of the line"), "{error}");
    options.skip_bad = true;
    let mut staged = run(&options);
    let lines: Vec<u64> = staged.report().bad.iter().map(|bad| bad.line).collect();
    assert_eq!(lines, [2, 4, 5, 7, 8, 9]);
    assert_eq!((staged.report().records, staged.report().events), (9, 3));
    assert_eq!(all(&mut staged).len(), 3);
    options.try_first = Some(3);
    let tried = run(&options);
    let becomes: Vec<&Becomes> = tried.preview().iter().map(|preview| &preview.becomes).collect();
    assert!(matches!(becomes[..], [Becomes::Event(_), Becomes::Bad(_), Becomes::Bad(_)]), "{becomes:?}");
}

#[test]
fn broken_files_are_bad_records_too() {
    let folder = tempfile::tempdir().unwrap();
    let many = (0..30_000).map(|n| line(&(n * 7919).to_string(), n % 60)).collect::<Vec<String>>().concat();
    let gz = gzip(many.as_bytes());
    let cases = [
        (file(&folder, "cut.jsonl.gz", &gz[..gz.len() / 2]), "breaks off"),
        (file(&folder, "cut.json", format!("[{}, {{\"id\":", line("a", 1))), "in the middle of a record"),
        (file(&folder, "cut.zip", &zip(&[("a.jsonl", many.as_bytes())])[..2000]), "archive"),
        (file(&folder, "empty.json", ""), "empty"),
        (file(&folder, "wide.csv", "id,at\na,b,c\n"), "3 fields, the header has 2"),
        (file(&folder, "half.csv", b"\xff\xfei\0d\0,\0a\0t\0\n\0x\0,\0y"), "is not UTF-16LE"),
    ];
    for (path, reason) in cases {
        let mut options = plain(vec![path.clone()], "");
        options.skip_bad = true;
        let staged = run(&options);
        let bad = &staged.report().bad;
        assert_eq!(bad.len(), 1, "{}: {bad:?}", path.display());
        assert!(bad[0].reason.contains(reason), "{}: {}", path.display(), bad[0].reason);
    }
    let missing = stage(&plain(vec![folder.path().join("none")], ""), &Nothing, &mut |_| true).err().unwrap();
    assert!(missing.message().contains("none cannot be read"), "{missing}");
}

#[test]
fn large_fields_and_odd_letters_come_through() {
    let folder = tempfile::tempdir().unwrap();
    let large = "x".repeat(10 << 20);
    let id = "i".repeat(10_000);
    let text = format!(
        "{{\"id\":\"{id}\",\"at\":\"2019-04-01T00:00:00Z\",\"big\":\"{large}\",\"odd\":\"\\u0000\\u001b[31m日本\"}}\n"
    );
    let events = all(&mut run(&plain(vec![file(&folder, "large.jsonl", &text)], "")));
    assert_eq!(events[0].event.aggregate.id.len(), 10_000);
    assert_eq!(events[0].event.data, text.trim_end());
    let huge = format!("{{\"id\":\"{}\",\"at\":\"2019-04-01T00:00:00Z\"}}\n", "i".repeat(70_000));
    let error =
        stage(&plain(vec![file(&folder, "huge.jsonl", huge)], ""), &Nothing, &mut |_| true).err().unwrap();
    assert!(error.message().contains("70000 bytes"), "{error}");
}

#[test]
fn a_key_with_other_content_is_bad_and_with_the_same_is_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let text = [line("a", 1), line("a", 1), line("a", 2)].concat();
    let mut options = plain(vec![file(&folder, "a.jsonl", text)], "key = '.id'\n");
    options.skip_bad = true;
    let staged = run(&options);
    let report = staged.report();
    assert_eq!((report.events, report.seen, report.bad_count), (1, 1, 1));
    assert!(report.bad[0].reason.contains("a record before it has the key a too"));
}

#[test]
fn mistakes_in_a_mapping_are_placed() {
    let mistake = |text: &str| Mapping::parse("m.toml", text).err().unwrap().message().to_owned();
    let with = |more: &str| mistake(&format!("{PLAIN}{more}"));
    assert!(
        with("actor = '.a | nope'\n").starts_with("m.toml:6:15: in `actor`: "),
        "{}",
        with("actor = '.a | nope'\n")
    );
    assert!(
        with("order = \"random\"\n").contains("m.toml:6:9: `order` is \"source\""),
        "{}",
        with("order = \"random\"\n")
    );
    assert!(with("colour = 1\n").contains("m.toml:6:1: unknown field `colour`"), "{}", with("colour = 1\n"));
    // Only those that come with the program are looked for by what a log holds.
    assert!(with("recognise = '.a'\n").contains("unknown field `recognise`"));
    assert!(with("reason = '$previous.a'\n").contains("snapshots"), "{}", with("reason = '$previous.a'\n"));
    let late = with("mode = \"snapshots\"\nkey = '$changed[0]'\n");
    assert!(late.starts_with("m.toml:7:8: ") && late.contains("event, actor"), "{late}");
    let defined = with("define = '''\ndef a: .b;\ndef c: .d |;\n'''\n");
    assert!(defined.starts_with("m.toml:8:"), "{defined}");
    assert!(
        mistake("[import]\ntype = '.a'\n").contains("missing field"),
        "{}",
        mistake("[import]\ntype = '.a'\n")
    );
    assert!(with("at_format = \"%Q\"\n").contains("at_format"));
    let list = with("[import.list.T]\nstatus = '.a['\n");
    assert!(list.starts_with("m.toml:7:"), "{list}");
}
