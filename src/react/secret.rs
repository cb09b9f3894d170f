//! What the user's configuration holds that nobody else may see: it never becomes part of an error, of a job, or of what
//! goes over a connection that anybody can listen to.

use std::path::Path;

use super::local::{HttpSettings, Local};
use crate::error::{Error, Result};

/// What stands in the place of a secret.
const HIDDEN: &str = "•••";

/// A text as short as this says nothing, and stands in too many others.
const SHORT: usize = 4;

/// The password in an address: `scheme://user:password@host`.
fn password_of(url: &str) -> Option<&str> {
    let authority = url.split_once("://")?.1.split(['/', '?', '#']).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    user.split_once(':').map(|(_, password)| password).filter(|password| !password.is_empty())
}

/// The secrets in an address: its password, and what its query gives to names.
fn of_url(url: &str) -> impl Iterator<Item = &str> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let given = query.split('&').filter_map(|pair| pair.split_once('=')).map(|(_, value)| value);
    // What says how to connect is no secret.
    let plain =
        |value: &&str| !matches!(*value, "require" | "required" | "disable" | "prefer" | "opportunistic");
    password_of(url).into_iter().chain(given.filter(plain))
}

/// A text as it stands in an address (`%40` for `@`), and as it is meant.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((&first, behind)) = rest.split_first() {
        let digits = behind.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits.filter(|_| first == b'%').and_then(|two| u8::from_str_radix(two, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Local {
    /// Everything in the configuration that is secret.
    fn secrets(&self) -> Vec<String> {
        let headers = self.endpoints().flat_map(|http| http.headers.values());
        let words =
            headers.flat_map(|value| [value.as_str()].into_iter().chain(value.split_whitespace().last()));
        let urls = self.endpoints().map(|http| http.url.as_str());
        let urls =
            urls.chain(self.mail().smtp.as_deref()).chain(self.databases().map(|sql| sql.url.as_str()));
        let mut secrets: Vec<_> =
            words.chain(urls.flat_map(of_url)).flat_map(|it| [it.to_owned(), decoded(it)]).collect();
        secrets.retain(|secret| secret.len() > SHORT);
        // What is part of a longer one goes after it.
        secrets.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        secrets.dedup();
        secrets
    }

    /// A text without any of them.
    pub(super) fn without_secrets(&self, text: &str) -> String {
        self.secrets().iter().fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN))
    }

    /// A failure without any of them.
    pub(super) fn clean(&self, error: &Error) -> Error {
        let cleaned = Error::new(error.kind(), self.without_secrets(error.message()));
        match error.hint_text() {
            Some(hint) => cleaned.hint(self.without_secrets(hint)),
            None => cleaned,
        }
    }

    /// Refuses a configuration with secrets that everybody on this machine can read.
    #[cfg(unix)]
    pub(super) fn check_mode(&self, file: &Path) -> Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        let Ok(found) = std::fs::metadata(file) else { return Ok(()) };
        if found.permissions().mode() & 0o004 == 0 || self.secrets().is_empty() {
            return Ok(());
        }
        Err(Error::refused(format!(
            "{} has passwords in it, and everybody on this machine can read it.",
            file.display()
        ))
        .hint(format!("chmod 600 {}", file.display())))
    }

    /// What other systems have in the place of permission bits is theirs.
    #[cfg(not(unix))]
    pub(super) fn check_mode(&self, _: &Path) -> Result<()> {
        Ok(())
    }
}

/// Refuses to send a password to a mail server over a connection that anybody can listen to.
pub(super) fn check_smtp(url: &str, insecure: bool) -> Result<()> {
    let encrypted = !url.starts_with("smtp://") || url.contains("tls=required");
    if encrypted || insecure || password_of(url).is_none() {
        return Ok(());
    }
    Err(Error::hopeless("The mail server's password would go over a connection that is not encrypted.").hint(
        "Write smtps://… or …?tls=required under [mail] smtp in config.toml, or insecure = true where that is meant, \
         then `backstory jobs retry`.",
    ))
}

/// Refuses to send headers, or what stands in the address, to an endpoint over a connection that anybody can listen to.
pub(super) fn check_http(endpoint: &str, settings: &HttpSettings) -> Result<()> {
    let HttpSettings { url, headers, insecure } = settings;
    let plain = url.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"));
    let secret = !headers.is_empty() || of_url(url).next().is_some();
    if !plain || *insecure || !secret {
        return Ok(());
    }
    Err(Error::hopeless(format!(
        "The headers of {endpoint}, or the words in its address, would go over a connection that is not encrypted."
    ))
    .hint(format!(
        "Write https://… under [http.{endpoint}] in config.toml, or insecure = true where that is meant, then `backstory \
         jobs retry`."
    )))
}

/// What is wrong with the text of a configuration: the line and the key, never what stands there.
pub(super) fn mistake(file: &Path, text: &str, error: &toml::de::Error) -> Error {
    let at = error.span().map_or(0, |span| span.start.min(text.len()));
    let before = text.get(..at).unwrap_or_default();
    let (line, start) = (before.matches('\n').count() + 1, before.rfind('\n').map_or(0, |end| end + 1));
    let content = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default().trim();
    let key = match content.split_once('=') {
        Some((key, _)) => key.trim().to_owned(),
        None if content.starts_with('[') && content.ends_with(']') => content.to_owned(),
        None => String::new(),
    };
    let key = if key.is_empty() { String::new() } else { format!(", {key}") };
    Error::refused(format!("{}: line {line}{key}: {}.", file.display(), said(error.message())))
}

/// What a reader says without the value that it says it of.
fn said(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    match first.split_once(": ") {
        Some((what, rest)) if what.starts_with("invalid ") => {
            let expected = rest.rsplit_once(", expected ").map_or("", |(_, expected)| expected);
            if expected.is_empty() { what.to_owned() } else { format!("{what}, expected {expected}") }
        }
        _ => first.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gives_its_password_away() {
        assert_eq!(password_of("smtps://me:s%40cret@mail.example/x"), Some("s%40cret"));
        assert_eq!(password_of("https://example.org/a:b@c"), None);
        assert_eq!(decoded("s%40cret%"), "s@cret%");
    }

    #[test]
    fn a_mistake_names_line_and_key() {
        for text in [
            "[mail]\nsmtp = smtps://me:hunter22@host\n",
            "[mail]\nsmtp = [\"hunter22\"]\n",
            "[mail]\nsmtpp = \"hunter22\"\n",
            "[mail]\nfrom = \"a\"\nsmtp = \"hunter22\n",
            "[http.shop]\nurl = 7\nheaders = \"hunter22\"\n",
            "[http.shop]\nheaders = { a = \"hunter22\" }\n",
        ] {
            let error = toml::from_str::<super::super::local::Settings>(text).unwrap_err();
            let said = mistake(Path::new("config.toml"), text, &error);
            assert!(!said.to_string().contains("hunter"), "{said}");
            assert!(said.message().starts_with("config.toml: line "), "{said}");
        }
    }

    #[test]
    fn a_password_needs_an_encrypted_connection() {
        assert!(check_smtp("smtp://me:pw@host", false).is_err());
        assert!(check_smtp("smtp://me:pw@host?tls=opportunistic", false).is_err());
        check_smtp("smtp://me:pw@host", true).unwrap();
        check_smtp("smtp://host", false).unwrap();
        check_smtp("smtps://me:pw@host", false).unwrap();
        check_smtp("smtp://me:pw@host?tls=required", false).unwrap();
    }
}
