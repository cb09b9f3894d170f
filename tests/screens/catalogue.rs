//! The catalogue in the explorer: the list of types, an entry, and where its lines lead.

use std::rc::Rc;

use crate::play::{Play, START, Start, open_at};
use backstory::domain::Domain;
use backstory::import;
use backstory::session::{Session, create, import_into};
use crossterm::event::{MouseButton, MouseEventKind};

#[test]
fn every_type_is_listed_and_found_by_typing() {
    let mut play = Play::demo(&START);
    play.keys("I");
    play.sees("Catalogue");
    play.sees("  TaskCreated");
    play.keys("/ \"invoicep\"");
    play.lacks("  TaskCreated");
    play.keys("Enter Enter");
    play.sees("InvoicePaid, an event of Subscription");
    insta::assert_snapshot!("entry", play.text());
    play.keys("Esc");
    play.sees("Catalogue");
    play.keys("Esc Esc");
    play.lacks("Catalogue");
}

#[test]
fn an_event_leads_to_its_type_and_on_to_command_and_log() {
    let mut play = Play::demo(&Start { size: (80, 24), at: Some("Task/253@1"), ..START });
    play.keys("3 Enter");
    play.sees("TaskCreated, an event of Task");
    play.sees("EMITTED BY");
    insta::assert_snapshot!("entry_80x24", play.text());
    let counted = {
        let mut session = Session::open(&open_at(&play.path)).unwrap();
        let mut survey = session.survey().unwrap();
        session.survey_more(&mut survey, usize::MAX).unwrap();
        survey.catalogue().aggregate("Task").event("TaskCreated").seen.clone().unwrap()
    };
    play.sees(&format!("{} events, ", counted.events));
    // The first link is the first event of the type; the last one that the command is behind.
    play.keys("Tab Tab Enter");
    let here = play.explorer.model().moment.as_ref().unwrap().event.as_ref().unwrap().clone();
    assert_eq!((here.position, here.kind.as_str()), (counted.last_position, "TaskCreated"));
    play.keys("3 Enter Tab Tab Tab Enter");
    play.sees("create, a command of Task");
    play.sees("PARAMETERS");
    play.sees("TaskCreated");
    play.keys("End Enter");
    play.sees("TaskCreated, an event of Task");
    play.keys("Esc Esc Esc");
    play.lacks("an event of");
    play.sees("live");
}

#[test]
fn the_log_shows_what_no_schema_names_and_what_breaks_it() {
    let domain = "[domain]\nname = \"d\"\n[aggregate.Doc]\n[aggregate.Doc.event.Set]\ndoc = \"Somebody set it.\"\n\
        data = { n = \"integer\", to = \"string?\" }\n";
    let mut play = Play::store(&Start { at: Some("Doc/1@1"), ..START }, |path| {
        create(&open_at(path), Some(&Rc::new(Domain::parse("d", domain).unwrap()))).unwrap();
        let line = |n: &str, kind: &str| {
            format!(
                "{{\"aggregate\":\"Doc/1\",\"type\":\"{kind}\",\"occurred_at\":\"2019-04-29T10:00:00Z\",\"data\":{n},\"meta\":{{}}}}\n"
            )
        };
        let log =
            [line("{\"n\":1}", "Set"), line("{\"n\":\"two\",\"who\":\"me\"}", "Set"), line("{}", "Other")];
        let file = path.with_extension("jsonl");
        std::fs::write(&file, log.concat()).unwrap();
        let options = import::Options { files: vec![file], ..import::Options::default() };
        import_into(&open_at(path), &options, &mut |_| true).unwrap();
    });
    play.keys("3 Enter");
    play.sees("Somebody set it.");
    play.sees("no schema names it");
    play.sees("1 event breaks the schema");
    play.sees("#2");
    insta::assert_snapshot!("broken", play.text());
    let row = play.lines().iter().position(|line| line.contains("is not a whole number")).unwrap() as u16;
    for _ in 0..2 {
        play.mouse(MouseEventKind::Down(MouseButton::Left), 8, row);
    }
    assert_eq!(play.explorer.model().cursor.version, 2);
    // A type that nobody declares stands there too.
    play.keys("I / \"other\" Enter Enter");
    play.sees("The domain does not declare it.");
}

#[test]
fn an_older_event_is_read_as_today_beside_what_is_stored() {
    let today = "[domain]\nname = \"d\"\n[aggregate.Doc.event.DocCreated]\nwas = [\"DocMade\"]\n\
        upcast = '{title: .name}'\ndata = { title = \"string\" }\n";
    let mut play = Play::store(&Start { at: Some("Doc/1@1"), ..START }, |path| {
        create(&open_at(path), Some(&Rc::new(Domain::parse("d", today).unwrap()))).unwrap();
        let line = "{\"aggregate\":\"Doc/1\",\"type\":\"DocMade\",\"occurred_at\":\"2019-04-29T10:00:00Z\",\
            \"data\":{\"name\":\"one\"},\"meta\":{}}\n";
        let file = path.with_extension("jsonl");
        std::fs::write(&file, line).unwrap();
        let options = import::Options { files: vec![file], ..import::Options::default() };
        import_into(&open_at(path), &options, &mut |_| true).unwrap();
    });
    play.sees("+ title");
    play.sees("stored as DocMade");
    play.sees("{\"name\":\"one\"}");
    play.keys("3 Enter");
    play.sees("DocCreated, an event of Doc");
    play.sees("It was DocMade.");
    play.sees("1 event stored as DocMade");
    play.lacks("break");
}

#[test]
fn where_there_is_no_event_there_is_no_type() {
    let mut play = Play::demo(&Start { at: Some("Task/253@1"), ..START });
    play.keys("Home 3 Enter");
    play.sees("there is no event here");
    play.keys("I / \"nothing like it\"");
    play.sees("nothing matches nothing like it");
    let mut play = Play::store(&START, |path| create(&open_at(path), None).map(drop).unwrap());
    play.keys("I");
    play.sees("there are no types yet");
}
