//! Whether what people see is what the log says: every head, as the rules fold it, and every row of a projection.

use std::collections::BTreeMap;

use super::{Rules, stopped_at};
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::Position;
use crate::projection::{Report, take};
use crate::replay::{Along, HeadFold};
use crate::store::{Found, KeptRow, MAIN, Store, Table};

/// How many rows of a projection are read at once.
const PAGE: usize = 1_000;

/// Folds every head and every projection anew and compares: the first one that is another is named. `progress` gets the
/// aggregates done and about how many there are; false stops.
pub(crate) fn prove(
    store: &Store,
    rules: &mut Rules,
    progress: &mut dyn FnMut(i64, i64) -> bool,
) -> Result<()> {
    let domain = rules.current(store)?;
    store.snapshot(|store| {
        heads(store, &domain, progress)?;
        let in_use = store.domain_id()?;
        let tables = store.projections()?;
        tables.iter().filter(|table| table.domain == in_use).try_for_each(|table| rows(store, &domain, table))
    })
}

fn heads(store: &Store, domain: &Domain, progress: &mut dyn FnMut(i64, i64) -> bool) -> Result<()> {
    let total = store.aggregate_count()?;
    for row in store.branches()? {
        let branch = store.with_ancestors(&row)?;
        let (mut fold, mut at) = (HeadFold::new(store, domain, &branch), -1);
        while let Some(next) = store.own_aggregate_after(branch.id, at)? {
            at = next;
            let kept = match store.head(&branch, next)? {
                Found::Head { head, own: true } => Some(head.head),
                _ => None,
            };
            let folded = fold.head(next)?;
            if kept != folded.as_ref().map(|(_, head)| head.clone()) {
                let name = folded.map_or_else(|| format!("row {next}"), |(name, _)| name.to_string());
                return Err(differs(&format!(
                    "the list's {name} on {} is not what the log makes",
                    branch.name
                )));
            }
            if next % 256 == 0 && !progress(next.min(total), total) {
                return Err(Error::refused("Stopped; so far all of it is whole."));
            }
        }
    }
    Ok(())
}

fn rows(store: &Store, domain: &Domain, table: &Table) -> Result<()> {
    let Some(projection) = domain.projections.get(&table.name) else { return Ok(()) };
    let branch = store.with_ancestors(&store.branch_row(MAIN)?)?;
    let (mut along, mut report, mut stopped) = (Along::new(branch.clone()), Report::default(), None);
    store.events_between(&branch, (1, Position::MAX), false, &mut |raw| {
        if raw.position > table.position && table.error.is_none() {
            return Ok(false);
        }
        let stepped = along.step(store, domain, raw)?;
        let event = &stepped.event;
        if projection.reads(&event.aggregate.kind, &event.kind) {
            let moment = stepped.moment(domain);
            if let Err(error) = take(projection, &moment, event.position, &mut report) {
                stopped = Some(stopped_at(event, &error));
            }
        }
        Ok(stopped.is_none())
    })?;
    if stopped != table.error {
        return Err(differs(&format!("what stopped the projection {} is not what is noted", table.name)));
    }
    let mut folded = BTreeMap::new();
    for (key, projected) in report.rows {
        folded.insert(key, (projected.position, projected.row.to_json()?));
    }
    let mut from: Option<String> = None;
    loop {
        let page = store.projected_rows(&table.table, from.as_deref(), false, PAGE)?;
        for KeptRow { key, position, row } in &page {
            if folded.remove(key).as_ref() != Some(&(*position, row.clone())) {
                return Err(differs(&format!("the row {key} of the projection {}", table.name)));
            }
        }
        match page.last() {
            Some(last) => from = Some(last.key.clone()),
            None => break,
        }
    }
    match folded.keys().next() {
        None => Ok(()),
        Some(key) => Err(differs(&format!("the row {key} of the projection {} is gone", table.name))),
    }
}

fn differs(what: &str) -> Error {
    Error::damaged(format!("The log is whole, but something kept beside it differs: {what}."))
        .hint("`backstory replay` builds it again from the log.")
}
