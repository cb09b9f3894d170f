//! Races, the worst first, over the whole screen: of the record that is shown, or of the whole store.
//!
//! ```text
//! ╭ Races  Inc  within 60 s  lost-update 12  edit-war 3 ─── 38 % ────────────╮
//! │! Inc/1675  v8/v9  lost-update  ann·bob  4s  assignee –→bob→ann  the end  │
//! │~ Inc/45    v3/v4  edit-war     cat·ann  22s priority 3→1→3      for 2h   │
//! ╰──────────────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::chips;
use super::offers::Offers;
use crate::error::Error;
use crate::event::distance::{SECOND, distance};
use crate::event::{AggregateId, Position};
use crate::markdown::Table;
use crate::replay::races::{Asked, Kind, Race, Stake, Weight};
use crate::session::{Chip, RacesRequest, Session, race_json};
use crate::tui::action::Command;
use crate::tui::keys::Context;
use crate::tui::model::Model;
use crate::tui::model::chips::Narrowed;
use crate::tui::paint::{chip_line, full, inside, put, span, waiting};
use crate::tui::question::{Lane, Pace, Slot};
use crate::tui::rows::Rows;
use crate::tui::screen::{Cx, Screen};
use crate::tui::text::{count, cut, pad, width, wrap};
use crate::tui::update::{races, search};

/// So many are listed, the worst ones; all are counted.
const LISTED: usize = 5_000;
/// How many lines are kept for the selected one.
const DETAIL: u16 = 3;
/// How far two events of a race may lie apart, in seconds.
const WITHIN: [i64; 8] = [1, 10, 60, 300, 3_600, 21_600, 86_400, 604_800];

/// What was found so far.
#[derive(Clone, Debug, Default)]
struct Found {
    races: Vec<Race>,
    counts: [usize; Kind::ALL.len()],
    done: i64,
    of: i64,
}

impl Found {
    fn take(&mut self, races: Vec<Race>) {
        for race in &races {
            self.counts[race.kind as usize] += 1;
        }
        self.races.extend(races);
        self.races.sort_by_key(Race::rank);
        self.races.truncate(LISTED);
    }
}

/// The list.
#[derive(Debug)]
pub struct Races {
    /// Of which record; of the whole store where none is named.
    of: Option<AggregateId>,
    /// The record that was shown when it was opened.
    here: Option<AggregateId>,
    within: usize,
    found: Slot<Of, Found>,
    rows: Rows,
    /// The lines that the chips take.
    chips: u16,
}

/// What tells one question from another: of which record, how close, and narrowed by what.
type Of = (Option<AggregateId>, usize, Vec<Chip>);

impl Races {
    /// Those of the record that is shown, or of the whole store.
    pub fn open(model: &mut Model) {
        let here = model.cursor.aggregate.clone();
        let of = here.clone().filter(|_| !model.cursor.is_whole());
        let (found, rows) = (Slot::default(), Rows::default());
        model.open(Self { of, here, within: 2, found, rows, chips: 0 });
    }

    /// Whether all that there are were found.
    pub fn is_whole(&self) -> bool {
        self.found.answer().is_some() && !self.found.waits()
    }

    /// Selects the worst race of a kind, where there is one.
    pub fn select(&mut self, kind: &str) {
        let place = self.races().iter().position(|race| race.kind.name() == kind);
        self.rows.selected = place.unwrap_or(self.rows.selected);
    }

    fn races(&self) -> &[Race] {
        self.found.answer().map_or(&[], |found| found.races.as_slice())
    }

    fn selected(&self) -> Option<&Race> {
        self.races().get(self.rows.selected)
    }

    fn ask(&mut self, cx: &mut Cx, of: Of) {
        let (aggregate, chips) = (of.0.clone(), of.2.clone());
        let asked = Asked { within: WITHIN[self.within] * SECOND, ..Asked::default() };
        let request = RacesRequest { aggregate, asked, chips, ..RacesRequest::default() };
        let (mut pace, mut found) = (Pace::default(), Found::default());
        let begin = move |session: &mut Session| session.races(request);
        cx.ask_begun(&mut self.found, Lane::Long, of, begin, move |search, session, _| {
            let page = session.next_races(search)?;
            let whole = page.is_last();
            (found.done, found.of) = (page.done, page.of);
            found.take(page.races);
            Ok(pace.part(whole, || found.clone()))
        });
    }

    /// What the selected race can narrow the others to.
    fn offers(&self, model: &mut Model) {
        let Some(race) = self.selected() else { return };
        let told = race_json(race, &model.branch);
        let fields = ["kind", "aggregate", "weight", "actors", "field"];
        let fields = fields.map(|name| (name, name.to_owned(), &told[name]));
        let title = format!("{} {}", race.aggregate, race.versions());
        Offers::of_row(model, Narrowed::Races, title, &fields);
    }

    /// The rows of the list: above the lines of the selected race, below the chips.
    fn area(&self, screen: Rect) -> Rect {
        inside(screen, self.chips, DETAIL)
    }

    fn title(&self) -> String {
        let of = self.of.as_ref().map_or_else(|| "the whole store".to_owned(), AggregateId::to_string);
        let within = distance(WITHIN[self.within] * SECOND);
        let mut title = format!(" Races  {of}  within {within}");
        if let Some(found) = self.found.answer() {
            for (kind, many) in Kind::ALL.iter().zip(found.counts).filter(|(_, many)| *many > 0) {
                title.push_str(&format!("  {} {}", kind.name(), count(many as i64)));
            }
            if self.found.waits() && found.of > 0 {
                title.push_str(&format!("  {} %", found.done * 100 / found.of));
            }
        }
        title + " "
    }
}

impl Screen for Races {
    fn context(&self) -> Context {
        Context::Races
    }

    fn command(&mut self, cx: &mut Cx, command: Command) {
        match command {
            Command::Enter => {
                let Some(race) = self.selected() else { return };
                races::lab(cx.model, race, WITHIN[self.within] * SECOND);
            }
            Command::WholeStore if self.of.is_some() => self.of = None,
            Command::WholeStore => self.of.clone_from(&self.here),
            Command::ZoomIn => self.within = self.within.saturating_sub(1),
            Command::ZoomOut => self.within = (self.within + 1).min(WITHIN.len() - 1),
            Command::ClockOrder => races::orders(cx.model),
            Command::Offers => self.offers(cx.model),
            Command::Out if self.found.waits() => {
                self.found.stop();
                cx.model.tell("stopped; what was found stays");
            }
            _ if self.moves(cx, command) || chips::command(cx, Narrowed::Races, command) => {}
            _ => cx.close(),
        }
    }

    fn list(&mut self, screen: Rect) -> Option<(&mut Rows, usize, Rect)> {
        let races = self.races().len();
        let area = self.area(screen);
        Some((&mut self.rows, races, area))
    }

    fn tick(&mut self, cx: &mut Cx) {
        self.chips = u16::from(!cx.model.rows.races.all().is_empty());
        if self.found.take_in(&cx.model.branch) {
            search::found_races(cx.model, self.races());
        }
        let of = (self.of.clone(), self.within, cx.model.rows.races.asked());
        if !self.found.is_asked(&cx.model.branch, &of) {
            self.rows = Rows::default();
            self.ask(cx, of);
        }
        self.reveal(cx);
    }

    fn failed(&self) -> Option<&Error> {
        self.found.failed()
    }

    fn position(&self) -> Option<Position> {
        self.selected()?.shows_at().map(|event| event.position)
    }

    fn table(&self, _model: &Model) -> Option<Table> {
        let heads =
            ["weight", "record", "versions", "race", "actors", "apart", "at stake", "lasts", "what it is"];
        let cells = |race: &Race| {
            let apart = if race.events.len() > 1 { race.apart().map(distance) } else { None };
            let stakes: Vec<_> = race.stakes.iter().map(Stake::says).collect();
            vec![
                race.mark().to_string(),
                race.aggregate.to_string(),
                race.versions(),
                race.kind.name().to_owned(),
                race.actors(),
                apart.unwrap_or_default(),
                stakes.join("; "),
                race.lasted(),
                race.note.clone(),
            ]
        };
        Some(Table { rows: self.races().iter().map(cells).collect(), ..Table::of(&heads) })
    }

    fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        let theme = &model.look.theme;
        let title = cut(&self.title(), usize::from(screen.width.saturating_sub(4)));
        let inner = full(model, title, screen, buffer);
        let inner = chip_line(model, Narrowed::Races, inner, buffer);
        let room = usize::from(inner.width);
        if self.races().is_empty() {
            if self.found.waits() {
                return waiting(model, "searching …", inner, 1, buffer);
            }
            let text = if model.rows.races.narrow() {
                " nothing matches; Backspace takes the newest chip away"
            } else {
                " no race was found; - looks further apart"
            };
            return put(buffer, inner, 1, &Line::from(span(text, theme.dim)));
        }
        let longest = |text: &dyn Fn(&Race) -> String, most: usize| {
            self.races().iter().take(500).map(|race| width(&text(race))).max().unwrap_or(0).min(most)
        };
        let columns = (
            if self.of.is_some() { 0 } else { longest(&|race| race.aggregate.to_string(), room / 4) },
            longest(&Race::versions, 14),
            longest(&Race::actors, if room < WIDE { 9 } else { 18 }),
        );
        self.rows.draw(model, self.races().len(), self.area(screen), buffer, |i| {
            row(model, &self.races()[i], columns, room)
        });
        if let Some(race) = self.selected() {
            // Where there is no room in the row, it stands here how long it mattered.
            let lasted = if tells(columns, room) { String::new() } else { format!("{}; ", race.lasted()) };
            let lines = wrap(&format!("{lasted}{}", race.note), room.saturating_sub(2), usize::from(DETAIL));
            let first = inner.height.saturating_sub(DETAIL);
            for (y, line) in (first..).zip(lines) {
                put(buffer, inner, y, &Line::from(span(format!(" {line}"), theme.dim)));
            }
        }
    }
}

/// Narrower than this the names of those who were in it are cut.
const WIDE: usize = 90;

/// Whether a row has room for how long it mattered, behind what was at stake.
fn tells((names, versions, actors): (usize, usize, usize), room: usize) -> bool {
    room >= 70 + names + versions + actors
}

fn row(
    model: &Model,
    race: &Race,
    (names, versions, actors): (usize, usize, usize),
    room: usize,
) -> Line<'static> {
    let theme = &model.look.theme;
    let style = match race.weight {
        Weight::End => theme.error,
        Weight::Meanwhile(_) => theme.warning,
        Weight::Nothing => theme.dim,
    };
    let apart = if race.events.len() > 1 { race.apart().map(distance) } else { None };
    let name =
        if names == 0 { String::new() } else { format!("{}  ", pad(&race.aggregate.to_string(), names)) };
    let mut spans = vec![
        span(format!(" {} ", race.mark()), style),
        span(name, theme.title),
        span(format!("{}  ", pad(&race.versions(), versions)), theme.key),
        span(format!("{}  ", pad(race.kind.name(), 12)), theme.text),
        span(format!("{}  ", pad(&race.actors(), actors)), theme.text),
        span(format!("{}  ", pad(&apart.unwrap_or_default(), 5)), theme.dim),
    ];
    let used: usize = spans.iter().map(|span| width(&span.content)).sum();
    let end = if tells((names, versions, actors), room) { race.lasted() } else { String::new() };
    let stake = race.stakes.first().map_or_else(String::new, Stake::says);
    let left = room.saturating_sub(used + if end.is_empty() { 1 } else { width(&end) + 3 });
    let gap = if end.is_empty() { "" } else { "  " };
    spans.push(span(format!("{}{gap}", pad(&stake, left)), theme.changed));
    spans.push(span(end, style));
    Line::from(spans)
}
