//! How far a store of another program was read, so that only what is behind that is asked for.

use serde::{Deserialize, Serialize};

use super::Source;
use crate::error::Result;
use crate::import::Options;
use crate::import::adapter::{reach, rows_after};
use crate::import::tail::written_at;
use crate::session::Imported;

const REACH: &str = "reach.json";

/// How far it goes, and how many rows it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reach {
    newest: i64,
    rows: i64,
    /// When the file was written to last.
    written: Option<i64>,
    /// How many rows are to come, where only those behind others are asked for.
    #[serde(skip)]
    more: Option<i64>,
}

impl Reach {
    /// Whether fewer rows came than there are more: some stand before what was read.
    pub fn misses(&self, came: u64) -> bool {
        self.more.is_some_and(|more| (came as i64) < more)
    }
}

impl Source {
    /// Has only what is behind what was read be asked for, where that can be told; where rows went away, everything is.
    /// Answers how far the store goes now.
    pub(super) fn reach(&self, options: &mut Options, first: bool) -> Result<Option<Reach>> {
        let (Some(newest), Some(query), [file]) =
            (&self.about.newest, &self.about.query, self.about.files.as_slice())
        else {
            return Ok(None);
        };
        let text = crate::file::text(&self.folder.join(REACH)).ok().filter(|_| !first);
        let before: Option<Reach> = text.and_then(|text| serde_json::from_str(&text).ok());
        let written = written_at(file);
        // It is looked at often, and counting takes as long as there are rows.
        if before.is_some_and(|before| before.written == written) {
            return Ok(before);
        }
        let Some((newest, rows)) = reach(file, newest)? else { return Ok(None) };
        let before = before.filter(|before| before.newest <= newest && before.rows <= rows);
        if let Some(before) = before {
            options.rows = Some(rows_after(query, Some(before.newest)));
        }
        Ok(Some(Reach { newest, rows, written, more: before.map(|before| rows - before.rows) }))
    }

    /// Notes how far it was read.
    pub(super) fn keep_reach(&self, reach: Option<Reach>) -> Result<()> {
        let Some(text) = reach.and_then(|reach| serde_json::to_string(&reach).ok()) else { return Ok(()) };
        self.put(REACH, &text)
    }
}

/// What two looks came to.
pub(super) fn joined(part: &Imported, mut whole: Imported) -> Imported {
    whole.appended += part.appended;
    whole.report.events += part.report.events;
    whole.report.bad_count = whole.report.bad_count.max(part.report.bad_count);
    whole
}
