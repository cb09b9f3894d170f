//! What is odd about a domain, as far as its text alone shows it: rules that cannot be, events that nobody emits or
//! that change nothing, values that a second run would not give again, names that tell of no past.

mod tense;

use std::fmt;

use serde::Serialize;

pub use tense::is_past;

use super::catalogue::emitters;
use super::reactor::Pattern;
use super::source::Spot;
use super::{Aggregate, Domain, EventType};
use crate::jq::outline;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// It does not do what its author must have wanted.
    Wrong,
    /// It is worth a look.
    Note,
}

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// A rule does not compile; a clock, the environment and other input are unknown to it.
    Rule,
    /// An event changes nothing when it is applied.
    ChangesNothing,
    /// Events in the log that their rule refuses.
    Refused,
    /// No command emits an event.
    NeverEmitted,
    /// A command emits what leads to the same state.
    NoOp,
    /// A rule reads what another run does not give again.
    Unrepeatable,
    /// An event's name is not past tense.
    Tense,
    /// Reactors answer one another in a circle.
    Loop,
    /// A command emits an event that its aggregate does not declare, or a reactor fires a command that there is not.
    Undeclared,
    /// A reactor, projection or monitor is for events that there are not.
    Nowhere,
}

/// Something odd.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it weighs.
    pub weight: Weight,
    /// What was looked for.
    pub check: Check,
    /// The file.
    pub file: String,
    /// The line in it.
    pub line: usize,
    /// What it is about: `Task TaskCreated`.
    pub subject: String,
    /// What is odd.
    pub message: String,
    /// What to do.
    pub advice: String,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rule => "rule",
            Self::ChangesNothing => "changes-nothing",
            Self::Refused => "refused",
            Self::NeverEmitted => "never-emitted",
            Self::NoOp => "no-op",
            Self::Unrepeatable => "unrepeatable",
            Self::Tense => "tense",
            Self::Loop => "loop",
            Self::Undeclared => "undeclared",
            Self::Nowhere => "nowhere",
        })
    }
}

/// Fields of `$event` that an event gets anew where it is carried to another branch or imported.
const ANEW: &[&str] = &["recorded_at", "position", "version", "branch", "hash", "parent"];

/// The event that no domain declares: how something is taken back that has no rule for it.
const OWN: &str = "backstory.Reverted";

impl Domain {
    /// What its text shows.
    pub fn lint(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (name, spot, compiled) in self.compiled() {
            if let Some(error) = compiled.err() {
                let advice = error.hint_text().unwrap_or("Rules see the state, the event and nothing else.");
                findings.push(Finding::new(Check::Rule, Weight::Wrong, &spot, name, error.message(), advice));
            }
        }
        for (kind, aggregate) in &self.aggregates {
            never_emitted(kind, aggregate, &mut findings);
            undeclared(kind, aggregate, &mut findings);
            for (name, event) in &aggregate.events {
                of_event(&format!("{kind} {name}"), name, event, &mut findings);
            }
            for command in aggregate.commands.values() {
                let (text, subject) = (&command.emit.text, format!("{kind} {}", command.name));
                if let Some((_, at)) = outline(&text.value).names.into_iter().find(|(name, _)| name == "$now")
                {
                    findings.push(Finding::new(
                        Check::Unrepeatable,
                        Weight::Note,
                        &text.spot(at),
                        &subject,
                        "its rule reads $now, the clock at the time of firing",
                        "Let the event's own time tell: its apply rule has $at.",
                    ));
                }
            }
        }
        for reactor in &self.reactors {
            if let Err(what) = reactor.check(self) {
                findings.push(Finding::new(
                    Check::Undeclared,
                    Weight::Wrong,
                    &reactor.spot,
                    &format!("reactor {}", reactor.name),
                    &what,
                    "Is it spelled as it is declared?",
                ));
            }
        }
        for found in self.loops() {
            let weight = if found.is_endless() { Weight::Wrong } else { Weight::Note };
            let message = format!("it goes round, and {}: {}", found.end(), found.path);
            findings.push(Finding::new(
                Check::Loop,
                weight,
                &found.spot,
                &format!("reactor {}", found.reactor),
                &message,
                "Give one of the reactors a `when` that does not hold the second time.",
            ));
        }
        findings.extend(self.nowhere(&|_| false));
        findings
    }

    /// Reactors, projections and monitors for events that the domain does not declare and that were not `seen`.
    pub(crate) fn nowhere(&self, seen: &dyn Fn(&Pattern) -> bool) -> Vec<Finding> {
        let reactors = self.reactors.iter().map(|of| (format!("reactor {}", of.name), &of.on, &of.spot));
        let projections = self.projections.values();
        let projections = projections.map(|of| (format!("projection {}", of.name), &of.on, &of.spot));
        let monitors = self.monitors.iter().map(|of| (format!("monitor {}", of.name), &of.on, &of.spot));
        let mut findings = Vec::new();
        for (subject, on, spot) in reactors.chain(projections).chain(monitors) {
            for pattern in on.iter().filter(|pattern| !self.declares(pattern) && !seen(pattern)) {
                findings.push(Finding::new(
                    Check::Nowhere,
                    Weight::Note,
                    spot,
                    &subject,
                    &format!("it is for {pattern}, and no such event is declared"),
                    "Is it spelled as the event is? What only imports bring may be declared, too.",
                ));
            }
        }
        findings
    }

    /// Whether a pattern is for an event that there is without a log.
    fn declares(&self, pattern: &Pattern) -> bool {
        self.aggregates.is_empty()
            || self.aggregates.iter().any(|(kind, aggregate)| {
                let own = aggregate.events.keys().map(String::as_str);
                own.chain([OWN]).any(|event| pattern.matches(kind, event))
            })
    }

    /// Where an event type, or a command, is declared; the start of the file where it is not.
    pub(crate) fn place_of(&self, kind: &str, name: &str) -> (String, usize) {
        let aggregate = self.aggregates.get(kind);
        let event = aggregate.and_then(|a| a.events.get(name)?.spot.clone());
        let command = || aggregate.and_then(|a| Some(a.commands.get(name)?.emit.text.spot(0)));
        event.or_else(command).map_or_else(|| ("the domain".to_owned(), 1), |spot| spot.place())
    }
}

impl Finding {
    fn new(check: Check, weight: Weight, spot: &Spot, subject: &str, message: &str, advice: &str) -> Self {
        let (file, line) = spot.place();
        Self {
            weight,
            check,
            file,
            line,
            subject: subject.to_owned(),
            message: message.to_owned(),
            advice: advice.to_owned(),
        }
    }
}

fn never_emitted(kind: &str, aggregate: &Aggregate, findings: &mut Vec<Finding>) {
    // What has no commands gets its events from outside; a computed type may be any.
    if aggregate.commands.is_empty()
        || aggregate.commands.values().any(|c| outline(c.emit_text()).emits_computed)
    {
        return;
    }
    let emitters = emitters(aggregate);
    for (name, event) in &aggregate.events {
        if let (Some(spot), false) = (&event.spot, emitters.contains_key(name)) {
            findings.push(Finding::new(
                Check::NeverEmitted,
                Weight::Note,
                spot,
                &format!("{kind} {name}"),
                "no command emits it",
                "Give it a command; or leave it where only imports bring it.",
            ));
        }
    }
}

fn undeclared(kind: &str, aggregate: &Aggregate, findings: &mut Vec<Finding>) {
    for command in aggregate.commands.values() {
        let emits = outline(command.emit_text()).emits.into_iter();
        for event in emits.filter(|event| !aggregate.events.contains_key(event)) {
            findings.push(Finding::new(
                Check::Undeclared,
                Weight::Wrong,
                &command.emit.text.spot(0),
                &format!("{kind} {}", command.name),
                &format!("it emits {event}, which is not declared: it will be refused"),
                "Is it spelled as the event is? Else declare it.",
            ));
        }
    }
}

fn of_event(subject: &str, name: &str, event: &EventType, findings: &mut Vec<Finding>) {
    let Some(spot) = &event.spot else { return };
    let rule = event.apply.as_ref();
    let nothing = match rule {
        Some(rule) if rule.text.value.trim() == "." => Some("its rule leaves the state as it is"),
        None if event.data.is_empty() => Some("it has no rule, and no data to merge"),
        _ => None,
    };
    if let Some(why) = nothing {
        findings.push(Finding::new(
            Check::ChangesNothing,
            Weight::Note,
            spot,
            subject,
            &format!("it changes nothing when it is applied: {why}"),
            "Say in `apply` what is different afterwards.",
        ));
    }
    if let Some(rule) = rule {
        let mentions = outline(&rule.text.value);
        for field in ANEW.iter().filter(|field| mentions.event.iter().any(|read| read == **field)) {
            let at = rule.text.value.find(field).unwrap_or_default();
            findings.push(Finding::new(
                Check::Unrepeatable,
                Weight::Note,
                &rule.text.spot(at),
                subject,
                &format!(
                    "its rule reads $event.{field}, which differs where the event is imported or carried over"
                ),
                "Use what the event itself says: $at, $data, $meta.",
            ));
        }
    }
    if !is_past(name) {
        findings.push(Finding::new(
            Check::Tense,
            Weight::Note,
            spot,
            subject,
            "its name has no verb in the past tense",
            "Name what happened, as in TaskCompleted; `was` keeps the old name readable.",
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Check, usize, String)> {
        let domain = Domain::parse("t.toml", text).unwrap();
        domain.lint().into_iter().map(|f| (f.check, f.line, f.subject)).collect()
    }

    #[test]
    fn each_check_finds_what_it_is_for() {
        let text = r#"[aggregate.Box.event.Opened]
apply = """.open = true
  | .at = now"""
[aggregate.Box.event.BoxUpdate]
apply = '.n = $event.recorded_at'
[aggregate.Box.event.Closed]
[aggregate.Box.command.open]
emit = 'event("Opened"; {at: $now})'
"#;
        let expected = [
            (Check::Rule, 2, "Box Opened apply"),
            (Check::NeverEmitted, 4, "Box BoxUpdate"),
            (Check::NeverEmitted, 6, "Box Closed"),
            (Check::Unrepeatable, 5, "Box BoxUpdate"),
            (Check::Tense, 4, "Box BoxUpdate"),
            (Check::ChangesNothing, 6, "Box Closed"),
            (Check::Unrepeatable, 8, "Box open"),
        ];
        assert_eq!(found(text), expected.map(|(check, line, of)| (check, line, of.to_owned())));
    }

    #[test]
    fn names_that_stand_nowhere_are_found() {
        let text = r#"[aggregate.Box.event.Opened]
apply = '.open = true'
[aggregate.Box.command.open]
emit = 'event("Oepned"; {}), event("Opened"; {})'
[[reactor]]
name = "tell"
on = ["Opned", "Box/*", "Crate/*", "*"]
notify = '"open"'
[[reactor]]
name = "shut"
on = ["Opened"]
command = { name = "clsoe" }
[projection.rows]
on = ["Closed"]
row = '{}'
[[monitor]]
name = "often"
on = ["Box/Opened", "Box/Shut"]
at_least = 1
within = "1h"
"#;
        let expected = [
            (Check::Undeclared, 4, "Box open"),
            (Check::Undeclared, 9, "reactor shut"),
            (Check::Nowhere, 5, "reactor tell"),
            (Check::Nowhere, 5, "reactor tell"),
            (Check::Nowhere, 13, "projection rows"),
            (Check::Nowhere, 16, "monitor often"),
        ];
        assert_eq!(found(text), expected.map(|(check, line, of)| (check, line, of.to_owned())));
    }

    #[test]
    fn what_comes_from_outside_is_not_missed() {
        let computed = "[aggregate.A.event.Opened]\napply = '.a = 1'\n[aggregate.A.command.c]\nemit = 'event($params.t; {})'\n";
        assert_eq!(found(computed), []);
        assert_eq!(found("[aggregate.A.event.Opened]\napply = '.a = 1'\n"), []);
    }
}
