//! A log that was opened by its file's name: what the first line says of it, and the form that mends how it is read.

use std::fmt::Write as _;

use backstory::domain::Listed;
use backstory::tui::model::state::Row;
use backstory::tui::screens::lab::Lab;
use crossterm::event::{MouseButton, MouseEventKind};

use crate::play::{Play, START};

/// What was done to boxes, by whom.
fn boxes() -> String {
    let mut text = String::new();
    for n in 0..240_u32 {
        let (what, who) =
            (["packed", "moved", "opened"][n as usize % 3], ["ann.lee", "bo.falk"][n as usize / 7 % 2]);
        let _ = writeln!(
            text,
            r#"{{"when":"2024-03-{:02}T{:02}:00:00Z","who":"{who}","did":"{what}","box":"B-{:02}","weight":{},"hall":"H{}"}}"#,
            1 + n / 24,
            n % 24,
            n * 7 % 20,
            n * 7 % 50,
            n % 4
        );
    }
    text
}

#[test]
fn the_first_line_says_what_was_guessed_until_something_is_pressed() {
    let mut play = Play::log(&START, "boxes.jsonl", &boxes());
    let first = play.lines()[0].clone();
    assert!(first.contains("boxes.jsonl  240 events  id .box  event .did  at .when  actor .who"), "{first}");
    assert!(first.trim_end().ends_with("M mend"), "{first}");
    // The newest record is selected, and none of the fields that answer a question is in its state.
    insta::assert_snapshot!("log", play.text());
    play.keys("Down");
    play.settle();
    assert!(
        play.lines()[0].contains("boxes.jsonl") && !play.lines()[0].contains("mend"),
        "{}",
        play.lines()[0]
    );
}

#[test]
fn what_can_be_done_with_a_value_and_with_an_event_is_offered_once() {
    let mut play = Play::log(&START, "boxes.jsonl", &boxes());
    let last = |play: &Play| play.lines().last().cloned().unwrap();
    let usual = last(&play);
    play.keys("2");
    play.settle();
    assert!(last(&play).contains("p keep it in sight  v its next change"), "{}", last(&play));
    // A click on a word does what its key does.
    let y = play.lines().len() as u16 - 1;
    play.mouse(MouseEventKind::Down(MouseButton::Left), 3, y);
    play.settle();
    assert!(play.explorer.model().pinned.is_some(), "{}", play.text());
    play.keys("3");
    play.settle();
    assert!(last(&play).contains("a next by the same actor"), "{}", last(&play));
    for pane in ["1", "2", "3", "1"] {
        play.keys(pane);
        play.settle();
        assert!(!last(&play).contains("keep it in sight") && !last(&play).contains("same actor"), "{pane}");
    }
    assert_eq!(last(&play), usual);
}

#[test]
fn the_mapping_is_mended_in_a_form_that_shows_what_it_leads_to() {
    let mut play = Play::log(&START, "boxes.jsonl", &boxes());
    play.keys("M");
    play.settle();
    insta::assert_snapshot!("mapping", play.text());
    // Another field is the record: the events at the right follow, and nothing is kept before that is said.
    let row = play.lines().iter().position(|line| line.contains("○ .hall")).unwrap();
    for _ in 2..=row {
        play.keys("Down");
    }
    play.keys("Enter");
    play.settle();
    assert!(play.text().contains("Box/H1"), "{}", play.text());
    play.keys("Esc");
    play.settle();
    assert!(play.text().contains("/20"), "{}", play.text());
    play.keys("M");
    play.settle();
    for _ in 2..=row {
        play.keys("Down");
    }
    play.keys("Enter s");
    play.settle();
    assert!(play.lines()[0].contains("240 events  id .hall"), "{}", play.lines()[0]);
    assert!(play.text().contains("List  1/4"), "{}", play.text());
}

#[test]
fn a_rule_of_ones_own_answers_a_question_and_a_mistake_in_it_is_shown() {
    let mut play = Play::log(&START, "boxes.jsonl", &boxes());
    play.keys("M");
    play.settle();
    play.keys("e");
    play.settle();
    play.keys("C-u \".box | ascii_downcase\" Enter");
    play.settle();
    assert!(play.text().contains("Box/b-") && play.text().contains("written by you"), "{}", play.text());
    play.keys("e");
    play.settle();
    play.keys("C-u \".box |\" Enter");
    play.settle();
    play.keys("s");
    play.settle();
    assert!(play.lines()[0].contains("How boxes.jsonl is read"), "{}", play.text());
    insta::assert_snapshot!("mapping_mistake", play.text());
}

#[test]
fn without_a_domain_an_event_is_fired_as_it_was_seen_and_on_a_branch() {
    let mut play = Play::log(&START, "boxes.jsonl", &boxes());
    play.keys("f");
    play.settle();
    assert!(play.text().contains("moved [weight] [hall]  seen 80 times"), "{}", play.text());
    play.keys("Enter");
    play.settle();
    // The values that were seen follow one another; another may be typed.
    play.keys("Down Right Right");
    play.settle();
    insta::assert_snapshot!("by_hand", play.text());
    play.keys("Enter Right Enter");
    play.settle();
    let said = play.lines().last().cloned().unwrap_or_default();
    assert!(said.contains("appended on what-if"), "{said}");
    assert!(play.text().contains("what-if"), "{}", play.text());
}

#[test]
fn what_was_put_beside_a_log_is_there_when_it_is_read_anew() {
    let mut play = Play::log(&START, "boxes.jsonl", &boxes());
    play.keys("f");
    play.settle();
    play.keys("Enter");
    play.settle();
    play.keys("Enter Right Enter");
    play.settle();
    assert!(play.text().contains("what-if"), "{}", play.text());
    play.keys("M");
    play.settle();
    let row = play.lines().iter().position(|line| line.contains("○ .hall")).unwrap();
    for _ in 2..=row {
        play.keys("Down");
    }
    play.keys("Enter s");
    play.settle();
    let said = play.lines().last().cloned().unwrap_or_default();
    assert!(said.contains("Carried over: 1 branch, 1 event on it."), "{}", play.text());
}

#[test]
fn the_form_begins_with_how_the_log_is_read_now_and_leaves_alone_what_it_does_not_ask_for() {
    let event = |n: usize, what: &str| {
        format!(
            r#"{{"eventID":"{n}","eventTime":"2024-03-01T09:{n:02}:00Z","eventSource":"s3.amazonaws.com","eventName":"{what}","userIdentity":{{"type":"IAMUser","userName":"ann"}},"requestParameters":{{"bucketName":"logs-{}"}}}}"#,
            n % 3
        )
    };
    let events: Vec<_> = (0..24).map(|n| event(n, ["PutObject", "GetObject"][n % 2])).collect();
    let mut play = Play::log(&START, "trail.json", &format!("{{\"Records\":[{}]}}", events.join(",")));
    assert!(play.lines()[0].contains("read as cloudtrail"), "{}", play.lines()[0]);
    play.keys("M");
    play.settle();
    assert!(play.text().contains("as it is read now"), "{}", play.text());
    let before = play.text();
    // One answer of many is another one; the rest of the mapping holds.
    let row = |play: &Play, what: &str| play.lines().iter().position(|line| line.contains(what)).unwrap();
    let (asked, first) = (row(&play, "Who did it?"), row(&play, "Which record is it about?"));
    for _ in first..=asked {
        play.keys("Down");
    }
    play.keys("e C-u");
    play.types("\"somebody\"");
    play.keys("Enter");
    play.settle();
    assert_ne!(play.text(), before);
    play.keys("s");
    play.until("by somebody");
    play.keys("M");
    play.settle();
    assert!(play.text().contains("● \"somebody\"          as it is read now"), "{}", play.text());
    assert!(play.text().contains("● resource[1]         as it is read now"), "{}", play.text());
}

/// How the list shows boxes.
fn listed(play: &Play) -> Listed {
    let overview = play.explorer.model().overview.clone().unwrap();
    overview.types.into_iter().find(|kind| kind.name == "Box").unwrap().listed
}

#[test]
fn a_field_is_taken_as_status_and_as_bookkeeping_and_stays_so_where_the_log_is_read_anew() {
    let mut play = Play::log(&START, "boxes.jsonl", &boxes());
    assert_ne!(listed(&play).status.as_deref(), Some(".hall"));
    play.keys("2 End");
    play.settle();
    let select = |play: &mut Play, field: &str| {
        for _ in 0..12 {
            let model = play.explorer.model();
            let pointer = model.state.rows.get(model.state.selected).and_then(Row::pointer);
            if pointer == Some(&format!("/{field}")) {
                return;
            }
            play.keys("Down");
            play.settle();
        }
        panic!("no {field}: {}", play.text());
    };
    select(&mut play, "hall");
    play.keys("K");
    play.settle();
    insta::assert_snapshot!("listed", play.text());
    play.keys("Down Enter");
    play.settle();
    assert_eq!(listed(&play).status.as_deref(), Some(".hall"));
    select(&mut play, "weight");
    play.keys("K");
    play.types("book");
    play.keys("Enter");
    play.settle();
    assert_eq!(listed(&play).quiet, ["weight"]);
    let line = |play: &Play, what: &str| play.lines().iter().position(|line| line.contains(what));
    assert!(line(&play, "QUIET").unwrap() > line(&play, "ALL").unwrap(), "{}", play.text());
    play.keys("M s");
    play.settle();
    play.until("240 events");
    assert_eq!(
        (listed(&play).status.as_deref(), listed(&play).quiet),
        (Some(".hall"), vec!["weight".into()])
    );
}

#[test]
fn a_first_domain_is_made_of_what_the_log_shows_and_opens_in_the_lab() {
    let mut play = Play::log(&START, "boxes.jsonl", &boxes());
    play.keys(":");
    play.types("make a domain");
    play.keys("Enter");
    play.settle();
    insta::assert_snapshot!("make_domain", play.text());
    play.keys("Right Enter");
    play.settle();
    assert!(play.explorer.model().screen::<Lab>().is_some(), "{}", play.text());
    assert!(play.text().contains("$data.weight"), "{}", play.text());
    // There is one now.
    play.keys("Esc :");
    play.types("make a domain");
    play.keys("Enter");
    play.settle();
    assert!(play.text().contains("has a domain that says what its events do"), "{}", play.text());
}

#[test]
fn a_store_that_is_no_log_has_no_mapping_to_mend() {
    let mut play = Play::demo(&START);
    play.keys("M");
    play.settle();
    assert!(play.lines().last().unwrap().contains("read from no log"), "{:?}", play.lines().last());
}

#[test]
fn what_is_written_to_the_log_comes_in_while_one_looks_and_is_not_read_twice() {
    let mut play = Play::log(&START, "boxes.jsonl", &boxes());
    let file = play.path.ancestors().nth(3).unwrap().join("boxes.jsonl");
    let mut log = std::fs::File::options().append(true).open(file).unwrap();
    let line =
        r#"{"when":"2024-04-01T09:00:00Z","who":"ann.lee","did":"lost","box":"B-99","weight":1,"hall":"H9"}"#;
    let (half, rest) = line.split_at(40);
    std::io::Write::write_all(&mut log, half.as_bytes()).unwrap();
    std::io::Write::write_all(&mut log, format!("{rest}\n").as_bytes()).unwrap();
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !play.text().contains("B-99") {
        assert!(std::time::Instant::now() < end, "{}", play.text());
        std::thread::sleep(std::time::Duration::from_millis(20));
        play.settle();
    }
    assert!(play.lines()[0].contains("241 events"), "{}", play.lines()[0]);
}

#[test]
fn a_log_opens_again_as_it_was_left_and_is_not_read_twice() {
    let mut play = Play::log(&START, "boxes.jsonl", &boxes());
    play.keys("| \".weight > 30\" Enter");
    play.settle();
    let play = play.again(&START);
    assert!(play.lines()[0].contains("240 events"), "{}", play.lines()[0]);
    let chips = play.explorer.model().list.chips.all();
    assert_eq!(chips, [backstory::session::Chip::only(backstory::session::Test::Jq(".weight > 30".into()))]);
    let shown = |play: &Play| play.lines().iter().any(|line| line.contains("weight") && line.contains("30"));
    assert!(shown(&play), "{}", play.text());
}
