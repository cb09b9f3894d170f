//! The state pane: what changed first, then every field in an order that does not jump while scrubbing.

use std::collections::HashSet;

use serde_json::Value;

use crate::event::{AggregateId, Time};
use crate::replay::{Change, Op, escaped};
use crate::tui::text;
use crate::tui::zone::Zone;

/// The rows that a state may take; more are summed up in one line.
const MOST: usize = 5_000;
/// The columns of a value that are prepared for a row.
const PREVIEW: usize = 300;
/// A text longer than this unfolds into lines.
const LONG: usize = 60;
/// From so many columns on each field says which version last set it.
pub const GUTTER_FROM: usize = 34;
/// The lines that an unfolded text may take.
const LINES: usize = 200;

/// Which tab is in front.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// The state.
    #[default]
    State,
    /// The log.
    Log,
}

/// One line of the state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each line names its parts")]
pub enum Row {
    /// A heading and a word on its right.
    Heading(String, String),
    /// What changed: how, which path, from what, to what.
    Changed { op: Op, pointer: String, name: String, old: String, new: String },
    /// A field: how deep, its path, name and value; whether it folds and is open; whether it just changed.
    Field { depth: usize, pointer: String, name: String, value: String, fold: Option<bool>, changed: bool },
    /// A field that other versions have and this one lacks.
    Missing { name: String },
    /// A line of an unfolded text.
    Text { depth: usize, line: String },
    /// A remark.
    Note(String),
}

impl Row {
    /// The JSON Pointer of the row's value.
    pub fn pointer(&self) -> Option<&str> {
        match self {
            Self::Changed { pointer, .. } | Self::Field { pointer, .. } => Some(pointer),
            _ => None,
        }
    }

    fn selectable(&self) -> bool {
        !matches!(self, Self::Heading(..))
    }
}

/// The state pane.
#[derive(Debug, Default)]
pub struct StatePane {
    /// The tab in front.
    pub tab: Tab,
    /// Only what changed is shown.
    pub only_changes: bool,
    /// The prepared rows.
    pub rows: Vec<Row>,
    /// The selected row.
    pub selected: usize,
    /// The first visible row.
    pub top: usize,
    /// The field to select when the rows are next prepared.
    pub follow: Option<String>,
    /// How many fields the state has.
    pub fields: usize,
    /// The fields to unfold when rows of an aggregate are first prepared: what a link says.
    pub unfold: Vec<String>,
    open: HashSet<String>,
    order: Vec<String>,
    owner: Option<AggregateId>,
    width: usize,
}

/// What the rows are made of.
#[derive(Debug)]
pub struct Shown<'a> {
    /// Whose state.
    pub aggregate: &'a AggregateId,
    /// The state.
    pub state: &'a Value,
    /// The fields of bookkeeping, as dotted paths: they stand last.
    pub quiet: &'a [String],
    /// What the event changed, or what differs from the mark.
    pub changes: &'a [Change],
    /// The heading of the changes, and a word on its right.
    pub heading: (String, String),
    /// The zone of times.
    pub zone: Zone,
    /// The pane's inner columns.
    pub width: usize,
}

impl StatePane {
    /// Opens or closes what is behind the selected row; `false` where nothing folds.
    pub fn toggle(&mut self) -> bool {
        let Some(Row::Field { pointer, fold: Some(open), .. }) = self.rows.get(self.selected) else {
            return false;
        };
        if *open {
            self.open.remove(pointer);
        } else {
            self.open.insert(pointer.clone());
        }
        true
    }

    /// Selects another row, skipping headings.
    pub fn select(&mut self, by: isize) {
        let last = self.rows.len().saturating_sub(1) as isize;
        let mut next = (self.selected as isize + by).clamp(0, last);
        let step = if by < 0 { -1 } else { 1 };
        while self.rows.get(next as usize).is_some_and(|row| !row.selectable())
            && (0..=last).contains(&(next + step))
        {
            next += step;
        }
        if self.rows.get(next as usize).is_some_and(Row::selectable) {
            self.selected = next as usize;
        }
    }

    /// The row of the field whose name fits a text best, whatever its case: it begins so, a word in it does, or it has the
    /// text somewhere; fields come before what just changed.
    pub fn named(&self, text: &str) -> Option<usize> {
        let text = text.to_lowercase();
        let fit = |row: &Row| {
            let (name, changed) = match row {
                Row::Changed { name, .. } => (name, true),
                Row::Field { name, .. } | Row::Missing { name } => (name, false),
                _ => return None,
            };
            let name = name.to_lowercase();
            let mut words = name.split(|c: char| !c.is_alphanumeric());
            let fit = (!name.starts_with(&text), !words.any(|word| word.starts_with(&text)), changed);
            name.contains(&text).then_some(fit)
        };
        let fits = self.rows.iter().enumerate().filter_map(|(i, row)| Some((fit(row)?, i)));
        fits.min().map(|(_, i)| i)
    }

    /// Keeps the selected row among the visible ones, and a heading above it in sight.
    pub fn reveal(&mut self, height: usize) {
        let height = height.max(1);
        if self.selected < self.top + 1 {
            self.top = self.selected.saturating_sub(1);
        } else if self.selected >= self.top + height {
            self.top = self.selected + 1 - height;
        }
        self.top = self.top.min(self.rows.len().saturating_sub(height));
    }

    /// The fields that are unfolded, in order.
    pub fn unfolded(&self) -> Vec<String> {
        let mut open: Vec<String> = self.open.iter().cloned().collect();
        open.sort_unstable();
        open
    }

    /// Forgets which fields there have been: by other rules there are others.
    pub fn forget(&mut self) {
        self.owner = None;
    }

    /// Prepares the rows again; the selected field stays selected.
    pub fn rebuild(&mut self, shown: &Shown) {
        if self.owner.as_ref() != Some(shown.aggregate) {
            self.owner = Some(shown.aggregate.clone());
            self.order.clear();
            self.open = std::mem::take(&mut self.unfold).into_iter().collect();
            (self.selected, self.top) = (0, 0);
        }
        let kept = match self.rows.get(self.selected) {
            Some(Row::Field { pointer, .. }) => Some(pointer.clone()),
            _ => None,
        };
        let kept = self.follow.take().or(kept);
        self.width = shown.width.max(20);
        self.rows = Vec::new();
        self.fields = shown.state.as_object().map_or(0, serde_json::Map::len);
        self.rows.push(Row::Heading(shown.heading.0.clone(), shown.heading.1.clone()));
        for change in shown.changes.iter().take(MOST) {
            self.rows.push(Row::Changed {
                op: change.op,
                pointer: change.path.clone(),
                name: text::cut(&change.dotted(), PREVIEW),
                old: preview(&change.old, shown.zone),
                new: preview(&change.value, shown.zone),
            });
        }
        if shown.changes.is_empty() {
            self.rows.push(Row::Note("nothing".into()));
        }
        if !self.only_changes {
            let gutter = if self.width >= GUTTER_FROM { "set by" } else { "" };
            self.rows.push(Row::Heading("ALL".into(), gutter.into()));
            self.fields_of(shown, false);
            if !shown.quiet.is_empty() {
                let top = self.rows.len();
                self.rows.push(Row::Heading("QUIET".into(), String::new()));
                self.fields_of(shown, true);
                // Where none of them is there, nothing is said of them.
                if self.rows.len() == top + 1 {
                    self.rows.pop();
                }
            }
        }
        if let Some(i) = kept.and_then(|kept| {
            self.rows.iter().position(|row| matches!(row, Row::Field { pointer, .. } if *pointer == kept))
        }) {
            self.selected = i;
        }
        self.selected = self.selected.min(self.rows.len().saturating_sub(1));
        if !self.rows.get(self.selected).is_some_and(Row::selectable) {
            self.select(1);
        }
    }

    /// The fields that are bookkeeping, or those that are not.
    fn fields_of(&mut self, shown: &Shown, quiet: bool) {
        let Some(fields) = shown.state.as_object() else {
            self.rows.extend((!quiet).then(|| Row::Note("it does not exist here".into())));
            return;
        };
        let known: HashSet<&String> = self.order.iter().collect();
        let new: Vec<String> = fields.keys().filter(|key| !known.contains(key)).cloned().collect();
        self.order.extend(new);
        for key in self.order.clone() {
            if shown.quiet.contains(&key) != quiet {
                continue;
            }
            if self.rows.len() >= MOST {
                self.rows.push(Row::Note(format!("{} fields in all", text::count(self.fields as i64))));
                return;
            }
            match fields.get(&key) {
                Some(value) => self.field(shown, 0, &format!("/{}", escaped(&key)), &key, value),
                None => self.rows.push(Row::Missing { name: text::cut(&key, PREVIEW) }),
            }
        }
        if self.order.is_empty() && !quiet {
            self.rows.push(Row::Note("no fields yet".into()));
        }
    }

    fn field(&mut self, shown: &Shown, depth: usize, pointer: &str, name: &str, value: &Value) {
        if self.rows.len() >= MOST {
            return;
        }
        let inside = parsed(value);
        let shape = inside.as_ref().unwrap_or(value);
        let foldable = match shape {
            Value::Array(items) => !items.is_empty(),
            Value::Object(fields) => !fields.is_empty(),
            Value::String(long) => long.len() > LONG || long.contains('\n'),
            _ => false,
        };
        let open = foldable && self.open.contains(pointer);
        let changed = shown.changes.iter().any(|change| {
            change.path.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        let size = match shape {
            Value::Array(items) if foldable => format!(" [{}]", items.len()),
            Value::Object(fields) if foldable => format!(" {{{}}}", fields.len()),
            _ => String::new(),
        };
        self.rows.push(Row::Field {
            depth,
            pointer: pointer.to_owned(),
            name: format!("{}{size}", text::cut(name, PREVIEW)),
            value: if open { String::new() } else { brief(value, shown.zone) },
            fold: foldable.then_some(open),
            changed,
        });
        if !open {
            return;
        }
        match shape {
            Value::Array(items) => {
                for (i, item) in items.iter().enumerate().take(MOST) {
                    self.field(shown, depth + 1, &format!("{pointer}/{i}"), &i.to_string(), item);
                }
            }
            Value::Object(fields) => {
                for (key, item) in fields {
                    self.field(shown, depth + 1, &format!("{pointer}/{}", escaped(key)), key, item);
                }
            }
            Value::String(long) => {
                let columns = self.width.saturating_sub(2 * depth + 6).max(10);
                for line in text::wrap(long, columns, LINES) {
                    self.rows.push(Row::Text { depth: depth + 1, line });
                }
            }
            _ => {}
        }
    }
}

/// The JSON inside a string, where there is some.
fn parsed(value: &Value) -> Option<Value> {
    let text = value.as_str()?;
    let start = text.trim_start().chars().next()?;
    if !matches!(start, '{' | '[') || text.len() > 1_000_000 {
        return None;
    }
    serde_json::from_str(text).ok()
}

/// A value on one line; a list of plain words without its brackets.
fn brief(value: &Value, zone: Zone) -> String {
    match value {
        Value::Array(items)
            if !items.is_empty() && items.iter().all(|item| !item.is_object() && !item.is_array()) =>
        {
            let words: Vec<_> = items.iter().take(40).map(|item| text::value(item, 60)).collect();
            text::cut(&words.join(", "), PREVIEW)
        }
        other => preview(other, zone),
    }
}

/// A value on one line; a moment in the zone shown.
pub fn preview(value: &Value, zone: Zone) -> String {
    match value {
        Value::String(moment) if (20..=35).contains(&moment.len()) => match Time::parse(moment) {
            Some(time) => zone.full(time),
            None => text::value(value, PREVIEW),
        },
        other => text::value(other, PREVIEW),
    }
}

#[cfg(test)]
mod tests;
