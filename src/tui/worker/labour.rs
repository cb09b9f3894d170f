//! The thread that does what reactors asked for while the explorer is open: a session of its own, which also tells
//! how many jobs failed and what monitors say.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::error::{Error, Result};
use crate::jq::with_room;
use crate::session::{JobInfo, JobPulse, JobState, Local, Open, Session, Unconsented, Worked};
use crate::tui::effect::{Failed, Reply};

/// How often the store is asked whether something is due.
const LOOK: Duration = Duration::from_millis(500);

/// How many of the newest jobs are looked through for what monitors said just now.
const NEWEST: usize = 50;

#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is set by another side at another time")]
struct Inbox {
    /// Something may be due.
    look: bool,
    running: bool,
    /// The domains that the user has just consented to.
    consented: Vec<Unconsented>,
    quit: bool,
    gone: bool,
}

#[derive(Default)]
struct Shared {
    inbox: Mutex<Inbox>,
    wake: Condvar,
}

impl Shared {
    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn quits(&self) -> bool {
        self.inbox().quit
    }

    /// Waits until it is time to look, and takes what was consented to; nothing when the thread is to end.
    fn next(&self) -> Option<Vec<Unconsented>> {
        let mut inbox = self.inbox();
        inbox.running = false;
        let end = Instant::now() + LOOK;
        while !inbox.look && !inbox.quit && Instant::now() < end {
            let left = end.saturating_duration_since(Instant::now());
            inbox = self.wake.wait_timeout(inbox, left).map_or_else(|e| e.into_inner().0, |ok| ok.0);
        }
        if inbox.quit {
            return None;
        }
        (inbox.look, inbox.running) = (false, true);
        Some(std::mem::take(&mut inbox.consented))
    }
}

/// A handle to the thread; dropping it ends the thread after the job that it is at.
pub struct Labour {
    shared: Arc<Shared>,
}

impl Labour {
    /// Starts it. Without a configuration it does nothing but tell how many jobs failed.
    pub fn start(
        open: Open,
        local: Option<Arc<Local>>,
        send: impl Fn(Reply) -> bool + Send + 'static,
    ) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        shared.inbox().look = true;
        let theirs = Arc::clone(&shared);
        std::thread::Builder::new().name("Labour".to_owned()).spawn(move || {
            let work = || {
                let session = Session::open(&open)?;
                let local = local.filter(|_| !session.is_read_only());
                let (held, pulse, told) = (Vec::new(), JobPulse::default(), String::new());
                let (shared, send) = (&*theirs, &send);
                Hand { session, local, shared, send, held, pulse, told, begun: false }.run();
                Ok(())
            };
            let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| with_room(work)))
                .unwrap_or_else(|_| {
                    Err(Error::refused("the worker for jobs stopped by a defect of the program")
                        .hint("the jobs wait for the next one: `backstory work`"))
                });
            if let Err(error) = ended {
                send(Reply::Failed(Failed::Jobs, error));
            }
            theirs.inbox().gone = true;
        })?;
        Ok(Self { shared })
    }

    /// Has it look now.
    pub fn look(&self) {
        self.shared.inbox().look = true;
        self.shared.wake.notify_one();
    }

    /// Has it note the user's consent, and go on with what waited for it.
    pub fn consent(&self, domains: Vec<Unconsented>) {
        self.shared.inbox().consented.extend(domains);
        self.look();
    }

    /// Whether nothing is being done or asked for.
    pub fn idle(&self) -> bool {
        let inbox = self.shared.inbox();
        inbox.gone || !inbox.running && !inbox.look
    }
}

impl Drop for Labour {
    fn drop(&mut self) {
        self.shared.inbox().quit = true;
        self.shared.wake.notify_one();
    }
}

struct Hand<'a> {
    session: Session,
    local: Option<Arc<Local>>,
    shared: &'a Shared,
    send: &'a dyn Fn(Reply) -> bool,
    /// What waits for consent, as it was told.
    held: Vec<Unconsented>,
    /// How the jobs stood when that was told.
    pulse: JobPulse,
    /// The last failure that was told: one that lasts is told once.
    told: String,
    /// Whether that was looked at once.
    begun: bool,
}

impl Hand<'_> {
    fn run(&mut self) {
        while let Some(consented) = self.shared.next() {
            let done = self.round(&consented);
            self.session.rest();
            match done {
                Ok(true) => self.told.clear(),
                Ok(false) => return,
                Err(error) if error.message() == self.told => {}
                Err(error) => {
                    error.message().clone_into(&mut self.told);
                    if !(self.send)(Reply::Failed(Failed::Jobs, error)) {
                        return;
                    }
                }
            }
        }
    }

    /// Does what is due, and tells what came of it; false when nobody listens.
    fn round(&mut self, consented: &[Unconsented]) -> Result<bool> {
        let mut worked = false;
        // The other worker says what became of the file.
        if !matches!(self.session.is_in_place(), Ok(true)) {
            return Ok(true);
        }
        if let Some(local) = self.local.clone() {
            for domain in consented {
                self.session.consent(&local, domain)?;
            }
            while !self.shared.quits()
                && let Worked::Tried(info) = self.session.work(&local)?
            {
                worked = true;
                if !(self.send)(Reply::Worked(info)) {
                    return Ok(false);
                }
            }
            let held = self.session.held_back(&local)?;
            if held != self.held {
                self.held.clone_from(&held);
                if !(self.send)(Reply::Unconsented(held)) {
                    return Ok(false);
                }
            }
        }
        let pulse = self.session.job_pulse()?;
        let before = std::mem::replace(&mut self.pulse, pulse);
        let first = !std::mem::replace(&mut self.begun, true);
        if !worked && before == pulse {
            return Ok(true);
        }
        if !first && pulse.newest > before.newest && !self.alarms(before.newest)? {
            return Ok(false);
        }
        Ok((self.send)(Reply::JobsChanged(pulse)))
    }

    /// Tells what monitors have said since a job.
    fn alarms(&mut self, since: i64) -> Result<bool> {
        let newest = self.session.jobs(Some(JobState::Done), None, NEWEST)?;
        let new = |info: &&JobInfo| info.job.id > since && info.job.slot != 0;
        Ok(newest.iter().filter(new).filter_map(notice).all(|text| (self.send)(Reply::Alarm(text))))
    }
}

/// What a job says to whoever looks, where it says something.
pub fn notice(info: &JobInfo) -> Option<String> {
    let effect: Value = serde_json::from_str(info.job.effect.as_deref()?).ok()?;
    Some(format!("{}: {}", info.job.reactor, effect.get("notify")?.as_str()?))
}
