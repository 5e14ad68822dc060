//! `sirt demo`: the whole way of the built-in patient, from work-up to report.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;
use serde::Serialize;
use sirt_dosimetry::Role;

use crate::arguments::{Cli, Command, DemoArguments, DoseArguments};
use crate::follow::result::SubjectResult;
use crate::phantom::{self, TRUE_DOSE};
use crate::plan::{PlanResult, planned_with_images};
use crate::result::{DoseResult, Program};
use crate::settled_by::SettledBy;
use crate::table::{self, Table, digits};
use crate::{dose, follow, inputs, progress::Stages, report, structure_input};

#[derive(Serialize)]
struct DemoResult {
    program: Program,
    /// Work-up, plan, and what was delivered.
    plan: PlanResult,
    local: DoseResult,
    kernel: DoseResult,
    truth: Vec<TrueDose>,
    /// What became of the patient.
    follow: Option<SubjectResult>,
    /// Files for a person to look at.
    files: Vec<String>,
}

/// Mean dose of a structure in the true dose.
#[derive(Serialize)]
struct TrueDose {
    name: String,
    mean_gy: f64,
}

/// Runs the command.
pub(crate) fn run(arguments: &DemoArguments) -> anyhow::Result<ExitCode> {
    let out = &arguments.out;
    let patient = out.join("patient");
    phantom::written(&patient, phantom::DEFAULT_SEED, false)?;
    let local = dose::computed(&dose_arguments(&patient, out, "local")?)?.result;
    let kernel = dose::computed(&dose_arguments(&patient, out, "kernel")?)?.result;
    let stages = Stages::new();
    stages.begin("true dose");
    let truth = true_means(&patient)?;
    drop(stages);
    let planned = planned_with_images(&patient)?;
    let follow = follow::written(
        &planned.case,
        &patient,
        &planned.result.comparison,
        &out.join("follow"),
    )?;
    report::write_both(&planned, &patient, out)?;
    let files = [
        "report.pdf",
        "report.html",
        "kernel/preview.png",
        "kernel/dvh.svg",
        "follow/timeline.svg",
        "follow/liver_volume.svg",
    ]
    .map(|name| out.join(name).display().to_string())
    .to_vec();
    let result = DemoResult {
        program: Program::THIS,
        plan: planned.result,
        local,
        kernel,
        truth,
        follow,
        files,
    };
    if arguments.json {
        table::print_json(&result)?;
    } else {
        table::print(&text(&result, &patient))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The arguments that a user would type for the built-in patient.
fn dose_arguments(patient: &Path, out: &Path, method: &str) -> anyhow::Result<DoseArguments> {
    let folder = |name: &str| patient.join(name).into_os_string();
    let line = [
        "sirt".into(),
        "dose".into(),
        "--activity".into(),
        folder(phantom::PET),
        "--ct".into(),
        folder(phantom::CT),
        "--structures".into(),
        folder(phantom::STRUCTURE_SET),
        "--method".into(),
        method.into(),
        "--out".into(),
        out.join(method).into_os_string(),
    ];
    match Cli::try_parse_from(line)?.command {
        Command::Dose(arguments) => Ok(*arguments),
        _ => anyhow::bail!("the demo's own command line is not `sirt dose`"),
    }
}

/// Mean of the true dose, structure by structure.
fn true_means(patient: &Path) -> anyhow::Result<Vec<TrueDose>> {
    let (dose, _) =
        inputs::read_dose(&patient.join(TRUE_DOSE)).context("true dose of the built-in patient")?;
    let (masks, _) = structure_input::on_grid(
        &[patient.join(phantom::STRUCTURE_SET)],
        dose.grid(),
        dose.frame_of_reference(),
        None,
        &[],
        SettledBy::Options,
    )?;
    masks
        .into_iter()
        .map(|named| {
            let histogram = sirt_dosimetry::DoseVolumeHistogram::of_structure(&dose, &named.mask)
                .with_context(|| format!("structure `{}`", named.name))?;
            Ok(TrueDose {
                name: named.name,
                mean_gy: histogram.mean(),
            })
        })
        .collect()
}

fn text(result: &DemoResult, patient: &Path) -> String {
    let mut text = format!("built-in patient: {}\n\n", patient.display());
    text.push_str(&crate::plan::summary(&result.plan));
    text.push_str("\n== dose by the PET after treatment ==\n");
    text.push_str(&table::dose_text(&result.kernel));
    text.push_str("\nmean dose by method, beside the true dose that the images were made from:\n");
    let mut table = Table::new(&[
        ("structure", ""),
        ("volume", "mL"),
        ("local", "Gy"),
        ("kernel", "Gy"),
        ("±", "Gy"),
        ("true", "Gy"),
    ]);
    for (local, kernel) in result
        .local
        .structures
        .iter()
        .zip(&result.kernel.structures)
    {
        let name = &kernel.dose.name;
        // The truth covers lungs and liver, not the whole body.
        if kernel.dose.role == Role::Other {
            continue;
        }
        let truth = result.truth.iter().find(|truth| truth.name == *name);
        table.row([
            name.clone(),
            digits(kernel.dose.volume_ml),
            digits(local.dose.dose_gy.mean),
            digits(kernel.dose.dose_gy.mean),
            digits(kernel.uncertainty_gy),
            truth.map_or_else(String::new, |truth| digits(truth.mean_gy)),
        ]);
    }
    text.push_str(&table.to_text());
    if let Some(followed) = &result.follow {
        text.push_str("\n== what became of the patient, at 3, 6, 12, 18 and 26 months ==\n");
        text.push_str(&follow::summary(followed));
        text.push('\n');
    }
    text.push_str(&format!(
        "small tumours read low in PET (resolution 6 mm), which ± does not hold: see recovery in docs/methods/uncertainty.md\n\n\
         all of the plan: sirt plan {}; all of the follow-up: sirt follow {}\nwritten: {}\n",
        patient.display(),
        patient.display(),
        result.files.join(", ")
    ));
    text
}
