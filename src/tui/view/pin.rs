//! The pinned field's row on the timeline: numbers as a line of bars, other values written where they begin.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::Value;

use crate::tui::model::Model;
use crate::tui::model::state::preview;
use crate::tui::text::{cut, width};
use crate::tui::timeline::Placed;

/// A value and the columns that it lasts for.
struct Run<'a> {
    x: u16,
    end: u16,
    value: Option<&'a Value>,
}

/// Draws it in a row.
pub fn draw(model: &Model, rows: Rect, row: u16, placed: &[Placed], buffer: &mut Buffer) {
    if row >= rows.height {
        return;
    }
    let cells = model.pinned_cells(placed);
    let end = placed.iter().filter(|item| model.pinned_place(item).is_some()).map(|item| item.x + item.width);
    let end = end.max().unwrap_or(0).min(rows.width);
    let runs = runs(&cells, end);
    let span = span_of(&runs);
    let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
    let here = model.cursor.place().0;
    for run in runs {
        let Some(value) = run.value else { continue };
        let room = usize::from(run.end.saturating_sub(run.x));
        let (x, y) = (rows.x + run.x, rows.y + row);
        if let Some((least, most)) = span {
            let level = level(value.as_f64().unwrap_or(least), least, most);
            buffer.set_string(x, y, glyphs.bars[level].to_string().repeat(room), theme.event);
            continue;
        }
        let text = cut(&preview(value, model.look.zone), room);
        let lasts = room.saturating_sub(width(&text));
        buffer.set_string(x, y, &text, theme.text);
        let line = glyphs.line.to_string().repeat(lasts);
        buffer.set_string(rows.x + run.end - lasts as u16, y, line, theme.border);
    }
    if let Some((x, ..)) = cells.iter().find(|(_, index, _)| *index > here) {
        let behind = Rect { x: rows.x + x, y: rows.y + row, width: end.saturating_sub(*x), height: 1 };
        buffer.set_style(behind, theme.future);
    }
}

/// The least and the greatest of the values on the row, where all of them are numbers: `3 to 17`.
pub fn range(model: &Model, placed: &[Placed]) -> Option<String> {
    let cells = model.pinned_cells(placed);
    let (least, most) = span_of(&runs(&cells, u16::MAX))?;
    Some(if least < most { format!("{least} to {most}") } else { format!("{least}") })
}

/// Equal values beside each other, as one.
fn runs<'a>(cells: &[(u16, i64, Option<&'a Value>)], end: u16) -> Vec<Run<'a>> {
    let mut runs: Vec<Run<'a>> = Vec::new();
    for &(x, _, value) in cells {
        if runs.last().is_none_or(|last| last.value != value) {
            if let Some(last) = runs.last_mut() {
                last.end = x;
            }
            runs.push(Run { x, end, value });
        }
    }
    runs
}

fn span_of(runs: &[Run]) -> Option<(f64, f64)> {
    let mut span: Option<(f64, f64)> = None;
    for value in runs.iter().filter_map(|run| run.value).filter(|value| !value.is_null()) {
        let number = value.as_f64()?;
        let (least, most) = span.unwrap_or((number, number));
        span = Some((least.min(number), most.max(number)));
    }
    span
}

/// The height of a bar, 1 to 8.
fn level(number: f64, least: f64, most: f64) -> usize {
    if most > least { 1 + ((number - least) / (most - least) * 7.0).round() as usize } else { 4 }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn equal_values_are_one_run_up_to_the_next_one() {
        let (a, b) = (json!("a"), json!("b"));
        let cells = [(0, 1, Some(&a)), (2, 2, Some(&a)), (5, 3, None), (6, 4, Some(&b))];
        let runs: Vec<_> = runs(&cells, 9).iter().map(|run| (run.x, run.end)).collect();
        assert_eq!(runs, [(0, 5), (5, 6), (6, 9)]);
    }

    #[test]
    fn only_numbers_make_bars_and_the_greatest_is_the_highest() {
        let (one, nine, none, text) = (json!(1), json!(9.0), json!(null), json!("9"));
        let cells = [(0, 1, Some(&one)), (1, 2, Some(&none)), (2, 3, Some(&nine))];
        assert_eq!(span_of(&runs(&cells, 3)), Some((1.0, 9.0)));
        assert_eq!((level(1.0, 1.0, 9.0), level(5.0, 1.0, 9.0), level(9.0, 1.0, 9.0)), (1, 5, 8));
        assert_eq!(level(3.0, 3.0, 3.0), 4);
        assert_eq!(span_of(&runs(&[(0, 1, Some(&one)), (1, 2, Some(&text))], 2)), None);
        assert_eq!(span_of(&runs(&[(0, 1, Some(&none))], 2)), None);
    }
}
