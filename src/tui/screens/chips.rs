//! The chips of a pane, and what else it can be narrowed to, with counts.
//!
//! ```text
//!  CHIPS
//!  [x] actor ben
//!  [ ] ≠ nightly
//!  STATUS
//!  [ ] open                        12
//! ```

use super::filter;
use crate::error::Error;
use crate::replay::races::Kind;
use crate::session::{EventCounts, Facets, Flag, FlagCounts, JobState, Session, Test};
use crate::tui::action::Command;
use crate::tui::keys::Context;
use crate::tui::menu::{Choices, Item, Look, Menu, Shape};
use crate::tui::model::Model;
use crate::tui::model::chips::{Chips, Names, Narrowed};
use crate::tui::model::labour::word;
use crate::tui::question::{Lane, Part, Slot};
use crate::tui::screen::Cx;
use crate::tui::text::count;
use crate::tui::update::{facts, list};

/// What a line stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// A chip that is there: switched off, or on again.
    Chip(usize),
    /// An aggregate type of the list; `None` is all.
    Type(Option<String>),
    /// A name that a chip takes, or takes no more.
    Name(Names, String),
    /// A test that is there, or not.
    Test(Test),
}

/// The chips of something.
#[derive(Debug)]
pub struct ChipList {
    of: Narrowed,
    counts: Slot<Option<String>, Facets>,
    /// How many events have each flag: that takes a fold, and is asked for once the rest is counted.
    flags: Slot<(), Vec<(Flag, i64)>>,
}

impl ChipList {
    /// Opens it.
    pub fn open(model: &mut Model, of: Narrowed) {
        model.open(Menu::new(Self { of, counts: Slot::default(), flags: Slot::default() }));
    }

    fn ask(&mut self, cx: &mut Cx) {
        let log = match self.of {
            Narrowed::Log => true,
            Narrowed::List => false,
            Narrowed::Report | Narrowed::Jobs | Narrowed::Races => return,
        };
        let kind = cx.model.list.kind.clone().filter(|_| !log);
        let request = cx.model.log_subject().map(|subject| cx.model.log().unnarrowed(&subject));
        let mut counts = EventCounts::default();
        cx.ask(&mut self.counts, Lane::Long, kind.clone(), move |session, _| {
            let Some(request) = request.as_ref().filter(|_| log) else {
                return session.facets(kind.as_deref()).map(Part::Whole);
            };
            let whole = session.count_events(request, &mut counts)?;
            let facets = session.counted_events(&counts)?;
            Ok(if whole { Part::Whole(facets) } else { Part::SoFar(facets) })
        });
    }

    fn ask_flags(&mut self, cx: &mut Cx) {
        let Some(subject) = cx.model.log_subject().filter(|_| self.of == Narrowed::Log) else { return };
        let request = cx.model.log().unnarrowed(&subject);
        let begin = |_: &mut Session| Ok(FlagCounts::default());
        cx.ask_begun(&mut self.flags, Lane::Long, (), begin, move |counts, session, _| {
            let whole = session.count_flags(&request, counts)?;
            Ok(if whole { Part::Whole(counts.found()) } else { Part::SoFar(counts.found()) })
        });
    }

    /// The flags that events may have, with how many have each as far as they were folded.
    fn flags(&self, chips: &Chips) -> Vec<Item<Choice>> {
        let found = self.flags.shown().map_or(&[][..], Vec::as_slice);
        let going_on = if self.flags.waits() { " …" } else { "" };
        let item = |flag: Flag| {
            let found = found.iter().find(|(of, _)| *of == flag);
            let found = found.map_or_else(String::new, |(_, n)| format!("{}{going_on}", count(*n)));
            let test = Test::Flag(flag);
            let on = chips.on().any(|chip| chip.test == test);
            Item::new(flag_words(flag), found, Choice::Test(test)).checked(on)
        };
        Flag::ALL.into_iter().map(item).collect()
    }
}

impl ChipList {
    /// The aggregate types of the list.
    fn types(&self, model: &Model) -> Vec<Item<Choice>> {
        let all = Item::new("all", "", Choice::Type(None)).checked(model.list.kind.is_none());
        let types = self.counts.shown().map_or(&[][..], |facets| &facets.types);
        let types = types.iter().map(|(name, n)| {
            let on = model.list.kind.as_ref() == Some(name);
            Item::new(name.clone(), count(*n), Choice::Type(Some(name.clone()))).checked(on)
        });
        [Item::heading("type"), all].into_iter().chain(types).collect()
    }

    /// Event types, statuses and actors, with how many there are.
    fn names(&self, chips: &Chips) -> Vec<Item<Choice>> {
        let Some(facets) = self.counts.shown() else { return Vec::new() };
        let actors = if self.of == Narrowed::Log { "actor" } else { "actor of the newest event" };
        let kinds = [
            ("event type", &facets.events, Names::Events),
            ("status", &facets.statuses, Names::Statuses),
            (actors, &facets.actors, Names::Actors),
        ];
        let mut items = Vec::new();
        for (heading, names, of) in kinds.into_iter().filter(|(_, names, _)| !names.is_empty()) {
            items.push(Item::heading(heading));
            items.extend(names.iter().map(|(name, n)| {
                Item::new(name.clone(), count(*n), Choice::Name(of, name.clone()))
                    .checked(chips.has(name, of))
            }));
        }
        items
    }
}

impl Choices for ChipList {
    type Choice = Choice;

    fn look(&self) -> Look {
        let title = match self.of {
            Narrowed::Log => "Narrow the log",
            Narrowed::List => "Narrow the list",
            Narrowed::Report => "Narrow the report",
            Narrowed::Jobs => "Narrow the jobs",
            Narrowed::Races => "Narrow the races",
        };
        let hint = "Enter switches; / narrows";
        Look { title, shape: Shape::Counts, hint, keys: Some(Context::Chips), stays: true }
    }

    fn entries(&mut self, cx: &mut Cx) -> Option<Vec<Item<Choice>>> {
        if self.counts.asked().is_none() {
            self.ask(cx);
        }
        facts::fields(cx.model, cx.effects);
        self.counts.take_in(&cx.model.branch);
        if self.flags.asked().is_none() && !self.counts.waits() {
            self.ask_flags(cx);
        }
        self.flags.take_in(&cx.model.branch);
        let (model, chips) = (&*cx.model, cx.model.chips(self.of));
        let mut items = Vec::new();
        if !chips.all().is_empty() {
            items.push(Item::heading("chips"));
        }
        for (place, chip) in chips.all().iter().enumerate() {
            items.push(Item::new(model.chip_words(chip), "", Choice::Chip(place)).checked(!chip.off));
        }
        match self.of {
            Narrowed::Log => {
                if model.cursor.is_whole() {
                    items.push(Item::heading("records"));
                    items.push(of_test(chips, "those that are listed", Test::Listed));
                }
                items.push(Item::heading("special about it"));
                items.extend(self.flags(chips));
                items.extend(self.names(chips));
                let fields = of_fields(model);
                items.extend((!fields.is_empty()).then(|| Item::heading("changed field")));
                items.extend(
                    fields.into_iter().map(|field| of_test(chips, field, Test::Changed(field.to_owned()))),
                );
            }
            Narrowed::List => {
                items.extend(self.types(model));
                items.extend(self.names(chips));
            }
            Narrowed::Jobs => items.extend(states(chips)),
            Narrowed::Races => items.extend(kinds(chips)),
            Narrowed::Report => {}
        }
        Some(items)
    }

    fn empty(&self) -> &'static str {
        match self.of {
            Narrowed::Report => "no chips yet: / narrows by a text, | by jq, = by the selected row",
            _ if self.counts.waits() => "counting …",
            _ => "nothing to choose from",
        }
    }

    fn choose(&mut self, cx: &mut Cx, choice: Choice) {
        let of = self.of;
        // What was chosen is to be seen; a chip may be switched several times.
        if !matches!(choice, Choice::Chip(_)) {
            cx.close();
        }
        match choice {
            Choice::Chip(place) => filter::change(cx.model, of, |chips| chips.switch(place), cx.effects),
            Choice::Name(names, name) => {
                filter::change(cx.model, of, |chips| chips.toggle(&name, names), cx.effects);
            }
            Choice::Test(test) => filter::change(cx.model, of, |chips| chips.toggle_test(test), cx.effects),
            Choice::Type(kind) => {
                cx.model.list.kind = kind;
                cx.model.list.chips.forget_names();
                list::reload(cx.model, cx.effects);
            }
        }
    }

    fn command(&mut self, cx: &mut Cx, command: Command, chosen: Option<Choice>) {
        let Some(Choice::Chip(place)) = chosen else {
            return cx.model.tell("this is no chip: Enter makes one of it");
        };
        match command {
            Command::Change => match filter::edit(cx.model, self.of, place) {
                Some(prompt) => cx.open(prompt),
                None => cx.model.tell("only a text and a jq expression are typed; x drops this one"),
            },
            Command::Negate => filter::change(cx.model, self.of, |chips| chips.negate(place), cx.effects),
            Command::Drop => {
                filter::change(cx.model, self.of, |chips| chips.replace(place, None), cx.effects);
            }
            _ => {}
        }
    }

    fn failed(&self) -> Option<&Error> {
        self.counts.failed()
    }
}

/// A test that can be there or not.
fn of_test(chips: &Chips, words: &str, test: Test) -> Item<Choice> {
    let on = chips.on().any(|chip| chip.test == test);
    Item::new(words, "", Choice::Test(test)).checked(on)
}

fn flag_words(flag: Flag) -> String {
    format!("{}: {}", flag.name(), flag.says())
}

/// The fields that may change in what the log is of.
fn of_fields(model: &Model) -> Vec<&str> {
    let kind = model.cursor.aggregate.as_ref().filter(|_| model.cursor.is_one());
    model.fields(kind.map(|aggregate| aggregate.kind.as_str()))
}

/// The states of jobs.
fn states(chips: &Chips) -> Vec<Item<Choice>> {
    let state =
        |state: &JobState| of_test(chips, word(*state), Test::Is("/state".to_owned(), state.name().into()));
    std::iter::once(Item::heading("state")).chain(JobState::ALL.iter().map(state)).collect()
}

/// The kinds of races.
fn kinds(chips: &Chips) -> Vec<Item<Choice>> {
    let kind = |kind: &Kind| of_test(chips, kind.name(), Test::Is("/kind".to_owned(), kind.name().into()));
    std::iter::once(Item::heading("kind")).chain(Kind::ALL.iter().map(kind)).collect()
}

/// Does what a key of chips says, in a screen whose rows they narrow; whether it was one.
pub fn command(cx: &mut Cx, of: Narrowed, command: Command) -> bool {
    match command {
        Command::TextFilter => {
            let prompt = filter::text(cx.model, of);
            cx.open(prompt);
        }
        Command::JqFilter => {
            let prompt = filter::jq(cx.model, of);
            cx.open(prompt);
        }
        Command::Chips => ChipList::open(cx.model, of),
        Command::DropChip if !filter::drop_last(cx.model, of, cx.effects) => {
            cx.model.tell("nothing narrows these rows");
        }
        Command::DropChip => {}
        _ => return false,
    }
    true
}
