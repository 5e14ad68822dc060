//! The lung shunt at which the lungs limit the activity before the liver does.
//!
//! `L_b = D_L·m_L/(D_L·m_L + D_H·m_H)`
//!
//! with the limits `D_L` of the lungs and `D_H` of the perfused liver as a
//! single compartment (Gy) and the masses `m_L`, `m_H` (kg).
//! Below `L_b` the liver is limiting, above it the lungs; dose factor and
//! residual cancel.
//! Inverse: the dose that the lungs have when the liver is at its limit,
//! `D_L = D_H·m_H/m_L·L/(1−L)`.
//! Assumes uniform uptake in the liver.
//! Source: the idea of Thomas 2026 (`thomas2026shunt`); the closed form is our
//! own derivation from the single compartment.

use sirt_quantity::{AbsorbedDose, LungShuntFraction, Mass};

use super::allowed_range;
use crate::DosimetryError;

/// The lung shunt fraction at which both limits are reached together.
///
/// # Errors
/// [`DosimetryError::OutOfRange`] for a limit or mass that is not finite and over 0.
pub fn lung_shunt_bound(
    lung_limit: AbsorbedDose,
    lung_mass: Mass,
    liver_limit: AbsorbedDose,
    liver_mass: Mass,
) -> Result<LungShuntFraction, DosimetryError> {
    let lungs = allowed_range::dose("lung dose limit", lung_limit)?.as_gy()
        * allowed_range::mass("lung mass", lung_mass)?.as_kg();
    let liver = allowed_range::dose("liver dose limit", liver_limit)?.as_gy()
        * allowed_range::mass("perfused mass", liver_mass)?.as_kg();
    Ok(LungShuntFraction::from_fraction(lungs / (lungs + liver))?)
}

/// The dose of the lungs when the activity brings the liver to its limit; the
/// inverse of [`lung_shunt_bound`].
///
/// # Errors
/// [`DosimetryError::OutOfRange`] for a limit or mass that is not finite and
/// over 0; [`DosimetryError::Unreachable`] for a shunt of all activity.
pub fn lung_dose_at_liver_limit(
    lung_shunt: LungShuntFraction,
    lung_mass: Mass,
    liver_limit: AbsorbedDose,
    liver_mass: Mass,
) -> Result<AbsorbedDose, DosimetryError> {
    let limit = allowed_range::dose("liver dose limit", liver_limit)?;
    let masses = allowed_range::mass("perfused mass", liver_mass)?
        / allowed_range::mass("lung mass", lung_mass)?;
    if lung_shunt.rest() <= 0.0 {
        return Err(DosimetryError::Unreachable {
            goal: format!("a liver dose of {limit}"),
            reason: "a lung shunt fraction of 100 % leaves nothing for the liver".to_owned(),
        });
    }
    Ok(limit * (masses * lung_shunt.as_fraction() / lung_shunt.rest()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sirt_quantity::{DoseFactor, ResidualFraction};

    use super::*;
    use crate::prescription::{Delivery, DoseGoal, SingleCompartment};

    #[test]
    fn thirty_gray_of_lungs_against_fifty_of_liver() {
        // DOMAIN B.10: 30 Gy × 1 kg against 50 Gy × 1.8 kg are 0.25.
        let bound = lung_shunt_bound(
            AbsorbedDose::from_gy(30.0),
            Mass::from_kg(1.0),
            AbsorbedDose::from_gy(50.0),
            Mass::from_kg(1.8),
        );
        assert!((bound.unwrap().as_fraction() - 0.25).abs() < 1e-12);
    }

    #[test]
    fn refuses_limits_and_masses_that_are_none() {
        let (dose, mass) = (AbsorbedDose::from_gy(30.0), Mass::from_kg(1.0));
        let said = |lung_limit, lung_mass, liver_limit, liver_mass| {
            lung_shunt_bound(lung_limit, lung_mass, liver_limit, liver_mass)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            said(AbsorbedDose::ZERO, mass, dose, mass),
            "lung dose limit 0 Gy is outside finite values over 0 Gy"
        );
        assert_eq!(
            said(dose, mass, AbsorbedDose::from_gy(f64::NAN), mass),
            "liver dose limit NaN Gy is outside finite values over 0 Gy"
        );
        assert_eq!(
            said(dose, mass, dose, Mass::ZERO),
            "perfused mass 0 g is outside finite values over 0 g"
        );
        let all = LungShuntFraction::from_fraction(1.0).unwrap();
        assert_eq!(
            lung_dose_at_liver_limit(all, mass, dose, mass)
                .unwrap_err()
                .to_string(),
            "no activity gives a liver dose of 30 Gy: a lung shunt fraction of 100 % leaves nothing for the liver"
        );
    }

    proptest! {
        #[test]
        fn both_limits_meet_at_the_bound_for_any_dose_factor(
            lung_gy in 5.0..60.0_f64,
            lung_kg in 0.3..2.0_f64,
            liver_gy in 20.0..200.0_f64,
            liver_kg in 0.1..4.0_f64,
            factor in 15.0..51.0_f64,
        ) {
            let (lung_limit, lung_mass) = (AbsorbedDose::from_gy(lung_gy), Mass::from_kg(lung_kg));
            let (liver_limit, liver_mass) =
                (AbsorbedDose::from_gy(liver_gy), Mass::from_kg(liver_kg));
            let bound = lung_shunt_bound(lung_limit, lung_mass, liver_limit, liver_mass).unwrap();
            let back = lung_dose_at_liver_limit(bound, lung_mass, liver_limit, liver_mass).unwrap();
            prop_assert!((back / lung_limit - 1.0).abs() < 1e-9);
            let limiting = |scale: f64| {
                let delivery = Delivery::new(
                    DoseFactor::from_gy_kg_per_gbq(factor),
                    LungShuntFraction::from_fraction(bound.as_fraction() * scale).unwrap(),
                    ResidualFraction::ZERO,
                )
                .unwrap();
                SingleCompartment::new(liver_mass, delivery)
                    .unwrap()
                    .limited_activity(&[
                        DoseGoal::Perfused(liver_limit),
                        DoseGoal::Lungs { dose: lung_limit, lung_mass },
                    ])
                    .unwrap()
                    .limiting
                    .tissue()
            };
            prop_assert_eq!(limiting(0.999), "perfused volume");
            prop_assert_eq!(limiting(1.001), "lungs");
        }
    }
}
