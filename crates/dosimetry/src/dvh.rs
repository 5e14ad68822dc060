//! Dose-volume histogram of a structure, exact to its voxel weights.
//!
//! `V(d) = Σ_{i: d_i ≥ d} w_i / Σ_i w_i` over the voxels `i` of a structure
//! with dose `d_i` (Gy) and weight `w_i`, which is the part of the voxel that
//! belongs to the structure as a volume (mL) or, where chosen, as a mass (g).
//! `V_x = V(x Gy)`, and `D_x` is the largest `d` with `V(d) ≥ x`: the lower
//! step of the staircase, so that every `D_x` is the dose of a voxel and
//! D95 ≤ D70 ≤ D50 ≤ D2.
//!
//! Nothing is binned: doses are sorted, and bins appear only where a curve is
//! exported with a bin width.
//! Every voxel with a weight over zero counts, also for minimum and maximum;
//! a voxel that a structure touches with a thousandth of its volume can set
//! both, which is why D98 and D2 stand beside them in reports.
//! Inside a voxel the dose is taken as constant; where it runs across few
//! voxels, [`DoseVolumeHistogram::of_structure_subvoxel`] resolves the slope.
//! Source: ICRU 83 (`icru83`) for Dx and Vx; Drzymala 1991 (`drzymala1991`).

use std::marker::PhantomData;

use sirt_image::{Volume, VoxelQuantity, WeightMask};
use sirt_quantity::{AbsorbedDose, Density};

use crate::DosimetryError;

/// Relative slack of `V(d) ≥ x`: sums of up to 10⁸ weights in double precision
/// stay within it, and no table prints as many digits.
const FRACTION_TOLERANCE: f64 = 1e-12;

/// Largest distance of voxel corners at which two grids count as one, mm.
pub(crate) const SAME_GRID_MM: f64 = 0.01;

/// What the voxels of a histogram are weighted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weighting {
    /// Volume, mL.
    Volume,
    /// Mass, g.
    Mass,
}

/// A cumulative histogram over the sorted doses of a structure.
///
/// `Q` says what was sorted: physical dose by default, or
/// [`sirt_quantity::Bed`]; the numbers are Gy in either case.
#[derive(Debug, Clone, PartialEq)]
pub struct DoseVolumeHistogram<Q = AbsorbedDose> {
    weighting: Weighting,
    /// Distinct doses, ascending, Gy.
    doses: Vec<f64>,
    /// Weight at each dose, mL or g.
    weights: Vec<f64>,
    /// Weight at this dose and above, mL or g.
    at_least: Vec<f64>,
    quantity: PhantomData<Q>,
}

/// The figures of a structure that a report shows, Gy.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct DoseStatistics {
    /// Weighted mean.
    pub mean: f64,
    /// Smallest dose of a voxel with any weight.
    pub min: f64,
    /// Largest dose of a voxel with any weight.
    pub max: f64,
    /// Dose that 95 % of the structure receive at least.
    pub d95: f64,
    /// Dose that 70 % of the structure receive at least.
    pub d70: f64,
    /// Dose that half of the structure receives at least.
    pub d50: f64,
    /// Dose that the hottest 2 % of the structure receive at least.
    pub d2: f64,
}

/// A cumulative histogram sampled at equal steps from 0 Gy, for tables, plots
/// and the DICOM DVH sequence.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct SampledHistogram {
    /// Step, Gy.
    pub bin_width_gy: f64,
    /// What the values are in: mL for volume, g for mass.
    pub weighting: Weighting,
    /// Volume or mass that receives at least `n · bin_width_gy`, for n = 0, 1, …;
    /// the last value is zero.
    pub at_least: Vec<f64>,
}

impl<Q: VoxelQuantity> DoseVolumeHistogram<Q> {
    /// A histogram from doses (Gy) and their weights (mL or g); samples
    /// without weight are left out.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a dose that is not finite or a
    /// weight that is negative or not finite,
    /// [`DosimetryError::EmptyStructure`] when no sample has a weight.
    pub fn from_samples(
        samples: impl IntoIterator<Item = (f64, f64)>,
        weighting: Weighting,
    ) -> Result<Self, DosimetryError> {
        let mut sorted = Vec::new();
        for (dose, weight) in samples {
            if !(weight.is_finite() && weight >= 0.0) {
                return Err(DosimetryError::OutOfRange {
                    what: "voxel weight",
                    value: weight.to_string(),
                    allowed: "finite values from 0",
                });
            }
            if weight > 0.0 {
                if !dose.is_finite() {
                    return Err(DosimetryError::OutOfRange {
                        what: "voxel dose",
                        value: format!("{dose} Gy"),
                        allowed: "finite values",
                    });
                }
                sorted.push((dose, weight));
            }
        }
        // A stable sort keeps equal doses in the order of voxels, so sums are
        // the same on every run.
        sorted.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        Self::from_sorted(&sorted, weighting)
    }

    /// A histogram from samples in ascending order of dose.
    fn from_sorted(sorted: &[(f64, f64)], weighting: Weighting) -> Result<Self, DosimetryError> {
        if sorted.is_empty() {
            return Err(DosimetryError::EmptyStructure);
        }
        let mut doses: Vec<f64> = Vec::with_capacity(sorted.len());
        let mut weights: Vec<f64> = Vec::with_capacity(sorted.len());
        for (dose, weight) in sorted {
            match (doses.last(), weights.last_mut()) {
                (Some(last), Some(sum)) if last.total_cmp(dose).is_eq() => *sum += weight,
                _ => {
                    doses.push(*dose);
                    weights.push(*weight);
                }
            }
        }
        let mut at_least = vec![0.0; weights.len()];
        let mut sum = 0.0;
        for (total, weight) in at_least.iter_mut().zip(&weights).rev() {
            sum += weight;
            *total = sum;
        }
        Ok(Self {
            weighting,
            doses,
            weights,
            at_least,
            quantity: PhantomData,
        })
    }

    /// The histogram of a structure, weighted by volume (mL).
    ///
    /// # Errors
    /// [`DosimetryError::GridMismatch`] when dose and structure are on
    /// different grids, [`DosimetryError::EmptyStructure`],
    /// [`DosimetryError::OutOfRange`] for a dose that is not finite.
    pub fn of_structure(dose: &Volume<Q>, structure: &WeightMask) -> Result<Self, DosimetryError> {
        require_same_grid(dose, structure)?;
        let voxel_ml = dose.grid().voxel_capacity().as_ml();
        let values = dose.values();
        Self::from_samples(
            structure
                .iter()
                .map(|(at, weight)| (f64::from(values[at]), f64::from(weight) * voxel_ml)),
            Weighting::Volume,
        )
    }

    /// The histogram of a structure, weighted by mass (g).
    ///
    /// # Errors
    /// As [`DoseVolumeHistogram::of_structure`]; a density that is negative or
    /// not finite is [`DosimetryError::OutOfRange`].
    pub fn of_structure_by_mass(
        dose: &Volume<Q>,
        structure: &WeightMask,
        density: &Volume<Density>,
    ) -> Result<Self, DosimetryError> {
        require_same_grid(dose, structure)?;
        require_same_grid(density, structure)?;
        let voxel_ml = dose.grid().voxel_capacity().as_ml();
        let (doses, densities) = (dose.values(), density.values());
        Self::from_samples(
            structure.iter().map(|(at, weight)| {
                let mass_g = f64::from(weight) * voxel_ml * f64::from(densities[at]);
                (f64::from(doses[at]), mass_g)
            }),
            Weighting::Mass,
        )
    }

    /// The histogram of a structure with the dose resolved inside its voxels.
    ///
    /// Each voxel is sampled at `points` places with the limited linear dose
    /// of [`crate::subvoxel_samples`]; 1 is [`DoseVolumeHistogram::of_structure`].
    ///
    /// # Errors
    /// As [`DoseVolumeHistogram::of_structure`], and
    /// [`DosimetryError::OutOfRange`] for `points` outside 1..=1000.
    pub fn of_structure_subvoxel(
        dose: &Volume<Q>,
        structure: &WeightMask,
        points: usize,
    ) -> Result<Self, DosimetryError> {
        require_same_grid(dose, structure)?;
        Self::from_samples(
            crate::subvoxel_samples(dose, structure, points)?,
            Weighting::Volume,
        )
    }

    /// What the voxels are weighted by.
    #[must_use]
    pub fn weighting(&self) -> Weighting {
        self.weighting
    }

    /// Volume (mL) or mass (g) of the whole structure.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.at_least[0]
    }

    /// Distinct doses (Gy) with their weights (mL or g), ascending.
    pub fn iter(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.doses.iter().copied().zip(self.weights.iter().copied())
    }

    /// Distinct doses (Gy), ascending, with the fraction of the structure that
    /// receives at least as much: the exact curve.
    pub fn steps(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let total = self.total();
        self.doses
            .iter()
            .zip(&self.at_least)
            .map(move |(dose, weight)| (*dose, weight / total))
    }

    /// Weighted mean, Gy.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.iter().map(|(dose, weight)| dose * weight).sum::<f64>() / self.total()
    }

    /// Smallest dose of a voxel with any weight, Gy.
    #[must_use]
    pub fn min(&self) -> f64 {
        self.doses[0]
    }

    /// Largest dose of a voxel with any weight, Gy.
    #[must_use]
    pub fn max(&self) -> f64 {
        self.doses[self.doses.len() - 1]
    }

    /// `D_x`: the largest dose (Gy) that at least `fraction` of the structure
    /// receives; D95 is `dose_at_fraction(0.95)`.
    ///
    /// 0 gives the maximum and 1 the minimum; values outside are taken as
    /// these.
    #[must_use]
    pub fn dose_at_fraction(&self, fraction: f64) -> f64 {
        self.dose_at_weight(fraction * self.total())
    }

    /// The largest dose (Gy) that at least `weight` (mL or g) receive, such as
    /// D0.03cc; all of a structure that is smaller.
    #[must_use]
    pub fn dose_at_weight(&self, weight: f64) -> f64 {
        let needed = weight - FRACTION_TOLERANCE * self.total();
        let enough = self.at_least.partition_point(|above| *above >= needed);
        self.doses[enough.saturating_sub(1)]
    }

    /// Volume (mL) or mass (g) that receives at least `dose_gy`.
    #[must_use]
    pub fn weight_at_dose(&self, dose_gy: f64) -> f64 {
        let below = self.doses.partition_point(|dose| *dose < dose_gy);
        self.at_least.get(below).copied().unwrap_or(0.0)
    }

    /// `V_x`: fraction of the structure, 0 to 1, that receives at least `dose_gy`.
    #[must_use]
    pub fn fraction_at_dose(&self, dose_gy: f64) -> f64 {
        self.weight_at_dose(dose_gy) / self.total()
    }

    /// The figures of a report.
    #[must_use]
    pub fn statistics(&self) -> DoseStatistics {
        DoseStatistics {
            mean: self.mean(),
            min: self.min(),
            max: self.max(),
            d95: self.dose_at_fraction(0.95),
            d70: self.dose_at_fraction(0.70),
            d50: self.dose_at_fraction(0.50),
            d2: self.dose_at_fraction(0.02),
        }
    }

    /// The curve at equal steps from 0 Gy until nothing is left.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] when the step is not positive or would
    /// need over a million values.
    pub fn sampled(&self, bin_width_gy: f64) -> Result<SampledHistogram, DosimetryError> {
        let bins = (self.max().max(0.0) / bin_width_gy).floor() + 2.0;
        if !(bin_width_gy > 0.0 && bins <= 1e6) {
            return Err(DosimetryError::OutOfRange {
                what: "histogram bin width",
                value: format!("{bin_width_gy} Gy (maximum {} Gy)", self.max()),
                allowed: "positive widths of at least a millionth of the maximum",
            });
        }
        let at_least = (0..bins as usize)
            .map(|bin| self.weight_at_dose(bin as f64 * bin_width_gy))
            .collect();
        Ok(SampledHistogram {
            bin_width_gy,
            weighting: self.weighting,
            at_least,
        })
    }

    /// The histogram with each dose through `convert`, under a new meaning:
    /// exact for any conversion that depends on the dose alone, such as the
    /// BED of one treatment.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] when `convert` gives a dose that is not
    /// finite.
    pub fn map<R: VoxelQuantity>(
        &self,
        convert: impl Fn(f64) -> f64,
    ) -> Result<DoseVolumeHistogram<R>, DosimetryError> {
        DoseVolumeHistogram::from_samples(
            self.iter().map(|(dose, weight)| (convert(dose), weight)),
            self.weighting,
        )
    }
}

fn require_same_grid<Q: VoxelQuantity>(
    volume: &Volume<Q>,
    structure: &WeightMask,
) -> Result<(), DosimetryError> {
    if volume.grid().matches(structure.grid(), SAME_GRID_MM) {
        Ok(())
    } else {
        Err(DosimetryError::GridMismatch {
            what: "dose and structure",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn equal_voxels(doses: &[f64]) -> DoseVolumeHistogram {
        DoseVolumeHistogram::from_samples(doses.iter().map(|dose| (*dose, 1.0)), Weighting::Volume)
            .unwrap()
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-12 * b.abs().max(1.0)
    }

    #[test]
    fn ten_voxels_by_the_lower_step_rule() {
        // TV-C5.
        let doses: Vec<f64> = (1..=10).map(|n| 10.0 * f64::from(n)).collect();
        let histogram = equal_voxels(&doses);
        assert!(close(histogram.mean(), 55.0));
        assert!(close(histogram.fraction_at_dose(50.0), 0.6));
        assert!(close(histogram.fraction_at_dose(100.0), 0.1));
        for (fraction, expected) in [(0.7, 40.0), (0.5, 60.0), (0.9, 20.0), (1.0, 10.0)] {
            assert!(
                close(histogram.dose_at_fraction(fraction), expected),
                "D{fraction}"
            );
        }
    }

    #[test]
    fn a_third_of_a_voxel_counts_for_a_third() {
        // Weights that no binary fraction holds exactly: V(20) is 2/3 of the whole.
        let third = 1.0 / 3.0;
        let histogram = DoseVolumeHistogram::<AbsorbedDose>::from_samples(
            [(10.0, third), (20.0, third), (30.0, third)],
            Weighting::Volume,
        )
        .unwrap();
        assert!(close(histogram.dose_at_fraction(2.0 / 3.0), 20.0));
        assert!(close(histogram.total(), 1.0));
        // D0.4mL of 1 mL: the hottest voxel holds only 0.33 mL.
        assert!(close(histogram.dose_at_weight(0.4), 20.0));
        assert!(close(histogram.dose_at_weight(5.0), 10.0));
    }

    #[test]
    fn the_sampled_curve_starts_with_all_and_ends_with_nothing() {
        let sampled = equal_voxels(&[1.0, 2.0, 2.5]).sampled(1.0).unwrap();
        assert_eq!(sampled.at_least, [3.0, 3.0, 2.0, 0.0]);
        assert!(equal_voxels(&[1.0]).sampled(0.0).is_err());
        assert!(equal_voxels(&[1.0]).sampled(1e-9).is_err());
    }

    #[test]
    fn refuses_what_has_no_histogram() {
        let build = |samples: &[(f64, f64)]| {
            DoseVolumeHistogram::<AbsorbedDose>::from_samples(
                samples.iter().copied(),
                Weighting::Volume,
            )
        };
        assert_eq!(build(&[(3.0, 0.0)]), Err(DosimetryError::EmptyStructure));
        assert!(build(&[(f64::NAN, 1.0)]).is_err());
        assert!(build(&[(1.0, -1.0)]).is_err());
        // A voxel outside the structure may hold anything.
        assert!(build(&[(f64::NAN, 0.0), (1.0, 1.0)]).is_ok());
    }

    proptest! {
        #[test]
        fn curve_falls_and_quantiles_are_ordered(
            samples in prop::collection::vec((-5.0..500.0_f64, 1e-4..1.0_f64), 1..200),
            fraction in 0.0..1.0_f64,
        ) {
            let histogram = DoseVolumeHistogram::<AbsorbedDose>::from_samples(samples, Weighting::Volume).unwrap();
            let steps: Vec<_> = histogram.steps().collect();
            prop_assert!(steps.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 > pair[1].1));
            let statistics = histogram.statistics();
            prop_assert!(statistics.min <= statistics.d95 && statistics.d95 <= statistics.d70);
            prop_assert!(statistics.d70 <= statistics.d50 && statistics.d50 <= statistics.d2);
            prop_assert!(statistics.d2 <= statistics.max);
            // Definition of Dx: V(Dx) reaches x, and no larger voxel dose does.
            let dose = histogram.dose_at_fraction(fraction);
            prop_assert!(histogram.fraction_at_dose(dose) >= fraction - 1e-12);
            let above = steps.iter().find(|(other, _)| *other > dose);
            prop_assert!(above.is_none_or(|(_, reached)| *reached < fraction));
        }
    }
}
