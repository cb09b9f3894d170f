//! How much memory a value takes, about: what is kept of states is bounded by that, and not by their number.

use jaq_json::Val;

use super::State;

/// A value itself, and what an entry of an object takes beside key and value.
const VALUE: usize = 24;
const ENTRY: usize = 24;
/// A text's or a container's own place in memory.
const PLACE: usize = 48;

impl State {
    /// About how many bytes it takes, as if nothing of it were shared with another one.
    pub fn weight(&self) -> usize {
        weight(&self.0)
    }
}

fn weight(value: &Val) -> usize {
    VALUE
        + match value {
            Val::Null | Val::Bool(_) | Val::Num(_) => 0,
            Val::TStr(text) | Val::BStr(text) => PLACE + text.len(),
            Val::Arr(items) => PLACE + items.iter().map(weight).sum::<usize>(),
            Val::Obj(map) => {
                PLACE + map.iter().map(|(key, value)| ENTRY + weight(key) + weight(value)).sum::<usize>()
            }
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_weighs_more() {
        let weight = |json: &str| State::from_json(json).unwrap().weight();
        assert!(weight("{}") < 100);
        let long = weight(&format!("{{\"a\":\"{}\"}}", "x".repeat(1_000_000)));
        assert!((1_000_000..1_001_000).contains(&long), "{long}");
        assert!(weight(&format!("[{}0]", "0,".repeat(9_999))) > 200_000);
    }
}
