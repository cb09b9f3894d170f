//! A mapping as text: the TOML that says how the records are read, with a reason behind each line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::fields::Field;
use super::form::{Answers, Guess, Order, Question};
use super::roles::Roles;
use super::sample::Sample;
use crate::import::mapping::Mode;

/// The file as the thing that its records are about.
pub const FILE_ID: &str = r#"$file | sub("^.*[/:]"; "")"#;
/// The name of a delivery, where nothing in the record is one.
pub const PLACE_KEY: &str = r#""\($file)#\($index)""#;
/// What happened, where each record is a whole thing.
pub const CREATED_OR_CHANGED: &str = r#"if $previous == null then "Created" else "Changed" end"#;
/// In so large a part of the records the data stands in one object.
const MOSTLY: f64 = 0.95;

/// The rule with which a field answers a question.
pub fn rule(question: Question, field: &Field) -> String {
    let path = field.text();
    match question {
        // A thing that some records do not name is called by something.
        Question::Id if field.seen < field.column.len() => format!("{path} // \"none\""),
        Question::Event if field.seen < field.column.len() => format!("{path} // \"Recorded\""),
        _ => path,
    }
}

/// The one object that holds the data, where everything beside it answers a question.
pub fn payload(sample: &Sample, roles: &Roles<'_>) -> Option<String> {
    let mut objects: BTreeMap<&str, usize> = BTreeMap::new();
    let used: Vec<&str> = roles.used().filter_map(|field| field.path.first().map(String::as_str)).collect();
    let mut alone = 0;
    for record in &sample.records {
        let Value::Object(members) = record else { continue };
        let mut rest =
            members.iter().filter(|(key, value)| !used.contains(&key.as_str()) && !value.is_null());
        if let (Some((key, Value::Object(_))), None) = (rest.next(), rest.next()) {
            *objects.entry(key).or_default() += 1;
            alone += 1;
        }
    }
    let (key, n) = objects.into_iter().max_by_key(|(_, n)| *n)?;
    let mostly = n as f64 >= MOSTLY * sample.records.len() as f64 && n == alone;
    mostly.then(|| crate::jq::path_of(&[key.to_owned()]))
}

impl Guess {
    /// The mapping for answers, as commented TOML.
    pub fn toml(&self, answers: &Answers) -> String {
        let mut out = String::new();
        let so_many = if self.whole { "all" } else { "the first" };
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(
            out,
            "# How {} is read: guessed from {so_many} {} records. Change what is not right.\n\n[import]\nname = {}",
            one_line(&self.name),
            self.records,
            quoted(&self.name)
        );
        if let Some(list) = &self.list {
            let _ = writeln!(out, "# Where the records are in a document.\nrecords = {}", quoted(list));
        }
        for question in Question::ALL {
            self.answer(&mut out, answers, question);
        }
        if answers.mode == Mode::Snapshots {
            out.push_str("# Each record is the whole thing as it then was.\nmode = \"snapshots\"\n");
        }
        let order = match answers.order {
            Order::Source => ("source", "The records of a thing stand in the order in which they happened."),
            Order::Time => ("time", "The records of a thing do not stand in the order of their times."),
            Order::Reverse => ("reverse", "The newest record of a thing stands first."),
        };
        let _ = writeln!(out, "# {}\norder = \"{}\"", order.1, order.0);
        let _ = writeln!(out, "# What is kept as the state.\ndata = {}", quoted(&data(answers)));
        self.lists(&mut out);
        out
    }

    fn answer(&self, out: &mut String, answers: &Answers, question: Question) {
        let rule = answers.rule(question);
        let candidate = self.candidates[question as usize].iter().find(|candidate| candidate.rule == rule);
        let _ = write!(out, "# {}", question.asked());
        if let Some(candidate) = candidate.filter(|_| !rule.is_empty()) {
            let _ = write!(out, " {}.", one_line(&candidate.reason));
        }
        out.push('\n');
        if rule.is_empty() {
            let _ = writeln!(out, "# {} =", question.key());
            return;
        }
        let _ = writeln!(out, "{} = {}", question.key(), quoted(rule));
        if question == Question::At
            && let Some(format) = &answers.at_format
        {
            let _ = writeln!(out, "at_format = {}", quoted(format));
        }
    }

    fn lists(&self, out: &mut String) {
        let shown = &self.shown;
        if shown.is_empty() {
            return;
        }
        for kind in self.aggregate_types() {
            let _ = writeln!(out, "\n[import.list.{}]", quoted(&kind));
            for (name, rule) in [("label", &shown.label), ("status", &shown.status)] {
                if let Some(rule) = rule {
                    let _ = writeln!(out, "{name} = {}", quoted(rule));
                }
            }
            if !shown.columns.is_empty() {
                let columns: Vec<_> = shown
                    .columns
                    .iter()
                    .map(|(name, rule)| format!("{} = {}", quoted(name), quoted(rule)))
                    .collect();
                let _ = writeln!(out, "columns = {{ {} }}", columns.join(", "));
            }
            if !shown.quiet.is_empty() {
                let quiet: Vec<_> = shown.quiet.iter().map(|name| quoted(name)).collect();
                out.push_str("# Bookkeeping: shown last, and its change is none that matters.\n");
                let _ = writeln!(out, "quiet = [{}]", quiet.join(", "));
            }
        }
    }

    /// The aggregate types that there are to be: the values of the field, or the one that is written down.
    fn aggregate_types(&self) -> Vec<String> {
        let rule = self.answers.rule(Question::Type);
        match rule.strip_prefix('"').and_then(|rule| rule.strip_suffix('"')) {
            Some(one) => vec![one.to_owned()],
            None => self.types.clone(),
        }
    }
}

/// The rule for the data: what is left of the record when what answers questions is taken out.
pub fn data(answers: &Answers) -> String {
    if let Some(data) = &answers.data {
        return format!("{data} // {{}}");
    }
    let used: Vec<&str> = Question::ALL
        .into_iter()
        .filter(|question| *question != Question::Reason)
        .filter_map(|question| path_in(answers.rule(question)))
        .collect();
    if used.is_empty() { ".".to_owned() } else { format!("del({})", used.join(", ")) }
}

/// The path that a rule begins with.
pub fn path_in(rule: &str) -> Option<&str> {
    // A key may be any text: what stands in quotes belongs to it.
    let (mut quoted, mut escaped) = (false, false);
    let end = rule.find(|c: char| {
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
        !quoted && matches!(c, ' ' | '|')
    });
    let path = &rule[..end.unwrap_or(rule.len())];
    (path.len() > 1 && path.starts_with('.')).then_some(path)
}

fn quoted(text: &str) -> String {
    if text.contains(['\'', '\n']) || text.chars().any(char::is_control) {
        return toml::Value::String(text.to_owned()).to_string();
    }
    format!("'{text}'")
}

/// A text that ends no comment.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
