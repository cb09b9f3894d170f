//! The list of jobs, what the worker for them says, and the question whether what waits may leave the store.

use super::branches::read_only;
use crate::error::Error;
use crate::session::{JobInfo, JobPulse, JobState, Unconsented};
use crate::tui::action::Command;
use crate::tui::effect::{Effect, Read, Write};
use crate::tui::model::jobs::{Jobs, PAGE};
use crate::tui::model::overlay::{Ask, Overlay};
use crate::tui::model::{Model, Notice};
use crate::tui::text::many;
use crate::tui::worker::notice;

/// The rows between the heading and what is said of the selected job.
pub fn height(model: &Model) -> usize {
    usize::from(model.look.size.1.saturating_sub(4 + DETAIL)).max(1)
}

/// How many lines are kept for the selected job.
pub const DETAIL: u16 = 5;

/// How many of the waiting jobs are named before consent is given.
const SHOWN: usize = 5;

/// Opens the list.
pub fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    show(model, false, effects);
}

fn show(model: &mut Model, failed: bool, effects: &mut Vec<Effect>) {
    model.overlays.push(Overlay::Jobs(Box::new(Jobs::new(failed))));
    effects.push(Effect::Read(Read::Jobs(failed, PAGE)));
}

fn shown(model: &mut Model) -> Option<&mut Jobs> {
    model.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::Jobs(jobs) => Some(&mut **jobs),
        _ => None,
    })
}

/// Keys of the list.
pub fn command(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    let height = height(model);
    let page = height as isize - 1;
    let refusal = read_only(model);
    let Some(Overlay::Jobs(jobs)) = model.overlays.last_mut() else { return };
    let rows = jobs.rows.as_ref().map_or(0, Vec::len);
    match command {
        Command::Up => jobs.scroll.step(-1, rows, height),
        Command::Down => jobs.scroll.step(1, rows, height),
        Command::PageUp => jobs.scroll.step(-page, rows, height),
        Command::PageDown => jobs.scroll.step(page, rows, height),
        Command::First => jobs.scroll.step(isize::MIN, rows, height),
        Command::Head => jobs.scroll.step(isize::MAX, rows, height),
        Command::Fold => {
            let failed = !jobs.failed;
            model.overlays.pop();
            return show(model, failed, effects);
        }
        Command::Consent => return ask(model),
        Command::Retry | Command::Skip => {
            let id = jobs.selected().map(|info| info.job.id);
            return match refusal {
                Some(error) => model.fail(error),
                None => {
                    effects.extend(id.map(|id| Effect::Write(Write::Job(id, command == Command::Retry))));
                }
            };
        }
        Command::Enter => {
            let revision = jobs.selected().map(|info| format!("#{}", info.job.position));
            if revision.is_some() {
                model.overlays.pop();
            }
            effects.extend(revision.map(|revision| Effect::Read(Read::Resolve(revision, None))));
            return;
        }
        _ => {
            model.overlays.pop();
            return;
        }
    }
    if jobs.wants_more(height) {
        jobs.limit += PAGE;
        effects.push(Effect::Read(Read::Jobs(jobs.failed, jobs.limit)));
    }
}

/// The jobs came.
pub fn came(model: &mut Model, failed: bool, limit: usize, rows: Vec<JobInfo>) {
    let height = height(model);
    if let Some(jobs) = shown(model).filter(|jobs| (jobs.failed, jobs.limit) == (failed, limit)) {
        jobs.take(rows, height);
    }
}

/// Some job stands otherwise now.
pub fn changed(model: &mut Model, pulse: JobPulse, effects: &mut Vec<Effect>) {
    model.labour.pulse = pulse;
    model.labour.told += 1;
    if let Some(jobs) = shown(model) {
        effects.push(Effect::Read(Read::Jobs(jobs.failed, jobs.limit)));
    }
}

/// A job was tried.
pub fn worked(model: &mut Model, info: &JobInfo) {
    if let Some(text) = notice(info) {
        notify(model, &text);
    } else if info.job.state == JobState::Dead {
        let why = info.job.error.as_deref().unwrap_or("");
        if !matches!(model.notice, Some(Notice::Failed(_))) {
            model.fail(Error::refused(format!("{} failed, see J: {why}", info.job.reactor)));
        }
    }
}

/// Says something that nobody asked for; what failed is not covered by it.
pub fn notify(model: &mut Model, text: &str) {
    if !matches!(model.notice, Some(Notice::Failed(_))) {
        model.tell(text);
    }
}

/// A job was put back, or left undone.
pub fn put(model: &mut Model, info: &JobInfo, effects: &mut Vec<Effect>) {
    let what = if info.job.state == JobState::Skipped { "is skipped" } else { "waits to be done again" };
    model.done(format!("job {}, {}, {what}", info.job.id, info.job.reactor));
    if let Some(jobs) = shown(model) {
        effects.push(Effect::Read(Read::Jobs(jobs.failed, jobs.limit)));
    }
}

/// What waits for consent is another now.
pub fn held(model: &mut Model, held: Vec<Unconsented>, effects: &mut Vec<Effect>) {
    model.labour.held = held;
    if let Some(jobs) = shown(model) {
        effects.push(Effect::Read(Read::Jobs(jobs.failed, jobs.limit)));
    }
}

/// Asks whether what waits may leave the store; nothing is chosen beforehand.
fn ask(model: &mut Model) {
    if model.labour.held.is_empty() {
        return model.tell("no job waits for consent");
    }
    let mut lines = Vec::new();
    for domain in &model.labour.held {
        let many = many(domain.waiting, "job");
        lines.push(format!("{many} of the domain {} would leave the store:", domain.name));
        lines.extend(domain.reactors.iter().map(|(name, effect)| format!("  {name} ({effect})")));
    }
    let jobs = model.overlays.iter().find_map(|overlay| match overlay {
        Overlay::Jobs(jobs) => jobs.rows.as_ref(),
        _ => None,
    });
    let waiting: Vec<_> = jobs.into_iter().flatten().filter_map(|info| info.leaves.as_ref()).collect();
    if !waiting.is_empty() {
        lines.push(String::new());
        lines.extend(waiting.iter().take(SHOWN).map(|leaves| format!("  {leaves}")));
        let more = waiting.len().saturating_sub(SHOWN);
        if more > 0 {
            lines.push(format!("  and {more} more in the list"));
        }
    }
    lines.push(String::new());
    lines.push(
        "Allow this, for this store on this machine? Where mail and messages go is said in config.toml of the \
         user's configuration, never in the store."
            .to_owned(),
    );
    let then = Effect::Consent(model.labour.held.clone());
    let ask = Ask { title: "May this leave the store?", lines, button: "Allow", yes: false, then };
    model.overlays.push(Overlay::Ask(Box::new(ask)));
}
