//! Naming points of history, and forgetting the names.

use serde_json::json;

use super::operation::{By, note};
use crate::error::{Error, Result};
use crate::store::{Store, Waypoint};

/// Names a point. A name that is taken is refused.
pub(crate) fn name_point(
    store: &Store,
    name: &str,
    (branch, aggregate, place): (i64, Option<i64>, i64),
    by: &By,
) -> Result<()> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > 100 || !name.chars().all(fits) {
        return Err(Error::refused(format!("{name:?} cannot be a waypoint's name."))
            .hint("A name has letters, digits, `-`, `_` and `.`."));
    }
    let transaction = store.write()?;
    if transaction.waypoint(name)?.is_some() {
        return Err(Error::refused(format!("There is a waypoint %{name} already."))
            .hint(format!("`backstory waypoint --remove {name}` forgets it.")));
    }
    let waypoint = Waypoint {
        name: name.to_owned(),
        branch,
        aggregate,
        place,
        actor: by.actor.clone(),
        created_at: by.now,
    };
    transaction.put_waypoint(&waypoint)?;
    let detail = json!({ "name": name, "aggregate": aggregate, "place": place });
    note(&transaction, by, "waypoint", branch, None, &detail)?;
    transaction.commit()
}

/// Forgets a name.
pub(crate) fn forget_point(store: &Store, name: &str, by: &By) -> Result<()> {
    let transaction = store.write()?;
    let Some(waypoint) = transaction.waypoint(name)? else { return Err(no_waypoint(name)) };
    transaction.remove_waypoint(name)?;
    let detail = json!({ "name": name, "aggregate": waypoint.aggregate, "place": waypoint.place });
    note(&transaction, by, "forget waypoint", waypoint.branch, None, &detail)?;
    transaction.commit()
}

/// A waypoint that must be there.
pub(crate) fn no_waypoint(name: &str) -> Error {
    Error::refused(format!("There is no waypoint %{name}.")).hint("`backstory waypoint` lists them.")
}
