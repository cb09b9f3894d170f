//! What can be open above the panes, a file each. How one is added is said in CONTRIBUTING.md.

pub mod ask;
pub mod fire;
pub mod graph;
pub mod jobs;
pub mod reports;
pub mod rewrite;
