//! JSON documents: the records in them, one by one where they stand in a list.

use std::cell::Cell;
use std::fmt;
use std::io::{BufReader, Read};
use std::rc::Rc;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::format::{Reading, Records};
use super::lists::List;
use super::source::{Giver, Input, Limited, Sink};
use super::words::{self, Words};
use crate::error::{Error, Result};
use crate::jq::{Rule, State};

/// Takes a record's JSON, or what is wrong with it; `None`: what was read holds no record. `false` stops the reading.
pub type Taker<'a> = dyn FnMut(Result<Option<&str>, String>) -> Result<bool> + 'a;

/// Reads the records of one document that is at hand.
pub fn each(text: &str, records: &Records, take: &mut Taker<'_>) -> Result<bool> {
    match records {
        // A rule is asked where the records are made: they are not written out in between.
        Records::Whole | Records::Rule(_) => take(Ok(Some(text))),
        Records::Under(lists) => {
            let place = Place::default();
            let mut walk = Walk::new(lists, &place, take);
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
        return read_whole(reader, (&since, largest), &giver, (rule, strict), sink);
    }
    let top = [List { keys: Vec::new(), then: None, may_miss: false }];
    let lists: &[List] = if let Records::Under(lists) = records { lists } else { &top };
    let place = Rc::new(Place::default());
    let counted = Counted { inner: reader, place: place.clone() };
    let plain: Box<dyn Read + '_> =
        if strict { Box::new(counted) } else { Box::new(Words::new(counted, giver.tamed.clone())) };
    let mut json = serde_json::Deserializer::from_reader(plain);
    let mut give = |record: Result<Option<&str>, String>| {
        since.set(0);
        let line = if record.is_ok() { place.start.get() } else { place.lines.get() };
        giver.give_as(sink, line + 1, record, place.alien.get())
    };
    let mut first = true;
    loop {
        // Looks for the end, and so at the first byte of what else there is.
        match json.end() {
            Ok(()) if first => return give(Err("the file is empty".to_owned())),
            Ok(()) => return Ok(true),
            Err(error) if error.is_io() => return give(Err(broken(&error))),
            Err(_) if first && !matches!(place.last.get(), b'{' | b'[') => {
                place.alien.set(true);
                return give(Err("it is not JSON: it begins with no bracket".to_owned()));
            }
            Err(_) => {}
        }
        first = false;
        let mut walk = Walk::new(lists, &place, &mut give);
        let single = matches!(records, Records::Whole) && place.last.get() != b'[';
        let outcome = if single { Element(&mut walk, 0).deserialize(&mut json) } else { walk.run(&mut json) };
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

/// Gives the document, in which a rule finds the records.
fn read_whole(
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
    giver.give(sink, 1, Ok(Some(tamed.as_deref().unwrap_or(&text))))
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
    /// The document has not what is looked for.
    Lacks(String),
}

/// Goes down to the lists and gives each of their elements.
struct Walk<'a, 'g> {
    lists: &'a [List],
    /// Which of them were there.
    there: Vec<bool>,
    place: &'a Place,
    give: &'a mut Taker<'g>,
    end: End,
}

impl<'a, 'g> Walk<'a, 'g> {
    fn new(lists: &'a [List], place: &'a Place, give: &'a mut Taker<'g>) -> Self {
        Self { lists, there: vec![false; lists.len()], place, give, end: End::Done }
    }

    fn run<'de, D: Deserializer<'de>>(&mut self, json: D) -> Result<(), D::Error> {
        self.there.fill(false);
        let lists = (0..self.lists.len()).collect();
        Down { walk: self, lists, depth: 0 }.deserialize(json)?;
        let Some(why) = self.missing() else { return Ok(()) };
        self.end = End::Lacks(why);
        Err(D::Error::custom("stopped"))
    }

    /// Says what the document lacks; one that has none of the lists is another kind of document.
    fn missing(&self) -> Option<String> {
        let named = |at: usize| self.lists[at].keys.join(".");
        let none = self.there.iter().all(|there| !there);
        let missing: Vec<_> = (0..self.lists.len())
            .filter(|at| !self.there[*at] && (none || !self.lists[*at].may_miss))
            .collect();
        self.place.alien.set(none);
        let (last, others) = missing.split_last()?;
        let others: String = others.iter().map(|at| format!("{} and no ", named(*at))).collect();
        Some(format!("there is no {others}{}, which `records` asks for", named(*last)))
    }

    /// What the reading came to: an error in the document becomes a bad record.
    fn finish<E>(self, outcome: Result<(), E>, reason: impl Fn(&E) -> String) -> Result<bool> {
        match (self.end, outcome) {
            (End::Stopped, _) => Ok(false),
            (End::Failed(error), _) => Err(error),
            (End::Lacks(why), _) => (self.give)(Err(why)),
            (End::Done, Ok(())) => Ok(true),
            (End::Done, Err(error)) => (self.give)(Err(reason(&error))),
        }
    }

    fn take<E: serde::de::Error>(&mut self, record: &str, list: usize) -> Result<(), E> {
        let taken = match &self.lists[list].then {
            None => (self.give)(Ok(Some(record))),
            Some(rule) => by_rule(record, rule, self.give),
        };
        self.end = match taken {
            Ok(true) => return Ok(()),
            Ok(false) => End::Stopped,
            Err(error) => End::Failed(error),
        };
        Err(E::custom("stopped"))
    }
}

/// Goes to the lists that are below here: their keys up to this depth led here.
struct Down<'w, 'a, 'g> {
    walk: &'w mut Walk<'a, 'g>,
    lists: Vec<usize>,
    depth: usize,
}

impl Down<'_, '_, '_> {
    /// The list that is here.
    fn here(&self) -> Option<usize> {
        self.lists.iter().copied().find(|list| self.walk.lists[*list].keys.len() == self.depth)
    }
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
        let below = self.lists.first().and_then(|list| self.walk.lists[*list].keys.get(self.depth));
        match below {
            Some(key) => write!(f, "an object with the key {key}, which `records` asks for"),
            None => write!(f, "the list that `records` asks for"),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if self.here().is_some() {
            return Err(A::Error::custom("`records` asks for a list, and there is an object"));
        }
        while let Some(key) = map.next_key::<String>()? {
            let leads = |list: &usize| self.walk.lists[*list].keys.get(self.depth) == Some(&key);
            let lists: Vec<usize> = self.lists.iter().copied().filter(leads).collect();
            if lists.is_empty() {
                map.next_value::<IgnoredAny>()?;
            } else {
                map.next_value_seed(Down { walk: &mut *self.walk, lists, depth: self.depth + 1 })?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Some(here) = self.here() else {
            return Err(A::Error::custom(format!("expected {}", &self as &dyn serde::de::Expected)));
        };
        self.walk.there[here] = true;
        while list.next_element_seed(Element(&mut *self.walk, here))?.is_some() {}
        Ok(())
    }

    /// Null is how some write an empty list.
    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.lists.iter().for_each(|list| self.walk.there[*list] = true);
        Ok(())
    }
}

/// Gives one element as it stands in the text.
struct Element<'w, 'a, 'g>(&'w mut Walk<'a, 'g>, usize);

impl<'de> DeserializeSeed<'de> for Element<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        self.0.place.start.set(self.0.place.lines.get());
        let record = <Box<RawValue> as serde::Deserialize>::deserialize(json)?;
        self.0.take(record.get(), self.1)
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
    /// Whether nothing of what is looked for is in the document.
    alien: Cell<bool>,
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
