use super::leave::{Leave, leave};
use super::store::Counted;
use super::*;
use crate::journal::Contrasts;
use crate::session::Overview;
use crate::tui::keys::Keys;
use crate::tui::menu::{Given, Menu};
use crate::tui::model::Notice;
use crate::tui::screen;
use crate::tui::screens::ask::Ask;
use crate::tui::theme::Palette;

fn rule() -> LabRule {
    let (aggregate, event) = ("Task".into(), "Put".into());
    LabRule { aggregate, event, text: ".n = 1".into(), source: String::new() }
}

fn tried(differing: &[(Version, Version)], failing: &[(Version, Version)]) -> Tried {
    Tried {
        source: "new".into(),
        differing: differing.to_vec(),
        failing: failing.to_vec(),
        folding: None,
        head: 1,
        changes: Vec::new(),
        exists: (true, true),
        error: None,
    }
}

fn lab(model: &mut Model) -> &mut Lab {
    model.screen_mut().unwrap()
}

fn tick(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    screen::tick(model, &mut effects);
    effects
}

/// A trial of the text that stands there is answered.
fn answer(model: &mut Model, verdict: Verdict) -> Vec<Effect> {
    let outcome = Outcome::of(Ok(verdict), &"Task/1".parse().unwrap());
    lab(model).trial.be_answered(Part::Whole(outcome));
    tick(model)
}

/// A model whose lab holds another rule that was tried, while the whole store is being counted.
fn model() -> Model {
    let mut model = Model::new(Arc::new(Keys::built_in().unwrap()), "mira".into(), Palette::default(), false);
    (model.cursor.aggregate, model.cursor.version) = (Some("Task/1".parse().unwrap()), 1);
    model.open(Lab::new("Task".into(), "Put".into()));
    tick(&mut model);
    lab(&mut model).rule.be_answered(Part::Whole(Arc::new(rule())));
    tick(&mut model);
    lab(&mut model).put(".n = 2");
    assert!(matches!(tick(&mut model)[..], [Effect::Ask(Lane::Now, _)]));
    let effects = answer(&mut model, Verdict::Tried(Box::new(tried(&[(1, 1)], &[]))));
    assert!(matches!(effects[..], [Effect::Ask(Lane::Long, _)]));
    model
}

fn does(model: &mut Model, what: Command) -> Vec<Effect> {
    let mut effects = Vec::new();
    screen::turn(model, &mut effects, |screen, cx| screen.command(cx, what));
    effects
}

#[test]
fn steps_go_through_what_differs_and_what_fails() {
    let tried = tried(&[(3, 5), (9, 9)], &[(7, 7)]);
    let all = |from, forward| {
        std::iter::successors(Some(from), |at| draw::step(&tried, *at, forward)).skip(1).collect::<Vec<_>>()
    };
    assert_eq!(all(0, true), [3, 4, 5, 7, 9]);
    assert_eq!(all(100, false), [9, 7, 5, 4, 3]);
}

#[test]
fn what_is_typed_back_is_no_change_and_an_earlier_text_is_not_the_current_one() {
    let mut model = model();
    assert!(lab(&mut model).changed() && lab(&mut model).current().is_some());
    lab(&mut model).put(" .n = 1\n");
    assert!(!lab(&mut model).changed());
    lab(&mut model).put(".n = 3");
    tick(&mut model);
    assert!(lab(&mut model).current().is_none() && lab(&mut model).shown().is_some());
}

#[test]
fn a_count_is_stopped_and_says_what_was_counted_by_then() {
    let mut model = model();
    lab(&mut model).store.count.be_answered(Part::SoFar(Counted::Far(30, 120)));
    tick(&mut model);
    assert_eq!(lab(&mut model).store.says(), "counting, 25 % …");
    does(&mut model, Command::PreviousPane);
    does(&mut model, Command::Out);
    assert!(lab(&mut model).store.stopped.load(std::sync::atomic::Ordering::Relaxed));
    let part = Contrasts { aggregates: 31, differ: 4, whole: false, ..Contrasts::default() };
    lab(&mut model).store.count.be_answered(Part::Whole(Counted::All(Ok(part))));
    tick(&mut model);
    assert_eq!(lab(&mut model).store.says(), "4 of 31 differ so far: it was stopped");
    // With nothing to stop Esc goes out one level.
    does(&mut model, Command::Out);
    assert_eq!(lab(&mut model).focus, Focus::Rule);
    // What is no rule is not counted.
    lab(&mut model).put("foo");
    tick(&mut model);
    answer(&mut model, Verdict::Mistake(Mistake { message: "no".into(), span: 0..3 }));
    assert_eq!(lab(&mut model).store.says(), "as an earlier text had it");
}

#[test]
fn taking_a_rule_into_use_is_stopped_and_leaves_the_lab_as_it_was() {
    let mut model = model();
    leave(&mut model, Leave::Use);
    assert!(model.screen::<Ask>().is_some());
    model.overlays.pop();
    take(&mut model, &rule(), Arc::from("new"), &mut Vec::new());
    replaying(&mut model, (10, 40));
    // Nothing else is done meanwhile.
    assert!(does(&mut model, Command::UseRule).is_empty());
    assert!(matches!(does(&mut model, Command::Out)[..], [Effect::StopWrite]));
    assert_eq!(lab(&mut model).phase, Phase::Sent(10, 40, true));
    lab(&mut model).go_on();
    let lab = lab(&mut model);
    assert_eq!((lab.phase, lab.typed_text()), (Phase::Typed, ".n = 2".into()));
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
        case: None,
        domain: None,
        monitors: 0,
        span: None,
    });
    does(&mut model, Command::UseRule);
    assert!(model.screen::<Menu<Given<Leave>>>().is_some());
    let lab = model.screen::<Lab>().unwrap();
    assert!(lab.note_of_use(&model).contains("the folder is read-only"));
    model.overlays.pop();
    leave(&mut model, Leave::Use);
    assert!(matches!(&model.notice, Some(Notice::Failed(error))
        if error.message().contains("the folder is read-only")));
    assert!(model.screen::<Lab>().is_some());
}
