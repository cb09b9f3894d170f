//! What becomes of a rule that was tried: it is taken into use, saved with its domain, or dropped.

use std::path::PathBuf;
use std::sync::Arc;

use super::draw::says;
use super::{Lab, Phase, Row, Wrong};
use crate::error::{Error, Result};
use crate::session::LabRule;
use crate::tui::effect::{Effect, Write};
use crate::tui::menu::{Given, Item, Look, Menu};
use crate::tui::model::Model;
use crate::tui::screens::ask::Ask;
use crate::tui::screens::prompt::Prompt;
use crate::tui::text::count;
use crate::tui::update::branches::read_only;
use crate::tui::update::jump;

/// How the lab is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// It is not.
    Stay,
    /// The rule is taken into use.
    Use,
    /// The whole domain is saved to a file.
    Save,
    /// The rule is dropped.
    Drop,
}

impl Lab {
    /// Asks what is to become of the rule.
    pub(super) fn leaving(&self, model: &mut Model) {
        if !self.changed() {
            return model.tell("the rule is as it was: there is nothing to take into use");
        }
        let items = vec![
            Item::new("Keep editing", "", Leave::Stay),
            Item::new("Take it into use", self.note_of_use(model), Leave::Use),
            Item::new("Save the whole domain to a file", "", Leave::Save),
            Item::new("Drop it", "the rule in use stays", Leave::Drop),
        ];
        let look = Look { title: "What becomes of this rule?", ..Look::PICKER };
        model.open(Given::menu(look, items, "", |cx, how| leave(cx.model, how)));
    }

    /// What is said of taking it into use.
    pub(super) fn note_of_use(&self, model: &Model) -> String {
        match (read_only(model), self.current()) {
            (Some(error), _) => error.message().to_owned(),
            (None, None) => "once it is a rule".to_owned(),
            _ => self.store.says(),
        }
    }

    /// The rule in use and the domain with the other one, or why the text is no rule.
    pub fn whole(&self) -> Result<(Arc<LabRule>, Arc<str>)> {
        let source = self.current().map(|tried| tried.source.as_str().into());
        self.rule.shown().cloned().zip(source).ok_or_else(|| {
            let why = self.wrong().map_or("it is still being tried", Wrong::says);
            Error::refused(format!("The text is no rule yet: {why}."))
        })
    }

    /// What taking it into use would do.
    fn would_do(&self, rule: &LabRule) -> Vec<String> {
        let says = self.store.says();
        let counted = match self.store.current() {
            Some(Ok(all)) => {
                let way = match all.met_again {
                    0 => String::new(),
                    met => format!(", {} more only on the way", count(met)),
                };
                let errors = match all.errors {
                    0 => String::new(),
                    errors => format!(" {} have an event that a rule refuses.", count(errors)),
                };
                format!("Of all aggregates {says}{way}.{errors}")
            }
            Some(Err(_)) => says,
            None => format!("The whole store: {says}"),
        };
        let causes = self.store.rows.iter().filter_map(|row| match row {
            Row::Cause(name, aggregates, _) => Some(format!("  {name}: {}", count(*aggregates))),
            _ => None,
        });
        let applied = format!("{}.{} is applied by this rule from now on.", rule.aggregate, rule.event);
        let mut lines = vec![applied, counted];
        lines.extend(causes.take(4));
        lines.push(String::new());
        lines.push(
            "No event changes: states, lists and reports are built again from the log, and are seen all at once."
                .to_owned(),
        );
        lines
    }

    /// What was sent was refused: it is typed on.
    pub fn go_on(&mut self) {
        self.phase = Phase::Typed;
    }

    /// The aggregates that have another state at the head, as far as the count lists them.
    pub fn put_right(&self, model: &Model) -> Option<Menu<Given<String>>> {
        let items = self.store.rows.iter().filter_map(|row| match row {
            Row::One(one) if !one.meets => {
                let name = format!("{}@{}", one.aggregate, one.version);
                let note = says(&one.changes, model).join("  ");
                Some(Item::new(name, note, one.revision()))
            }
            Row::Cause(name, ..) => Some(Item::heading(name.clone())),
            _ => None,
        });
        let items: Vec<_> = items.collect();
        let known = matches!(self.store.current(), Some(Ok(_))) && !items.is_empty();
        let look = Look { title: "Put right", ..Look::PICKER };
        known.then(|| {
            Given::menu(look, items, "", |cx, revision| {
                jump::to_revision(cx.model, revision, None, cx.effects);
            })
        })
    }
}

/// What is to become of the rule was chosen.
pub(super) fn leave(model: &mut Model, leave: Leave) {
    let Some(whole) = model.screen::<Lab>().map(Lab::whole) else { return };
    match (leave, whole) {
        (Leave::Stay, _) => {}
        (Leave::Drop, _) => model.close::<Lab>(),
        (Leave::Use, whole) => match read_only(model).map_or(whole, Err) {
            Ok((rule, source)) => ask(model, rule, source),
            Err(error) => model.fail(error),
        },
        (Leave::Save, Ok((_, source))) => {
            let prompt = Prompt::new("save to:", "a file that does not exist yet", "");
            model.open(prompt.then(|cx, file| cx.effects.push(Effect::Save(PathBuf::from(file), source))));
        }
        (Leave::Save, Err(error)) => model.fail(error),
    }
}

/// Shows the counts, and asks.
fn ask(model: &mut Model, rule: Arc<LabRule>, source: Arc<str>) {
    let lines = model.screen::<Lab>().map_or_else(Vec::new, |lab| lab.would_do(&rule));
    model.open(Ask::new("Take this rule into use?", lines, "Take it", move |cx| {
        take(cx.model, &rule, source, cx.effects);
    }));
}

/// Has a rule, with the domain that it stands in, taken into use in the place of the one that is.
pub fn take(model: &mut Model, rule: &LabRule, source: Arc<str>, effects: &mut Vec<Effect>) {
    let told = match model.screen_mut::<Lab>() {
        Some(lab) => {
            lab.phase = Phase::Sent(0, 0, false);
            format!("{}.{} has its new rule", rule.aggregate, rule.event)
        }
        None => "the earlier rule is back".to_owned(),
    };
    effects.push(Effect::Write(Write::Domain { was: rule.source.as_str().into(), source, told }));
}

/// How far that is.
pub fn replaying(model: &mut Model, (done, total): (i64, i64)) {
    if let Some(lab) = model.screen_mut::<Lab>()
        && let Phase::Sent(.., stopping) = lab.phase
    {
        lab.phase = Phase::Sent(done, total, stopping);
    }
}
