//! `jobs`: what reactors asked for, and what became of it.

use super::out::visible;
use super::{Context, help};
use crate::error::Result;
use crate::session::{JobInfo, JobState};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
    /// Only those in this state: waiting, running, done, dead or skipped.
    #[arg(long, value_parser = state, value_name = "STATE")]
    state: Option<JobState>,
    /// At most so many, the newest first.
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

#[derive(clap::Subcommand)]
enum What {
    /// Let jobs that are dead or were skipped be done again, from their first try.
    Retry {
        /// Their numbers.
        #[arg(required = true)]
        ids: Vec<i64>,
    },
    /// Say that jobs need not be done.
    Skip {
        /// Their numbers.
        #[arg(required = true)]
        ids: Vec<i64>,
    },
    /// Print this message or the help of the given subcommand(s).
    Help(help::Own),
}

fn state(name: &str) -> std::result::Result<JobState, String> {
    JobState::named(name).ok_or_else(|| {
        let names: Vec<_> = JobState::ALL.into_iter().map(JobState::name).collect();
        format!("a job is {}", names.join(", "))
    })
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    if let Some(What::Help(args)) = &args.what {
        return help::of_own("jobs", args);
    }
    let mut session = context.session()?;
    match args.what {
        None | Some(What::Help(_)) => {
            let jobs = session.jobs(args.state, None, args.limit)?;
            if jobs.is_empty() && !context.json {
                return context.out.line(match args.state {
                    None => "There are no jobs.".to_owned(),
                    Some(state) => format!("No jobs are {}.", state.name()),
                });
            }
            jobs.iter().try_for_each(|job| print(context, job))
        }
        Some(What::Retry { ids }) => ids.into_iter().try_for_each(|id| {
            let job = session.retry_job(id)?;
            print(context, &job)
        }),
        Some(What::Skip { ids }) => ids.into_iter().try_for_each(|id| {
            let job = session.skip_job(id)?;
            print(context, &job)
        }),
    }
}

/// One job, as a line or as JSON.
pub fn print(context: &mut Context, info: &JobInfo) -> Result<()> {
    let job = &info.job;
    if context.json {
        return context.out.json(&info.json());
    }
    let next = match job.state {
        JobState::Waiting if job.tries > 0 => format!(", again at {}", job.due),
        _ => String::new(),
    };
    let tries = job.tried();
    context.out.line(format_args!(
        "{:>5}  {:7} {}  for {} {}@{} #{}{tries}{next}",
        job.id,
        job.state.name(),
        visible(&job.reactor),
        visible(&info.event),
        visible(&info.aggregate.to_string()),
        info.version,
        job.position,
    ))?;
    if let Some(leaves) = &info.leaves {
        context.out.line(format_args!("         would send {}", visible(leaves)))?;
    }
    for text in job.error.iter().chain(&job.effect) {
        context.out.line(format_args!("         {}", visible(text)))?;
    }
    Ok(())
}
