//! Each format says the same as the session: at random places of the demo a case, pages and tests are read back, and compared
//! with its answer.

use std::collections::HashMap;
use std::path::Path;

use backstory::clock::Clock;
use backstory::event::{AggregateId, Version};
use backstory::session::{
    Handed, ListRequest, Matter, Open, Point, ScenarioFile, Session, Shape, demo, open_case,
};
use serde_json::{Value, json};

use crate::pages;

/// How many places are looked at, and at how many of them a test is made, which is run for that.
const PLACES: usize = 1_000;
const TESTS: usize = 25;

fn open(path: &Path) -> Session {
    Session::open(&Open { path: path.to_owned(), branch: "main".into(), clock: Clock::System }).unwrap()
}

/// Records with their newest versions.
fn records(session: &mut Session) -> Vec<(AggregateId, Version)> {
    let page = session.list(&ListRequest { limit: 5_000, ..ListRequest::default() }).unwrap();
    page.rows.into_iter().map(|row| (row.aggregate, row.version)).collect()
}

fn point(aggregate: &AggregateId, version: Version, head: Version) -> Point {
    Point::Aggregate { branch: "main".into(), aggregate: aggregate.clone(), version, head }
}

/// Every state of a record, as the script of its page makes them.
fn states(session: &mut Session, aggregate: &AggregateId, head: Version) -> Vec<Value> {
    let what = (&Matter::Points(vec![point(aggregate, head, head)]), &Shape::Page("again".into()));
    let handed = session.hand(what, (Path::new("none.html"), false), "tester", &mut |_, _| true).unwrap();
    let Handed::Page(page) = handed else { panic!("no page") };
    let (mut state, mut all) = (json!({}), vec![json!({})]);
    for event in pages::data(&page.html)[0]["events"].as_array().unwrap() {
        if !event["s"].is_null() {
            state = event["s"].clone();
        }
        event["c"].as_array().into_iter().flatten().for_each(|change| pages::apply(&mut state, change));
        all.push(state.clone());
    }
    all
}

#[test]
fn a_case_pages_and_tests_say_what_the_session_says_at_a_thousand_places() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("demo.db");
    demo::build(&path).unwrap();
    let mut session = open(&path);
    let records = records(&mut session);
    let (file, last) = (folder.path().join("all.case"), session.overview().unwrap().head);
    let all = Matter::Points(vec![Point::store("main", last)]);
    let shape = Shape::Case(Vec::new(), None);
    let handed = session.hand((&all, &shape), (&file, true), "tester", &mut |_, _| true).unwrap();
    assert!(matches!(handed, Handed::Case(case) if case.left_out == 0 && case.events == last));
    let case = open_case(&file, Clock::System).unwrap();
    let mut reopened = open(&case.store);
    let (mut dice, mut paged) = (fastrand::Rng::with_seed(16), HashMap::new());
    for at in 0..PLACES {
        let (aggregate, head) = &records[dice.usize(0..records.len())];
        let version = dice.i64(1..=*head);
        let said = session.state(aggregate, version).unwrap();
        let place = format!("{aggregate}@{version}");
        assert_eq!(reopened.state(aggregate, version).unwrap(), said, "{place} in the case");
        let page = paged.entry(aggregate.clone()).or_insert_with(|| states(&mut session, aggregate, *head));
        assert_eq!(page[version as usize], said.state, "{place} on its page");
        if at % (PLACES / TESTS) == 0 {
            tested(&mut session, &point(aggregate, version, *head), version);
        }
    }
}

/// Both forms of a test expect what the session says at the end of the command that the place is a part of.
fn tested(session: &mut Session, at: &Point, version: Version) {
    let what = (&Matter::Points(vec![at.clone()]), &Shape::Test(None, false));
    let handed = session.hand(what, (Path::new("none.toml"), false), "tester", &mut |_, _| true).unwrap();
    let Handed::Test(tests, _) = handed else { panic!("no test") };
    let read: ScenarioFile = toml::from_str(&tests.to_toml().unwrap()).unwrap();
    assert_eq!(read, tests);
    let scenario = &read.scenario[0];
    let aggregate: AggregateId = scenario.on.parse().unwrap();
    let end =
        scenario.name.split(" v").nth(1).and_then(|rest| rest.split(':').next()).unwrap().parse().unwrap();
    assert!(end >= version, "{}", scenario.name);
    let said = session.state(&aggregate, end).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&scenario.state).unwrap(), said.state, "{}", scenario.name);
    assert_eq!(tests.to_json()["tests"][0]["then"]["state"], said.state, "{}", scenario.name);
}
