//! One head after the other, folded from the log and held against the one that is shown.

use super::super::many::Work;
use crate::domain::Domain;
use crate::error::Result;
use crate::event::AggregateId;
use crate::jq::State;
use crate::replay::HeadFold;
use crate::store::{Branch, Head, Store};

/// An aggregate as the log and the rules make it.
pub struct Folded {
    pub aggregate: AggregateId,
    pub head: Head,
    /// The shown head's state, where it is another one.
    pub shown: Option<String>,
}

/// Folds heads.
pub struct Heads;

impl Work for Heads {
    type Made = Folded;
    type Kept<'a> = (&'a Store, &'a Branch, HeadFold<'a>);

    fn begin<'a>(store: &'a Store, domains: &[&'a Domain], branch: &'a Branch) -> Self::Kept<'a> {
        (store, branch, HeadFold::new(store, domains[0], branch))
    }

    fn one((store, branch, heads): &mut Self::Kept<'_>, row: i64) -> Result<Option<Folded>> {
        let Some((aggregate, head)) = heads.head(row)? else { return Ok(None) };
        let shown = other_state(store, branch, row, &head)?;
        Ok(Some(Folded { aggregate, head, shown }))
    }
}

/// The shown head's state, where it is another one.
fn other_state(store: &Store, branch: &Branch, row: i64, head: &Head) -> Result<Option<String>> {
    let shown = store.head(branch, row)?.row();
    let shown = shown.map_or_else(|| "null".to_owned(), |found| found.head.state);
    let same = shown == head.state || State::from_json(&shown)? == State::from_json(&head.state)?;
    Ok((!same).then_some(shown))
}
