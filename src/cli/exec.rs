//! Whether a domain's programs outside may run, and how long each of their answers may take.

use std::time::Duration;

use crate::domain::Domain;
use crate::error::Result;
use crate::session::Programs;

#[derive(clap::Args)]
pub struct Exec {
    /// Run the program that the domain names as its apply (`exec`), here and as you, to compare by what it makes.
    #[arg(long, requires = "domain")]
    allow_exec: bool,
    /// How long the program may take for each event.
    #[arg(long, value_name = "SECONDS", default_value = "5", requires = "allow_exec", value_parser = seconds)]
    exec_timeout: Duration,
}

impl Exec {
    /// The programs of a domain, where it names any; an error where they may not run.
    pub fn programs(&self, domain: &Domain) -> Result<Option<Programs>> {
        Programs::of(domain, self.allow_exec, self.exec_timeout)
    }
}

fn seconds(text: &str) -> std::result::Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.filter(|limit| !limit.is_zero()).ok_or_else(|| "expected a number of seconds above 0".to_owned())
}
