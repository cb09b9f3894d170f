//! All orders of a window, against a search that is written apart: it permutes, and calls the plain fold and the rules of
//! commands, nothing of the lattice.

mod plain;

use backstory::domain::Domain;
use backstory::event::{Event, Hash, Time, Unit, Version};
use backstory::jq::State;
use backstory::replay::Reducer;
use backstory::replay::another::{Base, Bases, Cause, Deeds};
use backstory::replay::lattice::{Keep, Lattice, Reached, kept, lanes};
use fastrand::Rng;
use serde_json::{Map, Value, json};

use plain::{End, Plain};

/// Commands that refuse, come to nothing, or to more than one event; rules that fail, delete, tell versions and keys apart.
const RULES: &str = r#"
[domain]
name = "window"
[aggregate.Box.event.Made]
[aggregate.Box.event.Put]
apply = '.n += $data.n'
[aggregate.Box.event.Set]
[aggregate.Box.event.Took]
apply = 'if .n < $data.n then error("too little") else .n -= $data.n end'
[aggregate.Box.event.Shut]
apply = '.open = false'
[aggregate.Box.event.Opened]
apply = '.open = true | .at = $event.version'
[aggregate.Box.event.Wrote]
apply = '.text = (.text // "") + $data.text'
[aggregate.Box.event.Listed]
apply = '.keys = ([to_entries[] | .key] | join(","))'
[aggregate.Box.event.Gone]
apply = 'null'
[aggregate.Box.command.make]
creates = true
emit = 'event("Made"; {n: 1, open: true})'
[aggregate.Box.command.put]
params = { n = "integer" }
emit = 'if .open == false then error("it is shut") else event("Put"; {n: $params.n}) end'
[aggregate.Box.command.take]
params = { n = "integer" }
emit = 'if .n < $params.n then error("too little") else event("Took"; {n: $params.n}), (if .n == $params.n then event("Shut"; {}) else empty end) end'
[aggregate.Box.command.shut]
emit = 'if .open == false then empty else event("Shut"; {}) end'
[aggregate.Box.command.open]
emit = 'if .open then error("it is open") else event("Opened"; {}) end'
[aggregate.Box.command.write]
params = { text = "string" }
emit = 'event("Wrote"; {text: ($params.text + (if .open then "" else "!" end))})'
[aggregate.Box.command.double]
emit = 'event("Put"; {n: .n}), event("Put"; {n: 1})'
[aggregate.Box.command.drop]
emit = 'if .n > 3 then error("it is not empty") else event("Gone"; {}) end'
"#;

/// The same without a rule that tells the order of keys apart: states are then one more often.
fn rules(plainly: bool) -> Domain {
    let rules =
        if plainly { RULES.replace("([to_entries[] | .key] | join(\",\"))", ".n") } else { RULES.to_owned() };
    Domain::parse("window", &rules).unwrap()
}

/// A window of random steps, as a log has them.
pub struct Window {
    pub units: Vec<Unit>,
    pub causes: Vec<Vec<Cause>>,
    pub bases: Bases,
    pub keep: Keep,
}

struct Maker<'a> {
    domain: &'a Domain,
    random: Rng,
    bases: Bases,
    position: i64,
    units: Vec<Unit>,
    causes: Vec<Vec<Cause>>,
}

impl Maker<'_> {
    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.random.usize(0..of.len())].clone()
    }

    fn event(&mut self, id: &str, kind: &str, data: &Value, meta: &Value) -> Event {
        self.position += 1;
        let aggregate = format!("Box/{id}").parse().unwrap();
        let base = self.bases.entry(aggregate).or_default();
        let mut hash = [0; 32];
        hash[..8].copy_from_slice(&self.position.to_be_bytes());
        let event = Event {
            position: self.position,
            branch: "main".into(),
            aggregate: format!("Box/{id}").parse().unwrap(),
            version: base.version + 1,
            kind: kind.into(),
            occurred_at: Time(self.position * 1_000_000),
            recorded_at: Time(self.position * 1_000_000),
            data: data.to_string(),
            meta: meta.to_string(),
            parent: None,
            hash: Hash(hash),
        };
        let (state, _) = Reducer::from(self.domain).take(base.state.clone(), &event);
        *base = Base { state, version: event.version, last_at: None };
        event
    }

    /// A step of the log: mostly what a command comes to, sometimes what it came to by other rules, or no command at all.
    fn step(&mut self, id: &str) {
        let actor = self.pick(&["ann", "bob", "cat"]);
        let mut meta = json!({ "actor": actor });
        if self.random.u8(0..4) == 0 {
            let base = self.bases.get(&format!("Box/{id}").parse().unwrap()).map_or(0, |base| base.version);
            let seen = self.random.i64(0..=base);
            meta["command"] = json!({ "seen": { format!("Box/{id}"): seen } });
        }
        let mut causes = Vec::new();
        if !self.units.is_empty() && self.random.u8(0..4) == 0 {
            let deed = self.random.usize(0..self.units.len());
            let part = self.random.usize(0..self.units[deed].events.len());
            causes.push(Cause { deed, part });
        }
        let n = self.random.i64(1..4);
        let text = self.pick(&["a", "b"]);
        let raw: [(&str, Value); 6] = [
            ("Put", json!({ "n": n })),
            ("Set", json!({ text: n })),
            ("Took", json!({ "n": n })),
            ("Wrote", json!({ "text": text })),
            ("Listed", json!({})),
            ("Shut", json!({})),
        ];
        if self.random.u8(0..3) == 0 {
            let (kind, data) = self.pick(&raw);
            let event = self.event(id, kind, &data, &meta);
            self.units.push(Unit { events: vec![event], command: None });
            return self.causes.push(causes);
        }
        for _ in 0..20 {
            if self.command(id, (n, text), &meta) {
                return self.causes.push(causes);
            }
        }
        let event = self.event(id, "Shut", &json!({}), &meta);
        self.units.push(Unit { events: vec![event], command: None });
        self.causes.push(causes);
    }

    /// What a random command comes to; whether it came to anything.
    fn command(&mut self, id: &str, (n, text): (i64, &str), meta: &Value) -> bool {
        let name = self.pick(&["put", "take", "shut", "open", "write", "double", "drop", "make"]);
        let params = match name {
            "put" | "take" => json!({ "n": n }),
            "write" => json!({ "text": text }),
            _ => json!({}),
        };
        let params: Map<String, Value> = params.as_object().unwrap().clone();
        let emitted = plain::asked(self.domain, &self.bases, id, (name, &params), meta).unwrap_or_default();
        let (of, mut events) = (emitted.len(), Vec::new());
        for (part, (kind, data)) in emitted.into_iter().enumerate() {
            let mut meta = meta.clone();
            let seen = meta["command"]["seen"].take();
            meta["command"] = json!({ "name": name, "params": params, "part": part + 1, "of": of });
            if !seen.is_null() {
                meta["command"]["seen"] = seen;
            }
            // As if its rule had been another one then.
            let data = if self.random.u8(0..12) == 0 && kind == "Put" { json!({ "n": 2 }) } else { data };
            events.push(self.event(id, &kind, &data, &meta));
        }
        self.units.extend(backstory::event::units(events));
        of > 0
    }
}

fn window(domain: &Domain, seed: u64, steps: usize) -> Window {
    let random = Rng::with_seed(seed);
    let (position, bases) = (0, Bases::new());
    let mut maker = Maker { domain, random, bases, position, units: Vec::new(), causes: Vec::new() };
    let ids: &[&str] = if maker.random.bool() { &["1"] } else { &["1", "2"] };
    for id in ids {
        let open = maker.random.bool();
        maker.event(id, "Made", &json!({ "n": 2, "open": open }), &json!({}));
    }
    let bases = maker.bases.clone();
    for _ in 0..steps {
        let id = maker.pick(ids);
        maker.step(id);
    }
    let mut flag = || maker.random.bool();
    let keep = Keep { actor: flag(), command: true, cause: flag(), seen: flag() };
    Window { units: maker.units, causes: maker.causes, bases, keep }
}

/// At most five in all boxes.
fn few(states: &[&State]) -> bool {
    let n = |state: &&State| state.get("n").and_then(|n| n.to_value().ok()?.as_i64()).unwrap_or(0);
    states.iter().map(n).sum::<i64>() <= 5
}

fn searched(domain: &Domain, window: &Window, checked: bool) -> Vec<Reached> {
    let deeds = Deeds::new(domain.into(), &window.units, window.causes.clone());
    let before = kept(&deeds, window.keep);
    let mut lattice = Lattice::new(&deeds, &window.bases, before, lanes(&deeds).0);
    let holds = |states: &[(&backstory::event::AggregateId, &State)]| {
        few(&states.iter().map(|(_, state)| *state).collect::<Vec<_>>())
    };
    while !lattice.go(&deeds, checked.then_some(&holds), 50) {}
    assert_eq!(lattice.bound(), None);
    lattice.reached().to_vec()
}

fn inversions(order: &[usize]) -> usize {
    (0..order.len()).flat_map(|at| order[at + 1..].iter().filter(move |later| **later < order[at])).count()
}

fn compare(domain: &Domain, seed: u64, steps: usize) -> (usize, usize) {
    let window = window(domain, seed, steps);
    let checked = seed.is_multiple_of(3);
    let plain = Plain::new(domain, &window, if checked { few } else { |_| true });
    let (mine, theirs) = (searched(domain, &window, checked), plain.all());
    let said = |what: &str| format!("{what}: seed {seed}, {steps} steps, {:?}", window.keep);
    assert_eq!(mine.len(), theirs.len(), "{}", said("how many outcomes"));
    for reached in &mine {
        // Without any request there is one answer.
        let is = |end: &&End| {
            let requests = reached.requests.as_ref();
            end.events == reached.events
                && end.breaks[0] == reached.breaks[0]
                && requests
                    .is_none_or(|requests| *requests == end.requests && end.breaks[1] == reached.breaks[1])
        };
        let end =
            theirs.iter().find(is).unwrap_or_else(|| panic!("{}", said("an outcome that no order has")));
        assert_eq!(reached.orders.known(), Some(end.orders), "{}", said("how many orders"));
        assert_eq!(reached.swaps, end.swaps, "{}", said("the smallest swap"));
        assert_eq!(inversions(&reached.order), reached.swaps, "{}", said("its order"));
        assert!(is(&&plain.one(&reached.order)), "{}", said("what its order leads to"));
    }
    assert_eq!(mine[0].order, (0..window.units.len()).collect::<Vec<_>>(), "{}", said("the log's own order"));
    (theirs.len(), theirs.iter().map(|end| end.orders as usize).sum())
}

#[test]
fn every_outcome_its_orders_and_its_smallest_swap_are_those_of_all_permutations() {
    let all: u64 = std::env::var("BACKSTORY_WINDOWS").map_or(10_000, |text| text.parse().unwrap());
    let domains = [rules(true), rules(false)];
    let (mut outcomes, mut orders, mut several) = (0, 0, 0);
    for seed in 0..all {
        let steps = match seed % 2_000 {
            0 => 7,
            1..5 => 6,
            5..40 => 5,
            40..400 => 4,
            400..1_400 => 3,
            _ => 2,
        };
        let (ends, tried) = compare(&domains[seed as usize % 2], seed, steps);
        (outcomes, orders, several) = (outcomes + ends, orders + tried, several + usize::from(ends > 1));
    }
    println!("{all} windows, {orders} orders, {outcomes} outcomes, {several} windows have more than one");
    assert!(
        all < 1_000 || several * 4 > all as usize,
        "{several} of {all} windows have more than one outcome"
    );
}

/// Steps that all write another field in another order lead to one state, and there are too many orders for a number.
#[test]
fn what_cannot_be_counted_is_said_to_be_more() {
    let domain = rules(true);
    let (units, bases) = writers(40, |step| json!({ format!("f{step}"): step }));
    let window = Window { units, causes: Vec::new(), bases, keep: Keep { actor: false, ..Keep::default() } };
    let deeds = Deeds::new((&domain).into(), &window.units, Vec::new());
    let before = (0..40).map(|step| if step < 20 { Vec::new() } else { vec![step - 20] }).collect();
    let mut lattice = Lattice::new(&deeds, &window.bases, before, lanes(&deeds).0);
    while !lattice.go(&deeds, None, 10_000) {}
    // 3^20 sets are too many.
    assert!(lattice.bound().is_some());
    assert!(
        lattice.reached().iter().all(|reached| reached.seed.is_none()),
        "random orders lead nowhere else"
    );

    let chains = (0..40).map(|step| if step < 4 { Vec::new() } else { vec![step - 4] }).collect();
    let mut lattice = Lattice::new(&deeds, &window.bases, chains, lanes(&deeds).0);
    while !lattice.go(&deeds, None, 10_000) {}
    assert_eq!((lattice.bound(), lattice.reached().len()), (None, 1));
    // 40! / 10!^4.
    assert_eq!(lattice.orders().known(), Some(4_705_360_871_073_570_227_520));
}

fn writers(count: usize, data: impl Fn(usize) -> Value) -> (Vec<Unit>, Bases) {
    let domain = rules(true);
    let (random, bases) = (Rng::with_seed(0), Bases::new());
    let mut maker =
        Maker { domain: &domain, random, bases, position: 0, units: Vec::new(), causes: Vec::new() };
    for step in 0..count {
        let event = maker.event("1", "Set", &data(step), &json!({ "actor": format!("a{}", step % 2) }));
        maker.units.push(Unit { events: vec![event], command: None });
    }
    (maker.units, Bases::new())
}

/// Many writers of one value, and two of another field.
#[test]
fn beyond_the_bounds_random_orders_find_it_and_their_swap_is_made_small() {
    let domain = rules(true);
    let field = |step: usize| match step {
        90 | 110 => json!({ "same": step }),
        _ => json!({ "other": 1 }),
    };
    let (units, bases) = writers(140, field);
    let deeds = Deeds::new((&domain).into(), &units, Vec::new());
    let run = || {
        let before = vec![Vec::new(); 140];
        let mut lattice = Lattice::new(&deeds, &bases, before, lanes(&deeds).0);
        while !lattice.go(&deeds, None, 10_000) {}
        lattice
    };
    let lattice = run();
    assert_eq!(lattice.bound(), Some(backstory::replay::lattice::Bound::Events));
    let [log, other] = lattice.reached() else { panic!("{} outcomes", lattice.reached().len()) };
    assert_eq!((log.swaps, other.swaps), (0, 20), "one goes in front of the other and of what is between");
    let place = |step| other.order.iter().position(|at| *at == step);
    assert!(place(110) < place(90) && other.seed.is_some());
    let again = run();
    assert_eq!(again.reached()[1].order, other.order, "by its seed it is found again");
}

/// What an event's version is where the window begins behind others.
#[test]
fn a_window_in_the_middle_goes_on_with_the_versions() {
    let domain = rules(true);
    let window = window(&domain, 7, 3);
    let first = &window.units[0].events[0];
    let base: Version = window.bases[&first.aggregate].version;
    assert_eq!(first.version, base + 1);
}
