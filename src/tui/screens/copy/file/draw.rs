//! How the last step before a file is written is drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{HandOver, Kind};
use crate::session::{CaseWritten, Handed, Looks, Matter, Page, ScenarioFile};
use crate::tui::field::field;
use crate::tui::model::Model;
use crate::tui::model::typed::Typed;
use crate::tui::paint::{popup, put, put_all, span, why, wrapped};
use crate::tui::text::{many, pad, wrap};

/// The columns of its box.
const WIDTH: u16 = 78;

/// How many fields are named that look like something.
const LOOKS: usize = 8;

/// How wide the names of the lines are.
const NAMES: usize = 9;

impl HandOver {
    pub(super) fn size(&self, model: &Model, screen: Rect) -> (u16, u16) {
        let room = usize::from(WIDTH.min(screen.width.saturating_sub(2))).saturating_sub(4);
        let fields = if self.kind == Kind::Case { 2 } else { 1 };
        (WIDTH, self.lines(model, room).len() as u16 + fields + 3)
    }

    pub(super) fn draw_box(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        let (w, h) = self.size(model, screen);
        let title = format!("Write a {} of {}", self.kind.name(), self.of);
        let inner = popup(model, &title, w, h, screen, buffer);
        let typing = self.written.shown().is_none();
        let draw = |row: u16, name: &str, input: &Typed, focused: bool, buffer: &mut Buffer| {
            let theme = &model.look.theme;
            let style = if focused { theme.title } else { theme.dim };
            put(buffer, inner, row, &Line::from(span(pad(name, NAMES), style)));
            let (x, width) = (inner.x + NAMES as u16, inner.width.saturating_sub(NAMES as u16));
            let area = Rect { x, y: inner.y + row, width, height: 1.min(inner.height) };
            field(input, area, theme.text, focused, buffer);
        };
        draw(0, "file", &self.file, typing && !self.on_redact, buffer);
        let mut row = 1;
        if self.kind == Kind::Case {
            draw(1, "redact", &self.redact, typing && self.on_redact, buffer);
            row = 2;
        }
        put_all(buffer, inner, row + 1, self.lines(model, inner.width.into()));
    }

    /// What stands below the fields.
    fn lines(&self, model: &Model, room: usize) -> Vec<Line<'static>> {
        let theme = &model.look.theme;
        if let Some(error) = self.written.failed().or(self.looked.failed()) {
            return why(model, error, room as u16);
        }
        let named = |name: &str, text: &str| {
            let lines = wrap(text, room.saturating_sub(NAMES), 4).into_iter().enumerate();
            let name = name.to_owned();
            lines.map(move |(i, line)| {
                let name = if i == 0 { name.as_str() } else { "" };
                Line::from(vec![span(pad(name, NAMES), theme.dim), span(line, theme.text)])
            })
        };
        if let Some(written) = self.written.shown() {
            let mut lines: Vec<_> = named("written", &written.file.display().to_string()).collect();
            if let Handed::Test(_, Some(beside)) = &written.handed {
                lines.extend(named("and", &beside.display().to_string()));
            }
            lines.extend(self.opens().iter().flat_map(|opens| named("opens by", opens)));
            return lines;
        }
        if self.written.waits() {
            return vec![Line::from(span("writing …", theme.dim))];
        }
        let Some(looked) = self.looked.shown() else {
            return vec![Line::from(span("looking at what goes in …", theme.dim))];
        };
        let mut lines: Vec<Line> = Vec::new();
        for (name, text) in self.parts(&looked.handed) {
            lines.extend(named(name, &text));
        }
        lines.push(Line::default());
        lines.extend(self.looks(model, &looked.handed, room));
        lines
    }

    /// What goes in, and what is left out.
    fn parts(&self, handed: &Handed) -> Vec<(&'static str, String)> {
        match handed {
            Handed::Case(case) => of_case(case),
            Handed::Page(page) => self.of_page(page),
            Handed::Test(tests, beside) => of_test(tests, beside.is_some()),
        }
    }

    fn of_page(&self, page: &Page) -> Vec<(&'static str, String)> {
        let shown = page.shown as i64;
        let goes_in = match &self.matter {
            Matter::Diff(..) => many(shown, "difference"),
            Matter::Report(_) => many(shown, "row"),
            Matter::Race(..) => format!("the race, {} and what they come to", many(shown, "order")),
            _ => format!("the whole history, {}, the slider at what is shown", many(shown, "event")),
        };
        let left_out = match page.left_out {
            Some(0) => "everything else".to_owned(),
            Some(more) => format!("everything else, and {more} more of these"),
            None => "everything else, and what does not fit on a page".to_owned(),
        };
        vec![("goes in", format!("{goes_in}; {} KB", page.html.len().div_ceil(1000))), ("left out", left_out)]
    }

    fn looks(&self, model: &Model, handed: &Handed, room: usize) -> Vec<Line<'static>> {
        let theme = &model.look.theme;
        let looks = match handed {
            Handed::Case(case) => case.looks.clone(),
            Handed::Page(page) => page.looks.clone(),
            Handed::Test(tests, _) => tests.looks(),
        };
        let none = looks == Looks::default();
        let head = if none {
            "no field looks like a secret or personal data; that is a guess"
        } else {
            "LOOKS LIKE A SECRET OR PERSONAL DATA"
        };
        let mut lines = vec![Line::from(span(head, if none { theme.dim } else { theme.warning }))];
        let all: Vec<_> = looks.iter().collect();
        for (path, what, count) in all.iter().take(LOOKS) {
            let text = format!("  {}  {what}, {}", pad(path, 40), many(*count as i64, "time"));
            lines.push(Line::from(span(text, theme.text)));
        }
        if all.len() > LOOKS {
            lines.push(Line::from(span(format!("  and {} more", all.len() - LOOKS), theme.text)));
        }
        let advice = match self.kind {
            _ if none => "",
            Kind::Case => "^r puts all of these into redact: each value becomes a token",
            Kind::Page | Kind::Test => {
                "Nothing is replaced here: to redact, write a case, open it, and write this from there"
            }
        };
        lines.extend(wrapped(advice, room, 2, theme.dim));
        lines
    }
}

fn of_case(case: &CaseWritten) -> Vec<(&'static str, String)> {
    let records = many(case.records as i64, "record");
    let mut parts = vec![
        (
            "goes in",
            format!(
                "{} of {records}, {}, the domain, this view",
                many(case.events, "event"),
                match case.beside {
                    1 => "one waypoint or note".to_owned(),
                    beside => format!("{beside} waypoints and notes"),
                }
            ),
        ),
        (
            "left out",
            match case.left_out {
                0 => "nothing up to here; what came later".to_owned(),
                more => {
                    format!("{}, of which only the places are kept; what came later", many(more, "event"))
                }
            },
        ),
    ];
    if case.replaced > 0 {
        let values = many(case.replaced as i64, "value");
        parts.push(("replaced", format!("{values}; the hashes are made anew, and prove nothing any more")));
    }
    if !case.still.is_empty() {
        let places: Vec<_> = case.still.iter().map(|(path, count)| format!("{path} ({count})")).collect();
        parts.push(("still in", places.join(", ")));
    }
    parts
}

fn of_test(tests: &ScenarioFile, beside: bool) -> Vec<(&'static str, String)> {
    let mut parts: Vec<(&'static str, String)> = Vec::new();
    for (i, scenario) in tests.scenario.iter().take(LOOKS).enumerate() {
        let differs = if scenario.row.is_none() { "; run now, it comes to something else" } else { "" };
        let text = format!("{}, {}{differs}", scenario.name, many(scenario.steps.len() as i64, "step"));
        parts.push((if i == 0 { "goes in" } else { "" }, text));
    }
    if tests.scenario.len() > LOOKS {
        parts.push(("", format!("and {} more", tests.scenario.len() - LOOKS)));
    }
    if beside {
        parts.push(("beside", "the domain, in a file of its own".to_owned()));
    }
    parts.push(("left out", "what came later, and other records".to_owned()));
    parts
}
