//! What the selected value, event or record can narrow the log or the list to: each offer a letter.
//!
//! ```text
//! ╭ priority: 3 ──────────────╮
//! │ =  only where it is 3     │
//! │ n  not where it is 3      │
//! │ c  only where it changed  │
//! ╰───────────────────────────╯
//! ```

use serde_json::Value;

use super::filter;
use crate::event::{Event, actor_of};
use crate::replay::diff::dotted;
use crate::replay::{Change, Flag, Flags, escaped};
use crate::session::{Chip, ListRow, Test};
use crate::tui::effect::Effect;
use crate::tui::keys::Context;
use crate::tui::menu::{Choices, Item, Look, Menu, Shape};
use crate::tui::model::chips::Narrowed;
use crate::tui::model::state::{Row, Tab, preview};
use crate::tui::model::{Model, Pane};
use crate::tui::screen::Cx;
use crate::tui::text::cut;
use crate::tui::update::{browse, places, time};

/// How much of a value its offer says.
const VALUE: usize = 32;

/// A chip that is offered.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    letter: char,
    says: String,
    chips: Vec<Chip>,
    into: Narrows,
}

/// What an offer narrows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Narrows {
    List,
    /// The log of what the cursor runs over.
    Log,
    /// The whole store's log.
    Store,
    /// The rows of a screen.
    Rows(Narrowed),
}

/// What is offered.
#[derive(Debug)]
pub struct Offers {
    /// What is selected.
    title: String,
    all: Vec<Offer>,
    given: bool,
}

impl Offers {
    /// Opens them for a row that is neither a record nor an event: the name of each field, its JSON Pointer, its value.
    pub fn of_row(model: &mut Model, of: Narrowed, title: String, fields: &[(&str, String, &Value)]) {
        let mut made = Made { title, ..Made::default() };
        let narrows = Narrows::Rows(of);
        let filled = || fields.iter().filter(|(_, _, value)| !value.is_null());
        let pointer = |path: &String| format!("/{}", escaped(path));
        for ((name, path, value), letter) in filled().zip('1'..='9') {
            let says = cut(&preview(value, model.look.zone), VALUE);
            let says = format!("only where {} is {says}", cut(name, VALUE));
            made.only(letter, narrows, says, Test::Is(pointer(path), (*value).clone()));
        }
        for ((name, path, _), letter) in fields.iter().zip('a'..='i') {
            let says = format!("only where {} is not empty", cut(name, VALUE));
            made.not(letter, narrows, says, Test::Is(pointer(path), Value::Null));
        }
        model.open(Menu::new(Self { title: made.title, all: made.offers, given: false }));
    }

    /// Opens them for what is selected in the pane in focus.
    pub fn open(model: &mut Model) {
        let Made { title, offers } = offers(model);
        if offers.is_empty() {
            return model.tell("nothing is selected that could narrow anything");
        }
        model.open(Menu::new(Self { title, all: offers, given: false }));
    }
}

impl Choices for Offers {
    type Choice = Offer;

    fn look(&self) -> Look {
        let hint = "a letter or Enter";
        Look { shape: Shape::Counts, hint, keys: Some(Context::Offers), ..Look::LIST }
    }

    fn title(&self) -> Option<String> {
        Some(self.title.clone())
    }

    fn entries(&mut self, _cx: &mut Cx) -> Option<Vec<Item<Offer>>> {
        if std::mem::replace(&mut self.given, true) {
            return None;
        }
        let item = |offer: &Offer| Item::new(format!("{}  {}", offer.letter, offer.says), "", offer.clone());
        Some(self.all.iter().map(item).collect())
    }

    fn choose(&mut self, cx: &mut Cx, offer: Offer) {
        take(cx.model, offer, cx.effects);
    }

    fn letter(&mut self, cx: &mut Cx, letter: char) -> bool {
        let Some(offer) = self.all.iter().find(|offer| offer.letter == letter).cloned() else {
            return false;
        };
        cx.close();
        take(cx.model, offer, cx.effects);
        true
    }

    fn takes(&self, letter: char) -> bool {
        self.all.iter().any(|offer| offer.letter == letter)
    }
}

fn take(model: &mut Model, Offer { chips, into, .. }: Offer, effects: &mut Vec<Effect>) {
    let of = match into {
        Narrows::Rows(of) => of,
        Narrows::List => {
            browse::focus(model, Pane::List);
            Narrowed::List
        }
        Narrows::Store => return of_store(model, chips, effects),
        Narrows::Log => {
            model.state.tab = Tab::Log;
            browse::focus(model, Pane::State);
            Narrowed::Log
        }
    };
    add(model, of, chips, effects);
}

/// Narrows the log of the whole store, and shows it.
pub fn of_store(model: &mut Model, chips: Vec<Chip>, effects: &mut Vec<Effect>) {
    if !model.cursor.is_whole() {
        places::leave(model);
        time::whole_store(model, effects);
    }
    model.state.tab = Tab::Log;
    browse::focus(model, Pane::State);
    add(model, Narrowed::Log, chips, effects);
}

fn add(model: &mut Model, of: Narrowed, chips: Vec<Chip>, effects: &mut Vec<Effect>) {
    filter::change(model, of, |there| chips.into_iter().for_each(|chip| there.add(chip)), effects);
}

/// Offers as they are made, with their letters.
#[derive(Default)]
struct Made {
    title: String,
    offers: Vec<Offer>,
}

impl Made {
    fn all(&mut self, letter: char, into: Narrows, says: impl Into<String>, chips: Vec<Chip>) {
        self.offers.push(Offer { letter, says: says.into(), chips, into });
    }

    fn only(&mut self, letter: char, into: Narrows, says: impl Into<String>, test: Test) {
        self.all(letter, into, says, vec![Chip::only(test)]);
    }

    fn not(&mut self, letter: char, into: Narrows, says: impl Into<String>, test: Test) {
        self.all(letter, into, says, vec![Chip::not(test)]);
    }

    /// What an event is: who, what, when, and what is special about it.
    fn event(&mut self, model: &Model, event: &Event, flags: Flags) {
        if self.title.is_empty() {
            self.title = format!("{} v{}", cut(&event.kind, VALUE), event.version);
        }
        if let Some(actor) = actor_of(&event.meta) {
            self.only(
                'a',
                Narrows::Log,
                format!("only by {}", cut(&actor, VALUE)),
                Test::Actor(vec![actor.clone()]),
            );
            self.not('A', Narrows::Log, format!("not by {}", cut(&actor, VALUE)), Test::Actor(vec![actor]));
        }
        let kind = event.kind.clone();
        self.only('e', Narrows::Log, format!("only {}", cut(&kind, VALUE)), Test::Event(vec![kind.clone()]));
        self.not('E', Narrows::Log, format!("not {}", cut(&kind, VALUE)), Test::Event(vec![kind]));
        let at = event.occurred_at;
        let when = model.look.zone.minute(at);
        if let Some((first, last)) = model.look.zone.day(at) {
            let day = vec![Chip::only(Test::Since(first)), Chip::only(Test::Until(last))];
            self.all('d', Narrows::Log, format!("only on {}", model.look.zone.date(at)), day);
        }
        self.only('s', Narrows::Log, format!("since {when}"), Test::Since(at));
        self.only('u', Narrows::Log, format!("until {when}"), Test::Until(at));
        for (flag, (letter, turned)) in flags.iter().zip([('l', 'L'), ('k', 'K'), ('j', 'J'), ('o', 'O')]) {
            self.only(
                letter,
                Narrows::Log,
                format!("only {}: {}", flag.name(), flag.says()),
                Test::Flag(flag),
            );
            self.not(turned, Narrows::Log, format!("not {}", flag.name()), Test::Flag(flag));
        }
    }

    /// The fields that changed.
    fn changed(&mut self, model: &Model, changes: &[Change]) {
        for (change, letter) in changes.iter().zip('1'..='9') {
            let (field, value) = (change.dotted(), preview(&change.value, model.look.zone));
            let says = format!("only where {} changed (here to {})", cut(&field, VALUE), cut(&value, 16));
            self.only(letter, Narrows::Log, says, Test::Changed(field));
        }
    }
}

fn offers(model: &Model) -> Made {
    let mut made = Made::default();
    match model.focus {
        Pane::List => {
            if let Some(row) = model.list.row() {
                of_record(model, row, &mut made);
            }
        }
        Pane::State if model.state.tab == Tab::State => of_value(model, &mut made),
        Pane::State | Pane::Event | Pane::Timeline => {
            let row = model.log().row(model.log_place().0).filter(|_| model.in_log());
            if let Some(row) = row {
                made.event(model, &row.event, row.flags.with(Flag::RejectedByRule, row.error.is_some()));
                made.changed(model, &row.changes);
            } else if let Some(moment) = model.moment()
                && let Some(event) = &moment.event
            {
                made.event(model, event, moment.flags);
                made.changed(model, &moment.changes);
            }
        }
    }
    made
}

/// The value of the selected field: of events, of records, and who set it.
fn of_value(model: &Model, made: &mut Made) {
    let (Some(pointer), Some(moment)) =
        (model.state.rows.get(model.state.selected).and_then(Row::pointer), model.moment())
    else {
        return;
    };
    let value = moment.state.pointer(pointer).cloned().unwrap_or(Value::Null);
    let (field, says) = (dotted(pointer), cut(&preview(&value, model.look.zone), VALUE));
    made.title = format!("{}: {says}", cut(&field, VALUE));
    let is = || Test::Is(pointer.to_owned(), value.clone());
    made.only('=', Narrows::Log, format!("only events where it is {says}"), is());
    made.not('n', Narrows::Log, format!("not where it is {says}"), is());
    made.only(
        'c',
        Narrows::Log,
        format!("only where {} changed", cut(&field, VALUE)),
        Test::Changed(field.clone()),
    );
    made.not('C', Narrows::Log, "not where it changed", Test::Changed(field));
    made.only('r', Narrows::List, format!("only records where it is {says} now"), is());
    made.not('R', Narrows::List, format!("only records where it is not {says} now"), is());
    made.only('t', Narrows::Store, format!("the events of all records while it is {says}"), is());
    if let Some(event) = &moment.event {
        made.event(model, event, moment.flags);
    }
}

fn of_record(model: &Model, row: &ListRow, made: &mut Made) {
    made.title = cut(if row.label.is_empty() { &row.aggregate.id } else { &row.label }, VALUE);
    let status = row.status.clone();
    if !status.is_empty() {
        made.only(
            '=',
            Narrows::List,
            format!("only {}", cut(&status, VALUE)),
            Test::Status(vec![status.clone()]),
        );
        made.not('n', Narrows::List, format!("not {}", cut(&status, VALUE)), Test::Status(vec![status]));
    }
    of_columns(model, row, made);
    let moment = model.moment().filter(|moment| moment.aggregate == row.aggregate);
    let event =
        moment.filter(|moment| moment.version == row.version).and_then(|moment| moment.event.as_ref());
    if let Some(event) = event {
        if let Some(actor) = actor_of(&event.meta) {
            made.only(
                'a',
                Narrows::List,
                format!("only whose newest event is by {}", cut(&actor, VALUE)),
                Test::Actor(vec![actor.clone()]),
            );
            made.not('A', Narrows::List, "not by that actor", Test::Actor(vec![actor]));
        }
        let kind = event.kind.clone();
        made.only(
            'e',
            Narrows::List,
            format!("only whose newest event is {}", cut(&kind, VALUE)),
            Test::Event(vec![kind]),
        );
    }
    let when = model.look.zone.minute(row.last_at);
    made.only('s', Narrows::List, format!("only what changed since {when}"), Test::Since(row.last_at));
    made.only(
        'u',
        Narrows::List,
        format!("only what has not changed since {when}"),
        Test::Until(row.last_at),
    );
    made.only('t', Narrows::Store, "the events of all records that are listed", Test::Listed);
}

/// The values of its columns, where those are fields of the state shown.
fn of_columns(model: &Model, row: &ListRow, made: &mut Made) {
    let Some(moment) = model.moment().filter(|moment| moment.aggregate == row.aggregate) else { return };
    let Some(info) = model.type_info(&row.aggregate.kind) else { return };
    for ((name, keys, value), letter) in info.listed.fields(&moment.state).into_iter().zip('1'..='9') {
        let says = cut(&preview(value, model.look.zone), VALUE);
        let says = format!("only where {} is {says} now", cut(name, VALUE));
        let pointer = keys.iter().map(|key| format!("/{}", escaped(key))).collect();
        made.only(letter, Narrows::List, says, Test::Is(pointer, value.clone()));
    }
}
