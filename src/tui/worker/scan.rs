//! Long questions, answered a slice at a time.

use std::mem::Discriminant;

use super::{Loop, Role};
use crate::tui::effect::Read;

impl Loop<'_> {
    /// Between two slices of a scan: answers questions of other kinds, and tells whether the scan goes on.
    pub fn goes_on(&mut self, kind: Discriminant<Read>) -> bool {
        if self.role == Role::Interactive {
            return true;
        }
        loop {
            let other = {
                let mut inbox = self.shared.inbox();
                let branch = self.session.branch_name();
                if inbox.stop || inbox.quit || inbox.reads.iter().any(|waits| waits.ends(branch, kind)) {
                    return false;
                }
                inbox.reads.pop_front()
            };
            let Some(waits) = other else { return true };
            if !self.answer(waits) {
                return false;
            }
        }
    }
}
