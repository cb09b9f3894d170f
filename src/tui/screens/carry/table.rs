//! The table of what is carried over: each unit and how it would end, and what the records come to by both answers.

use ratatui::style::Style;
use ratatui::text::Line;
use serde_json::Value;

use super::WORDS;
use crate::event::{Event, actor_of, reason_of};
use crate::journal::{Carried, Clash, Outcome};
use crate::replay::diff::dotted;
use crate::session::CarryEnd;
use crate::tui::model::Model;
use crate::tui::model::state::preview;
use crate::tui::paint::span;
use crate::tui::text::{count, cut, pad, wrap};

/// How many fields are listed of those that the answers change.
const FIELDS: usize = 1_000;

/// The lines of the table.
pub struct Table<'a> {
    model: &'a Model,
    /// The columns beside the words for how a unit ends.
    rest: usize,
    pub lines: Vec<Line<'static>>,
}

impl<'a> Table<'a> {
    /// None yet, for so many columns.
    pub fn new(model: &'a Model, room: usize) -> Self {
        Self { model, rest: room.saturating_sub(WORDS), lines: Vec::new() }
    }

    /// Lines that are only said.
    pub fn dim(&mut self, texts: impl IntoIterator<Item = String>) {
        let style = self.model.look.theme.dim;
        self.lines.extend(texts.into_iter().map(|text| Line::from(span(text, style))));
    }

    fn beside(&mut self, text: &str, style: Style) {
        let text = cut(text, self.rest);
        self.lines.push(Line::from(vec![span(" ".repeat(WORDS), style), span(text, style)]));
    }

    /// A unit and how it would end.
    pub fn unit(&mut self, carried: &Carried) {
        let theme = &self.model.look.theme;
        let style = match carried.outcome {
            Outcome::Applied => theme.added,
            Outcome::NothingToDo | Outcome::AlreadyThere => theme.dim,
            Outcome::Rejected(_) | Outcome::TakenBack(_) => theme.error,
            Outcome::Conflict(_) => theme.warning,
        };
        let command = carried.unit.command.as_ref();
        let command = command.map_or_else(String::new, |command| format!(" ({})", command.name));
        for (i, event) in carried.unit.events.iter().enumerate() {
            let word = if i == 0 { carried.outcome.name() } else { "" };
            let reason = reason_of(&event.meta).map_or_else(String::new, |reason| format!(" \"{reason}\""));
            let text = cut(&format!("{}{command} by {}{reason}", written(event), by(event)), self.rest);
            self.lines.push(Line::from(vec![span(pad(word, WORDS), style), span(text, theme.text)]));
        }
        if let Some(reason) = carried.outcome.reason() {
            for line in wrap(&reason, self.rest, 6) {
                self.beside(&line, style);
            }
        }
        if let Outcome::Conflict(clashes) = &carried.outcome {
            for clash in clashes {
                self.conflict(carried, clash);
            }
        }
        let arrow = self.model.look.glyphs.arrow;
        for event in &carried.events {
            let Event { aggregate, version, kind, data, .. } = event;
            self.beside(&format!("{arrow} {aggregate} v{version} {kind} {data}"), theme.dim);
        }
    }

    /// The fields that the two answers come to, beside what is there.
    pub fn ends(&mut self, ends: &[CarryEnd]) {
        let theme = &self.model.look.theme;
        let fields = ends.iter().flat_map(|end| end.fields().into_iter().map(move |field| (end, field)));
        let fields: Vec<_> = fields.take(FIELDS + 1).collect();
        if fields.is_empty() {
            return;
        }
        let column = (self.rest + WORDS) / 4;
        let line = |cells: [String; 4], mark: &str| {
            let cells: String = cells.iter().map(|cell| pad(&cut(cell, column - 2), column)).collect();
            format!("{}{mark}", cells.trim_end())
        };
        let heads = ["what it comes to", "there now", "same events", "same requests"].map(str::to_owned);
        self.lines.push(Line::default());
        self.lines.push(Line::from(span(line(heads, ""), theme.hotkey)));
        let differs = self.model.look.glyphs.differs;
        for (end, field) in fields.iter().take(FIELDS) {
            let zone = self.model.look.zone;
            let said = |value: &Option<Value>| {
                value.as_ref().map_or_else(|| "nothing".to_owned(), |value| preview(value, zone))
            };
            let requests = field.requests.as_ref().map_or_else(|| "not decided".to_owned(), said);
            let name = format!("{} {}", end.aggregate, dotted(&field.path));
            let (mark, style) = if field.differs() {
                (format!(" {differs}"), theme.changed)
            } else {
                (String::new(), theme.text)
            };
            let cells = [name, said(&field.there), said(&field.events), requests];
            self.lines.push(Line::from(span(line(cells, &mark), style)));
        }
        if fields.len() > FIELDS {
            self.dim(["and more fields".to_owned()]);
        }
    }

    /// The field, both values and both events.
    fn conflict(&mut self, carried: &Carried, clash: &Clash) {
        let (theme, zone) = (&self.model.look.theme, self.model.look.zone);
        let path = dotted(&clash.path);
        self.beside(if path.is_empty() { "the whole state" } else { &path }, theme.key);
        let value = |value: &Option<Value>| {
            let shown = value.as_ref().map(|value| cut(&preview(value, zone), self.rest / 2));
            shown.unwrap_or_else(|| "nothing".to_owned())
        };
        let wants = carried.unit.events.first();
        let sides = [("wants", &clash.theirs, wants), ("there is", &clash.ours, clash.writer.as_ref())];
        let mut texts = sides
            .map(|(word, side, event)| {
                let whose = event.map_or_else(String::new, |event| {
                    format!("   {} by {}, {}", written(event), by(event), zone.full(event.occurred_at))
                });
                format!("  {word:<9} {}{whose}", value(side))
            })
            .to_vec();
        if clash.made.is_some() {
            texts.push(format!("  it would become {} there", value(&clash.made)));
        }
        for text in texts {
            self.beside(&text, theme.text);
        }
    }
}

fn written(event: &Event) -> String {
    format!("#{} {} v{} {}", count(event.position), event.aggregate, event.version, event.kind)
}

fn by(event: &Event) -> String {
    actor_of(&event.meta).unwrap_or_else(|| "nobody".to_owned())
}
