//! How lists show the records of a log: what they are called, which state they are in, what tells them apart, and which
//! of their fields only the machine keeps.

use super::fields::{Field, Fields, part};
use super::form::{Answers, Question};
use super::roles::Roles;
use crate::domain::Listed;
use crate::jq::path_of;

/// So many columns more than label and status are shown.
const COLUMNS: usize = 3;
/// In so large a part of the events a field of the machine's changes.
const ALWAYS: f64 = 0.9;

/// Guesses it from the fields that stay in the state.
pub fn guess(fields: &Fields, roles: &Roles<'_>, answers: &Answers) -> Listed {
    let Some(id) = roles.of(Question::Id) else { return Listed::default() };
    // Where the data is made by a rule, the fields of the record are not those of the state.
    let Some(prefix) = prefix(answers) else { return Listed::default() };
    let free: Vec<(&Field, String, f64)> = fields
        .all
        .iter()
        .filter(|field| !roles.has(field) && field.distinct() > 1 && field.path.starts_with(&prefix))
        .map(|field| (field, path_of(&field.path[prefix.len()..]), field.stays_within(id)))
        .collect();
    let best = |score: &dyn Fn(&Field, f64) -> f64| {
        let scored = free.iter().map(|(field, path, stays)| (score(field, *stays), path));
        scored
            .filter(|(score, _)| *score > 0.5)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, path)| path.clone())
    };
    let label = best(&|field, stays| {
        let text = field.is_text() && field.coverage() > 0.2;
        let many = part(field.distinct(), id.distinct()).min(1.0);
        if text && stays > 0.7 {
            0.4 * many + 0.4 * field.look.sentence + 0.2 * stays - 0.3 * field.look.coded
        } else {
            0.0
        }
    });
    let few =
        |field: &Field| (2..=12).contains(&field.distinct()) && field.is_text() && field.coverage() > 0.3;
    let status = best(&|field, stays| {
        let path = path_of(&field.path[prefix.len()..]);
        if few(field) && stays > 0.15 && stays < 0.98 && label.as_ref() != Some(&path) {
            0.6 + 0.3 * (1.0 - stays) + 0.1 * field.coverage() - 0.05 * field.path.len() as f64
        } else {
            0.0
        }
    });
    let columns = free
        .iter()
        .filter(|(field, path, stays)| {
            few(field) && *stays > 0.5 && Some(path) != status.as_ref() && Some(path) != label.as_ref()
        })
        .take(COLUMNS)
        .map(|(field, path, _)| (field.name().to_owned(), path.clone()))
        .collect();
    let quiet = free
        .iter()
        .filter(|(field, _, stays)| {
            let kept = (field.form.is_some() || field.whole) && field.coverage() > 0.5;
            kept && 1.0 - stays > ALWAYS && field.goes_on_within(id) > ALWAYS
        })
        .map(|(field, ..)| field.path[prefix.len()..].join("."))
        .collect();
    Listed { kind: String::new(), label, status, columns, quiet }
}

/// The keys under which the state's fields stand in the record; `None` where a rule makes them.
fn prefix(answers: &Answers) -> Option<Vec<String>> {
    match &answers.data {
        None => Some(Vec::new()),
        Some(rule) => crate::import::value::plain_path(rule.strip_suffix(" // {}").unwrap_or(rule)),
    }
}
