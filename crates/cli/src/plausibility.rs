//! Reasons to doubt a result, in words; the rules are in `sirt_dosimetry`.

use sirt_dosimetry::{BEYOND_TREATMENT, Doubt, LARGEST_VIAL, LEAST_TREATMENT, SAME_HALF_LIFE};
use sirt_quantity::Density;

use crate::result::Finding;

/// A doubt as a finding: what it rests on, and what to do.
pub(crate) fn finding(doubt: Doubt) -> Finding {
    match doubt {
        Doubt::Activity { at_administration } => weakens(
            "activity",
            format!(
                "{:.3e} MBq at administration; {} to {} MBq are expected of a treatment",
                at_administration.as_mbq(),
                LEAST_TREATMENT.as_mbq(),
                LARGEST_VIAL.as_mbq()
            ),
            "check --units, --since-administration and which image this is",
        ),
        Doubt::HalfLife {
            stated,
            known,
            nuclide,
        } => weakens(
            "half-life",
            format!(
                "{stated} is more than {} % from {known}, that of {nuclide}",
                SAME_HALF_LIFE * 100.0
            ),
            "check --half-life; the dose factor follows it",
        ),
        Doubt::PositronFraction { decision } => weakens(
            "positron fraction",
            format!("{}, from {}", decision.value, decision.source),
            "right only if the scanner divided by it; if the tag alone is wrong, give --scanner-positron-fraction",
        ),
        Doubt::Dose { largest } => weakens(
            "dose",
            format!(
                "up to {:.3e} Gy; no treatment is known to reach {} Gy",
                largest.as_gy(),
                BEYOND_TREATMENT.as_gy()
            ),
            "check that the numbers are gray, and the activity and density behind them",
        ),
        Doubt::EnergyInAir { fraction } => weakens(
            "CT",
            format!(
                "{:.2} % of the emitted energy falls in air or outside the CT and gives no dose",
                fraction * 100.0
            ),
            "check that CT and activity lie on each other (--registration), and that the CT covers the activity",
        ),
        Doubt::StructureInAir { name, fraction } => weakens(
            &format!("structure `{name}`"),
            format!(
                "{:.1} % of it are air on the CT and get no dose, which lowers its mean",
                fraction * 100.0
            ),
            "check that structures and CT lie on each other",
        ),
        Doubt::EnergyInLung {
            fraction,
            limit,
            kernel,
        } => weakens(
            "lung",
            in_lung(fraction, limit, kernel),
            "judge lung by its mean, and neither lung nor dome by single voxels; the uncertainty does not hold this",
        ),
        other => weakens("result", format!("{other:?}"), "check the inputs"),
    }
}

fn in_lung(fraction: f64, limit: Density, kernel: Option<Density>) -> String {
    let (percent, limit) = (fraction * 100.0, limit.as_g_per_ml());
    match kernel {
        Some(kernel) => format!(
            "{percent:.2} % of the energy lie below {limit:.2} g/mL, where betas reach further than in the kernel's {:.2} g/mL; at a border to lung the dose in lung was up to three times too high in the first mm and next to nothing past 6 mm (docs/methods/kernel.md)",
            kernel.as_g_per_ml()
        ),
        None => format!(
            "{percent:.2} % of the energy lie below {limit:.2} g/mL, where betas reach some mm to cm; local deposition leaves them in their voxel"
        ),
    }
}

fn weakens(subject: &str, rule: String, fix: &str) -> Finding {
    Finding {
        severity: "weakens",
        subject: subject.to_owned(),
        rule,
        fix: fix.to_owned(),
    }
}
