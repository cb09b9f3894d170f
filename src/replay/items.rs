//! Which items of two arrays are the same thing: by what stayed, by a name of their own, by their place.

use std::collections::HashMap;

use crate::jq::{Items, View};

/// Fields by which an item is known, whatever else of it changes.
pub(super) const NAMES: [&str; 4] = ["id", "key", "uuid", "name"];

/// For each new item, the place of the old one that it was.
pub(crate) fn match_items(old: Items<'_>, new: Items<'_>) -> Matched {
    if old.is_shared(new) {
        return Matched { head: new.len(), middle: Vec::new(), shift: 0 };
    }
    let head = old.iter().zip(new.iter()).take_while(|(old, new)| old.same(*new)).count();
    let most = old.len().min(new.len()) - head;
    let tail =
        old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(old, new)| old.same(*new)).count();
    let slice = |items: Items<'_>| head..items.len() - tail;
    let (olds, news): (Vec<View<'_>>, Vec<View<'_>>) =
        (slice(old).filter_map(|i| old.at(i)).collect(), slice(new).filter_map(|i| new.at(i)).collect());
    let middle =
        match_middle(&olds, &news).into_iter().map(|place| place.map(|place| place + head)).collect();
    Matched { head, middle, shift: old.len() as isize - new.len() as isize }
}

/// A matching of items: what stands before and behind what changed is the same.
#[derive(Debug, PartialEq, Eq)]
pub struct Matched {
    /// So many items at the start stayed as they were.
    pub head: usize,
    /// For each item behind those that is not at the unchanged end: its old place.
    pub middle: Vec<Option<usize>>,
    shift: isize,
}

impl Matched {
    /// The old place of a new item.
    pub fn of(&self, place: usize) -> Option<usize> {
        if place < self.head {
            return Some(place);
        }
        match self.middle.get(place - self.head) {
            Some(place) => *place,
            None => place.checked_add_signed(self.shift),
        }
    }
}

fn match_middle(old: &[View<'_>], new: &[View<'_>]) -> Vec<Option<usize>> {
    let mut matched = vec![None; new.len()];
    if old.is_empty() {
        return matched;
    }
    let mut free = vec![true; old.len()];
    for by in [named, content] {
        let mut places: HashMap<String, Vec<usize>> = HashMap::new();
        // The last one first, so that equal items are taken in their order.
        for (place, item) in old.iter().enumerate().rev().filter(|(place, _)| free[*place]) {
            if let Some(key) = by(*item) {
                places.entry(key).or_default().push(place);
            }
        }
        for (item, slot) in new.iter().zip(&mut matched).filter(|(_, slot)| slot.is_none()) {
            *slot = by(*item).and_then(|key| places.get_mut(&key)?.pop());
            if let Some(place) = *slot {
                free[place] = false;
            }
        }
    }
    // What has no name of its own and is not as it was: the next one of its kind that is left.
    for kind in [true, false] {
        let mut left = (0..old.len())
            .filter(|&place| free[place] && plain_kind(old[place]) == Some(kind))
            .collect::<Vec<_>>()
            .into_iter();
        for (item, slot) in new.iter().zip(&mut matched) {
            if slot.is_none() && plain_kind(*item) == Some(kind) {
                *slot = left.next();
            }
        }
    }
    matched
}

/// Whether an item without a name is a container.
fn plain_kind(item: View<'_>) -> Option<bool> {
    named(item).is_none().then(|| item.is_container())
}

fn named(item: View<'_>) -> Option<String> {
    NAMES.iter().find_map(|name| {
        let value = item.field(name).filter(|value| !value.is_container() && !value.is_null())?;
        Some(format!("{name} {}", value.to_value().ok()?))
    })
}

fn content(item: View<'_>) -> Option<String> {
    Some(item.to_value().ok()?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jq::{Parts, State};

    fn places(old: &str, new: &str) -> Vec<Option<usize>> {
        let (old, new) = (State::from_json(old).unwrap(), State::from_json(new).unwrap());
        let (Parts::Items(old), Parts::Items(new)) = (old.view().parts(), new.view().parts()) else {
            panic!("two lists")
        };
        let matched = match_items(old, new);
        (0..new.len()).map(|place| matched.of(place)).collect()
    }

    #[test]
    fn items_keep_who_they_are_when_others_come_and_go() {
        assert_eq!(places(r#"["a","b","c"]"#, r#"["x","a","b","c"]"#), [None, Some(0), Some(1), Some(2)]);
        assert_eq!(places(r#"["a","b","c"]"#, r#"["a","c"]"#), [Some(0), Some(2)]);
        assert_eq!(places(r#"["a","b"]"#, r#"["b","a"]"#), [Some(1), Some(0)]);
        assert_eq!(places(r#"["a","a"]"#, r#"["a","a","a"]"#), [Some(0), Some(1), None]);
    }

    #[test]
    fn a_name_wins_over_a_place() {
        let old = r#"[{"id":1,"n":"x"},{"id":2,"n":"y"}]"#;
        assert_eq!(
            places(old, r#"[{"id":2,"n":"z"},{"id":3,"n":"x"},{"id":1,"n":"x"}]"#),
            [Some(1), None, Some(0)]
        );
        // Without a name, what is left is paired in its order.
        assert_eq!(places(r#"[{"n":1},{"n":2}]"#, r#"[{"n":3},{"n":2}]"#), [Some(0), Some(1)]);
        assert_eq!(places(r#"["a"]"#, r#"["b"]"#), [Some(0)]);
        assert_eq!(places(r#"["a"]"#, r#"[{"n":1}]"#), [None]);
    }
}
