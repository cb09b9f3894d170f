//! Firing a command: what is allowed, what it would do, and doing it.

use std::cmp::Reverse;

use serde_json::{Value, json};

use super::{Fire, Point, Session};
use crate::domain::catalogue::EventEntry;
use crate::domain::{Attribute, Command, Type};
use crate::error::Result;
use crate::event::{AggregateId, Event};
use crate::journal::{self, Queued, Reacted};
use crate::jq::State;
use crate::replay::{Change, diff};
use crate::store::MAIN;

/// A parameter of a command.
#[derive(Clone, Debug, PartialEq)]
pub struct ParamInfo {
    /// Its name.
    pub name: String,
    /// Its type as the domain writes it, without `?` and default: `string`, `date`, `enum(a|b)`.
    pub kind: String,
    /// The values of an enum.
    pub choices: Vec<String>,
    /// Where others may be given too: values that were seen.
    pub seen: Vec<String>,
    /// Whether it may be left out.
    pub optional: bool,
    /// What it is when left out.
    pub default: Option<Value>,
}

/// A command that the domain declares.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandInfo {
    /// The aggregate type.
    pub kind: String,
    /// The command's name.
    pub name: String,
    /// What it is for.
    pub doc: Option<String>,
    /// Whether it makes a new aggregate.
    pub creates: bool,
    /// Its parameters, in the order of the domain file.
    pub params: Vec<ParamInfo>,
    /// It is no command but an event, of a type that was seen so often of late, and goes on a branch only.
    pub seen: Option<u64>,
    /// Whether it has to be fired on a branch that is made for it.
    pub forks: bool,
}

/// What a command did, or would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Fired {
    /// The aggregate, with its id where it was allocated.
    pub aggregate: AggregateId,
    /// The branch.
    pub branch: String,
    /// The events, as they are in the log or would be; none where nothing changes.
    pub events: Vec<Event>,
    /// The state before.
    pub before: Value,
    /// The state after.
    pub state: Value,
    /// What changed between the two.
    pub changes: Vec<Change>,
    /// What reactors did about it, or asked for.
    pub reacted: Vec<Reacted>,
}

impl Session {
    /// The commands that may be fired at the aggregate (or, `None`, that create one), in the domain's order.
    pub fn commands(&mut self, aggregate: Option<&AggregateId>) -> Result<Vec<CommandInfo>> {
        let domain = self.domain()?;
        if let Some(aggregate) = aggregate.filter(|aggregate| !domain.has_commands(&aggregate.kind)) {
            return self.seen_events(aggregate);
        }
        let mut commands = Vec::new();
        for (kind, declared) in &domain.aggregates {
            if aggregate.is_some_and(|aggregate| aggregate.kind != *kind) {
                continue;
            }
            let wanted = declared.commands.values().filter(|c| c.creates == aggregate.is_none());
            let forks = self.is_live() && self.store.belongs_to().is_some();
            commands.extend(wanted.map(|command| CommandInfo { forks, ..info(kind, command) }));
        }
        Ok(commands)
    }

    /// Where the domain declares no command: an event of each type that was seen on the aggregate's type, the most
    /// frequent first, with the members of its data as parameters.
    fn seen_events(&mut self, aggregate: &AggregateId) -> Result<Vec<CommandInfo>> {
        let catalogue = self.survey_newest(aggregate)?.catalogue();
        let of = catalogue.aggregates.into_iter().find(|entry| entry.name == aggregate.kind);
        let events = of.into_iter().flat_map(|entry| entry.events);
        let mut seen: Vec<_> = events
            .filter(|event| !event.name.starts_with("backstory."))
            .filter_map(|event| seen_event(&aggregate.kind, &event, self.is_live()))
            .collect();
        seen.sort_by_key(|event| Reverse(event.seen));
        Ok(seen)
    }

    /// Fires a row of commands in one transaction, each at its own time; answers how many events came of it.
    pub fn fire_all(&mut self, requests: &[Queued]) -> Result<usize> {
        journal::fire_all(&self.store, &mut self.rules, &self.branch, requests)
    }

    /// Whether reactors answer what is fired here unless somebody says otherwise: on the live branch.
    pub fn is_live(&self) -> bool {
        self.branch.id == MAIN
    }

    /// What a command would do, with what its reactors would; nothing is written.
    pub fn preview(&mut self, fire: &Fire) -> Result<Fired> {
        self.preview_reacting(fire, self.is_live())
    }

    /// The same with or without reactors, on whatever branch.
    pub fn preview_reacting(&mut self, fire: &Fire, react: bool) -> Result<Fired> {
        let (branch, now) = (&self.branch, self.clock.now());
        let fired = journal::preview(&self.store, &mut self.rules, branch, fire, react, now)?;
        self.fired(fired)
    }

    /// What a command would do on a new branch of that name, forked right after a point; nothing is written.
    pub fn preview_forked(&mut self, name: &str, at: &Point, fire: &Fire) -> Result<Fired> {
        let (from, position) = self.fork_place(Some(at))?;
        let now = self.clock.now();
        let fired =
            journal::preview_forked(&self.store, &mut self.rules, (&from, position), name, fire, now)?;
        Ok(Fired { branch: name.to_owned(), ..self.fired(fired)? })
    }

    /// Fires a command; on the live branch reactors answer.
    pub fn fire(&mut self, fire: &Fire) -> Result<Fired> {
        self.fire_reacting(fire, self.is_live())
    }

    /// Fires a command with or without reactors, on whatever branch.
    pub fn fire_reacting(&mut self, fire: &Fire, react: bool) -> Result<Fired> {
        let (branch, clock) = (&self.branch, self.clock);
        let fired = journal::fire(&self.store, &mut self.rules, branch, fire, react, &|| clock.now())?;
        self.fired(fired)
    }

    fn fired(&self, fired: journal::Fired) -> Result<Fired> {
        let value = |state: &State| if state.is_null() { Ok(json!({})) } else { state.to_value() };
        let (before, state) = (value(&fired.before)?, value(&fired.state)?);
        Ok(Fired {
            aggregate: fired.aggregate,
            branch: self.branch.name.clone(),
            events: fired.events,
            reacted: fired.reacted,
            changes: diff(&before, &state),
            before,
            state,
        })
    }
}

fn param(name: &str, attribute: &Attribute) -> ParamInfo {
    ParamInfo {
        name: name.to_owned(),
        kind: attribute.type_name(),
        choices: match &attribute.kind {
            Type::Enum(choices) => choices.clone(),
            Type::Boolean => vec!["true".to_owned(), "false".to_owned()],
            _ => Vec::new(),
        },
        seen: Vec::new(),
        optional: attribute.optional || attribute.default.is_some(),
        default: attribute.default.clone(),
    }
}

/// An event as it was seen; what is in its data need not be there.
fn seen_event(kind: &str, event: &EventEntry, forks: bool) -> Option<CommandInfo> {
    let seen = event.seen.as_ref()?;
    let members = event.attributes.iter().filter_map(|entry| Some((&entry.name, entry.seen.as_ref()?)));
    // Nothing says that what was seen is all that may come.
    let params = members.map(|(name, values)| ParamInfo {
        choices: Vec::new(),
        seen: values.texts.clone(),
        ..param(name, &values.attribute())
    });
    Some(CommandInfo {
        kind: kind.to_owned(),
        name: event.name.clone(),
        doc: event.doc.clone(),
        creates: false,
        params: params.collect(),
        seen: Some(seen.events),
        forks,
    })
}

fn info(kind: &str, command: &Command) -> CommandInfo {
    CommandInfo {
        kind: kind.to_owned(),
        name: command.name.clone(),
        doc: command.doc.clone(),
        creates: command.creates,
        params: command.params.iter().map(|(name, attribute)| param(name, attribute)).collect(),
        seen: None,
        forks: false,
    }
}
