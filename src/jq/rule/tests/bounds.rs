//! What runs away is stopped, wherever it loops; deep values do no harm.

use super::super::*;
use super::{ok, run};

#[test]
fn what_runs_away_is_stopped_and_named() {
    let nest = "reduce range(60) as $i ([0]; [., .])";
    for (source, why) in [
        ("def f: f; f", "steps"),
        ("def f: f | f; f", ""),
        ("def f: [f]; f", "nested too deeply"),
        ("def f: 1 + f; f", "nested too deeply"),
        ("[range(infinite)]", "steps"),
        ("range(infinite)", "results"),
        ("\"x\" * 100000000000", "a text of more than"),
        ("100000000000 * \"x\"", "a text of more than"),
        (".a = \"x\" | .a *= 100000000000", "a text of more than"),
        ("reduce range(60) as $i ([0]; . + .)", "MB"),
        ("reduce range(60) as $i (\"x\"; . + .)", "MB"),
        ("reduce range(60) as $i (2; . * .)", "integer"),
        ("[limit(1e9; repeat(1))]", "steps"),
        ("last(repeat(1))", "steps"),
        ("reduce range(1000000) as $i (0; [.])", ""),
        ("reduce range(100000) as $i (0; [.]) | tojson", "nested too deeply"),
        ("[range(2) | reduce range(400000) as $i (0; [.])] | .[0] == .[1]", "stopped"),
        ("reduce range(200) as $i (0; [.])", "deeper than 100 levels"),
        ("reduce range(200) as $i (0; {a: .})", "deeper than 100 levels"),
        (&format!("{nest} | tojson"), "stopped"),
        (&format!("{nest} | tostring"), "stopped"),
        (&format!("{nest} | \"\\(.)\""), "stopped"),
        (&format!("{nest} | @json"), "stopped"),
        (&format!("{nest} | @text"), "stopped"),
        (&format!("{nest} == ({nest})"), "steps"),
        (&format!("[{nest}, {nest}] | sort | length"), "steps"),
        (&format!("[{nest}, {nest}] | unique | length"), "steps"),
        (&format!("{nest} | flatten | length"), "steps"),
        (&format!("{nest} | [..] | length"), "steps"),
        (&format!("{nest} | contains({nest})"), "steps"),
        (&format!("{nest} | walk(.) | length"), "steps"),
        (&format!("{{a: {nest}}}"), "holds more than"),
        (&format!("{nest} | error"), ""),
        ("reduce range(1000) as $i ([range(10000)]; . + [$i] | [.[]])", "stopped"),
        ("[\"x\" * 1000000 | splits(\"\"; \"g\")]", "stopped"),
        ("\"x\" * 30000000 | explode | length", "stopped"),
        ("\"x\" * 30000000 | [. / \"\"] | length", "stopped"),
        ("[range(100000)] | combinations(3)", "stopped"),
        ("[range(1000)] | [combinations(3)] | length", "stopped"),
        ("\"[\" * 1000000 | fromjson", "cannot parse"),
        ("\"9\" * 1000000 | tonumber", "stopped"),
        ("[range(100000) | tostring] | join(\",\" * 100000)", "stopped"),
        ("last(range(100000) | \"ab\" | test(\"a.c\"))", "steps"),
        ("until(false; .)", "steps"),
        ("[recurse(.)]", ""),
    ] {
        let error = run(source).expect_err(source);
        assert!(error.message().starts_with("T.E apply: "), "{source}: {error}");
        assert!(error.message().contains(why), "{source}: {error}");
        assert!(error.message().len() < 1000, "{source}: {} bytes", error.message().len());
    }
}

/// Runs it where a failure to end is seen, and says how it ended.
fn ended(source: &str) -> Result<Vec<String>> {
    let (say, said) = std::sync::mpsc::channel();
    let source = source.to_owned();
    let shown = source.clone();
    std::thread::spawn(move || say.send(run(&source)));
    said.recv_timeout(std::time::Duration::from_secs(300)).unwrap_or_else(|_| panic!("{shown} does not end"))
}

#[track_caller]
fn is_stopped(source: &str) {
    let error = ended(source).expect_err(source);
    assert_eq!(error.kind(), crate::error::Kind::Stopped, "{source}: {error}");
}

#[test]
fn what_loops_inside_a_function_of_the_library_is_stopped_too() {
    for source in [
        "\"a\" * 1000000 | indices(\"a\" * 500000)",
        "\"A\" * 300000 | [match(\".*[^A-Z]|[A-Z]\"; \"g\")] | length",
        "\"a\" * 300000 | gsub(\"a*?b|a\"; \"x\")",
        "\"xy\" * 300000 | [splits(\"(x[^z]*z)?\")]",
        "\"a\" * 1000000 | test(\"(a?){100}(a?){100}(a?){100}b\")",
        "\"a\" * 1000000 | [scan(\"a{1,1000}b|a\")]",
        "\"a\" * 300000 | [match(\"(\" * 40 + \"a\" + \")\" * 40; \"g\")] | length",
        "last(range(1000000) | \"a\" | test(\"(a{50}){50}\"))",
        "\"%c\" * 15000000 as $f | 0 | strftime($f)",
        "\"a\" * 100000 | gsub(\"(?<=a)a(?!b)\"; \"x\")",
        "last(range(1000000) | tostring | test(\"\\\\w\" + .))",
        "\"k\" * 1000000 as $k | {($k): 1} as $o | last(range(1000000) | $o[$k])",
        "\"k\" * 1000000 as $k | {} as $o | last(range(1000000) | $o | has($k))",
        "\"k\" * 1000000 as $k | last(range(1000000) | \"\" | split($k))",
        "\"k\" * 1000000 as $k | last(range(1000000) | \"\" | indices($k))",
        "\"k\" * 1000000 as $k | last(range(1000000) | \"\" | contains($k))",
    ] {
        is_stopped(source);
    }
    // What can be told at once is told, whatever the length.
    let many = ended("\"a\" * 3000000 | indices(\"a\" * 1000000 + \"b\")").unwrap();
    assert_eq!(many, ["[]"]);
}

#[test]
fn functions_of_long_texts_and_arrays_are_counted_by_what_they_look_at() {
    let on_text = [
        "length",
        "utf8bytelength",
        "explode",
        "ascii_downcase",
        "ascii_upcase",
        "ltrimstr(\"a\")",
        "trim",
        "rtrim",
        "startswith($s)",
        "endswith($s)",
        "ltrimstr($s)",
        "tojson",
        "tostring | . == $s + \"\"",
        "@html",
        "@uri",
        "@urid",
        "@sh",
        "@base64",
        "@base64d",
        "@json",
        "split(\"b\")",
        "test(\"b\")",
        "sub(\"b\"; \"\")",
        "index(\"b\")",
        "contains(\"b\")",
        ". < $s",
        ".[500000:500001]",
        ". + \"a\"",
        "{(.): 1}",
        "fromjson?",
        "tonumber?",
        "strptime(\"%Y\")?",
        "fromdate?",
        "fromyaml?",
        "[.] | implode?",
        "[., .] | sort",
        "{a: .} == {a: ($s + \"\")}",
    ];
    let on_array = [
        "length",
        "sort",
        "sort_by(-.)",
        "group_by(. % 7)",
        "unique",
        "min",
        "max",
        "min_by(-.)",
        "reverse",
        "add",
        "any",
        "all",
        "flatten",
        "index(-1)",
        "indices([7, 8])",
        "contains([-1])",
        "inside([1])",
        "bsearch(7)",
        "first",
        "last",
        "keys",
        "to_entries",
        "with_entries(.)",
        "map(.)",
        "join(\",\")",
        "tojson",
        "tostring",
        "has(7)",
        ".[7:]",
        "del(.[7])",
        "del(.[range(100)])",
        ". - [7]",
        ". + [7]",
        ". == ($s | map(.))",
        ". < ($s | map(.))",
        "[paths]",
        "getpath([7])",
        "to_entries | from_entries?",
        "implode?",
        "transpose?",
        "walk(.)",
        "[limit(7; .[])]",
        "[skip(7; .[])]",
        "nth(7)",
        ".[7] = 1",
        ".[7:9] = [1]",
        "map_values(.)",
        "[.[] | tostring] | join(\"\")",
        "[combinations(2)]",
        "splits(\"a\")?",
        "[.[:2], .] | add",
        "min_by(.)",
        "unique_by(.)",
    ];
    for (value, functions) in [("\"a\" * 1000000", &on_text[..]), ("[range(50000)]", &on_array[..])] {
        for function in functions {
            is_stopped(&format!("({value}) as $s | last(range(1000000) | $s | {function} | 0)"));
        }
    }
}

#[test]
fn deep_values_are_dropped_without_harm() {
    ok("reduce range(100000) as $i (0; [.]) | 1", &["1"]);
    ok("reduce range(100000) as $i (0; {a: .}) | 1", &["1"]);
    ok("try (reduce range(100000) as $i (0; [.]) | error) catch 1", &["1"]);
}

#[test]
fn an_engine_failure_is_an_error_and_leaves_the_thread_usable() {
    // The engine's bounds hold for the next run as well: nothing is carried over.
    for _ in 0..3 {
        assert!(run("def f: f; f").is_err());
        ok("1", &["1"]);
        assert!(!limits::running());
    }
}
