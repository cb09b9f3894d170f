//! Text in lines of a width, broken between words; a word that is wider than a line is broken inside.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::{Line, Look, Piece};

/// The columns a text takes.
pub(super) fn width(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// Pieces that stand together, and the look of the space before them.
struct Word {
    pieces: Vec<Piece>,
    space: Look,
}

impl Word {
    fn width(&self) -> usize {
        self.pieces.iter().map(|piece| width(&piece.text)).sum()
    }
}

fn words(pieces: &[Piece]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    // Where the next text begins a word, the look of the space before it.
    let mut gap = Some(Look::Plain);
    for piece in pieces {
        for (at, part) in piece.text.split(' ').enumerate() {
            if at > 0 {
                gap = Some(piece.look);
            }
            if part.is_empty() {
                continue;
            }
            let part = Piece::new(piece.look, part);
            match (gap.take(), words.last_mut()) {
                (None, Some(word)) => word.pieces.push(part),
                (space, _) => {
                    words.push(Word { pieces: vec![part], space: space.unwrap_or_default() });
                }
            }
        }
    }
    words
}

/// The columns of the widest word, and of everything on one line.
pub(super) fn extent(pieces: &[Piece]) -> (usize, usize) {
    let words = words(pieces);
    let widths = words.iter().map(Word::width);
    let gaps = words.len().saturating_sub(1);
    (widths.clone().max().unwrap_or(0), widths.sum::<usize>() + gaps)
}

/// The pieces in lines of at most so many columns.
pub(super) fn wrap(pieces: &[Piece], columns: usize) -> Vec<Line> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    let (mut line, mut used) = (Line::default(), 0);
    for word in words(pieces) {
        let wide = word.width();
        if used > 0 && used + 1 + wide <= columns {
            // Between two words of one look the space has it, too.
            let same = line.0.last().is_some_and(|last| last.look == word.space);
            line.push(if same { word.space } else { Look::Plain }, " ");
            used += 1;
        } else if used > 0 {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        for piece in word.pieces {
            for grapheme in piece.text.graphemes(true) {
                let wide = UnicodeWidthStr::width(grapheme);
                if used > 0 && used + wide > columns {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                line.push(piece.look, grapheme);
                used += wide;
            }
        }
    }
    if !line.0.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::plain;
    use super::*;

    #[test]
    fn words_stay_whole_where_they_fit() {
        let pieces = [
            Piece::new(Look::Plain, "one two "),
            Piece::new(Look::Code, "three four"),
            Piece::new(Look::Plain, ", 日本語日本語 end"),
        ];
        let texts = |columns| wrap(&pieces, columns).iter().map(|line| plain(&line.0)).collect::<Vec<_>>();
        assert_eq!(texts(80), ["one two three four, 日本語日本語 end"]);
        assert_eq!(texts(12), ["one two", "three four,", "日本語日本語", "end"]);
        assert_eq!(texts(5), ["one", "two", "three", "four,", "日本", "語日", "本語", "end"]);
        assert_eq!(extent(&pieces), (12, 36));
        assert!(wrap(&[], 10).is_empty());
    }
}
