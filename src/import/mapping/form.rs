//! A mapping's TOML, as it is written.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::{Format, Late, Mode, Repeats};
use crate::error::Result;

/// A string, and where it stands.
pub(super) type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub import: Form,
    /// What an adapter says of a store; its rules are those of any mapping.
    #[serde(default)]
    #[allow(dead_code, reason = "read where a store is told, and only checked here")]
    pub store: Option<crate::import::adapter::Form>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    pub name: Option<String>,
    pub format: Option<Format>,
    pub records: Option<Text>,
    pub delimiter: Option<Text>,
    pub quote: Option<Text>,
    pub escape: Option<Text>,
    pub header: Option<Spanned<bool>>,
    pub names: Option<Spanned<Vec<String>>>,
    pub encoding: Option<Text>,
    pub skip_lines: Option<Spanned<u64>>,
    pub strict: Option<Spanned<bool>>,
    pub order: Option<Text>,
    pub version: Option<Text>,
    pub repeats: Option<Spanned<Repeats>>,
    pub late: Option<Spanned<Late>>,
    pub wait: Option<Spanned<f64>>,
    pub carry: Option<Spanned<bool>>,
    #[serde(default)]
    pub mode: Mode,
    pub at_format: Option<Spanned<OneOrMany>>,
    pub zone: Option<Text>,
    pub define: Option<Text>,
    pub skip: Option<Text>,
    pub r#type: Text,
    pub id: Text,
    pub at: Text,
    pub key: Option<Text>,
    pub content: Option<Text>,
    pub data: Option<Text>,
    pub deleted: Option<Text>,
    pub event: Text,
    pub received: Option<Text>,
    pub actor: Option<Text>,
    pub reason: Option<Text>,
    pub cause: Option<Text>,
    pub seen: Option<Text>,
    pub meta: Option<Text>,
    #[serde(default)]
    pub list: Ordered<ListForm>,
}

/// A string, or a list of them.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a string or a list of strings")]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListForm {
    pub label: Option<Text>,
    pub status: Option<Text>,
    #[serde(default)]
    pub columns: Ordered<Text>,
    #[serde(default)]
    pub quiet: Vec<String>,
}

/// A table in the order of its text.
pub(super) struct Ordered<T>(pub Vec<(String, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(toml: D) -> Result<Self, D::Error> {
        struct Entries<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Ordered<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Ordered(entries))
            }
        }
        toml.deserialize_map(Entries(std::marker::PhantomData))
    }
}
