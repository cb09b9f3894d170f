//! What the rows of a race lab say in few words.

use serde_json::Value;

use super::{RaceCell, RacePage, RaceRow, letter};
use crate::replay::another::Fate;
use crate::replay::lattice::Count;
use crate::replay::{Change, Op};

/// A value is told by so many characters.
const BRIEF: usize = 14;

impl RacePage {
    /// What a step is called: by the version of its first event, with its record's name where there are several.
    pub fn step_name(&self, step: usize) -> String {
        let event = self.steps.get(step).and_then(|range| self.events.get(range.start));
        event.map_or_else(String::new, |event| match self.records.len() {
            1 => format!("v{}", event.version),
            _ => format!("{}@{}", event.aggregate, event.version),
        })
    }

    /// How many orders: where not all were tried there are at least so many.
    pub fn count(&self, orders: Count) -> String {
        if self.bound.is_some() { format!("at least {orders}") } else { orders.to_string() }
    }

    /// How many orders come to a row's end.
    pub fn orders_of(&self, row: &RaceRow) -> String {
        row.orders.map_or_else(|| "–".to_owned(), |orders| self.count(orders))
    }

    /// The swap of a row: what stands the other way round.
    pub fn swap(&self, row: &RaceRow) -> String {
        let swaps = match row.swaps.as_slice() {
            [] => "–".to_owned(),
            [(late, early)] => format!("{}⇄{}", self.step_name(*early), self.step_name(*late)),
            many => format!("{} pairs", many.len()),
        };
        // At random nobody knows whether there is a smaller one.
        let most = self.bound.is_some() && row.orders.is_some() && !row.swaps.is_empty();
        let seed = row.seed.map_or_else(String::new, |seed| format!(" (seed {seed})"));
        format!("{}{swaps}{seed}", if most { "at most " } else { "" })
    }

    /// A row in plain text: the window, the order, what it comes to by both answers, and its swap.
    pub fn report(&self, row: &RaceRow) -> String {
        let names: Vec<_> = self.records.iter().map(|(name, _)| name.to_string()).collect();
        let kept = match self.keep.names().as_slice() {
            [] => "nothing".to_owned(),
            names => names.join(", "),
        };
        let order: Vec<_> = row.order.iter().map(|step| self.step_name(*step)).collect();
        let mut lines = vec![
            format!("{}: {}; kept: {kept}", names.join(", "), self.summary()),
            format!("{}, end {}: {}", row.name, row.end_letter(), order.join(" ")),
            format!("  same events: {}", row.events_brief()),
            format!("  same requests: {}", row.requests_brief()),
            format!("  orders: {}, swap: {}", self.orders_of(row), self.swap(row)),
        ];
        let cells = [("events", Some(&row.events)), ("requests", row.requests.as_ref())];
        for (what, cell) in cells.into_iter().filter_map(|(what, cell)| Some((what, cell?))) {
            for (name, changes) in &cell.changes {
                let change = |change: &Change| {
                    let value =
                        |value: &Value, is: bool| if is { value.to_string() } else { "–".to_owned() };
                    let (old, new) = (
                        value(&change.old, change.op != Op::Add),
                        value(&change.value, change.op != Op::Remove),
                    );
                    format!("  {what}: {name} {} {old} → {new}", change.dotted())
                };
                lines.extend(changes.iter().map(change));
            }
        }
        let fate = |fate: &Fate| {
            let more = fate.how.more().map_or_else(String::new, |more| format!(": {more}"));
            format!("  {} v{} {}{more}", fate.aggregate, fate.versions.0, fate.how.name())
        };
        lines.extend(row.fates.iter().map(fate));
        lines.join("\n") + "\n"
    }

    /// How many ends there are, of how many orders.
    pub fn summary(&self) -> String {
        let ends = self.rows.iter().filter_map(|row| row.end).max().map_or(0, |last| last + 1);
        let orders = self.count(self.orders);
        match ends {
            1 if self.orders.known() == Some(1) => "1 order: what is kept leaves no other".to_owned(),
            1 if self.bound.is_none() => format!("{orders} orders, all of them to the same end"),
            _ if self.bound.is_some() => format!("{orders} orders, at least {ends} ends"),
            _ => format!("{orders} orders, {ends} ends"),
        }
    }
}

impl RaceRow {
    /// The letter of its end.
    pub fn end_letter(&self) -> String {
        self.end.map_or_else(|| "–".to_owned(), letter)
    }

    /// What the same events come to.
    pub fn events_brief(&self) -> String {
        self.events.brief(None)
    }

    /// What the same requests come to.
    pub fn requests_brief(&self) -> String {
        let fate = self.fates.first().map(|fate| format!("v{} {}", fate.versions.0, fate.how.name()));
        self.requests.as_ref().map_or_else(|| "not decided".to_owned(), |cell| cell.brief(fate))
    }
}

impl RaceCell {
    fn brief(&self, fate: Option<String>) -> String {
        let breaks = if self.breaks { "BREAKS " } else { "" };
        let differs = self.changes.first().and_then(|(_, changes)| changes.first());
        let many: usize = self.changes.iter().map(|(_, changes)| changes.len()).sum();
        let more = if many > 1 { format!(" +{}", many - 1) } else { String::new() };
        let text = match (fate, differs) {
            (Some(fate), None) => format!("{fate}, ends the same"),
            (Some(fate), Some(_)) => format!("≠ {fate}"),
            (None, None) => "as it happened".to_owned(),
            (None, Some(change)) => format!("≠ {} {}{more}", change.dotted(), becomes(change)),
        };
        format!("{breaks}{text}")
    }
}

fn becomes(change: &Change) -> String {
    let text = match &change.value {
        _ if change.op == Op::Remove => return "–".to_owned(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    if text.chars().count() <= BRIEF { text } else { text.chars().take(BRIEF - 1).chain(['…']).collect() }
}
