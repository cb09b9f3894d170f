//! A domain's text with one thing exchanged, an apply rule or how a type is shown: everything else in it stays as it
//! was written.

use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

use super::Listed;
use crate::error::{Error, Result};

/// What a text starts with where a store has none.
const FIRST: &str = "# The rules of this store.\n\n[domain]\nname = \"own\"\n";

/// The text in which events of a type are applied by another rule; a type without one gets it, and a blank rule takes
/// it out, so that the data is merged.
pub fn with_apply(source: &str, kind: &str, event: &str, rule: &str) -> Result<String> {
    let blank = rule.trim().is_empty();
    let text = if source.trim().is_empty() && !blank { FIRST } else { source };
    let mut document = read(text)?;
    let path = ["aggregate", kind, "event", event];
    let Some(at) = table_at(&mut document, &path, blank)? else { return Ok(source.to_owned()) };
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

/// The text in which the aggregates of a type are shown like this; everything else that is said of the type stays.
pub fn with_listed(source: &str, listed: &Listed) -> Result<String> {
    let mut document = read(source)?;
    let path = ["aggregate", listed.kind.as_str()];
    let Some(at) = table_at(&mut document, &path, listed.is_empty())? else { return Ok(source.to_owned()) };
    let columns: InlineTable = listed.columns.iter().map(|(name, rule)| (name, rule.as_str())).collect();
    let quiet: Array = listed.quiet.iter().map(String::as_str).collect();
    let keys = [
        ("label", listed.label.as_deref().map(Value::from)),
        ("status", listed.status.as_deref().map(Value::from)),
        ("columns", (!columns.is_empty()).then(|| columns.into())),
        ("quiet", (!quiet.is_empty()).then(|| quiet.into())),
    ];
    for (key, new) in keys {
        match new {
            None => drop(at.remove(key)),
            // What stays as it is keeps how it is written.
            Some(new) if at.get(key).is_some_and(|old| same(old, &new)) => {}
            Some(new) => drop(at.insert(key, value(new))),
        }
    }
    Ok(document.to_string())
}

fn same(old: &Item, new: &Value) -> bool {
    let plain = |text: String| text.parse::<DocumentMut>().ok().map(|document| document.to_string());
    old.as_str().is_some() && old.as_str() == new.as_str()
        || plain(format!("x = {}", old.to_string().trim()))
            == plain(format!("x = {}", new.to_string().trim()))
}

fn read(source: &str) -> Result<DocumentMut> {
    source
        .parse()
        .map_err(|error: toml_edit::TomlError| Error::refused(format!("the domain: {}", error.message())))
}

/// The table at a path, which is made where there is none; `None` where it is only looked for.
fn table_at<'d>(
    document: &'d mut DocumentMut,
    path: &[&str],
    only_looked: bool,
) -> Result<Option<&'d mut dyn TableLike>> {
    let mut at: &mut dyn TableLike = document.as_table_mut();
    let mut form = Form::Headed;
    for (depth, key) in path.iter().enumerate() {
        if only_looked && !at.contains_key(key) {
            return Ok(None);
        }
        let item = at.entry(key).or_insert_with(|| form.table(depth + 1 == path.len()));
        form = Form::of(item);
        at = item
            .as_table_like_mut()
            .ok_or_else(|| Error::refused(format!("the domain: {key} in {} is no table", path.join("."))))?;
    }
    Ok(Some(at))
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
    fn how_a_type_is_shown_is_exchanged_and_the_rest_stays() {
        let shown = |source: &str| Listed::of(&Domain::parse("t", source).unwrap(), "Box");
        let listed = Listed {
            kind: "Box".into(),
            label: Some(".n".into()),
            status: None,
            columns: vec![("where".into(), ".hall".into()), ("a b".into(), ".\"x y\"".into())],
            quiet: vec!["sync.at".into()],
        };
        let texts = [
            "",
            "# Top.\n[aggregate.Box] # box\nstatus = '.s'\n\n[aggregate.Box.event.Put]\napply = '.n = 1' # so\n",
            "[aggregate.Box.event.Put]\napply = '.n = 1' # so\n\n# Next.\n[aggregate.Lid]\nlabel = '.l'\n",
            "aggregate = { Box = { label = '.n' } }\n",
        ];
        for text in texts {
            let new = with_listed(text, &listed).unwrap();
            assert_eq!(shown(&new), listed, "{new}");
            let kept =
                |line: &&str| !["status", "[aggregate.Box]", "aggregate"].iter().any(|s| line.starts_with(s));
            assert!(text.lines().filter(kept).all(|line| new.lines().any(|other| other == line)), "{new}");
            assert_eq!(with_listed(&new, &listed).unwrap(), new);
            let back = with_listed(&new, &Listed { kind: "Box".into(), ..Listed::default() }).unwrap();
            assert!(shown(&back).is_empty(), "{back}");
        }
        let none = Listed { kind: "Crate".into(), ..Listed::default() };
        assert_eq!(with_listed(texts[1], &none).unwrap(), texts[1]);
        let label = "[aggregate.Box]\nlabel = '.n' # why\n";
        let same = Listed { columns: Vec::new(), quiet: Vec::new(), ..listed };
        assert_eq!(with_listed(label, &same).unwrap(), label);
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
