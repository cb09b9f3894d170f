//! The list of jobs, over the whole screen: how far each is, and of the selected one everything.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::{full, put, span, waiting};
use crate::session::{JobInfo, JobState};
use crate::tui::model::Model;
use crate::tui::model::jobs::Jobs;
use crate::tui::text::{count, cut, pad, wrap};
use crate::tui::update::jobs::{DETAIL, height};

/// Draws it above the last line.
pub fn draw(model: &Model, jobs: &Jobs, screen: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let which = if jobs.failed { "only those that failed" } else { "the newest first" };
    let held: i64 = model.labour.held.iter().map(|domain| domain.waiting).sum();
    let held =
        if held == 0 { String::new() } else { format!("  {} held until you consent (c)", count(held)) };
    let inner = full(model, format!(" Jobs  {which}{held} "), screen, buffer);
    let room = usize::from(inner.width);
    let rows = match &jobs.rows {
        None => return waiting(model, "reading …", inner, 1, buffer),
        Some(rows) if rows.is_empty() => {
            let text = if jobs.failed { " no job failed" } else { " no reactor asked for anything yet" };
            return put(buffer, inner, 1, &Line::from(span(text, theme.dim)));
        }
        Some(rows) => rows,
    };
    let height = height(model);
    let names = rows.iter().map(|info| info.job.reactor.chars().count()).max().unwrap_or(0).clamp(7, 24);
    let head = format!(" {:>6}  {}  {}  {:>5}  for", "job", pad("state", 8), pad("reactor", names), "tries");
    put(buffer, inner, 0, &Line::from(span(cut(&head, room), theme.dim)));
    for (i, info) in rows.iter().enumerate().skip(jobs.scroll.top).take(height) {
        let y = (i - jobs.scroll.top) as u16 + 1;
        put(buffer, inner, y, &row(model, info, names, room));
        if i == jobs.scroll.selected {
            buffer.set_style(Rect { y: inner.y + y, height: 1, ..inner }, theme.selected);
        }
    }
    if let Some(info) = jobs.selected() {
        let area = Rect { y: inner.y + inner.height.saturating_sub(DETAIL), height: DETAIL, ..inner };
        for (y, line) in detail(model, info, room).iter().take(usize::from(DETAIL)).enumerate() {
            put(buffer, area, y as u16, line);
        }
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

/// The word for a state.
pub fn word(state: JobState) -> &'static str {
    if state == JobState::Dead { "failed" } else { state.name() }
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
