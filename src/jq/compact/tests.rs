//! What is let in, and how it is kept.

use super::*;

#[test]
fn whitespace_goes_and_spelling_stays() {
    let text = " { \"b\" : [ 1.50 , -0.0 , 1E3, 18446744073709551615 ] , \"a\" : \"\\u0041 \\\" x\" } ";
    assert_eq!(compact(text).unwrap(), r#"{"b":[1.50,-0.0,1E3,18446744073709551615],"a":"\u0041 \" x"}"#);
}

#[test]
fn numbers_that_would_change_are_named() {
    for text in
        [r#"{"a":[0,18446744073709551616]}"#, r#"{"a":[0,1.00000000000000000001]}"#, r#"{"a":[0,1e400]}"#]
    {
        assert!(compact(text).unwrap_err().message().starts_with(".a[1]: "), "{text}");
    }
    assert!(compact("1e-400").is_err() && compact("9007199254740993.0").is_err());
    for text in ["0.1", "0.10000000000000001", "0e9", "-1.7976931348623157e308", "5e-324", "100.000", "0.1e1"]
    {
        assert_eq!(compact(text).unwrap(), text);
    }
}

#[test]
fn doubled_keys_are_named_however_they_are_spelled() {
    let error = compact(r#"{"x":{"a b":1,"\u0061 b":2}}"#).unwrap_err();
    assert!(error.message().starts_with(r#".x["\u0061 b"]: "#), "{error}");
    assert!(compact(r#"{"a":{"k":1},"b":{"k":1}}"#).is_ok());
}

#[test]
fn what_others_wrote_is_let_through_and_told() {
    fn lenient(text: &str) -> (Cow<'_, str>, Slips) {
        compact_leniently(text).unwrap()
    }
    let none = Slips::default();
    let plain = r#"{ "a": "\u0041\ud83c\udf89", "b": {"a": 1} }"#;
    assert_eq!(lenient(plain), (compact(plain).unwrap(), none));
    assert_eq!(
        lenient(r#"{"n": 1000000000000000000000, "d": 12345678901234567.89, "e": 1e400}"#),
        (
            r#"{"n":1000000000000000000000,"d":12345678901234567.89,"e":1e400}"#.into(),
            Slips { digits: true, ..none }
        )
    );
    assert_eq!(
        lenient(r#"{"a":"x\\\ud83c","\udc00":["\ud83c\ud83c\udf89\n\ud83c"]}"#),
        (
            r#"{"a":"x\\\ufffd","\ufffd":["\ufffd\ud83c\udf89\n\ufffd"]}"#.into(),
            Slips { halves: true, ..none }
        )
    );
    let twice = Slips { doubled: true, ..none };
    assert_eq!(lenient(r#"{"a": 1, "b": 2, "\u0061": 3}"#), (r#"{"b":2,"\u0061":3}"#.into(), twice));
    assert_eq!(
        lenient(r#"{"a":{"x":[1,2],"x":{}},"a":{"y":1,"y":2,"y":3},"c":0}"#),
        (r#"{"a":{"y":3},"c":0}"#.into(), twice)
    );
    assert_eq!(lenient(r#"{"a":1,"a":2}"#), (r#"{"a":2}"#.into(), twice));
    assert!(compact_leniently("{\"a\":").is_err() && compact_leniently(&"[".repeat(200)).is_err());
}

#[test]
fn levels_end_at_a_hundred() {
    let nest = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    assert!(compact(&nest(100)).is_ok());
    assert!(compact(&nest(101)).is_err());
    assert!(compact(&nest(1_000_000)).is_err());
}

#[test]
fn what_is_not_json_is_refused() {
    for text in ["", "{", "{} {}", r#""\ud800""#, "nul", "[1,]"] {
        assert!(compact(text).is_err(), "{text}");
    }
}
