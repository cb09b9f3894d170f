use super::*;
use crate::event::NewEvent;
use crate::journal::append;

fn domain(grown: &str) -> Domain {
    let text = format!(
        r#"
        [domain]
        name = "t"
        [aggregate.Box.event.Put]
        apply = '.sum = (.sum // 0) + $data.n | .at = $at'
        [aggregate.Box.event.Grown]
        apply = '{grown}'
        [aggregate.Box.event.Gone]
        apply = 'null'
        "#
    );
    Domain::parse("t", &text).unwrap()
}

#[test]
fn what_is_appended_meanwhile_is_in_the_new_heads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let store = Store::create(&path, Time(0)).unwrap();
    let branch = store.branch("main").unwrap();
    let (first, other) = (Rc::new(domain(".sum += 1")), Rc::new(domain(".sum += 100")));
    let mut rules = Rules::default();
    set_domain(&store, &mut rules, &first, Time(0), &mut |_, _| true).unwrap();
    let grown = |id: i64| NewEvent {
        aggregate: AggregateId::new("Box", id.to_string()),
        kind: "Grown".to_owned(),
        occurred_at: Time(0),
        data: "{}".to_owned(),
        meta: "{}".to_owned(),
    };
    append(&store, &mut rules, &branch, (0..600).map(grown).collect(), None, false, Time(1)).unwrap();
    let aside = Store::open(&path).unwrap();
    let mut appended = 0;
    let set = set_domain(&store, &mut rules, &other, Time(2), &mut |_, _| {
        let mut rules = Rules::default();
        append(&aside, &mut rules, &branch, vec![grown(3), grown(1_000)], None, false, Time(3)).unwrap();
        appended += 1;
        true
    });
    set.unwrap();
    assert!(appended > 0);
    for row in 1..=600 {
        let head = store.head(&branch, row).unwrap().row().unwrap().head;
        let events = if row == 4 { 1 + appended } else { 1 };
        assert_eq!(head.state, format!("{{\"sum\":{}}}", events * 100), "row {row}");
    }
    assert_eq!(store.head_version(&branch, 601).unwrap(), appended);
    assert_eq!(rebuild(&store, &other, false, &mut |_, _| true).unwrap().differ, 0);
}

#[test]
fn threads_change_nothing_but_the_time() {
    const AGGREGATES: i64 = 2_000;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    let store = Store::create(&path, Time(0)).unwrap();
    let branch = store.branch("main").unwrap();
    let first = Rc::new(domain(".sum += 1"));
    let mut rules = Rules::default();
    set_domain(&store, &mut rules, &first, Time(0), &mut |_, _| true).unwrap();
    let events = (0..4 * AGGREGATES).map(|i| NewEvent {
        aggregate: AggregateId::new("Box", (i * 7 % AGGREGATES).to_string()),
        kind: ["Put", "Grown", "Put", "Other", "Gone"][(i % 11).min(4) as usize].to_owned(),
        occurred_at: Time(i * 1_000_000),
        data: format!(r#"{{"n":{i}}}"#),
        meta: r#"{"actor":"mira"}"#.to_owned(),
    });
    append(&store, &mut rules, &branch, events.collect(), None, false, Time(1)).unwrap();
    // By these rules every third sum is refused, in the engine.
    let other = domain(r#"if .sum % 3 == 0 then error("no") else .sum |= (tostring | tonumber) end"#);
    let put = |id: i64| NewEvent {
        aggregate: AggregateId::new("Box", id.to_string()),
        kind: "Put".to_owned(),
        occurred_at: Time(9),
        data: r#"{"n":1}"#.to_owned(),
        meta: "{}".to_owned(),
    };
    let none = &mut |_, _| true;
    let alone = rebuild_on(1, &store, &other, false, none).unwrap();
    assert!(alone.aggregates == AGGREGATES && alone.events == 4 * AGGREGATES);
    assert!(alone.errors > 0 && alone.differ > 100 && alone.differing.len() == 100);
    for threads in [2, 3] {
        assert_eq!(rebuild_on(threads, &store, &other, false, none).unwrap(), alone);
    }
    let mut heads = |threads| {
        rebuild_on(threads, &store, &other, true, none).unwrap();
        (1..=AGGREGATES).map(|row| store.head(&branch, row).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(heads(3), heads(1));
    let stopped = rebuild_on(2, &store, &first, true, &mut |done, _| done < 1_200);
    assert!(stopped.is_err());
    assert_eq!(rebuild_on(2, &store, &other, false, none).unwrap().differ, 0);
    // The same rules go on where they stopped, behind what is whole; others begin anew.
    append(&store, &mut rules, &branch, vec![put(3), put(AGGREGATES + 5)], None, false, Time(2)).unwrap();
    let stopped = rebuild_on(2, &store, &first, true, &mut |done, _| done < 1_700);
    assert!(stopped.is_err());
    append(&store, &mut rules, &branch, (0..300).map(put).collect(), None, false, Time(3)).unwrap();
    let on = rebuild_on(2, &store, &first, true, none).unwrap();
    assert!(on.before >= 1_500 && on.before + on.aggregates >= AGGREGATES, "{} {}", on.before, on.aggregates);
    assert_eq!(rebuild_on(2, &store, &first, false, none).unwrap().differ, 0);
    assert!(rebuild_on(2, &store, &first, true, &mut |done, _| done < 1_200).is_err());
    assert_eq!(rebuild_on(2, &store, &other, true, none).unwrap().before, 0);
    assert_eq!(rebuild_on(2, &store, &other, false, none).unwrap().differ, 0);
}
