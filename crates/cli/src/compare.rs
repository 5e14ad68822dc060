//! `sirt compare`: difference and gamma index of two doses.
//!
//! Both are told on the grid of the reference; the evaluated dose is linear
//! between its voxel centres.

use std::process::ExitCode;

use anyhow::bail;
use serde::Serialize;
use sirt_dicom::SeriesKind;
use sirt_dosimetry::{GammaCriteria, GammaSummary, NamedMask, Role, gamma_index};
use sirt_image::{Volume, sample_linear};
use sirt_quantity::AbsorbedDose;

use crate::arguments::CompareArguments;
use crate::compare_files::{self, Compared};
use crate::dicom_inputs;
use crate::failure;
use crate::inputs;
use crate::patients;
use crate::progress::Stages;
use crate::result::{Finding, Program};
use crate::settled_by::SettledBy;
use crate::structure_input;
use crate::table::{self, Table, digits};

#[derive(Serialize)]
struct CompareResult {
    program: Program,
    gamma: GammaSummary,
    difference: Difference,
    structures: Vec<StructureDifference>,
    findings: Vec<Finding>,
    files: Vec<String>,
}

/// Mean doses of a structure, both over the voxels that the evaluated dose covers.
#[derive(Serialize)]
struct StructureDifference {
    name: String,
    role: Role,
    reference_gy: f64,
    evaluated_gy: f64,
    /// Evaluated less reference, % of the reference; null where that is 0.
    difference_percent: Option<f64>,
}

/// Evaluated less reference at the voxels of the reference, without threshold.
#[derive(Serialize)]
struct Difference {
    voxels: usize,
    /// Voxels of the reference outside of the evaluated dose.
    outside: usize,
    mean_gy: f64,
    /// Square root of the mean square.
    rms_gy: f64,
    /// Largest by amount.
    largest_gy: f64,
    /// Where it is, LPS.
    largest_at_lps_mm: [f64; 3],
    #[serde(skip)]
    largest_at: usize,
}

/// Runs the command.
pub(crate) fn run(arguments: &CompareArguments) -> anyhow::Result<ExitCode> {
    let stages = Stages::new();
    stages.begin("reading the doses");
    let (reference, mut findings) = inputs::read_dose(&arguments.reference)?;
    let (evaluated, of_evaluated) = inputs::read_dose(&arguments.evaluated)?;
    findings.extend(of_evaluated);
    let at = arguments
        .at
        .map(|place| compare_files::voxel_at(&reference, place))
        .transpose()?;
    if let Some(out) = &arguments.out {
        compare_files::require_ours(out)?;
    }
    let beside = beside(arguments, &reference, &stages)?;
    findings.extend(beside.findings);
    stages.begin("gamma index");
    let (dose, distance_mm) = (arguments.dose_percent / 100.0, arguments.distance.as_mm());
    let criteria = GammaCriteria {
        threshold: arguments.threshold_percent / 100.0,
        ..if arguments.local {
            GammaCriteria::local(dose, distance_mm)
        } else {
            GammaCriteria::global(dose, distance_mm)
        }
    };
    let gamma = gamma_index(&reference, &evaluated, &criteria)?;
    let differing = differing(&reference, &evaluated)?;
    let difference = difference(&differing);
    if difference.voxels == 0 {
        bail!(
            "the doses have no place in common: none of the {} voxels of the reference lies in the evaluated dose",
            difference.outside
        );
    }
    let result = CompareResult {
        program: Program::THIS,
        structures: beside
            .masks
            .iter()
            .map(|named| structure_difference(named, &reference, &differing))
            .collect::<anyhow::Result<_>>()?,
        difference,
        gamma: gamma.summary,
        findings,
        files: arguments
            .out
            .as_ref()
            .map_or_else(Vec::new, |_| compare_files::names()),
    };
    if let Some(out) = &arguments.out {
        stages.begin("writing");
        Compared {
            difference: &differing,
            gamma: &gamma,
            masks: &beside.masks,
            ct: beside.ct.as_ref(),
            focus: at.unwrap_or_else(|| reference.grid().index(result.difference.largest_at)),
            subtitle: format!(
                "reference {}, evaluated {}; gamma {} % / {} mm passed by {:.2} %",
                inputs::file_name(&arguments.reference),
                inputs::file_name(&arguments.evaluated),
                arguments.dose_percent,
                arguments.distance.as_mm(),
                result.gamma.pass_rate * 100.0
            ),
        }
        .write(out, &result)?;
    }
    drop(stages);
    if arguments.json {
        table::print_json(&result)?;
    } else {
        table::print(&text(&result, arguments))?;
    }
    let passed = arguments
        .require
        .is_none_or(|required| result.gamma.pass_rate * 100.0 >= required);
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(failure::BELOW_REQUIRED)
    })
}

/// What lies beside the doses.
struct Beside {
    masks: Vec<NamedMask>,
    ct: Option<Volume<sirt_image::Hounsfield>>,
    findings: Vec<Finding>,
}

/// Reads structures and CT, which have to be of the patient of the reference.
fn beside(
    arguments: &CompareArguments,
    reference: &Volume<AbsorbedDose>,
    stages: &Stages,
) -> anyhow::Result<Beside> {
    let structures = arguments.structures.iter().map(|path| patients::Input {
        what: "structures",
        path,
        kinds: &dicom_inputs::STRUCTURE_KINDS,
    });
    let ct = arguments.ct.iter().map(|path| patients::Input {
        what: "CT",
        path,
        kinds: &dicom_inputs::CT_KINDS,
    });
    let mut findings: Vec<Finding> = patients::require_one(
        "reference dose",
        patients::marks_of(&arguments.reference, &[SeriesKind::Dose])?
            .first()
            .copied(),
        &structures.chain(ct).collect::<Vec<_>>(),
        patients::Acceptance::by_option(arguments.accept_other_patient),
    )?
    .into_iter()
    .collect();
    let registration = arguments
        .registration
        .as_deref()
        .map(inputs::read_registration)
        .transpose()?;
    let frame = reference.frame_of_reference();
    let mut masks = Vec::new();
    if !arguments.structures.is_empty() {
        stages.begin("structures on the dose grid");
        let of_structures;
        (masks, of_structures) = structure_input::on_grid(
            &arguments.structures,
            reference.grid(),
            frame,
            registration.as_ref(),
            &arguments.role,
            SettledBy::Options,
        )?;
        findings.extend(of_structures);
    }
    let ct = match &arguments.ct {
        None => None,
        Some(path) => {
            stages.begin("reading the CT");
            let (ct, of_ct) =
                inputs::read_ct(path, frame, registration.as_ref(), SettledBy::Options)?;
            findings.extend(of_ct);
            Some(ct)
        }
    };
    Ok(Beside {
        masks,
        ct,
        findings,
    })
}

/// Evaluated less reference, Gy, at the voxels of the reference; NaN outside of
/// the evaluated dose.
fn differing(
    reference: &Volume<AbsorbedDose>,
    evaluated: &Volume<AbsorbedDose>,
) -> anyhow::Result<Volume<AbsorbedDose>> {
    let grid = reference.grid();
    let same = grid == evaluated.grid();
    let values = reference
        .values()
        .iter()
        .enumerate()
        .map(|(at, value)| {
            let other = if same {
                Some(evaluated.values()[at])
            } else {
                let place = grid.to_patient(grid.index(at).map(|i| i as f64));
                sample_linear(evaluated, evaluated.grid().to_index(place))
            };
            other.map_or(f32::NAN, |other| other - value)
        })
        .collect();
    Ok(Volume::new(
        grid.clone(),
        reference.frame_of_reference().cloned(),
        values,
    )?)
}

fn difference(differing: &Volume<AbsorbedDose>) -> Difference {
    let (mut sum, mut squares, mut voxels) = (0.0, 0.0, 0);
    let mut largest = (0.0_f64, 0);
    for (at, value) in differing.values().iter().enumerate() {
        if value.is_nan() {
            continue;
        }
        let difference = f64::from(*value);
        voxels += 1;
        sum += difference;
        squares += difference * difference;
        if difference.abs() > largest.0.abs() {
            largest = (difference, at);
        }
    }
    let count = voxels as f64;
    let grid = differing.grid();
    Difference {
        voxels,
        outside: differing.values().len() - voxels,
        mean_gy: sum / count,
        rms_gy: (squares / count).sqrt(),
        largest_gy: largest.0,
        largest_at_lps_mm: grid.to_patient(grid.index(largest.1).map(|i| i as f64)).0,
        largest_at: largest.1,
    }
}

fn structure_difference(
    named: &NamedMask,
    reference: &Volume<AbsorbedDose>,
    differing: &Volume<AbsorbedDose>,
) -> anyhow::Result<StructureDifference> {
    let (mut weights, mut doses, mut differences) = (0.0, 0.0, 0.0);
    for (at, weight) in named.mask.iter() {
        let difference = differing.values()[at];
        if difference.is_nan() {
            continue;
        }
        let weight = f64::from(weight);
        weights += weight;
        doses += weight * f64::from(reference.values()[at]);
        differences += weight * f64::from(difference);
    }
    if weights <= 0.0 {
        bail!(
            "structure `{}` lies wholly outside of the evaluated dose",
            named.name
        );
    }
    Ok(StructureDifference {
        name: named.name.clone(),
        role: named.role,
        reference_gy: doses / weights,
        evaluated_gy: (doses + differences) / weights,
        difference_percent: (doses > 0.0).then(|| 100.0 * differences / doses),
    })
}

fn text(result: &CompareResult, arguments: &CompareArguments) -> String {
    let gamma = &result.gamma;
    let difference = &result.difference;
    let [x, y, z] = difference.largest_at_lps_mm;
    let mut text = format!(
        "gamma {} % / {} mm, {}, over {} % of {:.2} Gy\n\
         passed    {:.2} % ({} of {} voxels; {} outside the evaluated dose)\n\
         gamma     mean {:.3}, 95th percentile {:.3}, largest {:.3}\n\
         difference (evaluated less reference): mean {} Gy, rms {} Gy, largest {} Gy at LPS {x:.1}, {y:.1}, {z:.1} mm\n",
        arguments.dose_percent,
        arguments.distance.as_mm(),
        if arguments.local { "local" } else { "global" },
        arguments.threshold_percent,
        gamma.normalisation_gy,
        gamma.pass_rate * 100.0,
        gamma.passed,
        gamma.points,
        gamma.points_outside,
        gamma.mean,
        gamma.p95,
        gamma.max,
        digits(difference.mean_gy),
        digits(difference.rms_gy),
        digits(difference.largest_gy),
    );
    if !result.structures.is_empty() {
        let mut table = Table::new(&[
            ("mean dose of", ""),
            ("reference", "Gy"),
            ("evaluated", "Gy"),
            ("difference", "%"),
        ]);
        for row in &result.structures {
            table.row([
                row.name.clone(),
                digits(row.reference_gy),
                digits(row.evaluated_gy),
                row.difference_percent
                    .map_or_else(String::new, |percent| format!("{percent:+.2}")),
            ]);
        }
        text.push('\n');
        text.push_str(&table.to_text());
    }
    text.push_str(&table::findings_text(&result.findings));
    if !result.files.is_empty() {
        text.push_str(&format!("\nwritten: {}\n", result.files.join(", ")));
    }
    text
}
