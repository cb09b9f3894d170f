//! Carrying events over, taking them back, and the operation log, on the command line.

mod undo;

use serde_json::{Value, json};

use crate::program::Place;

/// A store with one task, and a branch from its second event on.
fn forked() -> Place {
    let place = Place::with("demo");
    fire(&place, "main", &["create", "title=Prepare slides", "due_on=2019-04-20"], "2019-04-01T09:00:00Z");
    fire(&place, "main", &["assign", "assignee=omar"], "2019-04-02T09:00:00Z");
    place.ok(&["branch", "what-if"]);
    place
}

fn fire(place: &Place, branch: &str, command: &[&str], at: &str) {
    let mut args = vec!["-b", branch, "fire", "Task/1"];
    args.extend(command);
    args.extend(["--at", at, "--actor", "nina"]);
    place.ok(&args);
}

fn outcomes(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["outcome"].as_str().unwrap()).collect()
}

fn task(place: &Place, branch: &str) -> Value {
    place.one(&["-b", branch, "state", "Task/1"])["state"].clone()
}

#[test]
fn a_merge_fires_each_command_again_on_the_parents_head() {
    let place = forked();
    fire(&place, "what-if", &["retitle", "title=Prepare talk"], "2019-04-03T09:00:00Z");
    fire(&place, "what-if", &["assign", "assignee=eve"], "2019-04-04T09:00:00Z");
    fire(&place, "what-if", &["complete"], "2019-04-05T09:00:00Z");
    fire(&place, "main", &["assign", "assignee=eve"], "2019-04-06T09:00:00Z");

    let tried = place.json(&["merge", "what-if", "--dry-run"]);
    assert_eq!(outcomes(&tried), ["applied", "nothing to do", "applied"]);
    assert_eq!(place.one(&["verify"])["events"], 6, "a dry run writes nothing");

    let merged = place.json(&["merge", "what-if"]);
    let new = &merged[0]["events"][0];
    assert_eq!(new["meta"]["origin"], merged[0]["origins"][0]);
    assert_eq!((&new["branch"], &new["occurred_at"]), (&json!("main"), &json!("2019-04-03T09:00:00Z")));
    assert_eq!(new["meta"]["actor"], "nina");
    assert_eq!(task(&place, "main")["completed_at"], "2019-04-05T09:00:00Z");
    assert_eq!(task(&place, "main")["title"], "Prepare talk");
    assert_eq!(
        outcomes(&place.json(&["merge", "what-if"])),
        ["already there", "nothing to do", "already there"]
    );
    place.ok(&["verify"]);
}

#[test]
fn a_dry_run_of_a_merge_has_both_answers_side_by_side() {
    for (tag, differs) in [("docs", 1), ("ops", 0)] {
        let place = forked();
        fire(&place, "what-if", &["retitle", "title=Prepare talk"], "2019-04-03T09:00:00Z");
        fire(&place, "what-if", &["tag", "tag=docs"], "2019-04-04T09:00:00Z");
        fire(&place, "main", &["tag", &format!("tag={tag}")], "2019-04-05T09:00:00Z");
        let tried = place.json(&["merge", "what-if", "--dry-run"]);
        assert_eq!(tried[0]["ends"], Value::Null, "what a record comes to stands at the last of its events");
        let ends = &tried[1]["ends"];
        assert_eq!(ends["there"], task(&place, "main"));
        assert_eq!(ends["events"]["tags"], json!([tag, "docs"]), "its event puts it there, too");
        let asked = if tag == "docs" { json!(["docs"]) } else { json!([tag, "docs"]) };
        assert_eq!((&ends["requests"]["tags"], &ends["requests"]["title"]), (&asked, &json!("Prepare talk")));
        assert_eq!(ends["differs"].as_array().unwrap().len(), differs, "{ends}");
        let said = place.ok(&["merge", "what-if", "--dry-run"]);
        assert!(said.contains("SAME EVENTS            SAME REQUESTS"), "{said}");
        let last = if differs == 1 { "differ in 1 field." } else { "come to the same." };
        assert!(said.contains(last), "{said}");
        assert_eq!(said.contains("Task/1 v4 tag  nothing"), differs == 1, "{said}");
        assert_eq!(said.contains('≠'), differs == 1, "{said}");
        for args in [&["rebase", "what-if"][..], &["cherry-pick", "what-if:Task/1@4", "--onto", "main"]] {
            let said = place.ok(&[args, &["--dry-run"]].concat());
            assert_eq!(said.contains('≠'), differs == 1, "{said}");
        }
        place.ok(&["merge", "what-if"]);
        assert_eq!(task(&place, "main"), ends["requests"], "a merge asks again");
        assert_eq!(place.json(&["merge", "what-if"])[0]["ends"], Value::Null, "it is no dry run");
    }
}

#[test]
fn one_refused_unit_keeps_all_out_unless_it_is_skipped() {
    let place = forked();
    fire(&place, "what-if", &["retitle", "title=Prepare talk"], "2019-04-03T09:00:00Z");
    fire(&place, "what-if", &["comment", "text=hello"], "2019-04-04T09:00:00Z");
    fire(&place, "main", &["delete"], "2019-04-04T10:00:00Z");
    fire(&place, "main", &["restore"], "2019-04-04T11:00:00Z");
    place.ok(&["branch", "other", "--at", "1"]);
    // On a branch on which the task is deleted its title cannot be changed.
    fire(&place, "other", &["delete"], "2019-04-05T09:00:00Z");
    let before = place.one(&["verify"])["events"].clone();
    let said = place.refused(1, &["cherry-pick", "what-if:Task/1@3", "what-if:Task/1@4", "--onto", "other"]);
    assert!(said.contains("refused"), "{said}");
    assert_eq!(place.one(&["verify"])["events"], before);
    let args = ["cherry-pick", "what-if:Task/1@3", "what-if:Task/1@2", "--onto", "other", "--skip"];
    let skipped = place.json(&args);
    assert!(outcomes(&skipped).contains(&"rejected"), "{skipped:?}");
    assert!(skipped[0]["reason"].as_str().unwrap().len() > 5);
}

#[test]
fn events_without_a_command_are_checked_field_by_field() {
    let place = Place::with("");
    let event = |number: i64, data: Value| {
        json!({ "aggregate": "Host/a", "type": "Changed", "occurred_at": format!("2024-01-0{number}T00:00:00Z"),
                "data": data, "meta": { "actor": "ops" } })
        .to_string()
    };
    let import = |branch: &str, name: &str, number: i64, data: Value| {
        let file = place.file(name, event(number, data)).to_owned();
        place.ok(&["-b", branch, "import", &file]);
    };
    import("main", "1.jsonl", 1, json!({ "disk": 10, "owner": "ann" }));
    place.ok(&["branch", "copy"]);
    import("copy", "2.jsonl", 2, json!({ "disk": 20 }));
    import("copy", "3.jsonl", 3, json!({ "owner": "bob" }));
    import("main", "4.jsonl", 4, json!({ "disk": 30 }));
    let tried = place.json(&["merge", "copy", "--dry-run"]);
    assert_eq!(outcomes(&tried), ["conflict", "applied"]);
    let field = &tried[0]["fields"][0];
    assert_eq!(
        (&field["path"], &field["wanted"], &field["there"]),
        (&json!("/disk"), &json!(20), &json!(30))
    );
    assert_eq!(field["writer"]["position"], 4);
    let said = place.refused(1, &["merge", "copy"]);
    assert!(said.contains("--skip"), "{said}");
    place.ok(&["merge", "copy", "--skip"]);
    assert_eq!(place.one(&["state", "Host/a"])["state"], json!({ "disk": 30, "owner": "bob" }));
}

/// Hands an event without a command over on a branch.
fn tell(place: &Place, branch: &str, kind: &str, data: &Value) {
    let events = place.one(&["verify"])["events"].as_i64().unwrap();
    let at = backstory::event::Time(1_700_000_000_000_000 + events * 1_000_000);
    let line = json!({ "aggregate": "Page/1", "type": kind, "occurred_at": at, "data": data, "meta": {} });
    let file = format!("{events}.jsonl");
    place.file(&file, line.to_string());
    place.ok(&["-b", branch, "import", &file]);
}

fn page(place: &Place, branch: &str) -> Value {
    place.one(&["-b", branch, "state", "Page/1"])["state"].clone()
}

/// What merging a branch with one event says, where main had one state and has another one by now.
fn merged(domain: &str, first: &Value, (kind, data): (&str, &Value), meanwhile: &Value) -> (Value, Value) {
    let place = Place::empty();
    match domain {
        "" => place.ok(&["init"]),
        _ => place.ok(&["init", "--domain", place.file("page.toml", domain)]),
    };
    tell(&place, "main", "Set", first);
    place.ok(&["branch", "copy"]);
    tell(&place, "copy", kind, data);
    tell(&place, "main", "Set", meanwhile);
    let tried = place.json(&["merge", "copy", "--dry-run"]).remove(0);
    let before = page(&place, "main");
    let picked = place.json(&["cherry-pick", "copy:Page/1@2", "--onto", "main", "--dry-run"]).remove(0);
    assert_eq!((&picked["outcome"], &picked["fields"]), (&tried["outcome"], &tried["fields"]));
    let rebased = place.json(&["rebase", "copy", "--dry-run"]).remove(0);
    assert_eq!((&rebased["outcome"], &rebased["fields"]), (&tried["outcome"], &tried["fields"]));
    place.run(&["merge", "copy"]);
    let after = page(&place, "main");
    assert!(tried["outcome"] == "applied" || after == before, "{tried}");
    place.ok(&["verify"]);
    (tried, after)
}

fn paths(tried: &Value) -> Vec<&str> {
    assert_eq!(tried["outcome"], "conflict", "{tried}");
    tried["fields"].as_array().unwrap().iter().map(|field| field["path"].as_str().unwrap()).collect()
}

#[test]
fn what_an_event_would_change_on_the_target_counts() {
    let (first, both) = (json!({"title": "Slides", "due": "Mon"}), json!({"title": "Slides", "due": "Fri"}));
    let (tried, after) = merged("", &first, ("Set", &both), &json!({"title": "Keynote"}));
    assert_eq!(paths(&tried), ["/title"]);
    let field = &tried["fields"][0];
    assert_eq!((&field["wanted"], &field["there"]), (&json!("Slides"), &json!("Keynote")));
    assert_eq!(field["writer"]["position"], 3);
    assert_eq!(after, json!({"title": "Keynote", "due": "Mon"}));
    // What nobody else touched is carried beside what others did.
    let (tried, after) = merged("", &first, ("Set", &json!({"due": "Fri"})), &json!({"title": "Keynote"}));
    assert_eq!(
        (tried["outcome"].as_str(), after),
        (Some("applied"), json!({"title": "Keynote", "due": "Fri"}))
    );
    // One that changed nothing on its branch changes nothing here.
    let (tried, _) = merged("", &first, ("Set", &first), &json!({"title": "Keynote"}));
    assert_eq!(paths(&tried), ["/title"]);
    let clear = json!({"c": {"p": null}});
    let (tried, after) = merged("", &json!({"c": {}}), ("Set", &clear), &json!({"c": 1}));
    assert_eq!((paths(&tried), after), (vec!["/c"], json!({"c": 1})));
    // Equal results are there already.
    let (tried, _) = merged("", &first, ("Set", &json!({"due": "Fri"})), &json!({"due": "Fri"}));
    assert_eq!(tried["outcome"], "already there");
    // Fields beside each other in one object are fields of their own.
    let (p, q) = (json!({"c": {"p": 1}}), json!({"c": {"q": 2}}));
    let (tried, after) = merged("", &json!({"x": 1}), ("Set", &p), &q);
    assert_eq!((tried["outcome"].as_str(), &after["c"]), (Some("applied"), &json!({"q": 2, "p": 1})));
}

#[test]
fn a_rule_that_goes_by_what_is_there_must_come_to_the_same() {
    let domain = r#"
[domain]
name = "pages"
[aggregate.Page.event.Counted]
apply = '.n += 1'
[aggregate.Page.event.Summed]
apply = '.sum = .a + .b'
[aggregate.Page.event.Reset]
apply = '{title: $data.title}'
[aggregate.Page.event.Closed]
apply = 'if .locked then . else .closed = true end'
[aggregate.Page.event.Listed]
apply = '.items += [$data.item]'
[aggregate.Page.event.Gone]
apply = 'null'
"#;
    let none = json!({});
    let tried = |first: Value, kind: &str, data: &Value, meanwhile: Value| {
        merged(domain, &first, (kind, data), &meanwhile).0
    };
    // The same number by another way: counting on from it would count twice, leaving it out would not count.
    assert_eq!(paths(&tried(json!({"n": 1}), "Counted", &none, json!({"n": 2}))), ["/n"]);
    let summed = tried(json!({"a": 1, "b": 1}), "Summed", &none, json!({"a": 5}));
    assert_eq!(paths(&summed), ["/sum"]);
    assert_eq!((&summed["fields"][0]["wanted"], &summed["fields"][0]["made"]), (&json!(2), &json!(6)));
    let reset = json!({"title": "b"});
    assert_eq!(paths(&tried(json!({"title": "a"}), "Reset", &reset, json!({"owner": "eve"}))), ["/owner"]);
    assert_eq!(paths(&tried(json!({"a": 1}), "Closed", &none, json!({"locked": true}))), ["/closed"]);
    let listed = tried(json!({"items": [1]}), "Listed", &json!({"item": 2}), json!({"items": [7, 8]}));
    assert_eq!(paths(&listed), ["/items/1", "/items/2"]);
    // What others added does not go with what is deleted.
    assert_eq!(paths(&tried(json!({"a": 1}), "Gone", &none, json!({"b": 1}))), ["/b"]);
    assert_eq!(tried(json!({"a": 1}), "Gone", &none, none.clone())["outcome"], "applied");
}

#[test]
fn what_began_or_ended_elsewhere_is_a_conflict() {
    let place = Place::empty();
    let domain = "[domain]\nname = \"pages\"\n[aggregate.Page.event.Gone]\napply = 'null'\n";
    place.ok(&["init", "--domain", place.file("page.toml", domain)]);
    place.ok(&["branch", "copy"]);
    tell(&place, "main", "Set", &json!({"owner": "ann"}));
    tell(&place, "copy", "Set", &json!({"disk": 1}));
    tell(&place, "copy", "Set", &json!({"disk": 1}));
    let tried = place.json(&["merge", "copy", "--dry-run"]);
    assert_eq!(paths(&tried[0]), [""]);
    let said = place.run(&["merge", "copy"]);
    assert!(said.out.contains("there is {\"owner\":\"ann\"}"), "{}", said.out);
    // What is gone does not come back in part.
    place.ok(&["branch", "later"]);
    tell(&place, "later", "Set", &json!({"disk": 3}));
    tell(&place, "main", "Gone", &json!({}));
    assert_eq!(paths(&place.json(&["merge", "later", "--dry-run"])[0]), [""]);
    assert_eq!(page(&place, "main"), json!({}));
}

#[test]
fn a_rebase_takes_the_name_and_archives_the_old_branch() {
    let place = forked();
    fire(&place, "what-if", &["complete"], "2019-04-05T09:00:00Z");
    fire(&place, "main", &["retitle", "title=Prepare talk"], "2019-04-06T09:00:00Z");
    assert!(place.refused(1, &["rebase", "main", "--onto", "what-if"]).contains("protected"));
    place.ok(&["rebase", "what-if"]);
    assert_eq!(task(&place, "what-if")["title"], "Prepare talk");
    assert_eq!(task(&place, "what-if")["completed_at"], "2019-04-05T09:00:00Z");
    assert_eq!(task(&place, "what-if~1")["title"], "Prepare slides");
    let all = place.json(&["branch", "--all"]);
    let old = all.iter().find(|branch| branch["branch"] == "what-if~1").unwrap();
    assert_eq!(old["archived"], true);
    place.ok(&["verify"]);
}
