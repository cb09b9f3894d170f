//! A mapping's TOML becomes a mapping: its rules are compiled, and keys that contradict each other are named.

use toml::Spanned;

use super::form::{Form, ListForm, Ordered, Text};
use super::place::Source;
use super::{Mapping, Mode, Order, RECORD_VARS, SNAPSHOT_VARS};
use crate::domain::Listed;
use crate::error::{Error, Result};
use crate::import::time::{self, Times};
use crate::import::value::Value;

/// So long an event waits for its predecessor where nothing else is said, in microseconds.
const WAIT: i64 = 5_000_000;
/// And so long at the most, in seconds.
const LONGEST_WAIT: f64 = 3600.0;

impl Source<'_> {
    pub fn compile(&self, form: Form) -> Result<Mapping> {
        let late_vars = if form.mode == Mode::Snapshots { SNAPSHOT_VARS } else { RECORD_VARS };
        let early = |name: &str, text: &Option<Text>| -> Result<Option<Value>> {
            text.as_ref().map(|text| self.value(name, text, RECORD_VARS)).transpose()
        };
        let late = |name: &str, text: &Option<Text>| -> Result<Option<Value>> {
            text.as_ref().map(|text| self.value(name, text, late_vars)).transpose()
        };
        if let (Mode::Events, Some(deleted)) = (form.mode, &form.deleted) {
            let message = "`deleted` has no effect without mode = \"snapshots\"";
            return Err(self.mistake(deleted.span().start, message));
        }
        let wait = self.wait(&form)?;
        let (reading, times, order) = (self.reading(&form)?, self.times(&form)?, self.order(&form)?);
        Ok(Mapping {
            name: form.name.unwrap_or_else(|| self.file.to_owned()),
            written: (self.file.to_owned(), self.text.to_owned()),
            reading,
            order,
            carry: form.carry.is_some_and(Spanned::into_inner),
            repeats: form.repeats.map(Spanned::into_inner).unwrap_or_default(),
            late: form.late.map(Spanned::into_inner).unwrap_or_default(),
            wait,
            mode: form.mode,
            times,
            skip: early("skip", &form.skip)?,
            kind: self.value("type", &form.r#type, RECORD_VARS)?,
            id: self.value("id", &form.id, RECORD_VARS)?,
            at: self.value("at", &form.at, RECORD_VARS)?,
            key: early("key", &form.key)?,
            content: early("content", &form.content)?,
            data: early("data", &form.data)?,
            deleted: early("deleted", &form.deleted)?,
            event: self.value("event", &form.event, late_vars)?,
            received: late("received", &form.received)?,
            actor: late("actor", &form.actor)?,
            reason: late("reason", &form.reason)?,
            cause: late("cause", &form.cause)?,
            seen: late("seen", &form.seen)?,
            meta: late("meta", &form.meta)?,
            defines: !self.define.is_empty(),
            list: self.list(form.list)?,
        })
    }

    fn order(&self, form: &Form) -> Result<Order> {
        if let (Some(repeats), None) = (&form.repeats, &form.key) {
            let message =
                "`repeats` has no effect without a `key`: then no record is the same delivery as another one";
            return Err(self.mistake(repeats.span().start, message));
        }
        if let (Some(carry), None) = (&form.carry, &form.key) {
            let message =
                "`carry` has no effect without a `key`, which is an event's hash in the other store";
            return Err(self.mistake(carry.span().start, message));
        }
        if let (Some(content), None) = (&form.content, &form.key) {
            let message = "`content` has no effect without a `key`: then no record comes in again";
            return Err(self.mistake(content.span().start, message));
        }
        match (&form.version, &form.order, &form.late) {
            (Some(_), Some(order), _) => Err(self
                .mistake(order.span().start, "`order` has no effect beside `version`, which is the order")),
            (Some(version), None, _) => Ok(Order::Version(self.value("version", version, RECORD_VARS)?)),
            (None, _, Some(late)) => Err(self.mistake(
                late.span().start,
                "`late` has no effect without `version`, which says what is late",
            )),
            (None, None, None) => Ok(Order::Source),
            (None, Some(order), None) => match order.get_ref().as_str() {
                "source" => Ok(Order::Source),
                "log" => Ok(Order::Log),
                "time" => Ok(Order::Time),
                "reverse" => Ok(Order::Reverse),
                word if word.bytes().all(|byte| byte.is_ascii_lowercase()) => Err(self.mistake(
                    order.span().start,
                    &format!("`order` is \"source\", \"log\", \"time\", \"reverse\" or jq such as '[$file, -$index]', not {word:?}"),
                )),
                _ => self.value("order", order, RECORD_VARS).map(Order::By),
            },
        }
    }

    /// How long an event waits, in microseconds.
    fn wait(&self, form: &Form) -> Result<i64> {
        let Some(wait) = &form.wait else { return Ok(WAIT) };
        let (start, seconds) = (wait.span().start, *wait.get_ref());
        if form.version.is_none() {
            return Err(
                self.mistake(start, "`wait` has no effect without `version`, which says what is missing")
            );
        }
        if !(0.0..=LONGEST_WAIT).contains(&seconds) {
            let message = format!("`wait` must be between 0 and {LONGEST_WAIT} seconds");
            return Err(self.mistake(start, &message));
        }
        Ok((seconds * 1e6) as i64)
    }

    fn times(&self, form: &Form) -> Result<Times> {
        let mut forms = Vec::new();
        if let Some(written) = &form.at_format {
            for format in written.get_ref().all() {
                forms.push(time::Form::parse(format).ok_or_else(|| {
                    let message = format!(
                        "at_format: {format:?} is no format: expected fields such as %d/%m/%Y %H:%M, or s, ms, us or ns"
                    );
                    self.mistake(written.span().start, &message)
                })?);
            }
            if forms.is_empty() {
                return Err(self.mistake(written.span().start, "at_format: the list is empty"));
            }
        }
        let zone = form.zone.as_ref().map(|name| {
            name.get_ref().parse().map_err(|_| {
                let message =
                    format!("{:?} is no time zone: expected one such as Europe/Berlin", name.get_ref());
                self.mistake(name.span().start, &message)
            })
        });
        if let Some(zone) = &form.zone
            && !forms.is_empty()
            && forms.iter().all(time::Form::is_whole)
        {
            let message =
                "`zone` has no effect: each time of `at_format` has its offset, or counts since 1970";
            return Err(self.mistake(zone.span().start, message));
        }
        Ok(Times::new(forms, zone.transpose()?))
    }

    /// The rules of the list are compiled here only to find their mistakes.
    fn list(&self, list: Ordered<ListForm>) -> Result<Vec<Listed>> {
        let check = |name: &str, text: Text| {
            self.rule(name, &text, &[])?;
            Ok::<_, Error>(text.into_inner())
        };
        list.0
            .into_iter()
            .map(|(kind, form)| {
                Ok(Listed {
                    label: form.label.map(|text| check("label", text)).transpose()?,
                    status: form.status.map(|text| check("status", text)).transpose()?,
                    columns: form
                        .columns
                        .0
                        .into_iter()
                        .map(|(heading, text)| Ok((heading.clone(), check(&heading, text)?)))
                        .collect::<Result<_>>()?,
                    quiet: form.quiet,
                    kind,
                })
            })
            .collect()
    }
}
