//! The list of a rewrite beside what it leads to, over the whole screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use super::todo::{Item, Todo};
use super::{Phase, Rewriting, halves};
use crate::history::todo::Step;
use crate::replay::Flag;
use crate::replay::another::Ended;
use crate::tui::model::Model;
use crate::tui::paint::{full, put_all, span, waiting, wrapped};
use crate::tui::text::{count, cut, pad, width};

impl Rewriting {
    pub(super) fn draw_list(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        let border = model.look.theme.border;
        let all = count(self.items() as i64);
        let title = format!(" Rewrite {}  {all} events, a new branch at the end ", self.words);
        let inner = full(model, cut(&title, usize::from(screen.width.saturating_sub(4))), screen, buffer);
        let Some(todo) = self.todo.shown() else { return waiting(model, "reading …", inner, 1, buffer) };
        let (list, preview) = halves(screen);
        let ascii = model.look.glyphs.event.is_ascii();
        if preview.y > list.y {
            let line = if ascii { "-" } else { "─" }.repeat(inner.width.into());
            buffer.set_string(inner.x, preview.y - 1, line, border);
        } else {
            for y in inner.top()..inner.bottom() {
                buffer.set_string(list.right(), y, if ascii { "|" } else { "│" }, border);
            }
        }
        let visible = todo.items.iter().skip(self.rows.top).take(list.height.into());
        let kinds = visible.filter_map(|item| Some(width(todo.said(item)?.kind))).max().unwrap_or(0).min(22);
        self.rows.draw(model, todo.items.len(), list, buffer, |i| {
            self.row(model, todo, &todo.items[i], (kinds, usize::from(list.width)))
        });
        put_all(buffer, preview, 0, self.leads_to(model, todo, preview));
    }

    fn row(&self, model: &Model, todo: &Todo, item: &Item, (kinds, room): (usize, usize)) -> Line<'static> {
        let theme = &model.look.theme;
        let Some(said) = todo.said(item) else { return Line::default() };
        let whole = self.only.is_none();
        let word = match &item.step {
            _ if item.dropped => theme.removed,
            Step::Pick(_) => theme.dim,
            Step::Change(..) => theme.changed,
            Step::Insert(_) => theme.added,
        };
        let flags = todo.flags(item);
        let (sign, style) = match sign(model, item) {
            (' ', _) if flags.has(Flag::Late) => (model.look.glyphs.late, theme.warning),
            known => known,
        };
        let repeated = if flags.has(Flag::Repeated) { model.look.glyphs.repeated } else { ' ' };
        let name = match (said.version, whole) {
            (Some(version), false) => format!("v{version}"),
            (Some(version), true) => format!("{}@{version}", said.aggregate),
            (None, false) => "new".to_owned(),
            (None, true) => format!("{} new", said.aggregate),
        };
        let text = if item.dropped { theme.dim } else { theme.text };
        let mut spans = vec![
            span(if item.chosen { "*" } else { " " }, theme.hotkey),
            span(format!("{:<6} ", item.word()), word),
            span(sign.to_string(), style),
            span(format!("{repeated} "), theme.warning),
            span(format!("{} ", pad(&name, if whole { 20 } else { 4 })), theme.key),
            span(format!("{} ", pad(said.kind, kinds)), text),
            span(format!("{}  ", pad(&model.look.zone.full(said.occurred_at), 20)), theme.dim),
        ];
        let used: usize = spans.iter().map(|span| width(&span.content)).sum();
        spans.push(span(cut(said.data, room.saturating_sub(used)), theme.dim));
        Line::from(spans)
    }

    fn leads_to(&self, model: &Model, todo: &Todo, area: Rect) -> Vec<Line<'static>> {
        let theme = &model.look.theme;
        let room = usize::from(area.width);
        let heading = |text: &str, note: String| {
            vec![Line::from(vec![span(format!("{text}  "), theme.hotkey), span(note, theme.dim)])]
        };
        let rules = self.rules.as_ref().map_or_else(String::new, |rules| format!("  and by {rules}"));
        match &self.outcome {
            _ if self.phase == Phase::Sent => heading("WRITING", format!("the branch {} …", todo.name)),
            None if todo.changed() => heading("IT LEADS TO", "working it out …".into()),
            None => {
                let mut lines =
                    heading("IT LEADS TO", format!("what there is: nothing is changed yet{rules}"));
                let help = "Leave events out, move them, change or insert some: what that leads to is shown here, \
                    and nothing is written before you name the new branch.";
                let others = "Only the events of this aggregate are in the list: the others end where the histories \
                    part. After t every event is in it.";
                let help = if self.only.is_none() { help.to_owned() } else { format!("{help} {others}") };
                lines.push(Line::default());
                lines.extend(wrapped(&help, room, 8, theme.dim));
                lines
            }
            Some(Err(error)) => {
                let mut lines = heading("IT CANNOT BE TOLD", String::new());
                let said = [Some(error.message()), error.hint_text()].into_iter().flatten();
                lines.extend(said.flat_map(|text| wrapped(text, room, 4, theme.warning)));
                lines
            }
            Some(Ok(outcome)) => {
                let [nothing, late, rejected, decided] = outcome.counts();
                let decided =
                    if decided == 0 { String::new() } else { format!(", {decided} decided otherwise") };
                let words = format!("{nothing} become nothing, {late} late, {rejected} rejected{decided}");
                let stale = if self.preview.waits() { " …" } else { "" };
                let mut lines = heading("IT LEADS TO", format!("{words}{rules}{stale}"));
                lines.extend(outcome.lines(model, room, usize::from(area.height)));
                lines
            }
        }
    }
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
