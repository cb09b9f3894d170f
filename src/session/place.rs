//! The store's file while it is open: whether it is still the one that its name leads to.

use super::Session;
use crate::error::{Error, Result};
use crate::store::Named;

impl Session {
    /// Gives back the memory of what was read, where nothing more is asked for a while.
    pub fn rest(&self) {
        // Where that fails, the memory is kept.
        let _ = self.store.forget_pages();
    }

    /// Whether the store is still what its name leads to: `false` where another one can be opened under it now. An
    /// error where nothing is to be written, as nobody would find it.
    pub fn is_in_place(&mut self) -> Result<bool> {
        let path = self.store.path();
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        match self.file.look() {
            Named::Same => Ok(true),
            Named::Another => Ok(false),
            Named::Gone => Err(Error::refused(format!(
                "{name} is gone: somebody deleted or moved it while it was open, and nothing is written any more."
            ))
            .hint("What is shown is what it held. Put it back, and the explorer goes on.")),
            Named::Mixed => Err(Error::refused(format!(
                "Another file is in the place of {name}, but {name}-wal is still that of the one before: opening \
                 both would mix them, and nothing is written."
            ))
            .hint(format!("Move {name}-wal and {name}-shm away: then the new file is opened."))),
        }
    }
}
