//! What is copied: the list to choose from, and each as text.

use std::fmt::Write as _;

use crate::replay::keys_of;
use crate::tui::effect::Effect;
use crate::tui::menu::{Choices, Item, Look, Shape};
use crate::tui::model::Model;
use crate::tui::model::cursor::Scope;
use crate::tui::model::state::Row;
use crate::tui::screen::Cx;

/// What can be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyWhat {
    /// The selected value.
    Value,
    /// The state as JSON.
    Json,
    /// The jq path of the selected value.
    Path,
    /// The event as JSON.
    Event,
    /// The command line that opens this screen.
    Link,
}

/// What can be copied, and the letter that chooses it.
const ALL: [(&str, char, CopyWhat); 5] = [
    ("value: the selected field", 'v', CopyWhat::Value),
    ("JSON: the whole state here", 'j', CopyWhat::Json),
    ("jq path of the selected field", 'p', CopyWhat::Path),
    ("event as JSON", 'e', CopyWhat::Event),
    ("command line that opens this screen", 'c', CopyWhat::Link),
];

/// The list.
#[derive(Debug, Default)]
pub struct Copies {
    filled: bool,
}

impl Choices for Copies {
    type Choice = CopyWhat;

    fn look(&self) -> Look {
        Look { title: "Copy", shape: Shape::Actions, hint: "press its letter, or Enter", ..Look::PICKER }
    }

    fn entries(&mut self, _cx: &mut Cx) -> Option<Vec<Item<CopyWhat>>> {
        let first = !std::mem::replace(&mut self.filled, true);
        first.then(|| ALL.map(|(text, letter, what)| Item::new(text, letter, what)).into())
    }

    fn choose(&mut self, cx: &mut Cx, what: CopyWhat) {
        copy(cx.model, what, cx.effects);
    }

    fn takes(&self, _letter: char) -> bool {
        true
    }

    fn letter(&mut self, cx: &mut Cx, letter: char) -> bool {
        if let Some((.., what)) = ALL.iter().find(|(_, of, _)| *of == letter) {
            cx.close();
            copy(cx.model, *what, cx.effects);
        }
        true
    }
}

/// Puts it on the clipboard.
pub fn copy(model: &mut Model, what: CopyWhat, effects: &mut Vec<Effect>) {
    match text(model, what) {
        Some((name, ending, text)) => effects.push(Effect::Copy(name, ending, text)),
        None => model.tell("there is nothing to copy here"),
    }
}

fn text(model: &Model, what: CopyWhat) -> Option<(String, &'static str, String)> {
    let moment = model.moment.as_ref();
    let pointer = model.state.rows.get(model.state.selected).and_then(Row::pointer);
    match what {
        CopyWhat::Link => Some(("the command line".into(), "sh", link(model))),
        CopyWhat::Json => {
            let moment = moment?;
            let name = format!("the state of {} v{}", moment.aggregate, moment.version);
            Some((name, "json", serde_json::to_string_pretty(&moment.state).ok()?))
        }
        CopyWhat::Event => {
            let event = moment?.event.as_ref()?;
            Some((format!("{} v{}", event.kind, event.version), "json", event.to_json()))
        }
        CopyWhat::Path => Some(("the jq path".into(), "jq", path(pointer?))),
        CopyWhat::Value => {
            let value = moment?.state.pointer(pointer?)?;
            let text = match value {
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            Some((format!("the value of {}", path(pointer?)), "txt", text))
        }
    }
}

/// A JSON Pointer as a jq path: `.tags[0]`, `."odd key"`.
fn path(pointer: &str) -> String {
    let mut out = String::new();
    for key in keys_of(pointer) {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !key.is_empty() && key.bytes().all(|b| b.is_ascii_digit()) {
            out.push_str(if out.is_empty() { "." } else { "" });
            let _ = write!(out, "[{key}]");
        } else if key.chars().all(plain) && !key.is_empty() {
            let _ = write!(out, ".{key}");
        } else {
            let _ = write!(out, ".{}", serde_json::Value::String(key));
        }
    }
    out
}

/// The command line that opens this screen.
fn link(model: &Model) -> String {
    let revision = match (model.cursor.scope, &model.cursor.aggregate) {
        (Scope::Store { position, .. }, _) => Some(format!("#{position}")),
        (_, Some(aggregate)) if model.cursor.past() => Some(format!("{aggregate}@{}", model.cursor.version)),
        (_, Some(aggregate)) if aggregate.id.contains('@') => Some(format!("{aggregate}@")),
        (_, Some(aggregate)) => Some(aggregate.to_string()),
        (_, None) => None,
    };
    let at = revision.map(|revision| format!(" --at {}", quoted(&revision))).unwrap_or_default();
    let whole = if model.cursor.is_whole() { " --whole-store" } else { "" };
    let branch =
        if model.branch == "main" { String::new() } else { format!("-b {} ", quoted(&model.branch)) };
    format!("backstory {branch}open {}{at}{whole}", quoted(&model.store))
}

fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@+=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_jq() {
        assert_eq!(path("/tags/0"), ".tags[0]");
        assert_eq!(path("/a b/c~1d"), r#"."a b"."c/d""#);
    }

    #[test]
    fn a_shell_takes_what_is_copied() {
        assert_eq!(quoted("Task/42@3"), "Task/42@3");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("#12"), "'#12'");
    }
}
