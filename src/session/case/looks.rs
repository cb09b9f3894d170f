//! Fields that look like secrets or personal data, by their names and by their values. It is a guess: it names what
//! somebody should look at before a file is handed over, and nothing less is safe.

use std::collections::BTreeMap;

use serde_json::Value;

use super::redact::is_token;

/// Fields that look like something, with how often.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looks(BTreeMap<(String, &'static str), u64>);

/// Parts of names, and what their values are.
const NAMES: [(&[&str], &str); 2] = [
    (
        &[
            "password",
            "passwd",
            "secret",
            "token",
            "apikey",
            "privatekey",
            "credential",
            "authorization",
            "cookie",
            "pin",
        ],
        "a secret",
    ),
    (
        &[
            "email",
            "mail",
            "phone",
            "mobile",
            "address",
            "street",
            "postcode",
            "zip",
            "birth",
            "firstname",
            "lastname",
            "surname",
            "fullname",
            "username",
            "iban",
            "card",
            "ssn",
            "passport",
            "taxid",
            "ip",
            "actor",
            "assignee",
            "customer",
            "person",
            "gender",
            "salary",
        ],
        "personal data",
    ),
];

/// How long a run of letters and digits without blanks has to be to look like a key.
const KEY: usize = 32;

impl Looks {
    /// Looks through a value, which stands at a path.
    pub fn look(&mut self, path: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    self.look(&format!("{path}.{key}"), value);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.look(path, item)),
            Value::Null | Value::Bool(_) => {}
            Value::String(text) if is_token(text) => {}
            Value::String(_) | Value::Number(_) => {
                if let Some(what) = like(path, value) {
                    *self.0.entry((path.trim_start_matches('.').to_owned(), what)).or_default() += 1;
                }
            }
        }
    }

    /// Each path with what its values look like and how many there are, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &'static str, u64)> {
        self.0.iter().map(|((path, what), count)| (path.as_str(), *what, *count))
    }
}

fn like(path: &str, value: &Value) -> Option<&'static str> {
    let key = path.rsplit('.').next().unwrap_or_default().to_lowercase();
    // Parts of a name: first_name, firstName and first-name are one.
    let parts: Vec<&str> = key.split(['_', '-', ' ']).collect();
    let joined: String = parts.concat();
    let named = NAMES.iter().find(|(words, _)| {
        words.iter().any(|word| if word.len() < 5 { parts.contains(word) } else { joined.contains(word) })
    });
    if let Some((_, what)) = named {
        return Some(what);
    }
    let text = value.as_str()?;
    if is_mail(text) {
        return Some("personal data");
    }
    let dense =
        text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '/' | '=' | '.'));
    let hash = text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit());
    let mixed = text.chars().any(|c| c.is_ascii_digit()) && text.chars().any(|c| c.is_ascii_alphabetic());
    (text.len() >= KEY && dense && mixed && !hash).then_some("a secret")
}

fn is_mail(text: &str) -> bool {
    let fits = |part: &str| !part.is_empty() && !part.contains(char::is_whitespace);
    text.split_once('@').is_some_and(|(name, host)| fits(name) && fits(host) && host.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_and_values_tell() {
        let mut looks = Looks::default();
        let data = json!({
            "title": "Call back", "email": "x", "contact": "a@b.example", "api_token": 1, "tip": "no",
            "deep": [{ "firstName": "Ann" }, { "firstName": "Ben" }], "blob": "a1".repeat(20), "hash": "a1".repeat(32),
        });
        looks.look("", &data);
        let told: Vec<_> = looks.iter().collect();
        assert_eq!(
            told,
            [
                ("api_token", "a secret", 1),
                ("blob", "a secret", 1),
                ("contact", "personal data", 1),
                ("deep.firstName", "personal data", 2),
                ("email", "personal data", 1),
            ]
        );
    }
}
