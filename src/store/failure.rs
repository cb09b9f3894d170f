//! SQLite's failures as sentences.

use rusqlite::ErrorCode;

use crate::error::Error;

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error_code();
        match code {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::refused("The store is locked by another program, which has been writing for too long.")
                    .hint("Wait for it to finish, or look for a program that hangs with the file open.")
            }
            Some(ErrorCode::DiskFull) => {
                Self::refused("The disk is full: what was to be written is not in the store.")
                    .hint("Make room and try again.")
            }
            Some(ErrorCode::ReadOnly) => Self::refused("The store can only be read here.")
                .hint("Copy it to a place where you may write: backstory backup FILE."),
            Some(ErrorCode::NotADatabase) => Self::refused("The file is not a backstory store.")
                .hint("To bring a log in: backstory init, then backstory import FILE."),
            Some(ErrorCode::DatabaseCorrupt) => {
                Self::damaged(format!("The store's file is damaged ({error})."))
                    .hint("Copy what can be read with sqlite3's .recover, or go back to a backup.")
            }
            Some(ErrorCode::CannotOpen) => Self::refused("The store's file cannot be opened."),
            Some(ErrorCode::SystemIoFailure) => {
                Self::refused(format!("The disk answered with a failure ({error})."))
            }
            Some(ErrorCode::TooBig) => super::open::too_large("The store"),
            Some(ErrorCode::OperationInterrupted) => Self::refused("Stopped."),
            _ => match error {
                rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..) => {
                    Self::damaged(format!("The store holds a value that backstory did not write ({error})."))
                }
                // Where a row may be missing that is asked for.
                rusqlite::Error::QueryReturnedNoRows => {
                    Self::damaged("The store is damaged: a row that backstory wrote is gone.")
                        .hint("Compare with a backup.")
                }
                other if other.to_string().contains("no such table: projection_") => {
                    let text = other.to_string();
                    let what = text.split(" in ").next().unwrap_or_default();
                    Self::refused(format!("A projection's table is gone: {what}."))
                        .hint("`backstory replay` builds it again from the log.")
                }
                rusqlite::Error::SqliteFailure(_, Some(message)) => Self::refused(format!("{message}.")),
                other => Self::refused(format!("The store failed: {other}.")),
            },
        }
    }
}
