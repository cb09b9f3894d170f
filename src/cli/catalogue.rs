//! `catalogue`: what the domain declares, beside what the log shows.

use clap::ValueEnum;

use super::Context;
use super::out::progress;
use super::stop::Stop;
use crate::domain;
use crate::domain::catalogue::{Catalogue, asyncapi, json_schema, markdown};
use crate::error::{Error, Result};
use crate::session::{Session, Survey};

/// How many events are looked at between two looks at Ctrl-C.
const SLICE: usize = 4096;

#[derive(clap::Args)]
pub struct Args {
    /// Only this aggregate type, or this event type.
    #[arg(value_name = "TYPE")]
    only: Option<String>,
    /// How it is written.
    #[arg(long, value_enum, default_value = "md")]
    format: Format,
    /// A domain file or a built-in name instead of the store's; nothing is read of a log.
    #[arg(long, value_name = "FILE")]
    domain: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Markdown.
    Md,
    /// YAML, with everything that is known.
    Yaml,
    /// An `AsyncAPI` 3.0 document, in JSON.
    Asyncapi,
    /// A JSON Schema of the lines of `export`.
    Jsonschema,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let mut catalogue = match &args.domain {
        Some(file) => Catalogue::of(&domain::load(file)?),
        // A schema says nothing of what was seen.
        None if args.format == Format::Jsonschema && !context.json => context.session()?.catalogue()?,
        None => surveyed(&mut context.session()?)?.catalogue(),
    };
    if let Some(only) = &args.only
        && !catalogue.only(only)
    {
        return Err(Error::refused(format!("The catalogue has no {only}."))
            .hint("`backstory catalogue` lists every aggregate and event type."));
    }
    if context.json {
        return context.out.json(&catalogue);
    }
    let pretty = |value: &serde_json::Value| format!("{value:#}");
    match args.format {
        Format::Md => context.out.line(markdown(&catalogue).trim_end()),
        Format::Yaml => {
            let text = serde_saphyr::to_string(&catalogue).map_err(|error| {
                Error::refused(format!("The catalogue cannot be written as YAML: {error}."))
            })?;
            context.out.line(text.trim_end())
        }
        Format::Asyncapi => context.out.json_text(&pretty(&asyncapi(&catalogue))),
        Format::Jsonschema => context.out.json_text(&pretty(&json_schema(&catalogue))),
    }
}

/// A pass over the whole branch, with progress and a way to stop it.
pub fn surveyed(session: &mut Session) -> Result<Survey> {
    let mut survey = session.survey()?;
    let stop = Stop::listen()?;
    let bar = progress("reading");
    bar.set_length(survey.of());
    while !survey.is_whole() {
        session.survey_more(&mut survey, SLICE)?;
        bar.set_position(survey.done());
        stop.check(|| format!("after {} of {} events", survey.done(), survey.of()))?;
    }
    bar.finish_and_clear();
    Ok(survey)
}
