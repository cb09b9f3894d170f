//! Arguments in, exit code out.

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match backstory::cli::main() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.is_silent() {
                // Where the terminal is gone nobody reads it, which is no reason to fail otherwise than by the error.
                let _ = writeln!(std::io::stderr(), "backstory: {}", backstory::cli::harmless(&error));
            }
            ExitCode::from(error.exit_code())
        }
    }
}
