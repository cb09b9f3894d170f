//! A first domain file from what a log shows: types, attributes, the types of their values, and rules that do what
//! the fold does without one, ready to be edited.

use std::fmt::Write as _;

use super::catalogue::{AggregateEntry, AttributeEntry, Catalogue, EventEntry, ValuesSeen};
use super::{Domain, Listed};
use crate::jq::path_of;

/// Attributes that tend to say what something is called.
const LABELS: &[&str] = &["title", "name", "label", "subject", "number", "email"];

/// Attributes that tend to say in which state it is.
const STATUSES: &[&str] = &["status", "state"];

/// The text of a domain for what a survey saw; how aggregates are listed is taken over from the domain in use.
pub fn sketch(name: &str, catalogue: &Catalogue, domain: &Domain) -> String {
    let mut out =
        format!("# A sketch of what the log shows, to be edited.\n\n[domain]\nname = {}\n", quoted(name));
    for aggregate in catalogue.aggregates.iter().filter(|aggregate| aggregate.seen.is_some()) {
        of_aggregate(&mut out, aggregate, domain);
    }
    out
}

fn of_aggregate(out: &mut String, aggregate: &AggregateEntry, domain: &Domain) {
    let kind = quoted(&aggregate.name);
    let known = domain.aggregate(&aggregate.name);
    let put_away = aggregate.events.iter().any(is_end);
    let has = |names: &'static [&'static str]| {
        let attributes = || aggregate.events.iter().flat_map(|event| &event.attributes);
        let is_text = |entry: &AttributeEntry| {
            entry.seen.as_ref().is_some_and(|seen| seen.type_name() == "string" || !seen.texts.is_empty())
        };
        names.iter().find(|name| attributes().any(|entry| entry.name == **name && is_text(entry)))
    };
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(out, "\n[aggregate.{kind}]");
    if let Some(doc) = &aggregate.doc {
        let _ = writeln!(out, "doc = {}", quoted(doc));
    }
    let listed = Listed::of(domain, &aggregate.name);
    if let Some(label) = listed.label.or_else(|| has(LABELS).map(|name| format!(".{name}"))) {
        let _ = writeln!(out, "label = {}", quoted(&label));
    }
    if let Some(status) = listed.status.or_else(|| has(STATUSES).map(|name| format!(".{name}"))) {
        let _ = writeln!(out, "status = {}", quoted(&status));
    }
    let deleted = known.and_then(|known| known.deleted.as_ref()).map(|rule| rule.text.value.clone());
    if let Some(deleted) = deleted.or_else(|| put_away.then(|| ".deleted_at != null".to_owned())) {
        let _ = writeln!(out, "deleted = {}", quoted(&deleted));
    }
    let columns: Vec<_> =
        listed.columns.iter().map(|(name, rule)| format!("{} = {}", quoted(name), quoted(rule))).collect();
    if !columns.is_empty() {
        let _ = writeln!(out, "columns = {{ {} }}", columns.join(", "));
    }
    if !listed.quiet.is_empty() {
        let quiet: Vec<_> = listed.quiet.iter().map(|name| quoted(name)).collect();
        let _ = writeln!(out, "quiet = [{}]", quiet.join(", "));
    }
    for event in
        aggregate.events.iter().filter(|event| event.seen.is_some() && !event.name.starts_with("backstory."))
    {
        of_event(out, &kind, event);
    }
}

fn of_event(out: &mut String, kind: &str, event: &EventEntry) {
    let Some(seen) = &event.seen else { return };
    let _ = writeln!(out, "\n# Seen {} times, {} to {}.", seen.events, seen.first, seen.last);
    let _ = writeln!(out, "[aggregate.{kind}.event.{}]", quoted(&event.name));
    if let Some(doc) = &event.doc {
        let _ = writeln!(out, "doc = {}", quoted(doc));
    }
    // What was counted was read as the domain in use reads it, and so the sketch must, too.
    if !event.was.is_empty() {
        let was: Vec<_> = event.was.iter().map(|name| quoted(name)).collect();
        let _ = writeln!(out, "was = [{}]", was.join(", "));
    }
    if let Some(schema) = &event.schema {
        let _ = writeln!(out, "schema = {schema}");
    }
    if let Some(upcast) = &event.upcast {
        let _ = writeln!(out, "upcast = {}", quoted(upcast));
    }
    let members: Vec<(&str, &ValuesSeen)> = event
        .attributes
        .iter()
        .filter_map(|entry| Some((entry.name.as_str(), entry.seen.as_ref()?)))
        .collect();
    if !members.is_empty() {
        let attribute = |(name, values): &(&str, &ValuesSeen)| {
            let optional = values.events < seen.events || values.types.contains_key("null");
            let kind = format!("{}{}", values.type_name(), if optional { "?" } else { "" });
            format!("{} = {}", quoted(name), quoted(&kind))
        };
        let _ =
            writeln!(out, "data = {{ {} }}", members.iter().map(attribute).collect::<Vec<_>>().join(", "));
    }
    if is_end(event) {
        let _ = writeln!(out, "apply = '.deleted_at = $at'");
    } else if members.is_empty() {
        let _ = writeln!(out, "# Its data is empty: say in `apply` what is different afterwards.");
    } else if seen.more_members || !members.iter().all(|(_, values)| is_plain(values, seen.events)) {
        let _ = writeln!(out, "# Without a rule the data is merged into the state, and null removes.");
    } else {
        let set = |(name, _): &(&str, &ValuesSeen)| format!("{0} = $data{0}", path_of(&[name]));
        let rule = members.iter().map(set).collect::<Vec<_>>().join(" | ");
        let _ = writeln!(out, "apply = {}", quoted(&rule));
    }
}

/// Whether setting a member does what merging it does: it is always there, and neither null nor an object.
fn is_plain(values: &ValuesSeen, events: u64) -> bool {
    values.events == events && !values.types.contains_key("null") && !values.types.contains_key("object")
}

/// An event that says nothing but that the thing is gone.
fn is_end(event: &EventEntry) -> bool {
    let name = event.name.to_lowercase();
    event.attributes.is_empty() && ["destroyed", "deleted", "removed"].iter().any(|end| name.ends_with(end))
}

/// A text or a key as TOML writes it, on one line.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
