//! Handing over: what is shown becomes a case, a page or a test in a file, after a last step that names what goes in.

use backstory::clock::Clock;
use backstory::session::{Open, ScenarioFile, Session, open_case, read_case_head};

use base64::Engine as _;

use crate::play::{Play, START, Start};

/// Writes it to a file beside the store.
fn written(play: &mut Play, keys: &str, name: &str) -> std::path::PathBuf {
    let file = play.path.with_file_name(name);
    play.keys(keys);
    play.keys("C-u").types(file.to_str().unwrap()).keys("Enter");
    play.sees("written");
    play.sees("opens by");
    assert!(file.exists(), "{}", play.text());
    file
}

#[test]
fn the_last_step_names_the_file_what_goes_in_and_what_looks_private() {
    let mut play = Play::demo(&Start { at: Some("Task/42@4"), ..START });
    play.keys("y");
    for text in ["Hand over: Task/42 v4", "COPY", "WRITE", "case file", "HTML page", "test: given"] {
        play.sees(text);
    }
    insta::assert_snapshot!("handing__menu", play.text());
    play.keys("f");
    insta::assert_snapshot!("handing__case", play.text());
    // What looks private is taken into what is replaced, and looked at anew.
    play.keys("C-r");
    play.sees("prove nothing any more");
    play.lacks("LOOKS LIKE");
    play.keys("Esc y h");
    let shown = play.text();
    let (before, behind) = shown.split_once(" KB").unwrap();
    // The size is that of the page's script, too.
    let before = before.trim_end_matches(|c: char| c.is_ascii_digit());
    insta::assert_snapshot!("handing__page", format!("{before}NN KB{behind}"));
    play.keys("Esc y t");
    insta::assert_snapshot!("handing__test", play.text());
}

#[test]
fn a_case_is_written_with_what_is_replaced_and_never_over_a_file() {
    let mut play = Play::demo(&Start { at: Some("Task/42@4"), ..START });
    let file = written(&mut play, "y f C-r Tab", "found.case");
    play.sees(&format!("backstory {}", file.display()));
    let head = read_case_head(&file).unwrap();
    assert_eq!((head.events, &*head.at), (4, "Task/42@4"));
    assert!(head.redacted.contains(&"assignee".to_owned()), "{head:?}");
    let case = open_case(&file, Clock::System).unwrap();
    let mut session =
        Session::open(&Open { path: case.store.clone(), branch: "main".into(), clock: Clock::System })
            .unwrap();
    assert_eq!(session.overview().unwrap().events, 4);
    play.keys("Enter");
    assert!(play.explorer.model().overlays.is_empty());
    play.keys("y f C-u").types(file.to_str().unwrap()).keys("Enter");
    play.sees("exists already");
    play.keys("Esc y f C-u \"found.txt\" Enter");
    play.sees("no name of a case");
}

#[test]
fn pages_and_tests_are_of_what_the_screen_shows() {
    let mut play = Play::demo(&Start { at: Some("Task/42@4"), ..START });
    let read = |file: &std::path::Path| std::fs::read_to_string(file).unwrap();
    let page = read(&written(&mut play, "y h", "task.html"));
    assert!(
        page.contains("\"at\":4") && page.contains("--at Task/42@4"),
        "it stands at v4, and is opened again"
    );
    let test = written(&mut play, "Enter y t", "task.toml");
    let tests = ScenarioFile::read(&test).unwrap();
    assert_eq!(tests.scenario[0].on, "Task/42");
    let domain = tests.load_domain(&test).unwrap();
    assert!(tests.scenario[0].check(domain.as_ref(), None).unwrap().is_empty());
    let json = play.path.with_file_name("task.json");
    play.keys("Enter y t C-u").types(json.to_str().unwrap()).keys("Enter");
    let json: serde_json::Value = serde_json::from_str(&read(&json)).unwrap();
    assert_eq!(json["tests"][0]["on"], "Task/42");
    let page = read(&written(&mut play, "Enter d y h", "diff.html"));
    assert!(page.contains("Task/42@4") && page.contains("<table"));
    let page = read(&written(&mut play, "Enter Esc R y h", "report.html"));
    assert!(page.contains("report "), "{page}");
}

#[test]
fn a_race_becomes_a_page_a_test_and_a_case() {
    let mut play = crate::races::incidents((120, 36));
    play.keys("X");
    play.until("lost-update 1");
    play.keys("Enter");
    play.until("3 orders");
    let page = std::fs::read_to_string(written(&mut play, "y h", "race.html")).unwrap();
    assert!(page.contains("race of ") && page.contains("same requests"));
    let test = written(&mut play, "Enter Down y t", "race.toml");
    assert!(!ScenarioFile::read(&test).unwrap().scenario.is_empty());
    let head = read_case_head(&written(&mut play, "Enter y f", "race.case")).unwrap();
    assert!(head.events > 0);
}

#[test]
fn a_link_leaves_no_file_and_what_was_handed_over_is_no_part_of_one() {
    let file = std::env::temp_dir().join(format!("backstory-link-{}.case", std::process::id()));
    let press = format!(
        "y f C-u {} Enter",
        file.to_str().unwrap().chars().map(|c| format!("{c} ")).collect::<String>()
    );
    let press: &'static str = Box::leak(press.into_boxed_str());
    let mut play = Play::demo(&Start { at: Some("Task/42@4"), press, ..START });
    play.sees("A link only shows something");
    assert!(!file.exists());
    play.keys("Esc X y f Esc y c");
    let bytes = std::mem::take(&mut *play.out.0.lock().unwrap());
    let text = String::from_utf8(bytes).unwrap();
    let encoded = text.rsplit("\x1b]52;c;").next().unwrap().trim_end_matches('\x07');
    let link = String::from_utf8(base64::engine::general_purpose::STANDARD.decode(encoded).unwrap()).unwrap();
    assert!(link.ends_with("--press X"), "{link}");
}

/// The Markdown of what is shown.
fn markdown(play: &mut Play) -> String {
    play.out.0.lock().unwrap().clear();
    play.keys("y m");
    let text = String::from_utf8(play.out.0.lock().unwrap().clone()).unwrap();
    let encoded = text.rsplit("\x1b]52;c;").next().unwrap().trim_end_matches('\x07');
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(encoded).unwrap()).unwrap()
}

#[test]
fn what_every_screen_lists_is_a_table_in_markdown() {
    let mut play = crate::races::incidents((120, 36));
    play.keys("X");
    play.until("lost-update 1");
    let text = markdown(&mut play);
    assert!(
        text.contains("| weight | record | versions | race |") && text.contains("| lost-update |"),
        "{text}"
    );
    play.keys("X");
    play.until("AT THE END");
    let text = markdown(&mut play);
    assert!(text.contains("| place | in the log's order |  | by the time occurred |"), "{text}");
    play.keys("Esc Enter");
    play.until("3 orders");
    let text = markdown(&mut play);
    assert!(text.contains("| order | end | steps | same events | same requests |"), "{text}");
    let mut play = Play::demo(&Start { at: Some("Task/42@4"), ..START });
    play.keys("d");
    let text = markdown(&mut play);
    assert!(text.contains("| field | Task/42 v4 | head v6 |"), "{text}");
    play.keys("Esc T");
    let text = markdown(&mut play);
    assert!(text.contains("| position | occurred | record | version | event |"), "{text}");
}
