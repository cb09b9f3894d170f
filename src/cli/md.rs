//! `--format md`: what a verb prints, as Markdown. It is made here for every verb, of what the verb says anyway: lists of
//! its JSON as a table, a state as JSON, everything else as the text that it prints, and the line that prints it again.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::path::Path;

use clap::ValueEnum;
use serde_json::{Map, Value};

use super::{Context, Verb};
use crate::error::{Error, Result};

/// Another form for all that a verb prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Markdown.
    Md,
}

/// What a verb's answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Rows with names for their columns.
    Table,
    /// One state.
    State,
    /// Lines.
    Text,
}

/// What a verb's answer is; refused for one that takes the terminal, or waits for what comes.
pub fn shape(verb: &Verb) -> Result<Shape> {
    Ok(match verb {
        Verb::Open(_) | Verb::Demo(_) | Verb::Work(_) => {
            return Err(Error::usage("--format md is for verbs that print an answer and end."));
        }
        Verb::State(_) => Shape::State,
        Verb::Aggregates(_)
        | Verb::Diff(_)
        | Verb::Blame(_)
        | Verb::Find(_)
        | Verb::Races(_)
        | Verb::Branch(_)
        | Verb::Report(_)
        | Verb::Feed(_)
        | Verb::Monitors(_)
        | Verb::Jobs(_)
        | Verb::Waypoint(_)
        | Verb::Note(_)
        | Verb::Source(_)
        | Verb::Check(_) => Shape::Table,
        _ => Shape::Text,
    })
}

/// The arguments with `--format md` at their beginning, wherever it stands: other formats belong to the verbs that have
/// them.
pub fn in_front(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut rest: Vec<OsString> = args.collect();
    let end = rest.iter().position(|arg| arg == "--").unwrap_or(rest.len());
    let joined = rest[..end].iter().position(|arg| arg == "--format=md");
    let apart = rest[..end].windows(2).position(|two| two[0] == "--format" && two[1] == "md");
    match (joined, apart) {
        (Some(at), _) => drop(rest.remove(at)),
        (None, Some(at)) => drop(rest.drain(at..at + 2)),
        (None, None) => return rest,
    }
    let front = 1.min(rest.len());
    rest.insert(front, OsString::from("--format=md"));
    rest
}

/// The lines that a verb printed, as Markdown.
pub fn page(shape: Shape, lines: &[String], again: &str) -> String {
    let values =
        || lines.iter().map(|line| serde_json::from_str(line).unwrap_or(Value::Null)).collect::<Vec<_>>();
    let body = match shape {
        Shape::Table => table(&values()),
        Shape::State => values().iter().map(state).collect(),
        Shape::Text => fenced("text", &lines.join("\n")),
    };
    format!("{body}\n{}", fenced("sh", again))
}

/// The command line that prints the same again, with the store's whole path.
pub fn again(context: &Context, args: &[OsString]) -> String {
    let mut words = vec!["backstory".to_owned()];
    let path = context.path();
    if context.store.is_none() && path.exists() {
        let whole = path.canonicalize().unwrap_or(path);
        words.extend(["-s".to_owned(), quoted(whole.as_os_str())]);
    }
    let mut store = false;
    for arg in args.iter().skip(1).filter(|arg| *arg != "--format=md") {
        let whole = std::mem::replace(&mut store, arg == "-s" || arg == "--store")
            .then(|| Path::new(arg).canonicalize().ok())
            .flatten();
        words.push(whole.map_or_else(|| quoted(arg), |whole| quoted(whole.as_os_str())));
    }
    words.join(" ")
}

/// A word as a shell takes it.
fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_alphanumeric() || "-_./:@%+=,#".contains(c);
    if !word.is_empty() && word.chars().all(plain) && !word.starts_with('#') {
        return word.into_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// A block that nothing inside can end.
fn fenced(language: &str, text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

fn state(value: &Value) -> String {
    let text = |name: &str| value[name].as_str().unwrap_or_default();
    let mut page =
        format!("**{}** v{} on {}", escaped(text("aggregate")), value["version"], escaped(text("branch")));
    if value["exists"] == false {
        page.push_str(", does not exist here");
    }
    if !text("error").is_empty() {
        let _ = write!(page, ", error: {}", escaped(text("error")));
    }
    let pretty = serde_json::to_string_pretty(&value["state"]).unwrap_or_default();
    format!("{page}\n\n{}", fenced("json", &pretty))
}

fn table(rows: &[Value]) -> String {
    // In the order in which they are first met.
    let (mut names, mut met): (Vec<&str>, BTreeSet<&str>) = (Vec::new(), BTreeSet::new());
    for key in rows.iter().filter_map(Value::as_object).flat_map(Map::keys) {
        if met.insert(key) {
            names.push(key);
        }
    }
    if names.is_empty() {
        return "Nothing.\n".to_owned();
    }
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut table = line(names.iter().map(|name| escaped(name)).collect());
    table += &line(names.iter().map(|_| "---".to_owned()).collect());
    for row in rows {
        table += &line(names.iter().map(|name| cell(row.get(name).unwrap_or(&Value::Null))).collect());
    }
    table
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => escaped(text),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => {
            let text = value.to_string();
            let ticks = "`".repeat(longest_run(&text) + 1);
            // Inside a table a bar ends the cell, in code too.
            format!("{ticks}{}{ticks}", text.replace('|', "\\|"))
        }
    }
}

/// A text that says nothing to Markdown, nor to HTML.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let inside = before.is_alphanumeric() && rest.peek().is_some_and(|c| c.is_alphanumeric());
        match c {
            '\n' => out.push_str("<br>"),
            '\r' => {}
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '_' if inside => out.push(c),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '>' | '!' => out.extend(['\\', c]),
            _ => out.push(c),
        }
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_in_a_cell_ends_it() {
        let rows = [
            json!({ "name": "a|b\n<script>", "n": 1, "deep": { "x|`": ["``"] } }),
            json!({ "name": "snake_case *x*", "more": null }),
        ];
        let text = page(Shape::Table, &rows.map(|row| row.to_string()), "backstory x");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "| name | n | deep | more |");
        assert_eq!(
            lines[2],
            "| a\\|b<br>&lt;script> | 1 | ```{\"x\\|`\":[\"``\"]}``` |  |".replace("script>", "script\\>")
        );
        assert_eq!(lines[3], "| snake_case \\*x\\* |  |  |  |");
        assert_eq!(lines[5..], ["```sh", "backstory x", "```"]);
    }

    #[test]
    fn a_block_is_longer_than_what_is_in_it() {
        let text = page(Shape::Text, &["a ```` b".to_owned(), "c".to_owned()], "backstory 'x'");
        assert!(text.starts_with("`````text\na ```` b\nc\n`````\n"), "{text}");
    }

    #[test]
    fn the_format_is_found_wherever_it_stands() {
        let args = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
        for text in ["b log --format md Task/1", "b --format=md log Task/1", "b log Task/1 --format md"] {
            assert_eq!(in_front(args(text).into_iter()), args("b --format=md log Task/1"), "{text}");
        }
        assert_eq!(in_front(args("b export --format jsonl").into_iter()), args("b export --format jsonl"));
        assert_eq!(in_front(args("b log -- --format md").into_iter()), args("b log -- --format md"));
    }
}
