//! backstory
pub mod clock;
pub mod error;
pub mod event;
pub mod import;
pub mod jq;
pub mod store;
