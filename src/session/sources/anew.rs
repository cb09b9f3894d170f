//! Reading a log anew by another mapping: the store as it was is set aside until what people had put beside the log is
//! carried over, and stays where something found no counterpart.

use std::fs;
use std::path::PathBuf;

use super::carried::{CarriedOver, carry_over};
use super::{DOMAIN, MAPPING, ReadBy, Source, Sources};
use crate::clock::Clock;
use crate::domain::with_listed;
use crate::error::Result;
use crate::import::Mapping;
use crate::session::{Open, Session};
use crate::store::Alone;

/// Names the sources that are to be carried over, a line each.
const BEFORE: &str = "before.txt";

impl Source {
    /// Takes another mapping into use, and what it is told as: what was read so far is read anew, and what people put
    /// beside it is carried over then. A domain that somebody changed stays in use.
    pub fn read_by(&mut self, mapping: &str, told: String) -> Result<()> {
        Mapping::parse(MAPPING, mapping)?;
        self.read_anew()?;
        self.put(MAPPING, mapping)?;
        (self.about.read_by, self.about.told) = (ReadBy::Mapping, told);
        self.keep()
    }

    /// Has everything be read anew by what it is read by, in the order that the source has now: what came late stands in
    /// its place then.
    pub fn read_anew(&mut self) -> Result<()> {
        if let Some(domain) = self.own_domain()? {
            self.put(DOMAIN, &domain)?;
        }
        self.set_aside()?;
        self.about.left_at = None;
        self.keep()
    }

    /// The domain of its store, where it is another one than the mapping brought.
    fn own_domain(&self) -> Result<Option<String>> {
        if !self.store().exists() {
            return Ok(None);
        }
        let open = Open { path: self.store(), branch: "main".to_owned(), clock: Clock::System };
        let Some(in_use) = Session::open_reader(&open)?.domain_source()? else { return Ok(None) };
        let mapping = self.mapping_name().map(|name| Mapping::load(&name)).transpose()?;
        let listed = mapping.as_ref().map_or(&[][..], Mapping::listed);
        let brought = listed.iter().try_fold(String::new(), |source, listed| with_listed(&source, listed))?;
        Ok((in_use != brought).then_some(in_use))
    }

    /// The folder of all sources.
    fn beside(&self) -> PathBuf {
        self.folder.parent().map_or_else(PathBuf::new, PathBuf::from)
    }

    /// Makes the store, and how it was read, a source of its own, which is carried over once the log is read anew.
    fn set_aside(&self) -> Result<()> {
        if !self.store().exists() {
            return Ok(());
        }
        let held = Alone::hold(&self.store())?;
        let names = (1..).map(|number| format!("{}~{number}", self.name));
        let free = |name: &String| !self.beside().join(name).exists();
        let Some(name) = names.into_iter().find(free) else { return Ok(()) };
        let mut aside = Self { folder: self.beside().join(&name), name, about: self.about.clone() };
        aside.about.aside = true;
        if self.about.read_by == ReadBy::Mapping {
            aside.put(MAPPING, &crate::file::text(&self.folder.join(MAPPING))?)?;
        }
        aside.keep()?;
        let before = crate::file::text(&self.folder.join(BEFORE)).unwrap_or_default();
        self.put(BEFORE, &format!("{before}{}\n", aside.name))?;
        held.rename(&aside.store())
    }

    /// Carries over what stores that were set aside have beside the log, once it is read anew, from so many records.
    pub(super) fn carry_over(&self, records: u64, open: &Open, actor: &str) -> Result<Option<CarriedOver>> {
        let Ok(before) = crate::file::text(&self.folder.join(BEFORE)) else { return Ok(None) };
        let (sources, mut all) = (Sources::within(self.beside()), CarriedOver::default());
        for name in before.lines() {
            let Ok(aside) = sources.named(name) else { continue };
            // The program was killed before it was moved there.
            if !aside.store().exists() {
                sources.remove(name)?;
                continue;
            }
            let mut carried = carry_over(aside.store(), open, records, actor)?;
            if carried.lost.is_empty() {
                sources.remove(name)?;
            } else {
                carried.kept_as.push(name.to_owned());
            }
            all.add(carried);
        }
        fs::remove_file(self.folder.join(BEFORE))?;
        Ok(Some(all))
    }
}
