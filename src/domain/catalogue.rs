//! The catalogue: every aggregate, event, attribute and command that a domain declares, with a place beside each
//! for what a log shows of it.

mod asyncapi;
mod markdown;
mod schema;
mod seen;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

pub use asyncapi::asyncapi;
pub use markdown::markdown;
pub use schema::json_schema;
pub use seen::{Break, EventSeen, ValuesSeen};

use super::source::Spot;
use super::{Aggregate, Attribute, Command, Domain, EventType, Pattern};
use crate::event::Time;
use crate::jq::outline;

/// What every producer may say of an event, and what it means.
const METADATA: &[(&str, &str)] = &[
    ("actor", "Who did it."),
    ("reason", "Why."),
    ("correlation_id", "The hash of the first event of the chain that this one belongs to."),
    ("causation_id", "The hash of the event that caused this one."),
    ("command", "The command that emitted it: name, parameters, which of its events this is, what was seen."),
    ("received_at", "When it arrived, where that was later than it happened."),
    ("origin", "The hash of the event that this one was carried over from, with what was seen there."),
];

/// A domain as a document, with what was seen in a log where one was read.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Catalogue {
    /// The domain's name.
    pub domain: String,
    /// What the log holds, where one was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<LogSeen>,
    /// The metadata of every event.
    pub metadata: Vec<MetadataEntry>,
    /// The aggregate types: those declared first, in the order of the file.
    pub aggregates: Vec<AggregateEntry>,
}

/// How much was seen.
#[derive(Clone, Debug, Serialize)]
pub struct LogSeen {
    /// The branch.
    pub branch: String,
    /// How many events.
    pub events: u64,
}

/// A member of the metadata.
#[derive(Clone, Debug, Default, Serialize)]
pub struct MetadataEntry {
    /// Its name.
    pub name: String,
    /// What it means, where that is laid down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// The rules that read it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub read_by: Vec<String>,
    /// What the log holds of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<ValuesSeen>,
}

/// An aggregate type.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AggregateEntry {
    /// Its name.
    pub name: String,
    /// Whether the domain declares it.
    pub declared: bool,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// How many the log holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<u64>,
    /// Its events.
    pub events: Vec<EventEntry>,
    /// Its commands.
    pub commands: Vec<CommandEntry>,
}

/// An event type.
#[derive(Clone, Debug, Default, Serialize)]
pub struct EventEntry {
    /// Its name.
    pub name: String,
    /// Whether the domain declares it.
    pub declared: bool,
    /// The line of the domain's text that declares it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What it means that this happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// The attributes of its data.
    pub attributes: Vec<AttributeEntry>,
    /// The rule that applies it; without one its data is merged into the state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub apply: Option<String>,
    /// The commands, and the revert rules of other events, that can emit it.
    pub emitted_by: Vec<String>,
    /// The reactors that answer it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reactors: Vec<String>,
    /// The projections that are folded from it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub projections: Vec<String>,
    /// The monitors that count it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub monitors: Vec<String>,
    /// The names under which older events of the type are stored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub was: Vec<String>,
    /// The shape in which its data is written today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Value>,
    /// The rule that brings older data into that shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upcast: Option<String>,
    /// What the log holds of it, all names and shapes together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<EventSeen>,
    /// How many of those are stored under each older name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub seen_as: Vec<(String, u64)>,
}

/// An attribute of an event's data, or a parameter of a command.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AttributeEntry {
    /// Its name.
    pub name: String,
    /// Its type as a domain file writes it; none where no schema names the attribute.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Whether it may be absent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// What it is where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// What it means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// What the log holds of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<ValuesSeen>,
    /// The declared attribute.
    #[serde(skip)]
    pub attribute: Option<Attribute>,
}

/// A command.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CommandEntry {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<String>,
    /// Whether it demands that the aggregate does not exist.
    pub creates: bool,
    /// Its parameters.
    pub params: Vec<AttributeEntry>,
    /// The events that it can emit.
    pub emits: Vec<String>,
}

impl Catalogue {
    /// What a domain declares.
    pub fn of(domain: &Domain) -> Self {
        let mut catalogue = Self { domain: domain.name.clone(), ..Self::default() };
        for (name, doc) in METADATA {
            catalogue.meta(name).doc = Some((*doc).to_owned());
        }
        for (kind, aggregate) in &domain.aggregates {
            catalogue.aggregates.push(AggregateEntry::of(domain, kind, aggregate));
        }
        for (reader, rule) in rules_that_read(domain) {
            let outline = outline(rule);
            let schema = outline.names.iter().any(|(name, _)| name == "$schema").then(|| "schema".to_owned());
            for field in outline.meta.into_iter().chain(schema) {
                let readers = &mut catalogue.meta(&field).read_by;
                if !readers.contains(&reader) {
                    readers.push(reader.clone());
                }
            }
        }
        catalogue
    }

    /// The entry of a member of the metadata, made where it is missing.
    pub fn meta(&mut self, name: &str) -> &mut MetadataEntry {
        let found = self.metadata.iter().position(|entry| entry.name == name);
        let at = found.unwrap_or_else(|| {
            self.metadata.push(MetadataEntry { name: name.to_owned(), ..MetadataEntry::default() });
            self.metadata.len() - 1
        });
        &mut self.metadata[at]
    }

    /// The entry of an aggregate type, made where it is missing.
    pub fn aggregate(&mut self, kind: &str) -> &mut AggregateEntry {
        let found = self.aggregates.iter().position(|entry| entry.name == kind);
        let at = found.unwrap_or_else(|| {
            self.aggregates.push(AggregateEntry { name: kind.to_owned(), ..AggregateEntry::default() });
            self.aggregates.len() - 1
        });
        &mut self.aggregates[at]
    }

    /// Leaves only an aggregate type, or the event types that bear or bore that name; whether there is one.
    pub fn only(&mut self, name: &str) -> bool {
        if self.aggregates.iter().any(|aggregate| aggregate.name == name) {
            self.aggregates.retain(|aggregate| aggregate.name == name);
            return true;
        }
        for aggregate in &mut self.aggregates {
            aggregate.events.retain(|event| event.name == name || event.was.iter().any(|old| old == name));
            let kept: Vec<_> = aggregate.events.iter().map(|event| event.name.clone()).collect();
            aggregate.commands.retain(|command| command.emits.iter().any(|event| kept.contains(event)));
        }
        self.aggregates.retain(|aggregate| !aggregate.events.is_empty());
        !self.aggregates.is_empty()
    }
}

/// The rules of a domain that see metadata, each with what it belongs to.
fn rules_that_read(domain: &Domain) -> Vec<(String, &str)> {
    let mut rules = Vec::new();
    for (kind, aggregate) in &domain.aggregates {
        for (name, event) in &aggregate.events {
            let upcast = event.upcast.as_ref().map(|rule| rule.text.value.as_str());
            rules.extend(
                event.apply_text().into_iter().chain(upcast).map(|rule| (format!("{kind} {name}"), rule)),
            );
        }
        let commands = aggregate.commands.values();
        rules.extend(
            commands.map(|command| (format!("{kind} {}", command.name), command.emit.text.value.as_str())),
        );
    }
    for reactor in &domain.reactors {
        rules.extend(
            reactor.rules().map(|rule| (format!("reactor {}", reactor.name), rule.text.value.as_str())),
        );
    }
    for projection in domain.projections.values() {
        let of = |rule| (format!("projection {}", projection.name), rule);
        rules.extend(projection.check().map(|(rule, _)| of(rule.text.value.as_str())));
    }
    for monitor in &domain.monitors {
        let of = |rule| (format!("monitor {}", monitor.name), rule);
        rules.extend(monitor.check().map(|(rule, _)| of(rule.text.value.as_str())));
    }
    rules
}

impl AggregateEntry {
    fn of(domain: &Domain, kind: &str, aggregate: &Aggregate) -> Self {
        let emitters = emitters(aggregate);
        let event = |(name, event): (&String, &EventType)| EventEntry {
            name: name.clone(),
            declared: true,
            line: event.spot.as_ref().map(Spot::line),
            doc: event.doc.clone(),
            attributes: entries(&event.data),
            apply: event.apply_text().map(str::to_owned),
            emitted_by: emitters.get(name).cloned().unwrap_or_default(),
            projections: listening(domain.projections.values().map(|p| (&p.name, &p.on)), kind, name),
            monitors: listening(domain.monitors.iter().map(|m| (&m.name, &m.on)), kind, name),
            reactors: domain.reactors_to(kind, name).map(|reactor| reactor.name.clone()).collect(),
            was: event.was.clone(),
            schema: event.schema.clone(),
            upcast: event.upcast.as_ref().map(|rule| rule.text.value.clone()),
            seen: None,
            seen_as: Vec::new(),
        };
        Self {
            name: kind.to_owned(),
            declared: true,
            doc: aggregate.doc.clone(),
            seen: None,
            events: aggregate.events.iter().map(event).collect(),
            commands: aggregate
                .commands
                .values()
                .map(|command| CommandEntry::of(aggregate, command))
                .collect(),
        }
    }

    /// The entry of an event type, made where it is missing.
    pub fn event(&mut self, name: &str) -> &mut EventEntry {
        let found = self.events.iter().position(|entry| entry.name == name);
        let at = found.unwrap_or_else(|| {
            self.events.push(EventEntry { name: name.to_owned(), ..EventEntry::default() });
            self.events.len() - 1
        });
        &mut self.events[at]
    }
}

impl CommandEntry {
    fn of(aggregate: &Aggregate, command: &Command) -> Self {
        Self {
            name: command.name.clone(),
            doc: command.doc.clone(),
            creates: command.creates,
            params: entries(&command.params),
            emits: emitted(aggregate, command.emit_text()),
        }
    }
}

impl EventEntry {
    /// When it was first and last seen.
    pub fn span(&self) -> Option<(Time, Time)> {
        self.seen.as_ref().map(|seen| (seen.first, seen.last))
    }
}

/// The names of those whose patterns mean an event type.
fn listening<'a>(
    all: impl Iterator<Item = (&'a String, &'a Vec<Pattern>)>,
    kind: &str,
    event: &str,
) -> Vec<String> {
    let meant = |on: &[Pattern]| on.iter().any(|pattern| pattern.matches(kind, event));
    all.filter(|(_, on)| meant(on)).map(|(name, _)| name.clone()).collect()
}

/// The declared events that a rule can emit.
pub(super) fn emitted(aggregate: &Aggregate, rule: &str) -> Vec<String> {
    let mut names = outline(rule).emits;
    names.retain(|name| aggregate.events.contains_key(name));
    names
}

/// Who can emit each event: commands by their names, and the revert rules of events.
pub(super) fn emitters(aggregate: &Aggregate) -> IndexMap<String, Vec<String>> {
    let mut by_event: IndexMap<String, Vec<String>> = IndexMap::new();
    let commands = aggregate.commands.values().map(|command| (command.name.clone(), command.emit_text()));
    let reverts = aggregate.events.iter().filter_map(|(name, event)| {
        Some((format!("revert of {name}"), event.revert.as_ref()?.text.value.as_str()))
    });
    for (who, rule) in commands.chain(reverts) {
        for event in emitted(aggregate, rule) {
            by_event.entry(event).or_default().push(who.clone());
        }
    }
    by_event
}

fn entries(attributes: &IndexMap<String, Attribute>) -> Vec<AttributeEntry> {
    let entry = |(name, attribute): (&String, &Attribute)| AttributeEntry {
        name: name.clone(),
        kind: Some(attribute.type_name()),
        optional: attribute.optional,
        default: attribute.default.clone(),
        doc: attribute.doc.clone(),
        seen: None,
        attribute: Some(attribute.clone()),
    };
    attributes.iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_says_who_emits_what() {
        let domain = Domain::parse("t", super::super::builtin("subscription").unwrap()).unwrap();
        let mut catalogue = Catalogue::of(&domain);
        let subscription = catalogue.aggregate("Subscription");
        assert_eq!(subscription.event("SubscriptionActivated").emitted_by, ["activate", "pay_invoice"]);
        let failed = &subscription.commands.iter().find(|c| c.name == "fail_invoice").unwrap().emits;
        assert_eq!(failed, &["InvoiceFailed", "SubscriptionDeactivated"]);
        assert_eq!(
            catalogue.meta("actor").read_by,
            ["Subscription SubscriptionCreated", "Subscription SubscriptionCancelled"]
        );
        assert!(catalogue.only("PlanChanged"));
        assert_eq!(catalogue.aggregates[0].commands.len(), 1);
        assert!(!catalogue.only("Nothing"));
    }
}
