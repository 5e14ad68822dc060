//! MIRD single compartment: one mean dose for everything that is perfused.
//!
//! `D = k·A·(1−L)·(1−R)/m`, `A = D·m/(k·(1−L)·(1−R))`,
//! `D_lungs = k·A·L·(1−R)/m_lungs`
//!
//! with the activity `A` in the vial at administration (GBq), the mass `m`
//! of perfused liver including tumour (kg), the lung shunt fraction `L`, the
//! residual fraction `R` and the dose factor `k` (Gy·kg/GBq; 50 by the
//! convention of glass).
//! Assumes uniform uptake: it says nothing of the tumour or of normal liver,
//! whose doses lie apart by the tumour-to-normal ratio.
//! Source: van Roekel 2021 (`vanroekel2021thesis`, p. 30; before shunt and
//! residual), MIRD Pamphlet 29 (`mird29`).

use sirt_quantity::{AbsorbedDose, Activity, Mass};

use super::{Delivery, DoseGoal, LimitedActivity, allowed_range};
use crate::DosimetryError;

/// A perfused volume as one compartment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SingleCompartment {
    perfused_mass: Mass,
    delivery: Delivery,
}

impl SingleCompartment {
    /// From the mass of perfused liver, tumour included.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a mass that is not finite and over 0.
    pub fn new(perfused_mass: Mass, delivery: Delivery) -> Result<Self, DosimetryError> {
        Ok(Self {
            perfused_mass: allowed_range::mass("perfused mass", perfused_mass)?,
            delivery,
        })
    }

    /// Mass of perfused liver, tumour included.
    #[must_use]
    pub const fn perfused_mass(&self) -> Mass {
        self.perfused_mass
    }

    /// Dose factor, shunt and residual.
    #[must_use]
    pub const fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    /// Mean dose of the perfused volume from a vial's activity.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for an activity that is negative or not finite.
    pub fn perfused_dose(&self, vial: Activity) -> Result<AbsorbedDose, DosimetryError> {
        let in_liver = self.delivery.activity_in_liver(vial)?;
        Ok(self
            .delivery
            .dose_factor()
            .dose(in_liver, self.perfused_mass))
    }

    /// A vial's activity that reaches a goal; the inverse of
    /// [`SingleCompartment::perfused_dose`] and [`Delivery::lung_dose`].
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a dose or mass that is not over 0;
    /// [`DosimetryError::Unreachable`] for a dose of tumour or normal liver,
    /// which this model does not tell apart, and where nothing reaches the tissue.
    pub fn activity_for(&self, goal: &DoseGoal) -> Result<Activity, DosimetryError> {
        match goal {
            DoseGoal::Perfused(dose) => {
                let dose = allowed_range::dose("perfused dose", *dose)?;
                let in_liver = self
                    .delivery
                    .dose_factor()
                    .activity(dose, self.perfused_mass);
                self.delivery.vial_for_liver(in_liver)
            }
            DoseGoal::Lungs { dose, lung_mass } => {
                self.delivery.activity_for_lung_dose(*dose, *lung_mass)
            }
            DoseGoal::Tumour(_) | DoseGoal::NormalLiver(_) => Err(DosimetryError::Unreachable {
                goal: format!("a {} dose of {}", goal.tissue(), goal.dose()),
                reason: "a single compartment has one dose for all of the perfused volume"
                    .to_owned(),
            }),
        }
    }

    /// The largest activity that exceeds none of the goals.
    ///
    /// # Errors
    /// As [`SingleCompartment::activity_for`]; lungs without shunt set no limit
    /// and are an error only when no other goal stands beside them.
    pub fn limited_activity(&self, goals: &[DoseGoal]) -> Result<LimitedActivity, DosimetryError> {
        LimitedActivity::least_of(goals, |goal| self.activity_for(goal))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sirt_quantity::{Capacity, Density, DoseFactor, LungShuntFraction, ResidualFraction};

    use super::*;

    fn delivery(factor: f64, lung_shunt: f64, residual: f64) -> Delivery {
        Delivery::new(
            DoseFactor::from_gy_kg_per_gbq(factor),
            LungShuntFraction::from_fraction(lung_shunt).unwrap(),
            ResidualFraction::from_fraction(residual).unwrap(),
        )
        .unwrap()
    }

    fn model(kg: f64, factor: f64, lung_shunt: f64, residual: f64) -> SingleCompartment {
        SingleCompartment::new(Mass::from_kg(kg), delivery(factor, lung_shunt, residual)).unwrap()
    }

    const LUNGS: Mass = Mass::from_kg(1.0);

    #[test]
    fn activity_for_120_gray() {
        // TV-B4: 1.5 kg, LSF 5 %, R 1 %, k 50.
        let goal = DoseGoal::Perfused(AbsorbedDose::from_gy(120.0));
        let plan = model(1.5, 50.0, 0.05, 0.01);
        let vial = plan.activity_for(&goal).unwrap();
        assert!((vial.as_gbq() - 3.8278).abs() <= 0.5e-4);
        let lungs = plan.delivery().activity_in_lungs(vial).unwrap();
        assert!((lungs.as_gbq() - 0.18947).abs() <= 0.5e-5);
        let lung_dose = plan.delivery().lung_dose(vial, LUNGS).unwrap();
        assert!((lung_dose.as_gy() - 9.474).abs() <= 0.5e-3);
        for (factor, expected) in [(50.0, 3.7895), (49.67, 3.8147)] {
            let vial = model(1.5, factor, 0.05, 0.0).activity_for(&goal).unwrap();
            assert!((vial.as_gbq() - expected).abs() <= 0.5e-4);
        }
    }

    #[test]
    fn dose_of_two_and_a_half_gigabecquerel() {
        // TV-B5: 1200 mL at 1.03 g/mL, LSF 8 %, R 2 %, k 50.
        let mass = Density::from_g_per_ml(1.03) * Capacity::from_ml(1200.0);
        assert!((mass.as_kg() - 1.236).abs() <= 0.5e-3);
        let dose = SingleCompartment::new(mass, delivery(50.0, 0.08, 0.02))
            .unwrap()
            .perfused_dose(Activity::from_gbq(2.5))
            .unwrap();
        assert!((dose.as_gy() - 91.18).abs() <= 0.5e-2);
    }

    #[test]
    fn the_lungs_limit_where_they_are_reached_first() {
        let goals = [
            DoseGoal::Perfused(AbsorbedDose::from_gy(120.0)),
            DoseGoal::Lungs {
                dose: AbsorbedDose::from_gy(30.0),
                lung_mass: LUNGS,
            },
        ];
        let limiting = |lung_shunt| {
            model(1.5, 50.0, lung_shunt, 0.0)
                .limited_activity(&goals)
                .map(|limited| limited.limiting.tissue())
        };
        // 30·1/(30·1 + 120·1.5) = 14.3 %.
        assert_eq!(limiting(0.14), Ok("perfused volume"));
        assert_eq!(limiting(0.15), Ok("lungs"));
        assert_eq!(limiting(0.0), Ok("perfused volume"));
    }

    #[test]
    fn refuses_masses_and_goals_that_it_has_not() {
        for mass in [0.0, -1.5, f64::NAN, f64::INFINITY] {
            let said = SingleCompartment::new(Mass::from_g(mass), delivery(50.0, 0.0, 0.0))
                .unwrap_err()
                .to_string();
            assert_eq!(
                said,
                format!("perfused mass {mass} g is outside finite values over 0 g")
            );
        }
        let plan = model(1.5, 50.0, 0.05, 0.0);
        let said = |goal: DoseGoal| plan.activity_for(&goal).unwrap_err().to_string();
        assert_eq!(
            said(DoseGoal::Tumour(AbsorbedDose::from_gy(120.0))),
            "no activity gives a tumour dose of 120 Gy: a single compartment has one dose for all of the perfused volume"
        );
        assert_eq!(
            said(DoseGoal::Perfused(AbsorbedDose::from_gy(f64::NAN))),
            "perfused dose NaN Gy is outside finite values over 0 Gy"
        );
        assert_eq!(
            plan.limited_activity(&[]).unwrap_err().to_string(),
            "number of dose goals 0 is outside at least 1"
        );
    }

    proptest! {
        #[test]
        fn inverse_undoes_forward_and_more_shunt_gives_less(
            kg in 0.05..5.0_f64,
            gbq in 0.01..20.0_f64,
            lung_shunt in 0.001..0.9_f64,
            residual in 0.0..0.9_f64,
        ) {
            let plan = model(kg, 49.67, lung_shunt, residual);
            let vial = Activity::from_gbq(gbq);
            let dose = plan.perfused_dose(vial).unwrap();
            let back = plan.activity_for(&DoseGoal::Perfused(dose)).unwrap();
            prop_assert!((back / vial - 1.0).abs() < 1e-9);
            let lungs = plan.delivery().lung_dose(vial, LUNGS).unwrap();
            let back = plan
                .activity_for(&DoseGoal::Lungs { dose: lungs, lung_mass: LUNGS })
                .unwrap();
            prop_assert!((back / vial - 1.0).abs() < 1e-9);
            // Energy: all that is delivered is deposited, D·m = k·A.
            let deposited = dose.as_gy() * kg + lungs.as_gy();
            prop_assert!((deposited / (49.67 * gbq * (1.0 - residual)) - 1.0).abs() < 1e-9);
            let more_shunt = model(kg, 49.67, lung_shunt + 0.05, residual);
            prop_assert!(more_shunt.perfused_dose(vial).unwrap() < dose);
            prop_assert!(plan.perfused_dose(vial * 1.1).unwrap() > dose);
        }
    }
}
