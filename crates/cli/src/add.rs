//! `sirt add`: the doses of several treatments, and their BED, added up.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use rayon::prelude::*;
use serde::Serialize;
use sirt_dosimetry::{
    DoseVolumeHistogram, NamedMask, Role, TissueResponse, Treatment, TreatmentInteraction,
    accumulate,
};
use sirt_image::{Compression, Volume, sample_linear, write_nifti};
use sirt_quantity::{AbsorbedDose, NuclideLibrary, TimeSpan};

use crate::arguments::AddArguments;
use crate::dose_files;
use crate::inputs;
use crate::progress::Stages;
use crate::result::{Finding, Program};
use crate::structure_input;
use crate::table::{self, Table, digits};

#[derive(Serialize)]
struct AddResult {
    program: Program,
    half_life_h: f64,
    treatments: usize,
    /// How treatments act together, with the parameters of liver.
    interactions: Vec<TreatmentInteraction>,
    structures: Vec<AddRow>,
    findings: Vec<Finding>,
    files: Vec<String>,
}

#[derive(Serialize)]
struct AddRow {
    name: String,
    role: Role,
    volume_ml: f64,
    /// Mean dose of each treatment, Gy.
    mean_gy: Vec<f64>,
    /// Mean of the sum, Gy.
    sum_mean_gy: f64,
    /// Mean BED of all treatments with their interactions, Gy.
    bed_mean_gy: f64,
    alpha_beta_gy: f64,
    repair_half_time_h: f64,
}

/// Runs the command.
pub(crate) fn run(arguments: &AddArguments) -> anyhow::Result<ExitCode> {
    let stages = Stages::new();
    stages.begin("reading the doses");
    let mut findings = Vec::new();
    let mut doses: Vec<Volume<AbsorbedDose>> = Vec::new();
    for (path, _) in &arguments.treatments {
        let (dose, of_dose) = inputs::read_dose(path)?;
        findings.extend(of_dose);
        let dose = match doses.first() {
            Some(first) => on_grid_of(first, dose, &inputs::file_name(path), &mut findings)?,
            None => dose,
        };
        doses.push(dose);
    }
    let Some(first) = doses.first() else {
        bail!("no dose given")
    };
    stages.begin("structures on the dose grid");
    let (masks, of_structures) = structure_input::on_grid(
        &arguments.structures,
        first.grid(),
        first.frame_of_reference(),
        None,
        &arguments.role,
    )?;
    findings.extend(of_structures);
    let half_life = match arguments.half_life {
        Some(stated) => stated,
        None => NuclideLibrary::built_in()?.named("Y-90")?.half_life(),
    };
    let treatments: Vec<_> = doses
        .iter()
        .zip(&arguments.treatments)
        .map(|(dose, (_, begin))| Treatment {
            dose,
            effective_half_life: half_life,
            begin: *begin,
        })
        .collect();
    stages.begin("adding up");
    let result = summed(&treatments, &masks, half_life, arguments, findings)?;
    drop(stages);
    if arguments.json {
        table::print_json(&result)?;
    } else {
        table::print(&text(&result))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn summed(
    treatments: &[Treatment<'_>],
    masks: &[NamedMask],
    half_life: TimeSpan,
    arguments: &AddArguments,
    findings: Vec<Finding>,
) -> anyhow::Result<AddResult> {
    let liver = accumulate(treatments, &TissueResponse::named(Role::Liver.tissue())?)?;
    let tumour = accumulate(treatments, &TissueResponse::named(Role::Tumour.tissue())?)?;
    let mut structures = Vec::new();
    for named in masks {
        let response = TissueResponse::named(named.role.tissue())?;
        let total = if named.role == Role::Tumour {
            &tumour
        } else {
            &liver
        };
        let mean = |dose: &Volume<AbsorbedDose>| -> anyhow::Result<f64> {
            Ok(DoseVolumeHistogram::of_structure(dose, &named.mask)?.mean())
        };
        structures.push(AddRow {
            name: named.name.clone(),
            role: named.role,
            volume_ml: named.mask.capacity().as_ml(),
            mean_gy: treatments
                .iter()
                .map(|treatment| mean(treatment.dose))
                .collect::<anyhow::Result<_>>()
                .with_context(|| format!("structure `{}`", named.name))?,
            sum_mean_gy: mean(&total.dose)?,
            bed_mean_gy: DoseVolumeHistogram::of_structure(&total.bed, &named.mask)?.mean(),
            alpha_beta_gy: response.alpha_beta.as_gy(),
            repair_half_time_h: response.repair_half_time.as_hours(),
        });
    }
    let mut files = Vec::new();
    if let Some(out) = &arguments.out {
        dose_files::make_folder(out)?;
        for (name, bytes) in [
            (
                "dose_sum.nii.gz",
                write_nifti(&liver.dose, "sum of absorbed doses, Gy", Compression::Gzip)?,
            ),
            (
                "bed_sum_liver.nii.gz",
                write_nifti(
                    &liver.bed,
                    "BED with the parameters of liver, Gy",
                    Compression::Gzip,
                )?,
            ),
        ] {
            dose_files::write(out, name, &bytes)?;
            files.push(name.to_owned());
        }
    }
    Ok(AddResult {
        program: Program::THIS,
        half_life_h: half_life.as_hours(),
        treatments: treatments.len(),
        interactions: liver.interactions,
        structures,
        findings,
        files,
    })
}

/// A dose on the grid of the first, linear between voxel centres.
fn on_grid_of(
    first: &Volume<AbsorbedDose>,
    dose: Volume<AbsorbedDose>,
    name: &str,
    findings: &mut Vec<Finding>,
) -> anyhow::Result<Volume<AbsorbedDose>> {
    if let (Some(a), Some(b)) = (first.frame_of_reference(), dose.frame_of_reference())
        && a != b
    {
        bail!(
            "{name}: the dose is in another frame of reference, (0020,0052) FrameOfReferenceUID, than the first; register it before adding"
        );
    }
    let grid = first.grid();
    // A hundredth of a millimetre is the rounding of grids in files.
    if grid.matches(dose.grid(), 0.01) {
        return Ok(dose);
    }
    findings.push(Finding {
        severity: "weakens",
        subject: name.to_owned(),
        rule: "the dose is on another grid than the first and was interpolated linearly; outside of it counts as 0 Gy".to_owned(),
        fix: "compute both doses on one grid".to_owned(),
    });
    let values = (0..grid.voxel_count())
        .into_par_iter()
        .map(|at| {
            let place = grid.to_patient(grid.index(at).map(|i| i as f64));
            sample_linear(&dose, dose.grid().to_index(place)).unwrap_or(0.0)
        })
        .collect();
    Ok(Volume::new(
        grid.clone(),
        first.frame_of_reference().cloned(),
        values,
    )?)
}

fn text(result: &AddResult) -> String {
    let mut columns = vec![
        ("structure".to_owned(), String::new()),
        ("volume".to_owned(), "mL".to_owned()),
    ];
    columns
        .extend((1..=result.treatments).map(|number| (format!("mean {number}"), "Gy".to_owned())));
    columns.push(("sum".to_owned(), "Gy".to_owned()));
    columns.push(("BED".to_owned(), "Gy".to_owned()));
    let borrowed: Vec<_> = columns
        .iter()
        .map(|(name, unit)| (name.as_str(), unit.as_str()))
        .collect();
    let mut table = Table::new(&borrowed);
    for row in &result.structures {
        let mut cells = vec![row.name.clone(), digits(row.volume_ml)];
        cells.extend(row.mean_gy.iter().copied().map(digits));
        cells.extend([row.sum_mean_gy, row.bed_mean_gy].map(digits));
        table.row(cells);
    }
    let mut text = table.to_text();
    for pair in &result.interactions {
        text.push_str(&format!(
            "treatments {} and {}: {} h apart, {:.2} % of the first still to decay\n",
            pair.earlier + 1,
            pair.later + 1,
            digits(pair.delay_h),
            pair.undecayed_fraction * 100.0
        ));
    }
    text.push_str(&table::findings_text(&result.findings));
    if !result.files.is_empty() {
        text.push_str(&format!("\nwritten: {}\n", result.files.join(", ")));
    }
    text
}
