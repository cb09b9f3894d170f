//! Arguments in, exit code out.

use std::process::ExitCode;

use backstory::error::Kind;

fn main() -> ExitCode {
    match backstory::cli::main() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if error.kind() != Kind::PipeClosed {
                #[allow(clippy::print_stderr, reason = "the only place that speaks of failures")]
                {
                    eprintln!("backstory: {}", backstory::cli::harmless(&error));
                }
            }
            ExitCode::from(error.exit_code())
        }
    }
}
