//! The explorer driven by key scripts through the real loop, against a test backend: what is on the screen, as text,
//! and beneath it the styles, one letter for each.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs,
    reason = "a test fails by panicking"
)]

#[path = "../support/contrast.rs"]
mod contrast;
#[path = "../support/play.rs"]
mod play;

mod carry;
mod catalogue;
mod chips;
mod compare;
mod cursor;
mod explorer;
mod found;
mod gallery;
mod handing;
mod help;
mod history;
mod jobs;
mod lab;
mod links;
mod list;
mod mapping;
mod mouse;
mod prompts;
mod questions;
mod races;
mod random;
mod reports;
mod start;
mod timeline;
mod tour;
mod trace;
mod trouble;
mod whole;
mod words;
