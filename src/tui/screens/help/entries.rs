//! What the help says: jobs, keys, signs, and pages of the manual, entry by entry.

use ratatui::text::Line;

use crate::manual::{Look, Page, Signs};
use crate::tui::action::Command;
use crate::tui::keys::Context;
use crate::tui::model::Model;
use crate::tui::paint::span;
use crate::tui::text::{pad, wrap};

/// What the program is for, and the keys that do it: a key stands as the name of what it does.
const JOBS: [(&str, &str); 3] = [
    (
        "Ask an audit log",
        "{text-filter} finds a record. {pane-state} and {enter} on a field lead to the event that set it: who, when, \
         why. {pin} pins the field, {previous-change} walks its changes, {jq-filter} asks in jq, \
         {next-by-actor} follows the actor.",
    ),
    (
        "Follow a record through time",
        "{step-back} and {step-forward} step through its events, {play} plays them, {go-to} goes to a day, a version or \
         a name. {mark} marks a moment: what changed since is shown. {fork} branches off there and {fire} fires an \
         event, to see what had become of it.",
    ),
    (
        "Look for a race",
        "{clock-order} lists races, the worst first, and tries every order of what overlaps; {select} puts records side by side, \
         {trace} shows what caused what. {jq-filter} with $flags.overwrote finds who overwrote whom; {rewrite} drops or moves events \
         on a branch and shows the outcome.",
    ),
];

/// Something that is said, on one line or several.
pub struct Entry {
    heading: bool,
    lines: Vec<Line<'static>>,
}

impl Entry {
    fn heading(model: &Model, text: &str) -> Self {
        Self { heading: true, lines: vec![Line::from(span(text.to_owned(), model.look.theme.title))] }
    }

    fn of(lines: Vec<Line<'static>>) -> Self {
        Self { heading: false, lines }
    }

    fn empty() -> Self {
        Self::of(vec![Line::default()])
    }

    fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line} ")).collect::<String>().to_lowercase()
    }
}

/// Those that have the words in them, in order, each below its heading; all of them where there are no words.
pub fn narrowed(entries: Vec<Entry>, words: &str) -> Vec<Line<'static>> {
    let words: Vec<String> = words.split_whitespace().map(str::to_lowercase).collect();
    let (mut lines, mut heading) = (Vec::new(), None);
    for entry in entries {
        let text = entry.text();
        let found = words.iter().all(|word| text.contains(word));
        if !words.is_empty() && entry.heading {
            heading = Some(entry.lines);
        } else if found {
            lines.extend(heading.take().into_iter().flatten());
            lines.extend(entry.lines);
        }
    }
    lines
}

/// The keys of a place; of the panes also what they are for, the signs and the manual.
pub fn of_place(model: &Model, of: Context, room: usize) -> Vec<Entry> {
    if of != Context::Browse {
        let entries = model.keys.entries(of).filter(|(_, entry)| !entry.shown().is_empty());
        return entries.map(|(_, entry)| told(model, &entry.shown(), &entry.help, room)).collect();
    }
    let theme = &model.look.theme;
    let text = |text: &str| {
        Entry::of(wrap(text, room, 4).into_iter().map(|line| Line::from(span(line, theme.text))).collect())
    };
    let mut out = Vec::new();
    for (job, how) in JOBS {
        out.extend([Entry::heading(model, job), text(&with_keys(model, how)), Entry::empty()]);
    }
    out.push(text(
        "Every pane shows the same moment: the cursor's. Left and right move it through time in every pane; \
         up and down move in the pane in focus. What lies after the cursor is dimmed and hollow.",
    ));
    let mut groups: Vec<&str> = Vec::new();
    for (_, entry) in model.keys.entries(Context::Browse) {
        if !groups.contains(&entry.group.as_str()) {
            groups.push(&entry.group);
        }
    }
    for group in groups {
        out.extend([Entry::empty(), Entry::heading(model, group)]);
        let entries = model.keys.entries(Context::Browse).filter(|(_, entry)| entry.group == group);
        out.extend(entries.map(|(_, entry)| told(model, &entry.shown(), &entry.help, room)));
    }
    out.extend([Entry::empty(), Entry::heading(model, "Signs")]);
    out.extend(signs(model).map(|(sign, text)| {
        let sign = span(format!("  {}", pad(&sign.to_string(), 12)), theme.event);
        Entry::of(vec![Line::from(vec![sign, span(text, theme.text)])])
    }));
    out.extend([Entry::empty(), Entry::heading(model, "Manual, here by `:` and the topic")]);
    let page = |page: &Page| told(model, page.topic, page.about, room);
    out.extend(crate::manual::pages().iter().map(page));
    out
}

/// A page of the manual: what stands together, a paragraph or a row of a table, is an entry.
pub fn of_page(model: &Model, page: &Page, room: usize) -> Vec<Entry> {
    let theme = &model.look.theme;
    let mut out = vec![Entry::empty()];
    let mut before = true;
    for line in page.lines(room, Signs::Looks) {
        let heading = line.0.first().is_some_and(|piece| piece.look == Look::Heading);
        let empty = line.0.is_empty();
        let pieces = line.0.into_iter().map(|piece| {
            let style = match piece.look {
                Look::Heading => theme.title,
                Look::Strong => theme.hotkey,
                Look::Code => theme.key,
                _ => theme.text,
            };
            span(piece.text, style)
        });
        let line = Line::from(pieces.collect::<Vec<_>>());
        match out.last_mut().filter(|last| !before && !empty && !heading && !last.heading) {
            Some(last) => last.lines.push(line),
            None => out.push(Entry { heading, lines: vec![line] }),
        }
        before = empty;
    }
    out
}

/// A text with keys in the places of the names of what they do.
fn with_keys(model: &Model, text: &str) -> String {
    let mut out = String::new();
    for part in text.split_inclusive('}') {
        let named = part.split_once('{').and_then(|(before, name)| {
            let command = Command::named(name.strip_suffix('}')?)?;
            let mut entries = model.keys.entries(Context::Browse);
            let key = entries.find(|(of, _)| *of == command)?.1.shown();
            Some(format!("{before}{}", key.split(' ').next()?))
        });
        out.push_str(&named.unwrap_or_else(|| part.to_owned()));
    }
    out
}

fn signs(model: &Model) -> impl Iterator<Item = (char, &'static str)> {
    let g = &model.look.glyphs;
    [
        (g.event, "an event up to the cursor"),
        (g.future, "an event after the cursor"),
        (g.cursor, "the cursor"),
        (g.head, "the head: the newest event"),
        (g.unchanged, "an event that changed nothing"),
        (g.late, "an event that occurred before its predecessor"),
        (g.repeated, "an event like an earlier one, in type and data"),
        (g.gap, "an event before which others are missing, by the numbers of its source"),
        (g.clash, "an event whose number another one has, too"),
        (g.before_cause, "an event that stands, or occurred, before its cause"),
        (g.stale, "an event whose requester had looked at what had moved on when it was written"),
        (g.overwrote, "an event that overwrote what somebody else had set just before"),
        (g.old_reaction, "a reactor's event that would have been decided otherwise right behind its cause"),
        (g.several, "an event, or several in one place, of which more than one of these is true"),
        (g.error, "an event whose rule failed"),
        (g.mark, "the mark"),
        (g.waypoint, "a waypoint, with its name"),
        (g.alarm, "what a monitor found"),
        (g.changed, "a field that this event changed"),
        ('*', "a record of the list that is on the timeline beside others"),
        (g.check, "a record that is done, where there is no room for its status; and: that was done"),
        (g.gone, "a record that is deleted"),
        (g.turned_true, "an event at which what F searched for turned true"),
        (g.turned_false, "an event at which it turned false"),
        (g.fork, "where a branch forks"),
        (g.fold, "a long gap, folded, with its length"),
        (g.bars[8], "a cell of many events; the higher, the closer together in time"),
    ]
    .into_iter()
}

/// A key or a word and what it is, on as many lines as that needs.
fn told(model: &Model, key: &str, help: &str, room: usize) -> Entry {
    let theme = &model.look.theme;
    let column = if key.chars().count() > 12 { 18 } else { 12 };
    let lines = wrap(help, room.saturating_sub(column + 2), 3).into_iter().enumerate().map(|(i, line)| {
        let head = if i == 0 { pad(key, column) } else { " ".repeat(column) };
        Line::from(vec![span(format!("  {head}"), theme.hotkey), span(line, theme.text)])
    });
    Entry::of(lines.collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::tui::keys::Keys;
    use crate::tui::theme::Palette;

    #[test]
    fn each_job_names_keys_that_there_are_and_takes_a_few_lines() {
        let model = Model::new(Arc::new(Keys::built_in().unwrap()), "mira".into(), Palette::default(), false);
        for (job, how) in JOBS {
            let text = with_keys(&model, how);
            assert!(!text.contains(['{', '}']), "{job}: {text}");
            assert!(wrap(&text, 84, 9).len() <= 3, "{job}: {text}");
        }
    }

    #[test]
    fn words_narrow_to_entries_below_their_headings() {
        let model = Model::new(Arc::new(Keys::built_in().unwrap()), "mira".into(), Palette::default(), false);
        let lines = narrowed(of_place(&model, Context::Browse, 84), "waypoint name");
        let text: Vec<String> = lines.iter().map(ToString::to_string).collect();
        assert!(text.iter().any(|line| line.contains("waypoint, with its name")), "{text:?}");
        assert!(text.contains(&"Signs".to_owned()) && !text.contains(&"Timeline".to_owned()), "{text:?}");
        let page = crate::manual::page("filters").unwrap();
        assert!(!narrowed(of_page(&model, page, 84), "$previous").is_empty());
        assert!(narrowed(of_page(&model, page, 84), "no such words in it").is_empty());
    }
}
