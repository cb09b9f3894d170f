//! Which event types of an aggregate type may change places.

use super::super::Session;
use crate::domain::Domain;
use crate::error::Result;
use crate::event::Version;
use crate::jq::with_room;
use crate::replay::Fold;
use crate::replay::matrix::Matrix;
use std::rc::Rc;

/// So many aggregates are looked through before somebody is told how far it is.
const BLOCK: usize = 64;

/// A search that is under way.
pub struct MatrixSearch {
    domain: Rc<Domain>,
    fold: Fold,
    kind: String,
    row: i64,
    last: i64,
    /// What was found so far.
    pub matrix: Matrix,
}

impl MatrixSearch {
    /// How many aggregates were looked at, and how many there are, of whichever type.
    pub fn progress(&self) -> (i64, i64) {
        (self.row.min(self.last), self.last)
    }
}

impl Session {
    /// Begins to try which event types of an aggregate type may change places; [`Session::next_matrix`] goes on with it.
    pub fn matrix(&mut self, kind: &str) -> Result<MatrixSearch> {
        let (domain, last) = (self.domain()?, self.store.aggregate_count()?);
        let (fold, matrix) = (Fold::over(self.branch.clone()), Matrix::default());
        Ok(MatrixSearch { domain, fold, kind: kind.to_owned(), row: 0, last, matrix })
    }

    /// Goes on for some aggregates, while somebody wants it; says whether that was all.
    pub fn next_matrix(&mut self, search: &mut MatrixSearch, goes_on: &dyn Fn() -> bool) -> Result<bool> {
        let MatrixSearch { domain, fold, kind, row, last, matrix } = search;
        let store = &self.store;
        with_room(|| {
            let mut done = 0;
            while done < BLOCK && goes_on() {
                let Some(next) = store.aggregate_after(*row)?.filter(|next| next <= last) else {
                    *row = *last;
                    return Ok(true);
                };
                *row = next;
                done += 1;
                let aggregate = store.aggregate_of(next)?;
                if aggregate.kind == *kind {
                    fold.go_to(aggregate, next);
                    matrix.history(fold, (store, domain), Version::MAX, goes_on)?;
                }
            }
            Ok(false)
        })
    }
}
