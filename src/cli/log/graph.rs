//! `log --graph`: the events of all branches with the lines between them, the newest first.

use serde_json::{Value, json};

use super::super::Context;
use super::super::out::{event_line, visible};
use super::Args;
use crate::error::Result;
use crate::event::Position;
use crate::session::{GraphLine, GraphRequest};

/// How many rows are read at a time.
const PAGE: usize = 256;

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let mut session = context.session()?;
    let from = match &args.rev {
        Some(rev) => {
            let point = session.resolve(rev, None)?;
            session.position_of(&point)?.saturating_add(1)
        }
        None => Position::MAX,
    };
    let mut left = args.limit.unwrap_or(usize::MAX);
    let mut request = GraphRequest { from, newer: false, limit: 0 };
    while left > 0 {
        request.limit = left.min(PAGE);
        let page = session.graph(request)?;
        left -= page.rows.len();
        for line in &page.rows {
            if context.json {
                context.out.json(&object(line))?;
            } else {
                context.out.line(drawn(line, args.ascii))?;
            }
        }
        context.out.flush()?;
        let Some(next) = page.next else { break };
        request.from = next;
    }
    Ok(())
}

fn object(line: &GraphLine) -> Value {
    let mut value: Value = serde_json::from_str(&line.event.to_json()).unwrap_or_default();
    value["lane"] = json!(line.row.lane);
    value["graph"] = json!(line.row.text(false).trim_end());
    value["heads"] = json!(line.heads);
    value
}

fn drawn(line: &GraphLine, ascii: bool) -> String {
    let mut text =
        format!("{} {}  on {}", line.row.text(ascii), event_line(&line.event), visible(&line.event.branch));
    if !line.heads.is_empty() {
        text += &format!("  ({})", visible(&line.heads.join(", ")));
    }
    text
}
