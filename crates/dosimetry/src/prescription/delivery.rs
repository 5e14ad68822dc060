//! Where the activity of a vial goes: into the liver, into the lungs, or
//! nowhere because it stays behind.
//!
//! With the activity `A` in the vial at administration (GBq), the lung shunt
//! fraction `L` and the residual fraction `R`:
//!
//! `A_liver = A·(1−R)·(1−L)`, `A_lungs = A·(1−R)·L`,
//! `D_lungs = k·A_lungs/m_lungs`
//!
//! with the dose factor `k` (Gy·kg/GBq) and the mass of the lungs (kg).
//! Assumes that all activity is in liver or lungs and decays where it lodges;
//! activity in the gut or elsewhere is a reason to stop, not a compartment.
//! Source: van Roekel 2021 (`vanroekel2021thesis`, p. 30), Ho 1996
//! (`ho1996partition`); the conventional mass of the lungs stands with its
//! source in `data/lung_mass.toml`.

use serde::Deserialize;
use sirt_quantity::{
    AbsorbedDose, Activity, DoseFactor, LungShuntFraction, Mass, ResidualFraction,
};

use super::allowed_range;
use crate::{Cited, DosimetryError};

/// How the activity of a vial is shared out, and what dose it gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delivery {
    dose_factor: DoseFactor,
    lung_shunt: LungShuntFraction,
    residual: ResidualFraction,
}

impl Delivery {
    /// From dose factor, lung shunt and the part that stays behind.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a dose factor that is not finite and
    /// over 0.
    pub fn new(
        dose_factor: DoseFactor,
        lung_shunt: LungShuntFraction,
        residual: ResidualFraction,
    ) -> Result<Self, DosimetryError> {
        let factor = dose_factor.as_gy_kg_per_gbq();
        if !(factor.is_finite() && factor > 0.0) {
            return Err(DosimetryError::OutOfRange {
                what: "dose factor",
                value: format!("{factor} Gy kg/GBq"),
                allowed: "finite values over 0 Gy kg/GBq",
            });
        }
        Ok(Self {
            dose_factor,
            lung_shunt,
            residual,
        })
    }

    /// Absorbed dose × mass per activity.
    #[must_use]
    pub const fn dose_factor(&self) -> DoseFactor {
        self.dose_factor
    }

    /// Part of the delivered activity that goes to the lungs.
    #[must_use]
    pub const fn lung_shunt(&self) -> LungShuntFraction {
        self.lung_shunt
    }

    /// Part of the vial's activity that is not delivered.
    #[must_use]
    pub const fn residual(&self) -> ResidualFraction {
        self.residual
    }

    /// Activity in the liver, of a vial's activity.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for an activity that is negative or not finite.
    pub fn activity_in_liver(&self, vial: Activity) -> Result<Activity, DosimetryError> {
        Ok(allowed_range::activity(vial)? * self.liver_fraction())
    }

    /// Activity in the lungs, of a vial's activity.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for an activity that is negative or not finite.
    pub fn activity_in_lungs(&self, vial: Activity) -> Result<Activity, DosimetryError> {
        Ok(allowed_range::activity(vial)? * self.lung_fraction())
    }

    /// A vial's activity that brings an activity into the liver; the inverse of
    /// [`Delivery::activity_in_liver`].
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for an activity that is negative or not
    /// finite; [`DosimetryError::Unreachable`] when nothing reaches the liver.
    pub fn vial_for_liver(&self, in_liver: Activity) -> Result<Activity, DosimetryError> {
        allowed_range::activity(in_liver)?;
        let fraction = self.liver_fraction();
        if fraction > 0.0 {
            return Ok(in_liver / fraction);
        }
        Err(DosimetryError::Unreachable {
            goal: format!("{} GBq in the liver", in_liver.as_gbq()),
            reason: if self.residual.rest() > 0.0 {
                "a lung shunt fraction of 100 % leaves nothing for the liver".to_owned()
            } else {
                "a residual fraction of 100 % leaves everything behind".to_owned()
            },
        })
    }

    /// Mean dose of the lungs.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for an activity that is negative or not
    /// finite, or a mass that is not over 0.
    pub fn lung_dose(
        &self,
        vial: Activity,
        lung_mass: Mass,
    ) -> Result<AbsorbedDose, DosimetryError> {
        let mass = allowed_range::mass("lung mass", lung_mass)?;
        Ok(self.dose_factor.dose(self.activity_in_lungs(vial)?, mass))
    }

    /// A vial's activity that gives the lungs a mean dose: their ceiling when
    /// the dose is a limit. The inverse of [`Delivery::lung_dose`].
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a dose or mass that is not over 0;
    /// [`DosimetryError::Unreachable`] when nothing reaches the lungs, so that
    /// they set no limit.
    pub fn activity_for_lung_dose(
        &self,
        dose: AbsorbedDose,
        lung_mass: Mass,
    ) -> Result<Activity, DosimetryError> {
        let dose = allowed_range::dose("lung dose", dose)?;
        let mass = allowed_range::mass("lung mass", lung_mass)?;
        let fraction = self.lung_fraction();
        if fraction > 0.0 {
            return Ok(self.dose_factor.activity(dose, mass) / fraction);
        }
        Err(DosimetryError::Unreachable {
            goal: format!("a lung dose of {dose}"),
            reason: if self.lung_shunt.as_fraction() > 0.0 {
                "a residual fraction of 100 % leaves everything behind".to_owned()
            } else {
                "with a lung shunt fraction of 0 % the lungs set no limit".to_owned()
            },
        })
    }

    fn liver_fraction(&self) -> f64 {
        self.residual.rest() * self.lung_shunt.rest()
    }

    fn lung_fraction(&self) -> f64 {
        self.residual.rest() * self.lung_shunt.as_fraction()
    }
}

/// The mass of the lungs that is taken where none was measured, kg.
///
/// # Errors
/// [`DosimetryError::DataTable`] when the table is damaged, which a unit test
/// rules out.
pub fn conventional_lung_mass() -> Result<Cited<f64>, DosimetryError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Table {
        lung_mass_kg: Cited<f64>,
    }
    toml::from_str::<Table>(include_str!("../../data/lung_mass.toml"))
        .map(|table| table.lung_mass_kg)
        .map_err(|error| DosimetryError::DataTable {
            table: "lung mass",
            reason: error.to_string(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(lung_shunt: f64, residual: f64) -> Delivery {
        Delivery::new(
            DoseFactor::from_gy_kg_per_gbq(49.67),
            LungShuntFraction::from_fraction(lung_shunt).unwrap(),
            ResidualFraction::from_fraction(residual).unwrap(),
        )
        .unwrap()
    }

    const LUNGS: Mass = Mass::from_kg(1.0);

    #[test]
    fn the_lung_ceiling_of_the_worked_examples() {
        // TV-B8: LSF 5 %: 30 Gy at 12.080 GBq, 25 Gy at 10.066 GBq;
        // TV-B10: LSF 15 %: 30 Gy at 4.0266 GBq.
        for (lung_shunt, dose, expected, digit) in [
            (0.05, 30.0, 12.080, 1e-3),
            (0.05, 25.0, 10.066, 1e-3),
            (0.15, 30.0, 4.0266, 1e-4),
        ] {
            let ceiling = delivery(lung_shunt, 0.0)
                .activity_for_lung_dose(AbsorbedDose::from_gy(dose), LUNGS)
                .unwrap();
            assert!(
                (ceiling.as_gbq() - expected).abs() <= digit / 2.0,
                "{ceiling}"
            );
        }
    }

    #[test]
    fn liver_lungs_and_residual_are_the_whole() {
        let vial = Activity::from_gbq(2.0);
        let delivery = delivery(0.07, 0.02);
        let sum = delivery.activity_in_liver(vial).unwrap()
            + delivery.activity_in_lungs(vial).unwrap()
            + vial * 0.02;
        assert!((sum / vial - 1.0).abs() < 1e-12);
    }

    #[test]
    fn says_why_nothing_can_be_reached() {
        let lungs = |lung_shunt, residual| {
            delivery(lung_shunt, residual)
                .activity_for_lung_dose(AbsorbedDose::from_gy(30.0), LUNGS)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            lungs(0.0, 0.0),
            "no activity gives a lung dose of 30 Gy: with a lung shunt fraction of 0 % the lungs set no limit"
        );
        assert_eq!(
            lungs(0.1, 1.0),
            "no activity gives a lung dose of 30 Gy: a residual fraction of 100 % leaves everything behind"
        );
        let liver = |lung_shunt, residual| {
            delivery(lung_shunt, residual)
                .vial_for_liver(Activity::from_gbq(1.5))
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            liver(1.0, 0.0),
            "no activity gives 1.5 GBq in the liver: a lung shunt fraction of 100 % leaves nothing for the liver"
        );
        assert_eq!(
            liver(0.1, 1.0),
            "no activity gives 1.5 GBq in the liver: a residual fraction of 100 % leaves everything behind"
        );
    }

    #[test]
    fn refuses_what_is_no_factor_mass_dose_or_activity() {
        for factor in [0.0, -50.0, f64::NAN, f64::INFINITY] {
            let said = Delivery::new(
                DoseFactor::from_gy_kg_per_gbq(factor),
                LungShuntFraction::ZERO,
                ResidualFraction::ZERO,
            )
            .unwrap_err()
            .to_string();
            assert_eq!(
                said,
                format!("dose factor {factor} Gy kg/GBq is outside finite values over 0 Gy kg/GBq")
            );
        }
        let delivery = delivery(0.05, 0.0);
        let dose = AbsorbedDose::from_gy(30.0);
        let said = |result: Result<Activity, DosimetryError>| result.unwrap_err().to_string();
        assert_eq!(
            said(delivery.activity_for_lung_dose(dose, Mass::ZERO)),
            "lung mass 0 g is outside finite values over 0 g"
        );
        assert_eq!(
            said(delivery.activity_for_lung_dose(AbsorbedDose::from_gy(-1.0), LUNGS)),
            "lung dose -1 Gy is outside finite values over 0 Gy"
        );
        assert_eq!(
            said(delivery.activity_in_liver(Activity::from_gbq(f64::NAN))),
            "activity NaN GBq is outside finite values from 0 GBq"
        );
    }

    #[test]
    fn the_conventional_lungs_weigh_a_kilogram() {
        let lungs = conventional_lung_mass().unwrap();
        assert!((lungs.value - 1.0).abs() < 1e-12 && lungs.doubtful);
    }
}
