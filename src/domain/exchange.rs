//! A domain's text with one apply rule exchanged: everything else in it stays as it was written.

use toml_edit::{DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

use crate::error::{Error, Result};

/// What a text starts with where a store has none.
const FIRST: &str = "# The rules of this store.\n\n[domain]\nname = \"own\"\n";

/// The text in which events of a type are applied by another rule; a type without one gets it, and a blank rule takes
/// it out, so that the data is merged.
pub fn with_apply(source: &str, kind: &str, event: &str, rule: &str) -> Result<String> {
    let blank = rule.trim().is_empty();
    let text = if source.trim().is_empty() && !blank { FIRST } else { source };
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| Error::refused(format!("the domain: {}", error.message())))?;
    let mut at: &mut dyn TableLike = document.as_table_mut();
    let mut form = Form::Headed;
    for key in ["aggregate", kind, "event", event] {
        if blank && !at.contains_key(key) {
            return Ok(source.to_owned());
        }
        let item = at.entry(key).or_insert_with(|| form.table(key == event));
        form = Form::of(item);
        at = item
            .as_table_like_mut()
            .ok_or_else(|| Error::refused(format!("the domain: {key} of {kind} is no table")))?;
    }
    if blank {
        at.remove("apply");
        return Ok(document.to_string());
    }
    let mut new = Value::from(rule.trim_end());
    if let Some(old) = at.get("apply").and_then(Item::as_value) {
        // A comment behind the rule stays there.
        *new.decor_mut() = old.decor().clone();
    }
    at.insert("apply", value(new));
    Ok(document.to_string())
}

/// How a table is written; what is put into it has to be written so too.
#[derive(Clone, Copy)]
enum Form {
    /// `[a.b]`
    Headed,
    /// `a.b = …`
    Dotted,
    /// `a = { b = … }`
    Inline,
}

impl Form {
    fn of(item: &Item) -> Self {
        match item {
            Item::Table(table) if table.is_dotted() => Self::Dotted,
            Item::Table(_) => Self::Headed,
            _ => Self::Inline,
        }
    }

    /// An empty table; only the last one of a path has a heading of its own.
    fn table(self, last: bool) -> Item {
        if let Self::Inline = self {
            return Item::Value(Value::InlineTable(InlineTable::new()));
        }
        let mut table = Table::new();
        table.set_dotted(matches!(self, Self::Dotted));
        table.set_implicit(!last);
        Item::Table(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Domain, builtin};

    fn rule(source: &str, kind: &str, event: &str) -> Option<String> {
        let domain = Domain::parse("t", source).unwrap();
        domain.check().unwrap();
        Some(domain.event(kind, event)?.apply_text()?.to_owned())
    }

    /// The lines that only one of two texts has.
    fn differing<'t>(one: &'t str, other: &'t str) -> Vec<&'t str> {
        let only = |a: &'t str, b: &'t str| a.lines().filter(|line| b.lines().all(|l| l != *line)).collect();
        let (mut lines, more): (Vec<_>, Vec<_>) = (only(one, other), only(other, one));
        lines.extend(more);
        lines
    }

    #[test]
    fn only_the_rule_changes_in_a_domain() {
        for name in ["account", "subscription"] {
            let source = builtin(name).unwrap().to_owned();
            let domain = Domain::parse("t", &source).unwrap();
            for (kind, aggregate) in &domain.aggregates {
                for event in aggregate.events.keys() {
                    let new =
                        with_apply(&source, kind, event, ".new = $data.it | .quote = \"'\\n\"").unwrap();
                    assert_eq!(rule(&new, kind, event).unwrap(), ".new = $data.it | .quote = \"'\\n\"");
                    let was = rule(&source, kind, event).unwrap();
                    let lines = differing(&source, &new).len();
                    assert!(lines <= was.trim().lines().count() + 5, "{kind} {event}: {lines} lines differ");
                    // There and back again is what was there, but for the spelling of its quotes.
                    let back = with_apply(&new, kind, event, &was).unwrap();
                    assert_eq!(rule(&back, kind, event).unwrap().trim(), was.trim());
                    assert_eq!(
                        with_apply(&new, kind, event, "").unwrap().lines().count(),
                        new.lines().count() - 1
                    );
                }
            }
        }
    }

    #[test]
    fn comments_stay_and_every_way_to_write_a_table_gets_a_rule() {
        let texts = [
            "# Top.\n[aggregate.Box.event.Put] # put\ndoc = \"In.\" # why\napply = '.n = 1' # so\n# Next.\n[aggregate.Box.command.put]\nemit = 'empty'\n",
            "[aggregate.Box]\nlabel = '.n'\n# One.\nevent.Put = { apply = '.n = 1', doc = \"In.\" }\nevent.Out.apply = '.n = 0'\n",
            "aggregate = { Box = { event = { Put = { apply = '.n = 1' } } } }\n",
            "[aggregate.Box.event]\nPut.apply = '.n = 1'\n[aggregate.\"A Lid\".event]\n",
        ];
        for text in texts {
            let new = with_apply(text, "Box", "Put", ".n = 2").unwrap();
            assert_eq!(rule(&new, "Box", "Put").as_deref(), Some(".n = 2"));
            assert_eq!(new.replace("\".n = 2\"", "'.n = 1'").replace("'.n = 2'", "'.n = 1'"), text);
            for (kind, event) in [("Box", "Sealed"), ("A Lid", "Shut"), ("Crate", "Built")] {
                let added = with_apply(text, kind, event, ".x = 1").unwrap();
                assert_eq!(rule(&added, kind, event).as_deref(), Some(".x = 1"), "{added}");
                assert_eq!(rule(&added, "Box", "Put").as_deref(), Some(".n = 1"), "{added}");
                assert_eq!(with_apply(text, kind, event, " ").unwrap(), text);
            }
        }
        let first = with_apply("", "Box", "Put", ".n = 1\n| .m = 2\n").unwrap();
        assert_eq!(rule(&first, "Box", "Put").as_deref(), Some(".n = 1\n| .m = 2"));
        assert_eq!(with_apply("", "Box", "Put", "").unwrap(), "");
    }
}
