//! The TOML form of a domain file, and where in the file a mistake is.

use indexmap::IndexMap;
use serde::Deserialize;
use toml::Spanned;

use super::monitor::{MonitorTable, monitor};
use super::projection::{ProjectionTable, projections};
use super::reactor_form::{ReactorTable, misnamed, reactor};
use super::source::{Origin, Text};
use super::{Aggregate, Attribute, Command, Domain, EventType, Lazy};
use crate::error::{Error, Result};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    domain: Option<DomainTable>,
    #[serde(default)]
    aggregate: IndexMap<Spanned<String>, AggregateTable>,
    #[serde(default)]
    reactor: Vec<Spanned<ReactorTable>>,
    #[serde(default)]
    projection: IndexMap<Spanned<String>, ProjectionTable>,
    #[serde(default)]
    monitor: Vec<Spanned<MonitorTable>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct DomainTable {
    #[serde(default)]
    name: String,
    // Read before the parts are put together; here only so that it is a known word.
    #[serde(default, rename = "include")]
    _include: Vec<String>,
    protected: Option<Vec<String>>,
    time_zone: Option<Spanned<String>>,
    actors: Option<Spanned<String>>,
    exec: Option<Spanned<Vec<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AggregateTable {
    doc: Option<String>,
    label: Option<Spanned<String>>,
    status: Option<Spanned<String>>,
    deleted: Option<Spanned<String>>,
    exec: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    columns: IndexMap<String, Spanned<String>>,
    #[serde(default)]
    quiet: Vec<String>,
    #[serde(default)]
    event: IndexMap<Spanned<String>, EventTable>,
    #[serde(default)]
    command: IndexMap<String, CommandTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventTable {
    doc: Option<String>,
    #[serde(default)]
    data: IndexMap<String, Spanned<AttributeForm>>,
    #[serde(default)]
    was: Vec<Spanned<String>>,
    schema: Option<Schema>,
    upcast: Option<Spanned<String>>,
    apply: Option<Spanned<String>>,
    revert: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandTable {
    doc: Option<String>,
    #[serde(default)]
    creates: bool,
    #[serde(default)]
    params: IndexMap<String, Spanned<AttributeForm>>,
    emit: Spanned<String>,
}

/// How a shape is called.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a number or a text that names the shape, as in schema = 2")]
enum Schema {
    Number(i64),
    Text(String),
}

/// `"date?"`, or a table where there is more to say.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a type such as \"date?\", or { type = \"date?\", doc = \"…\" }")]
enum AttributeForm {
    Type(String),
    Table(AttributeTable),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AttributeTable {
    r#type: String,
    doc: Option<String>,
}

/// Reads an expanded domain text; its origin says under which name mistakes are reported.
pub(super) fn parse(origin: &Origin, source: &str) -> Result<Domain> {
    let form: File = toml::from_str(source).map_err(|error| origin.toml_error(&error))?;
    let head = form.domain.unwrap_or_default();
    let mut domain = Domain { name: head.name, source: source.to_owned(), ..Domain::default() };
    if let Some(protected) = head.protected {
        domain.protected = protected;
    }
    if let Some(zone) = head.time_zone {
        domain.time_zone = zone.get_ref().parse().map_err(|_| {
            let why = format!("{} is no time zone, such as Europe/Berlin", zone.get_ref());
            origin.mistake(zone.span().start, &why)
        })?;
    }
    domain.exec = head.exec.map(|exec| program(origin, exec)).transpose()?;
    for (name, table) in form.aggregate {
        if name.get_ref().contains('/') || name.get_ref().is_empty() {
            return Err(origin.mistake(name.span().start, "an aggregate type is a name without `/`"));
        }
        let name = name.into_inner();
        let aggregate = aggregate(origin, &name, table)?;
        domain.aggregates.insert(name, aggregate);
    }
    for table in form.reactor {
        let at = table.span().start;
        let reactor = reactor(origin, table)?;
        domain.tolerated.extend(misnamed(origin, at, &reactor));
        if domain.reactors.iter().any(|other| other.name == reactor.name) {
            return Err(origin.mistake(at, &format!("there are two reactors named {}", reactor.name)));
        }
        domain.reactors.push(reactor);
    }
    domain.actors = head.actors.map(|actors| {
        let spot = origin.spot(actors.span().start);
        (actors.into_inner(), spot)
    });
    domain.projections = projections(origin, form.projection, &mut domain.tolerated)?;
    for table in form.monitor {
        let at = table.span().start;
        let monitor = monitor(origin, table, domain.time_zone)?;
        if monitor.on.is_empty() {
            let why = format!("the monitor {} counts no event: on = [\"…\"]", monitor.name);
            domain.tolerated.push(origin.mistake(at, &why));
        }
        if domain.monitors.iter().any(|other| other.name == monitor.name) {
            return Err(origin.mistake(at, &format!("there are two monitors named {}", monitor.name)));
        }
        domain.monitors.push(monitor);
    }
    Ok(domain)
}

fn program(origin: &Origin, exec: Spanned<Vec<String>>) -> Result<Vec<String>> {
    if exec.get_ref().first().is_none_or(String::is_empty) {
        let what = "a program is a list of its name and its arguments: exec = [\"ruby\", \"reducer.rb\"]";
        return Err(origin.mistake(exec.span().start, what));
    }
    Ok(exec.into_inner())
}

fn aggregate(origin: &Origin, kind: &str, table: AggregateTable) -> Result<Aggregate> {
    let rule = |what: &str, text: Option<Spanned<String>>| {
        text.map(|text| lazy(origin, format!("{kind} {what}"), text))
    };
    let mut aggregate = Aggregate {
        doc: table.doc,
        label: rule("label", table.label),
        status: rule("status", table.status),
        deleted: rule("deleted", table.deleted),
        quiet: table.quiet,
        exec: table.exec.map(|exec| program(origin, exec)).transpose()?,
        ..Aggregate::default()
    };
    for (name, text) in table.columns {
        let rule = lazy(origin, format!("{kind} column {name}"), text);
        aggregate.columns.insert(name, rule);
    }
    for (name, table) in table.event {
        let event = event(origin, kind, &name, table)?;
        aggregate.events.insert(name.into_inner(), event);
    }
    rename(&mut aggregate)?;
    for (name, table) in table.command {
        let command = Command {
            name: name.clone(),
            doc: table.doc,
            creates: table.creates,
            params: attributes(origin, table.params)?,
            emit: lazy(origin, format!("{kind} {name} emit"), table.emit),
        };
        aggregate.commands.insert(name, command);
    }
    Ok(aggregate)
}

/// Takes note of old names; each leads to one event.
fn rename(aggregate: &mut Aggregate) -> Result<()> {
    for (name, event) in &aggregate.events {
        for old in &event.was {
            let taken = aggregate.renamed.insert(old.clone(), name.clone());
            let other = taken.or_else(|| aggregate.events.contains_key(old).then(|| old.clone()));
            if let (Some(other), Some(spot)) = (other, &event.spot) {
                return Err(spot.mistake(&format!("{name} was {old}, which is {other} already")));
            }
        }
    }
    Ok(())
}

fn event(origin: &Origin, kind: &str, name: &Spanned<String>, table: EventTable) -> Result<EventType> {
    let (spot, name) = (Some(origin.spot(name.span().start)), name.get_ref());
    let data = attributes(origin, table.data)?;
    let defaults = data.iter().filter_map(|(name, a)| Some((name.clone(), a.default.clone()?))).collect();
    let was: Vec<_> = table.was.into_iter().map(Spanned::into_inner).collect();
    let schema = table.schema.map(|schema| match schema {
        Schema::Number(number) => number.into(),
        Schema::Text(text) => text.into(),
    });
    if let (Some(upcast), true, None) = (&table.upcast, was.is_empty(), &schema) {
        let what = "upcast would go through new events too: say which are old, by `was` or by `schema`";
        return Err(origin.mistake(upcast.span().start, what));
    }
    let upcast = table.upcast.map(|text| lazy(origin, format!("{kind} {name} upcast"), text));
    let apply = table.apply.map(|text| lazy(origin, format!("{kind} {name} apply"), text));
    let revert = table.revert.map(|text| lazy(origin, format!("{kind} {name} revert"), text));
    Ok(EventType { doc: table.doc, data, was, schema, upcast, apply, revert, defaults, spot })
}

fn attributes(
    origin: &Origin,
    table: IndexMap<String, Spanned<AttributeForm>>,
) -> Result<IndexMap<String, Attribute>> {
    let read = |(name, form): (String, Spanned<AttributeForm>)| {
        let start = form.span().start;
        let (text, doc) = match form.into_inner() {
            AttributeForm::Type(text) => (text, None),
            AttributeForm::Table(table) => (table.r#type, table.doc),
        };
        match Attribute::parse(&text) {
            Ok(attribute) => Ok((name, Attribute { doc, ..attribute })),
            Err(why) => Err::<_, Error>(origin.mistake(start, &format!("{name}: {why}"))),
        }
    };
    table.into_iter().map(read).collect()
}

pub(super) fn lazy<T>(origin: &Origin, name: String, text: Spanned<String>) -> Lazy<T> {
    Lazy { name, text: Text::new(origin, text), compiled: std::cell::OnceCell::new() }
}
