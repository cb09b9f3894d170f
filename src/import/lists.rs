//! The lists of a document that `records` names, such as `.Records[]`: they are read without holding the document.

use super::value::plain_path;
use crate::jq::Rule;

/// A list of records.
pub struct List {
    /// The keys that lead to it.
    pub keys: Vec<String>,
    /// What each element becomes; without it, it is the record.
    pub then: Option<Box<Rule>>,
    /// Whether a document may do without it.
    pub may_miss: bool,
}

/// The keys of a list, the filter behind it, and whether it may miss.
pub type Part<'s> = (Vec<String>, Option<&'s str>, bool);

/// The parts of a source that only names lists: `.Records[]`, `.Events[]? | .CloudTrailEvent | fromjson`, several of
/// them with a comma between. Gives the keys of each, the filter behind it, and whether it may miss; `None` where it
/// takes the whole document.
pub fn parts(source: &str) -> Option<Vec<Part<'_>>> {
    top_level(source)?.into_iter().map(part).collect()
}

fn part(text: &str) -> Option<Part<'_>> {
    let text = text.trim();
    let inside = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    let text = inside.map_or(text, str::trim);
    let (path, rest) = text.split_once("[]")?;
    let (may_miss, rest) = rest.strip_prefix('?').map_or((false, rest), |rest| (true, rest));
    let keys = if path == "." { Vec::new() } else { plain_path(path)? };
    let then = match rest.trim() {
        "" => None,
        rest => Some(rest.strip_prefix('|')?.trim()),
    };
    Some((keys, then, may_miss))
}

/// The parts between the commas that stand in no bracket and no text.
fn top_level(source: &str) -> Option<Vec<&str>> {
    let (mut depth, mut quoted, mut start) = (0usize, false, 0);
    let mut parts = Vec::new();
    let mut bytes = source.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' if quoted => drop(bytes.next()),
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'#' => return None,
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.checked_sub(1)?,
            b',' if depth == 0 => {
                parts.push(&source[start..at]);
                start = at + 1;
            }
            // What follows it is of all parts before it.
            b'|' if depth == 0 && !parts.is_empty() => return None,
            _ => {}
        }
    }
    parts.push(&source[start..]);
    // A filter behind the first of several is of those behind it, too.
    let piped =
        parts.len() > 1 && parts.iter().any(|part| part.contains('|') && !part.trim().starts_with('('));
    (!piped).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_told_from_filters_of_the_whole() {
        let told = |source: &str| {
            let parts = parts(source)?.into_iter();
            Some(
                parts
                    .map(|(keys, then, may_miss)| (keys.join("/"), then.map(str::to_owned), may_miss))
                    .collect::<Vec<_>>(),
            )
        };
        let list =
            |keys: &str, then: Option<&str>, may_miss| (keys.to_owned(), then.map(str::to_owned), may_miss);
        assert_eq!(told(".Records[]"), Some(vec![list("Records", None, false)]));
        assert_eq!(told(".[]"), Some(vec![list("", None, false)]));
        assert_eq!(told(".a.b[] | .c, .d"), None);
        assert_eq!(told(".a[] | (.c, .d)"), Some(vec![list("a", Some("(.c, .d)"), false)]));
        assert_eq!(
            told(".Records[]?, (.Events[]? | .CloudTrailEvent | fromjson)"),
            Some(vec![
                list("Records", None, true),
                list("Events", Some(".CloudTrailEvent | fromjson"), true)
            ])
        );
        for source in [".a", ".a[], .b[] | .c", ".a[0]", ".a[].b", "def f: 1; .a[]"] {
            assert_eq!(told(source), None, "{source}");
        }
    }
}
