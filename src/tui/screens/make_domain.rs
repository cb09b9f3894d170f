//! Making a domain where there is none: a first one from what the log shows is asked about, taken into use, and opened
//! in the rule lab.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::error::Error;
use crate::session::{Session, Survey};
use crate::tui::action::Command;
use crate::tui::effect::{Effect, Write};
use crate::tui::keys::Context;
use crate::tui::model::Model;
use crate::tui::paint::{buttons, failure, popup, popup_area, put, span, wrapped};
use crate::tui::question::{Lane, Pace, Slot};
use crate::tui::screen::{Cx, Screen};
use crate::tui::text::{count, many};
use crate::tui::update::branches::read_only;

/// How many events are looked at before it is asked whether that is still wanted.
const SLICE: usize = 2_000;
/// The columns and the lines of its box.
const SIZE: (u16, u16) = (76, 14);

/// What the log shows, as a domain.
#[derive(Debug)]
struct Sketch {
    /// The text of the domain in use.
    was: String,
    /// The first domain.
    source: String,
    types: usize,
    events: usize,
    /// How many events were looked at, and how many there are.
    progress: (u64, u64),
    whole: bool,
}

/// The question whether it is to be made.
#[derive(Debug, Default)]
pub struct MakeDomain {
    sketch: Slot<(), Sketch>,
    /// Whether the button that makes it is chosen.
    yes: bool,
    sent: bool,
}

impl MakeDomain {
    /// Opens it.
    pub fn open(model: &mut Model) {
        match read_only(model) {
            Some(error) => model.fail(error),
            None => model.open(Self::default()),
        }
    }

    fn look(&mut self, cx: &mut Cx) {
        let mut pace = Pace::default();
        let begin = |session: &mut Session| session.survey();
        let branch = &cx.model.branch;
        let ask = self.sketch.ask_begun(branch, Lane::Long, (), begin, move |survey, session, _| {
            session.survey_more(survey, SLICE)?;
            let made = sketch(session, survey)?;
            Ok(pace.part(made.whole, || made))
        });
        cx.effects.push(ask);
    }

    fn ready(&self) -> Option<&Sketch> {
        self.sketch.shown().filter(|sketch| sketch.whole)
    }
}

fn sketch(session: &mut Session, survey: &Survey) -> crate::error::Result<Sketch> {
    let (was, source) = session.first_domain(survey)?;
    let seen = survey.catalogue();
    let aggregates = || seen.aggregates.iter().filter(|aggregate| aggregate.seen.is_some());
    let events = aggregates().flat_map(|aggregate| &aggregate.events).count();
    let (progress, whole) = ((survey.done(), survey.of()), survey.is_whole());
    Ok(Sketch { was, source, types: aggregates().count(), events, progress, whole })
}

impl Screen for MakeDomain {
    fn context(&self) -> Context {
        Context::Confirm
    }

    fn command(&mut self, cx: &mut Cx, command: Command) {
        match (command, self.ready()) {
            _ if self.sent => {}
            (Command::Down, Some(_)) => self.yes = !self.yes,
            (Command::Enter, Some(sketch)) if self.yes => {
                let (was, source) = (sketch.was.as_str().into(), sketch.source.as_str().into());
                let told = "the store has a first domain".to_owned();
                cx.effects.push(Effect::Write(Write::Domain { was, source, told }));
                self.sent = true;
            }
            _ => cx.close(),
        }
    }

    fn wheel(&mut self, _cx: &mut Cx, _by: isize) {}

    fn tick(&mut self, cx: &mut Cx) {
        self.sketch.take_in(&cx.model.branch);
        if self.sketch.asked().is_none() {
            self.look(cx);
        }
    }

    fn closable(&self, _model: &Model, screen: Rect) -> Option<Rect> {
        Some(popup_area(SIZE.0, SIZE.1, screen))
    }

    fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        let theme = &model.look.theme;
        let inner = popup(model, "Make a domain?", SIZE.0, SIZE.1, screen, buffer);
        let room = usize::from(inner.width);
        let line = |text: String| wrapped(&text, room, 3, theme.text).collect::<Vec<_>>();
        let lines = match (self.sketch.failed(), self.sketch.shown()) {
            (Some(error), _) => return failure(model, error, inner, 0, buffer),
            (None, None) => line("reading the log …".to_owned()),
            (None, Some(sketch)) if !sketch.whole => {
                let (done, of) = sketch.progress;
                line(format!("reading the log: {} of {} events …", count(done as i64), count(of as i64)))
            }
            (None, Some(sketch)) => [
                format!(
                    "It declares what the log shows: {}, {} with their data.",
                    many(sketch.types as i64, "aggregate type"),
                    many(sketch.events as i64, "event type")
                ),
                String::new(),
                "Its rules do what is done without any, so no state becomes another one. The rule of the event at \
                 the cursor then opens in the rule lab, to be tried and changed."
                    .to_owned(),
                String::new(),
                "It can be written to a file there, and edited: backstory domain set FILE takes it into use."
                    .to_owned(),
            ]
            .into_iter()
            .flat_map(|text| if text.is_empty() { vec![Line::default()] } else { line(text) })
            .collect(),
        };
        for (y, text) in lines.iter().enumerate() {
            put(buffer, inner, y as u16, text);
        }
        let last = inner.height.saturating_sub(2);
        if self.sent {
            put(buffer, inner, last, &Line::from(span("taking it into use …", theme.warning)));
        } else if self.ready().is_some() {
            put(buffer, inner, last, &buttons(model, "Make it", self.yes));
        }
    }

    fn failed(&self) -> Option<&Error> {
        self.sketch.failed()
    }
}
