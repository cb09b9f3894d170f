//! An application of 15 aggregate types, 135 event types and 60 reactors, with 100,000 aggregates and 500,000 events:
//! what the explorer does with it one step at a time, how long its longest step is, and how long all of them take.
//! Then appending with projections and synchronous reactors, beside bare rusqlite in the same run, turn about.
//! `explore`, `append` or `fire` behind `--` runs that part alone.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench fails by panicking, and answers on paper"
)]

#[path = "made/application.rs"]
mod application;
#[path = "made/bare.rs"]
mod bare;
#[path = "made/history.rs"]
mod history;

use std::hint::black_box;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use backstory::domain::{Domain, builtin};
use backstory::event::{AggregateId, NewEvent, Time};
use backstory::jq::with_room;
use backstory::session::{Fire, ListRequest, Session, Target, create};
use history::{Dice, Ours, open, with};
use serde_json::{Map, json};

const AGGREGATES: u64 = 100_000;
const EVENTS: u64 = 500_000;

/// How many events the explorer looks at between two looks at whether it is wanted elsewhere.
const SLICE: usize = 2_000;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let asked: Vec<_> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let wanted = |part: &str| asked.is_empty() || asked.iter().any(|asked| asked == part);
    if wanted("explore") {
        explore(folder.path());
    }
    if wanted("append") {
        with_room(|| appended(folder.path()));
    }
    if wanted("fire") {
        with_room(|| fired(folder.path()));
    }
}

fn explore(folder: &Path) {
    let path = folder.join("application.db");
    let mut store = with(&path, &application::domain());
    let mut dice = Dice(11);
    let mut filling = Steps::new();
    for from in (0..EVENTS).step_by(20_000) {
        store.append((from..from + 20_000).map(|i| application::event(&mut dice, i, AGGREGATES)).collect());
        filling.step();
    }
    drop(store);
    println!("{EVENTS} events of {AGGREGATES} aggregates; steps: the longest, and all of them");
    filling.report("appended in batches of 20,000");
    explored(&path);
}

/// A row of steps: the longest, and all of them.
struct Steps {
    start: Watch,
    last: Watch,
    longest: f64,
    count: usize,
}

impl Steps {
    fn new() -> Self {
        Self { start: Watch::start(), last: Watch::start(), longest: 0.0, count: 0 }
    }

    fn step(&mut self) {
        self.longest = self.longest.max(self.last.ms());
        self.last = Watch::start();
        self.count += 1;
    }

    fn report(mut self, what: &str) {
        self.step();
        let (longest, all) = (self.longest, self.start.ms());
        println!("  {what}: longest {longest:.1} ms, all {all:.0} ms ({} steps)", self.count);
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn explored(path: &Path) {
    for what in ["open to first moment", "the same again"] {
        let mut steps = Steps::new();
        let mut session = Session::open(&open(path)).unwrap();
        steps.step();
        black_box(session.overview().unwrap());
        steps.step();
        let page = session.list(&ListRequest { limit: 50, ..ListRequest::default() }).unwrap();
        steps.step();
        black_box(session.moment(&page.rows[0].aggregate, page.rows[0].version).unwrap());
        steps.report(what);
    }
    let mut session = Session::open(&open(path)).unwrap();

    let mut steps = Steps::new();
    while session.keep_up().unwrap() {
        steps.step();
    }
    steps.report("two projections that follow behind");

    let mut steps = Steps::new();
    let mut survey = session.survey().unwrap();
    while !survey.is_whole() {
        session.survey_more(&mut survey, SLICE).unwrap();
        steps.step();
    }
    assert_eq!(survey.done(), EVENTS);
    black_box(survey.catalogue());
    steps.report("catalogue");

    let mut steps = Steps::new();
    let findings = session.lint(None, &mut |_, _| {
        steps.step();
        true
    });
    let findings = findings.unwrap().len();
    steps.report(&format!("lint, {findings} findings"));

    let mut steps = Steps::new();
    let monitors = session.monitors(false, &mut |_, _| {
        steps.step();
        true
    });
    let found: usize = monitors.unwrap().iter().map(|monitor| monitor.violations.len()).sum();
    steps.report(&format!("monitors, {found} violations"));

    for (what, write) in [("replay, nothing written", false), ("replay, heads written", true)] {
        let stop = AtomicBool::new(false);
        let waited = std::thread::scope(|scope| {
            let writer = write.then(|| scope.spawn(|| writing_beside(path, &stop)));
            let mut steps = Steps::new();
            let rebuilt = session.replay(None, write, &mut |_, _| {
                steps.step();
                true
            });
            steps.report(what);
            stop.store(true, Ordering::Relaxed);
            assert!(rebuilt.unwrap().events >= EVENTS as i64);
            writer.map(|writer| writer.join().unwrap())
        });
        if let Some(waited) = waited {
            println!("  another writer, one event each 5 ms: waited {:.1} ms at most", ms(waited));
        }
    }
}

/// Appends one event after the other until it is stopped; answers how long the longest took.
fn writing_beside(path: &Path, stop: &AtomicBool) -> Duration {
    let (mut store, mut dice) = (history::beside(path), Dice(5));
    let mut longest = Duration::ZERO;
    for number in EVENTS.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let event = application::event(&mut dice, number, AGGREGATES);
        let start = Instant::now();
        store.append(vec![event]);
        longest = longest.max(start.elapsed());
        std::thread::sleep(Duration::from_millis(5));
    }
    longest
}

/// Two reactors that run with the event: one that fires a command, one that gives notice.
const REACTORS: &str = r#"
[[reactor]]
name = "remark"
on = ["TaskReopened"]
run = "sync"
command = { name = "comment", params = '{text: "open again"}' }

[[reactor]]
name = "tell"
on = ["TaskCompleted"]
run = "sync"
notify = '"\(.title) is done by \($meta.actor)"'
"#;

/// The built-in domain without its projections and reactors, as it is, and with more reactors.
fn todo() -> [(&'static str, Rc<Domain>); 3] {
    let whole = builtin("todo").unwrap();
    let (bare, _) = whole.split_once("[projection.").unwrap();
    let more = format!("{whole}\n{REACTORS}");
    [
        ("todo without projections and reactors", bare),
        ("todo: three projections, a synchronous reactor", whole),
        ("todo and two more reactors, one with a command", &more),
    ]
    .map(|(what, text)| (what, Rc::new(Domain::parse("todo", text).unwrap())))
}

/// An event of 100,000 tasks; each one's first creates it.
fn task(dice: &mut Dice, number: u64) -> NewEvent {
    const TASKS: u64 = 100_000;
    let (task, first) = if number < TASKS { (number, true) } else { (dice.below(TASKS), false) };
    let (kind, data) = match (first, dice.below(6)) {
        (true, _) => {
            ("TaskCreated", format!(r#"{{"title":"{}","description":"{}"}}"#, dice.words(5), dice.words(60)))
        }
        (_, 0) => ("TaskAssigned", format!(r#"{{"assignee":"person-{}"}}"#, dice.below(40))),
        (_, 1) => ("TaskCommented", format!(r#"{{"text":"{}"}}"#, dice.words(18))),
        (_, 2) => ("TaskTagged", format!(r#"{{"tag":"t{}"}}"#, dice.below(16))),
        (_, 3) => ("TaskCompleted", "{}".to_owned()),
        (_, 4) => ("TaskReopened", "{}".to_owned()),
        _ => ("TaskPrioritised", r#"{"priority":"high"}"#.to_owned()),
    };
    NewEvent {
        aggregate: AggregateId::new("Task", task.to_string()),
        kind: kind.to_owned(),
        // A few hundred events a day.
        occurred_at: Time(1_700_000_000_000_000 + number as i64 * 180_000_000),
        data,
        meta: format!(
            r#"{{"actor":"alice","correlation":"{number:032x}","ip":"10.0.0.{}"}}"#,
            dice.below(255)
        ),
    }
}

/// The median and the mean.
fn both(times: Vec<f64>) -> [f64; 2] {
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    [median(times), mean]
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Batches of 1,000 events, behind those of 100,000 tasks: bare inserts and stores turn about.
fn appended(folder: &Path) {
    const ROUNDS: u64 = 64;
    const THERE: u64 = 500_000;
    let mut plain = bare::open(&folder.join("plain.db"), bare::PLAIN);
    let mut same = bare::open(&folder.join("same.db"), bare::SCHEMA);
    let mut stores: Vec<(&str, Ours, Vec<f64>)> = todo()
        .into_iter()
        .enumerate()
        .map(|(n, (what, domain))| (what, with(&folder.join(format!("todo-{n}.db")), &domain), Vec::new()))
        .collect();
    let (mut dice, mut version, mut versions) = (Dice(2), 0, 0);
    let (mut beside, mut alike) = (Vec::new(), Vec::new());
    for from in (0..THERE).step_by(20_000) {
        let events: Vec<_> = (from..from + 20_000).map(|i| task(&mut dice, i)).collect();
        bare::insert_plain(&mut plain, &events, &mut version);
        bare::insert_same(&mut same, &events, &mut versions);
        for (_, store, _) in &mut stores {
            store.append(events.clone());
        }
    }
    for round in 0..ROUNDS {
        let from = THERE + round * 1_000;
        let events: Vec<_> = (from..from + 1_000).map(|i| task(&mut dice, i)).collect();
        let watch = Watch::start();
        bare::insert_plain(&mut plain, &events, &mut version);
        beside.push(watch.ms());
        let watch = Watch::start();
        bare::insert_same(&mut same, &events, &mut versions);
        alike.push(watch.ms());
        for (_, store, times) in &mut stores {
            let events = events.clone();
            let watch = Watch::start();
            store.append_reacting(events);
            times.push(watch.ms());
        }
    }
    println!("appending 1,000 events behind {THERE}, the median and the mean of {ROUNDS} batches:");
    // The mean has what is put off: bringing pages over, and what large batches leave out of the indexes.
    let (beside, alike) = (both(beside), both(alike));
    println!("  bare rusqlite, text columns: {:.1} and {:.1} ms", beside[0], beside[1]);
    println!("  bare rusqlite, this schema without chain and heads: {:.1} and {:.1} ms", alike[0], alike[1]);
    for (what, _, times) in stores {
        let time = both(times);
        println!(
            "  {what}: {:.1} and {:.1} ms, {:.2} and {:.2} of the first's speed, {:.2} and {:.2} of the second's",
            time[0],
            time[1],
            beside[0] / time[0],
            beside[1] / time[1],
            alike[0] / time[0],
            alike[1] / time[1]
        );
    }
}

/// The wall clock without the waiting for a processor.
struct Watch(Instant, Duration);

impl Watch {
    fn start() -> Self {
        Self(Instant::now(), Self::waited())
    }

    fn ms(&self) -> f64 {
        ms(self.0.elapsed().saturating_sub(Self::waited().saturating_sub(self.1)))
    }

    fn waited() -> Duration {
        let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        Duration::from_nanos(told.split(' ').nth(1).and_then(|nanos| nanos.parse().ok()).unwrap_or(0))
    }
}

/// A command at a time, each durable.
fn fired(folder: &Path) {
    const ROUNDS: u64 = 300;
    let mut plain = bare::open(&folder.join("plain-one.db"), bare::PLAIN);
    let mut sessions: Vec<(&str, Session, Vec<f64>)> = todo()
        .into_iter()
        .enumerate()
        .map(|(n, (what, domain))| {
            let place = open(&folder.join(format!("fired-{n}.db")));
            let mut session = create(&place, Some(&domain)).unwrap();
            let title = json!({ "title": "the same for all" });
            session.fire(&fire(Target::New("Task".to_owned()), "create", &title)).unwrap();
            (what, session, Vec::new())
        })
        .collect();
    let (mut dice, mut version, mut beside) = (Dice(2), 0, Vec::new());
    for round in 0..ROUNDS {
        let event = [task(&mut dice, round)];
        let watch = Watch::start();
        bare::insert_plain(&mut plain, &event, &mut version);
        beside.push(watch.ms());
        let command = if round % 2 == 0 { "complete" } else { "reopen" };
        for (_, session, times) in &mut sessions {
            let target = Target::Aggregate(AggregateId::new("Task", "1"));
            let watch = Watch::start();
            let fired = session.fire_reacting(&fire(target, command, &json!({})), true).unwrap();
            times.push(watch.ms());
            assert_eq!(fired.events.len(), 1);
        }
    }
    let beside = median(beside);
    println!("a command at a time, each durable: one event in bare rusqlite {beside:.2} ms");
    for (what, _, times) in sessions {
        let time = median(times);
        println!("  {what}: {time:.2} ms, {:.2} of its speed", beside / time);
    }
}

fn fire(target: Target, command: &str, params: &serde_json::Value) -> Fire {
    let params = params.as_object().cloned().unwrap_or_default();
    Fire {
        target,
        command: command.to_owned(),
        params,
        actor: "alice".to_owned(),
        reason: None,
        at: None,
        expect: None,
        seen: backstory::event::Looked::new(),
        meta: Map::new(),
    }
}
