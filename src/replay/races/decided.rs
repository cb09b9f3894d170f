//! Requests that were decided on something else than what they were made on, and what an event's place says by itself.

use super::Kind;
use super::hunt::{Here, Suspect};
use crate::error::Result;
use crate::event::seen_of;
use crate::replay::decide::{Again, Decided, Lagging, behind_cause};
use crate::replay::flags::Flag;

/// What its requester had looked at had moved on. Where there is a rule it is decided again on what was seen.
pub(super) fn stale(here: &Here<'_, '_>, states: &mut Lagging) -> Result<Option<Suspect>> {
    if !here.shown.flags.has(Flag::Stale) || !here.is_first() {
        return Ok(None);
    }
    let Some(seen) = here.seen.filter(|seen| *seen < here.head) else {
        let seen = seen_of(here.shown.view.meta);
        let names: Vec<_> =
            seen.iter().map(|(aggregate, version)| format!("{aggregate}@{version}")).collect();
        let note = format!("{} was seen, and not all of it was the newest", names.join(", "));
        return Ok(Some(here.without(Kind::Stale, Vec::new(), Vec::new(), note)));
    };
    let (event, view) = (here.shown.event, here.shown.view);
    let Some(again) = Again::of(here.rules.domain, event.aggregate, view) else {
        let note = format!("v{seen} was seen, v{} was there; no rule can decide again", here.head);
        return Ok(Some(here.without(Kind::Stale, Vec::new(), Vec::new(), note)));
    };
    let state = states.at((here.store, here.branch), here.rules, event, seen)?;
    let said = format!("v{seen} was seen, v{} was there", here.head);
    Ok(Some(decided(here, Kind::Stale, &again, &again.on(&state, seen), &said)))
}

/// A reactor's command that would have been decided otherwise right behind the event that it answers.
pub(super) fn old_reaction(here: &Here<'_, '_>, states: &mut Lagging) -> Result<Option<Suspect>> {
    let (event, view) = (here.shown.event, here.shown.view);
    if !here.is_first() {
        return Ok(None);
    }
    let place = (here.store, here.branch);
    let Some((again, version, answer)) = behind_cause(states, place, here.rules, (event, view))? else {
        return Ok(None);
    };
    if again.is_as_recorded(&answer) {
        return Ok(None);
    }
    let said = format!("it answers at v{version}, and came behind v{}", here.head);
    Ok(Some(decided(here, Kind::OldReaction, &again, &answer, &said)))
}

/// A suspect by what its request comes to elsewhere.
fn decided(here: &Here<'_, '_>, kind: Kind, again: &Again<'_>, answer: &Decided, said: &str) -> Suspect {
    let note = match answer {
        _ if again.is_as_recorded(answer) => format!("{said}; its rule decides the same on both"),
        Decided::Refused(why) => format!("{said}; there its rule refuses it: {why}"),
        Decided::Events(events) if events.is_empty() => format!("{said}; there nothing would have changed"),
        Decided::Events(_) => format!("{said}; there its rule decides otherwise"),
    };
    let otherwise = (!again.is_as_recorded(answer)).then(|| here.decided_so(answer));
    Suspect { kind, with: Vec::new(), stakes: Vec::new(), note, otherwise }
}

/// What the flags of an event say by themselves.
pub(super) fn flagged(here: &Here<'_, '_>, wants: &dyn Fn(Kind) -> bool) -> Vec<Suspect> {
    let mut suspects = Vec::new();
    let flags = here.shown.flags;
    for (flag, kind) in
        [(Flag::Clash, Kind::Source), (Flag::Gap, Kind::Source), (Flag::BeforeCause, Kind::BeforeCause)]
    {
        if flags.has(flag) && wants(kind) {
            let suspect = here.without(kind, Vec::new(), Vec::new(), flag.says().to_owned());
            // What is missing is not known, and neither is what came of the cause first.
            let otherwise = suspect.otherwise.filter(|_| flag == Flag::Clash);
            suspects.push(Suspect { otherwise, ..suspect });
        }
    }
    suspects
}
