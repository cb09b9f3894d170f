//! Markdown that says a text as it is, whatever stands in it: for tickets, chats and pages.

use std::fmt::Write as _;

/// A table: the heads of its columns, and rows of as many cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// The heads.
    pub heads: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// One with these heads and no rows yet.
    pub fn of(heads: &[&str]) -> Self {
        Self { heads: heads.iter().map(|&head| head.to_owned()).collect(), rows: Vec::new() }
    }

    /// It in Markdown, as GitHub and many others read it.
    pub fn to_markdown(&self) -> String {
        let mut out = String::new();
        let mut line = |cells: &mut dyn Iterator<Item = String>| {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "| {} |", cells.collect::<Vec<_>>().join(" | "));
        };
        line(&mut self.heads.iter().map(|head| plain(head)));
        line(&mut self.heads.iter().map(|_| "---".to_owned()));
        for row in &self.rows {
            line(&mut row.iter().map(|cell| plain(cell)));
        }
        out
    }
}

/// A text in one line that means nothing but itself.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_word = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c if c.is_control() => out.push('\u{fffd}'),
            // Inside a word it emphasises nothing.
            '_' if in_word && chars.peek().is_some_and(|next| next.is_alphanumeric()) => out.push(c),
            // An escaped entity is read as its letters, too.
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '&' | '~' => out.extend(['\\', c]),
            c => out.push(c),
        }
        in_word = c.is_alphanumeric();
    }
    out
}

/// A text of several lines as it stands, in a language that is named for whoever colours it.
pub fn code(language: &str, text: &str) -> String {
    // A fence is longer than any that stands in the text.
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulldown_cmark::{Event, Options, Parser};

    /// The texts of the cells, as a reader of Markdown sees them.
    fn read(markdown: &str) -> Vec<String> {
        let (mut cells, mut inside) = (Vec::new(), false);
        for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
            match event {
                Event::Start(pulldown_cmark::Tag::TableCell) => {
                    cells.push(String::new());
                    inside = true;
                }
                Event::End(pulldown_cmark::TagEnd::TableCell) => inside = false,
                Event::Text(text) if inside => cells.last_mut().unwrap().push_str(&text),
                Event::Start(_) | Event::End(_) => assert!(!inside || matches!(event, Event::End(_))),
                _ => assert!(!inside, "{markdown}"),
            }
        }
        cells
    }

    #[test]
    fn a_cell_is_read_as_it_was_written() {
        let rows = [
            ["a | b", "*no* _emphasis_ `code`"],
            ["<script>alert(1)</script>", "[link](https://example.org) <https://example.org>"],
            ["\\| \\\\ &amp; ~~x~~", "# 1. - > @ann in snake_case_ and _that"],
        ];
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.map(str::to_owned).to_vec()).collect();
        let table = Table { rows: rows.clone(), ..Table::of(&["one", "two | three"]) };
        let cells = read(&table.to_markdown());
        assert_eq!(cells[..2], ["one", "two | three"]);
        assert_eq!(cells[2..], rows.concat());
    }

    #[test]
    fn a_fence_is_not_ended_by_what_stands_in_it() {
        let text = "```\nnot the end\n````\nneither";
        let markdown = code("text", text);
        let inside: String = Parser::new(&markdown)
            .filter_map(|event| match event {
                Event::Text(text) => Some(text.to_string()),
                _ => None,
            })
            .collect();
        assert_eq!(inside.trim_end(), text);
    }
}
