//! The todo list of a rewrite beside what it leads to, over the whole screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::{full, outcome, put, span, waiting};
use crate::history::todo::Step;
use crate::replay::rewrite::Ended;
use crate::tui::areas::rewrite_areas;
use crate::tui::model::Model;
use crate::tui::model::rewrite::{Item, Phase, Todo};
use crate::tui::text::{count, cut, pad, width, wrap};

/// Draws it above the last line.
pub fn draw(model: &Model, todo: &Todo, screen: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let all = count(todo.items.len() as i64);
    let title = format!(" Rewrite {}  {all} events, a new branch at the end ", todo.words);
    let inner = full(model, cut(&title, usize::from(screen.width.saturating_sub(4))), screen, buffer);
    let (list, preview) = rewrite_areas(model.look.size);
    if todo.rewrite.is_none() {
        return waiting(model, "reading …", inner, 1, buffer);
    }
    let visible = todo.items.iter().skip(todo.scroll.top).take(list.height.into());
    let kinds = visible.filter_map(|item| Some(width(todo.said(item)?.kind))).max().unwrap_or(0).min(22);
    for (i, item) in todo.items.iter().enumerate().skip(todo.scroll.top).take(list.height.into()) {
        let y = (i - todo.scroll.top) as u16;
        put(buffer, list, y, &row(model, todo, item, (kinds, usize::from(list.width))));
        if i == todo.scroll.selected {
            buffer.set_style(Rect { y: list.y + y, height: 1, ..list }, theme.selected);
        }
    }
    let ascii = model.look.glyphs.event.is_ascii();
    if preview.y > list.y {
        let line = if ascii { "-" } else { "─" }.repeat(inner.width.into());
        buffer.set_string(inner.x, preview.y - 1, line, theme.border);
    } else {
        for y in inner.top()..inner.bottom() {
            buffer.set_string(preview.x - 2, y, if ascii { "|" } else { "│" }, theme.border);
        }
    }
    leads_to(model, todo, preview, buffer);
}

fn row(model: &Model, todo: &Todo, item: &Item, (kinds, room): (usize, usize)) -> Line<'static> {
    let theme = &model.look.theme;
    let Some(said) = todo.said(item) else { return Line::default() };
    let word = match &item.step {
        _ if item.dropped => theme.removed,
        Step::Pick(_) => theme.dim,
        Step::Change(..) => theme.changed,
        Step::Insert(_) => theme.added,
    };
    let mut spans = vec![span(format!(" {:<6} ", item.word()), word)];
    let (sign, style) = sign(model, item);
    spans.push(span(format!("{sign} "), style));
    let name = match (said.version, todo.whole) {
        (Some(version), false) => format!("v{version}"),
        (Some(version), true) => format!("{}@{version}", said.aggregate),
        (None, false) => "new".to_owned(),
        (None, true) => format!("{} new", said.aggregate),
    };
    let text = if item.dropped { theme.dim } else { theme.text };
    spans.push(span(format!("{} ", pad(&name, if todo.whole { 20 } else { 4 })), theme.key));
    spans.push(span(format!("{} ", pad(said.kind, kinds)), text));
    spans.push(span(format!("{}  ", pad(&model.look.zone.full(said.occurred_at), 20)), theme.dim));
    let used: usize = spans.iter().map(|span| width(&span.content)).sum();
    spans.push(span(cut(said.data, room.saturating_sub(used)), theme.dim));
    Line::from(spans)
}

/// How an event ends, what is new about that first.
fn sign(model: &Model, item: &Item) -> (char, Style) {
    let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
    let Some((ended, was)) = &item.ended else { return (' ', theme.dim) };
    let is = |how: fn(&Ended) -> bool| (how(ended), was.as_ref().is_some_and(how));
    let signs = [
        (glyphs.error, is(|ended| ended.error.is_some())),
        (glyphs.late, is(|ended| ended.late)),
        (glyphs.unchanged, is(|ended| ended.nothing)),
    ];
    let new = signs.iter().find(|(_, how)| *how == (true, false)).map(|(sign, _)| (*sign, theme.warning));
    let old = signs.iter().find(|(_, how)| how.0).map(|(sign, _)| (*sign, theme.dim));
    new.or(old).unwrap_or((' ', theme.dim))
}

fn leads_to(model: &Model, todo: &Todo, area: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let room = usize::from(area.width);
    let mut lines = Vec::new();
    let heading = |text: &str, note: String| {
        Line::from(vec![span(format!("{text}  "), theme.hotkey), span(note, theme.dim)])
    };
    let rules = todo.rules.as_ref().map_or_else(String::new, |rules| format!("  and by {rules}"));
    match &todo.preview {
        _ if todo.phase == Phase::Sent => {
            lines.push(heading("WRITING", format!("the branch {} …", todo.name)));
        }
        None if todo.changed() => lines.push(heading("IT LEADS TO", "working it out …".into())),
        None => {
            lines.push(heading("IT LEADS TO", format!("what there is: nothing is changed yet{rules}")));
            let help = "Leave events out, move them, change or insert some: what that leads to is shown here, and \
                nothing is written before you name the new branch.";
            let others = "Only the events of this aggregate are in the list: the others end where the histories part. \
                After t every event is in it.";
            let help = if todo.whole { help.to_owned() } else { format!("{help} {others}") };
            lines.push(Line::default());
            lines.extend(wrap(&help, room, 8).into_iter().map(|line| Line::from(span(line, theme.dim))));
        }
        Some(Err(error)) => {
            lines.push(heading("IT CANNOT BE TOLD", String::new()));
            let said = [Some(error.message()), error.hint_text()].into_iter().flatten();
            let wrapped = said.flat_map(|text| wrap(text, room, 4));
            lines.extend(wrapped.map(|line| Line::from(span(line, theme.warning))));
        }
        Some(Ok(outcome)) => {
            let [nothing, late, rejected] = outcome.counts();
            let words = format!("{nothing} become nothing, {late} late, {rejected} rejected");
            let stale = if todo.stale { " …" } else { "" };
            lines.push(heading("IT LEADS TO", format!("{words}{rules}{stale}")));
            lines.extend(outcome::lines(model, outcome, room, usize::from(area.height)));
        }
    }
    for (y, line) in lines.iter().take(area.height.into()).enumerate() {
        put(buffer, area, y as u16, line);
    }
}
