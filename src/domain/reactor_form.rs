//! The TOML form of a reactor: a table with the events it answers and exactly one effect.

use serde::Deserialize;
use toml::Spanned;

use super::Domain;
use super::form::lazy;
use super::metric::Metric;
use super::reactor::{Effect, Pattern, Reactor, Run};
use super::source::Origin;
use crate::error::{Error, Result};

/// `[[reactor]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReactorTable {
    name: String,
    doc: Option<String>,
    #[serde(default)]
    on: Vec<String>,
    report: Option<String>,
    when: Option<Spanned<String>>,
    run: Option<Spanned<String>>,
    command: Option<CommandEffect>,
    mail: Option<MailEffect>,
    http: Option<HttpEffect>,
    statsd: Option<StatsdEffect>,
    append: Option<AppendEffect>,
    sql: Option<SqlEffect>,
    notify: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandEffect {
    #[serde(rename = "type")]
    kind: Option<String>,
    id: Option<Spanned<String>>,
    name: String,
    params: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MailEffect {
    to: Spanned<String>,
    subject: Spanned<String>,
    body: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HttpEffect {
    endpoint: String,
    data: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatsdEffect {
    metric: Spanned<String>,
    kind: Option<Spanned<String>>,
    value: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AppendEffect {
    file: Spanned<String>,
    row: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SqlEffect {
    endpoint: String,
    table: Spanned<String>,
    row: Spanned<String>,
}

pub(super) fn reactor(origin: &Origin, table: Spanned<ReactorTable>) -> Result<Reactor> {
    let at = table.span().start;
    let table = table.into_inner();
    let name = table.name;
    if table.on.is_empty() == table.report.is_none() {
        let why = format!(
            "the reactor {name} either answers events (on = [\"…\"]) or sends a report (report = \"…\")"
        );
        return Err(origin.mistake(at, &why));
    }
    let rule = |what: &str, text: Spanned<String>| lazy(origin, format!("reactor {name} {what}"), text);
    let mut effects = Vec::new();
    if let Some(command) = table.command {
        effects.push(Effect::Command {
            kind: command.kind,
            id: command.id.map(|text| rule("id", text)),
            name: command.name,
            params: command.params.map(|text| rule("params", text)),
        });
    }
    if let Some(mail) = table.mail {
        effects.push(Effect::Mail {
            to: rule("to", mail.to),
            subject: rule("subject", mail.subject),
            body: rule("body", mail.body),
        });
    }
    if let Some(http) = table.http {
        effects
            .push(Effect::Http { endpoint: http.endpoint, data: http.data.map(|text| rule("data", text)) });
    }
    if let Some(statsd) = table.statsd {
        let kind = match &statsd.kind {
            None => Metric::Count,
            Some(word) => Metric::named(word.get_ref()).ok_or_else(|| {
                origin.mistake(word.span().start, "a metric's kind is count, gauge or time")
            })?,
        };
        effects.push(Effect::Statsd {
            metric: rule("metric", statsd.metric),
            kind,
            value: statsd.value.map(|text| rule("value", text)),
        });
    }
    if let Some(append) = table.append {
        if !is_plain(append.file.get_ref()) {
            let why =
                "a file's name has letters, digits, - and _ only: where it lies is each machine's own matter";
            return Err(origin.mistake(append.file.span().start, why));
        }
        effects.push(Effect::Append {
            file: append.file.into_inner(),
            row: append.row.map(|text| rule("row", text)),
        });
    }
    if let Some(sql) = table.sql {
        if !sql.table.get_ref().split('.').all(is_plain) || sql.table.get_ref().split('.').count() > 2 {
            let why = "a table's name has letters, digits, - and _ only, and its schema's name may lead: sales.orders";
            return Err(origin.mistake(sql.table.span().start, why));
        }
        effects.push(Effect::Sql {
            endpoint: sql.endpoint,
            table: sql.table.into_inner(),
            row: rule("row", sql.row),
        });
    }
    if let Some(text) = table.notify {
        effects.push(Effect::Notify(rule("notify", text)));
    }
    let (Some(effect), true) = (effects.pop(), effects.is_empty()) else {
        return Err(origin.mistake(
            at,
            &format!("the reactor {name} has one effect: command, mail, http, statsd, append, sql or notify"),
        ));
    };
    let run = match table.run.as_ref().map(|run| (run.get_ref().as_str(), run.span().start)) {
        None | Some(("async", _)) => Run::Async,
        Some(("sync", _)) if !effect.is_external() && table.report.is_none() => Run::Sync,
        Some(("sync", at)) => {
            let why = format!("{} cannot be part of a transaction: run = \"async\"", effect.word());
            return Err(origin.mistake(at, &why));
        }
        Some((_, at)) => return Err(origin.mistake(at, "a reactor runs \"sync\" or \"async\"")),
    };
    let when = table.when.map(|text| rule("when", text));
    let on = table.on.iter().map(|text| Pattern::parse(text)).collect();
    Ok(Reactor { name, doc: table.doc, on, report: table.report, when, run, effect, spot: origin.spot(at) })
}

/// What is wrong with a reactor's name: it becomes part of files' names, of headers and of tags.
pub(super) fn misnamed(origin: &Origin, at: usize, reactor: &Reactor) -> Option<Error> {
    (!is_plain(&reactor.name)).then(|| {
        let why = format!("a reactor's name has letters, digits, - and _ only, unlike {:?}", reactor.name);
        origin.mistake(at, &why)
    })
}

/// Whether a name can be part of a file's name, a header or a tag.
pub(crate) fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

impl Reactor {
    /// Looks up the report that it sends and the command that it fires; answers what is wrong with them.
    pub(super) fn check(&self, domain: &Domain) -> std::result::Result<(), String> {
        if let Some(report) = &self.report
            && domain.projections.get(report).is_none_or(|projection| projection.every.is_none())
        {
            return Err(format!(
                "the reactor {} sends the report {report}, and the domain has no such projection that is due every \
                 hour, day, week or month",
                self.name
            ));
        }
        let Effect::Command { kind, name, .. } = &self.effect else { return Ok(()) };
        let has = |kind: &str| domain.aggregate(kind).is_some_and(|it| it.commands.contains_key(name));
        match kind {
            Some(kind) if !has(kind) => {
                Err(format!("the reactor {} fires {name} at a {kind}, which has no such command", self.name))
            }
            None if !self.kinds(domain).into_iter().any(has) => Err(format!(
                "the reactor {} fires {name}, and no aggregate type whose events it answers has such a command",
                self.name
            )),
            _ => Ok(()),
        }
    }

    /// The aggregate types whose events it may answer. Events that are not declared may be of any.
    fn kinds<'d>(&'d self, domain: &'d Domain) -> Vec<&'d str> {
        let mut kinds = Vec::new();
        for pattern in &self.on {
            if let Some(kind) = &pattern.aggregate {
                kinds.push(kind.as_str());
                continue;
            }
            let all = || domain.aggregates.keys().map(String::as_str);
            let declares =
                |kind: &&str| pattern.event.as_ref().is_some_and(|e| domain.event(kind, e).is_some());
            let before = kinds.len();
            kinds.extend(all().filter(declares));
            if kinds.len() == before {
                kinds.extend(all());
            }
        }
        kinds
    }
}
