//! Dose factor: absorbed dose × mass per activity, for complete decay in situ.
//!
//! `k [Gy·kg/GBq] = 10⁹ · (T/ln 2) · E · 1.602176634·10⁻¹³`, with the
//! half-life `T` in seconds and the energy `E` in MeV that each decay leaves
//! in tissue.
//! Assumes that nothing clears biologically and that all of `E` stays local.
//! k = 49.38, 49.67, 49.8 and 50 are all in use for Y-90 (DOMAIN A.2), so the
//! factor is stored with every result and never assumed.

use crate::{AbsorbedDose, Activity, Energy, Mass, TimeSpan};

/// Joule in one MeV; CODATA 2018, exact since the SI of 2019.
pub const MEV_IN_JOULE: f64 = 1.602_176_634e-13;

/// Absorbed dose × mass per activity, Gy·kg/GBq.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct DoseFactor(f64);

impl DoseFactor {
    /// From a value in Gy·kg/GBq, such as a vendor's 49.67 or 50.
    #[must_use]
    pub const fn from_gy_kg_per_gbq(value: f64) -> Self {
        Self(value)
    }

    /// The value in Gy·kg/GBq.
    #[must_use]
    pub const fn as_gy_kg_per_gbq(self) -> f64 {
        self.0
    }

    /// From the half-life and the energy left in tissue by each decay.
    #[must_use]
    pub fn from_half_life_and_energy(half_life: TimeSpan, energy_per_decay: Energy) -> Self {
        let decays_per_gbq = crate::number_of_decays(Activity::from_gbq(1.0), half_life);
        Self(decays_per_gbq * energy_per_decay.as_joule())
    }

    /// The energy per decay that this factor implies at a half-life.
    #[must_use]
    pub fn energy_per_decay(self, half_life: TimeSpan) -> Energy {
        let decays_per_gbq = crate::number_of_decays(Activity::from_gbq(1.0), half_life);
        Energy::from_joule(self.0 / decays_per_gbq)
    }

    /// Mean dose of `mass` in which `activity` decays completely.
    #[must_use]
    pub fn dose(self, activity: Activity, mass: Mass) -> AbsorbedDose {
        AbsorbedDose::from_gy(self.0 * activity.as_gbq() / mass.as_kg())
    }

    /// Activity that gives `dose` to `mass`; the inverse of [`DoseFactor::dose`].
    #[must_use]
    pub fn activity(self, dose: AbsorbedDose, mass: Mass) -> Activity {
        Activity::from_gbq(dose.as_gy() * mass.as_kg() / self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn k(half_life_h: f64, energy_mev: f64) -> f64 {
        DoseFactor::from_half_life_and_energy(
            TimeSpan::from_hours(half_life_h),
            Energy::from_mev(energy_mev),
        )
        .as_gy_kg_per_gbq()
    }

    #[test]
    fn reproduces_the_table_of_half_lives_and_energies() {
        // DOMAIN A.2 [C], three decimals; TV-A1 is 49.771.
        for (half_life, energy, expected) in [
            (64.04, 0.9267, 49.383),
            (64.10, 0.9331, 49.771),
            (64.10, 0.9337, 49.803),
            (64.20, 0.94, 50.217),
        ] {
            assert!((k(half_life, energy) - expected).abs() <= 0.5e-3);
        }
    }

    #[test]
    fn dose_and_activity_are_inverse() {
        let factor = DoseFactor::from_gy_kg_per_gbq(49.67);
        let mass = Mass::from_kg(1.236);
        let dose = factor.dose(Activity::from_gbq(2.5), mass);
        assert!((factor.activity(dose, mass).as_gbq() - 2.5).abs() < 1e-12);
        // 1 GBq/kg is k gray (DOMAIN A.2).
        assert!(
            (factor
                .dose(Activity::from_gbq(1.0), Mass::from_kg(1.0))
                .as_gy()
                - 49.67)
                .abs()
                < 1e-12
        );
    }

    #[test]
    fn gives_back_the_energy_it_was_made_of() {
        let half_life = TimeSpan::from_hours(26.8);
        // TV-A3: k = 15.87 for Ho-166 implies 0.7116 MeV per decay.
        let energy = DoseFactor::from_gy_kg_per_gbq(15.87).energy_per_decay(half_life);
        assert!((energy.as_mev() - 0.7116).abs() < 0.5e-4);
    }
}
