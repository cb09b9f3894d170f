//! Blocks into lines: headings at the left, what stands below them indented, so that a page reads without colours too.

use super::wrap::wrap;
use super::{Block, Line, Look, Piece, Signs, table};

/// How far text stands in from its heading.
const INDENT: usize = 2;
/// How far code stands in from the text around it.
const CODE: usize = 2;

/// The lines of a page, in so many columns.
pub(super) fn of(blocks: &[Block], columns: usize, signs: Signs) -> Vec<Line> {
    let mut out = Vec::new();
    for block in blocks {
        if !out.is_empty() {
            out.push(Line::default());
        }
        if let Block::Heading { text, .. } = block {
            out.extend(wrap(text, columns));
        } else {
            let lines = body(block, columns.saturating_sub(INDENT), signs);
            out.extend(lines.into_iter().map(|line| line.indented(INDENT)));
        }
    }
    out
}

fn body(block: &Block, columns: usize, signs: Signs) -> Vec<Line> {
    match block {
        Block::Paragraph(text) if signs == Signs::Kept => wrap(&signed(text), columns),
        Block::Heading { text, .. } | Block::Paragraph(text) => wrap(text, columns),
        Block::Code { text, .. } => text.lines().map(code).collect(),
        Block::List { first, items } => list(*first, items, columns, signs),
        Block::Table { head, rows } => table::lines(head, rows, columns),
    }
}

/// The text with signs around what is code, as it is written in a page.
fn signed(text: &[Piece]) -> Vec<Piece> {
    let sign = |piece: &Piece| match piece.look {
        Look::Code if !piece.text.contains('`') => Piece::new(Look::Code, format!("`{}`", piece.text)),
        _ => piece.clone(),
    };
    text.iter().map(sign).collect()
}

fn code(text: &str) -> Line {
    let mut line = Line::default();
    line.push(Look::Code, text.trim_end());
    line.indented(CODE)
}

fn list(first: Option<u64>, items: &[Vec<Block>], columns: usize, signs: Signs) -> Vec<Line> {
    let mut out = Vec::new();
    for (number, item) in (first.unwrap_or(0)..).zip(items) {
        let sign = first.map_or_else(|| "- ".to_owned(), |_| format!("{number}. "));
        let mut lines = Vec::new();
        for block in item {
            lines.extend(body(block, columns.saturating_sub(sign.len()), signs));
        }
        for (at, line) in lines.into_iter().enumerate() {
            if at > 0 {
                out.push(line.indented(sign.len()));
                continue;
            }
            let mut led = Line::default();
            led.push(Look::Faint, &sign);
            led.0.extend(line.0);
            out.push(led);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{block, plain};
    use super::*;

    #[test]
    fn a_page_reads_without_colours() {
        let text =
            "# Title\n\nText that is long.\n\n- one two three\n- `four`\n  1. five\n\n```sh\nls  -l\n```\n";
        let lines = of(&block::read(text), 14, Signs::Kept);
        let lines: Vec<String> = lines.iter().map(|line| plain(&line.0)).collect();
        let wanted = [
            "Title",
            "",
            "  Text that is",
            "  long.",
            "",
            "  - one two",
            "    three",
            "  - `four`",
            "    1. five",
            "",
            "    ls  -l",
        ];
        assert_eq!(lines, wanted);
    }
}
