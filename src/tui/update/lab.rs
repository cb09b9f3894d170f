//! The rule lab: the rule under the cursor is typed anew, and what that makes of history follows.

use super::jump;
use std::path::PathBuf;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::branches::{self, read_only};
use super::menu::item;
use super::{browse, places, time};
use crate::error::{Error, Result};
use crate::journal::{Contrasts, Rebuilt};
use crate::session::{LabRule, Trial, Verdict};
use crate::tui::action::Command;
use crate::tui::areas::lab_areas;
use crate::tui::effect::{Effect, Read, Write};
use crate::tui::model::Model;
use crate::tui::model::lab::{Focus, Lab, Leave, Phase, Row};
use crate::tui::model::overlay::{Choice, Menu, MenuKind, Overlay};
use crate::tui::screen::Cx;
use crate::tui::screens::ask::Ask;
use crate::tui::screens::prompt::Prompt;
use crate::tui::text::count;
use crate::tui::view::lab::says;

/// Opens it on the rule of the event at the cursor.
pub fn open(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(moment) = model.moment.as_ref() else {
        return model.fail(Error::refused("There is no event here."));
    };
    let Some(event) = &moment.event else {
        let error = Error::refused("Nothing has happened here yet, and so no rule was applied.");
        return model.fail(error.hint("Step to an event: its rule is the one to try others for."));
    };
    let (kind, name) = (moment.aggregate.kind.clone(), event.kind.clone());
    if !model.cursor.is_one() {
        // The rule is seen at work along one aggregate.
        let (aggregate, version, head) = (moment.aggregate.clone(), moment.version, moment.head);
        places::leave(model);
        time::open(model, aggregate, version, head, effects);
    }
    model.maximised = false;
    model.play.running = false;
    model.overlays.push(Overlay::Lab(Box::new(Lab::new((kind.clone(), name.clone())))));
    effects.push(Effect::Read(Read::Rule(kind, name)));
}

/// The rule in use came, or there is none.
pub fn came(model: &mut Model, of: &(String, String), rule: Result<Box<LabRule>>) {
    let Some(lab) = model.lab_mut().filter(|lab| lab.rule.is_none() && lab.of == *of) else { return };
    match rule {
        Ok(rule) => lab.take(*rule),
        Err(error) => {
            close(model);
            model.fail(error);
        }
    }
}

/// Asks for what the text makes of the aggregate, where that is not known.
pub fn needed(model: &mut Model, effects: &mut Vec<Effect>) {
    let (version, head) = (model.cursor.version, model.cursor.head);
    let Some(aggregate) = model.cursor.aggregate.clone().filter(|_| !model.arriving) else { return };
    let Some(lab) = model.lab_mut().filter(|lab| lab.phase == Phase::Typed) else { return };
    let Some(rule) = lab.rule.clone() else { return };
    let trial = Trial { rule, text: lab.text(), aggregate, version };
    let asked = (trial.clone(), head);
    if lab.asked.as_ref() != Some(&asked) {
        if lab.asked.as_ref().is_none_or(|(old, _)| old.version != version) {
            lab.top = 0;
        }
        lab.asked = Some(asked);
        effects.push(Effect::Read(Read::Try(Box::new(trial))));
    }
}

/// What the text makes of the aggregate came.
pub fn tried(model: &mut Model, trial: Trial, verdict: Result<Verdict>, effects: &mut Vec<Effect>) {
    let Some(lab) = model.lab_mut() else { return };
    if lab.asked.as_ref().is_none_or(|(asked, _)| *asked != trial) {
        return;
    }
    (lab.mistake, lab.problem) = (None, None);
    match verdict {
        Err(error) => lab.problem = Some(error),
        Ok(Verdict::Mistake(mistake)) => lab.mistake = Some(mistake),
        Ok(Verdict::Tried(tried)) => {
            let source: Arc<str> = tried.source.as_str().into();
            lab.tried = Some((trial, tried));
            return counted_anew(lab, source, effects);
        }
    }
    if lab.store.forget() {
        effects.push(Effect::StopScan);
    }
}

/// Has the whole store counted by a domain that it was not counted by; by the one in use there is nothing to count.
fn counted_anew(lab: &mut Lab, source: Arc<str>, effects: &mut Vec<Effect>) {
    let changed = lab.changed();
    let store = &mut lab.store;
    if !changed {
        if store.forget() {
            effects.push(Effect::StopScan);
        }
        store.counted = None;
        store.rows.clear();
    } else if store.source.as_ref() != Some(&source) {
        store.asked += 1;
        (store.source, store.counting) = (Some(Arc::clone(&source)), Some((0, 0)));
        if let Some((_, current)) = &mut store.counted {
            *current = false;
        }
        effects.push(Effect::Scan(Read::Count(store.asked, source)));
    }
}

/// How far the count is.
pub fn counting(model: &mut Model, number: u64, far: (i64, i64)) {
    if let Some(lab) = model.lab_mut().filter(|lab| lab.store.asked == number) {
        lab.store.counting = lab.store.counting.map(|_| far);
    }
}

/// The count came.
pub fn counted(model: &mut Model, number: u64, result: Result<Contrasts>) {
    if let Some(lab) = model.lab_mut().filter(|lab| lab.store.asked == number && lab.store.source.is_some()) {
        lab.store.learn(result);
    }
}

/// A key that is typed into the rule.
pub fn typed(model: &mut Model, key: KeyEvent) -> Result<()> {
    model.notice = None;
    model.writing().map_or(Ok(()), |rule| rule.key(key))
}

/// Keys of the lab.
pub fn command(model: &mut Model, command: Command, effects: &mut Vec<Effect>) {
    use Command as C;
    let height = usize::from(lab_areas(model).store.height.saturating_sub(3)).max(1);
    let areas = lab_areas(model);
    let rows = |area: ratatui::layout::Rect| isize::from(area.height.saturating_sub(3).max(1) as i16);
    let page = (rows(areas.here), rows(areas.rule));
    let version = model.cursor.version;
    let Some(Overlay::Lab(lab)) = model.overlays.last_mut() else { return };
    if let Phase::Sent(done, total, _) = lab.phase {
        if command == C::Out {
            lab.phase = Phase::Sent(done, total, true);
            effects.push(Effect::StopWrite);
        }
        return;
    }
    match (lab.focus, command) {
        (_, C::NextPane | C::PreviousPane) => lab.focus = lab.focus.next(command == C::NextPane),
        (_, C::NextChange | C::PreviousChange) => match lab.step(version, command == C::NextChange) {
            Some(version) => time::go_version(model, version, effects),
            None if lab.changed() => model.tell("no further version differs"),
            None => model.tell("the rule is as it was: no version differs"),
        },
        (_, C::UseRule) => leaving(model),
        (Focus::Store, C::Out) if lab.store.counting.is_some() => effects.push(Effect::StopScan),
        (Focus::Rule, C::Out) => leaving_or_gone(model, effects),
        (_, C::Out) => lab.focus = Focus::Rule,
        (Focus::Time, C::Up | C::Down | C::PageUp | C::PageDown) => {
            let most = lab.shown().map_or(0, |tried| tried.changes.len().saturating_sub(1));
            let by = match command {
                C::Up => -1,
                C::Down => 1,
                C::PageUp => -page.0,
                _ => page.0,
            };
            lab.top = lab.top.saturating_add_signed(by).min(most);
        }
        (Focus::Rule, C::PageUp | C::PageDown) => {
            let code = if command == C::PageUp { KeyCode::Up } else { KeyCode::Down };
            for _ in 0..page.1 {
                let _ = lab.input.key(KeyEvent::new(code, KeyModifiers::NONE));
            }
        }
        (Focus::Time, _) => browse::command(model, command, effects),
        (Focus::Store, C::Enter) => {
            if let Some(Row::One(one)) = lab.store.rows.get(lab.store.scroll.selected) {
                let revision = one.revision();
                jump::to_revision(model, revision, None, effects);
            }
        }
        (Focus::Store, _) => {
            let page = height as isize - 1;
            let by = match command {
                C::Up => -1,
                C::Down => 1,
                C::PageUp => -page.max(1),
                C::PageDown => page.max(1),
                C::First => isize::MIN,
                _ => isize::MAX,
            };
            let rows = lab.store.rows.len();
            lab.store.scroll.step(by, rows, height);
        }
        (Focus::Rule, _) => {}
    }
}

fn leaving_or_gone(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.lab().is_some_and(Lab::changed) {
        leaving(model);
    } else {
        left(model, effects);
    }
}

/// Asks what is to become of the rule.
fn leaving(model: &mut Model) {
    let Some(lab) = model.lab() else { return };
    if !lab.changed() {
        return model.tell("the rule is as it was: there is nothing to take into use");
    }
    let refusal = read_only(model);
    let choice = |text: &str, note: String, leave| item(text, note, None, Choice::Leave(leave));
    let says = lab.store.says();
    let into_use = match (&refusal, lab.current()) {
        (Some(error), _) => error.message().to_owned(),
        (None, None) => "once it is a rule".to_owned(),
        _ => says,
    };
    let items = vec![
        choice("Keep editing", String::new(), Leave::Stay),
        choice("Take it into use", into_use, Leave::Use),
        choice("Save the whole domain to a file", String::new(), Leave::Save),
        choice("Drop it", "the rule in use stays".to_owned(), Leave::Drop),
    ];
    model.overlays.push(Overlay::Menu(Menu::new(MenuKind::Leave, items, "")));
}

/// What is to become of the rule was chosen.
pub fn leave(model: &mut Model, leave: Leave, effects: &mut Vec<Effect>) {
    match leave {
        Leave::Stay => {}
        Leave::Drop => left(model, effects),
        Leave::Use => ask(model),
        Leave::Save => {
            if whole(model).is_some() {
                let prompt = Prompt::new("save to:", "a file that does not exist yet", "");
                model.open(prompt.then(|cx, text| save(cx.model, text, cx.effects)));
            }
        }
    }
}

/// The rule in use and the domain with the other one; where the text is no rule that is said.
fn whole(model: &mut Model) -> Option<(Arc<LabRule>, Arc<str>)> {
    let lab = model.lab()?;
    let found = lab.rule.clone().zip(lab.current().map(|tried| tried.source.as_str().into()));
    if found.is_none() {
        let why = lab.mistake.as_ref().map(|mistake| mistake.message.clone());
        let why = why.or_else(|| lab.problem.as_ref().map(|error| error.message().to_owned()));
        let why = why.unwrap_or_else(|| "it is still being tried".to_owned());
        model.fail(Error::refused(format!("The text is no rule yet: {why}.")));
    }
    found
}

/// Shows the counts, and asks.
pub fn ask(model: &mut Model) {
    if let Some(error) = read_only(model) {
        return model.fail(error);
    }
    let Some((rule, source)) = whole(model) else { return };
    let Some(lab) = model.lab() else { return };
    let mut lines = vec![format!("{}.{} is applied by this rule from now on.", rule.aggregate, rule.event)];
    let says = lab.store.says();
    lines.push(match &lab.store.counted {
        Some((Ok(all), true)) => {
            let way = match all.met_again {
                0 => String::new(),
                met => format!(", {} more only on the way", count(met)),
            };
            let errors = if all.errors > 0 {
                format!(" {} have an event that a rule refuses.", count(all.errors))
            } else {
                String::new()
            };
            format!("Of all aggregates {says}{way}.{errors}")
        }
        Some((Err(_), true)) => says,
        _ => format!("The whole store: {says}"),
    });
    let causes = lab.store.rows.iter().filter_map(|row| match row {
        Row::Cause(name, aggregates, _) => Some(format!("  {name}: {}", count(*aggregates))),
        _ => None,
    });
    lines.extend(causes.take(4));
    lines.push(String::new());
    lines.push(
        "No event changes: states, lists and reports are built again from the log, and are seen all at once."
            .to_owned(),
    );
    let take = |cx: &mut Cx| {
        sent(cx.model);
        cx.effects.push(Effect::Write(Write::Rule(rule, source)));
    };
    model.open(Ask::new("Take this rule into use?", lines, "Take it", take));
}

/// It was sent off.
pub fn sent(model: &mut Model) {
    if let Some(lab) = model.lab_mut() {
        lab.phase = Phase::Sent(0, 0, false);
    }
}

/// How far it is.
pub fn replaying(model: &mut Model, (done, total): (i64, i64)) {
    if let Some(lab) = model.lab_mut()
        && let Phase::Sent(.., stopping) = lab.phase
    {
        lab.phase = Phase::Sent(done, total, stopping);
    }
}

/// The rule is in use, and everything is read anew; or it was refused, and the lab stays.
pub fn used(model: &mut Model, result: Result<Rebuilt>, effects: &mut Vec<Effect>) {
    match result {
        Ok(rebuilt) => {
            let rule = model.lab().and_then(|lab| lab.rule.clone());
            let right = put_right(model);
            close(model);
            model.state.forget();
            let branch = model.branch.clone();
            branches::go_over(model, &branch, effects);
            let name = match rule {
                Some(rule) => format!("{}.{} has its new rule", rule.aggregate, rule.event),
                None => "the earlier rule is back".to_owned(),
            };
            let (differ, all) = (count(rebuilt.differ), count(rebuilt.aggregates));
            model.done(format!("{name}: {differ} of {all} aggregates have another state now"));
            model.overlays.extend(right);
        }
        Err(error) => {
            if let Some(lab) = model.lab_mut() {
                lab.phase = Phase::Typed;
            }
            model.fail(error);
        }
    }
}

/// The aggregates that have another state at the head, as far as the count lists them.
fn put_right(model: &Model) -> Option<Overlay> {
    let store = &model.lab()?.store;
    let items = store.rows.iter().filter_map(|row| match row {
        Row::One(one) if !one.meets => {
            let name = format!("{}@{}", one.aggregate, one.version);
            let note = says(&one.changes, model).join("  ");
            Some(item(name, note, None, Choice::Revision(one.revision())))
        }
        Row::Cause(name, ..) => Some(item(name.clone(), "", None, Choice::Heading)),
        _ => None,
    });
    let items: Vec<_> = items.collect();
    let known = matches!(store.counted, Some((Ok(_), true))) && !items.is_empty();
    known.then(|| Overlay::Menu(Menu::new(MenuKind::PutRight, items, "")))
}

/// A file for the whole domain was named.
pub fn save(model: &mut Model, file: &str, effects: &mut Vec<Effect>) {
    if let Some((_, source)) = whole(model) {
        effects.push(Effect::Save(PathBuf::from(file), source));
    }
}

/// Leaves it; the rule in use stays.
pub fn left(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.lab().is_some_and(|lab| lab.store.counting.is_some()) {
        effects.push(Effect::StopScan);
    }
    close(model);
}

fn close(model: &mut Model) {
    model.overlays.retain(|overlay| !matches!(overlay, Overlay::Lab(_)));
}

#[cfg(test)]
mod tests;
