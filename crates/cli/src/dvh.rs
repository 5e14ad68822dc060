//! `sirt dvh`: dose-volume histograms of a dose that is there already.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde::Serialize;
use sirt_dicom::SeriesKind;
use sirt_dosimetry::{DoseStatistics, DoseVolumeHistogram, SUBVOXEL_POINTS};

use crate::arguments::DvhArguments;
use crate::dicom_inputs;
use crate::dose_files;
use crate::histogram_figures::{SurvivalDose, VolumeAtDose, survival_dose, volumes_at_doses};
use crate::inputs;
use crate::patients;
use crate::progress::Stages;
use crate::result::{Finding, Program};
use crate::settled_by::SettledBy;
use crate::structure_input;
use crate::table::{self, Table, digits};

#[derive(Serialize)]
struct DvhResult {
    program: Program,
    /// Whether dose was resolved inside voxels.
    subvoxel: bool,
    structures: Vec<DvhRow>,
    findings: Vec<Finding>,
    files: Vec<String>,
}

#[derive(Serialize)]
struct DvhRow {
    name: String,
    volume_ml: f64,
    outline_volume_ml: Option<f64>,
    dose_gy: DoseStatistics,
    /// Vx.
    volume_at_dose: Vec<VolumeAtDose>,
    /// Equivalent uniform dose by surviving cells, where `--alpha` is stated.
    survival_equivalent_uniform_dose: Option<SurvivalDose>,
}

/// Runs the command.
pub(crate) fn run(arguments: &DvhArguments) -> anyhow::Result<ExitCode> {
    let stages = Stages::new();
    stages.begin("reading the dose");
    let (dose, mut findings) = inputs::read_dose(&arguments.dose)?;
    let structures: Vec<_> = arguments
        .structures
        .iter()
        .map(|path| patients::Input {
            what: "structures",
            path,
            kinds: &dicom_inputs::STRUCTURE_KINDS,
        })
        .collect();
    findings.extend(patients::require_one(
        "dose",
        patients::marks_of(&arguments.dose, &[SeriesKind::Dose])?
            .first()
            .copied(),
        &structures,
        patients::Acceptance::by_option(arguments.accept_other_patient),
    )?);
    let registration = arguments
        .registration
        .as_deref()
        .map(inputs::read_registration)
        .transpose()?;
    stages.begin("structures on the dose grid");
    let (masks, of_structures) = structure_input::on_grid(
        &arguments.structures,
        dose.grid(),
        dose.frame_of_reference(),
        registration.as_ref(),
        &arguments.role,
        SettledBy::Options,
    )?;
    findings.extend(of_structures);
    if masks.is_empty() {
        bail!("none of the structures has a voxel on the grid of the dose");
    }
    let points = if arguments.whole_voxels {
        1
    } else {
        SUBVOXEL_POINTS
    };
    let mut histograms = Vec::new();
    let mut rows = Vec::new();
    for named in &masks {
        let histogram = DoseVolumeHistogram::of_structure_subvoxel(&dose, &named.mask, points)
            .with_context(|| format!("structure `{}`", named.name))?;
        rows.push(DvhRow {
            name: named.name.clone(),
            volume_ml: named.mask.capacity().as_ml(),
            outline_volume_ml: named.outline_volume_ml,
            dose_gy: histogram.statistics(),
            volume_at_dose: volumes_at_doses(&histogram, &arguments.figures.vx),
            survival_equivalent_uniform_dose: survival_dose(&histogram, arguments.figures.alpha)?,
        });
        histograms.push((named.name.as_str(), histogram));
    }
    let mut files = Vec::new();
    if let Some(out) = &arguments.out {
        stages.begin("writing");
        files = dose_files::write_histograms_alone(out, &histograms)?;
    }
    drop(stages);
    let result = DvhResult {
        program: Program::THIS,
        subvoxel: !arguments.whole_voxels,
        structures: rows,
        findings,
        files,
    };
    if arguments.json {
        table::print_json(&result)?;
    } else {
        table::print(&text(&result))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn text(result: &DvhResult) -> String {
    let mut table = Table::new(&[
        ("structure", ""),
        ("volume", "mL"),
        ("outline", "mL"),
        ("mean", "Gy"),
        ("min", "Gy"),
        ("D95", "Gy"),
        ("D70", "Gy"),
        ("D50", "Gy"),
        ("D2", "Gy"),
        ("max", "Gy"),
    ]);
    for row in &result.structures {
        let dose = &row.dose_gy;
        let mut cells = vec![row.name.clone(), digits(row.volume_ml)];
        cells.push(row.outline_volume_ml.map_or_else(String::new, digits));
        cells.extend(
            [
                dose.mean, dose.min, dose.d95, dose.d70, dose.d50, dose.d2, dose.max,
            ]
            .map(digits),
        );
        table.row(cells);
    }
    let mut text = table.to_text();
    text.push_str(if result.subvoxel {
        "dose taken as linear inside voxels; --whole-voxels gives the figures that `sirt dose` reports\n"
    } else {
        "by whole voxels, as `sirt dose` reports\n"
    });
    text.push_str(&table::findings_text(&result.findings));
    if !result.files.is_empty() {
        text.push_str(&format!("\nwritten: {}\n", result.files.join(", ")));
    }
    text
}
