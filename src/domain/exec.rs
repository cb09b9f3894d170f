//! Programs outside that make states in place of the apply rules: which there are. Nothing here starts one.

use std::path::{Path, PathBuf};

use super::Domain;
use crate::error::{Error, Result};

impl Domain {
    /// The program that makes the states of an aggregate type, with its arguments.
    pub fn program(&self, kind: &str) -> Option<&[String]> {
        let own = self.aggregates.get(kind).and_then(|aggregate| aggregate.exec.as_ref());
        own.or(self.exec.as_ref()).map(Vec::as_slice)
    }

    /// Every program that it names, each once.
    pub fn programs(&self) -> Vec<&[String]> {
        let own = self.aggregates.values().filter_map(|aggregate| aggregate.exec.as_ref());
        let mut programs: Vec<&[String]> = Vec::new();
        for program in self.exec.iter().chain(own) {
            if !programs.contains(&program.as_slice()) {
                programs.push(program);
            }
        }
        programs
    }

    /// The folder in which programs are started: that of the domain's file.
    pub fn folder(&self) -> PathBuf {
        let folder = self.folder.as_deref().filter(|folder| !folder.as_os_str().is_empty());
        folder.unwrap_or(Path::new(".")).to_owned()
    }

    /// Refuses a domain with programs, where what is made is kept: anybody must be able to make it again.
    pub fn without_programs(&self) -> Result<()> {
        let programs = self.programs();
        let Some(program) = programs.first() else { return Ok(()) };
        Err(Error::refused(format!(
            "The domain {} has its states made by a program outside ({}), whose results never become heads.",
            self.name,
            program.join(" ")
        ))
        .hint(
            "`backstory replay --domain FILE --dry-run --allow-exec` compares by it; to take the domain into use, leave \
             `exec` out.",
        ))
    }
}
