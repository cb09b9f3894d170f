//! The timeline's row of notes: what is special about events, and what was found, named or marked there.
//!
//! Where several signs meet, the most important one stands in the event's column and the others beside it, over what
//! matters less where there is no other room. What covers a sign is reversed: there is more behind it.

use std::collections::{BTreeMap, BTreeSet};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::session::{Flag, Flags};
use crate::tui::model::Model;
use crate::tui::model::search::By;
use crate::tui::text::{cut, width};
use crate::tui::theme::Glyphs;
use crate::tui::timeline::{Mark, Placed, column};

/// What a sign says, the most important first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Note {
    Marked,
    /// Its rule failed, and whatever else is special about it.
    Refused(Flags),
    Alarm,
    Race,
    True,
    False,
    Named,
    /// Somebody wrote something about it.
    Written,
    /// What is special about the event, or about those that share its column.
    Flags(Flags),
}

/// Draws the row; `rows` begins a line above it.
pub fn draw(model: &Model, rows: Rect, placed: &[Placed], buffer: &mut Buffer) {
    let y = rows.y + 1;
    let notes = notes(model, placed);
    let mut seen: BTreeMap<u16, Note> =
        notes.iter().filter_map(|(x, here)| Some((*x, *here.first()?))).collect();
    let (mut names, mut covered) = (Vec::new(), BTreeSet::new());
    for (x, here) in &notes {
        names.extend(here.first().filter(|note| **note == Note::Named).map(|_| (*x, *x)));
        for note in here.iter().skip(1) {
            let free = |x: &u16| *x < rows.width && !seen.contains_key(x);
            let less = |x: &u16| seen.get(x).is_some_and(|other| other > note);
            let mut beside = [Some(x + 1), x.checked_sub(1)].into_iter().flatten();
            let place = beside.clone().find(free).or_else(|| beside.find(less));
            let Some(place) = place else {
                covered.insert(*x);
                continue;
            };
            if seen.insert(place, *note).is_some() {
                covered.insert(place);
            }
            names.extend(Some((place, *x)).filter(|_| *note == Note::Named));
        }
    }
    for (x, note) in &seen {
        let (sign, style) = sign(model, *note);
        buffer.set_string(rows.x + x, y, sign.to_string(), style);
    }
    for (x, of) in names.into_iter().filter(|(x, _)| seen.get(x) == Some(&Note::Named)) {
        // A name goes over what is seen behind it, but not over what somebody set there.
        let set = |note: &Note| {
            matches!(note, Note::Marked | Note::Race | Note::True | Note::False | Note::Named | Note::Written)
        };
        let end = seen.range(x + 1..).find(|(_, note)| set(note)).map_or(rows.width, |(x, _)| *x);
        let name = cut(&named(model, placed, of), usize::from(end.saturating_sub(x + 1)));
        buffer.set_string(rows.x + x + 1, y, &name, model.look.theme.hotkey);
        covered.extend(seen.range(x + 1..x + 1 + width(&name) as u16).map(|(x, _)| *x));
    }
    for x in covered {
        buffer.set_style(Rect::new(rows.x + x, y, 1, 1), Style::default().reversed());
    }
}

/// The notes in each column, without those that say the same.
fn notes(model: &Model, placed: &[Placed]) -> BTreeMap<u16, BTreeSet<Note>> {
    let mut notes: BTreeMap<u16, BTreeSet<Note>> = BTreeMap::new();
    let mut add = |x: Option<u16>, note| {
        if let Some(x) = x {
            notes.entry(x).or_default().insert(note);
        }
    };
    for item in placed {
        let flags = match &item.mark {
            Mark::Event(point) => point.flags,
            Mark::Cell { flags, .. } => *flags,
            _ => continue,
        };
        let noted: Flags = flags.iter().filter(|flag| *flag != Flag::Nothing).collect();
        if !noted.is_empty() {
            let refused = noted.has(Flag::RejectedByRule);
            add(Some(item.x), if refused { Note::Refused(noted) } else { Note::Flags(noted) });
        }
    }
    let at = |place: Option<i64>| column(placed, place?);
    for alarm in &model.alarms {
        add(at(model.place_at(Some(&alarm.at), alarm.violation.position)), Note::Alarm);
    }
    for waypoint in &model.waypoints {
        add(at(model.place_of(waypoint)), Note::Named);
    }
    for note in &model.facts.notes {
        add(at(model.place_of_note(note)), Note::Written);
    }
    let (scope, here) = (model.cursor.scope, model.cursor.aggregate.as_ref());
    for (place, turned) in model.search.marks(&model.branch, scope, here) {
        let note = match (model.search.by, turned) {
            (By::Races, _) => Note::Race,
            (_, Some(false)) => Note::False,
            _ => Note::True,
        };
        add(at(Some(place)), note);
    }
    if let Some(mark) = &model.mark {
        let of = (mark.aggregate.clone(), mark.version);
        add(at(model.place_at(Some(&of), mark.position)), Note::Marked);
    }
    // What was written at a named point stands behind its name.
    for here in notes.values_mut().filter(|here| here.contains(&Note::Named)) {
        here.remove(&Note::Written);
    }
    notes
}

/// The names of the points in a column, with the sign of a note where one is written there.
fn named(model: &Model, placed: &[Placed], x: u16) -> String {
    let here = |place: i64| column(placed, place) == Some(x);
    let all = model.waypoints.iter().filter(|waypoint| model.place_of(waypoint).is_some_and(here));
    let names = all.map(|waypoint| waypoint.name.as_str()).collect::<Vec<_>>().join(", ");
    let written = model.facts.notes.iter().any(|note| model.place_of_note(note).is_some_and(here));
    if written { format!("{names}{}", model.look.glyphs.note) } else { names }
}

fn sign(model: &Model, note: Note) -> (char, Style) {
    let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
    match note {
        Note::Marked => (glyphs.mark, theme.hotkey),
        Note::Alarm => (glyphs.alarm, theme.error),
        Note::Race => (glyphs.race(), theme.error),
        Note::True => (glyphs.turned_true, theme.hotkey),
        Note::False => (glyphs.turned_false, theme.hotkey),
        Note::Named => (glyphs.waypoint, theme.hotkey),
        Note::Written => (glyphs.note, theme.hotkey),
        Note::Refused(flags) => (glyphs.flags(flags).unwrap_or(glyphs.error), theme.error),
        Note::Flags(flags) => (glyphs.flags(flags).unwrap_or(glyphs.several), theme.warning),
    }
}

impl Glyphs {
    /// The sign of a race that was found.
    pub fn race(&self) -> char {
        if self.event.is_ascii() { 'R' } else { '⇄' }
    }

    /// The sign of a flag.
    pub fn flag(&self, flag: Flag) -> char {
        match flag {
            Flag::Late => self.late,
            Flag::Repeated => self.repeated,
            Flag::Gap => self.gap,
            Flag::Clash => self.clash,
            Flag::BeforeCause => self.before_cause,
            Flag::Stale => self.stale,
            Flag::Nothing => self.unchanged,
            Flag::Overwrote => self.overwrote,
            Flag::OldReaction => self.old_reaction,
            Flag::RejectedByRule => self.error,
        }
    }

    /// The one sign of all flags at a place.
    pub fn flags(&self, flags: Flags) -> Option<char> {
        let mut each = flags.iter();
        let first = each.next().map(|flag| self.flag(flag));
        if each.next().is_some() { Some(self.several) } else { first }
    }
}
