use std::sync::Arc;

use super::*;
use crate::session::{Overview, Tried};
use crate::tui::keys::Keys;
use crate::tui::theme::Palette;

/// A model whose lab holds another rule that was tried, while the whole store is being counted.
fn model() -> Model {
    let mut model = Model::new(Arc::new(Keys::built_in().unwrap()), "mira".into(), Palette::default(), false);
    let rule = LabRule {
        aggregate: "Task".into(),
        event: "Put".into(),
        text: ".n = 1".into(),
        source: String::new(),
    };
    let mut lab = Lab::new(("Task".into(), "Put".into()));
    lab.take(rule);
    lab.put(".n = 2");
    let trial = Trial {
        rule: lab.rule.clone().unwrap(),
        text: lab.text(),
        aggregate: "Task/1".parse().unwrap(),
        version: 1,
    };
    lab.asked = Some((trial.clone(), 1));
    model.overlays.push(Overlay::Lab(Box::new(lab)));
    let tried = Tried {
        source: "new".into(),
        differing: vec![(1, 1)],
        failing: Vec::new(),
        folding: None,
        head: 1,
        changes: Vec::new(),
        exists: (true, true),
        error: None,
    };
    let mut effects = Vec::new();
    super::tried(&mut model, trial, Ok(Verdict::Tried(Box::new(tried))), &mut effects);
    assert!(matches!(&effects[..], [Effect::Scan(Read::Count(1, source))] if **source == *"new"));
    model
}

fn does(model: &mut Model, what: Command) -> Vec<Effect> {
    let mut effects = Vec::new();
    command(model, what, &mut effects);
    effects
}

#[test]
fn a_count_is_stopped_and_says_what_was_counted_by_then() {
    let mut model = model();
    counting(&mut model, 1, (30, 120));
    assert_eq!(model.lab().unwrap().store.says(), "counting, 25 % …");
    does(&mut model, Command::PreviousPane);
    let effects = does(&mut model, Command::Out);
    assert!(matches!(effects[..], [Effect::StopScan]));
    let part = Contrasts { aggregates: 31, differ: 4, whole: false, ..Contrasts::default() };
    counted(&mut model, 1, Ok(part));
    assert_eq!(model.lab().unwrap().store.says(), "4 of 31 differ so far: it was stopped");
    // With nothing to stop Esc goes out one level.
    assert!(does(&mut model, Command::Out).is_empty());
    assert_eq!(model.lab().unwrap().focus, Focus::Rule);
    // An answer about an earlier text is too late.
    model.lab_mut().unwrap().store.forget();
    counted(&mut model, 1, Ok(Contrasts::default()));
    assert_eq!(model.lab().unwrap().store.says(), "as an earlier text had it");
}

#[test]
fn taking_a_rule_into_use_is_stopped_and_leaves_the_lab_as_it_was() {
    let mut model = model();
    ask(&mut model);
    assert!(model.screen::<Ask>().is_some());
    model.overlays.pop();
    sent(&mut model);
    replaying(&mut model, (10, 40));
    // Nothing else is done meanwhile.
    assert!(does(&mut model, Command::UseRule).is_empty());
    assert!(matches!(does(&mut model, Command::Out)[..], [Effect::StopWrite]));
    assert_eq!(model.lab().unwrap().phase, Phase::Sent(10, 40, true));
    let stopped = Error::refused("Stopped; nothing was changed.");
    used(&mut model, Err(stopped), &mut Vec::new());
    assert_eq!((model.lab().unwrap().phase, model.lab().unwrap().text()), (Phase::Typed, ".n = 2".into()));
}

#[test]
fn a_store_that_is_only_read_says_why_the_rule_is_not_taken() {
    let mut model = model();
    model.overview = Some(Overview {
        clock_behind: None,
        file: "t.db".into(),
        branch: "main".into(),
        events: 1,
        head: 1,
        head_hash: None,
        types: Vec::new(),
        read_only: Some("the folder is read-only".into()),
        domain: None,
        monitors: 0,
        span: None,
    });
    does(&mut model, Command::UseRule);
    let Some(Overlay::Menu(menu)) = model.overlays.last() else { panic!("no menu") };
    assert!(menu.items[1].note.contains("the folder is read-only"));
    model.overlays.pop();
    leave(&mut model, Leave::Use, &mut Vec::new());
    assert!(matches!(&model.notice, Some(crate::tui::model::Notice::Failed(error))
        if error.message().contains("the folder is read-only")));
    assert!(model.lab().is_some());
}
