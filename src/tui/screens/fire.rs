//! Firing a command: its form beside what it would do, the last step before it does it, and what became of it. From the
//! past it is fired on a new branch, which is forked first.

mod commands;
mod draw;
mod field;
mod meanwhile;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::Map;

pub use self::commands::Commands;
use self::field::{Field, Input, What};
use self::meanwhile::Meanwhile;
use crate::domain::Reaction;
use crate::error::{Error, Kind, Result};
use crate::event::{Event, Looked, Time, Version};
use crate::session::{CommandInfo, Fire, Fired, Point, Reacted, Target, parse_time};
use crate::tui::action::Command;
use crate::tui::effect::{Effect, Write};
use crate::tui::keys::Context;
use crate::tui::menu::Menu;
use crate::tui::model::Model;
use crate::tui::model::typed::Typed;
use crate::tui::paint::popup_area;
use crate::tui::question::{Lane, Part, Slot};
use crate::tui::screen::{Cx, Screen};
use crate::tui::text::count;
use crate::tui::update::{facts, list, places, seek, time};

/// The branch that is forked before the command is fired, because the cursor is in the past.
#[derive(Debug)]
struct Fork {
    /// Where it forks.
    at: Point,
    /// The same in words.
    here: String,
    /// How many later events of the aggregate are not carried over.
    left: i64,
}

/// What is fired, on a branch of that name forked at a point where one is given.
type Shot = (Fire, Option<(String, Point)>);

/// The form of a command, and its last step.
#[derive(Debug)]
pub struct Form {
    command: CommandInfo,
    target: Target,
    /// The version that the user saw; `None` for what does not exist yet.
    seen: Option<Version>,
    /// What others appended since the form was opened at that version.
    meanwhile: Meanwhile,
    fork: Option<Fork>,
    /// The parameters, the reason, the name of the branch that is forked.
    fields: Vec<Field>,
    focus: usize,
    /// What it would do, or why it refuses.
    preview: Slot<Shot, Result<Fired>>,
    /// The last step is open; whether the button that fires is chosen.
    last: Option<bool>,
    /// It was sent and is not answered.
    sent: bool,
}

impl Screen for Form {
    fn context(&self) -> Context {
        if self.last.is_some() { Context::Confirm } else { Context::Form }
    }

    fn command(&mut self, cx: &mut Cx, command: Command) {
        let fields = self.fields.len();
        match (self.last, command) {
            (Some(fire), Command::Down) => self.last = Some(!fire),
            (Some(true), Command::Enter) => self.send(cx),
            (Some(_), _) => self.last = None,
            (None, Command::Down) => self.focus = (self.focus + 1) % fields,
            (None, Command::Up) => self.focus = (self.focus + fields - 1) % fields,
            (None, Command::Enter) => match self.refusal(cx.model) {
                Some(why) => cx.model.fail(Error::refused(why)),
                None => self.last = Some(false),
            },
            (None, _) => cx.close(),
        }
    }

    fn typed(&mut self, _cx: &mut Cx, key: KeyEvent) -> Result<()> {
        match (&mut self.last, key.code) {
            (None, _) => return self.fields[self.focus].key(key),
            // In the last step a letter only chooses the button; Enter presses it.
            (Some(fire), KeyCode::Char('y' | 'f')) => *fire = true,
            (Some(fire), KeyCode::Char('n' | 'b')) => *fire = false,
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self) -> Option<&mut Typed> {
        match &mut self.fields[self.focus].input {
            Input::Text(text) if self.last.is_none() => Some(text),
            _ => None,
        }
    }

    fn wheel(&mut self, _cx: &mut Cx, _by: isize) {}

    fn tick(&mut self, cx: &mut Cx) {
        self.preview.take_in(&cx.model.branch);
        if self.sent || cx.model.arriving {
            return;
        }
        self.follow(cx.model);
        self.meanwhile.tick(cx, &self.target, self.seen.filter(|_| self.fork.is_none()));
        let Ok(shot) = self.shot(cx.model) else { return };
        if self.preview.is_asked(&cx.model.branch, &shot) {
            return;
        }
        let (fire, fork) = shot.clone();
        cx.ask(&mut self.preview, Lane::Now, shot, move |session, _| {
            Ok(Part::Whole(match &fork {
                Some((name, point)) => session.preview_forked(name, point, &fire),
                None => session.preview(&fire),
            }))
        });
    }

    fn draw(&self, model: &Model, screen: Rect, buffer: &mut Buffer) {
        match self.last {
            Some(fire) => self.draw_last(model, fire, screen, buffer),
            None => self.draw_form(model, screen, buffer),
        }
    }

    fn closable(&self, _model: &Model, screen: Rect) -> Option<Rect> {
        let (width, height) = self.last.and_then(|_| self.last_size())?;
        Some(popup_area(width, height, screen))
    }

    fn failed(&self) -> Option<&Error> {
        self.preview.failed()
    }
}

impl Form {
    /// Opens the form of a command at what the cursor stands on.
    fn open(model: &mut Model, command: CommandInfo, free_name: &str) {
        let (past, cursor) = (model.in_past(), &model.cursor);
        let (target, seen) = match (&cursor.aggregate, command.creates) {
            (Some(aggregate), false) => {
                let seen = if past { cursor.version } else { cursor.head };
                (Target::Aggregate(aggregate.clone()), Some(seen))
            }
            _ => (Target::New(command.kind.clone()), None),
        };
        let left = seen.map_or(0, |_| cursor.head - cursor.version);
        let fork =
            model.point().filter(|_| past || command.forks).map(|at| Fork { at, here: model.here(), left });
        let mut form = Self::new(command, target, seen, fork, free_name);
        // What is fired in the past is proposed to have occurred there.
        let then = model.moment().and_then(|moment| moment.event.as_ref()).map(|event| event.occurred_at);
        if let Some(then) = then.filter(|then| past && *then != Time::UNKNOWN) {
            form.fields.push(Field::text(What::At, &model.look.zone.typed(then)));
        }
        model.open(form);
    }

    fn new(
        command: CommandInfo,
        target: Target,
        seen: Option<Version>,
        fork: Option<Fork>,
        free_name: &str,
    ) -> Self {
        let mut fields: Vec<_> = command.params.iter().map(Field::param).collect();
        fields.push(Field::text(What::Reason, ""));
        fields.extend(fork.iter().map(|_| Field::text(What::Branch, free_name)));
        let (preview, focus, last, sent) = (Slot::default(), 0, None, false);
        let meanwhile = Meanwhile::since(seen);
        Self { command, target, seen, meanwhile, fork, fields, focus, preview, last, sent }
    }

    /// What is fired, or what cannot be read.
    fn shot(&self, model: &Model) -> Result<Shot, String> {
        let mut params = Map::new();
        for field in &self.fields {
            params.extend(field.value()?);
        }
        let fire = Fire {
            target: self.target.clone(),
            command: self.command.name.clone(),
            params,
            actor: model.actor.clone(),
            reason: self.filled(&What::Reason).filter(|reason| !reason.is_empty()),
            at: self.occurred(model)?,
            expect: self.seen,
            seen: Looked::new(),
            meta: Map::new(),
        };
        let name = self.filled(&What::Branch).map(|name| name.trim().to_owned());
        Ok((fire, name.zip(self.fork.as_ref().map(|fork| fork.at.clone()))))
    }

    /// When it is to have occurred, where that is filled in.
    fn occurred(&self, model: &Model) -> Result<Option<Time>, String> {
        let Some(text) = self.filled(&What::At).filter(|text| !text.trim().is_empty()) else {
            return Ok(None);
        };
        let time = parse_time(&model.look.zone.read(text.trim()));
        time.map(Some).map_err(|error| format!("occurred: {}", error.message()))
    }

    /// What is filled in for something that is no parameter.
    fn filled(&self, what: &What) -> Option<String> {
        self.fields.iter().find(|field| field.what == *what).map(Field::filled)
    }

    /// Why there is no last step yet.
    fn refusal(&self, model: &Model) -> Option<String> {
        if let Err(problem) = self.shot(model) {
            return Some(problem);
        }
        match self.preview.shown() {
            Some(Err(error)) if !self.preview.is_old() => Some(reason(error).to_owned()),
            Some(Ok(fired)) if !self.preview.is_old() => fired
                .events
                .is_empty()
                .then(|| "this changes nothing: there is no event to append".to_owned()),
            _ => Some("a moment: the outcome is being worked out".to_owned()),
        }
    }

    /// Where the aggregate has got another head than the form was opened at, a last step that is open is taken back,
    /// because it asked about something else.
    fn follow(&mut self, model: &mut Model) {
        let cursor = &model.cursor;
        let here = matches!(&self.target, Target::Aggregate(of) if cursor.aggregate.as_ref() == Some(of));
        if !here || self.fork.is_some() || self.seen == Some(cursor.head) {
            return;
        }
        self.seen = Some(cursor.head);
        if self.last.take().is_some() {
            model.tell("somebody else appended meanwhile: look at it once more");
        }
    }

    fn send(&mut self, cx: &mut Cx) {
        if self.sent {
            return;
        }
        match self.shot(cx.model) {
            Ok((fire, fork)) => {
                self.sent = true;
                cx.effects.push(Effect::Write(match fork {
                    Some((name, at)) => Write::Fork(name, at, Some(Box::new(fire))),
                    None => Write::Fire(Box::new(fire)),
                }));
            }
            Err(problem) => cx.model.fail(Error::refused(problem)),
        }
    }
}

/// Why a command refuses, without the name of the rule that says so: `Task retitle emit: `.
fn reason(error: &Error) -> &str {
    let message = error.message();
    let rule = message.split_once(" emit: ").filter(|(rule, _)| rule.split(' ').count() == 2);
    rule.map_or(message, |(_, why)| why)
}

/// What became of a command: the screen follows to the new head, or the form stays with the reason.
pub fn fired(model: &mut Model, result: Result<Box<Fired>>, effects: &mut Vec<Effect>) {
    let fired = match result {
        Ok(fired) => fired,
        Err(error) => return refused(model, error, effects),
    };
    model.close::<Form>();
    model.close::<Menu<Commands>>();
    let Some(last) = fired.events.last() else {
        return model.done("nothing to append: nothing would change");
    };
    let notices: String = fired.reacted.iter().filter_map(noticed).map(|text| format!("  {text}")).collect();
    let names: Vec<_> = fired.events.iter().map(|event| event.kind.as_str()).collect();
    model.done(format!(
        "{} appended on {}: {} v{}, #{}{}{notices}",
        names.join(", "),
        fired.branch,
        fired.aggregate,
        last.version,
        count(last.position),
        followed(&fired)
    ));
    if model.cursor.aggregate.as_ref() != Some(&fired.aggregate) {
        places::leave(model);
    }
    // Reactors may have appended to the same aggregate.
    let theirs = fired.reacted.iter().flat_map(|reacted| &reacted.events);
    let theirs = theirs.filter(|event| event.aggregate == fired.aggregate);
    let head = theirs.map(|event| event.version).fold(last.version, i64::max);
    time::open(model, fired.aggregate.clone(), head, head, effects);
    seek::version(model, fired.aggregate.clone(), i64::MAX, effects);
    facts::overview(model, effects);
    list::reload(model, effects);
}

/// What reactors appended in the same transaction.
fn followed(fired: &Fired) -> String {
    let theirs = fired.reacted.iter().filter(|reacted| !reacted.events.is_empty()).map(|reacted| {
        let event = |event: &Event| format!("{} on {} v{}", event.kind, event.aggregate, event.version);
        let events: Vec<_> = reacted.events.iter().map(event).collect();
        format!(", then {} by {}", events.join(", "), reacted.reactor)
    });
    theirs.collect()
}

/// What a reactor says at once.
fn noticed(reacted: &Reacted) -> Option<String> {
    match &reacted.reaction {
        Some(Reaction::Notify(text)) if reacted.done => Some(format!("{}: {text}", reacted.reactor)),
        _ => None,
    }
}

/// The branch that a form forks is there: what follows is fired on it.
pub fn forked(model: &mut Model) {
    if let Some(form) = model.screen_mut::<Form>().filter(|form| form.sent) {
        form.fork = None;
        form.fields.retain(|field| field.what != What::Branch);
        form.focus = 0;
    }
}

/// A write was refused: the form stays with what was filled in.
pub fn refused(model: &mut Model, error: Error, effects: &mut Vec<Effect>) {
    if let Some(form) = model.screen_mut::<Form>() {
        (form.last, form.sent) = (None, false);
    }
    // Another writer was faster: the form is checked against the newest state.
    if error.kind() == Kind::Conflict
        && let Some(aggregate) = model.cursor.aggregate.clone()
    {
        seek::version(model, aggregate, i64::MAX, effects);
    }
    model.fail(error);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::session::ParamInfo;
    use crate::tui::keys::Keys;
    use crate::tui::theme::Palette;

    fn param(name: &str, kind: &str, choices: &[&str], optional: bool) -> ParamInfo {
        ParamInfo {
            name: name.into(),
            kind: kind.into(),
            choices: choices.iter().map(|&c| c.into()).collect(),
            optional,
            default: None,
            seen: Vec::new(),
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
            seen: None,
            forks: false,
        };
        let model = Model::new(Arc::new(Keys::built_in().unwrap()), "mira".into(), Palette::default(), false);
        let mut form = Form::new(command, Target::New("Task".into()), Some(3), None, "");
        let shot = |form: &Form| form.shot(&model).map(|(fire, _)| fire);
        let typed = |text| Input::Text(Box::new(Typed::line(text)));
        assert_eq!(shot(&form).unwrap().params, *json!({"title": ""}).as_object().unwrap());
        form.fields[0].input = typed("12");
        form.fields[1].input = typed("12");
        form.fields[2].choose(false);
        form.fields[3].input = typed("why");
        let fire = shot(&form).unwrap();
        assert_eq!(Value::Object(fire.params), json!({"title": "12", "n": 12, "p": "high"}));
        assert_eq!((fire.reason.as_deref(), fire.expect), (Some("why"), Some(3)));
        form.fields[1].input = typed("twelve");
        assert_eq!(shot(&form).unwrap_err(), "n: an integer is expected");
    }
}
