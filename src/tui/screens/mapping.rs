//! How a log is read, as a form: left the questions of a mapping with what may answer them and why, right what the first
//! records become by it.
//!
//! ```text
//!  Which record is it about?            │ Target/doc-7  update  2024-01-01 09:00:00  by ann
//!  ● .target   900 values in 12,408 …   │   {"size": 5}
//!  ○ .size     7121 values in 12,408 …  │ Target/doc-9  create  2024-01-01 09:16:17  by bob
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::prompt::Prompt;
use crate::error::Error;
use crate::import::guess::{Answers, Guess, InUse, Question};
use crate::import::{Becomes, Preview};
use crate::tui::action::Command;
use crate::tui::effect::Effect;
use crate::tui::keys::Context;
use crate::tui::model::Model;
use crate::tui::paint::{failure, full, inside, put, put_all, span, waiting, wrapped};
use crate::tui::question::{Lane, Part, Slot};
use crate::tui::rows::Rows;
use crate::tui::screen::{Cx, Screen};
use crate::tui::text::{cut, pad, width};

/// So many records are shown as events.
const TRIED: usize = 40;
/// So many columns a rule gets before its reason.
const RULE: usize = 18;

/// The form.
#[derive(Debug, Default)]
pub struct Mapping {
    guess: Slot<(), (Guess, InUse)>,
    /// What is answered so far.
    answers: Option<Answers>,
    /// What the first records become by that.
    tried: Slot<String, Vec<Preview>>,
    rows: Rows,
}

/// A row of the left side.
#[derive(Clone, Copy, Debug)]
enum Row {
    /// A question.
    Asked(Question),
    /// One of its candidates.
    Candidate(Question, usize),
    /// That it has no answer.
    Nothing(Question),
    /// The answer that somebody wrote.
    Own(Question),
}

impl Row {
    fn question(self) -> Question {
        match self {
            Self::Asked(question)
            | Self::Candidate(question, _)
            | Self::Nothing(question)
            | Self::Own(question) => question,
        }
    }
}

impl Screen for Mapping {
    fn context(&self) -> Context {
        Context::Mapping
    }

    fn command(&mut self, cx: &mut Cx, command: Command) {
        match command {
            Command::Enter => self.choose(cx),
            Command::Change => self.write(cx),
            Command::Keep => self.keep(cx),
            _ if self.moves(cx, command) => {}
            _ => cx.close(),
        }
    }

    fn list(&mut self, screen: Rect) -> Option<(&mut Rows, usize, Rect)> {
        let rows = self.all_rows().len();
        Some((&mut self.rows, rows, left(screen)))
    }

    fn tick(&mut self, cx: &mut Cx) {
        let Some(log) = cx.model.source.as_ref().map(|source| source.log.clone()) else { return };
        if self.guess.take_in(&cx.model.branch) {
            self.answers = self.guess.shown().map(|(_, in_use)| in_use.answers.clone());
        }
        self.tried.take_in(&cx.model.branch);
        if !self.guess.is_asked(&cx.model.branch, &()) {
            let log = log.clone();
            cx.ask(&mut self.guess, Lane::Long, (), move |_, _| log.guess().map(Part::Whole));
        }
        let Some(mapping) = self.toml().filter(|toml| !self.tried.is_asked(&cx.model.branch, toml)) else {
            return;
        };
        cx.ask(&mut self.tried, Lane::Now, mapping.clone(), move |_, _| {
            log.try_mapping(&mapping, TRIED).map(Part::Whole)
        });
    }

    fn failed(&self) -> Option<&Error> {
        self.guess.failed()
    }

    fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        let log = model.source.as_ref().map(|source| (source.log.title(), source.log.told().to_owned()));
        let (title, told) = log.unwrap_or_default();
        // A mapping that comes with the program gives way only where somebody keeps another one.
        let now = if told.starts_with("read as ") { format!(" (now {told})") } else { String::new() };
        let inner = full(model, format!(" How {title} is read{now} "), screen, buffer);
        if self.answers.is_none() {
            return waiting(model, "looking at the records …", inner, 1, buffer);
        }
        let rows = self.all_rows();
        let area = left(screen);
        self.rows.draw(model, rows.len(), area, buffer, |i| self.row(model, rows[i], area.width.into()));
        let right = Rect { x: area.x + area.width + 1, width: inner.width - area.width - 1, ..inner };
        self.draw_tried(model, right, buffer);
    }
}

impl Mapping {
    /// The mapping by what is answered so far.
    fn toml(&self) -> Option<String> {
        let (guess, in_use) = self.guess.shown()?;
        guess.mapping(in_use, self.answers.as_ref()?).ok()
    }

    fn all_rows(&self) -> Vec<Row> {
        let (Some((guess, _)), Some(answers)) = (self.guess.shown(), &self.answers) else {
            return Vec::new();
        };
        let mut rows = Vec::new();
        for question in Question::ALL {
            let candidates = &guess.candidates[question as usize];
            rows.push(Row::Asked(question));
            rows.extend((0..candidates.len()).map(|i| Row::Candidate(question, i)));
            let rule = answers.rule(question);
            if !rule.is_empty() && candidates.iter().all(|candidate| candidate.rule != rule) {
                rows.push(Row::Own(question));
            }
            if question.may_be_empty() {
                rows.push(Row::Nothing(question));
            }
        }
        rows
    }

    /// Takes the selected candidate, or has another rule written.
    fn choose(&mut self, cx: &mut Cx) {
        let Some(row) = self.all_rows().get(self.rows.selected).copied() else { return };
        let (Some((guess, _)), Some(answers)) = (self.guess.shown(), &mut self.answers) else { return };
        match row {
            Row::Candidate(question, i) => answers.choose(question, &guess.candidates[question as usize][i]),
            Row::Nothing(question) => answers.set(question, ""),
            Row::Asked(_) | Row::Own(_) => self.write(cx),
        }
    }

    /// Has a rule written for the selected question.
    fn write(&mut self, cx: &mut Cx) {
        let Some(question) = self.all_rows().get(self.rows.selected).map(|row| row.question()) else {
            return;
        };
        let rule = self.answers.as_ref().map(|answers| answers.typed(question)).unwrap_or_default();
        let example = match question {
            Question::At => "jq over the record; behind `as` how it is written: .day as %d.%m.%Y, .t as ms",
            _ => "jq over the record: .a.b, or \"a text\"",
        };
        let prompt = Prompt::new(question.key(), example, &rule).about("mappings");
        cx.open(prompt.then(move |cx, rule| {
            if let Some(form) = cx.model.screen_mut::<Self>()
                && let Some(answers) = &mut form.answers
            {
                answers.type_in(question, rule);
            }
        }));
    }

    /// Takes the mapping into use: the log is read anew by it.
    fn keep(&mut self, cx: &mut Cx) {
        let (Some(mapping), Some((guess, _)), Some(answers)) =
            (self.toml(), self.guess.shown(), &self.answers)
        else {
            return;
        };
        if let Some(error) = self.tried.failed() {
            return cx.model.fail(error.clone());
        }
        cx.effects.push(Effect::ReadBy(mapping, guess.told(answers)));
        cx.close();
    }

    fn row(&self, model: &Model, row: Row, room: usize) -> Line<'static> {
        let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
        let (Some((guess, in_use)), Some(answers)) = (self.guess.shown(), &self.answers) else {
            return Line::default();
        };
        let question = row.question();
        let now = answers.rule(question);
        let line = |rule: &str, reason: &str| {
            let chosen = rule == now;
            let sign = if chosen { glyphs.event } else { glyphs.future };
            let shown = if rule.is_empty() { "nothing" } else { rule };
            let wide = width(shown).max(RULE).min(room / 2);
            Line::from(vec![
                span(format!(" {sign} "), if chosen { theme.hotkey } else { theme.dim }),
                span(pad(&cut(shown, wide), wide), if chosen { theme.title } else { theme.text }),
                span(format!("  {}", cut(reason, room.saturating_sub(wide + 5))), theme.dim),
            ])
        };
        match row {
            Row::Asked(question) => Line::from(span(cut(question.asked(), room), theme.hotkey)),
            Row::Candidate(_, i) => {
                let candidate = &guess.candidates[question as usize][i];
                line(&candidate.rule, &candidate.reason)
            }
            Row::Nothing(_) => line("", "the records do not say"),
            Row::Own(_) if now == in_use.answers.rule(question) => line(now, "as it is read now"),
            Row::Own(_) => line(now, "written by you"),
        }
    }

    fn draw_tried(&self, model: &Model, area: Rect, buffer: &mut Buffer) {
        let theme = &model.look.theme;
        if let Some(error) = self.tried.failed() {
            return failure(model, error, area, 0, buffer);
        }
        let Some(tried) = self.tried.shown() else {
            return waiting(model, "reading …", area, 0, buffer);
        };
        let room = usize::from(area.width);
        let mut lines: Vec<Line<'static>> = Vec::new();
        for preview in tried {
            match &preview.becomes {
                Becomes::Event(event) => {
                    let meta: serde_json::Value = serde_json::from_str(&event.meta).unwrap_or_default();
                    let by = meta["actor"].as_str().map_or_else(String::new, |actor| format!("  by {actor}"));
                    let at = model.look.zone.full(event.occurred_at);
                    let head = format!("{}  {}", event.aggregate, event.kind);
                    lines.push(Line::from(vec![
                        span(cut(&head, room), theme.title),
                        span(cut(&format!("  {at}{by}"), room.saturating_sub(width(&head))), theme.text),
                    ]));
                    lines.push(Line::from(span(cut(&format!("  {}", event.data), room), theme.dim)));
                }
                Becomes::Bad(reason) => {
                    let text = format!("{}:{} {reason}", preview.file, preview.line);
                    lines.extend(wrapped(&text, room, 3, theme.error));
                }
                Becomes::Seen | Becomes::LeftOut => {
                    lines.push(Line::from(span("  left out", theme.dim)));
                }
            }
        }
        if lines.is_empty() {
            return put(buffer, area, 0, &Line::from(span("there is no record", theme.dim)));
        }
        put_all(buffer, area, 0, lines.into_iter().take(area.height.into()));
    }
}

/// Where the questions stand.
fn left(screen: Rect) -> Rect {
    let inner = inside(screen, 0, 0);
    Rect { width: inner.width * 11 / 20, ..inner }
}
