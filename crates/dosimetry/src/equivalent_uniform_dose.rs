//! Equivalent uniform dose: the uniform dose with the effect of a histogram.
//!
//! Generalised, `gEUD = (Σ v_i·d_i^a)^(1/a)`, and by surviving cells,
//! `EUD = −ln(Σ v_i·e^(−α·d_i))/α`, with doses `d_i` (Gy) and fractions `v_i`
//! of the structure; `α` in 1/Gy.
//! `a = 1` is the mean, `a > 1` suits serial organs, `a < 0` tumours.
//! Sums are taken of exponents relative to the largest (log-sum-exp): at
//! doses of hundreds of gray the plain sums leave the range of a double.
//! Negative doses, which noise in an image can produce, are refused for gEUD,
//! where a power of them has no meaning.
//! Sources: Niemierko 1997 (`niemierko1997`) and 1999 (`niemierko1999`).

use sirt_image::VoxelQuantity;

use crate::{DoseVolumeHistogram, DosimetryError};

/// Generalised equivalent uniform dose, Gy.
///
/// With a negative `exponent` and any part of the structure at 0 Gy it is 0.
///
/// # Errors
/// [`DosimetryError::OutOfRange`] for an exponent that is zero or not finite,
/// or a negative dose.
pub fn generalised_equivalent_uniform_dose<Q: VoxelQuantity>(
    histogram: &DoseVolumeHistogram<Q>,
    exponent: f64,
) -> Result<f64, DosimetryError> {
    if !exponent.is_finite() || exponent.abs() < 1e-9 {
        return Err(DosimetryError::OutOfRange {
            what: "exponent of the generalised equivalent uniform dose",
            value: exponent.to_string(),
            allowed: "finite values other than 0",
        });
    }
    if histogram.min() < 0.0 {
        return Err(DosimetryError::OutOfRange {
            what: "dose in a generalised equivalent uniform dose",
            value: format!("{} Gy", histogram.min()),
            allowed: "values from 0 Gy",
        });
    }
    // ln 0 is −∞: no part for a > 0, and an infinite sum, so a dose of 0, for a < 0.
    let log_sum = log_mean_exp(histogram, |dose| exponent * dose.ln());
    Ok((log_sum / exponent).exp())
}

/// Equivalent uniform dose by survival, Gy.
///
/// # Errors
/// [`DosimetryError::OutOfRange`] for a radiosensitivity `alpha_per_gy` that is
/// not positive and finite.
pub fn survival_equivalent_uniform_dose<Q: VoxelQuantity>(
    histogram: &DoseVolumeHistogram<Q>,
    alpha_per_gy: f64,
) -> Result<f64, DosimetryError> {
    Ok(-log_surviving_fraction(histogram, alpha_per_gy)? / alpha_per_gy)
}

/// Natural logarithm of the mean surviving fraction `Σ v_i·e^(−α·d_i)`; for a
/// histogram of BED it is that of the linear-quadratic model.
///
/// # Errors
/// As [`survival_equivalent_uniform_dose`].
pub fn log_surviving_fraction<Q: VoxelQuantity>(
    histogram: &DoseVolumeHistogram<Q>,
    alpha_per_gy: f64,
) -> Result<f64, DosimetryError> {
    if !(alpha_per_gy.is_finite() && alpha_per_gy > 0.0) {
        return Err(DosimetryError::OutOfRange {
            what: "radiosensitivity alpha",
            value: format!("{alpha_per_gy} /Gy"),
            allowed: "positive values",
        });
    }
    Ok(log_mean_exp(histogram, |dose| -alpha_per_gy * dose))
}

/// `ln Σ v_i·e^(x_i)` with the largest `x_i` taken out.
fn log_mean_exp<Q: VoxelQuantity>(
    histogram: &DoseVolumeHistogram<Q>,
    exponent_of: impl Fn(f64) -> f64,
) -> f64 {
    let largest = histogram
        .iter()
        .map(|(dose, _)| exponent_of(dose))
        .fold(f64::NEG_INFINITY, f64::max);
    if largest.is_infinite() {
        return largest;
    }
    let sum: f64 = histogram
        .iter()
        .map(|(dose, weight)| weight * (exponent_of(dose) - largest).exp())
        .sum();
    largest + (sum / histogram.total()).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Weighting;

    fn histogram(doses: &[f64]) -> DoseVolumeHistogram {
        DoseVolumeHistogram::from_samples(doses.iter().map(|dose| (*dose, 0.25)), Weighting::Volume)
            .unwrap()
    }

    #[test]
    fn four_doses_of_the_test_vector() {
        // TV-C6, printed to three decimals.
        let doses = histogram(&[50.0, 100.0, 150.0, 200.0]);
        let gently = |a: f64| generalised_equivalent_uniform_dose(&doses, a).unwrap();
        assert!((gently(1.0) - 125.0).abs() < 1e-9);
        assert!((gently(-10.0) - 57.429).abs() < 0.5e-3);
        let survival = survival_equivalent_uniform_dose(&doses, 0.01).unwrap();
        assert!((survival - 109.896).abs() < 0.5e-3);
    }

    #[test]
    fn extreme_doses_neither_overflow_nor_vanish() {
        let doses = histogram(&[3000.0, 4000.0]);
        let survival = survival_equivalent_uniform_dose(&doses, 0.5).unwrap();
        // e^(−1500) is under the smallest double; half survive at 3000 Gy.
        assert!((survival - (3000.0 + 2.0 * std::f64::consts::LN_2)).abs() < 1e-9);
        let steep = generalised_equivalent_uniform_dose(&doses, 500.0).unwrap();
        assert!((steep - 4000.0 * 0.5_f64.powf(1.0 / 500.0)).abs() < 1e-6);
    }

    #[test]
    fn a_cold_part_leaves_no_tumour_dose() {
        let cold = generalised_equivalent_uniform_dose(&histogram(&[0.0, 100.0]), -10.0).unwrap();
        assert!(cold.abs() < 1e-12);
        let warm = generalised_equivalent_uniform_dose(&histogram(&[0.0, 100.0]), 1.0).unwrap();
        assert!((warm - 50.0).abs() < 1e-9);
        let all_cold = generalised_equivalent_uniform_dose(&histogram(&[0.0]), 2.0).unwrap();
        assert!(all_cold.abs() < 1e-12);
    }

    #[test]
    fn refuses_what_has_no_meaning() {
        let doses = histogram(&[1.0]);
        assert!(generalised_equivalent_uniform_dose(&doses, 0.0).is_err());
        assert!(generalised_equivalent_uniform_dose(&histogram(&[-1.0]), 2.0).is_err());
        assert!(survival_equivalent_uniform_dose(&doses, 0.0).is_err());
    }
}
