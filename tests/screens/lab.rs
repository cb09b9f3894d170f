//! The rule lab in the explorer, by key scripts.

use std::fmt::Write as _;
use std::rc::Rc;
use std::sync::Arc;

use crate::play::{Play, START, Start, at, open_at};
use backstory::domain;
use backstory::event::AggregateId;
use backstory::import;
use backstory::replay::diff;
use backstory::session::{LabRule, ListRow, Session, Trial, Tried, Verdict, create, import_into};
use backstory::tui::screens::lab::{Lab, Row};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Modifier;

const KEPT: &str = ".completed_at = $at | .completed_by = $meta.actor";

fn lab(play: &Play) -> &Lab {
    play.explorer.model().screen::<Lab>().unwrap_or_else(|| panic!("no lab\n{}", play.text()))
}

/// Puts a text in the place of the rule, in one go.
fn put(play: &mut Play, text: &str) {
    while !lab(play).typed_text().is_empty() {
        play.keys("C-u");
        backspace(play, 1);
    }
    play.input(Event::Paste(text.into()));
    assert_eq!(lab(play).typed_text(), text);
}

fn backspace(play: &mut Play, times: usize) {
    for _ in 0..times {
        play.input(Event::Key(KeyEvent::new(KeyCode::Backspace, KeyModifiers::NONE)));
    }
}

/// What is underlined in the rule.
fn underlined(play: &Play) -> String {
    let buffer = play.explorer.terminal().backend().buffer();
    let marked = buffer.content.iter().filter(|cell| cell.modifier.contains(Modifier::UNDERLINED));
    marked.map(ratatui::buffer::Cell::symbol).collect()
}

/// The row of the timeline that marks what differs: the columns of its marks.
fn marks(play: &Play, sign: char) -> Vec<usize> {
    let lines = play.lines();
    let line = lines
        .iter()
        .find(|line| line.trim_start_matches(['│', '╎']).starts_with("differs "))
        .unwrap_or_else(|| panic!("{}", play.text()));
    let columns = line.chars().enumerate().skip(10).filter(|(_, c)| *c == sign);
    columns.map(|(x, _)| x).collect()
}

fn rule_in_use(play: &Play, kind: &str, event: &str) -> LabRule {
    Session::open(&open_at(&play.path)).unwrap().rule_of(kind, event).unwrap()
}

#[test]
fn what_a_rule_makes_of_history_follows_while_it_is_typed() {
    let mut play = at("Task/42@2");
    // The rule of the event under the cursor, which came at version 2.
    play.keys("r");
    play.sees("Rule of Task.TaskRetitled  in use");
    play.sees("the rule is as it is in use");
    assert!(marks(&play, '~').is_empty());
    play.keys("\" | .x = 1\"");
    insta::assert_snapshot!("lab", play.text());
    assert_eq!(lab(&play).current().unwrap().differing, [(2, 6)]);
    assert_eq!(marks(&play, '~').len(), 5);
    play.sees("21 of 346 differ");
    // A mistake is underlined at its place, and what an earlier text made is not passed off as what this one makes.
    play.keys("\" | .y = foo\"");
    assert_eq!(underlined(&play), "foo");
    play.sees("1:38: there is no function `foo`");
    play.sees("as an earlier text had it");
    backspace(&mut play, 3);
    play.keys("\"(1\"");
    assert_eq!(underlined(&play), "(");
    play.keys("Enter \"+ 1)\"");
    assert_eq!(underlined(&play), "");
    play.sees("+ y    2");
    // A rule that fails is marked where it does.
    put(&mut play, "error(\"not this\")");
    play.sees("this rule refuses the event");
    assert_eq!(marks(&play, 'x').len(), 1);
    // Typed back it is no change.
    put(&mut play, ".title = $data.title");
    play.sees("0 of 6 differ");
    play.keys("Esc");
    assert!(play.explorer.model().overlays.is_empty());
}

#[test]
fn the_cursor_moves_in_the_lab_and_goes_to_what_differs_elsewhere() {
    let mut play = at("Task/42@6");
    play.keys("r");
    put(&mut play, ".completed_at = $at");
    play.sees("- completed_by mira");
    play.keys("Tab Left");
    play.sees("the same state by both rules here");
    play.keys("]");
    play.sees("- completed_by mira");
    play.keys("C-Down");
    play.sees("no further version differs");
    // In the whole store's list Enter goes to an aggregate that differs, and the lab goes with it.
    play.keys("Tab Down Down Enter");
    let chosen = match &lab(&play).store.rows[2] {
        Row::One(one) => (one.aggregate.clone(), one.version),
        other => panic!("{other:?}"),
    };
    let cursor = &play.explorer.model().cursor;
    assert_eq!((cursor.aggregate.clone().unwrap(), cursor.version), chosen);
    assert!(lab(&play).current().unwrap().differing.iter().any(|(first, _)| *first == chosen.1));
    // Esc goes out one level: to the rule, then out, and a rule that is not in use is asked about.
    play.keys("Esc Esc");
    play.sees("What becomes of this rule?");
    play.keys("Enter");
    assert_eq!(lab(&play).typed_text(), ".completed_at = $at");
    play.keys("Esc \"drop\" Enter");
    assert!(play.explorer.model().overlays.is_empty());
    assert_eq!(rule_in_use(&play, "Task", "TaskCompleted").text, KEPT);
    // Before its first event there is no rule.
    play.keys("Home Left r");
    play.sees("no rule was applied");
}

#[test]
fn the_lab_goes_over_to_the_branch_of_what_differs() {
    let mut play = at("Task/42@3");
    play.keys("f \"comment\" Enter \"what if\" Enter Tab Enter");
    play.sees("⎇ what-if");
    play.keys("r");
    put(&mut play, ".comments += [$data.text]");
    play.sees(" on main");
    let rows = &lab(&play).store.rows;
    let one = |row: &Row, revision: &str| matches!(row, Row::One(one) if one.revision() == revision);
    // The comment that was just made is on the new branch alone.
    assert!(rows.iter().any(|row| one(row, "what-if:Task/42@4")));
    let main = rows.iter().position(|row| matches!(row, Row::One(one) if one.branch == "main")).unwrap();
    let counted = lab(&play).store.says();
    let down = "Down ".repeat(main);
    play.keys(&format!("Tab Tab {down} Enter"));
    play.sees("⎇ main");
    assert_eq!(lab(&play).typed_text(), ".comments += [$data.text]");
    assert_eq!(lab(&play).store.says(), counted, "the count, begun again there, is the same");
}

#[test]
fn a_rule_is_taken_into_use_after_its_counts_were_seen() {
    let mut play = at("Task/42@6");
    play.keys("r");
    put(&mut play, ".done_on = $at[:10]");
    play.keys("C-s Down Enter");
    play.sees("Take this rule into use?");
    play.sees("Of all aggregates 137 of 346 differ");
    play.sees("Task.TaskCompleted: completed_at, completed_by, done_on: 137");
    // No single key does it.
    play.keys("Enter");
    assert_eq!(rule_in_use(&play, "Task", "TaskCompleted").text, KEPT);
    play.keys("C-s Down Enter Right Enter");
    play.sees("137 of 346 aggregates have another state now");
    play.sees("Put right");
    play.keys("Esc");
    play.sees("done_on");
    play.lacks("completed_by");
    // The list, which knows it as open now, and everything else is read by the new rule.
    let row = |row: &&ListRow| row.aggregate.to_string() == "Task/42";
    assert_eq!(play.explorer.model().list.rows.iter().find(row).unwrap().status, "open");
    let rule = rule_in_use(&play, "Task", "TaskCompleted");
    assert_eq!(rule.text, ".done_on = $at[:10]");
    assert!(rule.source.contains("# From todo:"), "comments stay");
    let mut session = Session::open(&open_at(&play.path)).unwrap();
    assert_eq!(
        session.replay(None, false, &mut |_, _| true).unwrap().differ,
        0,
        "the heads are those of a replay"
    );
    play.keys("r");
    play.sees("Rule of Task.TaskCompleted  in use");
    // Somebody else takes another domain into use meanwhile: theirs stays.
    play.keys("\" | .x = 1\"");
    let other = Rc::new(domain::load("demo").unwrap());
    session.set_domain(&other, &mut |_, _| true).unwrap();
    play.keys("C-s Down Enter Right Enter");
    play.sees("another domain than when this was begun");
    assert_eq!(rule_in_use(&play, "Task", "TaskCompleted").text, KEPT);
}

#[test]
fn a_domain_with_another_rule_is_saved_to_a_file_that_does_not_exist_yet() {
    let mut play = at("Task/42@6");
    let file = play.path.with_extension("toml");
    play.keys("r");
    put(&mut play, ".done_on = foo");
    play.keys("C-s \"save\" Enter");
    play.sees("The text is no rule yet");
    put(&mut play, ".done_on = $at[:10]");
    for said in ["the domain is in", "cannot be made"] {
        play.keys(&format!("C-s \"save\" Enter \"{}\" Enter", file.display()));
        play.sees(said);
    }
    assert_eq!(lab(&play).typed_text(), ".done_on = $at[:10]", "the lab stays open");
    let saved = domain::load(file.to_str().unwrap()).unwrap();
    assert!(saved.source.contains(".done_on = $at[:10]"));
    assert_eq!(rule_in_use(&play, "Task", "TaskCompleted").text, KEPT);
}

/// A store without rules, with so many events of one host, at the second one.
fn host(events: i64) -> Play {
    Play::store(&Start { at: Some("Host/a@2"), ..START }, |path| {
        let mut lines = String::new();
        for n in 1..=events {
            let at = backstory::event::Time(1_700_000_000_000_000 + n * 60_000_000);
            let line = serde_json::json!({
                "aggregate": "Host/a", "type": "Measured", "occurred_at": at, "data": { "load": n },
            });
            writeln!(lines, "{line}").unwrap();
        }
        let file = path.with_extension("jsonl");
        std::fs::write(&file, lines).unwrap();
        drop(create(&open_at(path), None).unwrap());
        let options = import::Options { files: vec![file], ..import::Options::default() };
        import_into(&open_at(path), &options, &mut |_| true).unwrap();
    })
}

#[test]
fn a_type_without_a_rule_gets_one() {
    let mut play = host(3);
    play.keys("r");
    play.sees("There is no rule: the data is merged into the");
    play.input(Event::Paste(".loads += [$data.load]".into()));
    play.sees("3 of 3 differ");
    play.sees("1 of 1 differ");
    play.keys("C-s Down Enter Right Enter");
    play.sees("loads");
    let mut session = Session::open(&open_at(&play.path)).unwrap();
    let moment = session.moment(&"Host/a".parse().unwrap(), 3).unwrap();
    assert_eq!(moment.state, serde_json::json!({ "loads": [1, 2, 3] }));
    // And lets it go again: the data is merged as before.
    play.keys("Esc r C-u C-s Down Enter Right Enter");
    assert_eq!(
        session.moment(&"Host/a".parse().unwrap(), 3).unwrap().state,
        serde_json::json!({ "load": 3 })
    );
}

#[test]
fn the_lab_fits_a_small_screen_and_draws_in_ascii() {
    let mut play = Play::demo(&Start { size: (80, 24), at: Some("Task/42@6"), ..START });
    play.keys("r");
    put(&mut play, ".completed_at = $at\n| .completed_by = ($meta.actor | ascii_upcase)");
    insta::assert_snapshot!("lab_small", play.text());
    let mut play = Play::demo(&Start { size: (80, 24), ascii: true, at: Some("Task/42@6"), ..START });
    play.keys("r \" | .x = \"");
    assert!(play.text().is_ascii(), "{}", play.text());
}

/// A trial to its end.
fn tried(session: &mut Session, trial: &Trial) -> Tried {
    loop {
        match session.try_rule(trial).unwrap() {
            Verdict::Tried(tried) if tried.folding.is_none() => return *tried,
            Verdict::Tried(_) => {}
            Verdict::Mistake(mistake) => panic!("{mistake:?}"),
        }
    }
}

#[test]
fn a_trial_says_what_a_replay_by_the_same_rule_makes() {
    let play = at("Task/42@6");
    let mut session = Session::open(&open_at(&play.path)).unwrap();
    let trials = [
        ("Task", "TaskScheduled", ".due_on = ($data.due_on + \"!\")"),
        ("Task", "TaskDeleted", "null"),
        ("Task", "TaskCompleted", "if $meta.actor == \"mira\" then . else error(\"no\") end"),
        ("Subscription", "InvoicePaid", ""),
    ];
    for (kind, event, text) in trials {
        let rule = Arc::new(session.rule_of(kind, event).unwrap());
        // A second store in which the other rule is in use.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.db");
        session.backup(&path, |_, _| {}).unwrap();
        let source = domain::with_apply(&rule.source, kind, event, text).unwrap();
        let mut other = Session::open(&open_at(&path)).unwrap();
        other.set_domain(&Rc::new(domain::Domain::parse("t", &source).unwrap()), &mut |_, _| true).unwrap();
        let mut differed = 0;
        for id in (1..=30).map(|id| AggregateId::new(kind, id.to_string())) {
            let Some(head) = session.moment_if_any(&id, i64::MAX).unwrap() else { continue };
            let mut differing = Vec::new();
            for version in 0..=head.head {
                let trial =
                    Trial { rule: Arc::clone(&rule), text: text.into(), aggregate: id.clone(), version };
                let tried = tried(&mut session, &trial);
                let (was, is) = (session.moment(&id, version).unwrap(), other.moment(&id, version).unwrap());
                assert_eq!(tried.changes, diff(&was.state, &is.state), "{id}@{version}");
                assert_eq!(tried.error, is.error, "{id}@{version}");
                if was.state != is.state || was.exists != is.exists {
                    differing.push(version);
                }
                let said = |v: i64| tried.differing.iter().any(|(first, last)| (*first..=*last).contains(&v));
                assert_eq!(said(version), differing.contains(&version), "{id}@{version}");
            }
            differed += differing.len();
        }
        assert!(differed > 0, "{event} by {text} changes nothing");
    }
}

#[test]
fn a_long_history_is_tried_in_parts_what_is_looked_at_first() {
    const EVENTS: i64 = 5_000;
    let play = host(EVENTS);
    let mut session = Session::open(&open_at(&play.path)).unwrap();
    let rule = Arc::new(session.rule_of("Host", "Measured").unwrap());
    let trial = |version: i64, text: &str| Trial {
        rule: Arc::clone(&rule),
        text: text.into(),
        aggregate: "Host/a".parse().unwrap(),
        version,
    };
    // By turns looked at while it is folded, after it was, and where a rule fails.
    let texts =
        [".sum += $data.load", "if $data.load == 2500 then error(\"no\") else .sum += $data.load end"];
    for (text, missing) in texts.into_iter().zip([0, 2_500]) {
        for version in [2_100, EVENTS, 2_500, 1] {
            let trial = trial(version, text);
            let mut parts = vec![0];
            let done = loop {
                let Verdict::Tried(tried) = session.try_rule(&trial).unwrap() else { panic!("a mistake") };
                match tried.folding {
                    Some(at) => parts.push(at),
                    None => break tried,
                }
            };
            assert!(
                parts.is_sorted() && parts.windows(2).all(|pair| pair[1] - pair[0] <= 2_000),
                "{parts:?}"
            );
            assert!(parts.len() > 2 || version != 2_100, "{parts:?}");
            assert_eq!(done.differing, [(1, EVENTS)]);
            assert_eq!(done.failing, if missing == 0 { vec![] } else { vec![(2_500, 2_500)] });
            assert_eq!(done.error.is_some(), missing == version);
            let sum = version * (version + 1) / 2 - if version >= 2_500 { missing } else { 0 };
            let sums: Vec<_> = done.changes.iter().filter(|change| change.path == "/sum").collect();
            assert_eq!(sums.len(), 1, "{text} at {version}");
            assert_eq!(sums[0].value, sum, "{text} at {version}");
        }
    }
}
