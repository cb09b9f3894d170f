//! What is odd about a domain as its log and a trial show it: events that changed nothing, and commands that emit
//! once more what is so already.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Session;
use crate::domain::lint::{Check, Finding, Weight};
use crate::domain::{Attribute, Command, Domain, Type};
use crate::error::Result;
use crate::event::{AggregateId, Position, Time};
use crate::jq::{EventView, State};
use crate::replay::{Fold, Reducer};

/// How often a command of the log is tried again.
const TRIALS: u32 = 64;

/// How many events are folded between two looks at whether to go on.
const LOOK: u64 = 256;

/// Events of a type, and those that changed nothing.
#[derive(Default)]
struct Unchanged {
    events: u64,
    idle: u64,
    first: Position,
    /// Those that the rule refuses, the first one, and why.
    refused: u64,
    refusal: Option<(Position, String)>,
}

/// Commands of a type that were tried again on the state they led to.
#[derive(Default)]
struct Again {
    trials: u32,
    /// The event type that led to the same state, and where that was seen.
    nothing: Option<(String, Position)>,
}

type ByName<T> = IndexMap<(String, String), T>;

/// The command in an event's metadata.
#[derive(Deserialize)]
struct Emitter {
    command: Option<Said>,
}

#[derive(Deserialize)]
struct Said {
    name: String,
    #[serde(default)]
    params: Map<String, Value>,
    #[serde(default)]
    part: u64,
    #[serde(default)]
    of: u64,
}

/// What the text of a domain shows, and a trial of its commands with made-up parameters.
pub fn lint(domain: &Domain) -> Vec<Finding> {
    let mut findings = domain.lint();
    if findings.iter().all(|finding| finding.check != Check::Rule) {
        let mut again = ByName::default();
        for (kind, aggregate) in &domain.aggregates {
            for command in aggregate.commands.values() {
                if let Some(event) = made_up(domain, kind, command) {
                    let tried =
                        again.entry((kind.clone(), command.name.clone())).or_insert_with(Again::default);
                    tried.nothing = Some((event, 0));
                }
            }
        }
        report_again(domain, &again, &mut findings);
    }
    findings.sort_by(|a, b| (a.weight, &a.file, a.line).cmp(&(b.weight, &b.file, b.line)));
    findings
}

impl Session {
    /// What is odd about the domain in use, or another one, with what this branch's log shows. `progress` gets the
    /// aggregates done and their number; false ends the pass, and what was found so far is the answer.
    pub fn lint(
        &mut self,
        other: Option<&Domain>,
        progress: &mut dyn FnMut(i64, i64) -> bool,
    ) -> Result<Vec<Finding>> {
        let own = self.domain()?;
        let domain = other.unwrap_or(&own);
        let mut findings = lint(domain);
        if findings.iter().any(|finding| finding.check == Check::Rule) {
            return Ok(findings);
        }
        let (unchanged, again) = self.changes(domain, progress)?;
        report_unchanged(domain, &unchanged, &mut findings);
        report_again(domain, &again, &mut findings);
        findings.retain(|finding| finding.check != Check::Nowhere);
        findings.extend(domain.nowhere(&|on| unchanged.keys().any(|(kind, event)| on.matches(kind, event))));
        findings.sort_by(|a, b| (a.weight, &a.file, a.line).cmp(&(b.weight, &b.file, b.line)));
        Ok(findings)
    }

    /// Folds every aggregate, to see which events changed nothing and what a command once more would do.
    fn changes(
        &mut self,
        domain: &Domain,
        progress: &mut dyn FnMut(i64, i64) -> bool,
    ) -> Result<(ByName<Unchanged>, ByName<Again>)> {
        let (mut unchanged, mut again) = (ByName::<Unchanged>::default(), ByName::<Again>::default());
        let (store, branch, total) = (&self.store, &self.branch, self.store.aggregate_count()?);
        let mut fold = Fold::over(branch.clone());
        let (mut row, mut folded, mut go) = (0, 0_u64, true);
        while let Some(next) = store.aggregate_after(row)?.filter(|_| go) {
            row = next;
            let aggregate = store.aggregate_of(row)?;
            let kind = aggregate.kind.clone();
            fold.go_to(aggregate.clone(), row);
            fold.around(store, domain, State::empty(), (0, i64::MAX), &mut |event, before, seen| {
                let (raw, after) = (event.raw, &seen.state);
                folded += 1;
                if folded.is_multiple_of(LOOK) {
                    go = progress(row, total);
                }
                let name = domain.current_name(&kind, event.event).to_owned();
                let counted = unchanged.entry((kind.clone(), name)).or_default();
                counted.events += 1;
                if before.view().same(after.view()) {
                    if let Some(error) = &seen.error {
                        counted.refused += 1;
                        counted.refusal.get_or_insert_with(|| (raw.position, error.message().to_owned()));
                    } else {
                        counted.idle += 1;
                        counted.first = if counted.first == 0 { raw.position } else { counted.first };
                    }
                }
                let emitter = serde_json::from_str::<Emitter>(raw.meta).ok().and_then(|meta| meta.command);
                let Some(said) = emitter.filter(|said| said.part == said.of) else { return Ok(go) };
                let command = domain.aggregate(&kind).and_then(|a| a.commands.get(&said.name));
                let Some(command) = command.filter(|command| !command.creates) else { return Ok(go) };
                let tried = again.entry((kind.clone(), said.name)).or_default();
                if tried.trials < TRIALS && tried.nothing.is_none() {
                    tried.trials += 1;
                    let meta: Map<String, Value> = serde_json::from_str(raw.meta).unwrap_or_default();
                    let trial = Trial { domain, aggregate: &aggregate, meta: &meta, at: raw.occurred_at };
                    if let Some((emitted, state)) = trial.fire(command, after, &said.params)
                        && state.view().same(after.view())
                    {
                        tried.nothing = Some((emitted, raw.position));
                    }
                }
                Ok(go)
            })?;
        }
        if go {
            progress(total, total);
        }
        Ok((unchanged, again))
    }
}

/// A command fired on a state, nothing appended.
struct Trial<'a> {
    domain: &'a Domain,
    aggregate: &'a AggregateId,
    meta: &'a Map<String, Value>,
    at: Time,
}

impl Trial<'_> {
    /// The first event that it emits and the state that follows; `None` where it refuses or emits nothing.
    fn fire(&self, command: &Command, state: &State, params: &Map<String, Value>) -> Option<(String, State)> {
        // A minute later: what tells its time is no repetition.
        let at = Time(self.at.0 + 60_000_000);
        let params = command.check_params(params).ok()?;
        let emitted = command.emit(self.domain, &self.aggregate.kind, state, &params, self.meta, at).ok()?;
        let first = emitted.first()?.kind.clone();
        let mut state = state.clone();
        let meta = Value::Object(self.meta.clone()).to_string();
        for (part, event) in emitted.iter().enumerate() {
            let view = EventView {
                position: 1,
                branch: "main",
                kind: &self.aggregate.kind,
                id: &self.aggregate.id,
                version: part as i64 + 1,
                event: &event.kind,
                occurred_at: at,
                recorded_at: at,
                data: &event.data,
                meta: &meta,
                defaults: self.domain.defaults(&self.aggregate.kind, &event.kind),
            };
            state = Reducer::from(self.domain).apply(state, &view).ok()?;
        }
        Some((first, state))
    }
}

/// The event that a command emits once more on the state that it led to, where that changes nothing: tried with
/// made-up parameters, on what one of the commands that create would make.
fn made_up(domain: &Domain, kind: &str, command: &Command) -> Option<String> {
    if command.creates {
        return None;
    }
    let aggregate = AggregateId::new(kind, "1");
    let meta = json!({ "actor": "somebody" });
    let meta = meta.as_object()?;
    let trial = |minute: i64| Trial { domain, aggregate: &aggregate, meta, at: Time(minute * 60_000_000) };
    let creators = domain.aggregate(kind)?.commands.values().filter(|command| command.creates);
    let mut found = None;
    for creator in creators {
        let Some((_, created)) = trial(0).fire(creator, &State::empty(), &sample(&creator.params)) else {
            continue;
        };
        let params = sample(&command.params);
        // On the fresh state, and on what it makes of that.
        let first = trial(1).fire(command, &created, &params);
        let second = first.as_ref().and_then(|(_, state)| trial(2).fire(command, state, &params));
        let before = [Some(&created), first.as_ref().map(|(_, state)| state)];
        for (before, after) in before.into_iter().zip([&first, &second]) {
            if let (Some(before), Some((event, after))) = (before, after)
                && before.view().same(after.view())
            {
                found = found.or_else(|| Some(event.clone()));
            }
        }
    }
    found
}

/// Parameters that fit: the same ones each time.
fn sample(params: &IndexMap<String, Attribute>) -> Map<String, Value> {
    let value = |attribute: &Attribute| match &attribute.kind {
        Type::String | Type::Any => json!("x"),
        Type::Integer | Type::Number => json!(1),
        Type::Boolean => json!(true),
        Type::Date => json!("2020-02-02"),
        Type::DateTime => json!("2020-02-02T02:02:02Z"),
        Type::Array => json!([]),
        Type::Object => json!({}),
        Type::Enum(choices) => choices.last().cloned().unwrap_or_default().into(),
    };
    params.iter().map(|(name, a)| (name.clone(), a.default.clone().unwrap_or_else(|| value(a)))).collect()
}

fn report_unchanged(domain: &Domain, counted: &ByName<Unchanged>, findings: &mut Vec<Finding>) {
    for ((kind, name), Unchanged { events, idle, first, refused, refusal }) in counted {
        if domain.event(kind, name).is_none() {
            continue;
        }
        let (file, line) = domain.place_of(kind, name);
        if let Some((position, why)) = refusal {
            findings.push(Finding {
                weight: Weight::Wrong,
                check: Check::Refused,
                file: file.clone(),
                line,
                subject: format!("{kind} {name}"),
                message: format!(
                    "its rule refuses {refused} of {events} in the log, the first at #{position}: {why}"
                ),
                advice:
                    "What is in the log has happened: let the rule take it, and the command refuse the next."
                        .to_owned(),
            });
        }
        if *idle == 0 {
            continue;
        }
        let all = events == idle;
        findings.push(Finding {
            weight: if all { Weight::Wrong } else { Weight::Note },
            check: Check::ChangesNothing,
            file,
            line,
            subject: format!("{kind} {name}"),
            message: format!("{idle} of {events} in the log changed nothing, the first at #{first}"),
            advice: if all {
                "Say in `apply` what is different afterwards.".to_owned()
            } else {
                "Let the command emit nothing where nothing changes; `log --where '$changed == []'` lists them."
                    .to_owned()
            },
        });
    }
}

fn report_again(domain: &Domain, again: &ByName<Again>, findings: &mut Vec<Finding>) {
    for ((kind, name), tried) in again {
        let Some((event, position)) = &tried.nothing else { continue };
        let subject = format!("{kind} {name}");
        // One of the log says more than one that was made up.
        findings.retain(|finding| finding.check != Check::NoOp || finding.subject != subject);
        let (file, line) = domain.place_of(kind, name);
        let seen = if *position == 0 { String::new() } else { format!(" (tried again after #{position})") };
        findings.push(Finding {
            weight: Weight::Wrong,
            check: Check::NoOp,
            file,
            line,
            subject,
            message: format!("fired once more, it emits {event}, which leads to the same state{seen}"),
            advice: "Let it answer `empty` where what it asks for is so already.".to_owned(),
        });
    }
}
