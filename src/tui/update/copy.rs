//! What is copied, as text.

use std::fmt::Write as _;

use crate::tui::effect::Effect;
use crate::tui::model::Model;
use crate::tui::model::cursor::Scope;
use crate::tui::model::overlay::CopyWhat;
use crate::tui::model::state::Row;

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
    for part in pointer.split('/').skip(1) {
        let key = part.replace("~1", "/").replace("~0", "~");
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
