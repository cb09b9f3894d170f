//! A field that goes there and back, by two actors.

use super::Kind;
use super::hunt::{Here, Suspect};
use super::recent::{Recent, changed, stake};
use crate::error::Result;
use crate::replay::flags::is_caused_by;

/// The field that an event gives back the value which somebody else took away just before.
pub(super) fn edit_war(here: &Here<'_, '_>, recent: &Recent) -> Result<Option<Suspect>> {
    if !recent.has_another(&here.racer, here.within) {
        return Ok(None);
    }
    let (before, after) = (here.shown.before, &here.shown.seen.state);
    let (mut stakes, mut others) = (Vec::new(), Vec::new());
    for change in changed(before, after, here.quiet)? {
        let Some(there) = recent.back().find(|passed| passed.changed(&change.path)) else { continue };
        let close =
            here.racer.is_of_another(&there.racer) && here.racer.is_soon_after(&there.racer, here.within);
        if close
            && there.before.at(&change.path) == after.at(&change.path)
            && !is_caused_by(here.store, here.branch, here.shown.view.meta, there.racer.position)?
        {
            stakes.push(stake(&change, &[&there.before, &there.after, after])?);
            others.push((*there.racer).clone());
        }
    }
    if stakes.is_empty() {
        return Ok(None);
    }
    Ok(Some(here.without(Kind::EditWar, others, stakes, "there and back, by two actors".to_owned())))
}
