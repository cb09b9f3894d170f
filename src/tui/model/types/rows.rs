//! An entry of the catalogue as rows: words, what they mean for the eye, and where a row leads.

use super::{Go, Subject, Types};
use crate::domain::catalogue::{
    AggregateEntry, AttributeEntry, Catalogue, CommandEntry, EventEntry, EventSeen, MetadataEntry, ValuesSeen,
};
use crate::tui::text::{count, pad, wrap};
use crate::tui::zone::Zone;

/// What a piece of a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// A heading.
    Head,
    /// A name.
    Key,
    /// What is read first.
    Text,
    /// What may be overlooked.
    Dim,
    /// What is not as it should be.
    Warning,
}

/// A row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Its pieces.
    pub pieces: Vec<(Ink, String)>,
    /// Where Enter leads.
    pub go: Option<Go>,
}

/// The columns of names.
const NAMES: usize = 20;

impl Types {
    /// The rows of an entry.
    pub fn rows(&self, subject: &Subject, zone: Zone, room: usize) -> Vec<Row> {
        let Some(catalogue) = &self.catalogue else { return Vec::new() };
        let mut page = Page { rows: Vec::new(), zone, room };
        let (Subject::Aggregate(kind) | Subject::Event(kind, _) | Subject::Command(kind, _)) = subject;
        match catalogue.aggregates.iter().find(|aggregate| aggregate.name == *kind) {
            Some(aggregate) => page.entry(catalogue, aggregate, subject),
            None => page.missing(self.reading),
        }
        page.rows
    }
}

struct Page {
    rows: Vec<Row>,
    zone: Zone,
    room: usize,
}

impl Page {
    fn entry(&mut self, catalogue: &Catalogue, aggregate: &AggregateEntry, subject: &Subject) {
        match subject {
            Subject::Aggregate(_) => self.aggregate(aggregate),
            Subject::Event(kind, name) => match aggregate.events.iter().find(|event| event.name == *name) {
                Some(event) => self.event(kind, aggregate, event, &catalogue.metadata),
                None => self.missing(true),
            },
            Subject::Command(kind, name) => {
                if let Some(command) = aggregate.commands.iter().find(|command| command.name == *name) {
                    self.command(kind, command);
                }
            }
        }
    }

    fn missing(&mut self, reading: bool) {
        let text = if reading {
            "the domain does not declare it, and it was not seen yet"
        } else {
            "it was not seen"
        };
        self.lines(Ink::Dim, text);
    }

    fn aggregate(&mut self, aggregate: &AggregateEntry) {
        self.said(aggregate.doc.as_deref(), aggregate.declared);
        if let Some(seen) = aggregate.seen {
            self.head("SEEN");
            self.pairs(&[(&plural(seen, "aggregate"), Ink::Text)]);
        }
        self.head("EVENTS");
        for event in &aggregate.events {
            let seen = event
                .seen
                .as_ref()
                .map_or_else(|| "never seen".to_owned(), |seen| plural(seen.events, "event"));
            self.link(&event.name, &seen, Subject::Event(aggregate.name.clone(), event.name.clone()));
        }
        if !aggregate.commands.is_empty() {
            self.head("COMMANDS");
        }
        for command in &aggregate.commands {
            let go = Subject::Command(aggregate.name.clone(), command.name.clone());
            self.link(&command.name, command.doc.as_deref().unwrap_or_default(), go);
        }
    }

    fn event(
        &mut self,
        kind: &str,
        aggregate: &AggregateEntry,
        event: &EventEntry,
        metadata: &[MetadataEntry],
    ) {
        self.said(event.doc.as_deref(), event.declared);
        if !event.was.is_empty() {
            self.lines(Ink::Dim, &format!("It was {}.", event.was.join(", ")));
        }
        self.head("SEEN");
        if let Some(seen) = &event.seen {
            self.seen(event, seen);
        } else {
            self.lines(Ink::Dim, "never");
        }
        self.head("ATTRIBUTES");
        self.attributes(&event.attributes);
        if event.seen.as_ref().is_some_and(|seen| seen.more_members) {
            self.lines(Ink::Dim, "and more than are listed here");
        }
        self.head("EMITTED BY");
        if event.emitted_by.is_empty() {
            self.lines(Ink::Dim, "no command");
        }
        for name in &event.emitted_by {
            let owner = kind.to_owned();
            if let Some(reverted) = name.strip_prefix("revert of ") {
                self.link(name, "", Subject::Event(owner, reverted.to_owned()));
                continue;
            }
            let command = aggregate.commands.iter().find(|command| command.name == *name);
            let doc = command.and_then(|command| command.doc.as_deref()).unwrap_or_default();
            self.link(name, doc, Subject::Command(owner, name.clone()));
        }
        let heads = [
            ("ANSWERED BY REACTORS", &event.reactors),
            ("READ BY PROJECTIONS", &event.projections),
            ("WATCHED BY MONITORS", &event.monitors),
        ];
        for (head, names) in heads.into_iter().filter(|(_, names)| !names.is_empty()) {
            self.head(head);
            for name in names {
                self.pairs(&[(name, Ink::Text)]);
            }
        }
        self.head("RULE");
        match &event.apply {
            Some(rule) => self.lines(Ink::Text, rule.trim()),
            None => self.lines(Ink::Dim, "none: the data is merged into the state"),
        }
        if let Some(rule) = &event.upcast {
            self.head("READ THROUGH");
            self.lines(Ink::Text, rule.trim());
        }
        self.head("METADATA");
        let reader = format!("{kind} {}", event.name);
        for entry in metadata {
            let read = if entry.read_by.contains(&reader) { "read by its rule. " } else { "" };
            let doc = format!("{read}{}", entry.doc.as_deref().unwrap_or_default());
            let seen =
                entry.seen.as_ref().map(|seen| format!("in {} of any type", plural(seen.events, "event")));
            self.pair(&entry.name, &[&doc, &seen.unwrap_or_default()]);
        }
    }

    fn seen(&mut self, event: &EventEntry, seen: &EventSeen) {
        let span = format!(", {} to {}", self.zone.full(seen.first), self.zone.full(seen.last));
        self.pairs(&[(&plural(seen.events, "event"), Ink::Text), (&span, Ink::Dim)]);
        for (name, position) in [("first", seen.first_position), ("last", seen.last_position)] {
            self.go(name, &format!("#{}", count(position)), Ink::Text, Go::Event(position));
        }
        for (name, count) in &event.seen_as {
            self.pairs(&[(&format!("{} stored as {name}", plural(*count, "event")), Ink::Text)]);
        }
        if seen.broken > 0 {
            let verb = if seen.broken == 1 { "breaks" } else { "break" };
            let text = format!("{} {verb} the schema", plural(seen.broken, "event"));
            self.pairs(&[(&text, Ink::Warning)]);
        }
        for broken in &seen.breaks {
            self.go(
                &format!("#{}", count(broken.position)),
                &broken.why,
                Ink::Warning,
                Go::Event(broken.position),
            );
        }
    }

    fn attributes(&mut self, attributes: &[AttributeEntry]) {
        if attributes.is_empty() {
            self.lines(Ink::Dim, "none");
        }
        for entry in attributes {
            let mut kind = match &entry.kind {
                Some(kind) => format!("{kind}{}", if entry.optional { "?" } else { "" }),
                None => "no schema names it".to_owned(),
            };
            if let Some(default) = &entry.default {
                kind += &format!(" = {default}");
            }
            let ink = if entry.kind.is_some() { Ink::Text } else { Ink::Warning };
            self.pairs(&[(&pad(&entry.name, NAMES), Ink::Key), (&format!("  {kind}"), ink)]);
            let seen = entry.seen.as_ref().map(|seen| format!("seen: {}", ValuesSeen::summary(seen)));
            for text in [entry.doc.as_deref().unwrap_or_default(), &seen.unwrap_or_default()] {
                self.indented(text);
            }
        }
    }

    fn command(&mut self, kind: &str, command: &CommandEntry) {
        self.said(command.doc.as_deref(), true);
        if command.creates {
            self.lines(Ink::Text, "It creates: the aggregate must not exist yet.");
        }
        self.head("PARAMETERS");
        self.attributes(&command.params);
        self.head("EMITS");
        if command.emits.is_empty() {
            self.lines(Ink::Dim, "no declared event");
        }
        for name in &command.emits {
            self.link(name, "", Subject::Event(kind.to_owned(), name.clone()));
        }
    }

    fn said(&mut self, doc: Option<&str>, declared: bool) {
        if let Some(doc) = doc {
            self.lines(Ink::Text, doc);
        }
        if !declared {
            self.lines(Ink::Warning, "The domain does not declare it.");
        }
    }

    fn head(&mut self, text: &str) {
        if !self.rows.is_empty() {
            self.rows.push(Row::default());
        }
        self.rows.push(Row { pieces: vec![(Ink::Head, format!(" {text}"))], go: None });
    }

    fn lines(&mut self, ink: Ink, text: &str) {
        for line in wrap(text, self.room.saturating_sub(4), 40) {
            self.rows.push(Row { pieces: vec![(ink, format!("   {line}"))], go: None });
        }
    }

    fn indented(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        for line in wrap(text, self.room.saturating_sub(NAMES + 6), 6) {
            let pieces = vec![(Ink::Dim, format!("{}{line}", " ".repeat(NAMES + 5)))];
            self.rows.push(Row { pieces, go: None });
        }
    }

    /// A name, and what is said of it below each other on its right.
    fn pair(&mut self, name: &str, texts: &[&str]) {
        let at = self.rows.len();
        for text in texts {
            self.indented(text);
        }
        let name = format!("   {}  ", pad(name, NAMES));
        match self.rows.get_mut(at).and_then(|row| row.pieces.first_mut()) {
            Some((_, text)) => {
                let rest = text.trim_start().to_owned();
                self.rows[at].pieces = vec![(Ink::Key, name), (Ink::Dim, rest)];
            }
            None => self.rows.push(Row { pieces: vec![(Ink::Key, name)], go: None }),
        }
    }

    fn pairs(&mut self, pieces: &[(&str, Ink)]) {
        let mut row = vec![(Ink::Text, "   ".to_owned())];
        row.extend(pieces.iter().map(|(text, ink)| (*ink, (*text).to_owned())));
        self.rows.push(Row { pieces: row, go: None });
    }

    fn link(&mut self, name: &str, note: &str, to: Subject) {
        self.go(name, note, Ink::Dim, Go::To(to));
    }

    fn go(&mut self, name: &str, note: &str, ink: Ink, go: Go) {
        self.pairs(&[(&pad(name, NAMES.max(name.len().min(32))), Ink::Key), (&format!("  {note}"), ink)]);
        if let Some(row) = self.rows.last_mut() {
            row.go = Some(go);
        }
    }
}

fn plural(n: u64, word: &str) -> String {
    let n = i64::try_from(n).unwrap_or(i64::MAX);
    let s = if n == 1 { "" } else { "s" };
    format!("{} {word}{s}", count(n))
}
