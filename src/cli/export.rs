//! `export`: events out, in log order.

use clap::ValueEnum;

use super::Context;
use crate::error::Result;
use crate::event::cloud_event;

#[derive(clap::Args)]
pub struct Args {
    /// backstory's own JSON Lines, or CloudEvents 1.0.
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// One event a line, with its hash; comes back with `import`.
    Jsonl,
    /// One CloudEvents 1.0 object a line.
    Cloudevents,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let mut session = context.session()?;
    let out = &mut context.out;
    session.each_event(&mut |event| match args.format {
        Format::Jsonl => out.kept_json(&event.to_json()),
        Format::Cloudevents => out.kept_json(&cloud_event(event).to_string()),
    })
}
