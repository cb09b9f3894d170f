//! The table of what carrying over or taking back would do, before it is done.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use serde_json::Value;

use super::{popup, popup_area, put, span};
use crate::event::{Event, actor_of, reason_of};
use crate::journal::{Carriage, Carried, Clash, Outcome};
use crate::session::Carry;
use crate::tui::model::Model;
use crate::tui::model::carry::{Carrying, Counts, Step};
use crate::tui::model::state::preview;
use crate::tui::paint::buttons;
use crate::tui::text::{count, cut, pad, safe, wrap};

/// The columns of the words for how a unit ends.
const WORDS: usize = 15;
/// How many units are listed; of more only those that are refused.
const LISTED: usize = 1_000;
/// The lines above and below the table.
const AROUND: u16 = 7;

/// Draws it.
pub fn draw(model: &Model, carrying: &Carrying, screen: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let (w, h) = size(model, carrying);
    let inner = popup(model, &carrying.title(&model.branches), w, h, screen, buffer);
    let lines = lines(model, carrying, usize::from(inner.width));
    let height = usize::from(inner.height.saturating_sub(AROUND - 2));
    put(buffer, inner, 0, &summary(model, carrying, usize::from(inner.width)));
    let table = Rect { y: inner.y + 2, height: height as u16, ..inner };
    for (y, line) in lines.iter().skip(carrying.top).take(height).enumerate() {
        put(buffer, table, y as u16, line);
    }
    let end = (carrying.top + height).min(lines.len());
    if lines.len() > height {
        let text = format!(" {} to {end} of {} lines ", carrying.top + 1, lines.len());
        let x = inner.x + inner.width.saturating_sub(text.len() as u16);
        buffer.set_string(x, inner.y + inner.height, text, theme.dim);
    }
    let last = inner.height.saturating_sub(2);
    put(buffer, inner, last, &button(model, carrying));
}

/// How large its box is.
pub fn size(model: &Model, carrying: &Carrying) -> (u16, u16) {
    const WIDTH: u16 = 116;
    let area = popup_area(WIDTH, 0, screen(model));
    let lines = lines(model, carrying, usize::from(area.width.saturating_sub(4))).len() as u16;
    (WIDTH, lines.clamp(3, 40) + AROUND)
}

fn screen(model: &Model) -> Rect {
    Rect::new(0, 0, model.look.size.0, model.look.size.1)
}

/// How many lines the table has, and how many of them are visible.
pub fn page(model: &Model, carrying: &Carrying) -> (usize, usize) {
    let (w, h) = size(model, carrying);
    let area = popup_area(w, h, screen(model));
    let lines = lines(model, carrying, usize::from(area.width.saturating_sub(4)));
    (lines.len(), usize::from(area.height.saturating_sub(AROUND)))
}

fn button(model: &Model, carrying: &Carrying) -> Line<'static> {
    let counts = carrying.tried.as_deref().map(Counts::of).unwrap_or_default();
    let does = match (carrying.step(), &carrying.carry) {
        (None, _) => {
            let theme = &model.look.theme;
            return Line::from(span("  Back  ", theme.selected.reversed()));
        }
        (Some(Step::All), Carry::Rebase { .. }) => "Rebase".to_owned(),
        (Some(Step::All), _) => format!("Append all {}", counts.applied),
        (Some(Step::Again), _) => "Show taking it back again".to_owned(),
        (Some(Step::Skip), _) => format!("Skip {}, append {}", counts.refused, counts.applied),
    };
    buttons(model, &does, carrying.yes)
}

/// What it comes to.
fn summary(model: &Model, carrying: &Carrying, room: usize) -> Line<'static> {
    let theme = &model.look.theme;
    let Some(carriage) = &carrying.tried else {
        return Line::from(span("trying it out …", theme.dim));
    };
    let counts = Counts::of(carriage);
    let mut words = Vec::new();
    for (n, word) in [
        (counts.applied, "applied"),
        (counts.nothing, "nothing to do"),
        (counts.there, "already there"),
        (counts.refused, "refused"),
    ] {
        if n > 0 {
            words.push(format!("{} {word}", count(n as i64)));
        }
    }
    let ends = if words.is_empty() { "it has no events of its own".to_owned() } else { words.join(", ") };
    let then = match carrying.step() {
        None | Some(Step::Again) => "nothing would be appended",
        Some(Step::All) => "all together or none; nothing is written yet",
        Some(Step::Skip) => "all or none would be none; nothing is written yet",
    };
    let line = format!("a dry run: {ends}; {then}");
    Line::from(span(cut(&line, room), theme.text))
}

fn lines(model: &Model, carrying: &Carrying, room: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Carry::Rebase { branch, onto } = &carrying.carry {
        let text = format!(
            "{branch} forks again at the head of {onto} and keeps its name; as it was it is archived as {branch}~N."
        );
        lines.extend(
            wrap(&text, room, 3).into_iter().map(|line| Line::from(span(line, model.look.theme.dim))),
        );
        lines.push(Line::default());
    }
    let Some(Carriage { units, .. }) = carrying.tried.as_deref() else { return lines };
    let mut left = 0;
    for (i, carried) in units.iter().enumerate() {
        if i < LISTED || carried.outcome.is_refused() {
            unit(model, carried, room, &mut lines);
        } else {
            left += 1;
        }
    }
    if left > 0 {
        let text = format!("and {} more, none of them refused", count(left));
        lines.push(Line::from(span(text, model.look.theme.dim)));
    }
    lines
}

fn unit(model: &Model, carried: &Carried, room: usize, lines: &mut Vec<Line<'static>>) {
    let theme = &model.look.theme;
    let style = match carried.outcome {
        Outcome::Applied => theme.added,
        Outcome::NothingToDo | Outcome::AlreadyThere => theme.dim,
        Outcome::Rejected(_) | Outcome::TakenBack(_) => theme.error,
        Outcome::Conflict(_) => theme.warning,
    };
    let rest = room.saturating_sub(WORDS);
    let command = carried.unit.command.as_ref();
    let command = command.map_or_else(String::new, |command| format!(" ({})", command.name));
    for (i, event) in carried.unit.events.iter().enumerate() {
        let word = if i == 0 { carried.outcome.name() } else { "" };
        let reason = reason_of(&event.meta).map_or_else(String::new, |reason| format!(" \"{reason}\""));
        let text = format!("{}{command} by {}{reason}", written(event), by(event));
        lines.push(Line::from(vec![span(pad(word, WORDS), style), span(cut(&text, rest), theme.text)]));
    }
    if let Some(reason) = carried.outcome.reason() {
        lines.extend(wrap(&reason, rest, 6).into_iter().map(|line| beside(&line, style)));
    }
    if let Outcome::Conflict(clashes) = &carried.outcome {
        for clash in clashes {
            conflict(model, carried, clash, rest, lines);
        }
    }
    for event in &carried.events {
        let arrow = model.look.glyphs.arrow;
        let text = format!("{arrow} {} v{} {} {}", event.aggregate, event.version, event.kind, event.data);
        lines.push(beside(&cut(&text, rest), theme.dim));
    }
}

/// The field, both values and both events.
fn conflict(model: &Model, carried: &Carried, clash: &Clash, room: usize, lines: &mut Vec<Line<'static>>) {
    let theme = &model.look.theme;
    let path = clash.path.trim_start_matches('/').replace('/', ".").replace("~1", "/").replace("~0", "~");
    lines.push(beside(&cut(if path.is_empty() { "the whole state" } else { &path }, room), theme.key));
    let value = |value: &Option<Value>| {
        value
            .as_ref()
            .map_or_else(|| "nothing".to_owned(), |value| cut(&preview(value, model.look.zone), room / 2))
    };
    let wants = carried.unit.events.first();
    for (word, shown, event) in
        [("wants", value(&clash.theirs), wants), ("there is", value(&clash.ours), clash.writer.as_ref())]
    {
        let whose = event.map_or_else(String::new, |event| {
            let at = model.look.zone.full(event.occurred_at);
            format!("   {} by {}, {at}", written(event), by(event))
        });
        lines.push(beside(&cut(&format!("  {word:<9} {shown}{whose}"), room), theme.text));
    }
    if clash.made.is_some() {
        let made = format!("  it would become {} there", value(&clash.made));
        lines.push(beside(&cut(&made, room), theme.text));
    }
}

fn beside(text: &str, style: Style) -> Line<'static> {
    Line::from(vec![span(" ".repeat(WORDS), style), span(safe(text), style)])
}

fn written(event: &Event) -> String {
    format!("#{} {} v{} {}", count(event.position), event.aggregate, event.version, event.kind)
}

fn by(event: &Event) -> String {
    actor_of(&event.meta).unwrap_or_else(|| "nobody".to_owned())
}
