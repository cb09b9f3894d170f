//! How the steps of another order are told: what each request comes to there.

use serde_json::{Value, json};

use super::Context;
use super::out::visible;
use crate::error::Result;
use crate::replay::another::Fate;

/// A step on one line.
pub fn fate_line(fate: &Fate) -> String {
    let (first, last) = fate.versions;
    let versions = match (first, last) {
        (0, _) => "new".to_owned(),
        (first, last) if first == last => format!("v{first}"),
        (first, last) => format!("v{first}–v{last}"),
    };
    let name = fate.command.clone().unwrap_or_else(|| fate.kinds.join(", "));
    let aggregate = fate.aggregate.to_string();
    let more = fate.how.more().map_or_else(String::new, |more| format!(": {}", visible(&more)));
    format!("{} {versions} {}  {}{more}", visible(&aggregate), visible(&name), fate.how.name())
}

/// The same as JSON.
pub fn fate_json(fate: &Fate) -> Value {
    json!({
        "aggregate": fate.aggregate, "versions": [fate.versions.0, fate.versions.1], "command": fate.command,
        "types": fate.kinds, "outcome": fate.how.name(), "says": fate.how.more(),
    })
}

/// Which rules read what another order leaves behind.
pub fn tell_reads(context: &mut Context, reads: &[String]) -> Result<()> {
    reads.iter().try_for_each(|read| {
        let read = visible(read);
        context
            .out
            .line(format_args!("{read}: in another order the version is the new place, the rest stays"))
    })
}
