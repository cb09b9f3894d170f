//! An event that is written: its parts as fields, the data and the metadata as JSON over several lines.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use serde_json::Value;

use super::todo::{Place, Said};
use crate::error::Result;
use crate::event::NewEvent;
use crate::history::todo::Draft;
use crate::tui::field::fields;
use crate::tui::model::Model;
use crate::tui::model::typed::Typed;
use crate::tui::paint::{popup, put, put_all, span, wrapped};
use crate::tui::text::{cut, pad};

/// The columns of the names.
const NAMES: u16 = 14;

/// One part of the event: what it is called, and what is filled in.
type Field = (&'static str, Box<Typed>);

/// The event that is written.
#[derive(Debug)]
pub struct Edit {
    /// Where it goes.
    pub place: Place,
    fields: Vec<Field>,
    focus: usize,
    aggregate: String,
    data: String,
    meta: String,
}

impl Edit {
    /// An event instead of that one.
    pub fn change(at: usize, said: &Said<'_>) -> Self {
        let fields = vec![
            short("type", said.kind),
            short("occurred_at", &said.occurred_at.to_string()),
            tall("data", said.data),
            tall("meta", said.meta),
        ];
        Self::new(Place::Instead(at), fields, 2, said)
    }

    /// A new event behind that one, by somebody.
    pub fn insert(after: usize, said: &Said<'_>, actor: &str) -> Self {
        let meta = serde_json::json!({ "actor": actor }).to_string();
        let fields = vec![
            short("aggregate", &said.aggregate.to_string()),
            short("type", ""),
            short("occurred_at", &said.occurred_at.to_string()),
            tall("data", "{}"),
            tall("meta", &meta),
        ];
        Self::new(Place::After(after), fields, 1, &Said { data: "{}", meta: &meta, ..*said })
    }

    fn new(place: Place, fields: Vec<Field>, focus: usize, said: &Said<'_>) -> Self {
        let (aggregate, data, meta) =
            (said.aggregate.to_string(), said.data.to_owned(), said.meta.to_owned());
        Self { place, fields, focus, aggregate, data, meta }
    }

    /// The text in focus.
    pub fn text(&mut self) -> &mut Typed {
        &mut self.fields[self.focus].1
    }

    /// A key that is typed into the field in focus; Enter ends a field of one line.
    pub fn typed(&mut self, key: KeyEvent) -> Result<()> {
        if self.text().is_tall() || !matches!(key.code, KeyCode::Enter | KeyCode::Up | KeyCode::Down) {
            return self.text().key(key);
        }
        self.step(key.code != KeyCode::Up);
        Ok(())
    }

    /// Puts the focus on the next field or the one before.
    pub fn step(&mut self, forward: bool) {
        let fields = self.fields.len();
        self.focus = (self.focus + if forward { 1 } else { fields - 1 }) % fields;
    }

    /// The event, or what is wrong with it. What means the same as before keeps its spelling.
    pub fn event(&self) -> Result<NewEvent> {
        let filled = |name: &str| {
            let field = self.fields.iter().find(|(other, _)| *other == name);
            field.map_or_else(|| self.aggregate.clone(), |(_, input)| input.text())
        };
        let (aggregate, kind, occurred_at) = (filled("aggregate"), filled("type"), filled("occurred_at"));
        let draft = Draft {
            aggregate: aggregate.trim(),
            kind: kind.trim(),
            occurred_at: occurred_at.trim(),
            data: &filled("data"),
            meta: &filled("meta"),
        };
        let event = draft.event()?;
        let kept = |new: String, old: &String| if same(&new, old) { old.clone() } else { new };
        Ok(NewEvent { data: kept(event.data, &self.data), meta: kept(event.meta, &self.meta), ..event })
    }

    /// Its parts, and what is wrong with them.
    pub fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        let theme = &model.look.theme;
        let title = match self.place {
            Place::Instead(_) => "Change this event",
            Place::After(_) => "Insert an event",
        };
        let inner = popup(model, title, 92, 26, screen, buffer);
        let short = self.fields.iter().filter(|(_, input)| !input.is_tall()).count() as u16;
        let tall = (self.fields.len() as u16).saturating_sub(short).max(1);
        // Two lines below say what is wrong; what is left is shared by the tall fields.
        let share = (inner.height.saturating_sub(short + 3) / tall).max(1);
        let mut y = 0;
        for (i, (name, input)) in self.fields.iter().enumerate() {
            let focused = i == self.focus;
            let height = if input.is_tall() { share } else { 1 }.min(inner.height.saturating_sub(y));
            let sign = if focused { model.look.glyphs.selected } else { ' ' };
            let label = format!("{sign} {}", pad(name, usize::from(NAMES) - 2));
            put(buffer, inner, y, &Line::from(span(label, if focused { theme.title } else { theme.key })));
            let width = inner.width.saturating_sub(NAMES);
            let area = Rect { x: inner.x + NAMES, y: inner.y + y, width, height };
            fields(input, area, theme.text, focused, buffer);
            y += height;
        }
        let room = usize::from(inner.width);
        let below = Rect { y: inner.y + inner.height.saturating_sub(2), height: 2, ..inner };
        if let Err(error) = self.event() {
            put_all(buffer, below, 0, wrapped(error.message(), room, 2, theme.warning));
        } else {
            let text = cut("^S takes it into the list; nothing is written yet", room);
            put(buffer, below, 0, &Line::from(span(text, theme.dim)));
        }
    }
}

fn same(new: &str, old: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    read(new).is_some_and(|new| Some(new) == read(old))
}

fn short(name: &'static str, text: &str) -> Field {
    (name, Box::new(Typed::line(text)))
}

fn tall(name: &'static str, json: &str) -> Field {
    let pretty = serde_json::from_str::<Value>(json).and_then(|value| serde_json::to_string_pretty(&value));
    (name, Box::new(Typed::lines(&pretty.unwrap_or_else(|_| json.to_owned())).from_start()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{AggregateId, Time};

    fn edit(data: &str) -> Edit {
        let aggregate = &AggregateId::new("Task", "1");
        let (kind, meta) = ("Put", "{}");
        Edit::change(0, &Said { aggregate, version: Some(1), kind, occurred_at: Time(0), data, meta })
    }

    #[test]
    fn what_is_not_touched_keeps_its_spelling() {
        let edit = edit(r#"{"n":1.50,"t":"a\u0020b"}"#);
        assert_eq!(edit.event().unwrap().data, r#"{"n":1.50,"t":"a\u0020b"}"#);
        assert_eq!(edit.fields[2].1.rows().len(), 4);
    }

    #[test]
    fn what_is_no_event_says_why() {
        let mut edit = edit("{}");
        edit.text().write("x").unwrap();
        assert!(edit.event().is_err());
        edit.fields[2] = short("data", r#"{"a":1}"#);
        edit.fields[0] = short("type", " ");
        assert!(edit.event().unwrap_err().message().contains("type"));
    }
}
