//! jq's own tests, as they are published with it (`tests/data/jq`): what is written in jq means what it means in jq.

use backstory::jq::{Rule, State};
use std::fmt::Write as _;

/// One of jq's tests: a program, its input, and what comes out; without an input it must be refused.
struct Case<'a> {
    place: String,
    program: &'a str,
    input: Option<&'a str>,
    outputs: Vec<&'a str>,
}

fn cases<'a>(file: &str, text: &'a str) -> Vec<Case<'a>> {
    let mut lines = text.lines().enumerate().peekable();
    let mut cases = Vec::new();
    let is_none = |line: &str| line.trim().is_empty() || line.starts_with('#');
    while let Some((at, line)) = lines.next() {
        if is_none(line) {
            continue;
        }
        let refused = line.starts_with("%%FAIL");
        let program = if refused { lines.next().unwrap().1 } else { line };
        let input = lines.next().map(|(_, line)| line.trim_start_matches('\u{feff}')).filter(|_| !refused);
        let mut outputs = Vec::new();
        while let Some((_, line)) = lines.next_if(|(_, line)| !is_none(line)) {
            outputs.push(line);
        }
        cases.push(Case { place: format!("{file}:{}", at + 1), program, input, outputs });
    }
    cases
}

impl Case<'_> {
    fn run(&self) -> Result<(), String> {
        let ran = Rule::compile("jq", self.program, &[]).map_err(|mistake| mistake.message);
        let Some(input) = self.input else {
            let refused = ran.and_then(|rule| rule.run(&State::null(), &[]).map_err(|e| e.to_string()));
            return refused.err().map(drop).ok_or_else(|| "it is not refused".to_owned());
        };
        let state = |json: &str| State::from_json(json).map_err(|error| format!("{json}: {error}"));
        let outputs = match ran?.run(&state(input)?, &[]) {
            // jq's tests end where a program fails.
            Err(_) if self.outputs.is_empty() => Vec::new(),
            ran => ran.map_err(|error| error.to_string())?,
        };
        let wanted = self.outputs.iter().map(|json| state(json)).collect::<Result<Vec<_>, _>>()?;
        let shown = |outputs: &[State]| {
            let shown = outputs.iter().map(|output| output.to_json().unwrap_or_else(|e| e.to_string()));
            shown.collect::<Vec<_>>().join(" ")
        };
        if outputs == wanted { Ok(()) } else { Err(format!("{} for {}", shown(&outputs), shown(&wanted))) }
    }
}

#[test]
fn what_jq_tests_holds_here_too() {
    let files = [
        ("jq.test", include_str!("../data/jq/jq.test")),
        ("onig.test", include_str!("../data/jq/onig.test")),
        ("base64.test", include_str!("../data/jq/base64.test")),
        ("uri.test", include_str!("../data/jq/uri.test")),
        ("optional.test", include_str!("../data/jq/optional.test")),
    ];
    let mut reasons = Vec::new();
    let mut reason = "";
    for line in include_str!("../data/jq/left_out").lines() {
        match line.strip_prefix("# ") {
            Some(why) => reason = why,
            None if !line.is_empty() => reasons.push((line, reason)),
            None => {}
        }
    }
    let (mut passed, mut all, mut wrong) = (0, 0, String::new());
    for case in files.iter().flat_map(|(file, text)| cases(file, text)) {
        all += 1;
        let place = format!("{} {}", case.place, case.program);
        let left_out = reasons.iter().any(|(program, _)| *program == case.program);
        match case.run() {
            Ok(()) => {
                passed += 1;
                if left_out {
                    let _ = writeln!(wrong, "holds, and is listed as left out: {place}");
                }
            }
            Err(_) if left_out => {}
            Err(why) => {
                let _ = writeln!(wrong, "{place}\n    {why}");
            }
        }
    }
    println!("{passed} of {all} tests of jq hold; {} are left out:", all - passed);
    for (program, why) in &reasons {
        println!("  {program}\n    {why}");
    }
    assert!(wrong.is_empty(), "{passed} of {all} hold.\n{wrong}");
}
