//! An event as other systems take it: CloudEvents 1.0, <https://cloudevents.io>.

use serde_json::{Map, Value, json};

use super::{Event, Time};

/// An event as the CloudEvents 1.0 JSON format has it; what has no place of its own there is an extension.
pub fn cloud_event(event: &Event) -> Value {
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let meta = value(&event.meta);
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
    put("specversion", "1.0".into());
    put("id", event.hash.to_string().into());
    put("source", format!("urn:backstory:{}", event.branch).into());
    put("type", event.kind.clone().into());
    put("subject", event.aggregate.to_string().into());
    // A time is optional there, and must be one.
    if event.occurred_at != Time::UNKNOWN {
        put("time", event.occurred_at.to_string().into());
    }
    put("datacontenttype", "application/json".into());
    put("position", event.position.into());
    put("version", event.version.into());
    put("recordedat", event.recorded_at.to_string().into());
    for (name, extension) in [
        ("actor", "actor"),
        ("reason", "reason"),
        ("correlation_id", "correlationid"),
        ("causation_id", "causationid"),
    ] {
        if let Some(text) = meta.get(name).and_then(Value::as_str) {
            put(extension, text.into());
        }
    }
    put("meta", json!(event.meta));
    put("data", value(&event.data));
    Value::Object(out)
}
