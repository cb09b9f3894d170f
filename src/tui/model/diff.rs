//! A comparison on the screen: two states, three states, or two points of the whole store, in lines that unfold.

use std::collections::HashSet;

use serde_json::Value;

use super::scroll::Scroll;
use super::state::preview;
use crate::event::Position;
use crate::replay::{Change, Moved, Op, ThreeWay};
use crate::session::{CompareRow, Side};
use crate::tui::effect::{Comparison, Differences};
use crate::tui::text::{count, cut, width, wrap};
use crate::tui::zone::Zone;

/// How many differences are listed.
const MOST: usize = 5_000;
/// The lines that an unfolded value may take.
const LINES: usize = 400;
/// A value wider than this unfolds.
const LONG: usize = 24;
/// From so many columns on, three states stand beside each other.
pub const BESIDE: usize = 64;

/// A line of a comparison.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "each line names its parts")]
pub enum Line {
    /// An aggregate, how it parted, and the event that leads there.
    Heading(String, String, Option<Position>),
    /// A difference between two states: its number, how, where, from what, to what, whether it is unfolded.
    Change { number: usize, op: Op, name: String, old: String, new: String, open: Option<bool> },
    /// A difference between three states: its number, where, the values where there is room for them, who moved
    /// it, whether it is unfolded.
    Three { number: usize, name: String, values: Option<[String; 3]>, moved: Moved, open: Option<bool> },
    /// A part of an unfolded value: the word before it, the side (0, 1, 2), the text.
    Part(&'static str, usize, String),
    /// An event that one side has alone: the side, what it is, its position.
    Only(usize, String, Position),
    /// A remark.
    Note(String),
}

/// The comparison.
#[derive(Debug)]
pub struct Diff {
    /// What is compared.
    pub asked: Comparison,
    /// The points in words.
    pub names: Vec<String>,
    /// What was found.
    found: Option<Differences>,
    /// More is on its way.
    pub waiting: bool,
    /// Not everything that differs is listed.
    pub more: bool,
    /// The lines.
    pub lines: Vec<Line>,
    /// Where it is scrolled to.
    pub scroll: Scroll,
    open: HashSet<usize>,
}

impl Diff {
    /// A comparison that was just asked for.
    pub fn new(asked: Comparison, names: Vec<String>) -> Self {
        Self {
            asked,
            names,
            found: None,
            waiting: true,
            more: false,
            lines: Vec::new(),
            scroll: Scroll::default(),
            open: HashSet::new(),
        }
    }

    /// Takes in what was found; of the whole store a part at a time.
    pub fn take(&mut self, differences: Differences, done: bool, more: bool) {
        (self.waiting, self.more) = (!done, more);
        match (&mut self.found, differences) {
            (Some(Differences::Store(rows)), Differences::Store(new)) => rows.extend(new),
            (found, differences) => *found = Some(differences),
        }
    }

    /// How many differences there are, in words.
    pub fn summary(&self) -> String {
        let plural = |n: usize, one: &str, many: &str| {
            format!(
                "{}{} {}",
                count(n as i64),
                if self.more { "+" } else { "" },
                if n == 1 { one } else { many }
            )
        };
        match &self.found {
            None if self.waiting => "comparing …".into(),
            None => String::new(),
            Some(Differences::Two(changes)) => plural(changes.len(), "difference", "differences"),
            Some(Differences::Three(three)) => plural(three.paths.len(), "difference", "differences"),
            Some(Differences::Store(rows)) => {
                let so_far = if self.waiting { ", comparing …" } else { "" };
                format!("{}{so_far}", plural(rows.len(), "aggregate differs", "aggregates differ"))
            }
        }
    }

    /// Unfolds the value of the selected line or folds it, and tells the event that the line leads to.
    pub fn enter(&mut self) -> Option<Position> {
        let (number, open) = match self.lines.get(self.scroll.selected)? {
            Line::Heading(.., position) => return *position,
            Line::Only(.., position) => return Some(*position),
            Line::Change { number, open: Some(open), .. } | Line::Three { number, open: Some(open), .. } => {
                (*number, *open)
            }
            _ => return None,
        };
        if open {
            self.open.remove(&number);
        } else {
            self.open.insert(number);
        }
        None
    }

    /// Prepares the lines for so many columns.
    pub fn prepare(&mut self, columns: usize, zone: Zone) {
        let mut lines = Lines { columns, zone, open: &self.open, number: 0, out: Vec::new() };
        match &self.found {
            None => {}
            Some(Differences::Two(changes)) => lines.changes(changes),
            Some(Differences::Three(three)) => lines.three(&three.paths),
            Some(Differences::Store(rows)) => rows.iter().for_each(|row| lines.aggregate(row)),
        }
        if lines.out.is_empty() && self.found.is_some() && !self.waiting {
            lines.out.push(Line::Note("nothing differs".into()));
        }
        if self.more {
            lines
                .out
                .push(Line::Note("more aggregates differ; `diff` on the command line lists them all".into()));
        }
        self.lines = lines.out;
    }
}

struct Lines<'a> {
    columns: usize,
    zone: Zone,
    open: &'a HashSet<usize>,
    /// Differences so far, by which what is unfolded is known.
    number: usize,
    out: Vec<Line>,
}

impl Lines<'_> {
    /// The next difference's number, and whether it is unfolded where it can be.
    fn next(&mut self, folds: bool) -> (usize, Option<bool>) {
        self.number += 1;
        (self.number, folds.then(|| self.open.contains(&self.number)))
    }

    fn changes(&mut self, changes: &[Change]) {
        for change in changes.iter().take(MOST) {
            let values = [&change.old, &change.value];
            let (number, open) = self.next(values.into_iter().any(|value| self.long(value)));
            let [old, new] = values.map(|value| preview(value, self.zone));
            let name = change.dotted();
            self.out.push(Line::Change { number, op: change.op, name, old, new, open });
            if open == Some(true) {
                let sides = [("before", change.op != Op::Add), ("after", change.op != Op::Remove)];
                for (side, ((word, there), value)) in sides.into_iter().zip(values).enumerate() {
                    self.part(word, side, Some(value).filter(|_| there));
                }
            }
        }
        self.left(changes.len());
    }

    fn three(&mut self, paths: &[ThreeWay]) {
        let beside = self.columns >= BESIDE;
        for three in paths.iter().take(MOST) {
            let values = [&three.before, &three.here, &three.head].map(Option::as_ref);
            let long = values.into_iter().flatten().any(|value| self.long(value));
            let (number, open) = self.next(long);
            let shown = values.map(|value| value.map_or_else(String::new, |value| preview(value, self.zone)));
            let name = three.dotted();
            let columns = beside.then(|| shown.clone());
            self.out.push(Line::Three { number, name, values: columns, moved: three.moved, open });
            for (side, word) in ["before", "here", "head"].into_iter().enumerate() {
                match values[side] {
                    Some(value) if open == Some(true) => self.part(word, side, Some(value)),
                    // Where there is no room for columns, the values stand below each other.
                    Some(_) if !beside => {
                        let text = cut(&shown[side], self.columns.saturating_sub(14));
                        self.out.push(Line::Part(word, side, text));
                    }
                    _ => {}
                }
            }
        }
        self.left(paths.len());
    }

    fn left(&mut self, all: usize) {
        if all > MOST {
            self.out.push(Line::Note(format!("{} more", count((all - MOST) as i64))));
        }
    }

    fn long(&self, value: &Value) -> bool {
        match value {
            Value::Array(items) => !items.is_empty(),
            Value::Object(fields) => !fields.is_empty(),
            Value::String(text) => text.contains('\n') || width(&preview(value, self.zone)) > LONG,
            _ => false,
        }
    }

    fn part(&mut self, word: &'static str, side: usize, value: Option<&Value>) {
        let Some(value) = value else { return };
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Array(_) | Value::Object(_) => serde_json::to_string_pretty(value).unwrap_or_default(),
            other => other.to_string(),
        };
        let columns = self.columns.saturating_sub(14).max(10);
        for (i, line) in wrap(&text, columns, LINES).into_iter().enumerate() {
            self.out.push(Line::Part(if i == 0 { word } else { "" }, side, line));
        }
    }

    fn aggregate(&mut self, row: &CompareRow) {
        let side = |side: &Side| match side.version {
            0 => "not there".to_owned(),
            version => format!("v{version}, {} of it alone", count(side.count)),
        };
        let note = format!("from v{} on   {}   {}", row.version, side(&row.a), side(&row.b));
        self.out.push(Line::Heading(row.aggregate.to_string(), note, row.b.first.or(row.a.first)));
        self.changes(&row.changes_by_item());
        for (i, side) in [&row.a, &row.b].into_iter().enumerate() {
            for event in &side.only {
                let actor = event.actor.as_ref().map_or_else(String::new, |actor| format!(" by {actor}"));
                let carried = event.carried.map_or_else(String::new, |position| format!("  as #{position}"));
                let at = self.zone.full(event.occurred_at);
                let text = format!("v{} {}  {at}{actor}{carried}", event.version, event.r#type);
                self.out.push(Line::Only(i, cut(&text, self.columns), event.position));
            }
            let left = side.count - side.only.len() as i64;
            if left > 0 && side.version > 0 {
                self.out.push(Line::Note(format!("and {} more", count(left))));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::session::Point;

    fn diff(changes: Vec<Change>) -> Diff {
        let point = Point::store("main", 1);
        let mut diff = Diff::new(Comparison::Two(point.clone(), point), Vec::new());
        diff.take(Differences::Two(changes), true, false);
        diff.prepare(80, Zone::Utc);
        diff
    }

    fn change(old: Value, value: Value) -> Change {
        Change { op: Op::Replace, path: "/a/b".into(), old, value }
    }

    #[test]
    fn long_values_unfold_and_short_ones_do_not() {
        let mut diff = diff(vec![change(json!(1), json!(2)), change(json!("x"), json!("y ".repeat(90)))]);
        assert_eq!(diff.lines.len(), 2);
        assert_eq!(diff.enter(), None);
        diff.prepare(80, Zone::Utc);
        assert_eq!(diff.lines.len(), 2);
        diff.scroll.step(1, 2, 10);
        diff.enter();
        diff.prepare(80, Zone::Utc);
        assert_eq!(diff.lines[2], Line::Part("before", 0, "x".into()));
        assert!(matches!(&diff.lines[4], Line::Part("", 1, _)), "{:?}", diff.lines);
        diff.enter();
        diff.prepare(80, Zone::Utc);
        assert_eq!(diff.lines.len(), 2);
    }

    #[test]
    fn nothing_is_said_to_differ_only_when_all_was_compared() {
        let mut diff = diff(Vec::new());
        assert_eq!(diff.lines, [Line::Note("nothing differs".into())]);
        diff.waiting = true;
        diff.prepare(80, Zone::Utc);
        assert_eq!(diff.lines, []);
    }
}
