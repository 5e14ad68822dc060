//! Uncertainty of a structure's mean dose by the budget of the EANM.
//!
//! The mean dose is taken as a product,
//! `D = C(v)/(Q·R(v)) · k/(ρ·v)`, of counts `C` in the drawn volume `v`, the
//! calibration `Q`, the recovery `R`, the density `ρ` and the dose factor
//! `k ∝ T·E` with half-life `T`, and of `2^(Δt/T)` for the decay since
//! administration.
//! Relative variances add up with the squares of sensitivities
//! `s_x = ∂ln D/∂ln x`; the volume enters counts, recovery and mass at once,
//! and its three sensitivities are summed *before* squaring, so that what
//! cancels in a measurement cancels here:
//!
//! `u(D)²/D² = (s_C − s_R − 1)²·u(v)²/v² + u(R)²/R² + u(Q)²/Q² + u(C)²/C² + …`
//!
//! The volume's own uncertainty and how counts follow it are those of
//! [`crate::relative_volume_uncertainty`] and [`CountsOnVolume`].
//!
//! Beside the analytic budget stands a sampled one in which the product is
//! evaluated as it is, with log-normal inputs, so that no factor turns
//! negative and large uncertainties keep their skewness.
//! Contours are assumed to be drawn on the blurred image; where an anatomical
//! image defines the structure, its voxel size and resolution belong in.
//! Source: Gear 2018 (`gear2018`); details in `docs/methods/uncertainty.md`.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use sirt_quantity::{AbsorbedDose, Capacity, Length};

use crate::{
    DosimetryError, RecoveryCurve, blurred_sphere_recovery, blurred_sphere_surface, sphere_diameter,
};

/// Coverage factor of an expanded uncertainty: about 95 % of a normal distribution.
pub const COVERAGE_FACTOR: f64 = 2.0;

/// Number of samples that gives a standard deviation to 0.5 % and ends of the
/// 95 % interval to about 1 % of it.
pub const DEFAULT_SAMPLES: usize = 20_000;

/// How counts in a structure change when it is drawn larger.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "model", rename_all = "snake_case")]
pub enum CountsOnVolume {
    /// A uniform sphere without background, blurred by a Gaussian.
    BlurredSphere {
        /// Full width at half maximum of the blur, mm.
        fwhm_mm: f64,
    },
    /// The ratio of the concentration at the boundary to the mean inside, as
    /// measured in the image by [`crate::boundary_to_mean_ratio`].
    BoundaryRatio {
        /// The ratio; 1 for a structure in equally active surroundings.
        ratio: f64,
    },
    /// The counts do not depend on how the structure is drawn.
    Fixed,
}

/// Another relative uncertainty that multiplies the dose, by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NamedUncertainty {
    /// What it is, for example `administered activity`.
    pub name: String,
    /// Standard uncertainty, relative.
    pub relative: f64,
}

/// What goes into the budget of one structure; all uncertainties are standard
/// (k = 1) and relative.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UncertaintyBudget {
    /// Mean dose.
    pub mean_dose: AbsorbedDose,
    /// Volume of the structure.
    pub volume: Capacity,
    /// Of the volume; see [`crate::relative_volume_uncertainty`].
    pub relative_volume: f64,
    /// How counts follow the volume.
    pub counts_on_volume: CountsOnVolume,
    /// The recovery curve, where the mean dose was corrected with it.
    pub recovery: Option<RecoveryCurve>,
    /// Of the scanner's calibration against the activity meter, the meter's own included.
    pub relative_calibration: f64,
    /// Of the counts in the structure by noise.
    pub relative_counts: f64,
    /// Of the density.
    pub relative_density: f64,
    /// Of the half-life.
    pub relative_half_life: f64,
    /// Span between administration and imaging over the half-life.
    pub delay_in_half_lives: f64,
    /// Of the energy that a decay leaves in tissue.
    pub relative_energy: f64,
    /// Anything else.
    pub others: Vec<NamedUncertainty>,
}

/// A line of the budget.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UncertaintyComponent {
    /// The quantity.
    pub name: String,
    /// Its standard uncertainty, relative.
    pub relative_input: f64,
    /// `∂ln D/∂ln x`.
    pub sensitivity: f64,
    /// What it contributes to `u(D)/D`.
    pub relative: f64,
    /// What it contributes to `u(D)`, Gy.
    pub dose_gy: f64,
}

/// The parts of the sensitivity of the dose to the volume.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct VolumeSensitivity {
    /// More counts in a larger volume.
    pub counts: f64,
    /// A larger recovery coefficient to divide by (negative; zero without correction).
    pub recovery: f64,
    /// More mass to divide by: −1.
    pub mass: f64,
    /// Their sum.
    pub total: f64,
}

/// A structure's dose with its uncertainty.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DoseUncertainty {
    /// Mean dose, Gy.
    pub mean_dose_gy: f64,
    /// The lines of the budget.
    pub components: Vec<UncertaintyComponent>,
    /// How the line of the volume comes about.
    pub volume_sensitivity: VolumeSensitivity,
    /// Standard uncertainty, relative.
    pub relative_standard: f64,
    /// Standard uncertainty, Gy.
    pub standard_gy: f64,
    /// [`COVERAGE_FACTOR`].
    pub coverage_factor: f64,
    /// Expanded uncertainty, Gy.
    pub expanded_gy: f64,
}

/// The same by sampling.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SampledUncertainty {
    /// Seed of the random numbers (ChaCha8).
    pub seed: u64,
    /// Number of samples.
    pub samples: usize,
    /// Mean, Gy.
    pub mean_gy: f64,
    /// Standard deviation, Gy.
    pub standard_gy: f64,
    /// Median, Gy.
    pub median_gy: f64,
    /// 2.5th percentile, Gy.
    pub p2_5_gy: f64,
    /// 97.5th percentile, Gy.
    pub p97_5_gy: f64,
}

impl UncertaintyBudget {
    /// The analytic budget, first order in every relative uncertainty.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for an uncertainty that is negative or
    /// not finite, or a volume that is not positive.
    pub fn propagate(&self) -> Result<DoseUncertainty, DosimetryError> {
        self.check()?;
        let volume_sensitivity = self.volume_sensitivity();
        let mut lines = vec![(
            "volume".to_owned(),
            self.relative_volume,
            volume_sensitivity.total,
        )];
        if let Some(curve) = &self.recovery {
            lines.push((
                "recovery".to_owned(),
                curve.relative_uncertainty(self.volume),
                -1.0,
            ));
        }
        lines.extend([
            ("calibration".to_owned(), self.relative_calibration, -1.0),
            ("counts".to_owned(), self.relative_counts, 1.0),
            ("density".to_owned(), self.relative_density, -1.0),
            (
                "half-life".to_owned(),
                self.relative_half_life,
                1.0 - std::f64::consts::LN_2 * self.delay_in_half_lives,
            ),
            ("energy per decay".to_owned(), self.relative_energy, 1.0),
        ]);
        lines.extend(
            self.others
                .iter()
                .map(|other| (other.name.clone(), other.relative, 1.0)),
        );
        let mean_dose_gy = self.mean_dose.as_gy();
        let components: Vec<UncertaintyComponent> = lines
            .into_iter()
            .map(|(name, relative_input, sensitivity)| {
                let relative = sensitivity.abs() * relative_input;
                UncertaintyComponent {
                    name,
                    relative_input,
                    sensitivity,
                    relative,
                    dose_gy: relative * mean_dose_gy.abs(),
                }
            })
            .collect();
        let relative_standard = components
            .iter()
            .map(|component| component.relative.powi(2))
            .sum::<f64>()
            .sqrt();
        let standard_gy = relative_standard * mean_dose_gy.abs();
        Ok(DoseUncertainty {
            mean_dose_gy,
            components,
            volume_sensitivity,
            relative_standard,
            standard_gy,
            coverage_factor: COVERAGE_FACTOR,
            expanded_gy: COVERAGE_FACTOR * standard_gy,
        })
    }

    /// The budget by sampling: `samples` doses from log-normal inputs of median 1
    /// with the given relative standard deviations, and recovery parameters
    /// from their joint normal distribution.
    ///
    /// The same seed gives the same numbers on every machine.
    ///
    /// # Errors
    /// As [`UncertaintyBudget::propagate`]; [`DosimetryError::OutOfRange`] for
    /// fewer than 100 samples or more than 10 million.
    pub fn sample(&self, samples: usize, seed: u64) -> Result<SampledUncertainty, DosimetryError> {
        self.check()?;
        if !(100..=10_000_000).contains(&samples) {
            return Err(DosimetryError::OutOfRange {
                what: "number of samples",
                value: samples.to_string(),
                allowed: "100..=10000000",
            });
        }
        let mut normal = NormalStream::new(seed);
        let counts_slope = self.volume_sensitivity().counts;
        let delay = self.delay_in_half_lives;
        let mut doses: Vec<f64> = (0..samples)
            .map(|_| {
                let volume = normal.factor(self.relative_volume);
                let half_life = normal.factor(self.relative_half_life);
                let mut dose = self.mean_dose.as_gy()
                    * volume.powf(counts_slope - 1.0)
                    * normal.factor(self.relative_counts)
                    * normal.factor(self.relative_energy)
                    / normal.factor(self.relative_calibration)
                    / normal.factor(self.relative_density)
                    * half_life
                    * (delay / half_life - delay).exp2();
                for other in &self.others {
                    dose *= normal.factor(other.relative);
                }
                if let Some(curve) = &self.recovery {
                    dose *= curve.coefficient(self.volume)
                        / normal.recovery(curve, self.volume * volume);
                }
                dose
            })
            .collect();
        doses.sort_by(f64::total_cmp);
        let n = samples as f64;
        let mean_gy = doses.iter().sum::<f64>() / n;
        let variance = doses
            .iter()
            .map(|dose| (dose - mean_gy).powi(2))
            .sum::<f64>()
            / (n - 1.0);
        let percentile = |fraction: f64| {
            let place = fraction * (n - 1.0);
            let (below, above) = (place.floor() as usize, place.ceil() as usize);
            doses[below] + (place - place.floor()) * (doses[above] - doses[below])
        };
        Ok(SampledUncertainty {
            seed,
            samples,
            mean_gy,
            standard_gy: variance.sqrt(),
            median_gy: percentile(0.5),
            p2_5_gy: percentile(0.025),
            p97_5_gy: percentile(0.975),
        })
    }

    /// `∂ln D/∂ln v` by its ways.
    #[must_use]
    pub fn volume_sensitivity(&self) -> VolumeSensitivity {
        let counts = match self.counts_on_volume {
            CountsOnVolume::BlurredSphere { fwhm_mm } => {
                let (diameter, fwhm) = (sphere_diameter(self.volume), Length::from_mm(fwhm_mm));
                let recovery = self.recovery.map_or_else(
                    || blurred_sphere_recovery(diameter, fwhm),
                    |curve| curve.coefficient(self.volume),
                );
                blurred_sphere_surface(diameter, fwhm) / recovery
            }
            CountsOnVolume::BoundaryRatio { ratio } => ratio,
            CountsOnVolume::Fixed => 0.0,
        };
        let recovery = self
            .recovery
            .map_or(0.0, |curve| -curve.logarithmic_slope(self.volume));
        VolumeSensitivity {
            counts,
            recovery,
            mass: -1.0,
            total: counts + recovery - 1.0,
        }
    }

    fn check(&self) -> Result<(), DosimetryError> {
        let others = self.others.iter().map(|other| other.relative);
        let wrong = [
            self.relative_volume,
            self.relative_calibration,
            self.relative_counts,
            self.relative_density,
            self.relative_half_life,
            self.relative_energy,
        ]
        .into_iter()
        .chain(others)
        .find(|value| !(value.is_finite() && *value >= 0.0));
        if let Some(value) = wrong {
            return Err(DosimetryError::OutOfRange {
                what: "relative standard uncertainty",
                value: value.to_string(),
                allowed: "finite values from 0",
            });
        }
        let positive = |value: f64| value.is_finite() && value > 0.0;
        let volume_ml = self.volume.as_ml();
        if !positive(volume_ml) {
            return Err(DosimetryError::OutOfRange {
                what: "volume of an uncertainty budget",
                value: format!("{volume_ml} mL"),
                allowed: "positive values",
            });
        }
        let wrong = match self.counts_on_volume {
            CountsOnVolume::BlurredSphere { fwhm_mm } if !positive(fwhm_mm) => {
                Some(("resolution (mm)", fwhm_mm))
            }
            CountsOnVolume::BoundaryRatio { ratio } if !ratio.is_finite() => {
                Some(("ratio of boundary to mean", ratio))
            }
            _ => None,
        };
        if let Some((what, value)) = wrong {
            return Err(DosimetryError::OutOfRange {
                what,
                value: value.to_string(),
                allowed: "finite values, positive for a resolution",
            });
        }
        Ok(())
    }
}

/// Normal deviates from one seeded stream (Box and Muller 1958).
struct NormalStream {
    random: ChaCha8Rng,
    spare: Option<f64>,
}

impl NormalStream {
    fn new(seed: u64) -> Self {
        Self {
            random: ChaCha8Rng::seed_from_u64(seed),
            spare: None,
        }
    }

    fn deviate(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        // In (0, 1], so that the logarithm is finite.
        let radius = (-2.0 * (1.0 - self.random.random::<f64>()).ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * self.random.random::<f64>()).sin_cos();
        self.spare = Some(radius * sin);
        radius * cos
    }

    /// Log-normal factor of median 1 and the given standard deviation relative
    /// to its mean.
    ///
    /// With median 1 a factor and its inverse are distributed alike, so that
    /// the result as reported is the median of the samples wherever inputs are
    /// multiplied or divided; with mean 1 the inverse of an uncertain volume
    /// would move it up.
    fn factor(&mut self, relative: f64) -> f64 {
        ((relative * relative).ln_1p().sqrt() * self.deviate()).exp()
    }

    /// Coefficient of a volume with the curve's parameters drawn.
    fn recovery(&mut self, curve: &RecoveryCurve, volume: Capacity) -> f64 {
        // Cholesky factors of the 2 × 2 covariance.
        let [[a, b], [_, d]] = curve.covariance;
        let first = a.max(0.0).sqrt();
        let across = if first > 0.0 { b / first } else { 0.0 };
        let second = (d - across * across).max(0.0).sqrt();
        let (x, y) = (self.deviate(), self.deviate());
        let log_b1 = curve.b1_ml.ln() + first * x;
        // A curve that does not rise is no recovery: the steepness stays positive.
        let b2 = (curve.b2 + across * x + second * y).max(0.01 * curve.b2);
        crate::recovery_coefficient(volume, log_b1.exp(), b2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget() -> UncertaintyBudget {
        UncertaintyBudget {
            mean_dose: AbsorbedDose::from_gy(120.0),
            volume: Capacity::from_ml(14.137),
            relative_volume: 0.1,
            counts_on_volume: CountsOnVolume::Fixed,
            recovery: None,
            relative_calibration: 0.05,
            relative_counts: 0.02,
            relative_density: 0.01,
            relative_half_life: 0.001,
            delay_in_half_lives: 0.3,
            relative_energy: 0.007,
            others: Vec::new(),
        }
    }

    #[test]
    fn budget_adds_relative_variances() {
        let result = budget().propagate().unwrap();
        // √(0.1² + 0.05² + 0.02² + 0.01² + ((1 − 0.3 ln 2)·0.001)² + 0.007²) by hand.
        let expected = (0.01_f64 + 0.0025 + 0.0004 + 0.0001 + 6.27e-7 + 4.9e-5).sqrt();
        assert!((result.relative_standard - expected).abs() < 1e-6);
        assert!((result.expanded_gy - 2.0 * 120.0 * expected).abs() < 1e-3);
        assert_eq!(result.components.len(), 6);
    }

    #[test]
    fn volume_cancels_in_equally_active_surroundings() {
        // Normal liver: drawn larger, it gains counts and mass alike.
        let result = UncertaintyBudget {
            counts_on_volume: CountsOnVolume::BoundaryRatio { ratio: 1.0 },
            ..budget()
        }
        .propagate()
        .unwrap();
        assert!(result.volume_sensitivity.total.abs() < 1e-12);
        assert!(result.relative_standard < 0.06);
    }

    #[test]
    fn sampling_agrees_where_uncertainties_are_small_and_repeats() {
        let budget = UncertaintyBudget {
            relative_volume: 0.03,
            ..budget()
        };
        let analytic = budget.propagate().unwrap();
        let sampled = budget.sample(DEFAULT_SAMPLES, 7).unwrap();
        // Standard deviation of 20 000 normal samples: 0.5 %; three of these,
        // and half a per cent for the curvature left out by the first order.
        assert!((sampled.standard_gy / analytic.standard_gy - 1.0).abs() < 0.02);
        assert!((sampled.mean_gy / 120.0 - 1.0).abs() < 0.005);
        assert!(sampled.p2_5_gy < sampled.median_gy && sampled.median_gy < sampled.p97_5_gy);
        assert_eq!(budget.sample(DEFAULT_SAMPLES, 7).unwrap(), sampled);
        assert_ne!(budget.sample(DEFAULT_SAMPLES, 8).unwrap(), sampled);
    }

    #[test]
    fn the_median_of_the_samples_is_the_dose_however_uncertain_the_volume() {
        let budget = UncertaintyBudget {
            relative_volume: 1.0,
            counts_on_volume: CountsOnVolume::Fixed,
            ..budget()
        };
        let sampled = budget.sample(DEFAULT_SAMPLES, 7).unwrap();
        // ln D has the standard deviation sqrt(ln 2) = 0.83 of the volume, the
        // median of 20 000 a standard error of 1.25 x 0.83 / sqrt(20 000) = 0.7 %;
        // three of these.
        assert!(
            (sampled.median_gy / 120.0 - 1.0).abs() < 0.022,
            "{sampled:?}"
        );
        assert!(sampled.p2_5_gy > 0.0);
    }

    #[test]
    fn refuses_a_negative_uncertainty() {
        let wrong = UncertaintyBudget {
            relative_counts: -0.1,
            ..budget()
        };
        assert!(wrong.propagate().is_err());
        let ratio = UncertaintyBudget {
            counts_on_volume: CountsOnVolume::BoundaryRatio { ratio: f64::NAN },
            ..budget()
        };
        assert!(ratio.propagate().is_err());
        assert!(budget().sample(10, 1).is_err());
    }
}
