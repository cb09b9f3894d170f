//! The catalogue: what the domain declares of every type beside what the log shows of it. The list of all types leads
//! to the entry of one, which is shown over the whole screen; an entry leads on to others, and into the log.

mod rows;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use self::rows::Page;
use crate::domain::catalogue::Catalogue;
use crate::error::Error;
use crate::event::Position;
use crate::session::Session;
use crate::tui::action::Command;
use crate::tui::effect::Effect;
use crate::tui::keys::Context;
use crate::tui::menu::{Choices, Item, Look, Menu, Shape};
use crate::tui::model::Model;
use crate::tui::paint::{full, inside, waiting};
use crate::tui::question::{Lane, Part, Slot};
use crate::tui::rows::Rows;
use crate::tui::screen::{Cx, Screen};
use crate::tui::text::{count, cut};

/// How many events are looked at before it is asked whether that is still wanted.
const SLICE: usize = 2_000;
/// After how many slices what was seen by then is shown.
const TOGETHER: usize = 8;

/// What is known of the types, as of which newest event.
pub type Types = Slot<Position, Seen>;

/// What the domain declares, and what was seen in the log so far.
pub struct Seen {
    catalogue: Catalogue,
    /// How many events were looked at, and how many there are.
    progress: (u64, u64),
    whole: bool,
}

/// Has the log looked at, where that was not done for this branch as it is now, or was stopped.
fn look(model: &mut Model, effects: &mut Vec<Effect>) {
    let newest = model.overview.as_ref().map_or(0, |overview| overview.head);
    let types = &mut model.types;
    let seen = types.shown();
    if types.is_asked(&model.branch, &newest) && (types.waits() || seen.is_some_and(|seen| seen.whole)) {
        return;
    }
    let log = seen.and_then(|seen| seen.catalogue.seen.as_ref());
    if log.is_some_and(|log| log.branch != model.branch) {
        types.take();
    }
    let (mut slices, begin) = (0, |session: &mut Session| session.survey());
    effects.push(types.ask_begun(&model.branch, Lane::Long, newest, begin, move |survey, session, _| {
        // At first what is declared.
        if slices > 0 {
            session.survey_more(survey, SLICE)?;
        }
        slices += 1;
        let whole = survey.is_whole();
        if !whole && slices % TOGETHER != 1 {
            return Ok(Part::More);
        }
        let seen = Seen { catalogue: survey.catalogue(), progress: (survey.done(), survey.of()), whole };
        Ok(if whole { Part::Whole(seen) } else { Part::SoFar(seen) })
    }));
}

/// Stops looking at the log; whether there was something to stop.
fn stop(model: &mut Model) -> bool {
    let reads = model.types.waits();
    if reads {
        model.types.stop();
        model.tell("stopped; what was counted so far stays");
    }
    reads
}

fn number(n: u64) -> String {
    count(i64::try_from(n).unwrap_or(i64::MAX))
}

/// What an entry is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An aggregate type.
    Aggregate(String),
    /// An event of an aggregate type.
    Event(String, String),
    /// A command of an aggregate type.
    Command(String, String),
}

/// The list of all types.
#[derive(Debug)]
pub struct Listed {
    /// How much of the log the entries are from.
    of: Option<(u64, u64)>,
    empty: &'static str,
    failed: Option<Error>,
}

impl Listed {
    /// Opens it.
    pub fn open(model: &mut Model, effects: &mut Vec<Effect>) {
        look(model, effects);
        model.open(Menu::new(Self { of: None, empty: "reading …", failed: None }));
    }
}

impl Choices for Listed {
    type Choice = Subject;

    fn look(&self) -> Look {
        Look { title: "Catalogue", shape: Shape::Counts, stays: true, ..Look::LIST }
    }

    fn entries(&mut self, cx: &mut Cx) -> Option<Vec<Item<Subject>>> {
        self.failed = cx.model.types.failed().cloned();
        let seen = cx.model.types.shown()?;
        if self.of.replace(seen.progress) == Some(seen.progress) {
            return None;
        }
        self.empty = if seen.whole { "there are no types yet" } else { "reading …" };
        let mut items = Vec::new();
        for aggregate in &seen.catalogue.aggregates {
            let kind = &aggregate.name;
            let seen = aggregate.seen.map_or_else(String::new, number);
            items.push(Item::new(kind.clone(), seen, Subject::Aggregate(kind.clone())));
            items.extend(aggregate.events.iter().map(|event| {
                let seen = number(event.seen.as_ref().map_or(0, |seen| seen.events));
                let subject = Subject::Event(kind.clone(), event.name.clone());
                Item::new(format!("  {}", event.name), seen, subject)
            }));
        }
        Some(items)
    }

    fn empty(&self) -> &'static str {
        self.empty
    }

    fn choose(&mut self, cx: &mut Cx, subject: Subject) {
        cx.open(Entry::of(subject));
    }

    fn leaves(&mut self, cx: &mut Cx) -> bool {
        !stop(cx.model)
    }

    fn failed(&self) -> Option<&Error> {
        self.failed.as_ref()
    }
}

/// Where a row leads.
#[derive(Clone, Debug)]
enum Go {
    /// To another entry.
    To(Subject),
    /// To an event in the log.
    Event(Position),
}

/// A row of an entry.
#[derive(Debug)]
struct Row {
    line: Line<'static>,
    go: Option<Go>,
}

/// One entry.
#[derive(Debug)]
pub struct Entry {
    subject: Subject,
    lines: Vec<Row>,
    rows: Rows,
    /// Why the log was not looked at.
    failed: Option<Error>,
}

impl Entry {
    fn of(subject: Subject) -> Self {
        Self { subject, lines: Vec::new(), rows: Rows::default(), failed: None }
    }

    /// Opens the entry of the event that is shown.
    pub fn of_event(model: &mut Model, effects: &mut Vec<Effect>) {
        let Some(event) = model.moment.as_ref().and_then(|moment| moment.event.as_ref()) else {
            model.tell("there is no event here");
            return;
        };
        let subject = Subject::Event(event.aggregate.kind.clone(), event.kind.clone());
        look(model, effects);
        model.open(Self::of(subject));
    }

    /// Its name, whose it is, and how far the log was looked at.
    fn title(&self, types: &Types) -> String {
        let name = match &self.subject {
            Subject::Aggregate(kind) => kind.clone(),
            Subject::Event(kind, name) => format!("{name}, an event of {kind}"),
            Subject::Command(kind, name) => format!("{name}, a command of {kind}"),
        };
        let ((done, of), whole) = types.shown().map_or(((0, 0), false), |seen| (seen.progress, seen.whole));
        let (looked, of) = (number(done), number(of));
        let progress = match (types.waits(), whole) {
            (true, _) => format!("{looked} of {of} events looked at; Esc stops"),
            (_, false) => format!("stopped: {looked} of {of} events looked at"),
            _ if done == 1 => "the log has 1 event".to_owned(),
            _ => format!("the log has {looked} events"),
        };
        format!(" {name}  ({progress}) ")
    }

    /// Selects the next row that leads somewhere, or the one before.
    fn next_link(&mut self, forward: bool) {
        let here = self.rows.selected;
        let mut links = (0..self.lines.len()).filter(|i| self.lines[*i].go.is_some());
        let next = if forward { links.find(|i| *i > here) } else { links.take_while(|i| *i < here).last() };
        self.rows.selected = next.unwrap_or(here);
    }
}

impl Screen for Entry {
    fn context(&self) -> Context {
        Context::Type
    }

    fn command(&mut self, cx: &mut Cx, command: Command) {
        match command {
            Command::NextPane | Command::PreviousPane => self.next_link(command == Command::NextPane),
            Command::Enter => match self.lines.get(self.rows.selected).and_then(|row| row.go.clone()) {
                Some(Go::To(subject)) => cx.open(Self::of(subject)),
                // To an event in the log it goes out of everything that is open.
                Some(Go::Event(position)) => {
                    cx.model.overlays.clear();
                    cx.go_to(position);
                }
                None => {}
            },
            _ if self.moves(cx, command) || stop(cx.model) => {}
            _ => cx.close(),
        }
    }

    fn list(&mut self, screen: Rect) -> Option<(&mut Rows, usize, Rect)> {
        Some((&mut self.rows, self.lines.len(), inside(screen, 0, 0)))
    }

    fn tick(&mut self, cx: &mut Cx) {
        let room = usize::from(inside(cx.area(), 0, 0).width.saturating_sub(1));
        self.lines = Page::rows(cx.model, &self.subject, room);
        self.failed = cx.model.types.failed().cloned();
        self.reveal(cx);
    }

    fn failed(&self) -> Option<&Error> {
        self.failed.as_ref()
    }

    fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        let title = cut(&self.title(&model.types), usize::from(screen.width.saturating_sub(4)));
        let inner = full(model, title, screen, buffer);
        if self.lines.is_empty() {
            return waiting(model, "reading …", inner, 1, buffer);
        }
        self.rows.draw(model, self.lines.len(), inner, buffer, |i| self.lines[i].line.clone());
    }
}
