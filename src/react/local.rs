//! This machine's own settings: endpoints and passwords, which no store carries, in the user's configuration.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::Deserialize;

use super::secret::mistake;
use super::user::{ExplorerSettings, User};
use crate::error::{Error, Result};

/// The variable that names another folder than the user's configuration.
const VARIABLE: &str = "BACKSTORY_CONFIG";

/// The user's configuration, as read from its folder.
#[derive(Debug, Default)]
pub struct Local {
    folder: Option<PathBuf>,
    settings: Settings,
}

/// `config.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    actor: Option<String>,
    store: Option<PathBuf>,
    #[serde(default)]
    explorer: ExplorerSettings,
    #[serde(default)]
    mail: MailSettings,
    #[serde(default)]
    http: BTreeMap<String, HttpSettings>,
    statsd: Option<StatsdSettings>,
    #[serde(default)]
    append: AppendSettings,
    #[serde(default)]
    sql: BTreeMap<String, SqlSettings>,
}

/// Where mail goes.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MailSettings {
    /// Who sends it.
    pub from: Option<String>,
    /// `smtp://…` or `smtps://user:password@host`; without it mail is written to files.
    pub smtp: Option<String>,
    /// Lets a password go over a connection that is not encrypted.
    #[serde(default)]
    pub insecure: bool,
    /// The folder of those files; else `outbox` beside the store.
    pub outbox: Option<PathBuf>,
}

/// Where a POST goes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HttpSettings {
    pub url: String,
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// Lets headers go over a connection that is not encrypted.
    #[serde(default)]
    pub insecure: bool,
}

/// Where metrics go.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StatsdSettings {
    /// HOST:PORT, by UDP.
    pub address: String,
    /// What leads each metric's name.
    #[serde(default)]
    pub prefix: String,
    /// Whether the daemon understands tags.
    #[serde(default = "yes")]
    pub tags: bool,
}

/// Where lines go.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AppendSettings {
    /// The folder; else `feeds` beside the store.
    pub folder: Option<PathBuf>,
}

/// Where rows go.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SqlSettings {
    /// `postgres://user:password@host/database`.
    pub url: String,
    /// A PEM file with the certificates that vouch for the server's; else those that browsers know.
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "read where rows can be written"))]
    pub ca: Option<PathBuf>,
}

fn yes() -> bool {
    true
}

impl Local {
    /// Reads the user's configuration; one that is not there is empty.
    pub fn read() -> Result<Self> {
        let named = std::env::var_os(VARIABLE).map(PathBuf::from);
        let own = || etcetera::choose_base_strategy().ok().map(|base| base.config_dir().join("backstory"));
        named.or_else(own).map_or_else(|| Ok(Self::default()), |folder| Self::read_in(&folder))
    }

    /// What the user likes.
    pub fn user(&self) -> User {
        let Settings { actor, store, explorer, .. } = &self.settings;
        let store = store.as_ref().map(|store| match (store.strip_prefix("~"), &self.folder) {
            (Ok(below), _) => etcetera::home_dir().map_or_else(|_| store.clone(), |home| home.join(below)),
            (Err(_), Some(folder)) => folder.join(store),
            (Err(_), None) => store.clone(),
        });
        User { actor: actor.clone().filter(|actor| !actor.is_empty()), store, explorer: explorer.clone() }
    }

    /// Reads the configuration in a folder.
    pub fn read_in(folder: &Path) -> Result<Self> {
        let file = folder.join("config.toml");
        let settings = match crate::file::text(&file) {
            Ok(text) => toml::from_str(&text).map_err(|error| mistake(&file, &text, &error))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Settings::default(),
            Err(error) => return Err(Error::from(error).at(file.display())),
        };
        let local = Self { folder: Some(folder.to_owned()), settings };
        local.check_mode(&file)?;
        Ok(local)
    }

    /// The folder of the configuration, to write to.
    pub fn config_folder(&self) -> Result<&Path> {
        self.folder().ok_or_else(|| {
            Error::refused("There is no folder for the user's configuration on this machine.")
                .hint("Name one: BACKSTORY_CONFIG=FOLDER.")
        })
    }

    /// The folder of the configuration, where there is one.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    pub(super) fn endpoints(&self) -> impl Iterator<Item = &HttpSettings> {
        self.settings.http.values()
    }

    pub(super) fn databases(&self) -> impl Iterator<Item = &SqlSettings> {
        self.settings.sql.values()
    }

    pub(super) fn mail(&self) -> &MailSettings {
        &self.settings.mail
    }

    pub(super) fn append(&self) -> &AppendSettings {
        &self.settings.append
    }

    pub(super) fn http(&self, endpoint: &str) -> Result<&HttpSettings> {
        self.settings
            .http
            .get(endpoint)
            .ok_or_else(|| self.lacks(&format!("http.{endpoint}"), "url = \"https://…\""))
    }

    pub(super) fn statsd(&self) -> Result<&StatsdSettings> {
        self.settings.statsd.as_ref().ok_or_else(|| self.lacks("statsd", "address = \"127.0.0.1:8125\""))
    }

    pub(super) fn sql(&self, endpoint: &str) -> Result<&SqlSettings> {
        self.settings
            .sql
            .get(endpoint)
            .ok_or_else(|| self.lacks(&format!("sql.{endpoint}"), "url = \"postgres://…\""))
    }

    fn lacks(&self, table: &str, line: &str) -> Error {
        let file = self.folder.as_ref().map_or_else(
            || "config.toml in the user's configuration".to_owned(),
            |folder| folder.join("config.toml").display().to_string(),
        );
        Error::hopeless(format!("This machine's configuration says nothing of [{table}]."))
            .hint(format!("Write [{table}] {line} to {file}, then `backstory jobs retry`."))
    }
}
