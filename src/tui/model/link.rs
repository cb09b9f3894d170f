//! The command line that opens a screen again.

use super::Model;
use super::cursor::Scope;
use super::panes::Shown;
use crate::tui::keys::name;
use crate::tui::text::quoted;

impl Model {
    /// The command line that opens this screen: the panes as they stood when something was opened above them, and the keys that
    /// led on from there.
    pub fn link(&self) -> String {
        let trail = &self.places.trail;
        let keys: Option<Vec<_>> = trail.keys().iter().map(|key| name(*key)).collect();
        match keys.filter(|keys| !keys.is_empty()) {
            Some(keys) => format!("{} --press {}", trail.from(), quoted(&keys.join(" "))),
            None => self.link_to_panes(),
        }
    }

    /// The one that opens what the panes show.
    pub(in crate::tui) fn link_to_panes(&self) -> String {
        let revision = match (self.cursor.scope, &self.cursor.aggregate) {
            (Scope::Store { position, .. }, _) => Some(format!("#{position}")),
            (_, Some(aggregate)) if self.cursor.past() => {
                Some(format!("{aggregate}@{}", self.cursor.version))
            }
            (_, Some(aggregate)) if aggregate.id.contains('@') => Some(format!("{aggregate}@")),
            (_, Some(aggregate)) => Some(aggregate.to_string()),
            (_, None) => None,
        };
        let at = revision.map(|revision| format!(" --at {}", quoted(&revision))).unwrap_or_default();
        let whole = if self.cursor.is_whole() { " --whole-store" } else { "" };
        let branch =
            if self.branch == "main" { String::new() } else { format!("-b {} ", quoted(&self.branch)) };
        let absolute = std::path::absolute(&self.store).map(|path| path.display().to_string());
        let store = quoted(&absolute.unwrap_or_else(|_| self.store.clone()));
        let shown = self.shown();
        // Without a view the store opens as it was left.
        let view = if shown == Shown::default() && self.views.is_none() {
            String::new()
        } else {
            format!(" --view {}", quoted(&shown.to_json()))
        };
        format!("backstory {branch}open {store}{at}{whole}{view}")
    }
}
