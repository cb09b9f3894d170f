//! Regular expressions as jq has them: Unicode, with look-around and references back. What a search costs is counted
//! before it by the pattern's size and the text it can look at; one that must go back and forth is bounded by turns.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use fancy_regex::{Captures as Of, Error as Failed, Regex, RegexBuilder, RuntimeError};
use jaq_core::{Cv, ValT as _};
use jaq_json::Val;
use jaq_std::ValT as _;
use regex_syntax::ast::parse::ParserBuilder;
use regex_syntax::ast::{Ast, ClassSetItem, RepetitionKind, RepetitionRange};

use super::limits::{Stop, charge, fits, lasts, run, stop, work};
use super::natives::chars;
use super::rule::Engine;
use super::value::{Error, V, ValR};

/// The largest pattern, in things that can be looked at for each character.
const LARGEST: usize = 10_000;
/// What a compiled one may take, in bytes.
const COMPILED: usize = 8 << 20;
/// Things looked at in one step.
const VISITS: usize = 8;
/// A repetition that goes on for longer than this is as good as endless.
const LONG: usize = 32;
/// How often a search may go back, and what each search that can is counted as.
const TURNS: usize = 100_000;
const TURNS_COUNTED: usize = 1_000;
/// Steps that compiling takes: for each pattern, for each class of Unicode, and for each other thing.
const COMPILING: (usize, usize, usize) = (100, 500, 4);
/// Compiled patterns that are kept from one run to the next.
const KEPT: usize = 64;

type Captures<'t> = Of<'t, str>;

#[derive(Clone, Copy)]
pub(super) enum Give {
    /// Whether there is one.
    Whether,
    /// All matches, as jq tells of them.
    Matches,
    /// The texts between them.
    Split,
    /// For each the text before it and its groups by name, and the text behind the last one.
    Pieces,
}

/// `match($re; $flags)` and its relatives.
pub(super) fn regex(mut cv: Cv<'_, Engine>, give: Give) -> ValR {
    let (flags, pattern) = (cv.0.pop_var(), cv.0.pop_var());
    let flags = if matches!(flags.0, Val::Null) { "" } else { text(&flags)? };
    let text = text(&cv.1)
        .map_err(|_| Error::str(format_args!("{} cannot be matched, as it is not a string", cv.1.told())))?;
    let pattern = Pattern::compiled(self::text(&pattern)?, flags)?;
    let input = &cv.1;
    let part = |from: usize, upto: usize| input.as_sub_str(&text.as_bytes()[from..upto]);
    let (mut found, mut last, mut place) = (Vec::new(), 0, (0, 0));
    pattern.each(text, |captures| {
        let Some(whole) = captures.get(0) else { return Ok(true) };
        charge(64);
        match give {
            Give::Whether => {
                found.push(V::from(true));
                return Ok(false);
            }
            Give::Matches => {
                place = (whole.start(), place.1 + chars(&text.as_bytes()[place.0..whole.start()]));
                found.push(pattern.told(input, text, captures, place)?);
            }
            Give::Split => found.push(part(last, whole.start())),
            Give::Pieces => {
                let groups = pattern.named(input, captures)?;
                found.push([part(last, whole.start()), groups].into_iter().collect());
            }
        }
        last = whole.end();
        Ok(true)
    })?;
    let rest = part(last, text.len());
    Ok(match give {
        Give::Whether => V::from(!found.is_empty()),
        Give::Matches => found.into_iter().collect(),
        Give::Split => found.into_iter().chain([rest]).collect(),
        Give::Pieces => [found.into_iter().collect(), rest].into_iter().collect(),
    })
}

fn text(value: &V) -> Result<&str, Error> {
    let bytes = value.as_utf8_bytes();
    let bytes = bytes.ok_or_else(|| Error::str(format_args!("{} is not a string", value.told())))?;
    std::str::from_utf8(bytes).map_err(Error::str)
}

#[allow(clippy::struct_excessive_bools, reason = "flags of a search")]
struct Pattern {
    regex: Regex,
    /// What can be looked at for one character.
    visits: usize,
    /// Whether it may look far beyond what it finds.
    far: bool,
    /// Whether it may go back: only then is a search not bounded by its text.
    turns: bool,
    global: bool,
    ignore_empty: bool,
}

/// Patterns and their flags, and for each what it is compiled to and the number of the run that last used it.
type Patterns = HashMap<(String, String), (Rc<Pattern>, Cell<u64>)>;

thread_local! {
    /// What was compiled on this thread, with the run that last used it. A run counts what it compiles whether or not
    /// it is here, so that every machine counts the same.
    static COMPILED_PATTERNS: RefCell<Patterns> = RefCell::new(HashMap::new());
}

impl Pattern {
    fn compiled(pattern: &str, flags: &str) -> Result<Rc<Self>, Error> {
        let key = (pattern.to_owned(), flags.to_owned());
        let now = run();
        work(1 + pattern.len() / 16);
        let known = COMPILED_PATTERNS
            .with_borrow(|all| all.get(&key).map(|(pattern, used)| (Rc::clone(pattern), used.replace(now))));
        if let Some((known, used)) = known {
            if used != now {
                count_compiling(&known.regex, pattern, flags);
            }
            return Ok(known);
        }
        let compiled = Rc::new(Self::compile(pattern, flags)?);
        count_compiling(&compiled.regex, pattern, flags);
        COMPILED_PATTERNS.with_borrow_mut(|all| {
            // Those of this run stay, so that none is compiled twice in it.
            if all.len() >= KEPT {
                all.retain(|_, (_, used)| used.get() == now);
            }
            all.insert(key, (Rc::clone(&compiled), Cell::new(now)));
        });
        Ok(compiled)
    }

    fn compile(pattern: &str, flags: &str) -> Result<Self, Error> {
        let mut builder = RegexBuilder::new(pattern);
        let (mut global, mut ignore_empty, mut spaced, mut longest) = (false, false, false, false);
        for flag in flags.chars() {
            match flag {
                'g' => global = true,
                'n' => ignore_empty = true,
                'i' => drop(builder.case_insensitive(true)),
                'p' => drop(builder.dot_matches_new_line(true)),
                // `^` and `$` are those of the text without it, too.
                's' => {}
                'l' => longest = true,
                'x' => {
                    spaced = true;
                    builder.ignore_whitespace(true);
                }
                _ => return Err(Error::str(format_args!("{flags} is not a valid modifier string"))),
            }
        }
        let ast = parsed(pattern, spaced);
        let size = ast.as_ref().map_or(pattern.len(), |ast| size(ast).0);
        if size > LARGEST {
            return Err(Error::str(format_args!(
                "invalid regex: it looks at more than {LARGEST} things at once"
            )));
        }
        builder.delegate_size_limit(COMPILED).max_prog_size(LARGEST * 4).backtrack_limit(TURNS);
        let regex = builder.leftmost_longest(longest).build();
        let regex = regex.map_err(|error| Error::str(format_args!("invalid regex: {error}")))?;
        let groups = regex.captures_len();
        // The search keeps the groups of every state.
        fits(size.saturating_mul(groups).saturating_mul(64));
        let far = ast.as_ref().is_none_or(looks_far);
        let turns = ast.is_none() || longest;
        Ok(Self { regex, visits: size * (1 + groups / 4), far, turns, global, ignore_empty })
    }

    fn cost(&self, bytes: usize) -> usize {
        1 + bytes.saturating_mul(self.visits) / VISITS
    }

    /// One search from a place on.
    fn search<'t>(&self, text: &'t str, at: usize) -> Result<Option<Captures<'t>>, Error> {
        let rest = text.len() - at;
        lasts(self.cost(rest));
        let found = self.regex.captures_from_pos(text, at).map_err(|error| match error {
            Failed::RuntimeError(RuntimeError::BacktrackLimitExceeded) => stop(Stop::Steps),
            other => Error::str(format_args!("regex failure: {other}")),
        })?;
        let end = found.as_ref().and_then(|captures| captures.get(0)).map(|whole| whole.end());
        let seen = end.filter(|_| !self.far).map_or(rest, |end| end.saturating_sub(at));
        work(self.cost(seen) + if self.turns { TURNS_COUNTED } else { 0 });
        Ok(found)
    }

    /// Gives each match that counts, until it is told to stop; none overlaps another one.
    fn each(
        &self,
        text: &str,
        mut give: impl FnMut(&Captures<'_>) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let mut at = 0;
        while at <= text.len() {
            let Some(captures) = self.search(text, at)? else { break };
            let Some((start, end)) = captures.get(0).map(|whole| (whole.start(), whole.end())) else { break };
            at = if start == end { end + text[end..].chars().next().map_or(1, char::len_utf8) } else { end };
            if start == end && self.ignore_empty {
                continue;
            }
            if !give(&captures)? || !self.global {
                break;
            }
        }
        Ok(())
    }

    /// A match with its groups, as jq tells of them; `place` is where it begins, in bytes and in characters.
    fn told(&self, input: &V, text: &str, captures: &Captures<'_>, place: (usize, usize)) -> ValR {
        let field = |key: &str, value: V| (V::from(key.to_owned()), value);
        let one = |at: usize| match captures.get(at) {
            Some(part) => {
                let offset =
                    place.1 + text.get(place.0..part.start()).map_or(0, |text| chars(text.as_bytes()));
                let length = chars(part.as_str().as_bytes());
                let string = input.as_sub_str(part.as_str().as_bytes());
                [field("offset", V::from(offset)), field("length", V::from(length)), field("string", string)]
            }
            None => [
                field("offset", V::from(-1isize)),
                field("length", V::from(0usize)),
                field("string", V::default()),
            ],
        };
        let group = |(at, name): (usize, Option<&str>)| {
            let name = name.map_or_else(V::default, |name| V::from(name.to_owned()));
            V::from_map(one(at).into_iter().chain([field("name", name)]))
        };
        let groups: V =
            self.regex.capture_names().enumerate().skip(1).map(group).collect::<Result<_, _>>()?;
        V::from_map(one(0).into_iter().chain([field("captures", groups)]))
    }

    /// The groups that have a name.
    fn named(&self, input: &V, captures: &Captures<'_>) -> ValR {
        let named = self.regex.capture_names().enumerate().filter_map(|(at, name)| {
            let part = captures.get(at).map(|part| input.as_sub_str(part.as_str().as_bytes()));
            Some((V::from(name?.to_owned()), part.unwrap_or_default()))
        });
        V::from_map(named.collect::<Vec<_>>())
    }
}

fn parsed(pattern: &str, spaced: bool) -> Option<Ast> {
    ParserBuilder::new().ignore_whitespace(spaced).build().parse(pattern).ok()
}

fn count_compiling(regex: &Regex, pattern: &str, flags: &str) {
    let (once, class, thing) = COMPILING;
    let (things, classes) = parsed(pattern, flags.contains('x')).map_or((pattern.len(), 4), |ast| size(&ast));
    work(once + classes * class + things * thing + regex.captures_len());
    charge(things * 256 + classes * 16_384);
}

/// How many things a pattern can look at for a character, and how many of them are classes of Unicode.
fn size(ast: &Ast) -> (usize, usize) {
    let sum = |all: &[Ast]| {
        all.iter().map(size).fold((0usize, 0usize), |x, y| (x.0.saturating_add(y.0), x.1.saturating_add(y.1)))
    };
    match ast {
        Ast::Group(group) => size(&group.ast),
        Ast::Concat(all) => sum(&all.asts),
        Ast::Alternation(any) => sum(&any.asts),
        Ast::Repetition(repeated) => {
            let (least, most) = times(&repeated.op.kind);
            let times = if most == usize::MAX { least.max(1) } else { most.max(1) };
            let (things, classes) = size(&repeated.ast);
            (things.saturating_mul(times), classes.saturating_mul(times))
        }
        Ast::ClassPerl(_) | Ast::ClassUnicode(_) => (1, 1),
        Ast::ClassBracketed(class) => {
            let wide = !matches!(
                &class.kind,
                regex_syntax::ast::ClassSet::Item(
                    ClassSetItem::Literal(_) | ClassSetItem::Range(_) | ClassSetItem::Ascii(_)
                )
            );
            (1, usize::from(wide))
        }
        Ast::Empty(_) | Ast::Flags(_) => (0, 0),
        _ => (1, 0),
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
