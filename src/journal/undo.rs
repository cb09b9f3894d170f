//! Undo and redo over the operation log. An undo is another operation: events are taken back by new events, a
//! fork by archiving it.

use std::collections::HashSet;

use serde_json::Value;

use super::Rules;
use super::attempt::{Carriage, Clash, Mode, Outcome, Span};
use super::note::take_note_back;
use super::operation::By;
use super::revert::{How, revert_in};
use crate::domain::Domain;
use crate::error::{Error, Result};
use crate::event::units;
use crate::store::{CASE, Operation, Store, Transaction, Waypoint};

/// What was, or would be, taken back.
#[derive(Clone, Debug, PartialEq)]
pub struct Undone {
    /// The operation that was taken back, or done again.
    pub operation: Operation,
    /// What that means, as a sentence.
    pub says: String,
    /// The events' reverts, where there are any.
    pub carriage: Option<Carriage>,
    /// Whether anything was written.
    pub written: bool,
}

impl Undone {
    /// Why it cannot be taken back, where it cannot; `sentence` says what stands in the way of a field.
    pub fn refusal(&self, sentence: &dyn Fn(&Clash) -> String) -> Option<Error> {
        let carriage = self.carriage.as_ref().filter(|carriage| carriage.is_refused())?;
        let reasons = carriage.units.iter().filter_map(|carried| match &carried.outcome {
            Outcome::Conflict(clashes) => Some(clashes.iter().map(sentence).collect::<Vec<_>>().join("; ")),
            outcome => outcome.reason(),
        });
        let reasons: Vec<_> = reasons.collect();
        Some(
            Error::refused(format!("It cannot be taken back: {}.", reasons.join("; ")))
                .hint("Something later changed the same; take that back first."),
        )
    }
}

/// How many operations are looked through for one to take back.
const LOOKED: usize = 10_000;

/// Takes back the actor's newest operation that stands.
pub fn undo(store: &Store, rules: &mut Rules, by: &By, dry_run: bool) -> Result<Undone> {
    take_back(store, rules, by, dry_run, "undo")
}

/// Takes back the actor's newest undo, where nothing was done since.
pub fn redo(store: &Store, rules: &mut Rules, by: &By, dry_run: bool) -> Result<Undone> {
    take_back(store, rules, by, dry_run, "redo")
}

fn take_back(store: &Store, rules: &mut Rules, by: &By, dry_run: bool, verb: &str) -> Result<Undone> {
    let transaction = store.write()?;
    let domain = rules.current(&transaction)?;
    let again = verb == "redo";
    let operation = if again { newest_undo(store, by)? } else { newest_standing(store, by)? };
    let what = match operation.undoes.filter(|_| again) {
        Some(undone) => store.operation(undone)?.ok_or_else(|| nothing("redo", by))?,
        None => operation.clone(),
    };
    let mut undone = Undone { says: String::new(), operation, carriage: None, written: false };
    let mut span = None;
    if let Some(says) = take_rows_back(&transaction, &what, again)? {
        undone.says = says;
    } else {
        let (carriage, taken) = revert_span(&transaction, store, &domain, &undone.operation, by)?;
        let count = carriage.units.iter().map(|unit| unit.events.len()).sum::<usize>();
        let branch = store.branch_name(undone.operation.branch)?;
        undone.says = match count {
            1 => format!("appends an event that takes back {} on {branch}", spanned(&undone.operation)),
            _ => format!("appends {count} events that take back {} on {branch}", spanned(&undone.operation)),
        };
        span = taken;
        let stop = !carriage.written;
        undone.carriage = Some(carriage);
        if stop {
            return Ok(undone);
        }
    }
    if dry_run {
        if let Some(carriage) = &mut undone.carriage {
            carriage.written = false;
        }
        return Ok(undone);
    }
    undone.written = true;
    transaction.note_operation(&Operation {
        id: 0,
        at: by.now,
        actor: by.actor.clone(),
        verb: verb.to_owned(),
        branch: undone.operation.branch,
        span,
        detail: what.detail.clone(),
        undoes: Some(undone.operation.id),
    })?;
    transaction.commit()?;
    Ok(undone)
}

/// Takes back what is not events, or does it again, and says what that means; `None` where it is events.
fn take_rows_back(transaction: &Transaction<'_>, what: &Operation, again: bool) -> Result<Option<String>> {
    let detail: Value = serde_json::from_str(&what.detail).unwrap_or_default();
    let text = |name: &str| detail[name].as_str().unwrap_or_default().to_owned();
    let says = match what.verb.as_str() {
        "fork" | "archive" | "restore" => {
            let archive = (what.verb == "archive") == again;
            transaction.archive_branch(what.branch, archive)?;
            let name = transaction.branch_name(what.branch)?;
            if archive {
                format!("archives the branch {name}")
            } else {
                format!("shows the branch {name} again")
            }
        }
        "rename" => {
            let (to, from) = if again { (text("to"), text("from")) } else { (text("from"), text("to")) };
            if transaction.branch_name(what.branch)? != from || transaction.branch_named(&to)?.is_some() {
                return Err(Error::refused(format!(
                    "{from} cannot be named {to} again: the names have changed since."
                )));
            }
            transaction.rename_branch(what.branch, &to)?;
            format!("gives {from} the name {to} again")
        }
        "rebase" => {
            let old = detail["old_branch"].as_i64().unwrap_or_default();
            transaction.swap_branch_names(what.branch, old)?;
            transaction.archive_branch(what.branch, !again)?;
            transaction.archive_branch(old, again)?;
            let when = if again { "after" } else { "before" };
            format!("{} is the branch from {when} the rebase", text("name"))
        }
        "waypoint" | "forget waypoint" => {
            let name = text("name");
            if (what.verb == "waypoint") == again {
                put_waypoint(transaction, what, &detail)?;
                format!("names the point %{name} again")
            } else {
                transaction.remove_waypoint(&name)?;
                format!("forgets the waypoint %{name}")
            }
        }
        "note" | "remove note" => take_note_back(transaction, what, again)?,
        CASE => return Err(Error::refused("A case that was opened is not undone: close it.")),
        "import" => {
            let (first, _) = what.span.unwrap_or_default();
            return Err(Error::refused("An import is not undone: its events are facts of another system.")
                .hint(format!(
                    "A branch from before it shows the store without them: branch NAME --at {}.",
                    first - 1
                )));
        }
        _ => return Ok(None),
    };
    Ok(Some(says))
}

fn spanned(operation: &Operation) -> String {
    match operation.span {
        Some((first, last)) if first == last => format!("#{first}"),
        Some((first, last)) => format!("#{first} to #{last}"),
        None => "nothing".to_owned(),
    }
}

fn put_waypoint(transaction: &Transaction<'_>, what: &Operation, detail: &Value) -> Result<()> {
    transaction.put_waypoint(&Waypoint {
        name: detail["name"].as_str().unwrap_or_default().to_owned(),
        branch: what.branch,
        aggregate: detail["aggregate"].as_i64(),
        place: detail["place"].as_i64().unwrap_or_default(),
        actor: what.actor.clone(),
        created_at: what.at,
    })
}

/// Takes the events of an operation back, the newest first.
fn revert_span(
    transaction: &Transaction<'_>,
    store: &Store,
    domain: &Domain,
    operation: &Operation,
    by: &By,
) -> Result<(Carriage, Span)> {
    let branch = store.with_ancestors(&store.branch_row(operation.branch)?)?;
    let mut events = Vec::new();
    if let Some(span) = operation.span {
        store.events_between(&branch, span, false, &mut |raw| {
            events.push(store.whole(raw)?);
            Ok(true)
        })?;
    }
    let mut units = units(events);
    units.reverse();
    let reason =
        format!("{} of operation {}", if operation.verb == "undo" { "redo" } else { "undo" }, operation.id);
    let how = How { mode: Mode::default(), reason: Some(&reason), by };
    revert_in(Some(transaction), store, domain, &branch, units, &how)
}

fn nothing(what: &str, by: &By) -> Error {
    Error::refused(format!("There is nothing to {what} for {}.", by.actor))
        .hint("`backstory op log` lists what was done, and by whom.")
}

/// The actor's operations that stand, the newest first: no undone one, no undo that was undone.
fn standing(store: &Store, by: &By) -> Result<Vec<Operation>> {
    let mut gone = HashSet::new();
    let mut standing = Vec::new();
    for operation in store.operations(None, LOOKED)? {
        if gone.contains(&operation.id) {
            continue;
        }
        gone.extend(operation.undoes);
        if operation.actor == by.actor && operation.verb != "redo" {
            standing.push(operation);
        }
    }
    Ok(standing)
}

fn newest_standing(store: &Store, by: &By) -> Result<Operation> {
    let mut operations = standing(store, by)?.into_iter();
    operations.find(|operation| operation.verb != "undo").ok_or_else(|| nothing("undo", by))
}

fn newest_undo(store: &Store, by: &By) -> Result<Operation> {
    let newest = standing(store, by)?.into_iter().next();
    newest.filter(|operation| operation.verb == "undo").ok_or_else(|| nothing("redo", by))
}
