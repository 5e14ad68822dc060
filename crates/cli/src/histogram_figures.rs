//! Figures of a histogram beside its Dx: Vx, and the equivalent uniform dose
//! by surviving cells.

use serde::Serialize;
use sirt_dosimetry::{DoseVolumeHistogram, survival_equivalent_uniform_dose};
use sirt_quantity::AbsorbedDose;

/// Doses of Vx where none are asked for, Gy: limits and aims that the field
/// names for lung, normal liver and tumours (DOMAIN B).
const USUAL_DOSES_GY: [f64; 7] = [20.0, 30.0, 40.0, 70.0, 100.0, 120.0, 205.0];

/// The volume that receives a dose or more.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct VolumeAtDose {
    pub(crate) dose_gy: f64,
    /// Of the structure, 0 to 1.
    pub(crate) fraction: f64,
    pub(crate) volume_ml: f64,
}

/// The uniform dose that leaves as many cells alive.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SurvivalDose {
    pub(crate) gy: f64,
    /// Radiosensitivity as stated.
    pub(crate) alpha_per_gy: f64,
}

/// Vx at the doses asked for, else at the usual ones.
pub(crate) fn volumes_at_doses(
    histogram: &DoseVolumeHistogram,
    asked: &[AbsorbedDose],
) -> Vec<VolumeAtDose> {
    let doses: Vec<f64> = if asked.is_empty() {
        USUAL_DOSES_GY.to_vec()
    } else {
        asked.iter().map(|dose| dose.as_gy()).collect()
    };
    doses
        .into_iter()
        .map(|dose_gy| VolumeAtDose {
            dose_gy,
            fraction: histogram.fraction_at_dose(dose_gy),
            volume_ml: histogram.weight_at_dose(dose_gy),
        })
        .collect()
}

/// Equivalent uniform dose by survival; `None` where no radiosensitivity is
/// stated, since no value holds for all tumours and livers.
pub(crate) fn survival_dose(
    histogram: &DoseVolumeHistogram,
    alpha_per_gy: Option<f64>,
) -> anyhow::Result<Option<SurvivalDose>> {
    alpha_per_gy
        .map(|alpha_per_gy| {
            Ok(SurvivalDose {
                gy: survival_equivalent_uniform_dose(histogram, alpha_per_gy)?,
                alpha_per_gy,
            })
        })
        .transpose()
}
