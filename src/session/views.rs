//! A view: how the list and the logs are narrowed, sorted and shown; and those that are kept of a store.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Chip, Inputs, Sort, data_folder};
use crate::error::{Error, Result};
use crate::private::{Folder, folder_of};

/// How the list and the logs are narrowed, sorted and shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct View {
    /// The aggregate type that the list is of; all without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The order of the list.
    pub sort: Sort,
    /// The order turned round.
    pub reversed: bool,
    /// The columns of the list that are not shown.
    pub hidden: Vec<String>,
    /// The field that is pinned, as a JSON Pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned: Option<String>,
    /// What narrows the list.
    pub list: Vec<Chip>,
    /// What narrows the log of a record.
    pub log: Vec<Chip>,
    /// What narrows the log of the whole store.
    pub store_log: Vec<Chip>,
}

/// The views of one store, as they are kept on this machine: the last one, and those that were named. Nobody else sees
/// them, and a store that may only be read has them, too.
#[derive(Clone, Debug)]
pub struct Views {
    file: PathBuf,
    store: PathBuf,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    /// The store's file, for whoever looks at what is kept.
    store: PathBuf,
    last: View,
    named: BTreeMap<String, View>,
    inputs: Inputs,
}

impl Views {
    /// Those that the user keeps of a store.
    pub fn of_user(store: &Path) -> Result<Self> {
        Ok(Self::within(&data_folder()?.join("views"), store))
    }

    /// Those of a store that are kept in a folder.
    pub fn within(folder: &Path, store: &Path) -> Self {
        let store = store.canonicalize().unwrap_or_else(|_| store.to_owned());
        let hash = Sha256::digest(store.as_os_str().as_encoded_bytes());
        let hash: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { file: folder.join(format!("{hash}.toml")), store }
    }

    /// The view that the store was left with.
    pub fn last(&self) -> Result<View> {
        Ok(self.read()?.last)
    }

    /// What was typed at the prompts over it.
    pub fn inputs(&self) -> Result<Inputs> {
        Ok(self.read()?.inputs)
    }

    /// Keeps what was typed at the prompts over it.
    pub fn keep_inputs(&self, inputs: &Inputs) -> Result<()> {
        self.change(|kept| kept.inputs.clone_from(inputs))
    }

    /// The names of those that were named.
    pub fn names(&self) -> Result<Vec<String>> {
        Ok(self.read()?.named.into_keys().collect())
    }

    /// The view of that name.
    pub fn named(&self, name: &str) -> Result<View> {
        let mut kept = self.read()?;
        kept.named.remove(name).ok_or_else(|| {
            let names: Vec<_> = kept.named.into_keys().collect();
            let hint = if names.is_empty() {
                "`:` keep view in the explorer makes one.".to_owned()
            } else {
                format!("There is {}.", names.join(", "))
            };
            Error::usage(format!("There is no view {name} of {}.", self.store.display())).hint(hint)
        })
    }

    /// Keeps a view under a name, or as the last one.
    pub fn keep(&self, name: Option<&str>, view: View) -> Result<()> {
        self.change(|kept| match name {
            Some(name) => drop(kept.named.insert(name.to_owned(), view)),
            None => kept.last = view,
        })
    }

    /// Forgets the view of that name.
    pub fn forget(&self, name: &str) -> Result<()> {
        self.change(|kept| drop(kept.named.remove(name)))
    }

    fn read(&self) -> Result<Kept> {
        let text = match std::fs::read_to_string(&self.file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Kept::default()),
            Err(error) => return Err(Error::from(error).at(self.file.display())),
        };
        toml::from_str(&text).map_err(|error| {
            Error::refused(format!("The views of this store cannot be read: {}.", error.message()))
                .at(self.file.display())
        })
    }

    fn change(&self, change: impl FnOnce(&mut Kept)) -> Result<()> {
        let mut kept = self.read()?;
        let before = kept.clone();
        change(&mut kept);
        // Who only looks at a store leaves nothing behind.
        if kept == before {
            return Ok(());
        }
        kept.store.clone_from(&self.store);
        let text = toml::to_string(&kept)
            .map_err(|error| Error::refused(format!("The view cannot be kept: {error}.")))?;
        let put = || {
            let name = self.file.file_name().unwrap_or_default().to_string_lossy();
            Folder::named(folder_of(&self.file))?.put(&name, text.as_bytes())
        };
        put().map_err(|error| Error::from(error).at(self.file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Test;
    use serde_json::json;

    #[test]
    fn a_view_comes_back_as_it_was_kept() {
        let folder = tempfile::tempdir().unwrap();
        let views = Views::within(&folder.path().join("views"), Path::new("/a/store.db"));
        assert_eq!(views.last().unwrap(), View::default());
        views.keep(None, View::default()).unwrap();
        assert!(!folder.path().join("views").exists(), "what is as it was is not written");
        let view = View {
            kind: Some("Task".into()),
            sort: Sort::Label,
            pinned: Some("/a~1b".into()),
            list: vec![Chip::not(Test::Is("/n".into(), json!({ "a": [1, "x", false] })))],
            log: vec![Chip { off: true, ..Chip::only(Test::Jq(".a # b".into())) }],
            store_log: vec![Chip::only(Test::Since(crate::event::Time(0))), Chip::only(Test::Listed)],
            ..View::default()
        };
        views.keep(None, view.clone()).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(folder.path().join("views")).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "somebody's values are nobody else's");
        }
        views.keep(Some("mine, \"for now\""), view.clone()).unwrap();
        assert_eq!(views.last().unwrap(), view);
        assert_eq!(views.named("mine, \"for now\"").unwrap(), view);
        assert_eq!(
            Views::within(&folder.path().join("views"), Path::new("/other.db")).last().unwrap(),
            View::default()
        );
        let mut inputs = Inputs::default();
        inputs.keep("jq |", ".a");
        views.keep_inputs(&inputs).unwrap();
        assert_eq!((views.inputs().unwrap(), views.last().unwrap()), (inputs, view));
        views.forget("mine, \"for now\"").unwrap();
        assert!(views.named("mine").unwrap_err().message().contains("no view mine"));
        assert!(views.names().unwrap().is_empty());
    }
}
