//! A table in columns that fit; where not even its words do, each row as a list of its cells.

use super::wrap::{extent, wrap};
use super::{Line, Look, Piece};

/// The columns between two cells.
const GAP: usize = 2;

type Cells = [Vec<Piece>];

/// The lines of a table.
pub(super) fn lines(head: &Cells, rows: &[Vec<Vec<Piece>>], columns: usize) -> Vec<Line> {
    let Some(widths) = fitted(head, rows, columns) else { return one_below_the_other(head, rows, columns) };
    let mut out = Vec::new();
    let strong: Vec<_> = head.iter().map(|cell| strong(cell)).collect();
    put(&mut out, &strong, &widths);
    let mut rule = Line::default();
    rule.push(Look::Faint, &"-".repeat(widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)));
    out.push(rule);
    let mut wrapped = 0;
    let mut starts = Vec::new();
    for row in rows {
        let start = out.len();
        put(&mut out, row, &widths);
        wrapped += usize::from(out.len() - start > 1);
        starts.push(start);
    }
    // Rows of several lines need air between them; where few are, the first column tells them apart.
    if wrapped * 2 > rows.len() {
        for at in starts.into_iter().skip(1).rev() {
            out.insert(at, Line::default());
        }
    }
    out
}

fn strong(cell: &[Piece]) -> Vec<Piece> {
    let look = |look| if look == Look::Plain { Look::Strong } else { look };
    cell.iter().map(|piece| Piece::new(look(piece.look), piece.text.clone())).collect()
}

/// How wide each column is, where all fit: as wide as its text, the widest ones narrowed as far as their words allow.
fn fitted(head: &Cells, rows: &[Vec<Vec<Piece>>], columns: usize) -> Option<Vec<usize>> {
    let count = head.len();
    let (mut least, mut widths) = (vec![1; count], vec![1; count]);
    for row in rows.iter().map(Vec::as_slice).chain([head]) {
        for (at, cell) in row.iter().enumerate().take(count) {
            let (word, whole) = extent(cell);
            least[at] = least[at].max(word);
            widths[at] = widths[at].max(whole);
        }
    }
    // A word that would take most of the line may be broken.
    let room = columns.checked_sub(GAP * count.saturating_sub(1))?;
    for least in &mut least {
        *least = (*least).min(room / 2);
    }
    if least.iter().sum::<usize>() > room || room < 12 * count {
        return None;
    }
    while widths.iter().sum::<usize>() > room {
        let (widest, _) = widths
            .iter()
            .enumerate()
            .filter(|(at, width)| **width > least[*at])
            .max_by_key(|(at, width)| (**width, *at))?;
        widths[widest] -= 1;
    }
    Some(widths)
}

/// Puts a row's cells beside each other.
fn put(out: &mut Vec<Line>, row: &Cells, widths: &[usize]) {
    let cells: Vec<Vec<Line>> = row.iter().zip(widths).map(|(cell, width)| wrap(cell, *width)).collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
    for y in 0..height {
        let mut line = Line::default();
        let mut owed = 0;
        for (cell, width) in cells.iter().zip(widths) {
            let part = cell.get(y).cloned().unwrap_or_default();
            let used = part.width();
            if used > 0 {
                line.push(Look::Plain, &" ".repeat(owed));
                owed = 0;
            }
            for piece in part.0 {
                line.push(piece.look, &piece.text);
            }
            // Spaces are owed until something follows: no line ends in them.
            owed += width.saturating_sub(used) + GAP;
        }
        out.push(line);
    }
}

fn one_below_the_other(head: &Cells, rows: &[Vec<Vec<Piece>>], columns: usize) -> Vec<Line> {
    let mut out = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            out.push(Line::default());
        }
        for (name, cell) in head.iter().zip(row).filter(|(_, cell)| !cell.is_empty()) {
            let mut pieces = strong(name);
            if !pieces.is_empty() {
                pieces.push(Piece::new(Look::Plain, ": "));
            }
            pieces.extend(cell.iter().cloned());
            out.extend(wrap(&pieces, columns));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::plain;
    use super::*;

    #[test]
    fn columns_are_narrowed_and_then_given_up() {
        let cell = |text: &str| vec![Piece::new(Look::Plain, text)];
        let head = [cell("verb"), cell("what it does")];
        let rows = [
            vec![cell("log"), cell("lists events")],
            vec![cell("diff"), cell("compares two points in time")],
        ];
        let texts = |columns| -> Vec<String> {
            lines(&head, &rows, columns).iter().map(|line| plain(&line.0)).collect()
        };
        assert_eq!(
            texts(40),
            [
                "verb  what it does",
                &"-".repeat(33),
                "log   lists events",
                "diff  compares two points in time"
            ]
        );
        assert_eq!(
            texts(26),
            [
                "verb  what it does",
                &"-".repeat(26),
                "log   lists events",
                "diff  compares two points",
                "      in time"
            ]
        );
        assert_eq!(texts(20)[..3], ["verb: log", "what it does: lists", "events"]);
    }
}
