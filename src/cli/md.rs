//! `--format md`: what a verb prints, as Markdown. It is made here for every verb, of what the verb says anyway: lists of
//! its JSON as a table, a state as JSON, everything else as the text that it prints, and the line that prints it again.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;

use clap::ValueEnum;
use serde_json::{Map, Value, json};

use super::{Context, Verb};
use crate::error::{Error, Result};
use crate::markdown::{self, code, code_in_cell, plain};
use crate::tui::text::quoted;

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
    /// One answer whose field of that name has the rows; what else it says stands above them, as text.
    Rows(&'static str),
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
        Verb::Race(_) => Shape::Rows("rows"),
        Verb::Order(_) => Shape::Rows("places"),
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
        | Verb::Trace(_)
        | Verb::Replay(_)
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
        Shape::Rows(name) => values().iter().map(|value| answer(value, name)).collect(),
        Shape::State => values().iter().map(state).collect(),
        Shape::Text => code("text", &lines.join("\n")),
    };
    format!("{body}\n{}", code("sh", again))
}

/// The command line that prints the same again, with the store's whole path.
pub fn again(context: &Context, args: &[OsString]) -> String {
    let mut words = vec!["backstory".to_owned()];
    let path = context.path();
    if context.store.is_none() && path.exists() {
        let whole = path.canonicalize().unwrap_or(path);
        words.extend(["-s".to_owned(), quoted(&whole.to_string_lossy())]);
    }
    let mut store = false;
    for arg in args.iter().skip(1).filter(|arg| *arg != "--format=md") {
        let whole = std::mem::replace(&mut store, arg == "-s" || arg == "--store")
            .then(|| Path::new(arg).canonicalize().ok())
            .flatten();
        words.push(
            whole.map_or_else(|| quoted(&arg.to_string_lossy()), |whole| quoted(&whole.to_string_lossy())),
        );
    }
    words.join(" ")
}

fn state(value: &Value) -> String {
    let text = |name: &str| value[name].as_str().unwrap_or_default();
    let mut page =
        format!("**{}** v{} on {}", plain(text("aggregate")), value["version"], plain(text("branch")));
    if value["exists"] == false {
        page.push_str(", does not exist here");
    }
    if !text("error").is_empty() {
        let _ = write!(page, ", error: {}", plain(text("error")));
    }
    let pretty = serde_json::to_string_pretty(&value["state"]).unwrap_or_default();
    format!("{page}\n\n{}", code("json", &pretty))
}

/// An answer with rows: what else it says, and the rows as a table.
fn answer(value: &Value, name: &str) -> String {
    // One that is no table by itself, as that of `race matrix`.
    let Some(rows) = value[name].as_array() else { return table(std::slice::from_ref(value)) };
    let fields = value.as_object().into_iter().flatten().filter(|(field, _)| *field != name);
    let said: Vec<Value> = fields.map(|(field, value)| json!({ "what": field, "": value })).collect();
    format!("{}\n{}", table(&said), table(rows))
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
    let cells = |row: &Value| names.iter().map(|name| cell(row.get(name).unwrap_or(&Value::Null))).collect();
    markdown::table(&names, rows.iter().map(cells))
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => plain(text),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) | Value::Object(_) => code_in_cell(&value.to_string()),
    }
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
