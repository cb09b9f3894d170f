//! A row in a table of `PostgreSQL` or Redshift, with the columns `backstory_event` and `backstory_reactor` that
//! tell a second try.

#[cfg(feature = "postgres")]
mod tls;

use serde_json::{Map, Value};

use super::Errand;
use super::local::Local;
use crate::error::Result;

#[cfg(not(feature = "postgres"))]
pub(super) fn insert(
    local: &Local,
    _errand: &Errand<'_>,
    endpoint: &str,
    _table: &str,
    _row: &Map<String, Value>,
) -> Result<String> {
    local.sql(endpoint)?;
    Err(crate::error::Error::hopeless("This backstory was built without PostgreSQL.")
        .hint("cargo install backstory --features postgres, then `backstory jobs retry`."))
}

#[cfg(feature = "postgres")]
pub(super) fn insert(
    local: &Local,
    errand: &Errand<'_>,
    endpoint: &str,
    table: &str,
    row: &Map<String, Value>,
) -> Result<String> {
    use super::{LIMIT, failed, hopeless, within};

    let settings = local.sql(endpoint)?;
    let config: postgres::Config = settings.url.parse().map_err(|error| {
        hopeless(endpoint, why(&error))
            .hint(format!("Mend [sql.{endpoint}] url in config.toml, then `backstory jobs retry`."))
    })?;
    let connector = tls::connector(settings.ca.as_deref())?;
    let inserting = Inserting {
        table: table.to_owned(),
        row: row.clone(),
        event: errand.event.hash.to_string(),
        reactor: errand.name(),
    };
    // The client waits for a server that says nothing as long as that says nothing.
    let done =
        within(LIMIT, endpoint, move || inserting.run(config, connector).map_err(|error| why(&error)))?;
    let news = done.map_err(|why| failed(endpoint, why))?;
    Ok(if news { format!("a row in {endpoint}") } else { format!("the row was in {endpoint} already") })
}

/// The error itself only says where it comes from.
#[cfg(feature = "postgres")]
fn why(error: &postgres::Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

/// A row on its way into a table.
#[cfg(feature = "postgres")]
struct Inserting {
    table: String,
    row: Map<String, Value>,
    event: String,
    reactor: String,
}

#[cfg(feature = "postgres")]
impl Inserting {
    /// Writes the row; false where it is there already. Workers that have the same row in hand wait for one another.
    fn run(&self, mut config: postgres::Config, tls: tls::Connector) -> Result<bool, postgres::Error> {
        use postgres_protocol::escape::{escape_identifier, escape_literal};

        config.connect_timeout(super::LIMIT / 2).application_name("backstory");
        let mut client = config.connect(tls)?;
        client.batch_execute(&format!("SET statement_timeout = {}", super::LIMIT.as_millis() / 2))?;
        let redshift = first(&client.simple_query("SELECT version()")?).contains("Redshift");
        let quote: fn(&str) -> String = if redshift { older_literal } else { escape_literal };
        let table = self.table.split('.').map(escape_identifier).collect::<Vec<_>>().join(".");
        let key = [("backstory_event", quote(&self.event)), ("backstory_reactor", quote(&self.reactor))];

        // Each statement sees what was committed before it: the lock comes first, then the look.
        client.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED")?;
        client.batch_execute(&if redshift {
            // It has no unique indexes and no locks by name.
            format!("LOCK {table}")
        } else {
            format!("SELECT pg_advisory_xact_lock({})", self.lock())
        })?;
        let same: Vec<_> = key.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        let there = format!("SELECT 'there' FROM {table} WHERE {} LIMIT 1", same.join(" AND "));
        let news = first(&client.simple_query(&there)?).is_empty();
        if news {
            // Plain literals, which take the type of their column.
            let literal = |value: &Value| match value {
                Value::Null => "NULL".to_owned(),
                Value::String(text) => quote(text),
                other => quote(&other.to_string()),
            };
            let (names, values): (Vec<_>, Vec<_>) = self
                .row
                .iter()
                .map(|(name, value)| (escape_identifier(name), literal(value)))
                .chain(key.iter().map(|(name, value)| ((*name).to_owned(), value.clone())))
                .unzip();
            client.batch_execute(&format!(
                "INSERT INTO {table} ({}) VALUES ({})",
                names.join(", "),
                values.join(", ")
            ))?;
        }
        client.batch_execute("COMMIT")?;
        Ok(news)
    }

    /// A number for this row, the same in every worker.
    fn lock(&self) -> i64 {
        use sha2::{Digest as _, Sha256};

        let digest = Sha256::digest(format!("backstory\n{}\n{}\n{}", self.table, self.event, self.reactor));
        let (number, _) = digest.split_at(8);
        number.iter().fold(0, |number, byte| number << 8 | i64::from(*byte))
    }
}

/// The first field of the first row, empty where there is none.
#[cfg(feature = "postgres")]
fn first(messages: &[postgres::SimpleQueryMessage]) -> &str {
    let row = messages.iter().find_map(|message| match message {
        postgres::SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    row.unwrap_or_default()
}

/// A literal as Redshift reads it: a backslash escapes in every one, and none may say so by `E''`.
#[cfg(feature = "postgres")]
fn older_literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(all(test, feature = "postgres"))]
mod tests {
    #[test]
    fn redshift_reads_a_backslash_as_an_escape_in_every_literal() {
        assert_eq!(super::older_literal(r"a\'; DROP TABLE x; --"), r"'a\\''; DROP TABLE x; --'");
    }
}
