//! What can be open above the panes, a file each. How one is added is said in CONTRIBUTING.md.

pub mod ask;
pub mod branches;
pub mod carry;
pub mod catalogue;
pub mod columns;
pub mod compare;
pub mod copy;
pub mod facets;
pub mod filter;
pub mod fire;
pub mod goto;
pub mod graph;
pub mod help;
pub mod hits;
pub mod jobs;
pub mod lab;
pub mod messages;
pub mod monitors;
pub mod operations;
pub mod order;
pub mod palette;
pub mod prompt;
pub mod reports;
pub mod rewrite;
pub mod trace;
pub mod waypoints;
