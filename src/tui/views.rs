//! Views, kept where the explorer is left, named, shown and forgotten.

use ratatui::backend::Backend;

use super::effect::Effect;
use super::{Explorer, update};
use crate::session::{Open, Views};

/// What is to be done about the views of the store.
#[derive(Debug)]
pub enum ViewChange {
    /// The one that is shown is kept under a name.
    Keep(String),
    /// The one of that name is shown.
    Show(String),
    /// The one of that name is forgotten.
    Forget(String),
}

impl<B: Backend> Explorer<B> {
    /// Shows a store as somebody asks, or as it was left.
    pub(super) fn begin_view(&mut self, open: &Open) {
        let Some((folder, asked)) = &mut self.views else { return };
        let views = Views::within(folder, &open.path);
        match asked.take().map_or_else(|| views.last(), Ok) {
            Ok(view) => self.model.show(view),
            Err(error) => self.model.fail(error),
        }
        // What cannot be read was said already.
        self.model.inputs = views.inputs().unwrap_or_default();
        self.model.views = Some(views);
    }

    /// Keeps how the store is shown, for the next time.
    pub fn leave_view(&mut self) {
        if let Some(views) = self.model.views.as_ref().filter(|_| self.model.is_open()) {
            // Where it cannot be kept, the store opens as it is.
            let _ = views.keep(None, self.model.view());
            let _ = views.keep_inputs(&self.model.inputs);
        }
    }

    /// Does what is asked about a view.
    pub(super) fn change_view(&mut self, change: ViewChange) -> Vec<Effect> {
        let Some(views) = &self.model.views else {
            self.model.tell("views are not kept here");
            return Vec::new();
        };
        let done = match &change {
            ViewChange::Keep(name) => views.keep(Some(name), self.model.view()).map(|()| None),
            ViewChange::Show(name) => views.named(name).map(Some),
            ViewChange::Forget(name) => views.forget(name).map(|()| None),
        };
        match (done, change) {
            (Ok(Some(view)), _) => {
                self.model.show(view);
                return update::shown_otherwise(&mut self.model);
            }
            (Ok(None), ViewChange::Forget(name)) => self.model.done(format!("the view {name} is forgotten")),
            (Ok(None), ViewChange::Keep(name) | ViewChange::Show(name)) => {
                self.model.done(format!("kept as {name}: `:` views, or --view"));
            }
            (Err(error), _) => self.model.fail(error),
        }
        Vec::new()
    }
}
