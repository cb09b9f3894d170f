//! `work`: does what reactors asked for, as a worker that others may run beside.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use super::out::visible;
use super::{Context, jobs};
use crate::error::{Error, Result};
use crate::event::Hash;
use crate::session::{Job, JobState, Local, Session, Unconsented, Worked};

/// How long an idle worker looks away, at most.
const IDLE: Duration = Duration::from_millis(500);

/// How consent is given.
const CONSENT: &str = "`backstory work --consent` allows what its reactors declare, for this store on this machine; \
                       endpoints and passwords come from config.toml in the user's configuration.";

/// What becomes of jobs without it.
const LEFT: &str = "Without consent (`backstory work --consent`) their jobs wait.";

#[derive(clap::Args)]
pub struct Args {
    /// Do one job, if one is due, and stop.
    #[arg(long, conflicts_with = "until_empty")]
    once: bool,
    /// Stop when nothing waits any more; jobs that failed are tried again as they come due. Fails where one died.
    #[arg(long)]
    until_empty: bool,
    /// Allow what the domain's reactors declare to leave this store from this machine, from now on.
    #[arg(long)]
    consent: bool,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let mut local = Local::read()?;
    let mut session = context.session()?;
    if session.is_read_only() {
        return Err(Error::refused("The store can only be read, and a worker writes how jobs ended."));
    }
    let stays = !args.once && !args.until_empty;
    let refused = ask(&mut session, &local, args.consent)?;
    let mut watch = Watch { domain: session.domain_number()?, asked: Vec::new(), told: String::new() };
    // A worker that stays says at once what it leaves; one that ends, with its end.
    if stays {
        watch.tell(refused)?;
    }
    let (mut dead, before) = (0, session.job_pulse()?.dead);
    loop {
        let worked = session.work(&local)?;
        for alarm in session.take_alarms()? {
            jobs::print(context, &alarm)?;
        }
        match worked {
            Worked::Tried(info) => {
                jobs::print(context, &info)?;
                context.out.flush()?;
                dead += i64::from(info.job.state == JobState::Dead);
                if args.once {
                    follow(&mut session)?;
                    return if info.job.state == JobState::Done { Ok(()) } else { Err(not_done(&info.job)) };
                }
                session.project()?;
            }
            Worked::Nothing(next) if args.once || (args.until_empty && next.is_none()) => {
                follow(&mut session)?;
                // What a command of this run asked for may have died before anybody could try it.
                let died = dead.max(session.job_pulse()?.dead - before);
                return end(&mut session, &local, died);
            }
            Worked::Nothing(_) => {
                context.out.flush()?;
                if !session.project()? {
                    std::thread::sleep(IDLE);
                }
            }
        }
        if stays {
            watch.look(&mut session, &mut local)?;
        }
    }
}

/// Brings the projections up to date that follow behind.
fn follow(session: &mut Session) -> Result<()> {
    while session.project()? {}
    Ok(())
}

/// What a worker that stays looks at again between two jobs.
struct Watch {
    /// The domain in use.
    domain: i64,
    /// Whose missing consent was told.
    asked: Vec<Hash>,
    /// What was wrong with the configuration when that was told.
    told: String,
}

impl Watch {
    /// Reads the configuration as it is now, and says where a domain that was taken into use waits for consent.
    fn look(&mut self, session: &mut Session, local: &mut Local) -> Result<()> {
        match Local::read() {
            Ok(read) => (*local, self.told) = (read, String::new()),
            // It goes on with what it read before; somebody may just be writing.
            Err(error) if error.message() == self.told => {}
            Err(error) => {
                error.message().clone_into(&mut self.told);
                say(&self.told)?;
            }
        }
        let domain = session.domain_number()?;
        if domain != self.domain {
            self.domain = domain;
            self.tell(session.unconsented(local)?)?;
        }
        Ok(())
    }

    /// Says once of each domain that it waits for consent.
    fn tell(&mut self, waiting: Vec<Unconsented>) -> Result<()> {
        for domain in waiting {
            if !self.asked.contains(&domain.effects) {
                say(&format!("{} {LEFT}", reaches_out(&domain)))?;
                self.asked.push(domain.effects);
            }
        }
        Ok(())
    }
}

fn say(text: &str) -> Result<()> {
    Ok(writeln!(std::io::stderr(), "{}", visible(text))?)
}

fn not_done(job: &Job) -> Error {
    let why = job.error.as_deref().unwrap_or("no reason given");
    match job.state {
        JobState::Dead => Error::refused(format!("The job {} of {} is dead: {why}", job.id, job.reactor)),
        _ => Error::refused(format!("{} failed: {why}", job.reactor)),
    }
}

/// How a worker ends that did what it could: well, where nobody's consent is missing and no job died.
fn end(session: &mut Session, local: &Local, died: i64) -> Result<()> {
    let held = session.held_back(local)?;
    let mut told = Vec::new();
    match died {
        0 => {}
        1 => told.push("1 job died.".to_owned()),
        many => told.push(format!("{many} jobs died.")),
    }
    told.extend(held.iter().map(|domain| format!("{} Their jobs wait.", reaches_out(domain))));
    if told.is_empty() {
        return Ok(());
    }
    Err(Error::refused(told.join(" ")).hint(if held.is_empty() {
        "`backstory jobs --state dead` lists what is dead; `backstory jobs retry` lets it be done again."
    } else {
        CONSENT
    }))
}

/// Asks for consent where a domain's reactors reach out of the store; without it only commands and notices run. The
/// answer is for whom it was not given.
fn ask(session: &mut Session, local: &Local, given: bool) -> Result<Vec<Unconsented>> {
    let mut refused = Vec::new();
    for domain in session.unconsented(local)? {
        if given || (std::io::stdin().is_terminal() && agrees(&reaches_out(&domain))?) {
            session.consent(local, &domain)?;
        } else {
            refused.push(domain);
        }
    }
    Ok(refused)
}

fn reaches_out(domain: &Unconsented) -> String {
    let what: Vec<_> = domain.reactors.iter().map(|(name, effect)| format!("{name} ({effect})")).collect();
    format!("Reactors of the domain {} reach out of the store: {}.", domain.name, what.join(", "))
}

fn agrees(told: &str) -> Result<bool> {
    let mut error = std::io::stderr();
    write!(error, "{}\nAllow that, for this store on this machine? [y/N] ", visible(told))?;
    error.flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
