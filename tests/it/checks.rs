//! History as a regression test: written from what is shown, and run against a domain.

use serde_json::{Value, json};

use crate::program::Place;

#[test]
fn what_is_shown_becomes_a_test_that_holds() {
    let place = Place::demo();
    place.ok(&["test", "write", "task.toml", "Task/42@4", "Task/7", "Subscription/23"]);
    let said = place.ok(&["check", "task.toml"]);
    assert!(said.contains("ok      task.toml: Task/42 v4: "), "{said}");
    assert!(said.ends_with("3 scenarios run, 0 failed\n"), "{said}");
    let text = std::fs::read_to_string(place.path("task.toml")).unwrap();
    let read: toml::Table = toml::from_str(&text).unwrap();
    assert_eq!(read["domain"].as_str(), Some("demo"));
    let first = &read["scenario"][0];
    let state: Value = serde_json::from_str(first["state"].as_str().unwrap()).unwrap();
    assert_eq!(state, place.one(&["state", "Task/42@4"])["state"]);
    let steps = first["steps"].as_array().unwrap();
    let (given, done) = steps.split_at(steps.len() - 1);
    assert!(given.iter().all(|step| step.get("event").is_some()) && done[0].get("fire").is_some(), "{text}");
    assert_eq!(first["row"]["version"].as_integer(), Some(4));
    // A test never overwrites, and is of records.
    assert!(place.refused(1, &["test", "write", "task.toml", "Task/42"]).contains("exists already"));
    assert!(place.refused(2, &["test", "write", "x.toml", "main"]).contains("not of the whole store"));
    assert!(place.refused(1, &["test", "write", "x.toml", "Task/42@0"]).contains("before the first event"));
    assert!(!place.path("x.toml").exists());
}

#[test]
fn what_comes_to_something_else_fails_field_by_field() {
    let place = Place::demo();
    place.ok(&["test", "write", "task.toml", "Task/42@4"]);
    let text = std::fs::read_to_string(place.path("task.toml")).unwrap();
    let title = place.one(&["state", "Task/42@4"])["state"]["title"].as_str().unwrap().to_owned();
    place.file(
        "wrong.toml",
        text.replace(&format!("\"title\": \"{title}\""), "\"title\": \"other\", \"odd\": 1"),
    );
    let ran = place.run(&["check", "task.toml", "wrong.toml"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains(&format!("title: expected \"other\", got \"{title}\"")), "{}", ran.out);
    assert!(ran.out.contains("odd: 1 is missing") && ran.out.contains("FAILED  wrong.toml"), "{}", ran.out);
    assert!(ran.err.contains("1 of 2 scenarios failed"), "{}", ran.err);
    let ran = place.run(&["check", "wrong.toml", "--json"]);
    let told: Value = serde_json::from_str(ran.out.lines().next().unwrap()).unwrap();
    assert_eq!((&told["ok"], told["differs"].as_array().unwrap().len()), (&json!(false), 2));
    // Other rules come to another state.
    let domain = place.ok(&["domain", "show"]).replace(".title = $data.title", ".title = \"always\"");
    place.file("other.toml", domain);
    let ran = place.run(&["check", "task.toml", "--domain", "other.toml"]);
    assert!(ran.code == 1 && ran.out.contains("got \"always\""), "{}{}", ran.out, ran.err);
    // A command that is refused now, and one that is not there any more.
    let fire = text.lines().find(|line| line.starts_with("fire = ")).unwrap();
    place.file("gone.toml", text.replace(fire, "fire = \"fly\""));
    let ran = place.run(&["check", "gone.toml"]);
    assert!(ran.code == 1 && ran.out.contains(", fly: is refused"), "{}", ran.out);
    for (name, text, sentence) in [
        ("a.toml", "domain = 1", "no file of scenarios"),
        ("b.toml", "domain = \"todo\"\nscenario = []", "has no scenario"),
        (
            "c.toml",
            "domain = \"nonsense\"\n[[scenario]]\nname=\"\"\non=\"T/1\"\nstate=\"{}\"\nsteps=[]",
            "nonsense",
        ),
        (
            "d.toml",
            "domain = \"\"\n[[scenario]]\nname=\"\"\non=\"T\"\nstate=\"{}\"\nsteps=[]",
            "is no record",
        ),
        (
            "e.toml",
            "domain = \"\"\n[[scenario]]\nname=\"\"\non=\"T/1\"\nstate=\"{}\"\nsteps=[{}]",
            "a command (fire)",
        ),
    ] {
        place.file(name, text);
        let ran = place.run(&["check", name]);
        assert!(ran.code > 0 && ran.err.contains(sentence), "{name}: {}", ran.err);
    }
    let none = "domain = \"\"\n[[scenario]]\nname=\"none\"\non=\"T/1\"\nstate=\"{}\"\nsteps=[]";
    place.file("none.toml", none);
    place.ok(&["check", "none.toml"]);
}

#[test]
fn the_scenarios_of_this_project_are_such_files() {
    let place = Place::empty();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let file = |name: &str| folder.join(name).display().to_string();
    let files = ["merge.toml", "subscription.toml", "todo.toml"].map(file);
    let said = place.ok(&["check", &files[0], &files[1], &files[2]]);
    assert!(said.ends_with(" scenarios run, 0 failed\n") && said.lines().count() > 15, "{said}");
}

#[test]
fn a_test_is_plain_json_too_and_brings_its_domain_along() {
    let place = Place::empty();
    let domain = "[domain]\nname = \"counter\"\n[aggregate.C]\nlabel = '\"c\"'\n\
        [aggregate.C.event.Counted]\napply = '.n = (.n // 0) + $data.by'\n\
        [aggregate.C.command.count]\ncreates = true\nparams = { by = \"integer\" }\n\
        emit = 'event(\"Counted\"; {by: $params.by})'\n";
    place.file("counter.toml", domain);
    place.ok(&["init", "--domain", "counter.toml"]);
    place.ok(&["fire", "C/1", "count", "by:=2", "--reason", "why not"]);
    place.ok(&["test", "write", "count.json", "C/1", "--format", "json"]);
    let text = std::fs::read_to_string(place.path("count.json")).unwrap();
    let told: Value = serde_json::from_str(&text).unwrap();
    let test = &told["tests"][0];
    assert_eq!((&test["given"], &test["when"]["command"]), (&json!([]), &json!("count")));
    assert_eq!(test["then"], json!({ "state": { "n": 2 }, "events": ["Counted"] }));
    assert_eq!(test["when"]["reason"], "why not");
    assert_eq!(told["domain"], "count.domain.toml");
    place.ok(&["test", "write", "sub.toml", "C/1"]);
    assert!(place.path("sub.domain.toml").exists());
    place.ok(&["check", "sub.toml"]);
    // The file's domain is looked for beside the file.
    std::fs::create_dir(place.path("in")).unwrap();
    for name in ["sub.toml", "sub.domain.toml"] {
        std::fs::rename(place.path(name), place.path("in").join(name)).unwrap();
    }
    place.ok(&["check", "in/sub.toml"]);
    // A program stands in for the rules, where somebody allows it.
    let program = "while read -r line; do echo '{\"state\":{\"n\":3}}'; done";
    place.file(
        "outside.toml",
        domain.replace("name = ", &format!("exec = [\"sh\", \"-c\", {program:?}]\nname = ")),
    );
    let said = place.refused(1, &["check", "in/sub.toml", "--domain", "outside.toml"]);
    assert!(said.contains("nobody has allowed that to run"), "{said}");
    let ran = place.run(&["check", "in/sub.toml", "--domain", "outside.toml", "--allow-exec"]);
    assert!(ran.code == 1 && ran.out.contains("n: expected 2, got 3"), "{}{}", ran.out, ran.err);
}

#[test]
fn an_order_of_a_race_is_given_and_its_refused_request_is_expected() {
    let place = Place::with("todo");
    for (at, actor, args) in [
        ("2019-04-01T09:00:00Z", "nina", &["create", "title=Slides"][..]),
        ("2019-04-01T09:00:10Z", "omar", &["retitle", "title=The slides"]),
        ("2019-04-01T09:00:20Z", "nina", &["delete"]),
    ] {
        place.ok(&[&["fire", "Task/1"], args, &["--at", at, "--actor", actor]].concat());
    }
    let race = place.one(&["race", "Task/1@2", "Task/1@3", "--within", "5s"]);
    let refused = race["rows"].as_array().unwrap().iter().find(|row| {
        let otherwise = row["otherwise"].as_array().unwrap();
        otherwise.iter().any(|fate| fate["outcome"].as_str().unwrap().contains("rejected"))
    });
    let name = refused.expect("an order in which a request is refused")["name"].as_str().unwrap();
    place.ok(&["test", "write", "race.toml", "Task/1@2", "Task/1@3", "--within", "5s", "--order", name]);
    let text = std::fs::read_to_string(place.path("race.toml")).unwrap();
    assert!(text.contains("refused = \""), "{text}");
    place.ok(&["check", "race.toml"]);
    let said = place.refused(2, &["test", "write", "x.toml", "Task/1@2", "--order", "nonsense"]);
    assert!(said.contains("There is no order nonsense") && said.contains("as logged"), "{said}");
}
