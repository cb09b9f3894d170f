//! `import --follow`: what files get is appended as it comes, until somebody ends it.

use std::thread::sleep;
use std::time::Duration;

use serde_json::json;

use super::super::Context;
use super::super::out::progress;
use super::super::stop::Stop;
use super::{print_done, show};
use crate::clock::Clock;
use crate::error::Result;
use crate::import::Options;
use crate::session::{Following, Imported, rest};

/// How often it is looked whether somebody wants to stop.
const LOOK: Duration = Duration::from_millis(50);

const CLOCK: Clock = Clock::System;

/// What was taken over all looks.
#[derive(Default)]
struct Sum {
    records: u64,
    appended: u64,
    seen: u64,
    left_out: u64,
    bad: u64,
}

/// Imports what is there, then what comes, and says each time what that was.
pub fn run(context: &mut Context, options: Options) -> Result<()> {
    let stop = Stop::listen_as_service()?;
    let mut following = Following::new(context.opening(), options)?;
    let mut sum = Sum::default();
    while !stop.asked() {
        // What ends now may have given something before.
        let (ended, began, before) = (following.has_ended(), CLOCK.now(), following.events());
        let bar = progress("reading");
        let taken = following.take_new(&mut |at| {
            show(&bar, at);
            !stop.asked()
        });
        bar.finish_and_clear();
        let found = match taken {
            Ok(Some(imported)) => {
                sum.take(context, &imported)?;
                true
            }
            Ok(None) if ended => break,
            Ok(None) => false,
            // What was appended of it stays, and is counted with what was read when it is read again.
            Err(_) if stop.asked() => {
                sum.appended += following.events().abs_diff(before);
                break;
            }
            Err(error) => return Err(error),
        };
        let took = Duration::from_micros(CLOCK.now().0.saturating_sub(began.0).try_into().unwrap_or(0));
        let mut left = rest(found, took);
        while !left.is_zero() && !stop.asked() {
            sleep(LOOK.min(left));
            left = left.saturating_sub(LOOK);
        }
    }
    if let Some(imported) = following.take_rest(&mut |_| true)? {
        sum.take(context, &imported)?;
    }
    sum.print(context)
}

impl Sum {
    /// Counts what came, and says what that was.
    fn take(&mut self, context: &mut Context, imported: &Imported) -> Result<()> {
        let report = &imported.report;
        self.records += report.records;
        self.appended += imported.appended as u64;
        self.seen += report.seen;
        self.left_out += report.left_out;
        self.bad += report.bad_count;
        if report.records == 0 && report.waiting.is_empty() {
            return Ok(());
        }
        print_done(context, imported)?;
        context.out.flush()
    }

    fn print(&self, context: &mut Context) -> Result<()> {
        let Self { records, appended, seen, left_out, bad } = self;
        if context.json {
            return context.out.json(&json!({
                "total": true, "records": records, "appended": appended, "seen": seen, "left_out": left_out,
                "bad": bad,
            }));
        }
        context.out.line(format_args!(
            "In all {records} records: {appended} events appended, {seen} seen before, {left_out} left out, {bad} bad."
        ))
    }
}
