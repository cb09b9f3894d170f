//! Real keystrokes of writers at the same time, whose causes are a graph: the first 114 of "clownschool" of the editing traces by
//! Joseph Gentle and others (CC BY 4.0).

use std::collections::HashMap;

use serde_json::Value;

use crate::program::Place;

const LOG: &str = include_str!("../../data/concurrent.jsonl");

const MAPPING: &str = r#"
[import]
type = '"Doc"'
id = '"1"'
event = '"Typed"'
key = '.n | tostring'
at = '.time'
data = '{patches}'
actor = '"writer \(.agent)"'
cause = '[.parents[] | tostring]'
"#;

const RULES: &str = r#"
[domain]
name = "texts"
[aggregate.Doc.event.Typed]
apply = '.text = reduce $data.patches[] as $p (.text // ""; .[:$p[0]] + $p[2] + .[$p[0] + $p[1]:])'
"#;

fn parents() -> Vec<Vec<usize>> {
    let parents = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["parents"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect()
    };
    LOG.lines().map(parents).collect()
}

/// How many orders a graph allows, by itself.
fn orders(parents: &[Vec<usize>]) -> u128 {
    let mut layer = HashMap::from([(0u128, 1u128)]);
    for _ in 0..parents.len() {
        let mut next = HashMap::new();
        for (set, orders) in layer {
            for (step, needs) in parents.iter().enumerate() {
                if set & (1 << step) == 0 && needs.iter().all(|need| set & (1 << need) != 0) {
                    *next.entry(set | (1 << step)).or_insert(0) += orders;
                }
            }
        }
        layer = next;
    }
    layer.into_values().sum()
}

#[test]
fn the_graph_of_causes_is_the_order_that_is_kept_and_edits_that_touch_do_not_commute() {
    let place = Place::empty();
    place.ok(&["init", "--domain", place.file("texts.toml", RULES)]);
    place.ok(&["import", place.file("log.jsonl", LOG), "--map", place.file("map.toml", MAPPING)]);
    let answer = place.one(&["race", "Doc/1@100", "Doc/1@112", "--within", "60s", "--keep", "cause"]);
    assert_eq!(answer["events"].as_array().unwrap().len(), 114, "they all were typed in one go");
    assert_eq!(answer["exact"], true, "{}", answer["bound"]);
    let orders = orders(&parents());
    assert!(orders > 10);
    assert_eq!(
        u128::from(answer["orders"].as_u64().unwrap()),
        orders,
        "what is kept is that graph, and nothing else"
    );

    let rows = answer["rows"].as_array().unwrap();
    let other = rows
        .iter()
        .find(|row| row["name"] == "outcome B")
        .expect("two writers typed at the beginning and behind it");
    let change = &other["events"]["changes"]["Doc/1"][0];
    assert_eq!(change["path"], "/text");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (old, new) = (text(&change["old"]), text(&change["value"]));
    assert!(old != new && old.len() == new.len(), "the same letters in other places: {old:?} {new:?}");
    assert!(!other["swaps"].as_array().unwrap().is_empty());
    // With each writer's own order too, nothing is left to choose but what both typed at once.
    let fewer = place.one(&["race", "Doc/1@100", "Doc/1@112", "--within", "60s", "--keep", "cause,actor"]);
    assert!(fewer["orders"].as_u64().unwrap() <= answer["orders"].as_u64().unwrap());
}
