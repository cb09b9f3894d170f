//! This machine's consent: whose reactors may reach out of a store here, by the hash of the very domain text.

use std::io::Write as _;

use super::local::Local;
use crate::error::{Error, Result};
use crate::event::{Hash, Time};

const FILE: &str = "consent";

impl Local {
    /// Whether the reactors of the domain with this hash may reach out of a store on this machine.
    pub fn allows(&self, domain: Hash) -> Result<bool> {
        let Some(folder) = self.folder() else { return Ok(false) };
        let text = match crate::file::text(&folder.join(FILE)) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(Error::from(error).at(folder.join(FILE).display())),
        };
        let wanted = domain.to_string();
        Ok(text.lines().any(|line| line.split_whitespace().next() == Some(&wanted)))
    }

    /// Notes that they may.
    pub fn allow(&self, domain: Hash, name: &str, now: Time) -> Result<()> {
        let Some(folder) = self.folder() else {
            return Err(Error::refused("There is no folder for the user's configuration on this machine.")
                .hint("Name one: BACKSTORY_CONFIG=FOLDER."));
        };
        let name: String = name.chars().filter(|c| !c.is_control()).collect();
        let written = std::fs::create_dir_all(folder).and_then(|()| {
            let mut file = std::fs::OpenOptions::new().create(true).append(true).open(folder.join(FILE))?;
            writeln!(file, "{domain} {now} {name}")
        });
        written.map_err(|error| {
            let place = folder.join(FILE);
            Error::from(error).at(format!("The consent cannot be noted in {}", place.display()))
        })
    }
}
