//! The chain: each event's hash vouches for its parent's, so the head's hash vouches for all of history.

use std::fmt::Write as _;

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::event::{Hash, Time, Version};

/// What the chain covers of an event, beside its parent.
#[derive(Clone, Copy, Debug)]
pub struct Chained<'a> {
    /// The aggregate type.
    pub kind: &'a str,
    /// The aggregate id.
    pub id: &'a str,
    /// The version on the branch.
    pub version: Version,
    /// The event type.
    pub event: &'a str,
    /// When its producer says that it happened, in microseconds since 1970 UTC.
    pub occurred_at: Time,
    /// When the store took it, in microseconds since 1970 UTC.
    pub recorded_at: Time,
    /// The data as stored: a compact JSON object.
    pub data: &'a str,
    /// The metadata as stored.
    pub meta: &'a str,
}

/// The hash of an event behind its parent.
pub(crate) fn chain_hash(parent: Option<Hash>, event: &Chained<'_>) -> Hash {
    let mut head = String::with_capacity(192);
    head.push_str("backstory-event-1\n");
    match parent {
        Some(parent) => parent.0.iter().for_each(|b| {
            const DIGITS: &[u8; 16] = b"0123456789abcdef";
            head.push(char::from(DIGITS[usize::from(b >> 4)]));
            head.push(char::from(DIGITS[usize::from(b & 15)]));
        }),
        None => head.push_str(&"0".repeat(64)),
    }
    // Writing to a string cannot fail.
    let _ = writeln!(
        head,
        "\n[{},{},{},{},{},{}]",
        json!(event.kind),
        json!(event.id),
        event.version,
        json!(event.event),
        event.occurred_at.0,
        event.recorded_at.0
    );
    let mut hasher = Sha256::new();
    hasher.update(head);
    hasher.update(event.data);
    hasher.update(b"\n");
    hasher.update(event.meta);
    hasher.update(b"\n");
    Hash(hasher.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_those_that_anyone_can_hash_with_sha256sum() {
        let event = Chained {
            kind: "Task",
            id: "4\"2",
            version: 1,
            event: "TaskCreated",
            occurred_at: Time(1_000_000),
            recorded_at: Time(2_000_000),
            data: "{\"a\":1}",
            meta: "{}",
        };
        let text = format!(
            "backstory-event-1\n{}\n[\"Task\",\"4\\\"2\",1,\"TaskCreated\",1000000,2000000]\n{{\"a\":1}}\n{{}}\n",
            "0".repeat(64)
        );
        let first = chain_hash(None, &event);
        assert_eq!(first.0, <[u8; 32]>::from(Sha256::digest(&text)));
        let second = text.replace(&"0".repeat(64), &first.to_string());
        assert_eq!(chain_hash(Some(first), &event).0, <[u8; 32]>::from(Sha256::digest(second)));
    }
}
