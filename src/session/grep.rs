//! Text in the log: looked for in the rows as they are stored, so that what does not match costs next to nothing.

use std::ops::Range;
use std::sync::Arc;

use memchr::memchr;
use memchr::memmem::Finder;
use regex::bytes::{Regex, RegexBuilder};

use super::bits::Bits;
use super::log::Rows;
use super::{LogRequest, Session};
use crate::domain::Domain;
use crate::error::Result;
use crate::event::Position;
use crate::store::{Content, Store};

/// So many rows are looked at before their hits are taken further.
const ROWS: usize = 65_536;

/// So many hits, likewise.
const HITS: usize = 256;

/// A text as it may stand in JSON: as it is, or with any of its characters escaped.
pub enum Needle {
    /// Exactly so.
    Exact(Box<Finder<'static>>),
    /// Whatever its case, by Unicode's simple folding.
    AnyCase(Regex),
}

impl Needle {
    /// A text, exactly so.
    pub fn new(text: &str) -> Self {
        Self::Exact(Box::new(Finder::new(text.as_bytes()).into_owned()))
    }

    /// A text, whatever its case.
    pub fn any_case(text: &str) -> Self {
        // A text that is too long for that is looked for as it is.
        match RegexBuilder::new(&regex::escape(text)).case_insensitive(true).build() {
            Ok(regex) => Self::AnyCase(regex),
            Err(_) => Self::new(text),
        }
    }

    /// The text of a request, where it asks for one.
    pub fn of(request: &LogRequest) -> Option<Self> {
        let text = Some(request.text.as_str()).filter(|text| !text.is_empty())?;
        Some(if request.any_case { Self::any_case(text) } else { Self::new(text) })
    }

    /// Whether the text is there.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        self.place(bytes).is_some()
            || memchr(b'\\', bytes).is_some() && self.place(&unescaped(bytes, None)).is_some()
    }

    /// Where the text is.
    pub fn find(&self, text: &str) -> Option<Range<usize>> {
        if let Some(place) = self.place(text.as_bytes()) {
            return Some(place);
        }
        let mut places = Vec::new();
        let plain = unescaped(text.as_bytes(), Some(&mut places));
        let Range { start, end } = self.place(&plain)?;
        Some(places[start]..places.get(end).copied().unwrap_or(text.len()))
    }

    fn place(&self, bytes: &[u8]) -> Option<Range<usize>> {
        match self {
            Self::Exact(finder) => finder.find(bytes).map(|start| start..start + finder.needle().len()),
            Self::AnyCase(regex) => regex.find(bytes).map(|found| found.range()),
        }
    }
}

/// JSON without its escapes; `places` gets where each byte of it was written.
fn unescaped(json: &[u8], mut places: Option<&mut Vec<usize>>) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let mut at = 0;
    while at < json.len() {
        let (taken, plain) = match (json[at], json.get(at + 1)) {
            (b'\\', Some(b'u')) => unit(json, at).map_or((1, None), |first| {
                let pair = unit(json, at + 6).filter(|_| (0xd800..0xdc00).contains(&first));
                let units = [first, pair.unwrap_or_default()];
                let count = if pair.is_some() { 2 } else { 1 };
                let c = char::decode_utf16(units[..count].iter().copied()).next().and_then(Result::ok);
                (6 * count, c)
            }),
            (b'\\', Some(b'n')) => (2, Some('\n')),
            (b'\\', Some(b't')) => (2, Some('\t')),
            (b'\\', Some(b'r')) => (2, Some('\r')),
            (b'\\', Some(b'b')) => (2, Some('\u{8}')),
            (b'\\', Some(b'f')) => (2, Some('\u{c}')),
            (b'\\', Some(b'"')) => (2, Some('"')),
            (b'\\', Some(b'\\')) => (2, Some('\\')),
            (b'\\', Some(b'/')) => (2, Some('/')),
            _ => (1, None),
        };
        match plain {
            Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            // No escape, or one that stands for no character.
            None => out.extend_from_slice(&json[at..(at + taken).min(json.len())]),
        }
        if let Some(places) = places.as_deref_mut() {
            places.resize(out.len(), at);
        }
        at += taken;
    }
    out
}

/// The number of `\u0026` and its like.
fn unit(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// What the rows themselves can tell of whether a request wants an event.
pub(super) struct Sieve {
    text: Option<Needle>,
    /// The types with the text in their name, and the aggregates that are called so.
    types: Vec<i64>,
    named: Option<Arc<Bits>>,
    actor: Option<Needle>,
    /// Only events of these aggregates.
    among: Option<Rows>,
    /// The rows of the names under which the event type is stored.
    event: Option<Vec<i64>>,
}

impl Sieve {
    /// Where a request over a whole branch asks for a text, an actor, a type or some aggregates; with the aggregates that
    /// are called by the text, and those that are asked for.
    pub fn of(
        store: &Store,
        domain: &Domain,
        request: &LogRequest,
        (named, among): (Option<Arc<Bits>>, Option<Rows>),
    ) -> Result<Option<Self>> {
        let text = Needle::of(request);
        let actor = request.actor.as_deref().map(Needle::new);
        let rows = |name: &str| {
            let names = domain.stored_names(name).into_iter();
            names.filter_map(|name| store.type_row(name).transpose()).collect::<Result<Vec<_>>>()
        };
        let event = request.event.as_deref().map(rows).transpose()?;
        let any = text.is_some() || actor.is_some() || event.is_some() || among.is_some();
        if request.aggregate.is_some() || !any {
            return Ok(None);
        }
        let mut types = Vec::new();
        if let Some(text) = text.as_ref().filter(|_| !request.content_only) {
            store.each_type(&mut |row, name| {
                // A type may be called otherwise today: the row shows that.
                let now = domain.name_today(name);
                types.extend((text.is_in(name.as_bytes()) || text.is_in(now.as_bytes())).then_some(row));
            })?;
        }
        Ok(Some(Self { text, types, named, actor, among, event }))
    }

    /// Whether the event may be wanted: an actor's name may stand elsewhere in its metadata.
    fn may_take(&self, row: &Content<'_>) -> Result<bool> {
        if let Some(among) = &self.among
            && !among.take(row.aggregate()?)
        {
            return Ok(false);
        }
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
            || !self.types.is_empty() && self.types.contains(&row.kind()?)
            || match &self.named {
                Some(named) => named.has(row.aggregate()?),
                None => false,
            })
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
    fn a_text_is_found_whatever_its_case_and_however_json_writes_it() {
        for (text, json) in [
            ("PRIORITY", r#"{"priority":1}"#),
            ("straSSe", r#"{"a":"STRASSE 1"}"#),
            ("École", r#"{"a":"\u00c9COLE"}"#),
            ("ΣΊΣΥΦΟΣ", r#"{"a":"σίσυφος"}"#),
            ("a.b", r#"{"a":"A.B"}"#),
        ] {
            assert!(Needle::any_case(text).is_in(json.as_bytes()), "{text}");
            assert!(Needle::any_case(text).find(json).is_some_and(|range| !json[range].is_empty()), "{text}");
            assert!(!Needle::new(text).is_in(json.as_bytes()), "{text}");
        }
        assert!(!Needle::any_case("a.b").is_in(b"axb"));
    }

    #[test]
    fn a_text_is_found_however_json_writes_it() {
        let needle = Needle::new("say \"é🦀\"");
        for text in ["say \"é🦀\"", r#"{"a":"say \"é🦀\""}"#, r#"{"a":"say \"\u00E9\ud83e\uDD80\""}"#] {
            assert!(needle.is_in(text.as_bytes()), "{text}");
            assert!(needle.find(text).is_some_and(|range| text[range].starts_with("say")), "{text}");
        }
        assert!(!needle.is_in(b"say"));
        for (text, json) in [
            ("a&b", r#"{"a":"a\u0026b"}"#),
            ("https://x", r#"{"a":"https:\/\/x"}"#),
            ("clé", r#"{"cl\u00e9":1}"#),
            ("<b>", r#"{"a":"\u003cb\u003E"}"#),
            ("one\ntwo", r#"{"a":"one\ntwo"}"#),
            (r"c:\dir", r#"{"a":"c:\\dir"}"#),
        ] {
            let range = Needle::new(text).find(json).unwrap();
            assert!(json[range].len() >= text.len(), "{json}");
            assert!(Needle::new(text).is_in(json.as_bytes()), "{json}");
        }
        // What is no escape is left as it is.
        assert!(Needle::new("zz").is_in(br"\uD800\u12 \q zz \"));
    }
}
