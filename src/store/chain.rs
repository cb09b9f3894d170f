//! The chain: each event's hash vouches for its parent's, so the head's hash vouches for all of history.

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

/// Bytes as hexadecimal digits.
pub(super) fn hex(out: &mut Vec<u8>, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend(
        bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]),
    );
}

/// The hash of an event behind its parent.
pub(crate) fn chain_hash(parent: Option<Hash>, event: &Chained<'_>) -> Hash {
    let mut head = Vec::with_capacity(256);
    head.extend_from_slice(b"backstory-event-1\n");
    match parent {
        Some(parent) => hex(&mut head, &parent.0),
        None => head.extend_from_slice(&[b'0'; 64]),
    }
    let Chained { kind, id, version, event: name, occurred_at, recorded_at, .. } = event;
    head.push(b'\n');
    // Writing to memory cannot fail.
    let _ = serde_json::to_writer(&mut head, &(kind, id, version, name, occurred_at.0, recorded_at.0));
    head.push(b'\n');
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
