//! What narrows the list or the log: a text that rows contain, or a jq expression that holds for them.

use super::prompt::Prompt;
use crate::tui::effect::Effect;
use crate::tui::model::{Model, Pane};
use crate::tui::update::{browse, list};

/// Asks for a text; it narrows while it is typed.
pub fn text(model: &mut Model) -> Prompt {
    let (log, now) = (model.in_log(), if model.in_log() { &model.log().text } else { &model.list.text });
    let example = if log { "in data and metadata" } else { "in id, label and columns" };
    let prompt = Prompt::new("text /", example, now)
        .about("filters")
        .live(move |cx, text| narrow(cx.model, log, text, cx.effects));
    if log {
        return prompt;
    }
    browse::focus(model, Pane::List);
    prompt.or_nothing().then(|cx, _| list::confirm(cx.model, cx.effects))
}

/// Asks for a jq expression.
pub fn jq(model: &mut Model) -> Prompt {
    let (log, now) = (model.in_log(), if model.in_log() { &model.log().filter } else { &model.list.filter });
    let example = if log {
        r#"$changed | index("priority")   $event.type == "X"   .done"#
    } else {
        r#".priority == "high" and .assignee == null"#
    };
    let prompt = Prompt::new("jq |", example, now).about("filters").or_nothing().then(move |cx, text| {
        let model = &mut *cx.model;
        model.broken.filter = None;
        text.clone_into(if log { &mut model.log_mut().filter } else { &mut model.list.filter });
        list::look_again(model, log, cx.effects);
        if !log {
            list::confirm(model, cx.effects);
        }
    });
    if !log {
        browse::focus(model, Pane::List);
    }
    prompt
}

fn narrow(model: &mut Model, log: bool, text: &str, effects: &mut Vec<Effect>) {
    let now = if log { &mut model.log_mut().text } else { &mut model.list.text };
    if now != text {
        text.clone_into(now);
        list::look_again(model, log, effects);
    }
}
