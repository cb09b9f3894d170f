//! Markdown that says a text as it is, whatever stands in it: for tickets, chats and pages.

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
        let cells = |row: &Vec<String>| row.iter().map(|cell| plain(cell)).collect();
        table(&self.heads, self.rows.iter().map(cells))
    }
}

/// A table whose cells are Markdown already.
pub fn table(heads: &[impl AsRef<str>], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut out = line(heads.iter().map(|head| plain(head.as_ref())).collect());
    out += &line(heads.iter().map(|_| "---".to_owned()).collect());
    rows.for_each(|row| out += &line(row));
    out
}

/// A text that says nothing to Markdown, nor to HTML.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        // There it emphasises nothing.
        let in_word = before.is_alphanumeric() && rest.peek().is_some_and(|c| c.is_alphanumeric());
        match c {
            '\n' => out.push_str("<br>"),
            '\r' => {}
            '\t' => out.push(' '),
            c if c.is_control() => out.push('\u{fffd}'),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '_' if in_word => out.push(c),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '>' | '!' => out.extend(['\\', c]),
            c => out.push(c),
        }
        before = c;
    }
    out
}

/// A text of several lines as it stands, in a language that is named for whoever colours it.
pub fn code(language: &str, text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

/// The same inside the cell of a table.
pub fn code_in_cell(text: &str) -> String {
    let ticks = "`".repeat(longest_run(text) + 1);
    // A bar ends the cell, in code too.
    format!("{ticks}{}{ticks}", text.replace('|', "\\|"))
}

/// Nothing in a text ends a fence that is longer than this.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
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
