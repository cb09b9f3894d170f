//! `race matrix`: which event types of an aggregate type may change places.

use serde_json::json;

use super::Context;
use super::out::{progress, visible};
use super::stop::Stop;
use crate::error::{Error, Result};
use crate::replay::matrix::{Pair, Witness};

#[derive(clap::Args)]
pub struct Args {
    /// The aggregate type.
    #[arg(value_name = "TYPE")]
    of: String,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let mut session = context.session()?;
    if args.of.contains('/') {
        return Err(Error::usage(format!("{} is no aggregate type.", args.of))
            .hint("A type is what stands before the slash of an aggregate's name."));
    }
    let mut search = session.matrix(&args.of)?;
    let (stop, bar) = (Stop::listen()?, progress("trying pairs"));
    let stopped = loop {
        let last = session.next_matrix(&mut search, &|| !stop.asked())?;
        let (done, of) = search.progress();
        bar.set_length(of as u64);
        bar.set_position(done as u64);
        if last {
            break Ok(());
        }
        let asked = stop.check(|| format!("after {done} of {of} aggregates"));
        if asked.is_err() {
            break asked;
        }
    };
    bar.finish_and_clear();
    let mut pairs: Vec<_> = search.matrix.0.iter().collect();
    // What matters most first.
    pairs.sort_by_key(|((one, other), pair)| (std::cmp::Reverse((pair.differ, pair.refused)), one, other));
    for ((one, other), pair) in &pairs {
        if context.json {
            context.out.json(&json!({
                "types": [one, other], "commute": pair.verdict(), "tried": pair.tried, "differ": pair.differ,
                "fields": pair.fields, "witness": pair.witness.as_ref().map(witness_json),
                "refused": pair.refused, "refused_at": pair.refuses.as_ref().map(witness_json),
            }))?;
        } else {
            context.out.line(line(one, other, pair))?;
        }
    }
    if pairs.is_empty() && !context.json {
        context
            .out
            .line(format_args!("No two events of one {} stand close to each other.", visible(&args.of)))?;
    }
    stopped
}

fn witness_json(witness: &Witness) -> serde_json::Value {
    json!({ "aggregate": witness.aggregate, "versions": [witness.versions.0, witness.versions.1] })
}

fn line(one: &str, other: &str, pair: &Pair) -> String {
    let Pair { tried, differ, refused, .. } = pair;
    let place = |witness: &Option<Witness>| {
        witness.as_ref().map_or_else(String::new, |witness| {
            let (first, last) = witness.versions;
            format!(" (such as {} v{first} v{last})", witness.aggregate)
        })
    };
    let mut parts = vec![match pair.verdict() {
        "always" => format!("commute, {tried} tried"),
        "never" => {
            format!("never commute, {tried} tried: {}{}", pair.fields.join(", "), place(&pair.witness))
        }
        _ => format!("differ in {differ} of {tried}: {}{}", pair.fields.join(", "), place(&pair.witness)),
    }];
    if *refused > 0 {
        parts.push(format!(
            "one is refused in the other order in {refused} of {tried}{}",
            place(&pair.refuses)
        ));
    }
    visible(&format!("{one} × {other}  {}", parts.join("; "))).into_owned()
}
