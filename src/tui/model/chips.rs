//! The chips of a pane: what narrows the list, or a log.

use super::{Model, pin};
use crate::session::{Chip, Test, View};

/// What chips narrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Narrowed {
    /// The list of records.
    List,
    /// The log of what the cursor runs over.
    Log,
    /// The report that is shown.
    Report,
    /// The jobs.
    Jobs,
    /// The races.
    Races,
}

/// The chips of a pane, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chips {
    all: Vec<Chip>,
    /// The last one is the text that is being typed.
    typing: bool,
}

impl Chips {
    /// Chips that were kept.
    pub fn of(all: Vec<Chip>) -> Self {
        Self { all, typing: false }
    }

    /// All of them.
    pub fn all(&self) -> &[Chip] {
        &self.all
    }

    /// Those that narrow what is shown.
    pub fn on(&self) -> impl Iterator<Item = &Chip> {
        self.all.iter().filter(|chip| !chip.off)
    }

    /// Whether one narrows what is shown.
    pub fn narrow(&self) -> bool {
        self.on().next().is_some()
    }

    /// What a request asks for.
    pub fn asked(&self) -> Vec<Chip> {
        self.on().cloned().collect()
    }

    /// Adds one; the same test is there once.
    pub fn add(&mut self, chip: Chip) {
        self.typing = false;
        self.all.retain(|other| other.test != chip.test);
        self.all.push(chip);
    }

    /// The text that is being typed is this by now.
    pub fn type_text(&mut self, text: &str) {
        if std::mem::take(&mut self.typing) {
            self.all.pop();
        }
        if !text.is_empty() {
            self.add(Chip::only(Test::Text(text.to_owned())));
            self.typing = true;
        }
    }

    /// What is being typed stays.
    pub fn typed(&mut self) {
        self.typing = false;
    }

    /// Puts one in the place of another one, or takes that away.
    pub fn replace(&mut self, place: usize, chip: Option<Chip>) {
        if place < self.all.len() {
            self.all.splice(place..=place, chip);
        }
    }

    /// Switches one off, or on again.
    pub fn switch(&mut self, place: usize) {
        if let Some(chip) = self.all.get_mut(place) {
            chip.off = !chip.off;
        }
    }

    /// Turns one round.
    pub fn negate(&mut self, place: usize) {
        if let Some(chip) = self.all.get_mut(place) {
            chip.not = !chip.not;
        }
    }

    /// Takes the newest one away; whether there was one.
    pub fn drop_last(&mut self) -> bool {
        self.typing = false;
        self.all.pop().is_some()
    }

    /// Puts a name to those that one chip takes, or takes it away there: `list` says of which test.
    pub fn toggle(&mut self, name: &str, list: Names) {
        let fits = |chip: &Chip| !chip.not && !chip.off && list.of(&chip.test).is_some();
        let place = self.all.iter().position(fits);
        let of = place.and_then(|place| list.of(&self.all[place].test));
        let mut names = of.cloned().unwrap_or_default();
        toggle(&mut names, name.to_owned());
        let chip = (!names.is_empty()).then(|| Chip::only(list.test(names)));
        match (place, chip) {
            (Some(place), chip) => self.replace(place, chip),
            (None, Some(chip)) => self.add(chip),
            (None, None) => {}
        }
    }

    /// Whether a name is among those that a chip takes.
    pub fn has(&self, name: &str, list: Names) -> bool {
        let names = self.on().filter(|chip| !chip.not).filter_map(|chip| list.of(&chip.test));
        names.flatten().any(|other| other == name)
    }

    /// Only what a test holds for, or all again.
    pub fn toggle_test(&mut self, test: Test) {
        match self.all.iter().position(|chip| chip.test == test) {
            Some(place) => drop(self.all.remove(place)),
            None => self.add(Chip::only(test)),
        }
    }

    /// Takes those away that are of other types of records.
    pub fn forget_names(&mut self) {
        self.all.retain(|chip| !matches!(chip.test, Test::Status(_) | Test::Actor(_)));
    }
}

/// The chips of screens that show rows.
#[derive(Debug, Default)]
pub struct OfRows {
    /// Of the report that is shown.
    pub report: Chips,
    /// Of the jobs.
    pub jobs: Chips,
    /// Of the races.
    pub races: Chips,
}

/// A test that takes several names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Actors.
    Actors,
    /// Event types.
    Events,
    /// Statuses.
    Statuses,
}

impl Names {
    fn test(self, names: Vec<String>) -> Test {
        match self {
            Self::Actors => Test::Actor(names),
            Self::Events => Test::Event(names),
            Self::Statuses => Test::Status(names),
        }
    }

    fn of(self, test: &Test) -> Option<&Vec<String>> {
        match (self, test) {
            (Self::Actors, Test::Actor(names))
            | (Self::Events, Test::Event(names))
            | (Self::Statuses, Test::Status(names)) => Some(names),
            _ => None,
        }
    }
}

/// Puts a name among others, or takes it away.
pub fn toggle(names: &mut Vec<String>, name: String) {
    match names.iter().position(|other| *other == name) {
        Some(i) => drop(names.remove(i)),
        None => names.push(name),
    }
}

impl Model {
    /// What the keys narrow in the pane in focus.
    pub fn narrowed(&self) -> Narrowed {
        if self.in_log() { Narrowed::Log } else { Narrowed::List }
    }

    /// The chips of something.
    pub fn chips(&self, of: Narrowed) -> &Chips {
        match of {
            Narrowed::List => &self.list.chips,
            Narrowed::Log => &self.log().chips,
            Narrowed::Report => &self.rows.report,
            Narrowed::Jobs => &self.rows.jobs,
            Narrowed::Races => &self.rows.races,
        }
    }

    /// The chips of something.
    pub fn chips_mut(&mut self, of: Narrowed) -> &mut Chips {
        match of {
            Narrowed::List => &mut self.list.chips,
            Narrowed::Log => &mut self.log_mut().chips,
            Narrowed::Report => &mut self.rows.report,
            Narrowed::Jobs => &mut self.rows.jobs,
            Narrowed::Races => &mut self.rows.races,
        }
    }

    /// A chip in a word or two.
    pub fn chip_words(&self, chip: &Chip) -> String {
        chip.words(self.look.glyphs.differs, &|at| self.look.zone.minute(at))
    }

    /// The fields that records of a type have, or all records, as dotted paths; as far as that is known.
    pub fn fields<'a>(&'a self, kind: Option<&'a str>) -> Vec<&'a str> {
        self.facts.fields.shown().map_or(Vec::new(), |fields| fields.of(kind))
    }

    /// A field that records have, for examples.
    pub fn known_field(&self) -> Option<String> {
        let state = self.moment.as_ref()?.state.as_object()?;
        let plain = |name: &&String| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        state.iter().find(|(name, value)| plain(name) && value.is_string()).map(|(name, _)| name.clone())
    }

    /// How the list and the logs are narrowed and shown.
    pub fn view(&self) -> View {
        View {
            kind: self.list.kind.clone(),
            sort: self.list.sort,
            reversed: self.list.reversed,
            hidden: self.list.hidden.clone(),
            pinned: self.pinned.as_ref().map(|pin| pin.path.clone()),
            list: self.list.chips.all().to_vec(),
            log: self.own_log.chips.all().to_vec(),
            store_log: self.store_log.chips.all().to_vec(),
        }
    }

    /// Shows the list and the logs so.
    pub fn show(&mut self, view: View) {
        let View { kind, sort, reversed, hidden, pinned, list, log, store_log } = view;
        (self.list.kind, self.list.sort, self.list.reversed, self.list.hidden) =
            (kind, sort, reversed, hidden);
        self.pinned = pinned.map(pin::Pin::new);
        self.list.chips = Chips::of(list);
        self.own_log.chips = Chips::of(log);
        self.store_log.chips = Chips::of(store_log);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_one_chip_until_it_stays() {
        let mut chips = Chips::default();
        for text in ["n", "ni", "nig"] {
            chips.type_text(text);
        }
        assert_eq!(chips.all(), [Chip::only(Test::Text("nig".into()))]);
        chips.typed();
        chips.type_text("x");
        chips.type_text("");
        assert_eq!(chips.all().len(), 1);
        assert!(chips.drop_last() && !chips.drop_last());
    }

    #[test]
    fn names_of_a_kind_stand_in_one_chip() {
        let mut chips = Chips::default();
        chips.toggle("ann", Names::Actors);
        chips.toggle("bob", Names::Actors);
        chips.toggle("open", Names::Statuses);
        assert_eq!(chips.all().len(), 2);
        assert!(chips.has("bob", Names::Actors) && !chips.has("bob", Names::Statuses));
        chips.toggle("ann", Names::Actors);
        chips.toggle("bob", Names::Actors);
        assert_eq!(chips.all(), [Chip::only(Test::Status(vec!["open".into()]))]);
        chips.switch(0);
        assert!(!chips.narrow());
    }
}
