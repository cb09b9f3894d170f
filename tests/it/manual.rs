//! The manual: its examples run as they stand, its pages hold what they name, and `help` prints them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::program::Place;
use backstory::domain::{EVENT_VARS, PREVIOUS};
use backstory::event::Event;
use backstory::manual::{self, Block, Look, Signs, plain};
use backstory::replay::Flag;
use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// README and the manual's pages: their paths, and what stands in them.
fn pages() -> Vec<(String, String)> {
    let pages = manual::pages().iter().map(|page| format!("assets/manual/{}.md", page.topic));
    ["README.md".to_owned()].into_iter().chain(pages).map(|path| (path.clone(), read(&path))).collect()
}

/// A fenced block: what stands behind the fence, and its lines.
fn fences(text: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let body: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            found.push((info, body.join("\n") + "\n"));
        }
    }
    found
}

#[test]
fn every_topic_is_a_page_and_every_page_a_topic() {
    let files: BTreeSet<String> = fs::read_dir(root().join("assets/manual"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let topics: BTreeSet<String> = manual::pages().iter().map(|page| format!("{}.md", page.topic)).collect();
    assert_eq!(files, topics);
    let readme = read("README.md");
    for page in manual::pages() {
        let row = format!("| [{}](assets/manual/{}.md) |", page.topic, page.topic);
        assert!(readme.contains(&row), "README does not list {}", page.topic);
    }
    for verb in backstory::cli::command().get_subcommands() {
        assert!(manual::page(verb.get_name()).is_none(), "{} is a verb and a topic", verb.get_name());
    }
}

/// A block `sh` that begins with `backstory` is run line by line, in one folder for each page, over the demo's store; a
/// block with a file's name behind its language is that file. A block `output` is what the line before it prints, where
/// hashes may be others. Domains are checked.
#[cfg(unix)]
#[test]
fn the_examples_run_as_they_stand() {
    let program = Path::new(env!("CARGO_BIN_EXE_backstory")).parent().unwrap().to_owned();
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", program.display());
    let (mut ran, mut checked, mut compared) = (0, 0, 0);
    for (page, text) in pages() {
        let place = Place::demo();
        let mut printed = String::new();
        for (info, body) in fences(&text) {
            let mut words = info.split(' ');
            let (language, name) = (words.next().unwrap_or_default(), words.next());
            if let Some(name) = name {
                place.file(name, &body);
            }
            if language == "toml" && body.contains("[domain]") {
                place.file("checked.toml", &body);
                place.ok(&["domain", "check", "checked.toml"]);
                checked += 1;
            }
            if language == "output" {
                assert_eq!(without_hashes(&printed), without_hashes(&body), "{page}");
                compared += 1;
            }
            if language != "sh" || !body.starts_with("backstory ") {
                continue;
            }
            for line in body.replace("\\\n", " ").lines().filter(|line| !line.is_empty()) {
                let mut command = place.command(&[]);
                let environment: Vec<_> = command
                    .get_envs()
                    .map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned)))
                    .collect();
                command = std::process::Command::new("sh");
                command.args(["-ec", line]).current_dir(place.path("")).env("PATH", &path);
                for (name, value) in environment {
                    match value {
                        Some(value) => command.env(name, value),
                        None => command.env_remove(name),
                    };
                }
                let output = command.stdin(std::process::Stdio::null()).output().unwrap();
                let error = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{page}: {line}\n{error}");
                printed = String::from_utf8(output.stdout).unwrap();
                ran += 1;
            }
        }
        place.ok(&["verify"]);
    }
    assert!(ran > 60 && checked > 5 && compared > 4, "{ran} lines, {checked} domains, {compared} outputs");
}

/// A text with a sign in the place of each short hash.
fn without_hashes(text: &str) -> String {
    let hash = |word: &str| word.len() == 8 && word.chars().all(|c| c.is_ascii_hexdigit());
    let words = text.trim_end().split(' ');
    words.map(|word| if hash(word) { "HASH" } else { word }).collect::<Vec<_>>().join(" ")
}

#[test]
fn pages_are_plain_and_lead_somewhere() {
    for (path, text) in pages() {
        let mut outside = true;
        for line in text.lines() {
            outside ^= line.starts_with("```");
            assert!(!outside || !line.trim_start().starts_with('<'), "{path}: HTML: {line}");
            assert!(path == "README.md" || !line.contains("!["), "{path}: a picture: {line}");
        }
        for part in text.split("](").skip(1) {
            let target = part.split([')', '#']).next().unwrap();
            if target.contains("://") || target.is_empty() {
                continue;
            }
            let file = root().join(&path).parent().unwrap().join(target);
            assert!(file.exists(), "{path} leads to {target}");
        }
    }
}

#[test]
fn readme_is_short_and_names_the_command_that_runs_the_tests() {
    let readme = read("README.md");
    assert!(readme.lines().count() <= 200, "README has {} lines", readme.lines().count());
    let tests = "cargo test --locked";
    assert!(read(".ci/run").lines().any(|line| line == format!("step {tests}")));
    assert!(readme.contains(&format!("```sh\n{tests}\n```")));
}

#[test]
fn the_pages_name_every_verb_and_every_key() {
    let commands = read("assets/manual/commands.md");
    for verb in backstory::cli::command().get_subcommands() {
        let name = format!("`{}`", verb.get_name());
        assert!(commands.contains(&name), "commands.md does not name {name}");
    }
    let explorer = read("assets/manual/explorer.md");
    let keys: toml::Value = toml::from_str(&read("assets/keys.toml")).unwrap();
    for key in keys["key"].as_array().unwrap().iter().filter(|key| key["in"].as_str() == Some("browse")) {
        let help = key["help"].as_str().unwrap();
        let row = explorer.lines().find(|line| line.ends_with(&format!("| {} |", help.replace('|', "\\|"))));
        let row = row.unwrap_or_else(|| panic!("explorer.md has no row that ends with: {help}"));
        for key in key["keys"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()) {
            let shown = match key {
                "Left" => "←",
                "Right" => "→",
                "Up" => "↑",
                "Down" => "↓",
                "Space" => "space",
                "|" => "\\|",
                other => other,
            };
            let shown = shown.replace("C-", "^").replace("S-", "Shift+");
            let found =
                row.to_lowercase().contains(&shown.to_lowercase().replace("left", "←").replace("right", "→"));
            assert!(found, "explorer.md does not say {shown} in {row}");
        }
    }
}

#[test]
fn the_page_of_mappings_names_every_key() {
    let form = read("src/import/mapping/form.rs");
    let form = form.split("struct Form {").nth(1).unwrap().split("\n}").next().unwrap();
    let keys = form.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.split(':').next());
    let page = read("assets/manual/mappings.md");
    let mut found = 0;
    for key in keys.map(|key| key.trim_start_matches("r#")) {
        assert!(
            page.contains(&format!("`{key}`")) || page.contains(&format!("[import.{key}.")),
            "mappings.md: {key}"
        );
        found += 1;
    }
    assert!(found > 25, "{found}");
}

#[test]
fn the_page_of_filters_names_every_variable_and_every_flag() {
    let page = read("assets/manual/filters.md");
    let fields = Event::FIELDS.iter().chain(PREVIOUS).map(|field| format!("`.{field}`"));
    let flags = Flag::ALL.iter().map(|flag| format!("| `{}` |", flag.name()));
    let variables = EVENT_VARS.iter().map(|var| format!("`{var}`"));
    for name in variables.chain(fields).chain(flags) {
        assert!(page.contains(&name), "{name}");
    }
}

#[test]
fn help_prints_a_page_for_a_terminal_or_a_pipe() {
    let place = Place::empty();
    for page in manual::pages() {
        let out = place.ok(&["help", page.topic]);
        let Some(Block::Heading { text, .. }) = page.blocks().into_iter().next() else { panic!("no title") };
        assert_eq!(out.lines().next().unwrap(), plain(&text));
        assert!(!out.contains('\x1b'), "{}: looks in a pipe", page.topic);
        let lines: Vec<String> = page.lines(80, Signs::Kept).iter().map(|line| plain(&line.0)).collect();
        assert_eq!(out.lines().collect::<Vec<_>>(), lines);
        let json = place.one(&["help", page.topic]);
        assert_eq!((&json["topic"], &json["text"]), (&Value::from(page.topic), &Value::from(page.text)));
    }
    assert_eq!(place.json(&["help"]).len(), manual::pages().len());
    let looks: Vec<Look> = manual::page("history")
        .unwrap()
        .lines(80, Signs::Looks)
        .iter()
        .flat_map(|line| line.0.iter().map(|piece| piece.look))
        .collect();
    assert!([Look::Heading, Look::Code, Look::Emphasis, Look::Link].iter().all(|look| looks.contains(look)));
}

#[test]
fn help_of_a_verb_is_what_the_verb_says_of_itself() {
    let place = Place::empty();
    for words in [&["log"][..], &["domain"], &["domain", "lint"], &["op", "log"], &["help"], &["catalogue"]] {
        let help = place.ok(&[&["help"], words].concat());
        assert_eq!(help, place.ok(&[words, &["--help"]].concat()), "{words:?}");
    }
    assert_eq!(place.ok(&["jobs", "help", "retry"]), place.ok(&["jobs", "retry", "--help"]));
    assert_eq!(place.ok(&["jobs", "help"]), place.ok(&["jobs", "--help"]));
    let all = place.ok(&["help"]);
    assert_eq!(all, place.ok(&["--help"]));
    for page in manual::pages() {
        assert!(all.contains(&format!("  {:<11}  {}", page.topic, page.about)), "{all}");
    }
    for (words, said) in [
        (&["help", "nonsense"][..], "There is no topic and no verb nonsense."),
        (&["help", "log", "nonsense"], "There is no topic and no verb log nonsense."),
        (&["help", "history", "store"], "There is no topic and no verb history store."),
        (&["jobs", "help", "nonsense"], "There is no verb jobs nonsense."),
    ] {
        let error = place.refused(2, words);
        assert!(error.contains(said) && error.contains("\nhint: "), "{error}");
    }
    assert!(place.refused(2, &["help", "nonsense"]).contains("revisions, history, explorer"));
}

#[test]
fn man_pages_are_written_for_every_verb_and_every_topic() {
    let place = Place::empty();
    let answer = place.one(&["completions", "--man", "share/man"]);
    let names: BTreeSet<String> = fs::read_dir(place.path("share/man"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(answer["pages"], names.len());
    for verb in backstory::cli::command().get_subcommands().filter(|verb| !verb.is_hide_set()) {
        assert!(names.contains(&format!("backstory-{}.1", verb.get_name())), "{}", verb.get_name());
    }
    assert!(names.contains("backstory.1") && names.contains("backstory-domain-lint.1"), "{names:?}");
    assert!(!names.contains("backstory-jobs-help.1"), "{names:?}");
    for page in manual::pages() {
        let text = fs::read_to_string(place.path(&format!("share/man/backstory-{}.7", page.topic))).unwrap();
        assert!(
            text.contains(&format!(".TH BACKSTORY-{} 7 \" \" \"backstory ", page.topic.to_uppercase())),
            "{text}"
        );
        assert!(text.contains("\n.SH DESCRIPTION\n"), "{text}");
    }
    assert_eq!(place.run(&["completions"]).code, 2);
    assert_eq!(place.run(&["completions", "bash", "--man", "man"]).code, 2);
    place.file("file", "");
    assert!(place.refused(1, &["completions", "--man", "file"]).contains("cannot be written to file"));
}

/// What `help filters` prints to a terminal of so many columns, with a variable set.
#[cfg(unix)]
fn on_a_terminal(cols: u16, (name, value): (&str, &str)) -> String {
    use portable_pty::{CommandBuilder, PtySize, native_pty_system};
    use std::io::Read as _;
    let size = PtySize { rows: 24, cols, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_backstory"));
    command.args(["help", "filters"]);
    command.env_remove("NO_COLOR");
    command.env("TERM", "xterm-256color");
    command.env(name, value);
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let text = std::thread::spawn(move || {
        // When the program is gone, reading fails: that is the end.
        let mut bytes = Vec::new();
        let _ = reader.read_to_end(&mut bytes);
        String::from_utf8(bytes).unwrap()
    });
    assert!(child.wait().unwrap().success());
    drop(pair.master);
    text.join().unwrap().replace("\r\n", "\n")
}

#[cfg(unix)]
#[test]
fn a_terminal_gets_its_width_and_looks_if_it_has_any() {
    let page = manual::page("filters").unwrap();
    let text = |columns, signs| -> Vec<String> {
        page.lines(columns, signs).iter().map(|line| plain(&line.0)).collect()
    };
    for no_looks in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let shown = on_a_terminal(60, no_looks);
        assert!(!shown.contains('\x1b'), "{no_looks:?}: {shown:?}");
        assert_eq!(shown.lines().collect::<Vec<_>>(), text(60, Signs::Kept), "{no_looks:?}");
    }
    let shown = on_a_terminal(150, ("LANG", "C.UTF-8"));
    assert!(shown.starts_with("\x1b[1;33mFilters and jq\x1b[0m\n"), "{shown:?}");
    let mut bare = shown.split("\x1b[");
    let first = bare.next().unwrap().to_owned();
    let bare = bare.fold(first, |so_far, part| so_far + part.split_once('m').unwrap().1);
    assert_eq!(bare.lines().collect::<Vec<_>>(), text(100, Signs::Looks), "long lines are hard to read");
}
