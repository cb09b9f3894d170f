//! `verify`: recompute the chain, or everything; and whether the log still is what somebody outside the store saw.

use std::path::PathBuf;

use serde_json::json;

use super::Context;
use super::out::{counted, progress, visible};
use super::stop::Stop;
use crate::error::{Error, Result};
use crate::event::{Hash, Position};
use crate::file;
use crate::session::{Local, Sealed, Verify, read_seal};

#[derive(clap::Args)]
pub struct Args {
    /// Check everything that is kept beside the log, too: the list, projections, indexes, SQLite's own check.
    #[arg(long)]
    all: bool,
    /// The log must have the event with this hash, at this position where one is named.
    #[arg(long, value_name = "HASH[@POSITION]", value_parser = witness)]
    expect: Vec<(Hash, Option<Position>)>,
    /// The log must have what this seal vouches for.
    #[arg(long, value_name = "FILE")]
    seal: Vec<PathBuf>,
    /// Seals must be signed with this public key (as OpenSSH writes it); else with this user's own.
    #[arg(long, value_name = "FILE", requires = "seal")]
    signer: Option<PathBuf>,
}

fn witness(text: &str) -> std::result::Result<(Hash, Option<Position>), String> {
    let (hash, position) = text.split_once('@').map_or((text, None), |(hash, at)| (hash, Some(at)));
    let hash = hash.parse().map_err(|()| "a hash has 64 hexadecimal digits".to_owned())?;
    let position = position.map(str::parse).transpose().map_err(|_| "a position is a number".to_owned())?;
    Ok((hash, position))
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let seals = args.seal.iter().map(|file| read_seal(file)).collect::<Result<Vec<_>>>()?;
    check_signers(&seals, args)?;
    let mut session = context.session()?;
    let (bar, stop) = (progress("verifying"), Stop::listen()?);
    let what = Verify { all: args.all, expect: args.expect.clone(), seals: seals.clone() };
    let checked = session.verify(&what, &mut |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
        !stop.asked()
    });
    bar.finish_and_clear();
    let checked = checked?;
    if context.json {
        let mut told = json!({
            "ok": true, "events": checked.events, "head": checked.head, "all": args.all,
            "seals": seals.iter().map(|seal| &seal.fingerprint).collect::<Vec<_>>(),
        });
        if checked.left_out > 0 {
            told["left_out"] = checked.left_out.into();
        }
        return context.out.json(&told);
    }
    let head =
        checked.head.map_or_else(String::new, |head| format!(" The head {head} vouches for all of them."));
    let all = if args.all { " What is kept beside it is what the log says." } else { "" };
    context.out.line(format_args!("{} events, the chain is whole.{head}{all}", checked.events))?;
    if checked.left_out > 0 {
        let left_out = counted(checked.left_out as u64, "event");
        context.out.line(format_args!(
            "Left out: {left_out}, of which only hashes are known that the rest is chained to."
        ))?;
    }
    if session.case()?.is_some_and(|case| !case.redacted.is_empty()) {
        context.out.line(
            "It is redacted: its hashes were made anew, and prove nothing of the store that it comes from.",
        )?;
    }
    for seal in &seals {
        let line = format!(
            "It holds what {} sealed at {}: {} events, up to #{}.",
            seal.fingerprint, seal.extent.time, seal.extent.count, seal.extent.position
        );
        context.out.line(visible(&line))?;
    }
    Ok(())
}

/// A seal proves something only where its key is known: anybody can sign with a key of their own.
fn check_signers(seals: &[Sealed], args: &Args) -> Result<()> {
    if seals.is_empty() {
        return Ok(());
    }
    let known = match &args.signer {
        Some(file) => {
            Some(file::text(file).map_err(|error| Error::from(error).at(file.display()))?.trim().to_owned())
        }
        None => Local::read()?.seal_key(),
    };
    // A comment behind the key is its owner's own.
    let bare = |key: &str| key.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    let known = known.map(|key| bare(&key));
    match seals.iter().find(|seal| Some(bare(&seal.key)) != known) {
        None => Ok(()),
        Some(seal) => Err(Error::refused(format!(
            "The seal is signed with a key that is not known here: {}.",
            seal.fingerprint
        ))
        .hint("--signer FILE.pub names the public key of whoever sealed it.")),
    }
}
