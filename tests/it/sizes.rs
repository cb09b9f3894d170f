//! How long files and functions may be.

use super::architecture::{all_code, word};

/// How many lines a file may have, and a function: what is longer does more than one thing.
const FILE: usize = 400;
const FUNCTION: usize = 60;

/// Functions that were longer when this was first held. The list only gets shorter.
const LONG: &[(&str, &str)] = &[
    ("benches/scale.rs", "explored"),
    ("src/cli/monitors.rs", "run"),
    ("src/cli/show.rs", "run"),
    ("src/domain/reactor_form.rs", "reactor"),
    ("src/import/papertrail.rs", "read"),
    ("src/journal/batch.rs", "append"),
    ("src/journal/react.rs", "answer"),
    ("src/jq/ops.rs", "eval"),
    ("src/jq/rule/tests/bounds.rs", "functions_of_long_texts_and_arrays_are_counted_by_what_they_look_at"),
    ("src/session/blame.rs", "blame"),
    ("src/session/moment.rs", "moment_now"),
    ("src/tui/theme.rs", "new"),
    ("src/tui/update/browse.rs", "command"),
    ("src/tui/update/needs.rs", "timeline"),
    ("src/tui/view/event.rs", "lines"),
    ("src/tui/view/header.rs", "draw"),
    ("src/tui/view/list.rs", "draw"),
    ("src/tui/view/timeline.rs", "draw"),
    ("src/tui/view/timeline.rs", "draw_lane"),
    ("src/tui/worker.rs", "run"),
    ("tests/it/evolve.rs", "every_verb_reads_old_events_as_today"),
    ("tests/it/killed.rs", "nothing_is_lost_or_doubled_and_everything_kept_equals_a_fresh_replay"),
    ("tests/it/opened.rs", "a_forged_store_is_damaged_with_a_place_and_does_not_hang"),
    ("tests/it/outside.rs", "a_program_that_nobody_allowed_is_never_started"),
    ("tests/it/replay.rs", "a_dry_run_names_the_first_event_that_parts_and_groups_by_rule_and_fields"),
    ("tests/it/tampered.rs", "cases"),
];

/// The functions of a file, and how many lines each has. As rustfmt writes them, one ends with the first brace that
/// stands where its own first line begins.
fn functions(source: &str) -> Vec<(&str, usize)> {
    let lines: Vec<&str> = source.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let text = line.trim_start();
        let indent = &line[..line.len() - text.len()];
        let Some((before, name)) = text.split_once("fn ") else { continue };
        let declares = before.split_whitespace().all(|word| word.starts_with("pub") || word == "const");
        if !declares || text.ends_with([';', '}']) {
            continue;
        }
        // Or with what ends a declaration without a body.
        let ends = |rest: &str| rest == "}" || (rest.starts_with(')') && rest.ends_with(';'));
        let end = lines[at..].iter().position(|line| line.strip_prefix(indent).is_some_and(ends));
        found.push((word(name), end.map_or(0, |end| end + 1)));
    }
    found
}

#[test]
fn no_file_and_no_function_is_too_long() {
    let (mut wrong, mut long) = (Vec::new(), Vec::new());
    for (path, source) in ["src", "tests", "benches"].into_iter().flat_map(all_code) {
        let lines = source.lines().count();
        if lines > FILE {
            wrong.push(format!("{path} has {lines} lines"));
        }
        let more = functions(&source).into_iter().filter(|(_, lines)| *lines > FUNCTION);
        long.extend(more.map(|(name, lines)| (path.clone(), name.to_owned(), lines)));
    }
    let same =
        |(path, name, _): &(String, String, usize), known: &(&str, &str)| path == known.0 && name == known.1;
    for one in long.iter().filter(|one| !LONG.iter().any(|known| same(one, known))) {
        wrong.push(format!("{}: {} has {} lines", one.0, one.1, one.2));
    }
    for known in LONG.iter().filter(|known| !long.iter().any(|one| same(one, known))) {
        wrong.push(format!("{}: {} is short now: take it out of the list", known.0, known.1));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let planted =
        format!("    pub(super) fn f(\n    ) {{\n{}    }}\n    fn g();\n", "        1;\n".repeat(60));
    assert_eq!(functions(&planted), [("f", 63)]);
}
