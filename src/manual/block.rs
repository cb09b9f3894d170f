//! Markdown into blocks: what the pages of the manual are made of, and nothing else.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag};

use super::{Look, Piece};

/// A part of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A heading; level 1 is the page's title.
    Heading {
        /// How deep it is, from 1.
        level: usize,
        /// Its text.
        text: Vec<Piece>,
    },
    /// Running text.
    Paragraph(Vec<Piece>),
    /// Lines that stay as they are.
    Code {
        /// What they are written in, as the fence says.
        language: String,
        /// The lines.
        text: String,
    },
    /// Items one below the other.
    List {
        /// The first one's number, where they are counted.
        first: Option<u64>,
        /// Each with what stands in it.
        items: Vec<Vec<Block>>,
    },
    /// Rows under a head.
    Table {
        /// The columns' names.
        head: Vec<Vec<Piece>>,
        /// The cells.
        rows: Vec<Vec<Vec<Piece>>>,
    },
}

/// Reads a page.
pub(super) fn read(text: &str) -> Vec<Block> {
    Reader(Parser::new_ext(text, Options::ENABLE_TABLES)).blocks()
}

struct Reader<'a>(Parser<'a>);

impl Reader<'_> {
    /// The blocks up to the end of what they stand in.
    fn blocks(&mut self) -> Vec<Block> {
        let mut out = Vec::new();
        // An item of a tight list holds its text without a paragraph around it.
        let mut bare = Vec::new();
        while let Some(event) = self.0.next() {
            let Event::Start(tag) = event else {
                if matches!(event, Event::End(_)) {
                    break;
                }
                self.piece(event, Look::Plain, &mut bare);
                continue;
            };
            if is_inline(&tag) {
                self.piece(Event::Start(tag), Look::Plain, &mut bare);
                continue;
            }
            if !bare.is_empty() {
                out.push(Block::Paragraph(std::mem::take(&mut bare)));
            }
            match tag {
                Tag::Paragraph => out.push(Block::Paragraph(self.inline(Look::Plain))),
                Tag::Heading { level, .. } => {
                    out.push(Block::Heading { level: depth(level), text: self.inline(Look::Heading) });
                }
                Tag::CodeBlock(kind) => out.push(self.code(&kind)),
                Tag::List(first) => out.push(Block::List { first, items: self.items() }),
                Tag::Table(_) => out.push(self.table()),
                // What else holds blocks is shown as they are.
                _ => out.extend(self.blocks()),
            }
        }
        if !bare.is_empty() {
            out.push(Block::Paragraph(bare));
        }
        out
    }

    fn code(&mut self, kind: &CodeBlockKind<'_>) -> Block {
        let language = match kind {
            CodeBlockKind::Fenced(info) => info.split(' ').next().unwrap_or_default().to_owned(),
            CodeBlockKind::Indented => String::new(),
        };
        let mut text = String::new();
        for event in self.0.by_ref() {
            match event {
                Event::Text(part) => text.push_str(&part),
                Event::End(_) => break,
                _ => {}
            }
        }
        Block::Code { language, text }
    }

    fn items(&mut self) -> Vec<Vec<Block>> {
        let mut items = Vec::new();
        while let Some(Event::Start(_)) = self.0.next() {
            items.push(self.blocks());
        }
        items
    }

    fn table(&mut self) -> Block {
        let mut rows = Vec::new();
        while let Some(Event::Start(_)) = self.0.next() {
            let mut cells = Vec::new();
            while let Some(Event::Start(_)) = self.0.next() {
                cells.push(self.inline(Look::Plain));
            }
            rows.push(cells);
        }
        let head = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
        Block::Table { head, rows }
    }

    /// The text up to the end of what it stands in.
    fn inline(&mut self, look: Look) -> Vec<Piece> {
        let mut out = Vec::new();
        while let Some(event) = self.0.next() {
            if matches!(event, Event::End(_)) {
                break;
            }
            self.piece(event, look, &mut out);
        }
        out
    }

    fn piece(&mut self, event: Event<'_>, look: Look, out: &mut Vec<Piece>) {
        match event {
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                out.push(Piece::new(look, &*text));
            }
            Event::Code(text) => {
                out.push(Piece::new(if look == Look::Heading { look } else { Look::Code }, &*text));
            }
            Event::SoftBreak | Event::HardBreak => out.push(Piece::new(look, " ")),
            Event::Start(Tag::Strong) => out.extend(self.inline(Look::Strong)),
            Event::Start(Tag::Emphasis) => out.extend(self.inline(Look::Emphasis)),
            Event::Start(Tag::Link { dest_url, .. }) => {
                out.extend(self.inline(Look::Link));
                // What leads to another page or into the sources is known by its name.
                if dest_url.contains("://") {
                    out.push(Piece::new(look, format!(" ({dest_url})")));
                }
            }
            Event::Start(_) => out.extend(self.inline(look)),
            _ => {}
        }
    }
}

fn is_inline(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::Strong | Tag::Emphasis | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. })
}

fn depth(level: HeadingLevel) -> usize {
    level as usize
}

#[cfg(test)]
mod tests {
    use super::super::plain;
    use super::*;

    #[test]
    fn a_page_is_read_into_its_blocks() {
        let text = "# A `title`\n\nSome *new* **bold** text\nwith [a link](x.md) and [more](https://e.org).\n\n\
            - one `a|b`\n- two\n  - inside\n\n| a | b |\n| --- | --- |\n| `x\\|y` | |\n\n```sh f\nls\n\nps\n```\n";
        let blocks = read(text);
        let Block::Heading { level: 1, text } = &blocks[0] else { panic!("{blocks:?}") };
        assert_eq!(plain(text), "A title");
        let Block::Paragraph(text) = &blocks[1] else { panic!("{blocks:?}") };
        assert_eq!(plain(text), "Some new bold text with a link and more (https://e.org).");
        assert_eq!(text[1], Piece::new(Look::Emphasis, "new"));
        let Block::List { first: None, items } = &blocks[2] else { panic!("{blocks:?}") };
        assert_eq!((items.len(), items[1].len()), (2, 2));
        let Block::Table { head, rows } = &blocks[3] else { panic!("{blocks:?}") };
        assert_eq!((head.len(), rows.len(), rows[0].len()), (2, 1, 2));
        assert_eq!(rows[0][0], [Piece::new(Look::Code, "x|y")]);
        assert_eq!(blocks[4], Block::Code { language: "sh".into(), text: "ls\n\nps\n".into() });
    }
}
