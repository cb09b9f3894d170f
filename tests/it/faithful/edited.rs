//! One's own export, edited: personal data goes, and causes and operations hold together.

use serde_json::{Value, json};

use crate::program::Place;

const DOMAIN: &str = r#"
[domain]
name = "shop"
[aggregate.Order]
label = '.name'
[aggregate.Order.command.place]
creates = true
params = { name = "string" }
emit = 'event("OrderPlaced"; $params)'
[aggregate.Order.event.OrderPlaced]
apply = '.name = $data.name'
[aggregate.Pay.command.ask]
creates = true
params = { order = "string" }
emit = 'event("PayAsked"; $params)'
[aggregate.Pay.event.PayAsked]
apply = '.order = $data.order'
[[reactor]]
name = "pay"
on = ["OrderPlaced"]
run = "sync"
command = { name = "ask", type = "Pay", id = '$event.aggregate | split("/")[1]', params = '{order: $event.aggregate}' }
"#;

#[test]
fn an_edited_export_keeps_its_causes_and_operations() {
    let place = Place::empty();
    place.file("domain.toml", DOMAIN);
    place.ok(&["init", "--domain", "domain.toml"]);
    place.ok(&["fire", "Order/1", "place", "name=Ann"]);
    let exported = place.ok(&["export"]);
    let edited = exported.replace("Ann", "erased");
    assert_eq!(edited.matches("erased").count(), 2, "the data, and the command's copy of it");
    for file in [&edited, &edited.replace("erased", "gone")] {
        let copy = Place::empty();
        copy.file("domain.toml", DOMAIN);
        copy.ok(&["init", "--domain", "domain.toml"]);
        copy.file("edited.jsonl", file);
        let said = copy.ok(&["import", "edited.jsonl", "--map", "own-edited"]);
        assert!(said.contains("2 events appended") && !said.contains("cause"), "{said}");
        assert!(!copy.ok(&["export"]).contains("Ann"));
        let tree: Vec<Value> =
            copy.json(&["trace", "#1"]).iter().map(|row| json!([row["depth"], row["type"]])).collect();
        assert_eq!(tree, [json!([0, "OrderPlaced"]), json!([1, "PayAsked"])]);
        let log = copy.json(&["log", "--reverse"]);
        assert_eq!(log[1]["meta"]["causation_id"], log[0]["hash"]);
        assert_eq!(log[1]["meta"]["correlation_id"], log[0]["hash"]);
        let before: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(log[0]["meta"]["recorded_at"], before[0]["recorded_at"]);
        assert_eq!(copy.json(&["links", "#1"])[0]["type"], "PayAsked");
        copy.ok(&["verify", "--all"]);
        assert!(copy.ok(&["import", "edited.jsonl", "--map", "own-edited"]).contains("2 seen before"));
    }
    // A cause that was taken out is said to be missing.
    let copy = Place::empty();
    copy.file("edited.jsonl", edited.lines().nth(1).unwrap());
    let said = copy.ok(&["import", "edited.jsonl", "--map", "own-edited"]);
    assert!(said.contains("when it comes in it will be found: 1, first "), "{said}");
}
