//! Rules that run away are stopped and named; rules that reach outside do not compile.

mod bounds;

use super::*;

fn run(source: &str) -> Result<Vec<String>> {
    let rule =
        Rule::compile("T.E apply", source, &["$x"]).unwrap_or_else(|m| panic!("{source}: {}", m.message));
    let outputs = rule.run(&State::empty(), &[State::from_json(r#"{"a":[1,2]}"#)?])?;
    outputs.iter().map(State::to_json).collect()
}

fn ok(source: &str, outputs: &[&str]) {
    assert_eq!(run(source).unwrap_or_else(|e| panic!("{source}: {e}")), outputs, "{source}");
}

#[test]
fn regular_expressions_find_what_they_found() {
    ok(
        "\"aé🦀b\" | [match(\"(?<x>é)(🦀)|(q)?\"; \"g\") | [.offset, .length, .string, (.captures | map(.name))]]",
        &[
            r#"[[0,0,"",["x",null,null]],[1,2,"é🦀",["x",null,null]],[3,0,"",["x",null,null]],[4,0,"",["x",null,null]]]"#,
        ],
    );
    ok(
        "\"aXbxc\" | [splits(\"x\"; \"i\")], gsub(\"x\"; \"-\"; \"i\")",
        &["[\"a\",\"b\",\"c\"]", "\"a-b-c\""],
    );
    ok(
        "\"ab\" | gsub(\"\"; \"-\"), gsub(\"$\"; \"!\"), gsub(\"^\"; \">\")",
        &["\"-a-b-\"", "\"ab!\"", "\">ab\""],
    );
    ok(
        "\"a1b22\" | [scan(\"[0-9]+\")], [scan(\"([a-z])([0-9]+)\")]",
        &[r#"["1","22"]"#, r#"[["a","1"],["b","22"]]"#],
    );
    ok("\"2019-04\" | capture(\"(?<y>\\\\d+)-(?<m>\\\\d+)\")", &[r#"{"y":"2019","m":"04"}"#]);
    ok(
        "\"a\\nb\" | test(\"a.b\"), test(\"a.b\"; \"p\"), test(\"(?m)^b\"), test(\"a . b\"; \"xp\")",
        &["false", "true", "true", "true"],
    );
    ok(
        "\"aaa\" | [match(\"a*\"; \"gn\").string], [match(\"a|aa|aaa\"; \"gl\").string], [match(\"a*\"; \"g\").offset]",
        &["[\"aaa\"]", "[\"aaa\"]", "[0,3]"],
    );
    ok("\"ba\" | [match(\"(?:(a)|(b))*\").captures[].offset]", &["[1,0]"]);
    // Letters of every alphabet are letters, and look-around looks.
    ok(
        "\"MÜLLER\", \"Muller\" | test(\"müller\"; \"i\"), test(\"^\\\\w+$\"), test(\"\\\\p{Lu}\"), test(\"\\\\bLLER\")",
        &["true", "true", "true", "false", "false", "true", "true", "false"],
    );
    ok("\"école\" | test(\"\\\\bcole\"), sub(\"(?<=é)c\"; \"C\")", &["false", "\"éCole\""]);
    ok("\"foobar\" | test(\"foo(?!bar)\"), test(\"(o)\\\\1\")", &["false", "true"]);
    for (source, why) in [
        ("\"a\" | test(\"(\")", "invalid regex: "),
        ("\"a\" | test(\"a\"; \"q\")", "q is not a valid modifier string"),
        ("1 | test(\"a\")", "number (1) cannot be matched, as it is not a string"),
        ("\"a\" | test(1)", "number not a string or array"),
        ("\"a\" | test(\"(((a{100}){100}){100}){100}\")", "invalid regex"),
        ("\"a\" | test(\"((a{0,30}){0,30}){0,30}b\")", "invalid regex: it looks at more than 10000 things"),
        ("\"a\" * 50 | test(\"^(a|aa)+\\\\1b$\")", "stopped"),
    ] {
        let error = run(source).expect_err(source);
        assert!(error.message().contains(why), "{source}: {error}");
    }
}

#[test]
fn what_reaches_outside_does_not_compile() {
    for name in
        ["now", "env", "localtime", "input", "inputs", "halt", "debug", "stderr", "$ENV", "input_line_number"]
    {
        let mistake = Rule::compile("r", &format!(". | {name}"), &[]).err().expect(name);
        assert!(mistake.message.starts_with(&format!("`{name}` is not available: ")), "{}", mistake.message);
        assert_eq!(mistake.span, 4..4 + name.len(), "{name}");
    }
    for source in [
        "halt(1)",
        "halt_error",
        "debug(1)",
        "strflocaltime(\"\")",
        "import \"a\" as a; .",
        "include \"a\"; .",
    ] {
        assert!(Rule::compile("r", source, &[]).is_err(), "{source}");
    }
    assert!(run("\"1 Europe/Berlin\" | strptime(\"%d %Q\")").is_err());
}

#[test]
fn mistakes_point_at_their_place() {
    for (source, message, span) in [
        (".a = ", "expected term, found the end", 5..5),
        (".a | nope(1)", "there is no function `nope` with 1 argument", 5..9),
        (".a = $nope", "there is no variable `$nope`", 5..10),
        (".a = (1", "`(` is not closed", 5..6),
        (".a 'b'", "", 3..4),
        ("if . then 1", "expected else or end, found the end", 11..11),
    ] {
        let mistake = Rule::compile("r", source, &[]).err().expect(source);
        assert!(mistake.message.contains(message), "{source}: {}", mistake.message);
        assert_eq!(mistake.span, span, "{source}: {}", mistake.message);
    }
}

#[test]
fn errors_say_why_and_help() {
    assert_eq!(
        run("error(\"a title must not be empty\")").unwrap_err().message(),
        "T.E apply: a title must not be empty"
    );
    assert_eq!(run("{} + 1").unwrap_err().message(), "T.E apply: object ({}) and number (1) cannot be added");
}

#[test]
fn the_library_works() {
    ok(
        "[.[]], $x.a[1:], ($x | keys), (\"aé🦀b\" | .[1:3], length)",
        &["[]", "[2]", "[\"a\"]", "\"é🦀\"", "4"],
    );
    ok(
        "[\"a,b\" | splits(\",\")], (\"foo bar\" | test(\"o b\")), (\"abc\" | sub(\"b\"; \"x\"))",
        &["[\"a\",\"b\"]", "true", "\"axc\""],
    );
    ok(
        "$x | del(.a[0]) , (.a |= map(. * 2)), (.a[1:] = [9, 9])",
        &[r#"{"a":[2]}"#, r#"{"a":[2,4]}"#, r#"{"a":[1,9,9]}"#],
    );
    ok("{a: 1, b: 2, c: 3} | del(.a)", &[r#"{"b":2,"c":3}"#]);
    ok(
        "[3, 1, 2] | sort, (sort_by(-.)), ({k: .} | .k | max), (map(tostring) | join(\"-\"))",
        &["[1,2,3]", "[3,2,1]", "3", "\"3-1-2\""],
    );
    ok("[{a:1},{a:2},{a:1}] | group_by(.a) | map(length)", &["[2,1]"]);
    ok(
        "\"2019-04-20T10:00:00Z\" | fromdate, (fromdate | todate), (fromdate | strftime(\"%d.%m.%Y\"))",
        &["1555754400", "\"2019-04-20T10:00:00Z\"", "\"20.04.2019\""],
    );
    ok(
        "\"[1, 2.50]\" | fromjson, ({a: 1.5} | tojson), ([1, [2]] | flatten)",
        &["[1,2.5]", "\"{\\\"a\\\":1.5}\"", "[1,2]"],
    );
    ok(
        "(\"a-b-a\" | indices(\"a\")), ([1,2,1] | index(1), indices([1])), (\"abc\" | contains(\"b\"))",
        &["[0,4]", "0", "[0,2]", "true"],
    );
    ok(
        "[1,2,3] | bsearch(2), has(5), (. as [$a, $b] | $a + $b), @json, (. - [2])",
        &["1", "false", "3", "\"[1,2,3]\"", "[1,3]"],
    );
    ok(
        "{a: {b: 1}} * {a: {c: 2}} | ., to_entries[0].key, paths",
        &[r#"{"a":{"b":1,"c":2}}"#, "\"a\"", r#"["a"]"#, r#"["a","b"]"#, r#"["a","c"]"#],
    );
    ok(
        "9223372036854775807 + 1, -(-9223372036854775808), (10 | . / 4, . % 3)",
        &["9223372036854775808", "9223372036854775808", "2.5", "1"],
    );
    ok("limit(2; repeat(1)), [range(0; 10; 3)], first(range(5; 0; -1))", &["1", "1", "[0,3,6,9]", "5"]);
}

#[test]
fn what_does_not_exist_yet_is_made_on_the_way() {
    ok(
        ".a.b = 1, (.by[\"k\"] += 1), (.l[2] = 1), setpath([\"a\", 0]; 1), (.a |= empty), (.l[1:3] = [7])",
        &[
            r#"{"a":{"b":1}}"#,
            r#"{"by":{"k":1}}"#,
            r#"{"l":[null,null,1]}"#,
            r#"{"a":[1]}"#,
            "{}",
            r#"{"l":[7]}"#,
        ],
    );
    ok("[1, 2, 3] | del(.[0, 2]), del(.[0], .[1]), del(.[5], .[-9])", &["[2]", "[3]", "[1,2,3]"]);
    ok("[[1, null], [\"a\"]] | map(join(\"/\"))", &[r#"["1/","a"]"#]);
    ok(
        "{a: null, b: 5} | del(.a.x), (try del(.b.x) catch 0), del(.b.x?)",
        &[r#"{"a":null,"b":5}"#, "0", r#"{"a":null,"b":5}"#],
    );
    for source in [".l[1000000000] = 1", ".l[-1] = 1", "[1] | .a = 1", "\"a\" | .[0:1] = \"b\""] {
        assert!(run(source).is_err(), "{source}");
    }
    assert!(run(".l[500000000] = 1").unwrap_err().message().contains("MB"));
}

#[test]
fn from_entries_takes_every_spelling() {
    let source = r#"[{key: "a", value: 1}, {k: "b", v: 2}, {name: "c", Value: 3}, {Name: "d", V: 4}, {K: "e"}, {Key: "f", value: false},
        {key: 7, value: 0}, {key: false}] | from_entries"#;
    ok(source, &[r#"{"a":1,"b":2,"c":3,"d":4,"e":null,"f":false,"7":0,"false":null}"#]);
}

#[test]
fn numbers_are_written_as_jq_writes_them() {
    ok(
        r#""\(10 / 2)", "\(1.5 * 2)", "\(1 / 3)", "\(1 / 100000)", "\(1e17 * 1)", "\(4 | sqrt)", "\(nan)", "\(0.1 + 0.2)""#,
        &[
            r#""5""#,
            r#""3""#,
            r#""0.3333333333333333""#,
            r#""1e-05""#,
            r#""1e+17""#,
            r#""2""#,
            r#""null""#,
            r#""0.30000000000000004""#,
        ],
    );
    ok(
        "5.5 % 2.5, -5 % 3, 5 % -2, (try (5 % 0.5) catch 0), (try (1 / 0) catch 0)",
        &["1", "-2", "1", "0", "0"],
    );
}

#[test]
fn times_are_those_of_jq() {
    ok(r#""2015-03" | strptime("%Y-%m") | ., mktime"#, &["[2015,2,0,0,0,0,6,58]", "1425081600"]);
    ok(
        r#""Thu, 05 Mar 2015 23:51:47 +0100" | strptime("%a, %d %b %Y %H:%M:%S %z") | mktime | todate"#,
        &[r#""2015-03-05T23:51:47Z""#],
    );
    ok(
        r#"1425599621.678 | todate, gmtime, (gmtime | mktime), dateadd("seconds"; 10), strftime("%s %j %a %Z %z %e")"#,
        &[
            r#""2015-03-05T23:53:41Z""#,
            "[2015,2,5,23,53,41.678,4,63]",
            "1425599621",
            "1425599631.678",
            r#""1425599621 064 Thu UTC +0000  5""#,
        ],
    );
    ok("[2015, 14, 35, 23, 51, 47] | mktime", &["1459813907"]);
}

#[test]
fn definitions_before_a_rule_can_be_called() {
    let prelude = "def event($t; $d): {type: $t, data: $d}; def event($t): event($t; {});";
    let rule = Rule::compile_with("r", "event(\"A\"; {x: 1}), event(\"B\")", &[], prelude).unwrap();
    let outputs = rule.run(&State::null(), &[]).unwrap();
    assert_eq!(outputs[0].to_json().unwrap(), r#"{"type":"A","data":{"x":1}}"#);
    assert_eq!(outputs[1].to_json().unwrap(), r#"{"type":"B","data":{}}"#);
    assert!(Rule::compile_with("r", ".", &[], "def f").is_err());
}
