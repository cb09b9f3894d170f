//! The race lab, over the whole screen: the events that overlap, and what each order of them leads to.
//!
//! ```text
//! ╭ Race lab  Inc/1675  kept: actor, command, cause, seen  6 orders, 2 ends ─╮
//! │ ORDER         END  same events       same requests   orders  swap        │
//! │▒as logged▒▒▒▒▒A▒▒▒▒as it happened▒▒▒▒as it happened▒▒▒▒▒▒▒▒4▒▒–▒▒▒▒▒▒▒▒▒▒│
//! │ by occurred   B    ≠ assignee bob    ≠ v9 rejected        –  v8⇄v9       │
//! │ ann  ──●v7────────────●v9                                                │
//! │ bob  ────────●v8──────────────●v10                                       │
//! │ HERE v9 Assigned  assignee bob → ann                                     │
//! ╰──────────────────────────────────────────────────────────────────────────╯
//! ```

mod draw;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use self::draw::{columns, drawable, line};
use crate::error::Error;
use crate::event::distance::{MINUTE, SECOND, distance};
use crate::event::{AggregateId, Position, Version};
use crate::markdown::Table;
use crate::replay::lattice::Keep;
use crate::replay::races::Race;
use crate::session::{Matter, Point, RacePage, RaceRequest, RaceRow, RaceStep, Session, check_invariant};
use crate::tui::action::Command;
use crate::tui::effect::{Effect, Plan, Write};
use crate::tui::keys::Context;
use crate::tui::model::Model;
use crate::tui::paint::{full, inside, put, put_all, span, waiting};
use crate::tui::question::{Lane, Pace, Part, Slot};
use crate::tui::rows::Rows;
use crate::tui::screen::{Cx, Screen};
use crate::tui::screens::prompt::Prompt;
use crate::tui::text::{cut, quoted};
use crate::tui::update::branches::read_only;
use crate::tui::update::races;

/// So many lanes are drawn.
const LANES: usize = 6;
/// So many changes of a step are shown.
const CHANGES: usize = 3;
/// What can be kept, one after the other.
const KEPT: [Keep; 4] = [
    Keep { actor: true, command: true, cause: true, seen: true },
    Keep { actor: false, command: true, cause: true, seen: true },
    Keep { actor: false, command: true, cause: false, seen: false },
    Keep { actor: false, command: false, cause: false, seen: false },
];

/// What tells one question from another: how close, and what is kept.
type Of = (i64, usize, Option<String>);

/// The lab.
#[derive(Debug)]
pub struct RaceLab {
    chosen: Vec<Point>,
    within: i64,
    kept: usize,
    /// What is to hold behind each step.
    invariant: Option<String>,
    page: Slot<Of, RacePage>,
    /// The selected order, step by step.
    walk: Slot<(Of, Vec<usize>), Vec<RaceStep>>,
    /// The selected order as a branch that is to be made.
    plan: Slot<(Of, Vec<usize>), (Plan, String)>,
    rows: Rows,
    /// Which step of the order is looked at, from 0; the last one where there are fewer.
    at: usize,
}

impl RaceLab {
    /// The lab of a race.
    pub fn of(branch: &str, race: &Race, within: i64) -> Self {
        let last = race.shows_at().map_or(1, |event| event.version);
        // What lies far back does not overlap.
        let near = race.events.iter().map(|event| event.version).filter(|version| last - version < 64);
        Self { within, ..Self::at(branch, &race.aggregate, &near.collect::<Vec<_>>()) }
    }

    /// The lab of some versions of a record.
    pub fn at(branch: &str, aggregate: &AggregateId, versions: &[Version]) -> Self {
        let point = |version: &Version| Point::Aggregate {
            branch: branch.to_owned(),
            aggregate: aggregate.clone(),
            version: *version,
            head: *version,
        };
        Self {
            chosen: versions.iter().map(point).collect(),
            within: MINUTE,
            kept: 0,
            invariant: None,
            page: Slot::default(),
            walk: Slot::default(),
            plan: Slot::default(),
            rows: Rows::default(),
            at: usize::MAX,
        }
    }

    /// Whether every order was tried that is to be.
    pub fn is_whole(&self) -> bool {
        self.page.answer().is_some() && !self.page.waits()
    }

    /// Selects an order by its name.
    pub fn select(&mut self, name: &str) {
        let place = self.page().and_then(|page| page.rows.iter().position(|row| row.name == name));
        self.rows.selected = place.unwrap_or(self.rows.selected);
    }

    fn of_page(&self) -> Of {
        (self.within, self.kept, self.invariant.clone())
    }

    fn request(&self) -> RaceRequest {
        let (chosen, keep) = (self.chosen.clone(), KEPT[self.kept]);
        RaceRequest { chosen, within: self.within, keep, invariant: self.invariant.clone() }
    }

    fn page(&self) -> Option<&RacePage> {
        self.page.answer()
    }

    fn selected(&self) -> Option<&RaceRow> {
        self.page()?.rows.get(self.rows.selected)
    }

    /// The order that is walked, and the step that is looked at.
    fn walked(&self) -> Option<(&[RaceStep], usize)> {
        let row = self.selected()?;
        let steps = self.walk.answer_to(&(self.of_page(), row.order.clone()))?;
        Some((steps, self.at.min(steps.len().checked_sub(1)?)))
    }

    fn lanes(&self) -> usize {
        self.page().map_or(0, |page| page.lanes.1.len().min(LANES))
    }

    /// The rows of the orders: below the headings, above lanes and the step that is looked at.
    fn area(&self, screen: Rect) -> Rect {
        inside(screen, 1, (self.lanes() + 3 + CHANGES) as u16)
    }

    fn step(&mut self, by: isize) {
        let last = self.selected().map_or(0, |row| row.order.len().saturating_sub(1));
        self.at = self.at.min(last).saturating_add_signed(by).min(last);
    }

    /// The command line that tries the same orders.
    fn command_line(&self, model: &Model) -> String {
        let branch = self.chosen.first().map_or("", Point::branch);
        let branch = if branch == "main" { String::new() } else { format!(" -b {}", quoted(branch)) };
        let revision = |point: &Point| match point {
            Point::Aggregate { aggregate, version, .. } => quoted(&format!("{aggregate}@{version}")),
            Point::Store { position, .. } => position.to_string(),
        };
        let revisions: Vec<_> = self.chosen.iter().map(revision).collect();
        let kept = match KEPT[self.kept].names().as_slice() {
            [] => "none".to_owned(),
            names => names.join(","),
        };
        let invariant = self.invariant.as_ref();
        let invariant = invariant.map_or_else(String::new, |text| format!(" --invariant {}", quoted(text)));
        format!(
            "backstory -s {}{branch} race {} --within {}ms --keep {kept}{invariant}",
            quoted(&model.store),
            revisions.join(" "),
            self.within / 1_000
        )
    }

    /// Asks what the branch is to be called, once it is known what it would be.
    fn branch(&mut self, cx: &mut Cx) {
        let Some((plan, name)) = self.plan.take() else { return };
        let example = "gets this order; what is there stays as it is, u takes it back";
        let prompt = Prompt::new("new branch:", example, &name).proposed();
        cx.open(prompt.then(move |cx, name| {
            races::leave(cx.model);
            cx.effects.push(Effect::Write(Write::Rewrite(plan.clone(), name.to_owned())));
        }));
    }

    fn ask_plan(&mut self, cx: &mut Cx) {
        if let Some(error) = read_only(cx.model) {
            return cx.model.fail(error);
        }
        let Some(order) = self.selected().map(|row| row.order.clone()) else { return };
        if order.is_sorted() {
            return cx.model.tell("this is the order that the log has: there is nothing to rewrite");
        }
        let (request, of) = (self.request(), (self.of_page(), order.clone()));
        self.plan.forget();
        cx.ask(&mut self.plan, Lane::Long, of, move |session, _| {
            let (rewrite, steps) = session.race_branch(&request, &order)?;
            let name = session.free_branch_name(&format!("{}-reordered", rewrite.branch))?;
            Ok(Part::Whole((Plan { rewrite: rewrite.into(), steps, rules: None }, name)))
        });
    }
}

impl Screen for RaceLab {
    fn context(&self) -> Context {
        Context::Race
    }

    fn command(&mut self, cx: &mut Cx, command: Command) {
        match command {
            Command::StepBack => self.step(-1),
            Command::StepForward => self.step(1),
            Command::NextPane => self.kept = (self.kept + 1) % KEPT.len(),
            Command::PreviousPane => self.kept = (self.kept + KEPT.len() - 1) % KEPT.len(),
            Command::ZoomIn => self.within = (self.within / 2).max(SECOND),
            Command::ZoomOut => self.within = self.within.saturating_mul(2),
            Command::Fork => self.ask_plan(cx),
            Command::JqFilter => {
                let text = self.invariant.clone().unwrap_or_default();
                let record = match self.chosen.first() {
                    Some(Point::Aggregate { aggregate, .. }) => aggregate.to_string(),
                    _ => String::new(),
                };
                cx.open(invariant(&record, &text));
            }
            Command::Enter => {
                let Some(position) = self.position() else { return };
                cx.go_to(position);
                races::leave(cx.model);
            }
            Command::Out if self.page.waits() => {
                self.page.stop();
                cx.model.tell("stopped");
            }
            _ if self.moves(cx, command) => {}
            _ => cx.close(),
        }
    }

    fn list(&mut self, screen: Rect) -> Option<(&mut Rows, usize, Rect)> {
        let (rows, area) = (self.page().map_or(0, |page| page.rows.len()), self.area(screen));
        Some((&mut self.rows, rows, area))
    }

    fn tick(&mut self, cx: &mut Cx) {
        self.page.take_in(&cx.model.branch);
        self.walk.take_in(&cx.model.branch);
        let of = self.of_page();
        if !self.page.is_asked(&cx.model.branch, &of) {
            let (request, mut pace) = (self.request(), Pace::default());
            let begin = move |session: &mut Session| session.race(&request);
            cx.ask_begun(&mut self.page, Lane::Long, of, begin, move |search, _, _| {
                let page = search.go_on()?;
                Ok(pace.part(page.is_last(), || page))
            });
        }
        if let Some(order) = self.selected().map(|row| row.order.clone())
            && !self.walk.is_asked(&cx.model.branch, &(self.of_page(), order.clone()))
        {
            let (request, wanted, of) = (self.request(), order.clone(), self.of_page());
            cx.ask(&mut self.walk, Lane::Long, (of, order), move |session, _| {
                Ok(Part::Whole(session.race(&request)?.walk(&wanted)?))
            });
        }
        if self.plan.take_in(&cx.model.branch) {
            self.branch(cx);
        }
        self.reveal(cx);
    }

    fn copied(&self, model: &Model) -> Option<(String, &'static str, String)> {
        let (page, row) = (self.page()?, self.selected()?);
        let text = format!("{}\n{}", self.command_line(model), page.report(row));
        Some((format!("{} of the lab", row.name), "txt", text))
    }

    fn matter(&self, _model: &Model) -> Option<(Matter, String)> {
        let page = self.page()?;
        let names: Vec<_> = page.records.iter().map(|(name, _)| name.to_string()).collect();
        let of = format!("the race of {}", names.join(", "));
        Some((Matter::Race(page.clone().into(), self.rows.selected), of))
    }

    fn table(&self, _model: &Model) -> Option<Table> {
        let page = self.page()?;
        let cells = |row: &RaceRow| {
            let steps = row.order.iter().map(|step| page.step_name(*step)).collect::<Vec<_>>().join(" ");
            let (events, requests) = (row.events_brief(), row.requests_brief());
            vec![
                row.name.clone(),
                row.end_letter(),
                steps,
                events,
                requests,
                page.orders_of(row),
                page.swap(row),
            ]
        };
        let heads = ["order", "end", "steps", "same events", "same requests", "orders", "swap"];
        Some(Table { rows: page.rows.iter().map(cells).collect(), ..Table::of(&heads) })
    }

    fn failed(&self) -> Option<&Error> {
        self.page.failed().or(self.walk.failed()).or(self.plan.failed())
    }

    fn position(&self) -> Option<Position> {
        let (steps, at) = self.walked()?;
        let page = self.page()?;
        let range = page.steps.get(steps.get(at)?.step)?;
        page.events.get(range.start).map(|event| event.position)
    }

    fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        let summary = self.page().map_or_else(String::new, |page| {
            let names: Vec<_> = page.records.iter().map(|(name, _)| name.to_string()).collect();
            let kept = page.keep.names();
            let kept = if kept.is_empty() { "nothing".to_owned() } else { kept.join(", ") };
            let far = if page.is_last() {
                page.summary()
            } else {
                format!("{} of {} …", page.progress.0, page.progress.1)
            };
            let cut = if page.cut { "  cut" } else { "" };
            format!("{}{cut}  within {}  kept: {kept}  {far}", names.join(", "), distance(self.within))
        });
        let title = cut(&format!(" Race lab  {summary} "), usize::from(screen.width.saturating_sub(4)));
        let inner = full(model, title, screen, buffer);
        let Some(page) = self.page() else { return waiting(model, "trying orders …", inner, 1, buffer) };
        let (theme, area) = (&model.look.theme, self.area(screen));
        let columns = columns(inner.width.into());
        put(
            buffer,
            inner,
            0,
            &Line::from(span(
                line(
                    ["ORDER", "END", "SAME EVENTS", "SAME REQUESTS", "ORDERS", "SWAP"].map(str::to_owned),
                    columns,
                ),
                theme.hotkey,
            )),
        );
        self.rows.draw(model, page.rows.len(), area, buffer, |i| {
            let row = &page.rows[i];
            let cells = [
                row.name.clone(),
                row.end_letter(),
                row.events_brief(),
                row.requests_brief(),
                page.orders_of(row),
                page.swap(row),
            ];
            let style = if row.end == Some(0) { theme.text } else { theme.changed };
            Line::from(span(line(cells.map(|cell| drawable(model, cell)), columns), style))
        });
        let below = Rect { y: area.bottom(), height: inner.bottom().saturating_sub(area.bottom()), ..inner };
        put_all(buffer, below, 0, self.below(model, page, below.width.into()));
    }
}

/// Asks what is to hold behind each step; nothing lets everything hold.
fn invariant(record: &str, text: &str) -> Prompt {
    let example = format!("jq over the records' states: .[\"{record}\"].n >= 0; nothing takes it away");
    let (record, prompt) = (record.to_owned(), Prompt::new("holds |", &example, text).about("history"));
    prompt.or_nothing().then(move |cx, text| {
        let wrong = (!text.trim().is_empty()).then(|| check_invariant(text).err()).flatten();
        if let Some(error) = wrong {
            cx.open(invariant(&record, text));
            return cx.model.fail(error);
        }
        if let Some(lab) = cx.model.screen_mut::<RaceLab>() {
            lab.invariant = (!text.trim().is_empty()).then(|| text.to_owned());
        }
    })
}
