//! The list of aggregates: pages by key, filtered by text, jq, type, status and actor, at the head or at any position.

use crate::event::{AggregateId, Position, Time, Version};

/// What the list is sorted by; each has its own index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sort {
    /// The newest change first.
    #[default]
    Recent,
    /// The label, alphabetically.
    Label,
    /// The status, then the newest change.
    Status,
    /// The type and id.
    Id,
    /// The oldest first event first.
    Created,
    /// The most events first.
    Versions,
}

impl Sort {
    /// Every sort, in the order in which a key walks them.
    pub const ALL: [Self; 6] =
        [Self::Recent, Self::Label, Self::Status, Self::Id, Self::Created, Self::Versions];

    /// The word for `--sort` and for the screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Recent => "recent",
            Self::Label => "label",
            Self::Status => "status",
            Self::Id => "id",
            Self::Created => "created",
            Self::Versions => "versions",
        }
    }

    /// The sort of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.name() == name)
    }
}

/// A row's place in the list's order; opaque, and good for the same sort only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowKey {
    /// The sort column's value, as text or number.
    pub(crate) value: KeyValue,
    /// The row behind it, which breaks ties.
    pub(crate) aggregate: i64,
}

/// The value of a sort column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyValue {
    Integer(i64),
    Text(String),
}

/// Which rows are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListRequest {
    /// Only this aggregate type.
    pub kind: Option<String>,
    /// Text that the id, the label or a column contains, whatever its case.
    pub text: String,
    /// A jq predicate over the state.
    pub filter: Option<String>,
    /// Only these statuses; empty means all.
    pub statuses: Vec<String>,
    /// Only aggregates whose newest event is by one of these actors; empty means all.
    pub actors: Vec<String>,
    /// The order.
    pub sort: Sort,
    /// The order turned round.
    pub reversed: bool,
    /// The world as of this position; `None` is the head.
    pub at: Option<Position>,
    /// Start behind this row; `None` starts at the first row.
    pub after: Option<RowKey>,
    /// Walk towards the first row instead: the rows before `after` (or the last rows), still in list order.
    pub backwards: bool,
    /// At most so many rows.
    pub limit: usize,
    /// Look at no more than this many candidates before answering with what was found; 0 is no bound.
    pub budget: usize,
}

/// One aggregate in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRow {
    /// Which aggregate.
    pub aggregate: AggregateId,
    /// What it is called; the id where no rule says.
    pub label: String,
    /// In which state it is; the last event's type where no rule says.
    pub status: String,
    /// Whether it counts as deleted.
    pub deleted: bool,
    /// How many events it has.
    pub version: Version,
    /// The newest event's position.
    pub position: Position,
    /// `occurred_at` of version 1.
    pub first_at: Time,
    /// `occurred_at` of the newest event.
    pub last_at: Time,
    /// The rule error the state stopped at, if any.
    pub error: Option<String>,
    /// The declared columns' values, in the order of [`super::TypeInfo::columns`].
    pub columns: Vec<String>,
    /// Where the row stands, to ask for what follows it.
    pub key: RowKey,
}

/// Rows, and how to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListPage {
    /// The rows, in list order.
    pub rows: Vec<ListRow>,
    /// Where to go on in the same direction; `None` when there is no more.
    pub next: Option<RowKey>,
    /// How many candidates were looked at for this page.
    pub scanned: usize,
    /// All rows of the type and position, before text and filters.
    pub total: i64,
}

/// How many rows each value has, the most frequent first, at most a hundred of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// By aggregate type.
    pub types: Vec<(String, i64)>,
    /// By status, in the chosen type.
    pub statuses: Vec<(String, i64)>,
    /// By the actor of the newest event, in the chosen type.
    pub actors: Vec<(String, i64)>,
}
