//! Partition model: tumour, normal liver and lungs as compartments of one
//! perfused volume.
//!
//! `A_H = A·(1−R)·(1−L)`,
//! `A_T = A_H·r·m_T/(r·m_T + m_N)`, `A_N = A_H·m_N/(r·m_T + m_N)`,
//! `D_T = k·A_T/m_T`, `D_N = k·A_N/m_N`, hence `D_T = r·D_N`, and inverse
//!
//! `A = D_N·(r·m_T + m_N)/(k·(1−L)·(1−R))`,
//! `A = D_T·(m_T + m_N/r)/(k·(1−L)·(1−R))`
//!
//! with the activity `A` in the vial at administration (GBq), the perfused
//! masses `m_T` and `m_N` (kg), the ratio of concentrations `r`, the lung shunt
//! fraction `L`, the residual fraction `R` and the dose factor `k`
//! (Gy·kg/GBq; 49.67 as printed).
//! Assumes uniform uptake within a compartment, one `r` for all tumour of the
//! volume and no cold tumour; where `r < 1` the model still computes, but no
//! activity spares the liver.
//! Source: Ho 1996 (`ho1996partition`), van Roekel 2021
//! (`vanroekel2021thesis`, p. 30).

use sirt_quantity::{AbsorbedDose, Activity, Mass};

use super::{Delivery, DoseGoal, LimitedActivity, TumourToNormal, allowed_range};
use crate::DosimetryError;

/// A perfused volume of tumour and normal liver.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Partition {
    ratio: TumourToNormal,
    tumour_mass: Mass,
    normal_mass: Mass,
    delivery: Delivery,
}

/// What an activity gives the compartments of a perfused volume.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PartitionDoses {
    /// Activity in the tumour.
    pub tumour_activity: Activity,
    /// Activity in the perfused normal liver.
    pub normal_activity: Activity,
    /// Activity in the lungs.
    pub lung_activity: Activity,
    /// Mean dose of the tumour.
    pub tumour: AbsorbedDose,
    /// Mean dose of the perfused normal liver.
    pub normal_liver: AbsorbedDose,
    /// Mean dose of all that is perfused.
    pub perfused: AbsorbedDose,
}

impl Partition {
    /// From the ratio of concentrations and the perfused masses.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a mass that is not finite and over 0;
    /// without tumour or without normal liver there is one compartment only.
    pub fn new(
        ratio: TumourToNormal,
        tumour_mass: Mass,
        normal_mass: Mass,
        delivery: Delivery,
    ) -> Result<Self, DosimetryError> {
        Ok(Self {
            ratio,
            tumour_mass: allowed_range::mass("tumour mass", tumour_mass)?,
            normal_mass: allowed_range::mass("normal liver mass", normal_mass)?,
            delivery,
        })
    }

    /// Tumour-to-normal ratio of concentrations.
    #[must_use]
    pub const fn ratio(&self) -> TumourToNormal {
        self.ratio
    }

    /// Mass of the perfused tumour.
    #[must_use]
    pub const fn tumour_mass(&self) -> Mass {
        self.tumour_mass
    }

    /// Mass of the perfused normal liver.
    #[must_use]
    pub const fn normal_mass(&self) -> Mass {
        self.normal_mass
    }

    /// Dose factor, shunt and residual.
    #[must_use]
    pub const fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    /// Doses and activities from a vial's activity.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for an activity that is negative or not finite.
    pub fn doses(&self, vial: Activity) -> Result<PartitionDoses, DosimetryError> {
        let in_liver = self.delivery.activity_in_liver(vial)?;
        let tumour_activity =
            in_liver * (self.tumour_mass * self.ratio.as_ratio() / self.weighted_mass());
        let normal_activity = in_liver * (self.normal_mass / self.weighted_mass());
        let factor = self.delivery.dose_factor();
        Ok(PartitionDoses {
            tumour_activity,
            normal_activity,
            lung_activity: self.delivery.activity_in_lungs(vial)?,
            tumour: factor.dose(tumour_activity, self.tumour_mass),
            normal_liver: factor.dose(normal_activity, self.normal_mass),
            perfused: factor.dose(in_liver, self.perfused_mass()),
        })
    }

    /// A vial's activity that reaches a goal; the inverse of
    /// [`Partition::doses`] and [`Delivery::lung_dose`].
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a dose or mass that is not over 0;
    /// [`DosimetryError::Unreachable`] where nothing reaches the tissue.
    pub fn activity_for(&self, goal: &DoseGoal) -> Result<Activity, DosimetryError> {
        let factor = self.delivery.dose_factor();
        let in_liver = match goal {
            DoseGoal::Perfused(dose) => factor.activity(
                allowed_range::dose("perfused dose", *dose)?,
                self.perfused_mass(),
            ),
            DoseGoal::NormalLiver(dose) => factor.activity(
                allowed_range::dose("normal liver dose", *dose)?,
                self.weighted_mass(),
            ),
            DoseGoal::Tumour(dose) => factor.activity(
                allowed_range::dose("tumour dose", *dose)?,
                self.weighted_mass() / self.ratio.as_ratio(),
            ),
            DoseGoal::Lungs { dose, lung_mass } => {
                return self.delivery.activity_for_lung_dose(*dose, *lung_mass);
            }
        };
        self.delivery.vial_for_liver(in_liver)
    }

    /// The largest activity that exceeds none of the goals, such as the limit
    /// of normal liver, that of the lungs, and the target of the tumour.
    ///
    /// # Errors
    /// As [`Partition::activity_for`]; lungs without shunt set no limit and are
    /// an error only when no other goal stands beside them.
    pub fn limited_activity(&self, goals: &[DoseGoal]) -> Result<LimitedActivity, DosimetryError> {
        LimitedActivity::least_of(goals, |goal| self.activity_for(goal))
    }

    /// The mass of normal liver that would take up as much as all of the
    /// perfused volume does: `r·m_T + m_N`.
    fn weighted_mass(&self) -> Mass {
        self.tumour_mass * self.ratio.as_ratio() + self.normal_mass
    }

    fn perfused_mass(&self) -> Mass {
        self.tumour_mass + self.normal_mass
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sirt_quantity::{DoseFactor, LungShuntFraction, ResidualFraction};

    use super::*;
    use crate::prescription::SingleCompartment;

    fn delivery(lung_shunt: f64, residual: f64) -> Delivery {
        Delivery::new(
            DoseFactor::from_gy_kg_per_gbq(49.67),
            LungShuntFraction::from_fraction(lung_shunt).unwrap(),
            ResidualFraction::from_fraction(residual).unwrap(),
        )
        .unwrap()
    }

    fn model(ratio: f64, tumour_kg: f64, normal_kg: f64, delivery: Delivery) -> Partition {
        Partition::new(
            TumourToNormal::from_ratio(ratio).unwrap(),
            Mass::from_kg(tumour_kg),
            Mass::from_kg(normal_kg),
            delivery,
        )
        .unwrap()
    }

    /// The volume of TV-B7 to TV-B10: r 4, 0.3 kg tumour, 1.2 kg normal liver.
    fn example(lung_shunt: f64) -> Partition {
        model(4.0, 0.3, 1.2, delivery(lung_shunt, 0.0))
    }

    const LUNGS: Mass = Mass::from_kg(1.0);

    fn normal(gy: f64) -> DoseGoal {
        DoseGoal::NormalLiver(AbsorbedDose::from_gy(gy))
    }

    fn tumour(gy: f64) -> DoseGoal {
        DoseGoal::Tumour(AbsorbedDose::from_gy(gy))
    }

    fn lungs(gy: f64) -> DoseGoal {
        DoseGoal::Lungs {
            dose: AbsorbedDose::from_gy(gy),
            lung_mass: LUNGS,
        }
    }

    #[test]
    fn planned_by_40_gray_to_normal_liver() {
        // TV-B7.
        let plan = example(0.05);
        let vial = plan.activity_for(&normal(40.0)).unwrap();
        assert!((vial.as_gbq() - 2.0345).abs() <= 0.5e-4);
        let doses = plan.doses(vial).unwrap();
        assert!((doses.normal_liver.as_gy() - 40.0).abs() < 1e-9);
        assert!((doses.tumour.as_gy() - 160.0).abs() <= 0.05);
        assert!((doses.tumour_activity.as_gbq() - 0.96638).abs() <= 0.5e-5);
        assert!((doses.normal_activity.as_gbq() - 0.96638).abs() <= 0.5e-5);
        assert!((doses.lung_activity.as_gbq() - 0.10172).abs() <= 0.5e-5);
        let lung_dose = plan.delivery().lung_dose(vial, LUNGS).unwrap();
        assert!((lung_dose.as_gy() - 5.053).abs() <= 0.5e-3);
    }

    #[test]
    fn planned_by_tumour_normal_liver_and_lungs() {
        // TV-B8.
        let plan = example(0.05);
        for (goal, expected, digit) in [
            (tumour(120.0), 1.52586, 1e-5),
            (normal(70.0), 3.5603, 1e-4),
            (normal(80.0), 4.0690, 1e-4),
            (lungs(30.0), 12.080, 1e-3),
            (lungs(25.0), 10.066, 1e-3),
        ] {
            let vial = plan.activity_for(&goal).unwrap().as_gbq();
            assert!((vial - expected).abs() <= digit / 2.0, "{goal:?}: {vial}");
        }
    }

    #[test]
    fn doses_of_one_and_a_half_gigabecquerel() {
        // TV-B9.
        let plan = example(0.05);
        let vial = Activity::from_gbq(1.5);
        let doses = plan.doses(vial).unwrap();
        assert!((doses.tumour.as_gy() - 117.966).abs() <= 0.5e-3);
        assert!((doses.normal_liver.as_gy() - 29.492).abs() <= 0.5e-3);
        let lung_dose = plan.delivery().lung_dose(vial, LUNGS).unwrap();
        assert!((lung_dose.as_gy() - 3.7253).abs() <= 0.5e-4);
    }

    #[test]
    fn the_least_limit_determines_the_activity() {
        // TV-B10: LSF 15 %, lungs at 4.0266 GBq, liver at 2.2738 GBq.
        let plan = example(0.15);
        let lung_ceiling = plan.activity_for(&lungs(30.0)).unwrap();
        assert!((lung_ceiling.as_gbq() - 4.0266).abs() <= 0.5e-4);
        let limited = plan
            .limited_activity(&[lungs(30.0), normal(40.0), tumour(200.0)])
            .unwrap();
        assert!((limited.activity.as_gbq() - 2.2738).abs() <= 0.5e-4);
        assert_eq!(limited.limiting, normal(40.0));
        // 30 Gy to the lungs are reached first once normal liver may have 80 Gy.
        let limited = plan.limited_activity(&[normal(80.0), lungs(30.0)]).unwrap();
        assert_eq!(limited.limiting, lungs(30.0));
    }

    #[test]
    fn lungs_without_shunt_limit_nothing() {
        let plan = example(0.0);
        let limited = plan.limited_activity(&[lungs(30.0), normal(40.0)]).unwrap();
        assert_eq!(limited.limiting, normal(40.0));
        assert_eq!(
            plan.limited_activity(&[lungs(30.0)])
                .unwrap_err()
                .to_string(),
            "no activity gives a lung dose of 30 Gy: with a lung shunt fraction of 0 % the lungs set no limit"
        );
    }

    #[test]
    fn refuses_masses_and_doses_that_are_none() {
        let ratio = TumourToNormal::from_ratio(4.0).unwrap();
        let said = |tumour_g: f64, normal_g: f64| {
            Partition::new(
                ratio,
                Mass::from_g(tumour_g),
                Mass::from_g(normal_g),
                delivery(0.0, 0.0),
            )
            .unwrap_err()
            .to_string()
        };
        assert_eq!(
            said(0.0, 1200.0),
            "tumour mass 0 g is outside finite values over 0 g"
        );
        assert_eq!(
            said(300.0, -1.0),
            "normal liver mass -1 g is outside finite values over 0 g"
        );
        assert_eq!(
            said(f64::NAN, 1200.0),
            "tumour mass NaN g is outside finite values over 0 g"
        );
        for (goal, text) in [
            (
                normal(0.0),
                "normal liver dose 0 Gy is outside finite values over 0 Gy",
            ),
            (
                tumour(f64::NAN),
                "tumour dose NaN Gy is outside finite values over 0 Gy",
            ),
            (
                lungs(-30.0),
                "lung dose -30 Gy is outside finite values over 0 Gy",
            ),
        ] {
            let said = example(0.05).activity_for(&goal).unwrap_err().to_string();
            assert_eq!(said, text);
        }
    }

    proptest! {
        #[test]
        fn identities_hold(
            ratio in 0.1..20.0_f64,
            tumour_kg in 0.005..2.0_f64,
            normal_kg in 0.05..3.0_f64,
            lung_shunt in 0.001..0.9_f64,
            residual in 0.0..0.9_f64,
            gbq in 0.01..20.0_f64,
        ) {
            let plan = model(ratio, tumour_kg, normal_kg, delivery(lung_shunt, residual));
            let vial = Activity::from_gbq(gbq);
            let doses = plan.doses(vial).unwrap();
            let lung_dose = plan.delivery().lung_dose(vial, LUNGS).unwrap();
            let (tumour, normal) = (doses.tumour.as_gy(), doses.normal_liver.as_gy());
            prop_assert!((tumour / (ratio * normal) - 1.0).abs() < 1e-9);
            // Conservation: the sum of D·m is k times what was delivered.
            let deposited = tumour * tumour_kg + normal * normal_kg + lung_dose.as_gy();
            prop_assert!((deposited / (49.67 * gbq * (1.0 - residual)) - 1.0).abs() < 1e-9);
            let perfused = doses.perfused.as_gy() * (tumour_kg + normal_kg);
            prop_assert!((perfused / (tumour * tumour_kg + normal * normal_kg) - 1.0).abs() < 1e-9);
            for goal in [
                DoseGoal::Tumour(doses.tumour),
                DoseGoal::NormalLiver(doses.normal_liver),
                DoseGoal::Perfused(doses.perfused),
                DoseGoal::Lungs { dose: lung_dose, lung_mass: LUNGS },
            ] {
                let back = plan.activity_for(&goal).unwrap();
                prop_assert!((back / vial - 1.0).abs() < 1e-9, "{:?}", goal);
            }
            let more = plan.doses(vial * 1.1).unwrap();
            prop_assert!(more.tumour > doses.tumour && more.normal_liver > doses.normal_liver);
            let shunted = model(ratio, tumour_kg, normal_kg, delivery(lung_shunt + 0.05, residual));
            prop_assert!(shunted.doses(vial).unwrap().tumour < doses.tumour);
        }

        #[test]
        fn equal_uptake_is_a_single_compartment(
            tumour_kg in 0.005..2.0_f64,
            normal_kg in 0.05..3.0_f64,
            lung_shunt in 0.0..0.9_f64,
            gbq in 0.01..20.0_f64,
        ) {
            let delivery = delivery(lung_shunt, 0.02);
            let vial = Activity::from_gbq(gbq);
            let doses = model(1.0, tumour_kg, normal_kg, delivery).doses(vial).unwrap();
            let one = SingleCompartment::new(Mass::from_kg(tumour_kg + normal_kg), delivery)
                .unwrap()
                .perfused_dose(vial)
                .unwrap();
            for dose in [doses.tumour, doses.normal_liver, doses.perfused] {
                prop_assert!((dose / one - 1.0).abs() < 1e-9);
            }
        }
    }
}
