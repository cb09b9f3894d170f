//! Man pages: the verbs' in section 1, as clap knows them, and the manual's topics in section 7.

use std::fs;
use std::path::Path;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

use crate::error::{Error, Result};
use crate::manual::{self, Block, Look, Page, Piece, Signs};

/// What stands where the day of a page's last change would: whoever builds the program again gets the same pages.
const NO_DAY: &str = " ";

/// Who speaks.
const SOURCE: &str = concat!("backstory ", env!("CARGO_PKG_VERSION"));

/// How wide tables are: what `man` shows beside its own margins.
const COLUMNS: usize = 72;

/// Writes every page into a folder, which is made where it is not there; answers how many.
pub fn write(folder: &Path) -> Result<usize> {
    let unwritten = |error: std::io::Error| {
        Error::refused(format!("The man pages cannot be written to {}: {error}.", folder.display()))
    };
    fs::create_dir_all(folder).map_err(unwritten)?;
    let mut pages = Vec::new();
    let mut command = super::command();
    command.build();
    verbs(command, &mut pages)?;
    pages.extend(manual::pages().iter().map(|page| (format!("backstory-{}.7", page.topic), topic(page))));
    for (name, text) in &pages {
        fs::write(folder.join(name), text).map_err(unwritten)?;
    }
    Ok(pages.len())
}

/// A verb's page, and those of its own verbs.
fn verbs(command: Command, pages: &mut Vec<(String, String)>) -> Result<()> {
    // The program's own `help` is one; those that clap gives to verbs with verbs of their own are none.
    let top = command.get_name() == "backstory";
    let own = |verb: &&Command| !verb.is_hide_set() && (top || verb.get_name() != "help");
    for verb in command.get_subcommands().filter(own) {
        verbs(verb.clone(), pages)?;
    }
    let man = Man::new(command).date(NO_DAY).source(SOURCE);
    let mut text = Vec::new();
    man.render(&mut text)?;
    pages.push((man.get_filename(), String::from_utf8_lossy(&text).into_owned()));
    Ok(())
}

/// A topic's page.
fn topic(page: &Page) -> String {
    let mut roff = Roff::new();
    let title = format!("BACKSTORY-{}", page.topic.to_uppercase());
    roff.control("TH", [title.as_str(), "7", NO_DAY, SOURCE, "backstory"]);
    roff.control("SH", ["NAME"]);
    roff.text([roman(format!("backstory-{} - {}", page.topic, page.about))]);
    for block in page.blocks() {
        put(&mut roff, &block);
    }
    roff.render()
}

fn put(roff: &mut Roff, block: &Block) {
    match block {
        // The title names the page already.
        Block::Heading { level: 1, .. } => drop(roff.control("SH", ["DESCRIPTION"])),
        Block::Heading { level, text } => {
            let text = manual::plain(text);
            roff.control(if *level == 2 { "SH" } else { "SS" }, [text.as_str()]);
        }
        Block::Paragraph(text) => {
            roff.control("PP", []);
            roff.text(inlines(text));
        }
        Block::Code { text, .. } => as_it_is(roff, text.lines()),
        Block::Table { .. } => {
            let lines = manual::lines(std::slice::from_ref(block), COLUMNS, Signs::Looks);
            let lines: Vec<_> = lines.iter().map(|line| manual::plain(&line.0)).collect();
            as_it_is(roff, lines.iter().map(String::as_str));
        }
        Block::List { first, items } => {
            for (number, item) in (first.unwrap_or(0)..).zip(items) {
                let sign = first.map_or_else(|| "\u{2022}".to_owned(), |_| format!("{number}."));
                roff.control("IP", [sign.as_str(), "2"]);
                for (at, block) in item.iter().enumerate() {
                    match block {
                        Block::Paragraph(text) if at == 0 => drop(roff.text(inlines(text))),
                        other => put(roff, other),
                    }
                }
            }
        }
    }
}

/// Lines that `man` must not fill.
fn as_it_is<'a>(roff: &mut Roff, lines: impl Iterator<Item = &'a str>) {
    roff.control("PP", []);
    roff.control("nf", []);
    for line in lines {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
}

fn inlines(pieces: &[Piece]) -> Vec<Inline> {
    let inline = |piece: &Piece| match piece.look {
        Look::Strong | Look::Code | Look::Heading => bold(&piece.text),
        Look::Emphasis | Look::Link => italic(&piece.text),
        Look::Plain | Look::Faint => roman(&piece.text),
    };
    pieces.iter().map(inline).collect()
}
