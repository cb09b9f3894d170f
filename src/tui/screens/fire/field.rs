//! A field of a command's form: a parameter, the reason, or the name of a branch.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::Value;

use crate::error::Result;
use crate::session::ParamInfo;
use crate::tui::model::typed::Typed;

/// How a field is filled in.
#[derive(Debug)]
pub enum Input {
    /// By typing.
    Text(Box<Typed>),
    /// By choosing one of these, or none.
    Choice(Vec<String>, Option<usize>),
}

/// What a field is for.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A parameter of the command.
    Param(ParamInfo),
    /// The reason.
    Reason,
    /// When it occurred; now where nothing is filled in.
    At,
    /// The name of the branch that is forked first.
    Branch,
}

/// One field.
#[derive(Debug)]
pub struct Field {
    /// What for.
    pub what: What,
    /// What is filled in.
    pub input: Input,
}

impl Field {
    /// A field that is typed into.
    pub fn text(what: What, text: &str) -> Self {
        Self { what, input: Input::Text(Box::new(Typed::line(text))) }
    }

    /// The field of a parameter.
    pub fn param(param: &ParamInfo) -> Self {
        let choices =
            if param.kind == "boolean" { vec!["true".into(), "false".into()] } else { param.choices.clone() };
        let default = param.default.as_ref().map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let what = What::Param(param.clone());
        if choices.is_empty() {
            return Self::text(what, default.as_deref().unwrap_or_default());
        }
        let chosen = default.and_then(|default| choices.iter().position(|choice| *choice == default));
        let first = if param.optional { None } else { Some(0) };
        Self { what, input: Input::Choice(choices, chosen.or(first)) }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        match &self.what {
            What::Param(param) => &param.name,
            What::Reason => "reason",
            What::At => "occurred",
            What::Branch => "new branch",
        }
    }

    /// What belongs into it, in a word or two.
    pub fn hint(&self) -> String {
        match &self.what {
            What::Param(param) if !param.seen.is_empty() => param.seen.join(", "),
            What::Param(param) if param.optional => format!("{}, optional", param.kind),
            What::Param(param) => param.kind.clone(),
            What::Reason => "why, optional".into(),
            What::At => "empty is now".into(),
            What::Branch => "forked first".into(),
        }
    }

    /// What is filled in, as text.
    pub fn filled(&self) -> String {
        match &self.input {
            Input::Text(text) => text.text(),
            Input::Choice(choices, chosen) => {
                chosen.and_then(|i| choices.get(i)).cloned().unwrap_or_default()
            }
        }
    }

    /// A key: it is typed, or it chooses.
    pub fn key(&mut self, key: KeyEvent) -> Result<()> {
        if key.code == KeyCode::Right && self.next_seen() {
            return Ok(());
        }
        match (&mut self.input, key.code) {
            (Input::Text(text), _) => return text.key(key),
            (_, KeyCode::Left) => self.choose(false),
            (_, KeyCode::Right | KeyCode::Char(' ')) => self.choose(true),
            (Input::Choice(choices, chosen), KeyCode::Char(c))
                if !key.modifiers.contains(KeyModifiers::CONTROL) =>
            {
                *chosen = choices.iter().position(|choice| choice.starts_with(c)).or(*chosen);
            }
            _ => {}
        }
        Ok(())
    }

    /// Behind the end of the text there are the values that were seen, one after the other.
    fn next_seen(&mut self) -> bool {
        let (Input::Text(text), What::Param(param)) = (&mut self.input, &self.what) else { return false };
        let filled = text.text();
        let next = match param.seen.iter().position(|seen| *seen == filled) {
            Some(at) => (at + 1) % param.seen.len(),
            None => 0,
        };
        let at_end = text.caret().1 == filled.chars().count();
        let Some(next) = param.seen.get(next).filter(|_| at_end) else { return false };
        **text = Typed::line(next);
        true
    }

    /// The next or previous choice; optional ones can be left out.
    pub fn choose(&mut self, forward: bool) {
        let optional = !matches!(&self.what, What::Param(param) if !param.optional);
        let Input::Choice(choices, chosen) = &mut self.input else { return };
        let n = choices.len();
        *chosen = match (*chosen, forward) {
            (Some(i), true) if i + 1 < n => Some(i + 1),
            (Some(i), false) if i > 0 => Some(i - 1),
            (Some(_), _) if optional => None,
            (_, true) => Some(0),
            (_, false) => n.checked_sub(1),
        };
    }

    /// The name and the value of a parameter that is filled in, or what cannot be read.
    pub fn value(&self) -> Result<Option<(String, Value)>, String> {
        let What::Param(param) = &self.what else { return Ok(None) };
        let text = self.filled();
        if text.is_empty() && (param.optional || param.default.is_some() || param.kind != "string") {
            return Ok(None);
        }
        let value = match param.kind.as_str() {
            "integer" | "number" | "boolean" | "array" | "object" => serde_json::from_str(&text)
                .map_err(|_| format!("{}: {} is expected", param.name, article(&param.kind)))?,
            // What reads as JSON is JSON; anything else is a text.
            "any" => serde_json::from_str(&text).unwrap_or(Value::String(text)),
            _ => Value::String(text),
        };
        Ok(Some((param.name.clone(), value)))
    }
}

fn article(kind: &str) -> String {
    format!("{} {kind}", if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" })
}
