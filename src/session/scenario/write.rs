//! Scenarios made from history: the events before as given, the last request as what is done, and what came of it.

use std::rc::Rc;

use serde_json::{Value, json};

use super::{Running, Scenario, ScenarioFile, ScenarioStep, StepEnd};
use crate::domain::{self, Domain};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, Unit, Version, actor_of, reason_of, units};
use crate::session::{Looks, Point, RacePage, Session};

/// How many events a command emits at most, of which the one that is shown may be the first.
const TOGETHER: Version = 64;

/// Which history becomes a test.
#[derive(Clone, Copy, Debug)]
pub enum TestRequest<'a> {
    /// Each record up to a point: what is shown there.
    Points(&'a [Point]),
    /// An order of a race, by the number of its row: what its requests come to, decided again.
    Race(&'a RacePage, usize),
}

impl Session {
    /// Makes scenarios of history. `domain` is what the file calls the domain.
    pub fn write_test(&mut self, request: TestRequest<'_>, domain: &str) -> Result<ScenarioFile> {
        let scenario = match request {
            TestRequest::Points(points) => {
                points.iter().map(|point| self.up_to(point)).collect::<Result<Vec<_>>>()?
            }
            TestRequest::Race(page, row) => self.race_order(page, row)?,
        };
        Ok(ScenarioFile { domain: domain.to_owned(), scenario })
    }

    /// The name of the built-in domain that the store uses; an empty one where it has none, `None` where it is another.
    pub fn domain_name(&mut self) -> Result<Option<String>> {
        let source = self.domain()?.source.clone();
        let is_it = |name: &&str| domain::load(name).is_ok_and(|built_in| built_in.source == source);
        let named = domain::builtin_names().find(is_it);
        Ok(if source.is_empty() { Some(String::new()) } else { named.map(str::to_owned) })
    }

    fn up_to(&mut self, point: &Point) -> Result<Scenario> {
        let Point::Aggregate { branch, aggregate, version, .. } = point else {
            return Err(Error::usage("A test is of records, and not of the whole store.")
                .hint("Write Task/42, or Task/42@3."));
        };
        if *version < 1 {
            return Err(Error::refused(format!("{aggregate}@0 is before the first event.")));
        }
        self.on(branch, |session| {
            let domain = session.domain()?;
            let mut before = units(session.history_of(aggregate, *version + TOGETHER)?);
            // A command is never cut.
            let last =
                before.iter().position(|unit| unit.events.iter().any(|event| event.version == *version));
            before.truncate(last.map_or(before.len(), |last| last + 1));
            let Some(done) = before.pop() else {
                return Err(Error::refused(format!("{aggregate} has no version {version}.")));
            };
            let mut steps: Vec<_> = before.iter().flat_map(|unit| &unit.events).map(event).collect();
            steps.extend(request(&domain, &done));
            let end = done.events.last().map_or(*version, |event| event.version);
            let at = session.state(aggregate, end)?;
            let what = done.command.as_ref().map_or(done.events[0].kind.as_str(), |command| &command.name);
            let mut scenario = Scenario {
                name: format!("{aggregate} v{end}: {what}"),
                on: aggregate.to_string(),
                state: pretty(&at.state),
                error: at.error,
                row: None,
                steps,
            };
            scenario.row = scenario.as_shown(&domain)?;
            Ok(scenario)
        })
    }

    /// The order of a race, record by record: what was there before as given, then each request in its turn.
    fn race_order(&mut self, page: &RacePage, row: usize) -> Result<Vec<Scenario>> {
        let row = page.rows.get(row).ok_or_else(|| Error::refused("There is no such order."))?;
        self.on(&page.branch, |session| {
            let domain = session.domain()?;
            let mut scenarios = Vec::new();
            for (aggregate, before) in &page.records {
                let mut steps: Vec<_> = session.history_of(aggregate, *before)?.iter().map(event).collect();
                for range in row.order.iter().filter_map(|step| page.steps.get(*step)) {
                    let events = page.events.get(range.clone()).unwrap_or_default();
                    for unit in units(events.to_vec()).iter().filter(|unit| unit.aggregate() == aggregate) {
                        steps.extend(request(&domain, unit));
                    }
                }
                let name = format!("{aggregate}: {}", row.name);
                let mut scenario = Scenario { name, on: aggregate.to_string(), steps, ..Scenario::default() };
                scenario.record(&domain)?;
                scenarios.push(scenario);
            }
            Ok(scenarios)
        })
    }

    /// A record's events up to a version.
    fn history_of(&self, aggregate: &AggregateId, to: Version) -> Result<Vec<Event>> {
        let (row, _) = self.known(aggregate)?;
        let mut events = Vec::new();
        self.store.events_of(&self.branch, row, 1, to, &mut |raw| {
            events.push(self.store.whole(raw)?);
            Ok(true)
        })?;
        Ok(events)
    }
}

impl Scenario {
    /// How the list shows the record where the scenario comes to the state that it expects.
    fn as_shown(&self, domain: &Rc<Domain>) -> Result<Option<super::ScenarioRow>> {
        let mut running = Running::new(some(domain), &self.on)?;
        for step in &self.steps {
            running.step(step)?;
        }
        let (state, _, row) = running.outcome()?;
        Ok(row.filter(|_| pretty(&state) == self.state))
    }

    /// Runs it, and expects what came of it.
    fn record(&mut self, domain: &Rc<Domain>) -> Result<()> {
        let mut running = Running::new(some(domain), &self.on)?;
        for step in &mut self.steps {
            let ended = running.step(step)?;
            if step.fire.is_some() {
                match ended {
                    StepEnd::Emitted(events) => step.emits = Some(events),
                    StepEnd::Refused(why) => (step.emits, step.refused) = (None, Some(why)),
                }
            }
        }
        let (state, error, row) = running.outcome()?;
        (self.state, self.error, self.row) = (pretty(&state), error, row);
        Ok(())
    }

    /// As plain JSON: what was given, what was done, what came of it.
    fn to_json(&self) -> Value {
        let steps: Vec<Value> = self.steps.iter().map(ScenarioStep::to_json).collect();
        let (done, given) =
            steps.split_last().map_or((Value::Null, &[][..]), |(done, given)| (done.clone(), given));
        let state: Value = serde_json::from_str(&self.state).unwrap_or_default();
        let last = self.steps.last();
        let mut then = json!({ "state": state });
        if let Some(why) = last.and_then(|step| step.refused.as_ref()) {
            then["refused"] = why.as_str().into();
        } else if let Some(emits) = last.and_then(|step| step.emits.as_ref()) {
            then["events"] = emits.clone().into();
        }
        if let Some(error) = &self.error {
            then["error"] = error.as_str().into();
        }
        json!({ "name": self.name, "on": self.on, "given": given, "when": done, "then": then })
    }
}

impl ScenarioFile {
    /// Fields that look like secrets or personal data.
    pub fn looks(&self) -> Looks {
        let read = |text: &Option<String>| -> Value {
            text.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
        };
        let mut looks = Looks::default();
        for step in self.scenario.iter().flat_map(|scenario| &scenario.steps) {
            looks.look("", &Value::Object(step.with.clone()));
            looks.look("", &read(&step.params));
            looks.look("", &read(&step.data));
            looks.look("$meta", &read(&step.meta));
            looks.look("$meta", &json!({ "actor": step.by }));
        }
        looks
    }

    /// As plain JSON, for a suite of one's own.
    pub fn to_json(&self) -> Value {
        let tests: Vec<Value> = self.scenario.iter().map(Scenario::to_json).collect();
        json!({ "domain": self.domain, "tests": tests })
    }
}

impl ScenarioStep {
    fn to_json(&self) -> Value {
        let read = |text: &Option<String>| -> Option<Value> { serde_json::from_str(text.as_ref()?).ok() };
        let mut told = match (&self.fire, &self.event) {
            (Some(command), _) => {
                json!({ "command": command, "params": read(&self.params).unwrap_or_else(|| self.with.clone().into()) })
            }
            (None, kind) => json!({ "event": kind, "data": read(&self.data) }),
        };
        if let Some(meta) = read(&self.meta) {
            told["meta"] = meta;
        }
        let more = [("at", &self.at), ("by", &self.by), ("reason", &self.reason), ("refused", &self.refused)];
        for (name, text) in more.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?))) {
            told[name] = text.as_str().into();
        }
        told
    }
}

/// An event as it was recorded.
fn event(event: &Event) -> ScenarioStep {
    let meta: Value = serde_json::from_str(&event.meta).unwrap_or_default();
    let more = meta.as_object().is_some_and(|meta| meta.keys().any(|key| key != "actor"));
    ScenarioStep {
        event: Some(event.kind.clone()),
        data: Some(event.data.clone()),
        meta: more.then(|| event.meta.clone()),
        at: Some(event.occurred_at.to_string()),
        by: actor_of(&event.meta).filter(|_| !more),
        ..ScenarioStep::default()
    }
}

/// A command with what came of it, where the domain has it; else its events.
fn request(domain: &Domain, unit: &Unit) -> Vec<ScenarioStep> {
    let known = |name: &str| {
        domain.aggregate(&unit.aggregate().kind).is_some_and(|declared| declared.commands.contains_key(name))
    };
    let Some(command) = unit.command.as_ref().filter(|command| unit.is_whole() && known(&command.name))
    else {
        return unit.events.iter().map(event).collect();
    };
    let first = &unit.events[0];
    let params = Value::Object(command.params.clone());
    let plain = toml::to_string(&command.params).is_ok();
    vec![ScenarioStep {
        fire: Some(command.name.clone()),
        with: if plain { command.params.clone() } else { serde_json::Map::new() },
        params: (!plain).then(|| params.to_string()),
        emits: Some(unit.events.iter().map(|event| event.kind.clone()).collect()),
        at: Some(first.occurred_at.to_string()),
        by: actor_of(&first.meta),
        reason: reason_of(&first.meta),
        ..ScenarioStep::default()
    }]
}

fn some(domain: &Rc<Domain>) -> Option<&Rc<Domain>> {
    Some(domain).filter(|domain| !domain.source.is_empty())
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
