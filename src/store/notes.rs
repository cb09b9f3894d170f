//! Notes: what people wrote about points of history. They stand beside the chain, as waypoints do.

use rusqlite::{OptionalExtension, Row};

use super::sums::NOTES;
use super::{Store, Transaction};
use crate::error::Result;
use crate::event::Time;

/// What somebody wrote about a point of history, or about a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its number: that of the operation by which it was written.
    pub id: i64,
    /// The row of the branch that it is on.
    pub branch: i64,
    /// The aggregate's row; `None` for a point of the whole store.
    pub aggregate: Option<i64>,
    /// The version of the aggregate, or the position of the whole store; `None` for the record itself.
    pub place: Option<i64>,
    /// What it says.
    pub text: String,
    /// Who wrote it.
    pub actor: String,
    /// When.
    pub created_at: Time,
}

const COLUMNS: &str = "id, branch, aggregate, place, text, actor, created_at";

fn note(row: &Row<'_>) -> rusqlite::Result<Note> {
    Ok(Note {
        id: row.get(0)?,
        branch: row.get(1)?,
        aggregate: row.get(2)?,
        place: row.get(3)?,
        text: row.get(4)?,
        actor: row.get(5)?,
        created_at: Time(row.get(6)?),
    })
}

impl Store {
    /// Every note, the oldest first.
    pub fn notes(&self) -> Result<Vec<Note>> {
        let mut statement =
            self.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM notes ORDER BY id"))?;
        let rows = statement.query_map([], note)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The note of that number.
    pub fn note(&self, id: i64) -> Result<Option<Note>> {
        let mut statement =
            self.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM notes WHERE id = ?1"))?;
        Ok(statement.query_row([id], note).optional()?)
    }
}

impl Transaction<'_> {
    /// Writes a note.
    pub(crate) fn put_note(&self, note: &Note) -> Result<()> {
        let Note { id, branch, aggregate, place, text, actor, created_at } = note;
        self.toggled(NOTES, [id], || {
            self.connection.execute(
                &format!("INSERT OR REPLACE INTO notes ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
                (id, branch, aggregate, place, text, actor, created_at.0),
            )?;
            Ok(())
        })
    }

    /// Removes a note; `false` where there is none of that number.
    pub(crate) fn remove_note(&self, id: i64) -> Result<bool> {
        self.toggled(
            NOTES,
            [id],
            || Ok(self.connection.execute("DELETE FROM notes WHERE id = ?1", [id])? > 0),
        )
    }
}
