//! A mail: by SMTP where this machine's configuration names a server, else as a file in the outbox.

use lettre::message::{Mailbox, header::ContentType};
use lettre::{Message, SmtpTransport, Transport};

use super::file::place;
use super::local::Local;
use super::secret::check_smtp;
use super::{Errand, LIMIT, failed, hopeless, within};
use crate::error::{Error, Result};

pub(super) fn send(
    local: &Local,
    errand: &Errand<'_>,
    (to, subject, body): (&[String], &str, &str),
) -> Result<String> {
    if to.is_empty() {
        return Ok("nothing: the mail is to nobody".to_owned());
    }
    let settings = local.mail();
    let from = settings.from.as_deref().unwrap_or("backstory <backstory@localhost>");
    let message = message(errand, (from, to, subject, body))?;
    let Some(server) = &settings.smtp else {
        let folder = place(errand.store, settings.outbox.as_deref(), "outbox")?;
        // The name is the key: a second try finds the file, which was put there whole.
        let name = format!("{}-{}.eml", errand.event.hash, errand.name());
        let path = folder.path().join(&name);
        if !folder.has(&name) {
            folder
                .put_new(&name, &message.formatted())
                .map_err(|error| failed(&path.display().to_string(), error))?;
        }
        return Ok(format!("a mail in {}", path.display()));
    };
    check_smtp(server, settings.insecure)?;
    let transport = SmtpTransport::from_url(server)
        .map_err(|error| {
            hopeless("The mail server's address in the configuration is wrong", error)
                .hint("Mend [mail] smtp in config.toml, then `backstory jobs retry`.")
        })?
        .timeout(Some(LIMIT))
        .build();
    // Its own limit is one for each line of the talk.
    within(LIMIT, "The mail server took no mail", move || transport.send(&message))?
        .map_err(|error| failed("The mail server took no mail", error))?;
    Ok(format!("a mail to {}", to.join(", ")))
}

fn message(errand: &Errand<'_>, (from, to, subject, body): (&str, &[String], &str, &str)) -> Result<Message> {
    let address = |text: &str| {
        text.parse::<Mailbox>()
            .map_err(|error| Error::hopeless(format!("{text} is no mail address: {error}.")))
    };
    let mut builder = Message::builder()
        .from(address(from)?)
        .subject(subject)
        .message_id(Some(format!("<{}.{}@backstory>", errand.event.hash, errand.name())))
        .header(ContentType::TEXT_PLAIN);
    // The event's own time, so that a second try is the same mail.
    if let Some(at) = errand.event.recorded_at.to_chrono() {
        builder = builder.date(at.into());
    }
    for to in to {
        builder = builder.to(address(to)?);
    }
    builder.body(line_ends(body)).map_err(|error| failed("The mail cannot be put together", error))
}

/// A text with line ends of one kind: a server that takes a lone carriage return for one would see the end of the mail
/// in the middle of it.
fn line_ends(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_body_and_no_subject_ends_the_mail_or_begins_another() {
        let evil = "a\r\n.\r\nMAIL FROM:<x@y>\n.\nb\r.\rc";
        let message = Message::builder()
            .from("a@b.example".parse().unwrap())
            .to("c@d.example".parse().unwrap())
            .subject(evil)
            .header(ContentType::TEXT_PLAIN)
            .body(line_ends(evil))
            .unwrap();
        let sent = String::from_utf8(message.formatted()).unwrap();
        let alone = sent.replace("\r\n", "");
        assert!(!alone.contains(['\r', '\n']), "{sent:?}");
        let (head, _) = sent.split_once("\r\n\r\n").unwrap();
        assert!(head.lines().all(|line| line.starts_with(' ') || line.contains(": ")), "{head:?}");
    }
}
