//! `sirt`: the one binary of OpenSIRT.
//!
//! Turns arguments into calls of the domain crates and their results into
//! files, tables and JSON; it computes nothing itself.

mod activity;
mod activity_arguments;
mod activity_input;
mod activity_methods;
mod add;
mod add_files;
mod arguments;
mod canvas;
mod check;
mod colour;
mod compare;
mod compare_files;
mod ct_coverage;
mod demo;
mod dicom_inputs;
mod dose;
mod dose_dicom;
mod dose_files;
mod dvh;
mod dvh_plot;
mod evidence;
mod evidence_arguments;
mod evidence_cohort_arguments;
mod failure;
mod follow;
mod follow_arguments;
mod histogram_figures;
mod info;
mod inputs;
mod new_arguments;
mod new_case;
mod output_folder;
mod patients;
mod phantom;
mod phantom_case;
mod plan;
mod plan_arguments;
mod plausibility;
mod preview;
mod progress;
mod report;
mod report_arguments;
mod response_input;
mod result;
mod settled_by;
mod structure_input;
mod table;
mod transport_run;
mod uncertainty_input;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::arguments::{Cli, Command};

/// Volumes of hundreds of megabytes come on huge pages where the system has
/// them, and are touched for the first time in half the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    failure::report_panics_as_errors();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return failure::usage(&error),
    };
    let json = cli.command.json();
    let outcome = match cli.command {
        Command::Info(arguments) => info::run(&arguments),
        Command::Dose(arguments) => dose::run(&arguments),
        Command::Dvh(arguments) => dvh::run(&arguments),
        Command::Add(arguments) => add::run(&arguments),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Phantom(arguments) => phantom::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Activity(arguments) => activity::run(&arguments),
        Command::Plan(arguments) => plan::run(&arguments),
        Command::Shunt(arguments) => plan::run_shunt(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Follow(arguments) => follow::run(&arguments),
        Command::Evidence(arguments) => evidence::run(&arguments),
        Command::New(arguments) => new_case::run(&arguments),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "sirt", &mut script);
            table::print(&String::from_utf8_lossy(&script)).map(|()| ExitCode::SUCCESS)
        }
        Command::Manual { out } => arguments::write_manual(&out),
    };
    outcome.unwrap_or_else(|error| failure::report(&error, json))
}
