//! A reactor: which events it answers, and what it asks for. It only says so: nothing here does anything.

use std::fmt;

use serde_json::{Map, Number, Value, json};
use sha2::{Digest, Sha256};

use super::metric::{Metric, metric_name};
use super::moment::{DATA, EVENT, Moment, wrong};
use super::source::Spot;
use super::{Domain, Lazy};
use crate::error::Result;
use crate::event::Hash;
use crate::jq::Rule;

/// What happens because of a new event.
#[derive(Debug)]
pub struct Reactor {
    /// Its name; no other reactor of the domain has it.
    pub name: String,
    /// What it is for.
    pub doc: Option<String>,
    /// The events that it answers.
    pub on: Vec<Pattern>,
    /// The projection whose report it sends each time that is due; it answers no event then.
    pub report: Option<String>,
    pub(super) when: Option<Lazy<Rule>>,
    /// In the event's own transaction, or later.
    pub run: Run,
    pub(super) effect: Effect,
    /// Where it is declared.
    pub(super) spot: Spot,
}

/// Which events a reactor answers: `*`, `TaskCompleted`, `Task/TaskCompleted` or `Task/*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The aggregate type; `None` is any.
    pub aggregate: Option<String>,
    /// The event type; `None` is any.
    pub event: Option<String>,
}

/// When a reactor runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// In the transaction that appends the event: where it fails, the event is refused.
    Sync,
    /// As a job, which a worker does at least once.
    Async,
}

/// What a reactor asks for, with the rules that say the particulars.
#[derive(Debug)]
pub(super) enum Effect {
    /// Another command, on this or another aggregate.
    Command {
        /// The aggregate's type; `None` is the event's own.
        kind: Option<String>,
        /// Its id; without a rule the event's own, or a new one where the command creates.
        id: Option<Lazy<Rule>>,
        /// The command's name.
        name: String,
        /// Its parameters.
        params: Option<Lazy<Rule>>,
    },
    /// A mail.
    Mail {
        /// To whom: one address or a list.
        to: Lazy<Rule>,
        /// What it is about.
        subject: Lazy<Rule>,
        /// Its text.
        body: Lazy<Rule>,
    },
    /// A POST to an endpoint of the local configuration.
    Http {
        /// The endpoint's name.
        endpoint: String,
        /// The data of the message; the event's own where there is no rule.
        data: Option<Lazy<Rule>>,
    },
    /// A metric.
    Statsd {
        /// The metric's name.
        metric: Lazy<Rule>,
        /// How it is counted.
        kind: Metric,
        /// Its value; 1 where there is no rule.
        value: Option<Lazy<Rule>>,
    },
    /// A line in a JSON Lines file.
    Append {
        /// The file's name, without a folder.
        file: String,
        /// The line; the event where there is no rule.
        row: Option<Lazy<Rule>>,
    },
    /// A row in a table of another database.
    Sql {
        /// The endpoint's name.
        endpoint: String,
        /// The table.
        table: String,
        /// The row: an object of columns.
        row: Lazy<Rule>,
    },
    /// A line for whoever looks.
    Notify(Lazy<Rule>),
}

/// What a reactor asks for, worked out for one event.
#[derive(Clone, Debug, PartialEq)]
pub enum Reaction {
    /// A command.
    Command {
        /// The aggregate's type.
        kind: String,
        /// Its id; `None` is a new one.
        id: Option<String>,
        /// The command's name.
        name: String,
        /// Its parameters.
        params: Map<String, Value>,
    },
    /// A mail.
    Mail {
        /// To whom.
        to: Vec<String>,
        /// What it is about.
        subject: String,
        /// Its text.
        body: String,
    },
    /// A POST.
    Http {
        /// The endpoint's name.
        endpoint: String,
        /// The data of the message.
        data: Value,
    },
    /// A metric.
    Statsd {
        /// Its name.
        metric: String,
        /// How it is counted.
        kind: Metric,
        /// Its value: whole, but for a gauge's.
        value: Number,
    },
    /// A line in a file.
    Append {
        /// The file's name.
        file: String,
        /// The line.
        row: Value,
    },
    /// A row in a table.
    Sql {
        /// The endpoint's name.
        endpoint: String,
        /// The table.
        table: String,
        /// The row.
        row: Map<String, Value>,
    },
    /// A line for whoever looks.
    Notify(String),
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(aggregate) = &self.aggregate {
            write!(f, "{aggregate}/")?;
        }
        f.write_str(self.event.as_deref().unwrap_or("*"))
    }
}

impl Pattern {
    /// Reads `*`, `TaskCompleted`, `Task/TaskCompleted` or `Task/*`.
    pub fn parse(text: &str) -> Self {
        let some = |word: &str| (word != "*").then(|| word.to_owned());
        match text.split_once('/') {
            Some((aggregate, event)) => Self { aggregate: some(aggregate), event: some(event) },
            None => Self { aggregate: None, event: some(text) },
        }
    }

    /// Whether events of this type are meant.
    pub fn matches(&self, aggregate: &str, event: &str) -> bool {
        self.aggregate.as_deref().is_none_or(|wanted| wanted == aggregate)
            && self.event.as_deref().is_none_or(|wanted| wanted == event)
    }
}

impl Effect {
    /// The word for it in a domain file.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Command { .. } => "command",
            Self::Mail { .. } => "mail",
            Self::Http { .. } => "http",
            Self::Statsd { .. } => "statsd",
            Self::Append { .. } => "append",
            Self::Sql { .. } => "sql",
            Self::Notify(_) => "notify",
        }
    }

    /// Whether it reaches out of the store.
    pub(super) fn is_external(&self) -> bool {
        !matches!(self, Self::Command { .. } | Self::Notify(_))
    }

    fn rules(&self) -> Vec<&Lazy<Rule>> {
        match self {
            Self::Command { id, params, .. } => id.iter().chain(params).collect(),
            Self::Mail { to, subject, body } => vec![to, subject, body],
            Self::Http { data, .. } => data.iter().collect(),
            Self::Statsd { metric, value, .. } => [metric].into_iter().chain(value).collect(),
            Self::Append { row, .. } => row.iter().collect(),
            Self::Sql { row, .. } => vec![row],
            Self::Notify(text) => vec![text],
        }
    }
}

impl Reactor {
    /// Whether it answers events of this type.
    pub fn answers(&self, aggregate: &str, event: &str) -> bool {
        self.on.iter().any(|pattern| pattern.matches(aggregate, event))
    }

    /// The word for its effect in a domain file.
    pub fn effect(&self) -> &'static str {
        self.effect.word()
    }

    /// Whether its effect reaches out of the store, which needs this machine's consent.
    pub fn is_external(&self) -> bool {
        self.effect.is_external()
    }

    /// What it declares of what leaves the store: name, events, condition and effect with every template. Two reactors
    /// with the same do the same outside, whatever else their domains say.
    fn declared(&self) -> Value {
        let on: Vec<_> = self.on.iter().map(ToString::to_string).collect();
        let rules: Vec<_> = self.rules().map(|rule| [&rule.name, &rule.text.value]).collect();
        let fixed = match &self.effect {
            Effect::Http { endpoint, .. } => json!([endpoint]),
            Effect::Statsd { kind, .. } => json!([format!("{kind:?}")]),
            Effect::Append { file, .. } => json!([file]),
            Effect::Sql { endpoint, table, .. } => json!([endpoint, table]),
            Effect::Command { .. } | Effect::Mail { .. } | Effect::Notify(_) => Value::Null,
        };
        json!([self.name, on, self.report, self.effect.word(), fixed, rules])
    }

    /// The command that it fires, with the aggregate's type where that is not the event's own.
    pub fn command(&self) -> Option<(Option<&str>, &str)> {
        match &self.effect {
            Effect::Command { kind, name, .. } => Some((kind.as_deref(), name)),
            _ => None,
        }
    }

    /// Whether it says under which conditions it answers.
    pub fn is_conditional(&self) -> bool {
        self.when.is_some()
    }

    /// Whether its condition holds; true where it has none.
    pub fn holds(&self, moment: &Moment<'_>) -> Result<bool> {
        moment.holds(self.when.as_ref())
    }

    /// What it asks for because of an event.
    pub fn reaction(&self, domain: &Domain, moment: &Moment<'_>) -> Result<Reaction> {
        let event = &moment.view;
        Ok(match &self.effect {
            Effect::Command { kind, id, name, params } => {
                let kind = kind.clone().unwrap_or_else(|| event.kind.to_owned());
                let creates =
                    domain.aggregate(&kind).and_then(|a| a.commands.get(name)).is_some_and(|c| c.creates);
                let id = match id {
                    Some(rule) => Some(match moment.one(rule)? {
                        Value::String(id) => id,
                        Value::Number(id) => id.to_string(),
                        other => return Err(wrong(&rule.name, "an id", &other)),
                    }),
                    None if creates => None,
                    None => Some(event.id.to_owned()),
                };
                let params = params.as_ref().map_or_else(|| Ok(Map::new()), |rule| moment.object(rule))?;
                Reaction::Command { kind, id, name: name.clone(), params }
            }
            Effect::Mail { to, subject, body } => Reaction::Mail {
                to: match moment.one(to)? {
                    Value::String(one) => vec![one],
                    Value::Array(all) if all.iter().all(Value::is_string) => {
                        all.iter().filter_map(Value::as_str).map(str::to_owned).collect()
                    }
                    other => return Err(wrong(&to.name, "an address or a list of them", &other)),
                },
                subject: moment.text(subject)?,
                body: moment.text(body)?,
            },
            Effect::Http { endpoint, data } => Reaction::Http {
                endpoint: endpoint.clone(),
                data: data.as_ref().map_or_else(|| moment.var(DATA)?.to_value(), |rule| moment.one(rule))?,
            },
            Effect::Statsd { metric, kind, value } => Reaction::Statsd {
                metric: metric_name(&metric.name, moment.text(metric)?)?,
                kind: *kind,
                value: match value {
                    None => 1.into(),
                    Some(rule) => {
                        let value = moment.one(rule)?;
                        kind.number(&value).ok_or_else(|| wrong(&rule.name, kind.wanted(), &value))?
                    }
                },
            },
            Effect::Append { file, row } => Reaction::Append {
                file: file.clone(),
                row: row.as_ref().map_or_else(|| moment.var(EVENT)?.to_value(), |rule| moment.one(rule))?,
            },
            Effect::Sql { endpoint, table, row } => {
                Reaction::Sql { endpoint: endpoint.clone(), table: table.clone(), row: moment.object(row)? }
            }
            Effect::Notify(text) => Reaction::Notify(moment.text(text)?),
        })
    }

    /// Its rules, in the order of the file.
    pub(super) fn rules(&self) -> impl Iterator<Item = &Lazy<Rule>> {
        self.when.iter().chain(self.effect.rules())
    }
}

impl Domain {
    /// The reactors whose effects leave the store.
    pub fn external_reactors(&self) -> impl Iterator<Item = &Reactor> {
        self.reactors.iter().filter(|reactor| reactor.is_external())
    }

    /// The SHA-256 over what those declare, in the order of their names: computed, so that nobody can write another
    /// one beside a text.
    pub fn effects_hash(&self) -> Hash {
        let mut declared: Vec<_> =
            self.external_reactors().map(|reactor| reactor.declared().to_string()).collect();
        declared.sort_unstable();
        Hash(Sha256::digest(declared.join("\n")).into())
    }

    /// The reactors that answer events of a type, in the order of the file.
    pub fn reactors_to(&self, aggregate: &str, event: &str) -> impl Iterator<Item = &Reactor> {
        self.reactors.iter().filter(move |reactor| reactor.answers(aggregate, event))
    }
}
