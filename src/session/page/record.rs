//! A record's history for a page: its events with what each changed, from which the page's script makes every state.

use serde_json::{Map, Value, json};

use super::delta::{between, told};
use super::html::{escaped, in_script};
use crate::error::Result;
use crate::event::{AggregateId, Event, Position, Version, actor_of, reason_of};
use crate::session::{About, Looks, NoteInfo, Session};

/// A record's history.
pub struct Record {
    aggregate: AggregateId,
    branch: String,
    label: String,
    at: Version,
    /// Each as the page's script takes it.
    pub events: Vec<Value>,
    /// What was written about the record itself.
    notes: Vec<NoteInfo>,
}

impl Session {
    /// The history of a record up to its head; the slider is to stand at a version.
    pub(super) fn record_data(&mut self, aggregate: &AggregateId, at: Version) -> Result<Record> {
        let (row, head) = self.known(aggregate)?;
        let mut notes = self.notes_of_events()?;
        let mut stored = Vec::new();
        self.store.events_of(&self.branch, row, 1, head, &mut |raw| {
            stored.push(self.store.whole(raw)?);
            Ok(true)
        })?;
        let (mut events, mut before, mut label) =
            (Vec::with_capacity(stored.len()), json!({}), String::new());
        for event in stored {
            let at = self.state(aggregate, event.version)?;
            let read = self.as_read(event);
            let written = notes.remove(&read.position).unwrap_or_default();
            events.push(line(&read, (&before, &at.state), at.error.as_deref(), &written));
            before = at.state;
        }
        if let Some(head) = self.head_row(row)? {
            label = head.head.label;
        }
        let mut notes = self.written_notes()?;
        notes
            .retain(|note| note.about == About::Record(aggregate.clone()) && note.branch == self.branch.name);
        let branch = self.branch.name.clone();
        Ok(Record { aggregate: aggregate.clone(), branch, label, at, events, notes })
    }
}

/// An event as the page's script takes it.
fn line(event: &Event, (before, after): (&Value, &Value), error: Option<&str>, notes: &[NoteInfo]) -> Value {
    let position: Position = event.position;
    let mut line = Map::new();
    let mut put = |name: &str, value: Value| drop(line.insert(name.to_owned(), value));
    put("v", event.version.into());
    put("p", position.into());
    put("t", event.kind.as_str().into());
    put("a", event.occurred_at.to_string().into());
    put("h", event.hash.to_string().into());
    if let Some(actor) = actor_of(&event.meta) {
        put("by", actor.into());
    }
    if let Some(reason) = reason_of(&event.meta) {
        put("why", reason.into());
    }
    put("d", serde_json::from_str(&event.data).unwrap_or_else(|_| event.data.as_str().into()));
    match between(before, after) {
        Some(changes) if changes.is_empty() => {}
        Some(changes) => put("c", changes.iter().map(told).collect()),
        None => put("s", after.clone()),
    }
    if let Some(error) = error {
        put("e", error.into());
    }
    if !notes.is_empty() {
        let note = |note: &NoteInfo| json!({ "text": note.text, "by": note.actor, "at": note.created_at });
        put("n", notes.iter().map(note).collect());
    }
    line.into()
}

impl Record {
    /// What it is called.
    pub fn title(&self) -> String {
        let name = self.aggregate.to_string();
        if self.label.is_empty() || self.label == self.aggregate.id {
            name
        } else {
            format!("{name} “{}”", self.label)
        }
    }

    /// Looks for secrets and personal data.
    pub fn look(&self, looks: &mut Looks) {
        for event in &self.events {
            looks.look("", &event["d"]);
            looks.look("$meta", &json!({ "actor": event["by"], "reason": event["why"] }));
        }
    }

    /// Its part of the page.
    pub fn section(&self) -> String {
        let data = json!({ "name": self.aggregate.to_string(), "branch": self.branch, "at": self.at, "events": self.events });
        let mut notes = String::new();
        for note in &self.notes {
            let said = format!("{}\n{}, {}", note.text, note.actor, note.created_at);
            notes += &format!("<p class=\"note\">{}</p>\n", escaped(&said));
        }
        format!(
            "<section class=\"record\">\n<h2>{}</h2>\n<p class=\"dim\">{}, {} events</p>\n{notes}\
             <input type=\"range\" min=\"0\" value=\"0\" aria-label=\"version\">\n\
             <p class=\"place\"></p>\n<p class=\"dim keys\">← → Home End: along the history</p>\n<div class=\"panes\">\n\
             <div><h3>State</h3><div class=\"state\"></div></div>\n\
             <div><h3>Event</h3><div class=\"event\"></div><h3>Changed</h3><div class=\"changes\"></div></div>\n</div>\n\
             <h3>Events</h3><div class=\"events\"></div>\n\
             <noscript><p>The slider needs the page's script.</p></noscript>\n\
             <script type=\"application/json\">{}</script>\n</section>\n",
            escaped(&self.title()),
            escaped(&self.branch),
            self.events.len(),
            in_script(&data.to_string())
        )
    }
}
