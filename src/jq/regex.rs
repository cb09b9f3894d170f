//! Regular expressions as jq's library has them, one search at a time: what each costs is bounded by the pattern's
//! size and the text it can look at, and counted before the next one begins.

use jaq_core::{Cv, ValT as _};
use jaq_std::ValT as _;
use regex_bites::bytes::{Captures, Match, Regex, RegexBuilder};
use regex_syntax::ast::parse::ParserBuilder;
use regex_syntax::ast::{Ast, RepetitionKind, RepetitionRange};

use super::limits::{charge, fits, lasts, work};
use super::natives::chars;
use super::rule::Engine;
use super::value::{Error, V, ValR};

/// What a compiled pattern may take, in bytes; how much it takes is found out by doubling.
const SMALLEST: usize = 1 << 7;
const LARGEST: usize = 1 << 20;
/// Bytes of a compiled pattern for one thing that can be looked at for each character.
const VISIT: usize = 8;
/// Things looked at in one step.
const VISITS: usize = 64;
/// A repetition that goes on for longer than this is as good as endless.
const LONG: usize = 32;

#[derive(Clone, Copy)]
pub(super) enum Give {
    Matches,
    Split,
    Both,
}

/// `matches($re; $flags)` and its relatives.
pub(super) fn regex(mut cv: Cv<'_, Engine>, give: Give) -> ValR {
    let (flags, pattern) = (cv.0.pop_var(), cv.0.pop_var());
    let pattern = Pattern::compile(text(&pattern)?, text(&flags)?)?;
    let input = &cv.1;
    let bytes = input.as_utf8_bytes().ok_or_else(|| Error::typ(input.clone(), "string"))?;
    let mut found = Vec::new();
    let (mut last, mut place) = (0, (0, 0));
    pattern.each(bytes, |captures| {
        let Some(whole) = captures.get(0) else { return Ok(()) };
        if !matches!(give, Give::Matches) {
            charge(64);
            found.push(input.as_sub_str(&bytes[last..whole.start()]));
            last = whole.end();
        }
        if !matches!(give, Give::Split) {
            place = (whole.start(), place.1 + chars(&bytes[place.0..whole.start()]));
            found.push(pattern.told(input, bytes, captures, place)?);
        }
        Ok(())
    })?;
    if !matches!(give, Give::Matches) {
        found.push(input.as_sub_str(&bytes[last..]));
    }
    Ok(found.into_iter().collect())
}

fn text(value: &V) -> Result<&str, Error> {
    let bytes = value.as_utf8_bytes().ok_or_else(|| Error::typ(value.clone(), "string"))?;
    std::str::from_utf8(bytes).map_err(Error::str)
}

struct Pattern {
    regex: Regex,
    /// What can be looked at for one character.
    visits: usize,
    /// Whether it may look far beyond what it finds.
    far: bool,
    global: bool,
    ignore_empty: bool,
}

impl Pattern {
    fn compile(pattern: &str, flags: &str) -> Result<Self, Error> {
        let mut builder = RegexBuilder::new(pattern);
        let (mut global, mut ignore_empty, mut spaced) = (false, false, false);
        for flag in flags.chars() {
            match flag {
                'g' => global = true,
                'n' => ignore_empty = true,
                'i' => drop(builder.case_insensitive(true)),
                'm' => drop(builder.multi_line(true)),
                's' => drop(builder.dot_matches_new_line(true)),
                'p' => drop(builder.multi_line(true).dot_matches_new_line(true)),
                'l' => drop(builder.swap_greed(true)),
                'x' => {
                    spaced = true;
                    builder.ignore_whitespace(true);
                }
                other => return Err(Error::str(format_args!("invalid regex flag: {other}"))),
            }
        }
        let mut size = SMALLEST;
        let regex = loop {
            work((pattern.len() + size) / 64);
            match builder.size_limit(size).build() {
                Ok(regex) => break regex,
                Err(error) if size >= LARGEST => {
                    return Err(Error::str(format_args!("invalid regex: {error}")));
                }
                Err(_) => size *= 2,
            }
        };
        let groups = regex.captures_len();
        // The search keeps the groups of every state.
        fits((size / VISIT).saturating_mul(groups).saturating_mul(16));
        let parsed = ParserBuilder::new().ignore_whitespace(spaced).build().parse(pattern);
        let far = parsed.map_or(true, |ast| looks_far(&ast));
        Ok(Self { regex, visits: size / VISIT * (1 + groups / 4), far, global, ignore_empty })
    }

    fn cost(&self, bytes: usize) -> usize {
        1 + bytes.saturating_mul(self.visits) / VISITS
    }

    /// One search from a place on.
    fn search<'t>(&self, text: &'t [u8], at: usize) -> Option<Captures<'t>> {
        let rest = text.len() - at;
        lasts(self.cost(rest));
        let found = self.regex.captures_at(text, at);
        let end = found.as_ref().and_then(|captures| captures.get(0)).map(|whole| whole.end());
        work(self.cost(end.filter(|_| !self.far).map_or(rest, |end| end - at)));
        found
    }

    /// Gives each match that counts; none overlaps another one.
    fn each(
        &self,
        text: &[u8],
        mut give: impl FnMut(&Captures<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (mut at, mut last) = (0, None);
        while at <= text.len() {
            let Some(captures) = self.search(text, at) else { break };
            let Some((start, end)) = captures.get(0).map(|whole| (whole.start(), whole.end())) else { break };
            if start == end && last == Some(end) {
                at += (1..4).take_while(|next| text.get(at + next).is_some_and(|b| b & 0xc0 == 0x80)).count()
                    + 1;
                continue;
            }
            (at, last) = (end, Some(end));
            if start == end && self.ignore_empty {
                continue;
            }
            give(&captures)?;
            if !self.global {
                break;
            }
        }
        Ok(())
    }

    /// A match with its groups, as jq tells of them; `place` is where it begins, in bytes and in characters.
    fn told(&self, input: &V, text: &[u8], captures: &Captures<'_>, place: (usize, usize)) -> ValR {
        let told = captures.iter().zip(self.regex.capture_names());
        let told = told.filter_map(|(part, name)| Some((part?, name)));
        let one = |(part, name): (Match<'_>, Option<&str>)| {
            let offset = place.1 + chars(&text[place.0..part.start()]);
            let part = &text[part.start()..part.end()];
            let fields = [
                ("offset", V::from(offset)),
                ("length", V::from(chars(part))),
                ("string", input.as_sub_str(part)),
            ];
            let name = name.map(|name| ("name", V::from(name.to_owned())));
            V::from_map(fields.into_iter().chain(name).map(|(key, value)| (V::from(key.to_owned()), value)))
        };
        told.map(one).collect()
    }
}

/// Whether a match can be found while what would be preferred to it is still looked for, however far away: then
/// each of many searches may look at all the rest of the text.
fn looks_far(ast: &Ast) -> bool {
    match ast {
        Ast::Group(group) => looks_far(&group.ast),
        Ast::Concat(all) => all.asts.iter().any(looks_far),
        Ast::Alternation(any) => any.asts.iter().any(|branch| hungry(branch) || looks_far(branch)),
        Ast::Repetition(repeated) => {
            let (least, most) = times(&repeated.op.kind);
            looks_far(&repeated.ast) || (least != most && hungry(&repeated.ast))
        }
        _ => false,
    }
}

/// Whether something endless is followed by something that must come.
fn hungry(ast: &Ast) -> bool {
    match ast {
        Ast::Group(group) => hungry(&group.ast),
        Ast::Alternation(any) => any.asts.iter().any(hungry),
        Ast::Repetition(repeated) => hungry(&repeated.ast),
        Ast::Concat(all) => {
            let needed = all.asts.iter().rposition(|ast| !nullable(ast)).unwrap_or(0);
            all.asts.iter().any(hungry) || all.asts[..needed].iter().any(endless)
        }
        _ => false,
    }
}

fn endless(ast: &Ast) -> bool {
    match ast {
        Ast::Group(group) => endless(&group.ast),
        Ast::Concat(all) => all.asts.iter().any(endless),
        Ast::Alternation(any) => any.asts.iter().any(endless),
        Ast::Repetition(_) => longest(ast) > LONG,
        _ => false,
    }
}

fn nullable(ast: &Ast) -> bool {
    match ast {
        Ast::Group(group) => nullable(&group.ast),
        Ast::Concat(all) => all.asts.iter().all(nullable),
        Ast::Alternation(any) => any.asts.iter().any(nullable),
        Ast::Repetition(repeated) => times(&repeated.op.kind).0 == 0 || nullable(&repeated.ast),
        Ast::Empty(_) | Ast::Flags(_) | Ast::Assertion(_) => true,
        _ => false,
    }
}

fn longest(ast: &Ast) -> usize {
    match ast {
        Ast::Group(group) => longest(&group.ast),
        Ast::Concat(all) => all.asts.iter().map(longest).fold(0, usize::saturating_add),
        Ast::Alternation(any) => any.asts.iter().map(longest).max().unwrap_or(0),
        Ast::Repetition(repeated) => longest(&repeated.ast).saturating_mul(times(&repeated.op.kind).1),
        Ast::Empty(_) | Ast::Flags(_) | Ast::Assertion(_) => 0,
        _ => 1,
    }
}

/// How often something is repeated, at least and at most.
fn times(kind: &RepetitionKind) -> (usize, usize) {
    let (least, most) = match kind {
        RepetitionKind::ZeroOrOne => (0, Some(1)),
        RepetitionKind::ZeroOrMore => (0, None),
        RepetitionKind::OneOrMore => (1, None),
        RepetitionKind::Range(RepetitionRange::Exactly(n)) => (*n, Some(*n)),
        RepetitionKind::Range(RepetitionRange::AtLeast(n)) => (*n, None),
        RepetitionKind::Range(RepetitionRange::Bounded(least, most)) => (*least, Some(*most)),
    };
    (least as usize, most.map_or(usize::MAX, |most| most as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_look_far_are_told_from_the_others() {
        let far = |pattern: &str| looks_far(&ParserBuilder::new().build().parse(pattern).unwrap());
        for pattern in [".*[^A-Z]|[A-Z]", "a(.*z)?", "(?:a[0-9]*b)*", "a|b{1,99}c", "(x.*y|x)z"] {
            assert!(far(pattern), "{pattern}");
        }
        for pattern in
            [r"\s+", r"(\w+)@(\w+)\.com", "a.*z", "a|b+", "(a+)+", "(?:ab){2,9}|c", r"^\d{4}-\d{2}$"]
        {
            assert!(!far(pattern), "{pattern}");
        }
    }
}
