//! Programs outside that make states in place of a domain's apply rules, asked in JSON Lines, one request an event.
//! They run only for who allows it, and only to compare: no replay and no head knows of them.

mod talk;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::actor_of;
use crate::jq::{EventView, State};
use crate::replay::{Outside, Reducer};
use talk::{Said, Talk};

/// How often a program may be started that never answers anything.
const STARTS: u32 = 4;

/// How often in a row it may let the time limit pass.
const SLOW: u32 = 5;

/// The programs of a domain: each is started when it is first needed and again when it has died.
pub struct Programs {
    all: Vec<Program>,
    /// By aggregate type, where it names one of its own.
    kinds: HashMap<String, usize>,
    /// For all other types.
    other: Option<usize>,
    given_up: RefCell<Option<Error>>,
}

struct Program {
    command: Vec<String>,
    folder: PathBuf,
    limit: Duration,
    running: RefCell<Option<Talk>>,
    answered: Cell<bool>,
    starts: Cell<u32>,
    slow: Cell<u32>,
    /// Why it did not answer the last time.
    silence: RefCell<String>,
}

/// How a request ended that brought no state.
enum Failed {
    /// The program has nothing good to say of this event.
    Here(Error),
    /// It is of no use to ask it again.
    ForGood(Error),
}

#[derive(Serialize)]
struct Request<'a> {
    state: &'a RawValue,
    event: Asked<'a>,
}

#[derive(Serialize)]
struct Asked<'a> {
    r#type: &'a str,
    aggregate: String,
    kind: &'a str,
    id: &'a str,
    version: i64,
    position: i64,
    branch: &'a str,
    at: String,
    recorded_at: String,
    actor: Option<String>,
    data: Box<RawValue>,
    meta: &'a RawValue,
}

impl Programs {
    /// The programs of a domain, `None` where it names none; refused unless this run is allowed to start them.
    /// Nothing is started yet.
    pub fn of(domain: &Domain, allowed: bool, limit: Duration) -> Result<Option<Self>> {
        let commands = domain.programs();
        let Some(first) = commands.first() else { return Ok(None) };
        if !allowed {
            return Err(Error::refused(format!(
                "The domain {} has its states made by a program outside ({}), and nobody has allowed that to run.",
                domain.name,
                first.join(" ")
            ))
            .hint("`--allow-exec` runs it here, as you; look at what it does first."));
        }
        let place = |program: &[String]| commands.iter().position(|command| *command == program);
        let own = |kind: &String| Some((kind.clone(), domain.program(kind).and_then(place)?));
        let program = |command: &&[String]| Program {
            command: command.to_vec(),
            folder: domain.folder(),
            limit,
            running: RefCell::default(),
            answered: Cell::default(),
            starts: Cell::default(),
            slow: Cell::default(),
            silence: RefCell::default(),
        };
        Ok(Some(Self {
            all: commands.iter().map(program).collect(),
            kinds: domain.aggregates.keys().filter_map(own).collect(),
            // No type has an empty name.
            other: domain.program("").and_then(place),
            given_up: RefCell::default(),
        }))
    }

    /// A domain's rules with these programs in place of some.
    pub fn with<'a>(programs: Option<&'a Self>, domain: &'a Domain) -> Reducer<'a> {
        Reducer { domain, outside: programs.map(|programs| programs as &dyn Outside) }
    }

    /// Why a program was given up, where one was: what was compared since then is of no use.
    pub fn given_up(&self) -> Result<()> {
        self.given_up.borrow().as_ref().map_or(Ok(()), |error| Err(error.clone()))
    }

    fn program(&self, kind: &str) -> Option<&Program> {
        self.all.get(*self.kinds.get(kind).or(self.other.as_ref())?)
    }
}

impl Outside for Programs {
    fn stands_for(&self, kind: &str) -> bool {
        self.program(kind).is_some()
    }

    fn apply(&self, state: &State, event: &EventView<'_>) -> Result<State> {
        self.given_up()?;
        let Some(program) = self.program(event.kind) else {
            return Err(Error::refused(format!("No program stands for a {}.", event.kind)));
        };
        let place = || format!("{} of {}/{}@{}", event.event, event.kind, event.id, event.version);
        match program.ask(&request(state, event)?) {
            Ok(state) => Ok(state),
            Err(Failed::Here(error)) => Err(error),
            Err(Failed::ForGood(error)) => {
                let error = error.at(place());
                self.given_up.replace(Some(error.clone()));
                Err(error)
            }
        }
    }
}

impl Program {
    fn ask(&self, request: &str) -> Result<State, Failed> {
        // A program that dies for another reason than this event is started again and asked once more.
        for _ in 0..2 {
            let mut talk = match self.running.take() {
                Some(talk) => talk,
                None => self.started()?,
            };
            match talk.ask(request, self.limit) {
                Said::Line(line) => {
                    let answer = self.state(&line);
                    // Who answers in another way may be a line behind: it starts anew.
                    if answer.is_ok() || refusal(&line).is_some() {
                        self.answered.set(true);
                        self.slow.set(0);
                        self.running.replace(Some(talk));
                    } else if let Err(error) = &answer {
                        self.silence.replace(error.message().to_owned());
                    }
                    return answer.map_err(Failed::Here);
                }
                Said::Much => {
                    let why = "it answered with more than one line; what it logs belongs on standard error";
                    self.silence.replace(why.to_owned());
                    return Err(Failed::Here(self.error(why)));
                }
                Said::Nothing => {
                    let why = format!("no answer within {:?}", self.limit);
                    let error = self.error(&why);
                    self.silence.replace(why);
                    self.slow.set(self.slow.get() + 1);
                    let often = self.slow.get() >= SLOW;
                    return Err(if often { Failed::ForGood(error) } else { Failed::Here(error) });
                }
                Said::Died(how) => drop(self.silence.replace(how)),
            }
        }
        let why = format!("it ended without an answer ({})", self.silence.borrow());
        Err(Failed::Here(self.error(&why)))
    }

    fn started(&self) -> Result<Talk, Failed> {
        if !self.answered.get() && self.starts.get() >= STARTS {
            let why = self.silence.borrow();
            let often = format!("it was started {STARTS} times and never answered as it should ({why})");
            return Err(Failed::ForGood(self.error(&often)));
        }
        self.starts.set(self.starts.get() + 1);
        Talk::start(&self.command, &self.folder)
            .map_err(|error| Failed::ForGood(self.error(&format!("it cannot be started: {error}"))))
    }

    /// The state that it answered, or what it refused.
    fn state(&self, line: &str) -> Result<State> {
        if let Some(refused) = refusal(line) {
            return Err(self.error(&refused));
        }
        let wrong = || {
            let start: String = line.chars().take(80).collect();
            self.error(&format!("its answer is neither {{\"state\": …}} nor {{\"error\": \"…\"}}: {start}"))
        };
        let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(line).map_err(|_| wrong())?;
        if members.get("error").is_some_and(|error| error.get() == "null") {
            members.remove("error");
        }
        let state = members.remove("state").filter(|_| members.is_empty()).ok_or_else(wrong)?;
        let state = State::from_json(state.get()).map_err(|error| self.error(error.message()))?;
        if state.is_object() || state.is_null() {
            Ok(state)
        } else {
            Err(self.error("the state that it makes must be an object or null"))
        }
    }

    fn error(&self, what: &str) -> Error {
        Error::refused(format!("{}: {what}", self.command.join(" ")))
    }
}

/// What an answer refuses, where it does.
fn refusal(line: &str) -> Option<String> {
    let members: Map<String, Value> = serde_json::from_str(line).ok()?;
    let text = members.get("error")?.as_str()?;
    (members.len() == 1).then(|| text.to_owned())
}

/// A line for an event, on the state before it.
fn request(state: &State, event: &EventView<'_>) -> Result<String> {
    let state = state.to_json()?;
    let data = if event.defaults.is_empty() {
        raw(event.data)?.to_owned()
    } else {
        let mut data: Map<String, Value> =
            serde_json::from_str(event.data).map_err(|error| broken(&error))?;
        for (name, value) in event.defaults {
            data.entry(name).or_insert_with(|| value.clone());
        }
        serde_json::value::to_raw_value(&data).map_err(|error| broken(&error))?
    };
    let request = Request {
        state: raw(&state)?,
        event: Asked {
            r#type: event.event,
            aggregate: format!("{}/{}", event.kind, event.id),
            kind: event.kind,
            id: event.id,
            version: event.version,
            position: event.position,
            branch: event.branch,
            at: event.occurred_at.to_string(),
            recorded_at: event.recorded_at.to_string(),
            actor: actor_of(event.meta),
            data,
            meta: raw(event.meta)?,
        },
    };
    serde_json::to_string(&request).map_err(|error| broken(&error))
}

fn raw(text: &str) -> Result<&RawValue> {
    serde_json::from_str(text).map_err(|error| broken(&error))
}

fn broken(error: &serde_json::Error) -> Error {
    Error::damaged(format!("an event's data is no JSON: {error}"))
}
