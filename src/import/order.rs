//! The order that a mapping gives to records: bytes that sort as jq sorts the values.

use serde_json::Value;

/// Bytes that sort as values do: null, false, true, numbers, texts, lists. An object has no place among them.
pub fn key(value: &Value) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    write(value, &mut out)?;
    Ok(out)
}

/// The place of a whole number.
pub fn number(number: i64) -> Vec<u8> {
    let mut out = Vec::new();
    whole(i128::from(number), &mut out);
    out
}

fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), String> {
    match value {
        Value::Null => out.push(1),
        Value::Bool(false) => out.push(2),
        Value::Bool(true) => out.push(3),
        Value::Number(n) => match (n.as_i64(), n.as_u64()) {
            (Some(n), _) => whole(n.into(), out),
            (None, Some(n)) => whole(n.into(), out),
            (None, None) => double(n.as_f64().unwrap_or(f64::NAN), 0, out),
        },
        Value::String(text) => {
            out.push(5);
            ended(text.as_bytes(), out);
        }
        Value::Array(items) => {
            out.push(6);
            for item in items {
                write(item, out)?;
            }
            // Less than anything that could stand there.
            out.push(0);
        }
        Value::Object(_) => return Err("gives an object, which has no place in an order".to_owned()),
    }
    Ok(())
}

/// A whole number is the nearest double, and what is missing: texts of nineteen digits stay apart.
fn whole(number: i128, out: &mut Vec<u8>) {
    let near = number as f64;
    double(near, (number - near as i128) as i64, out);
}

fn double(number: f64, rest: i64, out: &mut Vec<u8>) {
    // -0 is 0.
    let bits = (number + 0.0).to_bits();
    let sorted = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    out.push(4);
    out.extend(sorted.to_be_bytes());
    out.extend((rest as u64 ^ 1 << 63).to_be_bytes());
}

/// A text whose end sorts before everything that could go on.
fn ended(text: &[u8], out: &mut Vec<u8>) {
    for byte in text {
        out.push(*byte);
        if *byte == 0 {
            out.push(0xff);
        }
    }
    out.extend([0, 0]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bytes_sort_as_jq_sorts() {
        let sorted = [
            json!(null),
            json!(false),
            json!(true),
            json!(-1e300),
            json!(-2),
            json!(-1.5),
            json!(0),
            json!(0.5),
            json!(7),
            json!(1_700_000_000_000_000_001_i64),
            json!(1_700_000_000_000_000_002_i64),
            json!(u64::MAX),
            json!(1e300),
            json!(""),
            json!("\u{0}"),
            json!("\u{0}a"),
            json!("a"),
            json!("a\u{0}"),
            json!("ab"),
            json!("é"),
            json!([]),
            json!([null]),
            json!([1]),
            json!([1, 2]),
            json!([1, "a"]),
            json!(["a", -2]),
            json!(["a", -1]),
            json!(["a\u{0}", -2]),
            json!(["ab", -9]),
            json!([[]]),
        ];
        for pair in sorted.windows(2) {
            assert!(key(&pair[0]).unwrap() < key(&pair[1]).unwrap(), "{pair:?}");
        }
        assert_eq!(key(&json!(7)).unwrap(), number(7));
        assert_eq!(key(&json!(-0.0)).unwrap(), number(0));
        assert!(key(&json!([{}])).is_err());
    }
}
