//! The same store as another program has it, which hands events over as they are.

use std::path::Path;

use backstory::event::NewEvent;
use backstory::journal::{Rules, append};
use backstory::store::Store;

pub struct Teller {
    store: Store,
    rules: Rules,
}

impl Teller {
    pub fn of(path: &Path) -> Self {
        Self { store: Store::open(path).unwrap(), rules: Rules::default() }
    }

    /// Appends an event to a branch; it is recorded when it occurred.
    pub fn tell(&mut self, branch: &str, event: NewEvent) {
        let (branch, at) = (self.store.branch(branch).unwrap(), event.occurred_at);
        append(&self.store, &mut self.rules, &branch, vec![event], None, false, at).unwrap();
    }
}
