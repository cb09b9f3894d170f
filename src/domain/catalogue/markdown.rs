//! The catalogue as Markdown, for people.

use std::fmt::Write as _;

use super::{AggregateEntry, AttributeEntry, Catalogue, CommandEntry, EventEntry, MetadataEntry, ValuesSeen};

/// The whole catalogue.
pub fn markdown(catalogue: &Catalogue) -> String {
    let mut out = String::new();
    let name = if catalogue.domain.is_empty() { "A store without a domain" } else { &catalogue.domain };
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(out, "# {name}\n");
    if let Some(seen) = &catalogue.seen {
        let _ = writeln!(out, "Seen: {} on {}.\n", counted(seen.events, "event"), seen.branch);
    }
    for aggregate in &catalogue.aggregates {
        of_aggregate(&mut out, aggregate);
    }
    let _ = writeln!(out, "## Metadata\n");
    for entry in &catalogue.metadata {
        of_metadata(&mut out, entry);
    }
    out
}

fn of_aggregate(out: &mut String, aggregate: &AggregateEntry) {
    let _ = writeln!(out, "## {}\n", plain(&aggregate.name));
    paragraph(out, aggregate.doc.as_deref());
    let mut facts = Vec::new();
    if !aggregate.declared {
        facts.push("The domain does not declare it.".to_owned());
    }
    if let Some(seen) = aggregate.seen {
        facts.push(format!("Seen: {}.", counted(seen, "aggregate")));
    }
    facts_line(out, &facts);
    for event in &aggregate.events {
        of_event(out, event);
    }
    if !aggregate.commands.is_empty() {
        let _ = writeln!(out, "### Commands of {}\n", plain(&aggregate.name));
        for command in &aggregate.commands {
            of_command(out, command);
        }
        out.push('\n');
    }
}

fn of_event(out: &mut String, event: &EventEntry) {
    let _ = writeln!(out, "### {}\n", plain(&event.name));
    paragraph(out, event.doc.as_deref());
    let mut facts = Vec::new();
    if !event.declared {
        facts.push("The domain does not declare it.".to_owned());
    }
    if !event.emitted_by.is_empty() {
        facts.push(format!("Emitted by {}.", list(&event.emitted_by)));
    }
    for (what, names) in
        [("Answered by", &event.reactors), ("Read by", &event.projections), ("Watched by", &event.monitors)]
    {
        if !names.is_empty() {
            facts.push(format!("{what} {}.", list(names)));
        }
    }
    if !event.was.is_empty() {
        facts.push(format!("Was {}.", list(&event.was)));
    }
    if let Some(seen) = &event.seen {
        let broken =
            if seen.broken == 0 { String::new() } else { format!(", {} break the schema", seen.broken) };
        facts.push(format!("Seen: {}, {} to {}{broken}.", seen.events, seen.first, seen.last));
    }
    for (name, count) in &event.seen_as {
        let are = if *count == 1 { "is" } else { "are" };
        facts.push(format!("{count} of them {are} stored as {}.", plain(name)));
    }
    facts_line(out, &facts);
    if !event.attributes.is_empty() {
        table(out, &event.attributes, event.seen.is_some());
    }
    if let Some(seen) = &event.seen {
        for broken in &seen.breaks {
            let _ = writeln!(out, "- #{}: {}", broken.position, plain(&broken.why));
        }
        if seen.more_members {
            let _ = writeln!(out, "- Its data has more members than are listed here.");
        }
        if seen.more_members || !seen.breaks.is_empty() {
            out.push('\n');
        }
    }
}

fn table(out: &mut String, attributes: &[AttributeEntry], seen: bool) {
    let (head, rule) = if seen { (" seen |", " --- |") } else { ("", "") };
    let _ = writeln!(out, "| attribute | type | default | meaning |{head}\n| --- | --- | --- | --- |{rule}");
    for entry in attributes {
        let kind = entry.kind.as_ref().map_or_else(
            || "no schema names it".to_owned(),
            |kind| format!("`{}{}`", cell(kind), if entry.optional { "?" } else { "" }),
        );
        let default = entry.default.as_ref().map(|value| format!("`{}`", cell(&value.to_string())));
        let _ = write!(
            out,
            "| {} | {kind} | {} | {} |",
            cell(&entry.name),
            default.unwrap_or_default(),
            cell(entry.doc.as_deref().unwrap_or_default())
        );
        if seen {
            let _ =
                write!(out, " {} |", cell(&entry.seen.as_ref().map(ValuesSeen::summary).unwrap_or_default()));
        }
        out.push('\n');
    }
    out.push('\n');
}

fn of_command(out: &mut String, command: &CommandEntry) {
    let params = command.params.iter().map(|param| {
        let kind = param.kind.as_deref().unwrap_or("any");
        format!("{}: {kind}{}", param.name, if param.optional { "?" } else { "" })
    });
    let params = params.collect::<Vec<_>>().join(", ");
    let _ = write!(out, "- **{}**({})", plain(&command.name), plain(&params));
    if command.creates {
        out.push_str(", creates");
    }
    if !command.emits.is_empty() {
        let _ = write!(out, ", emits {}", list(&command.emits));
    }
    out.push_str(match &command.doc {
        Some(_) => ". ",
        None => ".",
    });
    let _ = writeln!(out, "{}", plain(command.doc.as_deref().unwrap_or_default()));
}

fn of_metadata(out: &mut String, entry: &MetadataEntry) {
    let _ = write!(out, "- **{}**", plain(&entry.name));
    if let Some(doc) = &entry.doc {
        let _ = write!(out, ": {}", plain(doc));
    }
    if !entry.read_by.is_empty() {
        let _ = write!(out, " Read by {}.", list(&entry.read_by));
    }
    if let Some(seen) = &entry.seen {
        let _ = write!(out, " Seen: {}.", plain(&seen.summary()));
    }
    out.push('\n');
}

fn paragraph(out: &mut String, text: Option<&str>) {
    if let Some(text) = text {
        let _ = writeln!(out, "{}\n", plain(text));
    }
}

fn facts_line(out: &mut String, facts: &[String]) {
    if !facts.is_empty() {
        let _ = writeln!(out, "{}\n", facts.join(" "));
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| plain(name)).collect::<Vec<_>>().join(", ")
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Text on one line that no character of makes a mark, nor steers a terminal.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c if c.is_control() => out.push('\u{fffd}'),
            '*' | '`' | '<' | '[' | ']' | '\\' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// The same inside a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r', '\t'], " ").replace(|c: char| c.is_control(), "\u{fffd}")
}
