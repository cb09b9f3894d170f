//! A domain: what its author says of aggregates, events and commands, in TOML and jq, parsed at once and
//! compiled rule by rule when first needed.

mod alike;
mod attribute;
pub mod catalogue;
mod command;
mod evolve;
mod exchange;
mod exec;
mod form;
pub mod lint;
mod listed;
mod loops;
mod metric;
mod moment;
mod monitor;
mod projection;
mod reactor;
mod reactor_form;
mod schedule;
mod sketch;
mod source;

use std::cell::OnceCell;
use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;

use chrono_tz::Tz;
use indexmap::IndexMap;

pub use attribute::{Attribute, Type};
pub use command::{Asking, Command, Emitted};
pub use exchange::{with_apply, with_listed};
pub use listed::{Listed, ListedAs, is_quiet};
pub use loops::Loop;
pub use metric::Metric;
pub use moment::{EVENT_VARS, Known, Moment, PREVIOUS};
pub use monitor::{Bound, Hours, Monitor};
pub use projection::{Projected, Projection, list_key};
pub use reactor::{Pattern, Reaction, Reactor, Run};
pub(crate) use reactor_form::is_plain;
pub use schedule::{Every, Period};
pub use sketch::sketch;
pub use source::{builtin, builtin_names, expand, load, load_unchecked};

use crate::error::{Error, Result};
use crate::event::Event;
use crate::jq::{Apply, EventView, Reads, Rule, State, minds_key_order};
use command::PRELUDE;
use source::{Spot, Text};

/// A parsed domain.
#[derive(Debug)]
pub struct Domain {
    /// Its name; empty where the store has no domain.
    pub name: String,
    /// Branches that cannot be renamed, archived or rebased.
    pub protected: Vec<String>,
    /// The aggregate type of those who act: an event's actor is the id of one.
    actors: Option<(String, Spot)>,
    /// The aggregates, in the order of the file.
    pub aggregates: IndexMap<String, Aggregate>,
    /// What happens because of events, in the order of the file.
    pub reactors: Vec<Reactor>,
    /// The read models, in the order of the file.
    pub projections: IndexMap<String, Projection>,
    /// What must happen so often, or may, in the order of the file.
    pub monitors: Vec<Monitor>,
    /// The zone of the days of reports.
    pub time_zone: Tz,
    /// The program outside, with its arguments, that makes the states of every aggregate type that names no other.
    exec: Option<Vec<String>>,
    /// The folder of the file that it was read from: where programs outside are started.
    folder: Option<PathBuf>,
    /// The whole TOML text, includes expanded.
    pub source: String,
    /// Mistakes that a file must not have, and that a store which has them already is read with.
    tolerated: Vec<Error>,
}

impl Default for Domain {
    fn default() -> Self {
        Self {
            name: String::new(),
            protected: vec!["main".to_owned()],
            actors: None,
            aggregates: IndexMap::new(),
            reactors: Vec::new(),
            projections: IndexMap::new(),
            monitors: Vec::new(),
            time_zone: Tz::UTC,
            exec: None,
            folder: None,
            source: String::new(),
            tolerated: Vec::new(),
        }
    }
}

/// What a domain says of an aggregate type.
#[derive(Debug, Default)]
pub struct Aggregate {
    /// What it is for.
    pub doc: Option<String>,
    label: Option<Lazy<Rule>>,
    status: Option<Lazy<Rule>>,
    deleted: Option<Lazy<Rule>>,
    columns: IndexMap<String, Lazy<Rule>>,
    quiet: Vec<String>,
    exec: Option<Vec<String>>,
    /// Its event types, in the order of the file.
    pub events: IndexMap<String, EventType>,
    /// Its commands, in the order of the file.
    pub commands: IndexMap<String, Command>,
    /// Old names of its events, each with today's.
    renamed: HashMap<String, String>,
}

/// What a domain says of an event type.
#[derive(Debug, Default)]
pub struct EventType {
    /// What it means that this happened.
    pub doc: Option<String>,
    /// The attributes of its data.
    pub data: IndexMap<String, Attribute>,
    /// The names under which older events of the type are stored.
    pub was: Vec<String>,
    /// The shape in which its data is written today (`meta.schema`).
    pub schema: Option<serde_json::Value>,
    upcast: Option<Lazy<Rule>>,
    apply: Option<Lazy<Apply>>,
    revert: Option<Lazy<Rule>>,
    /// The attributes with a default, as an apply rule fills them in.
    pub defaults: Vec<(String, serde_json::Value)>,
    /// Where the file declares it.
    spot: Option<Spot>,
}

/// How an aggregate stands in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// What it is called.
    pub label: String,
    /// In which state it is.
    pub status: String,
    /// Whether it counts as deleted.
    pub deleted: bool,
}

/// A rule that is compiled when it is first needed.
pub(crate) struct Lazy<T> {
    name: String,
    text: Text,
    compiled: OnceCell<std::result::Result<T, Error>>,
}

impl<T> fmt::Debug for Lazy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lazy").field(&self.name).field(&self.text.value).finish()
    }
}

impl<T> Lazy<T> {
    fn get(
        &self,
        compile: impl FnOnce(&str, &str) -> std::result::Result<T, crate::jq::Mistake>,
    ) -> Result<&T> {
        let compiled = self.compiled.get_or_init(|| {
            compile(&self.name, &self.text.value).map_err(|m| self.text.mistake(&self.name, &m))
        });
        compiled.as_ref().map_err(Clone::clone)
    }

    fn tried(&self, mistake: Option<Error>) -> (&str, Spot, Result<()>) {
        (&self.name, self.text.spot(0), mistake.map_or(Ok(()), Err))
    }
}

impl Lazy<Rule> {
    fn plain(&self) -> Result<&Rule> {
        self.get(|name, source| Rule::compile(name, source, &[]))
    }
}

impl Domain {
    /// What it says of an aggregate type.
    pub fn aggregate(&self, kind: &str) -> Option<&Aggregate> {
        self.aggregates.get(kind)
    }

    /// What it says of an event type of an aggregate type, under today's name or an older one.
    pub fn event(&self, kind: &str, event: &str) -> Option<&EventType> {
        let aggregate = self.aggregates.get(kind)?;
        let today = || aggregate.events.get(aggregate.renamed.get(event)?);
        aggregate.events.get(event).or_else(today)
    }

    /// Whether it declares a command for a type.
    pub fn has_commands(&self, kind: &str) -> bool {
        self.aggregates.get(kind).is_some_and(|aggregate| !aggregate.commands.is_empty())
    }

    /// Whether a rule of a type, for an event or a command, may tell the order of a state's keys.
    pub fn minds_key_order(&self, kind: &str) -> bool {
        let Some(declared) = self.aggregates.get(kind) else { return false };
        let events = declared.events.values().filter_map(EventType::apply_text);
        events.chain(declared.commands.values().map(Command::emit_text)).any(minds_key_order)
    }

    /// What a rule sees of an event.
    pub fn view<'a>(&'a self, event: &'a Event) -> EventView<'a> {
        EventView {
            position: event.position,
            branch: &event.branch,
            kind: &event.aggregate.kind,
            id: &event.aggregate.id,
            version: event.version,
            event: &event.kind,
            occurred_at: event.occurred_at,
            recorded_at: event.recorded_at,
            data: &event.data,
            meta: &event.meta,
            defaults: self.defaults(&event.aggregate.kind, &event.kind),
        }
    }

    /// What stands in for attributes that an event of a type does not have.
    pub fn defaults(&self, kind: &str, event: &str) -> &[(String, serde_json::Value)] {
        self.event(kind, event).map_or(&[], |event| &event.defaults)
    }

    /// What its rules about events read, where one of them reads what takes more than an event and the states around it.
    pub fn event_reads(&self) -> Vec<&Reads> {
        let monitors = self.monitors.iter().filter_map(Monitor::rule);
        let rules = self.reactors.iter().flat_map(Reactor::rules).chain(monitors);
        let rules = rules.filter(|rule| moment::reads_further(rule)).map(moment::compiled);
        let projected = self.projections.values().flat_map(Projection::further);
        rules.chain(projected).filter_map(|rule| Some(rule.ok()?.needs())).collect()
    }

    /// The aggregate type of those who act.
    pub fn actors(&self) -> Option<&str> {
        self.actors.as_ref().map(|(kind, _)| kind.as_str())
    }

    /// Compiles every rule, to find every mistake.
    pub fn check(&self) -> std::result::Result<(), Vec<Error>> {
        let mut mistakes: Vec<_> =
            self.compiled().into_iter().filter_map(|(.., compiled)| compiled.err()).collect();
        mistakes.extend(self.tolerated.iter().cloned());
        let of = |reactor: &Reactor| Some(reactor.spot.mistake(&reactor.check(self).err()?));
        mistakes.extend(self.reactors.iter().filter_map(of));
        if let Some((kind, spot)) = &self.actors
            && !self.aggregates.contains_key(kind)
        {
            let what = format!("actors are accounts of {kind}, which the domain does not declare");
            mistakes.push(spot.mistake(&what));
        }
        if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
    }

    /// Every rule with its name and place, compiled.
    fn compiled(&self) -> Vec<(&str, Spot, Result<()>)> {
        let mut rules = Vec::new();
        for aggregate in self.aggregates.values() {
            let plain = [&aggregate.label, &aggregate.status, &aggregate.deleted].into_iter().flatten();
            for rule in plain.chain(aggregate.columns.values()) {
                rules.push(rule.tried(rule.plain().err()));
            }
            for event in aggregate.events.values() {
                rules.extend(event.apply.as_ref().map(|rule| rule.tried(event.apply().err())));
                rules.extend(event.upcast.as_ref().map(|rule| rule.tried(event.upcast_rule().err())));
                rules.extend(event.revert.as_ref().map(|rule| rule.tried(event.revert().err())));
            }
            for command in aggregate.commands.values() {
                rules.push(command.emit.tried(command.rule().err()));
            }
        }
        for rule in self.reactors.iter().flat_map(Reactor::rules) {
            rules.push(rule.tried(moment::compiled(rule).err()));
        }
        let monitors = self.monitors.iter().filter_map(Monitor::check);
        for (rule, error) in self.projections.values().flat_map(Projection::check).chain(monitors) {
            rules.push(rule.tried(error));
        }
        rules
    }

    /// Label, status and whether it is deleted, of an aggregate in a state. A rule that fails falls back to
    /// the id and the last event's type: a list must show every row.
    pub fn summary(&self, kind: &str, id: &str, last_event: &str, state: &State) -> Summary {
        let aggregate = self.aggregates.get(kind);
        let text = |rule: Option<&Lazy<Rule>>| {
            let value = rule?.plain().ok()?.one(state, &[]).ok()?;
            if value.is_null() { None } else { Some(plain_text(&value)) }
        };
        let gone = state.is_null();
        let deleted = aggregate
            .and_then(|a| a.deleted.as_ref())
            .and_then(|rule| rule.plain().ok()?.one(state, &[]).ok())
            .map_or(gone, |value| gone || value.truthy());
        Summary {
            label: text(aggregate.and_then(|a| a.label.as_ref())).unwrap_or_else(|| id.to_owned()),
            status: text(aggregate.and_then(|a| a.status.as_ref()))
                .unwrap_or_else(|| self.current_name(kind, last_event).to_owned()),
            deleted,
        }
    }

    /// Whether a type has extra list columns.
    pub fn has_columns(&self, kind: &str) -> bool {
        self.aggregates.get(kind).is_some_and(|a| !a.columns.is_empty())
    }

    /// The fields of a type that are bookkeeping, as dotted paths.
    pub fn quiet(&self, kind: &str) -> &[String] {
        self.aggregates.get(kind).map_or(&[], |aggregate| &aggregate.quiet)
    }

    /// The values of a type's extra list columns; empty where a rule fails or answers null.
    pub fn column_values(&self, kind: &str, state: &State) -> Vec<String> {
        let rules = self.aggregates.get(kind).into_iter().flat_map(|a| a.columns.values());
        rules
            .map(|rule| match rule.plain().and_then(|rule| rule.one(state, &[])) {
                Ok(value) if !value.is_null() => plain_text(&value),
                _ => String::new(),
            })
            .collect()
    }
}

impl EventType {
    /// Its apply rule; `None` means that its data is merged.
    pub(crate) fn apply(&self) -> Result<Option<&Apply>> {
        self.apply.as_ref().map(|rule| rule.get(Apply::compile)).transpose()
    }

    /// The text of its apply rule.
    pub(crate) fn apply_text(&self) -> Option<&str> {
        self.apply.as_ref().map(|rule| rule.text.value.as_str())
    }

    /// Whether the domain says how to take the event back.
    pub fn has_revert(&self) -> bool {
        self.revert.is_some()
    }

    /// The rule that takes the event back: `.` is the state now, `$event` the event, `$before` and `$after` the
    /// states around it; it emits events as a command does.
    pub(crate) fn revert(&self) -> Result<Option<&Rule>> {
        let vars = &["$event", "$before", "$after"];
        let rule = self.revert.as_ref();
        rule.map(|rule| rule.get(|name, text| Rule::compile_with(name, text, vars, PRELUDE))).transpose()
    }
}

/// A value as a person reads it: a string without its quotes, anything else as JSON.
fn plain_text(value: &State) -> String {
    value.as_str().map_or_else(|| value.to_json().unwrap_or_default(), str::to_owned)
}
