//! History's verbs on the command line: branches, waypoints, and revisions that name them.

use backstory::clock::Clock;
use backstory::domain::ListedAs;
use backstory::event::Time;
use backstory::session::{Existed, ListRequest, Open, Session};

use crate::program::Place;
use serde_json::{Value, json};

/// A store with one task: created, assigned, scheduled, completed.
fn slides() -> Place {
    let place = Place::with("demo");
    for (at, actor, command) in [
        ("2019-04-01T09:00:00Z", "nina", &["create", "title=Prepare slides", "due_on=2019-04-20"][..]),
        ("2019-04-03T09:00:00Z", "nina", &["assign", "assignee=omar"]),
        ("2019-04-02T09:00:00Z", "omar", &["schedule", "due_on=2019-04-24"]),
        ("2019-04-24T12:02:11Z", "omar", &["complete"]),
    ] {
        let mut args = vec!["fire", "Task/1"];
        args.extend(command);
        args.extend(["--at", at, "--actor", actor]);
        place.ok(&args);
    }
    place
}

fn state(place: &Place, args: &[&str]) -> Value {
    place.one(args)["state"].clone()
}

#[test]
fn a_branch_forks_in_the_past_and_goes_its_own_way() {
    let place = slides();
    let forked = place.one(&["branch", "what-if", "--at", "Task/1@2"]);
    assert_eq!(forked["parent"], "main");
    assert_eq!(forked["fork_position"], 2);
    // The third event says that it happened before the second, and the branch lacks it.
    assert_eq!(forked["clocks"], json!({ "later_inside": 0, "earlier_outside": 1 }));

    let fired = place.one(&["-b", "what-if", "fire", "Task/1", "assign", "assignee=nina", "--actor", "eve"]);
    assert_eq!(
        (&fired["branch"], &fired["version"], &fired["position"]),
        (&json!("what-if"), &json!(3), &json!(5))
    );
    assert_eq!(fired["parent"], place.one(&["show", "2"])["event"]["hash"]);

    assert_eq!(state(&place, &["state", "what-if:Task/1"])["assignee"], "nina");
    assert_eq!(state(&place, &["state", "Task/1"])["assignee"], "omar");
    assert_eq!(place.one(&["state", "5"])["branch"], "what-if", "a position is on its own branch");
    assert_eq!(place.one(&["-b", "what-if", "state", "Task/1"])["version"], 3);
    let listed = place.one(&["-b", "what-if", "aggregates"]);
    assert_eq!((&listed["branch"], &listed["version"]), (&json!("what-if"), &json!(3)));
    assert_eq!(place.one(&["aggregates"])["status"], "done");
    let log: Vec<_> = place.json(&["-b", "what-if", "log"]).iter().map(|e| e["position"].clone()).collect();
    assert_eq!(log, [json!(5), json!(2), json!(1)]);
    let exported = place.json(&["-b", "what-if", "export"]);
    assert_eq!(exported.len(), 3);
    assert_eq!(place.one(&["verify"])["events"], 5);

    let branches = place.json(&["branch"]);
    assert_eq!(branches[1]["events"], 1);
    assert_eq!(branches[1]["filling"], Value::Null, "listing has filled it");
}

#[test]
fn branches_are_renamed_archived_and_brought_back() {
    let place = slides();
    place.ok(&["branch", "idea"]);
    place.ok(&["branch", "--rename", "idea", "plan"]);
    assert!(place.refused(1, &["state", "idea:Task/1"]).contains("idea"));
    place.ok(&["branch", "--archive", "plan"]);
    assert_eq!(place.json(&["branch"]).len(), 1);
    assert_eq!(place.json(&["branch", "--all"]).len(), 2);
    assert_eq!(place.one(&["-b", "plan", "state", "Task/1"])["version"], 4, "hidden is not lost");
    assert!(place.refused(1, &["branch", "plan"]).contains("archived branch"));
    place.ok(&["branch", "--restore", "plan"]);
    assert_eq!(place.json(&["branch"]).len(), 2);
    for args in [&["branch", "--rename", "main", "trunk"][..], &["branch", "--archive", "main"]] {
        assert!(place.refused(1, args).contains("protected"));
    }
    for name in ["12", "a b", "x:y", "", "a/b"] {
        assert!(place.refused(1, &["branch", name]).contains("name"), "{name}");
    }
    assert!(place.refused(1, &["branch", "plan"]).contains("already"));
}

#[test]
fn a_domain_says_which_branches_are_protected() {
    let place = Place::empty();
    let file = place.file("d.toml", "[domain]\nname = \"d\"\nprotected = [\"release\"]\n");
    place.ok(&["init", "--domain", file]);
    place.ok(&["branch", "release"]);
    assert!(place.refused(1, &["branch", "--archive", "release"]).contains("protected"));
    place.ok(&["branch", "--rename", "main", "trunk"]);
    assert_eq!(place.json(&["-b", "trunk", "branch"])[0]["branch"], "trunk");
}

#[test]
fn waypoints_name_points_wherever_a_revision_is() {
    let place = slides();
    place.ok(&["waypoint", "asked", "Task/1@2", "--actor", "nina"]);
    place.ok(&["waypoint", "early", "2019-04-01"]);
    assert_eq!(place.one(&["state", "%asked"])["version"], 2);
    assert_eq!(place.one(&["aggregates", "--at", "%early"])["version"], 1);
    assert_eq!(place.json(&["diff", "%asked", "Task/1@3"])[0]["path"], "/due_on");
    let listed = place.json(&["waypoint"]);
    assert_eq!(listed[0]["at"], "Task/1@2");
    assert_eq!((&listed[1]["at"], &listed[1]["position"]), (&Value::Null, &json!(1)));
    assert!(place.refused(1, &["waypoint", "asked", "Task/1@1"]).contains("already"));
    place.ok(&["waypoint", "--remove", "asked"]);
    assert!(place.refused(1, &["state", "%asked"]).contains("no waypoint"));
}

/// From one position to another the counts of what had begun are carried over, forwards and backwards, on a branch
/// across its fork too.
#[test]
fn what_had_begun_is_carried_over_to_a_position_nearby_as_it_is_counted() {
    let place = Place::demo();
    place.ok(&["branch", "aside", "--at", "900"]);
    for n in 0..3 {
        place.ok(&["-b", "aside", "fire", "Task", "create", &format!("title=aside {n}")]);
        place.ok(&["fire", "Task", "create", &format!("title=here {n}")]);
    }
    for branch in ["main", "aside"] {
        let clock = Clock::Fixed(Time::parse("2019-05-02T09:00:00Z").unwrap());
        let open = Open { path: place.store(), branch: branch.to_owned(), clock };
        let mut session = Session::open(&open).unwrap();
        let counted = |session: &mut Session, at| {
            let mut all = Existed { at, ..Existed::default() };
            all.add(session.begun(at, 0, i64::MAX).unwrap().types);
            all
        };
        let head = session.overview().unwrap().head;
        let mut known = counted(&mut session, head);
        for at in [head - 1, head - 4, 905, 899, 901, 10, 3, 1, 0, 2, 850, head] {
            known = session.begun_near(&known, at).unwrap();
            assert_eq!(known, counted(&mut session, at), "{branch} {at}");
        }
        assert!(known.is_near(head - 1_000) && !known.is_near(head - 1_001));
    }
}

/// One session that goes back and forth, from branch to branch and through another way to name things, lists what a
/// session lists that has seen nothing yet.
#[test]
fn a_list_of_the_past_is_the_same_wherever_one_came_from() {
    let place = Place::demo();
    place.ok(&["branch", "aside", "--at", "900"]);
    for branch in ["main", "aside"] {
        place.ok(&["-b", branch, "fire", "Task/1", "comment", &format!("text={branch}")]);
    }
    let clock = Clock::Fixed(Time::parse("2019-05-02T09:00:00Z").unwrap());
    let open = Open { path: place.store(), branch: "main".to_owned(), clock };
    let mut walker = Session::open(&open).unwrap();
    let (mut seen, mut labels) = (0, Vec::new());
    for named in [false, true] {
        if named {
            walker.list_as("Task", &["assignee"], ListedAs::Label, &mut |_, _| true).unwrap();
        }
        for branch in ["main", "aside", "main"] {
            walker.switch(branch).unwrap();
            let head = walker.overview().unwrap().head;
            for at in [head, 902, 901, 900, 899, 901, 350, 349, 350, 1] {
                let request = ListRequest { at: Some(at), limit: 40, ..ListRequest::default() };
                let rows = walker.list(&request).unwrap().rows;
                let mut fresh = Session::open(&Open { branch: branch.to_owned(), ..open.clone() }).unwrap();
                assert_eq!(rows, fresh.list(&request).unwrap().rows, "{branch} {at}");
                seen += rows.len();
                labels.extend(
                    (at == 350).then(|| rows.iter().map(|row| row.label.clone()).collect::<Vec<_>>()),
                );
            }
        }
    }
    assert!(seen > 1_500);
    // Another field as the label is another row, whatever was kept.
    assert_ne!(labels.first(), labels.last());
}
