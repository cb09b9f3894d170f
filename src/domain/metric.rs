//! A metric: how it is counted, what its value may be, and how it may be called.

use serde_json::{Number, Value};

use super::moment::wrong;
use crate::error::Result;

/// How a metric is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Added up.
    Count,
    /// The newest counts.
    Gauge,
    /// Milliseconds.
    Time,
}

impl Metric {
    /// The name in a domain file.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "count" => Some(Self::Count),
            "gauge" => Some(Self::Gauge),
            "time" => Some(Self::Time),
            _ => None,
        }
    }

    /// What its value is to be, in words.
    pub(super) fn wanted(self) -> &'static str {
        match self {
            Self::Count => "a whole number",
            Self::Gauge => "a number",
            Self::Time => "a whole number of milliseconds, 0 or more",
        }
    }

    /// A value as it is sent, where it can be: what is counted is whole, and 2.0 is.
    pub(super) fn number(self, value: &Value) -> Option<Number> {
        let float = value.as_f64().filter(|float| float.is_finite())?;
        if self == Self::Gauge {
            return value.as_number().cloned();
        }
        // What a double holds exactly.
        let small = float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0;
        #[allow(clippy::cast_possible_truncation, reason = "it is whole and small")]
        let whole = value.as_i64().or_else(|| small.then_some(float as i64))?;
        (self == Self::Count || whole >= 0).then(|| whole.into())
    }
}

/// A metric's name, where no part of it could be taken for its value, its kind or its tags.
pub(super) fn metric_name(rule: &str, name: String) -> Result<String> {
    let parts = |c: char| matches!(c, ':' | '|' | '@' | '#') || c.is_control();
    if name.is_empty() || name.contains(parts) {
        let why = "a metric's name: it is not empty, and has no `:`, `|`, `@`, `#` or line break in it";
        return Err(wrong(rule, why, &Value::String(name)));
    }
    Ok(name)
}
