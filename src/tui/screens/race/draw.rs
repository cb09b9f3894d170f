//! The picture of the race lab: the line of an order, the lanes of the one that is walked, and the step that is looked at.

use ratatui::text::{Line, Span};

use super::{CHANGES, LANES, RaceLab};
use crate::session::{RacePage, RaceStep};
use crate::tui::model::Model;
use crate::tui::paint::{change, span};
use crate::tui::text::{cut, pad, width};

/// A text of the session, with signs that the terminal has.
pub fn drawable(model: &Model, text: String) -> String {
    if !model.look.glyphs.event.is_ascii() {
        return text;
    }
    [("⇄", "<>"), ("≠", "!="), ("–", "-"), ("…", "~")]
        .iter()
        .fold(text, |text, (sign, plain)| text.replace(sign, plain))
}

/// The columns of the two answers, by the room.
pub fn columns(room: usize) -> usize {
    (room.saturating_sub(14 + 4 + 12 + 14) / 2).clamp(12, 40)
}

pub fn line([name, end, events, requests, orders, swap]: [String; 6], column: usize) -> String {
    let cell = |text: &str| pad(&cut(text, column - 1), column);
    format!(
        " {} {} {}{} {:>10}  {swap}",
        pad(&cut(&name, 13), 13),
        pad(&end, 3),
        cell(&events),
        cell(&requests),
        cut(&orders, 10)
    )
}

impl RaceLab {
    /// The lanes of the order that is walked, and the step that is looked at.
    pub(super) fn below(&self, model: &Model, page: &RacePage, room: usize) -> Vec<Line<'static>> {
        let theme = &model.look.theme;
        let Some((steps, at)) = self.walked() else { return Vec::new() };
        let mut lines = vec![Line::default()];
        lines.extend(lanes(model, page, steps, at, room));
        let (step, place) = (&steps[at], at + 1);
        let range = page.steps.get(step.step).cloned().unwrap_or_default();
        let kinds: Vec<_> = page.events[range].iter().map(|event| event.kind.clone()).collect();
        let here =
            format!(" HERE {place}/{} {} {}  ", steps.len(), page.step_name(step.step), kinds.join(", "));
        let how = match step.fate.how.more() {
            Some(more) => format!("decided again: {}: {more}", step.fate.how.name()),
            None => step.fate.how.name().to_owned(),
        };
        let how_style = if step.fate.how.is_as_recorded() { theme.dim } else { theme.warning };
        let used = width(&here);
        lines.push(Line::from(vec![
            span(here, theme.hotkey),
            span(cut(&how, room.saturating_sub(used)), how_style),
        ]));
        let same = step.changes[0] == step.changes[1];
        for (what, changes) in [("events", &step.changes[0]), ("requests", &step.changes[1])] {
            if same && what == "requests" {
                continue;
            }
            let what = if same { "" } else { what };
            for one in changes.iter().take(if same { CHANGES } else { 1 }) {
                let path = pad(&one.dotted(), 20.min(room / 3));
                let mut spans = vec![span(format!(" {}", pad(what, 9)), theme.dim)];
                spans.extend(change(model, one, &path, room.saturating_sub(10)));
                lines.push(Line::from(spans));
            }
        }
        lines
    }
}

/// A line for each actor, with the steps of the order where they stand in it; the one that is looked at is in the middle, if all do
/// not fit.
fn lanes(model: &Model, page: &RacePage, steps: &[RaceStep], at: usize, room: usize) -> Vec<Line<'static>> {
    let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
    let names: Vec<String> =
        page.lanes.1.iter().map(|name| name.clone().unwrap_or_else(|| glyphs.dash.to_string())).collect();
    let column = names.iter().map(|name| width(name)).max().unwrap_or(0).min(12);
    let label = (0..page.steps.len()).map(|step| width(&page.step_name(step))).max().unwrap_or(2).min(16) + 3;
    let fit = (room.saturating_sub(column + 4) / label).max(1);
    let first = at.saturating_sub(fit / 2).min(steps.len().saturating_sub(fit));
    let rule = if glyphs.event.is_ascii() { "-" } else { "─" };
    let lane = |(lane, name): (usize, &String)| {
        let mut spans = vec![span(format!(" {}  ", pad(&cut(name, column), column)), theme.key)];
        for (place, step) in steps.iter().enumerate().skip(first).take(fit) {
            if page.lanes.0.get(step.step) != Some(&lane) {
                spans.push(span(rule.repeat(label), theme.dim));
                continue;
            }
            let text = format!("{}{}", glyphs.event, cut(&page.step_name(step.step), label - 2));
            let style = match (place == at, step.fate.how.is_as_recorded()) {
                (true, _) => theme.selected,
                (false, true) => theme.text,
                (false, false) => theme.warning,
            };
            let rest = rule.repeat(label.saturating_sub(width(&text)));
            spans.extend([span(text, style), Span::styled(rest, theme.dim)]);
        }
        Line::from(spans)
    };
    let mut lines: Vec<_> = names.iter().enumerate().take(LANES).map(lane).collect();
    let more = names.len().saturating_sub(LANES);
    if more > 0
        && let Some(last) = lines.last_mut()
    {
        *last = Line::from(span(format!(" {} more actors", more + 1), theme.dim));
    }
    lines
}
