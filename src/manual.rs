//! The manual: one Markdown page a topic, embedded in the program, as blocks and as lines for any width. It knows
//! no terminal: whoever shows a line decides what its looks are.

mod block;
mod lines;
mod table;
mod wrap;

pub use block::Block;

/// The pages, in the order in which one reads them.
const PAGES: &[Page] = &[
    Page {
        topic: "revisions",
        about: "how to name a point in history",
        text: include_str!("../assets/manual/revisions.md"),
    },
    Page {
        topic: "history",
        about: "branches, merge, rebase, rewrite, revert, undo",
        text: include_str!("../assets/manual/history.md"),
    },
    Page {
        topic: "explorer",
        about: "the explorer: what its signs and keys mean",
        text: include_str!("../assets/manual/explorer.md"),
    },
    Page {
        topic: "commands",
        about: "the command line: verbs, JSON, exit codes, variables",
        text: include_str!("../assets/manual/commands.md"),
    },
    Page {
        topic: "handing-over",
        about: "cases, pages, tests, Markdown: what was found, for somebody else",
        text: include_str!("../assets/manual/handing-over.md"),
    },
    Page {
        topic: "filters",
        about: "jq, and what a filter sees",
        text: include_str!("../assets/manual/filters.md"),
    },
    Page {
        topic: "sources",
        about: "a log in one command",
        text: include_str!("../assets/manual/sources.md"),
    },
    Page {
        topic: "adapters",
        about: "other programs' event stores, opened as they are",
        text: include_str!("../assets/manual/adapters.md"),
    },
    Page {
        topic: "mappings",
        about: "bringing in other systems' logs",
        text: include_str!("../assets/manual/mappings.md"),
    },
    Page {
        topic: "mapping-examples",
        about: "four logs, their mappings, and what comes of them",
        text: include_str!("../assets/manual/mapping-examples.md"),
    },
    Page {
        topic: "domains",
        about: "rules, commands, the catalogue, lint",
        text: include_str!("../assets/manual/domains.md"),
    },
    Page {
        topic: "reactors",
        about: "what happens because of an event, and jobs",
        text: include_str!("../assets/manual/reactors.md"),
    },
    Page {
        topic: "projections",
        about: "read models, reports, monitors",
        text: include_str!("../assets/manual/projections.md"),
    },
    Page {
        topic: "store",
        about: "the file, and what it promises",
        text: include_str!("../assets/manual/store.md"),
    },
    Page {
        topic: "performance",
        about: "what was measured",
        text: include_str!("../assets/manual/performance.md"),
    },
];

/// A page of the manual.
#[derive(Debug)]
pub struct Page {
    /// The word by which it is asked for.
    pub topic: &'static str,
    /// What it is about, in a few words.
    pub about: &'static str,
    /// Its Markdown.
    pub text: &'static str,
}

impl Page {
    /// What stands on it.
    pub fn blocks(&self) -> Vec<Block> {
        block::read(self.text)
    }

    /// The page in lines of at most so many columns. Code keeps its lines: it is there to be copied.
    pub fn lines(&self, columns: usize, signs: Signs) -> Vec<Line> {
        lines(&self.blocks(), columns, signs)
    }
}

/// Blocks in lines of at most so many columns.
pub fn lines(blocks: &[Block], columns: usize, signs: Signs) -> Vec<Line> {
    lines::of(blocks, columns, signs)
}

/// Every page.
pub fn pages() -> &'static [Page] {
    PAGES
}

/// The page on a topic.
pub fn page(topic: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.topic == topic)
}

/// What tells code in running text from the words around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signs {
    /// Its look does.
    Looks,
    /// Nobody shows looks: it keeps its signs.
    Kept,
}

/// How a piece of text stands out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// Not at all.
    #[default]
    Plain,
    /// As a heading.
    Heading,
    /// As what matters.
    Strong,
    /// As a term that is introduced.
    Emphasis,
    /// As what is typed or printed.
    Code,
    /// As a reference to something else.
    Link,
    /// As what only helps the eye.
    Faint,
}

/// Text with one look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// How it stands out.
    pub look: Look,
    /// The text, without line ends.
    pub text: String,
}

impl Piece {
    fn new(look: Look, text: impl Into<String>) -> Self {
        Self { look, text: text.into() }
    }
}

/// A line as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(pub Vec<Piece>);

impl Line {
    /// Puts text behind what is there.
    fn push(&mut self, look: Look, text: &str) {
        match self.0.last_mut() {
            Some(last) if last.look == look => last.text.push_str(text),
            _ if text.is_empty() => {}
            _ => self.0.push(Piece::new(look, text)),
        }
    }

    /// The same line, led by spaces; an empty one stays empty.
    fn indented(mut self, columns: usize) -> Self {
        if !self.0.is_empty() && columns > 0 {
            self.0.insert(0, Piece::new(Look::Plain, " ".repeat(columns)));
        }
        self
    }

    /// The columns that it takes.
    pub fn width(&self) -> usize {
        self.0.iter().map(|piece| wrap::width(&piece.text)).sum()
    }
}

/// The text of pieces, whatever their looks.
pub fn plain(pieces: &[Piece]) -> String {
    pieces.iter().map(|piece| piece.text.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words that a reader must see: all but where links lead and what stands behind a fence.
    fn words(text: &str) -> Vec<String> {
        let text: Vec<&str> = text.lines().filter(|line| !line.starts_with("```")).collect();
        let text = text.join("\n");
        let mut parts = text.split("](");
        let mut seen = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (target, rest) = part.split_once(')').unwrap();
            seen.push(' ');
            seen.push_str(if target.contains("://") { target } else { "" });
            seen.push_str(rest);
        }
        seen.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 3).map(str::to_owned).collect()
    }

    #[test]
    fn every_page_fits_every_width_and_loses_no_word() {
        for page in pages() {
            let blocks = page.blocks();
            let code: Vec<&str> = blocks
                .iter()
                .filter_map(
                    |block| if let Block::Code { text, .. } = block { Some(text.lines()) } else { None },
                )
                .flatten()
                .collect();
            for (columns, signs) in [10, 24, 40, 80, 100, 200]
                .map(|columns| [(columns, Signs::Looks), (columns, Signs::Kept)])
                .concat()
            {
                let lines = page.lines(columns, signs);
                for line in &lines {
                    let text = plain(&line.0);
                    let is_code = code.iter().any(|code| code.trim() == text.trim());
                    assert!(is_code || line.width() <= columns, "{}, {columns}: {text}", page.topic);
                    assert!(!text.ends_with(' '), "{}, {columns}: {text:?} ends in a space", page.topic);
                }
                if columns < 80 {
                    continue;
                }
                let shown: String = lines.iter().map(|line| plain(&line.0)).collect();
                let shown: String = shown.chars().filter(|c| c.is_alphanumeric()).collect();
                for word in words(page.text) {
                    assert!(shown.contains(&word), "{}, {columns}: {word} is lost", page.topic);
                }
            }
        }
    }

    #[test]
    fn every_page_begins_with_its_title_and_has_a_word_of_its_own() {
        for (at, one) in pages().iter().enumerate() {
            assert!(matches!(one.blocks().first(), Some(Block::Heading { level: 1, .. })), "{}", one.topic);
            assert!(pages()[..at].iter().all(|other| other.topic != one.topic), "{}", one.topic);
            assert!(page(one.topic).is_some());
        }
        assert!(page("nonsense").is_none());
    }
}
