//! Scenarios: what was given, what was done, what came of it, in a file. They are made from history, and run against
//! a domain's rules: history as a regression test.
//!
//! A file is TOML: `domain`, a name or a file beside it, and a `[[scenario]]` for each record. Its steps are commands
//! (`fire`), which emit the named events or are refused with a reason, and events of other systems (`event`). `state` is
//! what must come out, as JSON, and `row` how the list shows it. Steps without a time are a minute apart.

mod write;

use std::fmt::Write as _;
use std::path::Path;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::{Fire, Judge, ListRequest, Open, Session, Target, create};
use crate::clock::Clock;
use crate::domain::{self, Domain};
use crate::error::{Error, Result};
use crate::event::{AggregateId, Event, Looked, NewEvent, Time};
use crate::journal;
use crate::jq::State;
use crate::replay::{Op, diff};

pub use write::TestRequest;

/// A file of scenarios.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioFile {
    /// The domain: a name, or a file beside this one; empty where there is none.
    pub domain: String,
    /// The scenarios.
    pub scenario: Vec<Scenario>,
}

/// What happens to one record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it is about, in words.
    pub name: String,
    /// The record.
    pub on: String,
    /// What is expected at the end, as JSON.
    pub state: String,
    /// Why it is not what all its events would have made: a part of the sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How the list shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<ScenarioRow>,
    /// What happens, in order.
    pub steps: Vec<ScenarioStep>,
}

/// A step: a command or an event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScenarioStep {
    /// The command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fire: Option<String>,
    /// Its parameters.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub with: Map<String, Value>,
    /// Its parameters as JSON, where TOML cannot hold them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<String>,
    /// The events that it emits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emits: Option<Vec<String>>,
    /// Why it is refused: a part of the sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// The type of an event that no command emits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Its data, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// Its metadata, as JSON, where there is more than who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meta: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// By whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How a list shows a record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioRow {
    /// Its label.
    pub label: String,
    /// Its status.
    pub status: String,
    /// Whether it is deleted.
    pub deleted: bool,
    /// Its newest version.
    pub version: i64,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepEnd {
    /// With these events.
    Emitted(Vec<String>),
    /// Refused, for this reason.
    Refused(String),
}

/// Where the first step without a time stands, and how far they are apart, in microseconds.
const START: i64 = 1_554_109_200_000_000;
const APART: i64 = 60_000_000;

/// Who acts where nobody is named.
const ACTOR: &str = "mira";

impl ScenarioFile {
    /// Reads a file; a failure names it.
    pub fn read(file: &Path) -> Result<Self> {
        let text = crate::file::text(file).map_err(|error| Error::from(error).at(file.display()))?;
        let read: Self = toml::from_str(&text).map_err(|error| {
            Error::usage(format!("This is no file of scenarios: {}.", error.message()))
                .hint("`backstory test write FILE Task/42` makes one to look at.")
                .at(file.display())
        })?;
        if read.scenario.is_empty() {
            return Err(Error::usage("It has no scenario.").at(file.display()));
        }
        Ok(read)
    }

    /// The domain that it names; a file is looked for beside it.
    pub fn load_domain(&self, file: &Path) -> Result<Option<Rc<Domain>>> {
        if self.domain.is_empty() {
            return Ok(None);
        }
        let beside = file.parent().unwrap_or(Path::new("")).join(&self.domain);
        let name = if beside.is_file() { beside.display().to_string() } else { self.domain.clone() };
        Ok(Some(Rc::new(domain::load(&name)?)))
    }

    /// As text.
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string_pretty(self)
            .map_err(|error| Error::refused(format!("The test cannot be written as TOML: {error}.")))
    }
}

/// A scenario that is run, in a store of its own.
pub struct Running {
    session: Session,
    on: AggregateId,
    /// When the next step without a time happens.
    next: i64,
    #[allow(dead_code, reason = "kept for what its end does")]
    folder: TempDir,
}

impl Running {
    /// Begins with nothing.
    pub fn new(domain: Option<&Rc<Domain>>, on: &str) -> Result<Self> {
        let on =
            on.parse().map_err(|()| Error::usage(format!("{on} is no record: it is written TYPE/ID.")))?;
        let folder = tempfile::Builder::new().prefix("backstory-test-").tempdir()?;
        let (path, branch) = (folder.path().join("test.db"), "main".to_owned());
        let session = create(&Open { path, branch, clock: Clock::Fixed(Time(START)) }, domain)?;
        Ok(Self { session, on, next: START, folder })
    }

    /// The session, to look at what came of it.
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Does a step.
    pub fn step(&mut self, step: &ScenarioStep) -> Result<StepEnd> {
        let at = match &step.at {
            Some(text) => Time::parse_occurred(text).ok_or_else(|| {
                Error::usage(format!("{text} is not a time.")).hint("Write 2019-04-24T12:02:11Z.")
            })?,
            None => Time(self.next),
        };
        self.next += APART;
        match (&step.fire, &step.event) {
            (Some(command), None) => self.fire(command, step, at),
            (None, Some(kind)) => self.event(kind, step, at),
            _ => Err(Error::usage("A step is a command (fire) or an event (event), and one of the two.")),
        }
    }

    fn fire(&mut self, command: &str, step: &ScenarioStep, at: Time) -> Result<StepEnd> {
        let params = match &step.params {
            Some(text) => object("params", text)?,
            None => step.with.clone(),
        };
        let fire = Fire {
            target: Target::Aggregate(self.on.clone()),
            command: command.to_owned(),
            params,
            actor: step.by.clone().unwrap_or_else(|| ACTOR.to_owned()),
            reason: step.reason.clone(),
            at: Some(at),
            expect: None,
            seen: Looked::new(),
            meta: Map::new(),
        };
        Ok(match self.session.fire(&fire) {
            Ok(fired) => StepEnd::Emitted(fired.events.into_iter().map(|event| event.kind).collect()),
            Err(error) => StepEnd::Refused(error.message().to_owned()),
        })
    }

    fn event(&mut self, kind: &str, step: &ScenarioStep, at: Time) -> Result<StepEnd> {
        let data = object("data", step.data.as_deref().unwrap_or("{}"))?;
        let mut meta = step.meta.as_deref().map_or(Ok(Map::new()), |text| object("meta", text))?;
        if !meta.contains_key("actor") && (step.by.is_some() || step.meta.is_none()) {
            meta.insert("actor".to_owned(), step.by.as_deref().unwrap_or(ACTOR).into());
        }
        let event = NewEvent {
            aggregate: self.on.clone(),
            kind: kind.to_owned(),
            occurred_at: at,
            data: Value::Object(data).to_string(),
            meta: Value::Object(meta).to_string(),
        };
        let Session { store, rules, branch, clock, .. } = &mut self.session;
        journal::append(store, rules, branch, vec![event], None, false, clock.now())?;
        Ok(StepEnd::Emitted(vec![kind.to_owned()]))
    }

    /// The state, why it is not what all events would have made, and how the list shows it.
    pub fn outcome(&mut self) -> Result<(Value, Option<String>, Option<ScenarioRow>)> {
        if self.session.found(&self.on)?.is_none() {
            return Ok((json!({}), None, None));
        }
        let state = self.session.state(&self.on, i64::MAX)?.state;
        let request = ListRequest { limit: 2, kind: Some(self.on.kind.clone()), ..ListRequest::default() };
        let row = self.session.list(&request)?.rows.into_iter().find(|row| row.aggregate == self.on);
        let Some(row) = row else { return Ok((state, None, None)) };
        let shown =
            ScenarioRow { label: row.label, status: row.status, deleted: row.deleted, version: row.version };
        Ok((state, row.error, Some(shown)))
    }

    /// The state that a program makes of the same events.
    pub fn judged(&mut self, judge: &Judge<'_>) -> Result<(Value, Option<String>)> {
        let (reducer, mut events) = (judge.reducer()?, Vec::<Event>::new());
        let on = &self.on;
        self.session.each_event(&mut |event| {
            events.extend((event.aggregate == *on).then(|| event.clone()));
            Ok(())
        })?;
        let (mut state, mut failed) = (State::empty(), None);
        for event in &events {
            let (next, error) = reducer.take(state, event);
            state = next;
            failed = error.map(|error| error.message().to_owned());
        }
        judge.given_up()?;
        let value = if state.is_null() { json!({}) } else { state.to_value()? };
        Ok((value, failed))
    }
}

fn object(name: &str, text: &str) -> Result<Map<String, Value>> {
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Error::usage(format!("{name} is not a JSON object."))),
        Err(error) => Err(Error::usage(format!("{name} is not JSON: {error}."))),
    }
}

impl Scenario {
    /// Runs it against a domain, or what makes states in its place; what is not as it expects, a line each.
    pub fn check(&self, domain: Option<&Rc<Domain>>, judge: Option<&Judge<'_>>) -> Result<Vec<String>> {
        let mut running = Running::new(domain, &self.on)?;
        for (number, step) in (1..).zip(&self.steps) {
            let name = step.fire.as_ref().or(step.event.as_ref()).map_or("", String::as_str);
            let place = format!("step {number}, {name}");
            let ended = running.step(step).map_err(|error| error.at(&place))?;
            if let Some(why) = step.differs(&ended) {
                return Ok(vec![format!("{place}: {why}")]);
            }
        }
        let mut wrong = Vec::new();
        let (mut state, mut error, row) = running.outcome()?;
        if let Some(judge) = judge {
            (state, error) = running.judged(judge)?;
        }
        let expected: Value = serde_json::from_str(&self.state)
            .map_err(|error| Error::usage(format!("The state that is expected is not JSON: {error}.")))?;
        for change in diff(&expected, &state) {
            let path = change.dotted();
            wrong.push(match change.op {
                Op::Add => format!("{path}: unexpected {}", change.value),
                Op::Remove => format!("{path}: {} is missing", change.old),
                Op::Replace => format!("{path}: expected {}, got {}", change.old, change.value),
            });
        }
        // A program makes states, and no labels.
        if judge.is_none()
            && let Some(expected) = &self.row
            && row.as_ref() != Some(expected)
        {
            wrong.push(expected.differs(row.as_ref()));
        }
        let said = error.clone().unwrap_or_default();
        if error.is_some() != self.error.is_some()
            || !said.contains(self.error.as_deref().unwrap_or_default())
        {
            let told = |error: &Option<String>| error.clone().unwrap_or_else(|| "none".to_owned());
            wrong.push(format!("error: expected {}, got {}", told(&self.error), told(&error)));
        }
        Ok(wrong)
    }
}

impl ScenarioStep {
    /// What is not as the step expects.
    fn differs(&self, ended: &StepEnd) -> Option<String> {
        match (ended, &self.emits, &self.refused) {
            (StepEnd::Emitted(events), Some(emits), None) if events == emits => None,
            (StepEnd::Emitted(events), Some(emits), None) => Some(format!("emits {events:?}, not {emits:?}")),
            (StepEnd::Emitted(_), None, None) => None,
            (StepEnd::Emitted(events), _, Some(reason)) => {
                Some(format!("is not refused ({reason:?}): it emits {events:?}"))
            }
            (StepEnd::Refused(why), _, Some(reason)) if why.contains(reason.as_str()) => None,
            (StepEnd::Refused(why), _, Some(reason)) => {
                Some(format!("is refused with {why:?}, not {reason:?}"))
            }
            (StepEnd::Refused(why), _, None) => Some(format!("is refused: {why}")),
        }
    }
}

impl ScenarioRow {
    fn differs(&self, got: Option<&Self>) -> String {
        let Some(got) = got else { return "in the list: it is not there".to_owned() };
        let mut told = "in the list:".to_owned();
        let parts = [
            ("label", &self.label, &got.label),
            ("status", &self.status, &got.status),
            ("deleted", &self.deleted.to_string(), &got.deleted.to_string()),
            ("version", &self.version.to_string(), &got.version.to_string()),
        ];
        for (name, expected, got) in parts.into_iter().filter(|(_, expected, got)| expected != got) {
            let _ = write!(told, " {name}: expected {expected:?}, got {got:?};");
        }
        told.trim_end_matches(';').to_owned()
    }
}
