//! The types of attributes and parameters: `string`, `date?`, `enum(low|normal|high)`, `string = "USD"`.

use chrono::NaiveDate;
use serde_json::Value;

use crate::event::Time;

/// What values an attribute may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Any text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// A day, `2019-04-24`.
    Date,
    /// An RFC 3339 time.
    DateTime,
    /// A list.
    Array,
    /// An object.
    Object,
    /// Anything.
    Any,
    /// One of these strings.
    Enum(Vec<String>),
}

/// An attribute of an event's data, or a parameter of a command.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// What it may be.
    pub kind: Type,
    /// Whether it may be absent or null.
    pub optional: bool,
    /// What it is where it is absent.
    pub default: Option<Value>,
    /// What it means.
    pub doc: Option<String>,
}

impl Attribute {
    /// Reads the form that a domain file uses; the error says what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (head, default) = match text.split_once('=') {
            Some((head, default)) => (head.trim(), Some(default.trim())),
            None => (text.trim(), None),
        };
        let (name, optional) = head.strip_suffix('?').map_or((head, false), |name| (name.trim(), true));
        let kind = match name {
            "string" => Type::String,
            "integer" => Type::Integer,
            "number" => Type::Number,
            "boolean" => Type::Boolean,
            "date" => Type::Date,
            "datetime" => Type::DateTime,
            "array" => Type::Array,
            "object" => Type::Object,
            "any" => Type::Any,
            _ => match name.strip_prefix("enum(").and_then(|rest| rest.strip_suffix(')')) {
                Some(choices) => Type::Enum(choices.split('|').map(|c| c.trim().to_owned()).collect()),
                None => {
                    return Err(format!(
                        "`{name}` is no type; expected string, integer, number, boolean, date, datetime, \
                         array, object, any or enum(a|b), with `?` behind it where it is optional"
                    ));
                }
            },
        };
        let default =
            default.map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())));
        let attribute = Self { kind, optional, default, doc: None };
        if let Some(default) = &attribute.default {
            attribute.check(default).map_err(|why| format!("the default {default} {why}"))?;
        }
        Ok(attribute)
    }

    /// Whether a value fits; the error says what it is instead: "is not a date (YYYY-MM-DD)".
    pub fn check(&self, value: &Value) -> Result<(), String> {
        if value.is_null() && self.optional {
            return Ok(());
        }
        let (fits, wanted) = match &self.kind {
            Type::String => (value.is_string(), "a string"),
            Type::Integer => (value.is_i64() || value.is_u64(), "a whole number"),
            Type::Number => (value.is_number(), "a number"),
            Type::Boolean => (value.is_boolean(), "true or false"),
            Type::Date => (value.as_str().is_some_and(is_date), "a date (YYYY-MM-DD)"),
            Type::DateTime => (
                value.as_str().is_some_and(|s| Time::parse(s).is_some()),
                "a time (RFC 3339, 2019-04-24T12:02:11Z)",
            ),
            Type::Array => (value.is_array(), "an array"),
            Type::Object => (value.is_object(), "an object"),
            Type::Any => (true, ""),
            Type::Enum(choices) => {
                if value.as_str().is_some_and(|v| choices.iter().any(|c| c == v)) {
                    return Ok(());
                }
                return Err(format!("is not one of {}", choices.join(", ")));
            }
        };
        if fits { Ok(()) } else { Err(format!("is not {wanted}")) }
    }

    /// The type's name as a domain file writes it, without `?` and default.
    pub fn type_name(&self) -> String {
        match &self.kind {
            Type::String => "string".to_owned(),
            Type::Integer => "integer".to_owned(),
            Type::Number => "number".to_owned(),
            Type::Boolean => "boolean".to_owned(),
            Type::Date => "date".to_owned(),
            Type::DateTime => "datetime".to_owned(),
            Type::Array => "array".to_owned(),
            Type::Object => "object".to_owned(),
            Type::Any => "any".to_owned(),
            Type::Enum(choices) => format!("enum({})", choices.join("|")),
        }
    }
}

/// Whether a text is a day.
pub(super) fn is_date(text: &str) -> bool {
    text.len() == 10 && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_types_options_and_defaults() {
        let due = Attribute::parse("date?").unwrap();
        assert!(due.optional && due.check(&json!(null)).is_ok() && due.check(&json!("2019-04-24")).is_ok());
        assert_eq!(due.check(&json!("24 April")), Err("is not a date (YYYY-MM-DD)".into()));
        let currency = Attribute::parse("string = \"USD\"").unwrap();
        assert_eq!(currency.default, Some(json!("USD")));
        let priority = Attribute::parse("enum(low|high) = low").unwrap();
        assert_eq!(priority.check(&json!("urgent")), Err("is not one of low, high".into()));
        assert!(Attribute::parse("integer = x").unwrap_err().contains("is not a whole number"));
        assert!(Attribute::parse("strng").unwrap_err().contains("expected string, integer"));
    }
}
