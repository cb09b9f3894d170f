//! Snapshots: an object that was deleted and comes back is there again, as a whole.

use serde_json::{Value, json};

use super::{data, import, mapped};
use crate::program::Place;

const ROWS: &str = "history_id,history_date,history_type,id,name,pages,note\n\
    1,2024-02-14 21:13:02.534529+00,+,4,Eric,10,x\n\
    2,2024-02-14 21:13:10+00,~,4,Erik,10,x\n\
    3,2024-02-14 21:13:19.406277+00,-,4,Erik,10,x\n\
    4,2024-02-15 08:00:00+00,+,4,Erik,10,\n";

const MAPPING: &str = r#"
mode = "snapshots"
type = '"Person"'
event = '{"+": "PersonCreated", "~": "PersonChanged", "-": "PersonDeleted"}[.history_type]'
at = '.history_date'
key = '.history_id'
deleted = '.history_type == "-"'
data = '{name, pages: (.pages | tonumber), note: (.note | select(. != "") // null)}'
meta = '{before: ($previous | type), changed: $changed}'
"#;

fn states(place: &Place) -> Vec<Value> {
    (1..=4).map(|version| place.one(&["state", &format!("Person/4@{version}")])["state"].clone()).collect()
}

#[test]
fn what_was_deleted_and_comes_back_is_whole_again() {
    let domain = "[domain]\nname = \"people\"\n[aggregate.Person]\nlabel = '.name'\ndeleted = '. == null'\n\
        [aggregate.Person.event.PersonDeleted]\napply = 'null'\n";
    let back = json!({ "name": "Erik", "pages": 10 });
    for (domain, exists) in [("", true), (domain, false)] {
        // In one import, and in two that part behind the deletion or before it.
        for parts in [vec![5], vec![4, 5], vec![3, 5]] {
            let place = mapped(MAPPING);
            if !domain.is_empty() {
                place.file("domain.toml", domain);
                place.ok(&["init", "--domain", "domain.toml"]);
            }
            for lines in parts {
                let part: Vec<&str> = ROWS.lines().take(lines).collect();
                place.file("in.csv", part.join("\n"));
                import(&place, "in.csv", &[]);
            }
            let expected = [
                json!({ "name": "Eric", "pages": 10, "note": "x" }),
                json!({ "name": "Erik", "pages": 10, "note": "x" }),
                json!({}),
                back.clone(),
            ];
            assert_eq!(states(&place), expected);
            assert_eq!(place.one(&["state", "Person/4@3"])["exists"], exists);
            let brief = json!({ "name": null, "pages": null, "note": null });
            assert_eq!(data(&place)[2..], [brief, back.clone()]);
            let metas: Vec<Value> =
                place.json(&["log", "--reverse"]).iter().map(|event| event["meta"].clone()).collect();
            assert_eq!(metas[2], json!({ "before": "object", "changed": ["name", "pages", "note"] }));
            assert_eq!(metas[3], json!({ "before": "null", "changed": ["name", "pages"] }));
        }
    }
}

#[test]
fn a_deletion_may_stand_first_or_twice() {
    let place = mapped(MAPPING);
    let text = ROWS.replace(",+,4,Eric", ",-,4,Eric").replace(",~,", ",-,");
    place.file("in.csv", text);
    import(&place, "in.csv", &[]);
    assert_eq!(data(&place)[..3], [json!({}), json!({}), json!({})]);
    assert_eq!(states(&place)[3], json!({ "name": "Erik", "pages": 10 }));
}

#[test]
fn deleted_needs_snapshots() {
    let place = mapped("deleted = '.gone'\n");
    place.file("in.csv", "id,t\n");
    let error = place.refused(1, &["import", "in.csv", "--map", "map.toml"]);
    assert!(error.contains("map.toml:6:11: `deleted` has no effect without mode = \"snapshots\""), "{error}");
}
