//! The versions of the domain that a store has had; the newest is in use.

use rusqlite::OptionalExtension;
use sha2::{Digest, Sha256};

use super::Store;
use super::indexed::wrong;
use crate::error::Result;
use crate::event::Time;

/// A version of the domain as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDomain {
    /// Its number in the store; rises with each version.
    pub id: i64,
    /// The TOML text, includes expanded.
    pub source: String,
}

impl Store {
    /// The number of the domain in use; 0 where there is none.
    pub(crate) fn domain_id(&self) -> Result<i64> {
        let mut statement = self.connection.prepare_cached("SELECT coalesce(max(id), 0) FROM domains")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// The domain in use.
    pub(crate) fn stored_domain(&self) -> Result<Option<StoredDomain>> {
        let mut statement =
            self.connection.prepare_cached("SELECT id, source FROM domains ORDER BY id DESC LIMIT 1")?;
        Ok(statement
            .query_row([], |row| Ok(StoredDomain { id: row.get(0)?, source: row.get(1)? }))
            .optional()?)
    }

    /// A domain that is, or was, in use.
    pub(crate) fn domain_numbered(&self, id: i64) -> Result<Option<StoredDomain>> {
        let mut statement = self.connection.prepare_cached("SELECT id, source FROM domains WHERE id = ?1")?;
        Ok(statement
            .query_row([id], |row| Ok(StoredDomain { id: row.get(0)?, source: row.get(1)? }))
            .optional()?)
    }

    /// When a domain was taken into use.
    pub(crate) fn domain_added(&self, id: i64) -> Result<Option<Time>> {
        let mut statement = self.connection.prepare_cached("SELECT added_at FROM domains WHERE id = ?1")?;
        Ok(statement.query_row([id], |row| row.get(0).map(Time)).optional()?)
    }

    /// Recomputes the SHA-256 of every domain's text.
    pub(super) fn check_domains(&self) -> Result<()> {
        let mut statement = self.connection.prepare("SELECT id, source, hash FROM domains ORDER BY id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (id, source, hash): (i64, String, [u8; 32]) = (row.get(0)?, row.get(1)?, row.get(2)?);
            if <[u8; 32]>::from(Sha256::digest(&source)) != hash {
                return Err(wrong(&format!("the text of domain {id} is not what was taken into use")));
            }
        }
        Ok(())
    }
}
