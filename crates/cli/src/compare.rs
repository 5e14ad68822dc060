//! `sirt compare`: difference and gamma index of two doses.

use std::process::ExitCode;

use anyhow::bail;
use serde::Serialize;
use sirt_dosimetry::{GammaCriteria, GammaSummary, gamma_index};
use sirt_image::{Volume, sample_linear};
use sirt_quantity::AbsorbedDose;

use crate::arguments::CompareArguments;
use crate::failure;
use crate::inputs;
use crate::progress::Stages;
use crate::result::{Finding, Program};
use crate::table::{self, digits};

#[derive(Serialize)]
struct CompareResult {
    program: Program,
    gamma: GammaSummary,
    difference: Difference,
    findings: Vec<Finding>,
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
}

/// Runs the command.
pub(crate) fn run(arguments: &CompareArguments) -> anyhow::Result<ExitCode> {
    let stages = Stages::new();
    stages.begin("reading the doses");
    let (reference, mut findings) = inputs::read_dose(&arguments.reference)?;
    let (evaluated, of_evaluated) = inputs::read_dose(&arguments.evaluated)?;
    findings.extend(of_evaluated);
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
    let gamma = gamma_index(&reference, &evaluated, &criteria)?.summary;
    let difference = difference(&reference, &evaluated);
    if difference.voxels == 0 {
        bail!(
            "the doses have no place in common: none of the {} voxels of the reference lies in the evaluated dose",
            difference.outside
        );
    }
    let result = CompareResult {
        program: Program::THIS,
        difference,
        gamma,
        findings,
    };
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

fn difference(reference: &Volume<AbsorbedDose>, evaluated: &Volume<AbsorbedDose>) -> Difference {
    let same = reference.grid() == evaluated.grid();
    let (mut sum, mut squares, mut voxels, mut outside) = (0.0, 0.0, 0, 0);
    let mut largest = (0.0_f64, 0);
    for (at, value) in reference.values().iter().enumerate() {
        let other = if same {
            Some(evaluated.values()[at])
        } else {
            let place = reference
                .grid()
                .to_patient(reference.grid().index(at).map(|i| i as f64));
            sample_linear(evaluated, evaluated.grid().to_index(place))
        };
        let Some(other) = other else {
            outside += 1;
            continue;
        };
        let difference = f64::from(other) - f64::from(*value);
        voxels += 1;
        sum += difference;
        squares += difference * difference;
        if difference.abs() > largest.0.abs() {
            largest = (difference, at);
        }
    }
    let count = f64::from(u32::try_from(voxels).unwrap_or(u32::MAX));
    Difference {
        voxels,
        outside,
        mean_gy: sum / count,
        rms_gy: (squares / count).sqrt(),
        largest_gy: largest.0,
        largest_at_lps_mm: reference
            .grid()
            .to_patient(reference.grid().index(largest.1).map(|i| i as f64))
            .0,
    }
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
    text.push_str(&table::findings_text(&result.findings));
    text
}
