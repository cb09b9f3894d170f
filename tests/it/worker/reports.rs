//! Reports and monitors that a worker makes up for, whoever worked when and however the domain was edited.

use backstory::clock::Clock;
use backstory::event::Time;
use backstory::session::{Fire, Local, Open, Session, Target, Worked, create};
use serde_json::{Value, json};

use crate::program::Place;

struct Desk {
    place: Place,
    local: Local,
}

impl Desk {
    fn new() -> Self {
        let place = Place::empty();
        let local = Local::read_in(&place.path("config")).unwrap();
        Self { place, local }
    }

    fn at(&self, text: &str) -> Open {
        let clock = Clock::Fixed(Time::parse(text).unwrap());
        Open { path: self.place.store(), branch: "main".into(), clock }
    }

    fn domain(&self, source: &str) -> std::rc::Rc<backstory::domain::Domain> {
        let file = self.place.path("domain.toml");
        std::fs::write(&file, source).unwrap();
        std::rc::Rc::new(backstory::domain::load(file.to_str().unwrap()).unwrap())
    }

    fn take(&self, at: &str, source: &str) {
        let mut session = Session::open(&self.at(at)).unwrap();
        session.set_domain(&self.domain(source), &mut |_, _| true).unwrap();
    }

    fn fire(&self, at: &str, target: Target, command: &str, params: &Value) -> backstory::event::AggregateId {
        let fire = Fire {
            target,
            command: command.into(),
            params: params.as_object().unwrap().clone(),
            actor: "mira".into(),
            reason: None,
            at: None,
            expect: None,
            seen: backstory::event::Looked::new(),
            meta: serde_json::Map::new(),
        };
        Session::open(&self.at(at)).unwrap().fire(&fire).unwrap().aggregate
    }

    /// What a worker does at a time: the reactors' names, and what monitors found.
    fn work(&self, at: &str) -> (Vec<String>, Vec<String>) {
        let mut session = Session::open(&self.at(at)).unwrap();
        for domain in session.unconsented(&self.local).unwrap() {
            session.consent(&self.local, &domain).unwrap();
        }
        let mut done = Vec::new();
        while let Worked::Tried(info) = session.work(&self.local).unwrap() {
            assert!(info.job.error.is_none(), "{info:?}");
            done.push(info.job.reactor.clone());
        }
        let alarms = session.take_alarms().unwrap();
        (done, alarms.into_iter().map(|info| info.job.effect.unwrap()).collect())
    }

    fn subjects(&self) -> Vec<String> {
        let mails = std::fs::read_dir(self.place.path("outbox")).unwrap();
        let texts = mails.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
        let subject = |text: String| {
            text.lines()
                .find_map(|line| line.strip_prefix("Subject: Completed on ").map(str::to_owned))
                .unwrap()
        };
        let mut subjects: Vec<_> = texts.map(subject).collect();
        subjects.sort();
        subjects
    }
}

#[test]
fn reports_are_made_up_for_whoever_worked_when_and_however_the_domain_was_edited() {
    let desk = Desk::new();
    let todo = backstory::domain::builtin("todo").unwrap();
    create(&desk.at("2019-04-10T08:00:00Z"), Some(&desk.domain(todo))).unwrap();
    for day in ["2019-04-10", "2019-04-11", "2019-04-15"] {
        let at = format!("{day}T10:00:00Z");
        let task = desk.fire(&at, Target::New("Task".into()), "create", &json!({ "title": day }));
        desk.fire(&at, Target::Aggregate(task), "complete", &json!({}));
    }
    // Nobody worked for a week, and a remark was added to the domain in the meantime.
    desk.take("2019-04-17T09:00:00Z", &format!("{todo}\n# A remark.\n"));
    let (done, _) = desk.work("2019-04-17T10:00:00Z");
    assert_eq!(done.len(), 3, "{done:?}");
    assert_eq!(desk.subjects(), ["2019-04-10", "2019-04-11", "2019-04-15"]);
    assert_eq!(desk.work("2019-04-17T10:01:00Z").0.len(), 0, "each once");
    // What is older than a year is left alone.
    desk.fire("2019-04-17T11:00:00Z", Target::New("Task".into()), "create", &json!({ "title": "Late" }));
    assert_eq!(desk.work("2020-05-17T10:00:00Z").0.len(), 0);
    // A domain that did not declare the report begins it anew.
    desk.take("2019-04-18T09:00:00Z", &todo.replace("name = \"daily-recap\"", "name = \"other-recap\""));
    assert_eq!(desk.work("2019-04-18T10:00:00Z").0.len(), 0);
}

const DOOR: &str = "[domain]\nname = \"d\"\n[aggregate.Door.event.Knocked]\napply = '.'\n\
                    [aggregate.Door.command.knock]\ncreates = true\nemit = 'event(\"Knocked\"; {})'\n\
                    [aggregate.Door.event.Opened]\napply = '.'\n\
                    [aggregate.Door.command.open]\ncreates = true\nemit = 'event(\"Opened\"; {})'\n";

#[test]
fn an_edited_domain_does_not_make_monitors_forget_and_what_never_came_is_missed() {
    let desk = Desk::new();
    let monitors = "[[monitor]]\nname = \"knocking\"\non = [\"Knocked\"]\nat_most = 1\nwithin = \"1h\"\n\
                    [[monitor]]\nname = \"opening\"\non = [\"Opened\"]\nat_least = 1\nwithin = \"1h\"\n";
    create(&desk.at("2019-04-10T08:00:00Z"), Some(&desk.domain(&format!("{DOOR}{monitors}")))).unwrap();
    for _ in 0..2 {
        desk.fire("2019-04-10T08:10:00Z", Target::New("Door".into()), "knock", &json!({}));
    }
    desk.take("2019-04-10T08:20:00Z", &format!("{DOOR}{monitors}# A remark.\n"));
    let (_, alarms) = desk.work("2019-04-10T08:30:00Z");
    assert_eq!(alarms.len(), 1, "{alarms:?}");
    assert!(alarms[0].contains("knocking: 2 since 2019-04-10T08:10:00Z"), "{alarms:?}");
    // An hour behind the declaration.
    let (_, alarms) = desk.work("2019-04-10T09:00:01Z");
    assert_eq!(alarms.len(), 1, "{alarms:?}");
    assert!(alarms[0].contains("opening: 0 since 2019-04-10T09:00:00Z"), "{alarms:?}");
    assert!(desk.work("2019-04-10T12:00:00Z").1.is_empty(), "it lasts");
    desk.fire("2019-04-10T13:00:00Z", Target::New("Door".into()), "open", &json!({}));
    assert!(desk.work("2019-04-10T13:30:00Z").1.is_empty());
    let (_, alarms) = desk.work("2019-04-10T14:30:00Z");
    assert!(alarms[0].contains("opening: 0 since 2019-04-10T14:00:00Z"), "{alarms:?}");
}
