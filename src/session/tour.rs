//! The guided tour of the demo: its steps, and the store that it runs over.

use std::path::Path;
use std::rc::Rc;

use serde::Deserialize;

use super::{Open, Session, demo};
use crate::clock::Clock;
use crate::domain::{self, Domain, with_apply};
use crate::error::{Error, Result};
use crate::event::{Time, Version};

const TOUR: &str = include_str!("../../assets/demo/tour.toml");

/// The tour.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tour {
    /// The rules by which its store begins.
    earlier: Vec<Earlier>,
    /// Its steps.
    #[serde(rename = "step")]
    pub steps: Vec<TourStep>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Earlier {
    aggregate: String,
    event: String,
    apply: String,
}

/// A step of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TourStep {
    /// What it is about.
    pub title: String,
    /// What there is to see.
    pub text: String,
    /// The point that the cursor goes to, as a revision.
    pub at: String,
    /// What is put into the rule lab there.
    pub rule: Option<String>,
    /// What is to be looked at there.
    #[serde(default)]
    pub show: TourShow,
    /// The kind of the race whose lab is opened.
    pub race: Option<String>,
    /// The versions whose lab is opened, without the list.
    #[serde(default)]
    pub lab: Vec<Version>,
    /// Whether less of the log's order is kept in it.
    #[serde(default)]
    pub less: bool,
    /// The order in the race lab that is selected.
    pub order: Option<String>,
    /// The branch that this order becomes.
    pub branch: Option<String>,
    /// Whether the rule is taken into use.
    #[serde(default, rename = "use")]
    pub taken: bool,
}

/// What is to be looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TourShow {
    /// The rule, where there is one.
    #[default]
    Rule,
    /// The rule lab's list of the whole store.
    Store,
    /// The races of the record; with a kind the lab of such a race, with a branch what that comes to.
    Races,
}

impl Tour {
    /// The tour that comes with the program.
    pub fn built_in() -> Result<Self> {
        toml::from_str(TOUR).map_err(|error| Error::refused(format!("the tour is broken: {error}")))
    }

    /// Builds its store at a path where there is none: the demo, by the earlier rules.
    pub fn build(&self, path: &Path) -> Result<()> {
        demo::build(path)?;
        let mut source = domain::load("demo")?.source;
        for Earlier { aggregate, event, apply } in &self.earlier {
            source = with_apply(&source, aggregate, event, apply)?;
        }
        let earlier = Rc::new(Domain::parse("the tour's domain", &source)?);
        let open = Open { path: path.to_owned(), branch: "main".to_owned(), clock: Clock::Fixed(Time(0)) };
        Session::open(&open)?.set_domain(&earlier, &mut |_, _| true)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_the_tour_is_one() {
        let tour = Tour::built_in().unwrap();
        assert!(tour.steps.iter().filter(|step| step.taken).count() == 3);
        for step in &tour.steps {
            assert!(!step.taken || step.rule.is_some(), "{}", step.title);
            if let Some(rule) = &step.rule {
                crate::jq::Apply::compile(&step.title, rule).unwrap();
            }
        }
        let demo = domain::load("demo").unwrap();
        for earlier in &tour.earlier {
            assert!(demo.event(&earlier.aggregate, &earlier.event).is_some(), "{earlier:?}");
        }
    }
}
