//! What makes a finished dose hard to believe: activity in air, borders to
//! lung, and numbers beyond what patients are given.

use sirt_dosimetry::{DoseDistribution, EnergyBalance, Medium, NamedMask, Role};
use sirt_image::{Volume, VoxelQuantity};
use sirt_quantity::{AbsorbedDose, Density};

use crate::activity_input::CalibratedActivity;
use crate::result::Finding;

/// Energy in air beyond this share of what was emitted is worth a finding:
/// the share past which an energy balance fails (issue: 0.5 %).
const IN_AIR: f64 = 5e-3;
/// Part of a solid structure that may lie in air: partial voxels at its edge.
const STRUCTURE_IN_AIR: f64 = 0.02;
/// Energy in tissue of lung's density beyond this share is worth a finding:
/// lungs then hold or border on activity.
const IN_LUNG: f64 = 1e-3;
/// Lung is this part of the kernel's density or less: inflated lung 0.26,
/// deflated 0.5 against soft tissue 1.05 g/mL (ICRU 46 as in DOMAIN C.1).
const LUNG_DENSITY: f64 = 0.5;
/// Largest vial of microspheres, MBq: 20 GBq of glass (DOMAIN A.5).
const LARGEST_VIAL_MBQ: f64 = 20_000.0;
/// Least activity that is seen as a treatment, MBq: a hundredth of the
/// smallest prescription on record, 1.01 GBq (DOMAIN B.1).
const LEAST_TREATMENT_MBQ: f64 = 10.0;
/// Half-lives closer than this are one nuclide's: evaluations of Y-90 lie
/// within 0.7 % of each other (DOMAIN A.1, the outlier included).
const SAME_HALF_LIFE: f64 = 0.01;
/// Dose of a voxel that no treatment is known to have reached, Gy: twenty-five
/// times what radiation segmentectomy aims at (400 Gy, DOMAIN B.9).
const BEYOND_TREATMENT_GY: f64 = 10_000.0;

/// Everything that weakens the activity itself.
pub(crate) fn of_activity(activity: &CalibratedActivity) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mbq = activity.at_administration_mbq;
    if !(LEAST_TREATMENT_MBQ..=LARGEST_VIAL_MBQ).contains(&mbq) {
        findings.push(weakens(
            "activity",
            format!(
                "{mbq:.3e} MBq at administration; {LEAST_TREATMENT_MBQ} to {LARGEST_VIAL_MBQ} MBq are expected of a treatment"
            ),
            "check --units, --since-administration and which image this is",
        ));
    }
    let calibration = &activity.calibration;
    let nuclide = &calibration.nuclide;
    let known = |sourced: &sirt_quantity::Sourced<sirt_quantity::TimeSpan>| {
        (calibration.half_life / sourced.value - 1.0).abs() <= SAME_HALF_LIFE
    };
    if !nuclide.half_lives.iter().any(known) {
        findings.push(weakens(
            "half-life",
            format!(
                "{} is more than {} % from {}, that of {}",
                calibration.half_life,
                SAME_HALF_LIFE * 100.0,
                nuclide.half_life(),
                nuclide.symbol
            ),
            "check --half-life; the dose factor follows it",
        ));
    }
    if let Some(decision) = calibration.decisions.iter().find(|decision| {
        decision.about == "positron fraction" && decision.source != "--scanner-positron-fraction"
    }) {
        findings.push(weakens(
            "positron fraction",
            format!("{}, from {}", decision.value, decision.source),
            "right only if the scanner divided by it; if the tag alone is wrong, give --scanner-positron-fraction",
        ));
    }
    findings
}

/// Everything that weakens a dose on a CT.
pub(crate) fn of_distribution(
    distribution: &DoseDistribution,
    medium: Medium<'_>,
    balance: &EnergyBalance,
    masks: &[NamedMask],
    air_limit: Density,
) -> Vec<Finding> {
    let mut findings: Vec<_> = of_dose(&distribution.dose).into_iter().collect();
    let Medium::Heterogeneous(density) = medium else {
        return findings;
    };
    let in_air = balance.in_air_j / balance.emitted_j;
    if in_air > IN_AIR {
        findings.push(weakens(
            "CT",
            format!(
                "{:.2} % of the emitted energy falls in air or outside the CT and gives no dose",
                in_air * 100.0
            ),
            "check that CT and activity lie on each other (--registration), and that the CT covers the activity",
        ));
    }
    for named in masks.iter().filter(|named| named.role != Role::Other) {
        let part = part_below(density, named, air_limit);
        if part > STRUCTURE_IN_AIR {
            findings.push(weakens(
                &format!("structure `{}`", named.name),
                format!(
                    "{:.1} % of it are air on the CT and get no dose, which lowers its mean",
                    part * 100.0
                ),
                "check that structures and CT lie on each other",
            ));
        }
    }
    let lung = LUNG_DENSITY
        * distribution
            .kernel_density
            .unwrap_or(Density::from_g_per_ml(1.05))
            .as_g_per_ml();
    let share = energy_share_below(distribution, density, lung);
    if share > IN_LUNG {
        let rule = match distribution.kernel_density {
            Some(kernel) => format!(
                "{:.2} % of the energy lie below {lung:.2} g/mL, where betas reach further than in the kernel's {:.2} g/mL; at a border to lung the dose in lung was up to three times too high in the first mm and next to nothing past 6 mm (docs/methods/kernel.md)",
                share * 100.0,
                kernel.as_g_per_ml()
            ),
            None => format!(
                "{:.2} % of the energy lie below {lung:.2} g/mL, where betas reach some mm to cm; local deposition leaves them in their voxel",
                share * 100.0
            ),
        };
        findings.push(weakens(
            "lung",
            rule,
            "judge lung by its mean, and neither lung nor dome by single voxels; the uncertainty does not hold this",
        ));
    }
    findings
}

/// A dose beyond any treatment: another quantity was taken for dose.
pub(crate) fn of_dose(dose: &Volume<AbsorbedDose>) -> Option<Finding> {
    let largest = dose.values().iter().copied().fold(0.0_f32, f32::max);
    (f64::from(largest) > BEYOND_TREATMENT_GY).then(|| {
        weakens(
            "dose",
            format!(
                "up to {largest:.3e} Gy; no treatment is known to reach {BEYOND_TREATMENT_GY} Gy"
            ),
            "check that the numbers are gray, and the activity and density behind them",
        )
    })
}

/// Part of a structure whose density is below a limit.
fn part_below<Q: VoxelQuantity>(volume: &Volume<Q>, named: &NamedMask, limit: Density) -> f64 {
    let limit = limit.as_g_per_ml() as f32;
    let (mut below, mut all) = (0.0, 0.0);
    for (at, weight) in named.mask.iter() {
        all += f64::from(weight);
        if volume.values()[at] < limit {
            below += f64::from(weight);
        }
    }
    below / all
}

/// Share of the deposited energy in voxels below a density (g/mL).
fn energy_share_below(
    distribution: &DoseDistribution,
    density: &Volume<Density>,
    limit_g_per_ml: f64,
) -> f64 {
    let (mut below, mut all) = (0.0, 0.0);
    for (dose, density) in distribution.dose.values().iter().zip(density.values()) {
        let energy = f64::from(*dose) * f64::from(*density);
        all += energy;
        if f64::from(*density) < limit_g_per_ml {
            below += energy;
        }
    }
    if all > 0.0 { below / all } else { 0.0 }
}

fn weakens(subject: &str, rule: String, fix: &str) -> Finding {
    Finding {
        severity: "weakens",
        subject: subject.to_owned(),
        rule,
        fix: fix.to_owned(),
    }
}
