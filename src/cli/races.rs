//! `races`: where order, or what a decision was made on, changed what became of a record; the worst first.

use super::find::narrowed;
use super::log::since;
use super::out::{progress, visible};
use super::stop::Stop;
use super::{Context, tell_misses};
use crate::error::{Error, Result};
use crate::event::distance::distance;
use crate::replay::races::{Asked, Kind, Race};
use crate::session::{RacesRequest, parse_distance, parse_time, race_json};
use clap::ValueEnum;
use clap::builder::PossibleValue;

/// So many races are kept to be told, the worst ones; all are counted.
const TOLD: usize = 100_000;

#[derive(clap::Args)]
pub struct Args {
    /// Only this aggregate (up to a revision of it), or this aggregate type.
    #[arg(value_name = "AGGREGATE|TYPE")]
    of: Option<String>,
    /// Only races of this kind; may be given several times.
    #[arg(long, value_enum, value_name = "KIND", value_delimiter = ',')]
    kind: Vec<Kind>,
    /// How far two events of a race may lie apart, such as `10s` or `5m`, where nothing else says that they belong together.
    #[arg(long, value_name = "TIME", default_value = "60s")]
    within: String,
    /// Only what occurred at or after this time.
    #[arg(long, value_name = "T")]
    since: Option<String>,
    /// Only what occurred at or before this time; a date means its end.
    #[arg(long, value_name = "T")]
    until: Option<String>,
    /// Only where this jq predicate holds for the event at which the race shows; `backstory help filters` lists the variables.
    #[arg(long, value_name = "JQ")]
    r#where: Option<String>,
    /// At most so many.
    #[arg(long)]
    limit: Option<usize>,
    /// End with exit code 1 where there is a race of this kind; may be given several times.
    #[arg(long, value_enum, value_name = "KIND", value_delimiter = ',')]
    fail_on: Vec<Kind>,
}

impl ValueEnum for Kind {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

/// What was found: the worst races, and how many there are of each kind.
#[derive(Default)]
struct Found {
    races: Vec<Race>,
    counts: [usize; Kind::ALL.len()],
}

impl Found {
    fn take(&mut self, mut races: Vec<Race>) {
        for race in &races {
            self.counts[race.kind as usize] += 1;
        }
        self.races.append(&mut races);
        if self.races.len() > 2 * TOLD {
            self.sort();
            self.races.truncate(TOLD);
        }
    }

    fn sort(&mut self) {
        self.races.sort_by_key(Race::rank);
    }

    fn count(&self, kind: Kind) -> usize {
        self.counts[kind as usize]
    }
}

pub fn run(context: &mut Context, args: Args) -> Result<()> {
    let mut session = context.session()?;
    let asked = Asked {
        kinds: args.kind,
        within: parse_distance(&args.within)?,
        since: args.since.as_deref().map(since).transpose()?,
        until: args.until.as_deref().map(parse_time).transpose()?,
        ..Asked::default()
    };
    let mut request = RacesRequest { asked, filter: args.r#where, ..RacesRequest::default() };
    if let Some(of) = &args.of {
        let narrowed = narrowed(&mut session, of)?;
        (request.aggregate, request.kind) = (narrowed.aggregate, narrowed.kind);
        let asked = &mut request.asked;
        asked.up_to_version = narrowed.up_to_version.unwrap_or(asked.up_to_version);
        asked.up_to_position = narrowed.up_to_position.unwrap_or(asked.up_to_position);
    }
    let mut search = session.races(request)?;
    let (stop, bar, mut found) = (Stop::listen()?, progress("searching"), Found::default());
    let stopped = loop {
        let page = session.next_races(&mut search)?;
        bar.set_length(page.of as u64);
        bar.set_position(page.done as u64);
        let (last, done, of) = (page.is_last(), page.done, page.of);
        found.take(page.races);
        if last {
            break Ok(());
        }
        let asked = stop.check(|| format!("after {done} of {of} aggregates"));
        if asked.is_err() {
            break asked;
        }
    };
    bar.finish_and_clear();
    found.sort();
    print(context, &found, args.limit.unwrap_or(TOLD).min(TOLD), search.branch())?;
    stopped?;
    tell_misses(&mut session)?;
    let failed: Vec<_> = args.fail_on.into_iter().filter(|kind| found.count(*kind) > 0).collect();
    if failed.is_empty() {
        return Ok(());
    }
    context.out.flush()?;
    let counts: Vec<_> =
        failed.iter().map(|kind| format!("{} of the kind {}", found.count(*kind), kind.name())).collect();
    Err(Error::refused(format!("There are races: {}.", counts.join(", "))))
}

fn print(context: &mut Context, found: &Found, most: usize, branch: &str) -> Result<()> {
    for race in found.races.iter().take(most) {
        if context.json {
            context.out.json(&race_json(race, branch))?;
        } else {
            context.out.line(line(race))?;
        }
    }
    if context.json {
        return Ok(());
    }
    let counts = Kind::ALL.into_iter().filter(|kind| found.count(*kind) > 0);
    let counts: Vec<_> = counts.map(|kind| format!("{} {}", kind.name(), found.count(kind))).collect();
    let all: usize = found.counts.iter().sum();
    let shown = found.races.len().min(most);
    let left = if shown < all { format!("; the worst {shown} are listed") } else { String::new() };
    if counts.is_empty() {
        context.out.line("No races were found.")
    } else {
        context.out.line(format_args!("{}{left}", counts.join("  ")))
    }
}

/// A race on one line: how bad, which events, who, how close, what, and why.
fn line(race: &Race) -> String {
    let mut parts = vec![
        format!("{} {} {}", race.mark(), visible(&race.aggregate.to_string()), race.versions()),
        race.kind.name().to_owned(),
    ];
    let actors = race.actors();
    if !actors.is_empty() {
        parts.push(visible(&actors).into_owned());
    }
    if race.events.len() > 1 {
        parts.extend(race.apart().map(distance));
    }
    parts.extend(race.stakes.first().map(|stake| visible(&stake.says()).into_owned()));
    parts.push(race.lasted());
    format!("{}  ({})", parts.join("  "), visible(&race.note))
}
