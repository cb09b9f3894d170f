//! A rule's text as a syntax tree. What jq writes and the engine's parser does not know is rewritten on the way in
//! (`?//`, say), and what the engine does in another way than jq is rewritten on the way to it ([`rewrite`]).

mod rewrite;

use std::collections::VecDeque;

use jaq_core::load::lex::{self, Lexer, StrPart, Tok, Token};
use jaq_core::load::parse::{self, Def, Parser, Term};

use super::mistake::Mistake;
pub(super) use rewrite::{ASSIGN, ELSE, FINAL, LINE, UPDATE, rewritten, rewritten_defs};

/// Stands before the patterns of `as A ?// B`, which the parser sees as one array; no source can spell it.
pub(super) const ALTERNATIVES: &str = "$?//";

/// The tree of a filter.
pub(super) fn term(source: &str) -> Result<Term<&str>, Mistake> {
    parse(source, |parser| parser.term())
}

/// The trees of definitions.
pub(super) fn defs(source: &str) -> Result<Vec<Def<&str>>, Mistake> {
    parse(source, |parser| parser.defs())
}

fn parse<'s, T: Default, F>(source: &'s str, read: F) -> Result<T, Mistake>
where
    F: for<'t> FnOnce(&mut Parser<'s, 't>) -> parse::Result<'s, 't, T>,
{
    let tokens = Lexer::new(source).lex().map_err(|errors| first(source, &errors))?;
    if let Some(Token(directive @ ("import" | "include" | "module"), _)) = tokens.first() {
        return Err(Mistake::at(
            "import, include and module are not available: a rule stands alone",
            source,
            directive,
        ));
    }
    let tokens = spell_out(tokens);
    Parser::new(&tokens).parse(read).map_err(|errors| {
        let found = errors.first().map(|(expected, found)| (expected, Token::opt_as_str(*found, source)));
        found.map_or_else(
            || Mistake::new("it is not jq", 0..source.len()),
            |(e, part)| Mistake::of_parse(source, e, part),
        )
    })
}

fn first(source: &str, errors: &[lex::Error<&str>]) -> Mistake {
    errors
        .first()
        .map_or_else(|| Mistake::new("it is not jq", 0..source.len()), |e| Mistake::of_lex(source, e))
}

/// Rewrites, here and inside, what the parser does not know: `as A ?// B` becomes `as [$?//, A, B]`, `{$a: B}` in a
/// pattern `{$a, a: B}`, and what `reduce` and `foreach` go through is put into parentheses.
fn spell_out<'s>(tokens: Vec<Token<&'s str>>) -> Vec<Token<&'s str>> {
    let mut rest: Tokens<'s> = tokens.into_iter().map(inside).collect();
    let mut out = Vec::with_capacity(rest.len());
    while let Some(token) = rest.pop_front() {
        let word = token.0;
        out.push(token);
        match word {
            "as" => out.extend(patterns(&mut rest)),
            "reduce" | "foreach" => out.extend(folded(&mut rest)),
            _ => {}
        }
    }
    out
}

type Tokens<'s> = VecDeque<Token<&'s str>>;

/// The same inside a token.
fn inside(Token(text, token): Token<&str>) -> Token<&str> {
    let token = match token {
        Tok::Block(tokens) => Tok::Block(spell_out(tokens)),
        Tok::Str(parts) => Tok::Str(
            parts
                .into_iter()
                .map(|part| match part {
                    StrPart::Term(term) => StrPart::Term(inside(term)),
                    other => other,
                })
                .collect(),
        ),
        other => other,
    };
    Token(text, token)
}

/// What follows `as`: a pattern, or several.
fn patterns<'s>(rest: &mut Tokens<'s>) -> Option<Token<&'s str>> {
    if !matches!(rest.front()?.1, Tok::Var | Tok::Block(_)) {
        return None;
    }
    let first = named(rest.pop_front()?);
    let mut more = Vec::new();
    while rest.front().is_some_and(|token| token.0 == "?") && rest.get(1).is_some_and(|token| token.0 == "//")
    {
        rest.drain(..2);
        more.extend([Token(",", Tok::Sym), named(rest.pop_front()?)]);
    }
    if more.is_empty() {
        return Some(first);
    }
    let mut block = vec![Token(ALTERNATIVES, Tok::Var), Token(",", Tok::Sym), first];
    block.extend(more);
    block.push(Token("]", Tok::Sym));
    Some(Token("[", Tok::Block(block)))
}

/// A pattern whose `{$a: B}` are `{$a, a: B}`.
fn named<'s>(Token(text, token): Token<&'s str>) -> Token<&'s str> {
    let Tok::Block(tokens) = token else { return Token(text, token) };
    let mut block: Vec<Token<&'s str>> = Vec::with_capacity(tokens.len());
    for token in tokens.into_iter().map(named) {
        match (token.0, block.last()) {
            (":", Some(Token(name, Tok::Var))) => {
                let name = &name[1..];
                block.extend([Token(",", Tok::Sym), Token(name, Tok::Word), token]);
            }
            _ => block.push(token),
        }
    }
    Token(text, Tok::Block(block))
}

/// What stands between `reduce` and its `as`, as one token.
fn folded<'s>(rest: &mut Tokens<'s>) -> Option<Token<&'s str>> {
    let mut open = 1;
    let end = rest.iter().position(|token| {
        open += usize::from(matches!(token.0, "reduce" | "foreach"));
        open -= usize::from(token.0 == "as");
        open == 0
    });
    let end = end.filter(|end| *end > 0 && rest.front().is_some_and(|token| token.0 != ":"))?;
    let mut block = spell_out(rest.drain(..end).collect());
    block.push(Token(")", Tok::Sym));
    Some(Token("(", Tok::Block(block)))
}
