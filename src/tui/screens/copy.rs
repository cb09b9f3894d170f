//! What is handed over of what is shown, each with its letter, in every screen: it is copied, or written to a file.
//!
//! ```text
//! ╭ Hand over: Task/42 v4 ───────────────────────╮
//! │ COPY                                         │
//! │ value: the selected field                  v │
//! │ Markdown: what is shown, for a ticket      m │
//! │ WRITE                                        │
//! │ case file: backstory opens it anywhere     f │
//! ╰──────────────────────────────────────────────╯
//! ```

mod file;

use std::fmt::Write as _;

use self::file::{HandOver, Kind};

use crate::markdown::{code, plain};
use crate::replay::keys_of;
use crate::session::{Matter, Point};
use crate::tui::effect::Effect;
use crate::tui::menu::{Choices, Item, Look, Shape};
use crate::tui::model::Model;
use crate::tui::model::state::Row;
use crate::tui::screen::{Cx, Screen};
use crate::tui::text::cut;
use crate::tui::view;

/// What can be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyWhat {
    /// The selected value; in a list the selected line.
    Value,
    /// The state as JSON.
    Json,
    /// The jq path of the selected value.
    Path,
    /// The event as JSON; in a list the revision of the one that the selected line is about.
    Event,
    /// What is shown, as Markdown.
    Markdown,
    /// What is shown, as it is shown.
    Text,
    /// The command line that opens this screen.
    Link,
    /// Nothing: it is written to a file, after a last step.
    Write(Kind),
}

/// What can be copied, and the letter that chooses it.
const ALL: [(&str, char, CopyWhat); 7] = [
    ("value: the selected field", 'v', CopyWhat::Value),
    ("JSON: the whole state here", 'j', CopyWhat::Json),
    ("jq path of the selected field", 'p', CopyWhat::Path),
    ("event as JSON", 'e', CopyWhat::Event),
    ("Markdown: what is shown, for a ticket", 'm', CopyWhat::Markdown),
    ("text: what is shown, as it is shown", 'x', CopyWhat::Text),
    ("command line that opens this screen", 'c', CopyWhat::Link),
];

/// What can be written, and the letter that chooses it.
const FILES: [(&str, char, CopyWhat); 3] = [
    ("case file: backstory opens it anywhere", 'f', CopyWhat::Write(Kind::Case)),
    ("HTML page: for whoever has no backstory", 'h', CopyWhat::Write(Kind::Page)),
    ("test: given, when, then", 't', CopyWhat::Write(Kind::Test)),
];

/// The list.
#[derive(Debug, Default)]
pub struct Copies {
    filled: bool,
    title: Option<String>,
}

impl Copies {
    /// What can be copied here, and the letter that chooses it.
    fn here(model: &Model) -> Vec<(&'static str, char, CopyWhat)> {
        let Some(screen) = below(model) else { return ALL.to_vec() };
        let of_list = |(words, letter, what)| match what {
            CopyWhat::Value => screen.copied(model).map(|_| ("value: the selected line", letter, what)),
            CopyWhat::Event => screen.position().map(|_| ("revision of the selected event", letter, what)),
            CopyWhat::Json | CopyWhat::Path => None,
            _ => Some((words, letter, what)),
        };
        ALL.into_iter().filter_map(of_list).collect()
    }

    /// What is written here, after a last step.
    fn write(cx: &mut Cx, kind: Kind) {
        match matter(cx.model, kind) {
            Some((matter, of)) => cx.open(HandOver::new(cx.model, kind, matter, &of)),
            None => cx.model.tell("there is nothing to write here"),
        }
    }

    fn take(cx: &mut Cx, what: CopyWhat) {
        match what {
            CopyWhat::Write(kind) => Self::write(cx, kind),
            _ => copy(cx.model, what, cx.effects),
        }
    }
}

/// What becomes a file here, and that in words: what the screen shows, the event of its selected line, or what the panes show.
fn matter(model: &Model, kind: Kind) -> Option<(Matter, String)> {
    let screen = below(model);
    if let Some(matter) = screen.and_then(|screen| screen.matter(model)) {
        return Some(matter);
    }
    if let Some(position) = screen.and_then(Screen::position) {
        return Some((Matter::Event(position), format!("#{position}")));
    }
    let cursor = &model.cursor;
    if kind == Kind::Case && cursor.is_whole() {
        return Some((Matter::Points(vec![model.point()?]), format!("the store up to {}", model.here())));
    }
    if cursor.is_set() {
        let of = format!("{} records", model.list.lanes.len());
        return Some((Matter::Set(model.list.lanes.clone(), model.position()), of));
    }
    let moment = model.moment.as_ref()?;
    let point = Point::Aggregate {
        branch: model.branch.clone(),
        aggregate: moment.aggregate.clone(),
        version: moment.version,
        head: moment.head,
    };
    Some((Matter::Points(vec![point]), format!("{} v{}", moment.aggregate, moment.version)))
}

/// The screen that is open below this list.
fn below(model: &Model) -> Option<&dyn Screen> {
    let (_, below) = model.overlays.split_last()?;
    below.last().map(|screen| &**screen)
}

impl Choices for Copies {
    type Choice = CopyWhat;

    fn look(&self) -> Look {
        let hint = "press its letter, or Enter; WRITE names file, events, what is left out";
        Look { title: "Hand over", shape: Shape::Actions, hint, ..Look::PICKER }
    }

    fn title(&self) -> Option<String> {
        self.title.clone()
    }

    fn entries(&mut self, cx: &mut Cx) -> Option<Vec<Item<CopyWhat>>> {
        let first = !std::mem::replace(&mut self.filled, true);
        if !first {
            return None;
        }
        let of = matter(cx.model, Kind::Case).map(|(_, of)| format!("Hand over: {of}"));
        self.title = of.map(|title| cut(&title, 60));
        let item = |(text, letter, what): (&str, char, _)| Item::new(text, letter, what);
        let mut items = vec![Item::heading("COPY")];
        items.extend(Self::here(cx.model).into_iter().map(item));
        items.push(Item::heading("WRITE"));
        items.extend(FILES.into_iter().map(item));
        Some(items)
    }

    fn choose(&mut self, cx: &mut Cx, what: CopyWhat) {
        Self::take(cx, what);
    }

    fn hands_over(&self) -> bool {
        true
    }

    fn takes(&self, _letter: char) -> bool {
        true
    }

    fn letter(&mut self, cx: &mut Cx, letter: char) -> bool {
        let all = Self::here(cx.model).into_iter().chain(FILES);
        if let Some((.., what)) = all.into_iter().find(|(_, of, _)| *of == letter) {
            cx.close();
            Self::take(cx, what);
        }
        true
    }
}

/// Puts it on the clipboard.
fn copy(model: &mut Model, what: CopyWhat, effects: &mut Vec<Effect>) {
    match text(model, what) {
        Some((name, ending, text)) => effects.push(Effect::Copy(name, ending, text)),
        None => model.tell("there is nothing to copy here"),
    }
}

/// Puts the command line that opens this screen on the clipboard.
pub fn copy_link(model: &Model, effects: &mut Vec<Effect>) {
    effects.push(Effect::Copy("the command line".into(), "sh", model.link()));
}

fn text(model: &Model, what: CopyWhat) -> Option<(String, &'static str, String)> {
    let moment = model.moment.as_ref();
    let pointer = model.state.rows.get(model.state.selected).and_then(Row::pointer);
    match (what, below(model)) {
        (CopyWhat::Write(_), _) => None,
        (CopyWhat::Link, _) => Some(("the command line".into(), "sh", model.link())),
        (CopyWhat::Text, _) => Some(("what is shown".into(), "txt", view::text_below(model))),
        (CopyWhat::Markdown, screen) => {
            Some(("what is shown, as Markdown,".into(), "md", markdown(model, screen)))
        }
        (CopyWhat::Value, Some(screen)) => screen.copied(model),
        (CopyWhat::Event, Some(screen)) => {
            Some(("the revision".into(), "txt", format!("#{}", screen.position()?)))
        }
        (CopyWhat::Json, _) => {
            let moment = moment?;
            let name = format!("the state of {} v{}", moment.aggregate, moment.version);
            Some((name, "json", serde_json::to_string_pretty(&moment.state).ok()?))
        }
        (CopyWhat::Event, None) => {
            let event = moment?.event.as_ref()?;
            Some((format!("{} v{}", event.kind, event.version), "json", event.to_json()))
        }
        (CopyWhat::Path, _) => Some(("the jq path".into(), "jq", path(pointer?))),
        (CopyWhat::Value, None) => {
            let value = moment?.state.pointer(pointer?)?;
            let text = match value {
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            Some((format!("the value of {}", path(pointer?)), "txt", text))
        }
    }
}

/// What is shown, where that is, and the command line that opens it again.
fn markdown(model: &Model, screen: Option<&dyn Screen>) -> String {
    let mut out = String::new();
    if let Some(moment) = &model.moment {
        let branch = if model.branch == "main" { String::new() } else { format!(" on {}", model.branch) };
        let at = moment.effective_at.map(|at| format!(", {}", model.look.zone.full(at)));
        let place = format!("{} at version {}{branch}", moment.aggregate, moment.version);
        // Writing to a string cannot fail.
        let _ = writeln!(out, "**{}**{}\n", plain(&place), at.unwrap_or_default());
    }
    let table = match screen {
        Some(screen) => screen.table(model),
        None => view::tables::of_pane(model),
    };
    let body = match (table, screen, &model.moment) {
        (Some(table), ..) => table.to_markdown(),
        (None, None, Some(moment)) if view::tables::is_state(model) => {
            code("json", &serde_json::to_string_pretty(&moment.state).unwrap_or_default())
        }
        _ => code("text", &view::text_below(model)),
    };
    out.push_str(&body);
    let _ = write!(out, "\n{}", code("sh", &model.link()));
    out
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_jq() {
        assert_eq!(path("/tags/0"), ".tags[0]");
        assert_eq!(path("/a b/c~1d"), r#"."a b"."c/d""#);
    }
}
