//! A row in a table of `PostgreSQL` or Redshift, with the columns `backstory_event` and `backstory_reactor` that
//! tell a second try.

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
    Err(crate::error::Error::refused("This backstory was built without PostgreSQL.")
        .hint("cargo install backstory --features postgres"))
}

#[cfg(feature = "postgres")]
pub(super) fn insert(
    local: &Local,
    errand: &Errand<'_>,
    endpoint: &str,
    table: &str,
    row: &Map<String, Value>,
) -> Result<String> {
    use postgres_protocol::escape::{escape_identifier, escape_literal};

    use super::{LIMIT, failed};

    let fail = |error: postgres::Error| {
        // The error itself only says where it comes from.
        let why = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        failed(endpoint, why)
    };
    let url = &local.sql(endpoint)?.url;
    let mut config: postgres::Config = url.parse().map_err(fail)?;
    config.connect_timeout(LIMIT / 2).application_name("backstory");
    let mut client = config.connect(postgres::NoTls).map_err(fail)?;
    client.batch_execute(&format!("SET statement_timeout = {}", LIMIT.as_millis() / 2)).map_err(fail)?;
    let hash = errand.event.hash.to_string();
    let name = errand.name();
    let key = [("backstory_event", hash.as_str()), ("backstory_reactor", name.as_str())];
    let table = escape_identifier(table);
    let same: Vec<_> =
        key.iter().map(|(name, value)| format!("{name} = {}", escape_literal(value))).collect();
    let there = format!("SELECT 1 FROM {table} WHERE {} LIMIT 1", same.join(" AND "));
    // Plain literals, which take the type of their column, as PostgreSQL and Redshift both do.
    let literal = |value: &Value| match value {
        Value::Null => "NULL".to_owned(),
        Value::String(text) => escape_literal(text),
        other => escape_literal(&other.to_string()),
    };
    let (names, values): (Vec<_>, Vec<_>) = row
        .iter()
        .map(|(name, value)| (escape_identifier(name), literal(value)))
        .chain(key.iter().map(|(name, value)| ((*name).to_owned(), escape_literal(value))))
        .unzip();
    let insert = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "));
    let mut transaction = client.transaction().map_err(fail)?;
    let rows = transaction.simple_query(&there).map_err(fail)?;
    if rows.iter().any(|row| matches!(row, postgres::SimpleQueryMessage::Row(_))) {
        return Ok(format!("the row was in {endpoint} already"));
    }
    transaction.batch_execute(&insert).map_err(fail)?;
    transaction.commit().map_err(fail)?;
    Ok(format!("a row in {endpoint}"))
}
