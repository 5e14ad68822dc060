//! How sure the compartment doses of a plan are.
//!
//! Tumour mass `m_T`, normal mass `m_N`, T/N `r` and lung mass `m_L` are drawn
//! log-normal around what was measured, the lung shunt `L` log-normal and
//! at most 1, each with its relative standard uncertainty; every draw goes
//! through the partition model as it is, so large uncertainties keep their
//! skewness. The dose factor and the activity meter multiply all doses of a
//! draw alike.
//! Draws are independent: that a tumour drawn too large also shows a lower
//! T/N is not in them, which makes intervals too wide rather than too narrow.
//! Intervals are those between the quantiles of ±2 standard deviations of a
//! normal distribution (2.275 and 97.725 %), `k = 2`.
//! Source: JCGM 101 (`jcgm100`, supplement 1) for the propagation of
//! distributions; `docs/methods/method_card.md`.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use sirt_quantity::{AbsorbedDose, Activity, LungShuntFraction, Mass};

use crate::{Cited, Delivery, DosimetryError, Partition, TumourToNormal};

/// `Φ(−2)`.
const LOWER_QUANTILE: f64 = 0.022_750_131_948_179_2;

/// Relative standard uncertainties of what a plan is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanUncertainty {
    /// Of the tumour's mass.
    pub tumour_mass: f64,
    /// Of the mass of normal liver.
    pub normal_mass: f64,
    /// Of the tumour-to-normal ratio.
    pub tumour_to_normal: f64,
    /// Of the lung shunt.
    pub lung_shunt: f64,
    /// Of the mass of the lungs.
    pub lung_mass: f64,
    /// Of what multiplies all doses: activity meter and dose factor.
    pub activity: f64,
}

impl PlanUncertainty {
    /// The values that OpenSIRT takes where nothing better is known.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] when the table is damaged, which a unit
    /// test rules out for the built-in one.
    pub fn built_in() -> Result<Self, DosimetryError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            tumour_mass: Cited<f64>,
            normal_mass: Cited<f64>,
            tumour_to_normal: Cited<f64>,
            lung_shunt: Cited<f64>,
            lung_mass: Cited<f64>,
            activity: Cited<f64>,
        }
        let table: Table = toml::from_str(include_str!("../../data/plan_uncertainty.toml"))
            .map_err(|error| DosimetryError::DataTable {
                table: "uncertainties of a plan",
                reason: error.to_string(),
            })?;
        let read = Self {
            tumour_mass: table.tumour_mass.value,
            normal_mass: table.normal_mass.value,
            tumour_to_normal: table.tumour_to_normal.value,
            lung_shunt: table.lung_shunt.value,
            lung_mass: table.lung_mass.value,
            activity: table.activity.value,
        };
        read.check().map(|()| read)
    }

    fn check(&self) -> Result<(), DosimetryError> {
        for (what, value) in [
            ("relative uncertainty of the tumour mass", self.tumour_mass),
            ("relative uncertainty of the normal mass", self.normal_mass),
            (
                "relative uncertainty of the tumour-to-normal ratio",
                self.tumour_to_normal,
            ),
            ("relative uncertainty of the lung shunt", self.lung_shunt),
            ("relative uncertainty of the lung mass", self.lung_mass),
            ("relative uncertainty of the activity", self.activity),
        ] {
            if !(0.0..=2.0).contains(&value) {
                return Err(DosimetryError::OutOfRange {
                    what,
                    value: value.to_string(),
                    allowed: "0..=2",
                });
            }
        }
        Ok(())
    }
}

/// A tissue of the partition model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanTissue {
    /// Tumour.
    Tumour,
    /// Perfused normal liver.
    NormalLiver,
    /// Everything perfused.
    Perfused,
    /// Lungs.
    Lungs,
}

/// Doses of a gigabecquerel by many draws, relative to those of the plan.
#[derive(Debug, Clone)]
pub struct SampledDoses {
    /// Sorted ratios to the plan's dose: tumour, normal liver, perfused, lungs.
    ratios: [Vec<f64>; 4],
}

impl SampledDoses {
    /// Draws of one territory.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for an uncertainty outside 0..=2, fewer
    /// than 100 samples, or a mass that is not positive.
    pub fn new(
        partition: &Partition,
        lung_mass: Mass,
        uncertainty: &PlanUncertainty,
        samples: usize,
        seed: u64,
    ) -> Result<Self, DosimetryError> {
        uncertainty.check()?;
        if samples < 100 {
            return Err(DosimetryError::OutOfRange {
                what: "number of samples",
                value: samples.to_string(),
                allowed: "at least 100",
            });
        }
        let activity = Activity::from_gbq(1.0);
        let delivery = partition.delivery();
        let plan = doses(partition, lung_mass, activity)?;
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        let mut ratios: [Vec<f64>; 4] = std::array::from_fn(|_| Vec::with_capacity(samples));
        for _ in 0..samples {
            let mut draw = |relative: f64| (log_sigma(relative) * normal(&mut generator)).exp();
            let tumour = partition.tumour_mass() * draw(uncertainty.tumour_mass);
            let normal_liver = partition.normal_mass() * draw(uncertainty.normal_mass);
            let ratio = partition.ratio().as_ratio() * draw(uncertainty.tumour_to_normal);
            let shunt = delivery.lung_shunt().as_fraction() * draw(uncertainty.lung_shunt);
            let lungs = lung_mass * draw(uncertainty.lung_mass);
            let scale = draw(uncertainty.activity);
            let drawn = Partition::new(
                TumourToNormal::from_ratio(ratio)?,
                tumour,
                normal_liver,
                Delivery::new(
                    delivery.dose_factor(),
                    LungShuntFraction::from_fraction(shunt.min(1.0))?,
                    delivery.residual(),
                )?,
            )?;
            for ((ratios, drawn), plan) in ratios
                .iter_mut()
                .zip(doses(&drawn, lungs, activity)?)
                .zip(plan)
            {
                ratios.push(if plan > 0.0 {
                    scale * drawn / plan
                } else {
                    1.0
                });
            }
        }
        for ratios in &mut ratios {
            ratios.sort_by(f64::total_cmp);
        }
        Ok(Self { ratios })
    }

    /// The interval (k = 2) around a planned dose of a tissue.
    #[must_use]
    pub fn interval(&self, tissue: PlanTissue, planned: AbsorbedDose) -> [AbsorbedDose; 2] {
        let ratios = &self.ratios[index(tissue)];
        [LOWER_QUANTILE, 1.0 - LOWER_QUANTILE].map(|quantile| {
            let at = quantile * (ratios.len() - 1) as f64;
            let below = at.floor() as usize;
            let above = (below + 1).min(ratios.len() - 1);
            let part = at - below as f64;
            planned * (ratios[below] * (1.0 - part) + ratios[above] * part)
        })
    }

    /// Probability that a tissue with a planned dose gets at least `dose`.
    #[must_use]
    pub fn probability_of_at_least(
        &self,
        tissue: PlanTissue,
        planned: AbsorbedDose,
        dose: AbsorbedDose,
    ) -> f64 {
        let ratios = &self.ratios[index(tissue)];
        let needed = dose.as_gy() / planned.as_gy();
        let below = ratios.partition_point(|ratio| *ratio < needed);
        (ratios.len() - below) as f64 / ratios.len() as f64
    }
}

const fn index(tissue: PlanTissue) -> usize {
    match tissue {
        PlanTissue::Tumour => 0,
        PlanTissue::NormalLiver => 1,
        PlanTissue::Perfused => 2,
        PlanTissue::Lungs => 3,
    }
}

fn doses(
    partition: &Partition,
    lung_mass: Mass,
    activity: Activity,
) -> Result<[f64; 4], DosimetryError> {
    let doses = partition.doses(activity)?;
    Ok([
        doses.tumour.as_gy(),
        doses.normal_liver.as_gy(),
        doses.perfused.as_gy(),
        partition.delivery().lung_dose(activity, lung_mass)?.as_gy(),
    ])
}

/// Standard deviation of the logarithm of a quantity with a relative standard
/// uncertainty: `√ln(1 + u²)`.
fn log_sigma(relative: f64) -> f64 {
    (relative * relative).ln_1p().sqrt()
}

/// A normal number by the polar method.
fn normal(generator: &mut ChaCha8Rng) -> f64 {
    loop {
        let [u, v]: [f64; 2] = std::array::from_fn(|_| 2.0 * generator.random::<f64>() - 1.0);
        let square = u * u + v * v;
        if square > 0.0 && square < 1.0 {
            return u * (-2.0 * square.ln() / square).sqrt();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sirt_quantity::{DoseFactor, ResidualFraction};

    /// TV-B7: k 49.67, r 4, 0.3 and 1.2 kg, shunt 5 %.
    fn partition() -> Partition {
        Partition::new(
            TumourToNormal::from_ratio(4.0).unwrap(),
            Mass::from_kg(0.3),
            Mass::from_kg(1.2),
            Delivery::new(
                DoseFactor::from_gy_kg_per_gbq(49.67),
                LungShuntFraction::from_fraction(0.05).unwrap(),
                ResidualFraction::ZERO,
            )
            .unwrap(),
        )
        .unwrap()
    }

    const NONE: PlanUncertainty = PlanUncertainty {
        tumour_mass: 0.0,
        normal_mass: 0.0,
        tumour_to_normal: 0.0,
        lung_shunt: 0.0,
        lung_mass: 0.0,
        activity: 0.0,
    };

    fn sampled(uncertainty: &PlanUncertainty) -> SampledDoses {
        SampledDoses::new(&partition(), Mass::from_kg(1.0), uncertainty, 20_000, 1).unwrap()
    }

    #[test]
    fn without_uncertainty_the_plan_is_certain() {
        let sampled = sampled(&NONE);
        let dose = AbsorbedDose::from_gy(160.0);
        let [lower, upper] = sampled.interval(PlanTissue::Tumour, dose);
        assert!((lower.as_gy() - 160.0).abs() < 1e-9 && (upper.as_gy() - 160.0).abs() < 1e-9);
        let at_least = |gy| {
            sampled.probability_of_at_least(PlanTissue::Tumour, dose, AbsorbedDose::from_gy(gy))
        };
        assert!((at_least(159.0) - 1.0).abs() < 1e-12 && at_least(161.0) < 1e-12);
    }

    #[test]
    fn one_factor_gives_its_own_lognormal() {
        let uncertainty = PlanUncertainty {
            lung_mass: 0.1,
            ..NONE
        };
        let [lower, upper] =
            sampled(&uncertainty).interval(PlanTissue::Lungs, AbsorbedDose::from_gy(10.0));
        let sigma = (0.01_f64).ln_1p().sqrt();
        // Quantiles near the tails of 20 000 samples are known to about
        // sqrt(p/n)/pdf(2) = 2 % of sigma; three of them.
        let tolerance = 10.0 * 3.0 * 0.02 * sigma * 1.3;
        assert!((lower.as_gy() - 10.0 * (-2.0 * sigma).exp()).abs() < tolerance);
        assert!((upper.as_gy() - 10.0 * (2.0 * sigma).exp()).abs() < tolerance);
    }

    #[test]
    fn a_higher_ratio_takes_dose_from_normal_liver() {
        let uncertainty = PlanUncertainty {
            tumour_to_normal: 0.3,
            ..NONE
        };
        let sampled = sampled(&uncertainty);
        let half = |tissue| {
            let dose = AbsorbedDose::from_gy(50.0);
            sampled.probability_of_at_least(tissue, dose, dose)
        };
        // The median draw is the plan, for monotonic dependence: 1/2 each, to
        // three standard errors of 20 000 draws.
        for tissue in [PlanTissue::Tumour, PlanTissue::NormalLiver] {
            assert!((half(tissue) - 0.5).abs() < 3.0 * 0.5 / 20_000.0_f64.sqrt());
        }
    }

    #[test]
    fn the_built_in_values_can_be_used() {
        let sampled = sampled(&PlanUncertainty::built_in().unwrap());
        let dose = AbsorbedDose::from_gy(100.0);
        let [lower, upper] = sampled.interval(PlanTissue::Tumour, dose);
        assert!(lower < dose && dose < upper);
    }

    #[test]
    fn refuses_an_uncertainty_that_is_none() {
        let uncertainty = PlanUncertainty {
            lung_shunt: -0.1,
            ..NONE
        };
        let error =
            SampledDoses::new(&partition(), Mass::from_kg(1.0), &uncertainty, 1000, 1).unwrap_err();
        assert_eq!(
            error.to_string(),
            "relative uncertainty of the lung shunt -0.1 is outside 0..=2"
        );
    }
}
