use super::*;

#[test]
fn fields_are_read_alone_where_nothing_shows_the_whole() {
    let reads = |source: &str| {
        let reads = Reads::of(source);
        let read = |var: &str| match reads.need(var) {
            Need::Whole => "whole".to_owned(),
            Need::Fields(keys) => keys.join(" "),
        };
        (read("$event") == "whole", read("$data"), read("$meta"), reads.at)
    };
    let fields = |data: &str, meta: &str| (false, data.to_owned(), meta.to_owned(), false);
    assert_eq!(reads(r#".a = $data.x | .b = $data["y"].z | .c = $meta.u"#), fields("x y", "u"));
    assert_eq!(reads(r#"select($data.x > 1) | .s = "\($meta.u)" | .t[$data.y]? = 1"#), fields("x y", "u"));
    assert_eq!(reads(". + $data | .a = $meta.u"), fields("whole", "u"));
    assert_eq!(reads("{$data}"), fields("whole", ""));
    assert_eq!(reads(".a = ($data.x |= 1) | .b = del($meta.u)"), fields("whole", "whole"));
    assert_eq!(reads(".a = $data[$meta.u]"), fields("whole", "u"));
    assert_eq!(reads(".a = $at"), (false, String::new(), String::new(), true));
    assert_eq!(reads("$event"), (true, "whole".to_owned(), "whole".to_owned(), false));
    assert_eq!(reads("$event.meta.u == $event.data.x.y"), fields("x", "u"));
    assert_eq!(reads("$event.meta | .u"), fields("", "whole"));
    assert_eq!(reads("reduce $data.x[] as $i (.; .a += $i)").1, "whole");
}

#[test]
fn of_a_variable_of_any_name_the_fields_are_known() {
    let reads = |source: &str, var: &str| match Reads::of(source).need(var) {
        Need::Whole => vec!["all".to_owned()],
        Need::Fields(names) => names,
    };
    assert_eq!(reads(r#"$by["a.b"].actor != $meta.actor and $flags.late"#, "$by"), ["a.b"]);
    assert_eq!(reads("$flags.late or $flags.gap", "$flags"), ["late", "gap"]);
    assert_eq!(reads("$flags | keys", "$flags"), ["all"]);
    assert_eq!(reads("reduce $changed[] as $i (0; . + 1)", "$changed"), ["all"]);
    assert!(reads("reduce $changed[] as $i (0; . + 1)", "$by").is_empty());
}

#[test]
fn a_filter_that_looks_at_the_event_alone_reads_no_state() {
    for source in [
        "$event.meta.actor == \"ann\"",
        "$flags.late",
        "any($changed[]; . == \"a\" or startswith(\"a.\"))",
        "$event | .data.x // .meta.y",
        "{$at, x: $data.x} | .x",
        "if $flags.gap then 1 else 2 end",
        "$changed | index(\"x\")",
    ] {
        assert!(!Reads::of(source).input(), "{source}");
    }
    for source in [
        ".a",
        "$data.x == .a",
        "length",
        "$data[.a]",
        "\"\\(.a)\"",
        "if $flags.gap then 1 end",
        "reduce 1 as $x (.; .)",
    ] {
        assert!(Reads::of(source).input(), "{source}");
    }
}
