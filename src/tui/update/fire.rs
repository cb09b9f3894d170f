//! Firing: pick a command, fill in its form while the outcome is shown, confirm, send.

use super::{facts, seek};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::branches::read_only;
use super::{places, time};
use crate::domain::Reaction;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::session::{CommandInfo, Fired, Reacted, Target};
use crate::tui::action::Command;
use crate::tui::effect::{Effect, Read, Write};
use crate::tui::model::Model;
use crate::tui::model::form::{Fork, Form, Input, What, reason};
use crate::tui::model::overlay::{Choice, Item, Menu, MenuKind, Overlay};
use crate::tui::text::count;

/// Opens the list of commands.
pub fn start(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(error) = read_only(model) {
        model.fail(error);
        return;
    }
    model.overlays.push(Overlay::Menu(Menu::new(MenuKind::Commands, Vec::new(), "asking the domain …")));
    effects.push(Effect::Read(Read::Commands(model.cursor.aggregate.clone())));
}

/// The commands came.
pub fn commands(model: &mut Model, commands: Vec<CommandInfo>, free_name: String) {
    model.free_name = free_name;
    let here = model.cursor.aggregate.clone();
    let declared = model.overview.as_ref().is_none_or(|overview| overview.domain.is_some());
    let Some(Overlay::Menu(menu)) =
        model.overlays.last_mut().filter(|o| matches!(o, Overlay::Menu(m) if m.kind == MenuKind::Commands))
    else {
        return;
    };
    let heading = |text: String| Item { text, note: String::new(), checked: None, choice: Choice::Heading };
    let mut items = Vec::new();
    let (creating, changing): (Vec<_>, Vec<_>) = commands.into_iter().partition(|command| command.creates);
    if let Some(here) = here.filter(|_| !changing.is_empty()) {
        items.push(heading(format!("on {here}")));
    }
    for (i, command) in changing.into_iter().chain(creating.iter().cloned()).enumerate() {
        if command.creates && !items.iter().any(|item| item.text == "something new") {
            items.push(heading("something new".into()));
        }
        let _ = i;
        let params: Vec<_> = command
            .params
            .iter()
            .map(|p| if p.optional { format!("[{}]", p.name) } else { p.name.clone() })
            .collect();
        let name =
            if command.creates { format!("{} {}", command.kind, command.name) } else { command.name.clone() };
        let text = if params.is_empty() { name } else { format!("{name} {}", params.join(" ")) };
        items.push(Item {
            text,
            note: command.doc.clone().unwrap_or_default(),
            checked: None,
            choice: Choice::Fire(command),
        });
    }
    menu.items = items;
    menu.empty = if declared {
        "the domain declares no command that may be fired here"
    } else {
        "the store has no domain yet, which would declare commands: backstory domain set FILE"
    };
    menu.selected = 0;
    menu.step(0);
}

/// Opens the form of a command. From the past it forks a branch first: the form asks for its name too.
pub fn open(model: &mut Model, command: CommandInfo, effects: &mut Vec<Effect>) {
    let past = model.in_past();
    let seen = if past { model.cursor.version } else { model.cursor.head };
    let (target, seen) = match (&model.cursor.aggregate, command.creates) {
        (Some(aggregate), false) => (Target::Aggregate(aggregate.clone()), Some(seen)),
        _ => (Target::New(command.kind.clone()), None),
    };
    let left = model.cursor.head - model.cursor.version;
    let left = if matches!(target, Target::Aggregate(_)) { left } else { 0 };
    let fork = model.point().filter(|_| past).map(|at| Fork { at, here: model.here(), left });
    model.overlays.push(Overlay::Form(Box::new(Form::new(command, target, seen, fork, &model.free_name))));
    preview(model, effects);
}

/// Asks what the command would do with what stands in the fields.
pub fn preview(model: &mut Model, effects: &mut Vec<Effect>) {
    let actor = model.actor.clone();
    let Some(Overlay::Form(form)) = model.overlays.last_mut() else { return };
    match form.fire(&actor) {
        Ok(fire) => {
            form.problem = None;
            form.asked += 1;
            effects.push(Effect::Read(Read::Preview(form.asked, fire, form.new_branch())));
        }
        Err(problem) => form.problem = Some(problem),
    }
}

fn form(model: &mut Model) -> Option<&mut Form> {
    model.overlays.iter_mut().rev().find_map(|overlay| match overlay {
        Overlay::Form(form) => Some(&mut **form),
        _ => None,
    })
}

/// The aggregate has another head than the form was opened at: what it would do is worked out anew, and a last
/// step that was open is taken back, because it asked about something else.
pub fn moved(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some((aggregate, head)) = model.moment.as_ref().map(|moment| (moment.aggregate.clone(), moment.head))
    else {
        return;
    };
    let Some(form) = form(model).filter(|form| form.target == Target::Aggregate(aggregate)) else { return };
    if form.sent || form.fork.is_some() || form.seen.is_none_or(|seen| seen == head) {
        return;
    }
    form.seen = Some(head);
    if matches!(model.overlays.last(), Some(Overlay::Confirm(_))) {
        model.overlays.pop();
        model.tell("somebody else appended meanwhile: look at it once more");
    }
    preview(model, effects);
}

/// A preview came.
pub fn previewed(model: &mut Model, number: u64, result: Result<Box<Fired>>) {
    if let Some(form) = form(model).filter(|form| number > form.answered && number <= form.asked) {
        form.preview = Some(result);
        form.answered = number;
    }
}

/// Keys of the form and of the last step.
pub fn command(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    match model.overlays.last_mut() {
        Some(Overlay::Confirm(fire)) => match (command, *fire) {
            (Command::Down, _) => *fire = !*fire,
            (Command::Enter, true) => send(model, effects),
            _ => drop(model.overlays.pop()),
        },
        Some(Overlay::Form(form)) => match command {
            Command::Down => form.focus = (form.focus + 1) % form.fields.len().max(1),
            Command::Up => {
                form.focus = (form.focus + form.fields.len().max(1) - 1) % form.fields.len().max(1);
            }
            Command::Enter => {
                let why = match (&form.problem, &form.preview) {
                    (Some(problem), _) => problem.clone(),
                    (None, Some(Err(error))) if form.answered == form.asked => reason(error).to_owned(),
                    (None, Some(Ok(fired))) if form.answered == form.asked && fired.events.is_empty() => {
                        "this changes nothing: there is no event to append".into()
                    }
                    _ if form.ready().is_none() => "a moment: the outcome is being worked out".into(),
                    _ => {
                        model.overlays.push(Overlay::Confirm(false));
                        return;
                    }
                };
                model.fail(Error::refused(why));
            }
            _ => drop(model.overlays.pop()),
        },
        _ => {}
    }
}

/// In the last step a letter only chooses the button; Enter presses it.
pub fn answer(model: &mut Model, key: KeyEvent) {
    if let Some(Overlay::Confirm(fire)) = model.overlays.last_mut() {
        match key.code {
            KeyCode::Char('y' | 'f') => *fire = true,
            KeyCode::Char('n' | 'b') => *fire = false,
            _ => {}
        }
    }
}

fn send(model: &mut Model, effects: &mut Vec<Effect>) {
    let actor = model.actor.clone();
    let Some(form) = form(model).filter(|form| !form.sent) else { return };
    match form.fire(&actor) {
        Ok(fire) => {
            form.sent = true;
            effects.push(Effect::Write(match form.new_branch() {
                Some((name, at)) => Write::Fork(name, at, Some(fire)),
                None => Write::Fire(fire),
            }));
        }
        Err(problem) => model.fail(Error::refused(problem)),
    }
}

/// A key that is typed into a field.
pub fn typed(model: &mut Model, key: KeyEvent, effects: &mut Vec<Effect>) -> Result<()> {
    let Some(Overlay::Form(form)) = model.overlays.last_mut() else { return Ok(()) };
    let Some(field) = form.field() else { return Ok(()) };
    let before = field.text();
    let mut taken = Ok(());
    match &mut field.input {
        Input::Choice(choices, chosen) => match key.code {
            KeyCode::Left => field.choose(false),
            KeyCode::Right | KeyCode::Char(' ') => field.choose(true),
            KeyCode::Char(c) if !key.modifiers.contains(KeyModifiers::CONTROL) => {
                if let Some(i) = choices.iter().position(|choice| choice.starts_with(c)) {
                    *chosen = Some(i);
                }
            }
            _ => {}
        },
        Input::Text(text) => taken = text.key(key),
    }
    if field.text() != before {
        preview(model, effects);
    }
    taken
}

/// What became of it: the screen follows to the new head, or the form stays with the reason.
pub fn fired(model: &mut Model, result: Result<Box<Fired>>, effects: &mut Vec<Effect>) {
    match result {
        Ok(fired) => {
            model.overlays.retain(|overlay| {
                !matches!(overlay, Overlay::Confirm(_) | Overlay::Form(_) | Overlay::Menu(_))
            });
            let notices: String =
                fired.reacted.iter().filter_map(noticed).map(|text| format!("  {text}")).collect();
            let names: Vec<_> = fired.events.iter().map(|event| event.kind.as_str()).collect();
            model.done(match fired.events.last() {
                Some(last) => {
                    format!(
                        "{} appended on {}: {} v{}, #{}{}{notices}",
                        names.join(", "),
                        fired.branch,
                        fired.aggregate,
                        last.version,
                        count(last.position),
                        followed(&fired)
                    )
                }
                None => "nothing to append: nothing would change".into(),
            });
            if let Some(last) = fired.events.last() {
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
                super::list::reload(model, effects);
            }
        }
        Err(error) => {
            refused(model, error, effects);
        }
    }
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
pub fn fork_made(model: &mut Model) {
    if let Some(form) = form(model).filter(|form| form.sent) {
        form.fork = None;
        form.fields.retain(|field| field.what != What::Branch);
        form.focus = 0;
    }
}

/// A write was refused: the form stays with what was filled in.
pub fn refused(model: &mut Model, error: Error, effects: &mut Vec<Effect>) {
    if matches!(model.overlays.last(), Some(Overlay::Confirm(_))) {
        model.overlays.pop();
    }
    if let Some(form) = form(model) {
        form.sent = false;
    }
    // Another writer was faster: the form is checked against the newest state.
    if error.kind() == crate::error::Kind::Conflict
        && let Some(aggregate) = model.cursor.aggregate.clone()
    {
        seek::version(model, aggregate, i64::MAX, effects);
    }
    model.fail(error);
}
