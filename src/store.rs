//! store
pub mod staging;
