//! Ctrl-C during a long search: the first one ends it with what it found, a second one ends the program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::error::{Error, Result};

/// Whether somebody wants to stop.
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens from now on.
    pub fn listen() -> Result<Self> {
        Self::listen_to(&[SIGINT])
    }

    /// The same, also to what a service is ended with.
    pub fn listen_as_service() -> Result<Self> {
        Self::listen_to(&[SIGINT, SIGTERM])
    }

    fn listen_to(signals: &[i32]) -> Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        for &signal in signals {
            // In this order the second one finds the flag set by the first.
            flag::register_conditional_default(signal, Arc::clone(&asked))?;
            flag::register(signal, Arc::clone(&asked))?;
        }
        Ok(Self(asked))
    }

    /// Whether somebody wants to stop.
    pub fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// An error that says how far the search came, once somebody wants to stop.
    pub fn check(&self, came: impl FnOnce() -> String) -> Result<()> {
        if self.asked() {
            return Err(Error::refused(format!("Stopped {}: what follows was not searched.", came())));
        }
        Ok(())
    }
}
