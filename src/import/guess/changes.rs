//! Records that say which field was changed, from what, to what: their data is that field with its new value. They are
//! told by what chains: what one record says the value became, the next one about the same field says it was.

use std::collections::{HashMap, HashSet};

use super::fields::{Field, Fields, NONE, part};
use super::form::Question;
use super::roles::Roles;

/// So large a part of the changes must go on where the one before it ended.
const CHAINS: f64 = 0.8;
/// So many must be seen to do so.
const LEAST: usize = 3;
/// And so many records are looked at for it.
const LOOKED_AT: usize = 4_000;
/// An object with more fields of free values than this is no note of one change.
const MOST_BESIDE: usize = 12;

/// The three fields that note the change of one: its name, what it was, what it became.
#[derive(Clone, Copy)]
pub struct Change<'a> {
    /// The name of the field that was changed.
    pub name: &'a Field,
    /// What it was.
    pub old: &'a Field,
    /// What it became.
    pub new: &'a Field,
}

impl Change<'_> {
    /// The rule for the data: that field with its new value.
    pub fn rule(&self) -> String {
        format!("{{({} // \"value\"): {}}}", self.name.text(), self.new.text())
    }
}

/// Finds them, where the records are changes of single fields.
pub fn find<'a>(fields: &'a Fields, roles: &Roles<'a>) -> Option<Change<'a>> {
    let thing = (roles.of(Question::Id)?, roles.of(Question::Type));
    let free: Vec<&'a Field> = fields
        .all
        .iter()
        .filter(|field| !roles.has(field) && field.form.is_none() && field.distinct() > 2)
        .collect();
    let names = free.iter().filter(|field| {
        field.is_text()
            && field.coverage() > 0.5
            && field.look.sentence < 0.1
            && field.distinct() * 4 < field.seen
    });
    for name in names {
        let beside: Vec<&'a Field> = free
            .iter()
            .copied()
            .filter(|field| !std::ptr::eq(*field, *name) && same_object(field, name))
            .take(MOST_BESIDE)
            .collect();
        for new in &beside {
            let like_it = |old: &&&Field| !std::ptr::eq(**old, *new) && same_values(old, new);
            if let Some(old) = beside.iter().filter(like_it).find(|old| chains(thing, name, old, new)) {
                return Some(Change { name, old, new });
            }
        }
    }
    None
}

fn same_object(a: &Field, b: &Field) -> bool {
    a.path[..a.path.len() - 1] == b.path[..b.path.len() - 1]
}

/// What a value was is mostly one that some value became.
fn same_values(old: &Field, new: &Field) -> bool {
    let became: HashSet<&str> = new.values.iter().map(String::as_str).collect();
    let some = old.values.iter().filter(|value| became.contains(value.as_str())).count();
    some * 2 > old.distinct()
}

/// Whether what `new` was the last time is what `old` is the next, for the same thing and the same field.
fn chains((id, kind): (&Field, Option<&Field>), name: &Field, old: &Field, new: &Field) -> bool {
    let mut last: HashMap<(u32, u32, u32), Option<&str>> = HashMap::new();
    let (mut holds, mut all, mut changed, mut records) = (0, 0, 0, 0);
    for record in 0..id.column.len().min(LOOKED_AT) {
        if id.column[record] == NONE || name.column[record] == NONE {
            continue;
        }
        let (was, becomes) = (old.value(record), new.value(record));
        records += 1;
        changed += usize::from(was != becomes);
        if let Some(before) = last.insert(
            (id.column[record], kind.map_or(NONE, |kind| kind.column[record]), name.column[record]),
            becomes,
        ) {
            all += 1;
            holds += usize::from(before == was);
        }
    }
    all >= LEAST && part(holds, all) >= CHAINS && part(changed, records) >= CHAINS
}
