//! An event that is written: its parts as fields, the data and the metadata as JSON over several lines.

use serde_json::Value;

use super::rewrite::Said;
use super::typed::Typed;
use crate::error::Result;
use crate::event::NewEvent;
use crate::history::todo::Draft;

/// Where the event goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Instead of the one in a line of the list.
    Instead(usize),
    /// Behind a line of the list.
    After(usize),
}

/// One part of the event.
#[derive(Debug)]
pub struct Field {
    /// What it is called.
    pub name: &'static str,
    /// What is filled in.
    pub input: Box<Typed>,
}

/// The event that is written.
#[derive(Debug)]
pub struct Edit {
    /// Where it goes.
    pub place: Place,
    /// Its parts.
    pub fields: Vec<Field>,
    /// The part in focus.
    pub focus: usize,
    /// Why it is no event yet.
    pub problem: Option<String>,
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
        let mut edit = Self {
            place,
            fields,
            focus,
            problem: None,
            aggregate: said.aggregate.to_string(),
            data: said.data.to_owned(),
            meta: said.meta.to_owned(),
        };
        edit.check();
        edit
    }

    /// What is filled in.
    fn text(&self, name: &str) -> Option<String> {
        let field = self.fields.iter().find(|field| field.name == name)?;
        Some(field.input.text())
    }

    /// The event, or what is wrong with it. What means the same as before keeps its spelling.
    pub fn event(&self) -> Result<NewEvent> {
        let text = |name: &str| self.text(name).unwrap_or_default();
        let aggregate = self.text("aggregate").unwrap_or_else(|| self.aggregate.clone());
        let (kind, occurred_at, data, meta) = (text("type"), text("occurred_at"), text("data"), text("meta"));
        let draft = Draft {
            aggregate: aggregate.trim(),
            kind: kind.trim(),
            occurred_at: occurred_at.trim(),
            data: &data,
            meta: &meta,
        };
        let event = draft.event()?;
        let kept = |new: String, old: &String| if same(&new, old) { old.clone() } else { new };
        Ok(NewEvent { data: kept(event.data, &self.data), meta: kept(event.meta, &self.meta), ..event })
    }

    /// Looks whether it is an event.
    pub fn check(&mut self) {
        self.problem = self.event().err().map(|error| error.message().to_owned());
    }

    /// Puts the focus on the next field or the one before.
    pub fn step(&mut self, forward: bool) {
        let fields = self.fields.len().max(1);
        self.focus = (self.focus + if forward { 1 } else { fields - 1 }) % fields;
    }
}

fn same(new: &str, old: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    read(new).is_some_and(|new| Some(new) == read(old))
}

fn short(name: &'static str, text: &str) -> Field {
    Field { name, input: Box::new(Typed::line(text)) }
}

fn tall(name: &'static str, json: &str) -> Field {
    let pretty = serde_json::from_str::<Value>(json).and_then(|value| serde_json::to_string_pretty(&value));
    let text = pretty.unwrap_or_else(|_| json.to_owned());
    Field { name, input: Box::new(Typed::lines(&text).from_start()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{AggregateId, Time};

    fn edit(data: &str) -> Edit {
        let aggregate = AggregateId::new("Task", "1");
        let said = Said {
            aggregate: &aggregate,
            version: Some(1),
            kind: "Put",
            occurred_at: Time(0),
            data,
            meta: "{}",
        };
        Edit::change(0, &said)
    }

    #[test]
    fn what_is_not_touched_keeps_its_spelling() {
        let edit = edit(r#"{"n":1.50,"t":"a\u0020b"}"#);
        assert_eq!(edit.problem, None);
        assert_eq!(edit.event().unwrap().data, r#"{"n":1.50,"t":"a\u0020b"}"#);
        assert_eq!(edit.fields[2].input.rows().len(), 4);
    }

    #[test]
    fn what_is_no_event_says_why() {
        let mut edit = edit("{}");
        edit.fields[2].input.write("x").unwrap();
        edit.check();
        assert!(edit.problem.is_some());
        edit.fields[2] = short("data", r#"{"a":1}"#);
        edit.fields[0] = short("type", " ");
        assert!(edit.event().unwrap_err().message().contains("type"));
    }
}
