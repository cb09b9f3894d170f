//! What others appended to a record while its form was open: who, and what.

use ratatui::text::Line;

use crate::event::{Version, actor_of};
use crate::session::{LogRequest, Target};
use crate::tui::model::Model;
use crate::tui::paint::span;
use crate::tui::question::{Lane, Part, Slot};
use crate::tui::screen::Cx;
use crate::tui::text::{cut, many};

/// How many events are named; of more it is said how many there are.
const MOST: usize = 3;

/// The events behind the version at which a form was opened, as far as they are named.
#[derive(Debug, Default)]
pub struct Meanwhile {
    /// At which version the form was opened; `None` where there is no record yet.
    since: Option<Version>,
    /// Up to which version they are asked for, and each in words.
    events: Slot<Version, Vec<String>>,
}

impl Meanwhile {
    /// Nothing yet, behind that version.
    pub fn since(since: Option<Version>) -> Self {
        Self { since, events: Slot::default() }
    }

    /// Asks for what lies between, where the head is another one now.
    pub fn tick(&mut self, cx: &mut Cx, target: &Target, head: Option<Version>) {
        self.events.take_in(&cx.model.branch);
        let (Target::Aggregate(aggregate), Some(since), Some(head)) = (target, self.since, head) else {
            return;
        };
        if head <= since || self.events.is_asked(&cx.model.branch, &head) {
            return;
        }
        let request = LogRequest {
            aggregate: Some(aggregate.clone()),
            oldest_first: true,
            after: Some(since),
            limit: MOST,
            brief: true,
            ..LogRequest::default()
        };
        cx.ask(&mut self.events, Lane::Now, head, move |session, _| {
            let rows = session.log(&request)?.rows;
            let words = rows.iter().map(|row| {
                let by = actor_of(&row.event.meta).unwrap_or_else(|| "somebody".into());
                format!("{by} appended v{} {}", row.event.version, row.event.kind)
            });
            Ok(Part::Whole(words.collect()))
        });
    }

    /// How many lines it takes.
    pub fn height(&self) -> u16 {
        self.said().len() as u16
    }

    /// What is said of it.
    pub fn lines(&self, model: &Model, room: usize) -> Vec<Line<'static>> {
        let line = |text: String| Line::from(span(cut(&text, room), model.look.theme.warning));
        self.said().into_iter().map(line).collect()
    }

    fn said(&self) -> Vec<String> {
        let (Some(events), Some(since), Some(head)) = (self.events.shown(), self.since, self.events.asked())
        else {
            return Vec::new();
        };
        let more = head - since - events.len() as i64;
        let more = (more > 0).then(|| format!("and {}", many(more, "more event")));
        events.iter().map(|event| format!("meanwhile: {event}")).chain(more).collect()
    }
}
