//! A slot keeps what it shows, and its questions end with it.

use super::*;

fn slot(of: i64, parts: Vec<Result<Part<i64>>>) -> Slot<i64, i64> {
    let mut slot = Slot::default();
    let _ = slot.ask("main", Lane::Now, of, |_, _| Ok(Part::More));
    locked(slot.waits.as_ref().unwrap()).extend(parts);
    slot
}

#[test]
fn what_was_shown_stays_until_the_answer_comes() {
    let mut slot = slot(1, vec![Ok(Part::SoFar(10)), Ok(Part::Whole(11))]);
    assert!(slot.take_in("main") && !slot.waits());
    assert_eq!((slot.shown(), slot.is_old()), (Some(&11), false));
    let effect = slot.ask("main", Lane::Now, 2, |_, _| Ok(Part::More));
    assert_eq!((slot.shown(), slot.is_old(), slot.waits()), (Some(&11), true, true));
    let Effect::Ask(Lane::Now, question) = effect else { panic!("it asks") };
    question.begin().fail(Error::refused("no"));
    assert!(slot.take_in("main"));
    assert_eq!((slot.shown(), slot.failed().unwrap().message()), (Some(&11), "no"));
}

#[test]
fn an_answer_is_to_its_question_and_goes_with_what_it_is_about() {
    let mut slot = slot(1, vec![Ok(Part::Whole(10))]);
    slot.take_in("main");
    assert_eq!((slot.answer_to(&1), slot.answer_to(&2)), (Some(&10), None));
    slot.keep_if(|of| *of == 1);
    let _ = slot.ask("main", Lane::Now, 2, |_, _| Ok(Part::More));
    assert_eq!((slot.shown(), slot.answer(), slot.answer_to(&2)), (Some(&10), None, None));
    slot.keep_if(|of| *of == 1);
    assert_eq!(slot.shown(), None);
}

#[test]
fn the_first_part_is_shown_then_every_few_and_the_whole() {
    let mut pace = Pace::default();
    let shown: Vec<_> = (1..=18).filter(|i| !matches!(pace.part(*i == 18, || ()), Part::More)).collect();
    assert_eq!(shown, [1, 9, 17, 18]);
}

#[test]
fn a_question_ends_with_whoever_asked_and_with_a_newer_one() {
    let mut slot = Slot::<i64, i64>::default();
    let mut ask = |of| match slot.ask("main", Lane::Long, of, |_, _| Ok(Part::More)) {
        Effect::Ask(_, question) => question,
        other => panic!("{other:?}"),
    };
    let (first, second) = (ask(1), ask(2));
    assert!(!first.is_wanted() && second.is_wanted());
    drop(slot);
    assert!(!second.is_wanted());
}

#[test]
fn an_answer_about_a_branch_that_was_left_is_dropped() {
    let mut slot = slot(1, vec![Ok(Part::Whole(10))]);
    assert!(!slot.take_in("other"));
    assert_eq!((slot.shown(), slot.asked(), slot.waits()), (None, None, false));
}
