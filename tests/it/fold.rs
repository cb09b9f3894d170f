//! Random trees of branches, with rules that read where an event stands: whoever asks for a state gets the same one, and a
//! rule sees the branch that owns the event.

use std::rc::Rc;
use std::sync::Arc;

use backstory::clock::Clock;
use backstory::domain::Domain;
use backstory::event::{AggregateId, NewEvent, Time};
use backstory::session::{
    BlameRequest, CompareRequest, FindRequest, ListRequest, Open, Order, Point, Session, Trial, Verdict,
    Verify, create,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::teller::Teller;

const START: i64 = 1_554_109_200_000_000;

/// Every seventh event is refused, and leaves what was there.
const DOMAIN: &str = r#"
[domain]
name = "places"
[aggregate.Note]
label = '.seen | tojson'
[aggregate.Note.event.Put]
apply = 'if $event.position % 7 == 0 then error("seven") else .seen += [[$event.branch, $event.position, $event.version, $at, $meta.k]] end'
"#;

#[derive(Clone, Debug)]
enum Step {
    /// On a branch, about a note, an event.
    Put(usize, usize),
    /// From a branch, so many of its events behind its beginning, a fork.
    Fork(usize, usize),
    /// A look at a branch.
    Look(usize),
}

/// An event as a branch sees it.
#[derive(Clone, Debug)]
struct Seen {
    note: usize,
    version: i64,
    position: i64,
    owner: String,
}

impl Seen {
    fn at(&self) -> Time {
        Time(START + self.position * 1_000_000)
    }

    /// What the rule adds for it.
    fn mark(&self) -> Value {
        json!([self.owner, self.position, self.version, self.at().to_string(), self.position * 10])
    }

    fn is_refused(&self) -> bool {
        self.position % 7 == 0
    }
}

struct Line {
    name: String,
    events: Vec<Seen>,
}

impl Line {
    /// The state of a note after a version.
    fn state(&self, note: usize, version: i64) -> Value {
        let of = self.events.iter().filter(|seen| seen.note == note && seen.version <= version);
        let marks: Vec<_> = of.filter(|seen| !seen.is_refused()).map(Seen::mark).collect();
        if marks.is_empty() { json!({}) } else { json!({ "seen": marks }) }
    }

    /// The newest version up to this one that the rule refuses.
    fn refused(&self, note: usize, version: i64) -> Option<i64> {
        let of = self.events.iter().filter(|seen| seen.note == note && seen.version <= version);
        of.filter(|seen| seen.is_refused()).map(|seen| seen.version).max()
    }

    fn head(&self, note: usize) -> i64 {
        self.events.iter().filter(|seen| seen.note == note).map(|seen| seen.version).max().unwrap_or(0)
    }
}

fn note(number: usize) -> AggregateId {
    AggregateId::new("Note", number.to_string())
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..4_usize, 0..3_usize).prop_map(|(line, note)| Step::Put(line, note)),
        2 => (0..4_usize, 0..20_usize).prop_map(|(line, at)| Step::Fork(line, at)),
        1 => (0..4_usize).prop_map(Step::Look),
    ]
}

struct World {
    session: Session,
    teller: Teller,
    lines: Vec<Line>,
    last: i64,
}

impl World {
    fn put(&mut self, line: usize, number: usize) {
        let line = line % self.lines.len();
        self.last += 1;
        let line = &mut self.lines[line];
        let seen = Seen {
            note: number,
            version: line.head(number) + 1,
            position: self.last,
            owner: line.name.clone(),
        };
        let event = NewEvent {
            aggregate: note(number),
            kind: "Put".to_owned(),
            occurred_at: seen.at(),
            data: "{}".to_owned(),
            meta: json!({ "k": self.last * 10 }).to_string(),
        };
        self.teller.tell(&line.name, event);
        line.events.push(seen);
    }

    fn fork(&mut self, line: usize, at: usize) {
        if self.lines.len() >= 5 {
            return;
        }
        let from = &self.lines[line % self.lines.len()];
        let at = at % (from.events.len() + 1);
        let position = if at == 0 { 0 } else { from.events[at - 1].position };
        let name = format!("line-{}", self.lines.len());
        let point = Point::store(&*from.name, position);
        self.session.fork(&name, Some(&point), "mira").unwrap();
        let events = from.events[..at].to_vec();
        self.lines.push(Line { name, events });
    }

    fn look(&mut self, line: usize) {
        let line = &self.lines[line % self.lines.len()];
        let session = &mut self.session;
        session.switch(&line.name).unwrap();
        for number in 0..3 {
            let head = line.head(number);
            if head == 0 {
                continue;
            }
            let about = note(number);
            let whole = line.state(number, head);
            // The heads, the list.
            let row = session.row(&ListRequest::default(), &about).unwrap().unwrap();
            let label: Value = serde_json::from_str(&row.label).unwrap();
            assert_eq!(label, whole["seen"], "the list: {number} on {}", line.name);
            // Newest first, so that nothing is remembered from the walk before.
            for version in (1..=head).rev() {
                let at = session.state(&about, version).unwrap();
                assert_eq!(at.state, line.state(number, version), "{number}@{version} on {}", line.name);
                let refused = line.refused(number, version);
                assert_eq!(
                    at.error,
                    refused.map(|at| format!("version {at}: Note Put apply: seven")),
                    "{number}@{version}"
                );
            }
            self_search(session, line, number);
            lab(session, &about, head);
            order(session, line, &about, &whole);
            blame(session, line, number);
        }
        while session.fill().unwrap() {}
        for number in (0..3).filter(|number| line.head(*number) > 0) {
            let whole = line.state(number, i64::MAX);
            let filter = Some(format!(". == {whole}"));
            let same = session.list(&ListRequest { filter, limit: 9, ..ListRequest::default() }).unwrap();
            let found = same.rows.iter().any(|row| row.aggregate == note(number));
            assert!(found, "a filter: {number} on {}", line.name);
        }
    }

    /// Two lines beside each other: by the heads, and by what the log says.
    fn compare(&mut self) {
        for one in 0..self.lines.len() {
            for two in 0..self.lines.len() {
                let (a, b) = (&self.lines[one], &self.lines[two]);
                let point = |line: &Line| Point::store(&*line.name, i64::MAX);
                let page = self.session.compare(&CompareRequest::of(point(a), point(b))).unwrap();
                for row in page.rows {
                    let number: usize = row.aggregate.id.parse().unwrap();
                    assert_eq!(row.a.state, a.state(number, i64::MAX), "{} beside {}", a.name, b.name);
                    assert_eq!(row.b.state, b.state(number, i64::MAX), "{} beside {}", a.name, b.name);
                }
            }
        }
    }
}

/// The event at which a state came to be is found, by the states and by the events.
fn self_search(session: &mut Session, line: &Line, number: usize) {
    for seen in line.events.iter().filter(|seen| seen.note == number && !seen.is_refused()) {
        let mark = seen.mark();
        let by_state = format!(".seen[-1] == {mark}");
        let by_event = format!(".seen[-1] == {mark} and ($before.seen // [] | length) < (.seen | length)");
        for (predicate, events) in [(by_state, false), (by_event, true)] {
            let aggregate = Some(note(number));
            let request = FindRequest { predicate, aggregate, first: true, events, ..FindRequest::default() };
            let mut search = session.search(request).unwrap();
            let mut hits = Vec::new();
            loop {
                let page = session.find(&mut search, 3).unwrap();
                hits.extend(page.hits.iter().map(|hit| hit.version));
                if page.is_last() {
                    break;
                }
            }
            assert_eq!(hits, [seen.version], "a search for {mark} on {}", line.name);
        }
    }
}

/// The rule in use tried as another one differs nowhere.
fn lab(session: &mut Session, about: &AggregateId, head: i64) {
    let rule = Arc::new(session.rule_of("Note", "Put").unwrap());
    let text = format!("{} | .", rule.text);
    let trial = Trial { rule, text, aggregate: about.clone(), version: head };
    let Verdict::Tried(tried) = session.try_rule(&trial).unwrap() else { panic!("the text is a rule") };
    assert_eq!((tried.folding, tried.differing), (None, Vec::new()));
    assert_eq!(tried.changes, []);
}

/// Put in the order in which they stand already, the events lead to the same state.
fn order(session: &mut Session, line: &Line, about: &AggregateId, whole: &Value) {
    let point = session.resolve(&about.to_string(), None).unwrap();
    let ordered = session.order(&point, Order::Recorded).unwrap();
    assert_eq!((&ordered.log, ordered.parts), (whole, None), "in order on {}", line.name);
}

fn blame(session: &mut Session, line: &Line, number: usize) {
    let request = BlameRequest { aggregate: note(number), version: i64::MAX, skip: 0, limit: 999, budget: 0 };
    for field in session.blame(&request).unwrap().fields {
        let mut parts = field.path.split('/').skip(2);
        if let (Some(index), Some("1")) = (parts.next(), parts.next()) {
            let marks: Vec<_> =
                line.events.iter().filter(|seen| seen.note == number && !seen.is_refused()).collect();
            let seen = marks[index.parse::<usize>().unwrap()];
            assert_eq!(field.value, json!(seen.position), "{} on {}", field.path, line.name);
            assert_eq!(field.writer.version, seen.version, "{} on {}", field.path, line.name);
        }
    }
}

fn agrees(steps: &[Step]) {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::Fixed(Time(START + 1_000_000_000));
    let open = Open { path: folder.path().join("s.db"), branch: "main".into(), clock };
    let domain = Rc::new(Domain::parse("places.toml", DOMAIN).unwrap());
    let session = create(&open, Some(&domain)).unwrap();
    let lines = vec![Line { name: "main".to_owned(), events: Vec::new() }];
    let teller = Teller::of(&open.path);
    let mut world = World { session, teller, lines, last: 0 };
    for step in steps {
        match *step {
            Step::Put(line, note) => world.put(line, note),
            Step::Fork(line, at) => world.fork(line, at),
            Step::Look(line) => world.look(line),
        }
    }
    world.session = Session::open(&open).unwrap();
    for line in 0..world.lines.len() {
        world.look(line);
    }
    world.compare();
    // Two sets of rules side by side, over every branch.
    assert_eq!(world.session.replay(None, true, &mut |_, _| true).unwrap().differ, 0);
    world.session.verify(&Verify { all: true, ..Verify::default() }, &mut |_, _| true).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whoever_asks_gets_the_same_state(steps in prop::collection::vec(step(), 1..40)) {
        agrees(&steps);
    }
}
