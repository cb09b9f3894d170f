//! The catalogue as JSON Schema (draft 2020-12): of a line of `export`, with each event's data by its type.

use indexmap::IndexSet;
use serde_json::{Map, Value, json};

use super::{AggregateEntry, AttributeEntry, Catalogue, EventEntry};
use crate::domain::{Attribute, Type};

/// The schema of an exported event. What the domain does not declare is allowed.
pub fn json_schema(catalogue: &Catalogue) -> Value {
    let mut names = Names::default();
    let mut defs = Map::new();
    let mut cases = Vec::new();
    defs.insert("Metadata".to_owned(), metadata(catalogue));
    for aggregate in &catalogue.aggregates {
        for event in aggregate.events.iter().filter(|event| event.declared) {
            let name = names.of(&[&aggregate.name, &event.name]);
            let mut case = json!({ "properties": {
                "aggregate": { "pattern": format!("^{}/", literally(&aggregate.name)) },
                "type": { "const": event.name },
            } });
            // A line has the data as it was stored: of events in an older shape the schema says nothing.
            if let (Some(_), Some(schema)) = (&event.upcast, &event.schema) {
                case["properties"]["meta"] =
                    json!({ "properties": { "schema": { "const": schema } }, "required": ["schema"] });
                case["required"] = json!(["meta"]);
            }
            cases.push(json!({
                "if": case,
                "then": { "properties": { "data": { "$ref": format!("#/$defs/{name}") } } },
            }));
            defs.insert(name, event_data(aggregate, event));
        }
    }
    let time = json!({ "type": "string", "format": "date-time" });
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("An event of {}", titled(catalogue)),
        "type": "object",
        "properties": {
            "aggregate": { "type": "string", "description": "The aggregate's type and id, as Task/42." },
            "version": { "type": "integer", "minimum": 1 },
            "type": { "type": "string" },
            "occurred_at": time,
            "recorded_at": time,
            "data": { "type": "object" },
            "meta": { "$ref": "#/$defs/Metadata" },
        },
        "required": ["aggregate", "type", "data"],
        "$defs": defs,
    });
    // An empty list of cases would be no schema.
    if !cases.is_empty() {
        schema["allOf"] = cases.into();
    }
    schema
}

/// The domain's name as a title.
pub(super) fn titled(catalogue: &Catalogue) -> &str {
    if catalogue.domain.is_empty() { "a store without a domain" } else { &catalogue.domain }
}

/// The schema of an event's data.
pub(super) fn event_data(aggregate: &AggregateEntry, event: &EventEntry) -> Value {
    object(&format!("{} {}", aggregate.name, event.name), event.doc.as_deref(), &event.attributes)
}

/// The schema of an object with these attributes; those that no schema names may be anything.
pub(super) fn object(title: &str, doc: Option<&str>, attributes: &[AttributeEntry]) -> Value {
    let mut schema = Map::new();
    schema.insert("title".to_owned(), title.into());
    if let Some(doc) = doc {
        schema.insert("description".to_owned(), doc.into());
    }
    schema.insert("type".to_owned(), "object".into());
    let declared = || attributes.iter().filter_map(|entry| Some((entry, entry.attribute.as_ref()?)));
    let properties: Map<_, _> =
        declared().map(|(entry, attribute)| (entry.name.clone(), of_attribute(attribute))).collect();
    if !properties.is_empty() {
        schema.insert("properties".to_owned(), properties.into());
    }
    let required: Vec<_> = declared()
        .filter(|(_, attribute)| !attribute.optional && attribute.default.is_none())
        .map(|(entry, _)| entry.name.clone())
        .collect();
    if !required.is_empty() {
        schema.insert("required".to_owned(), required.into());
    }
    schema.into()
}

/// The schema of the metadata.
pub(super) fn metadata(catalogue: &Catalogue) -> Value {
    let property = |entry: &super::MetadataEntry| {
        let doc = entry.doc.as_ref().map_or_else(|| json!({}), |doc| json!({ "description": doc }));
        (entry.name.clone(), doc)
    };
    let properties: Map<_, _> = catalogue.metadata.iter().map(property).collect();
    json!({ "title": "Metadata", "type": "object", "properties": properties })
}

fn of_attribute(attribute: &Attribute) -> Value {
    let (kind, format) = match &attribute.kind {
        Type::String | Type::Enum(_) => ("string", None),
        Type::Integer => ("integer", None),
        Type::Number => ("number", None),
        Type::Boolean => ("boolean", None),
        Type::Date => ("string", Some("date")),
        Type::DateTime => ("string", Some("date-time")),
        Type::Array => ("array", None),
        Type::Object => ("object", None),
        Type::Any => ("", None),
    };
    let mut schema = Map::new();
    if let Type::Enum(choices) = &attribute.kind {
        let none = attribute.optional.then_some(Value::Null);
        let choices = choices.iter().cloned().map(Value::from).chain(none).collect::<Vec<_>>();
        schema.insert("enum".to_owned(), choices.into());
    } else if !kind.is_empty() {
        let kind = if attribute.optional { json!([kind, "null"]) } else { kind.into() };
        schema.insert("type".to_owned(), kind);
    }
    if let Some(format) = format {
        schema.insert("format".to_owned(), format.into());
    }
    if let Some(default) = &attribute.default {
        schema.insert("default".to_owned(), default.clone());
    }
    if let Some(doc) = &attribute.doc {
        schema.insert("description".to_owned(), doc.clone().into());
    }
    schema.into()
}

/// A text as a pattern that matches nothing else.
fn literally(text: &str) -> String {
    let mut pattern = String::new();
    for c in text.chars() {
        if "\\^$.|?*+()[]{}/".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// Names that a document may use as keys, each given once.
#[derive(Default)]
pub(super) struct Names(IndexSet<String>);

impl Names {
    /// The name of these words together: letters, digits, `.`, `-` and `_`.
    pub fn of(&mut self, words: &[&str]) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '_' };
        let words: Vec<String> = words.iter().map(|word| word.chars().map(plain).collect()).collect();
        let base = words.join(".");
        let mut name = base.clone();
        let mut number = 1;
        while !self.0.insert(name.clone()) {
            number += 1;
            name = format!("{base}-{number}");
        }
        name
    }
}
