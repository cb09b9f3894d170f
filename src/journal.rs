//! The one place that assembles a write: check, command, events, chain, heads, commit.

mod append;
mod attempt;
mod batch;
pub mod branch;
mod by_hand;
mod carry;
mod case;
mod command;
mod contrast;
mod filled;
mod import;
mod many;
mod note;
mod operation;
mod project;
mod prove;
mod react;
mod rebuild;
mod revert;
mod rewrite;
mod taken;
mod undo;
mod unit;
mod waypoint;
mod work;
mod working;
mod writer;

pub use append::append;
pub use attempt::{Carriage, Carried, Clash, Mode, Outcome};
pub use branch::{archive, fill, fork, rename};
pub use carry::{Cargo, carry, merge, rebase};
pub(crate) use case::{Came, Laying, Placed};
pub use command::{Fired, Queued, Request, Target, fire, preview};
pub(crate) use command::{fire_all, preview_forked};
pub use contrast::{Contrasts, contrast_on};
pub(crate) use contrast::{contrast, contrast_by};
pub(crate) use filled::fill_heads;
pub(crate) use import::append_imported;
pub use import::{Delivery, Imported};
pub(crate) use note::{remove_note, write_note};
pub use operation::By;
pub use project::{Lag, project};
pub(crate) use project::{forget_lost, lags, stopped_at};
pub(crate) use prove::prove;
pub use react::Reacted;
pub use rebuild::{Rebuilt, rebuild, rebuild_on, set_domain, tidy};
pub use revert::{How, revert};
pub(crate) use rewrite::planned;
pub use rewrite::rewrite;
pub use undo::{Undone, redo, undo};
pub(crate) use unit::unit_at;
pub(crate) use waypoint::{forget_point, name_point, no_waypoint};
pub use work::asked;
pub(crate) use work::{fire_job, job_done, job_failed, note_jobs, put_job, take_job};

use std::rc::Rc;
use std::time::Duration;

use crate::domain::Domain;
use crate::error::Result;
use crate::store::Store;

/// How long the others have between two of many writes: they ask about every millisecond.
const GAP: Duration = Duration::from_millis(3);

/// Lets others write.
fn give_way() {
    std::thread::sleep(GAP);
}

/// The compiled domain that a store has in use; compiled again when the store has another one.
#[derive(Default)]
pub struct Rules {
    compiled: Option<(i64, Rc<Domain>)>,
    /// The one of an earlier number that was last asked for.
    earlier: Option<(i64, Rc<Domain>)>,
}

impl Rules {
    /// The number of the domain last answered; 0 where the store has none.
    pub fn id(&self) -> i64 {
        self.compiled.as_ref().map_or(0, |(id, _)| *id)
    }

    /// The domain last answered.
    pub fn known(&self) -> Option<&Domain> {
        self.compiled.as_ref().map(|(_, domain)| &**domain)
    }

    /// The domain in use. Inside a write transaction nobody can change it any more.
    pub fn current(&mut self, store: &Store) -> Result<Rc<Domain>> {
        let id = store.domain_id()?;
        if let Some((compiled, domain)) = &self.compiled
            && *compiled == id
        {
            return Ok(Rc::clone(domain));
        }
        let domain = match store.stored_domain()? {
            Some(stored) => Domain::parse("the store's domain", &stored.source)?,
            None => Domain::default(),
        };
        let domain = Rc::new(domain);
        self.compiled = Some((id, Rc::clone(&domain)));
        Ok(domain)
    }
}
