//! backstory
pub mod clock;
pub mod error;
pub mod event;
pub mod replay;
pub mod session;
pub mod store;
