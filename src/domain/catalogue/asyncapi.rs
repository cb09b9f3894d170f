//! The catalogue as an `AsyncAPI` 3.0 document: a channel for each aggregate type's events, on which the store sends,
//! and one for its commands, on which it receives.

use serde_json::{Map, Value, json};

use super::schema::{Names, event_data, metadata, object, titled};
use super::{AggregateEntry, Catalogue, EventEntry};

/// The document, as JSON.
pub fn asyncapi(catalogue: &Catalogue) -> Value {
    let mut document = Document::default();
    for aggregate in &catalogue.aggregates {
        document.events(aggregate);
        document.commands(aggregate);
    }
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": titled(catalogue),
            "version": "1.0.0",
            "description": "Events are facts that are never changed; commands ask for them.",
        },
        "defaultContentType": "application/json",
        "channels": document.channels,
        "operations": document.operations,
        "components": { "messages": document.messages, "schemas": { "Metadata": metadata(catalogue) } },
    })
}

#[derive(Default)]
struct Document {
    names: Names,
    channels: Map<String, Value>,
    operations: Map<String, Value>,
    messages: Map<String, Value>,
}

impl Document {
    fn events(&mut self, aggregate: &AggregateEntry) {
        let doc = aggregate.doc.clone().unwrap_or_else(|| format!("What happened to a {}.", aggregate.name));
        let messages = aggregate.events.iter().map(|event| {
            let mut message = json!({
                "name": event.name,
                "title": event.name,
                "headers": { "$ref": "#/components/schemas/Metadata" },
                "payload": event_data(aggregate, event),
                "x-declared": event.declared,
                "x-emitted-by": event.emitted_by,
                "x-reactors": event.reactors,
                "x-projections": event.projections,
                "x-monitors": event.monitors,
            });
            if let Some(doc) = &event.doc {
                message["summary"] = doc.as_str().into();
            }
            if let Some(seen) = seen(event) {
                message["x-seen"] = seen;
            }
            (event.name.as_str(), message)
        });
        self.channel(aggregate, "events", "send", &doc, messages.collect());
    }

    fn commands(&mut self, aggregate: &AggregateEntry) {
        let doc = format!("What can be asked of a {}.", aggregate.name);
        let messages = aggregate.commands.iter().map(|command| {
            let title = format!("{} {}", aggregate.name, command.name);
            let mut message = json!({
                "name": command.name,
                "title": command.name,
                "payload": object(&title, command.doc.as_deref(), &command.params),
                "x-creates": command.creates,
                "x-emits": command.emits,
            });
            if let Some(doc) = &command.doc {
                message["summary"] = doc.as_str().into();
            }
            (command.name.as_str(), message)
        });
        self.channel(aggregate, "commands", "receive", &doc, messages.collect());
    }

    fn channel(
        &mut self,
        aggregate: &AggregateEntry,
        what: &str,
        action: &str,
        doc: &str,
        messages: Vec<(&str, Value)>,
    ) {
        if messages.is_empty() {
            return;
        }
        let channel = self.names.of(&[&aggregate.name, what]);
        let mut members = Map::new();
        let mut refs = Vec::new();
        for (name, message) in messages {
            let name = self.names.of(&[&aggregate.name, name]);
            refs.push(json!({ "$ref": format!("#/channels/{channel}/messages/{name}") }));
            members.insert(name.clone(), json!({ "$ref": format!("#/components/messages/{name}") }));
            self.messages.insert(name, message);
        }
        self.channels.insert(
            channel.clone(),
            json!({
                // Braces are the parameters of an address.
                "address": format!("{}/{{id}}/{what}", aggregate.name.replace(['{', '}'], "_")),
                "description": doc,
                "parameters": { "id": { "description": format!("The id of the {}.", aggregate.name) } },
                "messages": members,
            }),
        );
        let operation = json!({
            "action": action,
            "channel": { "$ref": format!("#/channels/{channel}") },
            "messages": refs,
        });
        self.operations.insert(channel, operation);
    }
}

fn seen(event: &EventEntry) -> Option<Value> {
    let seen = event.seen.as_ref()?;
    Some(json!({ "events": seen.events, "first": seen.first, "last": seen.last, "broken": seen.broken }))
}
