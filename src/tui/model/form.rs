//! The form of a command: a field for each parameter, the reason, and what the command would do.

use serde_json::{Map, Value};

use super::typed::Typed;
use crate::error::{Error, Result};
use crate::event::Version;
use crate::session::{CommandInfo, Fire, Fired, ParamInfo, Point, Target};

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
    fn new(param: &ParamInfo) -> Self {
        let choices =
            if param.kind == "boolean" { vec!["true".into(), "false".into()] } else { param.choices.clone() };
        let default = param.default.as_ref().map(|value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let input = if choices.is_empty() {
            Input::Text(Box::new(Typed::line(default.as_deref().unwrap_or_default())))
        } else {
            let chosen = default.and_then(|default| choices.iter().position(|choice| *choice == default));
            let first = if param.optional { None } else { Some(0) };
            Input::Choice(choices, chosen.or(first))
        };
        Self { what: What::Param(param.clone()), input }
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        match &self.what {
            What::Param(param) => &param.name,
            What::Reason => "reason",
            What::Branch => "new branch",
        }
    }

    /// The parameter that it is for.
    pub fn param(&self) -> Option<&ParamInfo> {
        match &self.what {
            What::Param(param) => Some(param),
            What::Reason | What::Branch => None,
        }
    }

    /// What is filled in, as text.
    pub fn text(&self) -> String {
        match &self.input {
            Input::Text(text) => text.text(),
            Input::Choice(choices, chosen) => {
                chosen.and_then(|i| choices.get(i)).cloned().unwrap_or_default()
            }
        }
    }

    /// The next or previous choice; optional ones can be left out.
    pub fn choose(&mut self, forward: bool) {
        let optional = self.param().is_none_or(|param| param.optional);
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

    fn value(&self) -> Result<Option<Value>, String> {
        let text = self.text();
        let Some(param) = self.param() else { return Ok(None) };
        if text.is_empty() && (param.optional || param.default.is_some() || param.kind != "string") {
            return Ok(None);
        }
        match param.kind.as_str() {
            "integer" | "number" | "boolean" | "array" | "object" => serde_json::from_str(&text)
                .map(Some)
                .map_err(|_| format!("{}: {} is expected", param.name, article(&param.kind))),
            // What reads as JSON is JSON; anything else is a text.
            "any" => Ok(Some(serde_json::from_str(&text).unwrap_or(Value::String(text)))),
            _ => Ok(Some(Value::String(text))),
        }
    }
}

fn article(kind: &str) -> String {
    format!("{} {kind}", if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" })
}

/// The branch that is forked before the command is fired, because the cursor is in the past.
#[derive(Clone, Debug, PartialEq)]
pub struct Fork {
    /// Where it forks.
    pub at: Point,
    /// The same in words.
    pub here: String,
    /// How many later events of the aggregate are not carried over.
    pub left: i64,
}

/// The form.
#[derive(Debug)]
pub struct Form {
    /// The command.
    pub command: CommandInfo,
    /// What it is fired at.
    pub target: Target,
    /// The version that the user saw; `None` for what does not exist yet.
    pub seen: Option<Version>,
    /// The branch that is forked first, where one is.
    pub fork: Option<Fork>,
    /// The fields: the parameters, the reason, the name of the branch that is forked.
    pub fields: Vec<Field>,
    /// The field in focus.
    pub focus: usize,
    /// What the command would do, or why it refuses.
    pub preview: Option<Result<Box<Fired>>>,
    /// The number of the newest preview asked for.
    pub asked: u64,
    /// The number of the preview shown.
    pub answered: u64,
    /// What was filled in cannot be read.
    pub problem: Option<String>,
    /// It was sent and is not answered.
    pub sent: bool,
}

impl Form {
    /// An empty form.
    pub fn new(
        command: CommandInfo,
        target: Target,
        seen: Option<Version>,
        fork: Option<Fork>,
        free_name: &str,
    ) -> Self {
        let mut fields: Vec<_> = command.params.iter().map(Field::new).collect();
        fields.push(Field { what: What::Reason, input: Input::Text(Box::new(Typed::line(""))) });
        if fork.is_some() {
            fields.push(Field { what: What::Branch, input: Input::Text(Box::new(Typed::line(free_name))) });
        }
        Self {
            command,
            target,
            seen,
            fork,
            fields,
            focus: 0,
            preview: None,
            asked: 0,
            answered: 0,
            problem: None,
            sent: false,
        }
    }

    /// The request, or what cannot be read.
    pub fn fire(&self, actor: &str) -> Result<Fire, String> {
        let mut params = Map::new();
        for field in &self.fields {
            if let (Some(param), Some(value)) = (field.param(), field.value()?) {
                params.insert(param.name.clone(), value);
            }
        }
        let reason = self.said(&What::Reason).filter(|reason| !reason.is_empty());
        Ok(Fire {
            target: self.target.clone(),
            command: self.command.name.clone(),
            params,
            actor: actor.to_owned(),
            reason,
            at: None,
            expect: self.seen,
            meta: Map::new(),
        })
    }

    /// What is filled in for something that is no parameter.
    pub fn said(&self, what: &What) -> Option<String> {
        self.fields.iter().find(|field| field.what == *what).map(Field::text)
    }

    /// The branch that is forked first: its name, and where it forks.
    pub fn new_branch(&self) -> Option<(String, Point)> {
        let name = self.said(&What::Branch)?.trim().to_owned();
        Some((name, self.fork.as_ref()?.at.clone()))
    }

    /// Whether the preview shown is of what stands in the fields, and would append something.
    pub fn ready(&self) -> Option<&Fired> {
        match &self.preview {
            Some(Ok(fired))
                if self.answered == self.asked && !fired.events.is_empty() && self.problem.is_none() =>
            {
                Some(fired)
            }
            _ => None,
        }
    }

    /// The field in focus.
    pub fn field(&mut self) -> Option<&mut Field> {
        self.fields.get_mut(self.focus)
    }
}

/// Why a command refuses, without the name of the rule that says so: `Task retitle emit: `.
pub fn reason(error: &Error) -> &str {
    let message = error.message();
    let rule = message.split_once(" emit: ").filter(|(rule, _)| rule.split(' ').count() == 2);
    rule.map_or(message, |(_, why)| why)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn param(name: &str, kind: &str, choices: &[&str], optional: bool) -> ParamInfo {
        ParamInfo {
            name: name.into(),
            kind: kind.into(),
            choices: choices.iter().map(|&c| c.into()).collect(),
            optional,
            default: None,
        }
    }

    #[test]
    fn what_is_typed_becomes_values_of_their_types() {
        let command = CommandInfo {
            kind: "Task".into(),
            name: "x".into(),
            doc: None,
            creates: false,
            params: vec![
                param("title", "string", &[], false),
                param("n", "integer", &[], false),
                param("p", "enum(low|high)", &["low", "high"], true),
            ],
        };
        let mut form = Form::new(command, Target::New("Task".into()), Some(3), None, "");
        assert_eq!(form.fire("mira").unwrap().params, *json!({"title": ""}).as_object().unwrap());
        form.fields[0].input = Input::Text(Box::new(Typed::line("12")));
        form.fields[1].input = Input::Text(Box::new(Typed::line("12")));
        form.fields[2].choose(false);
        form.fields[3].input = Input::Text(Box::new(Typed::line("why")));
        let fire = form.fire("mira").unwrap();
        assert_eq!(Value::Object(fire.params), json!({"title": "12", "n": 12, "p": "high"}));
        assert_eq!((fire.reason.as_deref(), fire.expect), (Some("why"), Some(3)));
        form.fields[1].input = Input::Text(Box::new(Typed::line("twelve")));
        assert_eq!(form.fire("mira").unwrap_err(), "n: an integer is expected");
    }
}
