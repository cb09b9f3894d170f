//! What a comparison found, and its lines: a value that does not fit into its line unfolds below it.

use std::collections::HashSet;

use ratatui::style::Style;
use ratatui::text::{Line as Drawn, Span};
use serde_json::Value;

use super::BESIDE;
use crate::event::Position;
use crate::markdown::Table;
use crate::replay::{Change, Moved, Op, ThreeWay};
use crate::session::{CompareRow, Side};
use crate::tui::model::Model;
use crate::tui::model::state::preview;
use crate::tui::paint::{change_sign, change_values, span};
use crate::tui::text::{count, cut, pad, width, wrap};

/// How many differences are listed.
const MOST: usize = 5_000;
/// The lines that an unfolded value may take.
const LINES: usize = 400;
/// A value wider than this unfolds.
const LONG: usize = 24;

/// What a comparison found.
pub enum Found {
    /// What differs between two states.
    Two(Vec<Change>),
    /// What differs between three states.
    Three(Vec<ThreeWay>),
    /// The aggregates that differ and what differs of them, and whether there are more that are not listed.
    Store(Vec<(Vec<Change>, CompareRow)>, bool),
}

/// Where a line leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leads {
    /// Nowhere.
    Nowhere,
    /// To an event.
    To(Position),
    /// It unfolds, or folds, the difference of that number.
    Unfolds(usize),
}

/// A line.
#[derive(Debug)]
pub struct Line {
    /// How it looks.
    pub drawn: Drawn<'static>,
    /// Where it leads.
    pub leads: Leads,
}

impl Found {
    /// Puts what was found of the whole store together, a part at a time.
    pub fn join(shown: &mut Option<Self>, new: Self, first: bool) {
        match (shown, new) {
            (Some(Self::Store(rows, more)), Self::Store(others, still)) if !first => {
                rows.extend(others);
                *more = still;
            }
            (shown, new) => *shown = Some(new),
        }
    }

    /// What differs, as a table whose sides have these names.
    pub fn table(&self, model: &Model, names: &[String]) -> Table {
        let value = |value: &Value| preview(value, model.look.zone);
        let sides = |change: &Change| {
            let (old, new) = (value(&change.old), value(&change.value));
            match change.op {
                Op::Add => vec![change.dotted(), String::new(), new],
                Op::Remove => vec![change.dotted(), old, String::new()],
                Op::Replace => vec![change.dotted(), old, new],
            }
        };
        let mut table =
            Table::of(if matches!(self, Self::Store(..)) { &["record", "field"] } else { &["field"] });
        table.heads.extend(names.iter().cloned());
        match self {
            Self::Two(changes) => table.rows.extend(changes.iter().map(sides)),
            Self::Three(paths) => {
                let cell = |at: &Option<Value>| at.as_ref().map_or_else(String::new, value);
                let cells = |three: &ThreeWay| {
                    vec![three.dotted(), cell(&three.before), cell(&three.here), cell(&three.head)]
                };
                table.rows.extend(paths.iter().map(cells));
            }
            Self::Store(rows, _) => {
                for (changes, row) in rows {
                    let name = row.aggregate.to_string();
                    let cells = |change| [vec![name.clone()], sides(change)].concat();
                    table.rows.extend(changes.iter().map(cells));
                    for (place, side) in [(2, &row.a), (3, &row.b)] {
                        for event in &side.only {
                            let mut cells =
                                vec![name.clone(), "only here".to_owned(), String::new(), String::new()];
                            cells[place] = format!("v{} {} #{}", event.version, event.r#type, event.position);
                            table.rows.push(cells);
                        }
                    }
                }
            }
        }
        table
    }

    /// How many differences there are, in words.
    pub fn summary(&self, waits: bool) -> String {
        let (n, more, [one, many]) = match self {
            Self::Two(changes) => (changes.len(), false, ["difference", "differences"]),
            Self::Three(paths) => (paths.len(), false, ["difference", "differences"]),
            Self::Store(rows, more) => (rows.len(), *more, ["aggregate differs", "aggregates differ"]),
        };
        let so_far = if waits { ", comparing …" } else { "" };
        let plus = if more { "+" } else { "" };
        format!("{}{plus} {}{so_far}", count(n as i64), if n == 1 { one } else { many })
    }

    /// The columns of the paths, of so many.
    pub fn paths(&self, room: usize) -> usize {
        let widest =
            |changes: &[Change]| changes.iter().take(MOST).map(|change| width(&change.dotted())).max();
        let most = match self {
            Self::Two(changes) => widest(changes),
            Self::Three(paths) => paths.iter().take(MOST).map(|three| width(&three.dotted())).max(),
            Self::Store(rows, _) => rows.iter().filter_map(|(changes, _)| widest(changes)).max(),
        };
        most.unwrap_or(0).clamp(10, (room * 3 / 10).max(10))
    }

    /// The lines for so many columns; `open` holds the numbers of those that are unfolded.
    pub fn lines(&self, model: &Model, open: &HashSet<usize>, room: usize, waits: bool) -> Vec<Line> {
        let mut page = Page { model, open, room, paths: self.paths(room), number: 0, lines: Vec::new() };
        match self {
            Self::Two(changes) => page.changes(changes),
            Self::Three(paths) => page.three(paths),
            Self::Store(rows, _) => rows.iter().for_each(|(changes, row)| page.aggregate(row, changes)),
        }
        if page.lines.is_empty() && !waits {
            page.note("nothing differs");
        }
        if matches!(self, Self::Store(_, true)) {
            page.note("more aggregates differ; `diff` on the command line lists them all");
        }
        page.lines
    }
}

/// The columns of each of three values.
pub fn third(paths: usize, room: usize) -> usize {
    room.saturating_sub(paths + 8) / 3
}

struct Page<'a> {
    model: &'a Model,
    open: &'a HashSet<usize>,
    room: usize,
    /// The columns of the paths.
    paths: usize,
    /// Differences so far, by which what is unfolded is told.
    number: usize,
    lines: Vec<Line>,
}

impl Page<'_> {
    fn push(&mut self, leads: Leads, spans: Vec<Span<'static>>) {
        self.lines.push(Line { drawn: spans.into(), leads });
    }

    fn note(&mut self, text: &str) {
        self.push(Leads::Nowhere, vec![span(format!("   {text}"), self.model.look.theme.dim)]);
    }

    /// A difference: its sign and path, then what it is; whether its values are unfolded below it.
    fn difference(
        &mut self,
        (sign, style): (char, Style),
        path: &str,
        values: &[&Value],
        spans: Vec<Span<'static>>,
    ) -> bool {
        let glyphs = &self.model.look.glyphs;
        self.number += 1;
        let long = values.iter().any(|value| self.is_long(value));
        let open = long && self.open.contains(&self.number);
        let fold = if !long {
            ' '
        } else if open {
            glyphs.open
        } else {
            glyphs.closed
        };
        let head = span(format!(" {fold} {sign} {}  ", pad(path, self.paths)), style);
        let leads = if long { Leads::Unfolds(self.number) } else { Leads::Nowhere };
        self.push(leads, [head].into_iter().chain(spans).collect());
        open
    }

    fn changes(&mut self, changes: &[Change]) {
        for change in changes.iter().take(MOST) {
            let values = [&change.old, &change.value];
            let [old, new] = values.map(|value| preview(value, self.model.look.zone));
            let room = self.room.saturating_sub(self.paths + 7);
            let shown = change_values(self.model, change.op, (&old, &new), room);
            if self.difference(change_sign(self.model, change.op), &change.dotted(), &values, shown) {
                let sides = [("before", Op::Add), ("after", Op::Remove)].into_iter().zip(values);
                for (side, ((word, _), value)) in
                    sides.enumerate().filter(|(_, ((_, lacks), _))| *lacks != change.op)
                {
                    self.unfolded(word, side, value);
                }
            }
        }
        self.left(changes.len());
    }

    fn three(&mut self, paths: &[ThreeWay]) {
        let (theme, glyphs) = (&self.model.look.theme, &self.model.look.glyphs);
        let beside = self.room >= BESIDE;
        let column = third(self.paths, self.room);
        for three in paths.iter().take(MOST) {
            let (sign, moves) = match three.moved {
                Moved::OnlyHere => (glyphs.cursor, [false, true, false]),
                Moved::OnlyHead => (glyphs.head, [false, false, true]),
                Moved::BothSame => ('=', [false, true, true]),
                Moved::BothDifferently => ('!', [false, true, true]),
            };
            let style = if sign == '!' { theme.warning } else { theme.changed };
            let values = [&three.before, &three.here, &three.head].map(Option::as_ref);
            let shown = values.map(|value| value.map(|value| preview(value, self.model.look.zone)));
            let columns = shown.iter().zip(moves).filter(|_| beside).map(|(value, moved)| {
                let value = value.clone().unwrap_or_else(|| glyphs.dash.to_string());
                span(format!("{} ", pad(&value, column)), if moved { style } else { theme.text })
            });
            let there: Vec<&Value> = values.into_iter().flatten().collect();
            let open = self.difference((sign, style), &three.dotted(), &there, columns.collect());
            for (side, word) in ["before", "here", "head"].into_iter().enumerate() {
                match (values[side], &shown[side]) {
                    (Some(value), _) if open => self.unfolded(word, side, value),
                    // Where there is no room for columns, the values stand below each other.
                    (_, Some(text)) if !beside => {
                        self.part(word, side, cut(text, self.room.saturating_sub(14)));
                    }
                    _ => {}
                }
            }
        }
        self.left(paths.len());
    }

    fn left(&mut self, all: usize) {
        if all > MOST {
            self.note(&format!("{} more", count((all - MOST) as i64)));
        }
    }

    fn is_long(&self, value: &Value) -> bool {
        match value {
            Value::Array(items) => !items.is_empty(),
            Value::Object(fields) => !fields.is_empty(),
            Value::String(text) => text.contains('\n') || width(&preview(value, self.model.look.zone)) > LONG,
            _ => false,
        }
    }

    fn unfolded(&mut self, word: &str, side: usize, value: &Value) {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Array(_) | Value::Object(_) => serde_json::to_string_pretty(value).unwrap_or_default(),
            other => other.to_string(),
        };
        let columns = self.room.saturating_sub(14).max(10);
        for (i, line) in wrap(&text, columns, LINES).into_iter().enumerate() {
            self.part(if i == 0 { word } else { "" }, side, line);
        }
    }

    /// A part of a value, of the side 0, 1 or 2.
    fn part(&mut self, word: &str, side: usize, text: String) {
        let theme = &self.model.look.theme;
        let style = [theme.removed, theme.added, theme.text][side];
        let word = span(format!("    {}  ", pad(word, 7)), theme.dim);
        self.push(Leads::Nowhere, vec![word, span(text, style)]);
    }

    fn aggregate(&mut self, row: &CompareRow, changes: &[Change]) {
        let (theme, zone) = (&self.model.look.theme, self.model.look.zone);
        let side = |side: &Side| match side.version {
            0 => "not there".to_owned(),
            version => format!("v{version}, {} of it alone", count(side.count)),
        };
        let name = cut(&row.aggregate.to_string(), self.room * 2 / 3);
        let note = format!("from v{} on   {}   {}", row.version, side(&row.a), side(&row.b));
        let note = cut(&note, self.room.saturating_sub(width(&name) + 4));
        let leads = row.b.first.or(row.a.first).map_or(Leads::Nowhere, Leads::To);
        self.push(leads, vec![span(format!(" {name}  "), theme.title), span(note, theme.dim)]);
        self.changes(changes);
        for (side, sign) in [(&row.a, span("   < ", theme.removed)), (&row.b, span("   > ", theme.added))] {
            for event in &side.only {
                let actor = event.actor.as_ref().map_or_else(String::new, |actor| format!(" by {actor}"));
                let carried = event.carried.map_or_else(String::new, |position| format!("  as #{position}"));
                let at = zone.full(event.occurred_at);
                let text = format!("v{} {}  {at}{actor}{carried}", event.version, event.r#type);
                let position = span(format!("#{} ", count(event.position)), theme.dim);
                let text = span(cut(&text, self.room), theme.text);
                self.push(Leads::To(event.position), vec![sign.clone(), position, text]);
            }
            let left = side.count - side.only.len() as i64;
            if left > 0 && side.version > 0 {
                self.note(&format!("and {} more", count(left)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::tui::keys::Keys;
    use crate::tui::theme::Palette;

    fn lines(changes: Vec<Change>, open: &[usize], waits: bool) -> Vec<Line> {
        let keys = Arc::new(Keys::built_in().unwrap());
        let model = Model::new(keys, "mira".into(), Palette::default(), false);
        Found::Two(changes).lines(&model, &open.iter().copied().collect(), 80, waits)
    }

    fn change(old: Value, value: Value) -> Change {
        Change { op: Op::Replace, path: "/a/b".into(), old, value }
    }

    #[test]
    fn long_values_unfold_and_short_ones_do_not() {
        let changes = [change(json!(1), json!(2)), change(json!("x"), json!("y ".repeat(90)))];
        let folded = lines(changes.to_vec(), &[1], false);
        let leads: Vec<_> = folded.iter().map(|line| line.leads).collect();
        assert_eq!(leads, [Leads::Nowhere, Leads::Unfolds(2)]);
        let open = lines(changes.to_vec(), &[2], false);
        assert_eq!(open[2].drawn.to_string(), "    before   x");
        assert!(open[4].drawn.to_string().starts_with("             y y"), "{:?}", open[4]);
    }

    #[test]
    fn nothing_is_said_to_differ_only_when_all_was_compared() {
        assert_eq!(lines(Vec::new(), &[], false)[0].drawn.to_string(), "   nothing differs");
        assert!(lines(Vec::new(), &[], true).is_empty());
    }
}
