//! What a rewrite leads to: the final states in the original order against the new one, by one set of rules or two; and
//! the same over the whole screen, once it is written.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use serde_json::Value;

use crate::event::NewEvent;
use crate::replay::another::Ended;
use crate::replay::another::Fate;
use crate::replay::diff;
use crate::replay::diff::dotted;
use crate::session::{Ends, Rewritten};
use crate::tui::action::Command;
use crate::tui::keys::Context;
use crate::tui::model::Model;
use crate::tui::model::state::preview;
use crate::tui::paint::{full, put_all, span};
use crate::tui::rows::Rows;
use crate::tui::screen::{Cx, Screen};
use crate::tui::text::{count, cut, pad, width, wrap};
use crate::tui::zone::Zone;

/// How many rows there are at most.
const MOST: usize = 2_000;
/// The least columns that a value is worth; below it the values stand under each other.
const LEAST: usize = 12;
/// The columns, and what they are called where that has no room.
const COLUMNS: [(&str, &str); 4] = [
    ("original", "original"),
    ("new order", "new order"),
    ("original, other rules", "others: old"),
    ("new order, other rules", "others: new"),
];

/// What becomes of an event that was something else before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// It changes nothing now.
    Nothing(String),
    /// It occurred before its predecessor now.
    Late(String),
    /// Its rule refuses it now, and why.
    Rejected(String, String),
    /// Its request would come to something else now.
    Decided(String, String),
}

impl Note {
    /// What is new about how an event ends.
    pub fn of(event: &NewEvent, ended: &Ended, was: Option<&Ended>) -> Vec<Self> {
        let name = || format!("{}@{} {}", event.aggregate, ended.version, event.kind);
        let mut notes = Vec::new();
        if let Some(why) = ended.error.as_ref().filter(|_| was.is_none_or(|was| was.error.is_none())) {
            notes.push(Self::Rejected(name(), why.clone()));
        }
        if ended.nothing && !was.is_some_and(|was| was.nothing) {
            notes.push(Self::Nothing(name()));
        }
        if ended.late && !was.is_some_and(|was| was.late) {
            notes.push(Self::Late(name()));
        }
        notes
    }

    /// What a request comes to where it is decided again, if that is something else than is recorded.
    pub fn of_request(fate: &Fate) -> Option<Self> {
        let (first, last) = fate.versions;
        let versions = if first == last { format!("{first}") } else { format!("{first}–v{last}") };
        let name = format!("{}@{versions} {}", fate.aggregate, fate.command.as_deref()?);
        let more = fate.how.more().map_or_else(String::new, |more| format!(": {more}"));
        let text = format!("decided again: {}{more}", fate.how.name());
        (!fate.how.is_as_recorded()).then_some(Self::Decided(name, text))
    }

    fn lines(&self, model: &Model, room: usize) -> impl Iterator<Item = Line<'static>> {
        let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
        let (sign, name, text) = match self {
            Self::Nothing(name) => (glyphs.unchanged, name, "changes nothing now".to_owned()),
            Self::Late(name) => (glyphs.late, name, "occurred before its predecessor now".to_owned()),
            Self::Rejected(name, why) => (glyphs.error, name, format!("rejected: {why}")),
            Self::Decided(name, text) => ('≠', name, text.clone()),
        };
        let lines = wrap(&format!("{name}  {text}"), room.saturating_sub(3).max(10), 2);
        let head = move |i: usize| if i == 0 { format!(" {sign} ") } else { "   ".to_owned() };
        let line = move |(i, line)| Line::from(vec![span(head(i), theme.warning), span(line, theme.text)]);
        lines.into_iter().enumerate().map(line)
    }
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Row {
    /// What becomes of an event.
    Note(Note),
    /// An aggregate, and what makes the difference.
    Heading(String, &'static str),
    /// A field, and its value in each column; empty where it is missing.
    Field(String, Vec<String>),
    /// A remark.
    Remark(String),
}

/// The table.
#[derive(Debug)]
pub struct Outcome {
    /// The new branch, where one was made.
    branch: Option<String>,
    /// How many columns there are.
    columns: usize,
    rows: Vec<Row>,
    /// Which row is the first visible one.
    first: Rows,
}

impl Outcome {
    /// The table of a rewrite, with what becomes of events above it.
    pub fn of(rewritten: &Rewritten, notes: Vec<Note>, zone: Zone) -> Self {
        let other = rewritten.finals.iter().any(|last| last.events.original_by_other.is_some());
        let mut rows: Vec<_> = notes.into_iter().take(MOST).map(Row::Note).collect();
        let mut same = 0;
        for last in &rewritten.finals {
            let (events, done) = (fields(&last.events, zone), rewritten.done);
            // What both answers say is said once.
            let requests = last.requests.as_ref().filter(|requests| **requests != last.events);
            if events.is_empty() && requests.is_none() && rewritten.finals.len() > 1 {
                same += 1;
                continue;
            }
            rows.push(Row::Heading(last.aggregate.to_string(), last.events.blame().says(done)));
            rows.extend(events);
            if let Some(requests) = requests {
                rows.push(Row::Heading(
                    "the same requests, decided again".to_owned(),
                    requests.blame().says(done),
                ));
                rows.extend(fields(requests, zone));
            }
        }
        if same > 0 {
            let aggregates = if same == 1 { "aggregate ends" } else { "aggregates end" };
            rows.push(Row::Remark(format!("{} {aggregates} the same", count(same))));
        }
        if rows.len() > MOST {
            let left = rows.len() - MOST;
            rows.truncate(MOST);
            rows.push(Row::Remark(format!("{} more", count(left as i64))));
        }
        let columns = if other { 4 } else { 2 };
        Self { branch: rewritten.branch.clone(), columns, rows, first: Rows::default() }
    }

    /// Scrolls by so many rows.
    pub fn scroll(&mut self, by: isize) {
        self.first.step(by, self.rows.len(), 1);
    }

    /// How many events become nothing, late, and rejected, and how many requests come to something else.
    pub fn counts(&self) -> [usize; 4] {
        let many = |is: fn(&Note) -> bool| {
            self.rows.iter().filter(|row| matches!(row, Row::Note(note) if is(note))).count()
        };
        [
            many(|note| matches!(note, Note::Nothing(_))),
            many(|note| matches!(note, Note::Late(_))),
            many(|note| matches!(note, Note::Rejected(..))),
            many(|note| matches!(note, Note::Decided(..))),
        ]
    }

    /// The heading and the rows from the first visible one on, as many lines as fit.
    pub fn lines(&self, model: &Model, room: usize, height: usize) -> Vec<Line<'static>> {
        let theme = &model.look.theme;
        let name = |row: &Row| match row {
            Row::Field(name, _) => width(name),
            _ => 0,
        };
        let names = self.rows.iter().map(name).max().unwrap_or(0).clamp(8, (room / 4).max(8));
        let column = room.saturating_sub(names + 5) / self.columns;
        let mut out = Vec::new();
        let mut headed = column < LEAST;
        for row in self.rows.iter().skip(self.first.selected) {
            if out.len() >= height {
                break;
            }
            // The columns are named where the states start.
            if !headed && !matches!(row, Row::Note(_)) {
                out.push(self.heading(model, names, column));
                headed = true;
            }
            match row {
                Row::Note(note) => out.extend(note.lines(model, room)),
                Row::Heading(name, why) => out.push(Line::from(vec![
                    span(format!(" {}  ", cut(name, room / 2)), theme.title),
                    span(cut(why, room.saturating_sub(width(name) + 3)), theme.dim),
                ])),
                Row::Field(name, values) => out.extend(field(model, (name, values), (names, column), room)),
                Row::Remark(text) => out.push(Line::from(span(format!("   {text}"), theme.dim))),
            }
        }
        out.truncate(height);
        out
    }

    fn heading(&self, model: &Model, names: usize, column: usize) -> Line<'static> {
        let theme = &model.look.theme;
        let columns = &COLUMNS[..self.columns];
        let short = columns.iter().any(|(name, _)| width(name) >= column);
        let mut spans = vec![span(" ".repeat(names + 5), theme.text)];
        spans.extend(columns.iter().map(|(name, brief)| {
            let name = if short { brief } else { name };
            span(format!("{} ", pad(name, column - 1)), theme.hotkey)
        }));
        Line::from(spans)
    }
}

impl Screen for Outcome {
    fn context(&self) -> Context {
        Context::Outcome
    }

    fn command(&mut self, cx: &mut Cx, command: Command) {
        let height = usize::from(cx.area().height.saturating_sub(4)).max(1);
        if !self.first.command(command, self.rows.len(), height) {
            cx.close();
        }
    }

    fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        let branch = self.branch.as_deref().unwrap_or("a dry run");
        let inner = full(model, format!(" {branch}: what the new order leads to "), screen, buffer);
        put_all(buffer, inner, 0, self.lines(model, inner.width.into(), inner.height.into()));
    }
}

/// A field's values, side by side where there is room.
fn field(
    model: &Model,
    (name, values): (&str, &[String]),
    (names, column): (usize, usize),
    room: usize,
) -> Vec<Line<'static>> {
    let theme = &model.look.theme;
    let shown = |value: &String| {
        let style = if Some(value) == values.first() { theme.text } else { theme.changed };
        (if value.is_empty() { model.look.glyphs.dash.to_string() } else { value.clone() }, style)
    };
    if column >= LEAST {
        let mut spans = vec![span(format!("   {}  ", pad(name, names)), theme.key)];
        spans.extend(values.iter().map(|value| {
            let (text, style) = shown(value);
            span(format!("{} ", pad(&text, column - 1)), style)
        }));
        return vec![Line::from(spans)];
    }
    let mut out = vec![Line::from(span(format!("   {}", cut(name, room.saturating_sub(3))), theme.key))];
    out.extend(COLUMNS.iter().zip(values).map(|((word, _), value)| {
        let (text, style) = shown(value);
        let word = format!("     {} ", pad(word, 22.min(room / 2)));
        let left = room.saturating_sub(width(&word));
        Line::from(vec![span(word, theme.dim), span(cut(&text, left), style)])
    }));
    out
}

/// The fields at which any of an aggregate's final states differs from the original one.
fn fields(last: &Ends, zone: Zone) -> Vec<Row> {
    let others = [&last.original_by_other, &last.rewritten_by_other].into_iter().flatten();
    let states: Vec<&Value> = [&last.original, &last.rewritten].into_iter().chain(others).collect();
    let mut paths: Vec<String> = Vec::new();
    for state in &states[1..] {
        for change in diff(&last.original, state) {
            if !paths.contains(&change.path) {
                paths.push(change.path);
            }
        }
    }
    let value = |state: &Value, path: &str| match state.pointer(path) {
        Some(value) => preview(value, zone),
        None => String::new(),
    };
    let row =
        |path: &String| Row::Field(dotted(path), states.iter().map(|state| value(state, path)).collect());
    paths.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::AggregateId;
    use crate::session::{Done, Final};

    #[test]
    fn only_what_differs_is_a_row_and_two_sets_of_rules_make_four_columns() {
        let events = Ends {
            original: json!({"a": 1, "b": 2}),
            rewritten: json!({"a": 1, "b": 3}),
            original_by_other: Some(json!({"a": 1, "b": 2, "c": true})),
            rewritten_by_other: Some(json!({"a": 1, "b": 2})),
        };
        let last = Final {
            unverified: false,
            aggregate: AggregateId::new("Task", "1"),
            requests: Some(events.clone()),
            events,
            refused_by_other: Vec::new(),
        };
        let rewritten = Rewritten {
            branch: None,
            fork_position: 0,
            events: Vec::new(),
            done: Done::Order,
            were: Vec::new(),
            fates: Vec::new(),
            reads: Vec::new(),
            finals: vec![last],
        };
        let outcome = Outcome::of(&rewritten, Vec::new(), Zone::Utc);
        assert_eq!(outcome.columns, 4);
        let field = |name: &str, values: [&str; 4]| Row::Field(name.into(), values.map(Into::into).to_vec());
        assert_eq!(outcome.rows[1..], [field("b", ["2", "3", "2", "2"]), field("c", ["", "", "true", ""])]);
    }
}
