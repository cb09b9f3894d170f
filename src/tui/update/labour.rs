//! What the worker for jobs says.

use crate::error::Error;
use crate::session::{JobInfo, JobPulse, JobState, Unconsented};
use crate::tui::model::{Model, Notice};
use crate::tui::worker::notice;

/// Some job stands otherwise now.
pub fn changed(model: &mut Model, pulse: JobPulse) {
    model.labour.pulse = pulse;
    model.labour.told += 1;
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
pub fn put(model: &mut Model, info: &JobInfo) {
    let what = if info.job.state == JobState::Skipped { "is skipped" } else { "waits to be done again" };
    model.done(format!("job {}, {}, {what}", info.job.id, info.job.reactor));
    model.labour.told += 1;
}

/// What waits for consent is another now.
pub fn held(model: &mut Model, held: Vec<Unconsented>) {
    model.labour.held = held;
    model.labour.told += 1;
}
