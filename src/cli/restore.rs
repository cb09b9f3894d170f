//! `restore`: puts a copy of a backup in the place of the store.

use std::path::PathBuf;

use super::Context;
use super::out::visible;
use crate::error::Result;
use crate::session::restore;

#[derive(clap::Args)]
pub struct Args {
    /// The backup; it stays as it is.
    file: PathBuf,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let path = context.path();
    let kept = restore(&args.file, &path)?;
    let (path, kept) = (path.display().to_string(), kept.map(|kept| kept.display().to_string()));
    if context.json {
        return context.out.json(&serde_json::json!({ "store": path, "kept": kept }));
    }
    let file = args.file.display().to_string();
    context.out.line(format_args!("{}: a copy of {}.", visible(&path), visible(&file)))?;
    match kept {
        Some(kept) => context.out.line(format_args!("What was there before is {}.", visible(&kept))),
        None => Ok(()),
    }
}
