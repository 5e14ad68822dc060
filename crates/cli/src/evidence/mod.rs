//! `sirt evidence`: figures of cohorts, and what printed figures can mean.

mod check;
mod columns;
mod cox;
mod kaplan_meier;
mod pool;
mod subjects;

use std::process::ExitCode;

use crate::evidence_arguments::{EvidenceArguments, EvidenceCommand};

/// Runs the command.
pub(crate) fn run(arguments: &EvidenceArguments) -> anyhow::Result<ExitCode> {
    match &arguments.command {
        EvidenceCommand::Check(arguments) => check::run(arguments),
        EvidenceCommand::Km(arguments) => kaplan_meier::run(arguments),
        EvidenceCommand::Cox(arguments) => cox::run(arguments),
        EvidenceCommand::Pool(arguments) => pool::run(arguments),
    }
}
