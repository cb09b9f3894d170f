//! What a user likes: who acts, which store is opened, how the explorer looks, and its keys. It stands in `config.toml`
//! beside what reactors need.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// How the explorer looks, and its keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExplorerSettings {
    /// The colours.
    pub theme: Option<ThemeName>,
    /// Whether only ASCII characters are drawn.
    pub ascii: Option<bool>,
    /// Whether the mouse is listened to.
    pub mouse: Option<bool>,
    /// The zone of times.
    pub zone: Option<ZoneName>,
    /// By the name of an action in the panes: the keys that it has instead of its own.
    #[serde(default)]
    pub keys: BTreeMap<String, KeyNames>,
}

/// The colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThemeName {
    /// For a dark terminal.
    Dark,
    /// For a light one.
    Light,
    /// None.
    None,
}

impl ThemeName {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::None => "none",
        }
    }
}

/// The zone of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ZoneName {
    /// Universal time.
    Utc,
    /// This machine's.
    Local,
}

/// One key or several.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "a key, such as \"g\" or \"C-g\", or a list of keys")]
pub enum KeyNames {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl KeyNames {
    /// All of them.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(key) => std::slice::from_ref(key),
            Self::Many(keys) => keys,
        }
    }
}

/// What a user likes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// Who acts, where nothing else says so.
    pub actor: Option<String>,
    /// The store that is opened where none is named and none is in the folder.
    pub store: Option<PathBuf>,
    /// How the explorer looks, and its keys.
    pub explorer: ExplorerSettings,
}
