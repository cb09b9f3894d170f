//! Where a rule's source text is wrong, and what was expected there.

use std::ops::Range;

use jaq_core::compile::{self, Undefined};
use jaq_core::load::{lex, parse};

/// A mistake in a source text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong, and what was expected.
    pub message: String,
    /// The bytes of the source that it is about.
    pub span: Range<usize>,
}

/// What a rule may not reach: everything that would make a replay depend on more than its events.
const FORBIDDEN: &[(&[&str], &str)] = &[
    (&["now", "localtime", "strflocaltime"], "rules see no clock but the event's"),
    (&["env", "$ENV", "get_search_list", "$__prog_args"], "rules see no environment"),
    (
        &["input", "inputs", "input_filename", "input_line_number"],
        "rules see no input but the state and the event",
    ),
    (&["halt", "halt_error"], "a rule cannot end the program; use error(\"why\")"),
    (&["debug", "stderr"], "rules print nothing"),
    (&["jn", "yn"], "its work has no bound"),
    (&["tobytes"], "JSON has no byte strings"),
];

impl Mistake {
    pub(super) fn new(message: impl Into<String>, span: Range<usize>) -> Self {
        Self { message: message.into(), span }
    }

    /// A mistake about a part of the source.
    pub(super) fn at(message: impl Into<String>, source: &str, part: &str) -> Self {
        Self::new(message, span(source, part))
    }

    pub(super) fn of_parse(source: &str, expected: &parse::Expect<&str>, part: &str) -> Self {
        let there = if part.is_empty() { "the end".to_owned() } else { format!("`{part}`") };
        Self::at(format!("expected {}, found {there}", expected.as_str()), source, part)
    }

    pub(super) fn of_lex(code: &str, (expected, found): &lex::Error<&str>) -> Self {
        if let lex::Expect::Delim(open) = expected {
            return Self::new(format!("`{open}` is not closed"), span(code, open));
        }
        let first = found.chars().next().map_or(0, char::len_utf8);
        Self::new(format!("expected {}", expected.as_str()), span(code, &found[..first]))
    }

    /// The first name that the compiler does not know; one that stands in another text has no place.
    pub(super) fn of_compile<P>(source: &str, errors: compile::Errors<&str, P>) -> Self {
        let mut found = errors.into_iter().flat_map(|(_, list)| {
            list.into_iter().map(|(name, what)| Self::at(unknown(name, &what), source, name))
        });
        found.next().unwrap_or_else(|| Self::new("it does not compile", 0..source.len()))
    }
}

fn unknown(name: &str, what: &Undefined) -> String {
    if let Some((_, why)) = FORBIDDEN.iter().find(|(names, _)| names.contains(&name)) {
        return format!("`{name}` is not available: {why}");
    }
    match what {
        Undefined::Filter(0) => format!("there is no function `{name}`"),
        Undefined::Filter(n) => {
            format!("there is no function `{name}` with {n} argument{}", if *n == 1 { "" } else { "s" })
        }
        other => format!("there is no {} `{name}`", other.as_str()),
    }
}

/// The place of a part in the text that it is a slice of.
fn span(code: &str, part: &str) -> Range<usize> {
    let start = (part.as_ptr() as usize).wrapping_sub(code.as_ptr() as usize);
    // A part that is no slice of the code (a definition of the library) has no place in it.
    if start > code.len() || part.len() > code.len() - start { 0..0 } else { start..start + part.len() }
}
