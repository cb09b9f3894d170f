//! The program and its library as users and other programs meet them: one program of tests, a module for each matter.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests speak, and fail loudly"
)]
#![allow(clippy::format_collect, clippy::format_push_string, reason = "short tests read better")]

#[path = "../support/program.rs"]
mod program;

mod anew;
mod another;
mod another_rule;
mod answers;
mod architecture;
mod beside;
mod branches;
mod by_hand;
mod carry;
mod cases;
mod catalogue;
mod checks;
mod chips;
mod cli;
mod compare;
mod evolve;
mod examples;
mod faithful;
mod flags;
mod fold;
mod follow;
mod followed;
mod foreign;
mod fuzzed;
mod guess;
mod history;
mod hostile;
mod import;
mod incidents;
mod jq_itself;
mod kept;
mod killed;
mod lattice;
mod manual;
mod mappings;
mod markdown;
mod monitors;
mod notes;
mod ocel;
mod opened;
mod outside;
mod pages;
mod papertrail;
mod places;
mod power;
mod projections;
mod property;
mod race;
mod races;
mod react;
mod react_asked;
mod replay;
mod rewrite;
mod said;
mod scenarios;
mod search;
mod seen;
mod sizes;
mod sources;
mod speech;
mod store;
mod stores;
mod stores_kept;
mod stores_rows;
mod straight;
mod tampered;
mod teller;
mod terminal;
mod worker;
