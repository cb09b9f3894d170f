//! What `update` asks the outside for, and what comes back: owned data both ways.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::event::{AggregateId, Hash, Position, Version};
use crate::session::{
    CommandInfo, Facets, Fire, Fired, ImportProgress, ListPage, ListRequest, ListRow, LogPage, LogRequest,
    Mark, Moment, Overview, Point, RowKey, Tail, Window,
};

/// Something to be done outside of the model.
#[derive(Debug)]
pub enum Effect {
    /// Ask the interactive worker; a newer question of the same kind replaces one that waits.
    Read(Read),
    /// Ask the worker for long scans.
    Scan(Read),
    /// Stop the running scan.
    StopScan,
    /// Have the interactive worker write, in order.
    Write(Fire),
    /// Put a text on the clipboard: what it is, a file name's ending, the text.
    Copy(String, &'static str, String),
    /// Switch mouse reporting on or off.
    Mouse(bool),
    /// Do what was chosen on the start screen.
    Begin(Choice),
    /// Stop what was chosen there, where it has not ended.
    StopBegun,
    /// Leave.
    Quit,
}

/// What the start screen offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Build the demo store where it is missing, and open it.
    Demo,
    /// Make an empty store.
    Create(PathBuf),
    /// Make a store from another system's log: the log, and the name of a mapping or its file.
    Import(PathBuf, Option<String>),
}

/// How rows join those that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// They take their place.
    Replace,
    /// They follow them.
    Append,
    /// They come before them.
    Prepend,
}

/// A question to a worker.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the session's methods say what these fields mean")]
pub enum Read {
    /// What the store holds.
    Overview,
    /// Rows of the list.
    List(ListRequest, Join),
    /// Rows of the list around an aggregate.
    Around(ListRequest, AggregateId),
    /// How many rows come before one.
    Rank(ListRequest, RowKey),
    /// How many aggregates there were right after a position.
    Begun(Position),
    /// How many events name this one, at this position, as their cause.
    Effects(Hash, Position),
    /// The state of an aggregate at a version.
    Moment(AggregateId, Version),
    /// The state right after a position, of the aggregate that the event there is about.
    At(Position),
    /// An aggregate as of a position.
    AsOf(AggregateId, Position),
    /// The state at the mark.
    Marked(AggregateId, Version),
    /// The timeline of an aggregate.
    Window { aggregate: AggregateId, from: Version, to: Version, cell: i64, cells: usize },
    /// The timeline of the store.
    StoreWindow { from: Position, to: Position, cell: i64, cells: usize },
    /// The timelines of several aggregates.
    Lanes(Vec<AggregateId>),
    /// Events with what they changed.
    Log(LogRequest, Join),
    /// The first event that matches, and the words for when there is none.
    Find(LogRequest, String),
    /// Counts for the facets.
    Facets(Option<String>),
    /// The point that a revision names.
    Resolve(String, Option<AggregateId>),
    /// The commands that may be fired here.
    Commands(Option<AggregateId>),
    /// What a command would do; the number tells replies apart.
    Preview(u64, Fire),
}

/// An answer. It repeats as much of the question as is needed to know whether it is still wanted.
#[derive(Debug)]
#[allow(missing_docs, reason = "the session's methods say what these fields mean")]
pub enum Reply {
    /// To [`Read::Overview`].
    Overview(Overview),
    /// Others appended.
    Tail(Tail),
    /// To [`Read::List`]; from a scan, `done` is false while more comes.
    List { request: ListRequest, join: Join, page: ListPage, done: bool },
    /// To [`Read::Around`]: the rows, how many come before them, and whether more follow.
    Around(ListRequest, Vec<ListRow>, i64, bool),
    /// To [`Read::Rank`].
    Rank(RowKey, i64),
    /// To [`Read::Begun`]: by type.
    Begun(Position, Vec<(String, i64)>),
    /// To [`Read::Effects`]: the position, how many, and whether there may be more.
    Effects(Position, i64, bool),
    /// To [`Read::Moment`].
    Moment(Box<Moment>),
    /// To [`Read::At`]; no moment before the first event.
    At(Position, Option<Box<Moment>>),
    /// To [`Read::AsOf`].
    AsOf(Position, Box<Moment>),
    /// To [`Read::Marked`].
    Marked(Box<Moment>),
    /// To [`Read::Window`].
    Window { aggregate: AggregateId, from: Version, to: Version, cell: i64, window: Window },
    /// To [`Read::StoreWindow`].
    StoreWindow { from: Position, to: Position, cell: i64, window: Window },
    /// To [`Read::Lanes`].
    Lanes(Vec<(AggregateId, Vec<Mark>)>),
    /// To [`Read::Log`]; from a scan, `done` is false while more comes.
    Log { request: LogRequest, join: Join, page: LogPage, done: bool },
    /// To [`Read::Find`]: aggregate, version and position.
    Found(Option<(AggregateId, Version, Position)>, String),
    /// To [`Read::Facets`].
    Facets(Facets),
    /// To [`Read::Resolve`].
    Resolved(Point),
    /// To [`Read::Commands`].
    Commands(Vec<CommandInfo>),
    /// To [`Read::Preview`].
    Preview(u64, Result<Box<Fired>>),
    /// What became of a write.
    Fired(Result<Box<Fired>>),
    /// How far the start screen's choice is.
    Progress(ImportProgress),
    /// The start screen's choice was done: the store is open or why not.
    Opened(Result<()>),
    /// Something was copied, or could not be.
    Copied(Result<String>),
    /// A question could not be answered: which kind, and why.
    Failed(Failed, Error),
}

/// The kind of question that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// The store could not be opened.
    Open,
    /// The list.
    List,
    /// The log.
    Log,
    /// The commands, the revision and everything else.
    Other,
}
