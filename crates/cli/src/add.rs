//! `sirt add`: the doses of several treatments, and their BED, added up.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde::Serialize;
use sirt_dosimetry::{
    AccumulatedDose, DoseOnGrid, DoseResampling, DoseVolumeHistogram, NamedMask, Role,
    TissueResponse, Treatment, TreatmentInteraction, accumulate, dose_on_grid_of,
};
use sirt_image::Volume;
use sirt_quantity::{AbsorbedDose, NuclideLibrary};

use crate::add_files;
use crate::arguments::AddArguments;
use crate::inputs;
use crate::progress::Stages;
use crate::result::{Finding, Program};
use crate::settled_by::SettledBy;
use crate::structure_input;
use crate::table::{self, Table, digits};

/// Everything about one sum: what `--json` prints and `sum.json` keeps.
#[derive(Serialize)]
pub(crate) struct AddResult {
    program: Program,
    half_life_h: f64,
    treatments: usize,
    /// What it took to bring each treatment onto the grid of the first.
    resampling: Vec<Option<DoseResampling>>,
    /// How treatments act together, with the parameters of liver.
    interactions: Vec<TreatmentInteraction>,
    structures: Vec<AddRow>,
    pub(crate) findings: Vec<Finding>,
    /// Names of the files in the output folder.
    pub(crate) files: Vec<String>,
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
    if let Some(out) = &arguments.out {
        add_files::require_ours(out)?;
    }
    let stages = Stages::new();
    stages.begin("reading the doses");
    let mut findings = Vec::new();
    let mut doses: Vec<Volume<AbsorbedDose>> = Vec::new();
    let mut resampling = Vec::new();
    let mut sources = Vec::new();
    for (path, _) in &arguments.treatments {
        let (dose, of_dose, source) = inputs::read_dose_and_source(path)?;
        findings.extend(of_dose);
        sources.push(source);
        let brought = match doses.first() {
            Some(first) => {
                let name = inputs::file_name(path);
                let brought = dose_on_grid_of(first, dose)
                    .with_context(|| format!("{name}, added to the first dose"))?;
                findings.extend(brought.resampling.map(|how| resampled(&name, how)));
                brought
            }
            None => DoseOnGrid {
                dose,
                resampling: None,
            },
        };
        doses.push(brought.dose);
        resampling.push(brought.resampling);
    }
    findings.extend(add_files::other_patient(&sources));
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
        SettledBy::Options,
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
    let sum = accumulate(&treatments, &TissueResponse::named(Role::Liver.tissue())?)?;
    let mut result = AddResult {
        program: Program::THIS,
        half_life_h: half_life.as_hours(),
        treatments: treatments.len(),
        resampling,
        interactions: sum.interactions.clone(),
        structures: rows(&treatments, &sum, &masks)?,
        findings,
        files: Vec::new(),
    };
    if let Some(out) = &arguments.out {
        stages.begin("writing");
        let begins: Vec<_> = treatments.iter().map(|one| one.begin).collect();
        add_files::write_all(&mut result, &sum, &begins, &sources, out)?;
    }
    drop(stages);
    if arguments.json {
        table::print_json(&result)?;
    } else {
        table::print(&text(&result))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Each structure's means; `liver` is the sum with the parameters of liver.
fn rows(
    treatments: &[Treatment<'_>],
    liver: &AccumulatedDose,
    masks: &[NamedMask],
) -> anyhow::Result<Vec<AddRow>> {
    let tumour = accumulate(treatments, &TissueResponse::named(Role::Tumour.tissue())?)?;
    let mut structures = Vec::new();
    for named in masks {
        let response = TissueResponse::named(named.role.tissue())?;
        let total = if named.role == Role::Tumour {
            &tumour
        } else {
            liver
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
    Ok(structures)
}

fn resampled(name: &str, how: DoseResampling) -> Finding {
    Finding {
        severity: "weakens",
        subject: name.to_owned(),
        rule: format!(
            "on another grid than the first dose and brought onto it, with {:.2} % of its integral; {:.2} % of the first's voxels are outside of it and count as 0 Gy",
            how.kept_integral * 100.0,
            how.uncovered_fraction * 100.0
        ),
        fix: "compute both doses on one grid".to_owned(),
    }
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
