//! What speaks for a field as the answer to a question, as a number and in words.

use super::Roles;
use crate::import::guess::fields::{Field, Fields, NONE, part};
use crate::import::guess::form::Question;
use crate::import::guess::words::words;

/// Words that end the name of an id. They settle ties only.
pub const ID_WORDS: [&str; 12] =
    ["id", "ids", "key", "number", "no", "nr", "num", "uuid", "guid", "code", "ref", "name"];
const EVENT_WORDS: [&str; 12] = [
    "event",
    "action",
    "type",
    "verb",
    "operation",
    "op",
    "activity",
    "method",
    "what",
    "command",
    "did",
    "happened",
];
const OPERATION_WORDS: [&str; 5] = ["event", "action", "verb", "operation", "op"];
const TIME_WORDS: [&str; 8] = ["time", "timestamp", "at", "ts", "date", "when", "occurred", "datetime"];
const ACTOR_WORDS: [&str; 12] = [
    "user",
    "actor",
    "by",
    "author",
    "who",
    "username",
    "login",
    "principal",
    "agent",
    "owner",
    "email",
    "account",
];
const REASON_WORDS: [&str; 7] = ["reason", "message", "comment", "note", "why", "description", "text"];
const KEY_WORDS: [&str; 5] = ["id", "uuid", "delivery", "event", "key"];
/// What the name of a field adds at most.
const NAME: f64 = 0.2;

/// How much speaks for an answer, where 1 is a good fit, and what.
pub struct Weight {
    /// How much.
    pub score: f64,
    /// What, in words.
    pub reason: String,
}

/// Weighs a field as the answer to a question; `None` where it cannot be one.
pub fn weigh(question: Question, field: &Field, fields: &Fields, roles: &Roles<'_>) -> Option<Weight> {
    let id = roles.of(Question::Id);
    match question {
        Question::Id => as_id(field, fields),
        Question::Type => as_type(field, id?, fields),
        // What a thing is in is no event; a log of whole things names an event where it has one.
        Question::Event if roles.snapshots => {
            as_event(field, id).filter(|_| named(field, &OPERATION_WORDS) > 0.0)
        }
        Question::Event => as_event(field, id),
        Question::At => as_time(field, id),
        Question::Actor => as_actor(field, id),
        Question::Reason => as_reason(field, id),
        Question::Key => as_key(field, fields),
    }
}

/// A thing comes up again and again in different records, under a code that somebody gave it.
fn as_id(field: &Field, fields: &Fields) -> Option<Weight> {
    let plain = (field.whole || field.texts == field.seen && !field.number) && field.form.is_none();
    let again = field.pairs().any(|(before, after)| fields.contents[before] != fields.contents[after]);
    if !plain || !again || field.distinct() < 2 || field.coverage() < 0.3 || field.counts_on() {
        return None;
    }
    let look = field.look;
    let spread = (field.distinct() as f64).ln() / (field.seen as f64).ln();
    let fixed = depend_on(field, fields);
    // A number may be an amount: only where few numbers come up often is it the id of a row.
    let row = field.is_dense() && field.seen >= 3 * field.distinct();
    let given = match (field.whole, row) {
        (false, _) => 0.7 * spread + 0.35 * look.coded,
        (true, true) => 0.35 * spread + 0.4,
        (true, false) => 0.35 * spread - 0.3,
    };
    let back = part(field.seen - field.distinct(), field.seen);
    let score = given + (1.5 * back).min(0.3) - 0.3 + 0.4 * field.coverage() + 0.5 * fixed + named(field, &ID_WORDS)
            - 0.6 * look.sentence
            - 0.5 * look.person
            - 0.5 * look.machine
            - if is_moment(field, fields) { 0.6 } else { 0.0 }
            // What few values come up again and again is a sort of things.
            - if field.distinct() < 4 && field.seen > 100 { 0.3 } else { 0.0 }
            - 0.35;
    let mut reason = format!("{} in {}, each again and again", values(field), records(field));
    if fixed > 0.2 {
        reason.push_str(", and other fields stay with it");
    }
    Some(Weight { score, reason })
}

/// The part of the other fields that always have the same value beside the same value of this one, and others beside
/// others.
fn depend_on(field: &Field, fields: &Fields) -> f64 {
    let others = fields.witnesses(&[field]);
    let follows = others.iter().filter(|other| field.decides(other) > 0.97).count();
    part(follows, others.len())
}

/// Whether its values come up only within moments, by every clock there is, as the id of a request does.
fn is_moment(field: &Field, fields: &Fields) -> bool {
    let mut clocks =
        fields.all.iter().filter(|clock| clock.coverage() > 0.5 && clock.form.is_some()).peekable();
    field.distinct() * 8 > field.seen
        && clocks.peek().is_some()
        && clocks.all(|clock| within_moments(field, clock))
}

fn within_moments(field: &Field, clock: &Field) -> bool {
    let Some(form) = &clock.form else { return false };
    let times: Vec<i64> =
        clock.values.iter().map(|value| form.read(value).map_or(0, |time| time.0)).collect();
    let (Some(first), Some(last)) = (times.iter().min(), times.iter().max()) else { return false };
    let time = |record: usize| times.get(clock.column[record] as usize).copied();
    let mut gaps: Vec<i64> =
        field.pairs().filter_map(|(before, after)| Some((time(after)? - time(before)?).abs())).collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() * 9 / 10).is_some_and(|gap| gap * 20_000 < last - first)
}

/// A time that goes on with the records.
fn as_time(field: &Field, id: Option<&Field>) -> Option<Weight> {
    let form = field.form.as_ref()?;
    let times: Vec<_> = field.values.iter().map(|value| form.read(value)).collect();
    let moves = |pairs: &mut dyn Iterator<Item = (usize, usize)>| {
        let (mut on, mut back, mut all) = (0, 0, 0);
        for (before, after) in pairs {
            let at = |record: usize| times.get(field.column[record] as usize).copied().flatten();
            if let (Some(before), Some(after)) = (at(before), at(after)) {
                all += 1;
                on += usize::from(after > before);
                back += usize::from(after < before);
            }
        }
        (part(on.max(back), all), all)
    };
    let whole = moves(&mut (1..field.column.len()).map(|after| (after - 1, after))).0;
    let (within, again) = id.map_or((whole, 1), |id| moves(&mut id.pairs()));
    let within = if again == 0 { whole } else { within };
    let score =
        field.coverage() * 0.7 + 0.4 * within + 0.15 * whole + if form.has_hour() { 0.1 } else { -0.2 }
            - 0.06 * field.path.len() as f64
            + named(field, &TIME_WORDS);
    let order = if whole > 0.8 { ", in the order of the records" } else { "" };
    Some(Weight { score, reason: format!("{}{order}", form.shown()) })
}

/// One of a few words, which stays while the thing does.
fn as_type(field: &Field, id: &Field, fields: &Fields) -> Option<Weight> {
    let few = (2..=60).contains(&field.distinct()) && field.is_text() && field.coverage() > 0.98;
    if !few
        || field.look.sentence + field.look.person > 0.1
        || field.values.iter().any(|value| value.contains('/'))
    {
        return None;
    }
    // Beside the id: in the same object, or under a name with the same beginning.
    let same_object =
        field.path.len() > 1 && field.path[..field.path.len() - 1] == id.path[..id.path.len() - 1];
    let (mine, others) = (words(field.name()), words(id.name()));
    let same_beginning = mine.len() > 1 && others.len() > 1 && mine.first() == others.first();
    let stays = field.stays_within(id);
    let apart = tells_apart(field, id, fields);
    // Rows of several tables have the same numbers; then the table stands right beside the number.
    let table = id.whole && fields.before(field, id);
    let beside = same_object || same_beginning || table;
    let score =
        if beside { 0.45 } else { 0.0 } + 0.2 * stays.max(if table { 1.0 } else { 0.0 }) + 0.9 * apart
            - if stays < 0.97 && apart < 0.1 && !table { 0.6 } else { 0.0 };
    let reason = if apart > 0.1 || stays < 0.9 {
        format!("{}: the same id means another thing under each", values(field))
    } else {
        format!("{}, always the same one for an id", values(field))
    };
    Some(Weight { score, reason })
}

/// How much better other fields stay beside both fields together than beside the id alone.
fn tells_apart(field: &Field, id: &Field, fields: &Fields) -> f64 {
    let (mut alone, mut together) = ((0, 0), (0, 0));
    let mut last = std::collections::HashMap::new();
    let others = fields.witnesses(&[field, id]);
    for record in 0..id.column.len().min(4_000) {
        let both = (field.column[record], id.column[record]);
        let count = |before: usize, sum: &mut (usize, usize)| {
            for other in &others {
                let (a, b) = (other.column[before], other.column[record]);
                sum.1 += usize::from(a != NONE && b != NONE);
                sum.0 += usize::from(a != NONE && a == b);
            }
        };
        if id.previous[record] != NONE {
            count(id.previous[record] as usize, &mut alone);
        }
        if let Some(before) = last.insert(both, record) {
            count(before, &mut together);
        }
    }
    if together.1 == 0 { 0.0 } else { (part(together.0, together.1) - part(alone.0, alone.1)).max(0.0) }
}

/// One of a few words, which changes while the thing stays.
fn as_event(field: &Field, id: Option<&Field>) -> Option<Weight> {
    // In a handful of records few words come up again.
    let most = if field.seen < 30 { field.seen * 2 / 3 } else { (field.seen / 3).min(300) };
    if !field.is_text() || field.distinct() > most || field.coverage() < 0.9 {
        return None;
    }
    let changes = id.map_or(0.3, |id| 1.0 - field.stays_within(id));
    let few = 1.0 - part(field.distinct(), field.seen);
    let look = field.look;
    let score = 0.35
        + (0.9 * changes).min(0.5)
        + 0.1 * few
        + 0.15 * look.word
        + 0.15 * id.map_or(0.0, |id| field.begins(id))
        - 0.5 * look.sentence
        - 0.5 * look.person
        - 0.5 * look.machine
        - 0.3 * look.coded
        - if field.distinct() < 2 { 0.5 } else { 0.0 }
        - 0.04 * field.path.len() as f64
        + named(field, &EVENT_WORDS);
    Some(Weight { score, reason: format!("{}, and another one as a record goes on", values(field)) })
}

/// Somebody, who has to do with many things.
fn as_actor(field: &Field, id: Option<&Field>) -> Option<Weight> {
    // A number may be anything; only a name tells that it is somebody's.
    let numbered = field.whole && field.form.is_none() && named(field, &ACTOR_WORDS) > 0.0;
    if !field.is_text() && !numbered || field.distinct() < 2 || field.coverage() < 0.2 {
        return None;
    }
    let changes = id.map_or(0.5, |id| 1.0 - field.stays_within(id));
    let again = 1.0 - part(field.distinct(), field.seen);
    let look = field.look;
    let hint = named(field, &ACTOR_WORDS);
    let score = 0.5 * look.person + 1.6 * hint + 0.3 * again + (0.4 * changes).min(0.2) + 0.1 * field.coverage()
            - 0.8 * look.sentence
            - 0.6 * look.machine
            - if changes < 0.02 { 0.4 } else { 0.0 }
        // A state begins with the same value, somebody who works on things does not.
        - 0.4 * id.map_or(0.0, |id| field.begins(id));
    let who = if look.person > 0.5 { ", written as people are" } else { "" };
    Some(Weight { score, reason: format!("{}{who}, each with many records", values(field)) })
}

/// A text of several words, another one each time.
fn as_reason(field: &Field, id: Option<&Field>) -> Option<Weight> {
    if !field.is_text() || field.look.sentence < 0.3 || field.coverage() < 0.03 {
        return None;
    }
    let changes = id.map_or(0.5, |id| 1.0 - field.stays_within(id));
    let score = 0.5 * field.look.sentence + 0.3 * changes + named(field, &REASON_WORDS)
        - if changes < 0.3 { 0.5 } else { 0.0 };
    Some(Weight { score, reason: format!("sentences in {}", records(field)) })
}

/// Another value in each record, but for what was delivered twice.
fn as_key(field: &Field, fields: &Fields) -> Option<Weight> {
    let plain = (field.whole || field.is_text()) && field.form.is_none();
    let twice = field.pairs().any(|(before, after)| fields.contents[before] != fields.contents[after]);
    if !plain || twice || field.coverage() < 1.0 || field.look.sentence > 0.05 || field.distinct() < 3 {
        return None;
    }
    // A number may be one that nobody gave out, such as an amount.
    let given = field.look.coded.max(if field.rises() { 0.8 } else { 0.0 });
    let score = 0.2 + 0.5 * given - 0.08 * (field.path.len() - 1) as f64 + named(field, &KEY_WORDS);
    let reason = if field.distinct() == field.seen {
        "another value in every record".to_owned()
    } else {
        format!("another value in every record, but for {} delivered twice", field.seen - field.distinct())
    };
    Some(Weight { score, reason })
}

/// What the name of a field adds: the last word more than the others.
fn named(field: &Field, known: &[&str]) -> f64 {
    let words = words(field.name());
    match words.iter().rposition(|word| known.contains(&word.as_str())) {
        Some(place) if place + 1 == words.len() => NAME,
        Some(_) => NAME / 2.0,
        None => 0.0,
    }
}

fn values(field: &Field) -> String {
    let n = field.distinct();
    if n == 1 { "one value".to_owned() } else { format!("{n} values") }
}

fn records(field: &Field) -> String {
    format!("{} records", field.seen)
}
