//! `sirt evidence`: figures of cohorts, and what printed figures can mean.

mod check;
mod cohort_input;
mod columns;
mod cox;
mod filter;
mod guyot;
mod import;
mod kaplan_meier;
mod plots;
mod pool;
mod reconstruct;
mod run;
mod sheet;
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
        EvidenceCommand::Import(arguments) => import::run(arguments),
        EvidenceCommand::Guyot(arguments) => guyot::run(arguments),
        EvidenceCommand::Run(arguments) => run::run(arguments),
        EvidenceCommand::Sheet(arguments) => sheet::run(arguments),
        EvidenceCommand::Reconstruct(arguments) => reconstruct::run(arguments),
    }
}
