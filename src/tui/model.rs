//! Everything the screen shows, as plain data; changed by `update` only, read by the view only.

mod beside;
pub mod branches;
pub mod broken;
pub mod chips;
pub mod cursor;
pub mod facts;
pub mod jump;
pub mod labour;
pub mod link;
pub mod list;
pub mod log;
mod notice;
pub mod offer;
pub mod panes;
pub mod pin;
pub mod places;
pub mod play;
pub mod search;
pub mod source;
pub mod state;
pub mod timeline;
pub mod trail;
pub mod typed;

use std::collections::VecDeque;
use std::sync::Arc;

pub use self::beside::Beside;
pub use self::notice::Notice;

use self::cursor::{Cursor, Scope, Seek};
use self::list::List;
use self::log::Log;
use self::offer::Offer;
use self::places::Places;
use self::play::Play;
use self::state::StatePane;
use self::timeline::Timeline;
use super::keys::{Context, Keys};
use super::question::Slot;
use super::screen::Screen;
use super::screens::catalogue::Types;
use super::screens::start::Start;
use super::theme::{Glyphs, Palette, Theme};
use super::tour::Touring;
use super::zone::Zone;
use crate::event::{AggregateId, Position, Version};
use crate::session::{
    Alarm, BranchInfo, Inputs, Lane, LeftAt, Moment, NoteInfo, Overview, TypeInfo, Views, WaypointInfo,
};
use serde_json::Value;

/// A pane that can have the focus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// The aggregates.
    #[default]
    List,
    /// State and log.
    State,
    /// The event.
    Event,
    /// The timeline.
    Timeline,
}

impl Pane {
    /// The panes in their numbers' order.
    pub const ALL: [Self; 4] = [Self::List, Self::State, Self::Event, Self::Timeline];
}

/// The other end of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkedPoint {
    /// On which branch.
    pub branch: String,
    /// Whose.
    pub aggregate: AggregateId,
    /// Which version.
    pub version: Version,
    /// Which position.
    pub position: i64,
    /// The state there, once it is known.
    pub state: Option<Value>,
}

/// How the screen looks, apart from what it shows.
#[derive(Clone, Debug)]
pub struct Look {
    /// The styles.
    pub theme: Theme,
    /// The signs.
    pub glyphs: Glyphs,
    /// Whether the terminal takes other characters than those of ASCII.
    pub utf8: bool,
    /// The zone of times.
    pub zone: Zone,
    /// Whether the mouse is listened to.
    pub mouse: bool,
    /// The screen's columns and rows.
    pub size: (u16, u16),
    /// The rows below it that a tour takes.
    pub strip: u16,
}

/// The whole model.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each says something of another part of the screen")]
pub struct Model {
    /// What is open above the panes, the topmost last; at the bottom the start screen, while no store is open.
    pub overlays: Vec<Box<dyn Screen>>,
    /// How it looks.
    pub look: Look,
    /// The keys.
    pub keys: Arc<Keys>,
    /// Who fires commands.
    pub actor: String,
    /// The file as it was named, for command lines that open this screen again.
    pub store: String,
    /// Where its views are kept, where they are.
    pub views: Option<Views>,
    /// What narrows the rows of screens.
    pub rows: chips::OfRows,
    /// What was typed at the prompts.
    pub inputs: Inputs,
    /// The log that it is read from, where it is one.
    pub source: Option<source::SourceLine>,
    /// The branch that is shown.
    pub branch: String,
    /// Every branch, the archived ones too.
    pub branches: Vec<BranchInfo>,
    /// A branch was gone over to, and where the cursor stands on it has not come yet.
    pub arriving: bool,
    /// How far the heads that the branch lacks are written, where it lacks any.
    pub filling: Option<(i64, i64)>,
    /// The last search.
    pub search: search::Search,
    /// What was asked about the store as a whole.
    pub facts: facts::Facts,
    /// What is asked for where the cursor goes.
    pub seek: Slot<Seek, Option<Moment>>,
    /// Where the cursor is about to jump.
    pub jump: jump::Jump,
    /// What is found out about the moment and the cursor.
    pub beside: Beside,
    /// The field that is pinned.
    pub pinned: Option<pin::Pin>,
    /// What the worker for jobs says.
    pub labour: labour::Labour,
    /// What is known of the types.
    pub types: Types,
    /// Every waypoint.
    pub waypoints: Vec<WaypointInfo>,
    /// What came too seldom or too often.
    pub alarms: Vec<Alarm>,
    /// What the store holds.
    pub overview: Option<Overview>,
    /// The newest position and the number of events of the branch that the cursor was told of.
    pub followed: (Position, i64),
    /// How often it was told that something was appended, on whichever branch.
    pub appended: u64,
    /// Events that others appended while the past was shown.
    pub behind: i64,
    /// The list.
    pub list: List,
    /// Where in time.
    pub cursor: Cursor,
    /// The state shown, which may lag behind the cursor for a moment.
    pub moment: Option<Moment>,
    /// The state pane.
    pub state: StatePane,
    /// The log of the aggregate shown.
    pub own_log: Log,
    /// The log of the whole store.
    pub store_log: Log,
    /// How far the event pane is scrolled.
    pub event_scroll: u16,
    /// The timeline.
    pub timeline: Timeline,
    /// The mark.
    pub mark: Option<MarkedPoint>,
    /// Places visited.
    pub places: Places,
    /// Playing.
    pub play: Play,
    /// The pane in focus.
    pub focus: Pane,
    /// Which of state and event is in front where they share one place.
    pub front: Pane,
    /// Whether the pane in focus is alone on the screen.
    pub maximised: bool,
    /// The guided tour.
    pub tour: Option<Touring>,
    /// A write waits, as another program is writing.
    pub held: bool,
    /// What could not be read.
    pub broken: broken::Broken,
    /// The bottom line's message.
    pub notice: Option<Notice>,
    /// What the bottom line said, the newest last.
    pub messages: VecDeque<Notice>,
    /// A revision to open at, until the store is open.
    pub open_at: Option<String>,
    /// Whether the whole store is shown there.
    pub open_whole: bool,
}

impl Model {
    /// A model before anything is known.
    pub fn new(keys: Arc<Keys>, actor: String, palette: Palette, ascii: bool) -> Self {
        Self {
            overlays: vec![Box::new(Start::default())],
            look: Look {
                theme: Theme::new(palette),
                glyphs: Glyphs::new(ascii),
                utf8: true,
                zone: Zone::Utc,
                mouse: true,
                size: (80, 24),
                strip: 0,
            },
            keys,
            actor,
            store: String::new(),
            views: None,
            rows: chips::OfRows::default(),
            inputs: Inputs::default(),
            source: None,
            branch: String::new(),
            branches: Vec::new(),
            arriving: false,
            filling: None,
            search: search::Search::default(),
            facts: facts::Facts::default(),
            seek: Slot::default(),
            jump: jump::Jump::default(),
            beside: Beside::default(),
            pinned: None,
            labour: labour::Labour::default(),
            types: Types::default(),
            waypoints: Vec::new(),
            alarms: Vec::new(),
            overview: None,
            followed: (0, 0),
            appended: 0,
            behind: 0,
            list: List::default(),
            cursor: Cursor::default(),
            moment: None,
            state: StatePane::default(),
            own_log: Log::default(),
            store_log: Log::default(),
            event_scroll: 0,
            timeline: Timeline::default(),
            mark: None,
            places: Places::default(),
            play: Play::default(),
            focus: Pane::List,
            front: Pane::State,
            maximised: false,
            tour: None,
            held: false,
            broken: broken::Broken::default(),
            notice: None,
            messages: VecDeque::new(),
            open_at: None,
            open_whole: false,
        }
    }

    /// Forgets everything about the store that was open, but not how the screen looks and what was said.
    pub fn forget_store(&mut self) {
        let new = Self::new(Arc::clone(&self.keys), self.actor.clone(), Palette::default(), false);
        let messages = std::mem::take(&mut self.messages);
        *self = Self { look: self.look.clone(), messages, ..new };
    }

    /// Where the cursor stands, to be there again.
    pub fn left_at(&self) -> Option<LeftAt> {
        let (here, head) = self.cursor.place();
        let revision = match (self.cursor.scope, &self.cursor.aggregate) {
            (Scope::Store { .. }, _) => (here < head).then(|| here.to_string()),
            (_, Some(aggregate)) if here < head => Some(format!("{aggregate}@{here}")),
            (_, Some(aggregate)) => Some(aggregate.to_string()),
            (_, None) => None,
        };
        self.is_open().then(|| LeftAt { revision, whole_store: self.cursor.is_whole() })
    }

    /// Where a key is looked up.
    pub fn context(&self) -> Context {
        self.overlays.last().map_or(Context::Browse, |screen| screen.context())
    }

    /// Whether a store is open.
    pub fn is_open(&self) -> bool {
        self.overlays.first().is_none_or(|screen| screen.context() != Context::Start)
    }

    /// Offers in a log, once, what can be done with what is stood on.
    pub fn offer(&mut self, offer: Offer) {
        if let Some(source) = &mut self.source {
            source.offers.make(offer);
        }
    }

    /// What is known of an aggregate type.
    pub fn type_info(&self, kind: &str) -> Option<&TypeInfo> {
        self.overview.as_ref()?.types.iter().find(|known| known.name == kind)
    }

    /// The fields of a type that are bookkeeping, as dotted paths.
    pub fn quiet(&self, kind: &str) -> &[String] {
        self.type_info(kind).map_or(&[], |kind| &kind.listed.quiet)
    }

    /// Whether the past is shown.
    pub fn in_past(&self) -> bool {
        self.is_open() && self.cursor.past()
    }

    /// Whether the keys of the state pane mean the log.
    pub fn in_log(&self) -> bool {
        self.focus == Pane::State && self.state.tab == state::Tab::Log
    }

    /// The log of what the cursor runs over.
    pub fn log(&self) -> &Log {
        if self.cursor.is_whole() { &self.store_log } else { &self.own_log }
    }

    /// The log of what the cursor runs over.
    pub fn log_mut(&mut self) -> &mut Log {
        if self.cursor.is_whole() { &mut self.store_log } else { &mut self.own_log }
    }

    /// The branches on which the aggregate shown has events of its own; only where the cursor runs over one.
    pub fn lanes(&self) -> &[Lane] {
        let here = self.cursor.aggregate.as_ref().filter(|_| self.cursor.is_one());
        here.map_or(&[], |aggregate| self.timeline.lanes_of(aggregate))
    }

    /// Where a waypoint stands in what the cursor runs over, where that has it.
    pub fn place_of(&self, waypoint: &WaypointInfo) -> Option<i64> {
        if !branches::sees(&self.branches, &self.branch, &waypoint.branch, waypoint.position) {
            return None;
        }
        self.place_at(waypoint.at.as_ref(), waypoint.position)
    }

    /// Where the event that a note is about stands in what the cursor runs over, where that has it.
    pub fn place_of_note(&self, note: &NoteInfo) -> Option<i64> {
        let position = note.position?;
        if !branches::sees(&self.branches, &self.branch, &note.branch, position) {
            return None;
        }
        self.place_at(note.at().as_ref(), position)
    }

    /// Where an event stands in what the cursor runs over, where that has it.
    pub fn place_at(&self, at: Option<&(AggregateId, Version)>, position: Position) -> Option<i64> {
        match (self.cursor.scope, at) {
            (Scope::Store { .. }, _) => Some(position),
            (Scope::One, Some((aggregate, version))) => {
                (self.cursor.aggregate.as_ref() == Some(aggregate)).then_some(*version)
            }
            (Scope::Set { .. }, Some((aggregate, version))) => {
                let about = &self.timeline.loaded.about;
                about.iter().position(|(a, v)| a == aggregate && v == version).map(|i| i as i64 + 1)
            }
            (_, None) => None,
        }
    }

    /// The moment, where it is one of the aggregate that the cursor is on.
    pub fn moment(&self) -> Option<&Moment> {
        self.moment.as_ref().filter(|moment| self.cursor.aggregate.as_ref() == Some(&moment.aggregate))
    }

    /// Whether the answer that the panes need has not come yet: they show another aggregate, or nothing.
    pub fn lags(&self) -> bool {
        let there = self.moment.is_none() || self.moment().is_some();
        self.is_open() && self.broken.word().is_none() && (!there || !self.timeline.is_of(&self.cursor))
    }

    /// The branch of that name.
    pub fn branch_named(&self, name: &str) -> Option<&BranchInfo> {
        self.branches.iter().find(|branch| branch.name == name)
    }
}
