//! Nothing that a store, a file or an argument holds reaches a terminal as it is: every verb of the command line's own
//! tree, over a store whose every text is hostile. A new verb is in it by itself.
#![cfg(unix)]

use std::fs::File;
use std::io::Read as _;
use std::process::Stdio;

use crate::program::Place;
use backstory::visible::is_harmful;
use clap::{ArgAction, Command};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// A title that is set, the clipboard written, C1 controls, a direction override, and a word in tag characters.
const BAD: &str =
    "x\u{1b}]0;title\u{7}\u{1b}]52;c;QUFB\u{7}\u{9b}31m\u{202e}\u{e0041}\u{e007f}\u{200b}\u{feff}y";

fn toml(text: &str) -> String {
    text.chars()
        .map(|c| if is_harmful(c) { format!("\\U{:08X}", u32::from(c)) } else { c.to_string() })
        .collect()
}

/// A store in which types, ids, fields, values, actors, reasons, branches, waypoints, domain and rules are hostile.
fn hostile() -> Place {
    let place = Place::empty();
    let bad = toml(BAD);
    let domain = format!(
        "[domain]\nname = \"{bad}\"\ntime_zone = \"UTC\"\n\
         [aggregate.\"{bad}\"]\ndoc = \"{bad}\"\nlabel = '.name'\nstatus = '.name'\n\
         [aggregate.\"{bad}\".attributes]\nname = {{ type = \"string\", doc = \"{bad}\" }}\n\
         [aggregate.\"{bad}\".event.\"{bad}\"]\ndoc = \"{bad}\"\napply = '.name = $data.name | .[\"{bad}\"] = $data.name'\n\
         [aggregate.\"{bad}\".event.\"{bad}\".data]\nname = \"string?\"\n\
         [aggregate.\"{bad}\".event.Failed]\napply = 'error(\"{bad}\")'\n\
         [aggregate.\"{bad}\".command.\"{bad}\"]\ndoc = \"{bad}\"\nemit = 'event(\"{bad}\"; {{name: \"{bad}\"}})'\n\
         [aggregate.\"{bad}\".command.refuse]\nemit = 'error(\"{bad}\")'\n\
         [[reactor]]\nname = \"note\"\ndoc = \"{bad}\"\non = [\"*\"]\nnotify = '\"{bad}\"'\n\
         [[reactor]]\nname = \"mail\"\non = [\"*\"]\nmail = {{ to = '\"a@b.example\"', subject = '\"{bad}\"', body = '\"{bad}\"' }}\n\
         [projection.rows]\ndoc = \"{bad}\"\non = [\"*\"]\nkey = '\"{bad}\"'\nfold = '.[\"{bad}\"] = 1'\n\
         [[monitor]]\nname = \"{bad}\"\non = [\"*\"]\nat_most = 1\nwithin = \"1h\"\n"
    );
    // A rule writes them as jq does.
    let domain: String = domain
        .split('\'')
        .enumerate()
        .map(
            |(at, part)| {
                if at % 2 == 1 { format!("'{}'", part.replace(&bad, BAD_RULE)) } else { part.to_owned() }
            },
        )
        .collect();
    place.file("bad.toml", domain);
    let made = place.run(&["init", "--domain", "bad.toml"]);
    if made.code != 0 {
        // A domain may refuse such names; what a log brings is not asked.
        place.ok(&["init"]);
    }
    let text = |text: &str| serde_json::to_string(text).unwrap();
    let line = |kind: &str, id: &str| {
        format!(
            "{{\"aggregate\":{},\"type\":{},\"data\":{{\"name\":{},{}:{}}},\"meta\":{{\"actor\":{},\"reason\":{},\
             \"correlation_id\":{}}},\"occurred_at\":\"2019-04-01T00:00:00Z\"}}\n",
            text(&format!("{BAD}/{id}")),
            text(kind),
            text(BAD),
            text(BAD),
            text(BAD),
            text(BAD),
            text(BAD),
            text(BAD)
        )
    };
    place.file("bad.jsonl", line(BAD, BAD) + &line(BAD, "2") + &line("Failed", "3") + &line(BAD, "2"));
    place.ok(&["import", "bad.jsonl", "--actor", BAD]);
    place.ok(&["branch", "b"]);
    place.ok(&["waypoint", "w", "1"]);
    place.run(&["fire", &format!("{BAD}/{BAD}"), BAD, "--actor", BAD, "--reason", BAD]);
    // Names that the program refuses to give may stand in a store all the same.
    let sql = place.sql();
    sql.execute("UPDATE branches SET name = ?1 WHERE name = 'b'", [BAD]).unwrap();
    sql.execute("UPDATE waypoints SET name = ?1, actor = ?1", [BAD]).unwrap();
    sql.execute("UPDATE jobs SET error = ?1, effect = ?1, reactor = 'note' WHERE id = 1", [BAD]).unwrap();
    place
}

/// The same characters as jq writes them in a text.
const BAD_RULE: &str = "x\\u001b]0;title\\u0007\\u009b31m\\u202ey";

/// Every verb that does something, with the words that lead to it.
fn leaves(command: &Command, path: &[String], found: &mut Vec<(Vec<String>, Command)>) {
    if command.get_subcommands().next().is_none() || !command.is_subcommand_required_set() {
        found.push((path.to_vec(), command.clone()));
    }
    for sub in command.get_subcommands() {
        let path: Vec<_> = path.iter().cloned().chain([sub.get_name().to_owned()]).collect();
        leaves(sub, &path, found);
    }
}

/// What may stand in the place of an argument.
fn values() -> Vec<String> {
    ["1", "bad.toml", "bad.jsonl", ".name", "note"]
        .map(str::to_owned)
        .into_iter()
        .chain([BAD.to_owned(), format!("{BAD}/{BAD}"), format!("{BAD}/2@1"), format!("{BAD}/3")])
        .collect()
}

/// Calls of a verb: each value in the place of every positional argument, and each option alone with each of a few.
fn calls(path: &[String], verb: &Command) -> Vec<Vec<String>> {
    let positional: Vec<_> = verb.get_positionals().collect();
    let required = positional.iter().filter(|arg| arg.is_required_set()).count();
    let mut calls = Vec::new();
    for value in values() {
        for count in required..=positional.len().min(required + 1) {
            let mut call = path.to_vec();
            call.extend(std::iter::repeat_n(value.clone(), count));
            calls.push(call);
        }
    }
    let some = [BAD.to_owned(), format!("{BAD}/2"), "bad.toml".to_owned(), "1".to_owned()];
    for option in verb.get_arguments().filter(|arg| !arg.is_positional()) {
        // What follows a log stays until it is stopped; it prints as without following.
        let stays = |long: &&str| path == ["log"] && matches!(*long, "follow" | "first");
        let Some(long) =
            option.get_long().filter(|long| !matches!(*long, "help" | "version") && !stays(long))
        else {
            continue;
        };
        for value in &some {
            let mut call = path.to_vec();
            call.extend(std::iter::repeat_n(value.clone(), required));
            call.push(format!("--{long}"));
            if matches!(option.get_action(), ArgAction::Set | ArgAction::Append) {
                call.push(value.clone());
            }
            calls.push(call);
        }
    }
    calls
}

/// What a run of the program says to a terminal on its standard output, and on its standard error.
fn said(place: &Place, args: &[String]) -> (String, String) {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap();
    let terminal = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    // The command keeps the terminal open for as long as it is there.
    let mut child = {
        let mut command = place.command(&args);
        // A help has looks of its own.
        if args.contains(&"help") {
            command.env("NO_COLOR", "1");
        }
        command.stdout(Stdio::from(terminal)).stderr(Stdio::piped()).env("EDITOR", "true").spawn().unwrap()
    };
    let mut error = child.stderr.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = error.read_to_end(&mut bytes);
        bytes
    });
    // The last writer is gone when the child is: then reading fails, and that is the end.
    let mut out = Vec::new();
    let mut controller = File::from(controller);
    let _ = controller.read_to_end(&mut out);
    child.wait().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (text(out), text(reader.join().unwrap()))
}

#[test]
fn no_verb_lets_a_hostile_text_through() {
    let place = hostile();
    let mut found = Vec::new();
    leaves(&backstory::cli::command(), &[], &mut found);
    assert!(found.len() > 40, "{} verbs", found.len());
    let copy = std::fs::read(place.store()).unwrap();
    let (mut runs, mut spoken) = (0, 0);
    for (path, verb) in &found {
        // These stay until they are stopped.
        if path.is_empty() || matches!(path[0].as_str(), "open" | "demo") {
            continue;
        }
        for call in calls(path, verb) {
            for json in [false, true] {
                let mut call = call.clone();
                if path[0] == "work" {
                    call.push("--once".to_owned());
                }
                if json {
                    call.push("--json".to_owned());
                }
                let (out, error) = said(&place, &call);
                runs += 1;
                spoken += usize::from(out.contains('x') || error.contains('x'));
                for text in [&out, &error] {
                    // A terminal itself turns a line end into two.
                    let bad = text.chars().find(|c| !matches!(c, '\n' | '\r' | '\t') && is_harmful(*c));
                    assert!(bad.is_none(), "{call:?} let {bad:?} through: {text:?}");
                    assert!(!text.contains("panicked"), "{call:?}: {text}");
                }
            }
        }
        std::fs::write(place.store(), &copy).unwrap();
        for end in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(place.path(&format!("backstory.db{end}")));
        }
    }
    println!("{} verbs, {runs} runs, {spoken} of them spoke", found.len());
    assert!(runs > 1_000 && spoken > 300, "{runs} runs, {spoken} spoke");
}

#[test]
fn json_says_the_same_and_an_export_keeps_its_bytes_in_a_file() {
    let place = hostile();
    let raw = place.run(&["export"]).out;
    assert!(raw.contains('\u{202e}') && raw.contains('\u{9b}'), "what is exported comes back with its hash");
    let shown = place.json(&["show", "1"]).remove(0);
    assert_eq!(shown["event"]["data"].get("name").or(shown["data"].get("name")).unwrap(), BAD);
}
