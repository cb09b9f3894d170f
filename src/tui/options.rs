//! How the explorer starts.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::KeyEvent;

use super::effect::Choice;
use super::keys::Keys;
use super::model::panes::Panes;
use super::theme::Palette;
use super::zone::Zone;
use crate::error::{Error, Result};
use crate::session::{ImportProgress, Local, Open, Source, Tour, View};

/// Does what was chosen on the start screen and says what to open then; it tells how far it is, and goes on as
/// long as the answer is `true`.
pub type Begin = Arc<dyn Fn(Choice, &mut dyn FnMut(ImportProgress) -> bool) -> Result<Begun> + Send + Sync>;

/// What is to be opened.
pub struct Begun {
    /// The store.
    pub open: Open,
    /// The log that it is read from, where it is one.
    pub source: Option<Source>,
}

/// How the explorer starts.
pub struct Options {
    /// The store; without one the start screen is shown.
    pub open: Option<Open>,
    /// The log that the store is read from, where it is one that was opened by its file's name.
    pub source: Option<Source>,
    /// The folder in which views are kept; without one none are.
    pub views: Option<PathBuf>,
    /// The view to begin with; without one the one that the store was left with.
    pub view: Option<View>,
    /// How the panes stand.
    pub panes: Panes,
    /// Keys to press first, as a link has them: what they would do beside showing something is left out.
    pub press: Vec<KeyEvent>,
    /// A revision to open at.
    pub at: Option<String>,
    /// Whether the cursor runs over the whole store at that point.
    pub whole_store: bool,
    /// Who fires commands.
    pub actor: String,
    /// Other keys for actions, by their names.
    pub keys: BTreeMap<String, Vec<String>>,
    /// The zone of times.
    pub zone: Zone,
    /// The colours; `None` asks the environment.
    pub palette: Option<Palette>,
    /// Signs from ASCII only.
    pub ascii: bool,
    /// Whether the mouse is listened to.
    pub mouse: bool,
    /// This machine's configuration, by which jobs are done; `None` leaves them to others.
    pub work: Option<Arc<Local>>,
    /// What is said at the start: that the configuration cannot be read.
    pub trouble: Option<Error>,
    /// What is said at the start.
    pub welcome: Option<String>,
    /// A guided tour over the store.
    pub tour: Option<Arc<Tour>>,
    /// What the start screen's choices do.
    pub begin: Begin,
}

impl Options {
    /// The keys. What is wrong with somebody's own must not keep the explorer from opening: it is said at the start.
    pub(super) fn bound_keys(&mut self) -> Result<Keys> {
        Keys::rebound(&self.keys).or_else(|error| {
            self.trouble = Some(error.at("config.toml, [explorer] keys"));
            Keys::built_in()
        })
    }
}
