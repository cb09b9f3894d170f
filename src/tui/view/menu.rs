//! Lists to choose from: the palette, facets, columns, copies, commands.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{failure, popup, popup_area, put, span};
use crate::tui::model::Model;
use crate::tui::model::overlay::{Choice, Item, Menu, MenuKind, Overlay};
use crate::tui::text::{cut, pad, width, wrap};

/// How large its box is.
pub fn size(menu: &Menu) -> (u16, u16) {
    let wide = match menu.kind {
        kind if is_table(kind) => 100,
        _ => 54,
    };
    (wide, (menu.items.len() as u16 + 4).clamp(6, 30))
}

/// How many entries a page is, on a screen of so many lines.
pub fn page(menu: &Menu, lines: u16) -> isize {
    let height = size(menu).1.min(lines.saturating_sub(2)).saturating_sub(4);
    (height as isize - 1).max(1)
}

/// Whether its entries are names with more said beside them.
fn is_table(kind: MenuKind) -> bool {
    kind == MenuKind::Onto
}

/// The first visible entry.
fn top(menu: &Menu, height: usize) -> usize {
    let most = menu.shown().len().saturating_sub(height);
    menu.selected.saturating_sub(height.saturating_sub(2)).min(most)
}

/// The entry at a place on the screen, where there is one.
pub fn entry_at(model: &Model, x: u16, y: u16) -> Option<Choice> {
    let Some(Overlay::Menu(menu)) = model.overlays.last() else { return None };
    let (columns, lines) = size(menu);
    let screen = Rect::new(0, 0, model.look.size.0, model.look.size.1);
    let area = popup_area(columns, lines, screen);
    let rows = Rect { y: area.y + 3, height: area.height.saturating_sub(4), ..area };
    if !rows.contains((x, y).into()) {
        return None;
    }
    let i = top(menu, rows.height.into()) + usize::from(y - rows.y);
    menu.shown().get(i).map(|item| item.choice.clone())
}

/// Draws one.
pub fn draw(model: &Model, menu: &Menu, screen: Rect, buffer: &mut Buffer) {
    let theme = &model.look.theme;
    let (w, h) = size(menu);
    let inner = popup(model, menu.title(), w, h, screen, buffer);
    let typed = if menu.typed.is_empty() {
        let hint = match menu.kind {
            _ if menu.narrows() => "type to narrow",
            _ => "/ narrows",
        };
        span(hint, theme.dim)
    } else {
        span(cut(&menu.typed.text(), usize::from(inner.width) - 2), theme.text)
    };
    put(
        buffer,
        inner,
        0,
        &Line::from(vec![span(format!("{} ", model.look.glyphs.selected), theme.hotkey), typed]),
    );
    let rows = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
    let shown = menu.shown();
    if shown.is_empty() {
        if let Some(error) = model.no_answer().filter(|_| menu.items.is_empty()) {
            return failure(model, error, rows, 0, buffer);
        }
        let narrowed = !menu.typed.is_empty() && !menu.items.is_empty();
        let text =
            if narrowed { format!("nothing matches {}", menu.typed.text()) } else { menu.empty.to_owned() };
        for (y, line) in (0..).zip(wrap(&text, rows.width.into(), 3)) {
            put(buffer, rows, y, &Line::from(span(line, theme.dim)));
        }
        return;
    }
    let room = usize::from(rows.width);
    let names = names(menu, room);
    let top = top(menu, rows.height.into());
    for (i, item) in shown.into_iter().enumerate().skip(top).take(rows.height.into()) {
        let y = (i - top) as u16;
        put(buffer, rows, y, &line(model, menu, item, names, room));
        if i == menu.selected {
            let row = Rect { y: rows.y + y, height: 1, ..rows };
            buffer.set_style(row, theme.selected);
        }
    }
}

/// How wide the first column of a table is: as the widest name, as far as the widest note leaves room.
fn names(menu: &Menu, room: usize) -> usize {
    const LEAST: usize = 20;
    let widest = |text: fn(&Item) -> &str| {
        let entries = menu.items.iter().filter(|item| item.choice != Choice::Heading);
        entries.map(|item| width(text(item))).max().unwrap_or(0)
    };
    let most = room.saturating_sub(widest(|item| &item.note) + 4).max(LEAST);
    widest(|item| &item.text).clamp(LEAST, most)
}

fn line(model: &Model, menu: &Menu, item: &Item, names: usize, room: usize) -> Line<'static> {
    let (theme, glyphs) = (&model.look.theme, &model.look.glyphs);
    if item.choice == Choice::Heading {
        return Line::from(span(item.text.clone(), theme.dim));
    }
    let check = match item.checked {
        Some(true) => format!("{} ", glyphs.check),
        _ => "  ".into(),
    };
    match menu.kind {
        kind if is_table(kind) => {
            let text = pad(&item.text, names);
            Line::from(vec![
                span(check, theme.added),
                span(text, theme.text),
                span(format!("  {}", cut(&item.note, room.saturating_sub(names + 4))), theme.dim),
            ])
        }
        _ => {
            let notes = menu.items.iter().map(|item| width(&item.note)).max().unwrap_or(0).min(12);
            let text = pad(&item.text, room.saturating_sub(notes + 4));
            Line::from(vec![
                span(check, theme.added),
                span(text, theme.text),
                span(crate::tui::text::pad_left(&item.note, notes + 1), theme.dim),
            ])
        }
    }
}
