//! Chips: what they take of a log and of a list agrees with trying each event and each record by hand.

use backstory::clock::Clock;
use backstory::event::{AggregateId, Time, actor_of};
use backstory::replay::Flag;
use backstory::session::{
    Among, Chip, FilterOf, ListRequest, LogPage, LogRequest, LogRow, Open, Session, Test, check_filter,
};
use serde_json::{Value, json};

use crate::program::Place;

const ACTORS: [&str; 3] = ["ann", "Bob", "cat"];

/// Twelve records with ten events each, set by three people, some at once.
fn place() -> Place {
    let place = Place::with("");
    let mut lines = Vec::new();
    for i in 0..120_i64 {
        let kind = if i % 3 == 0 { "Ticket" } else { "Order" };
        let at = Time(1_700_000_000_000_000 + i * 20_000_000);
        let mut data = json!({ "priority": i % 4, "note": { "text": format!("Nr {i} ÄPFEL") } });
        if i % 5 == 0 {
            data = json!({ "tags": [i % 2, "x"] });
        }
        let event = if i % 7 == 0 { "Moved" } else { "Set" };
        let actor = ACTORS[(i * i % 3) as usize];
        lines.push(
            json!({ "aggregate": format!("{kind}/r{}", i % 12), "type": event, "data": data,
                    "meta": { "actor": actor }, "occurred_at": at })
            .to_string(),
        );
    }
    place.ok(&["import", place.file("events.jsonl", lines.join("\n"))]);
    place
}

fn session(place: &Place) -> Session {
    Session::open(&Open { path: place.store(), branch: "main".into(), clock: Clock::System }).unwrap()
}

/// All pages of a request, in its order.
fn rows(session: &mut Session, request: &LogRequest) -> Vec<LogRow> {
    let mut request = LogRequest { limit: 7, budget: 5, ..request.clone() };
    let mut rows = Vec::new();
    loop {
        let LogPage { rows: mut more, next, .. } = session.log(&request).unwrap();
        rows.append(&mut more);
        if next.is_none() {
            return rows;
        }
        request.after = next;
    }
}

fn found(session: &mut Session, request: &LogRequest) -> usize {
    let request = LogRequest { count: true, limit: usize::MAX, oldest_first: true, ..request.clone() };
    session.log(&request).unwrap().found
}

/// Whether a chip takes a row, told from what the row says and the state after it.
fn takes(chip: &Chip, row: &LogRow, state: &Value, flags: &Value) -> bool {
    let event = &row.event;
    let actor = actor_of(&event.meta).unwrap_or_default();
    let holds = match &chip.test {
        Test::Text(text) => {
            let shown = format!("{} {} {} {}", event.aggregate.id, event.kind, event.data, event.meta);
            shown.to_lowercase().contains(&text.to_lowercase())
        }
        Test::Jq(filter) if filter.starts_with(".priority > 1") => state["priority"].as_i64() > Some(1),
        Test::Jq(_) | Test::Status(_) | Test::Listed => unreachable!(),
        Test::Actor(names) => names.contains(&actor),
        Test::Event(names) => names.contains(&event.kind),
        Test::Flag(flag) => flags[flag.name()] == true,
        Test::Changed(field) => row
            .changes
            .iter()
            .any(|change| change.dotted() == *field || change.dotted().starts_with(&format!("{field}."))),
        Test::Is(pointer, value) => state.pointer(pointer).unwrap_or(&Value::Null) == value,
        Test::Since(at) => event.occurred_at >= *at,
        Test::Until(at) => event.occurred_at <= *at,
    };
    holds != chip.not
}

/// Lists of chips: each test alone, turned round, switched off, and beside others.
fn combinations() -> Vec<Vec<Chip>> {
    let middle = Time(1_700_000_000_000_000 + 60 * 20_000_000);
    let tests = [
        Test::Text("äpfel".into()),
        Test::Text("R1".into()),
        Test::Text("bob".into()),
        Test::Jq(".priority > 1 # as a number".into()),
        Test::Actor(vec!["ann".into(), "cat".into()]),
        Test::Actor(vec!["Bob".into()]),
        Test::Event(vec!["Moved".into()]),
        Test::Flag(Flag::Overwrote),
        Test::Flag(Flag::Nothing),
        Test::Changed("note".into()),
        Test::Is("/priority".into(), json!(2)),
        Test::Is("/tags/0".into(), json!(1)),
        Test::Is("/note/text".into(), json!("Nr 7 ÄPFEL")),
        Test::Since(middle),
        Test::Until(middle),
    ];
    let mut chips: Vec<Vec<Chip>> = Vec::new();
    for (i, test) in tests.iter().enumerate() {
        let other = &tests[(i * 7 + 3) % tests.len()];
        chips.push(vec![Chip::only(test.clone())]);
        chips.push(vec![Chip::not(test.clone())]);
        chips.push(vec![Chip::not(other.clone()), Chip::only(test.clone())]);
        chips.push(vec![Chip { off: true, ..Chip::only(other.clone()) }, Chip::only(test.clone())]);
        chips.push(vec![Chip::only(tests[2].clone()), Chip::only(test.clone()), Chip::not(tests[0].clone())]);
    }
    chips
}

#[test]
fn what_chips_take_of_a_log_agrees_with_trying_each_event() {
    let (place, chips) = (place(), combinations());
    let mut session = session(&place);
    let one = AggregateId { kind: "Ticket".into(), id: "r3".into() };
    let set = vec![one.clone(), AggregateId { kind: "Order".into(), id: "r10".into() }];
    let subjects = [
        LogRequest::default(),
        LogRequest { aggregate: Some(one), ..LogRequest::default() },
        LogRequest { among: Some(Among::Chosen(set)), ..LogRequest::default() },
    ];
    let mut some = 0;
    for subject in subjects {
        let all = rows(&mut session, &LogRequest { oldest_first: true, ..subject.clone() });
        let states: Vec<_> = all
            .iter()
            .map(|row| {
                let (aggregate, version) = (&row.event.aggregate, row.event.version);
                session.moment(aggregate, version).unwrap().state
            })
            .collect();
        let flags: Vec<_> = all
            .iter()
            .map(|row| {
                let (aggregate, version) = (&row.event.aggregate, row.event.version);
                json!(session.flags(aggregate, version, backstory::replay::WITHIN).unwrap().unwrap())
            })
            .collect();
        for chips in &chips {
            // A record's own log is not asked for its id: no row shows that.
            if subject.aggregate.is_some() && chips.iter().any(|chip| chip.test == Test::Text("R1".into())) {
                continue;
            }
            let on = |row: &LogRow, state: &Value, flags: &Value| {
                chips.iter().filter(|chip| !chip.off).all(|chip| takes(chip, row, state, flags))
            };
            let mut wanted: Vec<_> = all
                .iter()
                .zip(&states)
                .zip(&flags)
                .filter(|((row, state), flags)| on(row, state, flags))
                .map(|((row, _), _)| row.event.position)
                .collect();
            some += usize::from(!wanted.is_empty() && wanted.len() < all.len());
            let request = LogRequest { chips: chips.clone(), ..subject.clone() };
            assert_eq!(found(&mut session, &request), wanted.len(), "{request:?}");
            let got: Vec<_> = rows(&mut session, &LogRequest { oldest_first: true, ..request.clone() })
                .iter()
                .map(|row| row.event.position)
                .collect();
            assert_eq!(got, wanted, "{request:?}");
            wanted.reverse();
            let got: Vec<_> = rows(&mut session, &request).iter().map(|row| row.event.position).collect();
            assert_eq!(got, wanted, "the newest first: {request:?}");
        }
    }
    assert!(some > 100, "{some}");
}

#[test]
fn the_listed_records_are_those_of_the_list() {
    let place = place();
    let mut session = session(&place);
    let list = ListRequest {
        chips: vec![Chip::only(Test::Text("r1".into())), Chip::not(Test::Is("/priority".into(), json!(3)))],
        limit: 100,
        ..ListRequest::default()
    };
    let listed: Vec<_> = session.list(&list).unwrap().rows.into_iter().map(|row| row.aggregate).collect();
    assert!(!listed.is_empty() && listed.len() < 12);
    let all = rows(&mut session, &LogRequest::default());
    let wanted = all.iter().filter(|row| listed.contains(&row.event.aggregate)).count();
    let chips = vec![Chip::only(Test::Listed)];
    let of = |not| Some(Among::Listed { list: Box::new(list.clone()), not });
    let request = LogRequest { among: of(false), chips, ..LogRequest::default() };
    assert_eq!((rows(&mut session, &request).len(), found(&mut session, &request)), (wanted, wanted));
    // Turned round: all others, with a filter that takes a fold, too.
    let others = all.len() - wanted;
    let request =
        LogRequest { among: of(true), chips: vec![Chip::not(Test::Listed)], ..LogRequest::default() };
    assert_eq!((rows(&mut session, &request).len(), found(&mut session, &request)), (others, others));
    let chips = vec![Chip::not(Test::Listed), Chip::only(Test::Jq("true".into()))];
    let request = LogRequest { chips, ..request };
    assert_eq!((rows(&mut session, &request).len(), found(&mut session, &request)), (others, others));
}

#[test]
fn chips_of_a_list_agree_with_trying_each_record() {
    let place = place();
    let mut session = session(&place);
    let all = session.list(&ListRequest { limit: 100, ..ListRequest::default() }).unwrap().rows;
    let newest = |row: &backstory::session::ListRow| {
        rows(
            &mut self::session(&place),
            &LogRequest { aggregate: Some(row.aggregate.clone()), ..LogRequest::default() },
        )
        .remove(0)
    };
    let newest: Vec<_> = all.iter().map(newest).collect();
    let at = all[5].last_at;
    for test in [
        Test::Text("TICKET".into()),
        Test::Text("R1".into()),
        Test::Actor(vec!["ann".into()]),
        Test::Event(vec!["Moved".into()]),
        Test::Is("/priority".into(), json!(2)),
        Test::Since(at),
        Test::Until(at),
    ] {
        for chip in [Chip::only(test.clone()), Chip::not(test.clone())] {
            let holds = |row: &backstory::session::ListRow, newest: &LogRow| match &test {
                Test::Text(text) => {
                    let text = text.to_lowercase();
                    [&row.aggregate.id, &row.label, &row.status]
                        .iter()
                        .any(|shown| shown.to_lowercase().contains(&text))
                }
                Test::Is(..) => {
                    let mut session = self::session(&place);
                    session.moment(&row.aggregate, row.version).unwrap().state["priority"] == 2
                }
                Test::Since(at) => row.last_at >= *at,
                Test::Until(at) => row.last_at <= *at,
                other => takes(&Chip::only(other.clone()), newest, &Value::Null, &Value::Null),
            };
            let wanted: Vec<_> = all
                .iter()
                .zip(&newest)
                .filter(|(row, newest)| holds(row, newest) != chip.not)
                .map(|(row, _)| row.aggregate.clone())
                .collect();
            let request = ListRequest { chips: vec![chip.clone()], limit: 100, ..ListRequest::default() };
            let got: Vec<_> =
                session.list(&request).unwrap().rows.into_iter().map(|row| row.aggregate).collect();
            assert_eq!(got, wanted, "{chip:?}");
        }
    }
}

#[test]
fn what_a_chip_cannot_be_about_is_said() {
    let place = place();
    let mut session = session(&place);
    let list = |test| ListRequest { chips: vec![Chip::only(test)], limit: 1, ..ListRequest::default() };
    for test in [Test::Flag(Flag::Late), Test::Changed("a".into()), Test::Listed] {
        assert!(session.list(&list(test)).unwrap_err().message().contains("is about events"));
    }
    let chips = vec![Chip::only(Test::Status(vec!["open".into()]))];
    let request = LogRequest { chips, limit: 1, ..LogRequest::default() };
    assert!(session.log(&request).unwrap_err().message().contains("a status is of a record"));
    // What is wrong in one of several is said as it was typed.
    let mistake = check_filter(".a ==", FilterOf::Events).unwrap_err();
    let chips = vec![Chip::only(Test::Jq(".a".into())), Chip::only(Test::Jq(".a ==".into()))];
    let request = LogRequest { chips, limit: 1, ..LogRequest::default() };
    assert_eq!(session.log(&request).unwrap_err().message(), mistake.message());
}

#[test]
fn a_text_is_found_whatever_its_case_where_that_is_asked_for() {
    let place = place();
    assert_eq!(place.ok(&["log", "--grep", "äpfel"]), "");
    let found = |args: &[&str]| place.ok(args).lines().filter(|line| line.starts_with('#')).count();
    assert_eq!(found(&["log", "--grep", "äpfel", "-i"]), found(&["log", "--grep", "ÄPFEL"]));
    assert_eq!(found(&["log", "--grep", "ticket/R3", "-i"]), 0);
    assert_eq!(found(&["log", "--grep", "R11", "-i"]), 10);
}
