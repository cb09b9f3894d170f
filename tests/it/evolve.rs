//! Events that were written under another name or in another shape are read as the domain knows them today, by
//! every verb; the log stays as it was written.

use crate::program::Place;
use serde_json::{Value, json};

const TODAY: &str = r#"
[domain]
name = "bank"

[aggregate.Account]
label = '.owner'

[aggregate.Account.event.AccountOpened]
data  = { owner = "string" }
apply = '.owner = $data.owner | .balance = 0'

[aggregate.Account.event.MoneyPaidIn]
was    = ["Deposit", "Deposited"]
schema = 3
data   = { amount = "number", by = 'string = "cash"' }
upcast = '''
(if $schema == null then .amount = .cents / 100 | del(.cents) else . end)
| if $was == "Deposit" then .by = "teller" else . end
'''
apply  = '.balance += $data.amount | .last = $event.type | .by = $data.by'
revert = 'event("MoneyPaidIn"; {amount: (0 - $event.data.amount)})'

[aggregate.Account.command.pay]
params = { amount = "number" }
emit   = 'event("MoneyPaidIn"; $params)'
"#;

/// Three shapes of one event, as they came in over the years.
fn bank() -> Place {
    let place = Place::with("");
    let line = |n: u32, kind: &str, schema: Value, data: Value| {
        json!({ "n": n, "kind": kind, "schema": schema, "data": data }).to_string()
    };
    let log = [
        line(1, "AccountOpened", Value::Null, json!({ "owner": "mira" })),
        line(2, "Deposit", Value::Null, json!({ "cents": 1250 })),
        line(3, "Deposited", json!(2), json!({ "amount": 5 })),
        line(4, "MoneyPaidIn", Value::Null, json!({ "cents": 75 })),
        line(5, "MoneyPaidIn", json!(3), json!({ "amount": 0.5, "by": "card" })),
    ];
    place.file("log.jsonl", log.join("\n"));
    place.file(
        "map.toml",
        r#"
        [import]
        type = '"Account"'
        id = '"7"'
        event = '.kind'
        at = '"2020-01-0\(.n)T00:00:00Z"'
        data = '.data'
        meta = '{schema}'
        "#,
    );
    place.ok(&["import", "log.jsonl", "--map", "map.toml"]);
    place.file("bank.toml", TODAY);
    place
}

#[test]
fn every_verb_reads_old_events_as_today() {
    let place = bank();
    let before = place.ok(&["export"]);
    place.ok(&["domain", "set", "bank.toml"]);

    let state = place.one(&["state", "Account/7"]);
    assert_eq!(
        state["state"],
        json!({ "owner": "mira", "balance": 18.75, "last": "MoneyPaidIn", "by": "card" })
    );
    let balances: Vec<_> = (1..=5)
        .map(|version| place.one(&["state", &format!("Account/7@{version}")])["state"]["balance"].clone())
        .collect();
    assert_eq!(balances, [json!(0), json!(12.5), json!(17.5), json!(18.25), json!(18.75)]);

    let log = place.json(&["log", "--type", "MoneyPaidIn", "--reverse"]);
    let data: Vec<_> = log.iter().map(|event| (event["type"].clone(), event["data"].clone())).collect();
    let paid = |data: Value| (json!("MoneyPaidIn"), data);
    let read = [
        paid(json!({ "amount": 12.5, "by": "teller" })),
        paid(json!({ "amount": 5 })),
        paid(json!({ "amount": 0.75 })),
        paid(json!({ "amount": 0.5, "by": "card" })),
    ];
    assert_eq!(data, read);
    // A name that it bore once leads to the same.
    assert_eq!(place.json(&["log", "Account/7", "--type", "Deposit", "--reverse"]), log);
    assert_eq!(place.json(&["log", "--type", "Deposited", "--reverse"]), log);
    assert_eq!(place.json(&["catalogue", "Deposit"]), place.json(&["catalogue", "MoneyPaidIn"]));
    assert_eq!(place.json(&["log", "--where", "$event.type == \"MoneyPaidIn\""]).len(), 4);
    assert_eq!(
        place.json(&["find", "--event", "$event.type == \"MoneyPaidIn\" and $data.amount == 12.5"]).len(),
        1
    );
    assert_eq!(place.json(&["find", ".balance > 15", "Account/7"])[0]["version"], 3);
    let blamed = place.json(&["blame", "Account/7", "--path", ".balance"]);
    assert_eq!(blamed.len(), 5, "{blamed:?}");
    let diff = place.json(&["diff", "Account/7@1", "Account/7@2"]);
    assert!(
        diff.contains(&json!({ "op": "replace", "path": "/balance", "old": 0, "value": 12.5 })),
        "{diff:?}"
    );
    assert_eq!(place.json(&["aggregates"])[0]["status"], "MoneyPaidIn");
    assert_eq!(place.one(&["replay", "--dry-run"])["differ"], 0);

    let shown = place.one(&["show", "Account/7@2"]);
    assert_eq!(shown["event"]["type"], "MoneyPaidIn");
    assert_eq!(shown["event"]["data"], json!({ "amount": 12.5, "by": "teller" }));
    let raw = place.one(&["show", "Account/7@2", "--raw"]);
    assert_eq!((&raw["type"], &raw["data"]), (&json!("Deposit"), &json!({ "cents": 1250 })));
    assert!(place.ok(&["show", "Account/7@2"]).contains("stored as Deposit; --raw"));
    assert!(!place.ok(&["show", "Account/7@5"]).contains("stored as"));

    let catalogue = place.one(&["catalogue", "MoneyPaidIn"]);
    let event = &catalogue["aggregates"][0]["events"][0];
    assert_eq!(event["seen"]["events"], 4);
    assert_eq!(event["seen"].get("breaks"), None, "{event}");
    assert_eq!(event["seen_as"], json!([["Deposit", 1], ["Deposited", 1]]));

    // The log is what it was.
    assert_eq!(place.ok(&["export"]), before);
    place.ok(&["verify"]);
}

#[test]
fn what_is_written_today_says_its_shape_and_is_read_as_it_is() {
    let place = bank();
    place.ok(&["domain", "set", "bank.toml"]);
    let stored = place.one(&["fire", "Account/7", "pay", "amount:=2"]);
    assert_eq!((&stored["meta"]["schema"], &stored["data"]), (&json!(3), &json!({ "amount": 2 })));
    assert_eq!(place.one(&["state", "Account/7"])["state"]["balance"], 20.75);
    // An old event is taken back by today's rule, and carried over as it was written.
    place.ok(&["revert", "Account/7@2"]);
    assert_eq!(place.one(&["state", "Account/7"])["state"]["balance"], 8.25);
    place.ok(&["branch", "aside", "--at", "Account/7@1"]);
    place.ok(&["cherry-pick", "Account/7@2", "--onto", "aside"]);
    let carried = place.one(&["-b", "aside", "show", "Account/7@2", "--raw"]);
    assert_eq!((&carried["type"], &carried["data"]), (&json!("Deposit"), &json!({ "cents": 1250 })));
    assert_eq!(place.one(&["-b", "aside", "state", "Account/7"])["state"]["balance"], 12.5);
    place.ok(&["verify"]);
}

#[test]
fn an_upcast_that_fails_is_told_and_keeps_the_state() {
    let place = bank();
    place.file("bank.toml", TODAY.replace(".amount = .cents / 100", ".amount = .cents.euros"));
    place.ok(&["domain", "set", "bank.toml"]);
    let state = place.one(&["state", "Account/7"]);
    assert!(state["error"].as_str().unwrap().contains("Account MoneyPaidIn upcast"), "{state}");
    assert_eq!(state["state"]["balance"], 5.5);
    assert_eq!(place.one(&["show", "Account/7@2"])["event"]["data"], json!({ "cents": 1250 }));
}

#[test]
fn mistakes_are_named_with_their_place() {
    let place = Place::empty();
    for (event, why) in [
        ("upcast = '.'", "t.toml:2:10: upcast would go through new events too"),
        ("was = [\"Closed\"]", "t.toml:1:20: Opened was Closed, which is Closed already"),
        ("was = [\"Old\"]\nupcast = 'now'", "t.toml:3:11: A Opened upcast: `now` is not available"),
        ("schema = true", "t.toml:2:10: expected a number or a text that names the shape"),
    ] {
        place.file("t.toml", format!("[aggregate.A.event.Opened]\n{event}\n[aggregate.A.event.Closed]\n"));
        let said = place.refused(1, &["domain", "check", "t.toml"]);
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn a_sketch_reads_old_shapes_as_the_domain_does() {
    let place = bank();
    place.file("today.toml", TODAY);
    place.ok(&["domain", "set", "today.toml"]);
    let catalogue = |place: &Place| {
        place.one(&["catalogue", "MoneyPaidIn"])["aggregates"][0]["events"][0]["seen"].clone()
    };
    let before = catalogue(&place);
    let sketch = place.ok(&["domain", "sketch"]);
    place.file("sketch.toml", &sketch);
    place.ok(&["domain", "check", "sketch.toml"]);
    place.ok(&["domain", "set", "sketch.toml"]);
    assert_eq!(catalogue(&place), before, "{sketch}");
    assert_eq!(place.json(&["log", "--reverse"])[1]["data"], json!({ "amount": 12.5, "by": "teller" }));
}
