//! backstory answers one question about any record: *how did it get here?* It is a terminal explorer of
//! event-sourced history over a SQLite store: every event is a commit, state is a pure fold of events, and
//! the timeline can be scrubbed to any of them.
//!
//! This page is the map. Data goes from left to right, and a module imports only what stands to its left:
//!
//! ```text
//!   event ─► store ─► jq ─► domain ─► history ─► replay ─► projection ─► journal ─► session ─► tui
//!           (SQLite)        (rules)   (branches) (fold,   (read models)  (one write,            └─► cli
//!                                                 diff)                   assembled)
//!                                                    ├─► import (other systems' logs)
//!                                                    ├─► react (what jobs do outside: on firing only)
//!                                                    └─► outside (programs as rules: to compare only)
//! ```
//!
//! `error`, `clock`, `private`, `visible`, `markdown`, `manual` and `file` stand beside `event`: everything may answer with the first,
//! only the rim reads the second, who writes files of the user's goes through the third, what is shown through the fourth, what is
//! handed over through the fifth, the sixth is what a person reads, and every file that somebody names is opened by the last.
//!
//! | to find | look in |
//! | --- | --- |
//! | what an event is, its times, its hash | [`event`] |
//! | files that only their owner may read | [`private`] |
//! | text that cannot steer a terminal | [`visible`] |
//! | tables and texts for tickets and chats | [`markdown`] |
//! | the manual's pages, as lines of any width | [`manual`] |
//! | tables, the chain, appending, verifying | [`store`] |
//! | the rules' language, its bounds, its fast path | [`jq`] |
//! | the TOML of aggregates, events and commands; the catalogue, what is odd, older shapes of events | [`domain`] |
//! | branches as sequences, where two part, their graph; times and revisions | [`history`] |
//! | the fold, keyframes, the seekable timeline, flags of events and who set what, diffs of two and three states, blame, other orders, races | [`replay`] |
//! | rows folded from the events of many aggregates | [`projection`] |
//! | how a command or an import becomes events, which jobs reactors ask for | [`journal`] |
//! | mappings, sources and the staging of other logs; how a log is guessed, and a store is recognised | [`import`], [`import::guess`], [`import::adapter`] |
//! | mail, POSTs, metrics, rows; this machine's settings and consent | [`react`] |
//! | signing how far a log has come, and checking that | [`seal`] |
//! | other people's programs as apply rules, where somebody allows it | [`outside`] |
//! | what a user can do, one file per verb | [`session`] |
//! | the explorer: keys, model, update, view | [`tui`] |
//! | the command line, one file per verb | [`cli`] |
//!
//! Seven things are as they are for a reason that their code does not show. Each has a page: what was tried, what was
//! measured or failed, what it costs, what a change must keep, and which test notices.
//!
//! | why it is so | stands in |
//! | --- | --- |
//! | rules are bounded by counting, and most run without the jq engine | [`jq`] |
//! | heads are kept beside the log, and replaced a generation at a time | [`store::heads`] |
//! | some indexes are brought in later than the events | [`store::places`] |
//! | a store that is made by an import is filled without heads | [`store::alone`] |
//! | a fork copies nothing, and its heads are filled when somebody looks | [`journal::branch`] |
//! | there is one fold, which copies no state | [`replay::fold`] |
//! | the explorer asks with closures, and what whoever asks can rely on | [`tui::worker`] |

pub mod clock;
pub mod error;
pub mod event;
pub mod file;
pub mod manual;
pub mod markdown;
pub mod private;
pub mod visible;

pub mod store;

pub mod jq;

pub mod domain;

pub mod history;

pub mod replay;

pub mod projection;

pub mod journal;

pub mod import;

pub mod react;

pub mod seal;

pub mod outside;

pub mod session;

pub mod tui;

pub mod cli;
