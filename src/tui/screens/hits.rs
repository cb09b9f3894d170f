//! The list of hits: what a search through time found, each event at which the predicate turned; or races; or what monitors found.

use crate::error::Error;
use crate::event::Position;
use crate::session::Hit;
use crate::tui::menu::{Choices, Item, Look};
use crate::tui::model::search::By;
use crate::tui::screen::Cx;
use crate::tui::text::count;
use crate::tui::update::search;

/// The hits, whatever filled the list.
#[derive(Debug, Default)]
pub struct Hits {
    /// How many are listed.
    listed: Option<usize>,
    empty: &'static str,
    failed: Option<Error>,
}

impl Choices for Hits {
    type Choice = Position;

    fn look(&self) -> Look {
        Look { title: "Found", ..Look::LIST }
    }

    fn entries(&mut self, cx: &mut Cx) -> Option<Vec<Item<Position>>> {
        let search = &cx.model.search;
        self.failed = search.found.failed().cloned();
        self.empty = match (search.by, &search.branch, search.found.waits()) {
            (_, None, _) => "nothing was found: F searches",
            (_, _, true) => "searching …",
            (By::Find, ..) => "it never turned",
            (By::Races, ..) => "no race was found",
            (By::Monitors, ..) => "no monitor found anything",
        };
        if self.listed == Some(search.hits.len()) {
            return None;
        }
        self.listed = Some(search.hits.len());
        let (glyphs, zone) = (&cx.model.look.glyphs, cx.model.look.zone);
        let row = |hit: &Hit| {
            let sign = match search.by {
                By::Find if hit.turned == Some(false) => glyphs.turned_false,
                By::Find => glyphs.turned_true,
                By::Races => glyphs.race(),
                By::Monitors => glyphs.alarm,
            };
            // What a race or an alarm is; more is said where one goes there.
            let said = search.said.get(&hit.position).and_then(|said| said.split(": ").next());
            let said = said.map_or_else(String::new, |said| format!("  {said}"));
            let note = format!("{}  #{}{said}", zone.full(hit.occurred_at), count(hit.position));
            Item::new(format!("{sign} {} v{}", hit.aggregate, hit.version), note, hit.position)
        };
        Some(search.hits.iter().map(row).collect())
    }

    fn empty(&self) -> &'static str {
        self.empty
    }

    fn choose(&mut self, cx: &mut Cx, position: Position) {
        search::go(cx.model, position, cx.effects);
    }

    fn failed(&self) -> Option<&Error> {
        self.failed.as_ref()
    }

    fn takes(&self, letter: char) -> bool {
        matches!(letter, '[' | ']')
    }

    fn letter(&mut self, cx: &mut Cx, letter: char) -> bool {
        cx.close();
        search::step(cx.model, letter == ']', cx.effects);
        true
    }

    fn leaves(&mut self, cx: &mut Cx) -> bool {
        if cx.model.search.found.waits() {
            cx.model.search.found.stop();
            cx.model.tell("stopped; what was found stays");
        }
        true
    }
}
