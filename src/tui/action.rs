//! What can happen to the model: a command from a key, typed text, the mouse, a size, a tick, a reply.

use crossterm::event::{KeyEvent, MouseEvent};

use super::effect::Reply;

/// One thing that happened.
#[derive(Debug)]
pub enum Action {
    /// A key of the key table, or an entry of the palette.
    Do(Command),
    /// A key that is no command here: typed text where something takes it.
    Type(KeyEvent),
    /// Characters that were typed faster than the screen is drawn, or by a terminal that does not mark what is pasted.
    Write(String),
    /// Text pasted in one go.
    Paste(String),
    /// The mouse.
    Mouse(MouseEvent),
    /// The terminal has another size: columns, rows.
    Resize(u16, u16),
    /// The next step of playing is due.
    Tick,
    /// A worker answered.
    Reply(Box<Reply>),
}

macro_rules! commands {
    ($($variant:ident = $name:literal),* $(,)?) => {
        /// Everything that a key or the palette can do; described in the key table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "the key table says what each does")]
        pub enum Command { $($variant),* }

        impl Command {
            /// Every command.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in the key table.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The command of that name.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|command| command.name() == name)
            }
        }
    };
}

commands! {
    StepBack = "step-back",
    StepForward = "step-forward",
    TenthBack = "tenth-back",
    TenthForward = "tenth-forward",
    BurstBack = "burst-back",
    BurstForward = "burst-forward",
    First = "first",
    Head = "head",
    Play = "play",
    Slower = "slower",
    Faster = "faster",
    GoTo = "go-to",
    WholeStore = "whole-store",
    Mark = "mark",
    SwapMark = "swap-mark",
    NextByActor = "next-by-actor",
    PreviousByActor = "previous-by-actor",
    NextOfType = "next-of-type",
    PreviousOfType = "previous-of-type",
    NextOfOperation = "next-of-operation",
    PreviousOfOperation = "previous-of-operation",
    Effects = "effects",
    Cause = "cause",
    Find = "find",
    Hits = "hits",
    NextHit = "next-hit",
    PreviousHit = "previous-hit",
    Pin = "pin",
    NextChange = "next-change",
    PreviousChange = "previous-change",
    Axis = "axis",
    ZoomIn = "zoom-in",
    ZoomOut = "zoom-out",
    ZoomFit = "zoom-fit",
    Fire = "fire",
    Undo = "undo",
    Redo = "redo",
    Operations = "operations",
    Fork = "fork",
    Branches = "branches",
    Rename = "rename",
    Archive = "archive",
    Jobs = "jobs",
    Consent = "consent",
    Retry = "retry",
    Skip = "skip",
    Diff = "diff",
    ThreeWay = "three-way",
    ClockOrder = "clock-order",
    Reports = "reports",
    Alarms = "monitors",
    Rewrite = "rewrite",
    Drop = "drop",
    DropRepeated = "drop-repeated",
    Restore = "restore",
    MoveUp = "move-up",
    MoveDown = "move-down",
    Change = "change",
    Insert = "insert",
    OtherRules = "other-rules",
    Lab = "rule-lab",
    MakeDomain = "make-domain",
    Mapping = "mapping",
    Keep = "keep",
    UseRule = "use-rule",
    TourNext = "tour-next",
    TourBack = "tour-back",
    TourLeave = "tour-leave",
    CherryPick = "cherry-pick",
    Revert = "revert",
    Merge = "merge",
    Rebase = "rebase",
    Graph = "graph",
    Catalogue = "catalogue",
    Trace = "trace",
    Waypoint = "waypoint",
    Waypoints = "waypoints",
    Forget = "forget",
    Up = "up",
    Down = "down",
    HalfUp = "half-up",
    HalfDown = "half-down",
    PageUp = "page-up",
    PageDown = "page-down",
    Enter = "enter",
    Out = "out",
    Complete = "complete",
    NextPane = "next-pane",
    PreviousPane = "previous-pane",
    PaneList = "pane-list",
    PaneState = "pane-state",
    PaneEvent = "pane-event",
    PaneTimeline = "pane-timeline",
    PlaceBack = "place-back",
    PlaceForward = "place-forward",
    StateLog = "state-log",
    Fold = "fold",
    Maximise = "maximise",
    Zone = "zone",
    TextFilter = "text-filter",
    Field = "field",
    JqFilter = "jq-filter",
    Chips = "chips",
    Offers = "offers",
    DropChip = "drop-chip",
    Negate = "negate",
    KeepView = "keep-view",
    Views = "views",
    PreviousType = "previous-type",
    NextType = "next-type",
    Sort = "sort",
    Columns = "columns",
    Select = "select",
    Copy = "copy",
    CopyLink = "copy-link",
    Messages = "messages",
    Palette = "palette",
    Help = "help",
    Mouse = "mouse",
    Quit = "quit",
}
