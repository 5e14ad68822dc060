//! Exit codes, and how an error reaches the user.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | an input cannot be read or cannot be, or a result cannot be given or written |
//! | 2 | the command line is wrong |
//! | 3 | the input is ambiguous and an option settles it |
//! | 4 | the energy balance does not close, no result is given |
//! | 5 | `compare`: the gamma pass rate is below `--require`; `check`: a case fails |
//! | 6 | `plan`: a rule stops the plan that nobody has cleared or overridden; the plan is printed |
//! | 70 | an error of the program |

use std::process::ExitCode;

use sirt_dosimetry::DosimetryError;

/// An input that can be meant in several ways, with the option that settles it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Ambiguous(pub(crate) String);

/// Options that do not go together, beyond what the parser of the command line knows.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct WrongUse(pub(crate) String);

/// The gamma pass rate is below what was required, or a check fails.
pub(crate) const BELOW_REQUIRED: u8 = 5;
/// A rule stops the plan.
pub(crate) const BLOCKED: u8 = 6;
const FAILED: u8 = 1;
const USAGE: u8 = 2;
const UNSETTLED: u8 = 3;
const NOT_CLOSED: u8 = 4;
const INTERNAL: i32 = 70;

/// Prints an error with its causes and returns its exit code.
#[expect(clippy::print_stderr, reason = "the command line's own voice")]
pub(crate) fn report(error: &anyhow::Error, json: bool) -> ExitCode {
    let code = exit_code(error);
    eprintln!("sirt: {error:#}");
    if json {
        let document =
            serde_json::json!({ "error": { "message": format!("{error:#}"), "exit_code": code } });
        // Where standard output is what failed, there is nowhere left to say it.
        let _ = crate::table::print(&format!("{document:#}\n"));
    }
    ExitCode::from(code)
}

fn exit_code(error: &anyhow::Error) -> u8 {
    if error.chain().any(|cause| cause.is::<Ambiguous>()) {
        return UNSETTLED;
    }
    if error.chain().any(|cause| cause.is::<WrongUse>()) {
        return USAGE;
    }
    error
        .chain()
        .find_map(|cause| match cause.downcast_ref::<DosimetryError>()? {
            DosimetryError::Unsettled { .. } => Some(UNSETTLED),
            DosimetryError::EnergyNotClosed { .. } => Some(NOT_CLOSED),
            _ => None,
        })
        .unwrap_or(FAILED)
}

/// Prints what clap has to say: help and version on standard output, the
/// rest as an error of use.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    // A closed pipe is no reason to fail.
    let _ = error.print();
    if error.use_stderr() {
        ExitCode::from(USAGE)
    } else {
        ExitCode::SUCCESS
    }
}

/// Turns a panic, which is an error of the program, into one line without
/// the data that caused it.
pub(crate) fn report_panics_as_errors() {
    std::panic::set_hook(Box::new(|information| {
        let place = information
            .location()
            .map(|location| format!("{}:{}", location.file(), location.line()))
            .unwrap_or_default();
        #[expect(clippy::print_stderr, reason = "the command line's own voice")]
        {
            eprintln!(
                "sirt: internal error at {place}; this is a fault of the program, please report it"
            );
        }
        std::process::exit(INTERNAL);
    }));
}
