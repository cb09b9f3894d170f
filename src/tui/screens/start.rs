//! The start screen, while no store is open: the demo, a new store, a log.

use std::path::PathBuf;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

use crate::error::Error;
use crate::import::Phase;
use crate::session::ImportProgress;
use crate::tui::action::Command;
use crate::tui::effect::{Choice, Effect};
use crate::tui::keys::Context;
use crate::tui::model::Model;
use crate::tui::model::source::percent;
use crate::tui::paint::{put, put_all, span, why, wrapped};
use crate::tui::screen::{Cx, Screen};
use crate::tui::screens::prompt::Prompt;
use crate::tui::text::count;
use crate::tui::view::footer;

const OFFERS: [(&str, &str); 3] = [
    ("Open the demo", "a small team's tasks and subscriptions over some weeks"),
    ("Make a new store", "an empty one, with the commands of a task list"),
    ("Open a log", "a file or a folder; how it is read is guessed"),
];

/// From so many columns on, what an offer is about stands beside its name.
const WIDE: u16 = 80;

/// Something that the start screen is busy with.
#[derive(Debug)]
struct Busy {
    /// What it is.
    what: String,
    /// How far it is, where it says so.
    progress: Option<ImportProgress>,
    /// It was asked to stop.
    stopping: bool,
}

/// The start screen; it stands at the bottom of all that is open.
#[derive(Debug, Default)]
pub struct Start {
    /// Which offer is selected.
    selected: usize,
    /// Why the last choice could not be done, until the next one.
    pub failed: Option<Error>,
    /// What is being done, while it is being done.
    busy: Option<Busy>,
}

impl Screen for Start {
    fn context(&self) -> Context {
        Context::Start
    }

    fn command(&mut self, cx: &mut Cx, command: Command) {
        match (&mut self.busy, command) {
            // Only an import says how far it is, and only what says so can be stopped.
            (Some(busy), Command::Out) if busy.progress.is_some() => {
                busy.stopping = true;
                cx.effects.push(Effect::StopBegun);
            }
            (None, Command::Up) => self.selected = (self.selected + 2) % 3,
            (None, Command::Down) => self.selected = (self.selected + 1) % 3,
            (None, Command::Enter) => match self.selected {
                0 => self.begin(Choice::Demo, cx.effects),
                1 => {
                    let prompt = Prompt::new("new store:", "a file that does not exist yet", "backstory.db");
                    cx.open(prompt.then(|cx, file| begin(cx, Choice::Create(PathBuf::from(file)))));
                }
                _ => {
                    let example =
                        "FILE or FOLDER; with a mapping behind it a store is made here: log.zip servicenow";
                    cx.open(
                        Prompt::new("open:", example, "")
                            .about("sources")
                            .then(|cx, text| begin(cx, log(text))),
                    );
                }
            },
            _ => {}
        }
    }

    fn click(&mut self, cx: &mut Cx, _x: u16, y: u16) {
        if let Some(offer) = offer_at(cx.area(), y).filter(|_| self.busy.is_none()) {
            self.selected = offer;
            self.command(cx, Command::Enter);
        }
    }

    fn stays_visible(&self) -> bool {
        true
    }

    fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        let theme = &model.look.theme;
        let width = 96.min(screen.width.saturating_sub(2));
        let column = Rect { x: (screen.width - width) / 2, width, ..screen };
        let (first, each) = rows(screen);
        put(buffer, column, first - 3, &Line::from(span("backstory", theme.title)));
        let question = "How did this record get here? There is no store here yet.";
        put_all(buffer, column, first - 2, wrapped(question, width.into(), 2, theme.dim));
        for (i, (name, about)) in OFFERS.iter().enumerate() {
            let y = first + each * i as u16;
            let chosen = self.selected == i && self.busy.is_none();
            let sign = if chosen { model.look.glyphs.selected } else { ' ' };
            let style = if chosen { theme.selected } else { theme.text };
            let mut line = vec![span(format!("{sign} "), theme.hotkey), span(format!(" {name:<18}"), style)];
            if screen.width >= WIDE {
                line.push(span(format!("  {about}"), theme.dim));
            } else {
                let below = Rect { x: column.x + 3, width: width.saturating_sub(3), ..column };
                let lines = wrapped(about, usize::from(width) - 4, 2, theme.dim);
                put_all(buffer, below, y + 1, lines.take(usize::from(each - 1)));
            }
            put(buffer, column, y, &Line::from(line));
        }
        let row = first + each * OFFERS.len() as u16;
        let bottom = screen.height - 1;
        if let Some(error) = &self.failed {
            // All of it is shown, over the offers where there is no room below them.
            let lines = why(model, error, width);
            let y = row.min(bottom.saturating_sub(lines.len() as u16));
            let below = Rect { y, height: bottom.saturating_sub(y), ..column };
            Clear.render(below, buffer);
            put_all(buffer, below, 0, lines);
        }
        if let Some(busy) = &self.busy {
            put(buffer, column, row, &Line::from(span(busy.what.clone(), theme.warning)));
            if let Some(progress) = busy.progress {
                put(buffer, column, row + 1, &Line::from(span(how_far(progress), theme.text)));
                let hint = if busy.stopping { "stopping …" } else { "Esc stops it" };
                put(buffer, column, row + 2, &Line::from(span(hint, theme.dim)));
            }
        }
        footer::draw(model, Rect { y: bottom, height: 1, ..screen }, buffer);
    }
}

impl Start {
    /// Has it done, and says so meanwhile.
    fn begin(&mut self, choice: Choice, effects: &mut Vec<Effect>) {
        let what = match &choice {
            Choice::Demo => "building the demo store …".into(),
            Choice::Create(path) => format!("making {} …", path.display()),
            Choice::Log(path, _) => format!("opening {} …", path.display()),
        };
        (self.busy, self.failed) = (Some(Busy { what, progress: None, stopping: false }), None);
        effects.push(Effect::Begin(choice));
    }

    /// How far it is.
    pub fn progress(&mut self, progress: ImportProgress) {
        if let Some(busy) = &mut self.busy {
            busy.progress = Some(progress);
        }
    }

    /// It could not be done.
    pub fn fail(&mut self, error: Error) {
        (self.busy, self.failed) = (None, Some(error));
    }
}

fn begin(cx: &mut Cx, choice: Choice) {
    if let Some(start) = cx.model.screen_mut::<Start>() {
        start.begin(choice, cx.effects);
    }
}

/// The log to open, and a mapping where one is named behind it.
fn log(text: &str) -> Choice {
    match text.rsplit_once(' ') {
        Some((file, mapping)) if !PathBuf::from(text).exists() => {
            Choice::Log(PathBuf::from(file.trim()), Some(mapping.to_owned()))
        }
        _ => Choice::Log(PathBuf::from(text), None),
    }
}

/// The screen line of the first offer, and how many lines each takes.
fn rows(screen: Rect) -> (u16, u16) {
    match (screen.width >= WIDE, screen.height >= 20) {
        (true, _) => (screen.height / 3 + 3, 2),
        (false, true) => (screen.height / 4 + 3, 4),
        (false, false) => (4, 2),
    }
}

/// The offer at a screen line.
fn offer_at(screen: Rect, y: u16) -> Option<usize> {
    let (first, each) = rows(screen);
    let i = usize::from(y.checked_sub(first)? / each);
    (i < OFFERS.len()).then_some(i)
}

/// What an import has done, and how much of it.
fn how_far(progress: ImportProgress) -> String {
    let percent = percent(progress);
    match progress {
        ImportProgress::Staging(at) => {
            let word = match at.phase {
                Phase::Reading => "read",
                Phase::Comparing => "read, comparing them",
                Phase::Sorting => "read, putting them in order",
            };
            format!("{percent:>3}%  {} records {word}", count(at.records as i64))
        }
        ImportProgress::Appending(done, total) => {
            let (done_text, total_text) = (count(done as i64), count(total as i64));
            format!("{percent:>3}%  {done_text} of {total_text} events appended")
        }
        ImportProgress::Folding(done, total) => {
            let (done, total) = (count(done as i64), count(total as i64));
            format!("{percent:>3}%  {done} of {total} things folded")
        }
    }
}
