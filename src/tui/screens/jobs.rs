//! The list of jobs, over the whole screen: how far each is, of the selected one everything, and the question whether
//! what waits may leave the store.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::ask::Ask;
use super::chips;
use super::offers::Offers;
use crate::error::Error;
use crate::event::Position;
use crate::session::{Chip, JobInfo, JobState, Session};
use crate::tui::action::Command;
use crate::tui::effect::{Effect, Write};
use crate::tui::keys::Context;
use crate::tui::model::Model;
use crate::tui::model::chips::Narrowed;
use crate::tui::model::labour::word;
use crate::tui::paint::{chip_line, full, inside, put, span, waiting};
use crate::tui::question::{Lane, Pace, Slot};
use crate::tui::rows::Rows;
use crate::tui::screen::{Cx, Screen};
use crate::tui::text::{count, cut, many, pad, wrap};
use crate::tui::update::branches::read_only;

/// How many jobs are read at once.
const PAGE: usize = 200;

/// How many lines are kept for the selected job.
const DETAIL: u16 = 5;

/// How many of the waiting jobs are named before consent is given.
const NAMED: usize = 5;

/// The list of jobs.
#[derive(Debug)]
pub struct Jobs {
    /// The newest ones: of those that failed only, by which chips, how many, and how often it was told that jobs changed.
    page: Slot<(bool, Vec<Chip>, usize, u64), Vec<JobInfo>>,
    /// Which one is selected.
    pub rows: Rows,
    /// Whether only those are shown that failed.
    failed: bool,
    /// How many are read.
    limit: usize,
    /// The lines that the chips take.
    chips: u16,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { page: Slot::default(), rows: Rows::default(), failed: false, limit: PAGE, chips: 0 }
    }
}

impl Screen for Jobs {
    fn context(&self) -> Context {
        Context::Jobs
    }

    fn command(&mut self, cx: &mut Cx, command: Command) {
        match command {
            Command::Fold => *self = Self { failed: !self.failed, ..Self::default() },
            Command::Offers => self.offers(cx),
            Command::Consent => self.ask(cx),
            Command::Retry | Command::Skip => {
                let Some(id) = self.selected().map(|info| info.job.id) else { return };
                match read_only(cx.model) {
                    Some(error) => cx.model.fail(error),
                    None => cx.effects.push(Effect::Write(Write::Job(id, command == Command::Retry))),
                }
            }
            Command::Enter => self.position().into_iter().for_each(|position| cx.go_to(position)),
            _ if self.moves(cx, command) || chips::command(cx, Narrowed::Jobs, command) => {}
            _ => cx.close(),
        }
    }

    fn list(&mut self, screen: Rect) -> Option<(&mut Rows, usize, Rect)> {
        let jobs = self.jobs().len();
        Some((&mut self.rows, jobs, inside(screen, 1 + self.chips, DETAIL)))
    }

    fn tick(&mut self, cx: &mut Cx) {
        self.chips = u16::from(!cx.model.rows.jobs.all().is_empty());
        let height = usize::from(inside(cx.area(), 1 + self.chips, DETAIL).height);
        let chosen = self.selected().map(|info| info.job.id);
        if self.page.take_in(&cx.model.branch) {
            // The selected job stays selected where it is among them.
            let place = self.jobs().iter().position(|info| Some(info.job.id) == chosen);
            self.rows.selected = place.unwrap_or(self.rows.selected);
            self.reveal(cx);
        }
        let rows = self.jobs().len();
        if rows == self.limit && self.rows.top + 2 * height >= rows {
            self.limit += PAGE;
        }
        let chips = cx.model.rows.jobs.asked();
        let of = (self.failed, chips.clone(), self.limit, cx.model.labour.told);
        if !self.page.is_asked(&cx.model.branch, &of) {
            let (only, limit) = (self.failed.then_some(JobState::Dead), self.limit);
            let lane = if chips.is_empty() { Lane::Now } else { Lane::Long };
            let (mut found, mut pace) = (Vec::new(), Pace::default());
            let begin = move |session: &mut Session| session.search_jobs(&chips, only, limit);
            cx.ask_begun(&mut self.page, lane, of, begin, move |search, session, _| {
                session.find_jobs(search, &mut found)?;
                Ok(pace.part(search.is_whole(), || found.clone()))
            });
        }
    }

    fn failed(&self) -> Option<&Error> {
        self.page.failed()
    }

    fn position(&self) -> Option<Position> {
        self.selected().map(|info| info.job.position)
    }

    fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        let theme = &model.look.theme;
        let which = if self.failed { "only those that failed" } else { "the newest first" };
        let held: i64 = model.labour.held.iter().map(|domain| domain.waiting).sum();
        let held =
            if held == 0 { String::new() } else { format!("  {} held until you consent (c)", count(held)) };
        let inner = full(model, format!(" Jobs  {which}{held} "), screen, buffer);
        let inner = chip_line(model, Narrowed::Jobs, inner, buffer);
        let room = usize::from(inner.width);
        let jobs = match self.page.shown() {
            None => return waiting(model, "reading …", inner, 1, buffer),
            Some(jobs) if jobs.is_empty() => {
                let text = match (model.rows.jobs.narrow(), self.failed) {
                    (true, _) => " nothing matches; Backspace takes the newest chip away",
                    (_, true) => " no job failed",
                    _ => " no reactor asked for anything yet",
                };
                return put(buffer, inner, 1, &Line::from(span(text, theme.dim)));
            }
            Some(jobs) => jobs,
        };
        let names = jobs.iter().map(|info| info.job.reactor.chars().count()).max().unwrap_or(0).clamp(7, 24);
        let (state, reactor) = (pad("state", 8), pad("reactor", names));
        let head = format!(" {:>6}  {state}  {reactor}  {:>5}  for", "job", "tries");
        put(buffer, inner, 0, &Line::from(span(cut(&head, room), theme.dim)));
        self.rows.draw(model, jobs.len(), inside(screen, 1 + self.chips, DETAIL), buffer, |i| {
            row(model, &jobs[i], names, room)
        });
        if let Some(info) = self.selected() {
            let area = Rect { y: inner.y + inner.height.saturating_sub(DETAIL), height: DETAIL, ..inner };
            for (y, line) in detail(model, info, room).iter().take(usize::from(DETAIL)).enumerate() {
                put(buffer, area, y as u16, line);
            }
        }
    }
}

impl Jobs {
    fn jobs(&self) -> &[JobInfo] {
        self.page.shown().map_or(&[], Vec::as_slice)
    }

    /// The selected job.
    fn selected(&self) -> Option<&JobInfo> {
        self.jobs().get(self.rows.selected)
    }

    /// What the selected job can narrow the list to.
    fn offers(&self, cx: &mut Cx) {
        let Some(info) = self.selected() else { return };
        let told = info.json();
        let fields = ["state", "reactor", "event", "aggregate", "branch", "error"];
        let fields = fields.map(|name| (name, name.to_owned(), &told[name]));
        let title = format!("job {}", info.job.id);
        Offers::of_row(cx.model, Narrowed::Jobs, title, &fields);
    }

    /// Asks whether what waits may leave the store; nothing is chosen beforehand.
    fn ask(&self, cx: &mut Cx) {
        let held = cx.model.labour.held.clone();
        if held.is_empty() {
            return cx.model.tell("no job waits for consent");
        }
        let mut lines = Vec::new();
        for domain in &held {
            let many = many(domain.waiting, "job");
            lines.push(format!("{many} of the domain {} would leave the store:", domain.name));
            lines.extend(domain.reactors.iter().map(|(name, effect)| format!("  {name} ({effect})")));
        }
        let waiting: Vec<_> = self.jobs().iter().filter_map(|info| info.leaves.as_ref()).collect();
        if !waiting.is_empty() {
            lines.push(String::new());
            lines.extend(waiting.iter().take(NAMED).map(|leaves| format!("  {leaves}")));
            let more = waiting.len().saturating_sub(NAMED);
            if more > 0 {
                lines.push(format!("  and {more} more in the list"));
            }
        }
        lines.push(String::new());
        lines.push(
            "Allow this, for this store on this machine? Where mail and messages go is said in config.toml of \
             the user's configuration, never in the store."
                .to_owned(),
        );
        let allow = |cx: &mut Cx| cx.effects.push(Effect::Consent(held));
        cx.open(Ask::new("May this leave the store?", lines, "Allow", allow));
    }
}

/// The colour of a state.
pub fn style(model: &Model, state: JobState) -> Style {
    let theme = &model.look.theme;
    match state {
        JobState::Waiting | JobState::Running => theme.changed,
        JobState::Done => theme.added,
        JobState::Dead => theme.error,
        JobState::Skipped => theme.dim,
    }
}

fn row(model: &Model, info: &JobInfo, names: usize, room: usize) -> Line<'static> {
    let (theme, job) = (&model.look.theme, &info.job);
    let about = format!("{} v{}  {}", info.aggregate, info.version, info.event);
    let used = names + 28;
    Line::from(vec![
        span(format!(" {:>6}  ", job.id), theme.dim),
        span(pad(word(job.state), 8), style(model, job.state)),
        span(format!("  {}", pad(&cut(&job.reactor, names), names)), theme.title),
        span(format!("  {:>5}  ", job.tries), theme.text),
        span(cut(&about, room.saturating_sub(used)), theme.text),
    ])
}

fn detail(model: &Model, info: &JobInfo, room: usize) -> Vec<Line<'static>> {
    let (theme, zone, job) = (&model.look.theme, model.look.zone, &info.job);
    let mut head = format!(
        " {} for {} v{} #{} on {}, asked for {}",
        job.reactor,
        info.aggregate,
        info.version,
        count(job.position),
        info.branch,
        zone.full(job.created_at)
    );
    match (job.state, job.ended_at) {
        (JobState::Waiting, _) if job.tries > 0 => {
            head.push_str(&format!(", next try {}", zone.full(job.due)));
        }
        (_, Some(at)) => head.push_str(&format!(", {} {}", word(job.state), zone.full(at))),
        _ => {}
    }
    let mut lines = vec![Line::from(span(cut(&head, room), theme.dim))];
    let leaves = info.leaves.as_ref().map(|leaves| format!("would send {leaves}"));
    for line in leaves.iter().flat_map(|text| wrap(text, room.saturating_sub(3), 3)) {
        lines.push(Line::from(span(format!("   {line}"), theme.warning)));
    }
    for (text, style) in [(&job.error, theme.error), (&job.effect, theme.text)] {
        for line in text.iter().flat_map(|text| wrap(text, room.saturating_sub(3), 3)) {
            lines.push(Line::from(span(format!("   {line}"), style)));
        }
    }
    lines
}
