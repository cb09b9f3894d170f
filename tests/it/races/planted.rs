//! Races planted by writers that say what they saw: each is found, and none where they took turns.

use backstory::clock::Clock;
use backstory::event::{AggregateId, Time};
use backstory::replay::races::{Asked, Kind};
use backstory::session::{Fire, Open, RacesRequest, Session, Target};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use super::RULES;
use crate::program::Place;

/// What a writer does next: who, which field, and whether he looks at the record first.
type Turn = (usize, bool, bool);

fn fire(session: &mut Session, actor: usize, command: &str, param: Option<String>, seen: i64) -> i64 {
    let aggregate: AggregateId = "Inc/1".parse().unwrap();
    let params = param.map(|to| ("to".to_owned(), json!(to))).into_iter().collect();
    let fire = Fire {
        target: Target::Aggregate(aggregate.clone()),
        command: command.to_owned(),
        params,
        actor: format!("writer {actor}"),
        reason: None,
        at: None,
        expect: None,
        seen: [(aggregate, seen)].into(),
        meta: serde_json::Map::new(),
    };
    session.fire(&fire).unwrap().events[0].version
}

/// The versions at which a lost update is found.
fn found(session: &mut Session) -> Vec<i64> {
    let asked = Asked { kinds: vec![Kind::LostUpdate], ..Asked::default() };
    let mut search = session.races(RacesRequest { asked, ..RacesRequest::default() }).unwrap();
    let mut versions = Vec::new();
    loop {
        let page = session.next_races(&mut search).unwrap();
        let last = page.is_last();
        versions.extend(page.races.iter().map(|race| race.events.last().unwrap().version));
        if last {
            versions.sort_unstable();
            return versions;
        }
    }
}

fn play(turns: &[Turn], in_turns: bool) {
    let place = Place::empty();
    let label = "\n[aggregate.Inc.command.label]\nparams = { to = \"string\" }\nemit = 'event(\"Assigned\"; {label: $params.to})'\n";
    place.ok(&["init", "--domain", place.file("rules.toml", format!("{RULES}{label}"))]);
    let open = Open {
        path: place.store(),
        branch: "main".to_owned(),
        clock: Clock::Fixed(Time(1_700_000_000_000_000)),
    };
    let mut session = Session::open(&open).unwrap();
    let mut head = fire(&mut session, 9, "open", None, 0);
    // Who set which field at which version, as told; and what each had looked at last.
    let (mut told, mut looked, mut planted) = (Vec::<(i64, usize, bool)>::new(), [head; 3], Vec::new());
    for (step, &(actor, field, looks)) in turns.iter().enumerate() {
        if looks || in_turns {
            looked[actor] = head;
        }
        let command = if field { "assign" } else { "label" };
        let version = fire(&mut session, actor, command, Some(format!("{step}")), looked[actor]);
        let lost =
            |(at, who, what): &(i64, usize, bool)| *at > looked[actor] && *who != actor && *what == field;
        if told.iter().any(lost) {
            planted.push(version);
        }
        told.push((version, actor, field));
        head = version;
    }
    assert!(!in_turns || planted.is_empty());
    assert_eq!(found(&mut session), planted, "{turns:?}");
}

#[test]
fn every_planted_race_is_found_and_none_where_they_took_turns() {
    let mut runner = TestRunner::new(Config { cases: 25, max_shrink_iters: 30, ..Config::default() });
    let turns = prop::collection::vec((0..3usize, any::<bool>(), any::<bool>()), 1..40);
    runner
        .run(&turns, |turns| {
            play(&turns, false);
            play(&turns, true);
            Ok(())
        })
        .unwrap();
}
