//! Reactors that answer one another in a circle, as far as the domain's text shows it: an event, the reactor on it,
//! the command that this fires, the events that the command's rule names, and so on back to the first.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::source::Spot;
use super::{Domain, Reactor};
use crate::jq::outline;

/// A circle of reactors.
#[derive(Clone, Debug)]
pub struct Loop {
    /// The way round: `Order/Sent → again: send → Order/Sent`.
    pub path: String,
    /// Its first reactor.
    pub reactor: String,
    /// Those of its reactors whose condition may end it.
    pub stops: Vec<String>,
    /// Those of its commands whose rule computes which event it emits, so that it may be another one.
    pub computed: Vec<String>,
    /// Those of its other commands whose rule may emit nothing.
    pub silent: Vec<String>,
    pub(super) spot: Spot,
}

impl Loop {
    /// Whether nothing in the domain's text says that it may end.
    pub fn is_endless(&self) -> bool {
        self.stops.is_empty() && self.computed.is_empty() && self.silent.is_empty()
    }

    /// What may end it, in a few words.
    pub fn end(&self) -> String {
        let whens = self.stops.iter().map(|name| format!("the `when` of {name}"));
        let rules = self.computed.iter().map(|name| format!("{name}, which computes what it emits,"));
        let silent = self.silent.iter().map(|name| format!("the rule of {name}, which may emit nothing,"));
        let may: Vec<_> = whens.chain(rules).chain(silent).collect();
        if may.is_empty() {
            "nothing stops it".to_owned()
        } else {
            format!("{} may stop it", may.join(" or "))
        }
    }
}

/// From an event, by a reactor and the command that it fires, to another event.
struct Step<'a> {
    from: usize,
    to: usize,
    reactor: &'a Reactor,
    command: &'a str,
    emits: Emits,
}

/// How a command's rule emits an event.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Emits {
    /// Whenever it does not refuse.
    Always,
    /// It may as well emit nothing.
    Perhaps,
    /// It computes which one.
    Computed,
}

impl Step<'_> {
    fn is_sure(&self) -> bool {
        !self.reactor.is_conditional() && self.emits == Emits::Always
    }
}

impl Domain {
    /// The circles that its reactors' commands can go round in: those without a stop first.
    pub fn loops(&self) -> Vec<Loop> {
        let events = self.possible_events();
        let steps = self.steps(&events);
        let mut known = BTreeSet::new();
        let mut loops = Vec::new();
        // Ways that stop nowhere are looked for alone, so that a shorter one with a stop does not hide them.
        for sure in [true, false] {
            let steps: Vec<_> = steps.iter().filter(|step| !sure || step.is_sure()).collect();
            for way in circles(&steps, events.len()) {
                let mut names: Vec<_> = way.iter().map(|step| step.reactor.name.as_str()).collect();
                names.sort_unstable();
                if known.insert(names) {
                    loops.push(told(&way, &events));
                }
            }
        }
        loops
    }

    /// The events that are declared, or named by a command's rule.
    fn possible_events(&self) -> Vec<(&str, String)> {
        let mut events = Vec::new();
        for (kind, aggregate) in &self.aggregates {
            let declared = aggregate.events.keys().cloned();
            let named = aggregate.commands.values().flat_map(|command| outline(command.emit_text()).emits);
            let mut seen = BTreeSet::new();
            for event in declared.chain(named) {
                let event = self.current_name(kind, &event).to_owned();
                if seen.insert(event.clone()) {
                    events.push((kind.as_str(), event));
                }
            }
        }
        events
    }

    fn steps(&self, events: &[(&str, String)]) -> Vec<Step<'_>> {
        let mut emitted: BTreeMap<(&str, &str), Vec<(usize, Emits)>> = BTreeMap::new();
        for (kind, aggregate) in &self.aggregates {
            for command in aggregate.commands.values() {
                let outline = outline(command.emit_text());
                let names: Vec<_> = outline.emits.iter().map(|name| self.current_name(kind, name)).collect();
                let emits = events.iter().enumerate().filter(|(_, (of, _))| of == kind);
                let emits = emits.filter_map(|(at, (_, event))| {
                    let how = match (names.contains(&event.as_str()), outline.may_be_empty) {
                        (true, false) => Emits::Always,
                        (true, true) => Emits::Perhaps,
                        (false, _) => Emits::Computed,
                    };
                    (how != Emits::Computed || outline.emits_computed).then_some((at, how))
                });
                emitted.insert((kind, &command.name), emits.collect());
            }
        }
        let mut steps = Vec::new();
        for reactor in &self.reactors {
            let Some((kind, command)) = reactor.command() else { continue };
            for (from, (own, event)) in events.iter().enumerate() {
                if !reactor.answers(own, event) {
                    continue;
                }
                for &(to, emits) in emitted.get(&(kind.unwrap_or(own), command)).into_iter().flatten() {
                    steps.push(Step { from, to, reactor, command, emits });
                }
            }
        }
        steps
    }
}

/// For each step that lies on a circle, a shortest one through it.
fn circles<'s, 'a>(steps: &[&'s Step<'a>], events: usize) -> Vec<Vec<&'s Step<'a>>> {
    // What no way leads into, or out of, lies on none; mostly nothing is left.
    let mut left = steps.to_vec();
    loop {
        let (mut enters, mut leaves) = (vec![false; events], vec![false; events]);
        for step in &left {
            enters[step.to] = true;
            leaves[step.from] = true;
        }
        let before = left.len();
        left.retain(|step| enters[step.from] && leaves[step.to]);
        if left.len() == before {
            break;
        }
    }
    let mut out_of: Vec<Vec<&Step<'_>>> = vec![Vec::new(); events];
    for step in &left {
        out_of[step.from].push(step);
    }
    left.iter().filter_map(|first| back(first, &out_of)).collect()
}

/// A shortest way from where a step leads back to where it comes from, behind that step.
fn back<'s, 'a>(first: &'s Step<'a>, out_of: &[Vec<&'s Step<'a>>]) -> Option<Vec<&'s Step<'a>>> {
    let mut came: Vec<Option<&Step<'_>>> = vec![None; out_of.len()];
    let mut waiting = VecDeque::from([first.to]);
    while let Some(at) = waiting.pop_front() {
        if at == first.from {
            let mut way = Vec::new();
            let mut end = at;
            while end != first.to {
                let step = came[end]?;
                way.push(step);
                end = step.from;
            }
            way.push(first);
            way.reverse();
            return Some(way);
        }
        for step in &out_of[at] {
            if step.to != first.to && came[step.to].is_none() {
                came[step.to] = Some(step);
                waiting.push_back(step.to);
            }
        }
    }
    None
}

fn told(way: &[&Step<'_>], events: &[(&str, String)]) -> Loop {
    let event = |at: usize| format!("{}/{}", events[at].0, events[at].1);
    let (mut stops, mut computed, mut silent) = (Vec::new(), Vec::new(), Vec::new());
    let mut path = event(way[0].from);
    for step in way {
        path += &format!(" → {}: {} → {}", step.reactor.name, step.command, event(step.to));
        if step.reactor.is_conditional() && !stops.contains(&step.reactor.name) {
            stops.push(step.reactor.name.clone());
        }
        let command = format!("{} {}", events[step.to].0, step.command);
        let commands = match step.emits {
            Emits::Always => continue,
            Emits::Perhaps => &mut silent,
            Emits::Computed => &mut computed,
        };
        if !commands.contains(&command) {
            commands.push(command);
        }
    }
    let first = way[0].reactor;
    Loop { path, reactor: first.name.clone(), stops, computed, silent, spot: first.spot.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASK: &str = r#"[aggregate.Task.event.Done]
apply = '.done = true'
[aggregate.Task.event.Reopened]
apply = '.done = false'
[aggregate.Task.command.complete]
emit = 'event("Done"; {})'
[aggregate.Task.command.reopen]
emit = 'event("Reopened"; {})'
[aggregate.Note.event.Noted]
apply = '.'
[aggregate.Note.command.note]
creates = true
emit = 'event("Noted"; {})'
[aggregate.Note.command.any]
emit = 'event($params.type; {})'
"#;

    fn loops(reactors: &str) -> Vec<(String, String)> {
        let domain = Domain::parse("t.toml", &format!("{TASK}{reactors}")).unwrap();
        domain.loops().into_iter().map(|found| (found.path.clone(), found.end())).collect()
    }

    fn reactor(name: &str, on: &str, command: &str, more: &str) -> String {
        format!("[[reactor]]\nname = \"{name}\"\non = [\"{on}\"]\ncommand = {{ {command} }}\n{more}\n")
    }

    #[test]
    fn a_circle_is_told_with_its_path_and_what_may_end_it() {
        let there = reactor("shut", "Reopened", "name = \"complete\"", "");
        let back = reactor("open", "Task/Done", "name = \"reopen\"", "");
        let path = "Task/Done → open: reopen → Task/Reopened → shut: complete → Task/Done";
        let around = "Task/Reopened → shut: complete → Task/Done → open: reopen → Task/Reopened";
        assert_eq!(loops(&there), []);
        assert_eq!(loops(&format!("{there}{back}")), [(around.into(), "nothing stops it".into())]);
        let careful = reactor("open", "Task/Done", "name = \"reopen\"", "when = '.again'");
        let found = loops(&format!("{careful}{there}"));
        assert_eq!(found, [(path.into(), "the `when` of open may stop it".into())]);
    }

    #[test]
    fn a_rule_that_may_emit_nothing_may_end_it() {
        let mut text =
            TASK.replace("'event(\"Done\"; {})'", "'if .done then empty else event(\"Done\"; {}) end'");
        text += &reactor("shut", "Reopened", "name = \"complete\"", "");
        text += &reactor("open", "Done", "name = \"reopen\"", "");
        let found = Domain::parse("t.toml", &text).unwrap().loops();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(!found[0].is_endless());
        assert_eq!(found[0].end(), "the rule of Task complete, which may emit nothing, may stop it");
    }

    #[test]
    fn a_reactor_on_everything_answers_its_own_events() {
        let every = reactor("note", "*", "type = \"Note\", name = \"note\"", "");
        let path = "Note/Noted → note: note → Note/Noted";
        assert_eq!(loops(&every), [(path.into(), "nothing stops it".into())]);
        // One that fires at another type only ends there.
        assert_eq!(loops(&reactor("note", "Task/*", "type = \"Note\", name = \"note\"", "")), []);
        // Where there is no such command on the event's own type, nothing follows.
        assert_eq!(loops(&reactor("note", "Task/*", "name = \"note\"", "")), []);
    }

    #[test]
    fn a_computed_type_may_be_any_of_its_aggregate() {
        let found = loops(&reactor("any", "Noted", "name = \"any\"", ""));
        let end = "Note any, which computes what it emits, may stop it";
        assert_eq!(found, [("Note/Noted → any: any → Note/Noted".into(), end.into())]);
    }

    #[test]
    fn a_shorter_way_with_a_stop_hides_no_endless_one() {
        let found = loops(&format!(
            "{}{}{}",
            reactor("open", "Done", "name = \"reopen\"", ""),
            reactor("shut", "Reopened", "name = \"complete\"", ""),
            reactor("again", "Done", "name = \"complete\"", "when = '.twice'"),
        ));
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[0].1, "nothing stops it");
        assert_eq!(found[1].0, "Task/Done → again: complete → Task/Done");
    }
}
