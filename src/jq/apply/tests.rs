//! What apply rules see and make, and that both engines make the same of it.

use proptest::prelude::*;

use super::*;

fn view<'a>(data: &'a str, defaults: &'a [(String, Value)]) -> EventView<'a> {
    EventView {
        position: 7,
        branch: "main",
        kind: "Task",
        id: "a/b",
        version: 3,
        event: "TaskTold",
        occurred_at: Time::parse("2019-04-20T10:00:00Z").unwrap(),
        recorded_at: Time::parse("2019-04-20T10:00:01Z").unwrap(),
        data,
        meta: r#"{"actor":"ann"}"#,
        defaults,
    }
}

#[test]
fn a_rule_sees_the_whole_event() {
    let apply = Apply::compile("t", ".e = $event | .d = $data.x | .by = $meta.actor | .at = $at").unwrap();
    let defaults = [("x".to_owned(), Value::from(1)), ("y".to_owned(), Value::from("USD"))];
    let state = apply.apply(State::empty(), &view(r#"{"x":2}"#, &defaults)).unwrap();
    assert_eq!(
        state.to_json().unwrap(),
        concat!(
            r#"{"e":{"position":7,"branch":"main","aggregate":"Task/a/b","version":3,"type":"TaskTold","#,
            r#""occurred_at":"2019-04-20T10:00:00Z","recorded_at":"2019-04-20T10:00:01Z","#,
            r#""data":{"x":2,"y":"USD"},"meta":{"actor":"ann"}},"d":2,"by":"ann","at":"2019-04-20T10:00:00Z"}"#
        )
    );
}

#[test]
fn a_rule_makes_an_object_or_null() {
    assert!(Apply::compile("t", "null").unwrap().apply(State::empty(), &view("{}", &[])).unwrap().is_null());
    for (source, why) in [("1", "must be an object"), ("empty", "has none"), (".,.", "has 2")] {
        let error =
            Apply::compile("T.E apply", source).unwrap().apply(State::empty(), &view("{}", &[])).unwrap_err();
        assert!(error.message().starts_with("T.E apply: ") && error.message().contains(why), "{error}");
    }
}

#[test]
fn merging_follows_rfc_7396() {
    let state = State::from_json(r#"{"a":1,"b":{"c":1,"d":2},"e":[1]}"#).unwrap();
    let state = merge(state, r#"{"a":null,"b":{"c":null,"x":{"y":null}},"e":{"z":1}}"#).unwrap();
    assert_eq!(state.to_json().unwrap(), r#"{"b":{"d":2,"x":{}},"e":{"z":1}}"#);
}

#[test]
fn what_is_merged_has_the_defaults_that_it_lacks() {
    let defaults = [("x".to_owned(), Value::from(7)), ("y".to_owned(), Value::from("USD"))];
    let state = merge_event(State::empty(), &view(r#"{"x":2}"#, &defaults)).unwrap();
    assert_eq!(state.to_json().unwrap(), r#"{"x":2,"y":"USD"}"#);
}

#[test]
fn plain_rules_run_without_the_engine() {
    for source in [
        ".",
        "null",
        ".a = $data.x",
        ".a.b = $data.x.y | .at = $at",
        ".[\"k\"] = 1 | .tags[$data.tag] = true",
        ".n += 1 | .n -= 0.5 | .m //= [] | .m *= 2",
        "del(.a) | del(.b, .c.d)",
        ". + {a: $data.x, b: [1, $meta.actor]} + {c: {}}",
        ". * {a: {b: $event.version}}",
        ". += {$data, x: .a}",
        "if .a == null then .a = 1 elif $data.x and (.b | not) then del(.a) else . end",
        ".name = \"\\($data.first) \\($data.last)\"",
        ".comments += [{text: $data.text, at: $at, by: $meta.actor}]",
        ".n = (.n // 0) + $data.amount * 2",
        ".e = $event | .t = $event.type | .d = $event.data.x",
        ".n |= . + 1 | .list |= (.[0] = 1)",
        "if .closed then error(\"it is closed\") else .closed = true end",
        "def open($t): if $t.done then 0 else 1 end; .n = (.n // 0) + open($data) - open(.a)",
        "$data.x as $x | .a = $x | .b = $x",
        "def length($x): $x; .a = length(1) + (.b | length)",
        "def a: 1; def b: a + a; .a = b",
        "$data as $event | .a = $event.x",
    ] {
        assert!(Apply::compile("t", source).unwrap().is_bare(), "{source}");
    }
    for source in [
        ".tags |= map(select(. != $data.tag))",
        ".a[] = 1",
        "reduce .[] as $x (0; .)",
        ".a = (1, 2)",
        ".a = .b?",
        "def f: f; .a = f",
        "del(.a[0], .a[1])",
        "del(.a, .[.a])",
        "def f(g): g; .a = f(1)",
        "def f($length): length; .a = f(1)",
        ".x as [$x] | .a = $x",
        "def a: 1; def b: a + a; def c: b + b; def d: c + c; def e: d + d; def f: e + e; def g: f + f; .a = g",
    ] {
        assert!(!Apply::compile("t", source).unwrap().is_bare(), "{source}");
    }
}

#[test]
fn removing_a_key_keeps_the_order_of_the_others() {
    for compile in [Apply::compile, Apply::compile_unlowered] {
        let state = State::from_json(r#"{"a":1,"b":2,"c":3}"#).unwrap();
        let next = compile("t", "del(.a)").unwrap().apply(state, &view("{}", &[])).unwrap();
        assert_eq!(next.to_json().unwrap(), r#"{"b":2,"c":3}"#);
    }
}

#[test]
fn a_state_does_not_grow_deeper_than_it_can_be_written() {
    for compile in [Apply::compile, Apply::compile_unlowered] {
        for source in [".a = [.a]", ".a = {b: .a}", ".a.b = .", "{a: .}", ". += {a: {b: .}}"] {
            let apply = compile("t", source).unwrap();
            let mut state = State::from_json(r#"{"a":{}}"#).unwrap();
            let error = loop {
                match apply.apply(state, &view("{}", &[])) {
                    Ok(next) => state = next,
                    Err(error) => break error,
                }
                assert!(state.to_json().is_ok(), "{source}");
            };
            assert!(error.message().contains("deeper than 100 levels"), "{source}: {error}");
        }
    }
}

#[test]
fn an_event_that_holds_no_object_is_damage() {
    for compile in [Apply::compile, Apply::compile_unlowered] {
        let apply = compile("t", ".a = $data.x").unwrap();
        for data in ["[]", "null", "{\"x\":1", "{\"y\":1 \"x\":1}"] {
            let error = apply.apply(State::empty(), &view(data, &[])).unwrap_err();
            assert_eq!(error.kind(), crate::error::Kind::Damaged, "{data}: {error}");
        }
    }
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        (-3i64..40).prop_map(|n| n.to_string()),
        Just("9223372036854775807".to_owned()),
        (-4i32..9).prop_map(|n| format!("{:?}", f64::from(n) / 4.0)),
        prop::sample::select(vec!["\"\"", "\"a\"", "\"tag\"", "\"é🦀\""]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(","))),
            object(inner),
        ]
    })
}

fn object(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop::collection::btree_map(prop::sample::select(vec!["c", "a", "b", "x", "tag"]), value, 0..5).prop_map(
        |entries| {
            let mut entries: Vec<_> = entries.into_iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
            entries.reverse();
            format!("{{{}}}", entries.join(","))
        },
    )
}

/// What can be read without failing, mostly.
fn operand() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        ".",
        ".a",
        ".b",
        ".a.b",
        ".c",
        ".[\"x\"]",
        ".a[0]",
        "$data",
        "$data.x",
        "$data.tag",
        "$data.x.a",
        "$data.d",
        "$data[\"a\"]",
        "$meta.actor",
        "$meta",
        "$at",
        "$event",
        "$event.type",
        "$event.version",
        "$event.data.x",
        "$event.meta.actor",
        "$event.aggregate",
        "$event.nope",
        "null",
        "true",
        "false",
        "0",
        "1",
        "-2",
        "2.5",
        "1e3",
        "\"\"",
        "\"x\"",
        "\"tag\"",
        "[]",
        "{}",
        "{a}",
        "{$data}",
        "12345678901234567890",
    ])
    .prop_map(str::to_owned)
}

/// An operand far more often than anything that may fail: a rule that fails early compares little.
fn expr() -> impl Strategy<Value = String> {
    let safe = (operand(), prop::sample::select(vec!["//", "==", "!=", "<", ">=", "and", "or"]), operand());
    prop_oneof![
        4 => operand(),
        2 => safe.prop_map(|(l, op, r)| format!("({l} {op} {r})")),
        2 => (operand(), operand()).prop_map(|(a, b)| format!("{{a: {a}, b: {b}}}")),
        3 => any_expr(),
    ]
}

fn any_expr() -> impl Strategy<Value = String> {
    let leaf = operand();
    leaf.prop_recursive(3, 20, 3, |e| {
        let binary = prop::sample::select(vec![
            "+", "-", "*", "/", "%", "//", "==", "!=", "<", "<=", ">", ">=", "and", "or", "|",
        ]);
        prop_oneof![
            4 => (e.clone(), binary, e.clone()).prop_map(|(l, op, r)| format!("({l} {op} {r})")),
            1 => (e.clone(), e.clone()).prop_map(|(a, b)| format!("[{a}, {b}]")),
            2 => (e.clone(), e.clone()).prop_map(|(a, b)| format!("{{a: {a}, b: {b}}}")),
            1 => (e.clone(), e.clone()).prop_map(|(k, v)| format!("{{({k}): {v}}}")),
            2 => (e.clone(), e.clone(), e.clone()).prop_map(|(c, t, f)| format!("if {c} then {t} else {f} end")),
            1 => (e.clone(), e.clone()).prop_map(|(c, t)| format!("if {c} then {t} end")),
            1 => e.clone().prop_map(|e| format!("\"<\\({e})>\\n\"")),
            1 => (e.clone(), prop::sample::select(vec!["not", "length", "tostring"])).prop_map(|(e, f)| format!("({e} | {f})")),
            1 => e.clone().prop_map(|e| format!("-({e})")),
            1 => (e.clone(), e.clone()).prop_map(|(b, i)| format!("({b})[{i}]")),
            1 => (e.clone(), e.clone()).prop_map(|(v, e)| format!("({v} as $v | [{e}, $v, $v])")),
            1 => (e.clone(), e.clone(), e.clone()).prop_map(|(a, b, c)| {
                format!("(def f($p): if $p then {a} else [$p, {b}] end; [f({c}), f(.a)])")
            }),
            1 => e.prop_map(|e| format!("error({e})")),
        ]
    })
}

fn field() -> impl Strategy<Value = String> {
    prop::sample::select(vec![".a", ".b", ".x", ".new"]).prop_map(str::to_owned)
}

fn path() -> impl Strategy<Value = String> {
    let fixed = prop::sample::select(vec![
        ".a",
        ".b",
        ".c",
        ".a.b",
        ".b.x.a",
        ".[\"x\"]",
        ".tag[$data.tag]",
        ".[$data.tag]",
        ".a[0]",
        ".a[-1]",
        ".a?",
        ".a.b?",
        ".a?.b",
        ".a[7]",
        ".a[-7]?",
        ".a[$data.x]?.b",
    ]);
    prop_oneof![6 => field(), 6 => fixed.prop_map(str::to_owned), 1 => expr().prop_map(|e| format!(".a[{e}]"))]
}

fn rule() -> impl Strategy<Value = String> {
    let operator = prop::sample::select(vec!["=", "=", "=", "+=", "-=", "*=", "/=", "%=", "//="]);
    let leaf = prop_oneof![
        6 => (path(), operator, expr()).prop_map(|(p, op, e)| format!("{p} {op} {e}")),
        1 => expr().prop_map(|e| format!(". = {e}")),
        2 => path().prop_map(|p| format!("del({p})")),
        1 => (field(), field()).prop_map(|(p, q)| format!("del({p}, {q})")),
        1 => expr().prop_map(|e| format!(". + {e}")),
        1 => (expr(), expr()).prop_map(|(a, b)| format!(". + {a} * {b}")),
        1 => (expr(), expr()).prop_map(|(a, b)| format!(". + {a} + {b}")),
        1 => expr().prop_map(|e| format!(". * {e}")),
        1 => expr(),
    ];
    leaf.prop_recursive(2, 5, 2, |r| {
        prop_oneof![
            3 => (r.clone(), r.clone()).prop_map(|(a, b)| format!("{a} | {b}")),
            1 => (expr(), r.clone(), r.clone()).prop_map(|(c, a, b)| format!("if {c} then {a} else {b} end")),
            1 => (expr(), r.clone()).prop_map(|(c, a)| format!("if {c} then {a} end")),
            1 => (expr(), path(), r.clone()).prop_map(|(e, p, r)| format!("{e} as $v | {p} = $v | {r}")),
            1 => (any_expr(), path(), r.clone()).prop_map(|(e, p, r)| {
                format!("def f($p; $q): $p | {e}; def g: f(.b; 1); {p} = [g, f($data; .)] | {r}")
            }),
            1 => (path(), r).prop_map(|(p, r)| format!("{p} |= ({r})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn both_engines_agree(source in rule(), state in object(json()), data in object(json())) {
        let lowered = Apply::compile("t", &source).map_err(|m| TestCaseError::fail(m.message))?;
        let engine = Apply::compile_unlowered("t", &source).map_err(|m| TestCaseError::fail(m.message))?;
        prop_assert!(lowered.is_bare(), "{}", source);
        let defaults = [("d".to_owned(), Value::from("default"))];
        let event = view(&data, &defaults);
        let run = |apply: &Apply| {
            let next = apply.apply(State::from_json(&state).unwrap(), &event).map_err(|e| e.to_string());
            next.and_then(|next| next.to_json().map_err(|e| e.to_string()))
        };
        // Of two reasons to fail, either engine may meet another one first.
        prop_assert_eq!(run(&lowered).ok(), run(&engine).ok(), "{} on {} with {}", source, state, data);
    }

    #[test]
    fn a_filter_of_variables_agrees_with_the_engine(
        source in rule(),
        input in prop_oneof![object(json()), json()],
        data in object(json()),
    ) {
        let vars = &["$event", "$data", "$meta", "$at"];
        let plain = Rule::compile("t", &source, vars).map_err(|m| TestCaseError::fail(m.message))?;
        let engine = Rule::compile_unlowered("t", &source, vars, "").map_err(|m| TestCaseError::fail(m.message))?;
        prop_assert!(plain.is_bare() && !engine.is_bare(), "{}", source);
        let event = view(&data, &[]);
        let whole = State::of_event(&event, Hash([1; 32]), None).unwrap();
        let values = [
            whole,
            State::data_of(&event).unwrap(),
            State::meta_of(&event).unwrap(),
            State::of_time(event.occurred_at),
        ];
        let run = |rule: &Rule| {
            let output = rule.one(&State::from_json(&input).unwrap(), &values).map_err(|e| e.to_string());
            output.and_then(|output| output.to_json().map_err(|e| e.to_string()))
        };
        prop_assert_eq!(run(&plain).ok(), run(&engine).ok(), "{} on {} with {}", source, input, data);
    }
}
