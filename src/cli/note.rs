//! `note`: what people wrote about events, versions and records.

use serde_json::{Value, json};

use super::out::{Out, visible};
use super::{Actor, Context};
use crate::error::{Error, Result};
use crate::session::NoteInfo;

#[derive(clap::Args)]
pub struct Args {
    /// What the note is about: Task/42 for the record, Task/42@3 for a version, 118 for an event. Without it, all notes
    /// are listed; without a text, those about it.
    rev: Option<String>,
    /// What the note says.
    text: Option<String>,
    /// Give the point a name, too, as `waypoint` does.
    #[arg(long, value_name = "NAME", requires = "text")]
    name: Option<String>,
    /// Remove the note of this number.
    #[arg(long, value_name = "NUMBER", conflicts_with = "rev")]
    remove: Option<i64>,
    #[command(flatten)]
    actor: Actor,
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    let mut session = context.session()?;
    let actor = args.actor.name();
    if let Some(id) = args.remove {
        return session.remove_note(id, &actor);
    }
    let about = args.rev.as_deref().map(|rev| session.about(rev)).transpose()?;
    if let (Some((branch, about)), Some(text)) = (&about, &args.text) {
        if text.trim().is_empty() {
            return Err(Error::usage("A note without words says nothing."));
        }
        if let (Some(name), Some(rev)) = (&args.name, &args.rev) {
            let point = session.resolve(rev, None)?;
            session.name_point(name, &point, &actor)?;
        }
        let id = session.write_note(text, branch, about, &actor)?;
        return if context.json {
            context.out.json(&json!({ "note": id, "about": about.to_string(), "branch": branch }))
        } else {
            context.out.line(format_args!("note {id} on {}", visible(&about.to_string())))
        };
    }
    for note in session.written_notes()? {
        let fits =
            about.as_ref().is_none_or(|(branch, about)| note.branch == *branch && note.about == *about);
        if !fits {
            continue;
        }
        if context.json {
            context.out.json(&object(&note))?;
        } else {
            let (branch, about) = (visible(&note.branch), note.about.to_string());
            context.out.line(format_args!("{:>5}  {branch}:{}", note.id, visible(&about)))?;
            lines(&mut context.out, &note, 7)?;
        }
    }
    Ok(())
}

/// A note as JSON.
pub fn object(note: &NoteInfo) -> Value {
    json!({
        "note": note.id, "about": note.about.to_string(), "branch": note.branch, "position": note.position,
        "text": note.text, "actor": note.actor, "created_at": note.created_at,
    })
}

/// What a note says, who wrote it and when, behind so many spaces.
pub fn lines(out: &mut Out, note: &NoteInfo, indent: usize) -> Result<()> {
    let by = format!("by {}  {}", visible(&note.actor), note.created_at);
    let mut said = note.text.lines().peekable();
    while let Some(line) = said.next() {
        let end = if said.peek().is_none() { format!("  {by}") } else { String::new() };
        out.line(format_args!("{:indent$}{}{end}", "", visible(line)))?;
    }
    Ok(())
}
