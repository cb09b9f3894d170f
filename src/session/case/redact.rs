//! Values replaced by tokens: the same value is the same token all through a case.
//!
//! What is left of a value must not be found by trying: so every hash is made anew. A hash that covers a short value
//! would tell it to whoever tries all of them; so would its successor's, which covers it.

use std::collections::HashMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::event::{Event, Hash};
use crate::replay::Trail;
use crate::store::{Chained, chain_hash};

/// What a path begins with that leads into the metadata, and the one that stands for ids.
const META: &str = "$meta.";
const ID: &str = "$id";

/// Shorter texts are not looked for inside notes: they stand in every word.
const FINDABLE: usize = 3;

/// Where values are replaced.
enum Where {
    /// In an event's data, and in the params of its command.
    Data(Vec<String>),
    /// In its metadata.
    Meta(Vec<String>),
    /// The ids of records.
    Id,
}

impl Where {
    fn of_data(&self) -> Option<Vec<String>> {
        match self {
            Self::Data(steps) => Some(steps.clone()),
            _ => None,
        }
    }

    /// The steps inside a command's params.
    fn in_params(&self) -> Option<&[String]> {
        match self {
            Self::Meta(steps) if steps.len() > 2 && steps[0] == "command" && steps[1] == "params" => {
                Some(&steps[2..])
            }
            _ => None,
        }
    }
}

/// What a token begins with.
const TOKEN: &str = "redacted-";

/// Whether a text is a token, of this case or of one that it is made from.
pub(super) fn is_token(text: &str) -> bool {
    let number = text.strip_prefix(TOKEN);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Replaces values.
pub(super) struct Redactor {
    paths: Vec<Where>,
    /// The values that were met, as JSON, with the numbers of their tokens.
    tokens: HashMap<String, usize>,
    /// The hashes that events have now.
    hashes: HashMap<Hash, Hash>,
    salt: [u8; 32],
}

impl Redactor {
    /// With the paths as they were written. `salt` is what nobody knows who has the case.
    pub fn new(paths: &[String], salt: [u8; 32]) -> Result<Self> {
        let read = |path: &String| {
            if path == ID {
                return Ok(Where::Id);
            }
            let (of_meta, rest) = path.strip_prefix(META).map_or((false, path.as_str()), |rest| (true, rest));
            let steps = Trail::parse(rest).steps().to_vec();
            if steps.is_empty() || path.starts_with('$') && !of_meta {
                return Err(Error::usage(format!("{path} is no path of a value."))
                    .hint("Write assignee, address.street or /address/street, $meta.actor, or $id."));
            }
            Ok(if of_meta { Where::Meta(steps) } else { Where::Data(steps) })
        };
        let mut paths = paths.iter().map(read).collect::<Result<Vec<_>>>()?;
        // What a path of the data replaces in a command's params is not replaced once more.
        let of_data: Vec<Vec<String>> = paths.iter().filter_map(Where::of_data).collect();
        paths.retain(|path| path.in_params().is_none_or(|rest| !of_data.iter().any(|of| of == rest)));
        Ok(Self { paths, tokens: HashMap::new(), hashes: HashMap::new(), salt })
    }

    /// Whether nothing is replaced.
    pub fn is_idle(&self) -> bool {
        self.paths.is_empty()
    }

    /// How many different values were met.
    pub fn values(&self) -> usize {
        self.tokens.len()
    }

    /// Whether a text is one of the values that are replaced, or a record's name with a replaced id.
    pub fn knows(&self, text: &str) -> bool {
        let known = |text: &str| self.tokens.contains_key(&Value::from(text).to_string());
        let ids = self.paths.iter().any(|path| matches!(path, Where::Id));
        known(text) || ids && text.split_once('/').is_some_and(|(_, id)| known(id))
    }

    fn token(&mut self, value: &Value) -> Value {
        let next = self.tokens.len() + 1;
        let number = *self.tokens.entry(value.to_string()).or_insert(next);
        format!("{TOKEN}{number}").into()
    }

    /// The event with its values replaced and with another hash, behind the one that its predecessor has now.
    pub fn event(&mut self, event: &Event) -> Event {
        let mut event = event.clone();
        let mut data: Value = serde_json::from_str(&event.data).unwrap_or_default();
        let mut meta: Value = serde_json::from_str(&event.meta).unwrap_or_default();
        let paths = std::mem::take(&mut self.paths);
        let mut changed = (false, false);
        for path in &paths {
            match path {
                Where::Data(steps) => {
                    changed.0 |= self.replace(&mut data, steps);
                    if let Some(params) =
                        meta.get_mut("command").and_then(|command| command.get_mut("params"))
                    {
                        changed.1 |= self.replace(params, steps);
                    }
                }
                Where::Meta(steps) => changed.1 |= self.replace(&mut meta, steps),
                Where::Id => {
                    changed.1 |= self.rename_seen(&mut meta);
                    let id = self.token(&Value::from(event.aggregate.id.as_str()));
                    id.as_str().unwrap_or_default().clone_into(&mut event.aggregate.id);
                }
            }
        }
        self.paths = paths;
        if changed.0 {
            event.data = data.to_string();
        }
        if changed.1 {
            event.meta = meta.to_string();
        }
        event.meta = self.renamed(&event.meta);
        event.parent = event.parent.map(|parent| self.hash(parent));
        let again = chain_hash(event.parent, &chained(&event));
        self.hashes.insert(event.hash, again);
        event.hash = again;
        event
    }

    /// What a requester had seen is named by records.
    fn rename_seen(&mut self, meta: &mut Value) -> bool {
        let seen = meta.get_mut("command").and_then(|command| command.get_mut("seen"));
        let Some(Value::Object(seen)) = seen else { return false };
        let named = std::mem::take(seen);
        for (name, version) in named {
            let id = name.split_once('/').map(|(kind, id)| (kind, self.token(&Value::from(id))));
            let name =
                id.map_or(name.clone(), |(kind, id)| format!("{kind}/{}", id.as_str().unwrap_or_default()));
            seen.insert(name, version);
        }
        true
    }

    /// Replaces what stands where the steps lead to; through arrays that means each of their items.
    fn replace(&mut self, value: &mut Value, steps: &[String]) -> bool {
        let Some((step, rest)) = steps.split_first() else {
            if value.is_null() {
                return false;
            }
            *value = self.token(value);
            return true;
        };
        match value {
            Value::Object(fields) => fields.get_mut(step).is_some_and(|inner| self.replace(inner, rest)),
            Value::Array(items) => match step.parse::<usize>() {
                Ok(at) => items.get_mut(at).is_some_and(|item| self.replace(item, rest)),
                Err(_) => items.iter_mut().fold(false, |any, item| self.replace(item, steps) | any),
            },
            _ => false,
        }
    }

    /// The hash that stands for one that the case had: of an event that it has, or of one that it leaves out.
    pub fn hash(&self, hash: Hash) -> Hash {
        let unknown = || {
            let mut hasher = Sha256::new();
            hasher.update(self.salt);
            hasher.update(hash.0);
            Hash(hasher.finalize().into())
        };
        self.hashes.get(&hash).copied().unwrap_or_else(unknown)
    }

    /// A text with the hashes that events have now.
    fn renamed(&self, text: &str) -> String {
        let mut renamed = text.to_owned();
        for run in crate::session::hashes_in(text) {
            if let Ok(hash) = run.parse() {
                renamed = renamed.replace(run, &self.hash(hash).to_string());
            }
        }
        renamed
    }

    /// What somebody wrote, without the texts that were replaced.
    pub fn written(&self, text: &str) -> String {
        let mut found: Vec<(&String, &usize)> = self.tokens.iter().collect();
        // The longest first: one may be part of another.
        found.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        let mut written = text.to_owned();
        for (value, number) in found {
            let value: Value = serde_json::from_str(value).unwrap_or_default();
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if value.chars().count() >= FINDABLE {
                written = written.replace(&value, &format!("{TOKEN}{number}"));
            }
        }
        written
    }

    /// A record's id as the case has it.
    pub fn id(&mut self, id: &str) -> String {
        if !self.paths.iter().any(|path| matches!(path, Where::Id)) {
            return id.to_owned();
        }
        self.token(&Value::from(id)).as_str().unwrap_or_default().to_owned()
    }
}

/// What the chain covers of an event.
pub(super) fn chained(event: &Event) -> Chained<'_> {
    Chained {
        kind: &event.aggregate.kind,
        id: &event.aggregate.id,
        version: event.version,
        event: &event.kind,
        occurred_at: event.occurred_at,
        recorded_at: event.recorded_at,
        data: &event.data,
        meta: &event.meta,
    }
}
