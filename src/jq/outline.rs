//! What a rule's text says without being run: the events it can emit, the metadata it reads, what it calls.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::path::Part;

use super::lower::literal;

/// What a source mentions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The event types that it can emit, in the order of the text.
    pub emits: Vec<String>,
    /// Whether it computes the type of an event that it emits: it may be any.
    pub emits_computed: bool,
    /// The fields of `$meta` that it reads.
    pub meta: Vec<String>,
    /// The fields of `$event` that it reads.
    pub event: Vec<String>,
    /// The functions that it calls and the variables that it reads, with the byte at which each stands.
    pub names: Vec<(String, usize)>,
    /// Whether it can answer nothing: it says `empty`, or selects.
    pub may_be_empty: bool,
}

/// Reads a source; one that is no single term has an empty outline.
pub fn outline(source: &str) -> Outline {
    let mut outline = Outline::default();
    if let Ok(term) = super::syntax::term(source) {
        walk(&term, &mut |term| outline.note(source, term));
    }
    outline
}

impl Outline {
    fn note(&mut self, source: &str, term: &Term<&str>) {
        match term {
            Term::Var(name) => self.name(source, name),
            Term::Call(name, args) => {
                self.name(source, name);
                self.may_be_empty |= matches!(*name, "empty" | "select");
                if let ("event", [kind, _]) = (*name, args.as_slice()) {
                    self.emit(kind);
                }
            }
            Term::Obj(entries) => {
                let value = |wanted: &str| {
                    let named = |key: &Term<&str>| literal(key).as_deref() == Some(wanted);
                    entries.iter().find(|(key, _)| named(key)).and_then(|(_, value)| value.as_ref())
                };
                if let (Some(kind), Some(_)) = (value("type"), value("data")) {
                    self.emit(kind);
                }
            }
            Term::Path(base, path) => {
                let fields = match **base {
                    Term::Var("$meta") => &mut self.meta,
                    Term::Var("$event") => &mut self.event,
                    _ => return,
                };
                if let Some((Part::Index(key), _)) = path.0.first()
                    && let Some(field) = literal(key)
                    && !fields.contains(&field)
                {
                    fields.push(field);
                }
            }
            _ => {}
        }
    }

    fn name(&mut self, source: &str, name: &str) {
        let at = (name.as_ptr() as usize).wrapping_sub(source.as_ptr() as usize);
        self.names.push((name.to_owned(), if at < source.len() { at } else { 0 }));
    }

    /// The type that an event is emitted with: a text, or one of several.
    fn emit(&mut self, kind: &Term<&str>) {
        if let Some(name) = literal(kind) {
            if !self.emits.contains(&name) {
                self.emits.push(name);
            }
            return;
        }
        match kind {
            Term::IfThenElse(cases, otherwise) => {
                for then in cases.iter().map(|(_, then)| then).chain(otherwise.as_deref()) {
                    self.emit(then);
                }
            }
            Term::BinOp(left, BinaryOp::Alt | BinaryOp::Comma, right) => {
                self.emit(left);
                self.emit(right);
            }
            Term::BinOp(_, BinaryOp::Pipe(_), right) => self.emit(right),
            _ => self.emits_computed = true,
        }
    }
}

/// Gives a term and every term in it to `see`, from the outside in.
fn walk<'t>(term: &Term<&'t str>, see: &mut dyn FnMut(&Term<&'t str>)) {
    see(term);
    let mut inner = Vec::new();
    parts(term, &mut inner);
    for term in inner {
        walk(term, see);
    }
}

/// The terms right inside a term, in the order of the text.
fn parts<'a, 't>(term: &'a Term<&'t str>, inner: &mut Vec<&'a Term<&'t str>>) {
    match term {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Var(_) | Term::Break(_) => {}
        Term::Str(_, parts) => inner.extend(parts.iter().filter_map(|part| match part {
            StrPart::Term(term) => Some(term),
            _ => None,
        })),
        Term::Arr(term) => inner.extend(term.as_deref()),
        Term::Neg(term) | Term::Label(_, term) => inner.push(term),
        Term::Obj(entries) => {
            inner.extend(entries.iter().flat_map(|(key, value)| std::iter::once(key).chain(value)));
        }
        Term::BinOp(left, op, right) => {
            inner.push(left);
            if let BinaryOp::Pipe(Some(pattern)) = op {
                pattern_parts(pattern, inner);
            }
            inner.push(right);
        }
        Term::TryCatch(term, handler) => {
            inner.push(term);
            inner.extend(handler.as_deref());
        }
        Term::IfThenElse(cases, otherwise) => {
            inner.extend(cases.iter().flat_map(|(condition, then)| [condition, then]));
            inner.extend(otherwise.as_deref());
        }
        Term::Call(_, args) => inner.extend(args),
        Term::Fold(_, over, pattern, args) => {
            inner.push(over);
            pattern_parts(pattern, inner);
            inner.extend(args);
        }
        Term::Def(defs, term) => {
            inner.extend(defs.iter().map(|def| &def.body));
            inner.push(term);
        }
        Term::Path(base, path) => {
            inner.push(base);
            for (part, _) in &path.0 {
                match part {
                    Part::Index(at) => inner.push(at),
                    Part::Range(from, upto) => inner.extend(from.iter().chain(upto)),
                }
            }
        }
    }
}

fn pattern_parts<'a, 't>(pattern: &'a Pattern<&'t str>, inner: &mut Vec<&'a Term<&'t str>>) {
    match pattern {
        Pattern::Var(_) => {}
        Pattern::Arr(parts) => parts.iter().for_each(|part| pattern_parts(part, inner)),
        Pattern::Obj(parts) => {
            for (key, part) in parts {
                inner.push(key);
                pattern_parts(part, inner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_rule_can_emit_is_plain_to_see() {
        let rule = r#"if .done then empty
            elif $meta.actor == "root" then event("Forced"; {})
            else event("Paid"; $params), (if .on then empty else {type: "On", data: {}} end) end"#;
        let seen = outline(rule);
        assert_eq!(seen.emits, ["Forced", "Paid", "On"]);
        assert_eq!(seen.meta, ["actor"]);
        assert!(!seen.emits_computed && seen.may_be_empty);
        let seen = outline(r#"def e(x): event(if x then "Up" else "Down" end; {}); e(.a) | $__loc__"#);
        assert_eq!(seen.emits, ["Up", "Down"]);
        assert!(!seen.emits_computed && !seen.may_be_empty);
        let seen = outline(r#"event(.x // "Up"; {})"#);
        assert!(seen.emits_computed && seen.emits == ["Up"]);
        assert_eq!(outline("1 +"), Outline::default());
    }

    #[test]
    fn names_say_where_they_stand() {
        let rule = ".a = now | .b = $now";
        let seen = outline(rule);
        let at = |name: &str| seen.names.iter().find(|(known, _)| known == name).map(|(_, at)| *at);
        assert_eq!((at("now"), at("$now")), (rule.find("now"), rule.find("$now")));
    }
}
