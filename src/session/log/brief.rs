//! Rows for a list: of long values and of many changes as much as a line shows. Pages of such rows are of one size,
//! whatever the records are.

use serde_json::{Map, Value};

use super::{LogRequest, LogRow};
use crate::event::actor_of;
use crate::replay::Change;

/// How many bytes of changes a row keeps.
const CHANGES: usize = 4 << 10;

/// How many characters of a text.
const TEXT: usize = 400;

/// How many bytes of one value.
const ROOM: usize = 1 << 10;

/// From how many bytes on only the actor is left of the metadata.
const META: usize = 2 << 10;

impl LogRow {
    /// About how many bytes it takes.
    pub fn weight(&self) -> usize {
        let change = |change: &Change| {
            2 * size_of::<Value>() + change.path.len() + size(&change.old) + size(&change.value)
        };
        size_of::<Self>()
            + self.event.data.len()
            + self.event.meta.len()
            + self.changes.iter().map(change).sum::<usize>()
    }
}

fn size(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(size).sum(),
            Value::Object(fields) => fields.iter().map(|(name, value)| name.len() + size(value)).sum(),
            _ => 0,
        }
}

/// Leaves of a row what a line shows of it; what the request is about comes first.
pub(super) fn shorten(row: &mut LogRow, request: &LogRequest) {
    // Into a text of its own: the old one's room would stay as large.
    row.event.data = String::from("{}");
    if row.event.meta.len() > META {
        let actor = actor_of(&row.event.meta).map(|actor| ("actor".to_owned(), Value::String(actor)));
        row.event.meta = Value::Object(actor.into_iter().collect()).to_string();
    }
    let filter = request.filter.as_deref().unwrap_or_default();
    let sought = |change: &Change| {
        let holds = |value: &Value| value.as_str().is_some_and(|value| value.contains(&request.text));
        let named = !filter.is_empty() && filter.contains(&change.dotted());
        named || !request.text.is_empty() && (holds(&change.value) || holds(&change.old))
    };
    row.changes.sort_by_key(|change| !sought(change));
    let mut room = CHANGES;
    let mut kept = 0;
    for change in &mut row.changes {
        if room == 0 {
            break;
        }
        let mut own = ROOM;
        cut(&mut change.old, &mut own);
        let mut new = ROOM;
        cut(&mut change.value, &mut new);
        room = room.saturating_sub(2 * ROOM - own - new + change.path.len());
        kept += 1;
    }
    row.changes.truncate(kept);
    row.changes.shrink_to_fit();
}

/// Cuts a value to as much as there is room for: an empty container stands for what has none.
fn cut(value: &mut Value, room: &mut usize) {
    match value {
        Value::String(text) => {
            if let Some((end, _)) = text.char_indices().nth(TEXT) {
                *text = format!("{}…", &text[..end]);
            }
            *room = room.saturating_sub(text.len() + 16);
        }
        Value::Array(items) => {
            let mut kept = Vec::new();
            for mut item in std::mem::take(items) {
                if *room == 0 {
                    break;
                }
                cut(&mut item, room);
                kept.push(item);
            }
            *items = kept;
        }
        Value::Object(fields) => {
            let mut kept = Map::new();
            for (name, mut field) in std::mem::take(fields) {
                if *room == 0 {
                    break;
                }
                *room = room.saturating_sub(name.len());
                cut(&mut field, room);
                kept.insert(name, field);
            }
            *fields = kept;
        }
        _ => *room = room.saturating_sub(16),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn little_is_left_of_a_large_value_and_a_small_one_stays() {
        let small = json!({ "a": [1, 2, { "b": "text" }], "c": null });
        let mut same = small.clone();
        cut(&mut same, &mut { ROOM });
        assert_eq!(same, small);
        for large in [
            json!("é".repeat(1_000_000)),
            json!(vec![json!({ "n": 1 }); 100_000]),
            json!((0..10_000).map(|i| (i.to_string(), json!("x".repeat(1000)))).collect::<Map<_, _>>()),
        ] {
            let mut value = large;
            cut(&mut value, &mut { ROOM });
            let left = value.to_string().len();
            assert!((100..3 * ROOM).contains(&left), "{left}");
        }
    }
}
