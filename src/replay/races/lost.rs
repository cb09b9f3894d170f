//! A lost update: an event that was decided on what another had changed meanwhile.
//!
//! What its requester had seen tells best. Without that, the version that explains what the rule decided; where no rule
//! decided, that it overwrote what another had set just before, which is weaker, and said to be so.

use super::hunt::{Here, Suspect};
use super::recent::{Recent, changed, stake};
use super::{FIELDS, Kind, Racer, Stake};
use crate::error::Result;
use crate::event::Version;
use crate::jq::State;
use crate::replay::decide::{Again, Lagging};
use crate::replay::diff::touches;
use crate::replay::flags::Flag;
use crate::replay::fold::Fold;
use crate::replay::{Change, changes};

/// What was lost, if anything was.
pub(super) fn lost_update(
    here: &Here<'_, '_>,
    recent: &Recent,
    states: &mut Lagging,
) -> Result<Option<Suspect>> {
    let again = Again::of(here.rules.domain, here.shown.event.aggregate, here.shown.view);
    if let Some(seen) = here.seen {
        return if seen < here.head { with_seen(here, states, again.as_ref(), seen) } else { Ok(None) };
    }
    if !recent.has_another(&here.racer, here.within) {
        return Ok(None);
    }
    match again {
        Some(again) if here.is_first() => explained(here, recent, &again),
        None if here.shown.flags.has(Flag::Overwrote) => overwrote(here, recent),
        _ => Ok(None),
    }
}

/// Between what was seen and the event, another changed what it changes; or its rule decided on what was seen, and not on
/// what was there.
fn with_seen(
    here: &Here<'_, '_>,
    states: &mut Lagging,
    again: Option<&Again<'_>>,
    seen: Version,
) -> Result<Option<Suspect>> {
    let event = here.shown.event;
    let then = states.at((here.store, here.branch), here.rules, event, seen)?;
    let (mut others, mut theirs) = (Vec::new(), Vec::<Change>::new());
    let mut fold = Fold::new(event.aggregate.clone(), event.raw.aggregate, here.branch.clone());
    fold.around(here.store, here.rules, then.clone(), (seen, here.head), &mut |event, before, after| {
        let racer = Racer::of(here.rules.domain, event);
        if here.racer.is_of_another(&racer) {
            theirs.extend(changes(before, &after.state)?);
            others.push(racer);
        }
        Ok(true)
    })?;
    if others.is_empty() {
        return Ok(None);
    }
    let (before, after) = (here.shown.before, &here.shown.seen.state);
    let mut stakes = Vec::new();
    for change in changed(before, after, here.quiet)? {
        if theirs.iter().any(|their| touches(&their.path, &change.path)) {
            stakes.push(stake(&change, &[&then, before, after])?);
        }
    }
    stakes.truncate(FIELDS);
    // Elsewhere it may have been decided on what was seen, which here, under the write lock, it never is.
    let drifted = again.filter(|again| here.is_first() && again.is_as_recorded(&again.on(&then, seen)));
    let answer = drifted.map(|again| (again.on(before, here.head), again));
    if let Some((answer, _)) = answer.filter(|(answer, again)| !again.is_as_recorded(answer)) {
        let note = format!("its rule decides so on v{seen}, which was seen, and not on v{}", here.head);
        let suspect = here.without(Kind::LostUpdate, others, stakes, note);
        return Ok(Some(Suspect { otherwise: Some(here.decided_so(&answer)), ..suspect }));
    }
    if stakes.is_empty() {
        return Ok(None);
    }
    let note = format!("v{seen} was seen; another changed the same meanwhile");
    Ok(Some(here.without(Kind::LostUpdate, others, stakes, note)))
}

/// The rule would not have decided so on what was there, but on an earlier version.
fn explained(here: &Here<'_, '_>, recent: &Recent, again: &Again<'_>) -> Result<Option<Suspect>> {
    let before = here.shown.before;
    let answer = again.on(before, here.head);
    if again.is_as_recorded(&answer) {
        return Ok(None);
    }
    let explains = |version: Version, state: &State| again.is_as_recorded(&again.on(state, version));
    let mut earlier = recent.back().map(|passed| (passed.racer.version - 1, &passed.before));
    let Some((version, then)) = earlier.find(|(version, state)| explains(*version, state)) else {
        return Ok(None);
    };
    let others = recent.others_behind(&here.racer, version);
    if others.is_empty() {
        return Ok(None);
    }
    let mine = changed(before, &here.shown.seen.state, here.quiet)?;
    let stakes =
        mine.iter().take(FIELDS).map(|change| stake(change, &[then, before, &here.shown.seen.state]));
    let note = format!("its rule decides so on v{version}, and not on v{}", here.head);
    let suspect = here.without(Kind::LostUpdate, others, stakes.collect::<Result<_>>()?, note);
    Ok(Some(Suspect { otherwise: Some(here.decided_so(&answer)), ..suspect }))
}

/// It overwrote what another had set just before.
fn overwrote(here: &Here<'_, '_>, recent: &Recent) -> Result<Option<Suspect>> {
    let (before, after) = (here.shown.before, &here.shown.seen.state);
    let (mut stakes, mut others) = (Vec::<Stake>::new(), Vec::new());
    for change in changed(before, after, here.quiet)? {
        let Some(there) = recent.back().find(|passed| passed.changed(&change.path)) else { continue };
        let close =
            here.racer.is_of_another(&there.racer) && here.racer.is_soon_after(&there.racer, here.within);
        if close && there.after.at(&change.path).is_some() {
            stakes.push(stake(&change, &[&there.before, &there.after, after])?);
            others.push((*there.racer).clone());
        }
    }
    if stakes.is_empty() {
        return Ok(None);
    }
    stakes.truncate(FIELDS);
    let note = "weaker: no command's rule says what it was decided on, it only overwrote";
    Ok(Some(here.without(Kind::LostUpdate, others, stakes, note.to_owned())))
}
