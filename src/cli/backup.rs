//! `backup`: a consistent copy of the store while it is in use.

use std::path::PathBuf;

use super::Context;
use super::out::progress;
use crate::error::Result;

#[derive(clap::Args)]
pub struct Args {
    /// The new file.
    file: PathBuf,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let mut session = context.session()?;
    let bar = progress("copying pages");
    let done = session.backup(&args.file, |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    done?;
    let file = args.file.display().to_string();
    if context.json {
        return context.out.json(&serde_json::json!({ "backup": file }));
    }
    context.out.line(format_args!("{file}: a copy of the store."))
}
