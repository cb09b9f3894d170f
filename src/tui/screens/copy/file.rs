//! The last step before a case, a page or a test is written: the file's name, what goes in, what looks like a secret or
//! personal data, what is left out. Then it says where the file lies, and what opens it.
//!
//! ```text
//! ╭ Write a case of Task/42 v4 ──────────────────────────────────────╮
//! │ file     Task-42-v4.case▏                                        │
//! │ redact   assignee, $meta.actor                                   │
//! │                                                                  │
//! │ goes in  4 events of 1 record, 2 notes and waypoints             │
//! │ left out 114 events: of these only the places are kept           │
//! │ LOOKS LIKE A SECRET OR PERSONAL DATA                             │
//! │   created_by  personal data  1                                   │
//! ╰──────────────────────────────────────────────────────────────────╯
//! ```

mod draw;

use std::path::{Path, PathBuf};

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::error::{Error, Result};
use crate::session::{Handed, Matter, Shape, View};
use crate::tui::action::Command;
use crate::tui::effect::Effect;
use crate::tui::keys::Context;
use crate::tui::model::Model;
use crate::tui::model::typed::Typed;
use crate::tui::paint::popup_area;
use crate::tui::question::{Lane, Part, Slot};
use crate::tui::screen::{Cx, Screen};
use crate::tui::text::quoted;

/// So many names are tried for a file that is not there yet.
const NAMES: usize = 100;

/// What can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A case.
    Case,
    /// An HTML page.
    Page,
    /// A test.
    Test,
}

impl Kind {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Page => "page",
            Self::Test => "test",
        }
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Page => "html",
            Self::Test => "toml",
        }
    }
}

/// What was looked at: plain JSON or not, and what is replaced.
type Of = (bool, Vec<String>);

/// What would be written.
#[derive(Debug)]
struct Looked {
    handed: Handed,
    /// A name of a file that is not there yet.
    free: String,
}

/// What was written.
#[derive(Debug)]
struct Written {
    file: PathBuf,
    handed: Handed,
}

/// The last step.
#[derive(Debug)]
pub struct HandOver {
    kind: Kind,
    matter: Matter,
    /// What it is of, in words.
    of: String,
    /// The name that is proposed.
    name: String,
    file: Typed,
    redact: Typed,
    /// Whether it is written in the second line.
    on_redact: bool,
    /// The command line that opens what is shown.
    link: String,
    view: View,
    looked: Slot<Of, Looked>,
    written: Slot<(), Written>,
}

impl HandOver {
    /// Of something, whose name in words is `of`.
    pub fn new(model: &Model, kind: Kind, matter: Matter, of: &str) -> Self {
        let safe = |c: char| if c.is_alphanumeric() || matches!(c, '.' | '_') { c } else { '-' };
        let stem: String = of.trim_start_matches('#').chars().take(60).map(safe).collect();
        let name = format!("{}.{}", stem.trim_matches(['-', '.']), kind.ending());
        Self {
            kind,
            matter,
            of: of.to_owned(),
            file: Typed::line(&name),
            name,
            redact: Typed::line(""),
            on_redact: false,
            link: model.link(),
            view: model.view(),
            looked: Slot::default(),
            written: Slot::default(),
        }
    }

    fn path(&self) -> PathBuf {
        PathBuf::from(self.file.text().trim())
    }

    /// What is replaced.
    fn redacted(&self) -> Vec<String> {
        let text = self.redact.text();
        text.split(',').map(str::trim).filter(|path| !path.is_empty()).map(str::to_owned).collect()
    }

    fn asks(&self) -> Of {
        (self.is_json(), if self.kind == Kind::Case { self.redacted() } else { Vec::new() })
    }

    fn is_json(&self) -> bool {
        self.kind == Kind::Test && self.path().extension().is_some_and(|ending| ending == "json")
    }

    fn shape(&self) -> Shape {
        match self.kind {
            Kind::Case => Shape::Case(self.redacted(), Some(self.view.clone())),
            Kind::Page => Shape::Page(self.link.clone()),
            Kind::Test => Shape::Test(None, self.is_json()),
        }
    }

    fn look(&mut self, cx: &mut Cx) {
        let (matter, shape, actor) = (self.matter.clone(), self.shape(), cx.model.actor.clone());
        let name = self.name.clone();
        let of = self.asks();
        cx.ask(&mut self.looked, Lane::Long, of, move |session, run| {
            let free = free(&name);
            let wanted = &mut |_, _| run.is_wanted();
            let handed = session.hand((&matter, &shape), (Path::new(&free), false), &actor, wanted)?;
            Ok(Part::Whole(Looked { handed, free }))
        });
    }

    fn write(&mut self, cx: &mut Cx) {
        if self.looked.answer_to(&self.asks()).is_none() || self.written.waits() {
            let told = self.looked.failed().map_or("it is still being looked at", Error::message).to_owned();
            return cx.model.tell(told);
        }
        if self.file.text().trim().is_empty() {
            return cx.model.tell("the file needs a name");
        }
        let (matter, shape, actor, file) =
            (self.matter.clone(), self.shape(), cx.model.actor.clone(), self.path());
        let asked = self.written.ask(&cx.model.branch, Lane::Long, (), move |session, run| {
            let wanted = &mut |_, _| run.is_wanted();
            let handed = session.hand((&matter, &shape), (&file, true), &actor, wanted)?;
            let file = std::path::absolute(&file).unwrap_or_else(|_| file.clone());
            Ok(Part::Whole(Written { file, handed }))
        });
        // A link never leaves a file.
        if let Effect::Ask(_, question) = asked {
            cx.effects.push(Effect::HandOver(question));
        }
    }

    /// Puts every field that looks like something into the line of what is replaced.
    fn redact_all(&mut self) {
        let Some(Looked { handed: Handed::Case(written), .. }) = self.looked.answer() else { return };
        let mut all = self.redacted();
        all.extend(written.looks.iter().map(|(path, ..)| path.to_owned()));
        (self.redact, self.on_redact) = (Typed::line(&all.join(", ")), true);
    }

    /// The command line that opens what was written.
    fn opens(&self) -> Option<String> {
        let file = quoted(&self.written.shown()?.file.display().to_string());
        match self.kind {
            Kind::Case => Some(format!("backstory {file}")),
            Kind::Test if !self.is_json() => Some(format!("backstory check {file}")),
            Kind::Page if cfg!(target_os = "macos") => Some(format!("open {file}")),
            Kind::Page => Some(format!("xdg-open {file}")),
            Kind::Test => None,
        }
    }
}

/// The name, or one that is made of it, that no file has where the program runs.
fn free(name: &str) -> String {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let names = std::iter::once(name.to_owned()).chain((2..NAMES).map(|n| format!("{stem}-{n}.{ending}")));
    names.into_iter().find(|name| !Path::new(name).exists()).unwrap_or_else(|| name.to_owned())
}

impl Screen for HandOver {
    fn context(&self) -> Context {
        Context::HandOver
    }

    fn command(&mut self, cx: &mut Cx, command: Command) {
        match command {
            Command::Enter if self.written.shown().is_none() => self.write(cx),
            Command::Up | Command::Down => {
                self.on_redact = self.kind == Kind::Case && !self.on_redact;
            }
            Command::Complete => self.redact_all(),
            _ => cx.close(),
        }
    }

    fn typed(&mut self, cx: &mut Cx, key: KeyEvent) -> Result<()> {
        cx.model.notice = None;
        self.text().map_or(Ok(()), |text| text.key(key))
    }

    fn text(&mut self) -> Option<&mut Typed> {
        let open = self.written.shown().is_none();
        open.then_some(if self.on_redact { &mut self.redact } else { &mut self.file })
    }

    fn wheel(&mut self, _cx: &mut Cx, _by: isize) {}

    fn tick(&mut self, cx: &mut Cx) {
        if self.looked.take_in(&cx.model.branch)
            && let Some(looked) = self.looked.answer()
            && self.file.text() == self.name
        {
            self.name.clone_from(&looked.free);
            self.file = Typed::line(&looked.free);
        }
        if self.written.take_in(&cx.model.branch)
            && let Some(written) = self.written.answer()
        {
            cx.model.done(format!("written: {}", written.file.display()));
        }
        let of = self.asks();
        if !self.looked.is_asked(&cx.model.branch, &of) && self.written.shown().is_none() {
            self.look(cx);
        }
    }

    fn hands_over(&self) -> bool {
        true
    }

    fn failed(&self) -> Option<&Error> {
        self.written.failed().or(self.looked.failed())
    }

    fn copied(&self, _model: &Model) -> Option<(String, &'static str, String)> {
        Some(("the command line".to_owned(), "sh", self.opens()?))
    }

    fn closable(&self, model: &Model, screen: Rect) -> Option<Rect> {
        let (width, height) = self.size(model, screen);
        Some(popup_area(width, height, screen))
    }

    fn page(&self) -> Option<&'static str> {
        Some("handing-over")
    }

    fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        self.draw_box(model, screen, buffer);
    }
}
