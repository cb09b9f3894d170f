//! JSON documents: the records in them, one by one where they stand in a list.

use std::cell::Cell;
use std::fmt;
use std::io::{BufReader, Read};
use std::rc::Rc;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::format::{Reading, Records};
use super::source::{Giver, Input, Limited, Sink};
use super::words::{self, Words};
use crate::error::{Error, Result};
use crate::jq::{Rule, State};

/// Takes a record's JSON, or what is wrong with it; `None`: what was read holds no record. `false` stops the reading.
type Taker<'a> = dyn FnMut(Result<Option<&str>, String>) -> Result<bool> + 'a;

/// Reads the records of one document that is at hand.
pub fn each(text: &str, records: &Records, take: &mut Taker<'_>) -> Result<bool> {
    match records {
        Records::Whole => take(Ok(Some(text))),
        Records::Rule(rule) => by_rule(text, rule, take),
        Records::Under(path) => {
            let place = Place::default();
            let mut walk = Walk { path, place: &place, give: &mut |record| take(record), end: End::Done };
            let mut json = serde_json::Deserializer::from_str(text);
            let outcome = walk.run(&mut json).and_then(|()| json.end());
            walk.finish(outcome, ToString::to_string)
        }
    }
}

/// Reads the records of a stream that holds one document or more.
pub fn read(input: Input<'_>, reading: &Reading, sink: &mut Sink<'_>) -> Result<bool> {
    let records = &reading.records;
    let Input { reader, since, giver, largest, .. } = input;
    let strict = reading.strict;
    if let Records::Rule(rule) = records {
        return read_by_rule(reader, (&since, largest), &giver, (rule, strict), sink);
    }
    let path: &[String] = if let Records::Under(path) = records { path } else { &[] };
    let place = Rc::new(Place::default());
    let counted = Counted { inner: reader, place: place.clone() };
    let plain: Box<dyn Read + '_> =
        if strict { Box::new(counted) } else { Box::new(Words::new(counted, giver.tamed.clone())) };
    let mut json = serde_json::Deserializer::from_reader(plain);
    let mut give = |record: Result<Option<&str>, String>| {
        since.set(0);
        let line = if record.is_ok() { place.start.get() } else { place.lines.get() };
        giver.give(sink, line + 1, record)
    };
    let mut first = true;
    loop {
        // Looks for the end, and so at the first byte of what else there is.
        match json.end() {
            Ok(()) if first => return give(Err("the file is empty".to_owned())),
            Ok(()) => return Ok(true),
            Err(error) if error.is_io() => return give(Err(broken(&error))),
            Err(_) => {}
        }
        first = false;
        let mut walk = Walk { path, place: &place, give: &mut give, end: End::Done };
        let single = matches!(records, Records::Whole) && place.last.get() != b'[';
        let outcome = if single { Element(&mut walk).deserialize(&mut json) } else { walk.run(&mut json) };
        let failed = outcome.is_err();
        if !walk.finish(outcome, broken)? {
            return Ok(false);
        }
        if failed {
            return Ok(true);
        }
    }
}

fn broken(error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "the file ends in the middle of a record".to_owned();
    }
    format!("the rest of the file cannot be read: {error}")
}

fn read_by_rule(
    reader: BufReader<Limited<'_>>,
    (since, largest): (&Cell<u64>, u64),
    giver: &Giver,
    (rule, strict): (&Rule, bool),
    sink: &mut Sink<'_>,
) -> Result<bool> {
    let mut text = String::new();
    since.set(0);
    if let Err(error) = reader.take(largest + 1).read_to_string(&mut text) {
        return giver.give(sink, 1, Err(format!("the file cannot be read: {error}")));
    }
    if text.len() as u64 > largest {
        let reason = format!(
            "it is larger than {} MB, which is too much for `{}`: a plain path such as `.Records[]` has no limit",
            largest >> 20,
            rule.source()
        );
        return giver.give(sink, 1, Err(reason));
    }
    let tamed = if strict { None } else { words::tamed(&text) };
    giver.tamed.set(tamed.is_some());
    by_rule(tamed.as_deref().unwrap_or(&text), rule, &mut |record| giver.give(sink, 1, record))
}

fn by_rule(text: &str, rule: &Rule, take: &mut Taker<'_>) -> Result<bool> {
    let found = State::from_json(text).and_then(|document| rule.run(&document, &[]));
    let found = match found {
        Ok(found) => found,
        Err(error) => return take(Err(error.message().to_owned())),
    };
    if found.is_empty() {
        return take(Ok(None));
    }
    for record in found {
        let go = match record.to_json() {
            Ok(record) => take(Ok(Some(&record)))?,
            Err(error) => take(Err(error.message().to_owned()))?,
        };
        if !go {
            return Ok(false);
        }
    }
    Ok(true)
}

enum End {
    Done,
    Stopped,
    Failed(Error),
}

/// Goes down to a list and gives each of its elements.
struct Walk<'a, 'g> {
    path: &'a [String],
    place: &'a Place,
    give: &'a mut Taker<'g>,
    end: End,
}

impl Walk<'_, '_> {
    fn run<'de, D: Deserializer<'de>>(&mut self, json: D) -> Result<(), D::Error> {
        let path = self.path;
        Down { walk: self, path }.deserialize(json)
    }

    /// What the reading came to: an error in the document becomes a bad record.
    fn finish<E>(self, outcome: Result<(), E>, reason: impl Fn(&E) -> String) -> Result<bool> {
        match (self.end, outcome) {
            (End::Stopped, _) => Ok(false),
            (End::Failed(error), _) => Err(error),
            (End::Done, Ok(())) => Ok(true),
            (End::Done, Err(error)) => (self.give)(Err(reason(&error))),
        }
    }

    fn take<E: serde::de::Error>(&mut self, record: &str) -> Result<(), E> {
        self.end = match (self.give)(Ok(Some(record))) {
            Ok(true) => return Ok(()),
            Ok(false) => End::Stopped,
            Err(error) => End::Failed(error),
        };
        Err(E::custom("stopped"))
    }
}

/// Goes to the list under the rest of the path.
struct Down<'w, 'a, 'g> {
    walk: &'w mut Walk<'a, 'g>,
    path: &'a [String],
}

impl<'de> DeserializeSeed<'de> for Down<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Down<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.first() {
            Some(key) => write!(f, "an object with the key {key}, which `records` asks for"),
            None => write!(f, "the list that `records` asks for"),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((wanted, rest)) = self.path.split_first() else {
            return Err(A::Error::custom("`records` asks for a list, and there is an object"));
        };
        let mut found = false;
        while let Some(key) = map.next_key::<String>()? {
            if key == *wanted {
                found = true;
                map.next_value_seed(Down { walk: &mut *self.walk, path: rest })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if found {
            Ok(())
        } else {
            Err(A::Error::custom(format!("there is no {wanted}, which `records` asks for")))
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if !self.path.is_empty() {
            return Err(A::Error::custom(format!("expected {}", &self as &dyn serde::de::Expected)));
        }
        while list.next_element_seed(Element(&mut *self.walk))?.is_some() {}
        Ok(())
    }
}

/// Gives one element as it stands in the text.
struct Element<'w, 'a, 'g>(&'w mut Walk<'a, 'g>);

impl<'de> DeserializeSeed<'de> for Element<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        self.0.place.start.set(self.0.place.lines.get());
        let record = <Box<RawValue> as serde::Deserialize>::deserialize(json)?;
        self.0.take(record.get())
    }
}

/// How far a stream has been read.
#[derive(Default)]
struct Place {
    /// Line ends so far.
    lines: Cell<u64>,
    /// Line ends before the record that was begun last.
    start: Cell<u64>,
    /// The last byte.
    last: Cell<u8>,
}

/// Notes how far a stream has been read; the parser takes it byte by byte, so that this is exact.
struct Counted<R> {
    inner: R,
    place: Rc<Place>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        for byte in &buffer[..n] {
            // `\r\n` is one end, and counts at its first byte.
            let end = *byte == b'\r' || (*byte == b'\n' && self.place.last.get() != b'\r');
            self.place.lines.set(self.place.lines.get() + u64::from(end));
            self.place.last.set(*byte);
        }
        Ok(n)
    }
}
