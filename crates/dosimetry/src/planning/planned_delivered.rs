//! What a structure was planned to get beside what it got.
//!
//! A structure gets a share of its dose from each infusion `t`. With the mean
//! dose `P_t` (Gy) that the plan gave it for the activity `A_t` (GBq, what was
//! to reach the territory) and the activity `A'_t` that was delivered:
//!
//! 1. planned `P = Σ P_t`,
//! 2. expected at the delivered activity `E = Σ P_t·A'_t/A_t`,
//! 3. delivered `D`, measured in the image after treatment,
//! 4. difference `D − P = (E − P) + (D − E)`: the first part is of activity,
//!    the second of distribution (spheres that went elsewhere than the MAA,
//!    volumes and models that differ).
//!
//! Intervals are k = 2. Shares of one plan err alike, so their half-widths add;
//! plan and image err apart, so that the half-width of `D − E` is
//! `U = √(U_E² + U_D²)`, `U_E` on the side of `E` where `D` lies. Dose factor
//! and outlines that both share are thereby counted twice, which makes `U` too
//! wide rather than too narrow. `|D − E| ≤ U` is agreement.
//! Assumes dose linear in activity and infusions that spread alike whatever
//! their activity.
//! Source: JCGM 100, section 5 (`jcgm100`) for (4); that MAA predicts normal
//! liver better than lesions, `chiesa2021sop`; `docs/methods/planned_delivered.md`.

use serde::Serialize;
use sirt_quantity::{AbsorbedDose, Activity, Mass};

use crate::DosimetryError;

/// A mean dose with its interval, k = 2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanDose {
    /// The mean.
    pub mean: AbsorbedDose,
    /// Lower and upper end; none where nothing is known of it.
    pub interval: Option<[AbsorbedDose; 2]>,
}

impl MeanDose {
    /// With the same half-width to both sides; the lower end is at least zero.
    #[must_use]
    pub fn with_half_width(mean: AbsorbedDose, half_width: AbsorbedDose) -> Self {
        let lower = AbsorbedDose::from_gy((mean - half_width).as_gy().max(0.0));
        Self {
            mean,
            interval: Some([lower, mean + half_width]),
        }
    }

    /// The same for another activity or another part of a dose: everything
    /// times a factor.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self {
            mean: self.mean * factor,
            interval: self.interval.map(|ends| ends.map(|end| end * factor)),
        }
    }

    /// With a further relative standard uncertainty `u` of its own, in
    /// quadrature: both half-widths become `√(U² + (2·u·D)²)`.
    #[must_use]
    pub fn widened(self, relative: f64) -> Self {
        let mean = self.mean.as_gy();
        let own = 2.0 * relative * mean;
        let interval = self.interval.map(|[lower, upper]| {
            let below = (mean - lower.as_gy()).hypot(own);
            let above = (upper.as_gy() - mean).hypot(own);
            [(mean - below).max(0.0), mean + above].map(AbsorbedDose::from_gy)
        });
        Self {
            mean: self.mean,
            interval,
        }
    }

    /// Of several that err alike.
    fn sum(parts: impl Iterator<Item = Self>) -> Self {
        parts
            .reduce(|sum, part| Self {
                mean: sum.mean + part.mean,
                interval: sum
                    .interval
                    .zip(part.interval)
                    .map(|([a, b], [c, d])| [a + c, b + d]),
            })
            .unwrap_or(Self {
                mean: AbsorbedDose::ZERO,
                interval: None,
            })
    }

    fn check(&self, what: &'static str) -> Result<(), DosimetryError> {
        let fits = |dose: AbsorbedDose| dose.is_finite() && dose >= AbsorbedDose::ZERO;
        let ordered = self.interval.is_none_or(|[lower, upper]| {
            fits(lower) && upper.is_finite() && lower <= self.mean && self.mean <= upper
        });
        if fits(self.mean) && ordered {
            return Ok(());
        }
        Err(DosimetryError::OutOfRange {
            what,
            value: format!("{} in {:?}", self.mean, self.interval),
            allowed: "finite values from 0 Gy, in their interval",
        })
    }
}

/// The mean over structures taken together, by mass: `Σm·D/Σm`; what is not
/// known of one leaves the interval unknown. Their half-widths add, as those
/// of one image err alike.
///
/// # Errors
/// [`DosimetryError::OutOfRange`] for none, or a mass that is not positive.
pub fn joint_mean_dose(parts: &[(MeanDose, Mass)]) -> Result<MeanDose, DosimetryError> {
    let total: Mass = parts.iter().map(|(_, mass)| *mass).sum();
    if parts.is_empty()
        || parts
            .iter()
            .any(|(_, mass)| !(mass.is_finite() && mass.as_g() > 0.0))
    {
        return Err(DosimetryError::OutOfRange {
            what: "masses of structures that are taken together",
            value: format!("{} structures of {total}", parts.len()),
            allowed: "at least one, each above 0 g",
        });
    }
    Ok(MeanDose::sum(
        parts.iter().map(|(dose, mass)| dose.scaled(*mass / total)),
    ))
}

/// What one infusion was planned to give a structure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlannedShare {
    /// Mean dose of the structure by the plan, for `planned`.
    pub dose: MeanDose,
    /// Activity that was to reach the territory.
    pub planned: Activity,
    /// Activity that reached it.
    pub delivered: Activity,
}

/// Planned against delivered of one structure, mean doses in Gy.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedDelivered {
    /// By the plan.
    pub planned_gy: f64,
    /// Its interval, k = 2.
    pub planned_interval_gy: Option<[f64; 2]>,
    /// By the plan for the activity that was delivered.
    pub expected_gy: f64,
    /// Its interval, k = 2.
    pub expected_interval_gy: Option<[f64; 2]>,
    /// Measured; none without an image.
    pub delivered_gy: Option<f64>,
    /// Its interval, k = 2.
    pub delivered_interval_gy: Option<[f64; 2]>,
    /// Delivered, or expected without an image, less planned.
    pub difference_gy: f64,
    /// The same over planned; none where nothing was planned.
    pub difference_percent: Option<f64>,
    /// Part of the difference by activity: expected less planned.
    pub by_activity_gy: f64,
    /// Part by distribution: delivered less expected.
    pub by_distribution_gy: Option<f64>,
    /// Half-width of the part by distribution, k = 2.
    pub by_distribution_uncertainty_gy: Option<f64>,
    /// Whether the part by distribution lies within its uncertainty.
    pub agrees: Option<bool>,
}

/// Compares what a structure was planned to get with what it got.
///
/// # Errors
/// [`DosimetryError::OutOfRange`] for no share, a planned activity that is not
/// positive, a negative delivered one, and doses that are negative or outside
/// of their interval.
pub fn planned_delivered(
    shares: &[PlannedShare],
    delivered: Option<MeanDose>,
) -> Result<PlannedDelivered, DosimetryError> {
    if shares.is_empty() {
        return Err(DosimetryError::OutOfRange {
            what: "number of infusions that give a structure its dose",
            value: "0".to_owned(),
            allowed: "at least 1",
        });
    }
    for share in shares {
        share.dose.check("planned dose")?;
        for (what, activity, allowed, fits) in [
            (
                "planned activity",
                share.planned,
                ">0 GBq",
                share.planned > Activity::ZERO,
            ),
            (
                "delivered activity",
                share.delivered,
                ">=0 GBq",
                share.delivered >= Activity::ZERO,
            ),
        ] {
            if !(fits && activity.is_finite()) {
                return Err(DosimetryError::OutOfRange {
                    what,
                    value: activity.to_string(),
                    allowed,
                });
            }
        }
    }
    if let Some(delivered) = &delivered {
        delivered.check("delivered dose")?;
    }
    let planned = MeanDose::sum(shares.iter().map(|share| share.dose));
    let expected = MeanDose::sum(
        shares
            .iter()
            .map(|share| share.dose.scaled(share.delivered / share.planned)),
    );
    let gy = |interval: Option<[AbsorbedDose; 2]>| interval.map(|ends| ends.map(|end| end.as_gy()));
    let [p, e] = [planned.mean.as_gy(), expected.mean.as_gy()];
    let d = delivered.map(|delivered| delivered.mean.as_gy());
    let difference = d.unwrap_or(e) - p;
    let by_distribution = d.map(|d| d - e);
    let uncertainty = delivered.and_then(|delivered| {
        let toward = |dose: MeanDose, above: bool| {
            let [lower, upper] = dose.interval?;
            Some(if above {
                (upper - dose.mean).as_gy()
            } else {
                (dose.mean - lower).as_gy()
            })
        };
        let above = delivered.mean >= expected.mean;
        Some(toward(expected, above)?.hypot(toward(delivered, !above)?))
    });
    Ok(PlannedDelivered {
        planned_gy: p,
        planned_interval_gy: gy(planned.interval),
        expected_gy: e,
        expected_interval_gy: gy(expected.interval),
        delivered_gy: d,
        delivered_interval_gy: delivered.and_then(|delivered| gy(delivered.interval)),
        difference_gy: difference,
        difference_percent: (p > 0.0).then(|| 100.0 * difference / p),
        by_activity_gy: e - p,
        by_distribution_gy: by_distribution,
        by_distribution_uncertainty_gy: uncertainty,
        agrees: by_distribution
            .zip(uncertainty)
            .map(|(by, uncertainty)| by.abs() <= uncertainty),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dose(mean: f64, lower: f64, upper: f64) -> MeanDose {
        MeanDose {
            mean: AbsorbedDose::from_gy(mean),
            interval: Some([lower, upper].map(AbsorbedDose::from_gy)),
        }
    }

    fn share(dose: MeanDose, planned: f64, delivered: f64) -> PlannedShare {
        PlannedShare {
            dose,
            planned: Activity::from_gbq(planned),
            delivered: Activity::from_gbq(delivered),
        }
    }

    #[test]
    fn activity_and_distribution_are_told_apart() {
        // TV-B15: 1.73764 of 1.80 GBq; TV-B9 times 1.2: 117.966 Gy at 1.5 GBq
        // are 141.559 Gy at 1.8 GBq. Delivered 120 ± 16 Gy, by hand the rest.
        let planned = dose(141.559, 101.559, 191.559);
        let image =
            MeanDose::with_half_width(AbsorbedDose::from_gy(120.0), AbsorbedDose::from_gy(16.0));
        let found = planned_delivered(&[share(planned, 1.8, 1.737_64)], Some(image)).unwrap();
        let close = |found: f64, wanted: f64| (found - wanted).abs() < 1e-9;
        let ratio = 1.737_64 / 1.8;
        assert!(close(found.expected_gy, 141.559 * ratio));
        assert!(close(found.by_activity_gy, 141.559 * (ratio - 1.0)));
        assert!(close(
            found.by_distribution_gy.unwrap(),
            120.0 - 141.559 * ratio
        ));
        assert!(close(found.difference_gy, -21.559));
        assert!(close(found.difference_percent.unwrap(), -2155.9 / 141.559));
        // Delivered lies below: the lower half-width of 40 Gy counts.
        let wanted = (40.0 * ratio).hypot(16.0);
        assert!(close(found.by_distribution_uncertainty_gy.unwrap(), wanted));
        assert_eq!(found.agrees, Some(true));
    }

    #[test]
    fn several_infusions_add_up_and_one_that_is_left_out_counts_as_none() {
        let shares = [
            share(dose(30.0, 25.0, 36.0), 1.0, 0.5),
            share(dose(10.0, 8.0, 13.0), 2.0, 0.0),
        ];
        let found = planned_delivered(&shares, None).unwrap();
        assert!((found.planned_gy - 40.0).abs() < 1e-12);
        assert_eq!(found.planned_interval_gy, Some([33.0, 49.0]));
        assert!((found.expected_gy - 15.0).abs() < 1e-12);
        // Without an image the difference is that of activity.
        assert!((found.difference_gy + 25.0).abs() < 1e-12);
        assert_eq!(found.by_distribution_gy, None);
        assert_eq!(found.agrees, None);
    }

    #[test]
    fn what_is_not_known_of_one_stays_unknown() {
        let bare = MeanDose {
            mean: AbsorbedDose::from_gy(20.0),
            interval: None,
        };
        let found = planned_delivered(
            &[
                share(bare, 1.0, 1.0),
                share(dose(10.0, 8.0, 13.0), 1.0, 1.0),
            ],
            Some(dose(33.0, 30.0, 36.0)),
        )
        .unwrap();
        assert_eq!(found.expected_interval_gy, None);
        assert_eq!(found.agrees, None);
        assert!((found.by_distribution_gy.unwrap() - 3.0).abs() < 1e-12);
    }

    #[test]
    fn structures_together_are_weighted_by_mass() {
        let parts = [
            (dose(100.0, 80.0, 130.0), Mass::from_g(300.0)),
            (dose(20.0, 15.0, 25.0), Mass::from_g(100.0)),
        ];
        let joint = joint_mean_dose(&parts).unwrap();
        // (300·100 + 100·20)/400 and the same of the ends.
        assert!((joint.mean.as_gy() - 80.0).abs() < 1e-12);
        let [lower, upper] = joint.interval.unwrap().map(AbsorbedDose::as_gy);
        assert!((lower - 63.75).abs() < 1e-12 && (upper - 103.75).abs() < 1e-12);
        assert!(joint_mean_dose(&[]).is_err());
        assert!(joint_mean_dose(&[(parts[0].0, Mass::from_g(0.0))]).is_err());
    }

    #[test]
    fn refuses_what_cannot_be() {
        let one = dose(10.0, 8.0, 13.0);
        let said =
            |shares: &[PlannedShare]| planned_delivered(shares, None).unwrap_err().to_string();
        assert_eq!(
            said(&[]),
            "number of infusions that give a structure its dose 0 is outside at least 1"
        );
        assert!(said(&[share(one, 0.0, 1.0)]).contains("planned activity"));
        assert!(said(&[share(one, 1.0, -1.0)]).contains("delivered activity"));
        assert!(said(&[share(dose(10.0, 11.0, 13.0), 1.0, 1.0)]).contains("planned dose"));
    }

    proptest! {
        #[test]
        fn parts_of_the_difference_add_up(
            planned in 0.1..300.0_f64,
            delivered in 0.0..300.0_f64,
            ratio in 0.0..2.0_f64,
            relative in 0.0..0.5_f64,
        ) {
            let plan = MeanDose::with_half_width(
                AbsorbedDose::from_gy(planned),
                AbsorbedDose::from_gy(0.2 * planned),
            ).widened(relative);
            let image = dose(delivered, delivered, delivered);
            let found = planned_delivered(&[share(plan, 1.0, ratio)], Some(image)).unwrap();
            let parts = found.by_activity_gy + found.by_distribution_gy.unwrap();
            prop_assert!((parts - found.difference_gy).abs() < 1e-9);
            // Nothing differs where what was expected was found.
            let same = dose(planned * ratio, planned * ratio, planned * ratio);
            let found = planned_delivered(&[share(plan, 1.0, ratio)], Some(same)).unwrap();
            prop_assert_eq!(found.agrees, Some(true));
        }
    }
}
