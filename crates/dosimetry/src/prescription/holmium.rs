//! Holmium-166: activity by the mass of the treated liver.
//!
//! `A = a·m` with the activity `A` (MBq), the mass `m` of treated liver
//! including tumour (kg) and `a = 3780 MBq/kg`, meant to give `D = 60 Gy` on
//! average: the implied dose factor is `k = D/a = 15.87 Gy·kg/GBq`.
//! The formula contains neither lung shunt nor residual; with a dose factor, a
//! shunt or another target Ho-166 is a single compartment
//! ([`crate::SingleCompartment`]) like any other.
//! Assumes uniform uptake and complete decay in place; Ho-166 decays 2.4 times
//! as fast as Y-90 and is sent for its hour.
//! Source: van Roekel 2021 (`vanroekel2021thesis`, p. 30); values in
//! `data/holmium.toml`.

use serde::{Deserialize, Serialize};
use sirt_quantity::{AbsorbedDose, Activity, DoseFactor, Mass};

use super::allowed_range;
use crate::{Cited, DosimetryError};

const TABLE: &str = "holmium formula";

/// Activity for a kilogram of treated liver, and the dose it stands for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HolmiumFormula {
    /// Activity for a kilogram, MBq/kg.
    pub activity_mbq_per_kg: Cited<f64>,
    /// Mean dose that it is meant to give, Gy.
    pub mean_dose_gy: Cited<f64>,
}

impl HolmiumFormula {
    /// The formula that OpenSIRT carries.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] when the table is damaged, which a unit
    /// test rules out for the built-in one.
    pub fn built_in() -> Result<Self, DosimetryError> {
        Self::from_toml(include_str!("../../data/holmium.toml"))
    }

    /// Reads values in the form of `data/holmium.toml`.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] for text that is no such table or a value
    /// that is not finite and over 0.
    pub fn from_toml(text: &str) -> Result<Self, DosimetryError> {
        let wrong = |reason: String| DosimetryError::DataTable {
            table: TABLE,
            reason,
        };
        let formula: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        for (what, value) in [
            ("activity per mass", formula.activity_mbq_per_kg.value),
            ("mean dose", formula.mean_dose_gy.value),
        ] {
            if !(value.is_finite() && value > 0.0) {
                return Err(wrong(format!("{what} {value} is outside values over 0")));
            }
        }
        Ok(formula)
    }

    /// The activity for a mass of treated liver, tumour included.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a mass that is not finite and over 0.
    pub fn activity(&self, treated_mass: Mass) -> Result<Activity, DosimetryError> {
        let mass = allowed_range::mass("treated mass", treated_mass)?;
        Ok(Activity::from_mbq(
            self.activity_mbq_per_kg.value * mass.as_kg(),
        ))
    }

    /// The mass that an activity was computed for; the inverse of
    /// [`HolmiumFormula::activity`].
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for an activity that is negative or not finite.
    pub fn treated_mass(&self, activity: Activity) -> Result<Mass, DosimetryError> {
        let activity = allowed_range::activity(activity)?;
        Ok(Mass::from_kg(
            activity.as_mbq() / self.activity_mbq_per_kg.value,
        ))
    }

    /// The mean dose that the formula is meant to give.
    #[must_use]
    pub fn mean_dose(&self) -> AbsorbedDose {
        AbsorbedDose::from_gy(self.mean_dose_gy.value)
    }

    /// The dose factor that the formula implies.
    #[must_use]
    pub fn implied_dose_factor(&self) -> DoseFactor {
        DoseFactor::from_gy_kg_per_gbq(
            self.mean_dose_gy.value / (self.activity_mbq_per_kg.value / 1e3),
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sirt_quantity::{LungShuntFraction, ResidualFraction};

    use super::*;
    use crate::prescription::{Delivery, DoseGoal, SingleCompartment};
    use crate::{Device, DeviceLibrary};

    #[test]
    fn sixty_gray_to_one_point_six_kilograms() {
        // TV-A3: 6048 MBq by the formula, 6049 MBq by k = 15.87 Gy kg/GBq.
        let formula = HolmiumFormula::built_in().unwrap();
        let mass = Mass::from_kg(1.6);
        assert!((formula.activity(mass).unwrap().as_mbq() - 6048.0).abs() < 1e-9);
        let factor = DeviceLibrary::built_in()
            .unwrap()
            .data(Device::Holmium)
            .default_dose_factor();
        let delivery =
            Delivery::new(factor, LungShuntFraction::ZERO, ResidualFraction::ZERO).unwrap();
        let by_factor = SingleCompartment::new(mass, delivery)
            .unwrap()
            .activity_for(&DoseGoal::Perfused(formula.mean_dose()))
            .unwrap();
        assert!((by_factor.as_mbq() - 6049.0).abs() <= 0.5);
        // 60/3.780: the device's 15.87 to its printed digits.
        let implied = formula.implied_dose_factor().as_gy_kg_per_gbq();
        assert!((implied - factor.as_gy_kg_per_gbq()).abs() <= 0.5e-2);
    }

    #[test]
    fn refuses_masses_activities_and_tables_that_are_none() {
        let formula = HolmiumFormula::built_in().unwrap();
        assert_eq!(
            formula.activity(Mass::ZERO).unwrap_err().to_string(),
            "treated mass 0 g is outside finite values over 0 g"
        );
        assert_eq!(
            formula
                .treated_mass(Activity::from_gbq(-1.0))
                .unwrap_err()
                .to_string(),
            "activity -1 GBq is outside finite values from 0 GBq"
        );
        let text = include_str!("../../data/holmium.toml").replace("3780.0", "-1.0");
        assert_eq!(
            HolmiumFormula::from_toml(&text).unwrap_err().to_string(),
            "holmium formula: activity per mass -1 is outside values over 0"
        );
    }

    proptest! {
        #[test]
        fn mass_comes_back_from_the_activity(kg in 0.05..5.0_f64) {
            let formula = HolmiumFormula::built_in().unwrap();
            let activity = formula.activity(Mass::from_kg(kg)).unwrap();
            let back = formula.treated_mass(activity).unwrap();
            prop_assert!((back.as_kg() / kg - 1.0).abs() < 1e-9);
            // By its own factor the formula gives its own dose to any mass.
            let dose = formula.implied_dose_factor().dose(activity, back);
            prop_assert!((dose / formula.mean_dose() - 1.0).abs() < 1e-9);
        }
    }
}
