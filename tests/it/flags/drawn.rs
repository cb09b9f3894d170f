//! Random histories of documents.

use proptest::prelude::*;
use serde_json::{Value, json};

pub const RULES: &str = r#"
[domain]
name = "docs"
[aggregate.Doc.event.Tagged]
apply = '.tags = ([$data.tag] + (.tags // []))'
[aggregate.Doc.event.Untagged]
apply = 'if (.tags // []) == [] then error("no tags") else .tags |= .[1:] end'
[aggregate.Doc.event.Gone]
apply = 'null'
"#;

/// One event of a history, drawn at random.
#[derive(Clone, Debug)]
pub struct Drawn {
    doc: usize,
    kind: usize,
    field: usize,
    value: i64,
    actor: usize,
    /// Seconds since the event before it.
    later: i64,
    /// How far the source's number rises; none where it gives none.
    number: Option<i64>,
    /// Which of the events of the first part caused it, counted from the end; none in the first part itself.
    cause: Option<usize>,
    /// The document that its requester had looked at, and at which version.
    seen: Option<(usize, i64)>,
}

/// Events of any kind.
pub fn drawn() -> impl Strategy<Value = Drawn> {
    let number = prop_oneof![2 => Just(None), 4 => Just(Some(1)), 1 => Just(Some(0)), 1 => Just(Some(3)), 1 => Just(Some(-1))];
    (
        (0..2usize, prop_oneof![6 => Just(0usize), 2 => Just(1), 1 => Just(2), 1 => Just(3)]),
        (0..4usize, 0..3i64, 0..4usize),
        (prop_oneof![4 => 0..40i64, 1 => -50..0i64, 1 => 55..90i64], number),
        prop_oneof![2 => Just(None), 1 => (0..6usize).prop_map(Some)],
        prop_oneof![2 => Just(None), 1 => (0..2usize, 0..20i64).prop_map(Some)],
    )
        .prop_map(|((doc, kind), (field, value, actor), (later, number), cause, seen)| Drawn {
            doc,
            kind,
            field,
            value,
            actor,
            later,
            number,
            cause,
            seen,
        })
}

/// The lines of a part of a history, as an import reads them.
pub fn lines(events: &[Drawn], clock: &mut i64, numbers: &mut [i64; 2], caused_by: &[String]) -> String {
    let mut text = String::new();
    for drawn in events {
        *clock += drawn.later;
        let (kind, data) = match drawn.kind {
            0 => ("Set", {
                let value = if drawn.value == 0 { Value::Null } else { json!(drawn.value) };
                [
                    json!({ "a": value }),
                    json!({ "b": value }),
                    json!({ "c": { "d": value } }),
                    json!({ "c": { "e": value } }),
                ][drawn.field]
                    .clone()
            }),
            // Tags differ, so that each is a thing of its own.
            1 => ("Tagged", json!({ "tag": format!("{}-{}", drawn.value, *clock) })),
            2 => ("Untagged", json!({})),
            _ => ("Gone", json!({})),
        };
        let mut meta = json!({});
        if let Some(actor) = ["ann", "bob", "cid"].get(drawn.actor) {
            meta["actor"] = (*actor).into();
        }
        if let Some(by) = drawn.number {
            numbers[drawn.doc] += by;
            meta["source_version"] = numbers[drawn.doc].into();
        }
        if let Some(cause) = drawn.cause.and_then(|cause| caused_by.len().checked_sub(cause + 1)) {
            meta["causation_id"] = caused_by[cause].as_str().into();
        }
        if let Some((doc, version)) = drawn.seen {
            meta["command"]["seen"][format!("Doc/{doc}")] = version.into();
        }
        let at = chrono::DateTime::from_timestamp(1_700_000_000 + *clock, 0).unwrap();
        let line = json!({
            "aggregate": format!("Doc/{}", drawn.doc), "type": kind, "data": data, "meta": meta,
            "occurred_at": at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        });
        text += &line.to_string();
        text.push('\n');
    }
    text
}
