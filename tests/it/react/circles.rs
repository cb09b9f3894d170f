//! Reactors that answer one another without end, and names of theirs that cannot be.

use serde_json::{Value, json};

use super::{OUTSIDE, REACTORS, SHOP, shop, types};
use crate::program::Place;

#[test]
fn a_loop_is_stopped_and_named() {
    let place = shop(
        "[[reactor]]\nname = \"again\"\non = [\"Sent\"]\nrun = \"sync\"\ncommand = { name = \"send\" }\n",
    );
    place.ok(&["fire", "Order", "order", "item=book"]);
    let said = place.refused(1, &["fire", "Order/1", "pay"]);
    assert!(said.contains("more than 12 times: Paid → send-it → Sent → again → Sent → again"), "{said}");
    assert_eq!(types(&place, "main"), ["Ordered"]);
    // By jobs it goes round, too, and ends in one that is dead.
    let place = shop("[[reactor]]\nname = \"again\"\non = [\"Sent\"]\ncommand = { name = \"send\" }\n");
    place.ok(&["fire", "Order", "order", "item=book"]);
    place.ok(&["fire", "Order/1", "pay"]);
    let ran = place.run(&["work", "--until-empty"]);
    assert_eq!(ran.code, 1, "a job died");
    let path = "Reactors answer one another more than 12 times: Paid → send-it → Sent → again → Sent";
    assert!(ran.out.contains(path), "{}", ran.out);
    let sent = types(&place, "main").iter().filter(|kind| *kind == "Sent").count();
    assert_eq!(sent, 12);
}

#[test]
fn what_a_reactor_is_called_and_fires_is_looked_up_with_its_line() {
    let place = Place::empty();
    let line = SHOP.lines().count() + 1;
    for (reactor, why) in [
        (
            "name = \"../it\"\non = [\"Paid\"]\nnotify = '1'",
            "a reactor's name has letters, digits, - and _ only",
        ),
        ("name = \"\"\non = [\"Paid\"]\nnotify = '1'", "a reactor's name has letters"),
        (
            "name = \"it\"\non = [\"Paid\"]\ncommand = { name = \"sned\" }",
            "the reactor it fires sned, and no aggregate type whose events it answers has such a command",
        ),
        (
            "name = \"it\"\non = [\"Order/*\"]\ncommand = { name = \"bill\" }",
            "the reactor it fires bill, and no aggregate type",
        ),
        (
            "name = \"it\"\non = [\"Paid\"]\ncommand = { type = \"Bill\", name = \"send\" }",
            "the reactor it fires send at a Bill, which has no such command",
        ),
        (
            "name = \"it\"\nreport = \"none\"\nnotify = '1'",
            "the reactor it sends the report none, and the domain has no such projection",
        ),
    ] {
        place.file("d.toml", format!("{SHOP}[[reactor]]\n{reactor}\n"));
        let said = place.refused(1, &["domain", "check", "d.toml"]);
        assert!(said.contains(&format!("d.toml:{line}:1: {why}")), "{said}");
        place.refused(1, &["init", "--domain", "d.toml"]);
        assert!(!place.store().exists());
        if why.contains("fires") {
            let linted = place.run(&["domain", "lint", "d.toml"]);
            assert_eq!(linted.code, 1);
            assert!(linted.out.contains(&format!("! d.toml:{line}: reactor it: {why}")), "{}", linted.out);
        }
    }
    // Where one of the types has the command, another one need not.
    place.file("d.toml", format!("{SHOP}[[reactor]]\nname = \"it\"\non = [\"*\"]\nwhen = '.paid'\ncommand = {{ name = \"send\" }}\n"));
    place.ok(&["domain", "check", "d.toml"]);
}

#[test]
fn a_store_with_a_name_that_is_refused_today_still_opens_and_reaches_nowhere() {
    let place = shop(OUTSIDE);
    let put = "UPDATE domains SET source = replace(source, 'name = \"load\"', 'name = \"../load\"')";
    let changed = place.sql().execute(put, []).unwrap();
    assert_eq!(changed, 1);
    place.ok(&["fire", "Order", "order", "item=book"]);
    place.refused(1, &["work", "--until-empty", "--consent"]);
    let job = &place.json(&["jobs"])[0];
    assert_eq!((&job["state"], &job["tries"]), (&json!("dead"), &json!(1)), "{job}");
    assert!(!place.path("feeds").exists());
}

#[test]
fn a_circle_through_a_rule_that_may_emit_nothing_is_worth_a_look_only() {
    let place = Place::empty();
    let shop = SHOP.replace("else event(\"Sent\"", "elif .sent then empty else event(\"Sent\"");
    place.file("d.toml", format!("{shop}{REACTORS}[[reactor]]\nname = \"again\"\non = [\"Sent\"]\ncommand = {{ name = \"send\" }}\n"));
    let told = place.ok(&["domain", "check", "d.toml"]);
    let end =
        "the rule of Order send, which may emit nothing, may stop it: Order/Sent → again: send → Order/Sent";
    assert!(told.contains(end), "{told}");
    let linted = place.run(&["domain", "lint", "d.toml"]).out;
    assert!(linted.lines().any(|line| line.starts_with("- ") && line.contains(end)), "{linted}");
}

#[test]
fn a_loop_is_named_before_it_happens() {
    let place = Place::empty();
    let again = "[[reactor]]\nname = \"again\"\non = [\"Sent\"]\ncommand = { name = \"send\" }\n";
    place.file("endless.toml", format!("{SHOP}{REACTORS}{again}"));
    let path = "Order/Sent → again: send → Order/Sent";
    let said = place.refused(1, &["domain", "check", "endless.toml"]);
    assert!(said.contains("in a circle, and nothing stops it") && said.contains(path), "{said}");
    let ran = place.run(&["domain", "lint", "endless.toml", "--json"]);
    let found: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found = found.iter().find(|finding| finding["check"] == "loop").unwrap();
    assert_eq!(
        (ran.code, &found["weight"], &found["subject"]),
        (1, &json!("wrong"), &json!("reactor again"))
    );
    assert_eq!(found["line"], SHOP.lines().count() + REACTORS.lines().count() + 1);
    // Where a condition may end it, it is worth a look.
    place.file("may_end.toml", format!("{SHOP}{REACTORS}{again}when = '.item == \"boomerang\"'\n"));
    let told = place.ok(&["domain", "check", "may_end.toml"]);
    assert!(told.contains(&format!("the `when` of again may stop it: {path}")), "{told}");
    assert_eq!(place.one(&["domain", "check", "may_end.toml"])["loops"][0]["path"], path);
    let told = place.run(&["domain", "lint", "may_end.toml"]).out;
    assert!(told.lines().any(|line| line.starts_with("- ") && line.contains(path)), "{told}");
    for name in ["todo", "subscription", "account", "demo"] {
        assert_eq!(place.one(&["domain", "check", name])["loops"], Value::Null, "{name}");
    }
}
