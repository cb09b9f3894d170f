//! What a rule reads of an event, taken out of its JSON texts without parsing the rest.

use std::cell::Cell;

use jaq_json::{Map, Rc, Val};

use super::apply::EventView;
use super::scan;
use super::state::{State, stored, text};
use super::value::V;
use crate::error::{Error, Result};
use crate::event::Time;

/// A part of the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A field of the data, with its default.
    Data(String),
    /// A field of the metadata.
    Meta(String),
    WholeData,
    WholeMeta,
    WholeEvent,
    /// A field of `$event` that is neither its data nor its metadata; an unknown one is null.
    Event(String),
    /// None: a variable of the rule's own.
    Own,
}

/// The parts that a rule reads, in the order of their slots.
#[derive(Debug, Default)]
pub(super) struct Projection {
    sources: Vec<Source>,
    data: Vec<(String, usize)>,
    meta: Vec<(String, usize)>,
}

/// What was read; a value that a rule reads once is moved out, not cloned.
pub(super) type Slots = [Cell<Option<V>>];

/// So many slots need no allocation.
const FEW: usize = 12;

impl Projection {
    /// The slot of a part, made where it is new.
    pub(super) fn slot(&mut self, source: Source) -> usize {
        if let Some(slot) = self.sources.iter().position(|s| *s == source) {
            return slot;
        }
        let slot = self.sources.len();
        match &source {
            Source::Data(key) => self.data.push((key.clone(), slot)),
            Source::Meta(key) => self.meta.push((key.clone(), slot)),
            _ => {}
        }
        self.sources.push(source);
        slot
    }

    /// A slot that the rule fills itself.
    pub(super) fn own_slot(&mut self) -> usize {
        self.sources.push(Source::Own);
        self.sources.len() - 1
    }

    /// How many slots there are.
    pub(super) fn len(&self) -> usize {
        self.sources.len()
    }

    /// Reads the parts, and hands them on.
    pub(super) fn with<R>(&self, event: &EventView<'_>, f: impl FnOnce(&Slots) -> R) -> Result<R> {
        slots(self.len(), |slots| {
            self.read(event, slots)?;
            Ok(f(slots))
        })
    }

    fn read(&self, event: &EventView<'_>, slots: &Slots) -> Result<()> {
        scan::fields(event.data, &self.data, |slot, value| slots[slot].set(Some(V(value))))?;
        scan::fields(event.meta, &self.meta, |slot, value| slots[slot].set(Some(V(value))))?;
        for (key, slot) in &self.data {
            let read = slots[*slot].take();
            let default =
                || event.defaults.iter().find(|(k, _)| k == key).map(|(_, v)| V(State::from_value(v).0));
            slots[*slot].set(Some(read.or_else(default).unwrap_or_default()));
        }
        for (slot, source) in slots.iter().zip(&self.sources) {
            let value = match source {
                Source::Data(_) | Source::Own => continue,
                Source::Meta(_) => slot.take().unwrap_or_default(),
                Source::WholeData => V(data(event)?),
                Source::WholeMeta => V(object(event.meta)?),
                Source::WholeEvent => V(whole(event, data(event)?, object(event.meta)?)),
                Source::Event(key) => field(event, key).map(V).unwrap_or_default(),
            };
            slot.set(Some(value));
        }
        Ok(())
    }
}

/// Hands on so many empty slots.
pub(super) fn slots<R>(count: usize, f: impl FnOnce(&Slots) -> R) -> R {
    let few = [const { Cell::new(None) }; FEW];
    if let Some(slots) = few.get(..count) {
        return f(slots);
    }
    let many: Vec<Cell<Option<V>>> = (0..count).map(|_| Cell::new(None)).collect();
    f(&many)
}

/// A stored JSON object. What the log holds was checked when it came in; here it is only read.
pub(super) fn object(json: &str) -> Result<Val> {
    match stored(json).map_err(|e| scan::damaged(&e))? {
        object @ Val::Obj(_) => Ok(object),
        _ => Err(Error::damaged("the event does not hold a JSON object")),
    }
}

/// The data, with the defaults that it lacks.
pub(super) fn data(event: &EventView<'_>) -> Result<Val> {
    let mut data = object(event.data)?;
    if let Val::Obj(map) = &mut data {
        let map: &mut Map = Rc::make_mut(map);
        for (key, value) in event.defaults {
            map.entry(text(key)).or_insert_with(|| State::from_value(value).0);
        }
    }
    Ok(data)
}

pub(super) const FIELDS: [&str; 7] =
    ["position", "branch", "aggregate", "version", "type", "occurred_at", "recorded_at"];

/// A field of `$event` that is neither its data nor its metadata.
pub(super) fn field(event: &EventView<'_>, key: &str) -> Option<Val> {
    Some(match key {
        "position" => Val::from(event.position as isize),
        "branch" => text(event.branch),
        "aggregate" => text(&format!("{}/{}", event.kind, event.id)),
        "version" => Val::from(event.version as isize),
        "type" => text(event.event),
        "occurred_at" => stamp(event.occurred_at),
        "recorded_at" => stamp(event.recorded_at),
        _ => return None,
    })
}

/// A time as a rule sees it: RFC 3339, as everywhere. Most rules ask for it, so the calendar is done by hand.
pub(super) fn stamp(time: Time) -> Val {
    const DAY: i64 = 86_400;
    let (second, micro) = (time.0.div_euclid(1_000_000), time.0.rem_euclid(1_000_000));
    let (day, rest) = (second.div_euclid(DAY), second.rem_euclid(DAY));
    // Years from 1970 to 9999: four digits, no sign.
    if !(0..2_932_897).contains(&day) {
        return Val::utf8_str(time.to_string().into_bytes());
    }
    // Days are counted from 1 March of year 0, so that a leap day is the last of its year.
    let z = day + 719_468;
    let (era, in_era) = (z / 146_097, z % 146_097);
    let year_in_era = (in_era - in_era / 1_460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year_in_era + year_in_era / 4 - year_in_era / 100);
    let shifted = (5 * in_year + 2) / 153;
    let date = in_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_in_era + i64::from(month <= 2);
    let mut out = *b"0000-00-00T00:00:00.000000Z";
    let mut put = |at: usize, n: i64| {
        out[at] = b'0' + (n / 10 % 10) as u8;
        out[at + 1] = b'0' + (n % 10) as u8;
    };
    put(0, year / 100);
    put(2, year);
    put(5, month);
    put(8, date);
    put(11, rest / 3_600);
    put(14, rest / 60 % 60);
    put(17, rest % 60);
    put(20, micro / 10_000);
    put(22, micro / 100);
    put(24, micro);
    // As many digits as it takes, in threes.
    let end = match micro {
        0 => 19,
        _ if micro % 1_000 == 0 => 23,
        _ => 26,
    };
    out[end] = b'Z';
    Val::utf8_str(out[..=end].to_vec())
}

/// The event as `$event`.
pub(super) fn whole(event: &EventView<'_>, data: Val, meta: Val) -> Val {
    Val::obj(fields(event, data, meta))
}

/// The fields of `$event`, in their order.
pub(super) fn fields(event: &EventView<'_>, data: Val, meta: Val) -> Map {
    let fields = FIELDS.iter().filter_map(|key| Some((text(key), field(event, key)?)));
    fields.chain([(text("data"), data), (text("meta"), meta)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_reads_as_times_do_everywhere() {
        let hours = (-30_000..80_000_000i64)
            .step_by(997)
            .map(|hour| hour * 3_600_000_000 + hour % 7 * 1_000 + hour % 3);
        for micros in
            hours.chain([0, 1, -1, 253_402_300_799_000_000, 253_402_300_800_000_000, i64::MAX, i64::MIN])
        {
            let Val::TStr(stamp) = stamp(Time(micros)) else { panic!("no text") };
            assert_eq!(String::from_utf8_lossy(&stamp), Time(micros).to_string());
        }
    }
}
