//! Text in the log: looked for in the rows as they are stored, so that what does not match costs next to nothing.

use std::ops::Range;

use memchr::memmem::Finder;

use super::{LogRequest, Session};
use crate::domain::Domain;
use crate::error::Result;
use crate::event::Position;
use crate::store::{Content, Store};

/// So many rows are looked at before their hits are taken further.
const ROWS: usize = 65_536;

/// So many hits, likewise.
const HITS: usize = 256;

/// A text as it may stand in JSON.
pub struct Needle {
    finders: Vec<Finder<'static>>,
}

impl Needle {
    /// The text as it is, and as JSON may write it.
    pub fn new(text: &str) -> Self {
        let json = serde_json::to_string(text).unwrap_or_default();
        let mut forms = vec![text.to_owned()];
        let quoted = json.get(1..json.len().saturating_sub(1)).unwrap_or_default().to_owned();
        forms.push(ascii(&quoted));
        forms.push(quoted);
        forms.sort();
        forms.dedup();
        Self { finders: forms.iter().map(|form| Finder::new(form.as_bytes()).into_owned()).collect() }
    }

    /// Whether the text is there.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        self.finders.iter().any(|finder| finder.find(bytes).is_some())
    }

    /// Where the text is.
    pub fn find(&self, text: &str) -> Option<Range<usize>> {
        let found = |finder: &Finder<'_>| {
            let start = finder.find(text.as_bytes())?;
            Some(start..start + finder.needle().len())
        };
        self.finders.iter().filter_map(found).min_by_key(|range| range.start)
    }
}

/// The same JSON with nothing but ASCII in it.
fn ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    out
}

/// What the rows themselves can tell of whether a request wants an event.
pub(super) struct Sieve {
    text: Option<Needle>,
    /// The types with the text in their name.
    named: Vec<i64>,
    actor: Option<Needle>,
    /// The rows of the names under which the event type is stored.
    event: Option<Vec<i64>>,
}

impl Sieve {
    /// Where a request over a whole branch asks for a text, an actor or a type.
    pub fn of(store: &Store, domain: &Domain, request: &LogRequest) -> Result<Option<Self>> {
        let text = (!request.text.is_empty()).then(|| Needle::new(&request.text));
        let actor = request.actor.as_deref().map(Needle::new);
        let rows = |name: &str| {
            let names = domain.stored_names(name).into_iter();
            names.filter_map(|name| store.type_row(name).transpose()).collect::<Result<Vec<_>>>()
        };
        let event = request.event.as_deref().map(rows).transpose()?;
        if request.aggregate.is_some() || text.is_none() && actor.is_none() && event.is_none() {
            return Ok(None);
        }
        let by_name = text.is_some() && !request.content_only;
        let named = if by_name { store.types_with(&request.text)? } else { Vec::new() };
        Ok(Some(Self { text, named, actor, event }))
    }

    /// Whether the event may be wanted: an actor's name may stand elsewhere in its metadata.
    fn may_take(&self, row: &Content<'_>) -> Result<bool> {
        if let Some(event) = &self.event
            && !event.contains(&row.kind()?)
        {
            return Ok(false);
        }
        if let Some(actor) = &self.actor
            && !actor.is_in(row.meta()?)
        {
            return Ok(false);
        }
        let Some(text) = &self.text else { return Ok(true) };
        Ok(text.is_in(row.data()?)
            || text.is_in(row.meta()?)
            || !self.named.is_empty() && self.named.contains(&row.kind()?))
    }
}

/// Where the events are that a sieve let through, and how far it came.
pub(super) struct Sifted {
    pub places: Vec<Position>,
    /// How many rows were looked at.
    pub looked: usize,
    /// The last position looked at, where there is more to look at.
    pub place: Option<Position>,
}

impl Session {
    /// Goes on through the whole branch, over at most `budget` rows.
    pub(super) fn sift(
        &self,
        request: &LogRequest,
        sieve: &Sieve,
        range: (Position, Position),
        budget: usize,
    ) -> Result<Sifted> {
        let (most, hits) = (budget.min(ROWS), request.limit.min(HITS));
        let (mut found, mut looked, mut place) = (Vec::new(), 0, None);
        if sieve.event.as_ref().is_some_and(Vec::is_empty) {
            return Ok(Sifted { places: Vec::new(), looked, place });
        }
        self.store.contents_between(&self.branch, range, !request.oldest_first, &mut |row| {
            looked += 1;
            if sieve.may_take(row)? {
                found.push(row.position()?);
            }
            let more = looked < most && found.len() < hits;
            if !more {
                place = Some(row.position()?);
            }
            Ok(more)
        })?;
        Ok(Sifted { places: found, looked, place })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_however_json_writes_it() {
        let needle = Needle::new("say \"é🦀\"");
        for text in ["say \"é🦀\"", r#"{"a":"say \"é🦀\""}"#, r#"{"a":"say \"\u00e9\ud83e\udd80\""}"#] {
            assert!(needle.is_in(text.as_bytes()), "{text}");
            assert!(needle.find(text).is_some_and(|range| text[range].starts_with("say")));
        }
        assert!(!needle.is_in(b"say"));
        assert_eq!(Needle::new("plain").finders.len(), 1);
    }
}
