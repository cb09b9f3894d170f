//! How the panes stand, beside the point that they show and what narrows their rows: what a link says of a screen.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::state::Tab;
use super::{MarkedPoint, Model, Pane};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Position, Version};
use crate::session::View;
use crate::tui::timeline::Axis;

/// What a link says of a screen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    /// How the rows are narrowed, sorted and shown.
    pub view: View,
    /// How the panes stand.
    pub panes: Panes,
}

/// How the panes stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools, reason = "each is a key of its own")]
pub struct Panes {
    /// The number of the pane in focus, from 1; 0 where the list is.
    focus: usize,
    /// The log is in front of the state.
    log: bool,
    /// The event is in front of the state, where they share one place.
    event: bool,
    /// The pane in focus is alone on the screen.
    alone: bool,
    /// Only what changed is shown of the state.
    changes: bool,
    /// The newest event of the log stands first.
    newest_first: bool,
    /// Columns of the timeline mean time.
    time_axis: bool,
    /// The selected field, as a JSON Pointer.
    field: Option<String>,
    /// The unfolded fields, as JSON Pointers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unfolded: Vec<String>,
    /// How far the event pane is scrolled.
    scrolled: u16,
    /// The mark.
    mark: Option<Mark>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    branch: String,
    #[serde(rename = "type")]
    kind: String,
    id: String,
    version: Version,
    position: Position,
}

impl Shown {
    /// One as a link has it: JSON, with the fields of a view, and `panes`.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |error: serde_json::Error| {
            Error::usage(format!("This is no view: {error}."))
                .hint("A view is a name, or JSON that `Y` copies.")
        };
        let mut fields: Map<String, Value> = serde_json::from_str(text).map_err(wrong)?;
        let panes = fields.remove("panes").map(serde_json::from_value).transpose().map_err(wrong)?;
        let known =
            whole(&View { kind: Some(String::new()), pinned: Some(String::new()), ..View::default() });
        if let Some(name) = fields.keys().find(|name| !known.contains_key(*name)) {
            let error = Error::usage(format!("A view has no `{name}`."));
            return Err(error
                .hint(format!("It has {}, panes.", known.keys().cloned().collect::<Vec<_>>().join(", "))));
        }
        let view = serde_json::from_value(fields.into()).map_err(wrong)?;
        Ok(Self { view, panes: panes.unwrap_or_default() })
    }

    /// It as JSON in one line, without what is as it is at first.
    pub fn to_json(&self) -> String {
        let mut fields = changed(&self.view);
        let panes = changed(&self.panes);
        if !panes.is_empty() {
            fields.insert("panes".into(), panes.into());
        }
        Value::from(fields).to_string()
    }
}

fn whole(of: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(of) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// The fields that are not as they are at first.
fn changed<T: Serialize + Default>(of: &T) -> Map<String, Value> {
    let first = whole(&T::default());
    whole(of).into_iter().filter(|(name, value)| first.get(name) != Some(value)).collect()
}

impl Model {
    /// How the screen stands, below what is open above the panes.
    pub fn shown(&self) -> Shown {
        let mark = |mark: &MarkedPoint| Mark {
            branch: mark.branch.clone(),
            kind: mark.aggregate.kind.clone(),
            id: mark.aggregate.id.clone(),
            version: mark.version,
            position: mark.position,
        };
        let field = self.state.rows.get(self.state.selected).and_then(|row| row.pointer());
        let number = Pane::ALL.iter().position(|pane| *pane == self.focus).unwrap_or(0);
        let panes = Panes {
            focus: if number == 0 { 0 } else { number + 1 },
            log: self.state.tab == Tab::Log,
            event: self.front == Pane::Event,
            alone: self.maximised,
            changes: self.state.only_changes,
            newest_first: self.log().newest_first,
            time_axis: self.timeline.axis == Axis::Time,
            field: field.filter(|_| self.state.selected > 0).map(str::to_owned),
            unfolded: self.state.unfolded(),
            scrolled: self.event_scroll,
            mark: self.mark.as_ref().map(mark),
        };
        Shown { view: self.view(), panes }
    }

    /// Lets the panes stand so, before anything is shown in them.
    pub fn stand(&mut self, panes: Panes) {
        let pane = panes.focus.checked_sub(1).and_then(|number| Pane::ALL.get(number));
        self.focus = pane.copied().unwrap_or(Pane::List);
        self.front = if panes.event { Pane::Event } else { Pane::State };
        self.state.tab = if panes.log { Tab::Log } else { Tab::State };
        self.timeline.axis = if panes.time_axis { Axis::Time } else { Axis::Order };
        (self.maximised, self.state.only_changes) = (panes.alone, panes.changes);
        (self.own_log.newest_first, self.store_log.newest_first) = (panes.newest_first, panes.newest_first);
        (self.state.follow, self.state.unfold) = (panes.field, panes.unfolded);
        self.event_scroll = panes.scrolled;
        self.mark = panes.mark.map(|mark| MarkedPoint {
            branch: mark.branch,
            aggregate: AggregateId::new(&mark.kind, &mark.id),
            version: mark.version,
            position: mark.position,
            state: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_has_what_is_not_as_at_first_and_is_read_back() {
        assert_eq!(Shown::default().to_json(), "{}");
        let shown = Shown {
            view: View { kind: Some("Task".into()), reversed: true, ..View::default() },
            panes: Panes { focus: 2, log: true, ..Panes::default() },
        };
        let json = shown.to_json();
        assert_eq!(json, r#"{"kind":"Task","reversed":true,"panes":{"focus":2,"log":true}}"#);
        assert_eq!(Shown::parse(&json).unwrap(), shown);
    }

    #[test]
    fn what_is_no_view_is_refused_with_what_is_wrong() {
        for (text, word) in [("{", "EOF"), (r#"{"tab":1}"#, "no `tab`"), (r#"{"panes":{"zoom":1}}"#, "zoom")]
        {
            let error = Shown::parse(text).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
