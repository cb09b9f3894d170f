//! Domain texts: built in, from a file, put together from includes; and the place of a mistake in them.

use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::Domain;
use crate::error::{Error, Result};
use crate::file;
use crate::jq::Mistake;

const BUILTIN: &[(&str, &str)] = &[
    ("todo", include_str!("../../assets/domains/todo.toml")),
    ("account", include_str!("../../assets/domains/account.toml")),
    ("subscription", include_str!("../../assets/domains/subscription.toml")),
    ("demo", include_str!("../../assets/domains/demo.toml")),
];

/// How many files a domain includes at most.
const MOST: usize = 1000;

/// The text of a built-in domain.
pub fn builtin(name: &str) -> Option<&'static str> {
    BUILTIN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The names of the built-in domains.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    BUILTIN.iter().map(|(name, _)| *name)
}

impl Domain {
    /// Reads an expanded text; `file` is the name that mistakes are reported under.
    pub fn parse(file: &str, source: &str) -> Result<Self> {
        super::form::parse(&Origin::new(file, source), source)
    }
}

/// Reads a domain by its built-in name or its file, with what it includes, and compiles every rule.
pub fn load(name: &str) -> Result<Domain> {
    let (file, text) = read(name)?;
    let domain = unchecked(&file, &text)?;
    all(domain.check())?;
    Ok(domain)
}

/// The same without compiling its own rules, for those who want to see every mistake by itself.
pub fn load_unchecked(name: &str) -> Result<Domain> {
    let (file, text) = read(name)?;
    unchecked(&file, &text)
}

fn unchecked(file: &str, text: &str) -> Result<Domain> {
    let (expanded, lines) = expanded(file, text)?;
    let mut domain = super::form::parse(&Origin::of_lines(file, &expanded, lines), &expanded)?;
    domain.folder = Path::new(file).parent().map(Path::to_owned);
    Ok(domain)
}

fn all(checked: std::result::Result<(), Vec<Error>>) -> Result<()> {
    checked.map_err(|mistakes| {
        let hint = mistakes.iter().find_map(|m| m.hint_text().map(str::to_owned));
        let lines: Vec<_> = mistakes.iter().map(|m| m.message().to_owned()).collect();
        let error = Error::refused(lines.join("\n"));
        hint.map_or(error.clone(), |hint| error.hint(hint))
    })
}

#[derive(Deserialize)]
struct Head {
    domain: Option<Includes>,
}

#[derive(Deserialize)]
struct Includes {
    #[serde(default)]
    include: Vec<Spanned<String>>,
}

/// Puts a text together with what it includes, each included text once, without its `[domain]` table.
pub fn expand(file: &str, text: &str) -> Result<String> {
    Ok(expanded(file, text)?.0)
}

/// The same, and from which file each line comes.
fn expanded(file: &str, text: &str) -> Result<(String, Lines)> {
    let (mut done, mut parts) = (Vec::new(), Vec::new());
    collect(file, text, &mut done, &mut parts)?;
    let (mut out, mut lines) = (String::new(), Lines::default());
    if parts.is_empty() {
        return Ok((text.to_owned(), lines));
    }
    lines.put(&mut out, file, without_includes(text));
    for (name, part) in parts {
        let heading = format!("\n# From {name}:\n\n");
        lines.put(&mut out, &name, heading.split_inclusive('\n').map(|line| (1, line)));
        lines.put(&mut out, &name, without_domain(&part));
    }
    Ok((out, lines))
}

/// The file and the line that each line of a text comes from; nothing where it comes from one file as it is.
#[derive(Debug, Default)]
struct Lines {
    files: Vec<String>,
    from: Vec<(usize, usize)>,
}

impl Lines {
    fn put<'t>(&mut self, out: &mut String, file: &str, lines: impl Iterator<Item = (usize, &'t str)>) {
        self.files.push(file.to_owned());
        for (number, line) in lines {
            self.from.push((self.files.len() - 1, number));
            out.push_str(line);
        }
    }
}

fn collect(file: &str, text: &str, done: &mut Vec<String>, parts: &mut Vec<(String, String)>) -> Result<()> {
    let origin = Origin::new(file, text);
    let head: Head = toml::from_str(text).map_err(|error| origin.toml_error(&error))?;
    for include in head.domain.map(|domain| domain.include).unwrap_or_default() {
        let (start, name) = (include.span().start, include.into_inner());
        let beside = Path::new(file).parent().map(|folder| folder.join(&name));
        let path = match beside {
            Some(path) if builtin(&name).is_none() && path.exists() => path.to_string_lossy().into_owned(),
            _ => name,
        };
        if done.contains(&path) {
            continue;
        }
        done.push(path.clone());
        if done.len() > MOST {
            return Err(origin.mistake(start, &format!("more than {MOST} files are included")));
        }
        let (_, part) = read(&path)
            .map_err(|error| origin.mistake(start, &format!("the include fails: {}", error.message())))?;
        collect(&path, &part, done, parts)?;
        parts.push((path, part));
        if parts.iter().map(|(_, part)| part.len() as u64).sum::<u64>() > file::TEXT {
            let most = file::TEXT >> 20;
            return Err(origin.mistake(start, &format!("all that is included is larger than {most} MB")));
        }
    }
    Ok(())
}

fn read(name: &str) -> Result<(String, String)> {
    if let Some(text) = builtin(name) {
        return Ok((name.to_owned(), text.to_owned()));
    }
    let text = file::text(Path::new(name)).map_err(|error| {
        let known: Vec<_> = builtin_names().collect();
        Error::refused(format!("The domain {name} cannot be read: {error}."))
            .hint(format!("Name a TOML file, or one of those built in: {}.", known.join(", ")))
    })?;
    Ok((name.to_owned(), text))
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').enumerate().map(|(at, line)| (at + 1, line))
}

fn without_domain(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut inside = false;
    numbered(text).filter(move |(_, line)| {
        if line.starts_with('[') {
            inside = line.trim_end() == "[domain]";
        }
        !inside
    })
}

fn without_includes(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut open = false;
    numbered(text).filter(move |(_, line)| {
        let starts = line.trim_start().starts_with("include") && line.contains('=');
        let drop = starts || open;
        if drop {
            open = !line.contains(']');
        }
        !drop
    })
}

/// A file's name and text, to say where in it something stands.
#[derive(Clone, Debug)]
pub(super) struct Origin(Arc<(String, String, Lines)>);

impl Origin {
    pub fn new(file: &str, text: &str) -> Self {
        Self::of_lines(file, text, Lines::default())
    }

    fn of_lines(file: &str, text: &str, lines: Lines) -> Self {
        Self(Arc::new((file.to_owned(), text.to_owned(), lines)))
    }

    /// A mistake at a byte of the text, as `file:line:column: what`.
    pub fn mistake(&self, at: usize, what: &str) -> Error {
        let text = &self.0.1;
        let before = text.get(..at.min(text.len())).unwrap_or_default();
        let (file, line) = self.spot(at).place();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Error::refused(format!("{file}:{line}:{column}: {what}"))
    }

    pub fn spot(&self, at: usize) -> Spot {
        Spot { origin: self.clone(), at }
    }

    pub fn toml_error(&self, error: &toml::de::Error) -> Error {
        let message = error.message().trim().replace('\n', ", ");
        self.mistake(error.span().map_or(0, |span| span.start), &message)
    }
}

/// A place in a domain's text.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    origin: Origin,
    at: usize,
}

impl Spot {
    /// Its line in the whole text, from 1.
    pub fn line(&self) -> usize {
        let text = &self.origin.0.1;
        text.get(..self.at.min(text.len())).unwrap_or_default().matches('\n').count() + 1
    }

    /// A mistake here.
    pub fn mistake(&self, what: &str) -> Error {
        self.origin.mistake(self.at, what)
    }

    /// The file that it comes from, and the line there.
    pub fn place(&self) -> (String, usize) {
        let (file, _, lines) = &*self.origin.0;
        let line = self.line();
        match lines.from.get(line - 1).and_then(|&(file, line)| Some((lines.files.get(file)?, line))) {
            Some((file, line)) => (file.clone(), line),
            None => (file.clone(), line),
        }
    }
}

/// A jq text inside a TOML file.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub value: String,
    origin: Origin,
    start: usize,
    /// Whether a byte of the value is a byte of the file (no escapes), so that a column can be exact.
    exact: bool,
}

impl Text {
    pub fn new(origin: &Origin, text: Spanned<String>) -> Self {
        let span = text.span();
        let value = text.into_inner();
        let raw = origin.0.1.get(span.clone()).unwrap_or_default();
        let offset = raw.find(value.as_str()).filter(|_| !value.is_empty());
        Self {
            start: span.start + offset.unwrap_or(0),
            exact: offset.is_some(),
            origin: origin.clone(),
            value,
        }
    }

    /// The place of a byte of the value.
    pub fn spot(&self, at: usize) -> Spot {
        self.origin.spot(if self.exact { self.start + at } else { self.start })
    }

    pub fn mistake(&self, rule: &str, mistake: &Mistake) -> Error {
        let at = self.spot(mistake.span.start).at;
        self.origin.mistake(at, &format!("{rule}: {}", mistake.message))
    }
}
