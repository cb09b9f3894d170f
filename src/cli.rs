//! The command line: one file per verb; each is a request to the session and a way to print the reply.

mod aggregates;
mod another;
mod backup;
mod blame;
mod branch;
mod carried;
mod case;
mod catalogue;
mod cherry_pick;
mod completions;
mod context;
mod demo;
mod diff;
mod domain;
mod exec;
mod export;
mod find;
mod fire;
mod help;
mod import;
mod init;
mod jobs;
mod links;
mod log;
mod man;
mod map;
mod matrix;
mod md;
mod merge;
mod monitors;
mod note;
mod op;
mod open;
mod order;
mod out;
mod page;
mod race;
mod races;
mod rebase;
mod replay;
mod report;
mod restore;
mod revert;
mod rewrite;
mod seal;
mod show;
mod source;
mod state;
mod stop;
mod test;
mod trace;
mod undo;
mod verify;
mod waypoint;
mod work;

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::OnceLock;

use clap::{Parser, Subcommand};

use crate::error::{Error, Result};
use crate::jq::with_room;
use crate::session::{Local, User};
use crate::visible::visible_lines;
use context::{Context, tell_left_out, tell_misses};
use out::Out;

/// How did it get here? Browse, scrub, replay and fire the events of a local store.
#[derive(Parser)]
#[command(
    name = "backstory",
    version,
    about,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = help::topics()
)]
struct Args {
    /// The store's file.
    #[arg(short, long, global = true, env = "BACKSTORY_STORE", value_name = "FILE")]
    store: Option<PathBuf>,
    /// The branch.
    #[arg(short, long, global = true, default_value = "main", value_name = "NAME")]
    branch: String,
    /// Print JSON: one object, or one object a line for lists.
    #[arg(long, global = true)]
    json: bool,
    /// Print Markdown: a list as a table, a state as JSON, anything else as its text; also behind the verb.
    #[arg(long, value_enum, value_name = "md", conflicts_with = "json")]
    format: Option<md::Format>,
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Logs, folders of logs, or a store: opened in the explorer.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    rows: import::Which,
    /// Read another program's event store as this adapter tells: a TOML file, see `backstory help adapters`.
    #[arg(long, value_name = "FILE")]
    adapter: Option<PathBuf>,
    #[command(flatten)]
    explorer: open::Explorer,
}

#[derive(Subcommand)]
enum Verb {
    /// Open the explorer on a store.
    Open(open::Args),
    /// Build the demo store where there is none yet, and open it.
    Demo(demo::Args),
    /// Make an empty store.
    Init(init::Args),
    /// Bring in events from JSON, JSON Lines or CSV, plain or in .gz or .zip.
    Import(import::Args),
    /// Guess how a log is to be read, and print the mapping.
    Map(map::Args),
    /// List the logs that were opened by their files' names; rename or forget one.
    Source(source::Args),
    /// Write the events out in log order.
    Export(export::Args),
    /// Write a consistent copy of the store while it is in use.
    Backup(backup::Args),
    /// Put a copy of a backup in the place of the store; refused while others have the store open.
    Restore(restore::Args),
    /// List the aggregates.
    Aggregates(aggregates::Args),
    /// List events, the newest first.
    Log(log::Args),
    /// Show one event, what it changed, and the rule that ran.
    Show(show::Args),
    /// Show the state at a point.
    State(state::Args),
    /// Show what changed between two points of an aggregate, or of the whole store.
    Diff(diff::Args),
    /// Show who last set each field, or everyone who ever set one.
    Blame(blame::Args),
    /// Show every event at which a predicate over the state turned true or false.
    Find(find::Args),
    /// Show where one can go from an event: its cause, its effects, its neighbours.
    Links(links::Args),
    /// Print the tree of causes and effects that an event is part of.
    Trace(trace::Args),
    /// Find races: what was lost, came twice, out of order, or was decided on what had changed; the worst first.
    Races(races::Args),
    /// Try all orders of the events that overlap around chosen ones, and tell what each leads to.
    Race(race::Args),
    /// Replay an aggregate in another clock's order beside the log's.
    Order(order::Args),
    /// Fire a command.
    Fire(fire::Args),
    /// List, fork, rename and archive branches.
    Branch(branch::Args),
    /// Carry events over to the branch that --onto or -b names.
    CherryPick(cherry_pick::Args),
    /// Take events back, by new events.
    Revert(revert::Args),
    /// Carry a branch's own events over to a new branch at another one's head.
    Rebase(rebase::Args),
    /// Drop, move, change or insert events from a point on: the outcome is a new branch.
    Rewrite(rewrite::Args),
    /// Carry a branch's own events over to its parent.
    Merge(merge::Args),
    /// List what was done to the store.
    Op(op::Args),
    /// Take back what you did last.
    Undo(undo::Args),
    /// Take back your last undo.
    Redo(undo::Args),
    /// Write a case: one file that reopens records anywhere; say what one holds.
    Case(case::Args),
    /// Write one HTML page of records, a difference, a report or a race, that needs no network.
    Page(page::Args),
    /// Write tests from history: what was given, what was done, what came of it.
    Test(test::Args),
    /// Run tests against a domain; exits with 1 where something comes to something else.
    Check(test::Check),
    /// Name points of history.
    Waypoint(waypoint::Args),
    /// Write notes on events, versions and records; list and remove them.
    Note(note::Args),
    /// Show what a projection of the domain shows, at the head or at any point; without a name, list them.
    Report(report::Args),
    /// Show the activity feed, the newest first.
    Feed(report::FeedArgs),
    /// Check the domain's monitors over history: what came too seldom or too often.
    Monitors(monitors::Args),
    /// List what reactors asked for; try again, or leave it.
    Jobs(jobs::Args),
    /// Do what reactors asked for.
    Work(work::Args),
    /// Recompute the whole chain, or everything; compare with a hash or a seal that lies elsewhere.
    Verify(verify::Args),
    /// Sign how far the log has come.
    Seal(seal::Args),
    /// Build every head again from the log.
    Replay(replay::Args),
    /// Show every aggregate, event and command that the domain declares, beside what the log shows of them.
    Catalogue(catalogue::Args),
    /// Show, change or check the domain.
    Domain(domain::Args),
    /// Print shell completions, or write man pages.
    Completions(completions::Args),
    /// Print a page of the manual, or the help of a verb; without a name, list both.
    Help(help::Args),
}

/// Runs what the arguments ask for.
pub fn main() -> Result<()> {
    let words = md::in_front(std::env::args_os());
    let args = match Args::try_parse_from(&words) {
        Ok(args) => args,
        // Help and the version are ours; what is not understood repeats arguments, which may come from a store.
        Err(error) if !error.use_stderr() => error.exit(),
        Err(error) => {
            let said = error.render().to_string();
            return Err(Error::usage(said.trim().strip_prefix("error: ").unwrap_or(&said).to_owned()));
        }
    };
    let mut context =
        Context { store: args.store, branch: args.branch, json: args.json, out: Out::new(), case: None };
    let shape = match (&args.verb, args.format) {
        (Some(_), Some(_)) if args.json => return Err(Error::usage("--json and --format md are two forms.")),
        (Some(verb), Some(_)) => Some(md::shape(verb)?),
        (None, Some(_)) => return Err(Error::usage("--format md needs a verb that prints.")),
        (_, None) => None,
    };
    // The store's name may lead to a case, which is opened under another one.
    let again = shape.map(|shape| {
        context.json = shape != md::Shape::Text;
        context.out.capture();
        (shape, md::again(&context, &words))
    });
    // Room for rules that recurse is made once, not for each run.
    let rows = args.rows.rows();
    let what = rows.is_some() || args.adapter.is_some();
    let done = with_room(|| match args.verb {
        Some(_) if !args.files.is_empty() || what || args.explorer.is_given() => {
            Err(Error::usage("What opens the explorer on files stands before no verb.")
                .hint("Options of a verb are written behind it: backstory open --at REV."))
        }
        Some(verb) => run(&mut context, verb),
        None if args.files.is_empty() && what => {
            Err(Error::usage("--table, --query and --adapter say what is read of a file, and none is named.")
                .hint("backstory FILE --table NAME"))
        }
        None if args.files.is_empty() => open::explore(&mut context, args.explorer),
        None => {
            open::logs(&mut context, &args.files, (rows.as_ref(), args.adapter.as_deref()), args.explorer)
        }
    });
    if let (Some((shape, again)), Ok(())) = (again, &done) {
        let lines = context.out.captured();
        context.out.kept(&md::page(shape, &lines, &again))?;
    }
    let flushed = context.out.flush();
    done.and(flushed)
}

fn run(context: &mut Context, verb: Verb) -> Result<()> {
    if !matches!(verb, Verb::Open(_)) {
        context.open_case(false)?;
    }
    match verb {
        Verb::Open(args) => open::run(context, args),
        Verb::Demo(args) => demo::run(context, args),
        Verb::Init(args) => init::run(context, &args),
        Verb::Import(args) => import::run(context, args),
        Verb::Map(args) => map::run(context, &args),
        Verb::Source(args) => source::run(context, args),
        Verb::Export(args) => export::run(context, &args),
        Verb::Backup(args) => backup::run(context, &args),
        Verb::Restore(args) => restore::run(context, &args),
        Verb::Aggregates(args) => aggregates::run(context, args),
        Verb::Log(args) => log::run(context, args),
        Verb::Show(args) => show::run(context, &args),
        Verb::State(args) => state::run(context, &args),
        Verb::Diff(args) => diff::run(context, &args),
        Verb::Blame(args) => blame::run(context, &args),
        Verb::Find(args) => find::run(context, args),
        Verb::Links(args) => links::run(context, &args),
        Verb::Trace(args) => trace::run(context, &args),
        Verb::Races(args) => races::run(context, args),
        Verb::Race(args) => race::run(context, args),
        Verb::Order(args) => order::run(context, &args),
        Verb::Fire(args) => fire::run(context, args),
        Verb::Branch(args) => branch::run(context, args),
        Verb::CherryPick(args) => cherry_pick::run(context, args),
        Verb::Revert(args) => revert::run(context, args),
        Verb::Rebase(args) => rebase::run(context, args),
        Verb::Rewrite(args) => rewrite::run(context, args),
        Verb::Merge(args) => merge::run(context, args),
        Verb::Op(args) => op::run(context, &args),
        Verb::Undo(args) => undo::run(context, args, false),
        Verb::Redo(args) => undo::run(context, args, true),
        Verb::Case(args) => case::run(context, args),
        Verb::Page(args) => page::run(context, args),
        Verb::Test(args) => test::run(context, args),
        Verb::Check(args) => test::check(context, &args),
        Verb::Waypoint(args) => waypoint::run(context, args),
        Verb::Note(args) => note::run(context, args),
        Verb::Report(args) => report::run(context, args),
        Verb::Feed(args) => report::feed(context, args),
        Verb::Monitors(args) => monitors::run(context, &args),
        Verb::Jobs(args) => jobs::run(context, args),
        Verb::Work(args) => work::run(context, &args),
        Verb::Verify(args) => verify::run(context, &args),
        Verb::Seal(args) => seal::run(context, &args),
        Verb::Replay(args) => replay::run(context, &args),
        Verb::Catalogue(args) => catalogue::run(context, &args),
        Verb::Domain(args) => domain::run(context, args),
        Verb::Completions(args) => completions::run(context, &args),
        Verb::Help(args) => help::run(context, &args),
    }
}

/// A failure as it may go to a terminal: it can repeat what a store or an argument holds.
pub fn harmless(error: &Error) -> String {
    visible_lines(&error.to_string()).into_owned()
}

/// Who acts, for the verbs that change the store.
#[derive(clap::Args)]
struct Actor {
    /// Who does it; else $`BACKSTORY_ACTOR`, else the login name.
    #[arg(long)]
    actor: Option<String>,
}

impl Actor {
    fn name(self) -> String {
        actor(self.actor)
    }
}

/// What the user's configuration says; one with a mistake says nothing, and that is told once.
fn user() -> &'static User {
    static USER: OnceLock<User> = OnceLock::new();
    USER.get_or_init(|| match Local::read() {
        Ok(local) => local.user(),
        Err(error) => {
            // Who closed it does not want to know.
            let _ = writeln!(std::io::stderr(), "note: {} (what it says is left aside)", harmless(&error));
            User::default()
        }
    })
}

/// Who acts: as given, else `$BACKSTORY_ACTOR`, else as the user's configuration says, else the login name.
fn actor(given: Option<String>) -> String {
    let from = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    given
        .or_else(|| from("BACKSTORY_ACTOR"))
        .or_else(|| user().actor.clone())
        .or_else(|| from("USER"))
        .or_else(|| from("LOGNAME"))
        .or_else(|| from("USERNAME"))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// The command line as clap knows it: every verb with its arguments.
pub fn command() -> clap::Command {
    <Args as clap::CommandFactory>::command()
}
