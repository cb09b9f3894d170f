//! HTML of text: whatever stands in it, it says nothing to a browser.

use std::fmt::Write as _;

/// A text in which nothing is markup.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // A parser takes it for the end of its input, or for another one.
            '\0' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// JSON that can stand in a script: nothing in it ends that, or begins a comment there.
pub fn in_script(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

/// What stands between the title and the end.
#[derive(Default)]
pub struct Html(String);

impl Html {
    /// What was put together.
    pub fn text(self) -> String {
        self.0
    }

    /// What is HTML already.
    pub fn raw(&mut self, html: &str) {
        self.0.push_str(html);
    }

    fn element(&mut self, name: &str, class: &str, text: &str) {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        let _ = writeln!(self.0, "<{name}{class}>{}</{name}>", escaped(text));
    }

    /// A heading.
    pub fn heading(&mut self, level: u8, text: &str) {
        self.element(&format!("h{level}"), "", text);
    }

    /// A line of text.
    pub fn line(&mut self, text: &str) {
        self.element("p", "", text);
    }

    /// A line that matters less.
    pub fn dim(&mut self, text: &str) {
        self.element("p", "dim", text);
    }

    /// A table.
    pub fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        let head: String = head.iter().map(|cell| format!("<th>{}</th>", escaped(cell))).collect();
        let _ = writeln!(self.0, "<table>\n<thead><tr>{head}</tr></thead>");
        for row in rows {
            let cells: String = row.iter().map(|cell| format!("<td>{}</td>", escaped(cell))).collect();
            let _ = writeln!(self.0, "<tr>{cells}</tr>");
        }
        self.0.push_str("</table>\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup() {
        assert_eq!(escaped("</td><b a='\"'>&\0"), "&lt;/td&gt;&lt;b a=&#39;&quot;&#39;&gt;&amp;\u{fffd}");
        let json = "{\"a\":\"</script><!--\u{2028}&\"}";
        let told = in_script(json);
        assert!(!told.contains(['<', '>', '&', '\u{2028}']), "{told}");
        let (one, two): (serde_json::Value, serde_json::Value) =
            (serde_json::from_str(json).unwrap(), serde_json::from_str(&told).unwrap());
        assert_eq!(one, two);
    }
}
