//! `blame`: who last set each field, and everyone who ever set one of them.

use serde_json::{Map, Value, json};

use super::Context;
use super::out::{change_line, short, visible};
use crate::error::{Error, Result};
use crate::replay::Trail;
use crate::session::{BlameRequest, Point, Writer, WritersRequest};

#[derive(clap::Args)]
pub struct Args {
    /// The point: Task/42, Task/42@3, a position, the start of a hash.
    rev: String,
    /// All writers of one field, the newest first: `due_on`, `tags.0`, or a JSON Pointer.
    #[arg(long, value_name = "P")]
    path: Option<String>,
    /// At most so many.
    #[arg(long)]
    limit: Option<usize>,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let mut session = context.session()?;
    let Point::Aggregate { branch, aggregate, version, .. } = session.resolve(&args.rev, None)? else {
        return Err(Error::usage(format!(
            "{} names a moment of the whole store, not of an aggregate.",
            args.rev
        ))
        .hint("Write Task/42, Task/42@3, or the position of an event."));
    };
    session.switch(&branch)?;
    let limit = args.limit.unwrap_or(usize::MAX);
    let Some(path) = &args.path else {
        let request = BlameRequest { aggregate, version, skip: 0, limit, budget: 0 };
        for field in session.blame(&request)?.fields {
            if context.json {
                let head = json!({ "path": field.path, "value": field.value });
                context.out.json(&line(&head, &field.writer))?;
            } else {
                let path = visible(&Trail::parse(&field.path).dotted()).into_owned();
                let value = short(&field.value, 40);
                context.out.line(format_args!("{path:<24} {value:<40}  {}", by(&field.writer)))?;
            }
        }
        return Ok(());
    };
    let mut request =
        WritersRequest { aggregate, version, trail: Trail::parse(path), limit: limit.min(256), budget: 0 };
    let mut left = limit;
    let mut found = false;
    loop {
        request.limit = left.min(256);
        let page = session.writers(&request)?;
        for write in &page.writes {
            found = true;
            if context.json {
                let change = &write.change;
                let head =
                    json!({ "path": change.path, "op": change.op, "old": change.old, "value": change.value });
                context.out.json(&line(&head, &write.writer))?;
            } else {
                context.out.line(format_args!("{}  {}", by(&write.writer), change_line(&write.change)))?;
            }
        }
        context.out.flush()?;
        left -= page.writes.len();
        match page.next {
            Some((version, trail)) if left > 0 => (request.version, request.trail) = (version, trail),
            _ if found || left == 0 => return Ok(()),
            _ => {
                return Err(Error::refused(format!("{} never had anything at {path}.", args.rev))
                    .hint("`backstory blame` without --path lists the fields there are."));
            }
        }
    }
}

/// A line of JSON: what was set, and by which event.
fn line(head: &Value, writer: &Writer) -> Value {
    let mut line: Map<String, Value> = head.as_object().cloned().unwrap_or_default();
    let writer = json!({
        "version": writer.version, "position": writer.position, "hash": writer.hash,
        "occurred_at": writer.occurred_at, "actor": writer.actor, "reason": writer.reason,
    });
    line.extend(writer.as_object().cloned().unwrap_or_default());
    line.into()
}

fn by(writer: &Writer) -> String {
    let mut line =
        format!("v{} #{} {}  {}", writer.version, writer.position, writer.hash.short(), writer.occurred_at);
    if let Some(actor) = &writer.actor {
        line.push_str(&format!("  by {}", visible(actor)));
    }
    if let Some(reason) = &writer.reason {
        line.push_str(&format!("  \"{}\"", visible(reason)));
    }
    line
}
