//! The orders of the list.

use serde::{Deserialize, Serialize};

use super::ListRow;
use crate::store::HeadOrder;

/// What the list is sorted by; each has its own index. Of aggregates that are alike in it the one that was seen first
/// comes first, and last where the order is descending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// The newest change first.
    #[default]
    Recent,
    /// The label, alphabetically.
    Label,
    /// The status, alphabetically.
    Status,
    /// The id, whatever its type.
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

    pub(super) fn order(self) -> (HeadOrder, bool) {
        match self {
            Self::Recent => (HeadOrder::Recent, true),
            Self::Label => (HeadOrder::Label, false),
            Self::Status => (HeadOrder::Status, false),
            Self::Id => (HeadOrder::Id, false),
            Self::Created => (HeadOrder::Created, false),
            Self::Versions => (HeadOrder::Versions, true),
        }
    }

    /// The sort of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.name() == name)
    }
}

impl ListRow {
    /// Puts rows that were gathered without an index into a sort's order, which is that of the index.
    pub fn sort(rows: &mut [Self], sort: Sort, reversed: bool) {
        match sort {
            Sort::Recent => rows.sort_by_key(|row| row.position),
            Sort::Label => rows.sort_by(|a, b| (&a.label, a.number).cmp(&(&b.label, b.number))),
            Sort::Status => rows.sort_by(|a, b| (&a.status, a.number).cmp(&(&b.status, b.number))),
            Sort::Id => {
                rows.sort_by(|a, b| (&a.aggregate.id, a.number).cmp(&(&b.aggregate.id, b.number)));
            }
            Sort::Created => rows.sort_by_key(|row| (row.first_at, row.number)),
            Sort::Versions => rows.sort_by_key(|row| (row.version, row.number)),
        }
        let (_, descending) = sort.order();
        if descending ^ reversed {
            rows.reverse();
        }
    }
}
