//! The whole store at a moment, its log, several aggregates in lanes, events that are alike.

use backstory::event::Time;
use backstory::session::Session;

use crate::play::{Play, START, Start, open_at};

#[test]
fn the_whole_store_at_a_moment() {
    let mut play = Play::demo(&START);
    play.keys("t");
    let last = play.explorer.model().cursor.place().1;
    play.keys("@ \"#100\" Enter");
    play.sees("PAST #100");
    let list = &play.explorer.model().list;
    assert!(list.rows.iter().all(|row| row.position <= 100));
    assert!(!list.after && list.all() == Some(list.rows.len() as i64));
    play.sees(&format!("{} items then", list.rows.len()));
    // The row that the cursor is about is in sight, wherever the list was scrolled to.
    play.keys("@ \"Task/42\" Enter");
    assert!(play.explorer.model().list.top > 0);
    play.keys("t @ \"#100\" Enter");
    assert_eq!((play.explorer.model().list.index(), play.explorer.model().list.top), (Some(0), 0));
    insta::assert_snapshot!(play.text());
    play.keys("End");
    assert_eq!(play.explorer.model().cursor.place().0, last);
    play.keys("Home");
    play.sees("nothing existed yet");
    play.sees("0 items then");
    play.keys("t");
}

#[test]
fn the_whole_store_at_a_time() {
    let mut play = Play::demo(&START);
    play.keys("t @ \"2019-04-10\" Enter");
    let cursor = &play.explorer.model().cursor;
    assert!(cursor.is_whole());
    // The last position before the first later event, whatever comes after that.
    let mut times = Vec::new();
    let mut session = Session::open(&open_at(&play.path)).unwrap();
    session
        .each_event(&mut |event| {
            times.push(event.occurred_at);
            Ok(())
        })
        .unwrap();
    let end = Time::parse("2019-04-10T23:59:59.999999Z").unwrap();
    let later = times.iter().position(|at| *at > end).unwrap() as i64;
    assert_eq!(cursor.place().0, later);
    assert!(later > 0 && later < times.len() as i64);
    play.keys("@ \"1999-01-01\" Enter");
    play.sees("nothing existed yet");
    play.keys("@ \"2030-01-01\" Enter");
    play.sees("HEAD");
}

#[test]
fn the_log_of_the_whole_store() {
    let mut play = Play::demo(&START);
    play.keys("t s Up Up");
    let (last, here) = (play.explorer.model().cursor.place().1, play.explorer.model().cursor.place().0);
    assert_eq!(here, last - 2);
    // Little more than what is visible is read.
    assert!(play.explorer.model().store_log.rows.len() < 120);
    insta::assert_snapshot!(play.text());
    play.keys("Home");
    assert_eq!(play.explorer.model().store_log.rows[0].event.position, 1);
    play.keys("End S");
    assert_eq!(play.explorer.model().store_log.rows.last().unwrap().event.position, last);
    play.keys("Down");
    assert_eq!(play.explorer.model().cursor.place().0, last - 1);
}

#[test]
fn the_log_of_the_whole_store_is_searched_and_leads_to_aggregates() {
    let mut play = Play::demo(&START);
    play.keys("t s |").types(r#"any($changed[]; . == "due_on")"#).keys("Enter");
    let rows = &play.explorer.model().store_log.rows;
    assert!(rows.len() > 3 && rows.iter().all(|row| row.changes.iter().any(|c| c.dotted() == "due_on")));
    let places: Vec<_> = rows.iter().map(|row| row.event.position).collect();
    insta::assert_snapshot!(play.text());
    // From a place that is no row the keys lead to the nearest one.
    play.keys("Down");
    assert_eq!(play.explorer.model().cursor.place().0, *places.last().unwrap());
    play.keys("Up Up");
    assert_eq!(play.explorer.model().cursor.place().0, places[places.len() - 3]);
    let wanted = play.explorer.model().store_log.row(places[places.len() - 3]).unwrap().event.clone();
    play.keys("Enter");
    let cursor = &play.explorer.model().cursor;
    assert_eq!(cursor.aggregate.as_ref(), Some(&wanted.aggregate));
    assert_eq!(cursor.version, wanted.version);
    play.sees(&format!("v{}", wanted.version));
    // What was found is still there.
    play.keys("<");
    assert_eq!(play.explorer.model().cursor.place().0, wanted.position);
    assert_eq!(play.explorer.model().store_log.rows.len(), places.len());
    play.keys("/ \"no such text\"");
    play.sees("nothing matches");
    play.keys("Esc Esc");
    play.lacks("nothing matches");
}

#[test]
fn several_aggregates_in_lanes() {
    let mut play = Play::demo(&START);
    play.keys("* Down *");
    play.sees("2 aggregates");
    insta::assert_snapshot!(play.text());
    play.keys("Left Left Left 4 Down Up 1 Esc");
    play.lacks("2 aggregates");
}

#[test]
fn similar_events_are_found() {
    let mut play = Play::demo(&Start { at: Some("Task/253@1"), ..START });
    let actor = |play: &Play| {
        let event = play.explorer.model().moment.as_ref().unwrap().event.clone().unwrap();
        let meta: serde_json::Value = serde_json::from_str(&event.meta).unwrap();
        (event.version, meta["actor"].as_str().unwrap().to_owned(), event.kind)
    };
    let (_, by, _) = actor(&play);
    play.keys("a");
    let (version, same, _) = actor(&play);
    assert!(version > 1 && same == by);
    play.keys("A");
    assert_eq!(actor(&play).0, 1);
    play.keys("e");
    play.sees("no later TaskCreated");
}
