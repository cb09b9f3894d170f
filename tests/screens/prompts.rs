//! What helps while something is typed: words that are completed, what was typed before, and forms that say what came
//! meanwhile.

use backstory::session::{Chip, Test};

use crate::play::{Play, START, Start, comment, session};

#[test]
fn words_are_completed_to_fields_and_variables() {
    let mut play = Play::demo(&Start { at: Some("Task/42"), ..START });
    play.keys("2 s | \".ti\"");
    play.sees(".title");
    play.keys("Tab");
    play.sees("jq | .title");
    play.keys("\" != null and $fl\" Tab \".la\" Tab");
    play.sees("jq | .title != null and $flags.late");
    play.keys("Esc | \".comp\"");
    play.sees(".completed_at   .completed_by");
    play.keys("Tab \"b\" Tab Enter");
    let chips = play.explorer.model().log().chips.all().to_vec();
    assert_eq!(chips, [Chip::only(Test::Jq(".completed_by".into()))]);
    // Where nothing fits nothing happens; of records there are fewer variables.
    play.keys("1 | \".zzz\" Tab");
    play.sees("jq | .zzz");
    play.keys("C-u \"$prev\" Tab");
    play.lacks("$previous");
    play.keys("Esc % Esc : \"waypoint\" Esc");
}

#[test]
fn what_was_typed_comes_back_also_where_the_store_is_opened_again() {
    let mut play = Play::demo(&START);
    for filter in [".title", ".done", ".title"] {
        play.keys("| C-u").types(filter).keys("Enter Backspace");
    }
    play.keys("| \".draft\" Up");
    play.sees("jq | .title");
    play.keys("Up");
    play.sees("jq | .done");
    play.keys("Up Down Down");
    play.sees("jq | .draft");
    play.keys("Esc");
    let mut play = play.reopened(&START);
    play.keys("| Up Up");
    play.sees("jq | .done");
    play.keys("Esc / Up");
    play.lacks("text / .done");
}

#[test]
fn a_form_says_what_others_appended_meanwhile() {
    let mut play = Play::demo(&Start { at: Some("Task/253"), ..START });
    play.keys("f \"comment\" Enter \"mine\"");
    comment(&play.path, "Task/253", "theirs", None);
    play.until("meanwhile: ben appended v20 TaskCommented");
    for n in 0..4 {
        comment(&play.path, "Task/253", &format!("theirs {n}"), None);
    }
    play.until("and 2 more events");
    play.keys("Enter");
    play.sees("Append to the log?");
    play.sees("meanwhile: ben appended v20 TaskCommented");
    insta::assert_snapshot!("meanwhile", play.text());
}

#[test]
fn what_is_fired_in_the_past_is_proposed_to_have_occurred_there() {
    let mut play = Play::demo(&Start { at: Some("Task/253@3"), ..START });
    let then = play.explorer.model().moment().unwrap().event.clone().unwrap().occurred_at;
    play.keys("f \"comment\" Enter \"then\"");
    insta::assert_snapshot!("then", play.text());
    play.keys("Enter Tab Enter");
    let branch = play.explorer.model().branch.clone();
    assert_ne!(branch, "main");
    let mut session = session(&play);
    session.switch(&branch).unwrap();
    let moment = session.moment(&"Task/253".parse().unwrap(), 4).unwrap();
    assert_eq!(moment.event.unwrap().occurred_at, then);
    // What is no time is said, and nothing typed is now.
    let mut play = Play::demo(&Start { at: Some("Task/253@3"), ..START });
    play.keys("f \"comment\" Enter \"then\" Tab Tab Tab C-u \"yesterday\"");
    play.sees("occurred: ");
    play.keys("C-u Enter");
    play.sees("Fork a branch and append there?");
    play.lacks("occurred");
}

#[test]
fn a_pinned_field_leads_to_its_history() {
    let mut play = Play::demo(&Start { at: Some("Task/253"), size: (160, 40), ..START });
    play.keys("; \"assignee\" Enter p Enter");
    play.sees("⟨assignee changed⟩");
    play.sees("still");
    insta::assert_snapshot!("history", play.text());
}

#[test]
fn a_wide_state_says_who_set_what_and_when() {
    let mut play = Play::demo(&Start { at: Some("Task/253"), size: (200, 60), ..START });
    play.keys("2");
    insta::assert_snapshot!("set_by", play.text());
    play.keys("; \"mitted\"");
    let state = &play.explorer.model().state;
    let before = state.selected;
    play.keys("Esc ; \"desc\"");
    let state = &play.explorer.model().state;
    assert_eq!(state.rows[state.selected].pointer(), Some("/description"));
    play.keys("Esc");
    assert_eq!(play.explorer.model().state.selected, before, "Esc goes back");
}

#[test]
fn a_strangers_field_names_are_not_typed_into_a_line() {
    let line = |i: u32| {
        format!(
            r#"{{"ticket":"T{}","at":"2024-01-01T00:{i:02}:00Z","kind":"set","who":"ann","we\u001b[7m\nird":"{}","weather":"{}"}}"#,
            i % 5,
            i / 7 % 3,
            i / 9 % 4
        )
    };
    let log: Vec<String> = (0..50).map(line).collect();
    let mut play = Play::log(&START, "odd.jsonl", &log.join("\n"));
    play.keys("| \"we\" Tab");
    play.sees("jq | weather");
}
