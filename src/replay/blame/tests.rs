use super::*;

/// The states of a history, the empty one first.
fn states(history: &[&str]) -> Vec<State> {
    std::iter::once("{}").chain(history.iter().copied()).map(|text| State::from_json(text).unwrap()).collect()
}

fn blamed(history: &[&str]) -> Vec<(String, Version)> {
    let states = states(history);
    let mut blame = Blame::default();
    for (version, pair) in (1..).zip(states.windows(2)) {
        blame.step(&pair[1], &version);
    }
    let fields = blame.fields(0, usize::MAX).unwrap();
    fields.into_iter().map(|field| (field.path, field.version)).collect()
}

fn writers(history: &[&str], path: &str) -> Vec<(Version, String, Op)> {
    let states = states(history);
    let mut trail = Trail::parse(path);
    let mut found = Vec::new();
    for (version, pair) in (1..).zip(states.windows(2)).collect::<Vec<_>>().into_iter().rev() {
        if let Some(change) = trail.step_back(&pair[0], &pair[1]).unwrap() {
            found.push((version, change.path, change.op));
        }
        if trail.has_ended() {
            break;
        }
    }
    found
}

fn is(expected: &[(&str, Version)]) -> Vec<(String, Version)> {
    expected.iter().map(|(path, version)| ((*path).to_owned(), *version)).collect()
}

#[test]
fn each_field_names_the_version_that_last_changed_it() {
    let history = [
        r#"{"a":1,"b":{"c":1,"d":1}}"#,
        r#"{"a":1,"b":{"c":2,"d":1},"e":[]}"#,
        r#"{"e":[],"a":1,"b":{"c":2}}"#,
    ];
    assert_eq!(blamed(&history), is(&[("/e", 2), ("/a", 1), ("/b/c", 2)]));
    // 1.0 is written otherwise than 1, and what comes back is new.
    assert_eq!(
        blamed(&[r#"{"a":1,"b":1}"#, r#"{"a":1.0}"#, r#"{"a":1.0,"b":1}"#]),
        is(&[("/a", 2), ("/b", 3)])
    );
    assert_eq!(blamed(&[r#"{"a":1}"#, "null", r#"{"a":1}"#]), is(&[("/a", 3)]));
    assert_eq!(
        blamed(&[r#"{"a":{"x":1}}"#, r#"{"a":{}}"#, r#"{"a":{}, "b/c": {"~":0}}"#]),
        is(&[("/a", 2), ("/b~1c/~0", 3)])
    );
}

#[test]
fn items_of_arrays_keep_their_writers_when_they_move() {
    let history = [
        r#"{"l":[{"id":"a","n":1},{"id":"b","n":1}]}"#,
        r#"{"l":[{"id":"z","n":1},{"id":"a","n":1},{"id":"b","n":2}]}"#,
        r#"{"l":[{"id":"z","n":1},{"id":"b","n":2}]}"#,
    ];
    assert_eq!(blamed(&history), is(&[("/l/0/id", 2), ("/l/0/n", 2), ("/l/1/id", 1), ("/l/1/n", 2)]));
    let seen = writers(&history, "l.1.n");
    assert_eq!(seen, [(2, "/l/2/n".to_owned(), Op::Replace), (1, "/l/1/n".to_owned(), Op::Add)]);
    assert_eq!(writers(&history, "/l/0/n"), [(2, "/l/0/n".to_owned(), Op::Add)]);
    assert_eq!(
        blamed(&[r#"{"t":["a","b"]}"#, r#"{"t":["x","a","b"]}"#]),
        is(&[("/t/0", 2), ("/t/1", 1), ("/t/2", 1)])
    );
}

#[test]
fn a_removal_is_a_write_of_its_path() {
    let history = [r#"{"a":1}"#, r#"{"a":2}"#, "{}", r#"{"b":1}"#, r#"{"a":3,"b":1}"#];
    let ops: Vec<_> = writers(&history, ".a").into_iter().map(|(version, _, op)| (version, op)).collect();
    assert_eq!(ops, [(5, Op::Add), (3, Op::Remove), (2, Op::Replace), (1, Op::Add)]);
    assert!(writers(&history, "c.d").is_empty());
    let order = [r#"{"a":{"x":1,"y":2}}"#, r#"{"a":{"y":2,"x":1}}"#];
    assert_eq!(writers(&order, "a").len(), 1);
}
