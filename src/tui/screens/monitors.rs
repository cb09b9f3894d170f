//! What came too seldom or too often, by the domain's monitors; each leads to where that is.

use crate::session::Alarm;
use crate::tui::menu::{Choices, Item, Look};
use crate::tui::screen::Cx;
use crate::tui::text::count;
use crate::tui::update::search;

/// What the monitors found.
#[derive(Debug, Default)]
pub struct Monitors {
    /// How many are the hits that are walked.
    told: Option<usize>,
}

impl Choices for Monitors {
    type Choice = i64;

    fn look(&self) -> Look {
        Look { title: "Monitors", ..Look::LIST }
    }

    fn entries(&mut self, cx: &mut Cx) -> Option<Vec<Item<i64>>> {
        if self.told != Some(cx.model.alarms.len()) {
            self.told = Some(cx.model.alarms.len());
            search::found_alarms(cx.model);
        }
        let zone = cx.model.look.zone;
        let year = cx.model.alarms.first().and_then(|alarm| zone.year(alarm.violation.from));
        let row = |alarm: &Alarm| {
            let violation = &alarm.violation;
            let name = format!("{}  {}", alarm.monitor, zone.span((violation.from, violation.to), year));
            let behind = count(violation.position);
            let note = format!("{} of {}, behind #{behind}", violation.count, alarm.wanted);
            Item::new(name, note, violation.position)
        };
        Some(cx.model.alarms.iter().map(row).collect())
    }

    fn empty(&self) -> &'static str {
        "no monitor found anything"
    }

    fn choose(&mut self, cx: &mut Cx, position: i64) {
        cx.go_to(position);
    }

    fn takes(&self, letter: char) -> bool {
        matches!(letter, '[' | ']')
    }

    fn letter(&mut self, cx: &mut Cx, letter: char) -> bool {
        cx.close();
        search::step(cx.model, letter == ']', cx.effects);
        true
    }
}
