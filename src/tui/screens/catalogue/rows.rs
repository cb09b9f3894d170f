//! An entry of the catalogue as rows.

use ratatui::style::Style;
use ratatui::text::Line;

use super::{Go, Row, Subject};
use crate::domain::catalogue::{
    AggregateEntry, AttributeEntry, CommandEntry, EventEntry, EventSeen, MetadataEntry, ValuesSeen,
};
use crate::tui::model::Model;
use crate::tui::paint::span;
use crate::tui::text::{count, many, pad, wrap};
use crate::tui::theme::Theme;

/// The columns of names.
const NAMES: usize = 20;

pub struct Page<'a> {
    model: &'a Model,
    theme: &'a Theme,
    room: usize,
    rows: Vec<Row>,
}

impl<'a> Page<'a> {
    /// The rows of an entry in so many columns.
    pub fn rows(model: &'a Model, subject: &Subject, room: usize) -> Vec<Row> {
        let Some(seen) = model.types.shown() else { return Vec::new() };
        let mut page = Page { model, theme: &model.look.theme, room, rows: Vec::new() };
        let (Subject::Aggregate(kind) | Subject::Event(kind, _) | Subject::Command(kind, _)) = subject;
        let found = seen.catalogue.aggregates.iter().find(|aggregate| aggregate.name == *kind);
        match (found, subject) {
            (Some(aggregate), Subject::Aggregate(_)) => page.aggregate(aggregate),
            (Some(aggregate), Subject::Event(_, name)) => {
                match aggregate.events.iter().find(|event| event.name == *name) {
                    Some(event) => page.event(aggregate, event, &seen.catalogue.metadata),
                    None => page.missing(true),
                }
            }
            (Some(aggregate), Subject::Command(_, name)) => {
                if let Some(command) = aggregate.commands.iter().find(|command| command.name == *name) {
                    page.command(kind, command);
                }
            }
            (None, _) => page.missing(model.types.waits()),
        }
        page.rows
    }

    fn missing(&mut self, reading: bool) {
        let text = if reading {
            "the domain does not declare it, and it was not seen yet"
        } else {
            "it was not seen"
        };
        self.lines(text, self.theme.dim);
    }

    fn aggregate(&mut self, aggregate: &AggregateEntry) {
        self.said(aggregate.doc.as_deref(), aggregate.declared);
        if let Some(seen) = aggregate.seen {
            self.head("SEEN");
            self.row(&[(&plural(seen, "aggregate"), self.theme.text)]);
        }
        self.head("EVENTS");
        for event in &aggregate.events {
            let seen = event.seen.as_ref().map(|seen| plural(seen.events, "event"));
            let subject = Subject::Event(aggregate.name.clone(), event.name.clone());
            self.link(&event.name, seen.as_deref().unwrap_or("never seen"), subject);
        }
        if !aggregate.commands.is_empty() {
            self.head("COMMANDS");
        }
        for command in &aggregate.commands {
            let subject = Subject::Command(aggregate.name.clone(), command.name.clone());
            self.link(&command.name, command.doc.as_deref().unwrap_or_default(), subject);
        }
    }

    fn event(&mut self, aggregate: &AggregateEntry, event: &EventEntry, metadata: &[MetadataEntry]) {
        let theme = self.theme;
        self.said(event.doc.as_deref(), event.declared);
        if !event.was.is_empty() {
            self.lines(&format!("It was {}.", event.was.join(", ")), theme.dim);
        }
        self.head("SEEN");
        match &event.seen {
            Some(seen) => self.seen(event, seen),
            None => self.lines("never", theme.dim),
        }
        self.head("ATTRIBUTES");
        self.attributes(&event.attributes);
        if event.seen.as_ref().is_some_and(|seen| seen.more_members) {
            self.lines("and more than are listed here", theme.dim);
        }
        self.emitters(aggregate, event);
        let heads = [
            ("ANSWERED BY REACTORS", &event.reactors),
            ("READ BY PROJECTIONS", &event.projections),
            ("WATCHED BY MONITORS", &event.monitors),
        ];
        for (head, names) in heads.into_iter().filter(|(_, names)| !names.is_empty()) {
            self.head(head);
            for name in names {
                self.row(&[(name, theme.text)]);
            }
        }
        self.head("RULE");
        match &event.apply {
            Some(rule) => self.lines(rule.trim(), theme.text),
            None => self.lines("none: the data is merged into the state", theme.dim),
        }
        if let Some(rule) = &event.upcast {
            self.head("READ THROUGH");
            self.lines(rule.trim(), theme.text);
        }
        self.head("METADATA");
        let reader = format!("{} {}", aggregate.name, event.name);
        for entry in metadata {
            let read = if entry.read_by.contains(&reader) { "read by its rule. " } else { "" };
            let doc = format!("{read}{}", entry.doc.as_deref().unwrap_or_default());
            let seen = |seen: &ValuesSeen| format!("in {} of any type", plural(seen.events, "event"));
            self.described(&entry.name, &[&doc, &entry.seen.as_ref().map(seen).unwrap_or_default()]);
        }
    }

    fn emitters(&mut self, aggregate: &AggregateEntry, event: &EventEntry) {
        self.head("EMITTED BY");
        if event.emitted_by.is_empty() {
            self.lines("no command", self.theme.dim);
        }
        for name in &event.emitted_by {
            let kind = aggregate.name.clone();
            if let Some(reverted) = name.strip_prefix("revert of ") {
                self.link(name, "", Subject::Event(kind, reverted.to_owned()));
                continue;
            }
            let command = aggregate.commands.iter().find(|command| command.name == *name);
            let doc = command.and_then(|command| command.doc.as_deref()).unwrap_or_default();
            self.link(name, doc, Subject::Command(kind, name.clone()));
        }
    }

    fn seen(&mut self, event: &EventEntry, seen: &EventSeen) {
        let (theme, zone) = (self.theme, self.model.look.zone);
        let span = format!(", {} to {}", zone.full(seen.first), zone.full(seen.last));
        self.row(&[(&plural(seen.events, "event"), theme.text), (&span, theme.dim)]);
        for (name, position) in [("first", seen.first_position), ("last", seen.last_position)] {
            self.go(name, (&format!("#{}", count(position)), theme.text), Go::Event(position));
        }
        for (name, count) in &event.seen_as {
            self.row(&[(&format!("{} stored as {name}", plural(*count, "event")), theme.text)]);
        }
        if seen.broken > 0 {
            let verb = if seen.broken == 1 { "breaks" } else { "break" };
            let text = format!("{} {verb} the schema", plural(seen.broken, "event"));
            self.row(&[(&text, theme.warning)]);
        }
        for broken in &seen.breaks {
            let name = format!("#{}", count(broken.position));
            self.go(&name, (&broken.why, theme.warning), Go::Event(broken.position));
        }
    }

    fn attributes(&mut self, attributes: &[AttributeEntry]) {
        let theme = self.theme;
        if attributes.is_empty() {
            self.lines("none", theme.dim);
        }
        for entry in attributes {
            let (mut kind, style) = match &entry.kind {
                Some(kind) => (format!("{kind}{}", if entry.optional { "?" } else { "" }), theme.text),
                None => ("no schema names it".to_owned(), theme.warning),
            };
            if let Some(default) = &entry.default {
                kind += &format!(" = {default}");
            }
            self.row(&[(&pad(&entry.name, NAMES), theme.key), (&format!("  {kind}"), style)]);
            let seen = entry.seen.as_ref().map(|seen| format!("seen: {}", ValuesSeen::summary(seen)));
            self.described("", &[entry.doc.as_deref().unwrap_or_default(), &seen.unwrap_or_default()]);
        }
    }

    fn command(&mut self, kind: &str, command: &CommandEntry) {
        self.said(command.doc.as_deref(), true);
        if command.creates {
            self.lines("It creates: the aggregate must not exist yet.", self.theme.text);
        }
        self.head("PARAMETERS");
        self.attributes(&command.params);
        self.head("EMITS");
        if command.emits.is_empty() {
            self.lines("no declared event", self.theme.dim);
        }
        for name in &command.emits {
            self.link(name, "", Subject::Event(kind.to_owned(), name.clone()));
        }
    }

    fn said(&mut self, doc: Option<&str>, declared: bool) {
        self.lines(doc.unwrap_or_default(), self.theme.text);
        if !declared {
            self.lines("The domain does not declare it.", self.theme.warning);
        }
    }

    fn head(&mut self, text: &str) {
        if !self.rows.is_empty() {
            self.rows.push(Row { line: Line::default(), go: None });
        }
        let line = Line::from(span(format!(" {text}"), self.theme.hotkey));
        self.rows.push(Row { line, go: None });
    }

    fn lines(&mut self, text: &str, style: Style) {
        for line in wrap(text, self.room.saturating_sub(4), 40) {
            self.row(&[(&line, style)]);
        }
    }

    /// A name, and what is said of it below each other on its right.
    fn described(&mut self, name: &str, texts: &[&str]) {
        let texts = texts.iter().filter(|text| !text.is_empty());
        let mut lines: Vec<_> =
            texts.flat_map(|text| wrap(text, self.room.saturating_sub(NAMES + 6), 6)).collect();
        if lines.is_empty() && !name.is_empty() {
            lines.push(String::new());
        }
        for (i, line) in lines.iter().enumerate() {
            let name = format!("{}  ", pad(if i == 0 { name } else { "" }, NAMES));
            self.row(&[(&name, self.theme.key), (line, self.theme.dim)]);
        }
    }

    fn row(&mut self, pieces: &[(&str, Style)]) {
        self.push("   ", pieces, None);
    }

    fn link(&mut self, name: &str, note: &str, to: Subject) {
        self.go(name, (note, self.theme.dim), Go::To(to));
    }

    /// A row that leads on; it says so in the margin.
    fn go(&mut self, name: &str, (note, style): (&str, Style), go: Go) {
        let name = format!("{}  ", pad(name, NAMES.max(name.len().min(32))));
        let lead = format!(" {} ", self.model.look.glyphs.closed);
        self.push(&lead, &[(&name, self.theme.key), (note, style)], Some(go));
    }

    fn push(&mut self, lead: &str, pieces: &[(&str, Style)], go: Option<Go>) {
        let pieces = pieces.iter().map(|(text, style)| span(*text, *style));
        let line = [span(lead, self.theme.text)].into_iter().chain(pieces).collect();
        self.rows.push(Row { line, go });
    }
}

fn plural(n: u64, word: &str) -> String {
    many(i64::try_from(n).unwrap_or(i64::MAX), word)
}
