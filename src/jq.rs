//! The one language: jq, compiled once and run bounded; the only place that knows the engine.
//!
//! # Why it is so
//!
//! A rule comes with a store, and a store may come from anybody. A filter is typed by somebody who waits for the
//! picture. jq can run for ever, or ask for all memory in one step. So every run has bounds, and rules that need little
//! do not run in the engine at all.
//!
//! ## Bounded
//!
//! What is counted is work, not time. A clock would stop the same rule on one machine and not on another one, and a
//! replay must give the same state on both. A run has 1,000,000 steps, 256 MB of values (whether or not they are freed
//! in between), 32 MB for one text, 4,096 bits for one integer, and some room on the stack.
//!
//! Four things were learned from what was tried:
//!
//! - **The engine's terms are not enough.** The engine asks for its table once for each term that it evaluates: there a
//!   step is counted. But one term can do anything: `"a" * 1000000 | indices("a" * 500000)` is a few terms, and a
//!   search with a regular expression is one. So the engine computes with a value of our own, whose operations count
//!   what they look at, and each function of jq's library is counted by its input. A search is counted before it
//!   begins, by the size of its pattern and of the text, since nobody can stop it later.
//! - **The stack is no bound by itself.** A build with optimisation has smaller frames, so how deep a value may be
//!   depended on the build. Now a value that is written as text may have 10,000 levels, and a result 100.
//! - **Room for recursion is made once for many.** A rule that may recurse gets 16 MB of stack to run on, out of 512 MB
//!   in which a deep value can be dropped; that costs nothing until it is touched, but to make it is to ask the system
//!   for it. Whoever runs many rules does so inside [`with_room`]. A rule whose text shows that it cannot recurse takes
//!   1 MB of the stack that is there.
//! - **A bound must end the run from however deep.** It unwinds without the panic hook, and is caught where the run
//!   began. A panic of the engine itself is caught at the same place, and the thread goes on.
//!
//! What it costs: a rule that is right, and takes more than a million steps for one event, is refused. Nobody can set
//! the bounds: a domain that needs another one would make another state on the next machine.
//!
//! ## Lowered
//!
//! Most rules set some fields. A million events of 1,000 aggregates were folded by the same eight rules, beside parsing
//! the same rows with `serde_json`: in the engine that took 7.1 times as long, as plain operations 1.7 and 2.1 times.
//! Of 100,000 aggregates, whose states do not fit in the cache, it was 12.4 and 9.3 times in the engine, 3.8 and 3.0
//! times without it (two runs each of `cargo bench --bench rules`; the manual's page on performance names the machine).
//! So a rule's syntax tree is *lowered* to operations that have one result each and change the state in place, and only
//! the fields that the rule reads are taken out of the event's text.
//!
//! - **All of a rule or nothing.** Lowering answers `None` as soon as it meets something that may have none or many
//!   results, and the engine runs the rule as it stands. Nothing tells the user which one it was, apart from the time.
//! - **The same values.** Both compute with the same operations of the same value, inside the same bounds. Only the
//!   walk through the tree differs.
//! - **Definitions are written out where they are called**, up to 100 calls in a rule: twelve definitions that each
//!   call the one before twice would be 4,096 copies of the first.
//! - **Filters came later.** Labels, filters, projections and reactors take the same way as rules since appending
//!   behind 500,000 events, with three projections, was measured at 0.15 of the speed of bare inserts. With this and
//!   with the [indexes that are brought in later](crate::store::places) it was 0.31, on a quieter machine.
//!
//! ## What a change must keep
//!
//! - Whatever is added to the library counts what it looks at. `what_runs_away_is_stopped_and_named`,
//!   `what_loops_inside_a_function_of_the_library_is_stopped_too` and
//!   `functions_of_long_texts_and_arrays_are_counted_by_what_they_look_at` notice it.
//! - Both ways have one meaning: `both_engines_agree` and `a_filter_of_variables_agrees_with_the_engine` try 2,000
//!   rules each, drawn at random. Of two mistakes in a rule either way may meet another one first, so errors may
//!   differ.
//! - What runs as plain operations today goes on to: `plain_rules_run_without_the_engine` has the list.
//! - jq means what it means in jq: `what_jq_tests_holds_here_too` runs jq's own tests and lists those that do not hold.
//! - Nothing reaches outside: `what_reaches_outside_does_not_compile`.

mod access;
mod apply;
mod bytes;
mod compact;
mod format;
mod limits;
mod lower;
mod mistake;
mod natives;
mod ops;
mod outline;
mod patch;
mod path_text;
mod paths;
mod project;
mod reads;
mod regex;
mod rule;
mod same;
mod scan;
mod state;
mod syntax;
mod tame;
mod texts;
mod time;
mod value;
mod view;
mod weight;
mod yaml;

pub use apply::{Apply, EventView, merge, merge_event};
pub use compact::{Slips, compact, compact_leniently};
pub use limits::{running, with_room};
pub use mistake::Mistake;
pub use outline::{Outline, outline};
pub use patch::{keys, patch, without_nulls};
pub use path_text::path_of;
pub use reads::{Need, Reads};
pub use rule::Rule;
pub use same::minds_key_order;
pub use state::State;
pub use view::{Fields, Items, Parts, View};

/// Half of a fold is allocation: this one is faster at it than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
