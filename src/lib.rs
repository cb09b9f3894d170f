//! backstory
pub mod clock;
pub mod error;
pub mod event;
pub mod jq;
