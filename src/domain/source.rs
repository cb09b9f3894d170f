//! Domain texts: built in, from a file, put together from includes; and the place of a mistake in them.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::Domain;
use crate::error::{Error, Result};
use crate::jq::Mistake;

const BUILTIN: &[(&str, &str)] = &[
    ("todo", include_str!("../../assets/domains/todo.toml")),
    ("subscription", include_str!("../../assets/domains/subscription.toml")),
    ("demo", include_str!("../../assets/domains/demo.toml")),
];

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
        super::form::parse(file, source)
    }
}

/// Reads a domain by its built-in name or its file, with what it includes, and compiles every rule.
pub fn load(name: &str) -> Result<Domain> {
    let (file, text) = read(name)?;
    // Each file is checked by itself first, so that a mistake is reported where it stands.
    let own = Domain::parse(&file, &text)?;
    all(own.check())?;
    let expanded = expand(&file, &text)?;
    let domain = Domain::parse(&file, &expanded)?;
    all(domain.check())?;
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
    let mut done = Vec::new();
    let mut parts = Vec::new();
    collect(file, text, &mut done, &mut parts)?;
    if parts.is_empty() {
        return Ok(text.to_owned());
    }
    let mut out = without_includes(text);
    for (name, part) in parts {
        // Writing to a string cannot fail.
        let _ = write!(out, "\n# From {name}:\n\n{}", without_domain(&part));
    }
    Ok(out)
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
        let (_, part) = read(&path)
            .map_err(|error| origin.mistake(start, &format!("the include fails: {}", error.message())))?;
        Domain::parse(&path, &part).and_then(|domain| all(domain.check()))?;
        collect(&path, &part, done, parts)?;
        parts.push((path, part));
    }
    Ok(())
}

fn read(name: &str) -> Result<(String, String)> {
    if let Some(text) = builtin(name) {
        return Ok((name.to_owned(), text.to_owned()));
    }
    let text = std::fs::read_to_string(name).map_err(|error| {
        let known: Vec<_> = builtin_names().collect();
        Error::refused(format!("The domain {name} cannot be read: {error}."))
            .hint(format!("Name a TOML file, or one of those built in: {}.", known.join(", ")))
    })?;
    Ok((name.to_owned(), text))
}

fn without_domain(text: &str) -> String {
    let mut inside = false;
    let keep = |line: &&str| {
        if line.starts_with('[') {
            inside = line.trim_end() == "[domain]";
        }
        !inside
    };
    text.split_inclusive('\n').filter(keep).collect()
}

fn without_includes(text: &str) -> String {
    let mut out = String::new();
    let mut open = false;
    for line in text.split_inclusive('\n') {
        let starts = line.trim_start().starts_with("include") && line.contains('=');
        if starts || open {
            open = !line.contains(']');
        } else {
            out.push_str(line);
        }
    }
    out
}

/// A file's name and text, to say where in it something stands.
#[derive(Clone, Debug)]
pub(super) struct Origin(Arc<(String, String)>);

impl Origin {
    pub fn new(file: &str, text: &str) -> Self {
        Self(Arc::new((file.to_owned(), text.to_owned())))
    }

    /// A mistake at a byte of the text, as `file:line:column: what`.
    pub fn mistake(&self, at: usize, what: &str) -> Error {
        let (file, text) = &*self.0;
        let before = text.get(..at.min(text.len())).unwrap_or_default();
        let line = self.spot(at).line();
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
    /// Its line, from 1.
    pub fn line(&self) -> usize {
        let text = &self.origin.0.1;
        text.get(..self.at.min(text.len())).unwrap_or_default().matches('\n').count() + 1
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
