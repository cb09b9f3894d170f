//! What was read becomes records, and each what its mapping makes of it alone.

use std::borrow::Cow;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::super::number;
use super::{Made, Mapped, Read, Reader, Record, Said, Untold};
use crate::error::{Error, Result};
use crate::event::Hash;
use crate::import::format::Records;
use crate::import::mapping::{Mapping, Mode};
use crate::import::notes::Notice;
use crate::import::own;
use crate::import::source::Found;
use crate::jq::{self, Rule, Slips, State};

/// A record, or what holds some: its compact JSON, what was let through in it, and the same as rules see it.
struct Parsed<'t> {
    text: Cow<'t, str>,
    slips: Slips,
    value: State,
}

impl<'t> Parsed<'t> {
    fn read(mapping: &Mapping, text: &'t str) -> Result<Self> {
        let (text, slips, value) = State::read(text, mapping.reading.strict)?;
        Ok(Self { text, slips, value })
    }

    /// A record that a rule found in another one.
    fn found(mapping: &Mapping, found: State, among: &Self) -> Result<Parsed<'t>> {
        if found.is(&among.value) {
            return Ok(Self { text: among.text.clone(), slips: among.slips, value: found });
        }
        let text = found.to_json()?;
        let (text, slips) = if mapping.reading.strict {
            (jq::compact(&text)?.into_owned(), Slips::default())
        } else {
            let (text, slips) = jq::compact_leniently(&text)?;
            (text.into_owned(), slips)
        };
        // It was read already, but for the digits of its numbers.
        let value = if slips == Slips::default() { found } else { State::from_compact(&text, slips)? };
        Ok(Self { text: Cow::Owned(text), slips, value })
    }
}

impl Reader<'_> {
    /// Takes what was found: one record, or what holds them. `false`: enough was taken.
    pub(super) fn found(&mut self, found: &Found<'_>) -> Result<bool> {
        if *self.file != *found.file {
            self.file = found.file.into();
            self.file_state = State::from_value(&found.file.into());
        }
        let text = match &found.text {
            Ok(Some(text)) => *text,
            Ok(None) => return self.hand(found, |_| Ok(Made::LeftOut)),
            Err(reason) => return self.hand(found, |_| Err(Error::refused(reason.clone()))),
        };
        let Some(mapping) = self.mapping else {
            return self.hand(found, |reader| {
                let event = own::exported(text)?;
                let key = reader.numbered(&event.content)?;
                Ok(Made::Own(Box::new(event), key))
            });
        };
        let notices = |slips| let_through(slips, found.tamed);
        match (Parsed::read(mapping, text), &mapping.reading.records) {
            (Err(error), _) => self.hand(found, |_| Err(error)),
            (Ok(parsed), Records::Rule(rule)) => self.by_rule(mapping, rule, &parsed, found),
            (Ok(parsed), _) => {
                let notices = notices(parsed.slips);
                self.hand(found, |reader| reader.map(mapping, parsed, found.line, notices))
            }
        }
    }

    /// Takes the records that a rule finds in what was read.
    fn by_rule(
        &mut self,
        mapping: &Mapping,
        rule: &Rule,
        parsed: &Parsed<'_>,
        found: &Found<'_>,
    ) -> Result<bool> {
        let records = match rule.run(&parsed.value, &[]) {
            Ok(records) if records.is_empty() => return self.hand(found, |_| Ok(Made::LeftOut)),
            Ok(records) => records,
            Err(error) => return self.hand(found, |_| Err(error)),
        };
        // What was let through is said once.
        let mut notices = let_through(parsed.slips, found.tamed);
        for record in records {
            let notices = std::mem::take(&mut notices);
            let go = self.hand(found, |reader| {
                let record = Parsed::found(mapping, record, parsed)?;
                reader.map(mapping, record, found.line, notices)
            })?;
            if !go {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Hands a record over, with what is made of it.
    fn hand(&mut self, found: &Found<'_>, make: impl FnOnce(&Self) -> Result<Made>) -> Result<bool> {
        self.index += 1;
        let made = make(self);
        let (file, done) = (Arc::clone(&self.file), self.done + found.bytes);
        (self.give)(Read::Record(Record { file, line: found.line, index: self.index, done, made }))
    }

    /// What names a record that names itself by nothing. In a file that grows another record may come to stand in its
    /// place.
    fn numbered(&self, content: &[u8; 32]) -> Result<String> {
        let named = format!("{}:{}", self.hash()?, self.index);
        Ok(if self.plan.grows { format!("{named}:{}", Hash(*content).short()) } else { named })
    }

    fn map(
        &self,
        mapping: &Mapping,
        parsed: Parsed<'_>,
        line: u64,
        mut notices: Vec<Notice>,
    ) -> Result<Made> {
        let Parsed { text, slips, value: record } = parsed;
        let vars = [self.file_state.clone(), number(line as i64), number(self.index)];
        let compared = match &mapping.content {
            Some(rule) => {
                Cow::Owned(rule.get(&record, &vars)?.map_or(Ok(String::new()), |part| part.to_json())?)
            }
            None => text.clone(),
        };
        let content: [u8; 32] = Sha256::digest(compared.as_bytes()).into();
        let Some(placed) = mapping.place(&text, &record, &vars, &mut notices)? else {
            return Ok(Made::LeftOut);
        };
        // What is not used does not matter.
        if slips.digits && jq::compact_leniently(&placed.data).is_ok_and(|(_, slips)| slips.digits) {
            notices.push(Notice::LongNumber);
        }
        let said = match mapping.mode {
            Mode::Events => Said::Told(mapping.tell(&record, &vars, &mut notices)?),
            Mode::Snapshots => {
                let (event_reads, meta_alone) = mapping.apart();
                let text = if event_reads || !meta_alone { text.into_owned() } else { String::new() };
                let mut noted = Vec::new();
                let meta = meta_alone.then(|| Ok((mapping.meta_of(&record, &vars, &mut noted)?, noted)));
                Said::Snapshot(Box::new(Untold { text, meta }))
            }
        };
        let key = placed.key.clone().map_or_else(|| self.numbered(&content), Ok)?;
        Ok(Made::Placed(Box::new(Mapped { placed, key, content, said, notices })))
    }
}

/// What is noted of a record that is not quite JSON.
fn let_through(slips: Slips, tamed: bool) -> Vec<Notice> {
    let found = [
        (slips.halves, Notice::HalfCharacter),
        (slips.doubled, Notice::DoubledKey),
        (tamed, Notice::NotANumber),
    ];
    found.into_iter().filter(|(found, _)| *found).map(|(_, notice)| notice).collect()
}
