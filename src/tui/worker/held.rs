//! A write while another program writes: it is tried again and again, and everything else goes on.

use std::time::{Duration, Instant};

use super::Loop;
use crate::error::{Error, Result};
use crate::tui::effect::Reply;

/// How often a write is tried while another program writes; questions are answered in between.
pub const TRY: Duration = Duration::from_millis(15);

/// From when on it is said that a write waits.
const NOTABLE: Duration = Duration::from_millis(300);

/// How long a write waits at most.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a write is kept waiting by another program.
#[derive(Clone, Copy)]
pub struct Held {
    since: Instant,
    /// When it is tried again.
    pub next: Instant,
    said: bool,
}

impl Loop<'_> {
    /// Whether a write can begin at once; it fails when it has waited for too long.
    pub fn may_write(&mut self) -> Result<bool> {
        if self.session.is_read_only() || self.session.is_free()? {
            return Ok(true);
        }
        if self.hold() >= PATIENCE {
            let why =
                "the store is locked: another program has been writing for too long; nothing was written";
            return Err(
                Error::refused(why).hint("wait for it to finish, or end it if it hangs; then try again")
            );
        }
        Ok(false)
    }

    /// Another program is writing: the write waits, and how long it has waited.
    pub fn hold(&mut self) -> Duration {
        let now = Instant::now();
        let held = self.held.get_or_insert(Held { since: now, next: now, said: false });
        held.next = now + TRY;
        let waited = held.since.elapsed();
        if (NOTABLE..PATIENCE).contains(&waited) && !std::mem::replace(&mut held.said, true) {
            (self.send)(None, Reply::Held(true));
        }
        waited
    }

    /// A write waits no longer.
    pub fn let_go(&mut self) -> bool {
        !self.held.take().is_some_and(|held| held.said) || (self.send)(None, Reply::Held(false))
    }
}
