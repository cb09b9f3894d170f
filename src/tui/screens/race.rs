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

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::error::Error;
use crate::event::Position;
use crate::event::distance::{SECOND, distance};
use crate::replay::lattice::Keep;
use crate::replay::races::Race;
use crate::session::{Point, RacePage, RaceRequest, RaceRow, RaceStep, Session};
use crate::tui::action::Command;
use crate::tui::effect::{Effect, Plan, Write};
use crate::tui::keys::Context;
use crate::tui::model::Model;
use crate::tui::paint::{change, full, inside, put, put_all, span, waiting};
use crate::tui::question::{Lane, Pace, Part, Slot};
use crate::tui::rows::Rows;
use crate::tui::screen::{Cx, Screen};
use crate::tui::screens::prompt::Prompt;
use crate::tui::text::{cut, pad, width};
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
type Of = (i64, usize);

/// The lab.
#[derive(Debug)]
pub struct RaceLab {
    chosen: Vec<Point>,
    within: i64,
    kept: usize,
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
        let point = |version| Point::Aggregate {
            branch: branch.to_owned(),
            aggregate: race.aggregate.clone(),
            version,
            head: version,
        };
        let last = race.shows_at().map_or(1, |event| event.version);
        // What lies far back does not overlap.
        let near = race.events.iter().map(|event| event.version).filter(|version| last - version < 64);
        let chosen = near.map(point).collect();
        let (page, walk, plan) = (Slot::default(), Slot::default(), Slot::default());
        Self { chosen, within, kept: 0, page, walk, plan, rows: Rows::default(), at: usize::MAX }
    }

    fn of_page(&self) -> Of {
        (self.within, self.kept)
    }

    fn request(&self) -> RaceRequest {
        let (chosen, keep) = (self.chosen.clone(), KEPT[self.kept]);
        RaceRequest { chosen, within: self.within, keep, invariant: None }
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
            && !self.walk.is_asked(&cx.model.branch, &(of, order.clone()))
        {
            let (request, wanted) = (self.request(), order.clone());
            cx.ask(&mut self.walk, Lane::Long, (of, order), move |session, _| {
                Ok(Part::Whole(session.race(&request)?.walk(&wanted)?))
            });
        }
        if self.plan.take_in(&cx.model.branch) {
            self.branch(cx);
        }
        self.reveal(cx);
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

/// A text of the session, with signs that the terminal has.
fn drawable(model: &Model, text: String) -> String {
    if !model.look.glyphs.event.is_ascii() {
        return text;
    }
    [("⇄", "<>"), ("≠", "!="), ("–", "-"), ("…", "~")]
        .iter()
        .fold(text, |text, (sign, plain)| text.replace(sign, plain))
}

/// The columns of the two answers, by the room.
fn columns(room: usize) -> usize {
    (room.saturating_sub(14 + 4 + 12 + 14) / 2).clamp(12, 40)
}

fn line([name, end, events, requests, orders, swap]: [String; 6], column: usize) -> String {
    let cell = |text: &str| pad(&cut(text, column - 1), column);
    format!(
        " {} {} {}{} {:>10}  {swap}",
        pad(&cut(&name, 13), 13),
        pad(&end, 3),
        cell(&events),
        cell(&requests),
        cut(&orders, 10)
    )
}

impl RaceLab {
    /// The lanes of the order that is walked, and the step that is looked at.
    fn below(&self, model: &Model, page: &RacePage, room: usize) -> Vec<Line<'static>> {
        let theme = &model.look.theme;
        let Some((steps, at)) = self.walked() else { return Vec::new() };
        let mut lines = vec![Line::default()];
        lines.extend(lanes(model, page, steps, at, room));
        let (step, place) = (&steps[at], at + 1);
        let range = page.steps.get(step.step).cloned().unwrap_or_default();
        let kinds: Vec<_> = page.events[range].iter().map(|event| event.kind.clone()).collect();
        let here =
            format!(" HERE {place}/{} {} {}  ", steps.len(), page.step_name(step.step), kinds.join(", "));
        let how = match step.fate.how.more() {
            Some(more) => format!("decided again: {}: {more}", step.fate.how.name()),
            None => step.fate.how.name().to_owned(),
        };
        let how_style = if step.fate.how.is_as_recorded() { theme.dim } else { theme.warning };
        let used = width(&here);
        lines.push(Line::from(vec![
            span(here, theme.hotkey),
            span(cut(&how, room.saturating_sub(used)), how_style),
        ]));
        let same = step.changes[0] == step.changes[1];
        for (what, changes) in [("events", &step.changes[0]), ("requests", &step.changes[1])] {
            if same && what == "requests" {
                continue;
            }
            let what = if same { "" } else { what };
            for one in changes.iter().take(if same { CHANGES } else { 1 }) {
                let path = pad(&one.dotted(), 20.min(room / 3));
                let mut spans = vec![span(format!(" {}", pad(what, 9)), theme.dim)];
                spans.extend(change(model, one, &path, room.saturating_sub(10)));
                lines.push(Line::from(spans));
            }
        }
        lines
    }
}

/// A line for each actor, with the steps of the order where they stand in it; the one that is looked at is in the middle, if all do
/// not fit.
fn lanes(model: &Model, page: &RacePage, steps: &[RaceStep], at: usize, room: usize) -> Vec<Line<'static>> {
    let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
    let names: Vec<String> =
        page.lanes.1.iter().map(|name| name.clone().unwrap_or_else(|| glyphs.dash.to_string())).collect();
    let column = names.iter().map(|name| width(name)).max().unwrap_or(0).min(12);
    let label = (0..page.steps.len()).map(|step| width(&page.step_name(step))).max().unwrap_or(2).min(16) + 3;
    let fit = (room.saturating_sub(column + 4) / label).max(1);
    let first = at.saturating_sub(fit / 2).min(steps.len().saturating_sub(fit));
    let rule = if glyphs.event.is_ascii() { "-" } else { "─" };
    let lane = |(lane, name): (usize, &String)| {
        let mut spans = vec![span(format!(" {}  ", pad(&cut(name, column), column)), theme.key)];
        for (place, step) in steps.iter().enumerate().skip(first).take(fit) {
            if page.lanes.0.get(step.step) != Some(&lane) {
                spans.push(span(rule.repeat(label), theme.dim));
                continue;
            }
            let text = format!("{}{}", glyphs.event, cut(&page.step_name(step.step), label - 2));
            let style = match (place == at, step.fate.how.is_as_recorded()) {
                (true, _) => theme.selected,
                (false, true) => theme.text,
                (false, false) => theme.warning,
            };
            let rest = rule.repeat(label.saturating_sub(width(&text)));
            spans.extend([span(text, style), Span::styled(rest, theme.dim)]);
        }
        Line::from(spans)
    };
    let mut lines: Vec<_> = names.iter().enumerate().take(LANES).map(lane).collect();
    let more = names.len().saturating_sub(LANES);
    if more > 0
        && let Some(last) = lines.last_mut()
    {
        *last = Line::from(span(format!(" {} more actors", more + 1), theme.dim));
    }
    lines
}
