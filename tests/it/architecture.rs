//! Dependencies point one way: the map in `src/lib.rs`, held.

use std::fs;
use std::path::{Path, PathBuf};

/// What each module may use, as the drawing has it. `store` and `jq` know nothing of each other, nor do the two
/// faces, except that the command line starts the explorer.
const MAP: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("event", &["error"]),
    ("clock", &["event"]),
    ("file", &[]),
    ("private", &[]),
    ("visible", &[]),
    ("manual", &[]),
    ("markdown", &[]),
    ("store", &["error", "event", "file", "private"]),
    ("jq", &["error", "event"]),
    ("domain", &["error", "event", "file", "jq"]),
    ("history", &["error", "event", "store", "jq", "domain"]),
    ("replay", &["error", "event", "store", "jq", "domain", "history"]),
    ("projection", &["error", "event", "jq", "domain"]),
    ("journal", &["error", "event", "store", "jq", "domain", "history", "replay", "projection"]),
    ("import", &["error", "event", "file", "store", "jq", "domain", "history", "replay", "journal"]),
    ("react", &["error", "event", "file", "private", "domain"]),
    ("seal", &["error", "event", "file", "private"]),
    ("outside", &["error", "event", "jq", "domain", "replay"]),
    (
        "session",
        &[
            "error",
            "event",
            "clock",
            "file",
            "private",
            "store",
            "jq",
            "domain",
            "history",
            "replay",
            "projection",
            "journal",
            "import",
            "react",
            "seal",
            "outside",
        ],
    ),
    (
        "tui",
        &[
            "visible", "markdown", "manual", "error", "event", "clock", "jq", "domain", "history", "replay",
            "journal", "import", "session",
        ],
    ),
    (
        "cli",
        &[
            "visible", "markdown", "manual", "error", "event", "clock", "file", "jq", "domain", "history",
            "replay", "journal", "import", "session", "tui",
        ],
    ),
];

/// Words that only some modules may say: what they name would otherwise leak through the whole program.
const WORDS: &[(&str, &[&str])] = &[
    ("rusqlite", &["store"]),
    ("jaq_core", &["jq"]),
    ("jaq_std", &["jq"]),
    ("jaq_json", &["jq"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui"]),
    ("tui_textarea", &["tui"]),
    ("clap", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("pulldown_cmark", &["manual"]),
    ("SystemTime", &["clock"]),
    ("Utc::now", &["clock"]),
    ("Local::now", &["clock"]),
    // How long to wait for a key is no fact of history.
    ("Instant::now", &["clock", "tui"]),
];

/// A replay reads no file, no environment and no clock, and so does everything that it stands on and that
/// could bring one in by the back door.
const PURE: &[&str] = &["jq", "replay", "projection", "history", "event"];
const IMPURE: &[&str] = &["std::fs", "std::env", "std::net", "std::process", "std::time"];

/// The source without comments, texts and what is compiled for tests only.
fn code(source: &str) -> String {
    let mut out = String::new();
    let mut testing = false;
    let mut lines = source.lines().peekable();
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]" && lines.peek().is_some_and(|next| next.ends_with('{')) {
            testing = true;
        }
        if !testing {
            let line = without_texts(line);
            out.push_str(line.find("//").map_or(line.as_str(), |at| &line[..at]));
            out.push('\n');
        }
        if line == "}" {
            testing = false;
        }
    }
    out
}

fn without_texts(line: &str) -> String {
    let mut inside = false;
    let mut escaped = false;
    let mut out = String::new();
    for c in line.chars() {
        let quote = c == '"' && !escaped;
        escaped = inside && c == '\\' && !escaped;
        if quote {
            inside = !inside;
        } else if !inside {
            out.push(c);
        }
    }
    // A line with an odd quote is one of a longer text, or holds the character itself: take it whole.
    if inside { line.to_owned() } else { out }
}

pub(super) fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// Where a word stands by itself, and what follows it.
fn found<'a>(code: &'a str, wanted: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices(wanted)
        .filter(|(at, _)| !code[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        .map(move |(at, _)| &code[at + wanted.len()..])
}

/// The names that follow a path's `::`, each one of `{a, b::c}` too.
fn names(rest: &str) -> Vec<String> {
    let Some(group) = rest.strip_prefix('{') else { return vec![word(rest).to_owned()] };
    let mut depth = 0;
    let mut names = Vec::new();
    let mut name = String::new();
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(word(name.trim()).to_owned());
                name.clear();
                if c == '}' {
                    break;
                }
            }
            _ if depth == 0 => name.push(c),
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// What a file may not say. `path` is inside `src`, as `store/open.rs`.
fn violations(path: &str, source: &str) -> Vec<String> {
    let parts: Vec<&str> = path.trim_end_matches(".rs").split('/').collect();
    let (module, depth) = (parts[0], parts.len());
    let code = code(source);
    let mut wrong = Vec::new();
    let Some((_, allowed)) = MAP.iter().find(|(name, _)| *name == module) else {
        return vec![format!("{path}: the map does not know the module {module}")];
    };
    let mut used: Vec<String> = found(&code, "crate::").flat_map(names).collect();
    // As many `super` as the file is deep lead to the root as well.
    let up = "super::".repeat(depth);
    used.extend(found(&code, &up).flat_map(names));
    for name in used {
        let known = MAP.iter().any(|(module, _)| *module == name);
        if known && name != module && !allowed.contains(&name.as_str()) {
            wrong.push(format!("{path}: {module} uses {name}, which stands to its right"));
        }
    }
    for (name, modules) in WORDS {
        let said =
            found(&code, name).any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'));
        if said && !modules.contains(&module) {
            wrong.push(format!("{path}: {module} says {name}, which only {} may", modules.join(" and ")));
        }
    }
    if PURE.contains(&module) {
        for name in IMPURE.iter().filter(|name| found(&code, name).next().is_some()) {
            wrong.push(format!("{path}: {module} is pure and says {name}"));
        }
    }
    wrong
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every source in a folder of the repository, by its path from there.
pub(super) fn all_code(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    sources(&root.join(folder), &mut paths);
    let name = |path: &PathBuf| path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
    paths.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

/// Those of the program, by their path inside `src`.
fn all_sources() -> Vec<(String, String)> {
    let all = all_code("src").into_iter().map(|(path, source)| (path["src/".len()..].to_owned(), source));
    let all: Vec<_> = all.collect();
    assert!(all.len() > 50, "the sources are not where they were: {} of them", all.len());
    all
}

/// Whether a file is compiled for tests only.
fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

#[test]
fn every_module_uses_only_what_stands_to_its_left() {
    let wrong: Vec<String> = all_sources()
        .iter()
        .filter(|(path, _)| !matches!(path.as_str(), "main.rs" | "lib.rs") && !is_test(path))
        .flat_map(|(path, source)| violations(path, source))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What every screen is made of: none of it knows a screen, what is drawn around screens, or what the panes do.
const PARTS: &[&str] = &["action", "field", "keys", "menu", "question", "rows", "text", "theme", "zone"];

/// Screens that others open above them: a question before something is done, a line that is typed, and chips.
const SHARED_SCREENS: &[&str] = &["ask", "chips", "offers", "prompt"];

/// What is wrong inside the explorer: a screen that uses another one, a part that looks upwards.
fn upwards(path: &str, source: &str) -> Vec<String> {
    let Some(inside) = path.strip_prefix("tui/") else { return Vec::new() };
    let (name, code) = (word(inside), code(source));
    if PARTS.contains(&name) {
        let above = ["screens::", "update::", "view::"].into_iter();
        let seen = above.filter(|above| found(&code, above).next().is_some());
        return seen.map(|above| format!("{path}: a part of every screen uses {above}")).collect();
    }
    let Some(screen) = inside.strip_prefix("screens/").map(word) else { return Vec::new() };
    let used = found(&code, "screens::").flat_map(names);
    let wrong = used.filter(|other| other != screen && !SHARED_SCREENS.contains(&other.as_str()));
    wrong.map(|other| format!("{path}: the screen {screen} uses the screen {other}")).collect()
}

#[test]
fn no_screen_uses_another_one_and_no_part_looks_upwards() {
    let sources = all_sources();
    let wrong: Vec<String> = sources.iter().flat_map(|(path, source)| upwards(path, source)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let planted = "use crate::tui::screens::{ask::Ask, lab::Lab};\n";
    assert_eq!(upwards("tui/screens/jobs.rs", planted).len(), 1);
    assert_eq!(upwards("tui/screens/lab/draw.rs", planted).len(), 0);
    assert_eq!(upwards("tui/rows.rs", planted).len(), 1);
    for part in PARTS {
        assert!(sources.iter().any(|(path, _)| *path == format!("tui/{part}.rs")), "no part {part}");
    }
}

#[test]
fn typed_text_goes_through_one_bounded_piece() {
    let others = all_sources().into_iter().filter(|(path, _)| path != "tui/model/typed.rs");
    let said: Vec<_> =
        others.filter(|(_, source)| source.contains("tui_textarea")).map(|(path, _)| path).collect();
    assert!(said.is_empty(), "{said:?} take typed text past the one piece that bounds it");
}

#[test]
fn every_module_says_what_it_is_for() {
    for (path, source) in all_sources() {
        assert!(!path.ends_with("mod.rs"), "{path}: a folder's module stands beside it");
        if !is_test(&path) {
            assert!(source.starts_with("//! "), "{path} does not say what it is for");
        }
    }
}

#[test]
fn the_map_names_every_module_in_its_order() {
    let root = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let mut declared: Vec<&str> =
        root.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let mut known: Vec<&str> = MAP.iter().map(|(name, _)| *name).collect();
    declared.sort_unstable();
    known.sort_unstable();
    assert_eq!(declared, known);
    for (at, (name, uses)) in MAP.iter().enumerate() {
        for used in *uses {
            let place = MAP.iter().position(|(other, _)| other == used).unwrap();
            assert!(place < at, "{name} stands before {used}");
        }
    }
}

#[test]
fn a_planted_violation_is_found() {
    let wrong = |path, source| violations(path, source).len();
    assert_eq!(wrong("store/open.rs", "use crate::event::Event;\nuse crate::error::{Error, Result};\n"), 0);
    assert_eq!(wrong("store/open.rs", "use crate::jq::Rule;\n"), 1);
    assert_eq!(wrong("jq/rule.rs", "fn f() { crate::store::Store::open(); }\n"), 1);
    assert_eq!(wrong("domain.rs", "use crate::{error::Error, session::{Session, Open}, tui};\n"), 2);
    assert_eq!(wrong("replay/timeline.rs", "use super::super::journal::Rules;\n"), 1);
    assert_eq!(wrong("replay/timeline.rs", "use super::journal;\n"), 0);
    assert_eq!(wrong("session.rs", "use ratatui::Frame;\n"), 1);
    assert_eq!(wrong("session.rs", "type C = rusqlite::Connection;\n"), 1);
    assert_eq!(wrong("import.rs", "let now = std::time::SystemTime::now();\n"), 1);
    assert_eq!(wrong("cli.rs", "let now = Instant::now();\n"), 1);
    assert_eq!(wrong("tui.rs", "let now = Instant::now();\n"), 0);
    assert_eq!(wrong("replay.rs", "let x = std::env::var(\"X\");\n"), 1);
    assert_eq!(wrong("surprise.rs", ""), 1);
    // What is only said, or only tested, is no dependency.
    assert_eq!(wrong("store.rs", "// as crate::tui does\nlet a = \"rusqlite and crate::tui::x\";\n"), 0);
    let tested = "#[cfg(test)]\nmod tests {\n    use crate::session::Session;\n}\nuse crate::tui::keys;\n";
    assert_eq!(wrong("store.rs", tested), 1);
}
