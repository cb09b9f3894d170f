//! `work`: does what reactors asked for, as a worker that others may run beside.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use super::{Context, jobs};
use crate::error::{Error, Result};
use crate::session::{JobState, Local, Session, Worked};

/// How long an idle worker looks away, at most.
const IDLE: Duration = Duration::from_millis(500);

#[derive(clap::Args)]
pub struct Args {
    /// Do one job, if one is due, and stop.
    #[arg(long, conflicts_with = "until_empty")]
    once: bool,
    /// Stop when nothing waits any more; jobs that failed are tried again as they come due.
    #[arg(long)]
    until_empty: bool,
    /// Allow the domain's reactors to reach out of the store from this machine, from now on.
    #[arg(long)]
    consent: bool,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let local = Local::read()?;
    let mut session = context.session()?;
    if session.is_read_only() {
        return Err(Error::refused("The store can only be read, and a worker writes how jobs ended."));
    }
    let refused = ask(&mut session, &local, args.consent)?;
    // A worker that stays says at once what it leaves; one that ends, with its end.
    if let (Some(refused), false) = (&refused, args.once || args.until_empty) {
        writeln!(std::io::stderr(), "{}", refused.message())?;
    }
    loop {
        match session.work(&local)? {
            Worked::Tried(info) => {
                jobs::print(context, &info)?;
                context.out.flush()?;
                if args.once {
                    return if info.job.state == JobState::Done { Ok(()) } else { Err(not_done(&info.job)) };
                }
            }
            Worked::Nothing(next) if args.once || (args.until_empty && next.is_none()) => {
                return refused.map_or(Ok(()), Err);
            }
            Worked::Nothing(_) => std::thread::sleep(IDLE),
        }
    }
}

fn not_done(job: &crate::session::Job) -> Error {
    Error::refused(format!("{} failed: {}", job.reactor, job.error.as_deref().unwrap_or("no reason given")))
}

/// Asks for consent where a domain's reactors reach out of the store; without it only commands and notices run, and
/// the answer says so.
fn ask(session: &mut Session, local: &Local, given: bool) -> Result<Option<Error>> {
    for domain in session.unconsented(local)? {
        let what: Vec<_> =
            domain.reactors.iter().map(|(name, effect)| format!("{name} ({effect})")).collect();
        let told =
            format!("Reactors of the domain {} reach out of the store: {}.", domain.name, what.join(", "));
        let agreed = given || (std::io::stdin().is_terminal() && agrees(&told)?);
        if !agreed {
            return Ok(Some(Error::refused(format!("{told} Their jobs wait.")).hint(
                "`backstory work --consent` allows this very domain on this machine; endpoints and passwords come \
                 from config.toml in the user's configuration.",
            )));
        }
        session.consent(local, &domain)?;
    }
    Ok(None)
}

fn agrees(told: &str) -> Result<bool> {
    let mut error = std::io::stderr();
    write!(error, "{told}\nAllow this very domain on this machine? [y/N] ")?;
    error.flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
