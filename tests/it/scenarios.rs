//! Scenario files: commands and events in, state out, for the built-in domains and for none.
#![allow(clippy::format_collect, clippy::format_push_string, reason = "short tests read better")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use backstory::clock::Clock;
use backstory::domain;
use backstory::event::{AggregateId, Time};
use backstory::import::Options;
use backstory::replay::{Op, diff};
use backstory::session::{Fire, ListRequest, Open, Session, Target, Verify, create};
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    domain: String,
    scenario: Vec<Scenario>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    name: String,
    on: String,
    steps: Vec<Step>,
    state: String,
    row: Row,
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    fire: Option<String>,
    #[serde(default)]
    with: Map<String, Value>,
    emits: Option<Vec<String>>,
    refused: Option<String>,
    event: Option<String>,
    data: Option<String>,
    at: Option<String>,
    by: Option<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Row {
    label: String,
    status: String,
    deleted: bool,
    version: i64,
}

/// What ran, to see that nothing was forgotten.
#[derive(Default)]
struct Covered {
    commands: BTreeSet<String>,
    refusing: BTreeSet<String>,
    events: BTreeSet<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

fn load(name: &str) -> File {
    let path = folder().join(format!("{name}.toml"));
    let text = fs::read_to_string(&path).unwrap();
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

const START: i64 = 1_554_109_200_000_000;
const MINUTE: i64 = 60_000_000;

fn session(folder: &Path, domain: &str) -> Session {
    let open =
        Open { path: folder.join("store.db"), branch: "main".into(), clock: Clock::Fixed(Time(START)) };
    let domain = (!domain.is_empty()).then(|| Rc::new(domain::load(domain).unwrap()));
    create(&open, domain.as_ref()).unwrap()
}

fn run(domain: &str, scenario: &Scenario, covered: &mut Covered) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let mut session = session(folder.path(), domain);
    let aggregate: AggregateId = scenario.on.parse().unwrap();
    for (number, step) in scenario.steps.iter().enumerate() {
        let minute = Time(START + number as i64 * MINUTE).to_string();
        let at = step.at.clone().unwrap_or(minute);
        let by = step.by.as_deref().unwrap_or("mira");
        let place = format!("step {}", number + 1);
        match (&step.fire, &step.event) {
            (Some(command), None) => {
                fire(&mut session, &aggregate, command, step, &at, by, covered)
                    .map_err(|why| format!("{place}, {command}: {why}"))?;
            }
            (None, Some(event)) => {
                let file = folder.path().join(format!("{number}.jsonl"));
                let data: Value = serde_json::from_str(step.data.as_deref().unwrap()).unwrap();
                let line = json!({
                    "aggregate": aggregate, "type": event, "occurred_at": at, "data": data, "meta": { "actor": by, "delivery": number },
                });
                fs::write(&file, line.to_string()).unwrap();
                let options = Options { files: vec![file], ..Options::default() };
                let done = session.import(&options, &mut |_| true).map_err(|e| format!("{place}: {e}"))?;
                assert_eq!(done.appended, 1, "{place}");
            }
            _ => return Err(format!("{place} is neither a command nor an event")),
        }
    }
    compare(&mut session, &aggregate, scenario)
}

fn fire(
    session: &mut Session,
    aggregate: &AggregateId,
    command: &str,
    step: &Step,
    at: &str,
    by: &str,
    covered: &mut Covered,
) -> Result<(), String> {
    let fire = Fire {
        target: Target::Aggregate(aggregate.clone()),
        command: command.to_owned(),
        params: step.with.clone(),
        actor: by.to_owned(),
        reason: None,
        at: Time::parse(at),
        expect: None,
        seen: backstory::event::Looked::new(),
        meta: Map::new(),
    };
    // What is shown before firing is what firing then does.
    let preview = session.preview(&fire);
    let fired = session.fire(&fire);
    match (fired, &step.emits, &step.refused) {
        (Ok(fired), Some(emits), None) => {
            let events: Vec<_> = fired.events.iter().map(|event| event.kind.clone()).collect();
            covered.commands.insert(command.to_owned());
            covered.events.extend(events.iter().cloned());
            if events != *emits {
                return Err(format!("emits {events:?}, not {emits:?}"));
            }
            let preview = preview.map_err(|error| format!("the preview is refused: {error}"))?;
            if preview.state != fired.state || preview.changes != fired.changes {
                return Err("the preview shows another state".to_owned());
            }
            Ok(())
        }
        (Err(error), None, Some(reason)) => {
            covered.refusing.insert(command.to_owned());
            let previewed = preview.map_or_else(|error| error.to_string(), |_| String::new());
            if !error.message().contains(reason.as_str()) || previewed != error.to_string() {
                return Err(format!(
                    "is refused with {:?} (preview: {previewed:?}), not {reason:?}",
                    error.message()
                ));
            }
            Ok(())
        }
        (Err(error), _, _) => Err(format!("is refused: {error}")),
        (Ok(fired), _, _) => Err(format!("is not refused: {:?}", fired.events)),
    }
}

fn compare(session: &mut Session, aggregate: &AggregateId, scenario: &Scenario) -> Result<(), String> {
    let expected: Value = serde_json::from_str(&scenario.state).map_err(|e| format!("the state: {e}"))?;
    let found = session.state(aggregate, i64::MAX).map_err(|e| e.to_string())?;
    let mut wrong = String::new();
    for change in diff(&expected, &found.state) {
        let path = change.dotted();
        let _ = match change.op {
            Op::Add => writeln!(wrong, "  {path}: unexpected {}", change.value),
            Op::Remove => writeln!(wrong, "  {path}: {} is missing", change.old),
            Op::Replace => writeln!(wrong, "  {path}: expected {}, got {}", change.old, change.value),
        };
    }
    let row = session.list(&ListRequest { limit: 1, ..ListRequest::default() }).unwrap().rows.remove(0);
    let row_error = row.error.clone();
    let row = Row { label: row.label, status: row.status, deleted: row.deleted, version: row.version };
    if row != scenario.row {
        let _ = writeln!(wrong, "  in the list: expected {:?}, got {row:?}", scenario.row);
    }
    let said = row_error.clone().unwrap_or_default();
    if row_error.is_some() != scenario.error.is_some()
        || !said.contains(scenario.error.as_deref().unwrap_or_default())
    {
        let _ = writeln!(wrong, "  error: expected {:?}, got {row_error:?}", scenario.error);
    }
    let again = session.replay(None, false, &mut |_, _| true).unwrap();
    if again.differ > 0 {
        let _ = writeln!(wrong, "  a replay differs: {:?}", again.differing);
    }
    if let Err(error) = session.verify(&Verify { all: true, ..Verify::default() }, &mut |_, _| true) {
        let _ = writeln!(wrong, "  verify: {error}");
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("the state is not as expected\n{wrong}")) }
}

fn run_file(name: &str) -> Covered {
    let file = load(name);
    let mut covered = Covered::default();
    let mut failures = Vec::new();
    for scenario in &file.scenario {
        if let Err(why) = run(&file.domain, scenario, &mut covered) {
            failures.push(format!("{name}.toml, \"{}\": {why}", scenario.name));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
    covered
}

fn set(words: &str) -> BTreeSet<String> {
    words.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn tasks() {
    let covered = run_file("todo");
    let commands =
        set("create retitle describe assign unassign schedule unschedule prioritise tag untag comment \
         complete reopen delete restore");
    assert_eq!(covered.commands, commands, "every command does something in some scenario");
    let events = set("TaskCreated TaskRetitled TaskDescribed TaskAssigned TaskUnassigned TaskScheduled \
         TaskUnscheduled TaskPrioritised TaskTagged TaskUntagged TaskCommented TaskCompleted TaskReopened \
         TaskDeleted TaskRestored");
    assert_eq!(covered.events, events);
    declares_nothing_else("todo", "Task", &commands, &events);
    let never: Vec<_> = commands.difference(&covered.refusing).map(String::as_str).collect();
    assert_eq!(never, ["delete"], "every other command is refused somewhere");
}

#[test]
fn subscriptions() {
    let covered = run_file("subscription");
    let commands = set("create activate pay_invoice fail_invoice change_plan deactivate cancel");
    assert_eq!(covered.commands, commands, "every command does something in some scenario");
    let events = set("SubscriptionCreated SubscriptionActivated InvoicePaid InvoiceFailed PlanChanged \
         SubscriptionDeactivated SubscriptionCancelled");
    assert_eq!(covered.events, events);
    declares_nothing_else("subscription", "Subscription", &commands, &events);
}

fn declares_nothing_else(name: &str, kind: &str, commands: &BTreeSet<String>, events: &BTreeSet<String>) {
    let domain = domain::load(name).unwrap();
    let declared = domain.aggregate(kind).unwrap();
    assert_eq!(declared.commands.keys().cloned().collect::<BTreeSet<_>>(), *commands);
    assert_eq!(declared.events.keys().cloned().collect::<BTreeSet<_>>(), *events);
}

#[test]
fn no_domain() {
    run_file("merge");
}

#[test]
fn every_file_is_run() {
    let mut names: Vec<_> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["merge.toml", "subscription.toml", "todo.toml"]);
}

#[test]
fn a_wrong_expectation_is_shown_field_by_field() {
    let mut file = load("todo");
    let scenario = &mut file.scenario[0];
    scenario.state = scenario.state.replace("\"omar\"", "\"olga\"").replace("\"tags\": []", "\"labels\": []");
    let why = run("todo", scenario, &mut Covered::default()).unwrap_err();
    assert!(why.contains("assignee: expected \"olga\", got \"omar\""), "{why}");
    assert!(why.contains("labels: [] is missing") && why.contains("tags: unexpected []"), "{why}");
}

#[test]
fn the_events_of_a_command_are_one_unit() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = session(folder.path(), "subscription");
    let fire = |session: &mut Session, command: &str, params: Value| {
        let fire = Fire {
            target: Target::Aggregate(AggregateId::new("Subscription", "7")),
            command: command.to_owned(),
            params: params.as_object().unwrap().clone(),
            actor: "mira".to_owned(),
            reason: Some("first of the month".to_owned()),
            at: None,
            expect: None,
            seen: backstory::event::Looked::new(),
            meta: Map::new(),
        };
        session.fire(&fire).unwrap().events
    };
    fire(&mut session, "create", json!({ "plan": "team", "amount": 49 }));
    let params = json!({ "invoice": "I-1", "amount": 49 });
    let events = fire(&mut session, "pay_invoice", params.clone());
    let meta: Vec<Value> = events.iter().map(|event| serde_json::from_str(&event.meta).unwrap()).collect();
    assert_eq!(events[1].position, events[0].position + 1);
    assert_eq!(events[1].parent, Some(events[0].hash));
    for (at, meta) in meta.iter().enumerate() {
        assert_eq!(
            meta["command"],
            json!({ "name": "pay_invoice", "params": params, "part": at + 1, "of": 2 })
        );
        assert_eq!((&meta["actor"], &meta["reason"]), (&json!("mira"), &json!("first of the month")));
    }
    // The first event names the chain by its own hash, which it cannot hold.
    assert_eq!(meta[0].get("correlation_id"), None);
    assert_eq!(meta[1]["correlation_id"], json!(events[0].hash.to_string()));
}
