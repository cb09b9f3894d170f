//! Which branch owns an event and which one sees it, worked out from the branches' forks.

use crate::event::Position;
use crate::session::BranchInfo;

fn named<'a>(branches: &'a [BranchInfo], name: &str) -> Option<&'a BranchInfo> {
    branches.iter().find(|branch| branch.name == name)
}

/// The branch that owns the event which another one sees at a position: its own events lie behind its fork.
fn owner<'a>(branches: &'a [BranchInfo], branch: &str, position: Position) -> Option<&'a str> {
    let mut owner = named(branches, branch)?;
    while position <= owner.fork_position {
        let Some(parent) = owner.parent.as_deref().and_then(|parent| named(branches, parent)) else { break };
        owner = parent;
    }
    Some(&owner.name)
}

/// Whether a branch sees the event that another one sees at a position.
pub fn sees(branches: &[BranchInfo], here: &str, branch: &str, position: Position) -> bool {
    let owner = owner(branches, branch, position);
    let mut limit = Position::MAX;
    let mut next = named(branches, here);
    while let Some(branch) = next {
        if owner == Some(&branch.name) {
            return position <= limit;
        }
        limit = limit.min(branch.fork_position);
        next = branch.parent.as_deref().and_then(|parent| named(branches, parent));
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Time;

    fn branch(name: &str, parent: Option<&str>, fork_position: Position) -> BranchInfo {
        BranchInfo {
            name: name.into(),
            parent: parent.map(Into::into),
            fork_position,
            fork_at: None,
            events: 0,
            head: 0,
            last_activity: Time(0),
            archived: false,
            filling: None,
        }
    }

    #[test]
    fn what_was_before_the_fork_is_common() {
        let all = [
            branch("main", None, 0),
            branch("idea", Some("main"), 10),
            branch("other", Some("main"), 5),
            branch("deep", Some("idea"), 20),
        ];
        assert_eq!(owner(&all, "deep", 3), Some("main"));
        assert_eq!(owner(&all, "deep", 15), Some("idea"));
        assert!(sees(&all, "main", "deep", 3));
        assert!(sees(&all, "deep", "idea", 15));
        assert!(!sees(&all, "deep", "idea", 25));
        assert!(!sees(&all, "other", "main", 8));
        assert!(sees(&all, "idea", "main", 8));
        assert!(!sees(&all, "main", "idea", 15));
    }
}
